/* What holds for every value of every type, tried on made-up text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/file.h"
#include "normalize/generic.h"
#include "normalize/normalizer.h"

/* Pieces that values are made of: what the readers look for, and what they do not expect. */
static const char *const pieces[] = {
    "1",
    "12",
    "007",
    "1984",
    "03",
    "31",
    "99999",
    "12345678901234567890123",
    "0",
    "00",
    "-",
    "--",
    ".",
    "..",
    ",",
    ", ",
    "/",
    ":",
    ";",
    "@",
    "+",
    "#",
    "(",
    ")",
    "%",
    "&",
    "'",
    "\"",
    "\\",
    "=",
    "?",
    "*",
    "_",
    "|",
    "~",
    "\t",
    " ",
    " ",
    " ",
    "\n",
    "a",
    "x",
    "b",
    "n",
    "m",
    "st",
    "street",
    "Str.",
    "strasse",
    "ave",
    "apt",
    "floor",
    "po box",
    "no.",
    "march",
    "am",
    "pm",
    "Z",
    "T",
    "e+",
    "e",
    "W",
    "http://",
    "www.",
    "mailto:",
    "example.com",
    ".de",
    "ext",
    "nr",
    "SW1A",
    "1AA",
    "CA",
    "NY",
    "Germany",
    "null",
    "unknown",
    "n/a",
    "\xc3\xa4",
    "\xc3\x9f",
    "\xd0\xb4",
    "\xd0\xb9",
    "\xd1\x83\xd0\xbb",
    "\xe6\x9d\xb1",
    "\xe4\xba\xac",
    "\xd9\xa3",
    "\xd9\xab",
    "\xe2\x80\x93",
    "\xc2\xbd",
    "\xc2\xba",
    "\xe2\x82\xac",
    "\xef\xbc\x91",
    "\xf0\x9f\x98\x80",
    "\xcc\x81",
    "\xe2\x80\x8b",
    "\xc2\xa0",
    "\xe2\x88\x92",
    "\xc2\xb0",
    "\xe3\x8f\xa1",
    "\xef\xac\x81",
    "\xcd\x8f",
    "\xe1\x85\x9f",
};

static const char *const countries[] = {"", "DE", "US", "GB", "FR", "AR", "BR", "AU", "PL", "JM", "SM", "XX"};
static const char *const formats[] = {
    "", "", "", "dd/MM/yyyy", "yyyyMMdd", "MMM d, yyyy", "yyyy M d", "d 'de' MMMM", "''yy", "HH:mm a Z", "'x"};
static const char *const kinds[] = {"", "ssn", "iban", "vat_id"};

