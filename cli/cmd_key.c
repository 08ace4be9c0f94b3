#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/notice.h"
#include "cli/passphrase.h"
#include "cli/progress_view.h"
#include "cli/render.h"
#include "cli/steward_view.h"

#include <stdio.h>

enum { ROTATE_WAIT_MS = 60000 };

struct key_options {
    bool passphrase, remove, data;
    const char *new_file, *by, *reason;
    uint64_t steps;
};

/* ------------------------------------------------------------------ key files */

/* The file that is meant: named, else where the commands look for it without a configuration. */
static const char *S_path(const struct cli *c)
{
    if (c->n_operands > 1)
        return c->operand[1];
    return c->common.key ? c->common.key : c->env.key_file ? c->env.key_file : "idem.key";
}

static struct passphrase S_new(const struct cli *c)
{
    const struct key_options *options = c->options;
    return (struct passphrase){.path = options->new_file, .prompt = "New passphrase", .twice = true};
}

/* --passphrase-file is what protects a key file now: what is to protect it has an option of its own. */
static enum idem_status S_need_new(const struct cli *c, const struct passphrase *wanted, enum idem_status status,
                                   struct idem_error *err)
{
    if (status != IDEM_NOT_FOUND || wanted->len || err->status != IDEM_NOT_FOUND)
        return status;
    return error_set(err, IDEM_INVALID,
                     "%s: no new passphrase was given; give it on a terminal, or the first line of "
                     "a file with --new-passphrase-file",
                     S_path(c));
}

static enum idem_status S_create(struct cli *c, struct idem_error *err)
{
    const struct key_options *options = c->options;
    struct passphrase wanted = S_new(c);
    passphrase_connect(&wanted);
    bool protected = options->passphrase || options->new_file;
    enum idem_status status = idem_key_create(S_path(c), protected ? &wanted.source : NULL, err);
    TRY(protected ? S_need_new(c, &wanted, status, err) : status);
    notice_summary(c, "%s was made; without it%s the values it protects are lost: keep a copy elsewhere", S_path(c),
                   protected ? " and its passphrase" : "");
    return IDEM_OK;
}

static enum idem_status S_passphrase(struct cli *c, struct idem_error *err)
{
    const struct key_options *options = c->options;
    struct passphrase after = S_new(c);
    passphrase_connect(&after);
    struct passphrase *present = passphrase_present(c);
    enum idem_status status =
        idem_key_passphrase(S_path(c), &present->source, options->remove ? NULL : &after.source, err);
    TRY(options->remove || !after.asked ? status : S_need_new(c, &after, status, err));
    notice_summary(c, options->remove ? "%s has no passphrase any more" : "%s has a new passphrase", S_path(c));
    return IDEM_OK;
}

/* ------------------------------------------------------------------ the database's keys */

static struct str S_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? json_str(value) : STR("-");
}

static void S_human_info(const struct cli *c, struct output *o, const json_t *result)
{
    const json_t *file = json_object_get(result, "key_file"), *database = json_object_get(result, "database");
    struct arena scratch;
    arena_init(&scratch);
    output_printf(o, "key file    %.*s%s\n", STR_ARG(S_text(file, "path")),
                  json_is_true(json_object_get(file, "passphrase")) ? ", with a passphrase" : "");
    output_printf(o, "its keys    %.*s\n", STR_ARG(render_value(&scratch, "keys", json_object_get(file, "keys"))));
    arena_deinit(&scratch);
    (void)c;
    if (!json_is_true(json_object_get(database, "sealed"))) {
        output_printf(o, "database    in the clear\n");
        return;
    }
    output_printf(o, "database    under key %.*s, %s\n", STR_ARG(S_text(database, "key")),
                  json_is_true(json_object_get(database, "opens")) ? "which opens it" : "which is not there");
    output_printf(o, "containers  key %.*s\n", STR_ARG(S_text(database, "containers")));
    if (json_is_string(json_object_get(database, "old_containers")))
        output_printf(o, "            and still %.*s: a rotation is under way; go on with \"idem key rotate --data\"\n",
                      STR_ARG(S_text(database, "old_containers")));
    if (str_eq(S_text(database, "hashed_key"), STR("legacy")))
        output_printf(o, "tokens      of hashed fields: a legacy key, which rotations keep\n");
}

static enum idem_status S_info(struct cli *c, struct idem_error *err)
{
    struct idem_session *s = NULL;
    char *text = NULL;
    enum idem_status status;
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &s, err));
    TRY_DONE(idem_key_info(s, &text, err));
    status = render_result(c, text, S_human_info, err);
done:
    idem_close(s);
    return status;
}

