/* From records to masters: one, which is asked most, and many. */
#include <stdlib.h>

#include "serve/route.h"
#include "serve/service.h"

enum { MOST_KEYS = 10000, LONGEST_LINE = 16 << 10, MOST_ANSWER = 16 << 20 };

/* A JSON text; what is no UTF-8 becomes U+FFFD, as everywhere. */
static void S_put_text(struct buf *out, struct str text)
{
    bool plain = true;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        plain = plain && c >= ' ' && c < 0x7f && c != '"' && c != '\\';
    }
    if (plain) {
        buf_byte(out, '"');
        buf_str(out, text);
        buf_byte(out, '"');
        return;
    }
    json_t *value = json_from_str(text);
    char *encoded = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    buf_str(out, str_from(encoded));
    free(encoded);
    json_decref(value);
}

/* {"data_source":..,"record_id":..,"master_id":..} without a detour: this is what is asked thousands of times a second.
 */
static void S_put(struct buf *out, struct str source, struct str id, const char *master_id)
{
    buf_str(out, STR("{\"data_source\":"));
    if (source.len)
        S_put_text(out, source);
    else
        buf_str(out, STR("null"));
    buf_str(out, STR(",\"record_id\":"));
    S_put_text(out, id);
    buf_str(out, STR(",\"master_id\":"));
    if (master_id)
        S_put_text(out, str_from(master_id));
    else
        buf_str(out, STR("null"));
    buf_byte(out, '}');
}

static bool S_check_key(struct request *rq, struct str source, struct str id)
{
    if (source.len && id.len && id.len <= 1024 && source.len <= 64)
        return true;
    answer_problem(&rq->answer, 400, "bad_parameter", "say which record: ?source=crm&id=C-1001");
    return false;
}

void run_lookup(struct request *rq, struct idem_session *s)
{
    struct str source = request_query(rq, "source"), id = request_query(rq, "id");
    struct idem_error err = {0};
    struct buf out = {0};
    char master_id[37];
    (void)s;
    if (!S_check_key(rq, source, id) || !request_may_source(rq, source))
        return;
    enum idem_status status = slots_lookup(&rq->service->slots, (struct idem_str){source.ptr, source.len},
                                           (struct idem_str){id.ptr, id.len}, master_id, &err);
    if (status != IDEM_OK) {
        if (status == IDEM_NOT_FOUND)
            error_set(&err, status, "there is no such record");
        answer_error(&rq->answer, status, &err);
        return;
    }
    buf_reserve(&out, 192);
    S_put(&out, source, id, master_id);
    answer_text(&rq->answer, 200, TYPE_JSON, out.ptr, out.len);
}

/* ------------------------------------------------------------------ many */

static bool S_one(struct request *rq, struct idem_stream *stream, const json_t *key, struct buf *out)
{
    struct str source = json_str(json_object_get(key, "data_source")), id = json_str(json_object_get(key, "record_id"));
    struct idem_error err = {0};
    char master_id[37];
    if (!request_is_source(source) || !id.len || id.len > 1024 || json_object_size(key) != 2) {
        answer_problem(&rq->answer, 422, "invalid", "each of \"keys\" is {\"data_source\":..., \"record_id\":...}");
        return false;
    }
    if (!request_may_source(rq, source))
        return false;
    enum idem_status status = idem_stream_lookup(stream, (struct idem_str){source.ptr, source.len},
                                                 (struct idem_str){id.ptr, id.len}, master_id, &err);
    if (status != IDEM_OK && status != IDEM_NOT_FOUND) {
        answer_error(&rq->answer, status, &err);
        return false;
    }
    if (out->ptr[out->len - 1] == '}')
        buf_byte(out, ',');
    S_put(out, source, id, status == IDEM_OK ? master_id : NULL);
    return true;
}

static bool S_all(struct request *rq, struct idem_stream *stream, const json_t *keys, struct buf *out)
{
    buf_str(out, STR("{\"answers\":["));
    for (size_t i = 0; i < json_array_size(keys); i++)
        if (!S_one(rq, stream, json_array_get(keys, i), out))
            return false;
    buf_str(out, STR("]}"));
    return true;
}

/* ------------------------------------------------------------------ as lines */

static void S_line_error(struct request *rq, enum idem_status status, const char *why)
{
    buf_printf(&rq->told, "{\"error\":{\"status\":\"%s\",\"message\":\"%s\"},\"line\":%llu}", error_status_name(status),
               why, (unsigned long long)rq->lines_done);
}

