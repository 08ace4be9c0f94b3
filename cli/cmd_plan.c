#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/notice.h"
#include "cli/progress_view.h"
#include "cli/render.h"
#include "cli/run_options.h"
#include "cli/run_view.h"
#include "cli/terminal.h"
#include "cli/units.h"

struct plan_options {
    struct run_options run;
    uint64_t list, memory;
    bool estimate;
};

enum { LIST = 10, LIST_JSON = 100, MOST_LIST = 1000000 };

static void S_key(struct output *o, struct arena *scratch, const json_t *record)
{
    output_str(o, render_value(scratch, "record", record));
}

/* "  (crm:1 - billing:77 14.20 bits, +NAME+DOB)" */
static void S_evidence(struct output *o, struct arena *scratch, const char *what, const json_t *pair)
{
    if (!json_is_object(pair))
        return;
    output_printf(o, "  %s", what);
    S_key(o, scratch, json_object_get(pair, "a"));
    output_printf(o, " - ");
    S_key(o, scratch, json_object_get(pair, "b"));
    output_printf(o, " %.2f bits %.*s", json_number_value(json_object_get(pair, "match_weight")),
                  STR_ARG(json_str(json_object_get(pair, "match_key"))));
    if (!str_eq(json_str(json_object_get(pair, "by")), STR("weight")))
        output_printf(o, ", by %.*s", STR_ARG(json_str(json_object_get(pair, "by"))));
}

static void S_change(struct output *o, struct arena *scratch, const json_t *change)
{
    static const char *const OTHERS[] = {"from", "into", "to"};
    const json_t *record = json_object_get(change, "record");
    int64_t records = json_integer_value(json_object_get(change, "records"));
    output_printf(o, "  ");
    if (record) {
        S_key(o, scratch, record);
        output_printf(o, " ");
    }
    output_printf(o, "%.*s", STR_ARG(json_str(json_object_get(change, "master_id"))));
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
        const json_t *other = json_object_get(change, OTHERS[i]);
        if (json_is_string(other))
            output_printf(o, " %s %.*s", OTHERS[i], STR_ARG(json_str(other)));
    }
    if (records > 1)
        output_printf(o, " (%.*s records)", STR_ARG(units_count(scratch, records)));
    S_evidence(o, scratch, "", json_object_get(change, "joined"));
    S_evidence(o, scratch, "apart: ", json_object_get(change, "apart"));
    output_printf(o, "\n");
}

static void S_changes(const struct cli *c, struct output *o, struct arena *scratch, const json_t *changes)
{
    const char *kind;
    json_t *one;
    json_object_foreach((json_t *)(uintptr_t)changes, kind, one)
    {
        const json_t *list = json_object_get(one, "list");
        int64_t n = json_integer_value(json_object_get(one, "n")), shown = (int64_t)json_array_size(list);
        if (n)
            output_printf(o, "\n%s%s%s %.*s\n", style_on(c, STYLE_BOLD), kind, style_off(c, STYLE_BOLD),
                          STR_ARG(units_count(scratch, n)));
        for (int64_t i = 0; i < shown; i++)
            S_change(o, scratch, json_array_get(list, (size_t)i));
        if (shown < n)
            output_printf(o, "  and %.*s more\n", STR_ARG(units_count(scratch, n - shown)));
    }
}

static void S_human(const struct cli *c, struct output *o, const json_t *plan)
{
    struct arena scratch;
    struct str status = json_str(json_object_get(plan, "status")), digest = json_str(json_object_get(plan, "digest"));
    const json_t *churn = json_object_get(plan, "churn"), *share = json_object_get(churn, "share");
    arena_init(&scratch);
    output_printf(o, "%s\n",
                  str_eq(status, STR("planned"))     ? "apply would do this; nothing was written"
                  : str_eq(status, STR("unchanged")) ? "apply would have nothing to do"
                                                     : "apply would be stopped");
    run_view_counts(o, &scratch, plan, "records");
    run_view_counts(o, &scratch, plan, "masters");
    run_view_counts(o, &scratch, plan, "pairs");
    if (json_is_number(share))
        output_printf(o, "churn    %.*s of %.*s records\n", STR_ARG(units_share(&scratch, json_number_value(share))),
                      STR_ARG(units_count(&scratch, json_integer_value(json_object_get(churn, "stayed")))));
    run_view_losses(o, &scratch, json_object_get(plan, "losses"));
    run_view_shared(o, &scratch, json_object_get(plan, "shared"));
    run_view_drift(c, o, json_object_get(plan, "drift"));
    run_view_gates(c, o, json_object_get(plan, "gates"));
    S_changes(c, o, &scratch, json_object_get(plan, "changes"));
    if (str_eq(status, STR("planned")))
        output_printf(o, "\nexactly this, or nothing: idem apply --expect %.*s\n", STR_ARG(digest));
    arena_deinit(&scratch);
}

