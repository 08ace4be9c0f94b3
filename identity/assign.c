#include "identity/assign.h"

#include <assert.h>

#include "base/radix.h"

/* How many records of one master (current, or remembering it) one cluster holds. */
struct claim {
    uint32_t master, place, n;
    uint32_t foreign; /* of these, how many remember another master */
};

struct claims {
    struct claim *claim; /* by master, then place */
    uint32_t n;
};

/* Clusters are worked on by `place`: their order by smallest record key, which breaks every tie between clusters. */
struct work {
    const struct assign_input *in;
    struct assign_result *result;
    struct arena scratch;
    uint32_t *final;  /* [n_masters] the end of the chain of redirects before the run */
    uint8_t *status;  /* [n_masters] before the run, loops cut */
    uint32_t *was;    /* [n_records] the active master until now, or ASSIGN_NONE */
    uint32_t *home;   /* [n_records] the master remembered, or ASSIGN_NONE */
    uint32_t *place;  /* [n_clusters] */
    uint32_t *first;  /* [n_clusters] by place: the record with the smallest key */
    uint32_t *holder; /* [n_clusters] by place: its master */
    uint32_t *from;   /* [n_clusters] by place: the old master most of its records had */
    bool *taken;      /* [n_masters] */
    struct claims now, memory;
};

const char *event_kind_name(enum event_kind kind)
{
    static const char *const name[] = {"created", "attached",   "detached", "moved",  "updated", "merged",   "split",
                                       "revived", "redirected", "retired",  "erased", "decided", "withdrawn"};
    static_assert(COUNT_OF(name) == EVENT_KINDS, "a name for every kind");
    return (size_t)kind < COUNT_OF(name) ? name[kind] : "unknown";
}

/* ---------------------------------------------------------------- what was before */

enum { WALKING = ASSIGN_NONE - 1 };

/* The end of m's chain of redirects. A chain that comes back to itself is cut there: that master counts as retired. */
static uint32_t S_chain_end(struct work *w, uint32_t m)
{
    uint32_t end = m;
    while (w->final[end] == ASSIGN_NONE) {
        w->final[end] = WALKING;
        end = w->in->master[end].target;
    }
    if (w->final[end] == WALKING) {
        w->status[end] = MASTER_RETIRED;
        return end;
    }
    return w->final[end];
}

static void S_follow_chains(struct work *w)
{
    uint32_t n = w->in->n_masters;
    for (uint32_t m = 0; m < n; m++) {
        const struct assign_master *master = &w->in->master[m];
        bool redirected = master->status == MASTER_REDIRECTED;
        bool leads_somewhere = redirected && master->target < n;
        w->status[m] = redirected && !leads_somewhere ? MASTER_RETIRED : master->status;
        w->final[m] = leads_somewhere ? ASSIGN_NONE : m;
    }
    for (uint32_t m = 0; m < n; m++) {
        if (w->final[m] != ASSIGN_NONE)
            continue;
        uint32_t end = S_chain_end(w, m);
        for (uint32_t step = m; w->final[step] == WALKING; step = w->in->master[step].target)
            w->final[step] = end;
    }
}

static void S_recall(struct work *w)
{
    const struct assign_input *in = w->in;
    for (uint32_t i = 0; i < in->n_records; i++) {
        uint32_t old = in->old[i], home = in->home ? in->home[i] : ASSIGN_NONE;
        w->was[i] = ASSIGN_NONE;
        if (old != ASSIGN_NONE && w->status[w->final[old]] == MASTER_ACTIVE)
            w->was[i] = w->final[old];
        if (home == ASSIGN_NONE && old != ASSIGN_NONE && w->status[old] != MASTER_ACTIVE)
            home = old;
        w->home[i] = home != ASSIGN_NONE && w->status[home] == MASTER_ERASED ? ASSIGN_NONE : home;
    }
}

/* ---------------------------------------------------------------- order */

/* Records of a run over all of them come by rank as they are. */
static void S_sort_by_rank(const struct assign_input *in, uint32_t *by_key)
{
    struct arena scratch = {0};
    bool sorted = true;
    for (uint32_t i = 0; i < in->n_records; i++) {
        by_key[i] = i;
        sorted = sorted && (i == 0 || in->rank[i - 1] < in->rank[i]);
    }
    if (sorted)
        return;
    struct key_row *entry = ARENA_NEW(&scratch, struct key_row, in->n_records);
    struct key_row *spare = ARENA_NEW(&scratch, struct key_row, in->n_records);
    for (uint32_t i = 0; i < in->n_records; i++)
        entry[i] = (struct key_row){in->rank[i], i};
    radix_sort(entry, spare, in->n_records);
    for (uint32_t i = 0; i < in->n_records; i++)
        by_key[i] = entry[i].row;
    arena_deinit(&scratch);
}

