#include "base/unicode.h"

#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>
#include <unicode/utrans.h>
#include <unicode/uversion.h>

#include "base/translit.h"
#include "han_readings.h"

enum { LATIN_GREEK, LATIN_ANY, LATIN_HAN_NAMES, HAN_SIMPLE, LATIN_TRANSLITERATORS };

struct unicode {
    const UNormalizer2 *fold, *decompose, *compose; /* ICU's own */
    UTransliterator *latin[LATIN_TRANSLITERATORS];  /* opened on first use: about a millisecond each */
    bool latin_tried[LATIN_TRANSLITERATORS];
    UIDNA *idna;            /* opened on first use */
    struct buf wide, wider; /* UTF-16 */
};

/* ------------------------------------------------------------------ open, close */

enum idem_status unicode_open(struct unicode **out, struct idem_error *err)
{
    UErrorCode code = U_ZERO_ERROR;
    struct unicode *u = xcalloc(1, sizeof *u);
    u->fold = unorm2_getNFKCCasefoldInstance(&code);
    u->decompose = unorm2_getNFDInstance(&code);
    u->compose = unorm2_getNFCInstance(&code);
    *out = u;
    if (U_SUCCESS(code))
        return IDEM_OK;
    unicode_close(u);
    *out = NULL;
    return error_set(err, IDEM_IO, "ICU cannot load its data (%s): is libicu's data package installed?",
                     u_errorName(code));
}

void unicode_close(struct unicode *u)
{
    if (!u)
        return;
    for (int i = 0; i < LATIN_TRANSLITERATORS; i++)
        if (u->latin[i])
            utrans_close(u->latin[i]);
    if (u->idna)
        uidna_close(u->idna);
    buf_deinit(&u->wide);
    buf_deinit(&u->wider);
    free(u);
}

const char *unicode_version(void)
{
    return U_ICU_VERSION " Unicode " U_UNICODE_VERSION;
}

/* ------------------------------------------------------------------ UTF-16 */

static UChar *S_units(struct buf *b)
{
    return (UChar *)(void *)b->ptr;
}

/* Room for `n` UTF-16 units; returns how many there are. */
static int32_t S_room(struct buf *b, size_t n)
{
    b->len = 0;
    buf_reserve(b, n * sizeof(UChar));
    return (int32_t)(b->room / sizeof(UChar));
}

/* UTF-8 to UTF-16 in `b`; malformed bytes become U+FFFD. Returns the units. */
static int32_t S_widen(struct str s, struct buf *b)
{
    UErrorCode code = U_ZERO_ERROR;
    int32_t room = S_room(b, s.len + 1), n = 0;
    u_strFromUTF8WithSub(S_units(b), room, &n, s.ptr, (int32_t)s.len, 0xfffd, NULL, &code);
    return U_SUCCESS(code) ? n : 0;
}

static void S_narrow(const UChar *units, int32_t n, struct buf *out)
{
    UErrorCode code = U_ZERO_ERROR;
    int32_t len = 0;
    buf_reserve(out, (size_t)n * 3 + 1);
    u_strToUTF8WithSub(out->ptr + out->len, (int32_t)((size_t)n * 3 + 1), &len, units, n, 0xfffd, NULL, &code);
    if (U_SUCCESS(code))
        out->len += (size_t)len;
}

/* Normalises `n` units into `to`; grows it when they do not fit. Returns the units there. */
static int32_t S_normalize(const UNormalizer2 *form, const UChar *from, int32_t n, struct buf *to)
{
    int32_t room = S_room(to, (size_t)n * 2 + 32);
    for (;;) {
        UErrorCode code = U_ZERO_ERROR;
        int32_t len = unorm2_normalize(form, from, n, S_units(to), room, &code);
        if (code != U_BUFFER_OVERFLOW_ERROR)
            return U_SUCCESS(code) ? len : 0;
        room = S_room(to, (size_t)len + 1);
    }
}

