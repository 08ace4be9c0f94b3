#include "serve/records.h"

#include <stdio.h>
#include <stdlib.h>

#include "serve/route.h"

enum { MOST_LINES = 64, LONGEST_LINE = 1 << 20, MOST_ANSWER = 16 << 20 };

/* The key in the path, allowed for this token. */
static bool S_key(struct request *rq, struct str *source, struct str *id)
{
    *source = request_capture(rq, 0);
    *id = request_capture(rq, 1);
    if (!request_is_source(*source) || id->len > 1024) {
        answer_problem(&rq->answer, 404, "not_found", "there is no such record");
        return false;
    }
    return request_may_source(rq, *source);
}

/* ------------------------------------------------------------------ read one */

static json_t *S_find(const json_t *shown, struct str source, struct str id)
{
    const json_t *records = json_object_get(shown, "records");
    json_t *record;
    size_t i;
    json_array_foreach(records, i,
                       record) if (str_eq(json_str(json_object_get(record, "data_source")), source) &&
                                   str_eq(json_str(json_object_get(record, "record_id")), id)) return record;
    return NULL;
}

static bool S_is_current(struct idem_session *s, struct str source, struct str id, struct idem_error *err)
{
    char master_id[37];
    return idem_lookup(s, (struct idem_str){source.ptr, source.len}, (struct idem_str){id.ptr, id.len}, master_id,
                       err) == IDEM_OK;
}

static void S_tell(struct request *rq, const json_t *shown, struct str source, struct str id)
{
    json_t *record = S_find(shown, source, id), *told = json_object(), *values = json_object_get(record, "values");
    json_put_str(told, "data_source", source);
    json_put_str(told, "record_id", id);
    json_object_set(told, "master_id", json_object_get(shown, "master_id"));
    json_object_set(told, "masked", json_object_get(shown, "masked"));
    json_put(told, "updated_at", json_incref(record ? json_object_get(record, "updated_at") : json_null()));
    json_put(told, "values", json_incref(values ? values : json_null()));
    answer_json(&rq->answer, 200, json_text(told));
    json_decref(told);
}

void run_record(struct request *rq, struct idem_session *s)
{
    struct str source, id;
    struct idem_error err = {0};
    struct buf key = {0};
    char *text = NULL;
    json_t *shown = NULL;
    if (!S_key(rq, &source, &id))
        return;
    buf_printf(&key, "%.*s:", STR_ARG(source));
    buf_str(&key, id);
    enum idem_status status = S_is_current(s, source, id, &err) ? IDEM_OK : err.status ? err.status : IDEM_NOT_FOUND;
    if (status == IDEM_OK)
        status = idem_show(s, buf_cstr(&key), &text, &err);
    if (status == IDEM_OK)
        status = json_parse(str_from(text), "record", &shown, &err);
    if (status == IDEM_OK) {
        S_tell(rq, shown, source, id);
    } else {
        if (status == IDEM_NOT_FOUND)
            error_set(&err, status, "there is no such record");
        answer_error(&rq->answer, status, &err);
    }
    json_decref(shown);
    idem_free(text);
    buf_deinit(&key);
}

/* ------------------------------------------------------------------ write one */

static bool S_agrees(struct request *rq, const char *name, struct str wanted)
{
    json_t *given = json_object_get(rq->json, name);
    if (!given || str_eq(json_str(given), wanted))
        return true;
    answer_problem(&rq->answer, 422, "invalid", "%s of the body is not that of the path; leave it out", name);
    return false;
}

/* The request as a line for the library, or NULL with the problem as answer. */
static char *S_line(struct request *rq)
{
    struct str source, id;
    struct idem_error err = {0};
    if (!S_key(rq, &source, &id))
        return NULL;
    json_t *plain = json_stringn(id.ptr, id.len);
    if (!plain) {
        answer_problem(&rq->answer, 422, "invalid", "a record_id is UTF-8");
        return NULL;
    }
    bool deletes = rq->route->body == BODY_NONE;
    if (deletes)
        rq->json = json_object();
    else if (json_parse(buf_view(&rq->body), "body", &rq->json, &err) != IDEM_OK)
        answer_problem(&rq->answer, 400, "bad_json", "the body is no JSON; keys must not repeat, texts are UTF-8");
    else if (!json_is_object(rq->json))
        answer_problem(&rq->answer, 422, "invalid", "the body is not a JSON object");
    else if (S_agrees(rq, "data_source", source))
        S_agrees(rq, "record_id", id);
    if (rq->answer.status) {
        json_decref(plain);
        return NULL;
    }
    json_put_str(rq->json, "data_source", source);
    json_put(rq->json, "record_id", plain);
    if (deletes)
        json_put(rq->json, "deleted", json_true());
    return json_text(rq->json);
}

