/* What changes the database over HTTP, and how others learn of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "http_client.h"
#include "running.h"

static struct running service;

static json_t *S_ask(const char *method, const char *target, const char *headers, const char *body, unsigned status)
{
    struct http_answer a;
    json_t *value = NULL;
    http_ask(service.port, method, target, headers, body, &a);
    if (a.status != status || json_parse(buf_view(&a.body), "answer", &value, NULL) != IDEM_OK)
        fail_msg("%s %s: %u, not %u: %.*s", method, target, a.status, status, STR_ARG(buf_view(&a.body)));
    http_answer_deinit(&a);
    return value;
}

static void S_master(const char *source, const char *id, char master_id[37])
{
    char target[128];
    snprintf(target, sizeof target, "/v1/lookup?source=%s&id=%s", source, id);
    json_t *found = S_ask("GET", target, "", NULL, 200);
    snprintf(master_id, 37, "%s", json_string_value(json_object_get(found, "master_id")));
    json_decref(found);
}

static int64_t S_seq(void)
{
    json_t *status = S_ask("GET", "/v1/status", "", NULL, 200);
    int64_t seq = json_integer_value(json_object_get(status, "seq"));
    json_decref(status);
    return seq;
}

static void a_merge_is_seen_at_once_and_the_former_id_redirects(void **state)
{
    char one[37], two[37], after[37], target[80];
    struct http_answer a;
    (void)state;
    S_master("crm", "4", one);
    S_master("crm", "5", two);
    assert_string_not_equal(one, two);
    json_t *done = S_ask("POST", "/v1/merge", "", "{\"masters\":[\"crm:4\",\"crm:5\"],\"reason\":\"test\"}", 200);
    int64_t decision =
        json_integer_value(json_object_get(json_array_get(json_object_get(done, "decisions"), 0), "decision"));
    json_decref(done);
    S_master("crm", "5", after);
    assert_true(strcmp(after, one) == 0 || strcmp(after, two) == 0);
    snprintf(target, sizeof target, "/v1/masters/%s", strcmp(after, one) == 0 ? two : one);
    http_ask(service.port, "GET", target, "", NULL, &a);
    assert_int_equal(a.status, 308);
    snprintf(target, sizeof target, "/v1/masters/%s", after);
    assert_true(str_eq(http_header(&a, "Location"), str_from(target)));
    http_answer_deinit(&a);
    snprintf(target, sizeof target, "/v1/decisions/%lld", (long long)decision);
    json_decref(S_ask("DELETE", target, "", NULL, 200));
    S_master("crm", "4", after);
    assert_string_equal(after, one);
    S_master("crm", "5", after);
    assert_string_equal(after, two);
    json_decref(S_ask("DELETE", target, "", NULL, 404));
}

static void a_contradiction_is_refused_with_its_chain(void **state)
{
    (void)state;
    json_decref(S_ask("POST", "/v1/decisions", "", "{\"a\":\"crm:2\",\"b\":\"crm:3\",\"verdict\":\"same\"}", 200));
    json_decref(S_ask("POST", "/v1/decisions", "", "{\"a\":\"crm:3\",\"b\":\"crm:4\",\"verdict\":\"same\"}", 200));
    json_t *problem =
        S_ask("POST", "/v1/decisions", "", "{\"a\":\"crm:2\",\"b\":\"crm:4\",\"verdict\":\"different\"}", 409);
    assert_non_null(strstr(json_string_value(json_object_get(problem, "detail")), "crm:3"));
    json_decref(problem);
    json_decref(S_ask("POST", "/v1/decisions", "", "{\"a\":\"crm:2\",\"b\":\"crm:3\",\"verdict\":\"withdraw\"}", 200));
    json_decref(S_ask("POST", "/v1/decisions", "", "{\"a\":\"crm:3\",\"b\":\"crm:4\",\"verdict\":\"withdraw\"}", 200));
    json_decref(S_ask("POST", "/v1/decisions", "", "{\"a\":\"crm:3\",\"b\":\"crm:4\",\"verdict\":\"perhaps\"}", 422));
}

static void a_request_with_a_key_takes_effect_once(void **state)
{
    static const char KEY[] = "Idempotency-Key: k-1\r\n",
                      PIN[] = "{\"master\":\"crm:1\",\"field\":\"city\",\"value\":\"Wels\"}";
    (void)state;
    json_t *first = S_ask("POST", "/v1/pins", KEY, PIN, 200);
    int64_t seq = S_seq();
    json_t *second = S_ask("POST", "/v1/pins", KEY, PIN, 200);
    assert_true(json_equal(first, second));
    assert_int_equal(S_seq(), seq);
    json_decref(first);
    json_decref(second);
    json_decref(S_ask("POST", "/v1/pins", KEY, "{\"master\":\"crm:1\",\"field\":\"city\",\"value\":\"Wien\"}", 422));
    json_decref(S_ask("POST", "/v1/pins", "Idempotency-Key: \r\n", PIN, 400));
    assert_int_equal(S_seq(), seq);
}

/* Answers of requests with a key that failed are not kept: another request may come with it. */
static void a_request_that_failed_leaves_its_key_free(void **state)
{
    (void)state;
    json_decref(S_ask("POST", "/v1/pins", "Idempotency-Key: k-2\r\n",
                      "{\"master\":\"crm:1\",\"field\":\"none\",\"value\":\"x\"}", 422));
    json_decref(S_ask("POST", "/v1/pins", "", "{\"master\":\"crm:1\",\"field\":\"city\",\"value\":\"Linz\"}", 200));
    json_decref(S_ask("POST", "/v1/pins", "Idempotency-Key: k-2\r\n",
                      "{\"master\":\"crm:1\",\"field\":\"city\",\"value\":\"Graz\"}", 200));
}

