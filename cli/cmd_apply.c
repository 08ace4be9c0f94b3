#include "base/file.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/notice.h"
#include "cli/progress_view.h"
#include "cli/render.h"
#include "cli/run_options.h"
#include "cli/run_view.h"
#include "cli/terminal.h"
#include "cli/units.h"

struct apply_options {
    struct run_options run;
    uint64_t seed, memory;
    const char *summary, *expect;
};

static void S_human(const struct cli *c, struct output *o, const json_t *report)
{
    struct arena scratch;
    arena_init(&scratch);
    const json_t *run = json_object_get(report, "run_id");
    output_printf(o, "%s%.*s%s%.*s in %.*s\n", json_is_integer(run) ? "run " : "",
                  STR_ARG(json_is_integer(run) ? render_value(&scratch, "run_id", run) : STR("")),
                  json_is_integer(run) ? ": " : "", STR_ARG(json_str(json_object_get(report, "status"))),
                  STR_ARG(units_seconds(&scratch, json_number_value(json_object_get(report, "seconds")))));
    run_view_counts(o, &scratch, report, "records");
    run_view_counts(o, &scratch, report, "masters");
    run_view_counts(o, &scratch, report, "pairs");
    run_view_losses(o, &scratch, json_object_get(report, "losses"));
    run_view_shared(o, &scratch, json_object_get(report, "shared"));
    run_view_gates(c, o, json_object_get(report, "gates"));
    if (json_integer_value(json_object_get(json_object_get(report, "records"), "rejected")))
        output_printf(o, "rows were set aside; see \"idem export rejects\"\n");
    if (c->common.verbose && json_array_size(json_object_get(report, "sources"))) {
        render_heading(c, o, "Sources");
        render_table(c, o, json_object_get(report, "sources"), NULL);
    }
    arena_deinit(&scratch);
}

/* The report goes to --summary as it goes to standard output; a stopped run has one too. */
static enum idem_status S_report(struct cli *c, char *text, enum idem_status status, struct idem_error *err)
{
    const struct apply_options *options = c->options;
    struct idem_error quiet = {0};
    struct idem_error *report_err = status == IDEM_OK ? err : &quiet;
    if (!text)
        return status;
    if (options->summary) {
        enum idem_status written =
            file_write_atomic(options->summary, arena_printf(&c->arena, "%s\n", text), 0644, report_err);
        if (status == IDEM_OK)
            status = written;
    }
    enum idem_status shown = render_summary(c, text, S_human, report_err);
    return status == IDEM_OK ? shown : status;
}

static enum idem_status S_apply(struct cli *c, struct idem_session *s, struct idem_apply_options *wanted,
                                struct idem_error *err)
{
    struct progress_view view;
    char *text = NULL;
    progress_begin(&view, c);
    wanted->progress = &view.progress; /* cppcheck-suppress autoVariables ; until the call is over */
    enum idem_status status = idem_apply(s, wanted, &text, err);
    wanted->progress = NULL;
    progress_end(&view);
    return S_report(c, text, status, err);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct apply_options *options = c->options;
    struct idem_session *s = NULL;
    struct idem_apply_options wanted;
    TRY(run_options_take(c, &options->run, &wanted, err));
    wanted.seed = options->seed;
    wanted.memory = options->memory;
    wanted.expect = options->expect;
    TRY(connect_open(c, CONFIG_NEEDED, IDEM_WRITE, &s, err));
    enum idem_status status = S_apply(c, s, &wanted, err);
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct apply_options, member)
static const struct option_row OPTIONS[] = {
    RUN_OPTIONS(struct apply_options, run),
    {"expect", 0, "DIGEST", "stop unless the run does what a plan with this digest said", OPTION_TEXT, AT(expect)},
    {"seed", 0, "N", "make the ids repeatable: same input, seed and --now, same bytes (0: random ids)", OPTION_NUMBER,
     AT(seed)},
    {"memory", 0, "SIZE",
     "memory that the run may hold, as 500M or 4G: the rest goes to disk, sealed (default: half the machine's)",
     OPTION_BYTES, AT(memory)},
    {"summary", 0, "FILE", "also write the report there, as JSON", OPTION_TEXT, AT(summary)},
};

static const struct example EXAMPLES[] = {
    {"idem apply", "read all sources, match, commit, report"},
    {"idem apply --source crm=exports/crm_2026-11-20.csv --wait 5m --json", "in a pipeline"},
    {"idem apply --only support --summary report.json", "one source only, the report kept as a file"},
    {"idem apply --expect 5b1f60e7a2c94d0833b6cf0e9d51a7c4", "what the plan said, or nothing"},
    {"idem apply --allow max_gone --reason \"the shop in Graz was closed\"", "override a gate, on record"},
};

const struct command cmd_apply = {
    .name = "apply",
    .summary = "read all sources, match, commit in one transaction, report",
    .details = "Nothing is changed until the commit at the end: a run that fails, is killed, or is stopped by a gate "
               "or quality "
               "rule (exit status 2) leaves the database as it was, and can be repeated.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct apply_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
