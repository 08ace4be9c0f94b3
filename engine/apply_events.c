#include "engine/apply_events.h"

#include <stdlib.h>

#include "engine/delta_run.h"
#include "engine/pins.h"
#include "store/steward.h"

/* What differs in a cluster, or among the records of an old master. */
enum cause { CAUSE_CHANGED = 1, CAUSE_NEW = 2, CAUSE_RETURNED = 4, CAUSE_GONE = 8, CAUSE_PINNED = 16 };

struct events {
    struct apply_run *run;
    struct store *store;
    struct arena scratch;
    uint8_t *in_master;   /* [old and new masters] enum cause of the records that are or were in it */
    uint32_t *cluster_of; /* [old masters] or ASSIGN_NONE */
    int64_t fresh_rid;    /* of the first new record */
    uint32_t *fresh;      /* rows of new records by rid - fresh_rid */
    uint32_t n_fresh;
    int64_t last_seq; /* of the run before this one */
    bool decided;     /* a person has decided since then */
    struct store_event *event;
    size_t n, room;
};

/* ------------------------------------------------------------------ reasons */

static enum cause S_cause_of(const struct apply_run *r, uint32_t entry)
{
    uint32_t n_rows = r->load.batch.n_rows;
    if (entry >= n_rows)
        return CAUSE_GONE;
    if (r->state[entry] == ROW_CHANGED)
        return CAUSE_CHANGED;
    if (r->state[entry] == ROW_SAME)
        return 0;
    return r->previous.of_row[entry] == PREVIOUS_NONE ? CAUSE_NEW : CAUSE_RETURNED;
}

static void S_causes(struct events *e)
{
    const struct apply_run *r = e->run;
    uint32_t n_old = r->previous.n_masters;
    e->in_master = ARENA_NEW(&e->scratch, uint8_t, n_old + r->assigned.n_new + 1);
    e->cluster_of = ARENA_NEW(&e->scratch, uint32_t, n_old + 1);
    memset(e->cluster_of, 0xFF, n_old * sizeof *e->cluster_of);
    for (uint32_t c = 0; c < r->matching.clusters.n_clusters; c++)
        if (r->assigned.master[c] < n_old)
            e->cluster_of[r->assigned.master[c]] = c;
    for (uint32_t i = 0; i < r->n_entries; i++) {
        uint8_t cause = (uint8_t)S_cause_of(r, i);
        uint32_t old = r->assign_in.old[i], cluster = r->assign_in.cluster[i];
        if (old != ASSIGN_NONE)
            e->in_master[old] |= cause;
        if (cluster != ASSIGN_NONE)
            e->in_master[r->assigned.master[cluster]] |= cause;
    }
}

static enum idem_status S_see_decision(void *context, const struct store_decision *decision, struct idem_error *err)
{
    struct events *e = context;
    (void)err;
    e->decided |= decision->seq > e->last_seq || decision->withdrawn_seq > e->last_seq;
    return IDEM_OK;
}

/* A new pin counts for its master, or for the one that it is merged into. */
static enum idem_status S_see_pin(void *context, const struct store_pin *pin, struct idem_error *err)
{
    struct events *e = context;
    const struct previous *p = &e->run->previous;
    (void)err;
    if (pin->seq <= e->last_seq)
        return IDEM_OK;
    for (uint32_t m = previous_master(p, pin->mid), hops = 0; m != PREVIOUS_NONE && hops < 2; hops++) {
        e->in_master[m] |= CAUSE_PINNED;
        m = p->master[m].target ? previous_master(p, p->master[m].target) : PREVIOUS_NONE;
    }
    return IDEM_OK;
}

