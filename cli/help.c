#include "cli/help.h"

enum { HELP_WIDTH = 96, OPTION_COLUMN = 34 };

/* Words of `text` in lines of HELP_WIDTH, each but the first behind `indent` spaces; the first begins at column `at`.
 */
static void S_wrap(struct output *o, const char *text, size_t at, size_t indent)
{
    struct str rest = str_from(text), word;
    bool first = true;
    while (str_next_token(&rest, " ", &word)) {
        if (!first && at + 1 + word.len > HELP_WIDTH) {
            output_printf(o, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            output_bytes(o, " ", 1);
            at++;
        }
        output_str(o, word);
        at += word.len;
        first = false;
    }
    output_bytes(o, "\n", 1);
}

struct str help_option(struct arena *out, const struct option_row *row)
{
    const char *space = row->argument ? " " : "", *argument = row->argument ? row->argument : "";
    if (row->letter)
        return arena_printf(out, "-%c, --%s%s%s", row->letter, row->name, space, argument);
    return arena_printf(out, "    --%s%s%s", row->name, space, argument);
}

static void S_options(struct output *o, const char *title, const struct option_row *rows, unsigned n)
{
    struct arena scratch;
    if (!n)
        return;
    arena_init(&scratch);
    output_printf(o, "\n%s:\n", title);
    for (unsigned i = 0; i < n; i++) {
        struct str left = help_option(&scratch, &rows[i]);
        output_printf(o, "  %.*s", STR_ARG(left));
        if (left.len + 4 > OPTION_COLUMN)
            output_printf(o, "\n%*s", OPTION_COLUMN, "");
        else
            output_printf(o, "%*s", (int)(OPTION_COLUMN - left.len - 2), "");
        S_wrap(o, rows[i].help, OPTION_COLUMN, OPTION_COLUMN);
    }
    arena_deinit(&scratch);
}

void help_all(struct output *o)
{
    output_printf(o,
                  "idem %s: which records, from all systems, are the same person or organisation?\n\n"
                  "Usage: idem COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n",
                  idem_version());
    for (unsigned i = 0; i < N_COMMANDS; i++)
        output_printf(o, "  %-11s %s\n", COMMANDS[i]->name, COMMANDS[i]->summary);
    S_options(o, "Common options", COMMON_OPTIONS, N_COMMON_OPTIONS);
    output_printf(
        o, "\nBegin with:\n  idem init crm.csv billing.csv\n  idem apply\n  idem export crosswalk -o crosswalk.csv\n"
           "\nExit status: 0 done, 1 error, 2 stopped by a gate or quality rule, 3 not found, 4 busy.\n"
           "\"idem COMMAND --help\" explains a command and shows examples.\n");
}

void help_command(struct output *o, const struct command *command)
{
    output_printf(o, "idem %s: %s\n\nUsage: idem %s", command->name, command->summary, command->name);
    output_printf(o, " [OPTION...]%s%s\n", command->operands ? " " : "", command->operands ? command->operands : "");
    if (command->details) {
        output_bytes(o, "\n", 1);
        S_wrap(o, command->details, 0, 0);
    }
    S_options(o, "Options", command->option, command->n_options);
    S_options(o, "Common options", COMMON_OPTIONS, N_COMMON_OPTIONS);
    output_printf(o, "\nExamples:\n");
    for (unsigned i = 0; i < command->n_examples; i++)
        output_printf(o, "  %s\n      %s\n", command->example[i].line, command->example[i].says);
}
