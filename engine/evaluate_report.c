/* The result of evaluate as JSON, in the shape of docs/cli.md. */
#include <stdlib.h>

#include "base/fmath.h"
#include "engine/evaluate.h"
#include "engine/explain.h"
#include "engine/mask.h"

enum { MOST_MISSING_LISTED = 10 };

static json_t *S_number(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static void S_put_prf(json_t *o, double right, double found, double truth)
{
    struct prf x = evaluate_prf(right, found, truth);
    json_put(o, "precision", json_real(x.precision));
    json_put(o, "recall", json_real(x.recall));
    json_put(o, "f1", json_real(x.f1));
}

static void S_put_counts(json_t *o, uint64_t truth, uint64_t found, uint64_t right)
{
    json_put(o, "true", S_number(truth));
    json_put(o, "found", S_number(found));
    json_put(o, "right", S_number(right));
    json_put(o, "wrong", S_number(found - right));
    json_put(o, "missed", S_number(truth - right));
    S_put_prf(o, (double)right, (double)found, (double)truth);
}

/* ------------------------------------------------------------------ truth, clusters, sources */

static bool S_hides_id(const struct evaluate *e, struct str source)
{
    for (size_t s = 0; session_masked(e->session) && s < e->stored.n_sources; s++)
        if (str_eq(e->stored.source[s].name, source))
            return e->stored.source[s].personal_ids;
    return session_masked(e->session);
}

static json_t *S_missing_records(const struct evaluate *e)
{
    struct mask_text masked;
    json_t *list = json_array();
    for (uint32_t i = 0; i < e->truth.n_records && json_array_size(list) < MOST_MISSING_LISTED; i++) {
        const struct truth_record *r = &e->truth.record[i];
        if (e->item[e->item_of_record[i]].row != STORED_NONE)
            continue;
        json_t *o = json_object();
        json_put_str(o, "data_source", r->source);
        json_put_str(o, "record_id",
                     S_hides_id(e, r->source) ? mask_id(e->session->store, r->record_id, &masked) : r->record_id);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *S_truth(const struct evaluate *e)
{
    const struct truth *t = &e->truth;
    json_t *o = json_object();
    json_put_str(o, "path", t->path);
    json_put_str(o, "shape", str_from(truth_shape_name(t->shape)));
    json_put(o, "records", S_number(t->n_records));
    json_put(o, "entities", t->shape == TRUTH_CLUSTERS ? S_number(t->n_entities) : json_null());
    json_put(o, "pairs", t->shape == TRUTH_CLUSTERS ? json_null() : S_number(t->n_pairs));
    json_put(o, "repeated_pairs", S_number(t->repeated));
    json_put(o, "unsure_pairs", S_number(t->unsure));
    json_put(o, "ignored_pairs", S_number(e->ignored_pairs));
    json_put(o, "missing_records", S_number(e->n_missing));
    json_put(o, "missing", S_missing_records(e));
    json_put(o, "cross_source", json_boolean(e->options->cross_source));
    return o;
}

static json_t *S_b3(const struct evaluate *e)
{
    double p = e->clusters.b3_precision, r = e->clusters.b3_recall;
    if (e->truth.shape != TRUTH_CLUSTERS || !e->n_items)
        return json_null();
    json_t *o = json_object();
    json_put(o, "precision", json_real(p));
    json_put(o, "recall", json_real(r));
    json_put(o, "f1", json_real(p + r > 0 ? 2 * p * r / (p + r) : 0));
    return o;
}

/* Masters that hold records of the truth. */
static uint32_t S_masters(const struct evaluate *e)
{
    uint8_t *seen = xcalloc((size_t)e->n_masters + 1, 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->n_items; i++) {
        n += !seen[e->item[i].master];
        seen[e->item[i].master] = 1;
    }
    free(seen);
    return n;
}

static json_t *S_clusters(const struct evaluate *e)
{
    if (e->truth.shape != TRUTH_CLUSTERS)
        return json_null();
    json_t *o = json_object();
    uint32_t masters = S_masters(e);
    json_put(o, "entities", S_number(e->truth.n_entities));
    json_put(o, "masters", S_number(masters));
    json_put(o, "exact", S_number(e->clusters.exact));
    json_put(o, "split", S_number(e->clusters.split));
    json_put(o, "mixed", S_number(e->clusters.mixed));
    S_put_prf(o, (double)e->clusters.exact, masters, e->truth.n_entities);
    return o;
}

static json_t *S_bucket_name(const struct evaluate *e, unsigned bucket)
{
    return bucket + 1 < e->n_buckets ? json_from_str(e->stored.source[bucket].name) : json_null();
}

static json_t *S_by_sources(const struct evaluate *e)
{
    json_t *list = json_array();
    for (unsigned x = 0; x < e->n_buckets; x++)
        for (unsigned y = x; y < e->n_buckets; y++) {
            size_t at = (size_t)x * e->n_buckets + y;
            if (!e->pairs.truth[at] && !e->pairs.found[at])
                continue;
            json_t *o = json_object();
            json_put(o, "a", S_bucket_name(e, x));
            json_put(o, "b", S_bucket_name(e, y));
            S_put_counts(o, e->pairs.truth[at], e->pairs.found[at], e->pairs.right[at]);
            json_array_append_new(list, o);
        }
    return list;
}

/* ------------------------------------------------------------------ where pairs were lost */

static const char *const MISSED[] = {[MISSED_RECORD] = "missing_record",
                                     [MISSED_RULE] = "decided",
                                     [MISSED_BLOCKING] = "blocking",
                                     [MISSED_SCORING] = "scoring",
                                     [MISSED_CLUSTERING] = "clustering"};
static const char *const WRONG[] = {
    [WRONG_RULE] = "decided", [WRONG_SCORING] = "scoring", [WRONG_CLUSTERING] = "clustering"};

static json_t *S_judged(const struct judged_pairs *p, const char *const *reason, unsigned n)
{
    json_t *o = json_object();
    json_put(o, "pairs", S_number(p->all));
    json_put(o, "looked_at", S_number(p->n));
    for (unsigned i = 0; i < n; i++)
        json_put(o, reason[i], S_number(p->by_reason[i]));
    return o;
}

/* ------------------------------------------------------------------ curve */

static json_t *S_point(double bits, uint64_t pairs, uint64_t right, uint64_t truth)
{
    json_t *o = json_object();
    json_put(o, "threshold", json_real(bits));
    json_put(o, "pairs", S_number(pairs));
    json_put(o, "right", S_number(right));
    S_put_prf(o, (double)right, (double)pairs, (double)truth);
    return o;
}

static json_t *S_curve(const struct evaluate *e, json_t **best)
{
    const struct curve *c = &e->curve;
    json_t *list = json_array();
    uint64_t pairs = 0, right = 0, truth = e->pairs.all_truth;
    double most = -1;
    *best = NULL;
    for (int bin = CURVE_BINS - 1; bin >= 0; bin--) {
        pairs += c->pairs[bin];
        right += c->right[bin];
        if (!pairs)
            continue;
        struct prf x = evaluate_prf((double)right, (double)pairs, (double)truth);
        json_t *point = S_point(CURVE_FROM + bin, pairs, right, truth);
        json_array_insert_new(list, 0, point);
        if (x.f1 > most) {
            most = x.f1;
            json_decref(*best);
            *best = json_incref(point);
        }
    }
    return list;
}

static json_t *S_candidates(const struct evaluate *e)
{
    json_t *o = json_object();
    uint64_t truth = e->pairs.all_truth, right = e->curve.candidates_right;
    json_put(o, "pairs", S_number(e->curve.candidates));
    json_put(o, "right", S_number(right));
    json_put(o, "recall", json_real(truth ? (double)right / (double)truth : 1));
    return o;
}

static void S_put_scores(const struct evaluate *e, json_t *o)
{
    json_t *best = NULL, *curve = S_curve(e, &best);
    const struct model *m = &e->stored.model;
    json_put(o, "threshold", explain_thresholds(m));
    json_put(o, "candidates", S_candidates(e));
    json_put(o, "at_threshold",
             S_point(weight_to_bits(m->match_threshold), e->curve.at_pairs, e->curve.at_right, e->pairs.all_truth));
    json_put(o, "best", best ? best : json_null());
    json_put(o, "curve", curve);
}

/* ------------------------------------------------------------------ the worst errors */

static int S_compare(const struct judged_pair *x, const struct judged_pair *y)
{
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

static int S_heaviest(const void *p, const void *q)
{
    const struct judged_pair *x = p, *y = q;
    return x->weight != y->weight ? (x->weight > y->weight ? -1 : 1) : S_compare(x, y);
}

static json_t *S_error(const struct evaluate *e, struct explain *explain, const struct judged_pair *p,
                       const char *const *reason)
{
    struct explained x;
    explain_pair(explain, e->item[p->a].row, e->item[p->b].row, &x);
    json_t *o = explain_json(explain, &x, EXPLAIN_VALUES | EXPLAIN_KEYS);
    json_put_str(o, "reason", str_from(reason[p->reason]));
    return o;
}

/* pair[from .. to), one way or the other. */
static json_t *S_errors(const struct evaluate *e, struct explain *explain, const struct judged_pair *pair, size_t n,
                        bool last_first, const char *const *reason)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, S_error(e, explain, &pair[last_first ? n - 1 - i : i], reason));
    return list;
}

static size_t S_at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

/* Pairs with a missing record cannot be explained: they go to the end. */
static size_t S_explainable(struct judged_pairs *p, bool missed)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->n; i++)
        if (!missed || p->pair[i].reason != MISSED_RECORD)
            p->pair[kept++] = p->pair[i];
    if (kept)
        qsort(p->pair, kept, sizeof *p->pair, S_heaviest);
    return kept;
}

