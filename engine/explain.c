#include "engine/explain.h"

#include "base/fmath.h"
#include "engine/matching.h"

static void S_take_config(struct explain *e)
{
    if (!e->config)
        return;
    e->scorer.unique = matching_unique(e->config, e->batch, &e->arena);
    matching_field_map(e->config, e->batch->schema, e->field_of);
}

void explain_init(struct explain *e, const struct batch *b, const struct model *m, const struct config *c, bool masked)
{
    *e = (struct explain){.batch = b, .model = m, .config = c, .masked = masked};
    scorer_init(&e->scorer, m, b, 1);
    S_take_config(e);
}

void explain_init_growing(struct explain *e, const struct batch *b, const struct model *m, const struct config *c)
{
    *e = (struct explain){.batch = b, .model = m, .config = c};
    scorer_init_growing(&e->scorer, m, b);
    S_take_config(e);
}

void explain_deinit(struct explain *e)
{
    if (e->batch)
        scorer_deinit(&e->scorer);
    if (e->has_keys)
        key_set_deinit(&e->keys);
    arena_deinit(&e->arena);
    *e = (struct explain){0};
}

/* ------------------------------------------------------------------ a pair */

const char *explain_never_name(enum explain_never never)
{
    static const char *const NAMES[] = {
        [NEVER_NOT] = NULL, [NEVER_UNLIKE] = "unlike entities", [NEVER_UNIQUE] = "unique source"};
    return NAMES[never];
}

static enum explain_never S_never(const struct explain *e, uint32_t a, uint32_t b)
{
    if (!scorer_never(&e->scorer, a, b))
        return NEVER_NOT;
    const bool *unique = e->scorer.unique;
    bool same_source = e->batch->source[a] == e->batch->source[b];
    return unique && same_source && unique[e->batch->source[a]] ? NEVER_UNIQUE : NEVER_UNLIKE;
}

static int32_t S_sum(const struct model *m, const struct score_parts *p)
{
    int32_t sum = p->prior + p->related;
    for (unsigned i = 0; i < m->n_comparisons; i++)
        sum += p->comparison[i].weight + p->comparison[i].tf_weight;
    for (unsigned i = 0; i < m->n_interactions; i++)
        sum += p->interaction[i];
    return sum;
}

void explain_pair(const struct explain *e, uint32_t a, uint32_t b, struct explained *out)
{
    *out = (struct explained){.a = a, .b = b, .never = S_never(e, a, b), .rule = -1};
    scorer_levels(&e->scorer, 0, a, b, &out->levels);
    scorer_weigh(&e->scorer, a, b, &out->levels, &out->parts);
    if (out->never != NEVER_NOT)
        out->parts.total = S_sum(e->model, &out->parts);
    if (e->config && e->config->n_rules)
        out->rule = matching_rule_of(e->config, e->batch, e->field_of, a, b);
}

const char *explain_verdict(const struct explain *e, const struct explained *x)
{
    if (x->never != NEVER_NOT || x->parts.total < e->model->review_threshold)
        return "nonmatch";
    return x->parts.total >= e->model->match_threshold ? "match" : "review";
}

struct str explain_comparison_name(const struct explain *e, unsigned i)
{
    const struct comparison *c = &e->model->comparison[i];
    return c->kind == CMP_MODEL_NUMBER ? STR("model_number") : e->batch->schema->field[c->field].name;
}

/* Has the record values, and none that says who it is? */
static bool S_only_generic(const struct explain *e, unsigned field, uint32_t row)
{
    const struct column *column = &e->batch->norm[field];
    const uint32_t *id;
    uint32_t n = column_ids(column, row, &id);
    struct norm v;
    for (uint32_t i = 0; i < n; i++)
        if (!norm_unpack(dict_get(&column->dict, id[i]), &v) || !(v.flags & NORM_GENERIC))
            return false;
    return n > 0;
}

