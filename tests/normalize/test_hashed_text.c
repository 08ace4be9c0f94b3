/* Tokens as text: there and back, with the flags of their values; and what is no token. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "normalize/hashed_text.h"

static void a_token_and_its_flags_come_back_from_their_text(void **state)
{
    (void)state;
    struct arena arena = {0};
    uint8_t token[HASHED_TOKEN_BYTES];
    for (uint32_t flags = 0; flags < 16; flags++) {
        struct str first, again;
        uint32_t read;
        for (unsigned i = 0; i < sizeof token; i++)
            token[i] = (uint8_t)(flags * 37 + i * 91);
        struct str text = hashed_text(token, flags, &arena);
        assert_true(hashed_text_parse(text, &first, &read));
        assert_int_equal(read, flags);
        assert_int_equal(first.len, HASHED_TOKEN_CHARS);
        assert_true(hashed_text_parse(first, &again, &read));
        assert_int_equal(read, 0);
    }
    arena_deinit(&arena);
}

static void tokens_that_differ_in_any_bit_have_other_texts(void **state)
{
    (void)state;
    struct arena arena = {0};
    const uint8_t none[HASHED_TOKEN_BYTES] = {0};
    struct str zero = hashed_text(none, 0, &arena);
    for (unsigned bit = 0; bit < 8 * HASHED_TOKEN_BYTES; bit++) {
        uint8_t token[HASHED_TOKEN_BYTES] = {0};
        token[bit / 8] = (uint8_t)(1u << bit % 8);
        assert_false(str_eq(hashed_text(token, 0, &arena), zero));
    }
    arena_deinit(&arena);
}

static void other_texts_are_no_tokens(void **state)
{
    (void)state;
    static const char *const OTHERS[] = {"",
                                         "AT123456789",
                                         "0000000000000000000000000",
                                         "000000000000000000000000000",
                                         "0000000000000000000000000u",
                                         "00000000000000000000000000.",
                                         "00000000000000000000000000.x",
                                         "00000000000000000000000000.gg",
                                         "00000000000000000000000000.ig"};
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
        struct str token;
        uint32_t flags;
        assert_false(hashed_text_parse(str_from(OTHERS[i]), &token, &flags));
    }
}

static void a_token_is_its_own_canonical_form_without_the_flags(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct normalizer *n;
    struct norm value;
    assert_int_equal(normalizer_new(&n, NULL), IDEM_OK);
    normalize_value(n, FIELD_HASHED, NULL, STR("7zz0000000000000000000000g.gi"), &arena, &value);
    assert_true(str_eq(value.form[NORM_CANON], STR("7zz0000000000000000000000g")));
    assert_int_equal(value.flags, NORM_GENERIC | NORM_INVALID);
    normalize_value(n, FIELD_HASHED, NULL, STR("no token"), &arena, &value);
    assert_int_equal(value.flags, NORM_INVALID);
    normalizer_free(n);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_token_and_its_flags_come_back_from_their_text),
                                       cmocka_unit_test(tokens_that_differ_in_any_bit_have_other_texts),
                                       cmocka_unit_test(other_texts_are_no_tokens),
                                       cmocka_unit_test(a_token_is_its_own_canonical_form_without_the_flags)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
