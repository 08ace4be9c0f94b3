#include "base/charset.h"

#include <stdio.h>
#include <stdlib.h>

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>
#include <unicode/ucsdet.h>

/* ------------------------------------------------------------------ strict UTF-8 */

static bool S_eight_ascii(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return !(word & 0x8080808080808080ULL);
}

/* Bytes of ASCII at the front. The inner loop is plain enough for the compiler to vectorise. */
static size_t S_ascii_run(const char *p, size_t len)
{
    size_t i = 0;
    for (; i + 64 <= len; i += 64) {
        unsigned char high = 0;
        for (size_t k = 0; k < 64; k++)
            high |= (unsigned char)p[i + k];
        if (high & 0x80)
            break;
    }
    while (i + 8 <= len && S_eight_ascii(p + i))
        i += 8;
    while (i < len && !(p[i] & 0x80))
        i++;
    return i;
}

/* Length of the valid sequence of two to four bytes at p, or 0 (Unicode 15, table 3-7). */
static size_t S_sequence(const unsigned char *p, size_t len)
{
    unsigned char low = 0x80, high = 0xBF;
    size_t n;
    if (p[0] >= 0xC2 && p[0] <= 0xDF) {
        n = 2;
    } else if ((p[0] & 0xF0) == 0xE0) {
        n = 3;
        low = p[0] == 0xE0 ? 0xA0 : 0x80;
        high = p[0] == 0xED ? 0x9F : 0xBF;
    } else if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        n = 4;
        low = p[0] == 0xF0 ? 0x90 : 0x80;
        high = p[0] == 0xF4 ? 0x8F : 0xBF;
    } else {
        return 0;
    }
    if (len < n || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

size_t charset_utf8_invalid(struct str s)
{
    size_t i = 0;
    while (i < s.len) {
        if (!(s.ptr[i] & 0x80)) {
            i += S_ascii_run(s.ptr + i, s.len - i);
            continue;
        }
        size_t n = S_sequence((const unsigned char *)s.ptr + i, s.len - i);
        if (n == 0)
            return i;
        i += n;
    }
    return s.len;
}

/* ------------------------------------------------------------------ conversion */

struct charset_converter {
    UConverter *icu;
    bool single_byte, ascii; /* ascii: bytes below 0x80 stand for themselves */
    struct {
        unsigned char len; /* 0: no such character */
        char utf8[4];
    } table[256];
    UChar pending; /* a high surrogate whose partner has not come yet, or 0 */
};

/* Malformed input becomes an unpaired surrogate, which no well-formed input gives and S_add_utf16 turns into 0xFF. */
static void S_mark_malformed(const void *context, UConverterToUnicodeArgs *args, const char *units, int32_t length,
                             UConverterCallbackReason reason, UErrorCode *code)
{
    static const UChar mark = 0xDC00;
    (void)context;
    (void)units;
    (void)length;
    if (reason > UCNV_IRREGULAR)
        return;
    *code = U_ZERO_ERROR;
    ucnv_cbToUWriteUChars(args, &mark, 1, 0, code);
}

static void S_add_unit(struct charset_converter *c, UChar unit, struct buf *out)
{
    if (U16_IS_TRAIL(unit) && c->pending) {
        buf_utf8(out, (uint32_t)U16_GET_SUPPLEMENTARY(c->pending, unit));
        c->pending = 0;
        return;
    }
    if (c->pending) {
        buf_byte(out, (char)0xFF);
        c->pending = 0;
    }
    if (U16_IS_LEAD(unit))
        c->pending = unit;
    else if (U16_IS_TRAIL(unit))
        buf_byte(out, (char)0xFF);
    else
        buf_utf8(out, unit);
}

static void S_convert_by_icu(struct charset_converter *c, struct str bytes, bool last, struct buf *out)
{
    UChar unit[2048] = {0};
    const char *from = bytes.ptr ? bytes.ptr : "", *end = from + bytes.len;
    for (;;) {
        UErrorCode code = U_ZERO_ERROR;
        UChar *to = unit;
        ucnv_toUnicode(c->icu, &to, unit + COUNT_OF(unit), &from, end, NULL, last, &code);
        buf_reserve(out, (size_t)(to - unit) * 4);
        for (UChar *u = unit; u < to; u++)
            S_add_unit(c, *u, out);
        if (code == U_BUFFER_OVERFLOW_ERROR)
            continue;
        if (U_FAILURE(code)) /* the callback handles malformed input; whatever else fails spoils what is left */
            buf_byte(out, (char)0xFF);
        break;
    }
    if (last && c->pending) {
        buf_byte(out, (char)0xFF);
        c->pending = 0;
    }
}

static void S_convert_by_table(const struct charset_converter *c, struct str bytes, struct buf *out)
{
    buf_reserve(out, bytes.len * 3 + 4);
    char *to = out->ptr + out->len;
    for (size_t i = 0; i < bytes.len;) {
        size_t run = c->ascii ? S_ascii_run(bytes.ptr + i, bytes.len - i) : 0;
        if (run)
            memcpy(to, bytes.ptr + i, run);
        to += run;
        i += run;
        for (; i < bytes.len && !(c->ascii && !(bytes.ptr[i] & 0x80)); i++) {
            unsigned char b = (unsigned char)bytes.ptr[i];
            memcpy(to, c->table[b].utf8, 4); /* room for 4 behind every 3 is reserved */
            to += c->table[b].len;
        }
    }
    out->len = (size_t)(to - out->ptr);
}

/* One byte, one character: converting through a table is ten times as fast as through the library. */
static void S_fill_table(struct charset_converter *c)
{
    c->ascii = true;
    for (unsigned b = 0; b < 256; b++) {
        struct buf text = {0};
        char byte = (char)b;
        ucnv_resetToUnicode(c->icu);
        S_convert_by_icu(c, (struct str){&byte, 1}, true, &text);
        if (text.len == 0)
            buf_byte(&text, (char)0xFF);
        c->table[b].len = (unsigned char)(text.len < 4 ? text.len : 3);
        memcpy(c->table[b].utf8, text.ptr, c->table[b].len);
        c->ascii &= b >= 0x80 || (c->table[b].len == 1 && c->table[b].utf8[0] == byte);
        buf_deinit(&text);
    }
}

enum idem_status charset_open(struct str name, struct charset_converter **out, struct idem_error *err)
{
    char cname[64];
    UErrorCode code = U_ZERO_ERROR;
    *out = NULL;
    if (name.len == 0 || name.len >= sizeof cname || str_find_byte(name, 0) != SIZE_MAX)
        return error_set(err, IDEM_INVALID, "the name of an encoding has 1 to %zu characters, as in \"windows-1252\"",
                         sizeof cname - 1);
    memcpy(cname, name.ptr, name.len);
    cname[name.len] = 0;
    UConverter *icu = ucnv_open(cname, &code);
    if (U_FAILURE(code))
        return error_set(err, IDEM_INVALID,
                         "encoding \"%s\" is not known; examples: UTF-8, UTF-16LE, windows-1252, ISO-8859-2, Shift_JIS",
                         cname);
    ucnv_setToUCallBack(icu, S_mark_malformed, NULL, NULL, NULL, &code);
    struct charset_converter *c = xcalloc(1, sizeof *c);
    c->icu = icu;
    UConverterType type = ucnv_getType(icu);
    c->single_byte = type == UCNV_SBCS || type == UCNV_LATIN_1 || type == UCNV_US_ASCII;
    if (c->single_byte)
        S_fill_table(c);
    *out = c;
    return IDEM_OK;
}

void charset_convert(struct charset_converter *c, struct str bytes, bool last, struct buf *out)
{
    if (c->single_byte)
        S_convert_by_table(c, bytes, out);
    else
        S_convert_by_icu(c, bytes, last, out);
}

void charset_close(struct charset_converter *c)
{
    if (!c)
        return;
    ucnv_close(c->icu);
    free(c);
}

/* ------------------------------------------------------------------ detection */

static const struct mark {
    const char *name;
    struct str bytes;
} marks[] = {
    {"UTF-8", {"\xEF\xBB\xBF", 3}},    {"UTF-32LE", {"\xFF\xFE\0\0", 4}}, /* before UTF-16LE, whose mark it begins with
                                                                           */
    {"UTF-32BE", {"\0\0\xFE\xFF", 4}}, {"UTF-16LE", {"\xFF\xFE", 2}},     {"UTF-16BE", {"\xFE\xFF", 2}},
};

size_t charset_byte_order_mark(struct str text, const char **name)
{
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (str_starts(text, marks[i].bytes)) {
            *name = marks[i].name;
            return marks[i].bytes.len;
        }
    return 0;
}

/* The sample may end within a sequence: up to three bytes of one that began well are no fault. */
static bool S_is_utf8(struct str sample)
{
    size_t at = charset_utf8_invalid(sample);
    if (sample.len - at > 3)
        return false;
    if (at == sample.len)
        return true;
    unsigned char first = (unsigned char)sample.ptr[at];
    size_t need = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || sample.len - at >= need)
        return false;
    for (size_t i = at + 1; i < sample.len; i++)
        if ((sample.ptr[i] & 0xC0) != 0x80)
            return false;
    return true;
}

