/* Records of a run: their rids, their values leaf by leaf, their rows. */
#include "engine/apply_put.h"

#include <stdlib.h>

#include "base/hash.h"
#include "engine/delta_run.h"
#include "record/pack.h"

enum { ROWS_A_CALL = 1 << 16 };

void apply_take_rids(struct apply_run *r, struct store *store)
{
    uint32_t n = r->load.batch.n_rows, fresh = 0;
    r->rid = xmalloc(((size_t)n + 1) * sizeof *r->rid);
    for (uint32_t row = 0; row < n; row++)
        fresh += r->previous.of_row[row] == PREVIOUS_NONE;
    int64_t next = fresh ? store_take_rids(store, fresh) : 0;
    for (uint32_t row = 0; row < n; row++) {
        uint32_t at = r->previous.of_row[row];
        r->rid[row] = at == PREVIOUS_NONE ? next++ : r->previous.record[at].rid;
    }
}

/* What is two rows and one row ahead is on its way from memory. */
static void S_pack(void *context, size_t i, struct buf *out)
{
    struct put_values *p = context;
    const struct batch *b = &p->run->load.batch;
    size_t from = out->len;
    if (i + 2 < p->n)
        record_prefetch_places(b, p->row[i + 2]);
    if (i + 1 < p->n)
        record_prefetch_values(b, p->row[i + 1]);
    record_pack(b, p->row[i], out);
    if (p->hash)
        p->hash[p->row[i]] = hash_str(str_sub(buf_view(out), from, out->len));
}

/* The mid that a record carries: of its master, or, when that was merged into it, still of the one it was in: so it is
 * remembered, and an undone merge gives the old id back. */
static int64_t S_mid_of_row(const struct apply_run *r, uint32_t row)
{
    uint32_t at = r->previous.of_row[row], master = r->assigned.master[r->matching.clusters.cluster[row]];
    if (at != PREVIOUS_NONE && r->previous.record[at].current) {
        uint32_t old = previous_master(&r->previous, r->previous.record[at].mid);
        if (old != PREVIOUS_NONE && r->assigned.status[old] == MASTER_REDIRECTED && r->assigned.target[old] == master)
            return r->previous.record[at].mid;
    }
    return apply_mid(r, master);
}

/* As the record was read now, else as it is stored. */
static uint64_t S_fingerprint(const struct apply_run *r, const struct store *store, uint32_t row)
{
    uint32_t at = r->previous.of_row[row];
    if (load_fingerprint(&r->load, row))
        return store_keyed(store, load_fingerprint(&r->load, row));
    return at == PREVIOUS_NONE ? 0 : r->previous.record[at].fingerprint;
}

static struct store_record S_record(const struct apply_run *r, const struct store *store, uint32_t row, int64_t seq)
{
    const struct batch *b = &r->load.batch;
    return (struct store_record){.rid = r->rid[row],
                                 .source = r->previous.source[b->source[row]].stored.id,
                                 .mid = S_mid_of_row(r, row),
                                 .record_id = b->record_id[row],
                                 .fingerprint = S_fingerprint(r, store, row),
                                 .seq = seq,
                                 .run = r->run.id ? r->run.id : store_next_run((struct store *)(uintptr_t)store),
                                 .status = STORE_RECORD_CURRENT};
}

static int S_by_rid(const void *a, const void *b, void *context)
{
    const int64_t *rid = context, x = rid[*(const uint32_t *)a], y = rid[*(const uint32_t *)b];
    return (x > y) - (x < y);
}

/* Rows to write, ascending by rid. In a first build all of them, in row order already. */
static uint32_t S_rows_to_put(const struct apply_run *r, const struct store *store, bool values, uint32_t *list)
{
    uint32_t n = 0;
    for (uint32_t row = 0; row < r->load.batch.n_rows; row++) {
        bool put = r->first || r->state[row] != ROW_SAME;
        if (!put && !values) {
            const struct previous_record *p = &r->previous.record[r->previous.of_row[row]];
            put = p->mid != S_mid_of_row(r, row) || p->fingerprint != S_fingerprint(r, store, row);
        }
        if (put)
            list[n++] = row;
    }
    if (!r->first)
        qsort_r(list, n, sizeof *list, S_by_rid, r->rid);
    return n;
}

static enum idem_status S_put_listed(struct put_values *p, struct store *store, const uint32_t *list, uint32_t n,
                                     struct store_record *record, struct idem_error *err)
{
    struct apply_run *r = p->run;
    for (uint32_t from = 0, to; from < n && !(p->stop && atomic_load(p->stop)); from = to) {
        to = from + ROWS_A_CALL < n ? from + ROWS_A_CALL : n;
        while (to < n && r->rid[list[to]] >> 4 == r->rid[list[to - 1]] >> 4) /* a leaf is not cut in two */
            to++;
        for (uint32_t i = from; i < to; i++) {
            p->row[i - from] = list[i];
            record[i - from] =
                (struct store_record){.rid = r->rid[list[i]], .record_id = r->load.batch.record_id[list[i]]};
        }
        p->n = to - from;
        TRY(store_put_leaves(store, record, p->n, S_pack, p, r->seq, p->threads, err));
        TRY(paging_check(r->paging, 0, err));
        if (!p->stop)
            progress_stage(&r->progress, "write", to, 2 * (uint64_t)n, "records");
    }
    return IDEM_OK;
}

