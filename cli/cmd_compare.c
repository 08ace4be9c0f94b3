#include "base/json.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "cli/terminal.h"
#include "cli/value_lines.h"

struct compare_options {
    const char *country;
};

static struct str S_canon(const json_t *result, const char *side)
{
    const json_t *value = json_object_get(result, side);
    return json_str(json_object_get(json_object_get(value, "forms"), "canon"));
}

static void S_human(const struct cli *c, struct output *o, const json_t *result)
{
    struct str verdict = json_str(json_object_get(result, "verdict"));
    bool agree = str_eq(verdict, STR("agree"));
    enum style style = agree ? STYLE_GREEN : STYLE_YELLOW;
    output_printf(o, "left   %.*s\nright  %.*s\n", STR_ARG(S_canon(result, "left")), STR_ARG(S_canon(result, "right")));
    output_printf(o, "level  %.*s\nweight %+.2f bits", STR_ARG(json_str(json_object_get(result, "level"))),
                  json_number_value(json_object_get(result, "match_weight")));
    if (json_object_get(result, "m"))
        output_printf(o, " (m %.4g, u %.4g)", json_number_value(json_object_get(result, "m")),
                      json_number_value(json_object_get(result, "u")));
    output_printf(o, ": %s%.*s%s\n", style_on(c, style), STR_ARG(verdict), style_off(c, style));
}

/* Standard input without --json: level,weight,verdict of each line. */
static enum idem_status S_row(struct output *o, const char *text, struct idem_error *err)
{
    json_t *value = NULL;
    TRY(json_parse(str_from(text), "result", &value, err));
    const json_t *weight = json_object_get(value, "match_weight");
    output_str(o, json_str(json_object_get(value, "level")));
    if (json_is_number(weight))
        output_printf(o, ",%.4f,", json_number_value(weight));
    else
        output_printf(o, ",,");
    output_str(o, json_str(json_object_get(value, "verdict")));
    output_bytes(o, "\n", 1);
    json_decref(value);
    return IDEM_OK;
}

static enum idem_status S_lines(struct cli *c, struct idem_model *m, struct idem_error *err)
{
    struct value_lines lines = {.file = stdin};
    struct output o;
    enum idem_status status = IDEM_OK;
    output_foreign(&o);
    while (status == IDEM_OK && !output_gone(&o) && value_lines_next(&lines)) {
        struct str left = value_cell(&lines, 0), right = value_cell(&lines, 1);
        char *text = NULL;
        status = lines.n != 2 ? error_set(err, IDEM_INVALID, "the row has %u cells, not LEFT,RIGHT", lines.n)
                              : idem_compare(m, c->operand[0], (struct idem_str){left.ptr, left.len},
                                             (struct idem_str){right.ptr, right.len}, &text, err);
        if (status == IDEM_OK && c->common.json)
            output_printf(&o, "%s\n", text);
        else if (status == IDEM_OK)
            status = S_row(&o, text, err);
        else
            error_prefix(err, "standard input:%llu: ", (unsigned long long)lines.line);
        idem_free(text);
    }
    value_lines_deinit(&lines);
    return output_close(&o, status, err);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct compare_options *options = c->options;
    struct idem_model *m = NULL;
    char *text = NULL;
    enum idem_status status;
    if (c->n_operands == 2 && strcmp(c->operand[1], "-") != 0)
        return usage_error(c, err, "compare: expected TYPE LEFT RIGHT");
    TRY_DONE(idem_model_open(options->country, &m, err));
    if (c->n_operands < 3) {
        status = S_lines(c, m, err);
        goto done;
    }
    struct str left = str_from(c->operand[1]), right = str_from(c->operand[2]);
    TRY_DONE(idem_compare(m, c->operand[0], (struct idem_str){left.ptr, left.len},
                          (struct idem_str){right.ptr, right.len}, &text, err));
    status = render_result(c, text, S_human, err);
done:
    idem_model_close(m);
    return status;
}

#define AT(member) offsetof(struct compare_options, member)
static const struct option_row OPTIONS[] = {
    {"country", 0, "CODE", "default for phones, dates and addresses, as DE", OPTION_TEXT, AT(country)},
};

static const struct example EXAMPLES[] = {
    {"idem compare given_name Bill William",
     "the level, its weight under the shipped defaults, and both normalised values"},
    {"idem compare family_name < pairs.csv", "level,weight,verdict of each line LEFT,RIGHT"},
};

const struct command cmd_compare = {
    .name = "compare",
    .summary = "compare two values as the matcher does",
    .operands = "TYPE [LEFT RIGHT]",
    .least = 1,
    .most = 3,
    .completes = COMPLETE_WORDS,
    .words = VALUE_TYPES,
    .details =
        "Without LEFT and RIGHT, or with \"-\", reads CSV lines LEFT,RIGHT from standard input and prints level,weight,"
        "verdict of each, or with --json one object a line.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct compare_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
