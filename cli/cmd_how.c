#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/render.h"
#include "cli/table.h"

static struct str S_member(struct arena *out, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value && !json_is_null(value) ? render_value(out, key, value) : STR("");
}

static struct str S_bits(struct arena *out, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? arena_printf(out, "%+.2f", json_number_value(value)) : STR("");
}

/* "crm:1, billing:7 and 3 more" */
static struct str S_group(struct arena *out, const json_t *step, const char *side, const char *count)
{
    enum { SHOWN = 3 };
    const json_t *list = json_object_get(step, side);
    long long n = json_integer_value(json_object_get(step, count)), shown = n > SHOWN + 1 ? SHOWN : n;
    struct str text = {0};
    for (size_t i = 0; i < json_array_size(list) && (long long)i < shown; i++)
        text = arena_printf(out, "%.*s%s%.*s", STR_ARG(text), i ? ", " : "",
                            STR_ARG(render_value(out, "record", json_array_get(list, i))));
    return n > shown ? arena_printf(out, "%.*s and %lld more", STR_ARG(text), n - shown) : text;
}

static void S_head(struct output *o, struct arena *scratch, const json_t *how)
{
    const json_t *threshold = json_object_get(how, "threshold"), *component = json_object_get(how, "component");
    size_t n = json_array_size(json_object_get(how, "records"));
    output_printf(o, "%.*s: %zu record%s", STR_ARG(S_member(scratch, how, "master_id")), n, n == 1 ? "" : "s");
    bool sealed = json_is_null(json_object_get(how, "steps"));
    if (json_is_object(component))
        output_printf(o, ", in a component of %.*s", STR_ARG(S_member(scratch, component, "records")));
    if (sealed) {
        output_printf(o, "\nthreshold %.*s\n", STR_ARG(S_bits(scratch, threshold, "match")));
        output_printf(o, "The pairs that joined the records are sealed: give the key (--key, --passphrase-file). "
                         "\"idem history\" tells when each record came, and why.\n");
        return;
    }
    output_printf(o, "\nthreshold %.*s, for two groups of several records %.*s\n",
                  STR_ARG(S_bits(scratch, threshold, "match")), STR_ARG(S_bits(scratch, threshold, "join_groups")));
    if (json_is_false(json_object_get(how, "as_stored")))
        output_printf(o, "This is how it would be built now: it was clustered under an older model, configuration or "
                         "decision.\n");
    if (!json_is_object(component) && n > 1)
        output_printf(o, "Pairs that were cut are not known: the last run kept none. Run idem apply.\n");
}

static void S_columns(struct table *t, const char *names, const char *right)
{
    struct str rest = str_from(names), name;
    char text[32];
    while (str_next_piece(&rest, ' ', &name)) {
        snprintf(text, sizeof text, "%.*s", STR_ARG(name));
        table_column(t, text, strstr(right, text) ? TABLE_RIGHT : TABLE_PLAIN);
    }
}

static void S_steps(const struct cli *c, struct output *o, struct arena *scratch, const json_t *list)
{
    struct table *t = table_new(c);
    S_columns(t, "STEP RECORDS JOIN LINK AVERAGE BEST NEEDS BECAUSE FOUND_BY", "STEP LINK AVERAGE BEST NEEDS");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *s = json_array_get(list, i), *pair = json_object_get(s, "pair");
        bool forced = str_eq(json_str(json_object_get(s, "kind")), STR("forced"));
        table_row(t);
        table_cell(t, S_member(scratch, s, "step"), STYLE_DIM);
        table_cell(t, S_group(scratch, s, "left", "left_records"), STYLE_NONE);
        table_cell(t, S_group(scratch, s, "right", "right_records"), STYLE_NONE);
        table_cell(t, forced ? STR("forced") : S_bits(scratch, s, "link"), STYLE_GREEN);
        table_cell(t, S_bits(scratch, s, "average"), STYLE_NONE);
        table_cell(t, S_bits(scratch, pair, "match_weight"), STYLE_NONE);
        table_cell(t, forced ? STR("") : S_bits(scratch, s, "needs"), STYLE_DIM);
        table_cell(t, S_member(scratch, pair, "match_key"), STYLE_NONE);
        table_cell(t, S_member(scratch, pair, "found_by"), STYLE_DIM);
    }
    render_heading(c, o, "Joined");
    table_print(t, o);
    table_free(t);
}

