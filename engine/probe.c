#include "engine/probe.h"

#include <stdlib.h>

#include "engine/stored_model.h"
#include "matcher/block.h"
#include "store/segment.h"

enum {
    LEAST_SEARCHED = 50, /* records of a search that are read although they share much less than the best */
    LEAST_A_RESULT = 5   /* the same for each result that is wanted, where that is less */
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
    shelf_close(&p->shelf);
    arena_deinit(&p->arena);
    *p = (struct probe){0};
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
    for (size_t i = 0; i < n && *same; i++)
        *same = source[i].personal_ids == p->personal_ids[i];
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
    p->any_personal_ids = false;
    for (size_t i = 0; i < p->n_sources; i++) {
        p->personal_ids[i] = p->source[i].personal_ids;
        p->any_personal_ids |= p->personal_ids[i];
    }
    p->generation++;
    return IDEM_OK;
}

static void S_rule_texts(struct probe *p)
{
    struct buf text = {0};
    p->rule_text = ARENA_NEW(&p->arena, struct str, p->model.n_rules + p->n_search + 1);
    for (unsigned i = 0; i < p->model.n_rules + p->n_search; i++) {
        buf_clear(&text);
        rule_text(i < p->model.n_rules ? &p->model.rule[i] : &p->search[i - p->model.n_rules].rule, &p->schema, &text);
        p->rule_text[i] = str_copy(&p->arena, buf_view(&text));
    }
    buf_deinit(&text);
}

static enum idem_status S_refresh(struct probe *p, struct arena *scratch, struct idem_error *err)
{
    bool same = false;
    int64_t model;
    TRY(stored_model_in_use(p->store, scratch, &model, err));
    if (p->change_seq >= 0 && model == p->model_id)
        TRY(S_compare_facts(p, scratch, &same, err));
    if (same)
        return IDEM_OK;
    shelf_close(&p->shelf);
    arena_reset(&p->arena);
    p->model_id = 0;
    p->change_seq = -1;
    TRY(S_read_model(p, model, err));
    TRY(S_read_facts(p, err));
    p->n_search = search_rules(&p->model, &p->schema, p->search);
    S_rule_texts(p);
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

struct finding {
    struct probe *probe;
    const struct probe_query *query;
    struct candidates *out;
};

static void S_add(struct finding *f, struct probe_reach *reach, struct probe_block block)
{
    struct candidates *c = f->out;
    if (c->n_blocks == c->blocks_room) {
        size_t room = c->blocks_room ? c->blocks_room * 2 : 32;
        struct probe_block *grown = ARENA_NEW(&c->arena, struct probe_block, room);
        if (c->n_blocks)
            memcpy(grown, c->block, c->n_blocks * sizeof *grown);
        c->block = grown;
        c->blocks_room = room;
    }
    c->block[c->n_blocks++] = block;
    reach->n_blocks++;
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
    struct probe_block block;
    enum idem_status status = segment_find(f->probe->store, number, key, MOST_BLOCK, &block.rid, &block.n, err);
    if (status == IDEM_LIMIT) {
        reach->capped = true;
        return IDEM_OK;
    }
    TRY(status);
    block.rarity = S_rarity(block.n);
    if (block.n)
        S_add(f, reach, block);
    reach->records += block.n;
    return IDEM_OK;
}

static struct probe_reach *S_reach(struct finding *f, const struct rule *rule, bool search)
{
    struct candidates *c = f->out;
    c->reach[c->n_reach] = (struct probe_reach){
        .rule = rule, .text = f->probe->rule_text[c->n_reach], .search = search, .block = c->n_blocks};
    return &c->reach[c->n_reach++];
}

static enum idem_status S_probe_rule(struct finding *f, const struct rule *rule, unsigned number, bool search,
                                     struct idem_error *err)
{
    struct probe_reach *reach = S_reach(f, rule, search);
    reach->keys = rule_keys_of_row(&f->probe->model, rule, &f->probe->shelf.batch, SHELF_QUERY, !search, reach->key);
    for (unsigned i = 0; i < reach->keys; i++)
        TRY(S_probe_key(f, number, reach->key[i], reach, err));
    return IDEM_OK;
}

/* A model that compares all pairs has no index. */
static enum idem_status S_take_all(struct finding *f, struct probe_reach *reach, struct idem_error *err)
{
    struct store_read_options options = {.order = STORE_BY_RID};
    struct store_cursor *cursor = NULL;
    enum idem_status status;
    uint32_t *rid = NULL;
    size_t room = 0;
    reach->key[0] = 1;
    reach->keys = 1;
    TRY(store_records_open(f->probe->store, &options, &cursor, err));
    for (;;) {
        struct store_record record;
        bool more;
        TRY_DONE(store_records_next(cursor, &record, &more, err));
        if (!more)
            break;
        if (reach->records == room) {
            room = room ? room * 2 : 256;
            rid = xrealloc(rid, room * sizeof *rid);
        }
        rid[reach->records++] = (uint32_t)record.rid;
    }
    uint32_t *kept = ARENA_NEW(&f->out->arena, uint32_t, reach->records + 1);
    if (rid)
        memcpy(kept, rid, reach->records * sizeof *kept);
    S_add(f, reach, (struct probe_block){kept, reach->records, 1});
done:
    free(rid);
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
        TRY(S_take_all(f, S_reach(f, rule, false), err));
    }
    for (unsigned r = 0; r < p->n_search && depth == PROBE_SEARCH; r++)
        TRY(S_probe_rule(f, &p->search[r].rule, p->search[r].number, true, err));
    return IDEM_OK;
}

