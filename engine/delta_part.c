/*
 * The closed part around what changed: with a record its master, with a master all its records, those that were merged
 * into it and its survivor, with a raw component all its records. Found in rounds, each of which reads the records that
 * the one before has asked for.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "engine/delta_run.h"
#include "engine/roster.h"
#include "record/pack.h"
#include "store/applied.h"

static struct str S_key(const int64_t *number)
{
    return (struct str){(const char *)number, sizeof *number};
}

static int S_ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static uint16_t S_source(const struct delta *d, int64_t id)
{
    const struct previous *p = &d->run->previous;
    for (unsigned i = 0; i < p->n_sources; i++)
        if (p->source[i].stored.id == id)
            return (uint16_t)i;
    return 0;
}

static enum idem_status S_append(struct batch *b, uint16_t source, const struct store_record *record,
                                 struct idem_error *err)
{
    struct arena scratch = {0};
    struct packed_record packed;
    bool good = record_unpack(record->packed, &scratch, &packed);
    if (good)
        record_append(b, source, record->record_id, &packed);
    arena_deinit(&scratch);
    return good ? IDEM_OK
                : error_set(err, IDEM_CORRUPT, "record %lld of the database cannot be read; run idem verify",
                            (long long)record->rid);
}

enum idem_status delta_append(struct delta *d, const struct store_record *record, struct idem_error *err)
{
    struct load *l = &d->run->load;
    uint32_t row = l->batch.n_rows;
    TRY(S_append(&l->batch, S_source(d, record->source), record, err));
    load_note(l, row, 0, record->rid);
    return IDEM_OK;
}

void delta_touch(struct delta *d, int64_t rid)
{
    if (d->n_touched == d->touched_room) {
        d->touched_room = d->touched_room ? d->touched_room * 2 : 64;
        d->touched = xrealloc(d->touched, d->touched_room * sizeof *d->touched);
    }
    d->touched[d->n_touched++] = rid;
}

/* ------------------------------------------------------------------ what the changed records were */

static int S_old_by_rid(const void *a, const void *b)
{
    const struct delta_old *x = a, *y = b;
    return (x->rid > y->rid) - (x->rid < y->rid);
}

const struct delta_old *delta_leaves(const struct delta *d, int64_t rid)
{
    struct delta_old wanted = {.rid = rid};
    return d->n_leaving ? bsearch(&wanted, d->leaving, d->n_leaving, sizeof wanted, S_old_by_rid) : NULL;
}

static enum idem_status S_take_old(void *context, size_t i, const struct store_record *record, struct idem_error *err)
{
    struct delta *d = context;
    struct delta_old *old = &d->leaving[i];
    *old = (struct delta_old){.rid = record->rid,
                              .mid = record->mid,
                              .seq = record->seq,
                              .fingerprint = record->fingerprint,
                              .source = S_source(d, record->source),
                              .current = record->status == STORE_RECORD_CURRENT,
                              .record_id = str_copy(&d->arena, record->record_id),
                              .row = d->old.n_rows};
    if (!old->current)
        return IDEM_OK;
    old->content = hash_str(record->packed);
    return S_append(&d->old, old->source, record, err);
}

enum idem_status delta_old_versions(struct delta *d, struct idem_error *err)
{
    const struct load *l = &d->run->load;
    int64_t *rid = ARENA_NEW(&d->arena, int64_t, l->batch.n_rows + d->n_gone + 1);
    size_t n = 0;
    for (uint32_t row = 0; row < l->batch.n_rows; row++)
        if (l->rid[row])
            rid[n++] = l->rid[row];
    for (size_t i = 0; i < d->n_gone; i++)
        rid[n++] = d->gone[i];
    if (n)
        qsort(rid, n, sizeof *rid, S_ascending);
    d->leaving = ARENA_NEW(&d->arena, struct delta_old, n + 1);
    batch_init(&d->old, &d->run->schema);
    TRY(store_each_record(d->store, rid, n, d->run->threads, S_take_old, d, err));
    d->n_leaving = n;
    key_set_init(&d->old_keys, &d->run->model, &d->old, d->run->threads);
    for (unsigned k = 0; k < d->old_keys.n_rules; k++)
        d->unrefined_before += d->old_keys.rule[k].lost;
    d->unkeyed_before = key_set_unkeyed(&d->old_keys);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ closing */

struct part_record {
    struct previous_record record;
    struct str record_id;
};

struct closing {
    struct delta *delta;
    struct map components, masters; /* met already */
    int64_t *todo;
    size_t n_todo, todo_room;
    struct part_record *record;
    size_t n_records, records_room;
    size_t masters_room;
    struct arena scratch;
};

static void S_ask(struct closing *c, const int64_t *rid, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!map_add(&c->delta->in_part, S_key(&rid[i]), 0))
            continue;
        if (c->n_todo == c->todo_room) {
            c->todo_room = c->todo_room ? c->todo_room * 2 : 64;
            c->todo = xrealloc(c->todo, c->todo_room * sizeof *c->todo);
        }
        c->todo[c->n_todo++] = rid[i];
    }
}