static void a_master_that_changed_meanwhile_is_not_overwritten(void **state)
{
    static const char PIN[] = "{\"master\":\"crm:1\",\"field\":\"given_name\",\"value\":\"Anna\"}";
    char id[37], target[80], header[96];
    struct http_answer a;
    (void)state;
    S_master("crm", "1", id);
    snprintf(target, sizeof target, "/v1/masters/%s", id);
    http_ask(service.port, "GET", target, "", NULL, &a);
    snprintf(header, sizeof header, "If-Match: %.*s\r\n", STR_ARG(http_header(&a, "ETag")));
    http_answer_deinit(&a);
    json_decref(S_ask("POST", "/v1/pins", header, PIN, 200));
    json_decref(S_ask("POST", "/v1/pins", header, PIN, 412));
    snprintf(target, sizeof target, "/v1/pins/%s/given_name", id);
    json_decref(S_ask("DELETE", target, header, NULL, 412));
    json_decref(S_ask("DELETE", target, "", NULL, 200));
}

static void what_a_search_finds_is_the_person_and_nothing_is_written(void **state)
{
    char id[37];
    int64_t seq = S_seq();
    (void)state;
    S_master("crm", "1", id);
    json_t *found =
        S_ask("POST", "/v1/search", "",
              "{\"fields\":{\"full_name\":\"Ann Archer\",\"email\":[\"ann.archer@example.org\"]},\"limit\":3}", 200);
    const json_t *best = json_array_get(json_object_get(found, "results"), 0);
    assert_string_equal(json_string_value(json_object_get(best, "master_id")), id);
    json_decref(found);
    assert_int_equal(S_seq(), seq);
    json_decref(S_ask("POST", "/v1/search", "", "{\"fields\":{\"shoe_size\":\"42\"}}", 422));
    json_decref(S_ask("POST", "/v1/search", "", "{\"fields\":{}}", 422));
    json_decref(S_ask("POST", "/v1/search", "", "{\"fields\":{\"email\":1}}", 422));
    json_decref(S_ask("POST", "/v1/search", "", "{\"fields\":{\"email\":\"x\"},\"limit\":0}", 422));
}

