/* What the report says of the last run and of the model. */
#include "base/clock.h"
#include "base/fmath.h"
#include "engine/report.h"
#include "engine/train_report.h"
#include "matcher/block.h"

static json_t *S_bits(int32_t weight)
{
    return json_real(weight_to_bits(weight));
}

static json_t *S_count(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *S_time(int64_t ms)
{
    char text[25];
    clock_format(ms, text);
    return json_string(text);
}

/* ------------------------------------------------------------------ the run */

/* The report of apply without what has a place of its own. File names stay: they are in status and runs too. */
json_t *report_run(const struct report *r)
{
    static const char *const KEYS[] = {"status", "seconds", "records",  "masters", "pairs", "losses",
                                       "gates",  "sources", "warnings", "stages",  "memory"};
    json_t *o = json_object();
    if (!r->run_report)
        return o;
    json_put(o, "run_id", json_integer(r->run.id));
    json_put(o, "at", S_time(r->run.finished_ms));
    json_put_str(o, "version", r->run.version);
    for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
        json_t *value = json_object_get(r->run_report, KEYS[i]);
        if (value)
            json_put(o, KEYS[i], json_incref(value));
    }
    return o;
}

/* ------------------------------------------------------------------ the model */

json_t *report_model(const struct report *r)
{
    const struct model *m = &r->stored.model;
    json_t *o = json_object(), *threshold = explain_thresholds(m), *expected = json_object();
    double p = m->expected_precision, q = m->expected_recall;
    json_put(o, "id", json_integer(r->stored.stored_model.id));
    json_put(o, "run_id", json_integer(r->stored.stored_model.run));
    json_put(o, "created_at", S_time(r->stored.stored_model.created_ms));
    json_put(o, "records", S_count(m->n_reference));
    json_put(o, "iterations", json_integer(m->iterations));
    json_put(threshold, "join_groups", S_bits(m->match_threshold + m->merge_margin));
    json_put(o, "threshold", threshold);
    json_put(expected, "precision", json_real(p));
    json_put(expected, "recall", json_real(q));
    json_put(expected, "f1", json_real(p + q > 0 ? 2 * p * q / (p + q) : 0));
    json_put(expected, "matches", json_real(m->expected_matches));
    json_put(o, "expected", expected);
    return o;
}

/* The most that a frequency takes off and adds, in the records there are. */
static json_t *S_frequency(const struct report *r, unsigned i)
{
    const struct dict *d = &r->stored.batch.norm[r->stored.model.comparison[i].field].dict;
    int32_t least = 0, most = 0;
    if (!r->explain.scorer.tf[i])
        return json_null();
    for (uint32_t id = 1; id <= d->n; id++) {
        int32_t tf = scorer_tf(&r->explain.scorer, i, id);
        least = tf < least ? tf : least;
        most = tf > most ? tf : most;
    }
    json_t *o = json_object();
    json_put(o, "least", S_bits(least));
    json_put(o, "most", S_bits(most));
    json_put_str(o, "from", str_from(origin_name((enum origin)r->stored.model.comparison[i].tf_origin)));
    json_put(o, "n", json_integer(r->stored.model.comparison[i].tf.n));
    return o;
}

json_t *report_comparisons(const struct report *r)
{
    const struct model *m = &r->stored.model;
    json_t *list = json_array();
    for (unsigned i = 0; i < m->n_comparisons; i++) {
        const struct comparison *c = &m->comparison[i];
        json_t *o = json_object(), *levels = json_array();
        json_put_str(o, "name", explain_comparison_name(&r->explain, i));
        json_put_str(o, "kind", str_from(comparison_info(c->kind)->name));
        json_put(o, "fill", json_real(r->fill[c->field]));
        for (unsigned l = 0; l < c->n_levels; l++)
            json_array_append_new(levels, train_level(&c->level[l]));
        json_put(o, "levels", levels);
        json_put(o, "frequency", S_frequency(r, i));
        json_array_append_new(list, o);
    }
    return list;
}

static struct str S_class_name(const struct model *m, unsigned i)
{
    return i < m->n_sources ? m->source[i] : STR("others");
}

/* Classes that the database has sources of. */
static bool S_is_present(const struct report *r, unsigned class)
{
    for (size_t s = 0; s < r->stored.n_sources; s++)
        if (model_source_class(&r->stored.model, r->stored.source[s].name) == class)
            return true;
    return false;
}

