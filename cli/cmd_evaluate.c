#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/progress_view.h"
#include "cli/render.h"
#include "cli/table.h"

enum { USUAL_ERRORS = 10, MOST_ERRORS = 10000, BITS_AROUND = 4 };

struct evaluate_options {
    const char *truth, *min_f1, *errors;
    bool cross_source;
    uint64_t sample;
};

/* ------------------------------------------------------------------ for people */

static struct str S_member(struct arena *out, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value ? render_value(out, key, value) : STR("-");
}

static struct str S_figure(struct arena *out, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? arena_printf(out, "%.4f", json_number_value(value)) : STR("-");
}

static struct str S_bits(struct arena *out, const json_t *value)
{
    double bits = json_number_value(value);
    return json_is_number(value) && bits > -100000 ? arena_printf(out, "%+.2f", bits) : STR("never");
}

static void S_head(struct output *o, struct arena *scratch, const json_t *result)
{
    const json_t *truth = json_object_get(result, "truth");
    output_printf(o, "%.*s: %.*s, %.*s records", STR_ARG(S_member(scratch, truth, "path")),
                  STR_ARG(S_member(scratch, truth, "shape")), STR_ARG(S_member(scratch, truth, "records")));
    if (json_is_integer(json_object_get(truth, "entities")))
        output_printf(o, ", %.*s entities", STR_ARG(S_member(scratch, truth, "entities")));
    if (json_is_integer(json_object_get(truth, "pairs")))
        output_printf(o, ", %.*s pairs", STR_ARG(S_member(scratch, truth, "pairs")));
    output_printf(o,
                  json_is_true(json_object_get(truth, "cross_source")) ? "; pairs between two sources only\n" : "\n");
}

static void S_put_row(struct table *t, struct arena *scratch, const char *name, const json_t *one)
{
    static const char *const FIGURES[] = {"precision", "recall", "f1"};
    if (!json_is_object(one))
        return;
    table_row(t);
    table_cell(t, str_from(name), STYLE_NONE);
    for (size_t i = 0; i < COUNT_OF(FIGURES); i++)
        table_cell(t, S_figure(scratch, one, FIGURES[i]), i == 2 ? STYLE_BOLD : STYLE_NONE);
}

static void S_figures(const struct cli *c, struct output *o, struct arena *scratch, const json_t *result)
{
    static const struct {
        const char *key, *name;
    } ROWS[] = {{"pairs", "pairs"}, {"b3", "B-cubed"}, {"clusters", "whole clusters"}};
    static const char *const COLUMNS[] = {"", "PRECISION", "RECALL", "F1"};
    struct table *t = table_new(c);
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++)
        table_column(t, COLUMNS[i], i ? TABLE_RIGHT : TABLE_PLAIN);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        S_put_row(t, scratch, ROWS[i].name, json_object_get(result, ROWS[i].key));
    output_printf(o, "\n");
    table_print(t, o);
    table_free(t);
}

/* "missed 6: 1 blocking, 5 scoring" */
static void S_reasons(struct output *o, struct arena *scratch, const char *name, const json_t *one)
{
    const char *key;
    json_t *value;
    bool first = true;
    if (!json_is_object(one))
        return;
    output_printf(o, "%-7s %.*s", name, STR_ARG(S_member(scratch, one, "pairs")));
    json_object_foreach((json_t *)one, key, value)
    {
        if (strcmp(key, "pairs") == 0 || strcmp(key, "looked_at") == 0 || json_integer_value(value) == 0)
            continue;
        output_printf(o, "%s %.*s by %s", first ? ":" : ",", STR_ARG(render_value(scratch, key, value)), key);
        first = false;
    }
    if (json_integer_value(json_object_get(one, "looked_at")) < json_integer_value(json_object_get(one, "pairs")))
        output_printf(o, " (of %.*s looked at)", STR_ARG(S_member(scratch, one, "looked_at")));
    output_printf(o, "\n");
}

static void S_counts(struct output *o, struct arena *scratch, const json_t *result)
{
    const json_t *pairs = json_object_get(result, "pairs"), *clusters = json_object_get(result, "clusters");
    output_printf(o, "\npairs   %.*s true, %.*s found, %.*s right\n", STR_ARG(S_member(scratch, pairs, "true")),
                  STR_ARG(S_member(scratch, pairs, "found")), STR_ARG(S_member(scratch, pairs, "right")));
    S_reasons(o, scratch, "missed", json_object_get(result, "missed"));
    S_reasons(o, scratch, "wrong", json_object_get(result, "wrong"));
    if (json_is_object(clusters))
        output_printf(o, "masters %.*s for %.*s entities: %.*s exact, %.*s entities split, %.*s masters mixed\n",
                      STR_ARG(S_member(scratch, clusters, "masters")), STR_ARG(S_member(scratch, clusters, "entities")),
                      STR_ARG(S_member(scratch, clusters, "exact")), STR_ARG(S_member(scratch, clusters, "split")),
                      STR_ARG(S_member(scratch, clusters, "mixed")));
}

