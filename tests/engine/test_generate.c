#include "idem.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/charset.h"
#include "base/file.h"
#include "base/json.h"
#include "base/map.h"
#include "engine/generate_record.h"
#include "engine/generate_typo.h"

static const char *const names[4] = {"crm.csv", "billing.csv", "support.jsonl", "truth.csv"};

struct folder {
    char path[64];
    struct arena arena;
    struct str text[4];
};

static enum idem_status S_run(const char *path, uint64_t records, uint64_t seed, bool overwrite, char **json,
                              struct idem_error *err)
{
    struct idem_generate_options options = {.folder = path, .records = records, .seed = seed, .overwrite = overwrite};
    return idem_generate(&options, json, err);
}

static struct str S_text(struct arena *a, const char *folder, unsigned file)
{
    struct str text = {0};
    struct idem_error err;
    struct str path = file_join(a, str_from(folder), str_from(names[file]));
    if (file_read(path.ptr, 1 << 28, a, &text, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    return text;
}

static void S_make(struct folder *f, uint64_t records, uint64_t seed)
{
    struct idem_error err = {0};
    char *json;
    snprintf(f->path, sizeof f->path, "/tmp/idem-generate-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    arena_init(&f->arena);
    if (S_run(f->path, records, seed, false, &json, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    idem_free(json);
    for (unsigned i = 0; i < 4; i++)
        f->text[i] = S_text(&f->arena, f->path, i);
}

static void S_remove(struct folder *f)
{
    for (unsigned i = 0; i < 4; i++)
        unlink(file_join(&f->arena, str_from(f->path), str_from(names[i])).ptr);
    rmdir(f->path);
    arena_deinit(&f->arena);
}

static bool S_line(struct str *rest, struct str *line)
{
    return str_next_piece(rest, '\n', line) && (line->len || rest->ptr);
}

/* Cells of a CSV line; quotes hold no line ends here. */
static unsigned S_cells(struct str line, char delimiter, struct str *cell, unsigned most)
{
    unsigned n = 0;
    bool quoted = false;
    size_t from = 0;
    for (size_t i = 0; i <= line.len; i++) {
        if (i < line.len && line.ptr[i] == '"')
            quoted = !quoted;
        if (i < line.len && (quoted || line.ptr[i] != delimiter))
            continue;
        if (n < most)
            cell[n] = str_sub(line, from, i);
        n++;
        from = i + 1;
    }
    return n;
}

/* ---------------------------------------------------------------- files as a whole */

static void the_same_seed_gives_the_same_bytes_and_another_one_does_not(void **state)
{
    (void)state;
    struct folder a, b, c;
    S_make(&a, 3000, 7);
    S_make(&b, 3000, 7);
    S_make(&c, 3000, 8);
    for (unsigned i = 0; i < 4; i++) {
        assert_true(str_eq(a.text[i], b.text[i]));
        assert_false(str_eq(a.text[i], c.text[i]));
    }
    S_remove(&a);
    S_remove(&b);
    S_remove(&c);
}

static void files_are_utf8_and_have_their_headers(void **state)
{
    (void)state;
    static const char *const header[4] = {"customer_id,first,last,dob,email,phone,street,town,zip,country,modified",
                                          "kdnr;name;geburtsdatum;mail;telefon;strasse;plz;ort;aktualisiert", NULL,
                                          "source,record_id,entity_id"};
    struct folder f;
    S_make(&f, 2000, 1);
    for (unsigned i = 0; i < 4; i++) {
        struct str rest = f.text[i], line;
        assert_int_equal(charset_utf8_invalid(f.text[i]), f.text[i].len);
        assert_true(S_line(&rest, &line));
        if (header[i])
            assert_true(str_eq(line, str_from(header[i])));
    }
    S_remove(&f);
}

/* Good rows by "source:id"; the value is 1 until the truth has named it. */
static uint32_t S_good_csv(struct str text, const char *source, char delimiter, unsigned columns, struct arena *a,
                           struct map *ids)
{
    struct str line, cell[16];
    uint32_t bad = 0;
    for (bool first = true; S_line(&text, &line); first = false) {
        bool good = S_cells(line, delimiter, cell, 16) == columns && cell[0].len;
        if (first)
            continue;
        bad += !good;
        if (good)
            assert_true(map_add(ids, arena_printf(a, "%s,%.*s", source, STR_ARG(cell[0])), 1));
    }
    return bad;
}

static uint32_t S_good_json(struct str text, struct arena *a, struct map *ids)
{
    struct str line;
    uint32_t bad = 0;
    while (S_line(&text, &line)) {
        json_t *row = NULL;
        bool read = json_parse(line, "support.jsonl", &row, NULL) == IDEM_OK && json_is_object(row);
        struct str id = read ? json_str(json_object_get(json_object_get(row, "user"), "id")) : (struct str){0};
        bad += id.len == 0;
        if (id.len)
            assert_true(map_add(ids, arena_printf(a, "support,%.*s", STR_ARG(id)), 1));
        json_decref(row);
    }
    return bad;
}

static void every_good_row_is_in_the_truth_once_and_bad_rows_are_not(void **state)
{
    (void)state;
    struct folder f;
    struct map ids = {0};
    struct str rest, line;
    uint64_t rows = 0;
    S_make(&f, 20000, 3);
    uint32_t bad = S_good_csv(f.text[0], "crm", ',', 11, &f.arena, &ids);
    bad += S_good_csv(f.text[1], "billing", ';', 9, &f.arena, &ids);
    bad += S_good_json(f.text[2], &f.arena, &ids);
    assert_int_equal(ids.n, 20000);
    assert_in_range(bad, 3, 20);
    rest = f.text[3];
    for (bool first = true; S_line(&rest, &line); first = false) {
        struct str cell[3];
        assert_int_equal(S_cells(line, ',', cell, 3), 3);
        if (first)
            continue;
        uint32_t *seen = map_find(&ids, str_sub(line, 0, cell[0].len + 1 + cell[1].len));
        assert_non_null(seen);
        assert_int_equal((*seen)++, 1);
        rows++;
    }
    assert_int_equal(rows, 20000);
    map_deinit(&ids);
    S_remove(&f);
}

static uint64_t S_number(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

static void the_report_counts_what_was_written(void **state)
{
    (void)state;
    char path[] = "/tmp/idem-generate-XXXXXX";
    struct idem_error err = {0};
    struct arena a;
    char *text;
    json_t *report;
    arena_init(&a);
    assert_non_null(mkdtemp(path));
    const char *inner = arena_printf(&a, "%s/new/folder", path).ptr;
    assert_int_equal(S_run(inner, 1000, 5, false, &text, &err), IDEM_OK);
    assert_int_equal(json_parse(str_from(text), "report", &report, &err), IDEM_OK);
    assert_int_equal(S_number(report, "records"), 1000);
    assert_int_equal(S_number(report, "seed"), 5);
    assert_int_equal(S_number(report, "entities"), 750);
    uint64_t rows = 0;
    for (size_t i = 0; i < 4; i++) {
        const json_t *file = json_array_get(json_object_get(report, "files"), i);
        struct str at = json_str(json_object_get(file, "path"));
        assert_true(str_ends(at, str_from(names[i])));
        assert_true(file_exists(str_cstr(&a, at)));
        rows += i < 3 ? S_number(file, "rows") : 0;
        unlink(str_cstr(&a, at));
    }
    assert_int_equal(rows, 1000);
    assert_int_equal(S_number(json_array_get(json_object_get(report, "files"), 3), "rows"), 1000);
    rmdir(inner);
    rmdir(arena_printf(&a, "%s/new", path).ptr);
    rmdir(path);
    json_decref(report);
    idem_free(text);
    arena_deinit(&a);
}

static void small_numbers_work(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 9; n++) {
        struct folder f;
        struct str line;
        unsigned lines = 0;
        S_make(&f, n, n);
        for (struct str rest = f.text[3]; S_line(&rest, &line);)
            lines++;
        assert_int_equal(lines, n + 1);
        S_remove(&f);
    }
}

static void what_cannot_be_done_is_refused(void **state)
{
    (void)state;
    struct folder f;
    struct idem_error err = {0};
    char *json = NULL;
    S_make(&f, 10, 1);
    assert_int_equal(S_run(f.path, 10, 2, false, &json, &err), IDEM_CONFLICT);
    assert_null(json);
    assert_non_null(strstr(err.message, "crm.csv exists"));
    assert_true(str_eq(S_text(&f.arena, f.path, 0), f.text[0]));
    assert_int_equal(S_run(f.path, 10, 2, true, &json, &err), IDEM_OK);
    idem_free(json);
    assert_false(str_eq(S_text(&f.arena, f.path, 0), f.text[0]));
    assert_int_equal(S_run(f.path, 0, 2, true, &json, &err), IDEM_INVALID);
    assert_int_equal(S_run(f.path, UINT64_MAX, 2, true, &json, &err), IDEM_LIMIT);
    assert_int_equal(S_run("/dev/null/x", 10, 2, true, &json, &err), IDEM_IO);
    S_remove(&f);
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    char path[] = "/tmp/idem-generate-XXXXXX";
    struct idem_error err = {0};
    struct arena a;
    char *json = NULL;
    arena_init(&a);
    assert_non_null(mkdtemp(path));
    const char *full = arena_printf(&a, "%s/billing.csv", path).ptr;
    assert_int_equal(symlink("/dev/full", full), 0);
    assert_int_equal(S_run(path, 5000, 2, true, &json, &err), IDEM_IO);
    assert_null(json);
    assert_non_null(strstr(err.message, "billing.csv"));
    assert_int_equal(rmdir(path), 0); /* nothing is left behind */
    arena_deinit(&a);
}

/* ---------------------------------------------------------------- what is in them */

static void the_shares_are_as_documented(void **state)
{
    (void)state;
    enum { N = 20000 };
    unsigned not_ascii = 0, moved = 0, married = 0, alone = 0, younger = 0;
    struct map families = {0};
    for (uint64_t i = 0; i < N; i++) {
        struct gen_person p, next;
        gen_person(11, i, IDEM_AMOUNT_NORMAL, &p);
        gen_person(11, i + 1, IDEM_AMOUNT_NORMAL, &next);
        bool accents = !str_eq(gen_str(&p.given.native), gen_str(&p.given.ascii)) ||
                       !str_eq(gen_str(&p.family.native), gen_str(&p.family.ascii));
        not_ascii += accents;
        moved += p.moved != INT64_MIN;
        married += p.former.native.len > 0;
        alone += !str_eq(gen_str(&p.place[0].landline.rest), gen_str(&next.place[0].landline.rest));
        younger += p.born > 14610; /* 2010 */
        map_add(&families, gen_str(&p.family.native), 1);
    }
    assert_in_range(not_ascii, N * 4 / 100, N * 8 / 100);
    assert_in_range(moved, N * 22 / 100, N * 28 / 100);
    assert_in_range(married, N * 1 / 100, N * 5 / 100);
    assert_in_range(alone, N * 60 / 100, N * 80 / 100);
    assert_int_equal(younger, 0);
    assert_in_range(families.n, N / 8, N / 2);
    map_deinit(&families);
}

/* ---------------------------------------------------------------- other shapes */

static void S_make_shape(struct folder *f, struct idem_generate_options options)
{
    struct idem_error err = {0};
    char *json;
    snprintf(f->path, sizeof f->path, "/tmp/idem-generate-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    arena_init(&f->arena);
    options.folder = f->path;
    if (idem_generate(&options, &json, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    idem_free(json);
    for (unsigned i = 0; i < 4; i++)
        f->text[i] = S_text(&f->arena, f->path, i);
}

struct shape {
    unsigned records, persons, persons_in_systems; /* the last: pairs of system and person */
    unsigned most_in_a_system;                     /* records of a person */
};

static struct shape S_shape(const struct folder *f)
{
    struct shape shape = {0};
    struct map persons = {0}, in_systems = {0};
    struct str rest = f->text[3], line, cell[3];
    S_line(&rest, &line);
    while (S_line(&rest, &line)) {
        assert_int_equal(S_cells(line, ',', cell, 3), 3);
        char key[80];
        snprintf(key, sizeof key, "%.*s:%.*s", STR_ARG(cell[0]), STR_ARG(cell[2]));
        map_add(&persons, cell[2], 0);
        map_add(&in_systems, str_from(key), 0);
        uint32_t n = ++*map_find(&in_systems, str_from(key));
        shape.most_in_a_system = n > shape.most_in_a_system ? n : shape.most_in_a_system;
        shape.records++;
    }
    shape.persons = (unsigned)persons.n;
    shape.persons_in_systems = (unsigned)in_systems.n;
    map_deinit(&persons);
    map_deinit(&in_systems);
    return shape;
}

static void duplicates_and_where_they_are_can_be_asked_for(void **state)
{
    (void)state;
    static const double shares[] = {0, 0.6, 1};
    static const struct {
        const double *duplicates, *within;
        unsigned persons, in_systems, most; /* of 1,000 records; in_systems 0: any, most 0: any */
    } cases[] = {
        {NULL, NULL, 750, 0, 0},
        {&shares[0], NULL, 1000, 1000, 1},
        {&shares[1], NULL, 400, 0, 0},
        {&shares[1], &shares[0], 400, 1000, 1},
        {&shares[1], &shares[2], 400, 400, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct folder f;
        S_make_shape(&f, (struct idem_generate_options){
                             .records = 1000, .seed = i, .duplicates = cases[i].duplicates, .within = cases[i].within});
        struct shape shape = S_shape(&f);
        assert_int_equal(shape.records, 1000);
        assert_in_range(shape.persons, cases[i].persons, cases[i].persons);
        assert_true(!cases[i].in_systems || shape.persons_in_systems == cases[i].in_systems);
        assert_true(!cases[i].most || shape.most_in_a_system == cases[i].most);
        S_remove(&f);
    }
}

static void shares_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const double wrong[] = {-0.1, 1.0, 1.5, NAN}, none = 0, most = 0.7;
    struct idem_error err;
    char *json;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct idem_generate_options options = {.folder = "/nonexistent/x", .records = 10, .duplicates = &wrong[i]};
        assert_int_equal(idem_generate(&options, &json, &err), IDEM_INVALID);
        assert_non_null(strstr(err.message, "duplicates"));
    }
    struct idem_generate_options options = {
        .folder = "/nonexistent/x", .records = 10, .duplicates = &most, .within = &none};
    assert_int_equal(idem_generate(&options, &json, &err), IDEM_INVALID);
    options = (struct idem_generate_options){.folder = "/nonexistent/x", .records = 10, .within = &wrong[2]};
    assert_int_equal(idem_generate(&options, &json, &err), IDEM_INVALID);
    assert_non_null(strstr(err.message, "within"));
}

static void dirt_changes_errors_and_gaps_but_no_habits(void **state)
{
    (void)state;
    const struct gen_rate *rate;
    unsigned n = gen_rates(&rate);
    for (unsigned i = 0; i < n; i++)
        for (unsigned s = 0; s < GEN_SOURCES; s++) {
            unsigned none = gen_rate(&rate[i], s, IDEM_AMOUNT_NONE), low = gen_rate(&rate[i], s, IDEM_AMOUNT_LOW),
                     normal = gen_rate(&rate[i], s, IDEM_AMOUNT_NORMAL), high = gen_rate(&rate[i], s, IDEM_AMOUNT_HIGH);
            bool stays = rate[i].wrong == GEN_HABIT || rate[i].per_mille[s] == 1000 || rate[i].per_mille[s] == 0;
            assert_int_equal(normal, rate[i].per_mille[s]);
            assert_int_equal(none, stays ? normal : 0);
            assert_true(stays ? low == normal && high == normal : low < normal && normal < high && high < 1000);
        }
}

static unsigned S_neighbours(enum idem_amount households, unsigned *twins, unsigned *namesakes)
{
    unsigned shared = 0;
    *twins = *namesakes = 0;
    for (uint64_t i = 0; i + 1 < 6000; i++) {
        struct gen_person p, q;
        gen_person(4, i, households, &p);
        gen_person(4, i + 1, households, &q);
        bool together = str_eq(gen_str(&p.place[0].landline.rest), gen_str(&q.place[0].landline.rest));
        shared += together;
        *twins += together && p.born == q.born;
        for (uint64_t k = i + 2; together && k < i + 5; k++) {
            gen_person(4, k, households, &q);
            *namesakes += str_eq(gen_str(&p.place[0].landline.rest), gen_str(&q.place[0].landline.rest)) &&
                          str_eq(gen_str(&p.given.native), gen_str(&q.given.native)) && p.born != q.born;
        }
    }
    return shared;
}

static void persons_live_together_as_asked_for(void **state)
{
    (void)state;
    unsigned twins, namesakes;
    assert_int_equal(S_neighbours(IDEM_AMOUNT_NONE, &twins, &namesakes), 0);
    assert_int_equal(twins + namesakes, 0);
    assert_in_range(S_neighbours(IDEM_AMOUNT_LOW, &twins, &namesakes), 300, 1000);
    assert_in_range(S_neighbours(IDEM_AMOUNT_HIGH, &twins, &namesakes), 3600, 4600);
    assert_in_range(twins, 150, 600);
    assert_in_range(namesakes, 60, 500);
}

static void a_household_shares_address_and_landline(void **state)
{
    (void)state;
    unsigned shared = 0, same_name = 0;
    for (uint64_t i = 0; i + 1 < 6000; i++) {
        struct gen_person p, q;
        gen_person(4, i, IDEM_AMOUNT_NORMAL, &p);
        gen_person(4, i + 1, IDEM_AMOUNT_NORMAL, &q);
        if (!str_eq(gen_str(&p.place[0].landline.rest), gen_str(&q.place[0].landline.rest)))
            continue;
        shared++;
        assert_true(str_eq(gen_str(&p.place[0].zip), gen_str(&q.place[0].zip)));
        assert_true(str_eq(gen_str(&p.place[0].street_name), gen_str(&q.place[0].street_name)));
        same_name += str_eq(gen_str(&p.family.native), gen_str(&q.family.native));
    }
    assert_in_range(shared, 1200, 2600);
    assert_in_range(same_name, shared * 70 / 100, shared * 97 / 100);
}

static void records_of_a_person_are_alike_but_not_equal(void **state)
{
    (void)state;
    unsigned same_birth = 0, same_family = 0, without_email = 0, n = 4000;
    for (uint64_t i = 0; i < n; i++) {
        struct gen_person p;
        struct gen_record r;
        int year;
        gen_person(6, i, IDEM_AMOUNT_NORMAL, &p);
        gen_record(i * 7919 + 1, GEN_CRM, IDEM_AMOUNT_NORMAL, &p, &r);
        year = (int)(1970 + p.born / 365.2425);
        same_birth += r.year && abs((int)r.year - year) <= 1;
        same_family += str_eq(gen_str(&r.family), gen_str(&p.family.native));
        without_email += r.email.len == 0;
        assert_in_range(r.updated_ms / 86400000, 17897, (uint64_t)gen_newest_day());
        assert_int_equal(charset_utf8_invalid(gen_str(&r.full)), r.full.len);
    }
    assert_in_range(same_birth, n * 84 / 100, n * 93 / 100);
    assert_in_range(same_family, n * 85 / 100, n * 97 / 100);
    assert_in_range(without_email, n * 9 / 100, n * 15 / 100);
}

static void a_typo_keeps_a_text_valid_and_close(void **state)
{
    (void)state;
    static const char *const texts[] = {"Müller",        "a",           "",     "王",   "Jo",
                                        "O'Brien-Smith", "Schlesinger", "Ολγα", "Łódź", "1234"};
    uint64_t random = 9;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        for (unsigned k = 0; k < 500; k++) {
            struct gen_text t;
            gen_set(&t, str_from(texts[i]));
            typo_letter(&random, &t);
            assert_int_equal(charset_utf8_invalid(gen_str(&t)), t.len);
            assert_int_equal(t.len == 0, texts[i][0] == 0);
            assert_in_range(t.len + 2, strlen(texts[i]), strlen(texts[i]) + 4);
            typo_digit(&random, &t);
            text_fold(&t);
            assert_int_equal(charset_utf8_invalid(gen_str(&t)), t.len);
        }
}

static void a_text_that_is_too_long_is_cut_at_a_character(void **state)
{
    (void)state;
    struct gen_text t = {0};
    gen_add_byte(&t, 'x');
    for (unsigned i = 0; i < 60; i++)
        gen_add(&t, STR("\xc3\xa9"));
    assert_int_equal(t.len, GEN_TEXT - 1);
    assert_int_equal(charset_utf8_invalid(gen_str(&t)), t.len);
    gen_set(&t, STR(""));
    gen_add_number(&t, 0, 0);
    gen_add_number(&t, 7, 3);
    gen_add_number(&t, UINT64_MAX, 1);
    assert_true(str_eq(gen_str(&t), STR("000718446744073709551615")));
}

static void the_page_shows_the_rates_that_are_used(void **state)
{
    (void)state;
    struct arena a;
    struct str page;
    struct idem_error err;
    const struct gen_rate *rate;
    unsigned n = gen_rates(&rate);
    arena_init(&a);
    struct str root = str_sub(STR(TEST_DATA), 0, sizeof TEST_DATA - sizeof "tests/data");
    const char *path = arena_printf(&a, "%.*sdocs/generate.md", STR_ARG(root)).ptr;
    if (file_read(path, 1 << 20, &a, &page, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    for (unsigned i = 0; i < n; i++) {
        const uint16_t *of = rate[i].per_mille;
        struct str row = arena_printf(&a, "| %s | %u | %u | %u |\n", rate[i].says, of[0], of[1], of[2]);
        if (str_find(page, row) == SIZE_MAX)
            fail_msg("docs/generate.md lacks: %s", row.ptr);
    }
    arena_deinit(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_bytes_and_another_one_does_not),
        cmocka_unit_test(files_are_utf8_and_have_their_headers),
        cmocka_unit_test(every_good_row_is_in_the_truth_once_and_bad_rows_are_not),
        cmocka_unit_test(the_report_counts_what_was_written),
        cmocka_unit_test(small_numbers_work),
        cmocka_unit_test(what_cannot_be_done_is_refused),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(the_shares_are_as_documented),
        cmocka_unit_test(duplicates_and_where_they_are_can_be_asked_for),
        cmocka_unit_test(shares_that_make_no_sense_are_refused),
        cmocka_unit_test(dirt_changes_errors_and_gaps_but_no_habits),
        cmocka_unit_test(persons_live_together_as_asked_for),
        cmocka_unit_test(a_household_shares_address_and_landline),
        cmocka_unit_test(records_of_a_person_are_alike_but_not_equal),
        cmocka_unit_test(the_page_shows_the_rates_that_are_used),
        cmocka_unit_test(a_typo_keeps_a_text_valid_and_close),
        cmocka_unit_test(a_text_that_is_too_long_is_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
