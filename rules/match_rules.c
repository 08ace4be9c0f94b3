/* "matching": rules, comparisons, blocking, thresholds. */
#include <math.h>
#include <stdlib.h>

#include "rules/document.h"
#include "rules/types.h"

enum { MOST_OVERRIDE_LEVELS = 12, MOST_BLOCKING = 48, MOST_RULE_FIELDS = 8 };

/* Words of a space-separated list, for messages. */
static size_t S_words(struct arena *scratch, const char *list, const char **word, size_t most)
{
    struct str rest = str_from(list), token;
    size_t n = 0;
    while (n < most && str_next_token(&rest, " ", &token))
        word[n++] = str_cstr(scratch, token);
    return n;
}

static int S_word_index(const char *list, struct str name)
{
    struct str rest = str_from(list), token;
    for (int i = 0; str_next_token(&rest, " ", &token); i++)
        if (str_eq(token, name))
            return i;
    return -1;
}

/* ------------------------------------------------------------------ rules */

static enum idem_status S_rule_fields(struct document *r, const json_t *value, unsigned *field, unsigned *n)
{
    struct str *name;
    TRY(document_texts(r, value, &name, n));
    if (*n > MOST_RULE_FIELDS)
        return document_fail(r, "more than %d fields", MOST_RULE_FIELDS);
    for (unsigned i = 0; i < *n; i++) {
        size_t mark = json_is_array(value) ? document_enter_index(r, i) : r->place.len;
        TRY(document_field_name(r, name[i], &field[i]));
        document_leave(r, mark);
    }
    return IDEM_OK;
}

static enum idem_status S_read_when(struct document *r, const json_t *value, void *target)
{
    struct match_rule *rule = target;
    return S_rule_fields(r, value, rule->when, &rule->n_when);
}

static enum idem_status S_read_differ(struct document *r, const json_t *value, void *target)
{
    struct match_rule *rule = target;
    TRY(S_rule_fields(r, value, rule->differ, &rule->n_differ));
    for (unsigned i = 0; i < rule->n_differ; i++)
        for (unsigned k = 0; k < rule->n_when; k++)
            if (rule->differ[i] == rule->when[k])
                return document_fail(r, "\"%s\" cannot agree and differ at once",
                                     r->config->schema.field[rule->differ[i]].name.ptr);
    return IDEM_OK;
}

static enum idem_status S_read_then(struct document *r, const json_t *value, void *target)
{
    struct match_rule *rule = target;
    int verdict;
    TRY(document_word(r, value, &VERDICT_WORDS, &verdict));
    rule->verdict = (enum rule_verdict)verdict;
    if (rule->verdict == RULE_SAME && !rule->n_when)
        return document_fail(r, "records that only differ cannot be the same; name fields that agree under \"when\"");
    return IDEM_OK;
}

static const struct key_row RULE_ROWS[] = {
    {"when", S_read_when, false}, {"differ", S_read_differ, false}, {"then", S_read_then, true}};
const struct key_table RULE_KEYS = {"rule", RULE_ROWS, COUNT_OF(RULE_ROWS)};