static const struct {
    const char *name;
    enum idem_status status;
} STATUSES[] = {{"not_found", IDEM_NOT_FOUND}, {"conflict", IDEM_CONFLICT}, {"busy", IDEM_BUSY}};

static void S_answer_error(struct request *rq, struct str line)
{
    struct idem_error err = {0};
    json_t *told = NULL;
    if (json_parse(line, "answer", &told, &err) != IDEM_OK) {
        answer_problem(&rq->answer, 500, "internal", "the answer cannot be read");
        return;
    }
    const json_t *error = json_object_get(told, "error");
    const char *name = json_string_value(json_object_get(error, "status"));
    enum idem_status status = IDEM_INVALID;
    for (size_t i = 0; name && i < COUNT_OF(STATUSES); i++)
        status = strcmp(name, STATUSES[i].name) == 0 ? STATUSES[i].status : status;
    error_set(&err, status, "%s", json_string_value(json_object_get(error, "message")));
    answer_error(&rq->answer, status, &err);
    json_decref(told);
}

/* The text of a member, without a look at the rest: inside a text no quotation mark stands behind a comma. */
static struct str S_member(struct str line, struct str begin)
{
    size_t at = str_find(line, begin);
    struct str rest = at == SIZE_MAX ? (struct str){0} : str_sub(line, at + begin.len, line.len);
    size_t end = str_find_byte(rest, '"');
    return end == SIZE_MAX ? (struct str){0} : str_sub(rest, 0, end);
}

/* What the library said of one record as the answer of its request. */
static void S_answer(struct request *rq, struct str line)
{
    if (str_starts(line, STR("{\"error\":"))) {
        S_answer_error(rq, line);
        return;
    }
    struct str event = S_member(line, STR(",\"event\":\""));
    if (str_eq(event, STR("absent"))) {
        answer_problem(&rq->answer, 404, "not_found", "there is no such record");
        return;
    }
    bool is_new = str_eq(event, STR("created")) || str_eq(event, STR("attached"));
    struct buf text = {0};
    buf_str(&text, line);
    answer_json(&rq->answer, is_new ? 201 : 200, buf_cstr(&text));
}

/* Again, when what was refused under the former configuration is possible under the new one. */
static enum idem_status S_resolve(struct request *rq, struct lease *lease, const struct idem_str *line, size_t n,
                                  const struct idem_resolve_options *options, char **lines, struct idem_error *err)
{
    enum idem_status status;
    do {
        struct idem_resolver *resolver;
        size_t failed = 0;
        TRY(lease_resolver(lease, &resolver, err));
        status = idem_resolve(resolver, line, n, options, lines, &failed, err);
    } while (status == IDEM_CONFLICT && lease_renew(rq->service, lease));
    return status;
}

static void S_all(struct lease *lease, struct request *const *rq, const struct idem_str *line, unsigned n)
{
    const struct idem_resolve_options options = {.by = n == 1 ? rq[0]->by : "service"};
    struct idem_error err = {0};
    char *lines = NULL;
    enum idem_status status = S_resolve(rq[0], lease, line, n, &options, &lines, &err);
    struct str rest = str_from(lines), told;
    for (unsigned i = 0; i < n; i++)
        if (status != IDEM_OK)
            answer_error(&rq[i]->answer, status, &err);
        else if (str_next_piece(&rest, '\n', &told))
            S_answer(rq[i], told);
    idem_free(lines);
}

void records_write(struct lease *lease, struct request *const *rq, unsigned n)
{
    struct request **good = xcalloc(n, sizeof *good);
    struct idem_str *line = xcalloc(n, sizeof *line);
    unsigned n_good = 0;
    for (unsigned i = 0; i < n; i++) {
        char *text = S_line(rq[i]);
        if (!text)
            continue;
        line[n_good] = (struct idem_str){text, strlen(text)};
        good[n_good++] = rq[i];
    }
    if (n_good)
        S_all(lease, good, line, n_good);
    for (unsigned i = 0; i < n_good; i++)
        free((char *)(uintptr_t)line[i].ptr);
    free(line);
    free(good);
}

