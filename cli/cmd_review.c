#include <stdio.h>
#include <stdlib.h>

#include <unistd.h>

#include "base/visible.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/steward_view.h"
#include "cli/table.h"

struct review_options {
    uint64_t most;
    bool ask, list;
    const char *by;
};

/* ------------------------------------------------------------------ as a list */

static struct str S_text(struct arena *out, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value && !json_is_null(value) ? render_value(out, key, value) : STR("");
}

static struct str S_key(struct arena *out, const json_t *item, const char *side)
{
    const json_t *o = json_object_get(item, side);
    return arena_printf(out, "%.*s:%.*s", STR_ARG(json_str(json_object_get(o, "data_source"))),
                        STR_ARG(json_str(json_object_get(o, "record_id"))));
}

static struct str S_bits(struct arena *out, const json_t *value)
{
    return json_is_number(value) ? arena_printf(out, "%+.2f", json_number_value(value)) : STR("");
}

static void S_list(const struct cli *c, struct output *o, const json_t *review)
{
    static const char *const COLUMNS[] = {"KIND", "A", "B", "WEIGHT", "RECORDS", "DECISION"};
    const json_t *items = json_object_get(review, "items");
    struct arena scratch;
    struct table *t = table_new(c);
    arena_init(&scratch);
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++)
        table_column(t, COLUMNS[i], i == 3 || i == 4 ? TABLE_RIGHT : TABLE_PLAIN);
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *x = json_array_get(items, i), *d = json_object_get(x, "decision");
        table_row(t);
        table_cell(t, S_text(&scratch, x, "kind"), STYLE_NONE);
        table_cell(t, S_key(&scratch, x, "a"), STYLE_NONE);
        table_cell(t, S_key(&scratch, x, "b"), STYLE_NONE);
        table_cell(t, S_bits(&scratch, json_object_get(x, "match_weight")), STYLE_NONE);
        table_cell(t, S_text(&scratch, x, "effect"), STYLE_NONE);
        table_cell(t, json_is_object(d) ? S_text(&scratch, d, "verdict") : STR(""), STYLE_DIM);
    }
    if (json_array_size(items))
        table_print(t, o);
    output_printf(o, "%.*s waiting\n", STR_ARG(S_text(&scratch, review, "waiting")));
    table_free(t);
    arena_deinit(&scratch);
}

/* ------------------------------------------------------------------ one after the other */

struct asking {
    struct cli *c;
    struct idem_session *session;
    struct output *o;
    const json_t *items;
    size_t at;
    struct decided {
        size_t at;
        int64_t decision;
    } * decided; /* [n_decided] newest last */
    size_t n_decided;
    struct arena scratch;
};

/* Values beside each other; where they differ the line is marked. */
static void S_side_by_side(struct asking *a, const json_t *why)
{
    const json_t *list = json_object_get(why, "comparisons");
    struct table *t = table_new(a->c);
    static const char *const COLUMNS[] = {"", "FIELD", "A", "B", "LEVEL", "WEIGHT"};
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++)
        table_column(t, COLUMNS[i], i == 5 ? TABLE_RIGHT : TABLE_PLAIN);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        struct str x = S_text(&a->scratch, one, "a"), y = S_text(&a->scratch, one, "b");
        bool differ = !str_eq(x, y) && x.len && y.len;
        enum style style = differ ? STYLE_YELLOW : !x.len || !y.len ? STYLE_DIM : STYLE_NONE;
        table_row(t);
        table_cell(t, differ ? STR("*") : STR(""), STYLE_YELLOW);
        table_cell(t, S_text(&a->scratch, one, "name"), STYLE_NONE);
        table_cell(t, x, style);
        table_cell(t, y, style);
        table_cell(t, S_text(&a->scratch, one, "level"), STYLE_DIM);
        table_cell(t, S_bits(&a->scratch, json_object_get(one, "mw")), STYLE_DIM);
    }
    table_print(t, a->o);
    table_free(t);
}

