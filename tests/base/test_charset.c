#include "base/charset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"

#define TEXT(literal)                                                                                                  \
    {                                                                                                                  \
        (literal), sizeof(literal) - 1                                                                                 \
    }

/* The twin: one code point after the other, by the definition. Index of the first byte that is not UTF-8, or s.len. */
static size_t S_invalid(struct str s)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    size_t i = 0;
    while (i < s.len) {
        unsigned char first = (unsigned char)s.ptr[i];
        int more = first < 0x80 ? 0 : first >> 5 == 6 ? 1 : first >> 4 == 14 ? 2 : first >> 3 == 30 ? 3 : -1;
        if (more < 0 || s.len - i <= (size_t)more)
            return i;
        uint32_t point = more ? first & (0x3Fu >> more) : first;
        for (int k = 1; k <= more; k++) {
            unsigned char next = (unsigned char)s.ptr[i + (size_t)k];
            if (next >> 6 != 2)
                return i;
            point = point << 6 | (next & 0x3F);
        }
        if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
            return i;
        i += 1 + (size_t)more;
    }
    return i;
}

static void every_sequence_of_up_to_three_bytes_is_judged_like_the_twin(void **state)
{
    (void)state;
    static const unsigned char edges[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
    char text[5] = "";
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++)
            for (size_t c = 0; c < sizeof edges; c++)
                for (size_t d = 0; d < sizeof edges; d++) {
                    text[0] = (char)a;
                    text[1] = (char)b;
                    text[2] = (char)edges[c];
                    text[3] = (char)edges[d];
                    struct str s = {text, 4};
                    if (charset_utf8_invalid(s) != S_invalid(s))
                        fail_msg("%02x %02x %02x %02x", a, b, edges[c], edges[d]);
                }
}

static void a_fault_is_found_at_any_place_of_a_long_text(void **state)
{
    (void)state;
    static const struct str pieces[] = {TEXT("plain ascii text "), TEXT("\xC3\xA9"), TEXT("\xE6\xBC\xA2"),
                                        TEXT("\xF0\x9F\x98\x80"), TEXT("x")};
    uint64_t seed = 1;
    for (unsigned round = 0; round < 3000; round++) {
        char text[400];
        size_t len = 0;
        while (len + 20 < sizeof text) {
            struct str piece = pieces[random_below(&seed, COUNT_OF(pieces))];
            memcpy(text + len, piece.ptr, piece.len);
            len += piece.len;
        }
        struct str s = {text, len};
        assert_int_equal(charset_utf8_invalid(s), len);
        text[random_below(&seed, len)] = (char)random_below(&seed, 256);
        s.len = random_below(&seed, len + 1);
        assert_int_equal(charset_utf8_invalid(s), S_invalid(s));
    }
}

static const struct {
    const char *name;
    struct str bytes, utf8;
} conversions[] = {
    {"windows-1252", TEXT("caf\xE9 \x80 \x93x\x94"), TEXT("caf\xC3\xA9 \xE2\x82\xAC \xE2\x80\x9Cx\xE2\x80\x9D")},
    {"ISO-8859-1", TEXT("\xFC"), TEXT("\xC3\xBC")},
    {"US-ASCII", TEXT("a\xE9z"), TEXT("a\xFFz")},
    {"windows-1253", TEXT("\xE1\xD2"), TEXT("\xCE\xB1\xFF")}, /* 0xD2 is not assigned */
    {"UTF-16LE", TEXT("a\0\xE9\0\x3D\xD8\x00\xDE"), TEXT("a\xC3\xA9\xF0\x9F\x98\x80")},
    {"UTF-16BE", TEXT("\0a\xD8\x3D\xDE\x00"), TEXT("a\xF0\x9F\x98\x80")},
    {"UTF-16LE",
     TEXT("\x3D\xD8"
          "a\0"),
     TEXT("\xFF"
          "a")},
    {"UTF-16LE",
     TEXT("\x00\xDE"
          "a\0"),
     TEXT("\xFF"
          "a")},
    {"UTF-16LE", TEXT("a\0b"), TEXT("a\xFF")},
    {"UTF-16LE", TEXT("a\0\x3D\xD8"), TEXT("a\xFF")},
    {"Shift_JIS", TEXT("\x83\x41\xB1"), TEXT("\xE3\x82\xA2\xEF\xBD\xB1")},
    {"EUC-JP", TEXT("\xA4\xA2\xA4"), TEXT("\xE3\x81\x82\xFF")},
    {"UTF-8", TEXT("a\xC3\xA9\xC3"), TEXT("a\xC3\xA9\xFF")},
    {"ISO-2022-JP", TEXT("\x1B$B$\"\x1B(Bx"), TEXT("\xE3\x81\x82x")},
};

