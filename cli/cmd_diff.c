#include <stdlib.h>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/render.h"
#include "cli/run_view.h"
#include "cli/terminal.h"
#include "cli/units.h"

struct diff_options {
    uint64_t list;
};

enum { LIST = 10, LIST_JSON = 100, MOST_LIST = 1000000 };

static void S_side(struct output *o, const char *what, const json_t *run)
{
    struct str by = json_str(json_object_get(run, "by"));
    output_printf(o, "%s run %lld, %.*s, %.*s%s%.*s\n", what,
                  (long long)json_integer_value(json_object_get(run, "run_id")),
                  STR_ARG(json_str(json_object_get(run, "at"))), STR_ARG(json_str(json_object_get(run, "status"))),
                  by.len ? ", by " : "", STR_ARG(by));
}

static void S_change(struct output *o, struct arena *scratch, const json_t *change)
{
    static const char *const OTHERS[] = {"from", "to", "into"};
    const json_t *record = json_object_get(change, "record");
    output_printf(o, "  ");
    output_str(o, record ? render_value(scratch, "record", record) : json_str(json_object_get(change, "master_id")));
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++)
        if (json_object_get(change, OTHERS[i]))
            output_printf(o, " %s %.*s", OTHERS[i], STR_ARG(json_str(json_object_get(change, OTHERS[i]))));
    if (json_integer_value(json_object_get(change, "records")) > 1)
        output_printf(o, " (%.*s records)",
                      STR_ARG(units_count(scratch, json_integer_value(json_object_get(change, "records")))));
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
            output_printf(o, "\n%s%s %s%s %.*s\n", style_on(c, STYLE_BOLD),
                          json_object_get(json_array_get(list, 0), "record") ? "records" : "masters", kind,
                          style_off(c, STYLE_BOLD), STR_ARG(units_count(scratch, n)));
        for (int64_t i = 0; i < shown; i++)
            S_change(o, scratch, json_array_get(list, (size_t)i));
        if (shown < n)
            output_printf(o, "  and %.*s more\n", STR_ARG(units_count(scratch, n - shown)));
    }
}

static void S_human(const struct cli *c, struct output *o, const json_t *diff)
{
    struct arena scratch;
    arena_init(&scratch);
    S_side(o, "from", json_object_get(diff, "from"));
    S_side(o, "to  ", json_object_get(diff, "to"));
    if (json_is_false(json_object_get(diff, "same_model")))
        output_printf(o, "the model is another one\n");
    if (json_is_false(json_object_get(diff, "same_configuration")))
        output_printf(o, "the configuration is another one\n");
    if (json_object_size(json_object_get(diff, "events")))
        run_view_counts(o, &scratch, diff, "events");
    S_changes(c, o, &scratch, json_object_get(diff, "changes"));
    if (json_array_size(json_object_get(diff, "figures"))) {
        render_heading(c, o, "Figures of the two reports");
        render_table(c, o, json_object_get(diff, "figures"), "name from to");
    }
    arena_deinit(&scratch);
}

static enum idem_status S_number(struct cli *c, const char *word, int64_t *run, struct idem_error *err)
{
    char *end;
    *run = strtoll(word, &end, 10);
    if (*run < 1 || *end)
        return usage_error(c, err, "\"%s\" is no number of a run; \"idem runs\" lists them", word);
    return IDEM_OK;
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct diff_options *options = c->options;
    uint64_t list = options->list ? options->list : c->common.json ? LIST_JSON : LIST;
    struct idem_session *s = NULL;
    int64_t from, to;
    char *text = NULL;
    enum idem_status status;
    TRY(S_number(c, c->operand[0], &from, err));
    TRY(S_number(c, c->operand[1], &to, err));
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &s, err));
    status = idem_diff(s, from, to, (uint32_t)(list < MOST_LIST ? list : MOST_LIST), &text, err);
    if (status == IDEM_OK)
        status = render_result(c, text, S_human, err);
done:
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct diff_options, member)
static const struct option_row OPTIONS[] = {
    {"list", 0, "N", "list at most so many changes of each kind (default: 10, with --json 100)", OPTION_NUMBER,
     AT(list)},
};

static const struct example EXAMPLES[] = {
    {"idem diff 6 7", "what run 7 changed"},
    {"idem diff 1 7 --json", "from the first run to now, what went back and forth left out"},
};

const struct command cmd_diff = {
    .name = "diff",
    .summary = "what changed between two runs",
    .operands = "RUN RUN",
    .least = 2,
    .most = 2,
    .details = "Compares the state after one run with that after another: records that came, went, or are in another "
               "master; masters made, merged, retired, revived; and the figures of the two reports.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct diff_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .discloses = true,
    .run = S_run,
};
