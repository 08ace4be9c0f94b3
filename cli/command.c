#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"
#include "cli/commands.h"

const struct command *const COMMANDS[] = {
    &cmd_init,    &cmd_profile,    &cmd_check,  &cmd_plan,    &cmd_apply,    &cmd_lookup, &cmd_show,     &cmd_search,
    &cmd_resolve, &cmd_why,        &cmd_how,    &cmd_history, &cmd_annotate, &cmd_export, &cmd_evaluate, &cmd_train,
    &cmd_compare, &cmd_normalize,  &cmd_status, &cmd_runs,    &cmd_diff,     &cmd_review, &cmd_decide,   &cmd_merge,
    &cmd_split,   &cmd_pin,        &cmd_unpin,  &cmd_import,  &cmd_rollback, &cmd_report, &cmd_dossier,  &cmd_erase,
    &cmd_audit,   &cmd_encode,     &cmd_key,    &cmd_verify,  &cmd_backup,   &cmd_serve,  &cmd_token,    &cmd_generate,
    &cmd_version, &cmd_completion, &cmd_man,
};
const unsigned N_COMMANDS = COUNT_OF(COMMANDS);

#define AT(member) offsetof(struct common_options, member)
const struct option_row COMMON_OPTIONS[] = {
    {"json", 0, NULL, "print the result as JSON, in the shapes of docs/cli.md", OPTION_FLAG, AT(json)},
    {"quiet", 'q', NULL, "no progress, notices or summary; errors only", OPTION_FLAG, AT(quiet)},
    {"verbose", 'v', NULL, "progress as plain lines where there is no terminal", OPTION_FLAG, AT(verbose)},
    {"config", 'c', "CONFIG", "the configuration (default: idem.json)", OPTION_TEXT, AT(config)},
    {"db", 0, "FILE", "the database (default: idem.db)", OPTION_TEXT, AT(db)},
    {"key", 0, "FILE", "the key file (default: IDEM_KEY_FILE, the configuration, idem.key)", OPTION_TEXT, AT(key)},
    {"passphrase-file", 0, "FILE",
     "the key file's passphrase, if it has one (default: IDEM_PASSPHRASE_FILE, asked for)", OPTION_TEXT,
     AT(passphrase_file)},
    {"wait", 0, "TIME", "how long to wait for another writer, as 60s or 5m (default: not at all)", OPTION_DURATION,
     AT(wait_ms)},
    {"masked", 0, NULL, "show personal values masked even with the key", OPTION_FLAG, AT(masked)},
    {"purpose", 0, "TEXT", "what personal values are looked at for: kept in the audit log", OPTION_TEXT, AT(purpose)},
    {"threads", 0, "N", "threads to use (default: all processors)", OPTION_NUMBER, AT(threads)},
    {"progress", 0, "auto|bar|plain|json|none", "how to show progress on standard error", OPTION_CHOICE, AT(progress)},
    {"help", 'h', NULL, "explain and show an example", OPTION_FLAG, AT(help)},
};
const unsigned N_COMMON_OPTIONS = COUNT_OF(COMMON_OPTIONS);

const struct command *command_find(const char *name)
{
    for (unsigned i = 0; i < N_COMMANDS; i++)
        if (strcmp(COMMANDS[i]->name, name) == 0)
            return COMMANDS[i];
    return NULL;
}

const char *command_nearest(const char *name)
{
    const char *known[64];
    unsigned n = 0;
    for (; n < N_COMMANDS && n < COUNT_OF(known); n++)
        known[n] = COMMANDS[n]->name;
    return json_nearest_key(str_from(name), known, n);
}

enum idem_status usage_error(const struct cli *c, struct idem_error *err, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *joint = *text && text[strlen(text) - 1] == '?' ? " See" : "; see";
    if (!c->command)
        return error_set(err, IDEM_INVALID, "%s%s \"idem --help\"", text, joint);
    return error_set(err, IDEM_INVALID, "%s%s \"idem %s --help\"", text, joint, c->command->name);
}

enum idem_status cli_answer(struct cli *c, enum idem_status status)
{
    if (status == IDEM_NOT_FOUND)
        c->exit_status = 3;
    return status;
}
