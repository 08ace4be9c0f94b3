/* Who may do what: tokens, roles, sources, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "http_client.h"
#include "running.h"

static struct running service;

static void S_token(const char *role, const char *sources, int64_t expires_ms, char header[128], int64_t *id)
{
    struct idem_session *s = running_session(&service, IDEM_WRITE);
    const struct idem_token_options options = {.role = role, .sources = sources, .expires_ms = expires_ms};
    struct idem_error err = {0};
    char *text = NULL;
    json_t *token = NULL;
    assert_int_equal(idem_token_create(s, &options, &text, &err), IDEM_OK);
    assert_int_equal(json_parse(str_from(text), "token", &token, &err), IDEM_OK);
    snprintf(header, 128, "Authorization: Bearer %s\r\n", json_string_value(json_object_get(token, "token")));
    *id = json_integer_value(json_object_get(token, "token_id"));
    json_decref(token);
    idem_free(text);
    idem_close(s);
}

static unsigned S_status(const char *target, const char *headers)
{
    struct http_answer a;
    http_ask(service.port, "GET", target, headers, NULL, &a);
    unsigned status = a.status;
    http_answer_deinit(&a);
    return status;
}

/* The service learns of a commit of another process within a moment. */
static unsigned S_becomes(const char *target, const char *headers, unsigned wanted)
{
    unsigned status = 0;
    for (unsigned i = 0; i < 200; i++) {
        status = S_status(target, headers);
        if (status == wanted)
            break;
        usleep(20000);
    }
    return status;
}

static void the_first_token_closes_the_service_for_those_without(void **state)
{
    char header[128];
    int64_t id;
    (void)state;
    assert_int_equal(S_status("/v1/status", ""), 200);
    S_token("reader", NULL, 0, header, &id);
    assert_int_equal(S_becomes("/v1/status", "", 401), 401);
    assert_int_equal(S_status("/v1/status", header), 200);
    assert_int_equal(S_status("/healthz", ""), 200);
    assert_int_equal(S_status("/v1/status", "Authorization: Basic eDp5\r\n"), 401);
}

static void a_revoked_or_expired_token_opens_nothing(void **state)
{
    char header[128];
    int64_t id;
    (void)state;
    S_token("reader", NULL, 0, header, &id);
    assert_int_equal(S_becomes("/v1/status", header, 200), 200);
    struct idem_session *s = running_session(&service, IDEM_WRITE);
    assert_int_equal(idem_token_revoke(s, id, 0, NULL), IDEM_OK);
    assert_int_equal(idem_token_revoke(s, id, 0, NULL), IDEM_NOT_FOUND);
    idem_close(s);
    assert_int_equal(S_becomes("/v1/status", header, 401), 401);
    S_token("reader", NULL, clock_now_ms() + 1500, header, &id);
    assert_int_equal(S_becomes("/v1/status", header, 200), 200);
    assert_int_equal(S_becomes("/v1/status", header, 401), 401);
}

static bool S_shows(const char *headers, const char *value)
{
    char target[128];
    struct http_answer a;
    http_ask(service.port, "GET", "/v1/lookup?source=crm&id=1", headers, NULL, &a);
    json_t *found = NULL;
    assert_int_equal(json_parse(buf_view(&a.body), "answer", &found, NULL), IDEM_OK);
    snprintf(target, sizeof target, "/v1/masters/%s", json_string_value(json_object_get(found, "master_id")));
    json_decref(found);
    http_answer_deinit(&a);
    http_ask(service.port, "GET", target, headers, NULL, &a);
    assert_int_equal(a.status, 200);
    bool shows = str_find(buf_view(&a.body), str_from(value)) != SIZE_MAX;
    http_answer_deinit(&a);
    return shows;
}

static void readers_and_tokens_for_some_sources_see_values_masked(void **state)
{
    char reader[128], pipeline[128], crm[128];
    int64_t id;
    (void)state;
    S_token("reader", NULL, 0, reader, &id);
    S_token("pipeline", NULL, 0, pipeline, &id);
    S_token("steward", "crm", 0, crm, &id);
    assert_int_equal(S_becomes("/v1/status", crm, 200), 200);
    assert_true(S_shows(pipeline, "ann.archer@example.org"));
    assert_false(S_shows(reader, "ann.archer@example.org"));
    assert_false(S_shows(crm, "ann.archer@example.org"));
    assert_int_equal(S_status("/v1/lookup?source=crm&id=1", crm), 200);
    assert_int_equal(S_status("/v1/lookup?source=billing&id=b1", crm), 403);
}

static unsigned S_does(const char *method, const char *target, const char *headers, const char *body)
{
    struct http_answer a;
    http_ask(service.port, method, target, headers, body, &a);
    unsigned status = a.status;
    http_answer_deinit(&a);
    return status;
}