/* What a run would cost. */
static void S_cost(const struct cli *c, struct output *o, const json_t *cost)
{
    struct arena scratch;
    size_t i;
    const json_t *rule, *seconds = json_object_get(cost, "seconds"), *memory = json_object_get(cost, "memory");
    arena_init(&scratch);
    output_printf(o, "%sPAIRS, LARGEST BLOCK, RULE%s\n", style_on(c, STYLE_BOLD), style_off(c, STYLE_BOLD));
    json_array_foreach(json_object_get(cost, "rules"), i, rule)
    {
        output_printf(
            o, "%14.*s %10.*s  %.*s%s\n",
            STR_ARG(units_count(&scratch, json_integer_value(json_object_get(rule, "pairs")))),
            STR_ARG(units_count(&scratch, json_integer_value(json_object_get(rule, "largest_block")))),
            STR_ARG(json_str(json_object_get(rule, "rule"))),
            json_is_true(json_object_get(rule, "too_large")) ? "  (not compared where it is larger than 20,000)" : "");
    }
    output_printf(o, "%14.*s pairs of %.*s records, %.*s of them looked at\n",
                  STR_ARG(units_count(&scratch, json_integer_value(json_object_get(cost, "pairs")))),
                  STR_ARG(units_count(&scratch, json_integer_value(json_object_get(cost, "records")))),
                  STR_ARG(units_count(&scratch, json_integer_value(json_object_get(cost, "sampled_pairs")))));
    output_printf(
        o, "seconds  %.1f to read and normalise, %.1f to train, about %.1f to score\n",
        json_number_value(json_object_get(seconds, "read")) + json_number_value(json_object_get(seconds, "normalise")),
        json_number_value(json_object_get(seconds, "train")), json_number_value(json_object_get(seconds, "score")));
    output_printf(o, "memory   %.0f MB now, about %.0f MB to match, %.0f MB allowed\n",
                  json_number_value(json_object_get(memory, "held")) / 1e6,
                  json_number_value(json_object_get(memory, "expected")) / 1e6,
                  json_number_value(json_object_get(memory, "allowed")) / 1e6);
    if (json_integer_value(json_object_get(memory, "spilled")))
        output_printf(o, "         to keep to that %.0f MB go to disk meanwhile\n",
                      json_number_value(json_object_get(memory, "spilled")) / 1e6);
    arena_deinit(&scratch);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct plan_options *options = c->options;
    struct idem_session *s = NULL;
    struct idem_apply_options wanted;
    struct progress_view view;
    char *text = NULL;
    uint64_t list = options->list ? options->list : c->common.json ? LIST_JSON : LIST;
    TRY(run_options_take(c, &options->run, &wanted, err));
    TRY(connect_open(c, CONFIG_NEEDED, IDEM_WRITE, &s, err));
    progress_begin(&view, c);
    wanted.progress = &view.progress;
    wanted.memory = options->memory;
    enum idem_status status = options->estimate
                                  ? idem_estimate(s, &wanted, &text, err)
                                  : idem_plan(s, &wanted, (uint32_t)(list < MOST_LIST ? list : MOST_LIST), &text, err);
    progress_end(&view);
    if (text) {
        struct idem_error quiet;
        enum idem_status shown =
            render_result(c, text, options->estimate ? S_cost : S_human, status == IDEM_OK ? err : &quiet);
        status = status == IDEM_OK ? shown : status;
    }
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct plan_options, member)
static const struct option_row OPTIONS[] = {
    RUN_OPTIONS(struct plan_options, run),
    {"list", 0, "N", "list at most so many changes of each kind (default: 10, with --json 100)", OPTION_NUMBER,
     AT(list)},
    {"estimate", 0, NULL, "say what it would cost instead: pairs of each rule, largest blocks, time, memory",
     OPTION_FLAG, AT(estimate)},
    {"memory", 0, "SIZE", "memory that the run may hold, as 500M or 4G (default: half the machine's)", OPTION_BYTES,
     AT(memory)},
};

static const struct example EXAMPLES[] = {
    {"idem plan", "what apply would do, before anything is written"},
    {"idem plan --retrain --list 50", "what a new model would change"},
    {"idem plan --estimate", "how many pairs, how long, how much memory"},
    {"idem plan --json", "the whole, with the digest that apply --expect holds a run to"},
};

const struct command cmd_plan = {
    .name = "plan",
    .summary = "what apply would do: counts, changes, gates, a digest; writes nothing",
    .details = "Reads all sources and matches as apply does, and shows what would be created, attached, moved, merged, "
               "split and retired, with what speaks for it. The exit status is 2 when a gate or quality rule would "
               "stop apply.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct plan_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