static enum idem_status S_line(struct request *rq, struct idem_stream *stream, struct str text, struct idem_error *err)
{
    json_t *key = NULL;
    char master_id[37];
    enum idem_status status = IDEM_OK;
    bool parsed = json_parse(text, "line", &key, NULL) == IDEM_OK;
    struct str source = json_str(json_object_get(key, "data_source")), id = json_str(json_object_get(key, "record_id"));
    if (!parsed || !request_is_source(source) || !id.len || id.len > 1024 || json_object_size(key) != 2) {
        S_line_error(rq, IDEM_INVALID, "a line is {\\\"data_source\\\":..., \\\"record_id\\\":...}");
    } else if (!request_may_source(rq, source)) {
        answer_deinit(&rq->answer);
        S_line_error(rq, IDEM_INVALID, "this token is for other sources");
    } else {
        status = idem_stream_lookup(stream, (struct idem_str){source.ptr, source.len},
                                    (struct idem_str){id.ptr, id.len}, master_id, err);
        if (status == IDEM_OK || status == IDEM_NOT_FOUND)
            S_put(&rq->told, source, id, status == IDEM_OK ? master_id : NULL);
    }
    json_decref(key);
    return status == IDEM_NOT_FOUND ? IDEM_OK : status;
}

/* The whole lines of what has come; the last one too when nothing follows. */
static enum idem_status S_turn(struct request *rq, struct idem_stream *stream, struct idem_error *err)
{
    struct str rest = buf_view(&rq->body);
    enum idem_status status = IDEM_OK;
    while (rest.len && status == IDEM_OK) {
        size_t end = str_find_byte(rest, '\n');
        if (end == SIZE_MAX && rq->partial)
            break;
        struct str line = str_trim(str_sub(rest, 0, end == SIZE_MAX ? rest.len : end));
        rest = str_sub(rest, end == SIZE_MAX ? rest.len : end + 1, rest.len);
        rq->lines_done++;
        if (!line.len)
            continue;
        status = S_line(rq, stream, line, err);
        if (status == IDEM_OK)
            buf_byte(&rq->told, '\n');
    }
    size_t left = rest.len;
    if (left)
        memmove(rq->body.ptr, rest.ptr, left);
    rq->body.len = left;
    if (status == IDEM_OK && rq->partial && left > LONGEST_LINE)
        status = error_set(err, IDEM_LIMIT, "a line is longer than a key can be");
    if (status == IDEM_OK && !rq->streams && rq->told.len > MOST_ANSWER)
        status = error_set(err, IDEM_LIMIT, "the answers are too many for one request of HTTP/1.0");
    return status;
}

static void S_lines(struct request *rq, struct idem_session *s)
{
    struct idem_stream *stream;
    struct idem_error err = {0};
    enum idem_status status = idem_stream_open(s, &stream, &err);
    if (status == IDEM_OK) {
        status = S_turn(rq, stream, &err);
        idem_stream_close(stream);
    }
    if (status != IDEM_OK) {
        answer_error(&rq->answer, status, &err);
    } else if (!rq->partial && !rq->wire.begun) {
        answer_text(&rq->answer, 200, TYPE_LINES, rq->told.ptr, rq->told.len);
        rq->told = (struct buf){0};
    }
}

void run_lookup_many(struct request *rq, struct idem_session *s)
{
    static const char *const KEYS[] = {"keys"};
    struct idem_stream *stream;
    struct idem_error err = {0};
    struct buf out = {0};
    if (rq->lines) {
        S_lines(rq, s);
        return;
    }
    if (!request_object(rq, KEYS, COUNT_OF(KEYS)))
        return;
    json_t *keys = json_object_get(rq->json, "keys");
    if (!json_is_array(keys) || json_array_size(keys) > MOST_KEYS) {
        answer_problem(&rq->answer, 422, "invalid", "\"keys\" is a list of at most %d keys", MOST_KEYS);
        return;
    }
    enum idem_status status = idem_stream_open(s, &stream, &err);
    if (status != IDEM_OK) {
        answer_error(&rq->answer, status, &err);
        return;
    }
    if (S_all(rq, stream, keys, &out))
        answer_text(&rq->answer, 200, TYPE_JSON, out.ptr, out.len);
    else
        buf_deinit(&out);
    idem_stream_close(stream);
}