/* Text of mostly Latin letters in UTF-16 has a zero in every second byte, always on the same side. */
static const char *S_utf16_by_zeros(struct str sample)
{
    size_t zeros[2] = {0, 0}, n = sample.len & ~(size_t)1;
    for (size_t i = 0; i < n; i++)
        zeros[i & 1] += sample.ptr[i] == 0;
    if (n < 4 || zeros[0] + zeros[1] < n / 5)
        return NULL;
    return zeros[1] > zeros[0] * 10 ? "UTF-16LE" : zeros[0] > zeros[1] * 10 ? "UTF-16BE" : NULL;
}

/* The detector knows kinds of an encoding (IBM424_rtl) that the converters do not. */
static bool S_has_converter(const char *name)
{
    UErrorCode code = U_ZERO_ERROR;
    UConverter *icu = ucnv_open(name, &code);
    ucnv_close(icu);
    return U_SUCCESS(code);
}

static int S_detect_by_icu(struct str sample, char name[32])
{
    UErrorCode code = U_ZERO_ERROR;
    int32_t confidence = 0;
    UCharsetDetector *detector = ucsdet_open(&code);
    ucsdet_setText(detector, sample.ptr, (int32_t)sample.len, &code);
    const UCharsetMatch *match = ucsdet_detect(detector, &code);
    const char *found = match ? ucsdet_getName(match, &code) : NULL;
    if (match)
        confidence = ucsdet_getConfidence(match, &code);
    if (U_FAILURE(code) || !found || strlen(found) >= 32 || strcmp(found, "UTF-8") == 0 || !S_has_converter(found)) {
        found = "windows-1252";
        confidence = 10;
    }
    snprintf(name, 32, "%s", strcmp(found, "ISO-8859-1") == 0 ? "windows-1252" : found);
    ucsdet_close(detector);
    return confidence;
}

int charset_detect(struct str sample, char name[32])
{
    enum { MOST_SAMPLE = 1 << 20 };
    const char *marked;
    if (sample.len > MOST_SAMPLE)
        sample.len = MOST_SAMPLE;
    const char *wide = S_utf16_by_zeros(sample);
    bool is_marked = charset_byte_order_mark(sample, &marked) != 0;
    snprintf(name, 32, "%s", is_marked ? marked : wide ? wide : "UTF-8");
    if (is_marked)
        return 100;
    if (wide)
        return 90;
    return S_is_utf8(sample) ? 100 : S_detect_by_icu(sample, name);
}