/* With a key of its own, for the answer that is kept. */
void run_write_record(struct request *rq, struct idem_session *s)
{
    (void)s;
    records_write(rq->lease, &rq, 1);
}

/* ------------------------------------------------------------------ many, as they come */

static bool S_may_line(struct request *rq, struct str line)
{
    json_t *record = NULL;
    if (!rq->token.sources[0] || json_parse(line, "line", &record, NULL) != IDEM_OK)
        return true; /* what cannot be read is refused by the library */
    bool may = request_may_source(rq, json_str(json_object_get(record, "data_source")));
    json_decref(record);
    return may;
}

/* Up to MOST_LINES whole lines off the body; the last one too when nothing follows. */
static size_t S_take_lines(struct request *rq, struct str *rest, struct idem_str *line)
{
    size_t n = 0;
    struct str piece;
    while (n < MOST_LINES && rest->len) {
        size_t end = str_find_byte(*rest, '\n');
        if (end == SIZE_MAX && rq->partial)
            break;
        piece = str_sub(*rest, 0, end == SIZE_MAX ? rest->len : end);
        *rest = str_sub(*rest, end == SIZE_MAX ? rest->len : end + 1, rest->len);
        if (!S_may_line(rq, piece))
            break;
        line[n++] = (struct idem_str){piece.ptr, piece.len};
    }
    return n;
}

static enum idem_status S_turn(struct request *rq, const struct idem_str *line, size_t n, struct idem_error *err)
{
    const struct idem_resolve_options options = {.by = rq->by, .line = rq->lines_done + 1};
    char *lines = NULL;
    TRY(S_resolve(rq, rq->lease, line, n, &options, &lines, err));
    buf_str(&rq->told, str_from(lines));
    idem_free(lines);
    rq->lines_done += n;
    return IDEM_OK;
}

/* What was written stays written: the rest is refused in a last line. */
static void S_give_up(struct request *rq, enum idem_status status, const struct idem_error *err)
{
    if (!rq->told.len && !rq->wire.begun) {
        if (!rq->answer.status)
            answer_error(&rq->answer, status, err);
        return;
    }
    json_t *line = json_object(), *error = json_object();
    json_put_str(error, "status", str_from(error_status_name(status)));
    json_put_str(error, "message", str_from(err->message));
    json_put(line, "error", error);
    json_put(line, "line", json_integer((json_int_t)rq->lines_done + 1));
    char *text = json_text(line);
    buf_printf(&rq->told, "%s\n", text);
    free(text);
    json_decref(line);
    rq->gave_up = true;
}

/* One turn: others that wait to write come in between. */
static void S_work(struct request *rq)
{
    struct idem_str line[MOST_LINES];
    struct str rest = buf_view(&rq->body);
    struct idem_error err = {0};
    enum idem_status status = IDEM_OK;
    size_t n = S_take_lines(rq, &rest, line);
    if (n)
        status = S_turn(rq, line, n, &err);
    if (status == IDEM_OK && rq->told.len > MOST_ANSWER)
        status = error_set(&err, IDEM_LIMIT, "the answers are too many for one request; send the rest in another");
    if (status == IDEM_OK && !n && rest.len > LONGEST_LINE)
        status = error_set(&err, IDEM_LIMIT, "a line is longer than 1 MB");
    rq->again = n > 0 && rest.len > 0 && status == IDEM_OK && !rq->answer.status;
    size_t left = rest.len;
    if (left)
        memmove(rq->body.ptr, rest.ptr, left);
    rq->body.len = left;
    if (rq->answer.status && (rq->told.len || rq->wire.begun)) { /* another source than the token's, behind others */
        answer_deinit(&rq->answer);
        status = error_set(&err, IDEM_INVALID, "this token is for other sources");
    }
    if (status != IDEM_OK)
        S_give_up(rq, status, &err);
}

void run_records(struct request *rq, struct idem_session *s)
{
    (void)s;
    if (!rq->gave_up)
        S_work(rq);
    if (rq->gave_up)
        buf_clear(&rq->body);
    if (rq->again || rq->partial || rq->wire.begun || (rq->answer.status && !rq->told.len))
        return;
    answer_text(&rq->answer, 200, TYPE_LINES, rq->told.ptr, rq->told.len);
    rq->told = (struct buf){0};
}
