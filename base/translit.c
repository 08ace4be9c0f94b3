#include "base/translit.h"

#include "base/unicode.h"

struct letter {
    uint32_t point;
    char latin[5];
};

/* Tables are sorted by code point. */
static const char *S_find(const struct letter *table, size_t n, uint32_t point)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table[middle].point < point)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && table[low].point == point ? table[low].latin : NULL;
}

static void S_add(struct buf *out, const char *latin)
{
    buf_add(out, latin, strlen(latin));
}

/* ------------------------------------------------------------------ Cyrillic */

static const struct letter russian[] = {
    {0x430, "a"},  {0x431, "b"},  {0x432, "v"},  {0x433, "g"},  {0x434, "d"},    {0x435, "e"},  {0x436, "zh"},
    {0x437, "z"},  {0x438, "i"},  {0x439, "y"},  {0x43a, "k"},  {0x43b, "l"},    {0x43c, "m"},  {0x43d, "n"},
    {0x43e, "o"},  {0x43f, "p"},  {0x440, "r"},  {0x441, "s"},  {0x442, "t"},    {0x443, "u"},  {0x444, "f"},
    {0x445, "kh"}, {0x446, "ts"}, {0x447, "ch"}, {0x448, "sh"}, {0x449, "shch"}, {0x44a, ""},   {0x44b, "y"},
    {0x44c, ""},   {0x44d, "e"},  {0x44e, "yu"}, {0x44f, "ya"}, {0x451, "e"},    {0x452, "dj"}, {0x453, "g"},
    {0x454, "ie"}, {0x455, "dz"}, {0x456, "i"},  {0x457, "i"},  {0x458, "j"},    {0x459, "lj"}, {0x45a, "nj"},
    {0x45b, "c"},  {0x45c, "k"},  {0x45e, "u"},  {0x45f, "dz"}, {0x463, "e"},    {0x473, "f"},  {0x475, "i"},
    {0x491, "g"},  {0x493, "gh"}, {0x495, "gh"}, {0x497, "zh"}, {0x499, "z"},    {0x49b, "k"},  {0x4a1, "k"},
    {0x4a3, "ng"}, {0x4a5, "ng"}, {0x4ab, "s"},  {0x4af, "u"},  {0x4b1, "u"},    {0x4b3, "h"},  {0x4b7, "j"},
    {0x4b9, "j"},  {0x4bb, "h"},  {0x4d9, "a"},  {0x4e9, "o"},
};

static const struct letter ukrainian[] = {
    {0x433, "h"},
    {0x438, "y"},
    {0x439, "i"},
    {0x44b, "y"},
};

static const struct letter serbian[] = {
    {0x436, "z"}, {0x445, "h"}, {0x446, "c"}, {0x447, "c"}, {0x448, "s"}, {0x452, "d"},
};

enum cyrillic_language translit_cyrillic_language(struct str text)
{
    bool ukrainian_letter = false;
    while (text.len) {
        uint32_t c = unicode_next(&text);
        if (c == 0x452 || (c >= 0x458 && c <= 0x45b) || c == 0x45f || c == 0x453 || c == 0x45c || c == 0x455)
            return CYRILLIC_SERBIAN;
        if (c >= 0x493 && c <= 0x4e9)
            return CYRILLIC_TURKIC;
        ukrainian_letter |= c == 0x454 || c == 0x456 || c == 0x457 || c == 0x45e || c == 0x491;
    }
    return ukrainian_letter ? CYRILLIC_UKRAINIAN : CYRILLIC_RUSSIAN;
}

static const char *S_cyrillic_letter(uint32_t c, enum cyrillic_language language)
{
    const char *latin = NULL;
    if (language == CYRILLIC_UKRAINIAN)
        latin = S_find(ukrainian, COUNT_OF(ukrainian), c);
    else if (language == CYRILLIC_SERBIAN)
        latin = S_find(serbian, COUNT_OF(serbian), c);
    return latin ? latin : S_find(russian, COUNT_OF(russian), c);
}

static bool S_is_soft_vowel(uint32_t c)
{
    return c == 0x435 || c == 0x451 || c == 0x44e || c == 0x44f || c == 0x454 || c == 0x457 || c == 0x438;
}

