/* Masters of a run: their golden values, their ids, what is stored of each. */
#include "engine/apply_put.h"

#include <stdlib.h>

#include "base/clock.h"
#include "engine/pins.h"
#include "identity/mint.h"

enum { MASTERS_A_CALL = 1 << 16 };

void apply_take_mids(struct apply_run *r, struct store *store)
{
    r->new_mid = xmalloc(((size_t)r->assigned.n_new + 1) * sizeof *r->new_mid);
    int64_t mid = r->assigned.n_new ? store_take_mids(store, r->assigned.n_new) : 0;
    for (uint32_t k = 0; k < r->assigned.n_new; k++)
        r->new_mid[k] = mid + k;
}

static void S_mint(const struct apply_run *r, uint32_t k, int64_t ms, struct store_master *m)
{
    uint8_t bits[16];
    char text[MINT_TEXT + 1];
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
static uint32_t S_changed_masters(struct apply_run *r, int64_t run, int64_t ms, struct store_master *list)
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
            S_mint(r, m - p->n_masters, ms, &x);
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

enum idem_status apply_survive(struct apply_run *r, struct store *store, struct idem_error *err)
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

enum idem_status apply_put_masters(struct apply_run *r, struct store *store, struct idem_error *err)
{
    int64_t ms = store_last_id_ms(store);
    ms = r->now_ms > ms ? r->now_ms : ms;
    struct store_master *list = xmalloc(((size_t)r->previous.n_masters + r->assigned.n_new + 1) * sizeof *list);
    uint32_t n = S_changed_masters(r, store_next_run(store), ms, list);
    enum idem_status status = IDEM_OK;
    for (uint32_t from = 0; from < n && status == IDEM_OK; from += MASTERS_A_CALL)
        status = store_put_masters(store, list + from, n - from < MASTERS_A_CALL ? n - from : MASTERS_A_CALL, err);
    free(list);
    if (r->assigned.n_new)
        store_set_last_id_ms(store, mint_ms(ms, r->assigned.n_new - 1));
    return status == IDEM_OK ? S_put_golden(r, store, err) : status;
}