static json_t *S_worst(struct evaluate *e)
{
    struct explain explain;
    json_t *o = json_object();
    bool *personal = ARENA_NEW(&e->arena, bool, e->stored.n_sources + 1);
    for (size_t s = 0; s < e->stored.n_sources; s++)
        personal[s] = e->stored.source[s].personal_ids;
    explain_init(&explain, &e->stored.batch, &e->stored.model, e->session->config, session_masked(e->session));
    explain.store = e->session->store;
    explain.personal_ids = personal;
    size_t most = e->options->errors, wrong = S_explainable(&e->wrong, false), missed = S_explainable(&e->missed, true);
    size_t high = S_at_most(missed, most), low = S_at_most(missed - high, most);
    json_put(o, "wrong", S_errors(e, &explain, e->wrong.pair, S_at_most(wrong, most), false, WRONG));
    json_put(o, "missed_heaviest", S_errors(e, &explain, e->missed.pair, high, false, MISSED));
    json_put(o, "missed_lightest",
             S_errors(e, &explain, low ? e->missed.pair + missed - low : NULL, low, true, MISSED));
    explain_deinit(&explain);
    return o;
}

/* ------------------------------------------------------------------ the whole */

static json_t *S_gates(const struct evaluate *e)
{
    json_t *list = json_array();
    struct prf x = evaluate_prf((double)e->pairs.all_right, (double)e->pairs.all_found, (double)e->pairs.all_truth);
    if (e->options->min_f1 > 0) {
        json_t *gate = json_object();
        json_put(gate, "gate", json_string("min_f1"));
        json_put(gate, "value", json_real(x.f1));
        json_put(gate, "limit", json_real(e->options->min_f1));
        json_put(gate, "passed", json_boolean(x.f1 >= e->options->min_f1));
        json_array_append_new(list, gate);
    }
    return list;
}