/* *asks false: another decision has settled it. */
static enum idem_status S_show(struct asking *a, const json_t *item, bool *asks, struct idem_error *err)
{
    static const struct {
        const char *kind, *says;
    } KINDS[] = {{"pair", "the same or different?"},
                 {"stale", "decided, and changed since: does it still hold?"},
                 {"contradicted", "a rule or link says otherwise than a decision"}};
    struct str x = S_key(&a->scratch, item, "a"), y = S_key(&a->scratch, item, "b");
    struct str kind = json_str(json_object_get(item, "kind"));
    const json_t *decision = json_object_get(item, "decision");
    char *text;
    json_t *why;
    TRY(idem_why(a->session, str_cstr(&a->scratch, x), str_cstr(&a->scratch, y), &text, err));
    enum idem_status status = json_parse(str_from(text), "why", &why, err);
    idem_free(text);
    TRY(status);
    *asks = !(str_eq(kind, STR("pair")) && json_is_true(json_object_get(why, "together")));
    if (*asks) {
        output_printf(a->o, "\n%zu/%zu  A %.*s  B %.*s", a->at + 1, json_array_size(a->items),
                      STR_ARG(visible_text(&a->scratch, x)), STR_ARG(visible_text(&a->scratch, y)));
        for (size_t i = 0; i < COUNT_OF(KINDS); i++)
            if (str_eq(kind, str_from(KINDS[i].kind)))
                output_printf(a->o, ": %s", KINDS[i].says);
        if (json_is_object(decision))
            output_printf(a->o, " (%.*s)", STR_ARG(S_text(&a->scratch, decision, "verdict")));
        output_printf(a->o, "\n");
        S_side_by_side(a, why);
        output_printf(a->o, "weight %.*s, records affected %.*s\n",
                      STR_ARG(S_bits(&a->scratch, json_object_get(why, "match_weight"))),
                      STR_ARG(S_text(&a->scratch, item, "effect")));
    }
    json_decref(why);
    return IDEM_OK;
}

static void S_say(struct asking *a, const struct idem_error *err)
{
    output_printf(a->o, "%.*s\n", STR_ARG(visible_text(&a->scratch, str_from(err->message))));
}

static void S_decide(struct asking *a, const json_t *item, const char *verdict)
{
    const struct review_options *own = a->c->options;
    struct idem_steward_options options = {.by = steward_by(own->by)};
    struct idem_error err = {0};
    char *text = NULL;
    json_t *result = NULL;
    struct str x = S_key(&a->scratch, item, "a"), y = S_key(&a->scratch, item, "b");
    enum idem_status status =
        idem_decide(a->session, str_cstr(&a->scratch, x), str_cstr(&a->scratch, y), verdict, &options, &text, &err);
    if (status == IDEM_OK)
        status = json_parse(str_from(text), "result", &result, &err);
    if (status != IDEM_OK) {
        S_say(a, &err);
    } else {
        const json_t *d = json_array_get(json_object_get(result, "decisions"), 0);
        a->decided = xrealloc(a->decided, (a->n_decided + 1) * sizeof *a->decided);
        a->decided[a->n_decided++] =
            (struct decided){a->at, (int64_t)json_integer_value(json_object_get(d, "decision"))};
        output_printf(a->o, "%s\n", verdict);
        a->at++;
    }
    idem_free(text);
    json_decref(result);
}

static void S_undo(struct asking *a)
{
    struct idem_error err = {0};
    char *text = NULL;
    if (!a->n_decided) {
        output_printf(a->o, "there is nothing to undo\n");
        return;
    }
    const struct review_options *own = a->c->options;
    struct idem_steward_options options = {.by = steward_by(own->by)};
    struct decided last = a->decided[a->n_decided - 1];
    if (idem_undo(a->session, last.decision, &options, &text, &err) != IDEM_OK) {
        S_say(a, &err);
        return;
    }
    idem_free(text);
    a->n_decided--;
    a->at = last.at;
    output_printf(a->o, "undone\n");
}

static void S_skip(struct asking *a)
{
    a->at++;
}

static const struct {
    const char *word;
    const char *verdict;
    void (*other)(struct asking *a);
} ANSWERS[] = {{"same", "same", NULL},
               {"different", "different", NULL},
               {"unsure", "unsure", NULL},
               {"undo", NULL, S_undo},
               {"next", NULL, S_skip}};

