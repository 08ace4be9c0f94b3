#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/notice.h"
#include "cli/progress_view.h"
#include "cli/render.h"
#include "cli/terminal.h"
#include "cli/units.h"

struct apply_options {
    struct text_list only, path;
    bool retrain;
    uint64_t seed, memory;
    int64_t now_ms;
    const char *summary;
};

static enum idem_status S_paths(struct cli *c, const struct text_list *list, struct idem_source_path **paths,
                                struct idem_error *err)
{
    *paths = ARENA_NEW(&c->arena, struct idem_source_path, list->n + 1);
    for (size_t i = 0; i < list->n; i++) {
        struct str word = str_from(list->item[i]);
        size_t equals = str_find_byte(word, '=');
        if (equals == SIZE_MAX || equals == 0 || equals + 1 == word.len)
            return usage_error(c, err, "--source: \"%s\" is not NAME=PATH", list->item[i]);
        (*paths)[i].source = str_cstr(&c->arena, str_sub(word, 0, equals));
        (*paths)[i].path = list->item[i] + equals + 1;
    }
    return IDEM_OK;
}

static int64_t S_count(const json_t *report, const char *group, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(report, group), key));
}

static void S_counts(struct output *o, struct arena *scratch, const json_t *report, const char *group)
{
    const char *key;
    json_t *value;
    bool first = true;
    output_printf(o, "%-8s", group);
    json_object_foreach(json_object_get(report, group), key, value)
    {
        output_printf(o, "%s%.*s %s", first ? " " : ", ", STR_ARG(render_value(scratch, key, value)), key);
        first = false;
    }
    output_printf(o, "\n");
}

/* Losses are worth a line only when there are some. */
static void S_losses(struct output *o, struct arena *scratch, const json_t *losses)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)losses, key, value) if (json_is_number(value) && json_number_value(value) > 0)
        output_printf(o, "lost: %.*s %s\n", STR_ARG(render_value(scratch, key, value)), key);
}

static void S_gates(const struct cli *c, struct output *o, const json_t *gates)
{
    for (size_t i = 0; i < json_array_size(gates); i++) {
        const json_t *gate = json_array_get(gates, i);
        double value = json_number_value(json_object_get(gate, "value")),
               limit = json_number_value(json_object_get(gate, "limit"));
        if (!json_is_false(json_object_get(gate, "passed")))
            continue;
        output_printf(o, "%sgate %.*s:%s %.6g is %s %.6g\n", style_on(c, STYLE_RED),
                      STR_ARG(json_str(json_object_get(gate, "gate"))), style_off(c, STYLE_RED), value,
                      value > limit ? "above" : "below", limit);
    }
}

static void S_human(const struct cli *c, struct output *o, const json_t *report)
{
    struct arena scratch;
    arena_init(&scratch);
    const json_t *run = json_object_get(report, "run_id");
    output_printf(o, "%s%.*s%s%.*s in %.*s\n", json_is_integer(run) ? "run " : "",
                  STR_ARG(json_is_integer(run) ? render_value(&scratch, "run_id", run) : STR("")),
                  json_is_integer(run) ? ": " : "", STR_ARG(json_str(json_object_get(report, "status"))),
                  STR_ARG(units_seconds(&scratch, json_number_value(json_object_get(report, "seconds")))));
    S_counts(o, &scratch, report, "records");
    S_counts(o, &scratch, report, "masters");
    S_counts(o, &scratch, report, "pairs");
    S_losses(o, &scratch, json_object_get(report, "losses"));
    S_gates(c, o, json_object_get(report, "gates"));
    if (S_count(report, "records", "rejected"))
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
    struct idem_error quiet;
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
    wanted->progress = &view.progress;
    enum idem_status status = idem_apply(s, wanted, &text, err);
    progress_end(&view);
    return S_report(c, text, status, err);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct apply_options *options = c->options;
    const struct passwd *user = getpwuid(geteuid());
    struct idem_source_path *paths;
    struct idem_session *s = NULL;
    TRY(S_paths(c, &options->path, &paths, err));
    struct idem_apply_options wanted = {
        .only = options->only.item,
        .n_only = options->only.n,
        .path = paths,
        .n_paths = options->path.n,
        .retrain = options->retrain,
        .seed = options->seed,
        .now_ms = options->now_ms,
        .memory = options->memory,
        .threads = (unsigned)(c->common.threads > 1024 ? 1024 : c->common.threads),
        .by = user ? user->pw_name : NULL,
    };
    TRY(connect_open(c, CONFIG_NEEDED, IDEM_WRITE, &s, err));
    enum idem_status status = S_apply(c, s, &wanted, err);
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct apply_options, member)
static const struct option_row OPTIONS[] = {
    {"only", 0, "SOURCE", "read only this source, the others stay as stored; may be repeated", OPTION_LIST, AT(only)},
    {"source", 0, "NAME=PATH", "read this source from another file in this run; may be repeated", OPTION_LIST,
     AT(path)},
    {"retrain", 0, NULL, "learn a new model from today's records", OPTION_FLAG, AT(retrain)},
    {"seed", 0, "N", "make the ids repeatable: same input, seed and --now, same bytes (0: random ids)", OPTION_NUMBER,
     AT(seed)},
    {"now", 0, "TIME", "take this as the time of the run, as 2026-11-21T08:58:00Z", OPTION_TIME, AT(now_ms)},
    {"memory", 0, "SIZE", "memory to use, as 500M or 4G; read, but not enforced yet", OPTION_BYTES, AT(memory)},
    {"summary", 0, "FILE", "also write the report there, as JSON", OPTION_TEXT, AT(summary)},
};

static const struct example EXAMPLES[] = {
    {"idem apply", "read all sources, match, commit, report"},
    {"idem apply --source crm=exports/crm_2026-11-20.csv --wait 5m --json", "in a pipeline"},
    {"idem apply --only support --summary report.json", "one source only, the report kept as a file"},
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
