/* What sessions of a process share: right for each snapshot, or not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "store/process_cache.h"

static const uint8_t DATABASE[16] = "a database", OTHER[16] = "another one";

static struct str S_text(char text[64], uint64_t item, int64_t version)
{
    snprintf(text, 64, "%llu of change %lld %.*s", (unsigned long long)item, (long long)version, (int)(item % 20),
             "....................");
    return str_from(text);
}

static void S_put(struct store_cache *c, uint64_t binding, int64_t item, int64_t seq, int64_t version)
{
    char text[64];
    cache_put(c, binding, cache_tag(CACHED_RECORD, item), seq, S_text(text, (uint64_t)item, version));
}

static bool S_has(struct store_cache *c, uint64_t binding, int64_t item, int64_t seq, int64_t version)
{
    char text[64];
    struct buf found = {0};
    bool there = cache_get(c, binding, cache_tag(CACHED_RECORD, item), seq, &found);
    if (there && !str_eq(buf_view(&found), S_text(text, (uint64_t)item, version)))
        fail_msg("item %lld in snapshot %lld is \"%.*s\"", (long long)item, (long long)seq, STR_ARG(buf_view(&found)));
    buf_deinit(&found);
    return there;
}

static void what_was_put_is_found_until_it_changes(void **state)
{
    (void)state;
    struct store_cache *c = store_cache_new(1 << 20);
    uint64_t b = cache_bind(c, DATABASE, 1, 1), changed = cache_tag(CACHED_RECORD, 5);
    assert_true(cache_meet(c, b, 10));
    S_put(c, b, 5, 10, 10);
    S_put(c, b, 6, 10, 10);
    assert_true(S_has(c, b, 5, 10, 10));
    cache_change(c, b, 10, 12, &changed, 1);
    assert_true(cache_meet(c, b, 10)); /* it is not committed yet */
    assert_false(S_has(c, b, 5, 10, 10));
    S_put(c, b, 5, 10, 10); /* from before the change: not taken */
    assert_false(S_has(c, b, 5, 10, 10));
    assert_true(cache_meet(c, b, 12));
    assert_false(S_has(c, b, 5, 12, 12));
    S_put(c, b, 5, 12, 12);
    assert_true(S_has(c, b, 5, 12, 12));
    assert_false(S_has(c, b, 5, 10, 12)); /* a snapshot of before sees nothing of it */
    assert_true(S_has(c, b, 6, 10, 10));
    assert_true(S_has(c, b, 6, 12, 10));
    assert_false(cache_stays(c, b, changed, 10, 12));
    assert_true(cache_stays(c, b, cache_tag(CACHED_RECORD, 6), 10, 12));
    assert_true(cache_stays(c, b, changed, 12, 12));
    store_cache_free(c);
}

static void what_nobody_told_of_empties_it(void **state)
{
    (void)state;
    struct store_cache *c = store_cache_new(1 << 20);
    uint64_t b = cache_bind(c, DATABASE, 1, 1);
    assert_true(cache_meet(c, b, 10));
    S_put(c, b, 5, 10, 10);
    assert_true(cache_meet(c, b, 11)); /* another process has committed */
    assert_false(S_has(c, b, 5, 11, 10));
    assert_false(cache_meet(c, b, 10));
    S_put(c, b, 5, 10, 10);
    assert_false(S_has(c, b, 5, 11, 10));
    S_put(c, b, 5, 11, 11);
    cache_change(c, b, 11, 12, NULL, 0); /* of this process, and it may have changed anything */
    assert_true(cache_meet(c, b, 12));
    assert_false(S_has(c, b, 5, 12, 11));
    S_put(c, b, 7, 12, 12);
    cache_forget(c, b);
    assert_true(cache_meet(c, b, 12));
    assert_false(S_has(c, b, 7, 12, 12));
    store_cache_free(c);
}

static void another_file_is_another_cache(void **state)
{
    (void)state;
    struct store_cache *c = store_cache_new(1 << 20);
    uint64_t first = cache_bind(c, DATABASE, 1, 1);
    assert_int_equal(cache_bind(c, DATABASE, 1, 1), first);
    cache_meet(c, first, 10);
    S_put(c, first, 5, 10, 10);
    uint64_t second = cache_bind(c, DATABASE, 1, 2), third;
    assert_int_not_equal(second, first);
    assert_false(cache_meet(c, first, 10));
    assert_true(cache_meet(c, second, 10));
    assert_false(S_has(c, second, 5, 10, 10));
    S_put(c, first, 5, 10, 10);
    assert_false(S_has(c, second, 5, 10, 10));
    third = cache_bind(c, OTHER, 1, 2);
    assert_int_not_equal(third, second);
    store_cache_free(c);
}

/* Random changes and readers of several snapshots: what is found is what the snapshot says. */
static void whatever_is_found_is_right(void **state)
{
    enum { ITEMS = 600, STEPS = 60000, KEPT = 4 };
    static int64_t version[KEPT][ITEMS], seq[KEPT]; /* of the last snapshots, the newest first */
    (void)state;
    uint64_t random = 7, found = 0;
    struct store_cache *c = store_cache_new(8192); /* a part of the items has room */
    uint64_t b = cache_bind(c, DATABASE, 1, 1);
    for (int i = 0; i < KEPT; i++) {
        memset(version[i], 0, sizeof version[i]);
        seq[i] = 0;
    }
    cache_meet(c, b, 0);
    for (int step = 0; step < STEPS; step++) {
        uint64_t what = random_below(&random, 100);
        unsigned at = (unsigned)random_below(&random, KEPT);
        int64_t item = (int64_t)random_below(&random, ITEMS);
        if (what < 3) { /* a commit */
            uint64_t tag[8];
            size_t n = (size_t)random_below(&random, 8);
            bool told = what < 2;
            memmove(version[1], version[0], sizeof version[0] * (KEPT - 1));
            memmove(seq + 1, seq, sizeof seq[0] * (KEPT - 1));
            seq[0] = seq[1] + 1;
            for (size_t i = 0; i < n; i++) {
                int64_t changed = (int64_t)random_below(&random, ITEMS);
                version[0][changed] = seq[0];
                tag[i] = cache_tag(CACHED_RECORD, changed);
            }
            if (told)
                cache_change(c, b, seq[1], seq[0], tag, n);
        } else if (cache_meet(c, b, seq[at]) && !S_has(c, b, item, seq[at], version[at][item])) {
            S_put(c, b, item, seq[at], version[at][item]);
        } else {
            found++;
        }
    }
    assert_true(found > STEPS / 50);
    store_cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_until_it_changes),
        cmocka_unit_test(what_nobody_told_of_empties_it),
        cmocka_unit_test(another_file_is_another_cache),
        cmocka_unit_test(whatever_is_found_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
