#include <stdlib.h>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/output.h"

struct report_options {
    const char *output;
    bool values, pair;
};

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct report_options *options = c->options;
    struct idem_report_options wanted = {.html = !c->common.json, .values = options->values};
    struct idem_session *s = NULL;
    struct output o;
    char *text = NULL;
    if (c->n_operands != (options->pair ? 2u : 0u))
        return usage_error(c, err,
                           options->pair ? "--pair takes two records" : "two records are given with --pair A B");
    if (options->pair) {
        wanted.a = c->operand[0];
        wanted.b = c->operand[1];
    }
    TRY(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &s, err));
    enum idem_status status = cli_answer(c, idem_report(s, &wanted, &text, err));
    if (status == IDEM_OK)
        status = output_open(&o, options->output, err);
    if (status == IDEM_OK) {
        output_str(&o, str_from(text));
        if (c->common.json)
            output_str(&o, STR("\n"));
        status = output_close(&o, status, err);
    }
    idem_free(text);
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct report_options, member)
static const struct option_row OPTIONS[] = {
    {"output", 'o', "FILE", "write there; the file appears when it is complete", OPTION_TEXT, AT(output)},
    {"values", 0, NULL, "show personal values: those of the pair and the most shared ones", OPTION_FLAG, AT(values)},
    {"pair", 0, NULL, "the pair to show part by part is A B, not the most doubtful match", OPTION_FLAG, AT(pair)},
};

static const struct example EXAMPLES[] = {
    {"idem report -o report.html", "what was matched and how: weights, scores, blocking, completeness"},
    {"idem report --pair crm:C-1001 billing:77 -o report.html", "the same, with these two records part by part"},
};

const struct command cmd_report = {
    .name = "report",
    .summary = "write a page on model, matching and data quality",
    .operands = "[--pair A B]",
    .least = 0,
    .most = 2,
    .details = "One HTML page that needs nothing else and shows no personal values, unless asked for. Expected figures "
               "on it are the model's own. With --json the figures behind the page.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct report_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .discloses = true,
    .run = S_run,
};
