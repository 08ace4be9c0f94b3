/* What stewards do: decisions, merges, splits, pins. All run on the writer. */
#include <stdio.h>
#include <stdlib.h>

#include "serve/route.h"

enum { MOST_KEYS = 1000, MOST_REVIEW = 1000 };

struct steward {
    struct idem_steward_options options;
    const char *key[MOST_KEYS];
    size_t n_keys;
};

static void S_answer(struct request *rq, enum idem_status status, char *text, const struct idem_error *err)
{
    if (status == IDEM_OK)
        answer_json(&rq->answer, 200, text);
    else
        answer_error(&rq->answer, status, err);
}

/* The body with the keys that all have, and those of this request. */
static bool S_begin(struct request *rq, const char *const *known, size_t n, struct steward *st)
{
    const char *all[8] = {"reason", "dry_run"};
    for (size_t i = 0; i < n && i + 2 < COUNT_OF(all); i++)
        all[i + 2] = known[i];
    *st = (struct steward){.options = {.by = rq->by}};
    if (!request_object(rq, all, n + 2) || !request_text(rq, "reason", false, &st->options.reason))
        return false;
    const json_t *dry_run = json_object_get(rq->json, "dry_run");
    if (dry_run && !json_is_boolean(dry_run)) {
        answer_problem(&rq->answer, 422, "invalid", "dry_run is true or false");
        return false;
    }
    st->options.dry_run = json_is_true(dry_run);
    return true;
}

static bool S_keys(struct request *rq, const char *name, size_t least, struct steward *st)
{
    const json_t *list = json_object_get(rq->json, name), *item;
    size_t i;
    bool good = json_is_array(list) && json_array_size(list) >= least && json_array_size(list) <= MOST_KEYS;
    if (good)
        json_array_foreach(list, i, item)
        {
            struct str text = json_str(item);
            good = good && text.len && strlen(text.ptr) == text.len;
            st->key[st->n_keys++] = text.ptr;
        }
    if (!good)
        answer_problem(&rq->answer, 422, "invalid", "\"%s\" is a list of %zu to %d texts, SOURCE:ID or master_ids",
                       name, least, MOST_KEYS);
    return good;
}

/* If-Match names the state of a master that the client knows: what was changed since is not overwritten. */
static bool S_matches(struct request *rq, struct idem_session *s, const char *key)
{
    struct idem_error err = {0};
    char *text = NULL, tag[40];
    json_t *master = NULL;
    if (!rq->if_match || strcmp(rq->if_match, "*") == 0)
        return true;
    idem_act_for(s, rq->by, true);
    enum idem_status status = idem_show(s, key, &text, &err);
    idem_act_for(s, rq->by, rq->masked);
    if (status == IDEM_OK)
        status = json_parse(str_from(text), "master", &master, &err);
    idem_free(text);
    if (status != IDEM_OK) {
        answer_error(&rq->answer, status, &err);
        return false;
    }
    snprintf(tag, sizeof tag, "\"%lld", (long long)json_integer_value(json_object_get(master, "seq")));
    json_decref(master);
    const char *at = strstr(rq->if_match, tag);
    if (at && strchr("\"m", at[strlen(tag)]))
        return true;
    answer_problem(&rq->answer, 412, "changed", "the master has changed since; read it again");
    return false;
}

void run_review(struct request *rq, struct idem_session *s)
{
    struct idem_error err = {0};
    int64_t most;
    char *text = NULL;
    if (!request_number(rq, "limit", 1, MOST_REVIEW, 100, &most))
        return;
    char after[64];
    struct str place = request_query(rq, "after");
    snprintf(after, sizeof after, "%.*s", STR_ARG(place));
    enum idem_status status = idem_review_page(s, place.ptr ? after : NULL, (size_t)most, &text, &err);
    S_answer(rq, status, text, &err);
}

