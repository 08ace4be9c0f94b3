#include "matcher/apart.h"

#include "base/hash.h"
#include "matcher/compare_kinds.h"

/*
 * The first word of a text: its letters as a set of 27 (a to z, and all else), its length in 5 bits, then what the kind
 * has to say in 32. It is never 0, for a text without a length has no signature.
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

/* A short word of a to z, five bits a letter; 0: it is another. */
enum { SPELT_MOST = 12, SPELT_BITS = 5 };

static uint64_t S_spelt(struct str s)
{
    uint64_t spelt = 0;
    if (s.len > SPELT_MOST)
        return 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < 'a' || s.ptr[i] > 'z')
            return 0;
        spelt = spelt << SPELT_BITS | (uint64_t)(s.ptr[i] - 'a' + 1);
    }
    return spelt;
}

static struct str S_spell(uint64_t spelt, char text[SPELT_MOST])
{
    size_t at = SPELT_MOST;
    for (; spelt; spelt >>= SPELT_BITS)
        text[--at] = (char)('a' - 1 + (spelt & ((1 << SPELT_BITS) - 1)));
    return (struct str){text + at, SPELT_MOST - at};
}

static struct signature S_name(const struct norm *v)
{
    struct str latin = v->form[NORM_LATIN];
    uint64_t text = S_one_latin_word(v) ? S_text(latin) : 0;
    uint64_t phonetic = hash_str(v->form[NORM_PHON]) & ((1 << PHON_BITS) - 1);
    if (!text)
        return (struct signature){{0}};
    return (struct signature){
        {text | phonetic << REST | S_words(v->form[NORM_NICK]) << (REST + PHON_BITS), S_spelt(latin)}};
}

bool apart_names(const struct signature *given, const struct signature *family)
{
    uint64_t p = given->word[0], q = family->word[0];
    return letters_are_apart(S_letters(p), S_len(p), S_letters(q), S_len(q));
}

/* What `similar` refuses, told from letters and lengths. */
static bool S_dissimilar(uint64_t a, uint64_t b)
{
    size_t x = S_len(a), y = S_len(b), shortest = x < y ? x : y, longest = x < y ? y : x, most = longest * 2 / 5;
    return shortest < 4 || longest - shortest > most || S_lacks(a, b) > most;
}

/* Is there neither a sound nor a nickname that they may share? Then only their letters are left to be compared. */
static bool S_only_letters(uint64_t a, uint64_t b)
{
    uint64_t x = S_rest(a), y = S_rest(b);
    return ((x ^ y) & ((1 << PHON_BITS) - 1)) && !(x >> PHON_BITS & y >> PHON_BITS);
}

static int S_name_apart(const struct signature *a, const struct signature *b, int close, int alike)
{
    char x[SPELT_MOST], y[SPELT_MOST];
    bool not_near = apart_names(a, b), unlike = S_dissimilar(a->word[0], b->word[0]);
    if (!S_only_letters(a->word[0], b->word[0]))
        return APART_UNKNOWN;
    if (not_near && unlike)
        return APART_ELSE;
    if (!a->word[1] || !b->word[1] || a->word[1] == b->word[1])
        return APART_UNKNOWN;
    struct str p = S_spell(a->word[1], x), q = S_spell(b->word[1], y);
    if (!not_near && nearly_equal(p, q))
        return close;
    return !unlike && similar(p, q) ? alike : APART_ELSE;
}

static int S_given_apart(const struct signature *a, const struct signature *b)
{
    return S_name_apart(a, b, GIVEN_CLOSE, GIVEN_SIMILAR);
}

static int S_family_apart(const struct signature *a, const struct signature *b)
{
    return S_name_apart(a, b, FAMILY_CLOSE, FAMILY_SIMILAR);
}

/* ------------------------------------------------------------------ places */

/* With a filler less the texts are BASE. */
static uint64_t S_place_word(const struct norm *v)
{
    struct str latin = v->form[NORM_LATIN], base = v->form[NORM_BASE].len ? v->form[NORM_BASE] : v->form[NORM_CANON];
    uint64_t text = str_eq(latin, v->form[NORM_CANON]) ? S_text(latin) : 0;
    return text ? text | hash_str(base) >> 32 << REST : 0;
}

