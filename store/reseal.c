/*
 * The place that has been come to is kept in t_meta ("reseal": table, row, second), written in the transaction that
 * moves it. A row that others write meanwhile is under the new key already, wherever it is.
 */
#include "store/reseal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "store/leaf.h"
#include "store/sealed_tables.h"

enum { STEP_ROWS = 1024, STEP_TOKENS = 4096, MOST_TEXT = 400 };
static const char PLACE[] = "reseal", TOKENS[] = "tokens", SCRUB[] = "scrub";

struct place {
    size_t table; /* N_SEALED_TABLES: behind the last */
    int64_t row, second;
};

/* ------------------------------------------------------------------ keys in t_meta */

static enum idem_status S_put_keys(struct store *s, struct idem_error *err)
{
    struct buf wrapped = {0};
    keyring_wrap(s->keys, &wrapped);
    enum idem_status status = meta_put_blob(s, "keys", buf_view(&wrapped), err);
    buf_deinit(&wrapped);
    keyring_id(s->keys, s->info.key_id);
    if (status == IDEM_OK)
        status = meta_put_text(s, "key_id", str_from(s->info.key_id), err);
    return status;
}

/* Data keys that are not what they were: others take them anew (keys_refresh). */
static enum idem_status S_put_data_keys(struct store *s, struct idem_error *err)
{
    TRY(S_put_keys(s, err));
    return meta_put_number(s, "keys_version", ++s->keys_version, err);
}

enum idem_status store_rewrap(struct store *s, struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    if (!s->keys)
        return error_set(err, IDEM_INVALID, "%s: nothing in it is sealed", s->info.path);
    keyring_use_first_file_key(s->keys);
    return S_put_keys(s, err);
}

/* ------------------------------------------------------------------ the place */

static enum idem_status S_put_place(struct store *s, const struct place *p, struct idem_error *err)
{
    char text[100];
    snprintf(text, sizeof text, "%s %lld %lld", p->table < N_SEALED_TABLES ? SEALED_TABLES[p->table].name : "end",
             (long long)p->row, (long long)p->second);
    return meta_put_text(s, PLACE, str_from(text), err);
}

static bool S_integer(struct str text, int64_t *value)
{
    uint64_t u;
    bool negative = text.len && *text.ptr == '-';
    if (!str_to_u64(negative ? str_sub(text, 1, text.len) : text, &u))
        return false;
    *value = negative ? (int64_t)(0 - u) : (int64_t)u;
    return true;
}

/* Empty text: none is under way. A table that is not known any more: from the beginning. */
static enum idem_status S_get_place(struct store *s, struct place *p, struct str *text, struct idem_error *err)
{
    struct str rest, word;
    *p = (struct place){.row = INT64_MIN, .second = INT64_MIN};
    TRY(meta_get_bytes(s, PLACE, &s->arena, text, err));
    rest = *text;
    if (!str_next_piece(&rest, ' ', &word))
        return IDEM_OK;
    for (size_t i = 0; i <= N_SEALED_TABLES; i++)
        if (str_eq(word, i < N_SEALED_TABLES ? str_from(SEALED_TABLES[i].name) : STR("end")))
            p->table = i;
    if (str_next_piece(&rest, ' ', &word) && !S_integer(word, &p->row))
        p->row = INT64_MIN;
    if (!S_integer(rest, &p->second))
        p->second = INT64_MIN;
    return IDEM_OK;
}

enum idem_status store_reseal_state(struct store *s, enum reseal_state *state, struct idem_error *err)
{
    struct str text;
    TRY(meta_get_bytes(s, PLACE, &s->arena, &text, err));
    *state = !text.len                            ? RESEAL_NONE
             : str_eq(text, str_from(SCRUB))      ? RESEAL_DESTROY
             : str_starts(text, str_from(TOKENS)) ? RESEAL_TOKENS
                                                  : RESEAL_CONTAINERS;
    return IDEM_OK;
}