/* ------------------------------------------------------------------ which records */

/* A record that was found, and how much its keys tell together. */
struct found {
    uint32_t rid, rarity;
};

struct found_list {
    struct found *item; /* [n] ascending by rid */
    size_t n;
};

static struct found_list S_merge(struct found_list a, const struct probe_block *b, int64_t without, struct arena *out)
{
    struct found_list all = {ARENA_NEW(out, struct found, a.n + b->n + 1), 0};
    for (size_t i = 0, j = 0; i < a.n || j < b->n;) {
        bool left = j == b->n || (i < a.n && a.item[i].rid <= b->rid[j]);
        bool right = i == a.n || (j < b->n && b->rid[j] <= a.item[i].rid);
        struct found next = {left ? a.item[i].rid : b->rid[j], (left ? a.item[i].rarity : 0) + (right ? b->rarity : 0)};
        if (next.rid != without)
            all.item[all.n++] = next;
        i += left;
        j += right;
    }
    return all;
}

static bool S_is_in(const struct probe_block *b, uint32_t rid)
{
    size_t from = 0, to = b->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (b->rid[middle] < rid)
            from = middle + 1;
        else
            to = middle;
    }
    return from < b->n && b->rid[from] == rid;
}

static int S_by_length(const void *a, const void *b)
{
    const struct probe_block *x = a, *y = b;
    return (x->n > y->n) - (x->n < y->n);
}

static bool S_comes_first(const struct found *x, const struct found *y)
{
    return x->rarity != y->rarity ? x->rarity > y->rarity : x->rid < y->rid;
}

/* The rarest first; they come in order of rid, and those of one rarity stay so. */
static struct found *S_by_rarity(const struct found_list *list, struct arena *out)
{
    struct found *sorted = ARENA_NEW(out, struct found, list->n + 1);
    uint32_t most = 0;
    for (size_t i = 0; i < list->n; i++)
        most = list->item[i].rarity > most ? list->item[i].rarity : most;
    uint32_t *at = ARENA_NEW(out, uint32_t, most + 2);
    for (size_t i = 0; i < list->n; i++)
        at[most - list->item[i].rarity + 1]++;
    for (uint32_t r = 1; r <= most; r++)
        at[r] += at[r - 1];
    for (size_t i = 0; i < list->n; i++)
        sorted[at[most - list->item[i].rarity]++] = list->item[i];
    return sorted;
}

/* Keys that all records have tell nothing of how near one is. */
static bool S_takes_all(const struct probe *p)
{
    for (unsigned r = 0; r < p->model.n_rules; r++)
        if (p->model.rule[r].key[0].derivation == KEY_ALL)
            return true;
    return false;
}

/* Those that only the largest block has, in order of rid. */
struct rest {
    const struct probe_block *block;
    const struct found_list *others;
    size_t at, other;
    int64_t without;
};

static bool S_rest_next(struct rest *r, struct found *next)
{
    while (r->at < r->block->n) {
        uint32_t rid = r->block->rid[r->at++];
        while (r->other < r->others->n && r->others->item[r->other].rid < rid)
            r->other++;
        if ((r->other < r->others->n && r->others->item[r->other].rid == rid) || rid == r->without)
            continue;
        *next = (struct found){rid, r->block->rarity};
        return true;
    }
    return false;
}

/* Those that share most with the query: the first ones in any case, more as long as they share half as much as the best
 * one. */
static struct found_list S_best(const struct found_list *others, struct rest *rest, size_t least, struct arena *out)
{
    struct found_list best = {ARENA_NEW(out, struct found, PROBE_MOST_SEARCHED), 0};
    struct found *sorted = S_by_rarity(others, out), next;
    bool more = S_rest_next(rest, &next);
    for (size_t i = 0; best.n < PROBE_MOST_SEARCHED && (i < others->n || more);) {
        bool other = i < others->n && (!more || S_comes_first(&sorted[i], &next));
        struct found taken = other ? sorted[i] : next;
        if (best.n >= least && taken.rarity * 2 < best.item[0].rarity)
            break;
        best.item[best.n++] = taken;
        if (other)
            i++;
        else
            more = S_rest_next(rest, &next);
    }
    return best;
}