static enum idem_status S_read_rules(struct document *r, const json_t *value, void *target)
{
    struct config *c = target;
    TRY(document_is_array(r, value));
    c->rule = ARENA_NEW(r->out, struct match_rule, json_array_size(value));
    for (size_t i = 0; i < json_array_size(value); i++) {
        size_t mark = document_enter_index(r, i);
        TRY(document_object(r, json_array_get(value, i), &RULE_KEYS, &c->rule[i]));
        if (!c->rule[i].n_when && !c->rule[i].n_differ)
            return document_fail(r, "name the fields that agree (\"when\") or differ (\"differ\")");
        c->n_rules++;
        document_leave(r, mark);
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ comparisons */

struct level_draft {
    struct str name;
    double m, u;
};

static enum idem_status S_probability(struct document *r, const json_t *value, double *p)
{
    TRY(document_number(r, value, 0, 1, p));
    return *p > 0 && *p < 1 ? IDEM_OK : document_fail(r, "a probability lies between 0 and 1");
}

static enum idem_status S_read_is(struct document *r, const json_t *value, void *target)
{
    return document_text(r, value, &((struct level_draft *)target)->name);
}

static enum idem_status S_read_m(struct document *r, const json_t *value, void *target)
{
    return S_probability(r, value, &((struct level_draft *)target)->m);
}

static enum idem_status S_read_u(struct document *r, const json_t *value, void *target)
{
    return S_probability(r, value, &((struct level_draft *)target)->u);
}

static const struct key_row LEVEL_ROWS[] = {{"is", S_read_is, true}, {"m", S_read_m, false}, {"u", S_read_u, false}};
const struct key_table LEVEL_KEYS = {"level", LEVEL_ROWS, COUNT_OF(LEVEL_ROWS)};

static enum idem_status S_unknown_level(struct document *r, const struct field *field, struct str name)
{
    struct arena scratch = {0};
    const char *known[MOST_TYPE_LEVELS + 1];
    size_t n = type_levels(field->type, known);
    known[n++] = "else";
    struct str what = arena_printf(&scratch, "no such level of %s", field_type_name(field->type));
    enum idem_status status = document_fail_name(r, what.ptr, name, known, n);
    arena_deinit(&scratch);
    return status;
}

static int S_level_index(enum field_type type, struct str name)
{
    const char *level[MOST_TYPE_LEVELS];
    unsigned n = type_levels(type, level);
    for (unsigned i = 0; i < n; i++)
        if (str_eq(name, str_from(level[i])))
            return (int)i;
    return -1;
}

/* One element of "levels": a level's name, or an object. "else" may stand last, for its probabilities. */
static enum idem_status S_level(struct document *r, const json_t *value, struct comparison_override *c, int *last)
{
    const struct field *field = &r->config->schema.field[c->field];
    struct level_draft draft = {.m = NAN, .u = NAN};
    if (json_is_string(value))
        TRY(document_text(r, value, &draft.name));
    else
        TRY(document_object(r, value, &LEVEL_KEYS, &draft));
    bool is_else = str_eq(draft.name, STR("else"));
    int at = is_else ? INT32_MAX : S_level_index(field->type, draft.name);
    if (at < 0)
        return S_unknown_level(r, field, draft.name);
    if (at <= *last)
        return document_fail(r, "levels stand once each, best first, as docs/types.md lists them");
    *last = at;
    c->m[c->n_levels] = draft.m;
    c->u[c->n_levels] = draft.u;
    if (!is_else)
        c->level[c->n_levels++] = draft.name;
    return IDEM_OK;
}

static enum idem_status S_check_sum(struct document *r, const double *p, unsigned n, const char *name)
{
    double sum = 0;
    unsigned given = 0;
    for (unsigned i = 0; i <= n; i++)
        if (!isnan(p[i])) {
            sum += p[i];
            given++;
        }
    if (sum > 1 + 1e-9 || (given == n + 1 && sum < 1 - 1e-6))
        return document_fail(r, "the %s of all levels, else included, must sum to 1 (they sum to %.6g)", name, sum);
    return IDEM_OK;
}

static bool S_any_fixed(const struct comparison_override *c)
{
    bool fixed = false;
    for (unsigned i = 0; i <= c->n_levels; i++)
        fixed |= !isnan(c->m[i]) || !isnan(c->u[i]);
    return fixed;
}

static enum idem_status S_read_levels(struct document *r, const json_t *value, void *target)
{
    struct comparison_override *c = target;
    int last = -1;
    TRY(document_is_array(r, value));
    if (json_array_size(value) > MOST_OVERRIDE_LEVELS)
        return document_fail(r, "more than %d levels", MOST_OVERRIDE_LEVELS);
    c->level = ARENA_NEW(r->out, struct str, MOST_OVERRIDE_LEVELS);
    c->m = ARENA_NEW(r->out, double, MOST_OVERRIDE_LEVELS + 1);
    c->u = ARENA_NEW(r->out, double, MOST_OVERRIDE_LEVELS + 1);
    for (size_t i = 0; i <= MOST_OVERRIDE_LEVELS; i++)
        c->m[i] = c->u[i] = NAN;
    for (size_t i = 0; i < json_array_size(value); i++) {
        size_t mark = document_enter_index(r, i);
        TRY(S_level(r, json_array_get(value, i), c, &last));
        document_leave(r, mark);
    }
    if (c->n_levels == 0)
        return document_fail(r, "must name at least one level; \"off\": true leaves a field out");
    if (!S_any_fixed(c))
        return document_fail(r,
                             "has no effect: fix the \"m\" or \"u\" of a level; which levels there are is the type's");
    TRY(S_check_sum(r, c->m, c->n_levels, "m"));
    return S_check_sum(r, c->u, c->n_levels, "u");
}

static enum idem_status S_read_off(struct document *r, const json_t *value, void *target)
{
    struct comparison_override *c = target;
    TRY(document_bool(r, value, &c->off));
    return c->off ? IDEM_OK : document_fail(r, "false is the default; remove it");
}

static enum idem_status S_read_table(struct document *r, const json_t *value, void *target)
{
    struct comparison_override *c = target;
    enum field_type type = r->config->schema.field[c->field].type;
    if (!type_info(type)->term_frequency)
        return document_fail(r, "has no effect: frequent and rare values of type %s weigh the same",
                             field_type_name(type));
    c->term_frequency = 1;
    return document_text(r, value, &c->frequency_table);
}

static const struct key_row FREQUENCY_ROWS[] = {{"table", S_read_table, true}};
const struct key_table FREQUENCY_KEYS = {"term_frequency", FREQUENCY_ROWS, COUNT_OF(FREQUENCY_ROWS)};

static enum idem_status S_read_term_frequency(struct document *r, const json_t *value, void *target)
{
    struct comparison_override *c = target;
    bool on;
    if (json_is_object(value))
        return document_object(r, value, &FREQUENCY_KEYS, c);
    TRY(document_bool(r, value, &on));
    c->term_frequency = on;
    return IDEM_OK;
}

static const struct key_row COMPARISON_ROWS[] = {
    {"levels", S_read_levels, false}, {"term_frequency", S_read_term_frequency, false}, {"off", S_read_off, false}};
const struct key_table COMPARISON_KEYS = {"comparison", COMPARISON_ROWS, COUNT_OF(COMPARISON_ROWS)};

static enum idem_status S_comparison(struct document *r, const json_t *value, struct str name,
                                     struct comparison_override *c)
{
    TRY(document_field_name(r, name, &c->field));
    enum field_type type = r->config->schema.field[c->field].type;
    const char *ignored[MOST_TYPE_LEVELS];
    if (type_levels(type, ignored) == 0)
        return document_fail(r, "has no effect: values of type %s are never compared", field_type_name(type));
    c->term_frequency = -1;
    TRY(document_object(r, value, &COMPARISON_KEYS, c));
    if (json_object_size(value) == 0)
        return document_fail(r, "has no effect; say \"levels\", \"term_frequency\" or \"off\", or remove it");
    if (c->off && json_object_size(value) > 1)
        return document_fail_at(r, "off", "leaves the field out; the other keys have no effect");
    return IDEM_OK;
}

static enum idem_status S_read_comparisons(struct document *r, const json_t *value, void *target)
{
    struct config *c = target;
    const char *name;
    json_t *comparison;
    TRY(document_is_object(r, value));
    c->comparison = ARENA_NEW(r->out, struct comparison_override, json_object_size(value));
    json_object_foreach((json_t *)(uintptr_t)value, name, comparison)
    {
        size_t mark = document_enter_key(r, name);
        TRY(S_comparison(r, comparison, str_from(name), &c->comparison[c->n_comparisons++]));
        document_leave(r, mark);
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ blocking */

/* "field" or "field.derivation" */
static enum idem_status S_blocking_key(struct document *r, struct str text, struct blocking_key *key)
{
    size_t dot = str_find_byte(text, '.');
    struct str name = dot == SIZE_MAX ? text : str_copy(r->out, str_sub(text, 0, dot));
    TRY(document_field_name(r, name, &key->field));
    if (dot == SIZE_MAX)
        return IDEM_OK;
    key->derivation = str_copy(r->out, str_sub(text, dot + 1, text.len));
    enum field_type type = r->config->schema.field[key->field].type;
    if (S_word_index(type_info(type)->keys, key->derivation) >= 0)
        return IDEM_OK;
    struct arena scratch = {0};
    const char *known[16];
    size_t n = S_words(&scratch, type_info(type)->keys, known, COUNT_OF(known));
    struct str what = arena_printf(&scratch, "no such key of %s", field_type_name(type));
    enum idem_status status = document_fail_name(r, what.ptr, key->derivation, known, n);
    arena_deinit(&scratch);
    return status;
}

static bool S_same_rule(const struct blocking_rule *a, const struct blocking_rule *b)
{
    bool same = a->n_keys == b->n_keys;
    for (unsigned i = 0; i < a->n_keys && same; i++)
        same = a->key[i].field == b->key[i].field && str_eq(a->key[i].derivation, b->key[i].derivation);
    return same;
}

static enum idem_status S_blocking_rule(struct document *r, const json_t *value, struct blocking_rule *rule)
{
    struct str *text;
    unsigned n;
    TRY(document_texts(r, value, &text, &n));
    if (n > COUNT_OF(rule->key))
        return document_fail(r, "joins more than %zu keys", COUNT_OF(rule->key));
    for (unsigned i = 0; i < n; i++) {
        size_t mark = json_is_array(value) ? document_enter_index(r, i) : r->place.len;
        TRY(S_blocking_key(r, text[i], &rule->key[rule->n_keys++]));
        document_leave(r, mark);
    }
    return IDEM_OK;
}

static enum idem_status S_read_blocking(struct document *r, const json_t *value, void *target)
{
    struct config *c = target;
    TRY(document_is_array(r, value));
    if (json_array_size(value) == 0 || json_array_size(value) > MOST_BLOCKING)
        return document_fail(r, "must hold from 1 to %d rules; leave the key out to have them chosen", MOST_BLOCKING);
    c->blocking = ARENA_NEW(r->out, struct blocking_rule, json_array_size(value));
    for (size_t i = 0; i < json_array_size(value); i++) {
        size_t mark = document_enter_index(r, i);
        TRY(S_blocking_rule(r, json_array_get(value, i), &c->blocking[i]));
        for (unsigned k = 0; k < c->n_blocking; k++)
            if (S_same_rule(&c->blocking[k], &c->blocking[i]))
                return document_fail(r, "is the same rule as blocking[%u]", k);
        c->n_blocking++;
        document_leave(r, mark);
    }
    return IDEM_OK;
}

static enum idem_status S_read_pair_budget(struct document *r, const json_t *value, void *target)
{
    struct config *c = target;
    if (c->n_blocking)
        return document_fail(r, "has no effect: the rules are given by \"blocking\"");
    return document_count(r, value, 1000, &c->pair_budget);
}

/* ------------------------------------------------------------------ thresholds */

static enum idem_status S_read_precision(struct document *r, const json_t *value, void *target)
{
    struct threshold *t = target;
    t->kind = THRESHOLD_PRECISION;
    TRY(document_number(r, value, 0, 1, &t->value));
    return t->value > 0 && t->value < 1 ? IDEM_OK : document_fail(r, "a precision lies between 0 and 1, such as 0.995");
}

static const struct key_row PRECISION_ROWS[] = {{"precision", S_read_precision, true}};
const struct key_table PRECISION_KEYS = {"precision", PRECISION_ROWS, COUNT_OF(PRECISION_ROWS)};

static enum idem_status S_threshold(struct document *r, const json_t *value, struct threshold *t)
{
    if (json_is_object(value))
        return document_object(r, value, &PRECISION_KEYS, t);
    if (json_is_string(value) && str_eq(json_str(value), STR("auto"))) {
        t->kind = THRESHOLD_AUTO;
        return IDEM_OK;
    }
    if (!json_is_number(value))
        return document_fail(r, "must be \"auto\", a weight in bits, or {\"precision\": 0.995}");
    t->kind = THRESHOLD_BITS;
    return document_number(r, value, -200, 200, &t->value);
}

static enum idem_status S_read_match(struct document *r, const json_t *value, void *target)
{
    return S_threshold(r, value, &((struct config *)target)->match);
}

static enum idem_status S_read_review(struct document *r, const json_t *value, void *target)
{
    struct config *c = target;
    TRY(S_threshold(r, value, &c->review));
    if (c->review.kind == c->match.kind && c->match.kind != THRESHOLD_AUTO && c->review.value > c->match.value)
        return document_fail(r, "must not be above \"match\": what is reviewed lies below it");
    return IDEM_OK;
}

static const struct key_row THRESHOLDS_ROWS[] = {{"match", S_read_match, false}, {"review", S_read_review, false}};
const struct key_table THRESHOLDS_KEYS = {"thresholds", THRESHOLDS_ROWS, COUNT_OF(THRESHOLDS_ROWS)};

static enum idem_status S_read_thresholds(struct document *r, const json_t *value, void *target)
{
    return document_object(r, value, &THRESHOLDS_KEYS, target);
}

static const struct key_row MATCHING_ROWS[] = {{"rules", S_read_rules, false},
                                               {"comparisons", S_read_comparisons, false},
                                               {"blocking", S_read_blocking, false},
                                               {"pair_budget", S_read_pair_budget, false},
                                               {"thresholds", S_read_thresholds, false}};
const struct key_table MATCHING_KEYS = {"matching", MATCHING_ROWS, COUNT_OF(MATCHING_ROWS)};

enum idem_status read_matching(struct document *r, const json_t *value, void *target)
{
    return document_object(r, value, &MATCHING_KEYS, target);
}
