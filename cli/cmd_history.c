#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/render.h"

static struct str S_text(const json_t *object, const char *key)
{
    return json_str(json_object_get(object, key));
}

static void S_human(const struct cli *c, struct output *o, const json_t *history)
{
    struct arena scratch;
    const json_t *record = json_object_get(history, "record"), *events = json_object_get(history, "events");
    arena_init(&scratch);
    if (json_is_object(record))
        output_printf(o, "%.*s  %.*s  %.*s", STR_ARG(render_value(&scratch, "record", record)),
                      STR_ARG(S_text(history, "status")), STR_ARG(S_text(history, "master_id")));
    else
        output_printf(o, "%.*s  %.*s", STR_ARG(S_text(history, "master_id")), STR_ARG(S_text(history, "status")));
    if (S_text(history, "redirect_to").len)
        output_printf(o, " to %.*s", STR_ARG(S_text(history, "redirect_to")));
    output_printf(o, "\n");
    if (json_array_size(events))
        render_table(c, o, events,
                     json_is_object(record) ? "at run_id event master_id other_master_id fields reason by"
                                            : "at run_id event record other_master_id fields reason by");
    arena_deinit(&scratch);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    return connect_tell(c, idem_history, S_human, err);
}

static const struct example EXAMPLES[] = {
    {"idem history crm:C-1001", "in which masters a record was, since when, and why that changed"},
};

const struct command cmd_history = {
    .name = "history",
    .summary = "tell everything that happened to a record or a master",
    .operands = "MASTER|SOURCE:ID",
    .least = 1,
    .most = 1,
    .details =
        "In order: what happened, when, in which run, by whom and why. Of values only the names of the fields are "
        "told that changed; \"idem show --as-of\" shows them as they were.",
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .discloses = true,
    .run = S_run,
};
