#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/render.h"

static void S_human(const struct cli *c, struct output *o, const json_t *status)
{
    render_object(c, o, status);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    struct idem_session *s = NULL;
    char *text = NULL;
    enum idem_status status;
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &s, err));
    TRY_DONE(idem_db_status(s, &text, err));
    status = render_result(c, text, S_human, err);
done:
    idem_close(s);
    return status;
}

static const struct example EXAMPLES[] = {
    {"idem status", "how many records and masters, from which sources, the last run, the size"},
};

const struct command cmd_status = {
    .name = "status",
    .summary = "show what the database holds and its last run",
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