static enum idem_status S_component(struct closing *c, int64_t id, struct idem_error *err)
{
    struct delta *d = c->delta;
    struct kept_component kept;
    if (!id || !map_add(&c->components, S_key(&id), 0))
        return IDEM_OK;
    enum idem_status status = component_get(d->store, id, &d->arena, &kept, err);
    if (status == IDEM_NOT_FOUND) {
        d->whole = true; /* written by an older idem */
        return IDEM_OK;
    }
    TRY(status);
    if (d->n_components == d->components_room) {
        size_t room = d->components_room ? d->components_room * 2 : 64;
        struct kept_component *grown = ARENA_NEW(&d->arena, struct kept_component, room);
        int64_t *ids = ARENA_NEW(&d->arena, int64_t, room);
        if (d->n_components) {
            memcpy(grown, d->kept, d->n_components * sizeof *grown);
            memcpy(ids, d->component, d->n_components * sizeof *ids);
        }
        d->kept = grown;
        d->component = ids;
        d->components_room = room;
    }
    d->component[d->n_components] = id;
    d->kept[d->n_components++] = kept;
    S_ask(c, kept.rid, kept.n);
    return IDEM_OK;
}

/* A master with its records, its component, its survivor and all that were merged into it. */
static enum idem_status S_master(struct closing *c, int64_t mid, struct idem_error *err)
{
    struct previous *p = &c->delta->run->previous;
    struct store_master master;
    int64_t *list;
    size_t n;
    if (!mid || !map_add(&c->masters, S_key(&mid), 0))
        return IDEM_OK;
    TRY(store_get_master(c->delta->store, mid, &p->arena, &master, err));
    if (p->n_masters == c->masters_room) {
        c->masters_room = c->masters_room ? c->masters_room * 2 : 64;
        p->master = xrealloc(p->master, c->masters_room * sizeof *p->master);
    }
    p->master[p->n_masters++] = master;
    TRY(S_master(c, master.target, err));
    TRY(S_component(c, master.component, err));
    TRY(store_members(c->delta->store, mid, &c->scratch, &list, &n, err));
    S_ask(c, list, n);
    TRY(store_redirected_from(c->delta->store, mid, &c->scratch, &list, &n, err));
    for (size_t i = 0; i < n; i++)
        TRY(S_master(c, list[i], err));
    return IDEM_OK;
}

static void S_add_record(struct closing *c, const struct previous_record *record, struct str record_id)
{
    if (c->n_records == c->records_room) {
        c->records_room = c->records_room ? c->records_room * 2 : 256;
        c->record = xrealloc(c->record, c->records_room * sizeof *c->record);
    }
    c->record[c->n_records++] = (struct part_record){*record, record_id};
}

static bool S_is_candidate(const struct delta *d, int64_t rid)
{
    return d->n_candidates && bsearch(&rid, d->candidate, d->n_candidates, sizeof rid, S_ascending);
}

static enum idem_status S_take_record(void *context, size_t i, const struct store_record *record,
                                      struct idem_error *err)
{
    struct closing *c = context;
    struct delta *d = c->delta;
    (void)i;
    if (record->status != STORE_RECORD_CURRENT)
        return IDEM_OK;
    struct previous_record taken = {record->rid,
                                    record->mid,
                                    record->seq,
                                    record->fingerprint,
                                    hash_str(record->packed),
                                    PREVIOUS_NONE,
                                    S_source(d, record->source),
                                    true};
    S_add_record(c, &taken, str_copy(&d->arena, record->record_id));
    if (!S_is_candidate(d, record->rid))
        TRY(delta_append(d, record, err));
    return S_master(c, record->mid, err);
}

