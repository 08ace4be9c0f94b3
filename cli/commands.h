/* The rows of the table of commands: one in each cmd_*.c. */
#ifndef IDEM_CLI_COMMANDS_H
#define IDEM_CLI_COMMANDS_H

#include "cli/cli.h"

/* The types of values, for completion; a test holds the list to the library's. */
#define VALUE_TYPES                                                                                                    \
    "given_name middle_name family_name name_suffix full_name organisation employer birth_date date timestamp gender " \
    "email phone address house_number city region postcode country identifier url title text number amount currency "  \
    "category latitude longitude encoding"

extern const struct command cmd_annotate, cmd_apply, cmd_backup, cmd_check, cmd_compare, cmd_completion, cmd_diff,
    cmd_evaluate, cmd_export, cmd_generate, cmd_history, cmd_how, cmd_init, cmd_lookup, cmd_man, cmd_normalize,
    cmd_plan, cmd_profile, cmd_report, cmd_resolve, cmd_rollback, cmd_runs, cmd_search, cmd_show, cmd_status, cmd_train,
    cmd_version, cmd_why;

extern const struct command cmd_audit, cmd_key, cmd_verify;
extern const struct command cmd_dossier, cmd_encode, cmd_erase;

extern const struct command cmd_decide, cmd_import, cmd_merge, cmd_pin, cmd_review, cmd_split, cmd_unpin;
extern const struct command cmd_serve, cmd_token;

#endif
