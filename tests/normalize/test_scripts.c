/* Properties of all types of words over every script: nothing with a letter or digit is lost, the result is stable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/unicode.h"
#include "normalize/normalize.h"

static const char *const samples[] = {
    "Anna Kraft",
    "Ünal Şahin",
    "Ελένη Ζαχαρία",
    "Пётр Ильич",
    "Ђура Јакшић",
    "قمر الدين",
    "פנחס שדה",
    "俞平伯",
    "大江 健三郎",
    "おおえ けんざぶろう",
    "ｵｵｴ",
    "박경리",
    "मीरा कुमारी",
    "রবি সেন",
    "ਅਮਰ ਸਿੰਘ",
    "મીના શાહ",
    "ଗୋପ",
    "கண்ணன்",
    "రాము",
    "ರಾಜ",
    "അമ്മു",
    "සුනිල්",
    "มานี ใจดี",
    "ສີສະຫວາດ",
    "བཀྲ་ཤིས",
    "အောင်",
    "ნანა",
    "Անի",
    "አበበ",
    "ᏌᏊ",
    "ᐃᓄᒃ",
    "ខេមរា",
    "ᠮᠣᠩᠭᠣᠯ",
    "ⵜⵉⴼⵉⵏⴰⵖ",
    "ߒߞߏ",
    "😀 Eva 🎉",
    "①",
    "Ⅳ",
    "ª",
    "№",
    "㈱",
    "ﷺ",
    "\xe3\x85\xa4",
    "\xc2\xad\x41",
    "Mr",
    "Dr.",
    "GmbH",
    "Ltd.",
    "The",
    "of",
    "Jr.",
    "PhD",
    "aka",
    "née",
    "von",
    "St.",
    "city of",
    "(x)",
    "\"y\"",
    "'",
    "O'",
    "7",
    "x1",
    "1-2/3",
    "N.N.",
    "王",
    "김",
    "ー",
};

static const enum field_type types[] = {
    FIELD_GIVEN_NAME, FIELD_MIDDLE_NAME, FIELD_FAMILY_NAME, FIELD_NAME_SUFFIX, FIELD_FULL_NAME, FIELD_ORGANISATION,
    FIELD_EMPLOYER,   FIELD_CITY,        FIELD_REGION,      FIELD_TITLE,       FIELD_TEXT,      FIELD_CATEGORY,
};

struct fixture {
    struct normalizer *normalizer;
    struct arena arena;
};

static struct norm S_normalize(struct fixture *f, enum field_type type, struct str raw)
{
    struct norm value;
    normalize_value(f->normalizer, type, NULL, raw, &f->arena, &value);
    return value;
}

static unsigned S_count_tokens(struct str text)
{
    struct str token;
    unsigned n = 0;
    while (str_next_token(&text, " ", &token))
        n++;
    return n;
}

static bool S_is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80)
            return false;
    return true;
}

static bool S_has_han(struct str s)
{
    while (s.len)
        if (unicode_script_of(unicode_next(&s)) == SCRIPT_HAN)
            return true;
    return false;
}

/* What must hold of any value of any type of words. */
static void S_check(struct fixture *f, enum field_type type, struct str raw)
{
    struct norm value = S_normalize(f, type, raw), again;
    const char *name = field_type_name(type);
    if (!value.form[NORM_CANON].len)
        fail_msg("%s: %.*s is lost", name, STR_ARG(raw));
    if (!S_is_ascii(value.form[NORM_LATIN]) || !S_is_ascii(value.form[NORM_PHON]))
        fail_msg("%s: %.*s has a Latin form outside ASCII", name, STR_ARG(raw));
    struct str spoken = value.form[NORM_LATIN].len ? value.form[NORM_LATIN] : value.form[NORM_READING];
    if (value.form[NORM_PHON].len && S_count_tokens(value.form[NORM_PHON]) != S_count_tokens(spoken))
        fail_msg("%s: %.*s: a code for each Latin token", name, STR_ARG(raw));
    if (S_has_han(value.form[NORM_CANON]) && value.form[NORM_LATIN].len)
        fail_msg("%s: %.*s: half a name in Latin letters", name, STR_ARG(raw));
    again = S_normalize(f, type, raw);
    for (int form = 0; form < NORM_FORMS; form++)
        assert_true(str_eq(value.form[form], again.form[form]));
    assert_int_equal(value.flags, again.flags);
}

static void no_script_is_lost(void **state)
{
    for (size_t t = 0; t < COUNT_OF(types); t++)
        for (size_t i = 0; i < COUNT_OF(samples); i++)
            S_check(*state, types[t], str_from(samples[i]));
}

