/* The service as a client meets it: what it answers, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"
#include "http_client.h"
#include "running.h"

static struct running service;

static json_t *S_json(const struct http_answer *a)
{
    json_t *value = NULL;
    if (json_parse(buf_view(&a->body), "answer", &value, NULL) != IDEM_OK)
        fail_msg("no JSON: %.*s", STR_ARG(buf_view(&a->body)));
    return value;
}

/* The master_id of a record. */
static void S_master(const char *source, const char *id, char master_id[37])
{
    char target[128];
    struct http_answer a;
    snprintf(target, sizeof target, "/v1/lookup?source=%s&id=%s", source, id);
    http_ask(service.port, "GET", target, "", NULL, &a);
    assert_int_equal(a.status, 200);
    json_t *value = S_json(&a);
    snprintf(master_id, 37, "%s", json_string_value(json_object_get(value, "master_id")));
    json_decref(value);
    http_answer_deinit(&a);
}

static void S_expect(const char *method, const char *target, const char *headers, const char *body, unsigned status)
{
    struct http_answer a;
    http_ask(service.port, method, target, headers, body, &a);
    if (a.status != status)
        fail_msg("%s %s: %u, not %u: %.*s", method, target, a.status, status, STR_ARG(buf_view(&a.body)));
    if (status >= 400) {
        json_t *problem = S_json(&a);
        assert_true(str_eq(http_header(&a, "Content-Type"), STR("application/problem+json")));
        assert_int_equal(json_integer_value(json_object_get(problem, "status")), status);
        assert_non_null(json_object_get(problem, "type"));
        json_decref(problem);
    }
    http_answer_deinit(&a);
}

static void records_of_one_person_have_one_master(void **state)
{
    char one[37], two[37], other[37];
    (void)state;
    S_master("crm", "1", one);
    S_master("billing", "b1", two);
    S_master("crm", "2", other);
    assert_string_equal(one, two);
    assert_string_not_equal(one, other);
}