/* ------------------------------------------------------------------ begin */

static enum idem_status S_count(struct store *s, const struct place *p, struct store_reseal *r, struct idem_error *err)
{
    char query[MOST_TEXT];
    r->done = r->total = 0;
    for (size_t i = 0; i < N_SEALED_TABLES; i++) {
        int64_t n;
        snprintf(query, sizeof query, "SELECT count(*) FROM %s WHERE %s IS NOT NULL", SEALED_TABLES[i].table,
                 SEALED_TABLES[i].body);
        TRY(sql_number(s, query, &n, err));
        r->total += (uint64_t)n;
        r->done += i < p->table ? (uint64_t)n : 0;
    }
    return IDEM_OK;
}

static enum idem_status S_begin(struct store *s, struct store_reseal *r, struct idem_error *err)
{
    struct place p;
    struct str text;
    TRY(S_get_place(s, &p, &text, err));
    r->going_on = text.len > 0;
    if (!r->going_on) {
        if (!keyring_replace_containers(s->keys))
            return error_set(err, IDEM_CORRUPT,
                             "%s: it has an old key, and nothing says what is under it; run \"idem "
                             "verify\"",
                             s->info.path);
        TRY(S_put_data_keys(s, err));
        TRY(S_put_place(s, &p, err));
    }
    if (str_eq(text, str_from(SCRUB)) || str_starts(text, str_from(TOKENS)))
        p.table = N_SEALED_TABLES;
    return S_count(s, &p, r, err);
}

enum idem_status store_reseal_begin(struct store *s, struct store_reseal *reseal, struct idem_error *err)
{
    if (!s->keys)
        return error_set(err, IDEM_INVALID, "%s: nothing in it is sealed", s->info.path);
    TRY(store_begin(s, err));
    enum idem_status status = S_begin(s, reseal, err);
    if (status == IDEM_OK)
        return store_commit(s, err);
    store_rollback(s);
    return status;
}

/* ------------------------------------------------------------------ a step */

struct item {
    int64_t row, second;
    uint32_t version;
    struct buf sealed, again;
    bool done;
    enum idem_status status;
    struct idem_error err;
};

struct step {
    struct store *s;
    const struct sealed_table *table;
    struct item *item; /* [STEP_ROWS] */
    size_t n;
};

static void S_reseal(void *context, size_t i, unsigned worker)
{
    struct step *step = context;
    struct item *x = &step->item[i];
    struct buf plain = {0};
    struct seal_place place = store_place(step->s, step->table->name, x->row, x->version);
    (void)worker;
    x->done = false;
    x->status = IDEM_OK;
    if (!keyring_is_old(step->s->keys, buf_view(&x->sealed)))
        return;
    x->status = open_container(step->s->keys, &place, buf_view(&x->sealed), &plain, &x->err);
    buf_clear(&x->again);
    if (x->status == IDEM_OK)
        seal_container(step->s->keys, &place, buf_view(&plain), &x->again);
    x->done = x->status == IDEM_OK;
    if (plain.len)
        memset(plain.ptr, 0, plain.len);
    buf_deinit(&plain);
}

static enum idem_status S_read(struct step *step, const struct place *p, struct idem_error *err)
{
    const struct sealed_table *t = step->table;
    char query[MOST_TEXT];
    sqlite3_stmt *st;
    bool row = true;
    snprintf(query, sizeof query,
             "SELECT %s, %s, %s, %s FROM %s WHERE (%s, %s) > (?1, ?2) AND %s IS NOT NULL ORDER BY %s%s%s LIMIT %d",
             t->row, t->second ? t->second : "0", t->version, t->body, t->table, t->row, t->second ? t->second : "0",
             t->body, t->row, t->second ? ", " : "", t->second ? t->second : "", STEP_ROWS);
    TRY(sql_prepare(step->s, query, &st, err));
    sqlite3_bind_int64(st, 1, p->row);
    sqlite3_bind_int64(st, 2, t->second ? p->second : 0);
    enum idem_status status = IDEM_OK;
    for (step->n = 0; step->n < STEP_ROWS && status == IDEM_OK;) {
        status = sql_step(step->s, st, &row, err);
        if (status != IDEM_OK || !row)
            break;
        struct item *x = &step->item[step->n++];
        x->row = sqlite3_column_int64(st, 0);
        x->second = sqlite3_column_int64(st, 1);
        x->version = (uint32_t)sqlite3_column_int64(st, 2);
        buf_clear(&x->sealed);
        buf_str(&x->sealed, sql_bytes(st, 3));
    }
    sqlite3_finalize(st);
    return status;
}