static enum store_reason S_reason(const struct events *e, const struct identity_event *event)
{
    static const struct {
        uint8_t cause;
        enum store_reason reason;
    } REASONS[] = {{CAUSE_CHANGED, STORE_CHANGED_RECORD},
                   {CAUSE_NEW, STORE_NEW_RECORD},
                   {CAUSE_RETURNED, STORE_RETURNED_RECORD},
                   {CAUSE_GONE, STORE_GONE_RECORD},
                   {CAUSE_PINNED, STORE_DECISION}};
    uint8_t cause = event->record == ASSIGN_NONE ? 0 : (uint8_t)S_cause_of(e->run, event->record);
    if (!cause && e->decided)
        return STORE_DECISION;
    if (!cause)
        cause = e->in_master[event->master] | (event->other == ASSIGN_NONE ? 0 : e->in_master[event->other]);
    for (size_t i = 0; i < COUNT_OF(REASONS); i++)
        if (cause & REASONS[i].cause)
            return REASONS[i].reason;
    return e->run->command ? STORE_DECISION : STORE_MODEL;
}

/* ------------------------------------------------------------------ what happened to identities */

static struct store_event *S_add(struct events *e)
{
    if (e->n == e->room) {
        e->room = e->room * 2 + 256;
        e->event = xrealloc(e->event, e->room * sizeof *e->event);
    }
    e->event[e->n] = (struct store_event){.run = store_next_run(e->store)};
    return &e->event[e->n++];
}

static int64_t S_rid_of_entry(const struct apply_run *r, uint32_t entry)
{
    if (entry == ASSIGN_NONE)
        return 0;
    uint32_t n_rows = r->load.batch.n_rows;
    return entry < n_rows ? r->rid[entry] : r->previous.record[r->entry_record[entry - n_rows]].rid;
}

static void S_identities(struct events *e)
{
    const struct apply_run *r = e->run;
    struct identity_event *event;
    size_t n = assign_events(&r->assign_in, &r->assigned, &e->scratch, &event);
    for (size_t i = 0; i < n; i++) {
        struct store_event *x = S_add(e);
        x->kind = (enum store_event_kind)event[i].kind;
        x->rid = S_rid_of_entry(r, event[i].record);
        x->mid = event[i].master == ASSIGN_NONE ? 0 : apply_mid(r, event[i].master);
        x->other = event[i].other == ASSIGN_NONE ? 0 : apply_mid(r, event[i].other);
        x->reason = S_reason(e, &event[i]);
    }
}

/* ------------------------------------------------------------------ what happened to golden values */

struct str event_fields(const struct schema *schema, uint64_t bits, struct arena *out)
{
    struct str names = {0};
    for (unsigned f = 0; f < schema->n_fields; f++)
        if (bits >> f & 1)
            names =
                arena_printf(out, "%.*s%s%.*s", STR_ARG(names), names.len ? "," : "", STR_ARG(schema->field[f].name));
    return names;
}

static void S_index_fresh(struct events *e)
{
    const struct apply_run *r = e->run;
    e->fresh = ARENA_NEW(&e->scratch, uint32_t, r->load.batch.n_rows + 1);
    for (uint32_t row = 0; row < r->load.batch.n_rows; row++)
        if (r->previous.of_row[row] == PREVIOUS_NONE) {
            if (!e->n_fresh)
                e->fresh_rid = r->rid[row];
            e->fresh[e->n_fresh++] = row;
        }
}

static const struct previous_record *S_previous(const struct apply_run *r, int64_t rid)
{
    uint32_t from = 0, to = r->previous.n_records;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (r->previous.record[middle].rid < rid)
            from = middle + 1;
        else
            to = middle;
    }
    return from < r->previous.n_records && r->previous.record[from].rid == rid ? &r->previous.record[from] : NULL;
}

/* The row of a record in this run, or PREVIOUS_NONE. */
static uint32_t S_row(const struct events *e, int64_t rid)
{
    if (e->n_fresh && rid >= e->fresh_rid)
        return rid - e->fresh_rid < e->n_fresh ? e->fresh[rid - e->fresh_rid] : PREVIOUS_NONE;
    const struct previous_record *p = S_previous(e->run, rid);
    return p ? p->row : PREVIOUS_NONE;
}

