/* The manual page idem(1) as roff, from the tables of cli.h. */
#ifndef IDEM_CLI_MANPAGE_H
#define IDEM_CLI_MANPAGE_H

#include "cli/output.h"

void manpage_write(struct output *o);

#endif