static enum idem_status S_write(struct step *step, struct idem_error *err)
{
    const struct sealed_table *t = step->table;
    char query[MOST_TEXT];
    sqlite3_stmt *st;
    snprintf(query, sizeof query, "UPDATE %s SET %s = ?1 WHERE %s = ?2 AND %s = ?3", t->table, t->body, t->row,
             t->second ? t->second : "0");
    TRY(sql_prepare(step->s, query, &st, err));
    enum idem_status status = IDEM_OK;
    for (size_t i = 0; i < step->n && status == IDEM_OK; i++) {
        struct item *x = &step->item[i];
        status = x->status;
        if (status != IDEM_OK && err)
            *err = x->err;
        if (status != IDEM_OK)
            error_prefix(err, "%s: ", step->s->info.path);
        if (!x->done)
            continue;
        sql_bind_blob(st, 1, buf_view(&x->again));
        sqlite3_bind_int64(st, 2, x->row);
        sqlite3_bind_int64(st, 3, t->second ? x->second : 0);
        status = sql_finish(step->s, st, err);
    }
    sqlite3_finalize(st);
    return status;
}

static enum idem_status S_step(struct step *step, struct place *p, unsigned threads, struct idem_error *err)
{
    step->table = &SEALED_TABLES[p->table];
    TRY(S_read(step, p, err));
    parallel_for(threads ? threads : 1, step->n, S_reseal, step);
    TRY(S_write(step, err));
    if (step->n < STEP_ROWS) {
        *p = (struct place){p->table + 1, INT64_MIN, INT64_MIN};
    } else {
        p->row = step->item[step->n - 1].row;
        p->second = step->item[step->n - 1].second;
    }
    return S_put_place(step->s, p, err);
}

enum idem_status store_reseal_step(struct store *s, unsigned threads, struct store_reseal *reseal, bool *more,
                                   struct idem_error *err)
{
    struct step step = {.s = s, .item = xcalloc(STEP_ROWS, sizeof *step.item)};
    struct place p = {0};
    struct str text = {0};
    enum idem_status status = store_begin(s, err);
    if (status == IDEM_OK)
        status = S_get_place(s, &p, &text, err);
    *more = status == IDEM_OK && text.len && !str_eq(text, str_from(SCRUB)) && !str_starts(text, str_from(TOKENS)) &&
            p.table < N_SEALED_TABLES;
    if (*more)
        status = S_step(&step, &p, threads, err);
    if (status == IDEM_OK)
        status = store_commit(s, err);
    else
        store_rollback(s);
    reseal->done += step.n;
    for (size_t i = 0; i < STEP_ROWS; i++) {
        buf_deinit(&step.item[i].sealed);
        buf_deinit(&step.item[i].again);
    }
    free(step.item);
    return status;
}

/* ------------------------------------------------------------------ what is left under the old key */

