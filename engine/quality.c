#include "engine/quality.h"

#include <limits.h>
#include <regex.h>
#include <stdlib.h>

#include "base/map.h"

/* A rule at work. */
struct expectation {
    const struct quality_rule *rule;
    unsigned number;
    regex_t regex;
    bool has_regex;
    struct map seen; /* unique: values; in: the right ones */
    struct norm_context context;
    uint64_t checked, right;
};

struct quality {
    struct expectation *expectation;
    size_t n;
    const struct schema *schema;
    struct normalizer *normalizer;
    struct arena scratch;
};

const char *quality_kind_name(enum quality_kind kind)
{
    static const char *const NAMES[] = {
        [QUALITY_NOT_NULL] = "not_null", [QUALITY_UNIQUE] = "unique", [QUALITY_VALID] = "valid", [QUALITY_IN] = "in",
        [QUALITY_MATCHES] = "matches",   [QUALITY_ROWS] = "rows"};
    return NAMES[kind];
}

/* ------------------------------------------------------------------ opening */

static const struct mapping *S_mapping(const struct source *s, unsigned field)
{
    for (unsigned i = 0; i < s->n_mappings; i++)
        if (s->mapping[i].field == field)
            return &s->mapping[i];
    return NULL;
}

static void S_prepare(struct expectation *e, const struct source *s)
{
    const struct quality_rule *rule = e->rule;
    const struct mapping *mapping = rule->kind == QUALITY_ROWS ? NULL : S_mapping(s, rule->field);
    if (mapping)
        e->context = mapping->context;
    if (rule->kind == QUALITY_MATCHES)
        e->has_regex = regcomp(&e->regex, rule->value[0].ptr, REG_EXTENDED | REG_NOSUB) == 0;
    for (unsigned i = 0; i < rule->n_values && rule->kind == QUALITY_IN; i++)
        map_add(&e->seen, rule->value[i], 1);
}

enum idem_status quality_open(const struct config *c, unsigned source, struct quality **out, struct idem_error *err)
{
    struct quality *q = xcalloc(1, sizeof *q);
    bool valid = false;
    enum idem_status status = IDEM_OK;
    q->schema = &c->schema;
    q->expectation = xcalloc(c->n_quality + 1, sizeof *q->expectation);
    for (unsigned i = 0; i < c->n_quality; i++) {
        const struct quality_rule *rule = &c->quality[i];
        bool mapped = rule->kind == QUALITY_ROWS || S_mapping(&c->source[source], rule->field);
        if (rule->source != source && !(rule->source == UINT_MAX && mapped))
            continue;
        struct expectation *e = &q->expectation[q->n++];
        *e = (struct expectation){.rule = rule, .number = i};
        S_prepare(e, &c->source[source]);
        valid |= rule->kind == QUALITY_VALID;
    }
    if (valid)
        status = normalizer_new(&q->normalizer, err);
    *out = status == IDEM_OK ? q : NULL;
    if (status != IDEM_OK)
        quality_close(q);
    return status;
}

void quality_close(struct quality *q)
{
    if (!q)
        return;
    for (size_t i = 0; i < q->n; i++) {
        if (q->expectation[i].has_regex)
            regfree(&q->expectation[i].regex);
        map_deinit(&q->expectation[i].seen);
    }
    free(q->expectation);
    normalizer_free(q->normalizer);
    arena_deinit(&q->scratch);
    free(q);
}

size_t quality_rules(const struct quality *q)
{
    return q->n;
}

/* ------------------------------------------------------------------ one row */

static bool S_value_is_right(struct quality *q, struct expectation *e, struct str value)
{
    struct norm norm = {0};
    switch (e->rule->kind) {
    case QUALITY_UNIQUE:
        return map_add(&e->seen, value, 1);
    case QUALITY_IN:
        return map_find(&e->seen, value) != NULL;
    case QUALITY_MATCHES:
        return e->has_regex && regexec(&e->regex, str_cstr(&q->scratch, value), 0, NULL, 0) == 0;
    case QUALITY_VALID:
        normalize_value(q->normalizer, field_plain_type(&q->schema->field[e->rule->field]), &e->context, value,
                        &q->scratch, &norm);
        return !(norm.flags & NORM_INVALID);
    case QUALITY_NOT_NULL:
    case QUALITY_ROWS:
        break;
    }
    return true;
}

static bool S_row_is_right(struct quality *q, struct expectation *e, quality_values_fn *values, void *context)
{
    const struct str *value;
    bool right = true;
    if (e->rule->kind == QUALITY_ROWS) {
        e->checked++;
        e->right++;
        return true;
    }
    unsigned n = values(context, e->rule->field, &value);
    if (n == 0 && e->rule->kind != QUALITY_NOT_NULL)
        return true;
    right = n > 0;
    for (unsigned i = 0; i < n; i++)
        right &= S_value_is_right(q, e, value[i]);
    e->checked++;
    e->right += right;
    return right;
}

bool quality_row(struct quality *q, quality_values_fn *values, void *context)
{
    bool kept = true;
    for (size_t i = 0; i < q->n; i++) {
        bool right = S_row_is_right(q, &q->expectation[i], values, context);
        kept &= right || q->expectation[i].rule->on_fail != QUALITY_REJECT;
    }
    arena_reset(&q->scratch);
    return kept;
}

struct quality_result quality_result(const struct quality *q, size_t i)
{
    const struct expectation *e = &q->expectation[i];
    const struct quality_rule *rule = e->rule;
    struct quality_result r = {.rule = rule, .number = e->number, .checked = e->checked, .right = e->right};
    if (rule->kind == QUALITY_ROWS)
        r.passed = r.checked >= rule->least && r.checked <= rule->most;
    else
        r.passed = rule->on_fail == QUALITY_REJECT || r.checked == 0 ||
                   (double)r.right >= rule->at_least * (double)r.checked - 1e-9;
    return r;
}