void translit_cyrillic(struct str run, enum cyrillic_language language, struct buf *out)
{
    uint32_t before = 0;
    while (run.len) {
        uint32_t c = unicode_next(&run);
        struct str rest = run;
        uint32_t next = run.len ? unicode_next(&rest) : 0;
        bool ends = !next || !unicode_is_letter(next);
        if ((c == 0x438 || c == 0x44b) && next == 0x439 && rest.len == 0) { /* -ий, -ый */
            buf_byte(out, 'y');
            run = rest;
        } else if (c == 0x439 && language == CYRILLIC_UKRAINIAN && ends && before) {
            buf_byte(out, 'y');
        } else if (c == 0x44a && !ends && before && !S_is_soft_vowel(next)) { /* Bulgarian */
            buf_byte(out, 'a');
        } else if ((c == 0x454 || c == 0x457) && !before) {
            S_add(out, c == 0x454 ? "ye" : "yi");
        } else {
            const char *latin = S_cyrillic_letter(c, language);
            S_add(out, latin ? latin : "");
        }
        before = c;
    }
}

/* ------------------------------------------------------------------ Arabic, Hebrew */

/* "" is a letter without sound; "w" and "y" are weak: see S_weak_letter. */
static const struct letter arabic[] = {
    {0x621, ""},   {0x622, "a"},  {0x623, "a"}, {0x624, "u"},  {0x625, "i"},  {0x626, "i"},  {0x627, "a"},
    {0x628, "b"},  {0x629, "a"},  {0x62a, "t"}, {0x62b, "th"}, {0x62c, "j"},  {0x62d, "h"},  {0x62e, "kh"},
    {0x62f, "d"},  {0x630, "dh"}, {0x631, "r"}, {0x632, "z"},  {0x633, "s"},  {0x634, "sh"}, {0x635, "s"},
    {0x636, "d"},  {0x637, "t"},  {0x638, "z"}, {0x639, "a"},  {0x63a, "gh"}, {0x641, "f"},  {0x642, "q"},
    {0x643, "k"},  {0x644, "l"},  {0x645, "m"}, {0x646, "n"},  {0x647, "h"},  {0x648, "w"},  {0x649, "a"},
    {0x64a, "y"},  {0x671, "a"},  {0x679, "t"}, {0x67a, "t"},  {0x67e, "p"},  {0x681, "dz"}, {0x685, "ts"},
    {0x686, "ch"}, {0x688, "d"},  {0x689, "d"}, {0x691, "r"},  {0x693, "r"},  {0x696, "zh"}, {0x698, "zh"},
    {0x69a, "sh"}, {0x6a4, "v"},  {0x6a9, "k"}, {0x6ab, "g"},  {0x6ad, "ng"}, {0x6af, "g"},  {0x6ba, "n"},
    {0x6bc, "n"},  {0x6be, "h"},  {0x6c0, "a"}, {0x6c1, "h"},  {0x6c6, "o"},  {0x6c7, "u"},  {0x6cb, "w"},
    {0x6cc, "y"},  {0x6cd, "y"},  {0x6d0, "e"}, {0x6d2, "e"},  {0x6d3, "e"},  {0x6d5, "a"},
};

static const struct letter hebrew[] = {
    {0x5d0, "a"},  {0x5d1, "b"},  {0x5d2, "g"}, {0x5d3, "d"}, {0x5d4, "h"},  {0x5d5, "w"}, {0x5d6, "z"},
    {0x5d7, "h"},  {0x5d8, "t"},  {0x5d9, "y"}, {0x5da, "k"}, {0x5db, "k"},  {0x5dc, "l"}, {0x5dd, "m"},
    {0x5de, "m"},  {0x5df, "n"},  {0x5e0, "n"}, {0x5e1, "s"}, {0x5e2, "a"},  {0x5e3, "f"}, {0x5e4, "p"},
    {0x5e5, "ts"}, {0x5e6, "ts"}, {0x5e7, "k"}, {0x5e8, "r"}, {0x5e9, "sh"}, {0x5ea, "t"},
};

static bool S_is_vowel(const char *latin)
{
    return latin && latin[0] && strchr("aeiou", latin[0]) && !latin[1];
}

/* The unwritten vowels of a script of consonants: one "a" wherever a third consonant in a row (or a second one at the
 * start of the word) would follow, which is what most names have there or leaves the consonants to the phonetic code.
 */
struct abjad {
    struct buf *out;
    unsigned consonants; /* since the last vowel; the start of the word counts as one */
};

static void S_abjad_put(struct abjad *a, const char *latin)
{
    if (S_is_vowel(latin)) {
        a->consonants = 0;
    } else {
        if (a->consonants >= 2)
            buf_byte(a->out, 'a');
        a->consonants = a->consonants >= 2 ? 1 : a->consonants + 1;
    }
    S_add(a->out, latin);
}

