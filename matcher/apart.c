#include "matcher/apart.h"

#include "base/hash.h"
#include "matcher/compare_kinds.h"

/*
 * A signature of a text: its letters as a set of 27 (a to z, and all else), its length in 5 bits, then what the kind
 * has to say in 32. A signature is never 0, for a text without a length has none.
 */
enum { LETTERS = 27, LEN_BITS = 5, LEN_MOST = (1 << LEN_BITS) - 1, REST = LETTERS + LEN_BITS };

static uint64_t S_letters(uint64_t signature)
{
    return signature & ((1ULL << LETTERS) - 1);
}

static size_t S_len(uint64_t signature)
{
    return signature >> LETTERS & LEN_MOST;
}

static uint64_t S_rest(uint64_t signature)
{
    return signature >> REST;
}

/* 0 for a text that is empty, long or not ASCII. */
static uint64_t S_text(struct str s)
{
    uint64_t set = 0;
    if (s.len == 0 || s.len > LEN_MOST)
        return 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        unsigned letter = c - (unsigned)'a';
        if (c >= 0x80)
            return 0;
        set |= 1ULL << (letter < 26 ? letter : 26);
    }
    return set | (uint64_t)s.len << LETTERS;
}

static unsigned S_bits(uint64_t x)
{
    x -= x >> 1 & 0x5555555555555555;
    x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
    return (unsigned)(((x + (x >> 4)) & 0x0F0F0F0F0F0F0F0F) * 0x0101010101010101 >> 56);
}

/* The letters that the one has and the other lacks, on the side that lacks more: no fewer edits lie between them. */
static unsigned S_lacks(uint64_t a, uint64_t b)
{
    uint64_t p = S_letters(a), q = S_letters(b);
    unsigned x = S_bits(p & ~q), y = S_bits(q & ~p);
    return x > y ? x : y;
}

static int S_else(bool apart)
{
    return apart ? APART_ELSE : APART_UNKNOWN;
}

/* ------------------------------------------------------------------ names of persons */

static bool S_one_latin_word(const struct norm *v)
{
    struct str x = v->form[NORM_LATIN];
    return x.len > 1 && str_eq(x, v->form[NORM_CANON]) && str_find_byte(x, ' ') == SIZE_MAX &&
           !v->form[NORM_GENERATION].len;
}

enum { PHON_BITS = 12, NICK_BITS = 20 };

/* A set of the words, hashed: sets that do not meet have no word in common. */
static uint64_t S_words(struct str words)
{
    struct str word;
    uint64_t set = 0;
    while (str_next_token(&words, " ", &word))
        set |= 1ULL << hash_str(word) % NICK_BITS;
    return set;
}

static uint64_t S_name(const struct norm *v)
{
    uint64_t text = S_one_latin_word(v) ? S_text(v->form[NORM_LATIN]) : 0;
    uint64_t phonetic = hash_str(v->form[NORM_PHON]) & ((1 << PHON_BITS) - 1);
    return text ? text | phonetic << REST | S_words(v->form[NORM_NICK]) << (REST + PHON_BITS) : 0;
}

bool apart_names(uint64_t given, uint64_t family)
{
    return letters_are_apart(S_letters(given), S_len(given), S_letters(family), S_len(family));
}

/* What `similar` refuses, told from letters and lengths. */
static bool S_dissimilar(uint64_t a, uint64_t b)
{
    size_t x = S_len(a), y = S_len(b), shortest = x < y ? x : y, longest = x < y ? y : x, most = longest * 2 / 5;
    return shortest < 4 || longest - shortest > most || S_lacks(a, b) > most;
}

static int S_name_apart(uint64_t a, uint64_t b)
{
    uint64_t x = S_rest(a), y = S_rest(b);
    return S_else(((x ^ y) & ((1 << PHON_BITS) - 1)) && !(x >> PHON_BITS & y >> PHON_BITS) && apart_names(a, b) &&
                  S_dissimilar(a, b));
}

/* ------------------------------------------------------------------ places */

/* With a filler less the texts are BASE. */
static uint64_t S_place(const struct norm *v)
{
    struct str latin = v->form[NORM_LATIN], base = v->form[NORM_BASE].len ? v->form[NORM_BASE] : v->form[NORM_CANON];
    uint64_t text = str_eq(latin, v->form[NORM_CANON]) ? S_text(latin) : 0;
    return text ? text | hash_str(base) >> 32 << REST : 0;
}

