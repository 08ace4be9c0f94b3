#include "base/file.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/render.h"

static void S_human(const struct cli *c, struct output *o, const json_t *result)
{
    struct arena scratch;
    arena_init(&scratch);
    (void)c;
    output_printf(o, "%.*s: %.*s\n", STR_ARG(json_str(json_object_get(result, "path"))),
                  STR_ARG(render_value(&scratch, "bytes", json_object_get(result, "bytes"))));
    arena_deinit(&scratch);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    struct idem_session *s = NULL;
    enum idem_status status;
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &s, err));
    TRY_DONE(idem_backup(s, c->operand[0], err));
    json_t *result = json_object();
    json_put_str(result, "path", str_from(c->operand[0]));
    json_put(result, "bytes", json_integer(file_size(c->operand[0])));
    status = render_summary(c, json_text(result), S_human, err);
    json_decref(result);
done:
    idem_close(s);
    return status;
}

static const struct example EXAMPLES[] = {
    {"idem backup idem-2026-11-21.db", "a consistent copy, while others go on reading and writing"},
};

const struct command cmd_backup = {
    .name = "backup",
    .summary = "copy the database consistently while it is in use",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .completes = COMPLETE_FILES,
    .details =
        "FILE must not exist. The key file is not part of the copy: keep one elsewhere, without it the personal values "
        "of the copy are lost.",
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
