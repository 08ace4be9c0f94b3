/* The options that a run and its plan share. */
#ifndef IDEM_CLI_RUN_OPTIONS_H
#define IDEM_CLI_RUN_OPTIONS_H

#include "cli/cli.h"

struct run_options {
    struct text_list only, path, allow;
    bool retrain, full, rebuild, allow_return;
    int64_t now_ms;
    const char *reason;
};

/* Rows of the table of options of a command whose struct `type` has a struct run_options `member`. */
#define RUN_OPTIONS(type, member)                                                                                      \
    {"only",      0,                                                                                                   \
     "SOURCE",    "read only this source, the others stay as stored; may be repeated",                                 \
     OPTION_LIST, offsetof(type, member.only)},                                                                        \
        {"source",    0,                                                                                               \
         "NAME=PATH", "read this source from another file in this run; may be repeated",                               \
         OPTION_LIST, offsetof(type, member.path)},                                                                    \
        {"retrain", 0, NULL, "learn a new model from today's records", OPTION_FLAG, offsetof(type, member.retrain)},   \
        {"full",      0,                                                                                               \
         NULL,        "match all records again, also those that did not change",                                       \
         OPTION_FLAG, offsetof(type, member.full)},                                                                    \
        {"allow-return", 0,                                                                                            \
         NULL,           "take in again records of persons who were erased",                                           \
         OPTION_FLAG,    offsetof(type, member.allow_return)},                                                         \
        {"rebuild",   0,                                                                                               \
         NULL,        "normalise all stored values again, and match all records",                                      \
         OPTION_FLAG, offsetof(type, member.rebuild)},                                                                 \
        {"allow",     0,                                                                                               \
         "GATE",      "do not stop at this gate: max_gone, max_gone:SOURCE, quality[0]; may be repeated",              \
         OPTION_LIST, offsetof(type, member.allow)},                                                                   \
        {"reason",    0,                                                                                               \
         "TEXT",      "why it is allowed; kept with the run, in the clear",                                            \
         OPTION_TEXT, offsetof(type, member.reason)},                                                                  \
    {                                                                                                                  \
        "now", 0, "TIME", "take this as the time of the run, as 2026-11-21T08:58:00Z", OPTION_TIME,                    \
            offsetof(type, member.now_ms)                                                                              \
    }

/* Fills `wanted` with them, with the user's name and the number of threads. */
enum idem_status run_options_take(struct cli *c, const struct run_options *options, struct idem_apply_options *wanted,
                                  struct idem_error *err);

#endif