static void roles_decide_on_verbs(void **state)
{
    static const char *const ROLES[] = {"reader", "pipeline", "steward", "admin"};
    static const struct {
        const char *method, *target, *body;
        unsigned status[4];
    } CASES[] = {
        {"GET", "/v1/lookup?source=crm&id=1", NULL, {200, 200, 200, 200}},
        {"GET", "/v1/runs", NULL, {200, 200, 200, 200}},
        {"POST", "/v1/search", "{\"fields\":{\"email\":\"x@example.org\"}}", {200, 200, 200, 200}},
        {"PUT", "/v1/records/crm/role", "{\"fields\":{\"email\":\"x@example.org\"}}", {403, 201, 200, 200}},
        {"DELETE", "/v1/records/crm/none", NULL, {403, 404, 404, 404}},
        {"GET", "/v1/review", NULL, {403, 403, 200, 200}},
        {"POST", "/v1/decisions", "{\"a\":\"crm:1\",\"b\":\"crm:2\",\"verdict\":\"unsure\"}", {403, 403, 200, 200}},
        {"POST", "/v1/merge", "{\"masters\":[\"crm:none\",\"crm:2\"]}", {403, 403, 404, 404}},
        {"POST", "/v1/split", "{\"master\":\"crm:none\",\"records\":[\"crm:2\"]}", {403, 403, 404, 404}},
        {"POST", "/v1/pins", "{\"master\":\"crm:none\",\"field\":\"city\",\"value\":\"Graz\"}", {403, 403, 404, 404}},
    };
    char header[COUNT_OF(ROLES)][128];
    int64_t id;
    (void)state;
    for (size_t r = 0; r < COUNT_OF(ROLES); r++)
        S_token(ROLES[r], NULL, 0, header[r], &id);
    assert_int_equal(S_becomes("/v1/status", header[3], 200), 200);
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        for (size_t r = 0; r < COUNT_OF(ROLES); r++) {
            unsigned status = S_does(CASES[i].method, CASES[i].target, header[r], CASES[i].body);
            if (status != CASES[i].status[r])
                fail_msg("%s %s as %s: %u, not %u", CASES[i].method, CASES[i].target, ROLES[r], status,
                         CASES[i].status[r]);
        }
}

static void a_token_for_some_sources_writes_and_looks_up_these_only(void **state)
{
    char header[128], lines[192];
    struct http_answer a;
    int64_t id;
    (void)state;
    S_token("pipeline", "crm", 0, header, &id);
    assert_int_equal(S_becomes("/v1/status", header, 200), 200);
    assert_int_equal(S_does("PUT", "/v1/records/billing/b77", header, "{\"fields\":{\"email\":\"x@example.org\"}}"),
                     403);
    assert_int_equal(S_does("DELETE", "/v1/records/billing/b1", header, NULL), 403);
    assert_int_equal(S_does("GET", "/v1/records/billing/b1", header, NULL), 403);
    assert_int_equal(
        S_does("POST", "/v1/lookup", header, "{\"keys\":[{\"data_source\":\"billing\",\"record_id\":\"b1\"}]}"), 403);
    assert_int_equal(S_does("PUT", "/v1/records/crm/77", header, "{\"fields\":{\"email\":\"x@example.org\"}}"), 201);
    snprintf(lines, sizeof lines, "%sContent-Type: application/x-ndjson\r\n", header);
    http_ask(service.port, "POST", "/v1/records", lines,
             "{\"data_source\":\"billing\",\"record_id\":\"b78\",\"fields\":{\"email\":\"x@example.org\"}}\n", &a);
    assert_int_equal(a.status, 403);
    http_answer_deinit(&a);
    http_ask(service.port, "POST", "/v1/lookup", lines,
             "{\"data_source\":\"crm\",\"record_id\":\"1\"}\n{\"data_source\":\"billing\",\"record_id\":\"b1\"}\n", &a);
    assert_int_equal(a.status, 200);
    assert_true(str_find(buf_view(&a.body), STR("\"line\":2}")) != SIZE_MAX);
    assert_true(str_find(buf_view(&a.body), STR("\"b1\"")) == SIZE_MAX);
    http_answer_deinit(&a);
}

static void guessing_tokens_is_slowed_down(void **state)
{
    unsigned slowed = 0;
    (void)state;
    for (unsigned i = 0; i < 40; i++)
        slowed += S_status("/v1/status", "Authorization: Bearer idem_nothing\r\n") == 429;
    assert_true(slowed > 10);
}

static int S_start(void **state)
{
    (void)state;
    running_make(&service);
    running_start(&service, NULL);
    return service.port ? 0 : -1;
}

static int S_end(void **state)
{
    (void)state;
    int status = running_stop(&service);
    running_remove(&service);
    return status;
}

static void other_machines_need_tls_and_a_token_there_is(void **state)
{
    static const struct serve_options open = {.listen = "0.0.0.0:0", .threads = 1};
    static const struct serve_options proxied = {.listen = "0.0.0.0:0", .threads = 1, .behind_proxy = true};
    struct running other;
    (void)state;
    running_make(&other);
    running_start(&other, &open);
    assert_int_equal(other.port, 0);
    assert_int_equal(running_stop(&other), 1);
    running_start(&other, &proxied);
    assert_int_equal(other.port, 0);
    assert_int_equal(running_stop(&other), 1);
    running_remove(&other);
}

static void more_requests_than_allowed_are_refused(void **state)
{
    static const struct serve_options slow = {.threads = 1, .rate = 5};
    struct running other;
    struct http_answer a;
    unsigned refused = 0;
    (void)state;
    running_make(&other);
    running_start(&other, &slow);
    for (unsigned i = 0; i < 30; i++) {
        http_ask(other.port, "GET", "/v1/status", "", NULL, &a);
        refused += a.status == 429 && http_header(&a, "Retry-After").len > 0;
        http_answer_deinit(&a);
    }
    assert_true(refused >= 5);
    assert_int_equal(running_stop(&other), 0);
    running_remove(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_token_closes_the_service_for_those_without),
        cmocka_unit_test(a_revoked_or_expired_token_opens_nothing),
        cmocka_unit_test(readers_and_tokens_for_some_sources_see_values_masked),
        cmocka_unit_test(roles_decide_on_verbs),
        cmocka_unit_test(a_token_for_some_sources_writes_and_looks_up_these_only),
        cmocka_unit_test(guessing_tokens_is_slowed_down),
        cmocka_unit_test(other_machines_need_tls_and_a_token_there_is),
        cmocka_unit_test(more_requests_than_allowed_are_refused),
    };
    return cmocka_run_group_tests(tests, S_start, S_end);
}
