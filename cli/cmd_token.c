#include "base/clock.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/render.h"

struct options {
    unsigned role;
    const char *name, *sources;
    uint64_t expires_ms;
    int64_t now_ms;
};

static const char *const ROLES[] = {"reader", "pipeline", "steward", "admin"};

static void S_created(const struct cli *c, struct output *o, const json_t *token)
{
    (void)c;
    output_printf(o, "%s\n", json_string_value(json_object_get(token, "token")));
}

static void S_listed(const struct cli *c, struct output *o, const json_t *result)
{
    render_table(c, o, json_object_get(result, "tokens"),
                 "token_id name role sources created_at expires_at revoked_at");
}

static void S_revoked(const struct cli *c, struct output *o, const json_t *result)
{
    (void)c;
    output_printf(o, "revoked token %lld\n", (long long)json_integer_value(json_object_get(result, "token_id")));
}

static enum idem_status S_create(struct cli *c, struct idem_session *s, struct idem_error *err)
{
    const struct options *o = c->options;
    int64_t now_ms = o->now_ms ? o->now_ms : clock_now_ms();
    struct idem_token_options options = {.name = o->name,
                                         .role = ROLES[o->role],
                                         .sources = o->sources,
                                         .expires_ms = o->expires_ms ? now_ms + (int64_t)o->expires_ms : 0,
                                         .now_ms = now_ms};
    char *text = NULL;
    TRY(idem_token_create(s, &options, &text, err));
    return render_result(c, text, S_created, err);
}

static enum idem_status S_list(struct cli *c, struct idem_session *s, struct idem_error *err)
{
    char *text = NULL;
    TRY(idem_tokens(s, &text, err));
    return render_result(c, text, S_listed, err);
}

static enum idem_status S_revoke(struct cli *c, struct idem_session *s, struct idem_error *err)
{
    const struct options *o = c->options;
    uint64_t id;
    if (c->n_operands != 2 || !str_to_u64(str_from(c->operand[1]), &id) || id > INT64_MAX)
        return usage_error(c, err, "which token? idem token list shows their numbers");
    TRY(cli_answer(c, idem_token_revoke(s, (int64_t)id, o->now_ms, err)));
    json_t *result = json_object();
    json_put(result, "token_id", json_integer((json_int_t)id));
    json_put(result, "revoked", json_true());
    enum idem_status status = render_result(c, json_text(result), S_revoked, err);
    json_decref(result);
    return status;
}

static const struct {
    const char *word;
    enum idem_open_mode mode;
    enum idem_status (*run)(struct cli *c, struct idem_session *s, struct idem_error *err);
} ACTIONS[] = {{"create", IDEM_WRITE, S_create}, {"list", IDEM_READ, S_list}, {"revoke", IDEM_WRITE, S_revoke}};

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    struct idem_session *s = NULL;
    for (size_t i = 0; i < COUNT_OF(ACTIONS); i++) {
        if (strcmp(c->operand[0], ACTIONS[i].word) != 0)
            continue;
        TRY(connect_open(c, CONFIG_OPTIONAL, ACTIONS[i].mode, &s, err));
        enum idem_status status = ACTIONS[i].run(c, s, err);
        idem_close(s);
        return status;
    }
    return usage_error(c, err, "token create, token list, or token revoke NUMBER");
}

#define AT(member) offsetof(struct options, member)
static const struct option_row OPTIONS[] = {
    {"role", 0, "reader|pipeline|steward|admin", "what it may do (default: reader)", OPTION_CHOICE, AT(role)},
    {"name", 0, "TEXT", "for whom it is, in the clear (default: the role)", OPTION_TEXT, AT(name)},
    {"sources", 0, "NAME,...", "records of these sources only (default: of all)", OPTION_TEXT, AT(sources)},
    {"expires", 0, "TIME", "how long it holds, as 90d (default: until it is revoked)", OPTION_DURATION, AT(expires_ms)},
    {"now", 0, "TIME", "the time to note (default: now)", OPTION_TIME, AT(now_ms)},
};

static const struct example EXAMPLES[] = {
    {"idem token create --role pipeline --sources crm --expires 90d", "prints the token, for the only time"},
    {"idem token list", "who may do what, and until when"},
    {"idem token revoke 2", "from the next second on it opens nothing"},
};

const struct command cmd_token = {
    .name = "token",
    .summary = "make, list and revoke the tokens of the HTTP service",
    .operands = "create | list | revoke NUMBER",
    .least = 1,
    .most = 2,
    .completes = COMPLETE_WORDS,
    .words = "create list revoke",
    .details =
        "Of a token only a digest is kept. A reader looks up and reads, personal values masked; a pipeline also "
        "writes records and sees values; a steward also decides, merges, splits and pins; an admin may do "
        "everything. A token for some sources writes and looks up records of these only, and sees all else masked.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