/* Records by rank, and the clusters in the order in which they then appear. */
static void S_order(struct work *w)
{
    const struct assign_input *in = w->in;
    S_sort_by_rank(in, w->result->by_key);
    for (uint32_t c = 0; c < in->n_clusters; c++)
        w->place[c] = w->holder[c] = w->from[c] = ASSIGN_NONE;
    uint32_t places = 0;
    for (uint32_t k = 0; k < in->n_records; k++) {
        uint32_t row = w->result->by_key[k];
        uint32_t cluster = in->cluster[row];
        if (cluster == ASSIGN_NONE || w->place[cluster] != ASSIGN_NONE)
            continue;
        w->first[places] = row;
        w->place[cluster] = places++;
    }
    assert(places == in->n_clusters);
}

/* ---------------------------------------------------------------- claims */

/* Counts (master, cluster) over the records that are in a cluster and name a master in of[]. */
static void S_count_claims(struct work *w, const uint32_t *of, struct claims *claims)
{
    const struct assign_input *in = w->in;
    struct key_row *pair = ARENA_NEW(&w->scratch, struct key_row, in->n_records);
    struct key_row *spare = ARENA_NEW(&w->scratch, struct key_row, in->n_records);
    size_t n = 0;
    for (uint32_t i = 0; i < in->n_records; i++)
        if (of[i] != ASSIGN_NONE && in->cluster[i] != ASSIGN_NONE)
            pair[n++] = (struct key_row){(uint64_t)of[i] << 32 | w->place[in->cluster[i]], i};
    radix_sort(pair, spare, n);
    claims->claim = ARENA_NEW(&w->scratch, struct claim, n);
    claims->n = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t home = w->home[pair[i].row], master = (uint32_t)(pair[i].key >> 32);
        if (i == 0 || pair[i].key != pair[i - 1].key)
            claims->claim[claims->n++] = (struct claim){.master = master, .place = (uint32_t)pair[i].key};
        struct claim *claim = &claims->claim[claims->n - 1];
        claim->n++;
        claim->foreign += home != ASSIGN_NONE && home != master;
    }
}

/* Grants claims, largest first. The sorts are stable: ties are broken by master, by foreign, and at last by place. */
static void S_grant(struct work *w, const struct claims *claims)
{
    struct key_row *entry = ARENA_NEW(&w->scratch, struct key_row, claims->n);
    struct key_row *spare = ARENA_NEW(&w->scratch, struct key_row, claims->n);
    for (uint32_t i = 0; i < claims->n; i++)
        entry[i] = (struct key_row){claims->claim[i].foreign, i};
    radix_sort(entry, spare, claims->n);
    for (uint32_t i = 0; i < claims->n; i++) {
        const struct claim *claim = &claims->claim[entry[i].row];
        entry[i].key = (uint64_t)(UINT32_MAX - claim->n) << 32 | claim->master;
    }
    radix_sort(entry, spare, claims->n);
    for (uint32_t i = 0; i < claims->n; i++) {
        const struct claim *claim = &claims->claim[entry[i].row];
        if (w->taken[claim->master] || w->holder[claim->place] != ASSIGN_NONE)
            continue;
        w->taken[claim->master] = true;
        w->holder[claim->place] = claim->master;
    }
}

/* The claims of memory that may be granted: of masters without current records, on a cluster that holds as many of the
 * records that remember them as any other. */
static void S_allowed_memories(struct work *w, struct claims *allowed)
{
    uint32_t *most = ARENA_NEW(&w->scratch, uint32_t, w->in->n_masters);
    bool *has_records = ARENA_NEW(&w->scratch, bool, w->in->n_masters);
    for (uint32_t i = 0; i < w->now.n; i++)
        has_records[w->now.claim[i].master] = true;
    for (uint32_t i = 0; i < w->memory.n; i++) {
        const struct claim *claim = &w->memory.claim[i];
        if (claim->n > most[claim->master])
            most[claim->master] = claim->n;
    }
    allowed->claim = ARENA_NEW(&w->scratch, struct claim, w->memory.n);
    allowed->n = 0;
    for (uint32_t i = 0; i < w->memory.n; i++) {
        struct claim claim = w->memory.claim[i];
        if (!has_records[claim.master] && claim.n == most[claim.master])
            allowed->claim[allowed->n++] = claim;
    }
}

