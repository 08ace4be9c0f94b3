/* Completion scripts for shells, from the tables of cli.h. */
#ifndef IDEM_CLI_COMPLETION_H
#define IDEM_CLI_COMPLETION_H

#include "cli/output.h"

enum shell { SHELL_BASH, SHELL_ZSH, SHELL_FISH };

void completion_write(struct output *o, enum shell shell);

#endif
