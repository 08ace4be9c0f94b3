#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "tests/ingest/csv_check.h"

/* Pieces that random texts are made of; the first ones are the likelier. */
static const struct str pieces[] = {
    {"a", 1},    {",", 1},    {"\n", 1},    {"\"", 1},           {"bc", 2},        {",", 1},
    {"\r\n", 2}, {"\"\"", 2}, {",\"", 2},   {"\",", 2},          {"\"\n", 2},      {"\n\"", 2},
    {" ", 1},    {"\r", 1},   {"x,y\n", 4}, {"\"a\",b\n", 6},    {"\t", 1},        {"\xC3\xA9", 2},
    {"\xC3", 1}, {"\0", 1},   {"\xA9", 1},  {"\xED\xA0\x80", 3}, {"a,b,c\r\n", 7}, {"\"\"\"", 3},
    {";", 1},
};

/* `n_pieces` of the table are in use: fewer give tamer texts. */
static size_t S_random_text(uint64_t *seed, char *text, size_t room)
{
    size_t n_pieces = 4 + random_below(seed, COUNT_OF(pieces) - 3), len = 0, most = random_below(seed, room);
    for (;;) {
        struct str piece = pieces[random_below(seed, n_pieces)];
        if (len + piece.len > most)
            return len;
        memcpy(text + len, piece.ptr, piece.len);
        len += piece.len;
    }
}

/* Well-formed rows of quoted and plain cells, spoiled here and there. */
static size_t S_random_table(uint64_t *seed, char *text, size_t room)
{
    static const struct str cells[] = {
        {"plain", 5}, {"", 0},         {"\"quoted, cell\"", 14}, {"\"two\nlines\"", 11}, {"\"a \"\"b\"\" c\"", 11},
        {"\"\"", 2},  {"5\" pipe", 7}, {"caf\xC3\xA9", 5}};
    size_t len = 0, n_cells = 1 + random_below(seed, 6), spoil = random_below(seed, 3) ? 0 : 40;
    while (len + n_cells * 20 + 4 < room) {
        for (size_t c = 0; c < n_cells; c++) {
            struct str cell = cells[random_below(seed, COUNT_OF(cells) - (spoil ? 0 : 2))];
            memcpy(text + len, cell.ptr, cell.len);
            len += cell.len;
            text[len++] = c + 1 < n_cells ? ',' : '\n';
        }
        if (spoil && random_below(seed, spoil) == 0)
            text[random_below(seed, len)] = "\"\n,x\r"[random_below(seed, 5)];
    }
    return len;
}

/* slice, ahead, sample (set for each text), slices a thread, limits, path (set for each text) */
static const struct reader_tuning tunings[] = {
    {1, 1, 0, 3, {1000, 2000}, CSV_BEST},
    {7, 3, 0, 2, {1000, 2000}, CSV_BEST},
    {64, 10, 0, 4, {40, 100}, CSV_BEST},
    {100, 64, 0, 1, {9, 9}, CSV_BEST},
    {1000, 1000, 0, 3, {60, 300}, CSV_BEST},
    {333, 1, 0, 8, {100000, 100000}, CSV_BEST},
    {1 << 20, 64 << 10, 0, 2, {MOST_CELL_BYTES, MOST_ROW_BYTES}, CSV_BEST},
};

static void S_check_text(struct str text, uint64_t *seed, const char *what, unsigned number)
{
    static const unsigned threads[] = {1, 1, 1, 2, 5};
    static const struct csv_syntax syntaxes[] = {
        {',', '"', true}, {',', '"', true}, {',', '"', false}, {';', 'a', true}};
    struct reader_tuning tuning = tunings[random_below(seed, COUNT_OF(tunings))];
    struct csv_syntax syntax = syntaxes[random_below(seed, COUNT_OF(syntaxes))];
    tuning.sample_bytes = 1 + random_below(seed, text.len + 1);
    tuning.path = (enum csv_path)random_below(seed, CSV_PATHS);
    if (!csvscan_pick(tuning.path))
        tuning.path = CSV_SCALAR;
    char *difference = csv_check(text, syntax, &tuning, threads[random_below(seed, COUNT_OF(threads))]);
    if (difference)
        fail_msg("%s %u, path %d, slices of %zu:\n%s", what, number, (int)tuning.path, tuning.slice_bytes, difference);
}

static void the_reader_agrees_with_its_slow_twin_on_random_texts(void **state)
{
    (void)state;
    char text[700];
    uint64_t seed = 20240501;
    for (unsigned i = 0; i < 6000; i++) {
        size_t len = S_random_text(&seed, text, sizeof text);
        S_check_text((struct str){text, len}, &seed, "text", i);
    }
}

static void the_reader_agrees_with_its_slow_twin_on_tables_with_faults(void **state)
{
    (void)state;
    static char text[6000];
    uint64_t seed = 7;
    for (unsigned i = 0; i < 1500; i++) {
        size_t len = S_random_table(&seed, text, 200 + random_below(&seed, sizeof text - 200));
        S_check_text((struct str){text, len}, &seed, "table", i);
    }
}

static void S_same_list(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b, enum csv_path path)
{
    if (n_a != n_b || (n_a && memcmp(a, b, n_a * sizeof *a) != 0))
        fail_msg("path %d gives another list than the scalar one", (int)path);
}

static void every_path_of_the_scanner_gives_the_same_lists(void **state)
{
    (void)state;
    char text[700 + CSVSCAN_SLACK];
    uint64_t seed = 3;
    struct csvscan a = {0}, b = {0};
    struct csv_syntax syntax = {',', '"', true};
    unsigned paths = 0;
    memset(text, '"', sizeof text);
    for (unsigned i = 0; i < 3000; i++) {
        struct str s = {text, S_random_text(&seed, text, 700)};
        size_t scanned = csvscan_pick(CSV_SCALAR)(&a, s, syntax);
        for (int path = CSV_SSE2; path < CSV_PATHS; path++) {
            csvscan_fn *scan = csvscan_pick((enum csv_path)path);
            if (!scan)
                continue;
            paths++;
            assert_int_equal(scan(&b, s, syntax), scanned);
            assert_int_equal(a.open, b.open);
            S_same_list(a.at, a.n_at, b.at, b.n_at, (enum csv_path)path);
            S_same_list(a.row_end, a.n_rows, b.row_end, b.n_rows, (enum csv_path)path);
            S_same_list(a.escape, a.n_escapes, b.escape, b.n_escapes, (enum csv_path)path);
            S_same_list(a.inner, a.n_inner, b.inner, b.n_inner, (enum csv_path)path);
        }
    }
    assert_true(paths > 0 || csvscan_pick(CSV_BEST) == csvscan_pick(CSV_SCALAR));
    csvscan_deinit(&a);
    csvscan_deinit(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reader_agrees_with_its_slow_twin_on_random_texts),
        cmocka_unit_test(the_reader_agrees_with_its_slow_twin_on_tables_with_faults),
        cmocka_unit_test(every_path_of_the_scanner_gives_the_same_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