/* Why a comparison says nothing. A pair of values is chosen where their level was seen and taken back (score.c). */
static struct str S_silent(const struct explain *e, const struct explained *x, unsigned i)
{
    unsigned field = e->model->comparison[i].field;
    if (x->levels.left[i] && x->levels.right[i])
        return STR("repeats the name");
    return S_only_generic(e, field, x->a) || S_only_generic(e, field, x->b) ? STR("generic") : STR("missing");
}

struct str explain_level_name(const struct explain *e, const struct explained *x, unsigned i)
{
    unsigned l = x->levels.level[i];
    return l == LEVEL_NULL ? S_silent(e, x, i) : str_from(e->model->comparison[i].level[l].name);
}

/* ------------------------------------------------------------------ JSON */

static json_t *S_bits(int32_t weight)
{
    return json_real(weight_to_bits(weight));
}

static struct str S_masked_id(const struct explain *e, struct str record_id, struct mask_text *out)
{
    return e->store ? mask_id(e->store, record_id, out) : STR("***");
}

static struct str S_masked(const struct explain *e, unsigned field, struct str value, struct mask_text *out)
{
    enum field_type type = e->batch->schema->field[field].type;
    if (!e->store)
        return type == FIELD_HASHED ? STR("(hashed)") : STR("***");
    return mask_value(e->store, type, value, out);
}

static struct str S_shown_id(const struct explain *e, uint32_t row, struct mask_text *masked)
{
    bool hidden = e->masked && e->personal_ids && e->personal_ids[e->batch->source[row]];
    return hidden ? S_masked_id(e, e->batch->record_id[row], masked) : e->batch->record_id[row];
}

json_t *explain_record(const struct explain *e, uint32_t row)
{
    struct mask_text masked;
    json_t *o = json_object();
    json_put_str(o, "data_source", e->batch->source_name[e->batch->source[row]]);
    json_put_str(o, "record_id", S_shown_id(e, row, &masked));
    return o;
}

void explain_write_record(const struct explain *e, uint32_t row, struct buf *out)
{
    struct mask_text masked;
    buf_str(out, STR("{\"data_source\":"));
    json_write_str(out, e->batch->source_name[e->batch->source[row]]);
    buf_str(out, STR(",\"record_id\":"));
    json_write_str(out, S_shown_id(e, row, &masked));
    buf_byte(out, '}');
}

json_t *explain_values(const struct explain *e, unsigned field, uint32_t row)
{
    const struct column *column = &e->batch->raw[field];
    const struct field *f = &e->batch->schema->field[field];
    bool hidden = (e->masked && f->personal) || f->type == FIELD_HASHED;
    const uint32_t *id;
    json_t *list = json_array();
    uint32_t n = column_ids(column, row, &id);
    for (uint32_t i = 0; i < n; i++) {
        struct mask_text masked;
        struct str value = dict_get(&column->dict, id[i]);
        json_array_append_new(list, json_from_str(hidden ? S_masked(e, field, value, &masked) : value));
    }
    return list;
}

json_t *explain_thresholds(const struct model *m)
{
    json_t *o = json_object();
    json_put(o, "match", S_bits(m->match_threshold));
    json_put(o, "review", S_bits(m->review_threshold));
    return o;
}

static json_t *S_comparison(const struct explain *e, const struct explained *x, unsigned i, bool values)
{
    const struct comparison *c = &e->model->comparison[i];
    unsigned l = x->levels.level[i];
    bool missing = l == LEVEL_NULL;
    json_t *o = json_object();
    json_put_str(o, "name", explain_comparison_name(e, i));
    json_put_str(o, "level", explain_level_name(e, x, i));
    if (values) {
        json_put(o, "a", explain_values(e, c->field, x->a));
        json_put(o, "b", explain_values(e, c->field, x->b));
    }
    json_put(o, "m", missing ? json_null() : json_real(c->level[l].m));
    json_put(o, "u", missing ? json_null() : json_real(c->level[l].u));
    json_put(o, "mw", S_bits(x->parts.comparison[i].weight));
    json_put(o, "tf_mw", S_bits(x->parts.comparison[i].tf_weight));
    return o;
}