static void S_human_rotate(const struct cli *c, struct output *o, const json_t *result)
{
    const json_t *data = json_object_get(result, "data"), *kept = json_object_get(result, "kept");
    (void)c;
    if (data) {
        output_printf(o, "data key    %.*s\n", STR_ARG(S_text(data, "key")));
        output_printf(o, "containers  %lld%s\n", (long long)json_integer_value(json_object_get(data, "containers")),
                      json_is_true(json_object_get(data, "finished")) ? ", all sealed again"
                                                                      : ", not all done yet: run it once more");
        if (json_integer_value(json_object_get(data, "record_ids")))
            output_printf(o, "record ids  %lld have new tokens\n",
                          (long long)json_integer_value(json_object_get(data, "record_ids")));
        if (json_is_true(json_object_get(data, "finished")))
            output_printf(o, "old key     %s\n",
                          json_is_true(json_object_get(data, "old_key_destroyed"))
                              ? "destroyed; backups made before keep it, under their own wrapping"
                              : "still there: somebody reads an older state; run it once more");
        return;
    }
    output_printf(o, "key         %.*s\n", STR_ARG(S_text(result, "key")));
    for (size_t i = 0; i < json_array_size(kept); i++)
        output_printf(o,
                      "kept        %.*s: backups and other databases made under the former key need it; destroy it "
                      "when none does\n",
                      STR_ARG(json_str(json_array_get(kept, i))));
}

static enum idem_status S_rotate(struct cli *c, struct idem_error *err)
{
    const struct key_options *options = c->options;
    struct progress_view view;
    struct idem_session *s = NULL;
    char *text = NULL;
    enum idem_status status;
    struct idem_key_rotate_options wanted = {.data = options->data,
                                             .steps = options->steps,
                                             .passphrase = &passphrase_present(c)->source,
                                             .threads = (unsigned)c->common.threads,
                                             .by = steward_by(options->by),
                                             .reason = options->reason,
                                             .progress = &view.progress};
    if (c->common.wait_ms == WAIT_USUAL)
        c->common.wait_ms = ROTATE_WAIT_MS;
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_WRITE, &s, err));
    progress_begin(&view, c);
    status = idem_key_rotate(s, &wanted, &text, err);
    progress_end(&view);
    if (status == IDEM_OK)
        status = render_summary(c, text, S_human_rotate, err);
done:
    idem_close(s);
    return status;
}

/* ------------------------------------------------------------------ command */

static const struct action {
    const char *name;
    unsigned most;
    enum idem_status (*run)(struct cli *c, struct idem_error *err);
} ACTIONS[] = {{"create", 2, S_create}, {"info", 1, S_info}, {"passphrase", 2, S_passphrase}, {"rotate", 1, S_rotate}};

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    for (size_t i = 0; i < COUNT_OF(ACTIONS); i++)
        if (strcmp(c->operand[0], ACTIONS[i].name) == 0)
            return c->n_operands <= ACTIONS[i].most ? ACTIONS[i].run(c, err)
                                                    : usage_error(c, err, "key %s: \"%s\" is one argument too many",
                                                                  ACTIONS[i].name, c->operand[ACTIONS[i].most]);
    return usage_error(c, err, "key: \"%s\" is not one of create, info, passphrase, rotate", c->operand[0]);
}

#define AT(member) offsetof(struct key_options, member)
static const struct option_row OPTIONS[] = {
    {"data", 0, NULL, "rotate: the data keys, everything is sealed again while others go on", OPTION_FLAG, AT(data)},
    {"steps", 0, "N", "rotate --data: so many steps of 1,024 containers now, the rest another time", OPTION_COUNT,
     AT(steps)},
    {"passphrase", 0, NULL, "create: protect the key file by a passphrase", OPTION_FLAG, AT(passphrase)},
    {"new-passphrase-file", 0, "FILE", "create, passphrase: the new one (default: asked for)", OPTION_TEXT,
     AT(new_file)},
    {"remove", 0, NULL, "passphrase: take it away", OPTION_FLAG, AT(remove)},
    {"by", 0, "WHO", "who rotates, for the audit log (default: who runs it)", OPTION_TEXT, AT(by)},
    {"reason", 0, "TEXT", "why, for the audit log", OPTION_TEXT, AT(reason)},
};

static const struct example EXAMPLES[] = {
    {"idem key info", "which keys there are, by their ids"},
    {"idem key create --passphrase /safe/idem.key", "a key file that a passphrase protects"},
    {"idem key passphrase", "give the key file a passphrase, or another one"},
    {"idem key rotate --reason \"a laptop was lost\"", "a new key in the key file, at once"},
    {"idem key rotate --data", "new data keys: everything is sealed again"},
};

const struct command cmd_key = {
    .name = "key",
    .summary = "the keys: make, look at, protect by a passphrase, replace",
    .operands = "create|info|passphrase|rotate [FILE]",
    .least = 1,
    .most = 2,
    .completes = COMPLETE_WORDS,
    .words = "create info passphrase rotate",
    .details =
        "The key file protects the data keys in the database, and these protect the values. rotate puts a new key into "
        "the key file and keeps the former one beside it, for backups; it takes a moment. rotate --data replaces the "
        "data "
        "keys: containers are sealed again in small steps, while look-ups and runs go on; interrupted, it goes on "
        "where "
        "it was. A passphrase comes from --passphrase-file, IDEM_PASSPHRASE_FILE or the terminal.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct key_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