/* Texts longer than ICU's 32-bit lengths allow are cut: no value of a record is that long. */
static struct str S_limit(struct str s)
{
    enum { MOST_BYTES = 64 << 20 };
    return s.len <= MOST_BYTES ? s : str_sub(s, 0, MOST_BYTES);
}

/* ------------------------------------------------------------------ folding */

static void S_fold_ascii(struct str s, struct buf *out)
{
    buf_reserve(out, s.len);
    char *to = out->ptr + out->len;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        to[i] = (char)(c + ((unsigned char)(c - 'A') < 26) * 32);
    }
    out->len += s.len;
}

void unicode_fold(struct unicode *u, struct str s, struct buf *out)
{
    if (s.len == 0)
        return;
    if (unicode_is_ascii(s)) {
        S_fold_ascii(s, out);
        return;
    }
    int32_t n = S_widen(S_limit(s), &u->wide);
    n = S_normalize(u->fold, S_units(&u->wide), n, &u->wider);
    S_narrow(S_units(&u->wider), n, out);
}

/* ------------------------------------------------------------------ accents */

struct spelling {
    UChar letter;
    char latin[3];
};

/* Letters of the Latin script that no decomposition takes apart, by code point. */
static const struct spelling letters[] = {
    {0x00df, "ss"}, {0x00e6, "ae"}, {0x00f0, "d"}, {0x00f8, "o"},  {0x00fe, "th"}, {0x0111, "d"}, {0x0127, "h"},
    {0x0131, "i"},  {0x0138, "k"},  {0x0142, "l"}, {0x014b, "ng"}, {0x0153, "oe"}, {0x0167, "t"}, {0x0180, "b"},
    {0x0188, "c"},  {0x018c, "d"},  {0x0192, "f"}, {0x0199, "k"},  {0x019a, "l"},  {0x019e, "n"}, {0x01a5, "p"},
    {0x01ad, "t"},  {0x01b4, "y"},  {0x01b6, "z"}, {0x01dd, "e"},  {0x01e5, "g"},  {0x0225, "z"}, {0x0237, "j"},
    {0x023c, "c"},  {0x0247, "e"},  {0x0249, "j"}, {0x024d, "r"},  {0x024f, "y"},  {0x0251, "a"}, {0x0253, "b"},
    {0x0254, "o"},  {0x0256, "d"},  {0x0257, "d"}, {0x0259, "a"},  {0x025b, "e"},  {0x0260, "g"}, {0x0263, "g"},
    {0x0268, "i"},  {0x0269, "i"},  {0x026b, "l"}, {0x0272, "n"},  {0x0275, "o"},  {0x0289, "u"}, {0x028a, "u"},
    {0x028b, "v"},  {0x0292, "z"},
};

