#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "engine/apply_events.h"
#include "engine/apply_run.h"
#include "engine/audit.h"
#include "engine/components.h"
#include "engine/delta_apply.h"
#include "engine/erase_return.h"
#include "engine/pins.h"
#include "engine/review_list.h"
#include "engine/search_keys.h"
#include "identity/mint.h"
#include "normalize/normalize.h"
#include "record/pack.h"
#include "store/segment.h"

enum { ROWS_A_CALL = 1 << 16 };

/* ------------------------------------------------------------------ sources, fields, model */

static enum idem_status S_put_sources(struct apply_run *r, struct store *store, struct idem_error *err)
{
    for (unsigned s = 0; s < r->config->n_sources; s++) {
        struct store_source *stored = &r->previous.source[s].stored;
        if (r->load.source[s].read) {
            char *text = json_text(json_array_get(r->facts, s));
            stored->facts = str_copy(&r->arena, str_from(text));
            free(text);
        }
        TRY(store_put_source(store, stored, err));
    }
    return IDEM_OK;
}

static enum idem_status S_put_model(struct apply_run *r, struct store *store, struct idem_error *err)
{
    if (r->stored_model.id)
        return IDEM_OK;
    struct buf body = {0};
    model_pack(&r->model, &body);
    r->stored_model =
        (struct store_model){.run = store_next_run(store), .created_ms = r->now_ms, .body = buf_view(&body)};
    enum idem_status status = store_put_model(store, &r->stored_model, err);
    buf_deinit(&body);
    return status;
}

static enum idem_status S_put_rejects(struct apply_run *r, struct store *store, struct idem_error *err)
{
    struct store_reject *list = ARENA_NEW(&r->arena, struct store_reject, r->load.n_rejects);
    for (unsigned s = 0; s < r->config->n_sources; s++)
        if (r->load.source[s].read && !r->first)
            TRY(store_clear_rejects(store, r->previous.source[s].stored.id, err));
    for (size_t i = 0; i < r->load.n_rejects; i++) {
        const struct load_reject *x = &r->load.reject[i];
        list[i] = (struct store_reject){.run = store_next_run(store),
                                        .source = r->previous.source[x->source].stored.id,
                                        .file = x->reject.file,
                                        .reason = str_from(reject_reason_name(x->reject.reason)),
                                        .line = x->reject.line};
    }
    return r->load.n_rejects ? store_put_rejects(store, list, r->load.n_rejects, err) : IDEM_OK;
}

/* ------------------------------------------------------------------ records */

static void S_take_rids(struct apply_run *r, struct store *store)
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

struct put_rows {
    struct apply_run *run;
    uint32_t *row; /* [n] of each record to put, ascending by rid */
    size_t n;
};

/* What is two rows and one row ahead is on its way from memory. In a first run this is where rows are hashed: it packs
 * each of them once. */
