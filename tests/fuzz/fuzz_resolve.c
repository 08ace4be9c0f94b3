/*
 * Any lines as records to be resolved, any text as a token or a key, on a database that stays as it is: each line has
 * an answer, answers are JSON, errors have messages. The first byte chooses the call.
 */
#include "base/json.h"
#include "tests/fuzz/fuzz_shop.h"

enum { MOST_LINES = 16 };

static struct idem_session *session;
static struct idem_resolver *resolver;

static void S_close(void)
{
    idem_resolver_close(resolver);
    idem_close(session);
}

static void S_open(void)
{
    static struct fuzz_shop shop;
    struct idem_error err = {0};
    char *json = NULL;
    const struct idem_token_options token = {.role = "reader", .sources = "crm"};
    fuzz_shop_open(&shop, false);
    struct idem_session *s = fuzz_shop_session(&shop, IDEM_WRITE, &err);
    fuzz_require(s && idem_token_create(s, &token, &json, &err) == IDEM_OK, err.message);
    idem_free(json);
    idem_close(s);
    session = fuzz_shop_session(&shop, IDEM_READ, &err);
    fuzz_require(session && idem_resolver_open(session, &resolver, &err) == IDEM_OK, err.message);
    atexit(S_close);
}

static void S_is_json(struct str text)
{
    json_t *parsed;
    struct idem_error err = {0};
    fuzz_require(json_parse(text, "answer", &parsed, &err) == IDEM_OK, "an answer that is not JSON");
    json_decref(parsed);
}

static bool S_is_blank(struct str line)
{
    return str_trim(line).len == 0;
}

static void S_resolve(struct str text)
{
    const struct idem_resolve_options options = {.dry_run = true, .now_ms = 1770000000000, .seed = 5};
    struct idem_str record[MOST_LINES];
    struct idem_error err = {0};
    struct str line, rest;
    size_t n = 0, n_failed = 0, answers = 0, asked = 0;
    char *lines = NULL;
    while (n < MOST_LINES && text.len && str_next_piece(&text, '\n', &line)) {
        record[n++] = (struct idem_str){line.ptr, line.len};
        asked += !S_is_blank(line);
    }
    enum idem_status status = idem_resolve(resolver, record, n, &options, &lines, &n_failed, &err);
    if (status == IDEM_OK) {
        for (rest = str_from(lines); rest.len && str_next_piece(&rest, '\n', &line); answers++)
            S_is_json(line);
        fuzz_require(answers == asked && n_failed <= asked, "a line without an answer");
    }
    fuzz_answered(status, &err, &lines);
}

/* Fields of a search: names and values in turn, a line each. */
static void S_search(struct str text)
{
    const struct idem_search_options options = {.limit = 3};
    struct idem_field field[MOST_LINES];
    struct idem_error err = {0};
    struct str name, value;
    size_t n = 0;
    char *json = NULL;
    while (n < MOST_LINES && text.len && str_next_piece(&text, '\n', &name) && str_next_piece(&text, '\n', &value))
        field[n++] = (struct idem_field){{name.ptr, name.len}, {value.ptr, value.len}};
    enum idem_status status = idem_search(resolver, field, n, &options, &json, &err);
    if (status == IDEM_OK)
        S_is_json(str_from(json));
    fuzz_answered(status, &err, &json);
}

static void S_token(struct str text)
{
    struct idem_token token;
    struct idem_error err = {0};
    enum idem_status status =
        idem_token_find(session, (struct idem_str){text.ptr, text.len}, 1770000000000, &token, &err);
    fuzz_require(status == IDEM_NOT_FOUND || status == IDEM_INVALID, "a token that nobody gave");
}

static void S_keys(struct str text)
{
    typedef enum idem_status tell_fn(struct idem_session * s, const char *key, char **json, struct idem_error *err);
    static tell_fn *const TELL[] = {idem_show, idem_how, idem_history};
    struct arena a = {0};
    struct idem_error err = {0};
    char *json = NULL, master[37];
    const char *key = str_cstr(&a, text);
    for (size_t i = 0; i < COUNT_OF(TELL); i++) {
        enum idem_status status = TELL[i](session, key, &json, &err);
        if (status == IDEM_OK)
            S_is_json(str_from(json));
        fuzz_answered(status, &err, &json);
    }
    fuzz_answered(idem_why(session, key, "crm:c9", &json, &err), &err, &json);
    struct str source, id = text;
    if (!str_next_piece(&id, ':', &source))
        source = (struct str){0};
    fuzz_answered(idem_lookup(session, (struct idem_str){source.ptr, source.len}, (struct idem_str){id.ptr, id.len},
                              master, &err),
                  &err, NULL);
    arena_deinit(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static void (*const CALLS[])(struct str text) = {S_resolve, S_search, S_token, S_keys};
    if (!len)
        return 0;
    if (!session)
        S_open();
    CALLS[data[0] % COUNT_OF(CALLS)](fuzz_text(data + 1, len - 1));
    return 0;
}
