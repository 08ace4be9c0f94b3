/* From a record to its master: the questions that are asked most. */
#include "base/charset.h"
#include "store/master_cache.h"
#include "store/moment.h"

enum { MOST_REDIRECTS = 10000 };

/* What a bound key is made of. */
struct key_room {
    uint8_t token[16];
    char text[SEAL_HASHED_ID];
};

/* While tokens are made again (store/reseal.h) a record that is not under the new one may be under the old one: binds
 * that, and tells whether there is one. The statement is reset. */
static bool S_bind_old_key(struct store *s, sqlite3_stmt *st, struct str source, struct str record_id,
                           uint8_t token[16])
{
    const struct source_entry *entry;
    if (source_by_name(s, source, &entry, NULL) != IDEM_OK || !entry || !source_old_id(s, entry, record_id, token))
        return false;
    sqlite3_reset(st);
    sqlite3_bind_int64(st, 1, entry->id);
    sql_bind_blob(st, 2, (struct str){(const char *)token, 16});
    return true;
}

/* Binds ?1 source and ?2 record id. *known false when there is no such source. */
static enum idem_status S_bind_key(struct store *s, sqlite3_stmt *st, struct str source, struct str record_id,
                                   struct key_room *room, bool *known, struct idem_error *err)
{
    const struct source_entry *entry;
    struct str stored;
    bool text;
    TRY(source_by_name(s, source, &entry, err));
    *known = entry != NULL;
    if (!entry)
        return IDEM_OK;
    TRY(source_given_id(s, entry, &record_id, room->text, err));
    TRY(source_stored_id(s, entry, record_id, room->token, &stored, &text, err));
    sqlite3_bind_int64(st, 1, entry->id);
    if (text)
        sql_bind_text(st, 2, stored);
    else
        sql_bind_blob(st, 2, stored);
    return IDEM_OK;
}

static enum idem_status S_unknown(struct str source, struct idem_error *err)
{
    return error_set(err, IDEM_NOT_FOUND, "source %.*s has no such record", STR_ARG(source));
}

enum idem_status store_find_record(struct store *s, struct str source, struct str record_id, int64_t *rid,
                                   struct idem_error *err)
{
    sqlite3_stmt *st;
    struct key_room room;
    bool known, row;
    TRY(sql_get(s, SQL_RECORD_FIND, &st, err));
    TRY(S_bind_key(s, st, source, record_id, &room, &known, err));
    if (!known)
        return error_set(err, IDEM_NOT_FOUND, "no source %.*s in the database", STR_ARG(source));
    TRY(sql_step(s, st, &row, err));
    if (!row && S_bind_old_key(s, st, source, record_id, room.token))
        TRY(sql_step(s, st, &row, err));
    if (!row)
        return S_unknown(source, err);
    *rid = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    return IDEM_OK;
}

static enum idem_status S_follow(struct store *s, int64_t target, char master_id[37], struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_get(s, SQL_MASTER_GET, &st, err));
    for (unsigned hops = 0; target; hops++) {
        bool row;
        sqlite3_bind_int64(st, 1, target);
        TRY(sql_step(s, st, &row, err));
        if (!row || hops > MOST_REDIRECTS || sqlite3_column_bytes(st, 1) != 36) {
            sqlite3_reset(st);
            return error_set(err, IDEM_CORRUPT, "%s: a redirect leads nowhere; run: idem verify", s->info.path);
        }
        memcpy(master_id, sqlite3_column_text(st, 1), 37);
        target = sqlite3_column_int64(st, 3);
        sqlite3_reset(st);
    }
    return IDEM_OK;
}

/* The bound statement's row: uuid, target. */
static enum idem_status S_take_master(struct store *s, sqlite3_stmt *st, char master_id[37], struct idem_error *err)
{
    struct str uuid = sql_bytes(st, 0);
    int64_t target = sqlite3_column_int64(st, 1);
    if (uuid.len == 36) {
        memcpy(master_id, uuid.ptr, 36);
        master_id[36] = 0;
    }
    sqlite3_reset(st);
    return target ? S_follow(s, target, master_id, err) : IDEM_OK;
}