/* Jaro-Winkler of 0.90 needs a Jaro of 5/6 at least: see letters_are_apart. */
static int S_places_apart(uint64_t a, uint64_t b)
{
    size_t x = S_len(a), y = S_len(b);
    uint64_t p = S_letters(a), q = S_letters(b);
    unsigned lacks_x = S_bits(p & ~q), lacks_y = S_bits(q & ~p);
    if (!lacks_x || !lacks_y || S_rest(a) == S_rest(b) || !letters_are_apart(p, x, q, y) || !S_dissimilar(a, b))
        return APART_UNKNOWN;
    size_t m_x = x - lacks_x, m_y = y - lacks_y, m = m_x < m_y ? m_x : m_y;
    return S_else(x < 5 || y < 5 || m * (x + y) * 10 < 15 * x * y);
}

/* ------------------------------------------------------------------ mailboxes */

/*
 * Which letters, digits and other signs stand in the mailbox an odd number of times, its length, a hash of what stands
 * before the @. Of the first an edit changes two at most.
 */
enum { SIGNS = 37, SIGNS_LEN_BITS = 6, SIGNS_MOST = (1 << SIGNS_LEN_BITS) - 1 };

static unsigned S_sign(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - (unsigned)'0';
    return c >= 'a' && c <= 'z' ? 10 + c - (unsigned)'a' : SIGNS - 1;
}

static uint64_t S_email(const struct norm *v)
{
    struct str s = v->form[NORM_BASE];
    uint64_t odd = 0;
    if (s.len == 0 || s.len > SIGNS_MOST || !v->form[NORM_LOCAL].len)
        return 0;
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] >= 0x80)
            return 0;
        odd ^= 1ULL << S_sign((unsigned char)s.ptr[i]);
    }
    return odd | (uint64_t)s.len << SIGNS |
           hash_str(v->form[NORM_LOCAL]) >> (SIGNS + SIGNS_LEN_BITS) << (SIGNS + SIGNS_LEN_BITS);
}

static int S_emails_apart(uint64_t a, uint64_t b)
{
    enum { EDITS = 2 };
    uint64_t differ = a ^ b;
    unsigned x = a >> SIGNS & SIGNS_MOST, y = b >> SIGNS & SIGNS_MOST, gap = x > y ? x - y : y - x;
    return S_else(differ >> (SIGNS + SIGNS_LEN_BITS) &&
                  (gap > EDITS || S_bits(differ & ((1ULL << SIGNS) - 1)) > 2 * EDITS));
}

/* ------------------------------------------------------------------ telephone numbers */

/*
 * How often each digit stands in the national number, four bits a digit; then hashes of its last six digits and of the
 * whole number. Digits of the one that find no partner in the other each cost an edit.
 */
enum { DIGITS_BITS = 40, TAIL = 6, HASH_BITS = 12 };

static uint64_t S_phone(const struct norm *v)
{
    struct str s = v->form[NORM_BASE];
    uint64_t count = 0, few = (1 << HASH_BITS) - 1;
    if (s.len < TAIL || s.len > 15)
        return 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned char)s.ptr[i] - (unsigned)'0';
        if (digit > 9)
            return 0;
        count += 1ULL << 4 * digit;
    }
    return count | (hash_str(str_sub(s, s.len - TAIL, s.len)) & few) << DIGITS_BITS |
           (hash_str(v->form[NORM_CANON]) & few) << (DIGITS_BITS + HASH_BITS);
}

/* Sum of what the nibbles of x, in bytes, are more than those of y. */
static unsigned S_more(uint64_t x, uint64_t y)
{
    const uint64_t top = 0x8080808080808080, ones = 0x0101010101010101;
    uint64_t gap = (x | top) - y, positive = (gap & top) >> 7;
    return (unsigned)((gap & ~top & positive * 0x7F) * ones >> 56);
}

static int S_phones_apart(uint64_t a, uint64_t b)
{
    enum { EDITS = 3 };
    const uint64_t nibbles = 0x0F0F0F0F0F0F0F0F, digits = (1ULL << DIGITS_BITS) - 1, few = (1 << HASH_BITS) - 1;
    uint64_t differ = (a ^ b) >> DIGITS_BITS;
    if (!(differ & few) || !(differ >> HASH_BITS))
        return APART_UNKNOWN;
    uint64_t x = a & digits, y = b & digits, even_x = x & nibbles, even_y = y & nibbles;
    uint64_t odd_x = x >> 4 & nibbles, odd_y = y >> 4 & nibbles;
    return S_else(S_more(even_x, even_y) + S_more(odd_x, odd_y) > EDITS ||
                  S_more(even_y, even_x) + S_more(odd_y, odd_x) > EDITS);
}