static void a_record_is_put_read_and_deleted(void **state)
{
    static const char CLEO[] =
        "{\"fields\":{\"full_name\":\"Cleo Czerny\",\"birth_date\":\"1992-05-06\",\"email\":\"cleo.cz@example.net\"}}";
    char id[37];
    (void)state;
    S_master("crm", "3", id);
    json_t *put = S_ask("PUT", "/v1/records/billing/a%2Fb%3A7", "", CLEO, 201);
    assert_string_equal(json_string_value(json_object_get(put, "master_id")), id);
    assert_string_equal(json_string_value(json_object_get(put, "record_id")), "a/b:7");
    assert_string_equal(json_string_value(json_object_get(put, "event")), "attached");
    json_decref(put);
    json_decref(S_ask("PUT", "/v1/records/billing/a%2Fb%3A7", "", CLEO, 200));
    json_t *got = S_ask("GET", "/v1/records/billing/a%2Fb%3A7", "", NULL, 200);
    assert_string_equal(json_string_value(json_object_get(got, "master_id")), id);
    assert_non_null(json_object_get(json_object_get(got, "values"), "email"));
    json_decref(got);
    json_decref(S_ask("DELETE", "/v1/records/billing/a%2Fb%3A7", "", NULL, 200));
    json_decref(S_ask("GET", "/v1/records/billing/a%2Fb%3A7", "", NULL, 404));
    json_decref(S_ask("DELETE", "/v1/records/billing/a%2Fb%3A7", "", NULL, 404));
}

static void a_record_that_cannot_be_taken_is_refused(void **state)
{
    int64_t seq = S_seq();
    (void)state;
    json_decref(S_ask("PUT", "/v1/records/none/1", "", "{\"fields\":{\"email\":\"x@example.org\"}}", 422));
    json_decref(S_ask("PUT", "/v1/records/crm/77", "", "{\"fields\":{\"shoe_size\":\"1\"}}", 422));
    json_decref(S_ask("PUT", "/v1/records/crm/77", "", "{\"record_id\":\"78\",\"fields\":{\"email\":\"x\"}}", 422));
    json_decref(S_ask("PUT", "/v1/records/crm/77", "", "[1]", 422));
    json_decref(S_ask("PUT", "/v1/records/crm/77", "", "{", 400));
    json_decref(S_ask("PUT", "/v1/records/crm/%FF", "", "{\"fields\":{\"email\":\"x\"}}", 422));
    json_decref(S_ask("GET", "/v1/records/c%20m/77", "", NULL, 404));
    json_decref(S_ask("GET", "/v1/records/crm/77", "", NULL, 404));
    assert_int_equal(S_seq(), seq);
}

static void a_put_with_a_key_takes_effect_once(void **state)
{
    static const char KEY[] = "Idempotency-Key: put-1\r\n", BODY[] = "{\"fields\":{\"email\":\"gerda@example.org\"}}";
    (void)state;
    json_t *first = S_ask("PUT", "/v1/records/crm/k1", KEY, BODY, 201);
    json_decref(S_ask("DELETE", "/v1/records/crm/k1", "", NULL, 200));
    json_t *second = S_ask("PUT", "/v1/records/crm/k1", KEY, BODY, 200);
    assert_true(json_equal(first, second));
    json_decref(first);
    json_decref(second);
    json_decref(S_ask("GET", "/v1/records/crm/k1", "", NULL, 404));
    json_decref(S_ask("PUT", "/v1/records/crm/k2", KEY, BODY, 422));
}

/* More lines than one turn of the writer takes, sent in chunks; one cannot be taken. */
static void lines_of_records_are_answered_line_by_line(void **state)
{
    enum { LINES = 200 };
    struct buf text = {0}, body = {0};
    struct http_answer a;
    size_t lines = 0, refused = 0;
    struct str rest, line;
    (void)state;
    for (unsigned i = 0; i < LINES; i++)
        if (i == 70)
            buf_str(&body, STR("{\"data_source\":\"crm\"}\n"));
        else
            buf_printf(
                &body,
                "{\"data_source\":\"crm\",\"record_id\":\"L%u\",\"fields\":{\"email\":\"p%u@example.org\"}%400s}\n", i,
                i, "");
    buf_str(&text, STR("POST /v1/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n"));
    rest = buf_view(&body);
    while (rest.len) {
        size_t n = rest.len < 5000 ? rest.len : 5000;
        buf_printf(&text, "%zx\r\n%.*s\r\n", n, (int)n, rest.ptr);
        rest = str_sub(rest, n, rest.len);
    }
    buf_str(&text, STR("0\r\n\r\n"));
    http_raw(service.port, buf_view(&text), &a);
    assert_int_equal(a.status, 200);
    rest = buf_view(&a.body);
    while (rest.len && str_next_piece(&rest, '\n', &line)) {
        lines += line.len > 0 && line.ptr[0] == '{'; /* between them stand the lengths of chunks */
        refused += str_find(line, STR("\"error\"")) != SIZE_MAX && str_find(line, STR("\"line\":71")) != SIZE_MAX;
    }
    assert_int_equal(lines, LINES);
    assert_int_equal(refused, 1);
    http_answer_deinit(&a);
    buf_deinit(&text);
    buf_deinit(&body);
    json_decref(S_ask("GET", "/v1/records/crm/L199", "", NULL, 200));
}