static enum idem_status S_left_in(struct store *s, const char *table, const char *column, const char *old,
                                  struct idem_error *err)
{
    char query[MOST_TEXT];
    int64_t n;
    snprintf(query, sizeof query, "SELECT count(*) FROM %s WHERE typeof(%s) = 'blob' AND substr(%s, 1, 4) = x'%s'",
             table, column, column, old);
    TRY(sql_number(s, query, &n, err));
    if (n)
        return error_set(err, IDEM_CORRUPT,
                         "%s: %lld rows of %s are still under the old key, which therefore stays; run \"idem verify\"",
                         s->info.path, (long long)n, table);
    return IDEM_OK;
}

/* Every column that can hold bytes, of every table of idem: also of one that nobody has told this file of. */
static enum idem_status S_nothing_left(struct store *s, struct idem_error *err)
{
    char current[9], old[9];
    sqlite3_stmt *st;
    bool row;
    keyring_container_ids(s->keys, current, old);
    TRY(sql_prepare(s,
                    "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND"
                    " t.name LIKE 't\\_%' ESCAPE '\\' AND c.type IN ('BLOB', 'ANY')",
                    &st, err));
    enum idem_status status = sql_step(s, st, &row, err);
    while (status == IDEM_OK && row) {
        status =
            S_left_in(s, (const char *)sqlite3_column_text(st, 0), (const char *)sqlite3_column_text(st, 1), old, err);
        if (status == IDEM_OK)
            status = sql_step(s, st, &row, err);
    }
    sqlite3_finalize(st);
    return status;
}

/* ------------------------------------------------------------------ tokens */

static enum idem_status S_put_token_place(struct store *s, int64_t rid, struct idem_error *err)
{
    char text[40];
    snprintf(text, sizeof text, "%s %lld", TOKENS, (long long)rid);
    return meta_put_text(s, PLACE, str_from(text), err);
}

enum idem_status store_reseal_tokens_begin(struct store *s, struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    TRY(requests_reseal(s, err));
    TRY(S_nothing_left(s, err));
    keyring_replace_tokens(s->keys);
    TRY(model_rehash(s, err));
    TRY(S_put_data_keys(s, err));
    return S_put_token_place(s, INT64_MIN, err);
}

/* Records of sources with personal ids, in the order of rid: those of one leaf stand together. */
struct retoken {
    struct store *s;
    sqlite3_stmt *rows, *update;
    struct buf plain;
    struct leaf_slot slot[LEAF_SLOTS];
    int64_t lid; /* the leaf that is open; -1: none */
    int64_t last;
    size_t n;
};

static enum idem_status S_retoken_record(struct retoken *r, int64_t rid, int64_t source_id, struct idem_error *err)
{
    const struct leaf_slot *slot = &r->slot[rid & (LEAF_SLOTS - 1)];
    const struct source_entry *source;
    uint8_t token[16];
    struct str stored;
    uint32_t version;
    bool text;
    if (rid >> LEAF_SHIFT != r->lid) {
        r->lid = -1;
        buf_clear(&r->plain);
        TRY(leaf_read(r->s, rid >> LEAF_SHIFT, &r->plain, r->slot, &version, err));
        r->lid = rid >> LEAF_SHIFT;
        if (!version)
            return leaf_damaged(r->s, r->lid, err);
    }
    TRY(source_by_id(r->s, source_id, &source, err));
    if (!source || !slot->used)
        return IDEM_OK;
    TRY(source_stored_id(r->s, source, slot->record_id, token, &stored, &text, err));
    sql_bind_blob(r->update, 1, stored);
    sqlite3_bind_int64(r->update, 2, rid);
    return sql_finish(r->s, r->update, err);
}

/* The rows are read to the end before any is written. */
static enum idem_status S_retoken(struct retoken *r, int64_t behind, struct idem_error *err)
{
    struct wanted {
        int64_t rid, source;
    } *wanted = xcalloc(STEP_TOKENS, sizeof *wanted);
    bool row = true;
    enum idem_status status = IDEM_OK;
    sqlite3_bind_int64(r->rows, 1, behind);
    while (r->n < STEP_TOKENS && status == IDEM_OK && row) {
        status = sql_step(r->s, r->rows, &row, err);
        if (status == IDEM_OK && row)
            wanted[r->n++] = (struct wanted){sqlite3_column_int64(r->rows, 0), sqlite3_column_int64(r->rows, 1)};
    }
    sqlite3_reset(r->rows);
    for (size_t i = 0; i < r->n && status == IDEM_OK; i++)
        status = S_retoken_record(r, wanted[i].rid, wanted[i].source, err);
    r->last = r->n ? wanted[r->n - 1].rid : behind;
    free(wanted);
    return status;
}

