#include "store_fixture.h"

#include <fcntl.h>

#include "base/hash.h"
#include "store/page_tree.h"
#include "store/row_code.h"

/* A file with the empty tables and indexes that the tests fill: t(k, v) and its index on v. */
static int S_empty_file(const char *name, uint32_t *table, uint32_t *index)
{
    unlink(fixture_path(name));
    free(
        fixture_sql(name, "PRAGMA page_size = 8192; CREATE TABLE t(k INTEGER PRIMARY KEY, v); CREATE INDEX i ON t(v)"));
    char *roots = fixture_sql(name, "SELECT rootpage FROM sqlite_schema ORDER BY name DESC");
    assert_int_equal(sscanf(roots, "%u\n%u", table, index), 2);
    free(roots);
    int fd = open(fixture_path(name), O_RDWR);
    assert_true(fd >= 0);
    return fd;
}

/* Value k of `len` bytes: ascending in k, otherwise noise. */
static struct str S_value(char *room, uint64_t k, size_t len)
{
    uint64_t state = k;
    for (size_t i = 0; i < len; i++)
        room[i] = (char)(random_next(&state) >> 56);
    for (unsigned i = 0; i < 8 && i < len; i++)
        room[i] = (char)(k >> (56 - 8 * i));
    return (struct str){room, len};
}

static void S_fill(const char *name, uint64_t n, uint64_t step, size_t least, size_t most)
{
    struct idem_error err = {0};
    uint32_t table, index;
    struct page_file f;
    struct page_tree t;
    struct buf code = {0};
    char *room = malloc(most + 8);
    int fd = S_empty_file(name, &table, &index);
    OK(page_file_start(&f, fd, name, &err));
    page_tree_start(&t, &f, PAGE_TABLE, table);
    for (uint64_t k = 1; k <= n; k++) {
        struct row_value value[2] = {row_null(), row_blob(S_value(room, k, least + hash_u64(k) % (most - least + 1)))};
        buf_clear(&code);
        row_encode(value, 2, &code);
        page_tree_row(&t, (int64_t)(k * step), buf_view(&code));
    }
    page_tree_end(&t);
    page_tree_start(&t, &f, PAGE_INDEX, index);
    for (uint64_t k = 1; k <= n && most <= 1900; k++) {
        struct row_value value[2] = {row_blob(S_value(room, k, least + hash_u64(k) % (most - least + 1))),
                                     row_integer((int64_t)(k * step))};
        buf_clear(&code);
        row_encode(value, 2, &code);
        page_tree_entry(&t, buf_view(&code));
    }
    page_tree_end(&t);
    OK(page_file_end(&f, &err));
    close(fd);
    buf_deinit(&code);
    free(room);
}

static void S_expect(const char *name, uint64_t n, uint64_t step, size_t least, size_t most)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    char *room = malloc(most + 8);
    assert_int_equal(sqlite3_open(fixture_path(name), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT k, v FROM t ORDER BY k", -1, &st, NULL), SQLITE_OK);
    for (uint64_t k = 1; k <= n; k++) {
        struct str expected = S_value(room, k, least + hash_u64(k) % (most - least + 1));
        assert_int_equal(sqlite3_step(st), SQLITE_ROW);
        assert_true((uint64_t)sqlite3_column_int64(st, 0) == k * step);
        assert_int_equal(sqlite3_column_bytes(st, 1), expected.len);
        assert_true(expected.len == 0 || memcmp(sqlite3_column_blob(st, 1), expected.ptr, expected.len) == 0);
    }
    assert_int_equal(sqlite3_step(st), SQLITE_DONE);
    sqlite3_finalize(st);
    sqlite3_close(db);
    free(room);
}

static const struct shape {
    uint64_t n, step;
    size_t least, most;
} SHAPES[] = {
    {0, 1, 10, 10},           {1, 1, 10, 10},     {2, 1, 1900, 1900},    {3, 1, 1900, 1900},     {4, 1, 1900, 1900},
    {5, 1, 1900, 1900},       {6, 1, 1900, 1900}, {7, 1, 1900, 1900},    {20, 1, 1900, 1900},    {21, 1, 1900, 1900},
    {300, 1, 8, 1900},        {2000, 1, 8, 1900}, {5000, 1, 1900, 1900}, {100000, 1, 8, 12},     {100000, 7, 8, 40},
    {3000, 1u << 31, 8, 500}, {1, 1, 8150, 8150}, {1, 1, 8160, 8160},    {1, 1, 100000, 100000}, {500, 3, 8000, 8200},
    {300, 1, 10, 40000},
};

static void trees_of_every_shape_are_sound_and_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SHAPES); i++) {
        const struct shape *s = &SHAPES[i];
        S_fill("t.db", s->n, s->step, s->least, s->most);
        S_expect("t.db", s->n, s->step, s->least, s->most);
        if (s->most > 1900)
            free(fixture_sql("t.db", "REINDEX i")); /* it was left empty: entries that long are not written */
        fixture_expect_sql("t.db", "PRAGMA integrity_check", "ok\n");
        if (s->most > 1900)
            continue;
        fixture_expect_sql(
            "t.db",
            "SELECT count(*) FROM t x WHERE NOT EXISTS (SELECT 1 FROM t y INDEXED BY i WHERE y.v = x.v AND y.k = x.k)",
            "0\n");
    }
}