static void S_mint_the_rest(struct work *w)
{
    struct assign_result *r = w->result;
    r->founder = ARENA_NEW(&w->scratch, uint32_t, w->in->n_clusters);
    for (uint32_t place = 0; place < w->in->n_clusters; place++) {
        if (w->holder[place] != ASSIGN_NONE)
            continue;
        r->founder[r->n_new] = w->first[place];
        w->holder[place] = w->in->n_masters + r->n_new++;
    }
}

/* ---------------------------------------------------------------- what becomes of the old masters */

/* For each old master the new holder of most of the records in `claims`; ties: `preferred`, then the smallest number.
 */
static void S_follow_records(const struct work *w, const struct claims *claims, const uint32_t *preferred,
                             uint32_t *goes_to)
{
    uint32_t best = 0;
    for (uint32_t m = 0; m < w->in->n_masters; m++)
        goes_to[m] = ASSIGN_NONE;
    for (uint32_t i = 0; i < claims->n; i++) {
        const struct claim *claim = &claims->claim[i];
        uint32_t *target = &goes_to[claim->master], holder = w->holder[claim->place];
        if (*target == ASSIGN_NONE)
            best = 0;
        bool tie = claim->n == best && *target != preferred[claim->master];
        if (claim->n > best || (tie && (holder == preferred[claim->master] || holder < *target)))
            *target = holder;
        if (claim->n > best)
            best = claim->n;
    }
}

static void S_settle(struct work *w, uint32_t m, uint8_t status, uint32_t target)
{
    struct assign_result *r = w->result;
    uint8_t before = w->in->master[m].status;
    r->status[m] = status;
    r->target[m] = status == MASTER_REDIRECTED ? target : ASSIGN_NONE;
    if (status == MASTER_ACTIVE && before != MASTER_ACTIVE)
        r->fate[m] = EVENT_REVIVED;
    else if (status == MASTER_REDIRECTED && before == MASTER_ACTIVE)
        r->fate[m] = EVENT_MERGED;
    else if (status == MASTER_REDIRECTED && (before != MASTER_REDIRECTED || w->final[m] != target))
        r->fate[m] = EVENT_REDIRECTED;
    else if (status == MASTER_RETIRED && before != MASTER_RETIRED)
        r->fate[m] = EVENT_RETIRED;
    else
        r->fate[m] = EVENT_KINDS;
}

/* Where a redirected master points that no record remembers: to where its survivor points now. */
static uint32_t S_survivor(const struct work *w, uint32_t m)
{
    uint32_t end = w->final[m];
    return w->result->status[end] == MASTER_REDIRECTED ? w->result->target[end] : end;
}

static void S_settle_masters(struct work *w)
{
    uint32_t n = w->in->n_masters;
    uint32_t *by_records = ARENA_NEW(&w->scratch, uint32_t, n), *by_memory = ARENA_NEW(&w->scratch, uint32_t, n);
    S_follow_records(w, &w->now, w->final, by_records);
    S_follow_records(w, &w->memory, w->final, by_memory);
    for (uint32_t m = 0; m < n; m++) {
        uint32_t target = by_records[m] != ASSIGN_NONE ? by_records[m] : by_memory[m];
        if (w->status[m] == MASTER_ERASED)
            S_settle(w, m, MASTER_ERASED, ASSIGN_NONE);
        else if (w->taken[m])
            S_settle(w, m, MASTER_ACTIVE, ASSIGN_NONE);
        else if (target != ASSIGN_NONE)
            S_settle(w, m, MASTER_REDIRECTED, target);
        else if (w->status[m] != MASTER_REDIRECTED)
            S_settle(w, m, MASTER_RETIRED, ASSIGN_NONE);
    }
    for (uint32_t m = 0; m < n; m++)
        if (w->status[m] == MASTER_REDIRECTED && !w->taken[m] && by_memory[m] == ASSIGN_NONE)
            S_settle(w, m, MASTER_REDIRECTED, S_survivor(w, m));
}

/* ---------------------------------------------------------------- what became of the records */

static bool S_is_new(const struct work *w, uint32_t master)
{
    return master >= w->in->n_masters;
}

static bool S_is_revived(const struct work *w, uint32_t master)
{
    return !S_is_new(w, master) && w->result->fate[master] == EVENT_REVIVED;
}

