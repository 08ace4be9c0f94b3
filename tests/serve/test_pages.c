/* Lists that come in pages: each item once, whatever page size, and the end is told. */
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

static json_t *S_ask(const char *method, const char *target, const char *body, unsigned status)
{
    struct http_answer a;
    json_t *value = NULL;
    http_ask(service.port, method, target, "", body, &a);
    if (a.status != status || json_parse(buf_view(&a.body), "answer", &value, NULL) != IDEM_OK)
        fail_msg("%s %s: %u, not %u: %.*s", method, target, a.status, status, STR_ARG(buf_view(&a.body)));
    http_answer_deinit(&a);
    return value;
}

/* The text of `name` of all items, page by page, one a line. */
static void S_walk(const char *path, const char *list, const char *cursor, const char *name, int limit, struct buf *out)
{
    char target[256], next[80] = "";
    for (int pages = 0; pages < 100; pages++) {
        size_t i;
        json_t *item;
        int n = snprintf(target, sizeof target, "%s?limit=%d", path, limit);
        if (*next)
            snprintf(target + n, sizeof target - (size_t)n, "&%s=%s", cursor, next);
        json_t *page = S_ask("GET", target, NULL, 200);
        json_array_foreach(json_object_get(page, list), i, item)
        {
            char *text = json_dumps(json_object_get(item, name), JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
            buf_printf(out, "%s\n", text);
            free(text);
        }
        assert_true(json_array_size(json_object_get(page, list)) <= (size_t)limit);
        const json_t *more = json_object_get(page, "next");
        assert_non_null(more);
        snprintf(next, sizeof next, "%s", json_is_string(more) ? json_string_value(more) : "");
        if (json_is_integer(more))
            snprintf(next, sizeof next, "%lld", (long long)json_integer_value(more));
        json_decref(page);
        if (!*next)
            return;
    }
    fail_msg("%s has no end", path);
}

static void S_same_in_pages(const char *path, const char *list, const char *cursor, const char *name, size_t least)
{
    struct buf all = {0}, pages = {0};
    size_t lines = 0;
    S_walk(path, list, cursor, name, 1000, &all);
    S_walk(path, list, cursor, name, 2, &pages);
    assert_string_equal(buf_cstr(&all), buf_cstr(&pages));
    for (size_t i = 0; i < all.len; i++)
        lines += all.ptr[i] == '\n';
    assert_true(lines >= least);
    buf_deinit(&all);
    buf_deinit(&pages);
}

static void runs_come_in_pages(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        char body[96], target[64];
        snprintf(target, sizeof target, "/v1/records/crm/p%d", i);
        snprintf(body, sizeof body, "{\"fields\":{\"email\":\"p%d@example.org\"}}", i);
        json_decref(S_ask("PUT", target, body, 201));
    }
    S_same_in_pages("/v1/runs", "runs", "before", "run_id", 7);
    json_decref(S_ask("GET", "/v1/runs?before=0", NULL, 400));
    json_decref(S_ask("GET", "/v1/runs?limit=1001", NULL, 400));
    json_t *none = S_ask("GET", "/v1/runs?before=1", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(none, "runs")), 0);
    assert_true(json_is_null(json_object_get(none, "next")));
    json_decref(none);
}

/* Decisions that contradict what the records say now wait for a person. */
static void what_waits_comes_in_pages(void **state)
{
    (void)state;
    for (int i = 2; i <= 5; i++) {
        char body[96];
        snprintf(body, sizeof body, "{\"a\":\"crm:1\",\"b\":\"crm:%d\",\"verdict\":\"different\"}", i);
        json_decref(S_ask("POST", "/v1/decisions", body, 200));
    }
    /* the records changed since: the decisions are stale */
    json_decref(S_ask("PUT", "/v1/records/crm/1",
                      "{\"fields\":{\"email\":\"other@example.org\",\"given_name\":\"Anneliese\"}}", 200));
    S_same_in_pages("/v1/review", "items", "after", "b", 4);
    json_decref(S_ask("GET", "/v1/review?after=x", NULL, 422));
    json_decref(S_ask("GET", "/v1/review?after=3ff0000000000000-1-2x", NULL, 422));
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
        cmocka_unit_test(runs_come_in_pages),
        cmocka_unit_test(what_waits_comes_in_pages),
    };
    return cmocka_run_group_tests(tests, S_start, S_end);
}