static struct str S_source(struct arena *out, const json_t *one, const char *key)
{
    return json_is_null(json_object_get(one, key)) ? STR("others") : S_member(out, one, key);
}

static void S_sources(const struct cli *c, struct output *o, struct arena *scratch, const json_t *list)
{
    static const char *const COLUMNS[] = {"SOURCES", "TRUE", "FOUND", "RIGHT", "PRECISION", "RECALL", "F1"};
    static const char *const COUNTS[] = {"true", "found", "right"}, *const FIGURES[] = {"precision", "recall", "f1"};
    if (json_array_size(list) < 2)
        return;
    struct table *t = table_new(c);
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++)
        table_column(t, COLUMNS[i], i ? TABLE_RIGHT : TABLE_PLAIN);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        table_row(t);
        table_cell(t,
                   arena_printf(scratch, "%.*s - %.*s", STR_ARG(S_source(scratch, one, "a")),
                                STR_ARG(S_source(scratch, one, "b"))),
                   STYLE_NONE);
        for (size_t k = 0; k < COUNT_OF(COUNTS); k++)
            table_cell(t, S_member(scratch, one, COUNTS[k]), STYLE_NONE);
        for (size_t k = 0; k < COUNT_OF(FIGURES); k++)
            table_cell(t, S_figure(scratch, one, FIGURES[k]), STYLE_NONE);
    }
    output_printf(o, "\n");
    table_print(t, o);
    table_free(t);
}

static bool S_is_near(const json_t *point, const json_t *to)
{
    double a = json_number_value(json_object_get(point, "threshold")),
           b = json_number_value(json_object_get(to, "threshold"));
    return json_is_object(to) && a - b <= BITS_AROUND && b - a <= BITS_AROUND;
}

static void S_point(struct table *t, struct arena *scratch, const json_t *point, const char *says)
{
    table_row(t);
    table_cell(t, S_bits(scratch, json_object_get(point, "threshold")), STYLE_NONE);
    table_cell(t, S_member(scratch, point, "pairs"), STYLE_NONE);
    table_cell(t, S_figure(scratch, point, "precision"), STYLE_NONE);
    table_cell(t, S_figure(scratch, point, "recall"), STYLE_NONE);
    table_cell(t, S_figure(scratch, point, "f1"), STYLE_NONE);
    table_cell(t, str_from(says), STYLE_DIM);
}

static void S_curve(const struct cli *c, struct output *o, struct arena *scratch, const json_t *result)
{
    static const char *const COLUMNS[] = {"THRESHOLD", "PAIRS", "PRECISION", "RECALL", "F1", ""};
    const json_t *list = json_object_get(result, "curve"), *best = json_object_get(result, "best"),
                 *now = json_object_get(result, "at_threshold");
    if (!json_array_size(list))
        return;
    struct table *t = table_new(c);
    bool told = false;
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++)
        table_column(t, COLUMNS[i], i < 5 ? TABLE_RIGHT : TABLE_PLAIN);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *point = json_array_get(list, i);
        if (!told && json_number_value(json_object_get(point, "threshold")) >=
                         json_number_value(json_object_get(now, "threshold"))) {
            S_point(t, scratch, now, "the match threshold");
            told = true;
        }
        if (S_is_near(point, best) || S_is_near(point, now))
            S_point(t, scratch, point, json_equal(point, best) ? "best" : "");
    }
    if (!told)
        S_point(t, scratch, now, "the match threshold");
    output_printf(o, "\nPairs by weight alone, before clustering\n");
    table_print(t, o);
    table_free(t);
}

static void S_errors(const struct cli *c, struct output *o, struct arena *scratch, const char *title,
                     const json_t *list)
{
    static const char *const COLUMNS[] = {"WEIGHT", "A", "B", "BECAUSE OF", "EVIDENCE"};
    if (!json_array_size(list))
        return;
    struct table *t = table_new(c);
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++)
        table_column(t, COLUMNS[i], i ? TABLE_PLAIN : TABLE_RIGHT);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        table_row(t);
        table_cell(t, S_bits(scratch, json_object_get(one, "match_weight")), STYLE_NONE);
        table_cell(t, S_member(scratch, one, "a"), STYLE_NONE);
        table_cell(t, S_member(scratch, one, "b"), STYLE_NONE);
        table_cell(t, S_member(scratch, one, "reason"), STYLE_NONE);
        table_cell(t, S_member(scratch, one, "match_key"), STYLE_NONE);
    }
    output_printf(o, "\n%s\n", title);
    table_print(t, o);
    table_free(t);
}

