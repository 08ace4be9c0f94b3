#include "engine/probe.h"

#include <stdlib.h>

#include "engine/stored_model.h"
#include "matcher/block.h"
#include "matcher/keys.h"
#include "record/pack.h"
#include "store/segment.h"

enum {
    RUNS_AT_ONCE = 8,
    LEAST_SEARCHED = 50 /* records of a search that are read although they share much less than the best */
};

/* ------------------------------------------------------------------ what is kept */

enum idem_status probe_open(struct probe *p, struct idem_session *s, struct store *store, struct idem_error *err)
{
    *p = (struct probe){.session = s, .store = store, .change_seq = -1};
    TRY(session_need_key(s, store, err));
    return IDEM_OK;
}

void probe_close(struct probe *p)
{
    arena_deinit(&p->arena);
    *p = (struct probe){0};
}

/* The model under which the stored records were clustered: another one may have been trained since. */
static enum idem_status S_model_id(struct probe *p, struct arena *scratch, int64_t *id, struct idem_error *err)
{
    *id = 0;
    for (size_t most = RUNS_AT_ONCE;; most *= RUNS_AT_ONCE) {
        struct store_run *run;
        size_t n;
        TRY(store_get_runs(p->store, most, scratch, &run, &n, err));
        for (size_t i = 0; i < n && !*id; i++)
            *id = run[i].committed ? run[i].model : 0;
        if (*id || n < most)
            return IDEM_OK;
    }
}

static enum idem_status S_read_model(struct probe *p, int64_t id, struct idem_error *err)
{
    struct store_model stored;
    struct arena scratch = {0};
    enum idem_status status = store_get_model(p->store, id, true, &scratch, &stored, err);
    if (status == IDEM_NOT_FOUND)
        status = error_set(err, status, "%s: there is no model yet; run idem apply", p->session->db_path);
    if (status == IDEM_OK)
        status = stored_model_unpack(p->store, &stored, &p->arena, &p->model, err);
    p->model_id = status == IDEM_OK ? id : 0;
    arena_deinit(&scratch);
    return status;
}

/* Are fields and sources those that are held? Both are only ever added to. */
static enum idem_status S_compare_facts(struct probe *p, struct arena *scratch, bool *same, struct idem_error *err)
{
    struct schema *schema = ARENA_NEW(scratch, struct schema, 1);
    struct store_source *source;
    size_t n;
    TRY(store_get_fields(p->store, scratch, schema, err));
    TRY(store_get_sources(p->store, false, scratch, &source, &n, err));
    *same = schema->n_fields == p->schema.n_fields && n == p->n_sources;
    for (unsigned f = 0; f < schema->n_fields && *same; f++)
        *same = schema->field[f].personal == p->schema.field[f].personal;
    return IDEM_OK;
}

static enum idem_status S_read_facts(struct probe *p, struct idem_error *err)
{
    TRY(store_get_fields(p->store, &p->arena, &p->schema, err));
    TRY(store_get_sources(p->store, false, &p->arena, &p->source, &p->n_sources, err));
    p->name = ARENA_NEW(&p->arena, struct str, p->n_sources + 2);
    for (size_t i = 0; i < p->n_sources; i++)
        p->name[i] = p->source[i].name;
    p->name[p->n_sources] = STR("");
    p->personal_ids = ARENA_NEW(&p->arena, bool, p->n_sources + 2);
    for (size_t i = 0; i < p->n_sources; i++)
        p->personal_ids[i] = p->source[i].personal_ids;
    p->generation++;
    return IDEM_OK;
}

static enum idem_status S_refresh(struct probe *p, struct arena *scratch, struct idem_error *err)
{
    bool same = false;
    int64_t model;
    TRY(S_model_id(p, scratch, &model, err));
    if (p->change_seq >= 0 && model == p->model_id)
        TRY(S_compare_facts(p, scratch, &same, err));
    if (same)
        return IDEM_OK;
    arena_reset(&p->arena);
    p->model_id = 0;
    p->change_seq = -1;
    TRY(S_read_model(p, model, err));
    TRY(S_read_facts(p, err));
    p->n_search = search_rules(&p->model, &p->schema, p->search);
    return IDEM_OK;
}

enum idem_status probe_refresh(struct probe *p, struct idem_error *err)
{
    struct arena scratch = {0};
    int64_t seq;
    TRY(store_change_seq(p->store, &seq, err));
    if (seq == p->change_seq)
        return IDEM_OK;
    enum idem_status status = S_refresh(p, &scratch, err);
    arena_deinit(&scratch);
    if (status == IDEM_OK)
        p->change_seq = seq;
    return status;
}

