#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/render.h"
#include "cli/table.h"

struct show_options {
    const char *as_of;
};

static struct str S_text(const json_t *object, const char *key)
{
    return json_str(json_object_get(object, key));
}

static enum style S_status_style(struct str status)
{
    return str_eq(status, STR("active")) ? STYLE_GREEN : STYLE_YELLOW;
}

static void S_head(const struct cli *c, struct output *o, const json_t *master)
{
    struct arena scratch;
    struct str status = S_text(master, "status");
    enum style style = S_status_style(status);
    arena_init(&scratch);
    output_printf(o, "%s%.*s%s  %s%.*s%s", style_on(c, STYLE_BOLD), STR_ARG(S_text(master, "master_id")),
                  style_off(c, STYLE_BOLD), style_on(c, style), STR_ARG(status), style_off(c, style));
    if (S_text(master, "redirect_to").len)
        output_printf(o, " to %.*s", STR_ARG(S_text(master, "redirect_to")));
    output_printf(o, "\n");
    const json_t *from = json_object_get(master, "redirected_from");
    if (json_array_size(from))
        output_printf(o, "formerly also %.*s\n", STR_ARG(render_value(&scratch, "redirected_from", from)));
    arena_deinit(&scratch);
}

/* "email a@example.org; city Paris" */
static struct str S_values(struct arena *out, const json_t *values)
{
    struct str text = {0};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)values, key, value)
    {
        struct str one = render_value(out, key, value);
        text = arena_printf(out, "%.*s%s%s %.*s", STR_ARG(text), text.len ? "; " : "", key, STR_ARG(one));
    }
    return text;
}

static void S_records(const struct cli *c, struct output *o, const json_t *records)
{
    struct arena scratch;
    struct table *t = table_new(c);
    arena_init(&scratch);
    table_column(t, "RECORD", TABLE_PLAIN);
    table_column(t, "UPDATED", TABLE_PLAIN);
    table_column(t, "VALUES", TABLE_WRAP);
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *record = json_array_get(records, i), *updated = json_object_get(record, "updated_at");
        table_row(t);
        table_cell(t,
                   arena_printf(&scratch, "%.*s:%.*s", STR_ARG(S_text(record, "data_source")),
                                STR_ARG(S_text(record, "record_id"))),
                   STYLE_BOLD);
        table_cell(t, updated ? render_value(&scratch, "updated_at", updated) : STR("-"), STYLE_NONE);
        table_cell(t, S_values(&scratch, json_object_get(record, "values")), STYLE_NONE);
    }
    render_heading(c, o, "Records");
    table_print(t, o);
    table_free(t);
    arena_deinit(&scratch);
}

static void S_human(const struct cli *c, struct output *o, const json_t *master)
{
    S_head(c, o, master);
    if (json_array_size(json_object_get(master, "golden"))) {
        render_heading(c, o, "Golden record");
        render_table(c, o, json_object_get(master, "golden"), "field values from rule");
    }
    if (json_array_size(json_object_get(master, "records")))
        S_records(c, o, json_object_get(master, "records"));
    if (json_is_true(json_object_get(master, "masked")))
        output_printf(o, "\nPersonal values are masked.\n");
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct show_options *options = c->options;
    c->as_of = options->as_of;
    return connect_tell(c, idem_show, S_human, err);
}

#define AT(member) offsetof(struct show_options, member)
static const struct option_row OPTIONS[] = {
    {"as-of", 0, "TIME|RUN", "answer as it was known then: a time (ISO 8601) or the number of a run", OPTION_TEXT,
     AT(as_of)},
};

static const struct example EXAMPLES[] = {
    {"idem show crm:C-1001",
     "the golden record of the person behind a record, where its values come from, and its records"},
    {"idem show 01935d2e-7a10-7c33-8f00-3b1d0c5e9a42 --json", "the same for a master_id, as JSON"},
    {"idem show crm:C-1001 --as-of 2", "as it was after run 2"},
};

const struct command cmd_show = {
    .name = "show",
    .summary = "show a golden record with provenance, and its records",
    .operands = "MASTER|SOURCE:ID",
    .least = 1,
    .most = 1,
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct show_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .discloses = true,
    .run = S_run,
};