static enum record_change S_change_of(const struct work *w, uint32_t i)
{
    uint32_t was = w->was[i], cluster = w->in->cluster[i];
    if (cluster == ASSIGN_NONE)
        return was == ASSIGN_NONE ? RECORD_SAME : RECORD_DETACHED;
    uint32_t place = w->place[cluster], now = w->holder[place];
    if (was == now)
        return RECORD_SAME;
    if (S_is_revived(w, now) && (was != ASSIGN_NONE || w->home[i] == now))
        return RECORD_REVIVED;
    if (was == ASSIGN_NONE) {
        bool founds = S_is_new(w, now) && w->from[place] == ASSIGN_NONE && w->first[place] == i;
        return founds ? RECORD_CREATED : RECORD_ATTACHED;
    }
    if (assign_resolve(w->in, w->result, was) == now)
        return RECORD_MERGED;
    return S_is_new(w, now) ? RECORD_SPLIT : RECORD_MOVED;
}

static void S_count_records(struct work *w)
{
    struct assign_counts *counts = &w->result->counts;
    for (uint32_t i = 0; i < w->in->n_records; i++) {
        enum record_change change = S_change_of(w, i);
        w->result->change[i] = (uint8_t)change;
        bool stayed = w->was[i] != ASSIGN_NONE && w->in->cluster[i] != ASSIGN_NONE;
        counts->stayed += stayed;
        counts->churned += stayed && change != RECORD_SAME && change != RECORD_MERGED;
        counts->attached += change == RECORD_ATTACHED;
        counts->detached += change == RECORD_DETACHED;
        counts->moved += change == RECORD_MOVED;
    }
}

static void S_count_masters(struct work *w)
{
    struct assign_counts *counts = &w->result->counts;
    for (uint32_t m = 0; m < w->in->n_masters; m++) {
        uint8_t fate = w->result->fate[m];
        counts->active_before += w->in->master[m].status == MASTER_ACTIVE;
        counts->merged += fate == EVENT_MERGED;
        counts->revived += fate == EVENT_REVIVED;
        counts->redirected += fate == EVENT_REDIRECTED;
        counts->retired += fate == EVENT_RETIRED;
    }
    counts->active_after = w->in->n_clusters;
}

/* Whom each split or revived master came from: claims ascend by master, so that the oldest wins a tie. */
static void S_trace_origins(struct work *w)
{
    struct assign_result *r = w->result;
    uint32_t *best = ARENA_NEW(&w->scratch, uint32_t, w->in->n_clusters);
    for (uint32_t i = 0; i < w->now.n; i++) {
        const struct claim *claim = &w->now.claim[i];
        if (claim->n <= best[claim->place])
            continue;
        best[claim->place] = claim->n;
        w->from[claim->place] = claim->master;
    }
    for (uint32_t c = 0; c < w->in->n_clusters; c++) {
        uint32_t place = w->place[c], holder = w->holder[place];
        bool traced = S_is_new(w, holder) || S_is_revived(w, holder);
        r->master[c] = holder;
        r->origin[c] = traced ? w->from[place] : ASSIGN_NONE;
        if (S_is_new(w, holder)) {
            r->counts.split += w->from[place] != ASSIGN_NONE;
            r->counts.created += w->from[place] == ASSIGN_NONE;
        }
    }
}

/* ---------------------------------------------------------------- */

static void S_allocate(struct work *w, struct arena *out)
{
    uint32_t records = w->in->n_records, clusters = w->in->n_clusters, masters = w->in->n_masters;
    struct assign_result *r = w->result;
    r->master = ARENA_NEW(out, uint32_t, clusters);
    r->origin = ARENA_NEW(out, uint32_t, clusters);
    r->status = ARENA_NEW(out, uint8_t, masters);
    r->target = ARENA_NEW(out, uint32_t, masters);
    r->fate = ARENA_NEW(out, uint8_t, masters);
    r->change = ARENA_NEW(out, uint8_t, records);
    r->by_key = ARENA_NEW(out, uint32_t, records);
    w->final = ARENA_NEW(&w->scratch, uint32_t, masters);
    w->status = ARENA_NEW(&w->scratch, uint8_t, masters);
    w->taken = ARENA_NEW(&w->scratch, bool, masters);
    w->was = ARENA_NEW(&w->scratch, uint32_t, records);
    w->home = ARENA_NEW(&w->scratch, uint32_t, records);
    w->place = ARENA_NEW(&w->scratch, uint32_t, clusters);
    w->first = ARENA_NEW(&w->scratch, uint32_t, clusters);
    w->holder = ARENA_NEW(&w->scratch, uint32_t, clusters);
    w->from = ARENA_NEW(&w->scratch, uint32_t, clusters);
}

