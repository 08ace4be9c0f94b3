#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "normalize/normalize.h"
#include "normalize/phone_oracle.h"

/* Of 2,150, against libphonenumber 8.12: rare ones, too short or too long, of countries with many lengths. */
enum { MOST_LENGTHS_APART = 52 };

struct tally {
    struct normalizer *normalizer;
    struct arena arena;
    char last[3];
    unsigned countries, numbers, wrong;
    struct buf told;
};

static void S_check(void *context, const char *country, const char *spelling, const char *e164)
{
    struct tally *t = context;
    struct norm_context c = {.country = {country[0], country[1], 0}};
    struct norm value;
    if (strcmp(t->last, country) != 0)
        t->countries++;
    memcpy(t->last, c.country, sizeof t->last);
    normalize_value(t->normalizer, FIELD_PHONE, &c, str_from(spelling), &t->arena, &value);
    t->numbers++;
    if (str_eq(value.form[NORM_CANON], str_from(e164)))
        return;
    t->wrong++;
    print_error("%s: %s is %s, not %.*s\n", country, spelling, e164, STR_ARG(value.form[NORM_CANON]));
}

static void valid_numbers_of_all_countries_are_read_as_libphonenumber_reads_them(void **state)
{
    (void)state;
    struct tally t = {0};
    assert_int_equal(normalizer_new(&t.normalizer, NULL), IDEM_OK);
    phone_oracle_run(5, 1, S_check, &t);
    normalizer_free(t.normalizer);
    arena_deinit(&t.arena);
    assert_true(t.countries >= 200);
    assert_true(t.numbers >= 4000);
    if (t.wrong)
        fail_msg("%u of %u numbers of %u countries differ", t.wrong, t.numbers, t.countries);
}

static void S_check_length(void *context, int code, unsigned len, bool usual, bool possible)
{
    struct tally *t = context;
    char text[32];
    struct norm value;
    snprintf(text, sizeof text, "+%d%.*s", code, (int)len, "2222222222222");
    normalize_value(t->normalizer, FIELD_PHONE, NULL, str_from(text), &t->arena, &value);
    bool taken = !(value.flags & NORM_INVALID);
    t->numbers++;
    if (taken ? possible : !usual)
        return;
    t->wrong++;
    buf_printf(&t->told, "%s: %s\n", text, taken ? "is too long or too short" : "is as long as numbers are");
}

static void numbers_of_all_calling_codes_are_as_long_as_libphonenumber_says(void **state)
{
    (void)state;
    struct tally t = {0};
    assert_int_equal(normalizer_new(&t.normalizer, NULL), IDEM_OK);
    phone_oracle_lengths(S_check_length, &t);
    normalizer_free(t.normalizer);
    arena_deinit(&t.arena);
    assert_true(t.numbers >= 2000);
    if (t.wrong > MOST_LENGTHS_APART) {
        print_error("%.*s", STR_ARG(buf_view(&t.told)));
        fail_msg("%u of %u lengths differ", t.wrong, t.numbers);
    }
    buf_deinit(&t.told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_numbers_of_all_countries_are_read_as_libphonenumber_reads_them),
        cmocka_unit_test(numbers_of_all_calling_codes_are_as_long_as_libphonenumber_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