static void S_human(const struct cli *c, struct output *o, const json_t *result)
{
    const json_t *errors = json_object_get(result, "errors"), *warnings = json_object_get(result, "warnings");
    struct arena scratch;
    arena_init(&scratch);
    S_head(o, &scratch, result);
    S_figures(c, o, &scratch, result);
    S_counts(o, &scratch, result);
    S_sources(c, o, &scratch, json_object_get(result, "by_sources"));
    S_curve(c, o, &scratch, result);
    S_errors(c, o, &scratch, "Wrong pairs of the greatest weight", json_object_get(errors, "wrong"));
    S_errors(c, o, &scratch, "Missed pairs of the greatest weight", json_object_get(errors, "missed_heaviest"));
    S_errors(c, o, &scratch, "Missed pairs of the least weight", json_object_get(errors, "missed_lightest"));
    for (size_t i = 0; i < json_array_size(warnings); i++)
        output_printf(o, "%snote: %.*s\n", i ? "" : "\n", STR_ARG(json_str(json_array_get(warnings, i))));
    arena_deinit(&scratch);
}

/* ------------------------------------------------------------------ the command */

static enum idem_status S_wanted(const struct cli *c, struct idem_evaluate_options *wanted, struct idem_error *err)
{
    const struct evaluate_options *options = c->options;
    uint64_t errors = USUAL_ERRORS;
    if (!options->truth)
        return usage_error(c, err, "--truth FILE is needed");
    if (options->min_f1 &&
        (!str_to_double(str_from(options->min_f1), &wanted->min_f1) || !(wanted->min_f1 >= 0) || wanted->min_f1 > 1))
        return usage_error(c, err, "--min-f1: \"%s\" is not a number from 0 to 1", options->min_f1);
    if (options->errors && (!str_to_u64(str_from(options->errors), &errors) || errors > MOST_ERRORS))
        return usage_error(c, err, "--errors: \"%s\" is not a number from 0 to %d", options->errors, MOST_ERRORS);
    wanted->truth_path = options->truth;
    wanted->cross_source = options->cross_source;
    wanted->errors = (uint32_t)errors;
    wanted->sample = options->sample;
    wanted->threads = (unsigned)c->common.threads;
    return IDEM_OK;
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    struct idem_session *s = NULL;
    struct idem_evaluate_options wanted = {0};
    struct progress_view view;
    struct idem_error ignored;
    char *text = NULL;
    enum idem_status status, judged;
    TRY(S_wanted(c, &wanted, err));
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &s, err));
    progress_begin(&view, c);
    wanted.progress = &view.progress;
    judged = idem_evaluate(s, &wanted, &text, err);
    progress_end(&view);
    status = judged;
    if (text && (status = render_result(c, text, S_human, judged == IDEM_OK ? err : &ignored)) == IDEM_OK)
        status = judged;
done:
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct evaluate_options, member)
static const struct option_row OPTIONS[] = {
    {"truth", 't', "FILE", "what is true: source,record_id,entity_id, or pairs, or labelled pairs", OPTION_TEXT,
     AT(truth)},
    {"cross-source", 0, NULL, "count only pairs between two sources", OPTION_FLAG, AT(cross_source)},
    {"min-f1", 0, "X", "exit 2 when F1 of pairs is below X", OPTION_TEXT, AT(min_f1)},
    {"errors", 0, "N", "explain the worst N wrong and missed pairs (default: 10)", OPTION_TEXT, AT(errors)},
    {"sample", 0, "N", "look at N wrong and N missed pairs at most (default: 2,000,000)", OPTION_NUMBER, AT(sample)},
};

static const struct example EXAMPLES[] = {
    {"idem evaluate --truth truth.csv",
     "precision, recall, where pairs were lost, the best threshold, the worst errors"},
    {"idem evaluate --truth pairs.csv --cross-source", "the same by a list of true pairs between sources"},
    {"idem evaluate --truth truth.csv --min-f1 0.95", "a gate: exit 2 when F1 has fallen below 0.95"},
};

const struct command cmd_evaluate = {
    .name = "evaluate",
    .summary = "judge the crosswalk by what is known to be true",
    .details =
        "The truth is a CSV or JSON lines file with the columns source, record_id and entity_id; or left_source, "
        "left_id, right_source and right_id, one true pair a line; or these with a column label (same or "
        "different), and then only the labelled pairs count. Figures are of the stored crosswalk, over all "
        "pairs in one master; nothing is changed.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct evaluate_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .discloses = true,
    .run = S_run,
};