static void S_pack(void *context, size_t i, struct buf *out)
{
    struct put_rows *p = context;
    const struct batch *b = &p->run->load.batch;
    size_t from = out->len;
    if (i + 2 < p->n)
        record_prefetch_places(b, p->row[i + 2]);
    if (i + 1 < p->n)
        record_prefetch_values(b, p->row[i + 1]);
    record_pack(b, p->row[i], out);
    if (p->run->first)
        p->run->hash[p->row[i]] = hash_str(str_sub(buf_view(out), from, out->len));
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

struct rid_row {
    int64_t rid;
    uint32_t row;
};

static int S_by_rid(const void *a, const void *b)
{
    const struct rid_row *x = a, *y = b;
    return (x->rid > y->rid) - (x->rid < y->rid);
}

/* Rows to write, ascending by rid. In a first build all of them, in row order already. */
static uint32_t S_rows_to_put(const struct apply_run *r, const struct store *store, bool values, struct rid_row *list)
{
    uint32_t n = 0;
    for (uint32_t row = 0; row < r->load.batch.n_rows; row++) {
        bool put = r->first || r->state[row] != ROW_SAME;
        if (!put && !values) {
            const struct previous_record *p = &r->previous.record[r->previous.of_row[row]];
            put = p->mid != S_mid_of_row(r, row) || p->fingerprint != S_fingerprint(r, store, row);
        }
        if (put)
            list[n++] = (struct rid_row){r->rid[row], row};
    }
    if (!r->first)
        qsort(list, n, sizeof *list, S_by_rid);
    return n;
}

static enum idem_status S_put_values(struct apply_run *r, struct store *store, struct rid_row *list, uint32_t n,
                                     struct idem_error *err)
{
    struct store_record *record = xmalloc((ROWS_A_CALL + 16) * sizeof *record);
    uint32_t *row = xmalloc((ROWS_A_CALL + 16) * sizeof *row);
    struct put_rows context = {r, row, 0};
    enum idem_status status = IDEM_OK;
    for (uint32_t from = 0, to; from < n; from = to) {
        to = from + ROWS_A_CALL < n ? from + ROWS_A_CALL : n;
        while (to < n && list[to].rid >> 4 == list[to - 1].rid >> 4) /* a leaf is not cut in two */
            to++;
        for (uint32_t i = from; i < to; i++) {
            row[i - from] = list[i].row;
            record[i - from] = S_record(r, store, list[i].row, r->seq);
        }
        context.n = to - from;
        TRY_DONE(store_put_leaves(store, record, to - from, S_pack, &context, r->seq, r->threads, err));
        progress_stage(&r->progress, "write", to, 2 * (uint64_t)n, "records");
    }
done:
    free(record);
    free(row);
    return status;
}

static enum idem_status S_put_rows(struct apply_run *r, struct store *store, struct rid_row *list, uint32_t n,
                                   struct idem_error *err)
{
    struct store_record *record = xmalloc((ROWS_A_CALL + 1) * sizeof *record);
    enum idem_status status = IDEM_OK;
    for (uint32_t from = 0, to; from < n; from = to) {
        to = from + ROWS_A_CALL < n ? from + ROWS_A_CALL : n;
        for (uint32_t i = from; i < to; i++)
            record[i - from] = S_record(r, store, list[i].row, r->seq);
        TRY_DONE(store_put_records(store, record, to - from, err));
    }
done:
    free(record);
    return status;
}

/* Records that are gone keep their row, their values and the master they were in. */
static enum idem_status S_put_gone(struct apply_run *r, struct store *store, struct idem_error *err)
{
    for (uint32_t i = 0; i < r->n_entries - r->load.batch.n_rows; i++) {
        const struct previous_record *p = &r->previous.record[r->entry_record[i]];
        struct store_record record;
        struct arena scratch = {0};
        enum idem_status status = store_get_record(store, p->rid, true, &scratch, &record, err);
        if (status == IDEM_OK) {
            record.status = STORE_RECORD_GONE;
            record.seq = r->seq;
            status = store_put_records(store, &record, 1, err);
        }
        arena_deinit(&scratch);
        TRY(status);
    }
    return IDEM_OK;
}

/* A first run looks at no value again when all are stored: their memory is what rows and indexes need next. */
static void S_drop_values(struct apply_run *r)
{
    if (!r->first)
        return;
    json_decref(apply_shared(r)); /* kept for the report */
    batch_drop_values(&r->load.batch);
}

static enum idem_status S_put_records(struct apply_run *r, struct store *store, struct idem_error *err)
{
    struct rid_row *list = xmalloc(((size_t)r->load.batch.n_rows + 1) * sizeof *list);
    enum idem_status status = IDEM_OK;
    uint32_t n = S_rows_to_put(r, store, true, list);
    TRY_DONE(S_put_values(r, store, list, n, err));
    S_drop_values(r);
    n = S_rows_to_put(r, store, false, list);
    TRY_DONE(S_put_rows(r, store, list, n, err));
    TRY_DONE(S_put_gone(r, store, err));
done:
    free(list);
    return status;
}

/* ------------------------------------------------------------------ masters */

static void S_mint(struct apply_run *r, struct store *store, uint32_t k, int64_t ms, struct store_master *m)
{
    uint8_t bits[16];
    char text[MINT_TEXT + 1];
    (void)store;
    seal_id_bits(r->seed, k, bits);
    mint_uuid(ms, k, bits, text);
    mint_parse(str_from(text), m->uuid);
}

static int S_by_record(const void *a, const void *b)
{
    const struct previous_record *x = a, *y = b;
    return (x->rid > y->rid) - (x->rid < y->rid);
}

static int S_by_mid(const void *a, const void *b)
{
    const struct store_master *x = a, *y = b;
    return (x->mid > y->mid) - (x->mid < y->mid);
}

static int64_t *S_components_of_clusters(struct apply_run *r)
{
    int64_t *component = ARENA_NEW(&r->arena, int64_t, r->matching.clusters.n_clusters);
    for (uint32_t row = 0; row < r->load.batch.n_rows; row++)
        component[r->matching.clusters.cluster[row]] = r->component[row];
    return component;
}

/* Every master that is new or differs from what is stored. */
static uint32_t S_changed_masters(struct apply_run *r, struct store *store, int64_t run, int64_t ms,
                                  struct store_master *list)
{
    const struct previous *p = &r->previous;
    uint32_t n = 0;
    uint32_t *cluster_of = ARENA_NEW(&r->arena, uint32_t, p->n_masters + r->assigned.n_new);
    memset(cluster_of, 0xFF, (p->n_masters + r->assigned.n_new) * sizeof *cluster_of);
    for (uint32_t c = 0; c < r->matching.clusters.n_clusters; c++)
        cluster_of[r->assigned.master[c]] = c;
    int64_t *component = S_components_of_clusters(r);
    for (uint32_t m = 0; m < p->n_masters + r->assigned.n_new; m++) {
        uint32_t c = cluster_of[m];
        bool fresh = m >= p->n_masters;
        struct store_master x = fresh ? (struct store_master){.mid = apply_mid(r, m), .run = run} : p->master[m];
        struct store_master before = x;
        if (fresh)
            S_mint(r, store, m - p->n_masters, ms, &x);
        x.n = c == UINT32_MAX ? 0 : r->survivors.size[c];
        x.prov = c == UINT32_MAX ? (struct str){0} : r->survivors.prov[c];
        x.status = fresh ? STORE_MASTER_ACTIVE : (enum store_master_status)r->assigned.status[m];
        x.target = 0;
        if (!fresh && r->assigned.status[m] == MASTER_REDIRECTED && r->assigned.target[m] != ASSIGN_NONE)
            x.target = apply_mid(r, r->assigned.target[m]);
        x.component = c == UINT32_MAX ? 0 : component[c];
        bool same = !fresh && before.n == x.n && before.status == x.status && before.target == x.target &&
                    str_eq(before.prov, x.prov);
        x.seq = same ? before.seq : r->seq; /* the component is no change of the master */
        if (!same || before.component != x.component)
            list[n++] = x;
    }
    qsort(list, n, sizeof *list, S_by_mid);
    return n;
}

static void S_clear_fields(const struct apply_run *r, bool *clear)
{
    for (unsigned f = 0; f < r->schema.n_fields; f++)
        clear[f] = r->config->at_rest == AT_REST_CLEAR || !r->schema.field[f].personal;
}

struct member_of {
    const struct apply_run *run;
};

static bool S_is_member(void *context, uint32_t cluster, int64_t rid)
{
    const struct apply_run *r = ((const struct member_of *)context)->run;
    struct previous_record wanted = {.rid = rid};
    const struct previous_record *found =
        bsearch(&wanted, r->previous.record, r->previous.n_records, sizeof wanted, S_by_record);
    return found && found->row != PREVIOUS_NONE && r->matching.clusters.cluster[found->row] == cluster;
}

static enum idem_status S_pins(struct apply_run *r, struct store *store, struct survivors_input *in,
                               struct idem_error *err)
{
    struct member_of context = {r};
    struct survivors_pin *pin;
    struct pins pins;
    if (r->first)
        return IDEM_OK;
    TRY(pins_load(store, 0, &r->arena, &pins, err));
    in->n_pins =
        pins_for_clusters(&pins, &r->previous, &r->assign_in, &r->assigned, S_is_member, &context, &r->arena, &pin);
    in->pin = pin;
    return IDEM_OK;
}

static enum idem_status S_survive(struct apply_run *r, struct store *store, struct idem_error *err)
{
    bool *clear = ARENA_NEW(&r->arena, bool, MOST_FIELDS), any = false;
    double start = clock_seconds();
    S_clear_fields(r, clear);
    for (unsigned f = 0; f < r->schema.n_fields; f++)
        any |= clear[f];
    struct survivors_input in = {.config = r->config,
                                 .load = &r->load,
                                 .rid = r->rid,
                                 .cluster = r->matching.clusters.cluster,
                                 .n_clusters = r->matching.clusters.n_clusters,
                                 .clear_values = any,
                                 .clear = clear,
                                 .threads = r->threads};
    TRY(S_pins(r, store, &in, err));
    progress_stage(&r->progress, "survive", 0, r->matching.clusters.n_clusters, "masters");
    survivors_choose(&in, &r->survivors);
    r->survive_seconds = clock_seconds() - start;
    return IDEM_OK;
}

static int S_golden_by_mid(const void *a, const void *b)
{
    const struct store_golden *x = a, *y = b;
    return (x->mid > y->mid) - (x->mid < y->mid);
}

static enum idem_status S_put_golden(struct apply_run *r, struct store *store, struct idem_error *err)
{
    struct store_golden *list = xmalloc(((size_t)r->matching.clusters.n_clusters + 1) * sizeof *list);
    size_t n = 0;
    for (uint32_t c = 0; c < r->matching.clusters.n_clusters; c++)
        if (r->survivors.clear[c])
            list[n++] = (struct store_golden){apply_mid(r, r->assigned.master[c]), r->survivors.clear[c]};
    qsort(list, n, sizeof *list, S_golden_by_mid);
    enum idem_status status = n ? store_put_golden(store, list, n, err) : IDEM_OK;
    free(list);
    return status;
}

static enum idem_status S_put_masters(struct apply_run *r, struct store *store, struct idem_error *err)
{
    int64_t ms = store_last_id_ms(store);
    ms = r->now_ms > ms ? r->now_ms : ms;
    struct store_master *list = xmalloc(((size_t)r->previous.n_masters + r->assigned.n_new + 1) * sizeof *list);
    uint32_t n = S_changed_masters(r, store, store_next_run(store), ms, list);
    enum idem_status status = IDEM_OK;
    for (uint32_t from = 0; from < n && status == IDEM_OK; from += ROWS_A_CALL)
        status = store_put_masters(store, list + from, n - from < ROWS_A_CALL ? n - from : ROWS_A_CALL, err);
    free(list);
    if (r->assigned.n_new)
        store_set_last_id_ms(store, mint_ms(ms, r->assigned.n_new - 1));
    return status == IDEM_OK ? S_put_golden(r, store, err) : status;
}

/* ------------------------------------------------------------------ the candidate index */

static enum idem_status S_put_segments(struct apply_run *r, struct store *store, struct idem_error *err)
{
    uint32_t n_rows = r->load.batch.n_rows;
    for (unsigned k = 0; k < r->matching.keys.n_rules; k++) {
        const struct rule_keys *keys = &r->matching.keys.rule[k];
        size_t n = r->model.rule[k].key[0].derivation == KEY_ALL ? 0 : keys->at[n_rows];
        struct key_row *entry = xmalloc((n + 1) * sizeof *entry), *scratch = xmalloc((n + 1) * sizeof *scratch);
        for (uint32_t row = 0; row < n_rows && n; row++)
            for (uint32_t i = keys->at[row]; i < keys->at[row + 1]; i++)
                entry[i] = (struct key_row){keys->key[i], (uint32_t)r->rid[row]};
        enum idem_status status = segment_put(store, k, entry, scratch, n, r->threads, err);
        free(entry);
        free(scratch);
        TRY(status);
    }
    return search_keys_put(store, &r->model, &r->load.batch, r->rid, r->threads, err);
}

enum idem_status apply_write_index(struct apply_run *r, struct store *store, struct idem_error *err)
{
    uint32_t n = r->load.batch.n_rows;
    S_take_rids(r, store);
    r->component = ARENA_NEW(&r->arena, int64_t, n);
    components_find(&r->matching, n, r->rid, r->component);
    TRY(S_put_segments(r, store, err));
    return components_put(store, &r->matching, n, r->rid, r->component, false, err);
}

/* ------------------------------------------------------------------ the transaction */

static enum idem_status S_open(struct apply_run *r, struct store **store, struct idem_error *err)
{
    struct idem_session *s = r->session;
    if (!r->first) {
        int64_t seq;
        TRY(session_store(s, STORE_WRITE, store, err));
        TRY(store_begin(*store, err));
        TRY(store_change_seq(*store, &seq, err));
        if (seq != r->change_seq) {
            store_rollback(*store);
            return error_set(err, IDEM_CONFLICT, "%s: another run committed meanwhile; run apply again", s->db_path);
        }
        return IDEM_OK;
    }
    struct store_create_options create = {
        .path = s->db_path, .normaliser = str_from(normalize_version()), .now_ms = r->now_ms, .wait_ms = s->wait_ms};
    bool made = false;
    TRY(session_new_keys(s, &create.keys, &made, err));
    if (made)
        apply_warn(r, "a new key file was made: %s; without it the values are lost, so keep a copy of it", s->key_path);
    return store_create(&create, store, err);
}

static void S_take_mids(struct apply_run *r, struct store *store)
{
    r->new_mid = xmalloc(((size_t)r->assigned.n_new + 1) * sizeof *r->new_mid);
    int64_t mid = r->assigned.n_new ? store_take_mids(store, r->assigned.n_new) : 0;
    for (uint32_t k = 0; k < r->assigned.n_new; k++)
        r->new_mid[k] = mid + k;
}

/* Under what all was matched, and what only a run over everything finds: for the runs over a part that follow. */
static enum idem_status S_put_applied(struct apply_run *r, struct store *store, struct idem_error *err)
{
    struct applied a = {.capped = r->matching.stats.losses.blocks, .unrefined = r->matching.stats.losses.unrefined};
    if (r->partial)
        return r->delta->delta.unrefined_now == r->delta->delta.unrefined_before
                   ? IDEM_OK
                   : applied_write(store, &r->delta->applied, err);
    applied_under(r->config, r->stored_model.id, a.under);
    a.shared = apply_shared(r);
    a.histogram = apply_histogram(r);
    enum idem_status status = applied_write(store, &a, err);
    applied_deinit(&a);
    return status;
}

/* The same when there is nothing else to write. */
enum idem_status apply_write_applied(struct apply_run *r, struct idem_error *err)
{
    struct store *store;
    TRY(session_store(r->session, STORE_WRITE, &store, err));
    TRY(store_begin(store, err));
    enum idem_status status = S_put_applied(r, store, err);
    if (status == IDEM_OK)
        return store_commit(store, err);
    store_rollback(store);
    return status;
}

static enum idem_status S_write_delta(struct apply_run *r, struct store *store, struct idem_error *err)
{
    struct delta *d = &r->delta->delta;
    TRY(store_put_fields(store, &r->schema, err));
    TRY(S_put_sources(r, store, err));
    TRY(apply_write_part(r, store, d->component, d->n_components, err));
    TRY(delta_put_keys(d, store, err));
    TRY(delta_put_reviews(d, store, err));
    TRY(S_put_rejects(r, store, err));
    TRY(erase_allow_back(r, store, err));
    return S_put_applied(r, store, err);
}

/* What a first run has no more use for when candidate index and components are stored. */
static void S_drop_matching(struct apply_run *r)
{
    if (r->first)
        key_set_deinit(&r->matching.keys);
}

static enum idem_status S_write_all(struct apply_run *r, struct store *store, struct idem_error *err)
{
    TRY(store_put_fields(store, &r->schema, err));
    TRY(S_put_sources(r, store, err));
    S_take_rids(r, store);
    TRY(S_put_segments(r, store, err));
    r->component = ARENA_NEW(&r->arena, int64_t, r->load.batch.n_rows);
    components_find(&r->matching, r->load.batch.n_rows, r->rid, r->component);
    TRY(components_put(store, &r->matching, r->load.batch.n_rows, r->rid, r->component, r->first, err));
    S_drop_matching(r);
    TRY(S_survive(r, store, err));
    S_take_mids(r, store);
    r->seq = r->first ? 0 : store_take_seqs(store, 1);
    TRY(S_put_records(r, store, err)); /* from here on a first run has no values */
    TRY(S_put_masters(r, store, err));
    TRY(apply_put_events(r, store, err));
    TRY(reviews_put(r, store, err));
    TRY(S_put_model(r, store, err));
    TRY(S_put_rejects(r, store, err));
    TRY(S_put_applied(r, store, err));
    TRY(erase_allow_back(r, store, err));
    if (!r->first)
        TRY(store_set_normaliser(store, str_from(normalize_version()), err));
    return IDEM_OK;
}

/* What a steward's command changes it notes itself, with its subjects. */
static enum idem_status S_note(const struct apply_run *r, struct store *store, bool committed, struct idem_error *err)
{
    json_t *detail = json_object();
    json_put(detail, "run_id", json_integer(r->run.id));
    json_put_str(detail, "status", committed ? STR("committed") : STR("stopped"));
    const struct audit_note note = {
        .verb = "apply", .by = r->options->by, .reason = r->options->reason, .detail = detail};
    enum idem_status status = audit_change(r->session, store, &note, err);
    json_decref(detail);
    return status;
}

static enum idem_status S_put_run(struct apply_run *r, struct store *store, bool committed, struct idem_error *err)
{
    r->run.id = store_next_run(store);
    r->run.started_ms = r->now_ms;
    r->run.finished_ms = r->options->now_ms ? r->now_ms : clock_now_ms();
    r->run.now_ms = r->now_ms;
    r->run.committed = committed;
    r->run.model = r->stored_model.id;
    memcpy(r->run.seed, r->seed, sizeof r->seed);
    seal_digest(r->config->text, r->run.config_hash);
    r->run.by = str_from(r->options->by ? r->options->by : "");
    r->run.version = STR(IDEM_VERSION);
    r->run.normaliser = str_from(normalize_version());
    TRY(store_change_seq(store, &r->seq, err));
    if (r->first && r->assigned.n_new) /* the first load numbers its masters in place of events */
        r->seq = r->new_mid[r->assigned.n_new - 1];
    json_t *report = apply_report(r, committed ? "committed" : "stopped");
    if (committed && !r->command)
        json_put(report, "histogram",
                 r->partial && r->delta->applied.histogram ? json_incref(r->delta->applied.histogram)
                                                           : apply_histogram(r));
    if (r->command)
        json_put_str(report, "command", str_from(r->command));
    char *text = json_text(report);
    r->run.report = str_from(text);
    enum idem_status status = store_put_run(store, &r->run, err);
    if (status == IDEM_OK && !r->command)
        status = S_note(r, store, committed, err);
    free(text);
    json_decref(report);
    return status;
}

enum idem_status apply_write(struct apply_run *r, struct idem_error *err)
{
    struct store *store = NULL;
    double start = clock_seconds();
    enum idem_status status = S_open(r, &store, err);
    if (status != IDEM_OK)
        return status;
    uint32_t n = r->load.batch.n_rows;
    if (r->first && !r->hash)
        r->hash = xcalloc((size_t)n + 1, sizeof *r->hash); /* filled where the values are packed */
    apply_hashes(r);
    TRY_DONE(r->partial ? S_write_delta(r, store, err) : S_write_all(r, store, err));
    r->write_seconds = clock_seconds() - start - r->survive_seconds;
    TRY_DONE(S_put_run(r, store, true, err));
    TRY_DONE(store_commit(store, err));
    r->write_seconds = clock_seconds() - start - r->survive_seconds;
    progress_stage(&r->progress, "write", n, n, "records");
    if (r->first)
        session_set_store(r->session, store, STORE_READ);
    return IDEM_OK;
done:
    if (r->first)
        store_close(store);
    else
        store_rollback(store);
    return status;
}

enum idem_status apply_write_stopped(struct apply_run *r, struct idem_error *err)
{
    struct store *store;
    TRY(session_store(r->session, STORE_WRITE, &store, err));
    TRY(store_begin(store, err));
    enum idem_status status = S_put_run(r, store, false, err);
    if (status == IDEM_OK)
        return store_commit(store, err);
    store_rollback(store);
    return status;
}

enum idem_status apply_write_part(struct apply_run *r, struct store *store, const int64_t *old, size_t n_old,
                                  struct idem_error *err)
{
    S_take_rids(r, store);
    TRY(S_survive(r, store, err));
    S_take_mids(r, store);
    r->seq = store_take_seqs(store, 1);
    TRY(S_put_records(r, store, err));
    r->component = ARENA_NEW(&r->arena, int64_t, r->load.batch.n_rows);
    components_find(&r->matching, r->load.batch.n_rows, r->rid, r->component);
    TRY(S_put_masters(r, store, err));
    TRY(components_replace(store, &r->matching, r->load.batch.n_rows, r->rid, r->component, old, n_old, err));
    return apply_put_events(r, store, err);
}

enum idem_status apply_write_run(struct apply_run *r, struct store *store, struct idem_error *err)
{
    return S_put_run(r, store, true, err);
}
