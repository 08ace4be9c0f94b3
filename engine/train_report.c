#include "engine/train_report.h"

#include "base/fmath.h"
#include "engine/explain.h"
#include "matcher/keys.h"

static json_t *S_bits(int32_t weight)
{
    return json_real(weight_to_bits(weight));
}

static json_t *S_count(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static struct str S_name(const struct stored_batch *b, unsigned comparison)
{
    const struct comparison *c = &b->model.comparison[comparison];
    return c->kind == CMP_MODEL_NUMBER ? STR("model_number") : b->schema.field[c->field].name;
}

json_t *train_level(const struct level *l)
{
    json_t *o = json_object();
    json_put_str(o, "name", str_from(l->name));
    json_put(o, "weight", S_bits(l->weight));
    json_put(o, "m", json_real(l->m));
    json_put(o, "u", json_real(l->u));
    json_put_str(o, "m_from", str_from(origin_name((enum origin)l->m_origin)));
    json_put_str(o, "u_from", str_from(origin_name((enum origin)l->u_origin)));
    json_put(o, "m_n", json_real(l->m_n));
    json_put(o, "u_n", json_real(l->u_n));
    return o;
}

/* Where the frequencies of values come from, and of how many values they are known. */
static json_t *S_frequencies(const struct comparison *c)
{
    if (!c->term_frequency)
        return json_null();
    json_t *o = json_object();
    json_put_str(o, "from", str_from(origin_name((enum origin)c->tf_origin)));
    json_put(o, "n", json_integer(c->tf.n));
    return o;
}

static json_t *S_comparisons(const struct stored_batch *b)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < b->model.n_comparisons; i++) {
        const struct comparison *c = &b->model.comparison[i];
        json_t *o = json_object(), *levels = json_array();
        json_put_str(o, "name", S_name(b, i));
        json_put_str(o, "kind", str_from(comparison_info(c->kind)->name));
        json_put(o, "term_frequency", json_boolean(c->term_frequency));
        json_put(o, "frequencies", S_frequencies(c));
        for (unsigned l = 0; l < c->n_levels; l++)
            json_array_append_new(levels, train_level(&c->level[l]));
        json_put(o, "levels", levels);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *S_priors(const struct model *m)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < m->n_sources; i++)
        for (unsigned j = i; j < m->n_sources; j++) {
            json_t *o = json_object();
            json_put_str(o, "a", m->source[i]);
            json_put_str(o, "b", m->source[j]);
            json_put(o, "weight", S_bits(m->prior[i][j]));
            json_put(o, "pairs", json_real(m->prior_pairs[i][j]));
            json_put(o, "matches", json_real(m->prior_matches[i][j]));
            json_array_append_new(list, o);
        }
    return list;
}

static json_t *S_blocking(const struct stored_batch *b)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < b->model.n_rules; i++) {
        json_t *o = json_object();
        struct buf text = {0};
        rule_text(&b->model.rule[i], &b->schema, &text);
        json_put_str(o, "rule", buf_view(&text));
        json_put(o, "price", S_count(b->model.rule[i].price));
        json_put(o, "recall", json_real(b->model.rule[i].recall));
        json_array_append_new(list, o);
        buf_deinit(&text);
    }
    return list;
}

static json_t *S_interactions(const struct stored_batch *b)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < b->model.n_interactions; i++) {
        const struct interaction *x = &b->model.interaction[i];
        json_t *o = json_object();
        json_put_str(o, "a", S_name(b, x->a));
        json_put_str(o, "b", S_name(b, x->b));
        json_put(o, "agree", S_bits(-x->agree));
        json_put(o, "differ", S_bits(x->differ));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *S_labels(const struct train_result *r)
{
    if (!r->truth)
        return json_null();
    json_t *o = json_object();
    json_put_str(o, "path", r->truth->path);
    json_put_str(o, "shape", str_from(truth_shape_name(r->truth->shape)));
    json_put(o, "records", S_count(r->truth->n_records));
    json_put(o, "missing_records", S_count(r->missing));
    json_put(o, "same", S_count(r->same));
    json_put(o, "different", S_count(r->different));
    json_put(o, "unsure", S_count(r->truth->unsure));
    json_put(o, "threshold_without", S_bits(r->learnt_threshold));
    json_put(o, "threshold_moved", json_boolean(r->calibrated));
    return o;
}

json_t *train_report(const struct stored_batch *b, const struct train_result *r)
{
    const struct model *m = &b->model;
    json_t *o = json_object(), *expected = json_object();
    double p = m->expected_precision, q = m->expected_recall;
    json_put(o, "model", json_integer(b->stored_model.id));
    json_put(o, "records", S_count(m->n_reference));
    json_put(o, "iterations", json_integer(m->iterations));
    json_put(o, "labels", S_labels(r));
    json_put(o, "threshold", explain_thresholds(m));
    json_put(expected, "precision", json_real(p));
    json_put(expected, "recall", json_real(q));
    json_put(expected, "f1", json_real(p + q > 0 ? 2 * p * q / (p + q) : 0));
    json_put(expected, "matches", json_real(m->expected_matches));
    json_put(o, "expected", expected);
    json_put(o, "comparisons", S_comparisons(b));
    json_put(o, "interactions", S_interactions(b));
    json_put(o, "priors", S_priors(m));
    json_put(o, "blocking", S_blocking(b));
    return o;
}