/* Each record once; a search keeps those that share most with the query. The largest block may be very large: it is
 * not gone through when few of its records are wanted. */
static struct found_list S_settle(struct finding *f, enum probe_depth depth)
{
    struct arena *out = &f->out->arena;
    struct found_list all = {NULL, 0};
    size_t n_blocks = f->out->n_blocks;
    bool cut = depth == PROBE_SEARCH && n_blocks && !S_takes_all(f->probe);
    struct probe_block *block = ARENA_NEW(out, struct probe_block, n_blocks + 1);
    if (n_blocks) {
        memcpy(block, f->out->block, n_blocks * sizeof *block);
        qsort(block, n_blocks, sizeof *block, S_by_length);
    }
    for (size_t i = 0; i + cut < n_blocks; i++)
        all = S_merge(all, &block[i], f->query->rid, out);
    if (!cut) {
        f->out->found = all.n;
        return all;
    }
    const struct probe_block *largest = &block[n_blocks - 1];
    size_t n = all.n + largest->n - (f->query->rid && S_is_in(largest, (uint32_t)f->query->rid));
    for (size_t i = 0; i < all.n; i++)
        if (S_is_in(largest, all.item[i].rid)) {
            all.item[i].rarity += largest->rarity;
            n--;
        }
    f->out->found = n;
    if (n <= LEAST_SEARCHED)
        return S_merge(all, &(struct probe_block){largest->rid, largest->n, 0}, f->query->rid, out);
    struct rest rest = {.block = largest, .others = &all, .without = f->query->rid};
    size_t wanted = f->query->wanted, least = LEAST_SEARCHED;
    if (wanted && wanted * LEAST_A_RESULT < least)
        least = wanted * LEAST_A_RESULT;
    return S_best(&all, &rest, least, out);
}

/* ------------------------------------------------------------------ the records themselves */

static struct shelf_plan S_plan(const struct probe *p)
{
    return (struct shelf_plan){&p->schema, p->source, p->name, p->n_sources, &p->model, p->session->config};
}

static enum idem_status S_take_records(struct finding *f, struct found_list all, struct idem_error *err)
{
    struct candidates *c = f->out;
    struct shelf_plan plan = S_plan(f->probe);
    c->list = ARENA_NEW(&c->arena, struct candidate, all.n + 1);
    for (size_t i = 0; i < all.n; i++) {
        const struct shelf_entry *entry;
        TRY(shelf_take(&f->probe->shelf, &plan, f->probe->store, all.item[i].rid, &entry, err));
        if (entry->current)
            c->list[c->n++] = (struct candidate){entry->rid, entry->mid, entry->row};
    }
    shelf_ready(&f->probe->shelf);
    return IDEM_OK;
}

enum idem_status probe_find(struct probe *p, const struct probe_query *query, enum probe_depth depth,
                            struct candidates *out, struct idem_error *err)
{
    struct finding f = {.probe = p, .query = query, .out = out};
    struct shelf_plan plan = S_plan(p);
    enum idem_status status;
    *out = (struct candidates){.n_reach = 0};
    TRY(shelf_ask(&p->shelf, &plan, query->packed, query->source, query->record_id, err));
    TRY_DONE(S_probe_all(&f, depth, err));
    TRY_DONE(S_take_records(&f, S_settle(&f, depth), err));
done:
    if (status != IDEM_OK)
        candidates_deinit(out);
    return status;
}

static bool S_shares_key(const struct probe *p, const struct probe_reach *reach, uint32_t row)
{
    uint64_t key[MOST_KEYS_OF_RECORD];
    unsigned n = rule_keys_of_row(&p->model, reach->rule, &p->shelf.batch, row, !reach->search, key);
    for (unsigned i = 0, j = 0; i < n && j < reach->keys;) {
        if (key[i] == reach->key[j])
            return true;
        if (key[i] < reach->key[j])
            i++;
        else
            j++;
    }
    return false;
}

/* The blocks tell, unless one was too large to be kept. */
bool probe_reaches(const struct probe *p, const struct candidates *c, const struct probe_reach *reach,
                   const struct candidate *candidate)
{
    for (size_t i = 0; i < reach->n_blocks; i++)
        if (S_is_in(&c->block[reach->block + i], (uint32_t)candidate->rid))
            return true;
    return reach->capped && S_shares_key(p, reach, candidate->row);
}

void candidates_deinit(struct candidates *c)
{
    arena_deinit(&c->arena);
    *c = (struct candidates){0};
}
