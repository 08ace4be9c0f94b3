/* What a terminal can do: colours and width. Colours only where the stream is a terminal and NO_COLOR is not set. */
#ifndef IDEM_CLI_TERMINAL_H
#define IDEM_CLI_TERMINAL_H

#include "cli/cli.h"

enum style { STYLE_NONE, STYLE_BOLD, STYLE_DIM, STYLE_RED, STYLE_GREEN, STYLE_YELLOW };

/* The escape sequences that start and end a style on standard output; "" where colours are off. */
const char *style_on(const struct cli *c, enum style style);
const char *style_off(const struct cli *c, enum style style);
/* The name libsmartcols gives the style's colour, or NULL. */
const char *style_name(const struct cli *c, enum style style);
/* Columns of standard error's terminal, 80 when unknown. */
unsigned terminal_width(int descriptor);

#endif
