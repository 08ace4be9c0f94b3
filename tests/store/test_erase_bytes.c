/* What erasure does to bytes: index entries go and nothing else; a trace finds what it was given, wherever it stands.
 */
#include "store_fixture.h"

#include "store/erase_trace.h"
#include "store/sql.h"

enum { ROWS = 3000, RULES = 3 };

/* Entry i of rule r: many records share a key now and then. */
static uint64_t S_hash(unsigned rule, uint32_t i)
{
    uint64_t x = (i % (rule == 2 ? 40 : 1500)) * 0x9E3779B97F4A7C15u + rule * 77777u;
    return x ^ x >> 29;
}

static void S_count(void *context, struct str body)
{
    (void)body;
    ++*(unsigned *)context;
}

struct seen {
    bool rid[ROWS + 1];
    uint64_t last;
};

static enum idem_status S_see(void *context, uint64_t key, int64_t rid, struct idem_error *err)
{
    struct seen *seen = context;
    (void)err;
    assert_true(key >= seen->last);
    seen->last = key;
    seen->rid[rid] = true;
    return IDEM_OK;
}

static void entries_of_the_records_go_and_all_others_are_found(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *keys = fixture_keys("index.key");
    struct store *s = fixture_build("index.db", keys);
    static struct key_row entry[ROWS], scratch[ROWS];
    static const int64_t gone[] = {1, 2, 3, 500, 501, 1499, 1500, 3000};
    uint64_t entries = 0;
    unsigned changed = 0;
    store_close(s);
    s = fixture_open("index.db", STORE_WRITE, keys);
    OK(store_begin(s, &err));
    for (unsigned r = 0; r < RULES; r++) {
        for (uint32_t i = 0; i < ROWS; i++)
            entry[i] = (struct key_row){S_hash(r, i), i + 1};
        OK(segment_put(s, r, entry, scratch, ROWS, 1, &err));
    }
    OK(segment_change(s, &(struct segment_change){.hash = 5, .rid = 500, .rule = 1}, 1, &err));
    OK(segment_remove(s, gone, COUNT_OF(gone), S_count, &changed, &entries, &err));
    assert_int_equal(entries, RULES * COUNT_OF(gone) + 1);
    assert_true(changed >= RULES && changed < 60);
    for (unsigned r = 0; r < RULES; r++) {
        static struct seen seen;
        seen = (struct seen){.last = 0};
        OK(segment_each(s, r, S_see, &seen, &err));
        for (uint32_t i = 0; i < ROWS; i++) {
            bool is_gone = false;
            int64_t found[200];
            size_t n = 0;
            for (size_t k = 0; k < COUNT_OF(gone); k++)
                is_gone |= gone[k] == i + 1;
            assert_int_equal(seen.rid[i + 1], !is_gone);
            OK(segment_probe(s, r, S_hash(r, i), found, COUNT_OF(found), &n, &err));
            bool probed = false;
            for (size_t k = 0; k < n; k++)
                probed |= found[k] == i + 1;
            assert_int_equal(probed, !is_gone);
        }
    }
    OK(store_commit(s, &err));
    store_close(s);
    keyring_close(keys);
}

struct bytes {
    const char *ptr;
};

static bool S_read(void *context, uint64_t at, void *bytes, size_t len)
{
    memcpy(bytes, ((struct bytes *)context)->ptr + at, len);
    return true;
}

static void a_trace_finds_its_bytes_at_any_place_and_no_others(void **state)
{
    (void)state;
    enum { SIZE = (2 << 20) + 333 };
    static const size_t PLACES[] = {0, 1, (1 << 20) - 15, (1 << 20) - 1, 1 << 20, SIZE - 16};
    char *room = xcalloc(SIZE, 1), secret[1000];
    uint64_t found;
    for (size_t i = 0; i < sizeof secret; i++)
        secret[i] = (char)(i * 31 + i / 7);
    for (size_t i = 0; i < COUNT_OF(PLACES); i++) {
        struct erase_trace t = {0};
        trace_add(&t, (struct str){secret, 16});
        assert_int_equal(t.n, 2);
        memcpy(room + PLACES[i], secret, 16);
        assert_true(trace_search(&t, S_read, &(struct bytes){room}, SIZE, &found));
        assert_int_equal(found, 1);
        room[PLACES[i] + 7] ^= 1;
        assert_true(trace_search(&t, S_read, &(struct bytes){room}, SIZE, &found));
        assert_int_equal(found, 0);
        memset(room + PLACES[i], 0, 16);
        trace_deinit(&t);
    }
    struct erase_trace t = {0};
    trace_add(&t, (struct str){secret, sizeof secret});
    trace_add(&t, (struct str){secret, 15});
    assert_int_equal(t.n, 3);
    memcpy(room + 5000, secret + sizeof secret - 16, 16); /* the end alone, as in the last page of a chain */
    assert_true(trace_search(&t, S_read, &(struct bytes){room}, SIZE, &found));
    assert_int_equal(found, 1);
    trace_deinit(&t);
    free(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_of_the_records_go_and_all_others_are_found),
        cmocka_unit_test(a_trace_finds_its_bytes_at_any_place_and_no_others),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}
