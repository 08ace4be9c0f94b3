/*
 * Segments. Row id = rule << 48 | first key, so that the segment which may hold a key is one seek backwards. Body,
 * sealed: for each entry varint (key - key before), then varint rid, or where the key is the same varint (rid - rid
 * before).
 *
 * A segment of 128 entries takes 23 us to probe, one of 512 entries 52 us; rows in place of segments cost fifteen times
 * as long to write, and show in the clear how often each value comes.
 */
#include "store/segment.h"

#include <stdlib.h>

#include "base/parallel.h"
#include "store/cached.h"
#include "store/segment_cache.h"
#include "store/segment_code.h"
#include "store/sql.h"

enum { CHUNK_SEGMENTS = 1024, KEYING_STEP = 1 << 16 };

static int64_t S_last_row_id(unsigned rule)
{
    return segment_row_id(rule, (1ULL << SEGMENT_KEY_BITS) - 1);
}

enum idem_status segment_check_rule(struct store *s, unsigned rule, struct idem_error *err)
{
    return rule < SEGMENT_RULES
               ? IDEM_OK
               : error_set(err, IDEM_LIMIT, "%s: more than %d blocking rules", s->info.path, SEGMENT_RULES);
}

enum idem_status segment_damaged(struct store *s, int64_t id, struct idem_error *err)
{
    return error_set(err, IDEM_CORRUPT, "%s: segment %lld is damaged; restore a backup", s->info.path, (long long)id);
}

/* ---- writing */

struct new_segment {
    int64_t id;
    size_t from, to;
    struct buf plain, sealed;
};

struct segment_job {
    struct store *s;
    unsigned rule;
    uint32_t version;
    struct key_row *entry;
    size_t n;
    struct new_segment *segment; /* [CHUNK_SEGMENTS] */
};

static void S_key_entries(void *context, size_t item, unsigned worker)
{
    (void)worker;
    struct segment_job *job = context;
    size_t from = item * KEYING_STEP, to = from + KEYING_STEP < job->n ? from + KEYING_STEP : job->n;
    for (size_t i = from; i < to; i++)
        job->entry[i].key = segment_key(job->s, job->entry[i].key);
}

static int S_by_row(const void *a, const void *b)
{
    uint32_t x = ((const struct key_row *)a)->row, y = ((const struct key_row *)b)->row;
    return (x > y) - (x < y);
}

/* Entries are sorted by key: rows ascending within a key, each once. Returns the new number. */
static size_t S_tidy(struct key_row *entry, size_t n)
{
    size_t kept = 0;
    for (size_t from = 0, to; from < n; from = to) {
        bool ascending = true;
        for (to = from + 1; to < n && entry[to].key == entry[from].key; to++)
            ascending &= entry[to].row > entry[to - 1].row;
        if (!ascending)
            qsort(entry + from, to - from, sizeof *entry, S_by_row);
        for (size_t i = from; i < to; i++)
            if (i == from || entry[i].row != entry[kept - 1].row)
                entry[kept++] = entry[i];
    }
    return kept;
}

static void S_make(void *context, size_t item, unsigned worker)
{
    (void)worker;
    struct segment_job *job = context;
    struct new_segment *segment = &job->segment[item];
    uint64_t key = job->entry[segment->from].key, rid = 0;
    buf_clear(&segment->plain);
    buf_clear(&segment->sealed);
    for (size_t i = segment->from; i < segment->to; i++) {
        const struct key_row *e = &job->entry[i];
        buf_varint(&segment->plain, e->key - key);
        buf_varint(&segment->plain, e->key == key ? e->row - rid : e->row);
        key = e->key;
        rid = e->row;
    }
    struct seal_place place = store_place(job->s, "segment", segment->id, job->version);
    seal_container(job->s->keys, &place, buf_view(&segment->plain), &segment->sealed);
}

struct segment_rows {
    const struct new_segment *segment;
    uint32_t version;
};

static void S_column(sqlite3_context *out, const void *base, size_t row, int column)
{
    const struct segment_rows *rows = base;
    const struct new_segment *segment = &rows->segment[row];
    switch (column) {
    case 0:
        sqlite3_result_int64(out, segment->id);
        break;
    case 1:
        sqlite3_result_int64(out, (int64_t)(segment->to - segment->from));
        break;
    case 2:
        sqlite3_result_int64(out, rows->version);
        break;
    case 3:
        sqlite3_result_blob64(out, segment->sealed.ptr, segment->sealed.len, SQLITE_STATIC);
        break;
    }
}

static size_t S_end_of_segment(const struct segment_job *job, size_t from)
{
    size_t to = from + SEGMENT_ENTRIES < job->n ? from + SEGMENT_ENTRIES : job->n;
    while (to < job->n && job->entry[to].key == job->entry[to - 1].key)
        to++;
    return to;
}

