#include "identity/mint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const uint8_t noise[16] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 1, 2, 3, 4};

static void an_id_has_the_bits_of_its_parts(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        uint32_t ordinal;
        const char *text;
    } rows[] = {
        {0, 0, "00000000-0000-7000-8000-123456789abc"},
        {0x017f22e279b0, 0, "017f22e2-79b0-7000-8000-123456789abc"},
        {0x017f22e279b0, 1, "017f22e2-79b0-7000-8001-123456789abc"},
        {0x017f22e279b0, 0x3fff, "017f22e2-79b0-7000-bfff-123456789abc"},
        {0x017f22e279b0, 0x4000, "017f22e2-79b0-7001-8000-123456789abc"},
        {0x017f22e279b0, 0x3ffffff, "017f22e2-79b0-7fff-bfff-123456789abc"},
        {0x017f22e279b0, 0x4000000, "017f22e2-79b1-7000-8000-123456789abc"},
        {0xffffffffffff, 5, "ffffffff-ffff-7000-8005-123456789abc"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[MINT_TEXT + 1];
        mint_uuid(rows[i].ms, rows[i].ordinal, noise, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void ids_ascend_with_the_ordinal_whatever_the_random_bytes(void **state)
{
    (void)state;
    char before[MINT_TEXT + 1] = "", text[MINT_TEXT + 1];
    uint8_t random[16];
    for (uint32_t k = 0; k < (1U << 27); k += 9973) {
        for (unsigned i = 0; i < sizeof random; i++)
            random[i] = (uint8_t)(k * 2654435761U >> (i + 8));
        mint_uuid(1700000000000, k, random, text);
        assert_true(strcmp(before, text) < 0);
        memcpy(before, text, sizeof text);
    }
}

static void an_id_tells_its_time(void **state)
{
    (void)state;
    char text[MINT_TEXT + 1];
    int64_t ms = 0;
    mint_uuid(1700000000123, 77, noise, text);
    assert_true(mint_is_master_id(str_from(text), &ms));
    assert_int_equal(ms, 1700000000123);
    mint_uuid(1700000000123, 1U << 26, noise, text);
    assert_true(mint_is_master_id(str_from(text), &ms));
    assert_int_equal(ms, mint_ms(1700000000123, 1U << 26));
    assert_int_equal(ms, 1700000000124);
}

static void only_a_version_7_id_in_lower_case_is_a_master_id(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool uuid, master;
    } rows[] = {
        {"017f22e2-79b0-7001-8000-123456789abc", true, true},   {"017F22E2-79B0-7001-8000-123456789ABC", true, false},
        {"017f22e2-79b0-4001-8000-123456789abc", true, false},  {"017f22e2-79b0-7001-c000-123456789abc", true, false},
        {"017f22e2-79b0-7001-8000-123456789ab", false, false},  {"017f22e2-79b0-7001-8000-123456789abcd", false, false},
        {"017f22e2x79b0-7001-8000-123456789abc", false, false}, {"017f22e2-79b0-7001-8000-12345678 abc", false, false},
        {"017f22e2-79b0-7001-8000-12345678gabc", false, false}, {"", false, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(mint_parse(str_from(rows[i].text), NULL), rows[i].uuid);
        assert_int_equal(mint_is_master_id(str_from(rows[i].text), NULL), rows[i].master);
    }
}

static void parse_and_format_are_inverse(void **state)
{
    (void)state;
    uint8_t bytes[16], again[16];
    char text[MINT_TEXT + 1];
    for (unsigned i = 0; i < 16; i++)
        bytes[i] = (uint8_t)(i * 17 + 3);
    mint_format(bytes, text);
    assert_true(mint_parse(str_from(text), again));
    assert_memory_equal(bytes, again, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_has_the_bits_of_its_parts),
        cmocka_unit_test(ids_ascend_with_the_ordinal_whatever_the_random_bytes),
        cmocka_unit_test(an_id_tells_its_time),
        cmocka_unit_test(only_a_version_7_id_in_lower_case_is_a_master_id),
        cmocka_unit_test(parse_and_format_are_inverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
