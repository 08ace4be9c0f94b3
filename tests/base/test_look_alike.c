/* Words of letters of two alphabets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/look_alike.h"

static void words_of_two_alphabets_are_told_from_others(void **state)
{
    static const struct {
        const char *text;
        bool mixed;
    } CASES[] = {
        {"", false},
        {"anna@example.org", false},
        {"\xD0\xB0"
         "nna@example.org",
         true}, /* Cyrillic a */
        {"anna@ex\xD0\xB0"
         "mple.org",
         true},
        {"anna@examp\xCE\xB9"
         "e.org",
         true},                                                  /* Greek iota */
        {"\xD0\xB8\xD0\xB2\xD0\xB0\xD0\xBD@example.org", false}, /* a word of Cyrillic, words of Latin */
        {"J\xC3\xBCrgen \xC3\x85ngstr\xC3\xB6m", false},
        {"Ju\xCC\x88rgen", false},       /* a combining mark */
        {"Ju\xCC\x88rg\xD0\xB5n", true}, /* and a Cyrillic e behind it */
        {"\xCE\xB1 Centauri", false},
        {"\xCE\xB1-helix", false},
        {"\xE7\x8E\x8B Wang", false},
        {"\xE7\x8E\x8BWang", false}, /* Han looks like no letter of ours */
        {"10 \xC2\xB5m", false},
        {"\xD0\xB0\xFF"
         "nna",
         false}, /* a damaged byte ends a word */
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        if (look_alike_mixed(str_from(CASES[i].text)) != CASES[i].mixed)
            fail_msg("%s", CASES[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_of_two_alphabets_are_told_from_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