static enum idem_status S_write(struct segment_job *job, unsigned threads, struct idem_error *err)
{
    size_t waiting = 0;
    for (size_t from = 0, to; from < job->n; from = to) {
        to = S_end_of_segment(job, from);
        struct new_segment *segment = &job->segment[waiting++];
        segment->id = segment_row_id(job->rule, job->entry[from].key);
        segment->from = from;
        segment->to = to;
        if (waiting < CHUNK_SEGMENTS && to < job->n)
            continue;
        parallel_for(threads, waiting, S_make, job);
        struct segment_rows rows = {job->segment, job->version};
        TRY(sql_rows(job->s, SQL_SEGMENT_ADD, &rows, waiting, S_column, err));
        waiting = 0;
    }
    return IDEM_OK;
}

static enum idem_status S_clear(struct store *s, unsigned rule, struct idem_error *err)
{
    sqlite3_stmt *st;
    s->index_state++;
    TRY(sql_get(s, SQL_SEGMENTS_CLEAR, &st, err));
    sqlite3_bind_int64(st, 1, segment_row_id(rule, 0));
    sqlite3_bind_int64(st, 2, S_last_row_id(rule));
    TRY(sql_finish(s, st, err));
    TRY(sql_get(s, SQL_DELTAS_CLEAR, &st, err));
    sqlite3_bind_int64(st, 1, rule);
    return sql_finish(s, st, err);
}

/* Entries that are keyed, sorted and tidy take the place of the rule's. The version is the run's number, so that a
 * segment of an earlier run put back is noticed. */
static enum idem_status S_replace(struct store *s, unsigned rule, struct key_row *entry, size_t n, unsigned threads,
                                  struct idem_error *err)
{
    TRY(S_clear(s, rule, err));
    struct segment_job job = {s,     rule, (uint32_t)s->counters.next_run,
                              entry, n,    xcalloc(CHUNK_SEGMENTS, sizeof *job.segment)};
    enum idem_status status = S_write(&job, threads ? threads : 1, err);
    for (size_t i = 0; i < CHUNK_SEGMENTS; i++) {
        buf_deinit(&job.segment[i].plain);
        buf_deinit(&job.segment[i].sealed);
    }
    free(job.segment);
    return status;
}

enum idem_status segment_put(struct store *s, unsigned rule, struct key_row *entry, struct key_row *scratch, size_t n,
                             unsigned threads, struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    TRY(segment_check_rule(s, rule, err));
    struct segment_job job = {.s = s, .entry = entry, .n = n};
    parallel_for(threads ? threads : 1, (n + KEYING_STEP - 1) / KEYING_STEP, S_key_entries, &job);
    radix_sort(entry, scratch, n);
    return S_replace(s, rule, entry, S_tidy(entry, n), threads, err);
}

/* ---- changes since */

struct change_row {
    uint64_t key;
    const struct segment_change *change;
};

static void S_change_column(sqlite3_context *out, const void *base, size_t row, int column)
{
    const struct change_row *r = (const struct change_row *)base + row;
    const int64_t value[] = {r->change->rule, (int64_t)r->key, r->change->rid, r->change->gone};
    if (column < (int)COUNT_OF(value))
        sqlite3_result_int64(out, value[column]);
}

/* As the table is sorted, by signed keys; of two changes of one entry the later one counts. */
static int S_in_table(const void *p, const void *q)
{
    const struct change_row *x = p, *y = q;
    int64_t a = (int64_t)x->key, b = (int64_t)y->key;
    if (x->change->rule != y->change->rule)
        return x->change->rule < y->change->rule ? -1 : 1;
    if (a != b)
        return a < b ? -1 : 1;
    if (x->change->rid != y->change->rid)
        return x->change->rid < y->change->rid ? -1 : 1;
    return (x->change > y->change) - (x->change < y->change);
}

enum idem_status segment_change(struct store *s, const struct segment_change *change, size_t n, struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    struct change_row *row = xmalloc((n + 1) * sizeof *row);
    for (size_t i = 0; i < n; i++) {
        row[i] = (struct change_row){segment_key(s, change[i].hash), &change[i]};
        int64_t block = segment_row_id(change[i].rule, row[i].key);
        segment_cache_doubt(s->segments, (uint64_t)block);
        cached_touch(s, CACHED_BLOCK, block);
    }
    qsort(row, n, sizeof *row, S_in_table);
    enum idem_status status = sql_rows(s, SQL_DELTA_PUT, row, n, S_change_column, err);
    free(row);
    return status;
}

enum idem_status segment_pending(struct store *s, uint64_t *n, struct idem_error *err)
{
    int64_t there;
    TRY(sql_number(s, "SELECT count(*) FROM t_key_delta", &there, err));
    *n = (uint64_t)there;
    return IDEM_OK;
}

/* ---- all entries of a rule */

