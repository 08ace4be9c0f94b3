/* What single values look like, and that shapes hide them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/value_kind.h"

static struct lexicon words;

static int S_setup(void **state)
{
    (void)state;
    lexicon_init(&words);
    return 0;
}

static int S_teardown(void **state)
{
    (void)state;
    lexicon_deinit(&words);
    return 0;
}

static void values_are_of_their_kinds(void **state)
{
    static const struct {
        const char *value;
        enum value_kind kind;
        bool is;
    } CASES[] = {
        {"a@example.org", VALUE_EMAIL, true},
        {"a@example", VALUE_EMAIL, false},
        {"\"Ann\" <a@example.org>", VALUE_EMAIL, true},
        {"@example.org", VALUE_EMAIL, false},
        {"https://example.org/x", VALUE_URL, true},
        {"example", VALUE_URL, false},
        {"6f9619ff-8b86-d011-b42d-00cf4fc964ff", VALUE_UUID, true},
        {"6f9619ff8b86", VALUE_UUID, false},
        {"GB82 WEST 1234 5698 7654 32", VALUE_IBAN, true},
        {"12", VALUE_INTEGER, true},
        {"-12", VALUE_INTEGER, true},
        {"1.2", VALUE_INTEGER, false},
        {"1.234,50", VALUE_NUMBER, true},
        {"1 2 3", VALUE_NUMBER, false},
        {"$149.00", VALUE_AMOUNT, true},
        {"12,50 €", VALUE_AMOUNT, true},
        {"2001-03-04", VALUE_DATE, true},
        {"4/12/82", VALUE_DATE, true},
        {"31.12.1999", VALUE_DATE, true},
        {"3 Mar 2001", VALUE_DATE, true},
        {"March 3, 2001", VALUE_DATE, true},
        {"20010304", VALUE_COMPACT_DATE, true},
        {"04032001", VALUE_COMPACT_DMY, true},
        {"20011350", VALUE_DATE, false},
        {"32/13/2001", VALUE_DATE, false},
        {"192.168.0.1", VALUE_DATE, false},
        {"2001-03-04T08:30:00Z", VALUE_TIMESTAMP, true},
        {"2001-03-04", VALUE_TIMESTAMP, false},
        {"3/4/2001", VALUE_NUMERIC_DATE, true},
        {"1984", VALUE_YEAR, true},
        {"0984", VALUE_YEAR, false},
        {"+49 30 123456", VALUE_PHONE_PLUS, true},
        {"(415) 555-0134", VALUE_PHONE, true},
        {"12345", VALUE_PHONE, false},
        {"Female", VALUE_GENDER, true},
        {"weiblich", VALUE_GENDER, true},
        {"ja", VALUE_BOOLEAN, true},
        {"DE", VALUE_COUNTRY, true},
        {"United Kingdom", VALUE_COUNTRY, true},
        {"O'Brien-Smith", VALUE_WORDS, true},
        {"R2D2", VALUE_WORDS, false},
        {"Ann Hill", VALUE_SEVERAL_WORDS, true},
        {"Anna Berg", VALUE_KNOWN_GIVEN, true},
        {"Hill, Anna", VALUE_COMMA_NAME, true},
        {"Acme Tools GmbH", VALUE_LEGAL_FORM, true},
        {"GmbH", VALUE_LEGAL_FORM, false},
        {"12 Main St", VALUE_STREET, true},
        {"Kerkstraat 5", VALUE_STREET, true},
        {"n/a", VALUE_PLACEHOLDER, true},
        {"---", VALUE_PLACEHOLDER, true},
        {"0000", VALUE_PLACEHOLDER, true},
        {"Nancy", VALUE_PLACEHOLDER, false},
        {"NSW", VALUE_REGION_AU, true},
        {"tx", VALUE_REGION_US, true},
        {"ORGANIZATION", VALUE_ORGANISATION_WORD, true},
        {"Individual", VALUE_PERSON_WORD, true},
    };
    (void)state;
    assert_int_equal(value_kinds(&words, STR("")), 0);
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        if (value_is(value_kinds(&words, str_from(CASES[i].value)), CASES[i].kind) != CASES[i].is)
            fail_msg("\"%s\" is %sof kind %d", CASES[i].value, CASES[i].is ? "not " : "", (int)CASES[i].kind);
}

static void a_shape_shows_no_letter_and_no_digit(void **state)
{
    static const struct {
        const char *value, *shape;
    } CASES[] = {{"ann.hill7@example.org", "a.a9@a.a"},
                 {"2001-03-04", "9999-99-99"},
                 {"+49 30 123", "+99 99 999"},
                 {"Müller", "a"},
                 {"12345678901234", "9999999999.."},
                 {"a\tb\x01", "a a "},
                 {"", ""}};
    struct buf out = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        buf_clear(&out);
        value_shape(str_from(CASES[i].value), &out);
        assert_string_equal(buf_cstr(&out), CASES[i].shape);
    }
    buf_clear(&out);
    for (int i = 0; i < 100; i++)
        value_shape(STR("1-2-3-4-5-6-7-8-9-0-1-2-3-4-5-6-7-8-9-0-1-2-3-4-5-6-7-8-9-0"), &out);
    assert_true(out.len <= 100 * 44);
    buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_of_their_kinds),
        cmocka_unit_test(a_shape_shows_no_letter_and_no_digit),
    };
    return cmocka_run_group_tests(tests, S_setup, S_teardown);
}