static json_t *S_warnings(const struct evaluate *e)
{
    json_t *list = json_array();
    if (e->n_missing)
        json_array_append_new(
            list,
            json_sprintf("records of the truth that are not in the database: %u; each counts as a master of its own",
                         e->n_missing));
    if (e->missed.all > e->missed.n || e->wrong.all > e->wrong.n)
        json_array_append_new(list,
                              json_string("not every wrong and missed pair was looked at: their reasons are those "
                                          "of a sample, drawn the same way each time"));
    if (e->newer_model)
        json_array_append_new(list,
                              json_string("a newer model is stored; weights are those of the model that made this "
                                          "crosswalk, the next apply uses the newer one"));
    if (e->stored.no_values)
        json_array_append_new(list, json_string("values and model are sealed, and the key is not there: nothing is "
                                                "said of weights, of where pairs were lost, and of errors"));
    else if (!e->has_model)
        json_array_append_new(list, json_string("there is no model: nothing is said of weights"));
    return list;
}

json_t *evaluate_report(struct evaluate *e)
{
    json_t *o = json_object(), *pairs = json_object();
    S_put_counts(pairs, e->pairs.all_truth, e->pairs.all_found, e->pairs.all_right);
    json_put(o, "truth", S_truth(e));
    json_put(o, "pairs", pairs);
    json_put(o, "b3", S_b3(e));
    json_put(o, "clusters", S_clusters(e));
    json_put(o, "by_sources", S_by_sources(e));
    json_put(o, "missed", e->scores ? S_judged(&e->missed, MISSED, COUNT_OF(MISSED)) : json_null());
    json_put(o, "wrong", e->scores ? S_judged(&e->wrong, WRONG, COUNT_OF(WRONG)) : json_null());
    if (e->scores)
        S_put_scores(e, o);
    json_put(o, "errors", e->scores ? S_worst(e) : json_null());
    json_put(o, "model", e->has_model ? json_integer(e->stored.stored_model.id) : json_null());
    json_put(o, "masked", json_boolean(session_masked(e->session)));
    json_put(o, "gates", S_gates(e));
    json_put(o, "warnings", S_warnings(e));
    return o;
}
