#include "engine/component_run.h"

#include <stdlib.h>

#include "base/map.h"
#include "engine/forced.h"
#include "engine/master.h"
#include "engine/stored_model.h"
#include "record/pack.h"

/* ------------------------------------------------------------------ which records and masters */

struct row {
    int64_t rid, mid, seq;
    uint64_t fingerprint;
    uint16_t source; /* of the run */
    struct str record_id, packed;
    bool goes;
};

struct gathering {
    struct apply_run *run;
    struct store *store;
    struct part *part;
    struct map records, components, masters; /* met already */
    int64_t *todo;
    size_t n_todo, todo_room;
    struct row *row;
    size_t n_rows, rows_room;
    const struct part_without *without;
    size_t n_without; /* rows that go */
    size_t components_room, masters_room;
    struct arena scratch;
};

static struct str S_key(const int64_t *number)
{
    return (struct str){(const char *)number, sizeof *number};
}

static void S_ask(struct gathering *g, const int64_t *rid, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!map_add(&g->records, S_key(&rid[i]), 0))
            continue;
        if (g->n_todo == g->todo_room) {
            g->todo_room = g->todo_room ? g->todo_room * 2 : 64;
            g->todo = xrealloc(g->todo, g->todo_room * sizeof *g->todo);
        }
        g->todo[g->n_todo++] = rid[i];
    }
}

static void S_add_master(struct gathering *g, const struct store_master *master)
{
    struct previous *p = &g->run->previous;
    if (p->n_masters == g->masters_room) {
        g->masters_room = g->masters_room ? g->masters_room * 2 : 16;
        p->master = xrealloc(p->master, g->masters_room * sizeof *p->master);
    }
    p->master[p->n_masters++] = *master;
}

/* A master and all that were merged into it. */
static enum idem_status S_family(struct gathering *g, int64_t mid, struct idem_error *err)
{
    struct store_master master;
    int64_t *from;
    size_t n;
    if (!map_add(&g->masters, S_key(&mid), 0))
        return IDEM_OK;
    TRY(store_get_master(g->store, mid, &g->run->previous.arena, &master, err));
    S_add_master(g, &master);
    TRY(store_redirected_from(g->store, mid, &g->scratch, &from, &n, err));
    for (size_t i = 0; i < n; i++)
        TRY(S_family(g, from[i], err));
    return IDEM_OK;
}

static enum idem_status S_component(struct gathering *g, int64_t id, struct idem_error *err)
{
    struct part *p = g->part;
    struct kept_component kept;
    if (!id || !map_add(&g->components, S_key(&id), 0))
        return IDEM_OK;
    enum idem_status status = component_get(g->store, id, &g->run->arena, &kept, err);
    if (status == IDEM_NOT_FOUND) {
        p->all_pairs = true;
        return IDEM_OK;
    }
    TRY(status);
    if (p->n_components == g->components_room) {
        size_t room = g->components_room ? g->components_room * 2 : 16;
        struct kept_component *grown = ARENA_NEW(&g->run->arena, struct kept_component, room);
        if (p->n_components)
            memcpy(grown, p->kept, p->n_components * sizeof *grown);
        p->kept = grown;
        g->components_room = room;
    }
    p->kept[p->n_components++] = kept;
    S_ask(g, kept.rid, kept.n);
    return IDEM_OK;
}

static uint16_t S_source(const struct previous *p, int64_t id)
{
    for (unsigned i = 0; i < p->n_sources; i++)
        if (p->source[i].stored.id == id)
            return (uint16_t)i;
    return 0;
}

static int S_ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool S_goes(const struct gathering *g, int64_t rid)
{
    return g->without && g->without->n &&
           bsearch(&rid, g->without->rid, g->without->n, sizeof rid, S_ascending) != NULL;
}

static enum idem_status S_record(struct gathering *g, int64_t rid, struct idem_error *err)
{
    struct store_record record;
    struct store_master survivor;
    int64_t *members;
    size_t n;
    TRY(store_get_record(g->store, rid, true, &g->run->load.arena, &record, err));
    if (record.status != STORE_RECORD_CURRENT)
        return IDEM_OK;
    if (g->n_rows == g->rows_room) {
        g->rows_room = g->rows_room ? g->rows_room * 2 : 64;
        g->row = xrealloc(g->row, g->rows_room * sizeof *g->row);
    }
    g->row[g->n_rows++] = (struct row){rid,
                                       record.mid,
                                       record.seq,
                                       record.fingerprint,
                                       S_source(&g->run->previous, record.source),
                                       record.record_id,
                                       record.packed,
                                       S_goes(g, rid)};
    g->n_without += g->row[g->n_rows - 1].goes;
    TRY(store_survivor(g->store, record.mid, &g->scratch, &survivor, err));
    if (map_find(&g->masters, S_key(&survivor.mid)))
        return S_family(g, record.mid, err);
    TRY(S_family(g, survivor.mid, err));
    TRY(S_family(g, record.mid, err));
    TRY(master_members(g->store, survivor.mid, &g->scratch, &members, &n, err));
    S_ask(g, members, n);
    return S_component(g, survivor.component, err);
}

