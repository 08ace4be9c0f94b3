#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/render.h"
#include "cli/table.h"

struct audit_options {
    struct idem_audit_options wanted;
    bool head;
};

static struct str S_cell(struct arena *out, const json_t *entry, const char *key)
{
    const json_t *value = json_object_get(entry, key);
    return value && !json_is_null(value) ? render_value(out, key, value) : STR("");
}

/* "run_id 3; status committed", and the reason before it. */
static struct str S_what(struct arena *out, const json_t *entry)
{
    struct str text = S_cell(out, entry, "reason");
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(entry, "detail"), key, value) text = arena_printf(
        out, "%.*s%s%s %.*s", STR_ARG(text), text.len ? "; " : "", key, STR_ARG(render_value(out, key, value)));
    if (str_eq(json_str(json_object_get(entry, "payload")), STR("sealed")))
        return STR("(sealed)");
    return str_eq(json_str(json_object_get(entry, "payload")), STR("erased")) ? STR("(erased)") : text;
}

static void S_entries(const struct cli *c, struct output *o, const json_t *list)
{
    struct arena scratch;
    struct table *t = table_new(c);
    arena_init(&scratch);
    table_column(t, "N", TABLE_RIGHT);
    table_column(t, "AT", TABLE_PLAIN);
    table_column(t, "BY", TABLE_PLAIN);
    table_column(t, "VERB", TABLE_PLAIN);
    table_column(t, "ABOUT", TABLE_WRAP);
    table_column(t, "WHY AND WHAT", TABLE_WRAP);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        table_row(t);
        table_cell(t, S_cell(&scratch, entry, "n"), STYLE_NONE);
        table_cell(t, S_cell(&scratch, entry, "at"), STYLE_NONE);
        table_cell(t, S_cell(&scratch, entry, "by"), STYLE_NONE);
        table_cell(t, S_cell(&scratch, entry, "verb"), STYLE_BOLD);
        table_cell(t, S_cell(&scratch, entry, "subjects"), STYLE_NONE);
        table_cell(t, S_what(&scratch, entry), STYLE_NONE);
    }
    table_print(t, o);
    table_free(t);
    arena_deinit(&scratch);
}

static void S_human(const struct cli *c, struct output *o, const json_t *result)
{
    const json_t *list = json_object_get(result, "entries");
    if (json_array_size(list))
        S_entries(c, o, list);
    else
        output_printf(o, "no such entry in the audit log\n");
}

static enum idem_status S_head(const struct cli *c, struct idem_session *s, struct idem_error *err)
{
    char head[IDEM_AUDIT_HEAD], line[IDEM_AUDIT_HEAD + 20];
    TRY(idem_audit_head(s, head, err));
    snprintf(line, sizeof line, c->common.json ? "{\"head\":\"%s\"}" : "%s", head);
    return output_line(line, err);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct audit_options *options = c->options;
    struct idem_session *s = NULL;
    char *text = NULL;
    enum idem_status status;
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &s, err));
    if (options->head) {
        status = S_head(c, s, err);
        goto done;
    }
    TRY_DONE(idem_audit(s, &options->wanted, &text, err));
    status = render_result(c, text, S_human, err);
done:
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct audit_options, member)
static const struct option_row OPTIONS[] = {
    {"since", 0, "TIME", "entries from then on", OPTION_TIME, AT(wanted.since_ms)},
    {"until", 0, "TIME", "entries before then", OPTION_TIME, AT(wanted.until_ms)},
    {"verb", 0, "COMMAND", "of one command: show, export, apply, erase, ...", OPTION_TEXT, AT(wanted.verb)},
    {"by", 0, "WHO", "of one person", OPTION_TEXT, AT(wanted.by)},
    {"subject", 0, "KEY", "about one person: SOURCE:ID or a master_id", OPTION_TEXT, AT(wanted.subject)},
    {"last", 0, "N", "the newest so many", OPTION_COUNT, AT(wanted.most)},
    {"head", 0, NULL, "print the log's head instead, to be kept elsewhere for idem verify --head", OPTION_FLAG,
     AT(head)},
};

static const struct example EXAMPLES[] = {
    {"idem audit --since 2026-11-01", "who saw personal values and who changed what, since then"},
    {"idem audit --subject crm:C-1001", "everybody who looked at this person or changed something"},
    {"idem audit --head", "a line to keep elsewhere: with it a log that was cut is noticed"},
};

const struct command cmd_audit = {
    .name = "audit",
    .summary = "who saw personal values, who changed what, when and why",
    .details =
        "Each command that shows personal values, and each change, is an entry in a log that can only grow: every "
        "entry carries a keyed digest of the one before it. idem verify finds an entry that was edited, removed "
        "or moved. Subjects and reasons are sealed; looking at the log is noted too.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct audit_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .discloses = true,
    .run = S_run,
};
