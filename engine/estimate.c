/*
 * What a run will cost, before it is done: pairs of each rule from the keys, time from pairs that are scored as the run
 * would score them.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/fmath.h"
#include "base/json.h"
#include "engine/apply_run.h"
#include "engine/memory_limit.h"
#include "engine/page.h"
#include "engine/session.h"
#include "matcher/block.h"
#include "matcher/score.h"

enum { SAMPLED_PAIRS = 100000, FLOOR_BITS = -10, MOST_WORKERS = 256 };

struct sample {
    const struct scorer *scorer;
    struct {
        double seconds;
        uint64_t edges;
    } worker[MOST_WORKERS];
};

struct cost {
    uint64_t pairs, lost, sampled;
    double seconds, edges; /* expected: of scoring on all threads; pairs that are kept */
    uint64_t held, memory; /* now; expected at the most */
};

static void S_visit(void *context, unsigned worker, const struct row_pair *pair, size_t n, uint32_t rule,
                    struct edge_list *out)
{
    enum { SOME = 512 };
    struct sample *s = context;
    int32_t weight[SOME];
    double start = clock_seconds();
    (void)rule;
    (void)out;
    for (size_t from = 0; from < n; from += SOME) {
        size_t here = n - from < SOME ? n - from : SOME;
        scorer_score_pairs(s->scorer, worker, pair + from, here, FLOOR_BITS * WEIGHT_ONE, weight);
        for (size_t k = 0; k < here; k++)
            s->worker[worker].edges += weight[k] >= FLOOR_BITS * WEIGHT_ONE;
    }
    s->worker[worker].seconds += clock_seconds() - start;
}

/* Scores the pairs of some blocks, and takes the rest of the walk as it is. */
static void S_measure(struct apply_run *r, struct cost *cost)
{
    struct scorer scorer;
    struct block_losses losses = {0};
    struct edge_list none = {0};
    struct sample *s = xcalloc(1, sizeof *s);
    unsigned threads = r->threads < MOST_WORKERS ? r->threads : MOST_WORKERS;
    matching_scorer(&scorer, &r->scorer, &r->model, &r->load.batch, threads);
    s->scorer = &scorer;
    struct block_walk walk = {.model = &r->model,
                              .batch = &r->load.batch,
                              .keys = &r->keys,
                              .threads = threads,
                              .one_in = (unsigned)(cost->pairs / SAMPLED_PAIRS) + 1,
                              .met = &cost->sampled,
                              .visit = S_visit,
                              .context = s};
    double start = clock_seconds(), scoring = 0, edges = 0;
    block_walk(&walk, &none, &losses);
    double whole = clock_seconds() - start;
    for (unsigned w = 0; w < threads; w++) {
        scoring += s->worker[w].seconds;
        edges += (double)s->worker[w].edges;
    }
    double sampled = cost->sampled ? (double)cost->sampled : 1, more = (double)cost->pairs / sampled;
    double walking = whole > scoring / threads ? whole - scoring / threads : 0;
    cost->seconds = walking + scoring * more / threads;
    cost->edges = edges * more;
    edge_list_deinit(&none);
    scorer_deinit(&scorer);
    free(s);
}

static json_t *S_rule(const struct apply_run *r, unsigned k, struct cost *cost)
{
    struct buf text = {0};
    uint32_t largest;
    struct rule_keys room;
    uint64_t pairs = block_price(key_set_rule(&r->keys, k, &room), r->keys.n_rows, &largest), lost = 0;
    rule_keys_deinit(&room);
    rule_text(&r->model.rule[k], r->load.batch.schema, &text);
    if (largest > MOST_BLOCK && r->model.rule[k].key[0].derivation != KEY_ALL)
        lost = (uint64_t)largest * (largest - 1) / 2;
    json_t *o = json_object();
    json_put_str(o, "rule", buf_view(&text));
    json_put(o, "pairs", json_integer((json_int_t)pairs));
    json_put(o, "largest_block", json_integer((json_int_t)largest));
    json_put(o, "too_large", json_boolean(lost > 0));
    buf_deinit(&text);
    cost->pairs += pairs - lost;
    return o;
}

static char *S_result(struct apply_run *r)
{
    struct cost cost = {.held = memory_held()};
    json_t *o = json_object(), *rules = json_array(), *seconds = json_object(), *memory = json_object();
    for (unsigned k = 0; k < r->keys.n_rules; k++)
        json_array_append_new(rules, S_rule(r, k, &cost));
    cost.memory = cost.held;
    if (r->load.batch.n_rows > 1) {
        S_measure(r, &cost);
        cost.memory += memory_for_matching(&r->keys, cost.edges);
    }
    json_put(o, "records", json_integer((json_int_t)r->load.batch.n_rows));
    json_put(o, "trained", json_boolean(r->trained));
    json_put(o, "threads", json_integer((json_int_t)r->threads));
    json_put(o, "rules", rules);
    json_put(o, "pairs", json_integer((json_int_t)cost.pairs));
    json_put(o, "sampled_pairs", json_integer((json_int_t)cost.sampled));
    json_put(o, "kept_pairs", json_integer((json_int_t)cost.edges));
    json_put(seconds, "read", json_real(r->load.read_seconds));
    json_put(seconds, "normalise", json_real(r->load.normalise_seconds));
    json_put(seconds, "train", json_real(r->matching.stats.train));
    json_put(seconds, "score", json_real(cost.seconds));
    json_put(o, "seconds", seconds);
    uint64_t allowed = r->options->memory ? r->options->memory : memory_default(), away = paging_most();
    if (r->paging && cost.memory + away > allowed) {
        away = cost.memory + away - allowed;
        cost.memory = allowed;
    }
    json_put(memory, "held", json_integer((json_int_t)cost.held));
    json_put(memory, "expected", json_integer((json_int_t)cost.memory));
    json_put(memory, "allowed", json_integer((json_int_t)allowed));
    json_put(o, "memory", memory);
    json_put(memory, "lean", json_boolean(r->lean));
    json_put(memory, "spilled", json_integer((json_int_t)(r->paging ? away : 0)));
    char *text = json_text(o);
    json_decref(o);
    return text;
}

IDEM_API enum idem_status idem_estimate(struct idem_session *s, const struct idem_apply_options *options, char **json,
                                        struct idem_error *err)
{
    static const struct idem_apply_options defaults = {0};
    const struct config *config;
    struct apply_run r;
    *json = NULL;
    TRY(session_config(s, &config, err));
    apply_begin(&r, s, options ? options : &defaults);
    r.planning = r.estimating = true;
    enum idem_status status = apply_prepare(&r, err);
    if (status == IDEM_OK) {
        if (!r.keys.rule && r.lean)
            key_set_init_slim(&r.keys, &r.model, &r.load.batch);
        else if (!r.keys.rule)
            key_set_init(&r.keys, &r.model, &r.load.batch, r.threads);
        *json = S_result(&r);
    }
    apply_end(&r);
    return status;
}