static const struct {
    const char *reason, *says;
} REASONS[] = {
    {"average", "their other pairs speak against it"},
    {"margin", "two groups of several records need more"},
    {"pooled", "what the comparisons find together is too little"},
    {"different", "a pair is said to be different"},
    {"unique_source", "two records of a source without duplicates"},
    {"unlike_entities", "unlike kinds of entity"},
    {"oversized", "the component was too large and cut at its weakest pairs"},
};

static struct str S_reason(struct arena *out, const json_t *cut)
{
    struct str reason = json_str(json_object_get(cut, "reason"));
    const char *says = "";
    for (size_t i = 0; i < COUNT_OF(REASONS); i++)
        if (str_eq(reason, str_from(REASONS[i].reason)))
            says = REASONS[i].says;
    if (!json_is_number(json_object_get(cut, "link")))
        return str_from(says);
    return arena_printf(out, "%s: %.*s, needed %.*s", says, STR_ARG(S_bits(out, cut, "link")),
                        STR_ARG(S_bits(out, cut, "needs")));
}

static void S_cuts(const struct cli *c, struct output *o, struct arena *scratch, const json_t *list)
{
    struct table *t = table_new(c);
    S_columns(t, "RECORD NOT_WITH WEIGHT BECAUSE MASTER", "WEIGHT");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *cut = json_array_get(list, i), *pair = json_object_get(cut, "pair");
        table_row(t);
        table_cell(t, S_member(scratch, pair, "a"), STYLE_NONE);
        table_cell(t, S_member(scratch, pair, "b"), STYLE_NONE);
        table_cell(t, S_bits(scratch, pair, "match_weight"), STYLE_RED);
        table_cell(t, S_reason(scratch, cut), STYLE_NONE);
        table_cell(t, S_member(scratch, json_object_get(cut, "other"), "master_id"), STYLE_DIM);
    }
    render_heading(c, o, "Cut off, although the pair reaches the threshold");
    table_print(t, o);
    table_free(t);
}

static void S_without_key(const struct cli *c, struct output *o, const json_t *how)
{
    if (json_is_null(json_object_get(how, "steps"))) {
        render_heading(c, o, "Records");
        render_table(c, o, json_object_get(how, "records"), "data_source record_id");
    }
    if (json_array_size(json_object_get(how, "review"))) {
        render_heading(c, o, "In review: pairs that lead out of it");
        render_table(c, o, json_object_get(how, "review"), "a b match_weight master_id");
    }
}

static void S_human(const struct cli *c, struct output *o, const json_t *how)
{
    struct arena scratch;
    const json_t *steps = json_object_get(how, "steps"), *cuts = json_object_get(how, "cuts"),
                 *forced = json_object_get(how, "forced"), *bridges = json_object_get(how, "bridges");
    arena_init(&scratch);
    S_head(o, &scratch, how);
    if (json_array_size(steps))
        S_steps(c, o, &scratch, steps);
    if (json_array_size(forced)) {
        render_heading(c, o, "Rules, links and decisions");
        render_table(c, o, forced, "a b then by rule");
    }
    if (json_array_size(cuts))
        S_cuts(c, o, &scratch, cuts);
    if (json_array_size(bridges) && json_array_size(json_object_get(how, "records")) > 2) {
        render_heading(c, o, "Bridges: pairs that alone hold it together");
        render_table(c, o, bridges, "a b match_weight found_by");
    }
    S_without_key(c, o, how);
    arena_deinit(&scratch);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    return connect_tell(c, idem_how, S_human, err);
}

static const struct example EXAMPLES[] = {
    {"idem how crm:C-1001", "which records were joined to which, at what weight, and what was cut off"},
};

const struct command cmd_how = {
    .name = "how",
    .summary = "tell how an identity was built, step by step",
    .operands = "MASTER|SOURCE:ID",
    .least = 1,
    .most = 1,
    .details = "Shows the joins in order, what rules, links and decisions forced, pairs at or above the threshold that "
               "were cut and why, and the pairs that alone hold the records together.",
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .discloses = true,
    .run = S_run,
};