static const char *S_spelling(UChar32 c)
{
    size_t low = 0, high = COUNT_OF(letters);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (letters[middle].letter < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low < COUNT_OF(letters) && letters[low].letter == c ? letters[low].latin : NULL;
}

/* Marks that make another letter of the alphabet, not an accent: й and ў, ї. */
static bool S_is_letter_mark(UChar32 base, UChar32 mark)
{
    return (mark == 0x306 && (base == 0x438 || base == 0x443)) || (mark == 0x308 && base == 0x456);
}

static bool S_carries_accents(enum unicode_script script)
{
    return script == SCRIPT_LATIN || script == SCRIPT_GREEK || script == SCRIPT_CYRILLIC;
}

/* Drops accents of decomposed text in place; returns the units left. Spellings that grow never outgrow what decomposing
 * allocated: `room` is checked all the same. */
static int32_t S_drop_accents(const UChar *from, int32_t n, UChar *to, int32_t room)
{
    UChar32 base = 0;
    bool strips = false;
    int32_t len = 0;
    for (int32_t i = 0; i < n && len + 2 < room;) {
        UChar32 c;
        U16_NEXT(from, i, n, c);
        if (c >= 0x300 && c < 0x370) {
            if (strips && !S_is_letter_mark(base, c))
                continue;
        } else if (c >= 0x80 && unicode_is_mark((uint32_t)c)) {
            if (strips && u_getCombiningClass(c))
                continue;
        } else {
            base = c;
            strips = S_carries_accents(unicode_script_of((uint32_t)c));
        }
        const char *latin = c >= 0xdf && c <= 0x292 ? S_spelling(c) : NULL;
        if (latin) {
            for (; *latin; latin++)
                to[len++] = (UChar)*latin;
        } else {
            U16_APPEND_UNSAFE(to, len, c);
        }
    }
    return len;
}

void unicode_strip_accents(struct unicode *u, struct str s, struct buf *out)
{
    if (unicode_is_ascii(s)) {
        buf_str(out, s);
        return;
    }
    int32_t n = S_widen(S_limit(s), &u->wide);
    n = S_normalize(u->decompose, S_units(&u->wide), n, &u->wider);
    int32_t room = S_room(&u->wide, (size_t)n * 2 + 8);
    n = S_drop_accents(S_units(&u->wider), n, S_units(&u->wide), room);
    n = S_normalize(u->compose, S_units(&u->wide), n, &u->wider);
    S_narrow(S_units(&u->wider), n, out);
}

/* ------------------------------------------------------------------ transliteration */

static const char *const latin_id[LATIN_TRANSLITERATORS] = {
    [LATIN_GREEK] = "Greek-Latin/UNGEGN; NFD; [:Nonspacing Mark:] Remove; Latin-ASCII; Lower",
    [LATIN_ANY] = "Any-Latin; NFD; [:Nonspacing Mark:] Remove; Latin-ASCII; Lower",
    [LATIN_HAN_NAMES] = "Han-Latin/Names; NFD; [:Nonspacing Mark:] Remove; Latin-ASCII; Lower",
    [HAN_SIMPLE] = "Traditional-Simplified",
};

static UTransliterator *S_transliterator(struct unicode *u, int which)
{
    if (!u->latin_tried[which]) {
        UErrorCode code = U_ZERO_ERROR;
        UChar id[128];
        u_uastrcpy(id, latin_id[which]);
        u->latin[which] = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &code);
        u->latin_tried[which] = true;
    }
    return u->latin[which];
}

/* Appends what is a lower-case ASCII letter, digit or space; apostrophes and dots of scholarly spellings go. */
static void S_add_plain(const UChar *units, int32_t n, struct buf *out)
{
    for (int32_t i = 0; i < n; i++) {
        UChar c = units[i];
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ')
            buf_byte(out, (char)c);
    }
}

/* The run as the transliterator writes it: units in u->wider, their number. 0: there is no such transliterator. */
static int32_t S_transliterate(struct unicode *u, int which, struct str run)
{
    UTransliterator *t = S_transliterator(u, which);
    if (!t)
        return 0;
    int32_t n = S_widen(S_limit(run), &u->wide);
    size_t room = (size_t)n * 6 + 32;
    for (;;) {
        UErrorCode code = U_ZERO_ERROR;
        int32_t len = n, limit = n;
        int32_t units = S_room(&u->wider, room);
        u_memcpy(S_units(&u->wider), S_units(&u->wide), n);
        utrans_transUChars(t, S_units(&u->wider), &len, units, 0, &limit, &code);
        if (code != U_BUFFER_OVERFLOW_ERROR) {
            return U_SUCCESS(code) ? len : 0;
        }
        room = (size_t)len + 32;
    }
}

static void S_latin_icu(struct unicode *u, int which, struct str run, struct buf *out)
{
    int32_t n = S_transliterate(u, which, run);
    S_add_plain(S_units(&u->wider), n, out);
}

/* Latin letters: without accents; what is left outside ASCII (letters of African alphabets, ...) goes through ICU. */
static void S_latin_latin(struct unicode *u, struct str run, struct buf *out)
{
    size_t from = out->len;
    unicode_strip_accents(u, run, out);
    if (unicode_is_ascii(str_sub(buf_view(out), from, out->len)))
        return;
    out->len = from;
    S_latin_icu(u, LATIN_ANY, run, out);
}

