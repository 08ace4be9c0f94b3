#include "cli/commands.h"
#include "cli/steward_view.h"

static enum idem_status S_call(struct cli *c, struct idem_session *s, const struct idem_steward_options *options,
                               char **json, struct idem_error *err)
{
    const struct steward_options *own = c->options;
    if (own->file || own->undo) {
        if (c->n_operands || (own->file && own->undo))
            return usage_error(c, err, "two records and a verdict, or --file, or --undo");
        if (own->file)
            return idem_decide_file(s, own->file, options, json, err);
        return idem_undo(s, (int64_t)own->undo, options, json, err);
    }
    if (c->n_operands != 3)
        return usage_error(c, err, "a decision takes two records and same, different, unsure or withdraw");
    return idem_decide(s, c->operand[0], c->operand[1], c->operand[2], options, json, err);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    return steward_run(c, S_call, err);
}

static const struct option_row OPTIONS[] = {
    {"file", 0, "FILE", "decisions as CSV or JSON lines; -: standard input", OPTION_TEXT, STEWARD_AT(file)},
    {"undo", 0, "N", "withdraw decision N with those of its command, put back what it withdrew", OPTION_NUMBER,
     STEWARD_AT(undo)},
    STEWARD_OPTIONS,
};

static const struct example EXAMPLES[] = {
    {"idem decide crm:C-1001 billing:77 same --by ada", "they are one person, from now on"},
    {"idem decide --file reviewed.csv --by ada", "what was filled in in an exported review list"},
    {"idem decide --undo 12", "decision 12 and those of its command do not hold any more"},
};

const struct command cmd_decide = {
    .name = "decide",
    .summary = "decide that two records are the same or different",
    .operands = "A B same|different|unsure|withdraw",
    .least = 0,
    .most = 3,
    .details =
        "A and B are SOURCE:ID; a master stands for its record with the smallest key. A decision binds records, holds "
        "through others in every later run, and takes effect at once. One that contradicts others is refused, with the "
        "chain that speaks against it. A file has left_source, left_id, right_source, right_id and verdict, as idem "
        "export review writes it; rows without a verdict are passed over; all or none are taken.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct steward_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