/* One golden record: of its members either the row of this run or the values that are stored no more. */
struct golden_side {
    struct golden_prov prov;
    uint32_t *row;                /* [n_rids] or PREVIOUS_NONE */
    uint32_t *old;                /* [n_rids] where the row is none: row of what a part had, or PREVIOUS_NONE */
    struct packed_record *before; /* [n_rids] where that is none too */
};

static struct str S_value(const struct column *column, uint32_t row, uint32_t place)
{
    const uint32_t *id;
    uint32_t n = column_ids(column, row, &id);
    return place < n ? dict_get(&column->dict, id[place]) : (struct str){0};
}

static struct str S_raw(const struct events *e, const struct golden_side *side, unsigned field, uint32_t nth)
{
    const struct golden_choice *choice = &side->prov.field[field].choice[nth];
    uint32_t row = side->row[choice->member];
    if (row != PREVIOUS_NONE)
        return S_value(&e->run->load.batch.raw[field], row, choice->place);
    if (side->old[choice->member] != PREVIOUS_NONE)
        return S_value(&e->run->part->old.raw[field], side->old[choice->member], choice->place);
    const struct packed_record *p = &side->before[choice->member];
    bool there = field < p->n_fields && choice->place < p->field[field].n;
    return there ? p->field[field].value[choice->place].raw : (struct str){0};
}

/* What a record was that a run over a part has changed: it is at hand. */
static uint32_t S_old_row(const struct events *e, int64_t rid)
{
    const struct delta_old *old = e->run->part ? delta_leaves(e->run->part, rid) : NULL;
    return old && old->current ? old->row : PREVIOUS_NONE;
}

static enum idem_status S_side(struct events *e, struct str prov, bool before, struct arena *scratch,
                               struct golden_side *side, struct idem_error *err)
{
    const struct apply_run *r = e->run;
    struct store_moment then = {.seq = r->change_seq, .run = INT64_MAX};
    enum idem_status status = IDEM_OK;
    if (!golden_unpack(prov, r->schema.n_fields, scratch, &side->prov))
        side->prov.n_rids = 0;
    side->row = ARENA_NEW(scratch, uint32_t, side->prov.n_rids + 1);
    side->old = ARENA_NEW(scratch, uint32_t, side->prov.n_rids + 1);
    side->before = ARENA_NEW(scratch, struct packed_record, side->prov.n_rids + 1);
    for (uint32_t i = 0; status == IDEM_OK && i < side->prov.n_rids; i++) {
        struct store_record record;
        uint32_t row = S_row(e, side->prov.rid[i]);
        side->row[i] = row;
        side->old[i] = PREVIOUS_NONE;
        if (!before || (row != PREVIOUS_NONE && r->state[row] == ROW_SAME))
            continue;
        side->row[i] = PREVIOUS_NONE;
        side->old[i] = S_old_row(e, side->prov.rid[i]);
        if (side->old[i] != PREVIOUS_NONE)
            continue;
        store_set_moment(e->store, &then);
        status = store_get_record(e->store, side->prov.rid[i], true, scratch, &record, err);
        store_set_moment(e->store, NULL);
        if (status == IDEM_OK && !record_unpack(record.packed, scratch, &side->before[i]))
            status = error_set(err, IDEM_CORRUPT, "record %lld cannot be read; run \"idem verify\"",
                               (long long)side->prov.rid[i]);
    }
    return status;
}

static uint64_t S_differences(const struct events *e, const struct golden_side *old, const struct golden_side *now)
{
    uint64_t bits = 0;
    for (unsigned f = 0; f < e->run->schema.n_fields; f++) {
        uint32_t n = old->prov.field[f].n;
        bool same = n == now->prov.field[f].n;
        for (uint32_t v = 0; same && v < n; v++)
            same = str_eq(S_raw(e, old, f, v), S_raw(e, now, f, v));
        bits |= (uint64_t)!same << f;
    }
    return bits;
}

