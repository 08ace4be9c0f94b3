#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/render.h"
#include "cli/terminal.h"

static enum style S_level_style(struct str level)
{
    return str_eq(level, STR("error")) ? STYLE_RED : str_eq(level, STR("warning")) ? STYLE_YELLOW : STYLE_DIM;
}

static void S_human(const struct cli *c, struct output *o, const json_t *result)
{
    const json_t *findings = json_object_get(result, "findings"), *sources = json_object_get(result, "sources");
    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *one = json_array_get(findings, i);
        struct str level = json_str(json_object_get(one, "level")), place = json_str(json_object_get(one, "place"));
        enum style style = S_level_style(level);
        output_printf(o, "%s%.*s%s: %.*s%s%.*s\n", style_on(c, style), STR_ARG(level), style_off(c, style),
                      STR_ARG(place), place.len ? ": " : "", STR_ARG(json_str(json_object_get(one, "message"))));
    }
    if (json_array_size(sources))
        render_table(c, o, sources, "name files rows rejected");
    output_printf(o, json_is_true(json_object_get(result, "ok")) ? "ok\n" : "not ok\n");
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    struct idem_session *s = NULL;
    struct idem_error ignored;
    char *text = NULL;
    json_t *result = NULL;
    enum idem_status checked = IDEM_OK, status;
    TRY_DONE(connect_open(c, CONFIG_NEEDED, IDEM_WRITE, &s, err));
    checked = idem_check(s, &text, err);
    if (!text) {
        status = checked;
        goto done;
    }
    if (json_parse(str_from(text), "result", &result, &ignored) == IDEM_OK &&
        json_is_false(json_object_get(result, "ok")))
        c->exit_status = checked == IDEM_GATE ? 2 : 1;
    json_decref(result);
    status = render_result(c, text, S_human, err);
    if (status == IDEM_OK)
        status = checked;
done:
    idem_close(s);
    return status;
}

static const struct example EXAMPLES[] = {
    {"idem check", "before a run: is the configuration right, are the files there, what has drifted"},
};

const struct command cmd_check = {
    .name = "check",
    .summary = "validate configuration and sources; changes nothing",
    .details = "Reads the configuration and the files it names, compares them with the last run when there is a "
               "database (new, "
               "missing and renamed columns, shifted fill and shapes) and evaluates the quality rules.",
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
