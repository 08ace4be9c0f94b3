/*
 * The candidate index after a change: the keys that records have gained and lost go to the delta table, rule by rule.
 * Where many wait, those of one rule are folded into its segments: one a run, so that no run pays for all. To count
 * them is to read them: runs of single records, which are many and small, look now and then.
 */
#include <stdlib.h>

#include "engine/delta_run.h"
#include "engine/search_keys.h"
#include "store/segment_join.h"

/* A rule is folded when as many entries wait as this share of the records. */
enum { LEAST_WAITING = 4096, RECORDS_A_WAITING = 20, RUNS_A_LOOK = 256 };

struct key_changes {
    struct segment_change *change;
    size_t n, room;
};

static void S_add(struct key_changes *c, uint64_t hash, int64_t rid, unsigned rule, bool gone)
{
    if (c->n == c->room) {
        c->room = c->room ? c->room * 2 : 1024;
        c->change = xrealloc(c->change, c->room * sizeof *c->change);
    }
    c->change[c->n++] = (struct segment_change){hash, rid, (uint16_t)rule, gone};
}

struct own_keys {
    const uint64_t *key; /* [n] ascending */
    uint32_t n;
};

static struct own_keys S_keys(const struct rule_keys *k, uint32_t row)
{
    return (struct own_keys){k->key + k->at[row], k->at[row + 1] - k->at[row]};
}

static void S_compare(struct key_changes *c, unsigned rule, int64_t rid, struct own_keys old, struct own_keys now)
{
    uint32_t i = 0, j = 0;
    while (i < old.n || j < now.n) {
        bool lost = j == now.n || (i < old.n && old.key[i] < now.key[j]);
        bool gained = i == old.n || (j < now.n && now.key[j] < old.key[i]);
        if (lost)
            S_add(c, old.key[i], rid, rule, true);
        if (gained)
            S_add(c, now.key[j], rid, rule, false);
        i += !gained;
        j += !lost;
    }
}

static void S_find(const struct delta *d, unsigned rule, const struct rule_keys *before, const struct rule_keys *now,
                   struct key_changes *c)
{
    const struct apply_run *r = d->run;
    static const uint64_t no_key;
    static const struct own_keys none = {&no_key, 0};
    for (uint32_t row = 0; row < r->load.batch.n_rows; row++) {
        const struct delta_old *old = delta_leaves(d, r->rid[row]);
        if (r->state[row] == ROW_SAME && !old)
            continue;
        S_compare(c, rule, r->rid[row], old && old->current ? S_keys(before, old->row) : none, S_keys(now, row));
    }
    for (size_t i = 0; i < d->n_gone; i++) {
        const struct delta_old *old = delta_leaves(d, d->gone[i]);
        if (old && old->current)
            S_compare(c, rule, old->rid, S_keys(before, old->row), none);
    }
}

static void S_find_searched(const struct delta *d, struct key_changes *c)
{
    const struct apply_run *r = d->run;
    struct search_rule rule[MOST_SEARCH_RULES];
    unsigned n = search_rules(&r->model, r->load.batch.schema, rule);
    for (unsigned i = 0; i < n; i++) {
        struct rule_keys before, now;
        rule_keys_init(&before, &r->model, &rule[i].rule, &d->old, false);
        rule_keys_init(&now, &r->model, &rule[i].rule, &r->load.batch, false);
        S_find(d, rule[i].number, &before, &now, c);
        rule_keys_deinit(&before);
        rule_keys_deinit(&now);
    }
}

static enum idem_status S_fold(struct delta *d, struct store *store, struct idem_error *err)
{
    uint64_t waiting, records = d->all_records;
    unsigned rule;
    if (!records) {
        if (store_next_run(store) % RUNS_A_LOOK)
            return IDEM_OK;
        records = (uint64_t)store_next_rid(store);
    }
    TRY(segment_most_waiting(store, &rule, &waiting, err));
    bool many = waiting >= LEAST_WAITING && waiting >= records / RECORDS_A_WAITING;
    return many ? segment_fold(store, rule, d->run->threads, err) : IDEM_OK;
}

enum idem_status delta_put_keys(struct delta *d, struct store *store, struct idem_error *err)
{
    const struct apply_run *r = d->run;
    struct key_changes c = {0};
    for (unsigned k = 0; k < r->matching.keys.n_rules; k++)
        if (r->model.rule[k].key[0].derivation != KEY_ALL)
            S_find(d, k, &d->old_keys.rule[k], &r->matching.keys.rule[k], &c);
    S_find_searched(d, &c);
    enum idem_status status = segment_change(store, c.change, c.n, err);
    free(c.change);
    return status == IDEM_OK ? S_fold(d, store, err) : status;
}
