#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/render.h"

static void S_human(const struct cli *c, struct output *o, const json_t *result)
{
    const json_t *runs = json_object_get(result, "runs");
    if (json_array_size(runs))
        render_table(c, o, runs, "run_id status started_at seconds by model");
    else
        output_printf(o, "no runs yet; make the first with \"idem apply\"\n");
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    struct idem_session *s = NULL;
    char *text = NULL;
    enum idem_status status;
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &s, err));
    TRY_DONE(idem_runs(s, &text, err));
    status = render_result(c, text, S_human, err);
done:
    idem_close(s);
    return status;
}

static const struct example EXAMPLES[] = {
    {"idem runs", "every run: when, how long, by whom"},
    {"idem runs --json", "the same with each run's whole report"},
};

const struct command cmd_runs = {
    .name = "runs",
    .summary = "list the runs",
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
