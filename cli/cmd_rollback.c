#include <pwd.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/progress_view.h"
#include "cli/render.h"

struct rollback_options {
    const char *by;
    int64_t now_ms;
};

static void S_human(const struct cli *c, struct output *o, const json_t *report)
{
    const char *kind;
    json_t *n;
    (void)c;
    output_printf(o, "run %lld: undid run %lld\n", (long long)json_integer_value(json_object_get(report, "run_id")),
                  (long long)json_integer_value(json_object_get(report, "undone_run_id")));
    json_object_foreach(json_object_get(report, "events"), kind, n)
    {
        if (json_integer_value(n))
            output_printf(o, "%10lld %s\n", (long long)json_integer_value(n), kind);
    }
}

static enum idem_status S_number(const struct cli *c, int64_t *run, struct idem_error *err)
{
    uint64_t number;
    if (!str_to_u64(str_from(c->operand[0]), &number) || number > INT32_MAX)
        return usage_error(c, err, "\"%s\" is not the number of a run; idem runs lists them", c->operand[0]);
    *run = (int64_t)number;
    return IDEM_OK;
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct rollback_options *options = c->options;
    const struct passwd *user = getpwuid(geteuid());
    struct idem_rollback_options wanted = {.now_ms = options->now_ms,
                                           .threads = (unsigned)(c->common.threads > 1024 ? 1024 : c->common.threads),
                                           .by = options->by ? options->by
                                                 : user      ? user->pw_name
                                                             : NULL};
    struct idem_session *s = NULL;
    struct progress_view view;
    char *text = NULL;
    enum idem_status status;
    TRY(S_number(c, &wanted.run, err));
    TRY_DONE(connect_open(c, CONFIG_NEEDED, IDEM_WRITE, &s, err));
    progress_begin(&view, c);
    wanted.progress = &view.progress;
    status = idem_rollback(s, &wanted, &text, err);
    progress_end(&view);
    if (status == IDEM_OK)
        status = render_summary(c, text, S_human, err);
done:
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct rollback_options, member)
static const struct option_row OPTIONS[] = {
    {"by", 0, "NAME", "who does it, for the record (default: the user)", OPTION_TEXT, AT(by)},
    {"now", 0, "TIME", "the time to note for the run (default: now)", OPTION_TIME, AT(now_ms)},
};

static const struct example EXAMPLES[] = {
    {"idem rollback 7", "undo run 7, the last one"},
};

const struct command cmd_rollback = {
    .name = "rollback",
    .summary = "undo the last run, as a new run",
    .operands = "RUN",
    .least = 1,
    .most = 1,
    .details =
        "Crosswalk, golden records and records are as they were before the run; ids that it merged or retired come "
        "back, its own lead to where their records are, and decisions that it brought are withdrawn. The sources "
        "are as they are: before the next apply, put right what was wrong in them.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct rollback_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