/* ------------------------------------------------------------------ rids by keys */

/* A record that a key finds, and how much that tells: the fewer records have the key, the more. */
struct found {
    int64_t rid;
    uint32_t rarity; /* summed over the keys that find it */
};

struct finding {
    struct probe *probe;
    const struct probe_query *query;
    struct candidates *out;
    int64_t *rid;       /* [MOST_BLOCK] of one key */
    struct found *list; /* [n] of all keys, repeated */
    size_t n, room;
};

static void S_add(struct finding *f, int64_t rid, uint32_t rarity)
{
    if (f->n == f->room) {
        f->room = f->room ? f->room * 2 : 256;
        f->list = xrealloc(f->list, f->room * sizeof *f->list);
    }
    f->list[f->n++] = (struct found){rid, rarity};
}

static uint32_t S_rarity(size_t n)
{
    uint32_t bits = 32;
    for (; n > 1 && bits > 1; n /= 2)
        bits--;
    return bits;
}

/* A block past the limit is left out whole, as in a run, and told. */
static enum idem_status S_probe_key(struct finding *f, unsigned number, uint64_t key, struct probe_reach *reach,
                                    struct idem_error *err)
{
    size_t n = 0;
    if (!f->rid)
        f->rid = xmalloc(MOST_BLOCK * sizeof *f->rid);
    enum idem_status status = segment_probe(f->probe->store, number, key, f->rid, MOST_BLOCK, &n, err);
    if (status == IDEM_LIMIT) {
        reach->capped = true;
        return IDEM_OK;
    }
    for (size_t i = 0; i < n && status == IDEM_OK; i++)
        S_add(f, f->rid[i], S_rarity(n));
    reach->records += n;
    return status;
}

static enum idem_status S_probe_rule(struct finding *f, const struct rule *rule, unsigned number, bool search,
                                     struct idem_error *err)
{
    struct rule_keys keys;
    struct probe_reach *reach = &f->out->reach[f->out->n_reach++];
    enum idem_status status = IDEM_OK;
    *reach = (struct probe_reach){.rule = rule, .search = search};
    rule_keys_init(&keys, &f->probe->model, rule, &f->out->batch, !search);
    reach->keys = keys.at[1];
    for (uint32_t i = 0; i < keys.at[1] && status == IDEM_OK; i++)
        status = S_probe_key(f, number, keys.key[i], reach, err);
    rule_keys_deinit(&keys);
    return status;
}

/* A model that compares all pairs has no index. */
static enum idem_status S_take_all(struct finding *f, struct probe_reach *reach, struct idem_error *err)
{
    struct store_read_options options = {.order = STORE_BY_RID};
    struct store_cursor *cursor = NULL;
    enum idem_status status;
    reach->keys = 1;
    TRY(store_records_open(f->probe->store, &options, &cursor, err));
    for (;;) {
        struct store_record record;
        bool more;
        TRY_DONE(store_records_next(cursor, &record, &more, err));
        if (!more)
            break;
        S_add(f, record.rid, 1);
        reach->records++;
    }
done:
    store_records_close(cursor);
    return status;
}

static enum idem_status S_probe_all(struct finding *f, enum probe_depth depth, struct idem_error *err)
{
    struct probe *p = f->probe;
    f->out->reach = ARENA_NEW(&f->out->arena, struct probe_reach, p->model.n_rules + p->n_search + 1);
    for (unsigned r = 0; r < p->model.n_rules; r++) {
        const struct rule *rule = &p->model.rule[r];
        if (rule->key[0].derivation != KEY_ALL) {
            TRY(S_probe_rule(f, rule, r, false, err));
            continue;
        }
        f->out->reach[f->out->n_reach] = (struct probe_reach){.rule = rule};
        TRY(S_take_all(f, &f->out->reach[f->out->n_reach++], err));
    }
    for (unsigned r = 0; r < p->n_search && depth == PROBE_SEARCH; r++)
        TRY(S_probe_rule(f, &p->search[r].rule, p->search[r].number, true, err));
    return IDEM_OK;
}

/* ------------------------------------------------------------------ records */

static int S_by_rid(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    return (x->rid > y->rid) - (x->rid < y->rid);
}

