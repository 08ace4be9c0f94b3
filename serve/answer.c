#include "serve/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"

const char TYPE_JSON[] = "application/json";
const char TYPE_PROBLEM[] = "application/problem+json";
const char TYPE_LINES[] = "application/x-ndjson";
const char TYPE_EVENTS[] = "text/event-stream";
const char TYPE_METRICS[] = "text/plain; version=0.0.4; charset=utf-8";
const char TYPE_FHIR[] = "application/fhir+json";

static const struct {
    unsigned status;
    const char *title;
} TITLES[] = {
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {507, "Insufficient Storage"},
};

enum { WORTH_PACKING = 1400 };

/* "gzip" as a coding of its own, not ruled out by q=0. */
static bool S_takes_gzip(const char *accept)
{
    struct str rest = str_from(accept), coding;
    while (rest.len && str_next_token(&rest, ",", &coding)) {
        size_t semicolon = str_find_byte(coding, ';');
        struct str name = str_trim(semicolon == SIZE_MAX ? coding : str_sub(coding, 0, semicolon));
        bool none = semicolon != SIZE_MAX &&
                    (str_ends(str_trim(coding), STR("q=0")) || str_ends(str_trim(coding), STR("q=0.0")));
        if (str_eq_nocase(name, STR("gzip")))
            return !none;
    }
    return false;
}

void answer_pack(struct answer *a, const char *accept)
{
    char *packed;
    size_t len;
    if (!accept || a->borrowed || a->stream || a->len < WORTH_PACKING || !S_takes_gzip(accept) ||
        idem_gzip((struct idem_str){a->body, a->len}, &packed, &len, NULL) != IDEM_OK)
        return;
    free(a->body);
    a->body = packed;
    a->len = len;
    answer_header(a, "Content-Encoding", "gzip");
    answer_header(a, "Vary", "Accept-Encoding");
}

const char *answer_title(unsigned status)
{
    for (size_t i = 0; i < COUNT_OF(TITLES); i++)
        if (TITLES[i].status == status)
            return TITLES[i].title;
    return "Error";
}

void answer_deinit(struct answer *a)
{
    if (!a->borrowed)
        free(a->body);
    *a = (struct answer){0};
}

void answer_header(struct answer *a, const char *name, const char *format, ...)
{
    va_list args;
    if (a->n_headers == MOST_ANSWER_HEADERS)
        return;
    struct answer_header *h = &a->header[a->n_headers++];
    h->name = name;
    va_start(args, format);
    vsnprintf(h->value, sizeof h->value, format, args);
    va_end(args);
}

void answer_text(struct answer *a, unsigned status, const char *type, char *text, size_t len)
{
    if (!a->borrowed)
        free(a->body);
    a->status = status;
    a->type = type;
    a->body = text;
    a->len = len;
    a->borrowed = false;
}

void answer_json(struct answer *a, unsigned status, char *text)
{
    answer_text(a, status, TYPE_JSON, text, text ? strlen(text) : 0);
}

void answer_empty(struct answer *a, unsigned status)
{
    answer_text(a, status, NULL, NULL, 0);
}

void answer_problem(struct answer *a, unsigned status, const char *kind, const char *format, ...)
{
    char detail[1200], type[64];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    snprintf(type, sizeof type, "urn:idem:problem:%s", kind);
    json_t *problem = json_object();
    json_put_str(problem, "type", str_from(type));
    json_put_str(problem, "title", str_from(answer_title(status)));
    json_put(problem, "status", json_integer(status));
    json_put_str(problem, "detail", str_from(detail));
    char *text = json_text(problem);
    json_decref(problem);
    answer_text(a, status, TYPE_PROBLEM, text, strlen(text));
}

/* One row for each status of the library. */
static const struct {
    unsigned status, retry_s;
} MEANINGS[] = {
    [IDEM_OK] = {500, 0},      [IDEM_INVALID] = {422, 0}, [IDEM_NOT_FOUND] = {404, 0}, [IDEM_CONFLICT] = {409, 0},
    [IDEM_BUSY] = {503, 2},    [IDEM_LIMIT] = {422, 0},   [IDEM_NO_MEMORY] = {503, 5}, [IDEM_IO] = {500, 0},
    [IDEM_CORRUPT] = {500, 0}, [IDEM_GATE] = {409, 0},
};

void answer_error(struct answer *a, enum idem_status status, const struct idem_error *err)
{
    unsigned at = (unsigned)status < COUNT_OF(MEANINGS) ? (unsigned)status : IDEM_CORRUPT;
    bool full = status == IDEM_IO && strstr(err->message, "the disk is full"); /* the database's words */
    answer_problem(a, full ? 507 : MEANINGS[at].status, full ? "disk_full" : error_status_name(status), "%s",
                   err->message[0] ? err->message : "it could not be done");
    if (MEANINGS[at].retry_s)
        answer_header(a, "Retry-After", "%u", MEANINGS[at].retry_s);
}