static void S_convert(const char *name, struct str bytes, size_t at_a_time, struct buf *out)
{
    struct charset_converter *c;
    struct idem_error err = {0};
    assert_int_equal(charset_open(str_from(name), &c, &err), IDEM_OK);
    for (size_t i = 0; i < bytes.len; i += at_a_time) {
        size_t to = i + at_a_time < bytes.len ? i + at_a_time : bytes.len;
        charset_convert(c, str_sub(bytes, i, to), to == bytes.len, out);
    }
    charset_close(c);
}

static void text_is_converted_however_it_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(conversions); i++)
        for (size_t at_a_time = 1; at_a_time <= 16; at_a_time++) {
            struct buf out = {0};
            S_convert(conversions[i].name, conversions[i].bytes, at_a_time, &out);
            if (!str_eq(buf_view(&out), conversions[i].utf8))
                fail_msg("%s (case %zu), %zu bytes at a time: got %.*s", conversions[i].name, i, at_a_time,
                         STR_ARG(buf_view(&out)));
            buf_deinit(&out);
        }
}

static void a_long_text_is_converted_whole(void **state)
{
    (void)state;
    static const char *const names[] = {"windows-1252", "EUC-JP"};
    for (size_t n = 0; n < COUNT_OF(names); n++) {
        struct buf text = {0}, out = {0};
        for (unsigned i = 0; i < 20000; i++)
            buf_str(&text, n ? STR("abc\xA4\xA2") : STR("abcd\xE9"));
        S_convert(names[n], buf_view(&text), 9999, &out);
        assert_int_equal(out.len, 20000 * 6);
        for (unsigned i = 0; i < 20000; i++)
            assert_memory_equal(out.ptr + (size_t)i * 6, n ? "abc\xE3\x81\x82" : "abcd\xC3\xA9", 6);
        buf_deinit(&text);
        buf_deinit(&out);
    }
}

static void an_unknown_encoding_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"", "klingon",
                                        "a-name-that-is-much-longer-than-any-encoding-has-ever-had-or-will-have"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct charset_converter *c;
        struct idem_error err = {0};
        assert_int_equal(charset_open(str_from(names[i]), &c, &err), IDEM_INVALID);
        assert_null(c);
        assert_true(strlen(err.message) > 0);
    }
    charset_close(NULL);
}

static const struct {
    struct str sample;
    const char *name;
    int least; /* confidence */
} samples[] = {
    {TEXT("id,name\n1,Anna\n"), "UTF-8", 100},
    {TEXT(""), "UTF-8", 100},
    {TEXT("id,name\n1,Ren\xC3\xA9\n"), "UTF-8", 100},
    {TEXT("id,name\n1,Ren\xC3"), "UTF-8", 100}, /* cut within a character */
    {TEXT("\xEF\xBB\xBFid"), "UTF-8", 100},
    {TEXT("\xFF\xFEi\0d\0"), "UTF-16LE", 100},
    {TEXT("\xFE\xFF\0i\0d"), "UTF-16BE", 100},
    {TEXT("\xFF\xFE\0\0i\0\0\0"), "UTF-32LE", 100},
    {TEXT("i\0d\0,\0n\0a\0m\0e\0\n\0"), "UTF-16LE", 90},
    {TEXT("\0i\0d\0,\0n\0a\0m\0e\0\n"), "UTF-16BE", 90},
    {TEXT("kunde;stra\xDF"
          "e;ort\n1;Gr\xFCner Weg;K\xF6ln\n2;Am M\xFChlbach;M\xFCnchen\n3;Sch\xF6ne Aussicht;F\xFCrth\n"),
     "windows-1252", 20},
    {TEXT("\xCF\xF0\xE8\xE2\xE5\xF2, \xFD\xF2\xEE \xEF\xF0\xEE\xF1\xF2\xEE\xE9 \xF2\xE5\xEA\xF1\xF2 \xE4\xEB\xFF "
          "\xEF\xF0\xEE\xE2\xE5\xF0\xEA\xE8 \xEA\xEE\xE4\xE8\xF0\xEE\xE2\xEA\xE8 \xE8 \xED\xE8\xF7\xE5\xE3\xEE "
          "\xE1\xEE\xEB\xFC\xF8\xE5"),
     "windows-1251", 30},
    {TEXT("\x07\x01\xE1\xBF"
          "c\xE1\xDE\xB1"),
     "windows-1252", 10}, /* the detector says IBM424_rtl, which nothing converts */
};

static void the_likeliest_encoding_of_a_sample_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        char name[32];
        int confidence = charset_detect(samples[i].sample, name);
        if (strcmp(name, samples[i].name) != 0 || confidence < samples[i].least || confidence > 100)
            fail_msg("case %zu: %s, %d", i, name, confidence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sequence_of_up_to_three_bytes_is_judged_like_the_twin),
        cmocka_unit_test(a_fault_is_found_at_any_place_of_a_long_text),
        cmocka_unit_test(text_is_converted_however_it_is_cut),
        cmocka_unit_test(a_long_text_is_converted_whole),
        cmocka_unit_test(an_unknown_encoding_is_refused),
        cmocka_unit_test(the_likeliest_encoding_of_a_sample_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