static enum idem_status S_some_tokens(struct store *s, int64_t behind, size_t *n, struct idem_error *err)
{
    struct retoken r = {.s = s, .lid = -1};
    enum idem_status status;
    char query[MOST_TEXT];
    snprintf(query, sizeof query,
             "SELECT rid, source FROM t_record NOT INDEXED WHERE rid > ?1 AND source IN (SELECT id FROM t_source WHERE"
             " personal_ids = 1) ORDER BY rid LIMIT %d",
             STEP_TOKENS);
    TRY_DONE(sql_prepare(s, query, &r.rows, err));
    TRY_DONE(sql_prepare(s, "UPDATE t_record SET record_id = ?1 WHERE rid = ?2", &r.update, err));
    TRY_DONE(S_retoken(&r, behind, err));
    if (r.n < STEP_TOKENS)
        status = meta_put_text(s, PLACE, str_from(SCRUB), err);
    else
        status = S_put_token_place(s, r.last, err);
done:
    *n = r.n;
    sqlite3_finalize(r.rows);
    sqlite3_finalize(r.update);
    if (r.plain.ptr)
        memset(r.plain.ptr, 0, r.plain.len);
    buf_deinit(&r.plain);
    return status;
}

/* Empty text: none is under way. */
static enum idem_status S_token_place(struct store *s, bool *under_way, int64_t *behind, struct idem_error *err)
{
    struct str text, word;
    TRY(meta_get_bytes(s, PLACE, &s->arena, &text, err));
    *under_way = str_next_piece(&text, ' ', &word) && str_eq(word, str_from(TOKENS));
    if (*under_way && !S_integer(text, behind))
        *behind = INT64_MIN;
    return IDEM_OK;
}

enum idem_status store_reseal_tokens_step(struct store *s, struct store_reseal *reseal, bool *more,
                                          struct idem_error *err)
{
    int64_t behind;
    size_t n = 0;
    TRY(store_begin(s, err));
    enum idem_status status = S_token_place(s, more, &behind, err);
    if (status == IDEM_OK && *more)
        status = S_some_tokens(s, behind, &n, err);
    if (status == IDEM_OK)
        status = store_commit(s, err);
    else
        store_rollback(s);
    reseal->tokens += n;
    return status;
}

/* ------------------------------------------------------------------ the end */

static bool S_empty_log(struct store *s)
{
    return sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) == SQLITE_OK;
}

static enum idem_status S_destroy(struct store *s, struct idem_error *err)
{
    TRY(S_nothing_left(s, err));
    keyring_forget_old(s->keys);
    TRY(S_put_data_keys(s, err));
    return meta_put_text(s, PLACE, STR(""), err);
}

enum idem_status store_reseal_finish(struct store *s, bool *destroyed, struct idem_error *err)
{
    enum reseal_state state;
    *destroyed = false;
    TRY(store_reseal_state(s, &state, err));
    if (state != RESEAL_DESTROY)
        return error_set(err, IDEM_INVALID, "%s: containers are still to be sealed again", s->info.path);
    if (!S_empty_log(s))
        return IDEM_OK;
    TRY(store_begin(s, err));
    enum idem_status status = S_destroy(s, err);
    if (status != IDEM_OK) {
        store_rollback(s);
        return status;
    }
    TRY(store_commit(s, err));
    *destroyed = S_empty_log(s);
    return IDEM_OK;
}
