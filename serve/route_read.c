/* What reads records: masters, their history and making, why, and figures. The texts are the library's. */
#include <stdio.h>
#include <stdlib.h>

#include "serve/route.h"

enum { MOST_RUNS = 1000 };

static void S_answer(struct request *rq, enum idem_status status, char *text, const struct idem_error *err)
{
    if (status == IDEM_OK)
        answer_json(&rq->answer, 200, text);
    else
        answer_error(&rq->answer, status, err);
}

/* A master_id as it is asked for: what is none, is not there. */
static bool S_master_id(struct request *rq, char key[64])
{
    struct str id = request_capture(rq, 0);
    bool good = id.len == 36;
    for (size_t i = 0; good && i < id.len; i++) {
        char c = id.ptr[i];
        good = i == 8 || i == 13 || i == 18 || i == 23
                   ? c == '-'
                   : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }
    if (!good)
        answer_problem(&rq->answer, 404, "not_found", "this is no master_id");
    else
        snprintf(key, 64, "%.*s", STR_ARG(id));
    return good;
}

/* 308 to the survivor, 410 for an erased one, with the same tail of the path. False when that is the answer. */
static bool S_is_itself(struct request *rq, const json_t *master, const char *tail)
{
    struct str state = json_str(json_object_get(master, "status"));
    struct str survivor = json_str(json_object_get(master, "redirect_to"));
    if (str_eq(state, STR("erased"))) {
        answer_problem(&rq->answer, 410, "erased", "this master was erased");
        return false;
    }
    if (!survivor.len)
        return true;
    json_t *moved = json_object();
    json_put_str(moved, "master_id", json_str(json_object_get(master, "master_id")));
    json_put_str(moved, "redirect_to", survivor);
    answer_json(&rq->answer, 308, json_text(moved));
    answer_header(&rq->answer, "Location", "/v1/masters/%.*s%s", STR_ARG(survivor), tail);
    json_decref(moved);
    return false;
}

/* The master of the path as parsed JSON with its text, or NULL with the answer given. */
static json_t *S_show(struct request *rq, struct idem_session *s, const char *tail, char **text)
{
    struct idem_error err = {0};
    json_t *master = NULL;
    char key[64];
    *text = NULL;
    if (!S_master_id(rq, key))
        return NULL;
    enum idem_status status = idem_show(s, key, text, &err);
    if (status == IDEM_OK)
        status = json_parse(str_from(*text), "master", &master, &err);
    if (status != IDEM_OK)
        answer_error(&rq->answer, status, &err);
    else if (S_is_itself(rq, master, tail))
        return master;
    json_decref(master);
    idem_free(*text);
    *text = NULL;
    return NULL;
}

void run_master(struct request *rq, struct idem_session *s)
{
    char *text, tag[40];
    json_t *master = S_show(rq, s, "", &text);
    if (!master)
        return;
    snprintf(tag, sizeof tag, "\"%lld%s\"", (long long)json_integer_value(json_object_get(master, "seq")),
             rq->masked ? "m" : "");
    if (rq->if_none_match && strstr(rq->if_none_match, tag)) {
        idem_free(text);
        answer_empty(&rq->answer, 304);
    } else {
        answer_json(&rq->answer, 200, text);
    }
    answer_header(&rq->answer, "ETag", "%s", tag);
    json_decref(master);
}

void run_members(struct request *rq, struct idem_session *s)
{
    char *text;
    json_t *master = S_show(rq, s, "/records", &text), *result;
    if (!master)
        return;
    idem_free(text);
    result = json_object();
    json_object_set(result, "master_id", json_object_get(master, "master_id"));
    json_object_set(result, "masked", json_object_get(master, "masked"));
    json_object_set(result, "records", json_object_get(master, "records"));
    answer_json(&rq->answer, 200, json_text(result));
    json_decref(result);
    json_decref(master);
}

void run_history(struct request *rq, struct idem_session *s)
{
    struct idem_error err = {0};
    char *text = NULL, key[64];
    if (!S_master_id(rq, key))
        return;
    enum idem_status status = idem_history(s, key, &text, &err);
    S_answer(rq, status, text, &err);
}

void run_how(struct request *rq, struct idem_session *s)
{
    struct idem_error err = {0};
    char *text = NULL, key[64];
    if (!S_master_id(rq, key))
        return;
    enum idem_status status = idem_how(s, key, &text, &err);
    S_answer(rq, status, text, &err);
}

void run_why(struct request *rq, struct idem_session *s)
{
    static const char *const KEYS[] = {"a", "b"};
    struct idem_error err = {0};
    const char *a, *b;
    char *text = NULL;
    if (!request_object(rq, KEYS, COUNT_OF(KEYS)) || !request_text(rq, "a", true, &a) ||
        !request_text(rq, "b", true, &b))
        return;
    enum idem_status status = idem_why(s, a, b, &text, &err);
    S_answer(rq, status, text, &err);
}

void run_runs(struct request *rq, struct idem_session *s)
{
    struct idem_error err = {0};
    int64_t most, before;
    char *text = NULL;
    if (!request_number(rq, "limit", 1, MOST_RUNS, 100, &most) ||
        !request_number(rq, "before", 1, INT64_MAX, 0, &before))
        return;
    enum idem_status status = idem_runs_page(s, before, (size_t)most, &text, &err);
    S_answer(rq, status, text, &err);
}

void run_status(struct request *rq, struct idem_session *s)
{
    struct idem_error err = {0};
    char *text = NULL;
    enum idem_status status = idem_db_status(s, &text, &err);
    S_answer(rq, status, text, &err);
}

void run_quality(struct request *rq, struct idem_session *s)
{
    const struct idem_report_options options = {.values = false};
    struct idem_error err = {0};
    char *text = NULL;
    enum idem_status status = idem_report(s, &options, &text, &err);
    S_answer(rq, status, text, &err);
}
