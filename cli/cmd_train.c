#include <stdio.h>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/progress_view.h"
#include "cli/render.h"
#include "cli/table.h"

struct train_options {
    const char *labels;
    int64_t now_ms;
};

static struct str S_member(struct arena *out, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value ? render_value(out, key, value) : STR("-");
}

static struct str S_figure(struct arena *out, const json_t *object, const char *key, const char *format)
{
    const json_t *value = json_object_get(object, key);
    char text[64];
    const char *as = strcmp(format, "+") == 0 ? "%+.2f" : strcmp(format, "n") == 0 ? "%.0f" : "%.3g";
    snprintf(text, sizeof text, as, json_number_value(value));
    return json_is_number(value) ? arena_printf(out, "%s", text) : STR("-");
}

static struct table *S_table(const struct cli *c, const char *const *columns, size_t n, unsigned plain)
{
    struct table *t = table_new(c);
    for (size_t i = 0; i < n; i++)
        table_column(t, columns[i], i < plain ? TABLE_PLAIN : TABLE_RIGHT);
    return t;
}

static void S_comparisons(const struct cli *c, struct output *o, struct arena *scratch, const json_t *list)
{
    static const char *const COLUMNS[] = {"COMPARISON", "LEVEL", "M FROM", "U FROM", "WEIGHT", "M", "U", "M PAIRS"};
    struct table *t = S_table(c, COLUMNS, COUNT_OF(COLUMNS), 4);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i), *levels = json_object_get(one, "levels");
        for (size_t l = 0; l < json_array_size(levels); l++) {
            const json_t *level = json_array_get(levels, l);
            table_row(t);
            table_cell(t, l ? STR("") : S_member(scratch, one, "name"), STYLE_NONE);
            table_cell(t, S_member(scratch, level, "name"), STYLE_NONE);
            table_cell(t, S_member(scratch, level, "m_from"), STYLE_DIM);
            table_cell(t, S_member(scratch, level, "u_from"), STYLE_DIM);
            table_cell(t, S_figure(scratch, level, "weight", "+"), STYLE_NONE);
            table_cell(t, S_figure(scratch, level, "m", ""), STYLE_NONE);
            table_cell(t, S_figure(scratch, level, "u", ""), STYLE_NONE);
            table_cell(t, S_figure(scratch, level, "m_n", "n"), STYLE_NONE);
        }
    }
    output_printf(o, "\n");
    table_print(t, o);
    table_free(t);
}

static const char *S_format(const char *key)
{
    static const struct {
        const char *key, *format;
    } FORMATS[] = {{"weight", "+"}, {"agree", "+"}, {"differ", "+"}, {"pairs", "n"}, {"matches", "n"}};
    for (size_t i = 0; i < COUNT_OF(FORMATS); i++)
        if (strcmp(FORMATS[i].key, key) == 0)
            return FORMATS[i].format;
    return "";
}

/* Rows of two names and figures. */
static void S_list(const struct cli *c, struct output *o, struct arena *scratch, const json_t *list,
                   const char *const columns[4], const char *const keys[4])
{
    if (!json_array_size(list))
        return;
    struct table *t = S_table(c, columns, 4, 1);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        table_row(t);
        struct str a = S_member(scratch, one, keys[0]);
        if (json_object_get(one, "b"))
            a = arena_printf(scratch, "%.*s - %.*s", STR_ARG(a), STR_ARG(S_member(scratch, one, "b")));
        table_cell(t, a, STYLE_NONE);
        for (size_t k = 1; k < 4; k++)
            table_cell(t,
                       !keys[k] ? STR("")
                       : json_is_integer(json_object_get(one, keys[k]))
                           ? S_member(scratch, one, keys[k])
                           : S_figure(scratch, one, keys[k], S_format(keys[k])),
                       STYLE_NONE);
    }
    output_printf(o, "\n");
    table_print(t, o);
    table_free(t);
}