static void the_health_world_is_answered_in_its_words(void **state)
{
    static const char MATCH[] = "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"resource\",\"resource\":{"
                                "\"resourceType\":\"Patient\","
                                "\"name\":[{\"family\":\"Archer\",\"given\":[\"Ann\"]}],\"birthDate\":\"1970-01-02\","
                                "\"telecom\":[{\"system\":\"email\",\"value\":\"ann.archer@example.org\"}]}},{\"name\":"
                                "\"count\",\"valueInteger\":3}]}";
    char id[37];
    (void)state;
    S_master("crm", "1", id);
    json_t *bundle = S_ask("POST", "/fhir/Patient/$match", "Content-Type: application/fhir+json\r\n", MATCH, 200);
    const json_t *entry = json_array_get(json_object_get(bundle, "entry"), 0);
    assert_string_equal(json_string_value(json_object_get(json_object_get(entry, "resource"), "id")), id);
    assert_string_equal(json_string_value(json_object_get(json_object_get(entry, "search"), "mode")), "match");
    json_decref(bundle);
    json_t *ids = S_ask("GET", "/fhir/Patient/$ihe-pix?sourceIdentifier=crm%7C1&targetSystem=urn:idem:source:billing",
                        "", NULL, 200);
    const json_t *value = json_object_get(json_array_get(json_object_get(ids, "parameter"), 0), "valueIdentifier");
    assert_string_equal(json_string_value(json_object_get(value, "value")), "b1");
    json_decref(ids);
    json_decref(S_ask("GET", "/fhir/Patient/$ihe-pix?sourceIdentifier=crm%7Cnone", "", NULL, 404));
    json_decref(S_ask("GET", "/fhir/Patient/$ihe-pix?sourceIdentifier=none%7C1", "", NULL, 400));
    json_decref(S_ask("GET", "/fhir/Patient/$ihe-pix?sourceIdentifier=crm%7C1&targetSystem=none", "", NULL, 403));
    json_decref(S_ask("POST", "/fhir/Patient/$match", "Content-Type: application/fhir+json\r\n", "{}", 422));
}

static void changes_come_in_pages_in_order(void **state)
{
    int64_t since = 0, pages = 0, events = 0;
    bool more = true;
    (void)state;
    while (more && pages < 100) {
        char target[80];
        size_t i;
        json_t *change;
        snprintf(target, sizeof target, "/v1/changes?since=%lld&limit=%d", (long long)since, pages < 5 ? 3 : 5000);
        json_t *page = S_ask("GET", target, "", NULL, 200);
        json_array_foreach(json_object_get(page, "changes"), i, change)
        {
            int64_t seq = json_integer_value(json_object_get(change, "seq"));
            assert_true(seq > since);
            since = seq;
            events++;
        }
        assert_int_equal(json_integer_value(json_object_get(page, "next")), since);
        more = json_is_true(json_object_get(page, "more"));
        pages++;
        json_decref(page);
    }
    assert_true(events > 10 && pages > 4);
    json_decref(S_ask("GET", "/v1/changes?since=999999999", "", NULL, 410));
    json_decref(S_ask("GET", "/v1/changes?limit=0", "", NULL, 400));
    json_decref(S_ask("GET", "/v1/changes?since=-1", "", NULL, 400));
}

static void S_decide_in_a_moment(void)
{
    if (fork())
        return;
    struct http_answer a;
    usleep(400000);
    http_ask(service.port, "POST", "/v1/decisions", "", "{\"a\":\"crm:1\",\"b\":\"crm:5\",\"verdict\":\"different\"}",
             &a);
    _exit(0);
}