/* و and ו, ي and י are vowels unless they start a word or stand before or behind a written vowel. */
static const char *S_weak_letter(const char *latin, bool first, const char *next, const char *as_w)
{
    bool before_vowel = S_is_vowel(next) || (next && (next[0] == 'w' || next[0] == 'y'));
    if (latin[0] == 'w' && !latin[1])
        return first || before_vowel ? as_w : "u";
    if (latin[0] == 'y' && !latin[1])
        return first || before_vowel ? "y" : "i";
    return latin;
}

static void S_abjad(struct str run, const struct letter *table, size_t n, const char *as_w, struct buf *out)
{
    struct abjad a = {out, 1};
    bool first = true;
    while (run.len) {
        uint32_t c = unicode_next(&run);
        const char *latin = S_find(table, n, c);
        if (!latin)
            continue;
        struct str rest = run;
        const char *next = rest.len ? S_find(table, n, unicode_next(&rest)) : NULL;
        bool silent_h = (c == 0x647 || c == 0x5d4) && !run.len && !first && a.consonants; /* Sara(h) */
        S_abjad_put(&a, silent_h ? "a" : S_weak_letter(latin, first, next, as_w));
        first = false;
    }
}

void translit_arabic(struct str run, struct buf *out)
{
    static const char article[] = "\xd8\xa7\xd9\x84"; /* ال */
    if (str_starts(run, STR(article)) && unicode_points(run) >= 5) {
        S_add(out, "al ");
        run = str_sub(run, sizeof article - 1, run.len);
    }
    S_abjad(run, arabic, COUNT_OF(arabic), "w", out);
}

void translit_hebrew(struct str run, struct buf *out)
{
    S_abjad(run, hebrew, COUNT_OF(hebrew), "v", out);
}

/* ------------------------------------------------------------------ Armenian */

static const struct letter armenian[] = {
    {0x561, "a"}, {0x562, "b"},  {0x563, "g"},  {0x564, "d"},  {0x565, "e"},  {0x566, "z"},  {0x567, "e"},
    {0x568, "y"}, {0x569, "t"},  {0x56a, "zh"}, {0x56b, "i"},  {0x56c, "l"},  {0x56d, "kh"}, {0x56e, "ts"},
    {0x56f, "k"}, {0x570, "h"},  {0x571, "dz"}, {0x572, "gh"}, {0x573, "ch"}, {0x574, "m"},  {0x575, "y"},
    {0x576, "n"}, {0x577, "sh"}, {0x578, "o"},  {0x579, "ch"}, {0x57a, "p"},  {0x57b, "j"},  {0x57c, "r"},
    {0x57d, "s"}, {0x57e, "v"},  {0x57f, "t"},  {0x580, "r"},  {0x581, "ts"}, {0x582, "v"},  {0x583, "p"},
    {0x584, "k"}, {0x585, "o"},  {0x586, "f"},  {0x587, "ev"},
};

void translit_armenian(struct str run, struct buf *out)
{
    bool first = true;
    while (run.len) {
        uint32_t c = unicode_next(&run);
        struct str rest = run;
        uint32_t next = rest.len ? unicode_next(&rest) : 0;
        const char *latin = S_find(armenian, COUNT_OF(armenian), c);
        if (c == 0x578 && next == 0x582) { /* one vowel of two letters */
            S_add(out, "u");
            run = rest;
        } else if (first && (c == 0x565 || c == 0x578)) {
            S_add(out, c == 0x565 ? "ye" : "vo");
        } else {
            S_add(out, latin ? latin : "");
        }
        first = false;
    }
}

/* ------------------------------------------------------------------ Hangul */

static const char lead[19][3] = {"g",  "kk", "n", "d",  "tt", "r", "m", "b", "pp", "s",
                                 "ss", "",   "j", "jj", "ch", "k", "t", "p", "h"};
static const char vowel[21][4] = {"a",  "ae", "ya", "yae", "eo", "e",  "yeo", "ye", "o",  "wa", "wae",
                                  "oe", "yo", "u",  "wo",  "we", "wi", "yu",  "eu", "ui", "i"};
static const char tail[28][3] = {"",  "k", "k", "k", "n", "n", "n", "t",  "l", "k", "m", "l", "l", "l",
                                 "p", "l", "m", "p", "p", "t", "t", "ng", "t", "t", "k", "t", "p", "t"};

void translit_hangul(struct str run, struct buf *out)
{
    while (run.len) {
        uint32_t c = unicode_next(&run);
        if (c < 0xac00 || c > 0xd7a3)
            continue;
        uint32_t syllable = c - 0xac00;
        S_add(out, lead[syllable / 588]);
        S_add(out, vowel[syllable % 588 / 28]);
        S_add(out, tail[syllable % 28]);
    }
}