static void no_single_letter_or_digit_is_lost(void **state)
{
    struct fixture *f = *state;
    struct buf b = {0};
    for (uint32_t c = 1; c < 0x20000; c++) {
        if (!unicode_is_letter(c) && !unicode_is_digit(c))
            continue;
        buf_clear(&b);
        buf_utf8(&b, c);
        arena_reset(&f->arena);
        S_check(f, types[c % COUNT_OF(types)], buf_view(&b));
    }
    buf_deinit(&b);
}

/* Any samples one behind the other, as people paste them. */
static void no_mixture_is_lost(void **state)
{
    static const char *const between[] = {" ", ", ", "-", "/", "", " & ", ". ", "\xc2\xa0", "、", "・"};
    struct fixture *f = *state;
    struct buf b = {0};
    uint64_t seed = 11;
    for (int round = 0; round < 20000; round++) {
        buf_clear(&b);
        for (uint64_t n = 1 + random_below(&seed, 5); n; n--) {
            buf_str(&b, str_from(samples[random_below(&seed, COUNT_OF(samples))]));
            buf_str(&b, str_from(between[random_below(&seed, COUNT_OF(between))]));
        }
        arena_reset(&f->arena);
        S_check(f, types[random_below(&seed, COUNT_OF(types))], buf_view(&b));
    }
    buf_deinit(&b);
}

static void blank_text_gives_an_empty_value(void **state)
{
    static const char *const blanks[] = {"", " ", "\t\n", "\xe3\x80\x80", "\xc2\xa0 "};
    for (size_t i = 0; i < COUNT_OF(blanks); i++)
        for (unsigned type = 0; type < FIELD_TYPES; type++) {
            struct norm value = S_normalize(*state, (enum field_type)type, str_from(blanks[i]));
            assert_int_equal(value.form[NORM_CANON].len, 0);
            assert_int_equal(value.flags, 0);
        }
}

/* The pieces of a whole name hold its letters only: nothing is invented. */
static void pieces_are_made_of_the_name(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct norm_piece piece[MOST_PIECES];
        struct str raw = str_from(samples[i]), word;
        unsigned n = normalize_split(f->normalizer, FIELD_FULL_NAME, NULL, raw, &f->arena, piece);
        assert_true(n <= MOST_PIECES);
        for (unsigned k = 0; k < n; k++) {
            assert_true(piece[k].raw.len > 0);
            while (str_next_token(&piece[k].raw, " ", &word))
                assert_true(str_find(raw, word) != SIZE_MAX);
        }
    }
    struct norm_piece piece[MOST_PIECES];
    assert_int_equal(normalize_split(f->normalizer, FIELD_CITY, NULL, STR("Graz"), &f->arena, piece), 0);
    assert_int_equal(normalize_split(f->normalizer, FIELD_FULL_NAME, NULL, STR("  "), &f->arena, piece), 0);
}

static void very_long_values_are_read_in_full(void **state)
{
    struct fixture *f = *state;
    struct buf b = {0};
    for (int i = 0; i < 20000; i++)
        buf_printf(&b, "word%d Ünal ", i);
    for (size_t t = 0; t < COUNT_OF(types); t++)
        assert_true(S_normalize(f, types[t], buf_view(&b)).form[NORM_CANON].len > 0);
    struct norm value = S_normalize(f, FIELD_TEXT, buf_view(&b));
    assert_true(str_find(value.form[NORM_CANON], STR("word19999")) != SIZE_MAX);
    buf_deinit(&b);
}

static void the_version_is_sixteen_hex_digits(void **state)
{
    (void)state;
    assert_int_equal(strlen(normalize_version()), 16);
    assert_int_equal(strspn(normalize_version(), "0123456789abcdef"), 16);
}

static int S_open(void **state)
{
    static struct fixture f;
    arena_init(&f.arena);
    *state = &f;
    return normalizer_new(&f.normalizer, NULL);
}

static int S_close(void **state)
{
    struct fixture *f = *state;
    normalizer_free(f->normalizer);
    normalizer_free(NULL);
    arena_deinit(&f->arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_script_is_lost),
        cmocka_unit_test(no_single_letter_or_digit_is_lost),
        cmocka_unit_test(no_mixture_is_lost),
        cmocka_unit_test(blank_text_gives_an_empty_value),
        cmocka_unit_test(pieces_are_made_of_the_name),
        cmocka_unit_test(very_long_values_are_read_in_full),
        cmocka_unit_test(the_version_is_sixteen_hex_digits),
    };
    return cmocka_run_group_tests(tests, S_open, S_close);
}