static enum idem_status S_gather(struct gathering *g, const int64_t *rid, size_t n, struct idem_error *err)
{
    S_ask(g, rid, n);
    while (g->n_todo)
        TRY(S_record(g, g->todo[--g->n_todo], err));
    return IDEM_OK;
}

/* ------------------------------------------------------------------ as a run */

static int S_by_key(const void *a, const void *b, void *context)
{
    const struct row *x = a, *y = b;
    const struct previous *p = context;
    if (x->goes != y->goes)
        return x->goes ? 1 : -1;
    int c = str_cmp(p->source[x->source].stored.name, p->source[y->source].stored.name);
    return c ? c : str_cmp(x->record_id, y->record_id);
}

static int S_by_rid(const void *a, const void *b)
{
    const struct previous_record *x = a, *y = b;
    return (x->rid > y->rid) - (x->rid < y->rid);
}

static int S_by_mid(const void *a, const void *b)
{
    const struct store_master *x = a, *y = b;
    return (x->mid > y->mid) - (x->mid < y->mid);
}

static enum idem_status S_batch(struct gathering *g, struct idem_error *err)
{
    struct apply_run *r = g->run;
    struct batch *b = &r->load.batch;
    struct str *name = ARENA_NEW(&r->arena, struct str, r->previous.n_sources + 1);
    for (unsigned i = 0; i < r->previous.n_sources; i++)
        name[i] = r->previous.source[i].stored.name;
    batch_init(b, &r->schema);
    batch_set_sources(b, name, (uint16_t)r->previous.n_sources);
    if (g->n_rows)
        qsort_r(g->row, g->n_rows, sizeof *g->row, S_by_key, &r->previous);
    for (size_t i = 0; i < g->n_rows - g->n_without; i++) { /* those that go stand behind the others */
        struct packed_record packed;
        if (!record_unpack(g->row[i].packed, &g->scratch, &packed))
            return error_set(err, IDEM_CORRUPT, "record %lld of the database cannot be read; run idem verify",
                             (long long)g->row[i].rid);
        record_append(b, g->row[i].source, g->row[i].record_id, &packed);
        arena_reset(&g->scratch);
    }
    return IDEM_OK;
}

static uint32_t S_find(const struct previous *p, int64_t rid)
{
    struct previous_record wanted = {.rid = rid};
    const struct previous_record *found =
        p->n_records ? bsearch(&wanted, p->record, p->n_records, sizeof wanted, S_by_rid) : NULL;
    return found ? (uint32_t)(found - p->record) : PREVIOUS_NONE;
}

static void S_records(struct gathering *g)
{
    struct apply_run *r = g->run;
    struct previous *p = &r->previous;
    p->n_records = (uint32_t)g->n_rows;
    p->record = xmalloc((g->n_rows + 1) * sizeof *p->record);
    p->of_row = xmalloc((g->n_rows + 1) * sizeof *p->of_row);
    g->part->row_rid = ARENA_NEW(&r->arena, int64_t, g->n_rows + 1);
    for (uint32_t i = 0; i < g->n_rows; i++) {
        const struct row *x = &g->row[i];
        uint32_t row = x->goes ? PREVIOUS_NONE : i;
        p->record[i] = (struct previous_record){x->rid, x->mid, x->seq, x->fingerprint, 0, row, x->source, true};
        g->part->row_rid[i] = x->rid;
        r->gone += x->goes;
    }
    if (p->n_records)
        qsort(p->record, p->n_records, sizeof *p->record, S_by_rid);
    for (uint32_t i = 0; i < p->n_records; i++)
        if (p->record[i].row != PREVIOUS_NONE)
            p->of_row[p->record[i].row] = i;
    if (p->n_masters)
        qsort(p->master, p->n_masters, sizeof *p->master, S_by_mid);
}

static enum idem_status S_model(struct apply_run *r, struct store *store, struct idem_error *err)
{
    struct store_run *run;
    size_t n;
    int64_t id = 0;
    TRY(store_get_runs(store, 0, &r->arena, &run, &n, err));
    for (size_t i = 0; i < n && !id; i++)
        id = run[i].committed ? run[i].model : 0;
    enum idem_status status = store_get_model(store, id, true, &r->arena, &r->stored_model, err);
    if (status == IDEM_NOT_FOUND)
        return error_set(err, status, "%s: there is no model yet; run idem apply", r->session->db_path);
    TRY(status);
    return stored_model_unpack(store, &r->stored_model, &r->arena, &r->model, err);
}