static void sqlite_goes_on_where_the_pages_end(void **state)
{
    (void)state;
    S_fill("on.db", 5000, 2, 8, 300);
    free(fixture_sql("on.db", "INSERT INTO t(v) SELECT randomblob(100) FROM t; DELETE FROM t WHERE k % 3 = 0; UPDATE t "
                              "SET v = v || 'x' WHERE k % 5 = 0"));
    fixture_expect_sql("on.db", "PRAGMA integrity_check", "ok\n");
    free(fixture_sql("on.db", "DELETE FROM t; VACUUM"));
    fixture_expect_sql("on.db", "PRAGMA integrity_check; SELECT count(*) FROM t", "ok\n0\n");
}

/* The page at offset 2^30 is not to be used. The file before it is a hole that no table owns. */
static void the_page_of_the_locks_is_left_out(void **state)
{
    (void)state;
    enum { PAGES_BEFORE = (1 << 30) / PAGE_BYTES - 20 };
    for (size_t most = 100; most <= 30000; most += 29900) {
        struct idem_error err = {0};
        uint32_t table, index;
        struct page_file f;
        struct page_tree t;
        struct buf code = {0};
        char *room = malloc(most + 8);
        int fd = S_empty_file("hole.db", &table, &index);
        const uint8_t pages[4] = {PAGES_BEFORE >> 24, PAGES_BEFORE >> 16 & 255, PAGES_BEFORE >> 8 & 255,
                                  PAGES_BEFORE & 255};
        assert_int_equal(ftruncate(fd, (off_t)PAGES_BEFORE * PAGE_BYTES), 0);
        assert_int_equal(pwrite(fd, pages, sizeof pages, 28), sizeof pages);
        OK(page_file_start(&f, fd, "hole.db", &err));
        page_tree_start(&t, &f, PAGE_TABLE, table);
        for (uint64_t k = 1; k <= 5000; k++) {
            struct row_value value[2] = {row_null(), row_blob(S_value(room, k, 8 + hash_u64(k) % (most - 7)))};
            buf_clear(&code);
            row_encode(value, 2, &code);
            page_tree_row(&t, (int64_t)k, buf_view(&code));
        }
        page_tree_end(&t);
        OK(page_file_end(&f, &err));
        assert_true(f.next > PAGES_BEFORE + 21);
        close(fd);
        S_expect("hole.db", 5000, 1, 8, most);
        buf_deinit(&code);
        free(room);
        unlink(fixture_path("hole.db"));
    }
}

static void a_file_that_is_not_closed_properly_is_refused(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct page_file f;
    uint32_t table, index;
    int fd = S_empty_file("bad.db", &table, &index);
    assert_int_equal(ftruncate(fd, 8192 * 2), 0);
    assert_int_equal(page_file_start(&f, fd, "bad.db", &err), IDEM_CORRUPT);
    close(fd);
    free(fixture_sql("small.db", "PRAGMA page_size = 4096; CREATE TABLE t(x)"));
    fd = open(fixture_path("small.db"), O_RDWR);
    assert_int_equal(page_file_start(&f, fd, "small.db", &err), IDEM_CORRUPT);
    close(fd);
}

/* Rows are encoded as SQLite reads them, at every edge of every size. */
static void numbers_are_encoded_at_every_edge(void **state)
{
    (void)state;
    struct idem_error err = {0};
    int64_t number[64 * 6 + 2];
    size_t n = 0;
    for (unsigned bit = 0; bit < 63; bit++)
        for (int d = -1; d <= 1; d++) {
            number[n++] = (int64_t)(1ULL << bit) + d;
            number[n++] = -(int64_t)(1ULL << bit) + d;
        }
    number[n++] = INT64_MAX;
    number[n++] = INT64_MIN;
    uint32_t table, index;
    struct page_file f;
    struct page_tree t;
    struct buf code = {0};
    int fd = S_empty_file("n.db", &table, &index);
    OK(page_file_start(&f, fd, "n.db", &err));
    page_tree_start(&t, &f, PAGE_TABLE, table);
    for (size_t i = 0; i < n; i++) {
        buf_clear(&code);
        row_encode((struct row_value[]){row_null(), row_integer(number[i])}, 2, &code);
        page_tree_row(&t, (int64_t)i + 1, buf_view(&code));
    }
    for (unsigned bit = 10; bit < 63; bit++) /* the rowid too */
        page_tree_row(&t, (int64_t)1 << bit, buf_view(&code));
    page_tree_end(&t);
    OK(page_file_end(&f, &err));
    close(fd);
    buf_deinit(&code);
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open(fixture_path("n.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT k, v FROM t ORDER BY k", -1, &st, NULL), SQLITE_OK);
    for (size_t i = 0; i < n + 53; i++) {
        assert_int_equal(sqlite3_step(st), SQLITE_ROW);
        assert_true(sqlite3_column_int64(st, 1) == (i < n ? number[i] : INT64_MIN));
        assert_true(sqlite3_column_int64(st, 0) == (i < n ? (int64_t)i + 1 : (int64_t)1 << (i - n + 10)));
    }
    assert_int_equal(sqlite3_step(st), SQLITE_DONE);
    sqlite3_finalize(st);
    sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_of_every_shape_are_sound_and_complete),
        cmocka_unit_test(sqlite_goes_on_where_the_pages_end),
        cmocka_unit_test(the_page_of_the_locks_is_left_out),
        cmocka_unit_test(a_file_that_is_not_closed_properly_is_refused),
        cmocka_unit_test(numbers_are_encoded_at_every_edge),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}