/* Jaro-Winkler of 0.90 needs a Jaro of 5/6 at least: see letters_are_apart. */
static int S_places_apart(const struct signature *p, const struct signature *q)
{
    uint64_t a = p->word[0], b = q->word[0];
    size_t x = S_len(a), y = S_len(b);
    uint64_t letters = S_letters(a), others = S_letters(b);
    unsigned lacks_x = S_bits(letters & ~others), lacks_y = S_bits(others & ~letters);
    if (!lacks_x || !lacks_y || S_rest(a) == S_rest(b) || !letters_are_apart(letters, x, others, y) ||
        !S_dissimilar(a, b))
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

static uint64_t S_email_word(const struct norm *v)
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

static int S_emails_apart(const struct signature *p, const struct signature *q)
{
    uint64_t a = p->word[0], b = q->word[0];
    enum { EDITS = 2 };
    uint64_t differ = a ^ b;
    unsigned x = a >> SIGNS & SIGNS_MOST, y = b >> SIGNS & SIGNS_MOST, gap = x > y ? x - y : y - x;
    return S_else(differ >> (SIGNS + SIGNS_LEN_BITS) &&
                  (gap > EDITS || S_bits(differ & ((1ULL << SIGNS) - 1)) > 2 * EDITS));
}

/* ------------------------------------------------------------------ telephone numbers */

/*
 * How often each digit stands in the national number, four bits a digit, and a hash of the whole number; then the
 * national number itself behind a 15. Digits of the one that find no partner in the other each cost an edit.
 */
enum { DIGITS_BITS = 40, LEAST_DIGITS = 6, MOST_DIGITS = 15 };

static struct signature S_phone(const struct norm *v)
{
    struct str s = v->form[NORM_BASE];
    uint64_t count = 0, digits = 15;
    if (s.len < LEAST_DIGITS || s.len > MOST_DIGITS)
        return (struct signature){{0}};
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned char)s.ptr[i] - (unsigned)'0';
        if (digit > 9)
            return (struct signature){{0}};
        count += 1ULL << 4 * digit;
        digits = digits << 4 | digit;
    }
    return (struct signature){{count | hash_str(v->form[NORM_CANON]) >> DIGITS_BITS << DIGITS_BITS, digits}};
}

/* Sum of what the nibbles of x, in bytes, are more than those of y. */
static unsigned S_more(uint64_t x, uint64_t y)
{
    const uint64_t top = 0x8080808080808080, ones = 0x0101010101010101;
    uint64_t gap = (x | top) - y, positive = (gap & top) >> 7;
    return (unsigned)((gap & ~top & positive * 0x7F) * ones >> 56);
}

/* Do the last six digits differ? Then neither number ends with the other. */
static bool S_tails_differ(uint64_t a, uint64_t b)
{
    return (a ^ b) & ((1ULL << 4 * LEAST_DIGITS) - 1);
}

static struct norm S_phone_of(uint64_t digits, struct str canon, char text[MOST_DIGITS])
{
    size_t at = MOST_DIGITS;
    for (; digits != 15; digits >>= 4)
        text[--at] = (char)('0' + (digits & 15));
    return (struct norm){.form = {[NORM_CANON] = canon, [NORM_BASE] = {text + at, MOST_DIGITS - at}}};
}

static int S_phones_apart(const struct signature *a, const struct signature *b)
{
    enum { EDITS = 3 };
    const uint64_t nibbles = 0x0F0F0F0F0F0F0F0F, digits = (1ULL << DIGITS_BITS) - 1;
    char text_a[MOST_DIGITS], text_b[MOST_DIGITS];
    if (!((a->word[0] ^ b->word[0]) >> DIGITS_BITS))
        return APART_UNKNOWN;
    uint64_t x = a->word[0] & digits, y = b->word[0] & digits, even_x = x & nibbles, even_y = y & nibbles;
    uint64_t odd_x = x >> 4 & nibbles, odd_y = y >> 4 & nibbles;
    bool far =
        S_more(even_x, even_y) + S_more(odd_x, odd_y) > EDITS || S_more(even_y, even_x) + S_more(odd_y, odd_x) > EDITS;
    if (far && S_tails_differ(a->word[1], b->word[1]))
        return APART_ELSE;
    struct norm v = S_phone_of(a->word[1], STR("+1"), text_a), w = S_phone_of(b->word[1], STR("+2"), text_b);
    return (int)compare_phone(NULL, &v, &w);
}

/* ------------------------------------------------------------------ addresses */

/*
 * Letters and length of up to three words and of the street's name, 32 bits each. Words without a partner, equal or
 * nearly so, share nothing; then it is for the street's name to be alike.
 */
enum { SIGNED_WORDS = 3, WORD_BITS = 32, SHORT_WORD = 4, LENGTHS_APART = 3 };

static struct signature S_address(const struct norm *v)
{
    struct str words = v->form[NORM_TOKENS], street = v->form[NORM_BASE], word;
    uint64_t part[SIGNED_WORDS + 1] = {0};
    unsigned n = 0;
    part[SIGNED_WORDS] = S_text(street);
    if (v->form[NORM_BOX].len || (street.len && !part[SIGNED_WORDS]))
        return (struct signature){{0}};
    while (str_next_token(&words, " ", &word)) {
        if (n == SIGNED_WORDS || !(part[n] = S_text(word)))
            return (struct signature){{0}};
        n++;
    }
    return (struct signature){{part[0] | part[1] << WORD_BITS, part[2] | part[3] << WORD_BITS}};
}

