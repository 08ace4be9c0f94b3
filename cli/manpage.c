#include "cli/manpage.h"

/* Text with what roff would take for itself escaped. */
static void S_text(struct output *o, const char *text)
{
    if (*text == '.' || *text == '\'')
        output_printf(o, "\\&");
    for (; *text; text++) {
        if (*text == '\\')
            output_printf(o, "\\e");
        else if (*text == '-')
            output_printf(o, "\\-");
        else
            output_bytes(o, text, 1);
    }
    output_bytes(o, "\n", 1);
}

static void S_options(struct output *o, const struct option_row *rows, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        output_printf(o, ".TP\n");
        if (rows[i].letter)
            output_printf(o, "\\fB\\-%c\\fR, ", rows[i].letter);
        output_printf(o, "\\fB\\-\\-%s\\fR", rows[i].name);
        if (rows[i].argument)
            output_printf(o, " \\fI%s\\fR", rows[i].argument);
        output_bytes(o, "\n", 1);
        S_text(o, rows[i].help);
    }
}

static void S_command(struct output *o, const struct command *command)
{
    output_printf(o, ".SS \"idem %s", command->name);
    output_printf(o, "%s%s\"\n", command->operands ? " " : "", command->operands ? command->operands : "");
    S_text(o, command->summary);
    if (command->details) {
        output_printf(o, ".PP\n");
        S_text(o, command->details);
    }
    S_options(o, command->option, command->n_options);
    for (unsigned i = 0; i < command->n_examples; i++) {
        output_printf(o, ".PP\n");
        S_text(o, command->example[i].says);
        output_printf(o, ".RS\n.EX\n");
        S_text(o, command->example[i].line);
        output_printf(o, ".EE\n.RE\n");
    }
}

static const struct {
    const char *tag, *text;
} EXITS[] = {
    {"0", "done"},
    {"1", "error: usage, configuration, files, database"},
    {"2", "a gate or quality rule stopped the run; nothing was changed"},
    {"3", "not found: no such record or master"},
    {"4", "busy: another process is writing"},
};

static const struct {
    const char *tag, *text;
} VARIABLES[] = {
    {"IDEM_KEY_FILE", "the key file, where --key does not name one"},
    {"NO_COLOR", "when set and not empty: no colours"},
    {"TERM", "\"dumb\": no colours and no progress bar"},
};

void manpage_write(struct output *o)
{
    output_printf(o,
                  ".TH IDEM 1 \"\" \"idem %s\" \"User Commands\"\n.SH NAME\n"
                  "idem \\- identity resolution and master data in one file\n.SH SYNOPSIS\n"
                  ".B idem\n.I COMMAND\n[\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n.SH DESCRIPTION\n",
                  idem_version());
    S_text(o,
           "Finds which records, from all systems, are the same person or organisation; gives every real entity one "
           "golden "
           "record and one stable master_id, and keeps a crosswalk from every source's ids to it. The configuration is "
           "idem.json, the database the SQLite file idem.db.");
    output_printf(o, ".SH OPTIONS\nEvery command takes these.\n");
    S_options(o, COMMON_OPTIONS, N_COMMON_OPTIONS);
    output_printf(o, ".SH COMMANDS\n");
    for (unsigned i = 0; i < N_COMMANDS; i++)
        S_command(o, COMMANDS[i]);
    output_printf(o, ".SH EXIT STATUS\n");
    for (size_t i = 0; i < COUNT_OF(EXITS); i++)
        output_printf(o, ".TP\n\\fB%s\\fR\n%s\n", EXITS[i].tag, EXITS[i].text);
    output_printf(o, ".SH ENVIRONMENT\n");
    for (size_t i = 0; i < COUNT_OF(VARIABLES); i++) {
        output_printf(o, ".TP\n\\fB%s\\fR\n", VARIABLES[i].tag);
        S_text(o, VARIABLES[i].text);
    }
}
