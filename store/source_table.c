/*
 * Sources and fields. A source's id never changes once committed, so the list is read once and again only when a name
 * is not in it; a rollback forgets it.
 */
#include <stdlib.h>

#include "base/charset.h"
#include "store/schema_sql.h"

enum { IDS_CLEAR, IDS_TOKENS, IDS_HASHED }; /* t_source.personal_ids */

void sources_forget(struct store *s)
{
    s->n_sources = 0;
}

static enum idem_status S_load(struct store *s, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    size_t known = s->n_sources;
    s->n_sources = 0;
    TRY(sql_get(s, SQL_SOURCES, &st, err));
    for (;;) {
        TRY(sql_step(s, st, &row, err));
        if (!row)
            return IDEM_OK;
        if (s->n_sources < known && str_eq(s->source[s->n_sources].name, sql_bytes(st, 1)) &&
            s->source[s->n_sources].id == sqlite3_column_int64(st, 0)) {
            s->n_sources++; /* a long-lived store reads the list often: its arena does not grow by it */
            continue;
        }
        if (s->n_sources == s->sources_room) {
            s->sources_room = s->sources_room ? s->sources_room * 2 : 16;
            s->source = xrealloc(s->source, s->sources_room * sizeof *s->source);
        }
        s->source[s->n_sources++] = (struct source_entry){.id = sqlite3_column_int64(st, 0),
                                                          .name = str_copy(&s->arena, sql_bytes(st, 1)),
                                                          .personal_ids = sqlite3_column_int(st, 2) == IDS_TOKENS,
                                                          .hashed_ids = sqlite3_column_int(st, 2) == IDS_HASHED};
    }
}

static const struct source_entry *S_named(const struct store *s, struct str name)
{
    for (size_t i = 0; i < s->n_sources; i++)
        if (str_eq(s->source[i].name, name))
            return &s->source[i];
    return NULL;
}

enum idem_status source_by_name(struct store *s, struct str name, const struct source_entry **out,
                                struct idem_error *err)
{
    *out = S_named(s, name);
    if (*out)
        return IDEM_OK;
    TRY(S_load(s, err));
    *out = S_named(s, name);
    return IDEM_OK;
}

static const struct source_entry *S_numbered(const struct store *s, int64_t id)
{
    for (size_t i = 0; i < s->n_sources; i++)
        if (s->source[i].id == id)
            return &s->source[i];
    return NULL;
}

enum idem_status source_by_id(struct store *s, int64_t id, const struct source_entry **out, struct idem_error *err)
{
    *out = S_numbered(s, id);
    if (*out)
        return IDEM_OK;
    TRY(S_load(s, err));
    *out = S_numbered(s, id);
    return IDEM_OK;
}

enum idem_status source_stored_id(struct store *s, const struct source_entry *source, struct str record_id,
                                  uint8_t token[16], struct str *stored, bool *text, struct idem_error *err)
{
    *stored = record_id;
    *text = true;
    if (source->personal_ids && s->info.sealed) {
        TRY(store_check_key(s, err));
        if (!s->writing && !s->snapshot)
            TRY(keys_refresh(s, err));
        seal_token(s->keys, source->name, record_id, token);
        *stored = (struct str){(const char *)token, 16};
        *text = false;
    } else if (charset_utf8_invalid(record_id) < record_id.len) {
        *text = false;
    }
    return IDEM_OK;
}

bool source_old_id(const struct store *s, const struct source_entry *source, struct str record_id, uint8_t token[16])
{
    if (!source->personal_ids || !s->info.sealed || !keyring_has_old_tokens(s->keys))
        return false;
    seal_old_token(s->keys, source->name, record_id, token);
    return true;
}

static int S_ids(const struct store_source *source)
{
    return source->hashed_ids ? IDS_HASHED : source->personal_ids ? IDS_TOKENS : IDS_CLEAR;
}