/* A word or the beginning of one; "un" is unsure, "undo" takes all its letters or z. */
static bool S_answer(struct asking *a, const json_t *item, struct str word)
{
    word = str_eq_nocase(word, STR("z")) ? STR("undo") : word;
    for (size_t i = 0; i < COUNT_OF(ANSWERS); i++) {
        struct str known = str_from(ANSWERS[i].word);
        if (!word.len || word.len > known.len || !str_eq_nocase(word, str_sub(known, 0, word.len)))
            continue;
        if (ANSWERS[i].verdict)
            S_decide(a, item, ANSWERS[i].verdict);
        else
            ANSWERS[i].other(a);
        return true;
    }
    if (str_eq_nocase(word, STR("quit")) || str_eq_nocase(word, STR("q")))
        return false;
    output_printf(a->o, "that is none of the answers\n");
    return true;
}

static enum idem_status S_ask(struct asking *a, struct idem_error *err)
{
    char *line = NULL;
    size_t room = 0;
    bool going = true;
    enum idem_status status = IDEM_OK;
    while (going && a->at < json_array_size(a->items)) {
        const json_t *item = json_array_get(a->items, a->at);
        bool asks = false;
        arena_reset(&a->scratch);
        status = S_show(a, item, &asks, err);
        if (status != IDEM_OK)
            break;
        if (!asks) {
            a->at++;
            continue;
        }
        output_printf(a->o, "same, different, unsure, next, undo (z), quit? ");
        output_flush(a->o);
        ssize_t n = getline(&line, &room, stdin);
        if (n < 0)
            break;
        if (!isatty(STDIN_FILENO))
            output_printf(a->o, "\n");
        going = S_answer(a, item, str_trim((struct str){line, (size_t)n}));
    }
    output_printf(a->o, "\n%zu decided\n", a->n_decided);
    free(line);
    return status;
}

static enum idem_status S_one_by_one(struct cli *c, struct idem_session *s, char *text, struct idem_error *err)
{
    json_t *review = NULL;
    struct output o;
    struct asking a = {.c = c, .session = s, .o = &o};
    enum idem_status status = json_parse(str_from(text), "review", &review, err);
    idem_free(text);
    TRY(status);
    a.items = json_object_get(review, "items");
    output_stdout(&o);
    status = output_close(&o, S_ask(&a, err), err);
    free(a.decided);
    arena_deinit(&a.scratch);
    json_decref(review);
    return status;
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct review_options *options = c->options;
    bool ask = !c->common.json && !options->list && (options->ask || (c->out_terminal && isatty(STDIN_FILENO)));
    struct idem_session *s = NULL;
    char *text = NULL;
    enum idem_status status;
    TRY_DONE(connect_open(c, ask ? CONFIG_NEEDED : CONFIG_OPTIONAL, ask ? IDEM_WRITE : IDEM_READ, &s, err));
    TRY_DONE(idem_review(s, (size_t)options->most, &text, err));
    status = ask ? S_one_by_one(c, s, text, err) : render_result(c, text, S_list, err);
done:
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct review_options, member)
static const struct option_row OPTIONS[] = {
    {"most", 0, "N", "the N most urgent (default: all)", OPTION_COUNT, AT(most)},
    {"ask", 0, NULL, "ask one after the other, also where there is no terminal", OPTION_FLAG, AT(ask)},
    {"list", 0, NULL, "only list them, also on a terminal", OPTION_FLAG, AT(list)},
    {"by", 0, "WHO", "who decides, for the record (default: who runs it)", OPTION_TEXT, AT(by)},
};

static const struct example EXAMPLES[] = {
    {"idem review --by ada", "one after the other on a terminal: same, different, unsure, next, undo, quit"},
    {"idem review --list --most 20", "the twenty that matter most"},
};

const struct command cmd_review = {
    .name = "review",
    .summary = "decide what is doubtful, the most important first",
    .operands = "",
    .details = "What waits: pairs of masters near the threshold, decisions whose records have changed since (stale), "
               "and rules or links that a decision overrules (contradicted); in the order of records affected times "
               "uncertainty. The two records are shown side by side, differences marked with *. idem export review, "
               "filled in, goes back with idem decide --file.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct review_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .discloses = true,
    .run = S_run,
};