enum idem_status apply_put_values(struct put_values *p, struct store *store, struct idem_error *err)
{
    uint32_t *list = xmalloc(((size_t)p->run->load.batch.n_rows + 1) * sizeof *list);
    struct store_record *record = xmalloc((ROWS_A_CALL + 16) * sizeof *record);
    uint32_t n = S_rows_to_put(p->run, store, true, list);
    p->row = xmalloc((ROWS_A_CALL + 16) * sizeof *p->row);
    enum idem_status status = S_put_listed(p, store, list, n, record, err);
    free(list);
    free(record);
    free(p->row);
    return status;
}

/* Golden values that may stand in the clear are put as texts; of several values of a member the provenance says which
 * they are. */
void apply_forget_raw(struct apply_run *r)
{
    uint64_t texts = 0, ids = 0;
    struct survive_plan plan;
    golden_plan(r->config, &r->schema, &plan);
    for (unsigned f = 0; f < r->schema.n_fields; f++) {
        bool clear = r->config->at_rest == AT_REST_CLEAR || !r->schema.field[f].personal;
        texts |= (uint64_t)clear << f;
        ids |= (uint64_t)(plan.field[f].rule == SURVIVE_AGGREGATE) << f;
    }
    batch_forget_raw(&r->load.batch, texts, ids);
}

static enum idem_status S_put_rows(struct apply_run *r, struct store *store, const uint32_t *list, uint32_t n,
                                   struct idem_error *err)
{
    struct store_record *record = xmalloc((ROWS_A_CALL + 1) * sizeof *record);
    enum idem_status status = IDEM_OK;
    for (uint32_t from = 0, to; from < n; from = to) {
        to = from + ROWS_A_CALL < n ? from + ROWS_A_CALL : n;
        for (uint32_t i = from; i < to; i++)
            record[i - from] = S_record(r, store, list[i], r->seq);
        TRY_DONE(store_put_records(store, record, to - from, err));
    }
done:
    free(record);
    return status;
}

/* As it is stored; of a run over a part its id is at hand. */
static enum idem_status S_stored(const struct apply_run *r, struct store *store, int64_t rid, struct arena *out,
                                 struct store_record *record, struct idem_error *err)
{
    const struct delta_old *old = r->part ? delta_leaves(r->part, rid) : NULL;
    TRY(store_get_record(store, rid, !old, out, record, err));
    if (old)
        record->record_id = old->record_id;
    return IDEM_OK;
}

static int S_by_number(const void *a, const void *b)
{
    const struct store_record *x = a, *y = b;
    return (x->rid > y->rid) - (x->rid < y->rid);
}

/* Records that are gone keep their row, their values and the master they were in. */
static enum idem_status S_put_gone(struct apply_run *r, struct store *store, struct idem_error *err)
{
    struct arena scratch = {0};
    uint32_t n = r->n_entries - r->load.batch.n_rows;
    struct store_record *record = ARENA_NEW(&scratch, struct store_record, (size_t)n + 1);
    enum idem_status status = IDEM_OK;
    for (uint32_t i = 0; status == IDEM_OK && i < n; i++) {
        status = S_stored(r, store, r->previous.record[r->entry_record[i]].rid, &scratch, &record[i], err);
        record[i].status = STORE_RECORD_GONE;
        record[i].seq = r->seq;
    }
    qsort(record, n, sizeof *record, S_by_number);
    if (status == IDEM_OK && n)
        status = store_put_records(store, record, n, err);
    arena_deinit(&scratch);
    return status;
}

/* A first run looks at no value again when all are stored: their memory is what rows and indexes need next. */
static void S_drop_values(struct apply_run *r)
{
    if (!r->first)
        return;
    json_decref(apply_shared(r)); /* kept for the report */
    batch_drop_values(&r->load.batch);
}

enum idem_status apply_put_records(struct apply_run *r, struct store *store, struct idem_error *err)
{
    enum idem_status status = IDEM_OK;
    struct put_values values = {.run = r, .hash = r->first ? r->hash : NULL, .threads = r->threads};
    if (!r->values_put)
        TRY(apply_put_values(&values, store, err));
    S_drop_values(r);
    uint32_t *list = xmalloc(((size_t)r->load.batch.n_rows + 1) * sizeof *list);
    uint32_t n = S_rows_to_put(r, store, false, list);
    TRY_DONE(S_put_rows(r, store, list, n, err));
    TRY_DONE(S_put_gone(r, store, err));
done:
    free(list);
    return status;
}
