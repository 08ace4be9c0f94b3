#include "cli/commands.h"
#include "cli/manpage.h"

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    struct output o;
    (void)c;
    output_stdout(&o);
    manpage_write(&o);
    return output_close(&o, IDEM_OK, err);
}

static const struct example EXAMPLES[] = {
    {"idem man > idem.1", "write the manual page, to be read with: man ./idem.1"}};

const struct command cmd_man = {
    .name = "man",
    .summary = "print the manual page (roff)",
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