static void what_is_asked_is_answered_or_a_problem_document_says_why_not(void **state)
{
    static const struct {
        const char *method, *target, *body;
        unsigned status;
    } CASES[] = {
        {"GET", "/healthz", NULL, 200},
        {"GET", "/readyz", NULL, 200},
        {"GET", "/metrics", NULL, 200},
        {"GET", "/openapi.json", NULL, 200},
        {"GET", "/v1/status", NULL, 200},
        {"GET", "/v1/runs", NULL, 200},
        {"GET", "/v1/quality", NULL, 200},
        {"GET", "/v1/lookup?source=crm&id=none", NULL, 404},
        {"GET", "/v1/lookup?source=none&id=1", NULL, 404},
        {"GET", "/v1/lookup?source=crm", NULL, 400},
        {"GET", "/v1/lookup?source=crm&id=1&sauce=1", NULL, 400},
        {"GET", "/v1/lookup?source=crm&id=1&id=2", NULL, 400},
        {"GET", "/v1/masters/none", NULL, 404},
        {"GET", "/v1/masters/01935d2e-7a10-7c33-8f00-3b1d0c5e9a42", NULL, 404},
        {"GET", "/v1/masters/01935d2e-7a10-7c33-8f00-3b1d0c5e9a42/how", NULL, 404},
        {"GET", "/none", NULL, 404},
        {"DELETE", "/v1/status", NULL, 405},
        {"GET", "/v1/%2e%2e/x", NULL, 400},
        {"POST", "/v1/why", "{\"a\":\"crm:1\",\"b\":\"billing:b1\"}", 200},
        {"POST", "/v1/why", "{\"a\":\"crm:1\",\"b\":\"crm:none\"}", 404},
        {"POST", "/v1/why", "{\"a\":\"crm:1\"}", 422},
        {"POST", "/v1/why", "{\"a\":\"crm:1\",\"b\":\"crm:2\",\"c\":1}", 422},
        {"POST", "/v1/why", "{\"a\":1,\"b\":\"crm:2\"}", 422},
        {"POST", "/v1/why", "[]", 422},
        {"POST", "/v1/why", "{", 400},
        {"POST", "/v1/why", "{\"a\":\"x\",\"a\":\"y\",\"b\":\"z\"}", 400},
        {"POST", "/v1/lookup", "{\"keys\":[{\"data_source\":\"crm\",\"record_id\":\"1\"}]}", 200},
        {"POST", "/v1/lookup", "{\"keys\":[{\"data_source\":\"crm\"}]}", 422},
        {"POST", "/v1/lookup", "{\"keys\":1}", 422},
        {"POST", "/v1/lookup", "{\"keys\":[{\"data_source\":\"c*m\",\"record_id\":\"1\"}]}", 422},
        {"GET", "/v1/status", "x", 400},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        S_expect(CASES[i].method, CASES[i].target, "", CASES[i].body, CASES[i].status);
}

static void what_servers_could_read_differently_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        unsigned status; /* 0: closed without an answer will do */
    } CASES[] = {
        {"GET /healthz HTTP/1.1\r\n\r\n", 400},
        {"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"POST /v1/why HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\n"
         "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400},
        {"POST /v1/why HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: "
         "gzip\r\n\r\n",
         400},
        {"POST /v1/why HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1\r\n"
         "Content-Length: 2\r\n\r\n{}",
         0},
        {"GET /v1/status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", 400},
        {"GET /v1/status HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"POST /v1/why HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415},
        {"POST /v1/why HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", 415},
        {"POST /v1/why HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
         "Content-Length: 2\r\n\r\n{}",
         415},
        {"POST /v1/why HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n"
         "\r\n",
         413},
        {"GET /v1/status HTTP/1.1\r\nHost: idem.example.org\r\n\r\n", 421},
        {"GET /v1/status HTTP/1.1\r\nHost: localhost\r\nOrigin: https://example.org\r\n\r\n", 403},
        {"GET /v1/status HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n\r\n", 403},
        {"GET /v1/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer idem_00\r\n\r\n", 401},
        {"\x16\x03\x01\x02\r\n\r\n", 0},
        {"GET\r\n\r\n", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct http_answer a;
        http_raw(service.port, str_from(CASES[i].bytes), &a);
        if (CASES[i].status ? a.status != CASES[i].status : a.status >= 200 && a.status < 400)
            fail_msg("case %zu: %u", i, a.status);
        http_answer_deinit(&a);
    }
}

/* In one piece and in chunks; of a head, and of a path. */
static void what_is_too_large_is_refused(void **state)
{
    enum { MUCH = 9 << 20, LONG = 40 << 10 };
    struct buf text = {0};
    struct http_answer a;
    (void)state;
    buf_str(&text,
            STR("POST /v1/why HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: "
                "chunked\r\n\r\n"));
    buf_printf(&text, "%x\r\n%*s\r\n0\r\n\r\n", MUCH, MUCH, "");
    http_raw(service.port, buf_view(&text), &a);
    assert_int_equal(a.status, 413);
    http_answer_deinit(&a);
    for (int i = 0; i < 2; i++) {
        buf_clear(&text);
        buf_printf(&text,
                   i ? "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX-Long: %0*d\r\n\r\n"
                     : "GET /v1/%0*d HTTP/1.1\r\nHost: localhost\r\n\r\n",
                   LONG, 1);
        http_raw(service.port, buf_view(&text), &a);
        if (a.status && a.status < 400)
            fail_msg("%u for a head of %d bytes", a.status, LONG);
        http_answer_deinit(&a);
    }
    buf_deinit(&text);
    S_expect("GET", "/v1/status", "", NULL, 200);
}

static void a_master_has_an_etag_until_it_changes(void **state)
{
    char id[37], target[80], header[80];
    struct http_answer a;
    (void)state;
    S_master("crm", "3", id);
    snprintf(target, sizeof target, "/v1/masters/%s", id);
    http_ask(service.port, "GET", target, "", NULL, &a);
    assert_int_equal(a.status, 200);
    struct str tag = http_header(&a, "ETag");
    assert_true(tag.len > 2);
    snprintf(header, sizeof header, "If-None-Match: %.*s\r\n", STR_ARG(tag));
    http_answer_deinit(&a);
    S_expect("GET", target, header, NULL, 304);
    S_expect("GET", target, "If-None-Match: \"0\"\r\n", NULL, 200);
}

static void what_is_large_is_packed_for_those_who_take_it(void **state)
{
    struct http_answer a;
    (void)state;
    http_ask(service.port, "GET", "/v1/quality", "Accept-Encoding: br, gzip;q=0.5\r\n", NULL, &a);
    assert_true(str_eq(http_header(&a, "Content-Encoding"), STR("gzip")));
    assert_true(a.body.len > 18 && (unsigned char)a.body.ptr[0] == 0x1f && (unsigned char)a.body.ptr[1] == 0x8b);
    http_answer_deinit(&a);
    http_ask(service.port, "GET", "/v1/quality", "Accept-Encoding: gzip;q=0\r\n", NULL, &a);
    assert_int_equal(http_header(&a, "Content-Encoding").len, 0);
    json_decref(S_json(&a));
    http_answer_deinit(&a);
}

static void a_connection_goes_on_after_an_answer(void **state)
{
    struct http_answer a;
    (void)state;
    static const char *const TARGETS[] = {"/healthz", "/v1/status", "/v1/lookup?source=crm&id=1", "/none"};
    for (size_t i = 0; i < COUNT_OF(TARGETS); i++) {
        http_ask(service.port, "GET", TARGETS[i], "", NULL, &a);
        assert_int_equal(http_header(&a, "Connection").len, 0);
        http_answer_deinit(&a);
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_of_one_person_have_one_master),
        cmocka_unit_test(what_is_asked_is_answered_or_a_problem_document_says_why_not),
        cmocka_unit_test(what_servers_could_read_differently_is_refused),
        cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test(a_master_has_an_etag_until_it_changes),
        cmocka_unit_test(what_is_large_is_packed_for_those_who_take_it),
        cmocka_unit_test(a_connection_goes_on_after_an_answer),
    };
    return cmocka_run_group_tests(tests, S_start, S_end);
}