/* Takes a run of one script off the front, with the marks that belong to it. Bytes that carry no letter are a run of
 * SCRIPT_COMMON. */
static enum unicode_script S_take_run(struct str *rest, struct str *run)
{
    struct str at = *rest;
    enum unicode_script script = SCRIPT_COMMON;
    bool first = true;
    while (at.len) {
        struct str after = at;
        uint32_t c = unicode_next(&after);
        if (!unicode_is_mark(c)) {
            enum unicode_script s = unicode_script_of(c);
            if (!first && s != script)
                break;
            script = s;
        }
        first = false;
        at = after;
    }
    *run = str_sub(*rest, 0, rest->len - at.len);
    *rest = at;
    return script;
}

static void S_latin_common(struct str run, struct buf *out)
{
    while (run.len) {
        uint32_t c = unicode_next(&run);
        if (c < 0x80)
            buf_byte(out, (char)c);
        else if (unicode_is_digit(c))
            buf_byte(out, (char)('0' + unicode_digit_value(c)));
        else if (unicode_is_space(c))
            buf_byte(out, ' ');
    }
}

void unicode_latin(struct unicode *u, struct str s, struct buf *out)
{
    if (unicode_is_ascii(s)) {
        S_fold_ascii(s, out);
        return;
    }
    enum cyrillic_language language = translit_cyrillic_language(s);
    struct str run;
    while (s.len) {
        switch (S_take_run(&s, &run)) {
        case SCRIPT_COMMON:
            S_latin_common(run, out);
            break;
        case SCRIPT_LATIN:
            S_latin_latin(u, run, out);
            break;
        case SCRIPT_CYRILLIC:
            translit_cyrillic(run, language, out);
            break;
        case SCRIPT_ARABIC:
            translit_arabic(run, out);
            break;
        case SCRIPT_HEBREW:
            translit_hebrew(run, out);
            break;
        case SCRIPT_HANGUL:
            translit_hangul(run, out);
            break;
        case SCRIPT_ARMENIAN:
            translit_armenian(run, out);
            break;
        case SCRIPT_HAN:
            break;
        case SCRIPT_GREEK:
            S_latin_icu(u, LATIN_GREEK, run, out);
            break;
        default:
            S_latin_icu(u, LATIN_ANY, run, out);
        }
    }
}

void unicode_simplify_han(struct unicode *u, struct str s, struct buf *out)
{
    int32_t n = S_transliterate(u, HAN_SIMPLE, s);
    if (n)
        S_narrow(S_units(&u->wider), n, out);
    else
        buf_str(out, s);
}

/* By the table, when it has all characters: nothing is written otherwise. */
static bool S_mandarin_known(struct str s, struct buf *out)
{
    size_t before = out->len;
    for (struct str rest = s; rest.len;) {
        bool front = rest.ptr == s.ptr;
        uint32_t c = unicode_next(&rest);
        unsigned reading = c < HAN_FIRST || c > HAN_LAST ? 0
                           : front                       ? han_front[c - HAN_FIRST]
                                                         : han_behind[c - HAN_FIRST];
        if (!reading) {
            out->len = before;
            return false;
        }
        if (!front)
            buf_byte(out, ' ');
        buf_str(out, str_from(han_reading[reading]));
    }
    return true;
}

void unicode_mandarin(struct unicode *u, struct str s, struct buf *out)
{
    if (S_mandarin_known(s, out))
        return;
    S_latin_icu(u, LATIN_HAN_NAMES, s, out);
}

/* ------------------------------------------------------------------ code points */

