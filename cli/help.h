/* Text of --help, from the tables of cli.h. */
#ifndef IDEM_CLI_HELP_H
#define IDEM_CLI_HELP_H

#include "cli/output.h"

/* What idem is and its commands. */
void help_all(struct output *o);
/* One command: usage, explanation, options, examples. */
void help_command(struct output *o, const struct command *command);

/* "-s, --source NAME=PATH" */
struct str help_option(struct arena *out, const struct option_row *row);

#endif