static enum idem_status S_add(struct store *s, struct store_source *source, struct idem_error *err)
{
    int64_t last;
    sqlite3_stmt *st;
    TRY(sql_number(s, "SELECT max(id) FROM t_source", &last, err));
    source->id = last + 1;
    TRY(sql_get(s, SQL_SOURCE_ADD, &st, err));
    sqlite3_bind_int64(st, 1, source->id);
    sql_bind_text(st, 2, source->name);
    sqlite3_bind_int(st, 3, S_ids(source));
    sql_bind_text(st, 4, source->facts);
    sources_forget(s);
    return sql_finish(s, st, err);
}

enum idem_status source_given_id(struct store *s, const struct source_entry *source, struct str *record_id,
                                 char text[SEAL_HASHED_ID], struct idem_error *err)
{
    if (!source || !source->hashed_ids || !s->info.sealed || seal_is_hashed_id(*record_id))
        return IDEM_OK;
    TRY(store_check_key(s, err));
    *record_id = seal_hashed_id(s->keys, source->name, *record_id, text);
    return IDEM_OK;
}

enum idem_status store_given_id(struct store *s, struct str source, struct str *record_id, struct arena *out,
                                struct idem_error *err)
{
    const struct source_entry *entry;
    char text[SEAL_HASHED_ID];
    struct str given = *record_id;
    TRY(source_by_name(s, source, &entry, err));
    TRY(source_given_id(s, entry, &given, text, err));
    if (given.ptr == text)
        *record_id = str_copy(out, given);
    return IDEM_OK;
}

enum idem_status store_put_source(struct store *s, struct store_source *source, struct idem_error *err)
{
    const struct source_entry *known;
    sqlite3_stmt *st;
    TRY(store_check_writing(s, err));
    TRY(source_by_name(s, source->name, &known, err));
    if (!known)
        return S_add(s, source, err);
    source->id = known->id;
    if (known->hashed_ids != source->hashed_ids)
        return error_set(
            err, IDEM_CONFLICT,
            "%s: source %.*s was read with record ids that were %shashed; keep that setting, give the source "
            "another name, or build a new database",
            s->info.path, STR_ARG(source->name), known->hashed_ids ? "" : "not ");
    if (known->personal_ids != source->personal_ids)
        return error_set(
            err, IDEM_CONFLICT,
            "%s: source %.*s was read with record ids that are %s personal; keep that setting, or build a new database",
            s->info.path, STR_ARG(source->name), known->personal_ids ? "" : "not");
    TRY(sql_get(s, SQL_SOURCE_FACTS, &st, err));
    sqlite3_bind_int64(st, 1, source->id);
    sql_bind_text(st, 2, source->facts);
    return sql_finish(s, st, err);
}

static enum idem_status S_count(struct store *s, struct store_source *source, size_t n, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_get(s, SQL_SOURCE_COUNTS, &st, err));
    for (;;) {
        TRY(sql_step(s, st, &row, err));
        if (!row)
            return IDEM_OK;
        for (size_t i = 0; i < n; i++)
            if (source[i].id == sqlite3_column_int64(st, 0))
                *(sqlite3_column_int(st, 1) == STORE_RECORD_CURRENT ? &source[i].current : &source[i].gone) =
                    (uint64_t)sqlite3_column_int64(st, 2);
    }
}

enum idem_status store_get_sources(struct store *s, bool count, struct arena *out, struct store_source **source,
                                   size_t *n, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    *n = 0;
    TRY(S_load(s, err));
    *source = ARENA_NEW(out, struct store_source, s->n_sources + 1);
    TRY(sql_get(s, SQL_SOURCES, &st, err));
    TRY(sql_step(s, st, &row, err));
    for (; row && *n < s->n_sources; ++*n) {
        (*source)[*n] = (struct store_source){.id = sqlite3_column_int64(st, 0),
                                              .name = str_copy(out, sql_bytes(st, 1)),
                                              .personal_ids = sqlite3_column_int(st, 2) == IDS_TOKENS,
                                              .hashed_ids = sqlite3_column_int(st, 2) == IDS_HASHED,
                                              .facts = str_copy(out, sql_bytes(st, 3))};
        TRY(sql_step(s, st, &row, err));
    }
    sqlite3_reset(st);
    return count ? S_count(s, *source, *n, err) : IDEM_OK;
}
