/* Phonetic codes: spellings that must meet, names that must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/hash.h"
#include "normalize/phonetic.h"

static struct str S_code(const char *name, char code[MOST_PHONETIC])
{
    return (struct str){code, phonetic_code(str_from(name), code)};
}

static void names_of_one_sound_share_a_code(void **state)
{
    (void)state;
    static const char *const groups[][6] = {
        {"schmidt", "schmitt", "schmid", "schmied"},
        {"meyer", "maier", "meier", "mayer", "mayr"},
        {"catherine", "katherine", "kathryn", "katharina", "katarina", "catrin"},
        {"stephen", "steven", "stefan", "stephan"},
        {"mohammed", "muhammad", "mohamed", "mahmad", "mhmd"},
        {"michael", "mikhail", "mikael", "michail"},
        {"philip", "filip", "phillip", "filipp"},
        {"christian", "kristian", "cristian", "khristian"},
        {"wolodymyr", "volodymyr", "volodimir"},
        {"kowalski", "kovalsky", "kowalsky", "kovalskiy"},
        {"petrovic", "petrovich", "petrovitch", "petrowitsch"},
        {"tchaikovsky", "tschaikowski", "chaykovsky", "chaikovskii"},
        {"georg", "george"},
        {"geoffrey", "jeffrey", "jeffry"},
        {"stewart", "stuart"},
        {"yeltsin", "eltsin"},
        {"thomas", "tomas"},
        {"david", "dawid"},
        {"eva", "ewa"},
        {"rodriguez", "rodrigues"},
        {"mcdonald", "macdonald"},
        {"pfeiffer", "feifer", "pfeifer"},
        {"tanja", "tanya", "tania"},
        {"andrej", "andrey", "andrei"},
        {"wassim", "ouassim"},
        {"kim", "gim"},
        {"knight", "night", "nite"},
        {"wright", "right"},
        {"sara", "sarah"},
        {"devereaux", "devero"},
    };
    for (size_t g = 0; g < COUNT_OF(groups); g++) {
        char first[MOST_PHONETIC], other[MOST_PHONETIC];
        struct str code = S_code(groups[g][0], first);
        for (size_t i = 1; i < COUNT_OF(groups[g]) && groups[g][i]; i++)
            if (!str_eq(code, S_code(groups[g][i], other)))
                fail_msg("%s and %s differ", groups[g][0], groups[g][i]);
    }
}

static void names_of_another_sound_differ(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"smith", "jones"}, {"miller", "muster"}, {"anna", "emma"},    {"martin", "marvin"}, {"peter", "patrick"},
        {"john", "jared"},  {"hans", "jans"},     {"bauer", "maurer"}, {"lee", "lim"},       {"3m", "4m"},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        char a[MOST_PHONETIC], b[MOST_PHONETIC];
        assert_false(str_eq(S_code(pairs[i][0], a), S_code(pairs[i][1], b)));
    }
}

static void every_token_has_a_code_of_letters_and_digits(void **state)
{
    (void)state;
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    uint64_t seed = 7;
    for (int round = 0; round < 200000; round++) {
        char token[12], code[MOST_PHONETIC];
        size_t n = 1 + random_below(&seed, sizeof token);
        for (size_t i = 0; i < n; i++)
            token[i] = letters[random_below(&seed, sizeof letters - 1)];
        size_t len = phonetic_code((struct str){token, n}, code);
        if (len == 0 || len > MOST_PHONETIC)
            fail_msg("%.*s has a code of %zu bytes", (int)n, token, len);
        for (size_t i = 0; i < len; i++)
            assert_true((code[i] >= 'A' && code[i] <= 'Z') || (code[i] >= '0' && code[i] <= '9'));
    }
    char code[MOST_PHONETIC];
    assert_int_equal(phonetic_code(STR(""), code), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_one_sound_share_a_code),
        cmocka_unit_test(names_of_another_sound_differ),
        cmocka_unit_test(every_token_has_a_code_of_letters_and_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
