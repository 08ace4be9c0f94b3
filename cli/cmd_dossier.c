#include <stdlib.h>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/output.h"

struct dossier_options {
    unsigned format;
    const char *out;
};

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    static const enum idem_dossier_form FORMS[] = {IDEM_DOSSIER_TEXT, IDEM_DOSSIER_HTML, IDEM_DOSSIER_JSON};
    const struct dossier_options *options = c->options;
    enum idem_dossier_form form = c->common.json ? IDEM_DOSSIER_JSON : FORMS[options->format];
    struct idem_session *s = NULL;
    struct output o;
    char *text = NULL;
    enum idem_status status;
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &s, err));
    TRY_DONE(cli_answer(c, idem_dossier(s, c->operand[0], form, &text, err)));
    TRY_DONE(output_open(&o, options->out, err));
    output_printf(&o, form == IDEM_DOSSIER_JSON ? "%s\n" : "%s", text);
    status = output_close(&o, status, err);
done:
    idem_free(text);
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct dossier_options, member)
static const struct option_row OPTIONS[] = {
    {"format", 0, "text|html|json", "as what (default: text)", OPTION_CHOICE, AT(format)},
    {"output", 'o', "FILE", "write it there", OPTION_TEXT, AT(out)},
};

static const struct example EXAMPLES[] = {
    {"idem dossier crm:C-1001 --format html -o dossier.html --purpose \"request 4711\"", "to send to the person"},
};

const struct command cmd_dossier = {
    .name = "dossier",
    .summary = "everything held about a person, for an access request",
    .operands = "SOURCE:ID|MASTER",
    .least = 1,
    .most = 1,
    .details =
        "Golden values and where they come from, every record as it was received and as it is compared, with earlier "
        "values, decisions, pins, what happened, who looked and why. It is noted in the audit log. With --masked, or "
        "without the key, values are masked, and it is no answer to a person.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct dossier_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
