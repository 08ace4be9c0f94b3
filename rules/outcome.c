/* "survivorship", "quality" and "gates": what becomes of the values, and what stops a run. */
#include <limits.h>
#include <math.h>
#include <regex.h>

#include "rules/document.h"
#include "rules/types.h"

/* ------------------------------------------------------------------ survivorship */

static enum idem_status S_set_group(struct document *r, unsigned field, enum survivor_rule rule,
                                    unsigned given[MOST_FIELDS])
{
    struct config *c = r->config;
    const char *group = type_info(c->schema.field[field].type)->group;
    if (group && rule == SURVIVE_AGGREGATE)
        return document_fail(r, "has no effect: the %s survives as one group, of one record", group);
    for (unsigned f = 0; f < c->schema.n_fields; f++) {
        const char *other = type_info(c->schema.field[f].type)->group;
        if (f != field && !(group && other && strcmp(group, other) == 0))
            continue;
        if (given[f] && c->survivor[f] != rule)
            return document_fail(r, "the %s survives as one group; \"%s\" has another rule", group,
                                 c->schema.field[given[f] - 1].name.ptr);
        c->survivor[f] = rule;
        given[f] = field + 1;
    }
    return IDEM_OK;
}

static enum idem_status S_set_default(struct document *r, const json_t *value)
{
    int rule;
    struct config *c = r->config;
    size_t mark = document_enter_key(r, "*");
    TRY(document_word(r, value, &SURVIVOR_WORDS, &rule));
    document_leave(r, mark);
    for (unsigned f = 0; f < c->schema.n_fields; f++) {
        bool grouped = type_info(c->schema.field[f].type)->group != NULL;
        if (!(grouped && rule == SURVIVE_AGGREGATE))
            c->survivor[f] = (enum survivor_rule)rule;
    }
    return IDEM_OK;
}