static int S_by_rarity(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->rarity != y->rarity)
        return x->rarity > y->rarity ? -1 : 1;
    return S_by_rid(a, b);
}

/* Keys that all records have tell nothing of how near one is. */
static bool S_takes_all(const struct probe *p)
{
    for (unsigned r = 0; r < p->model.n_rules; r++)
        if (p->model.rule[r].key[0].derivation == KEY_ALL)
            return true;
    return false;
}

/* Each record once; a search keeps those that share most with the query. Returns their number. */
static size_t S_settle(struct finding *f, enum probe_depth depth)
{
    struct found *list = f->list;
    size_t n = 0;
    if (f->n)
        qsort(list, f->n, sizeof *list, S_by_rid);
    for (size_t i = 0; i < f->n; i++) {
        if (n && list[n - 1].rid == list[i].rid)
            list[n - 1].rarity += list[i].rarity;
        else if (list[i].rid != f->query->rid)
            list[n++] = list[i];
    }
    f->out->found = n;
    if (depth == PROBE_BLOCKING || n <= LEAST_SEARCHED || S_takes_all(f->probe))
        return n;
    qsort(list, n, sizeof *list, S_by_rarity);
    size_t kept = LEAST_SEARCHED;
    while (kept < n && kept < PROBE_MOST_SEARCHED && list[kept].rarity * 2 >= list[0].rarity)
        kept++;
    return kept;
}

enum idem_status probe_append(const struct probe *p, const struct store_record *record, struct batch *b,
                              struct arena *scratch, struct idem_error *err)
{
    struct packed_record packed;
    size_t source = 0;
    if (!record_unpack(record->packed, scratch, &packed))
        return error_set(err, IDEM_CORRUPT, "record %lld of the database cannot be read; run idem verify",
                         (long long)record->rid);
    while (source < p->n_sources && p->source[source].id != record->source)
        source++;
    if (source == p->n_sources)
        return error_set(err, IDEM_CORRUPT, "record %lld of the database belongs to no source; run idem verify",
                         (long long)record->rid);
    record_append(b, (uint16_t)source, record->record_id, &packed);
    return IDEM_OK;
}

static enum idem_status S_read_records(struct finding *f, const struct found *list, size_t n, struct idem_error *err)
{
    struct candidates *c = f->out;
    struct arena scratch = {0};
    enum idem_status status = IDEM_OK;
    c->rid = ARENA_NEW(&c->arena, int64_t, n + 1);
    c->mid = ARENA_NEW(&c->arena, int64_t, n + 1);
    c->rid[0] = f->query->rid;
    for (size_t i = 0; i < n && status == IDEM_OK; i++) {
        struct store_record record;
        uint32_t row = c->batch.n_rows;
        status = store_get_record(f->probe->store, list[i].rid, true, &scratch, &record, err);
        if (status == IDEM_OK && record.status == STORE_RECORD_CURRENT) {
            c->rid[row] = record.rid;
            c->mid[row] = record.mid;
            status = probe_append(f->probe, &record, &c->batch, &scratch, err);
        }
        arena_reset(&scratch);
    }
    arena_deinit(&scratch);
    return status;
}

static enum idem_status S_append_query(const struct probe_query *q, struct candidates *out, struct idem_error *err)
{
    struct packed_record packed;
    if (!record_unpack(q->packed, &out->arena, &packed))
        return error_set(err, IDEM_INVALID, "the record to look for cannot be read");
    record_append(&out->batch, q->source, q->record_id, &packed);
    return IDEM_OK;
}

enum idem_status probe_find(struct probe *p, const struct probe_query *query, enum probe_depth depth,
                            struct candidates *out, struct idem_error *err)
{
    struct finding f = {.probe = p, .query = query, .out = out};
    enum idem_status status;
    *out = (struct candidates){.n_reach = 0};
    batch_init(&out->batch, &p->schema);
    batch_set_sources(&out->batch, p->name, (uint16_t)(p->n_sources + 1));
    TRY_DONE(S_append_query(query, out, err));
    TRY_DONE(S_probe_all(&f, depth, err));
    size_t n = S_settle(&f, depth);
    TRY_DONE(S_read_records(&f, f.list, n, err));
done:
    free(f.rid);
    free(f.list);
    if (status != IDEM_OK)
        candidates_deinit(out);
    return status;
}

void candidates_deinit(struct candidates *c)
{
    if (c->batch.schema)
        batch_deinit(&c->batch);
    arena_deinit(&c->arena);
    *c = (struct candidates){0};
}
