/*
 * What follows from stored records, made again and compared: the candidate index, raw components, golden records.
 *
 * The stored forms of values are taken as they are. Which values survive depends on the configuration: where it is not
 * given, or not the one of the last run, it is only checked that golden values are values of current members.
 */
#include <stdlib.h>

#include "base/map.h"
#include "base/parallel.h"
#include "engine/components.h"
#include "engine/golden.h"
#include "engine/master.h"
#include "engine/pins.h"
#include "engine/stored_batch.h"
#include "engine/verify.h"
#include "matcher/keys.h"
#include "store/segment.h"

/* ------------------------------------------------------------------ the candidate index */

struct entry {
    uint64_t key;
    int64_t rid;
};

struct index_check {
    struct verify *v;
    unsigned rule;
    struct entry *wanted; /* [n] ascending by key, rid */
    size_t n, at;
    uint64_t missing, strange;
};

static int S_by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->rid > y->rid) - (x->rid < y->rid);
}

static enum idem_status S_entry(void *context, uint64_t key, int64_t rid, struct idem_error *err)
{
    struct index_check *c = context;
    const struct entry stored = {key, rid};
    (void)err;
    while (c->at < c->n && S_by_key(&c->wanted[c->at], &stored) < 0) {
        c->missing++;
        c->at++;
    }
    if (c->at < c->n && S_by_key(&c->wanted[c->at], &stored) == 0)
        c->at++;
    else
        c->strange++;
    return IDEM_OK;
}

static enum idem_status S_rule(struct verify *v, const struct stored_batch *b, const struct key_set *keys, unsigned k,
                               struct idem_error *err)
{
    const struct rule_keys *rule = &keys->rule[k];
    size_t n = b->model.rule[k].key[0].derivation == KEY_ALL ? 0 : rule->at[b->batch.n_rows];
    struct index_check c = {.v = v, .rule = k, .wanted = xmalloc((n + 1) * sizeof *c.wanted)};
    for (uint32_t row = 0; row < b->batch.n_rows && n; row++)
        for (uint32_t i = rule->at[row]; i < rule->at[row + 1]; i++)
            c.wanted[c.n++] = (struct entry){segment_key(b->store, rule->key[i]), b->rid[row]};
    if (c.n)
        qsort(c.wanted, c.n, sizeof *c.wanted, S_by_key);
    enum idem_status status = segment_each(b->store, k, S_entry, &c, err);
    c.missing += c.n - c.at;
    if (status == IDEM_OK && (c.missing || c.strange))
        verify_found(v, "rule %u of the candidate index: %llu entries are missing, %llu are of no record", k,
                     (unsigned long long)c.missing, (unsigned long long)c.strange);
    free(c.wanted);
    return status;
}

static enum idem_status S_index(struct verify *v, struct stored_batch *b, struct idem_error *err)
{
    struct key_set keys;
    unsigned threads = v->options->threads ? v->options->threads : parallel_cpus();
    TRY(stored_batch_open(b, v->session, v->store, err));
    enum idem_status status = stored_batch_applied_model(b, NULL);
    if (status == IDEM_NOT_FOUND) /* nothing was ever matched */
        return IDEM_OK;
    TRY(stored_batch_all(b, threads, err));
    TRY(stored_batch_applied_model(b, err));
    key_set_init(&keys, &b->model, &b->batch, threads);
    for (unsigned k = 0; status == IDEM_OK && k < keys.n_rules; k++)
        status = S_rule(v, b, &keys, k, err);
    key_set_deinit(&keys);
    return status;
}

enum idem_status verify_index(struct verify *v, struct idem_error *err)
{
    struct stored_batch b;
    enum idem_status status = S_index(v, &b, err);
    stored_batch_close(&b);
    return status;
}

/* ------------------------------------------------------------------ raw components */

struct component_check {
    struct verify *v;
    struct map kept; /* their numbers */
};

static struct str S_number(const int64_t *n)
{
    return (struct str){(const char *)n, sizeof *n};
}

static enum idem_status S_component(void *context, const struct kept_component *c, struct idem_error *err)
{
    struct component_check *check = context;
    struct verify *v = check->v;
    map_add(&check->kept, S_number(&c->id), 1);
    struct arena scratch = {0};
    int64_t smallest = c->n ? c->rid[0] : 0;
    enum idem_status status = IDEM_OK;
    for (uint32_t i = 0; status == IDEM_OK && i < c->n; i++) {
        struct store_record record;
        struct store_master master;
        smallest = c->rid[i] < smallest ? c->rid[i] : smallest;
        status = store_get_record(v->store, c->rid[i], false, &scratch, &record, err);
        if (status == IDEM_NOT_FOUND || (status == IDEM_OK && record.status != STORE_RECORD_CURRENT)) {
            verify_found(v, "component %lld holds record %lld, which is not there", (long long)c->id,
                         (long long)c->rid[i]);
            status = IDEM_OK;
            continue;
        }
        if (status == IDEM_OK)
            status = store_survivor(v->store, record.mid, &scratch, &master, err);
        if (status == IDEM_OK && master.component != c->id)
            verify_found(v, "record %lld is in component %lld, its master in %lld", (long long)c->rid[i],
                         (long long)c->id, (long long)master.component);
    }
    if (c->id != smallest)
        verify_found(v, "component %lld begins with record %lld", (long long)c->id, (long long)smallest);
    arena_deinit(&scratch);
    return status;
}