static enum idem_status S_read(struct gathering *g, const int64_t *rid, size_t n, struct idem_error *err)
{
    struct apply_run *r = g->run;
    TRY(store_get_fields(g->store, &r->arena, &r->schema, err));
    TRY(S_model(r, g->store, err));
    TRY(previous_sources(g->store, r->config, false, &r->previous, err));
    TRY(S_gather(g, rid, n, err));
    TRY(S_batch(g, err));
    S_records(g);
    g->part->component = ARENA_NEW(&r->arena, int64_t, g->part->n_components + 1);
    for (size_t i = 0; i < g->part->n_components; i++)
        g->part->component[i] = g->part->kept[i].id;
    r->load.source = ARENA_NEW(&r->load.arena, struct load_source, r->config->n_sources + 1);
    r->counts = ARENA_NEW(&r->arena, struct apply_source_counts, r->previous.n_sources + 1);
    r->state = xmalloc(g->n_rows + 1);
    memset(r->state, ROW_SAME, g->n_rows + 1);
    apply_hashes(r);
    return IDEM_OK;
}

enum idem_status part_read(struct apply_run *r, struct store *store, const int64_t *rid, size_t n, struct part *part,
                           struct idem_error *err)
{
    return part_read_without(r, store, rid, n, NULL, part, err);
}

enum idem_status part_read_without(struct apply_run *r, struct store *store, const int64_t *rid, size_t n,
                                   const struct part_without *without, struct part *part, struct idem_error *err)
{
    struct gathering g = {.run = r, .store = store, .part = part, .without = without};
    *part = (struct part){.n_components = 0};
    enum idem_status status = S_read(&g, rid, n, err);
    map_deinit(&g.records);
    map_deinit(&g.components);
    map_deinit(&g.masters);
    free(g.todo);
    free(g.row);
    arena_deinit(&g.scratch);
    return status;
}

/* ------------------------------------------------------------------ clusters */

static uint32_t S_row_of(const struct apply_run *r, int64_t rid)
{
    uint32_t at = S_find(&r->previous, rid);
    return at == PREVIOUS_NONE ? UINT32_MAX : r->previous.record[at].row;
}

static void S_force(struct matching *m, const uint32_t *row, struct forced_pair f)
{
    uint32_t a = row[f.a], b = row[f.b];
    if (a == UINT32_MAX || b == UINT32_MAX)
        return;
    if (m->n_forced == m->forced_room) {
        m->forced_room = m->forced_room ? m->forced_room * 2 : 64;
        m->forced = xrealloc(m->forced, m->forced_room * sizeof *m->forced);
    }
    m->forced[m->n_forced++] = (struct forced_pair){a < b ? a : b, a < b ? b : a, f.same};
}

/* The kept pairs, and what rules and links said of them: what decisions said is told by those that stand now. */
static void S_take_kept(struct apply_run *r, const struct kept_component *kept)
{
    struct matching *m = &r->matching;
    uint32_t *row = ARENA_NEW(&r->arena, uint32_t, kept->n + 1);
    for (uint32_t i = 0; i < kept->n; i++)
        row[i] = S_row_of(r, kept->rid[i]);
    for (size_t i = 0; i < kept->n_edges; i++) {
        uint32_t a = row[kept->edge[i].a], b = row[kept->edge[i].b];
        if (a != UINT32_MAX && b != UINT32_MAX)
            edge_list_add(&m->edges,
                          (struct edge){a < b ? a : b, a < b ? b : a, kept->edge[i].weight, kept->edge[i].rule});
    }
    for (size_t i = kept->n_decided; i < kept->n_forced; i++)
        S_force(m, row, kept->forced[i]);
    for (size_t i = 0; i < kept->n_overruled; i++)
        S_force(m, row, kept->overruled[i]);
}

static void S_weigh_all(struct apply_run *r)
{
    struct matching *m = &r->matching;
    uint32_t n = r->load.batch.n_rows;
    m->edges.n = 0;
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = a + 1; b < n; b++) {
            int32_t weight = scorer_score(&m->scorer, 0, a, b);
            if (weight >= cluster_near(&r->model))
                edge_list_add(&m->edges, (struct edge){a, b, weight, 0});
        }
}

void part_match(struct apply_run *r, const struct decisions *decisions, const struct part *part)
{
    struct matching *m = &r->matching;
    struct forced_pair *decided;
    scorer_init(&m->scorer, &r->model, &r->load.batch, 1);
    m->scorer.unique = matching_unique(r->config, &r->load.batch, &m->arena);
    for (size_t i = 0; i < part->n_components; i++)
        S_take_kept(r, &part->kept[i]);
    if (part->all_pairs)
        S_weigh_all(r);
    size_t n = decisions_pairs(decisions, part->row_rid, r->load.batch.n_rows, &r->arena, &decided);
    forced_settle(m, decided, n);
    struct cluster_input in = {.scorer = &m->scorer,
                               .edge = m->edges.edge,
                               .n_edges = m->edges.n,
                               .forced = m->forced,
                               .n_forced = m->n_forced,
                               .threads = 1};
    cluster_records(&in, &m->clusters);
    apply_assign(r);
}