void assign_masters(const struct assign_input *in, struct arena *out, struct assign_result *result)
{
    struct work w = {.in = in, .result = result};
    struct claims allowed;
    *result = (struct assign_result){0};
    arena_init(&w.scratch);
    S_allocate(&w, out);
    S_follow_chains(&w);
    S_recall(&w);
    S_order(&w);
    S_count_claims(&w, w.was, &w.now);
    S_count_claims(&w, w.home, &w.memory);
    S_grant(&w, &w.now);
    S_allowed_memories(&w, &allowed);
    S_grant(&w, &allowed);
    S_mint_the_rest(&w);
    S_settle_masters(&w);
    S_trace_origins(&w);
    S_count_records(&w);
    S_count_masters(&w);
    const uint32_t *founder = result->founder;
    result->founder = ARENA_NEW(out, uint32_t, result->n_new);
    if (result->n_new)
        memcpy(result->founder, founder, result->n_new * sizeof *founder);
    arena_deinit(&w.scratch);
}

/* ---------------------------------------------------------------- events */

static const enum event_kind kind_of_change[] = {
    [RECORD_SAME] = EVENT_KINDS,        [RECORD_CREATED] = EVENT_CREATED, [RECORD_ATTACHED] = EVENT_ATTACHED,
    [RECORD_DETACHED] = EVENT_DETACHED, [RECORD_MOVED] = EVENT_MOVED,     [RECORD_MERGED] = EVENT_KINDS,
    [RECORD_SPLIT] = EVENT_SPLIT,       [RECORD_REVIVED] = EVENT_REVIVED,
};

static const enum event_kind order_of_kinds[] = {EVENT_MERGED, EVENT_REDIRECTED, EVENT_REVIVED,
                                                 EVENT_SPLIT,  EVENT_CREATED,    EVENT_ATTACHED,
                                                 EVENT_MOVED,  EVENT_DETACHED,   EVENT_RETIRED};

/* The active master a record was in, by the same reading of `old` as above. */
static uint32_t S_left(const struct assign_input *in, uint32_t record)
{
    uint32_t m = in->old[record];
    for (uint32_t step = 0; m < in->n_masters && in->master[m].status == MASTER_REDIRECTED && step < in->n_masters;
         step++)
        m = in->master[m].target;
    return m < in->n_masters && in->master[m].status == MASTER_ACTIVE ? m : ASSIGN_NONE;
}

static struct identity_event S_record_event(const struct assign_input *in, const struct assign_result *r, uint32_t i)
{
    enum event_kind kind = kind_of_change[r->change[i]];
    uint32_t left = S_left(in, i);
    if (kind == EVENT_DETACHED)
        return (struct identity_event){(uint8_t)kind, i, left, ASSIGN_NONE};
    return (struct identity_event){(uint8_t)kind, i, r->master[in->cluster[i]], left};
}

/* Revived masters have one event for each of their records, which are made from the records' changes. */
static bool S_has_event(uint8_t fate)
{
    return fate == EVENT_MERGED || fate == EVENT_REDIRECTED || fate == EVENT_RETIRED;
}

size_t assign_events(const struct assign_input *in, const struct assign_result *result, struct arena *out,
                     struct identity_event **event)
{
    size_t at[EVENT_KINDS + 1] = {0}, total = 0;
    for (uint32_t m = 0; m < in->n_masters; m++)
        at[S_has_event(result->fate[m]) ? result->fate[m] : EVENT_KINDS]++;
    for (uint32_t i = 0; i < in->n_records; i++)
        at[kind_of_change[result->change[i]]]++;
    for (size_t k = 0; k < COUNT_OF(order_of_kinds); k++) {
        size_t n = at[order_of_kinds[k]];
        at[order_of_kinds[k]] = total;
        total += n;
    }
    *event = ARENA_NEW(out, struct identity_event, total);
    for (uint32_t m = 0; m < in->n_masters; m++)
        if (S_has_event(result->fate[m]))
            (*event)[at[result->fate[m]]++] =
                (struct identity_event){result->fate[m], ASSIGN_NONE, m, result->target[m]};
    for (uint32_t k = 0; k < in->n_records; k++) {
        uint32_t i = result->by_key[k];
        if (kind_of_change[result->change[i]] != EVENT_KINDS)
            (*event)[at[kind_of_change[result->change[i]]]++] = S_record_event(in, result, i);
    }
    return total;
}