static void who_waits_for_a_change_gets_it_when_it_happens(void **state)
{
    char target[80];
    double began = clock_seconds();
    (void)state;
    snprintf(target, sizeof target, "/v1/changes?since=%lld&wait=1", (long long)S_seq());
    json_t *page = S_ask("GET", target, "", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(page, "changes")), 0);
    assert_true(clock_seconds() - began >= 0.9);
    json_decref(page);
    snprintf(target, sizeof target, "/v1/changes?since=%lld&wait=15", (long long)S_seq());
    S_decide_in_a_moment();
    began = clock_seconds();
    page = S_ask("GET", target, "", NULL, 200);
    assert_true(json_array_size(json_object_get(page, "changes")) > 0);
    assert_true(clock_seconds() - began < 10);
    json_decref(page);
}

/* Reads until `wanted` has come. */
static bool S_until(int fd, struct buf *all, const char *wanted)
{
    char bytes[4096];
    ssize_t n;
    while (str_find(buf_view(all), str_from(wanted)) == SIZE_MAX && (n = recv(fd, bytes, sizeof bytes, 0)) > 0)
        buf_add(all, bytes, (size_t)n);
    return str_find(buf_view(all), str_from(wanted)) != SIZE_MAX;
}

static void a_stream_of_events_goes_on_with_each_change(void **state)
{
    static const char ASK[] =
        "GET /v1/changes?since=0 HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
    char next[64];
    struct buf all = {0};
    (void)state;
    int fd = http_connect(service.port);
    assert_int_equal(send(fd, ASK, sizeof ASK - 1, 0), sizeof ASK - 1);
    assert_true(S_until(fd, &all, "text/event-stream"));
    snprintf(next, sizeof next, "id: %lld\n", (long long)S_seq());
    assert_true(S_until(fd, &all, "event: change\ndata: {\"seq\":1,"));
    json_decref(S_ask("POST", "/v1/decisions", "", "{\"a\":\"crm:2\",\"b\":\"crm:5\",\"verdict\":\"different\"}", 200));
    assert_true(S_until(fd, &all, "\"event\":\"decided\""));
    buf_clear(&all);
    json_decref(S_ask("POST", "/v1/decisions", "", "{\"a\":\"crm:2\",\"b\":\"crm:5\",\"verdict\":\"withdraw\"}", 200));
    assert_true(S_until(fd, &all, "\"event\":\"withdrawn\""));
    buf_deinit(&all);
    close(fd);
}

/* A stream is open while the service is told to end. */
static void a_service_with_streams_ends_soon(void **state)
{
    static const char ASK[] = "GET /v1/changes HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
    struct running other;
    struct buf all = {0};
    (void)state;
    running_make(&other);
    running_start(&other, NULL);
    int fd = http_connect(other.port);
    assert_int_equal(send(fd, ASK, sizeof ASK - 1, 0), sizeof ASK - 1);
    assert_true(S_until(fd, &all, "still here"));
    double began = clock_seconds();
    assert_int_equal(running_stop(&other), 0);
    assert_true(clock_seconds() - began < 5);
    close(fd);
    buf_deinit(&all);
    running_remove(&other);
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
        cmocka_unit_test(a_merge_is_seen_at_once_and_the_former_id_redirects),
        cmocka_unit_test(a_contradiction_is_refused_with_its_chain),
        cmocka_unit_test(a_request_with_a_key_takes_effect_once),
        cmocka_unit_test(a_request_that_failed_leaves_its_key_free),
        cmocka_unit_test(a_master_that_changed_meanwhile_is_not_overwritten),
        cmocka_unit_test(what_a_search_finds_is_the_person_and_nothing_is_written),
        cmocka_unit_test(a_record_is_put_read_and_deleted),
        cmocka_unit_test(a_record_that_cannot_be_taken_is_refused),
        cmocka_unit_test(a_put_with_a_key_takes_effect_once),
        cmocka_unit_test(lines_of_records_are_answered_line_by_line),
        cmocka_unit_test(the_health_world_is_answered_in_its_words),
        cmocka_unit_test(changes_come_in_pages_in_order),
        cmocka_unit_test(who_waits_for_a_change_gets_it_when_it_happens),
        cmocka_unit_test(a_stream_of_events_goes_on_with_each_change),
        cmocka_unit_test(a_service_with_streams_ends_soon),
    };
    return cmocka_run_group_tests(tests, S_start, S_end);
}
