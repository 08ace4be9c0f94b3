#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/render.h"
#include "cli/table.h"

static enum style S_verdict_style(struct str verdict)
{
    static const struct {
        const char *verdict;
        enum style style;
    } STYLES[] = {{"match", STYLE_GREEN}, {"review", STYLE_YELLOW}, {"nonmatch", STYLE_RED}};
    for (size_t i = 0; i < COUNT_OF(STYLES); i++)
        if (str_eq(verdict, str_from(STYLES[i].verdict)))
            return STYLES[i].style;
    return STYLE_NONE;
}

static struct str S_bits(struct arena *out, const json_t *value)
{
    return json_is_number(value) ? arena_printf(out, "%+.2f", json_number_value(value)) : STR("");
}

static struct str S_member(struct arena *out, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value && !json_is_null(value) ? render_value(out, key, value) : STR("");
}

static void S_head(const struct cli *c, struct output *o, struct arena *scratch, const json_t *why)
{
    struct str verdict = json_str(json_object_get(why, "verdict"));
    if (!verdict.len)
        verdict = STR("weight not known");
    enum style style = S_verdict_style(verdict);
    output_printf(o, "%.*s and %.*s: %s%.*s%s", STR_ARG(S_member(scratch, why, "a")),
                  STR_ARG(S_member(scratch, why, "b")), style_on(c, style), STR_ARG(verdict), style_off(c, style));
    const json_t *probability = json_object_get(why, "match_probability");
    if (json_is_number(probability))
        output_printf(o, ", probability %.6g", json_number_value(probability));
    output_printf(o, json_is_true(json_object_get(why, "together")) ? ", in one master\n" : ", in different masters\n");
}

/* Two comparisons that say the same count less than twice. */
static void S_interactions(struct table *t, struct arena *scratch, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        table_row(t);
        table_cell(t,
                   arena_printf(scratch, "%.*s with %.*s", STR_ARG(S_member(scratch, one, "a")),
                                STR_ARG(S_member(scratch, one, "b"))),
                   STYLE_DIM);
        table_cell(t, STR(""), STYLE_NONE);
        table_cell(t, S_bits(scratch, json_object_get(one, "mw")), STYLE_NONE);
    }
}

static void S_comparisons(const struct cli *c, struct output *o, struct arena *scratch, const json_t *why)
{
    const json_t *list = json_object_get(why, "comparisons");
    struct table *t = table_new(c);
    static const char *const COLUMNS[] = {"COMPARISON", "LEVEL", "WEIGHT", "FREQUENCY", "A", "B"};
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++)
        table_column(t, COLUMNS[i], i == 2 || i == 3 ? TABLE_RIGHT : TABLE_PLAIN);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        double weight = json_number_value(json_object_get(one, "mw"));
        table_row(t);
        table_cell(t, S_member(scratch, one, "name"), STYLE_NONE);
        table_cell(t, S_member(scratch, one, "level"), STYLE_NONE);
        table_cell(t, S_bits(scratch, json_object_get(one, "mw")),
                   weight > 0   ? STYLE_GREEN
                   : weight < 0 ? STYLE_RED
                                : STYLE_NONE);
        table_cell(t, S_bits(scratch, json_object_get(one, "tf_mw")), STYLE_NONE);
        table_cell(t, S_member(scratch, one, "a"), STYLE_NONE);
        table_cell(t, S_member(scratch, one, "b"), STYLE_NONE);
    }
    S_interactions(t, scratch, json_object_get(why, "interactions"));
    table_row(t);
    table_cell(t, STR("prior"), STYLE_DIM);
    table_cell(t, STR(""), STYLE_NONE);
    table_cell(t, S_bits(scratch, json_object_get(why, "prior_weight")), STYLE_NONE);
    table_row(t);
    table_cell(t, STR("total"), STYLE_BOLD);
    table_cell(t, STR(""), STYLE_NONE);
    table_cell(t, S_bits(scratch, json_object_get(why, "match_weight")), STYLE_BOLD);
    output_printf(o, "\n");
    table_print(t, o);
    table_free(t);
}

/* Comparisons need the values of both and the model. */
static void S_without_key(struct output *o, struct arena *scratch, const json_t *why)
{
    const json_t *weight = json_object_get(why, "match_weight");
    if (json_is_number(weight))
        output_printf(o, "The pair weighs %.*s bits; ", STR_ARG(S_bits(scratch, weight)));
    else
        output_printf(o, "Weights are kept in the clear of pairs in review alone, and this is none; ");
    output_printf(o, "which values agree is sealed: give the key (--key, --passphrase-file).\n");
}

static void S_human(const struct cli *c, struct output *o, const json_t *why)
{
    static const struct {
        const char *key, *title;
    } REST[] = {
        {"reached_by", "candidates by"}, {"threshold", "thresholds"}, {"rules", "rules"},
        {"decisions", "decisions"},      {"path", "joined through"},  {"masters", "masters"},
    };
    struct arena scratch;
    arena_init(&scratch);
    S_head(c, o, &scratch, why);
    if (json_is_array(json_object_get(why, "comparisons")))
        S_comparisons(c, o, &scratch, why);
    else
        S_without_key(o, &scratch, why);
    output_printf(o, "\n");
    for (size_t i = 0; i < COUNT_OF(REST); i++) {
        const json_t *value = json_object_get(why, REST[i].key);
        if (value && !json_is_null(value) && (!json_is_array(value) || json_array_size(value)))
            output_printf(o, "%-15s %.*s\n", REST[i].title, STR_ARG(render_value(&scratch, REST[i].key, value)));
    }
    arena_deinit(&scratch);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    struct idem_session *s = NULL;
    char *text = NULL;
    enum idem_status status;
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &s, err));
    TRY_DONE(cli_answer(c, idem_why(s, c->operand[0], c->operand[1], &text, err)));
    status = render_result(c, text, S_human, err);
done:
    idem_close(s);
    return status;
}

static const struct example EXAMPLES[] = {
    {"idem why crm:C-1001 billing:77", "every comparison with its weight, the total, and what decided"},
};

const struct command cmd_why = {
    .name = "why",
    .summary = "explain why two records or masters are together or apart",
    .operands = "A B",
    .least = 2,
    .most = 2,
    .details = "Without the key: masters, decisions, and the weight of a pair in review. A and B are SOURCE:ID or a "
               "master_id (then the best pair of their records is shown). Weights are in "
               "bits; they "
               "sum to the total, and the total against the thresholds decides, unless a rule or a decision is named.",
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .discloses = true,
    .run = S_run,
};
