/* What goes to standard error: errors, warnings, summaries; as text or, with --json, one JSON object a line. */
#ifndef IDEM_CLI_NOTICE_H
#define IDEM_CLI_NOTICE_H

#include "cli/cli.h"

void notice_error(const struct cli *c, const struct idem_error *err);
void notice_warn(const struct cli *c, const char *message);
/* A line that says what was done; not with -q or --json. */
void notice_summary(const struct cli *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
