/* Who shares a value: persons are told apart by name and year, however they are spelled. */
#include "matcher/shared_values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "small_batch.h"

enum { GIVEN, FAMILY, BIRTH, PHONE };

static void S_begin(struct small_batch *s)
{
    small_init(s);
    small_field(s, "given_name", FIELD_GIVEN_NAME);
    small_field(s, "family_name", FIELD_FAMILY_NAME);
    small_field(s, "birth_date", FIELD_BIRTH_DATE);
    small_field(s, "phone", FIELD_PHONE);
    small_sources(s, 1);
}

struct line {
    const char *given, *family, *birth, *phone;
};

static void S_add(struct small_batch *s, const struct line *l)
{
    small_text(s, GIVEN, l->given);
    small_text(s, FAMILY, l->family);
    small_text(s, BIRTH, l->birth);
    small_text(s, PHONE, l->phone);
    small_record(s, 0, small_printf(s, "%u", s->batch.n_rows), ENTITY_PERSON);
}

static const struct {
    const char *what;
    struct line line[5];
    uint32_t records, persons;
} cases[] = {
    {"one person", {{"anna", "smith", "1980-01-02", "1"}}, 1, 1},
    {"the same person twice", {{"anna", "smith", "1980-01-02", "1"}, {"anna", "smith", "1980-01-02", "1"}}, 2, 1},
    {"a typing error", {{"anna", "smith", "1980-01-02", "1"}, {"ana", "smiht", "1980-02-02", "1"}}, 2, 1},
    {"names swapped", {{"anna", "smith", "1980-01-02", "1"}, {"smith", "anna", "", "1"}}, 2, 1},
    {"a birth date missing", {{"anna", "smith", "", "1"}, {"anna", "smith", "1980-01-02", "1"}}, 2, 1},
    {"no birth dates", {{"anna", "smith", "", "1"}, {"anna", "smith", "", "1"}}, 2, 1},
    {"a couple", {{"anna", "smith", "1980-01-02", "1"}, {"bert", "smith", "1980-01-02", "1"}}, 2, 2},
    {"father and son of one name", {{"bert", "smith", "1950-01-02", "1"}, {"bert", "smith", "1980-03-04", "1"}}, 2, 2},
    {"no names", {{"", "", "1950-01-02", "1"}, {"", "", "1980-03-04", "1"}, {"anna", "smith", "", "1"}}, 3, 1},
    {"an office",
     {{"anna", "smith", "", "1"},
      {"bert", "jones", "", "1"},
      {"carl", "wood", "", "1"},
      {"dora", "king", "", "1"},
      {"emma", "lane", "", "1"}},
     5,
     5},
};

static void persons_of_a_value_are_counted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct small_batch s;
        S_begin(&s);
        for (size_t k = 0; k < COUNT_OF(cases[i].line) && cases[i].line[k].given; k++)
            S_add(&s, &cases[i].line[k]);
        struct shared_value *value = shared_values_count(&s.batch, PHONE);
        if (value[1].records != cases[i].records || value[1].persons != cases[i].persons)
            fail_msg("%s: %u records of %u persons", cases[i].what, value[1].records, value[1].persons);
        free(value);
        small_deinit(&s);
    }
}

static void a_summary_tells_what_many_share(void **state)
{
    static const char *const names[] = {"ann", "bob", "cid", "dan", "eve", "flo", "guy"};
    struct small_batch s;
    (void)state;
    S_begin(&s);
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        S_add(&s, &(struct line){names[i], "smith", "", "reception"});
        S_add(&s, &(struct line){names[i], "smith", "", i < 4 ? "family" : "other"});
        S_add(&s, &(struct line){names[i], "smith", "", small_printf(&s, "own%u", i)});
    }
    struct shared_summary summary = shared_values_summary(&s.batch, PHONE);
    assert_int_equal(summary.values, 1);
    assert_int_equal(summary.records, 7);
    assert_int_equal(summary.most, 7);
    small_deinit(&s);
}

static void generic_values_and_batches_without_names_have_nobody(void **state)
{
    struct small_batch s;
    struct norm generic = {.flags = NORM_GENERIC, .form = {STR("000")}};
    (void)state;
    S_begin(&s);
    small_text(&s, GIVEN, "anna");
    small_norm(&s, PHONE, &generic);
    small_record(&s, 0, "1", ENTITY_PERSON);
    struct shared_value *value = shared_values_count(&s.batch, PHONE);
    assert_int_equal(value[1].records + value[1].persons, 0);
    free(value);
    small_deinit(&s);
    S_begin(&s);
    S_add(&s, &(struct line){"", "", "1980-01-01", "1"});
    value = shared_values_count(&s.batch, PHONE);
    assert_int_equal(value[1].persons, 0);
    free(value);
    value = shared_values_count(&s.batch, FAMILY);
    free(value);
    small_deinit(&s);
}

static void mailboxes_and_telephones_are_shared_names_are_not(void **state)
{
    (void)state;
    assert_true(shared_values_of(FIELD_PHONE) && !shared_values_of(FIELD_FAMILY_NAME));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(persons_of_a_value_are_counted),
        cmocka_unit_test(a_summary_tells_what_many_share),
        cmocka_unit_test(generic_values_and_batches_without_names_have_nobody),
        cmocka_unit_test(mailboxes_and_telephones_are_shared_names_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