enum idem_status read_survivorship(struct document *r, const json_t *value, void *target)
{
    const char *name;
    json_t *rule_value;
    unsigned given[MOST_FIELDS] = {0};
    (void)target;
    TRY(document_is_object(r, value));
    if (json_object_get(value, "*"))
        TRY(S_set_default(r, json_object_get(value, "*")));
    json_object_foreach((json_t *)(uintptr_t)value, name, rule_value)
    {
        unsigned field;
        int rule;
        if (strcmp(name, "*") == 0)
            continue;
        size_t mark = document_enter_key(r, name);
        TRY(document_field_name(r, str_from(name), &field));
        TRY(document_word(r, rule_value, &SURVIVOR_WORDS, &rule));
        TRY(S_set_group(r, field, (enum survivor_rule)rule, given));
        document_leave(r, mark);
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ quality */

struct quality_draft {
    struct quality_rule *rule;
    bool has_field, has_values, has_pattern, has_at_most, has_on_fail;
    const json_t *at_least;
};

static enum idem_status S_read_quality_source(struct document *r, const json_t *value, void *target)
{
    return document_source(r, value, &((struct quality_draft *)target)->rule->source);
}

static enum idem_status S_read_expect(struct document *r, const json_t *value, void *target)
{
    int kind;
    TRY(document_word(r, value, &EXPECT_WORDS, &kind));
    ((struct quality_draft *)target)->rule->kind = (enum quality_kind)kind;
    return IDEM_OK;
}

static enum idem_status S_read_quality_field(struct document *r, const json_t *value, void *target)
{
    struct quality_draft *d = target;
    if (d->rule->kind == QUALITY_ROWS)
        return document_fail(r, "has no effect: rows are counted, not a field");
    TRY(document_field(r, value, &d->rule->field));
    d->has_field = true;
    if (!document_source_maps(r, d->rule->source, d->rule->field))
        return document_fail(r, "has no effect: the source does not map this field");
    return IDEM_OK;
}

static enum idem_status S_read_values(struct document *r, const json_t *value, void *target)
{
    struct quality_draft *d = target;
    if (d->rule->kind != QUALITY_IN)
        return document_fail(r, "has no effect: only \"expect\": \"in\" looks at it");
    d->has_values = true;
    return document_texts(r, value, &d->rule->value, &d->rule->n_values);
}

static enum idem_status S_read_pattern(struct document *r, const json_t *value, void *target)
{
    struct quality_draft *d = target;
    regex_t regex;
    if (d->rule->kind != QUALITY_MATCHES)
        return document_fail(r, "has no effect: only \"expect\": \"matches\" looks at it");
    d->has_pattern = true;
    d->rule->value = ARENA_NEW(r->out, struct str, 1);
    d->rule->n_values = 1;
    TRY(document_text(r, value, &d->rule->value[0]));
    int code = regcomp(&regex, d->rule->value[0].ptr, REG_EXTENDED | REG_NOSUB);
    if (code != 0) {
        char message[100];
        regerror(code, &regex, message, sizeof message);
        return document_fail(r, "not a POSIX extended regular expression: %s", message);
    }
    regfree(&regex);
    return IDEM_OK;
}

static enum idem_status S_read_at_least(struct document *r, const json_t *value, void *target)
{
    struct quality_draft *d = target;
    d->at_least = value;
    if (d->rule->kind == QUALITY_ROWS)
        return document_count(r, value, 0, &d->rule->least);
    return document_number(r, value, 0, 1, &d->rule->at_least);
}

static enum idem_status S_read_at_most(struct document *r, const json_t *value, void *target)
{
    struct quality_draft *d = target;
    if (d->rule->kind != QUALITY_ROWS)
        return document_fail(r, "has no effect: only \"expect\": \"rows\" looks at it");
    d->has_at_most = true;
    return document_count(r, value, d->rule->least, &d->rule->most);
}

static enum idem_status S_read_on_fail(struct document *r, const json_t *value, void *target)
{
    struct quality_draft *d = target;
    int action;
    TRY(document_word(r, value, &ON_FAIL_WORDS, &action));
    d->rule->on_fail = (enum quality_action)action;
    if (d->rule->on_fail == QUALITY_REJECT && d->rule->kind == QUALITY_ROWS)
        return document_fail(r, "a number of rows cannot set rows aside; use \"warn\" or \"stop\"");
    if (d->rule->on_fail == QUALITY_REJECT && d->at_least)
        return document_fail(r, "sets aside every row that fails; \"at_least\" has no effect");
    return IDEM_OK;
}

static const struct key_row EXPECTATION_ROWS[] = {
    {"source", S_read_quality_source, false}, {"expect", S_read_expect, true},
    {"field", S_read_quality_field, false},   {"values", S_read_values, false},
    {"pattern", S_read_pattern, false},       {"at_least", S_read_at_least, false},
    {"at_most", S_read_at_most, false},       {"on_fail", S_read_on_fail, false},
};
const struct key_table QUALITY_KEYS = {"quality", EXPECTATION_ROWS, COUNT_OF(EXPECTATION_ROWS)};

static enum idem_status S_quality(struct document *r, const json_t *value, struct quality_rule *rule)
{
    struct quality_draft d = {.rule = rule};
    *rule = (struct quality_rule){.source = UINT_MAX, .at_least = 1, .most = UINT64_MAX, .on_fail = QUALITY_WARN};
    TRY(document_object(r, value, &QUALITY_KEYS, &d));
    if (rule->kind != QUALITY_ROWS && !d.has_field)
        return document_fail_at(r, "field", "missing; name the field to look at");
    if (rule->kind == QUALITY_IN && !d.has_values)
        return document_fail_at(r, "values", "missing; name the values that are right");
    if (rule->kind == QUALITY_MATCHES && !d.has_pattern)
        return document_fail_at(r, "pattern", "missing; give a regular expression");
    if (rule->kind == QUALITY_ROWS && !d.at_least && !d.has_at_most)
        return document_fail(r, "say how many rows: \"at_least\", \"at_most\"");
    return IDEM_OK;
}

enum idem_status read_quality(struct document *r, const json_t *value, void *target)
{
    struct config *c = target;
    TRY(document_is_array(r, value));
    c->quality = ARENA_NEW(r->out, struct quality_rule, json_array_size(value));
    for (size_t i = 0; i < json_array_size(value); i++) {
        size_t mark = document_enter_index(r, i);
        TRY(S_quality(r, json_array_get(value, i), &c->quality[i]));
        c->n_quality++;
        document_leave(r, mark);
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ gates */

/* A share, or false: off. */
static enum idem_status S_share(struct document *r, const json_t *value, double *share)
{
    *share = NAN;
    if (json_is_false(value))
        return IDEM_OK;
    if (!json_is_number(value))
        return document_fail(r, "must be a share from 0 to 1, or false to switch the gate off");
    return document_number(r, value, 0, 1, share);
}

static enum idem_status S_read_churn(struct document *r, const json_t *value, void *target)
{
    return S_share(r, value, &((struct config *)target)->gates.max_churn);
}

static enum idem_status S_read_merged(struct document *r, const json_t *value, void *target)
{
    return S_share(r, value, &((struct config *)target)->gates.max_merged_masters);
}

static enum idem_status S_read_gone(struct document *r, const json_t *value, void *target)
{
    return S_share(r, value, &((struct config *)target)->gates.max_gone);
}

typedef enum idem_status gate_fn(struct document *r, const json_t *value, struct gates *gates, unsigned source);

static enum idem_status S_min_rows(struct document *r, const json_t *value, struct gates *gates, unsigned source)
{
    return document_count(r, value, 1, &gates->per_source[source].min_rows);
}

static enum idem_status S_max_age(struct document *r, const json_t *value, struct gates *gates, unsigned source)
{
    static const struct {
        char unit;
        int64_t ms;
    } UNITS[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'w', 604800000}};
    struct str text;
    uint64_t count;
    TRY(document_text(r, value, &text));
    for (size_t i = 0; i < COUNT_OF(UNITS); i++)
        if (text.ptr[text.len - 1] == UNITS[i].unit && str_to_u64(str_sub(text, 0, text.len - 1), &count) &&
            count > 0 && count < 1000000) {
            gates->per_source[source].max_age_ms = (int64_t)count * UNITS[i].ms;
            return IDEM_OK;
        }
    return document_fail(r, "must be a time such as \"36h\" or \"2d\" (s, m, h, d, w)");
}

/* One value for every source, or an object with a value for each of some. */
static enum idem_status S_per_source(struct document *r, const json_t *value, struct config *c, gate_fn *read)
{
    const char *name;
    json_t *one;
    if (!c->gates.per_source) {
        c->gates.per_source = arena_alloc_array(r->out, c->n_sources, sizeof *c->gates.per_source, 8);
        c->gates.n_per_source = c->n_sources;
        for (unsigned i = 0; i < c->n_sources; i++)
            c->gates.per_source[i].source = i;
    }
    if (!json_is_object(value)) {
        for (unsigned i = 0; i < c->n_sources; i++)
            TRY(read(r, value, &c->gates, i));
        return IDEM_OK;
    }
    json_object_foreach((json_t *)(uintptr_t)value, name, one)
    {
        size_t mark = document_enter_key(r, name);
        unsigned source;
        json_t *text = json_string(name);
        enum idem_status status = document_source(r, text, &source);
        json_decref(text);
        TRY(status);
        TRY(read(r, one, &c->gates, source));
        document_leave(r, mark);
    }
    return IDEM_OK;
}

static enum idem_status S_read_min_rows(struct document *r, const json_t *value, void *target)
{
    return S_per_source(r, value, target, S_min_rows);
}

static enum idem_status S_read_max_age(struct document *r, const json_t *value, void *target)
{
    return S_per_source(r, value, target, S_max_age);
}

static const struct key_row GATES_ROWS[] = {{"max_churn", S_read_churn, false},
                                            {"max_merged_masters", S_read_merged, false},
                                            {"max_gone", S_read_gone, false},
                                            {"min_rows", S_read_min_rows, false},
                                            {"max_age", S_read_max_age, false}};
const struct key_table GATES_KEYS = {"gates", GATES_ROWS, COUNT_OF(GATES_ROWS)};

enum idem_status read_gates(struct document *r, const json_t *value, void *target)
{
    return document_object(r, value, &GATES_KEYS, target);
}
