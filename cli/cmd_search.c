#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/render.h"
#include "cli/table.h"

enum { MOST_LIMIT = 1000 };

struct search_options {
    uint64_t limit; /* 0: not given */
    bool brief;
};

/* FIELD=VALUE operands. */
static enum idem_status S_fields(struct cli *c, struct idem_field **field, struct idem_error *err)
{
    *field = ARENA_NEW(&c->arena, struct idem_field, c->n_operands);
    for (unsigned i = 0; i < c->n_operands; i++) {
        struct str text = str_from(c->operand[i]);
        size_t at = str_find_byte(text, '=');
        if (at == SIZE_MAX || at == 0)
            return usage_error(c, err, "operand %u is not FIELD=VALUE, such as family_name=Miller", i + 1);
        (*field)[i] = (struct idem_field){{text.ptr, at}, {text.ptr + at + 1, text.len - at - 1}};
    }
    return IDEM_OK;
}

static enum style S_band_style(struct str band)
{
    return str_eq(band, STR("match")) ? STYLE_GREEN : str_eq(band, STR("review")) ? STYLE_YELLOW : STYLE_DIM;
}

static struct str S_golden(struct arena *out, const json_t *golden)
{
    const char *key;
    json_t *values;
    struct str text = {0};
    json_object_foreach((json_t *)golden, key, values)
    {
        struct str value = render_value(out, key, values);
        text = text.len ? arena_printf(out, "%.*s; %s %.*s", STR_ARG(text), key, STR_ARG(value))
                        : arena_printf(out, "%s %.*s", key, STR_ARG(value));
    }
    return text;
}

/* "family_name +8.9": what spoke, level by level. */
static struct str S_weights(struct arena *out, const json_t *comparisons)
{
    struct str text = {0};
    for (size_t i = 0; i < json_array_size(comparisons); i++) {
        const json_t *one = json_array_get(comparisons, i);
        double bits = json_number_value(json_object_get(one, "mw")) + json_number_value(json_object_get(one, "tf_mw"));
        if (json_is_null(json_object_get(one, "m")))
            continue;
        text = arena_printf(out, "%.*s%s%.*s %+.1f", STR_ARG(text), text.len ? ", " : "",
                            STR_ARG(json_str(json_object_get(one, "name"))), bits);
    }
    return text;
}

static void S_results(const struct cli *c, struct output *o, struct arena *scratch, const json_t *results)
{
    static const char *const COLUMNS[] = {"MASTER", "BAND", "WEIGHT", "RECORD", "WEIGHTS", "GOLDEN"};
    struct table *t = table_new(c);
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++)
        table_column(t, COLUMNS[i], i == 2 ? TABLE_RIGHT : TABLE_PLAIN);
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *one = json_array_get(results, i);
        struct str band = json_str(json_object_get(one, "band"));
        table_row(t);
        table_cell(t, json_str(json_object_get(one, "master_id")), STYLE_NONE);
        table_cell(t, band, S_band_style(band));
        table_cell(t, arena_printf(scratch, "%+.2f", json_number_value(json_object_get(one, "match_weight"))),
                   STYLE_NONE);
        table_cell(t, render_value(scratch, "record", json_object_get(one, "record")), STYLE_NONE);
        table_cell(t, S_weights(scratch, json_object_get(one, "comparisons")), STYLE_NONE);
        table_cell(t, S_golden(scratch, json_object_get(one, "golden")), STYLE_NONE);
    }
    table_print(t, o);
    table_free(t);
}

static void S_notes(struct output *o, struct arena *scratch, const json_t *found)
{
    const json_t *rules = json_object_get(found, "rules");
    for (size_t i = 0; i < json_array_size(rules); i++)
        if (json_is_true(json_object_get(json_array_get(rules, i), "too_large")))
            output_printf(o, "Too many records share %.*s: they were not looked at.\n",
                          STR_ARG(json_str(json_object_get(json_array_get(rules, i), "rule"))));
    long long all = json_integer_value(json_object_get(found, "found")),
              compared = json_integer_value(json_object_get(found, "compared"));
    if (compared < all)
        output_printf(o, "%lld records have something in common with this; the %lld nearest by keys were compared.\n",
                      all, compared);
    if (json_is_true(json_object_get(found, "weak")))
        output_printf(o, "Too little to decide: no record could reach a match. What would help: %.*s.\n",
                      STR_ARG(render_value(scratch, "would_help", json_object_get(found, "would_help"))));
}

static void S_human(const struct cli *c, struct output *o, const json_t *found)
{
    const json_t *results = json_object_get(found, "results");
    struct arena scratch;
    arena_init(&scratch);
    if (json_array_size(results))
        S_results(c, o, &scratch, results);
    else
        output_printf(o, "Nothing like it.\n");
    S_notes(o, &scratch, found);
    arena_deinit(&scratch);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct search_options *options = c->options;
    struct idem_session *s = NULL;
    struct idem_resolver *r = NULL;
    struct idem_field *field;
    char *text = NULL;
    enum idem_status status;
    TRY(S_fields(c, &field, err));
    if (options->limit > MOST_LIMIT)
        return usage_error(c, err, "--limit is at most %d", MOST_LIMIT);
    struct idem_search_options search = {.limit = (uint32_t)options->limit, .brief = options->brief};
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &s, err));
    TRY_DONE(idem_resolver_open(s, &r, err));
    TRY_DONE(idem_search(r, field, c->n_operands, &search, &text, err));
    status = render_result(c, text, S_human, err);
done:
    idem_resolver_close(r);
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct search_options, member)
static const struct option_row OPTIONS[] = {
    {"limit", 0, "N", "masters to show at most (default: 10)", OPTION_COUNT, AT(limit)},
    {"brief", 0, NULL, "without single weights and golden values", OPTION_FLAG, AT(brief)},
};

static const struct example EXAMPLES[] = {
    {"idem search given_name=Anna family_name=Smith birth_date=1980-02-29", "the masters nearest to these values"},
    {"idem search email=anna@example.org --limit 3 --json", "as JSON"},
};

const struct command cmd_search = {
    .name = "search",
    .summary = "find the masters nearest to some values",
    .operands = "FIELD=VALUE...",
    .least = 1,
    .most = ANY_NUMBER,
    .details = "Fields are those of the configuration; values are read as a record's are, so misspelt names are found. "
               "The band says what the matcher would make of a record with these values alone. Nothing is written.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct search_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
