/*
 * The cursor over all records. With values it walks rows and leaves side by side: leaves are fetched some dozen at a
 * time and opened in parallel.
 */
#include <stdlib.h>

#include "base/parallel.h"
#include "store/leaf.h"

enum { AHEAD = 128 };

struct open_leaf {
    int64_t lid;
    uint32_t version;
    struct buf sealed, plain;
    struct leaf_slot slot[LEAF_SLOTS];
    enum idem_status status;
    struct idem_error err;
};

struct store_cursor {
    struct store *s;
    struct store_read_options options;
    sqlite3_stmt *rows, *leaves;
    bool rows_end, leaves_end;
    struct open_leaf *leaf; /* [AHEAD] */
    size_t n_leaves, at;    /* opened, and the one the rows have come to */
};

#define RECORD_COLUMNS "rid, source, record_id, master, fingerprint, coalesce(seq, rid), status, run"

static const char *S_query(const struct store_read_options *o)
{
    static const char *const queries[2][2] = {{"SELECT " RECORD_COLUMNS " FROM t_record WHERE status = 0 ORDER BY rid",
                                               "SELECT " RECORD_COLUMNS " FROM t_record ORDER BY rid"},
                                              {"SELECT " RECORD_COLUMNS
                                               " FROM t_record WHERE status = 0 ORDER BY source, record_id",
                                               "SELECT " RECORD_COLUMNS " FROM t_record ORDER BY source, record_id"}};
    return queries[o->order == STORE_BY_KEY][o->gone];
}

enum idem_status store_records_open(struct store *s, const struct store_read_options *options,
                                    struct store_cursor **out, struct idem_error *err)
{
    *out = NULL;
    if (options->values && options->order != STORE_BY_RID)
        return error_set(err, IDEM_INVALID, "%s: values are read in order of rid", s->info.path);
    if (s->moment.seq)
        return error_set(err, IDEM_INVALID, "%s: all records at once are read as they are now", s->info.path);
    if (options->values)
        TRY(store_check_key(s, err));
    struct store_cursor *c = xcalloc(1, sizeof *c);
    c->s = s;
    c->options = *options;
    enum idem_status status = sql_prepare(s, S_query(options), &c->rows, err);
    if (status == IDEM_OK && options->values) {
        c->leaf = xcalloc(AHEAD, sizeof *c->leaf);
        status = sql_prepare(s, "SELECT lid, version, body FROM t_leaf ORDER BY lid", &c->leaves, err);
    }
    if (status == IDEM_OK) {
        *out = c;
        return IDEM_OK;
    }
    store_records_close(c);
    return status;
}

static void S_open_leaf(void *context, size_t item, unsigned worker)
{
    (void)worker;
    struct store_cursor *c = context;
    struct open_leaf *leaf = &c->leaf[item];
    buf_clear(&leaf->plain);
    leaf->status =
        store_unseal(c->s, "leaf", leaf->lid, leaf->version, buf_view(&leaf->sealed), &leaf->plain, &leaf->err);
    if (leaf->status == IDEM_OK && !leaf_parse(buf_view(&leaf->plain), leaf->slot))
        leaf->status = leaf_damaged(c->s, leaf->lid, &leaf->err);
}

static enum idem_status S_fetch(struct store_cursor *c, struct idem_error *err)
{
    c->n_leaves = c->at = 0;
    while (!c->leaves_end && c->n_leaves < AHEAD) {
        bool row;
        TRY(sql_step(c->s, c->leaves, &row, err));
        c->leaves_end = !row;
        if (!row)
            break;
        struct open_leaf *leaf = &c->leaf[c->n_leaves++];
        leaf->lid = sqlite3_column_int64(c->leaves, 0);
        leaf->version = (uint32_t)sqlite3_column_int64(c->leaves, 1);
        buf_clear(&leaf->sealed);
        buf_str(&leaf->sealed, sql_bytes(c->leaves, 2));
    }
    parallel_for(c->options.threads ? c->options.threads : 1, c->n_leaves, S_open_leaf, c);
    return IDEM_OK;
}

static enum idem_status S_add_values(struct store_cursor *c, struct store_record *record, struct idem_error *err)
{
    int64_t lid = leaf_of(record->rid);
    while (c->at == c->n_leaves || c->leaf[c->at].lid < lid) {
        if (c->at < c->n_leaves)
            c->at++;
        if (c->at < c->n_leaves)
            continue;
        TRY(S_fetch(c, err));
        if (c->n_leaves == 0)
            return leaf_damaged(c->s, lid, err);
    }
    struct open_leaf *leaf = &c->leaf[c->at];
    if (leaf->status != IDEM_OK)
        return error_set(err, leaf->status, "%s", leaf->err.message);
    const struct leaf_slot *slot = &leaf->slot[leaf_slot_of(record->rid)];
    if (leaf->lid != lid || !slot->used)
        return leaf_damaged(c->s, lid, err);
    record->record_id = slot->record_id;
    record->packed = slot->packed;
    return IDEM_OK;
}

enum idem_status store_records_next(struct store_cursor *c, struct store_record *record, bool *more,
                                    struct idem_error *err)
{
    *more = false;
    if (c->rows_end)
        return IDEM_OK;
    TRY(sql_step(c->s, c->rows, more, err));
    c->rows_end = !*more;
    if (!*more)
        return IDEM_OK;
    record_take(c->rows, record);
    return c->options.values ? S_add_values(c, record, err) : IDEM_OK;
}

void store_records_close(struct store_cursor *c)
{
    if (!c)
        return;
    sqlite3_finalize(c->rows);
    sqlite3_finalize(c->leaves);
    for (size_t i = 0; c->leaf && i < AHEAD; i++) {
        buf_deinit(&c->leaf[i].sealed);
        buf_deinit(&c->leaf[i].plain);
    }
    free(c->leaf);
    free(c);
}