static enum unicode_script S_script(UScriptCode code)
{
    switch ((int)code) {
    case USCRIPT_COMMON:
    case USCRIPT_INHERITED:
        return SCRIPT_COMMON;
    case USCRIPT_LATIN:
        return SCRIPT_LATIN;
    case USCRIPT_GREEK:
        return SCRIPT_GREEK;
    case USCRIPT_CYRILLIC:
        return SCRIPT_CYRILLIC;
    case USCRIPT_ARABIC:
        return SCRIPT_ARABIC;
    case USCRIPT_HEBREW:
        return SCRIPT_HEBREW;
    case USCRIPT_HAN:
        return SCRIPT_HAN;
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
        return SCRIPT_KANA;
    case USCRIPT_HANGUL:
        return SCRIPT_HANGUL;
    case USCRIPT_DEVANAGARI:
        return SCRIPT_DEVANAGARI;
    case USCRIPT_THAI:
        return SCRIPT_THAI;
    case USCRIPT_ARMENIAN:
        return SCRIPT_ARMENIAN;
    case USCRIPT_GEORGIAN:
        return SCRIPT_GEORGIAN;
    default:
        return SCRIPT_OTHER;
    }
}

enum unicode_script unicode_script_of_wide(uint32_t c)
{
    if (c == 0x30fc) /* the prolonged sound mark belongs to both kana scripts, hence to none */
        return SCRIPT_KANA;
    if (c == 0x3005 || c == 0x3006 || c == 0x3007) /* 々 〆 〇 */
        return SCRIPT_HAN;
    UErrorCode code = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript((UChar32)c, &code);
    return U_SUCCESS(code) ? S_script(script) : SCRIPT_OTHER;
}

bool unicode_is_letter_wide(uint32_t c)
{
    return (U_GET_GC_MASK((UChar32)c) & (U_GC_L_MASK | U_GC_NL_MASK)) != 0;
}

bool unicode_is_upper_wide(uint32_t c)
{
    return (U_GET_GC_MASK((UChar32)c) & (U_GC_LU_MASK | U_GC_LT_MASK)) != 0;
}

bool unicode_is_lower_wide(uint32_t c)
{
    return u_charType((UChar32)c) == U_LOWERCASE_LETTER;
}

bool unicode_is_digit_wide(uint32_t c)
{
    return u_charType((UChar32)c) == U_DECIMAL_DIGIT_NUMBER;
}

int unicode_digit_value_wide(uint32_t c)
{
    return u_charDigitValue((UChar32)c);
}

bool unicode_is_space_wide(uint32_t c)
{
    return u_isUWhiteSpace((UChar32)c);
}

bool unicode_is_mark_wide(uint32_t c)
{
    return (U_GET_GC_MASK((UChar32)c) & U_GC_M_MASK) != 0;
}

uint32_t unicode_next_wide(struct str *rest)
{
    UChar32 c;
    int32_t i = 0, n = rest->len < 4 ? (int32_t)rest->len : 4;
    const uint8_t *bytes = (const uint8_t *)rest->ptr;
    U8_NEXT_OR_FFFD(bytes, i, n, c);
    rest->ptr += i;
    rest->len -= (size_t)i;
    return (uint32_t)c;
}

size_t unicode_points(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += (s.ptr[i] & 0xc0) != 0x80;
    return n;
}

/* ------------------------------------------------------------------ domains */

bool unicode_domain(struct unicode *u, struct str domain, struct buf *out)
{
    enum { MOST_UNITS = 512 };
    UErrorCode code = U_ZERO_ERROR;
    if (domain.len == 0 || domain.len > 253)
        return false;
    if (!u->idna)
        u->idna = uidna_openUTS46(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_UNICODE, &code);
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    char name[MOST_UNITS];
    int32_t len = U_SUCCESS(code) ? uidna_nameToUnicodeUTF8(u->idna, domain.ptr, (int32_t)domain.len, name, MOST_UNITS,
                                                            &info, &code)
                                  : 0;
    if (U_FAILURE(code) || info.errors || len <= 0)
        return false;
    buf_add(out, name, (size_t)len);
    return true;
}