/* ------------------------------------------------------------------ dates, postcodes, identifiers, codes */

static const char shape[] = "dddd-dd-dd";

/* The eight digits behind a 1. */
static uint64_t S_date(const struct norm *v)
{
    struct str s = v->form[NORM_CANON];
    uint64_t packed = 1;
    if (s.len != sizeof shape - 1 || v->flags & NORM_PARTIAL)
        return 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned char)s.ptr[i] - (unsigned)'0';
        if (shape[i] == '-' ? s.ptr[i] != '-' : digit > 9)
            return 0;
        packed = shape[i] == '-' ? packed : packed << 4 | digit;
    }
    return packed;
}

static struct norm S_date_of(uint64_t packed, char text[sizeof shape])
{
    memcpy(text, shape, sizeof shape);
    for (size_t i = sizeof shape - 1; i-- > 0;)
        if (shape[i] != '-') {
            text[i] = (char)('0' + (packed & 15));
            packed >>= 4;
        }
    return (struct norm){.form = {[NORM_CANON] = {text, sizeof shape - 1}}};
}

/* Two edits change two of year, month and day at most: the dashes stay where they are. */
static int S_dates_apart(uint64_t a, uint64_t b)
{
    uint64_t differ = a ^ b;
    char x[sizeof shape], y[sizeof shape];
    if ((differ & 0xFFFF0000) && (differ & 0xFF00) && (differ & 0xFF))
        return APART_ELSE;
    struct norm v = S_date_of(a, x), w = S_date_of(b, y);
    return (int)compare_date(NULL, &v, &w);
}

/* A set of 36 letters and digits, 6 bits of length, the rest. */
enum { CODE_LETTERS = 36, CODE_MOST = 63, CODE_LEN_BITS = 6, CODE_REST = CODE_LETTERS + CODE_LEN_BITS };

static uint64_t S_code_text(struct str s)
{
    uint64_t set = 0;
    if (s.len == 0 || s.len > CODE_MOST)
        return 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= '0' && c <= '9')
            set |= 1ULL << (c - '0');
        else if (c >= 'A' && c <= 'Z')
            set |= 1ULL << (10 + c - 'A');
        else
            return 0;
    }
    return set | (uint64_t)s.len << CODE_LETTERS;
}

static uint64_t S_postcode(const struct norm *v)
{
    uint64_t text = S_code_text(v->form[NORM_CANON]);
    return text ? text | hash_str(v->form[NORM_BASE]) >> CODE_REST << CODE_REST : 0;
}

static unsigned S_code_lacks(uint64_t a, uint64_t b, uint64_t without)
{
    uint64_t all = ((1ULL << CODE_LETTERS) - 1) & ~without;
    unsigned x = S_bits(a & ~b & all), y = S_bits(b & ~a & all);
    return x > y ? x : y;
}

static int S_postcodes_apart(uint64_t a, uint64_t b)
{
    return S_else((a ^ b) >> CODE_REST && S_code_lacks(a, b, 0) > 1);
}

static uint64_t S_identifier(const struct norm *v)
{
    return S_code_text(v->form[NORM_CANON]);
}

/* Leading zeros do not count. */
static int S_identifiers_apart(uint64_t a, uint64_t b)
{
    return S_else(S_code_lacks(a, b, 1) > 2);
}

static uint64_t S_code(const struct norm *v)
{
    return hash_str(v->form[NORM_CANON]) | 1;
}

static int S_codes_apart(uint64_t a, uint64_t b)
{
    return S_else(a != b);
}

static const struct {
    uint64_t (*signature)(const struct norm *v);
    apart_fn *apart;
} kinds[CMP_KINDS] = {
    [CMP_GIVEN] = {S_name, S_name_apart},
    [CMP_FAMILY] = {S_name, S_name_apart},
    [CMP_PLACE] = {S_place, S_places_apart},
    [CMP_EMAIL] = {S_email, S_emails_apart},
    [CMP_PHONE] = {S_phone, S_phones_apart},
    [CMP_DATE] = {S_date, S_dates_apart},
    [CMP_POSTCODE] = {S_postcode, S_postcodes_apart},
    [CMP_IDENTIFIER] = {S_identifier, S_identifiers_apart},
    [CMP_CODE] = {S_code, S_codes_apart},
};

apart_fn *apart_for(enum comparison_kind kind)
{
    return kinds[kind].apart;
}

uint64_t apart_signature(enum comparison_kind kind, const struct norm *value)
{
    return kinds[kind].signature(value);
}