static void S_head(struct output *o, struct arena *scratch, const json_t *result)
{
    const json_t *labels = json_object_get(result, "labels"), *threshold = json_object_get(result, "threshold");
    output_printf(o, "model %.*s, learnt from %.*s records; the next apply uses it\n",
                  STR_ARG(S_member(scratch, result, "model")), STR_ARG(S_member(scratch, result, "records")));
    if (json_is_object(labels)) {
        output_printf(o, "labels: %.*s same, %.*s different pairs", STR_ARG(S_member(scratch, labels, "same")),
                      STR_ARG(S_member(scratch, labels, "different")));
        if (json_integer_value(json_object_get(labels, "missing_records")))
            output_printf(o, "; records that the database has not: %.*s",
                          STR_ARG(S_member(scratch, labels, "missing_records")));
        output_printf(o,
                      json_is_true(json_object_get(labels, "threshold_moved"))
                          ? "; they moved the match threshold from %.*s\n"
                          : "; the match threshold stays at %.*s\n",
                      STR_ARG(S_figure(scratch, labels, "threshold_without", "+")));
    }
    output_printf(o, "match from %.*s bits, review from %.*s bits\n",
                  STR_ARG(S_figure(scratch, threshold, "match", "+")),
                  STR_ARG(S_figure(scratch, threshold, "review", "+")));
}

static void S_human(const struct cli *c, struct output *o, const json_t *result)
{
    static const char *const PRIORS[] = {"SOURCES", "PRIOR", "PAIRS", "MATCHES"},
                             *const PRIOR_KEYS[] = {"a", "weight", "pairs", "matches"},
                             *const RULES[] = {"CANDIDATES BY", "PAIRS", "RECALL", ""},
                             *const RULE_KEYS[] = {"rule", "price", "recall", NULL},
                             *const REPEATS[] = {"REPEATS", "BOTH AGREE", "BOTH DIFFER", ""},
                             *const REPEAT_KEYS[] = {"a", "agree", "differ", NULL};
    struct arena scratch;
    arena_init(&scratch);
    S_head(o, &scratch, result);
    S_comparisons(c, o, &scratch, json_object_get(result, "comparisons"));
    S_list(c, o, &scratch, json_object_get(result, "interactions"), REPEATS, REPEAT_KEYS);
    S_list(c, o, &scratch, json_object_get(result, "priors"), PRIORS, PRIOR_KEYS);
    S_list(c, o, &scratch, json_object_get(result, "blocking"), RULES, RULE_KEYS);
    arena_deinit(&scratch);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct train_options *options = c->options;
    struct idem_train_options wanted = {
        .labels_path = options->labels, .now_ms = options->now_ms, .threads = (unsigned)c->common.threads};
    struct idem_session *s = NULL;
    struct progress_view view;
    char *text = NULL;
    enum idem_status status;
    TRY_DONE(connect_open(c, CONFIG_NEEDED, IDEM_WRITE, &s, err));
    progress_begin(&view, c);
    wanted.progress = &view.progress;
    status = idem_train(s, &wanted, &text, err);
    progress_end(&view);
    if (status == IDEM_OK)
        status = render_summary(c, text, S_human, err);
done:
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct train_options, member)
static const struct option_row OPTIONS[] = {
    {"labels", 'l', "FILE", "pairs known to be the same or different, or records with their entity_id", OPTION_TEXT,
     AT(labels)},
    {"now", 0, "TIME", "the time to note for the model (default: now)", OPTION_TIME, AT(now_ms)},
};

static const struct example EXAMPLES[] = {
    {"idem train", "learn again from the records as they are stored today"},
    {"idem train --labels pairs.csv", "learn from labelled pairs; the next apply matches with what was learnt"},
};

const struct command cmd_train = {
    .name = "train",
    .summary = "learn a new model from the stored records and from labels",
    .details =
        "Labels are a CSV or JSON lines file with left_source, left_id, right_source, right_id and label (same or "
        "different), or with source, record_id and entity_id. The model is stored and used from the next apply "
        "on; until then no identity changes. apply --retrain learns without labels and takes its place.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct train_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