static uint64_t S_part(const struct signature *s, unsigned i)
{
    return s->word[i / 2] >> WORD_BITS * (i % 2) & ((1ULL << WORD_BITS) - 1);
}

static bool S_words_apart(uint64_t a, uint64_t b)
{
    size_t x = S_len(a), y = S_len(b);
    if (x < SHORT_WORD || y < SHORT_WORD)
        return a != b;
    return x > y + LENGTHS_APART || y > x + LENGTHS_APART || letters_are_apart(S_letters(a), x, S_letters(b), y);
}

/* Jaro-Winkler of 0.88 needs a Jaro of 0.8 at least: see letters_are_apart. */
static bool S_streets_apart(uint64_t a, uint64_t b)
{
    size_t x = S_len(a), y = S_len(b);
    uint64_t p = S_letters(a), q = S_letters(b);
    if (!x || !y)
        return true;
    size_t m_x = x - S_bits(p & ~q), m_y = y - S_bits(q & ~p), m = m_x < m_y ? m_x : m_y;
    return letters_are_apart(p, x, q, y) && (x < 5 || y < 5 || m * (x + y) * 10 < 14 * x * y);
}

static int S_addresses_apart(const struct signature *a, const struct signature *b)
{
    uint64_t x, y;
    if (!S_streets_apart(S_part(a, SIGNED_WORDS), S_part(b, SIGNED_WORDS)))
        return APART_UNKNOWN;
    for (unsigned i = 0; i < SIGNED_WORDS && (x = S_part(a, i)); i++)
        for (unsigned j = 0; j < SIGNED_WORDS && (y = S_part(b, j)); j++)
            if (!S_words_apart(x, y))
                return APART_UNKNOWN;
    return APART_ELSE;
}

/* ------------------------------------------------------------------ dates, postcodes, identifiers, codes */

static const char shape[] = "dddd-dd-dd";

/* The eight digits behind a 1. */
static uint64_t S_date_word(const struct norm *v)
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
static int S_dates_apart(const struct signature *p, const struct signature *q)
{
    uint64_t a = p->word[0], b = q->word[0];
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

static uint64_t S_postcode_word(const struct norm *v)
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

static int S_postcodes_apart(const struct signature *p, const struct signature *q)
{
    uint64_t a = p->word[0], b = q->word[0];
    return S_else((a ^ b) >> CODE_REST && S_code_lacks(a, b, 0) > 1);
}

static uint64_t S_identifier_word(const struct norm *v)
{
    return S_code_text(v->form[NORM_CANON]);
}

/* Leading zeros do not count. */
static int S_identifiers_apart(const struct signature *p, const struct signature *q)
{
    uint64_t a = p->word[0], b = q->word[0];
    return S_else(S_code_lacks(a, b, 1) > 2);
}

static uint64_t S_code_word(const struct norm *v)
{
    return hash_str(v->form[NORM_CANON]) | 1;
}

static int S_codes_apart(const struct signature *p, const struct signature *q)
{
    uint64_t a = p->word[0], b = q->word[0];
    return S_else(a != b);
}

static const struct {
    struct signature (*signature)(const struct norm *v);
    uint64_t (*word)(const struct norm *v); /* of kinds that need no more than one */
    apart_fn *apart;
} kinds[CMP_KINDS] = {
    [CMP_GIVEN] = {.signature = S_name, .apart = S_given_apart},
    [CMP_FAMILY] = {.signature = S_name, .apart = S_family_apart},
    [CMP_PHONE] = {.signature = S_phone, .apart = S_phones_apart},
    [CMP_ADDRESS] = {.signature = S_address, .apart = S_addresses_apart},
    [CMP_PLACE] = {.word = S_place_word, .apart = S_places_apart},
    [CMP_EMAIL] = {.word = S_email_word, .apart = S_emails_apart},
    [CMP_DATE] = {.word = S_date_word, .apart = S_dates_apart},
    [CMP_POSTCODE] = {.word = S_postcode_word, .apart = S_postcodes_apart},
    [CMP_IDENTIFIER] = {.word = S_identifier_word, .apart = S_identifiers_apart},
    [CMP_CODE] = {.word = S_code_word, .apart = S_codes_apart},
};

apart_fn *apart_for(enum comparison_kind kind)
{
    return kinds[kind].apart;
}

struct signature apart_signature(enum comparison_kind kind, const struct norm *value)
{
    return kinds[kind].word ? (struct signature){{kinds[kind].word(value)}} : kinds[kind].signature(value);
}