json_t *report_priors(const struct report *r)
{
    const struct model *m = &r->stored.model;
    json_t *list = json_array();
    for (unsigned i = 0; i < MOST_PRIOR_SOURCES; i++)
        for (unsigned j = i; j < MOST_PRIOR_SOURCES; j++) {
            if (!S_is_present(r, i) || !S_is_present(r, j))
                continue;
            json_t *o = json_object();
            json_put_str(o, "a", S_class_name(m, i));
            json_put_str(o, "b", S_class_name(m, j));
            json_put(o, "weight", S_bits(m->prior[i][j]));
            json_put(o, "pairs", json_real(m->prior_pairs[i][j]));
            json_put(o, "matches", json_real(m->prior_matches[i][j]));
            json_array_append_new(list, o);
        }
    return list;
}

json_t *report_interactions(const struct report *r)
{
    const struct model *m = &r->stored.model;
    json_t *list = json_array();
    for (unsigned i = 0; i < m->n_interactions; i++) {
        json_t *o = json_object();
        json_put_str(o, "a", explain_comparison_name(&r->explain, m->interaction[i].a));
        json_put_str(o, "b", explain_comparison_name(&r->explain, m->interaction[i].b));
        json_put(o, "agree", S_bits(-m->interaction[i].agree));
        json_put(o, "differ", S_bits(m->interaction[i].differ));
        json_array_append_new(list, o);
    }
    return list;
}

json_t *report_relatives(const struct report *r)
{
    const struct model *m = &r->stored.model;
    json_t *o = json_object(), *list = json_array();
    json_put(o, "prior_weight", S_bits(m->related_prior));
    for (unsigned i = 0; i < m->n_comparisons; i++)
        for (unsigned l = 0; l < m->comparison[i].n_levels; l++) {
            if (!comparison_is_related(&m->comparison[i], l))
                continue;
            json_t *x = json_object();
            json_put_str(x, "comparison", explain_comparison_name(&r->explain, i));
            json_put_str(x, "level", str_from(m->comparison[i].level[l].name));
            json_put(x, "related", json_real(m->comparison[i].level[l].related));
            json_put(x, "weight", S_bits(m->comparison[i].level[l].related_weight));
            json_array_append_new(list, x);
        }
    json_put(o, "levels", list);
    return o;
}

/* ------------------------------------------------------------------ blocking and scores */

json_t *report_blocking(struct report *r)
{
    const struct model *m = &r->stored.model;
    json_t *list = json_array();
    for (unsigned i = 0; i < m->n_rules; i++) {
        struct rule_keys keys;
        struct buf text = {0};
        uint32_t largest = 0;
        rule_keys_init(&keys, m, &m->rule[i], &r->stored.batch, true);
        uint64_t pairs = block_price(&keys, r->stored.batch.n_rows, &largest);
        rule_keys_deinit(&keys);
        rule_text(&m->rule[i], &r->stored.schema, &text);
        json_t *o = json_object();
        json_put_str(o, "rule", buf_view(&text));
        json_put(o, "price", S_count(m->rule[i].price));
        json_put(o, "recall", json_real(m->rule[i].recall));
        json_put(o, "pairs", S_count(pairs));
        json_put(o, "largest_block", S_count(largest));
        json_array_append_new(list, o);
        buf_deinit(&text);
    }
    return list;
}

/* Expected precision, recall and F1 at each threshold, from the posteriors of the pairs in the histogram. */
static json_t *S_curve(const json_t *bins, double from, double width)
{
    json_t *list = json_array();
    double all = 0, pairs = 0, matches = 0;
    size_t n = json_array_size(bins);
    for (size_t i = 0; i < n; i++)
        all += json_number_value(json_array_get(bins, i)) * probability_from_bits(from + ((double)i + 0.5) * width);
    for (size_t i = n; i-- > 0;) {
        double count = json_number_value(json_array_get(bins, i));
        pairs += count;
        matches += count * probability_from_bits(from + ((double)i + 0.5) * width);
        json_t *o = json_object();
        json_put(o, "threshold", json_real(from + (double)i * width));
        json_put(o, "precision", json_real(pairs > 0 ? matches / pairs : 1));
        json_put(o, "recall", json_real(all > 0 ? matches / all : 1));
        json_put(o, "f1", json_real(pairs + all > 0 ? 2 * matches / (pairs + all) : 0));
        json_array_insert_new(list, 0, o);
    }
    return list;
}

json_t *report_scores(const struct report *r)
{
    json_t *histogram = json_object_get(r->run_report, "histogram");
    if (!json_is_object(histogram))
        return json_null();
    json_t *o = json_object(), *bins = json_object_get(histogram, "pairs");
    double from = json_number_value(json_object_get(histogram, "from")),
           width = json_number_value(json_object_get(histogram, "width"));
    json_put(o, "from", json_real(from));
    json_put(o, "width", json_real(width));
    json_put(o, "pairs", json_incref(bins));
    json_put(o, "expected", S_curve(bins, from, width));
    return o;
}