static json_t *S_interactions(const struct explain *e, const struct explained *x)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < e->model->n_interactions; i++) {
        if (!x->parts.interaction[i])
            continue;
        json_t *o = json_object();
        json_put_str(o, "a", explain_comparison_name(e, e->model->interaction[i].a));
        json_put_str(o, "b", explain_comparison_name(e, e->model->interaction[i].b));
        json_put(o, "mw", S_bits(x->parts.interaction[i]));
        json_array_append_new(list, o);
    }
    return list;
}

/* "+GIVEN_NAME-PHONE": what speaks for a match and what against it. */
static void S_put_match_key(const struct explain *e, const struct explained *x, json_t *o)
{
    struct buf key = {0};
    for (unsigned i = 0; i < e->model->n_comparisons; i++) {
        int32_t weight = x->parts.comparison[i].weight + x->parts.comparison[i].tf_weight;
        struct str name = explain_comparison_name(e, i);
        if (!weight)
            continue;
        buf_byte(&key, weight > 0 ? '+' : '-');
        for (size_t k = 0; k < name.len; k++)
            buf_byte(&key, name.ptr[k] >= 'a' && name.ptr[k] <= 'z' ? (char)(name.ptr[k] - 32) : name.ptr[k]);
    }
    json_put_str(o, "match_key", buf_view(&key));
    buf_deinit(&key);
}

json_t *explain_reached_by(struct explain *e, uint32_t a, uint32_t b)
{
    json_t *list = json_array();
    if (!e->has_keys)
        key_set_init(&e->keys, e->model, e->batch, 1);
    e->has_keys = true;
    for (unsigned r = 0; r < e->keys.n_rules; r++)
        if (keys_shared(&e->keys.rule[r], a, b)) {
            struct buf text = {0};
            rule_text(&e->model->rule[r], e->batch->schema, &text);
            json_array_append_new(list, json_from_str(buf_view(&text)));
            buf_deinit(&text);
        }
    return list;
}

static json_t *S_rules(const struct explain *e, const struct explained *x)
{
    json_t *list = json_array();
    if (x->rule < 0)
        return list;
    json_t *o = json_object();
    json_put(o, "rule", json_integer(x->rule));
    json_put_str(o, "then", e->config->rule[x->rule].verdict == RULE_SAME ? STR("same") : STR("different"));
    json_array_append_new(list, o);
    return list;
}

json_t *explain_json(struct explain *e, const struct explained *x, unsigned detail)
{
    const char *never = explain_never_name(x->never);
    json_t *o = json_object(), *comparisons = json_array();
    json_put(o, "a", explain_record(e, x->a));
    json_put(o, "b", explain_record(e, x->b));
    json_put_str(o, "verdict", str_from(explain_verdict(e, x)));
    json_put(o, "never", never ? json_string(never) : json_null());
    json_put(o, "match_weight", S_bits(x->parts.total));
    json_put(o, "match_probability", json_real(probability_from_bits(weight_to_bits(x->parts.total))));
    json_put(o, "prior_weight", S_bits(x->parts.prior));
    json_put(o, "related_weight", S_bits(x->parts.related));
    S_put_match_key(e, x, o);
    if (detail & EXPLAIN_KEYS)
        json_put(o, "reached_by", explain_reached_by(e, x->a, x->b));
    for (unsigned i = 0; i < e->model->n_comparisons; i++)
        json_array_append_new(comparisons, S_comparison(e, x, i, detail & EXPLAIN_VALUES));
    json_put(o, "comparisons", comparisons);
    json_put(o, "interactions", S_interactions(e, x));
    json_put(o, "threshold", explain_thresholds(e->model));
    json_put(o, "rules", S_rules(e, x));
    return o;
}