/* The records that leave are in the part whatever they were. */
static enum idem_status S_start(struct closing *c, struct idem_error *err)
{
    struct delta *d = c->delta;
    for (size_t i = 0; i < d->n_leaving; i++) {
        const struct delta_old *old = &d->leaving[i];
        map_add(&d->in_part, S_key(&old->rid), 0);
        struct previous_record record = {old->rid,     old->mid,      old->seq,    old->fingerprint,
                                         old->content, PREVIOUS_NONE, old->source, old->current};
        S_add_record(c, &record, old->record_id);
    }
    for (size_t i = 0; i < d->n_leaving; i++)
        TRY(S_master(c, d->leaving[i].mid, err));
    S_ask(c, d->touched, d->n_touched);
    return IDEM_OK;
}

static enum idem_status S_gather(struct closing *c, struct idem_error *err)
{
    TRY(S_start(c, err));
    while (c->n_todo && !c->delta->whole) {
        size_t n = c->n_todo;
        int64_t *round = ARENA_NEW(&c->scratch, int64_t, n);
        memcpy(round, c->todo, n * sizeof *round);
        qsort(round, n, sizeof *round, S_ascending);
        c->n_todo = 0;
        TRY(store_each_record(c->delta->store, round, n, c->delta->run->threads, S_take_record, c, err));
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ what decisions and links reach */

/* The records that a decision ties to those that leave, and the classes of all of them. */
static void S_touch_decided(struct delta *d)
{
    const struct decisions *all = &d->run->decisions;
    size_t before = d->n_touched;
    int64_t *rid;
    for (size_t i = 0; i < all->n; i++) {
        const struct store_decision *x = &all->item[i];
        if (x->verdict == STORE_UNSURE || (!delta_leaves(d, x->rid_a) && !delta_leaves(d, x->rid_b)))
            continue;
        delta_touch(d, x->rid_a);
        delta_touch(d, x->rid_b);
    }
    if (d->n_touched == before)
        return;
    size_t n = decisions_class(all, d->touched + before, d->n_touched - before, &d->arena, &rid);
    for (size_t i = 0; i < n; i++)
        delta_touch(d, rid[i]);
}

/* Row of a new version by its key, or PREVIOUS_NONE: they still stand in order. */
static uint32_t S_find_new(const struct delta *d, uint16_t source, struct str id)
{
    const struct batch *b = &d->run->load.batch;
    uint32_t from = 0, to = d->n_new;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        bool below = b->source[middle] != source ? b->source_rank[b->source[middle]] < b->source_rank[source]
                                                 : str_cmp(b->record_id[middle], id) < 0;
        if (below)
            from = middle + 1;
        else
            to = middle;
    }
    bool found = from < d->n_new && b->source[from] == source && str_eq(b->record_id[from], id);
    return found ? from : PREVIOUS_NONE;
}

/* Links of new versions to stored records, and of stored records to what is new. */
static enum idem_status S_touch_linked(struct delta *d, struct idem_error *err)
{
    const struct apply_run *r = d->run;
    const struct load *l = &r->load;
    for (size_t i = 0; i < l->n_links; i++) {
        unsigned to = r->config->link[l->link[i].link].to;
        int64_t rid;
        enum idem_status status =
            store_find_record(d->store, r->config->source[to].name, l->link[i].record_id, &rid, NULL);
        if (status == IDEM_OK)
            delta_touch(d, rid);
        else if (status != IDEM_NOT_FOUND)
            return error_set(err, status, "%s: the record that a link names cannot be looked up",
                             store_info(d->store)->path);
    }
    for (size_t i = 0; d->roster && i < l->n_known_links; i++) {
        const struct load_known_link *link = &l->known_link[i];
        uint16_t to = (uint16_t)r->config->link[link->link].to;
        if (d->roster->seen[link->known].row == ROSTER_SAME && S_find_new(d, to, link->record_id) != PREVIOUS_NONE)
            delta_touch(d, d->roster->roll.entry[link->known].rid);
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ as a run */

static int S_part_by_rid(const void *a, const void *b)
{
    const struct part_record *x = a, *y = b;
    return (x->record.rid > y->record.rid) - (x->record.rid < y->record.rid);
}

static int S_by_mid(const void *a, const void *b)
{
    const struct store_master *x = a, *y = b;
    return (x->mid > y->mid) - (x->mid < y->mid);
}

/* Candidates that are no part of it leave the batch, the rest comes in order. */
static void S_settle(struct delta *d)
{
    struct load *l = &d->run->load;
    free(l->superseded);
    l->superseded = xcalloc((size_t)l->batch.n_rows + 1, 1);
    l->superseded_room = l->batch.n_rows;
    for (size_t i = 0; i < d->n_candidates; i++)
        l->superseded[d->n_new + i] = !map_find(&d->in_part, S_key(&d->candidate[i]));
    load_settle(l);
}

static void S_records(struct closing *c)
{
    struct apply_run *r = c->delta->run;
    struct previous *p = &r->previous;
    uint32_t n_rows = r->load.batch.n_rows;
    struct buf key = {0};
    if (c->n_records)
        qsort(c->record, c->n_records, sizeof *c->record, S_part_by_rid);
    if (p->n_masters)
        qsort(p->master, p->n_masters, sizeof *p->master, S_by_mid);
    p->n_records = (uint32_t)c->n_records;
    p->record = xmalloc((c->n_records + 1) * sizeof *p->record);
    p->of_row = xmalloc(((size_t)n_rows + 1) * sizeof *p->of_row);
    for (uint32_t i = 0; i < p->n_records; i++) {
        p->record[i] = c->record[i].record;
        previous_add_key(p, &key, p->record[i].source, c->record[i].record_id);
    }
    for (uint32_t row = 0; row < n_rows; row++) {
        p->of_row[row] = previous_record(p, r->load.rid[row]);
        if (p->of_row[row] != PREVIOUS_NONE)
            p->record[p->of_row[row]].row = row;
    }
    buf_deinit(&key);
}

/* ------------------------------------------------------------------ links of records that were not read */

static uint32_t S_row_of(const struct apply_run *r, int64_t rid)
{
    uint32_t at = previous_record(&r->previous, rid);
    return at == PREVIOUS_NONE ? PREVIOUS_NONE : r->previous.record[at].row;
}

static void S_add_known_links(struct delta *d)
{
    struct load *l = &d->run->load;
    for (size_t i = 0; d->roster && i < l->n_known_links; i++) {
        const struct load_known_link *link = &l->known_link[i];
        uint32_t row = d->roster->seen[link->known].row == ROSTER_SAME
                           ? S_row_of(d->run, d->roster->roll.entry[link->known].rid)
                           : PREVIOUS_NONE;
        if (row == PREVIOUS_NONE)
            continue;
        if (l->n_links == l->links_room) {
            l->links_room = l->links_room ? l->links_room * 2 : 64;
            l->link = xrealloc(l->link, l->links_room * sizeof *l->link);
        }
        l->link[l->n_links++] = (struct load_link){row, link->link, link->record_id};
    }
}

static bool S_is_read(const struct delta *d, int64_t rid)
{
    uint32_t at = d->roster ? roster_of_rid(d->roster, rid) : ROSTER_NONE;
    return at != ROSTER_NONE && d->roster->seen[at].row != ROSTER_UNSEEN;
}

/* What links said of two records that are as they were and were not read by this run is known from the component. */
static void S_keep_linked(struct delta *d)
{
    struct load *l = &d->run->load;
    size_t room = 0;
    if (!d->run->config->n_links)
        return;
    for (size_t k = 0; k < d->n_components; k++) {
        const struct kept_component *c = &d->kept[k];
        for (size_t i = c->n_decided; i < c->n_forced + c->n_overruled; i++) {
            const struct forced_pair *f = i < c->n_forced ? &c->forced[i] : &c->overruled[i - c->n_forced];
            int64_t a = c->rid[f->a], b = c->rid[f->b];
            if (!f->same || delta_leaves(d, a) || delta_leaves(d, b) || (S_is_read(d, a) && S_is_read(d, b)))
                continue;
            if (l->n_linked == room) {
                room = room ? room * 2 : 64;
                l->linked = xrealloc(l->linked, room * sizeof *l->linked);
            }
            l->linked[l->n_linked++] = (struct forced_pair){S_row_of(d->run, a), S_row_of(d->run, b), true};
        }
    }
}

/* ------------------------------------------------------------------ */

static enum idem_status S_close(struct closing *c, struct idem_error *err)
{
    struct delta *d = c->delta;
    S_touch_decided(d);
    TRY(S_touch_linked(d, err));
    TRY(S_gather(c, err));
    if (d->whole)
        return IDEM_OK;
    S_settle(d);
    S_records(c);
    S_add_known_links(d);
    S_keep_linked(d);
    return IDEM_OK;
}

enum idem_status delta_close(struct delta *d, struct idem_error *err)
{
    struct closing c = {.delta = d};
    enum idem_status status = S_close(&c, err);
    map_deinit(&c.components);
    map_deinit(&c.masters);
    free(c.todo);
    free(c.record);
    arena_deinit(&c.scratch);
    return status;
}
