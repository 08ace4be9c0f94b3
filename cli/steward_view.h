/* What decide, merge, split, pin, unpin, review and import share: their options, and how a result is shown. */
#ifndef IDEM_CLI_STEWARD_VIEW_H
#define IDEM_CLI_STEWARD_VIEW_H

#include "cli/cli.h"
#include "cli/render.h"

struct steward_options {
    const char *by, *reason;
    bool dry_run;
    int64_t now_ms;
    uint64_t seed;
    const char *file; /* decide */
    uint64_t undo;    /* decide */
    const char *as;   /* import */
};

#define STEWARD_AT(member) offsetof(struct steward_options, member)
/* Rows of an option table. */
#define STEWARD_OPTIONS                                                                                                \
    {"by", 0, "WHO", "who decides, for the record (default: who runs it)", OPTION_TEXT, STEWARD_AT(by)},               \
        {"reason", 0, "TEXT", "why, for the record", OPTION_TEXT, STEWARD_AT(reason)},                                 \
        {"dry-run",          'n', NULL, "show the masters as they would be, and change nothing", OPTION_FLAG,          \
         STEWARD_AT(dry_run)},                                                                                         \
        {"now", 0, "TIME", "the time to note (default: now)", OPTION_TIME, STEWARD_AT(now_ms)},                        \
    {                                                                                                                  \
        "seed", 0, "N", "make new master_ids repeatable, with --now", OPTION_NUMBER, STEWARD_AT(seed)                  \
    }

/* A call of the library with an open session. */
typedef enum idem_status steward_call_fn(struct cli *c, struct idem_session *s,
                                         const struct idem_steward_options *options, char **json,
                                         struct idem_error *err);
/* Opens the database for writing, calls, shows the result. */
enum idem_status steward_run(struct cli *c, steward_call_fn *call, struct idem_error *err);
struct idem_steward_options steward_wanted(const struct cli *c);
/* Who was named, else who runs the program. */
const char *steward_by(const char *by);

#endif