/* The same field pinned before and after: perhaps to another text. */
static enum idem_status S_pinned_differs(struct events *e, int64_t mid, unsigned field, struct arena *scratch,
                                         uint64_t *bits, struct idem_error *err)
{
    struct store_moment then = {.seq = e->last_seq, .run = INT64_MAX}; /* the pin may be this transaction's */
    struct str before, after;
    store_set_moment(e->store, &then);
    enum idem_status status = pins_text(e->store, mid, field, scratch, &before, err);
    store_set_moment(e->store, NULL);
    TRY(status);
    TRY(pins_text(e->store, mid, field, scratch, &after, err));
    *bits |= (uint64_t)!str_eq(before, after) << field;
    return IDEM_OK;
}

static enum idem_status S_compare(struct events *e, uint32_t master, struct arena *scratch, struct idem_error *err)
{
    const struct apply_run *r = e->run;
    struct golden_side old, now;
    TRY(S_side(e, r->previous.master[master].prov, true, scratch, &old, err));
    TRY(S_side(e, r->survivors.prov[e->cluster_of[master]], false, scratch, &now, err));
    uint64_t bits = S_differences(e, &old, &now);
    for (unsigned f = 0; f < r->schema.n_fields; f++)
        if (golden_is_pinned(&old.prov.field[f]) && golden_is_pinned(&now.prov.field[f]))
            TRY(S_pinned_differs(e, apply_mid(r, master), f, scratch, &bits, err));
    if (!bits)
        return IDEM_OK;
    struct store_event *x = S_add(e);
    struct identity_event about = {EVENT_UPDATED, ASSIGN_NONE, master, ASSIGN_NONE};
    x->kind = STORE_UPDATED;
    x->mid = apply_mid(r, master);
    x->fields = event_fields(&r->schema, bits, &e->scratch);
    x->reason = S_reason(e, &about);
    return IDEM_OK;
}

static enum idem_status S_goldens(struct events *e, struct idem_error *err)
{
    const struct apply_run *r = e->run;
    struct arena scratch = {0};
    enum idem_status status = IDEM_OK;
    S_index_fresh(e);
    for (uint32_t m = 0; status == IDEM_OK && m < r->previous.n_masters; m++) {
        const struct store_master *before = &r->previous.master[m];
        uint32_t c = e->cluster_of[m];
        if (before->status != STORE_MASTER_ACTIVE || c == ASSIGN_NONE)
            continue;
        if (!e->in_master[m] && str_eq(before->prov, r->survivors.prov[c]))
            continue;
        status = S_compare(e, m, &scratch, err);
        arena_reset(&scratch);
    }
    arena_deinit(&scratch);
    return status;
}

/* ------------------------------------------------------------------ */

static enum idem_status S_put(struct events *e, struct idem_error *err)
{
    struct store_run *last;
    size_t n;
    S_causes(e);
    TRY(store_get_runs(e->store, 1, &e->scratch, &last, &n, err));
    e->last_seq = n ? last[0].last_seq : 0;
    TRY(steward_each_decision(e->store, 0, true, S_see_decision, e, err));
    TRY(steward_each_pin(e->store, 0, S_see_pin, e, err));
    S_identities(e);
    TRY(S_goldens(e, err));
    int64_t seq = e->n ? store_take_seqs(e->store, e->n) : 0;
    for (size_t i = 0; i < e->n; i++)
        e->event[i].seq = seq + (int64_t)i;
    return store_put_events(e->store, e->event, e->n, err);
}

enum idem_status apply_put_events(struct apply_run *r, struct store *store, struct idem_error *err)
{
    struct events e = {.run = r, .store = store};
    if (r->first)
        return IDEM_OK;
    enum idem_status status = S_put(&e, err);
    free(e.event);
    arena_deinit(&e.scratch);
    return status;
}