static enum idem_status S_take_cached(struct store *s, int64_t mid, const struct master_cache *cache,
                                      char master_id[37], struct idem_error *err)
{
    uint8_t uuid[16];
    if (!master_cache_find(cache, mid, uuid))
        return error_set(err, IDEM_CORRUPT, "%s: a redirect leads nowhere; run: idem verify", s->info.path);
    store_uuid_format(uuid, master_id);
    return IDEM_OK;
}

static enum idem_status S_lookup_then(struct store *s, struct str source, struct str record_id, char master_id[37],
                                      struct idem_error *err)
{
    int64_t rid = 0;
    TRY(store_find_record(s, source, record_id, &rid, err));
    return moment_lookup(s, rid, master_id, err);
}

/* Among all records at hand. */
static enum idem_status S_lookup_roll(struct store *s, const struct master_cache *cache, struct str source,
                                      struct str record_id, char master_id[37], struct idem_error *err)
{
    const struct store_roll *roll = master_cache_roll(cache);
    const struct source_entry *entry;
    struct key_room room;
    struct str stored;
    bool text;
    TRY(source_by_name(s, source, &entry, err));
    if (!entry)
        return IDEM_NOT_FOUND;
    TRY(source_given_id(s, entry, &record_id, room.text, err));
    TRY(source_stored_id(s, entry, record_id, room.token, &stored, &text, err));
    uint32_t i = store_roll_find(roll, entry->id, stored, store_roll_hash(entry->id, stored));
    if ((i == ROLL_NONE || !roll->entry[i].current) && source_old_id(s, entry, record_id, room.token)) {
        stored = (struct str){(const char *)room.token, sizeof room.token};
        i = store_roll_find(roll, entry->id, stored, store_roll_hash(entry->id, stored));
    }
    if (i == ROLL_NONE || !roll->entry[i].current)
        return IDEM_NOT_FOUND;
    return S_take_cached(s, roll->entry[i].mid, cache, master_id, err);
}

enum idem_status store_lookup(struct store *s, struct str source, struct str record_id, char master_id[37],
                              struct idem_error *err)
{
    const struct master_cache *cache;
    sqlite3_stmt *st;
    struct key_room room;
    bool known, row;
    master_id[0] = 0;
    if (s->moment.seq)
        return S_lookup_then(s, source, record_id, master_id, err);
    TRY(master_cache_count(s, 1, &cache, err));
    if (cache && master_cache_roll(cache))
        return S_lookup_roll(s, cache, source, record_id, master_id, err);
    TRY(sql_get(s, cache ? SQL_LOOKUP_MASTER : SQL_LOOKUP, &st, err));
    TRY(S_bind_key(s, st, source, record_id, &room, &known, err));
    if (!known)
        return IDEM_NOT_FOUND;
    TRY(sql_step(s, st, &row, err));
    if (!row && S_bind_old_key(s, st, source, record_id, room.token))
        TRY(sql_step(s, st, &row, err));
    if (!row)
        return IDEM_NOT_FOUND;
    if (!cache)
        return S_take_master(s, st, master_id, err);
    int64_t mid = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    return S_take_cached(s, mid, cache, master_id, err);
}

enum idem_status sql_id_list(struct store *s, sqlite3_stmt *st, struct arena *out, int64_t **id, size_t *n,
                             struct idem_error *err)
{
    size_t room = 16;
    bool row;
    *n = 0;
    *id = ARENA_NEW(out, int64_t, room);
    for (;;) {
        TRY(sql_step(s, st, &row, err));
        if (!row)
            return IDEM_OK;
        if (*n == room) {
            int64_t *larger = ARENA_NEW(out, int64_t, room * 2);
            memcpy(larger, *id, room * sizeof **id);
            *id = larger;
            room *= 2;
        }
        (*id)[(*n)++] = sqlite3_column_int64(st, 0);
    }
}

enum idem_status store_members(struct store *s, int64_t mid, struct arena *out, int64_t **rid, size_t *n,
                               struct idem_error *err)
{
    sqlite3_stmt *st;
    if (s->moment.seq)
        return moment_ids(s, SQL_MEMBERS_THEN, mid, out, rid, n, err);
    TRY(sql_get(s, SQL_MEMBERS, &st, err));
    sqlite3_bind_int64(st, 1, mid);
    return sql_id_list(s, st, out, rid, n, err);
}
