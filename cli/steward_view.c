#include "cli/steward_view.h"

#include "cli/connect.h"
#include "cli/table.h"

#include <pwd.h>
#include <unistd.h>

static struct str S_text(struct arena *out, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value && !json_is_null(value) ? render_value(out, key, value) : STR("");
}

static void S_decisions(struct output *o, struct arena *scratch, const json_t *list, const char *format)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *d = json_array_get(list, i);
        struct str verdict = S_text(scratch, d, "verdict");
        output_printf(o, format, STR_ARG(S_text(scratch, d, "decision")), STR_ARG(S_text(scratch, d, "a")),
                      STR_ARG(S_text(scratch, d, "b")), STR_ARG(verdict));
    }
}

static struct str S_golden(struct arena *out, const json_t *golden)
{
    struct str text = {0};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)golden, key, value) text = arena_printf(
        out, "%.*s%s%s %.*s", STR_ARG(text), text.len ? "; " : "", key, STR_ARG(render_value(out, key, value)));
    return text;
}

static void S_masters(const struct cli *c, struct output *o, struct arena *scratch, const json_t *list)
{
    struct table *t = table_new(c);
    table_column(t, "MASTER", TABLE_PLAIN);
    table_column(t, "RECORDS", TABLE_WRAP);
    table_column(t, "GOLDEN", TABLE_WRAP);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *m = json_array_get(list, i);
        struct str id = S_text(scratch, m, "master_id");
        table_row(t);
        table_cell(t, id.len ? id : STR("(new)"), STYLE_BOLD);
        table_cell(t, S_text(scratch, m, "records"), STYLE_NONE);
        table_cell(t, S_golden(scratch, json_object_get(m, "golden")), STYLE_NONE);
    }
    output_printf(o, "\n");
    table_print(t, o);
    table_free(t);
}

static void S_human(const struct cli *c, struct output *o, const json_t *result)
{
    struct arena scratch;
    const json_t *redirected = json_object_get(result, "redirected"), *masters = json_object_get(result, "masters");
    arena_init(&scratch);
    if (str_eq(json_str(json_object_get(result, "status")), STR("dry_run")))
        output_printf(o, "Nothing was changed: this is what would be.\n");
    S_decisions(o, &scratch, json_object_get(result, "withdrawn"), "withdrawn  %.*s: %.*s and %.*s (%.*s)\n");
    S_decisions(o, &scratch, json_object_get(result, "decisions"), "decision   %.*s: %.*s and %.*s are %.*s\n");
    if (json_object_get(result, "aliases"))
        output_printf(o, "%.*s ids kept, %.*s records found, %.*s unknown\n",
                      STR_ARG(S_text(&scratch, result, "aliases")), STR_ARG(S_text(&scratch, result, "records")),
                      STR_ARG(S_text(&scratch, result, "unknown")));
    for (size_t i = 0; i < json_array_size(redirected); i++)
        output_printf(o, "redirected %.*s to %.*s\n",
                      STR_ARG(S_text(&scratch, json_array_get(redirected, i), "master_id")),
                      STR_ARG(S_text(&scratch, json_array_get(redirected, i), "redirect_to")));
    if (json_array_size(masters))
        S_masters(c, o, &scratch, masters);
    if (json_integer_value(json_object_get(result, "more_masters")))
        output_printf(o, "and %.*s more\n", STR_ARG(S_text(&scratch, result, "more_masters")));
    arena_deinit(&scratch);
}

const char *steward_by(const char *by)
{
    const struct passwd *user = by ? NULL : getpwuid(geteuid());
    return by ? by : user ? user->pw_name : NULL;
}

struct idem_steward_options steward_wanted(const struct cli *c)
{
    const struct steward_options *options = c->options;
    return (struct idem_steward_options){.by = steward_by(options->by),
                                         .reason = options->reason,
                                         .dry_run = options->dry_run,
                                         .now_ms = options->now_ms,
                                         .seed = options->seed};
}

enum idem_status steward_run(struct cli *c, steward_call_fn *call, struct idem_error *err)
{
    struct idem_steward_options wanted = steward_wanted(c);
    struct idem_session *s = NULL;
    char *text = NULL;
    enum idem_status status;
    TRY_DONE(connect_open(c, CONFIG_NEEDED, IDEM_WRITE, &s, err));
    TRY_DONE(cli_answer(c, call(c, s, &wanted, &text, err)));
    status = wanted.dry_run ? render_result(c, text, S_human, err) : render_summary(c, text, S_human, err);
done:
    idem_close(s);
    return status;
}