static enum idem_status S_kept(struct component_check *c, struct idem_error *err)
{
    struct arena scratch = {0};
    int64_t *mid;
    size_t n = 0;
    enum idem_status status = store_active_masters(c->v->store, &c->v->arena, &mid, &n, err);
    for (size_t i = 0; status == IDEM_OK && i < n; i++) {
        struct store_master m;
        status = store_get_master(c->v->store, mid[i], &scratch, &m, err);
        if (status == IDEM_OK && m.component && !map_find(&c->kept, S_number(&m.component)))
            verify_found(c->v, "master %lld is in component %lld, which is not kept", (long long)m.mid,
                         (long long)m.component);
        if (status == IDEM_OK && m.n > 1 && !m.component)
            verify_found(c->v, "master %lld has %u records and no component", (long long)m.mid, m.n);
        arena_reset(&scratch);
    }
    arena_deinit(&scratch);
    return status;
}

enum idem_status verify_components(struct verify *v, struct idem_error *err)
{
    struct component_check c = {.v = v};
    enum idem_status status = components_each(v->store, S_component, &c, err);
    if (status == IDEM_OK)
        status = S_kept(&c, err);
    map_deinit(&c.kept);
    return status;
}

/* ------------------------------------------------------------------ golden records */

struct golden_check {
    struct verify *v;
    struct golden_reader reader;
    struct pins pins;
    bool rules; /* the configuration is the one they were made by */
};

static bool S_is_member(const int64_t *member, size_t n, int64_t rid)
{
    for (size_t i = 0; i < n; i++)
        if (member[i] == rid)
            return true;
    return false;
}

static bool S_same(const struct golden_text *a, const struct golden_text *b)
{
    if (a->n != b->n)
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (!str_eq(a->value[i], b->value[i]))
            return false;
    return true;
}

static bool S_is_pinned(const struct golden_check *c, const struct golden_prov *prov, unsigned field)
{
    return field < prov->n_fields && prov->field[field].rule == SURVIVE_PIN && c->pins.n;
}

/* A pin may also hold a group of fields together; masters with one are left to what their pins say. */
static enum idem_status S_by_rules(struct golden_check *c, const struct store_master *master,
                                   const struct golden_prov *prov, struct arena *scratch, struct idem_error *err)
{
    struct golden_text *kept, *made;
    struct store_master plain = *master;
    plain.prov = (struct str){0};
    for (unsigned f = 0; f < prov->n_fields; f++)
        if (S_is_pinned(c, prov, f))
            return IDEM_OK;
    TRY(golden_read(&c->reader, master, scratch, &kept, err));
    TRY(golden_read(&c->reader, &plain, scratch, &made, err));
    for (unsigned f = 0; f < c->reader.schema.n_fields; f++)
        if (!S_same(&kept[f], &made[f]))
            verify_found(c->v, "master %lld: the golden %.*s is not what its records and the rules give",
                         (long long)master->mid, STR_ARG(c->reader.schema.field[f].name));
    return IDEM_OK;
}

static enum idem_status S_golden(struct golden_check *c, const struct store_master *master, struct arena *scratch,
                                 struct idem_error *err)
{
    struct golden_prov prov;
    int64_t *member;
    size_t n;
    if (!golden_unpack(master->prov, c->reader.schema.n_fields, scratch, &prov)) {
        verify_found(c->v, "master %lld: where its golden values come from cannot be read", (long long)master->mid);
        return IDEM_OK;
    }
    TRY(master_members(c->v->store, master->mid, scratch, &member, &n, err));
    for (uint32_t i = 0; i < prov.n_rids; i++)
        if (!S_is_member(member, n, prov.rid[i])) {
            verify_found(c->v, "master %lld: a golden value is of record %lld, which is not in it",
                         (long long)master->mid, (long long)prov.rid[i]);
            return IDEM_OK;
        }
    return c->rules ? S_by_rules(c, master, &prov, scratch, err) : IDEM_OK;
}

/* Was the last run made by this configuration? */
static enum idem_status S_same_rules(struct golden_check *c, struct idem_error *err)
{
    struct store_run *run;
    size_t n;
    uint8_t hash[32];
    TRY(store_get_runs(c->v->store, 0, &c->v->arena, &run, &n, err));
    for (size_t i = 0; i < n && c->v->session->config; i++)
        if (run[i].committed) {
            seal_digest(c->v->session->config->text, hash);
            c->rules = memcmp(hash, run[i].config_hash, sizeof hash) == 0;
            break;
        }
    return IDEM_OK;
}

static enum idem_status S_goldens(struct golden_check *c, struct idem_error *err)
{
    struct arena scratch = {0};
    struct verify *v = c->v;
    TRY(golden_open(v->session, &c->reader, err));
    TRY(pins_load(v->store, 0, &v->arena, &c->pins, err));
    TRY(S_same_rules(c, err));
    int64_t *mid;
    size_t n;
    enum idem_status status = store_active_masters(v->store, &v->arena, &mid, &n, err);
    for (size_t i = 0; status == IDEM_OK && i < n; i++) {
        struct store_master master;
        status = store_get_master(v->store, mid[i], &scratch, &master, err);
        if (status == IDEM_OK)
            status = S_golden(c, &master, &scratch, err);
        if (status == IDEM_CORRUPT) { /* a record of it: its own check says more */
            verify_found(v, "master %lld: its golden record cannot be read", (long long)mid[i]);
            status = IDEM_OK;
        }
        arena_reset(&scratch);
    }
    arena_deinit(&scratch);
    return status;
}

enum idem_status verify_goldens(struct verify *v, struct idem_error *err)
{
    struct golden_check c = {.v = v};
    enum idem_status status = S_goldens(&c, err);
    golden_close(&c.reader);
    return status;
}
