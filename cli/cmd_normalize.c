#include "base/json.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "cli/value_lines.h"

struct normalize_options {
    const char *country;
};

static void S_human(const struct cli *c, struct output *o, const json_t *value)
{
    render_object(c, o, value);
}

/* Standard input without --json: the canonical form, one a line. */
static enum idem_status S_canonical(struct output *o, const char *text, struct idem_error *err)
{
    json_t *value = NULL;
    TRY(json_parse(str_from(text), "result", &value, err));
    output_str(o, json_str(json_object_get(json_object_get(value, "forms"), "canon")));
    output_bytes(o, "\n", 1);
    json_decref(value);
    return IDEM_OK;
}

static enum idem_status S_lines(struct cli *c, struct idem_model *m, struct idem_error *err)
{
    struct value_lines lines = {.file = stdin, .whole = true};
    struct output o;
    enum idem_status status = IDEM_OK;
    output_foreign(&o);
    while (status == IDEM_OK && !output_gone(&o) && value_lines_next(&lines)) {
        struct str cell = value_cell(&lines, 0);
        char *text = NULL;
        status = idem_normalize(m, c->operand[0], (struct idem_str){cell.ptr, cell.len}, &text, err);
        if (status == IDEM_OK && c->common.json)
            output_printf(&o, "%s\n", text);
        else if (status == IDEM_OK)
            status = S_canonical(&o, text, err);
        else
            error_prefix(err, "standard input:%llu: ", (unsigned long long)lines.line);
        idem_free(text);
    }
    value_lines_deinit(&lines);
    return output_close(&o, status, err);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct normalize_options *options = c->options;
    struct idem_model *m = NULL;
    char *text = NULL;
    enum idem_status status;
    TRY_DONE(idem_model_open(options->country, &m, err));
    if (c->n_operands < 2 || strcmp(c->operand[1], "-") == 0) {
        status = S_lines(c, m, err);
        goto done;
    }
    struct str value = str_from(c->operand[1]);
    TRY_DONE(idem_normalize(m, c->operand[0], (struct idem_str){value.ptr, value.len}, &text, err));
    status = render_result(c, text, S_human, err);
done:
    idem_model_close(m);
    return status;
}

#define AT(member) offsetof(struct normalize_options, member)
static const struct option_row OPTIONS[] = {
    {"country", 0, "CODE", "default for phones, dates and addresses, as DE", OPTION_TEXT, AT(country)},
};

static const struct example EXAMPLES[] = {
    {"idem normalize email ' Anna.Smith+news@GMAIL.com'", "every form the matcher sees, and its flags"},
    {"idem normalize phone --country DE < phones.txt", "the canonical form of each line"},
};

const struct command cmd_normalize = {
    .name = "normalize",
    .summary = "show what the matcher sees of a value",
    .operands = "TYPE [VALUE]",
    .least = 1,
    .most = 2,
    .completes = COMPLETE_WORDS,
    .words = VALUE_TYPES,
    .details = "Without VALUE, or with \"-\", reads values from standard input, one a line, quoted as in CSV or not. "
               "Prints the "
               "canonical form of each, or with --json one object a line.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct normalize_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
