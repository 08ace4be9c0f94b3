/*
 * Parsing of a command line by the tables of cli.h, with getopt_long: GNU conventions (operands and options mixed, "--"
 * ends the options, "-" is an operand).
 */
#ifndef IDEM_CLI_OPTIONS_H
#define IDEM_CLI_OPTIONS_H

#include "cli/cli.h"

/* Options before the command, then the command's name, then its options and operands. Fills c->command (NULL when no
 * command was named), c->common, c->options, c->operand. IDEM_INVALID with a suggestion for a mistake. `*version` is
 * set by --version in place of a command. */
enum idem_status options_parse(struct cli *c, int argc, char **argv, bool *version, struct idem_error *err);

#endif