struct walk {
    struct store *s;
    sqlite3_stmt *segments, *changes;
    struct buf plain;
    struct segment_reader reader;
    int64_t id;
    bool has_entry, has_change;
    uint64_t change_key;
    int64_t change_rid;
    bool change_gone;
};

static enum idem_status S_next_segment(struct walk *w, bool *row, struct idem_error *err)
{
    TRY(sql_step(w->s, w->segments, row, err));
    if (!*row)
        return IDEM_OK;
    w->id = sqlite3_column_int64(w->segments, 0);
    buf_clear(&w->plain);
    TRY(store_unseal(w->s, "segment", w->id, (uint32_t)sqlite3_column_int64(w->segments, 1), sql_bytes(w->segments, 2),
                     &w->plain, err));
    w->reader = (struct segment_reader){.rest = buf_view(&w->plain), .key = segment_key_of(w->id)};
    return IDEM_OK;
}

static enum idem_status S_next_entry(struct walk *w, struct idem_error *err)
{
    for (;;) {
        bool row;
        if (!segment_next(&w->reader, &w->has_entry))
            return segment_damaged(w->s, w->id, err);
        if (w->has_entry)
            return IDEM_OK;
        TRY(S_next_segment(w, &row, err));
        if (!row)
            return IDEM_OK;
    }
}

static enum idem_status S_next_change(struct walk *w, struct idem_error *err)
{
    TRY(sql_step(w->s, w->changes, &w->has_change, err));
    if (w->has_change) {
        w->change_key = (uint64_t)sqlite3_column_int64(w->changes, 0);
        w->change_rid = sqlite3_column_int64(w->changes, 1);
        w->change_gone = sqlite3_column_int(w->changes, 2) != 0;
    }
    return IDEM_OK;
}

/* -1: the stored entry comes first, 1: the change does, 0: they are the same entry */
static int S_order(const struct walk *w)
{
    if (!w->has_change)
        return -1;
    if (!w->has_entry)
        return 1;
    if (w->reader.key != w->change_key)
        return w->reader.key < w->change_key ? -1 : 1;
    return ((int64_t)w->reader.rid > w->change_rid) - ((int64_t)w->reader.rid < w->change_rid);
}

static enum idem_status S_walk(struct walk *w, segment_fn *each, void *context, struct idem_error *err)
{
    TRY(S_next_entry(w, err));
    TRY(S_next_change(w, err));
    while (w->has_entry || w->has_change) {
        int order = S_order(w);
        if (order < 0 || (order == 0 && !w->change_gone))
            TRY(each(context, w->reader.key, (int64_t)w->reader.rid, err));
        else if (order > 0 && !w->change_gone)
            TRY(each(context, w->change_key, w->change_rid, err));
        if (order <= 0)
            TRY(S_next_entry(w, err));
        if (order >= 0)
            TRY(S_next_change(w, err));
    }
    return IDEM_OK;
}

enum idem_status segment_each(struct store *s, unsigned rule, segment_fn *each, void *context, struct idem_error *err)
{
    struct walk w = {.s = s};
    TRY(segment_check_rule(s, rule, err));
    enum idem_status status = sql_prepare(
        s, "SELECT id, version, body FROM t_segment WHERE id >= ?1 AND id <= ?2 ORDER BY id", &w.segments, err);
    if (status == IDEM_OK)
        status =
            sql_prepare(s, "SELECT key, rid, gone FROM t_key_delta WHERE rule = ?1 ORDER BY key, rid", &w.changes, err);
    if (status == IDEM_OK) {
        sqlite3_bind_int64(w.segments, 1, segment_row_id(rule, 0));
        sqlite3_bind_int64(w.segments, 2, S_last_row_id(rule));
        sqlite3_bind_int64(w.changes, 1, rule);
        status = S_walk(&w, each, context, err);
    }
    sqlite3_finalize(w.segments);
    sqlite3_finalize(w.changes);
    buf_deinit(&w.plain);
    return status;
}

struct collected {
    struct key_row *entry;
    size_t n, room;
};

static enum idem_status S_collect(void *context, uint64_t key, int64_t rid, struct idem_error *err)
{
    (void)err;
    struct collected *c = context;
    if (c->n == c->room) {
        c->room = c->room ? c->room * 2 : 4096;
        c->entry = xrealloc(c->entry, c->room * sizeof *c->entry);
    }
    c->entry[c->n++] = (struct key_row){key, (uint32_t)rid};
    return IDEM_OK;
}

/* When a twentieth of the entries have changed nearly every segment has: all of the rule are written anew. */
enum idem_status segment_fold(struct store *s, unsigned rule, unsigned threads, struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    struct collected all = {0};
    enum idem_status status = segment_each(s, rule, S_collect, &all, err);
    if (status == IDEM_OK)
        status = S_replace(s, rule, all.entry, all.n, threads, err);
    free(all.entry);
    return status;
}