static unsigned S_random(unsigned *state, unsigned below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

static struct str S_make_text(unsigned *state, char *room)
{
    size_t len = 0;
    for (unsigned n = 1 + S_random(state, 12); n; n--) {
        const char *piece = pieces[S_random(state, COUNT_OF(pieces))];
        memcpy(room + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return (struct str){room, len};
}

static struct norm_context S_make_context(unsigned *state)
{
    struct norm_context c = {.date_format = str_from(formats[S_random(state, COUNT_OF(formats))]),
                             .date_order = S_random(state, 4),
                             .identifier_kind = str_from(kinds[S_random(state, COUNT_OF(kinds))])};
    snprintf(c.country, sizeof c.country, "%s", countries[S_random(state, COUNT_OF(countries))]);
    return c;
}

static bool S_has_letter_or_digit(struct str s)
{
    while (s.len) {
        uint32_t c = unicode_next(&s);
        if (unicode_is_letter(c) || unicode_is_digit(c))
            return true;
    }
    return false;
}

/* Lead bytes are followed by as many trailing bytes as they promise. */
static bool S_is_utf8(struct str s)
{
    for (size_t i = 0; i < s.len;) {
        unsigned char c = (unsigned char)s.ptr[i++];
        unsigned more = c < 0x80                ? 0
                        : c >= 0xc2 && c < 0xe0 ? 1
                        : c >= 0xe0 && c < 0xf0 ? 2
                        : c >= 0xf0 && c < 0xf5 ? 3
                                                : 9;
        for (; more; more--, i++)
            if (more > 3 || i == s.len || ((unsigned char)s.ptr[i] & 0xc0) != 0x80)
                return false;
    }
    return true;
}

static void S_check(const struct norm *value, enum field_type type, struct str raw)
{
    if (S_has_letter_or_digit(raw) && !value->form[NORM_CANON].len)
        fail_msg("%s is empty for '%.*s'", field_type_name(type), STR_ARG(raw));
    for (unsigned i = 0; i < NORM_FORMS; i++)
        if (!S_is_utf8(value->form[i]))
            fail_msg("form %u of %s is not UTF-8 for '%.*s'", i, field_type_name(type), STR_ARG(raw));
    assert_true(value->flags < 16);
}

static void S_check_same(const struct norm *a, const struct norm *b, enum field_type type, struct str raw)
{
    bool same = a->flags == b->flags;
    for (unsigned i = 0; i < NORM_FORMS; i++)
        same = same && str_eq(a->form[i], b->form[i]);
    if (!same)
        fail_msg("%s depends on what came before, for '%.*s'", field_type_name(type), STR_ARG(raw));
}

enum { ROUNDS = 4000 };

static void no_value_with_a_letter_or_digit_comes_out_empty_and_all_depends_on_the_arguments_alone(void **state)
{
    (void)state;
    struct normalizer *busy;
    struct arena arena = {0};
    char room[1024];
    assert_int_equal(normalizer_new(&busy, NULL), IDEM_OK);
    for (unsigned type = 0; type < FIELD_TYPES; type++) {
        struct normalizer *fresh;
        unsigned seed = 7 + type;
        assert_int_equal(normalizer_new(&fresh, NULL), IDEM_OK);
        for (unsigned i = 0; i < ROUNDS; i++) {
            struct str raw = S_make_text(&seed, room);
            struct norm_context c = S_make_context(&seed);
            struct norm first, second;
            arena_reset(&arena);
            normalize_value(busy, type, &c, raw, &arena, &first);
            S_check(&first, type, raw);
            if (i % 64)
                continue;
            normalize_value(fresh, type, &c, raw, &arena, &second);
            S_check_same(&first, &second, type, raw);
        }
        normalizer_free(fresh);
    }
    normalizer_free(busy);
    arena_deinit(&arena);
}

static void pieces_of_an_address_are_made_of_its_text(void **state)
{
    (void)state;
    struct normalizer *n;
    struct arena arena = {0};
    char room[1024];
    unsigned seed = 3;
    assert_int_equal(normalizer_new(&n, NULL), IDEM_OK);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct str raw = S_make_text(&seed, room);
        struct norm_context c = S_make_context(&seed);
        struct norm_piece piece[MOST_PIECES];
        size_t len = 0;
        arena_reset(&arena);
        unsigned count = normalize_split(n, FIELD_ADDRESS, &c, raw, &arena, piece);
        assert_true(count <= MOST_PIECES);
        for (unsigned k = 0; k < count; k++) {
            assert_true(piece[k].raw.len > 0 && S_is_utf8(piece[k].raw));
            len += piece[k].raw.len;
        }
        assert_true(len <= raw.len + 2); /* a comma may be put where the house number was */
    }
    normalizer_free(n);
    arena_deinit(&arena);
}

static void a_thousand_tokens_are_no_trouble(void **state)
{
    (void)state;
    struct normalizer *n;
    struct arena arena = {0};
    char text[8000];
    assert_int_equal(normalizer_new(&n, NULL), IDEM_OK);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = " 1a,"[i % 4];
    for (unsigned type = 0; type < FIELD_TYPES; type++) {
        struct norm value;
        normalize_value(n, type, NULL, (struct str){text, sizeof text}, &arena, &value);
        assert_true(value.form[NORM_CANON].len > 0);
    }
    normalizer_free(n);
    arena_deinit(&arena);
}

static void placeholders_are_found_in_nine_languages_and_names_are_not(void **state)
{
    (void)state;
    static const char *const nothing[] = {
        "n/a",          "none",         "unknown",  "unbekannt",      "inconnu",      "desconocido", "sconosciuto",
        "desconhecido", "nieznany",     "onbekend", "неизвестно",     "xxx",          "---",         "null",
        "asdf",         "not provided", "john doe", "max mustermann", "jan kowalski", "?",           "..",
        "00",           "test"};
    static const char *const something[] = {"anna", "berlin", "x",           "iii", "nada",
                                            "li",   "1",      "main street", "ok",  "müller"};
    for (size_t i = 0; i < COUNT_OF(nothing); i++)
        if (!generic_text(str_from(nothing[i])))
            fail_msg("%s", nothing[i]);
    for (size_t i = 0; i < COUNT_OF(something); i++)
        if (generic_text(str_from(something[i])))
            fail_msg("%s", something[i]);
    assert_true(generic_digits(STR("1234567890")) && generic_digits(STR("0000")) && generic_digits(STR("98765")));
    assert_false(generic_digits(STR("123")) || generic_digits(STR("1224567")) || generic_digits(STR("")));
    assert_true(generic_mailbox(STR("no-reply")) && generic_mailbox(STR("info")) &&
                generic_mailbox(STR("customer.service")));
    assert_false(generic_mailbox(STR("anna")) || generic_mailbox(STR("")));
}

/* Lists that are looked up by whole folded texts or their words: a word written otherwise would never be found. */
static const char *const lists[] = {
    "country",           "currency",         "gender",       "generic",      "month",
    "date_filler",       "street_type",      "address_unit", "address_word", "address_class",
    "street_type_first", "street_direction", "number_word",  "post_box",     "state"};

static void S_check_list(struct normalizer *n, const char *name)
{
    struct arena arena = {0};
    struct str content, line, word;
    char path[512];
    snprintf(path, sizeof path, "%s/%s.txt", WORD_FOLDER, name);
    assert_int_equal(file_read(path, 1 << 20, &arena, &content, NULL), IDEM_OK);
    while (str_next_piece(&content, '\n', &line)) {
        bool label = line.len && line.ptr[0] == '=';
        for (; line.len && line.ptr[0] != '#' && str_next_piece(&line, '|', &word); label = false)
            if (!label && !str_eq(normalizer_fold(n, word), word))
                fail_msg("%s: '%.*s' is not written as normalisation leaves it", name, STR_ARG(word));
        arena_reset(&n->scratch);
    }
    arena_deinit(&arena);
}

static void words_of_the_lists_are_written_as_normalisation_leaves_them(void **state)
{
    (void)state;
    struct normalizer *n;
    assert_int_equal(normalizer_new(&n, NULL), IDEM_OK);
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        S_check_list(n, lists[i]);
    normalizer_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_value_with_a_letter_or_digit_comes_out_empty_and_all_depends_on_the_arguments_alone),
        cmocka_unit_test(pieces_of_an_address_are_made_of_its_text),
        cmocka_unit_test(a_thousand_tokens_are_no_trouble),
        cmocka_unit_test(words_of_the_lists_are_written_as_normalisation_leaves_them),
        cmocka_unit_test(placeholders_are_found_in_nine_languages_and_names_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
