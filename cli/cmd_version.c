#include "cli/commands.h"
#include "cli/output.h"

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    struct output o;
    output_stdout(&o);
    output_printf(&o, c->common.json ? "{\"version\":\"%s\"}\n" : "idem %s\n", idem_version());
    return output_close(&o, IDEM_OK, err);
}

static const struct example EXAMPLES[] = {{"idem version", "the version of the program"}};

const struct command cmd_version = {
    .name = "version",
    .summary = "print the version",
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