void run_decide(struct request *rq, struct idem_session *s)
{
    static const char *const KEYS[] = {"a", "b", "verdict"};
    struct idem_error err = {0};
    const char *a, *b, *verdict;
    struct steward st;
    char *text = NULL;
    if (!S_begin(rq, KEYS, COUNT_OF(KEYS), &st) || !request_text(rq, "a", true, &a) ||
        !request_text(rq, "b", true, &b) || !request_text(rq, "verdict", true, &verdict))
        return;
    enum idem_status status = idem_decide(s, a, b, verdict, &st.options, &text, &err);
    S_answer(rq, status, text, &err);
}

void run_undo(struct request *rq, struct idem_session *s)
{
    const struct idem_steward_options options = {.by = rq->by};
    struct idem_error err = {0};
    uint64_t decision;
    char *text = NULL;
    if (!str_to_u64(request_capture(rq, 0), &decision) || decision > INT64_MAX) {
        answer_problem(&rq->answer, 404, "not_found", "this is no number of a decision");
        return;
    }
    enum idem_status status = idem_undo(s, (int64_t)decision, &options, &text, &err);
    S_answer(rq, status, text, &err);
}

void run_merge(struct request *rq, struct idem_session *s)
{
    static const char *const KEYS[] = {"masters"};
    struct idem_error err = {0};
    struct steward st;
    char *text = NULL;
    if (!S_begin(rq, KEYS, COUNT_OF(KEYS), &st) || !S_keys(rq, "masters", 2, &st) || !S_matches(rq, s, st.key[0]))
        return;
    enum idem_status status = idem_merge(s, st.key, st.n_keys, &st.options, &text, &err);
    S_answer(rq, status, text, &err);
}

void run_split(struct request *rq, struct idem_session *s)
{
    static const char *const KEYS[] = {"master", "records"};
    struct idem_error err = {0};
    const char *master;
    struct steward st;
    char *text = NULL;
    if (!S_begin(rq, KEYS, COUNT_OF(KEYS), &st) || !request_text(rq, "master", true, &master) ||
        !S_keys(rq, "records", 1, &st) || !S_matches(rq, s, master))
        return;
    enum idem_status status = idem_split(s, master, st.key, st.n_keys, &st.options, &text, &err);
    S_answer(rq, status, text, &err);
}

void run_pin(struct request *rq, struct idem_session *s)
{
    static const char *const KEYS[] = {"master", "field", "value", "from"};
    struct idem_error err = {0};
    const char *master, *field, *value, *from;
    struct steward st;
    char *text = NULL;
    if (!S_begin(rq, KEYS, COUNT_OF(KEYS), &st) || !request_text(rq, "master", true, &master) ||
        !request_text(rq, "field", true, &field) || !request_text(rq, "value", false, &value) ||
        !request_text(rq, "from", false, &from))
        return;
    if (!value == !from) {
        answer_problem(&rq->answer, 422, "invalid", "a pin has a value, or from and a record");
        return;
    }
    if (!S_matches(rq, s, master))
        return;
    enum idem_status status = idem_pin(s, master, field, value, from, &st.options, &text, &err);
    S_answer(rq, status, text, &err);
}

void run_unpin(struct request *rq, struct idem_session *s)
{
    const struct idem_steward_options options = {.by = rq->by};
    struct idem_error err = {0};
    char *text = NULL, master[64], field[128];
    struct str id = request_capture(rq, 0), name = request_capture(rq, 1);
    if (id.len >= sizeof master || name.len >= sizeof field) {
        answer_problem(&rq->answer, 404, "not_found", "there is no such master or field");
        return;
    }
    snprintf(master, sizeof master, "%.*s", STR_ARG(id));
    snprintf(field, sizeof field, "%.*s", STR_ARG(name));
    if (!S_matches(rq, s, master))
        return;
    enum idem_status status = idem_unpin(s, master, field, &options, &text, &err);
    S_answer(rq, status, text, &err);
}
