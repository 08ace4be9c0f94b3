#include "matcher/word_match.h"

#include "matcher/compare_kinds.h"

/* ------------------------------------------------------------------ words */

/* Kinds of consonants that are near each other in compare_spelling.c; 0: vowels, y; 8: h. */
static const unsigned char kind_of_letter[26] = {
    ['b' - 'a'] = 1, ['p' - 'a'] = 1, ['f' - 'a'] = 1, ['v' - 'a'] = 1, ['w' - 'a'] = 1,
    ['d' - 'a'] = 2, ['t' - 'a'] = 2, ['c' - 'a'] = 3, ['g' - 'a'] = 3, ['j' - 'a'] = 3,
    ['k' - 'a'] = 3, ['q' - 'a'] = 3, ['s' - 'a'] = 3, ['x' - 'a'] = 3, ['z' - 'a'] = 3,
    ['l' - 'a'] = 4, ['r' - 'a'] = 5, ['m' - 'a'] = 6, ['n' - 'a'] = 7, ['h' - 'a'] = 8,
};

enum { KINDS = 7, MOST_OF_KIND = 7 };

/* Neighbours of one kind count once: sch, ck. d and t before a hiss belong to it: tsch, dz. */
static unsigned S_kind_of(struct str word, size_t i)
{
    unsigned letter = i < word.len ? (unsigned char)word.ptr[i] - (unsigned)'a' : 0;
    return letter < 26 ? kind_of_letter[letter] : 9;
}

static uint64_t S_consonants(struct str word)
{
    uint64_t counts = 1ULL << 60;
    unsigned before = 0;
    for (size_t i = 0; i < word.len; i++) {
        unsigned kind = S_kind_of(word, i);
        bool hiss = kind == 2 && S_kind_of(word, i + 1) == 3;
        if (kind > 8)
            return 0;
        if (kind == 8 || hiss)
            continue;
        if (kind && counts == 1ULL << 60)
            counts |= (uint64_t)kind << 56;
        if (kind && kind != before && (counts >> (4 * kind) & 15) < MOST_OF_KIND)
            counts += 1ULL << (4 * kind);
        before = kind;
    }
    return counts;
}

void word_match_words(struct str text, struct words_of *w)
{
    w->n = 0;
    while (w->n < MOST_WORDS && str_next_token(&text, " ", &w->word[w->n].text)) {
        struct name_word_of *word = &w->word[w->n++];
        word->fit = FIT_NONE;
        word->kind = NAME_WORD;
        word->consonants = S_consonants(word->text);
        word->heard = false;
    }
}

/* Their kinds are looked up only where something is left over. The first word is a name: Le, Van, Ben. */
void word_match_kinds(struct words_of *w)
{
    for (unsigned i = 0; i < w->n; i++) {
        enum name_word kind = name_word_kind(w->word[i].text);
        bool last = i + 1 == w->n;
        bool particle = kind == NAME_PARTICLE || kind == NAME_SON_OF;
        bool address = kind == NAME_ADDRESS && w->n > 2;
        if ((kind == NAME_GENERATION && last && i) || (particle && i && !last) || address)
            w->word[i].kind = kind;
    }
}

static enum spelling_gap S_gap_of(struct str canon)
{
    for (size_t i = 0; i < canon.len; i++) {
        unsigned char c = (unsigned char)canon.ptr[i];
        if (c < 0xc8)
            continue;
        if (c >= 0xd6 && c <= 0xdd)
            return SPELLING_VOWELS;
        if (c == 0xe0 && i + 1 < canon.len && ((unsigned char)canon.ptr[i + 1] & 0xfe) == 0xb8)
            return SPELLING_VOWELS;                           /* Thai, letter by letter */
        bool foreign = str_find_byte(canon, ' ') != SIZE_MAX; /* a name from here has no space */
        if (c >= 0xe3 && c <= 0xe9)
            return foreign || c == 0xe3 ? SPELLING_SYLLABLES : SPELLING_SAME;
        return SPELLING_SCRIPT;
    }
    return SPELLING_SAME;
}

enum spelling_gap word_match_gap(struct str a, struct str b)
{
    enum spelling_gap x = S_gap_of(a), y = S_gap_of(b);
    return x == y ? SPELLING_SAME : x > y ? x : y;
}

/* ------------------------------------------------------------------ two words */

static bool S_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits, or letters that are a Roman number: those differ, or are equal, but are not close. Xi and Vi are persons. */
bool word_is_number(struct str s, bool organisations)
{
    if (organisations && number_word_value(s)) /* their normalisation writes 2 as "two" */
        return true;
    bool digits = true, roman = s.len <= 5 && (organisations || s.len > 2 || s.ptr[0] == s.ptr[1]);
    for (size_t i = 0; i < s.len; i++) {
        digits &= S_is_digit(s.ptr[i]);
        roman &= s.ptr[i] == 'i' || s.ptr[i] == 'v' || s.ptr[i] == 'x';
    }
    return digits || roman;
}

static bool S_has_digit(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (S_is_digit(s.ptr[i]))
            return true;
    return false;
}

/* One typing error in a word of some length; a word of four letters begins as the other does. */
static bool S_typing_error(const struct word_match *m, struct str x, struct str y)
{
    size_t shortest = x.len < y.len ? x.len : y.len, longest = x.len < y.len ? y.len : x.len;
    bool alone = m->a.n == 1 && m->b.n == 1;
    if (shortest < 4 || longest - shortest > 1 || (alone && longest < 6))
        return false;
    if (shortest == 4 && x.ptr[0] != y.ptr[0])
        return false;
    return sim_osa(x, y, 1) <= 1;
}

/* Equal but for digits that stand for letters: Vlad1mir. */
static bool S_digits_for_letters(struct str x, struct str y)
{
    unsigned digits = 0;
    if (x.len != y.len || x.len < 4)
        return false;
    for (size_t i = 0; i < x.len; i++)
        if (x.ptr[i] != y.ptr[i]) {
            if (S_is_digit(x.ptr[i]) == S_is_digit(y.ptr[i]))
                return false;
            digits++;
        }
    return 2 * digits <= x.len;
}

/* Written backwards, as right-to-left text goes wrong. */
static bool S_reversed(struct str x, struct str y)
{
    if (x.len != y.len)
        return false;
    for (size_t i = 0; i < x.len; i++)
        if (x.ptr[i] != y.ptr[y.len - 1 - i])
            return false;
    return true;
}

/* Do consonants that only one of them has cost too much for S_close, or the lengths? */
static bool S_hopeless(const struct word_match *m, uint64_t x, size_t len_x, uint64_t y, size_t len_y)
{
    enum { LEAST_COST = 5 }; /* of a consonant more, or of a vowel that parts two */
    size_t longest = len_x > len_y ? len_x : len_y, shortest = len_x > len_y ? len_y : len_x;
    unsigned more_x = 0, more_y = 0;
    if (m->gap != SPELLING_SAME || !x || !y)
        return false;
    for (unsigned kind = 1; kind <= KINDS; kind++) {
        unsigned in_x = x >> (4 * kind) & 15, in_y = y >> (4 * kind) & 15;
        more_x += in_x > in_y ? in_x - in_y : 0;
        more_y += in_y > in_x ? in_y - in_x : 0;
    }
    unsigned most = more_x > more_y ? more_x : more_y;
    return longest - shortest > 5 || (size_t)most * LEAST_COST * 10 > 18 * longest + 4;
}

/* Spellings of one name begin with near consonants, but for those that languages write with h, j, ch. */
static bool S_begin_apart(const struct word_match *m, uint64_t x, uint64_t y)
{
    unsigned first_x = x >> 56 & 15, first_y = y >> 56 & 15;
    return m->gap == SPELLING_SAME && x && y && first_x != first_y && first_x != 3 && first_y != 3;
}

static const struct sounds *S_hear(struct name_word_of *word)
{
    if (!word->heard)
        sounds_from(word->text, &word->sounds);
    word->heard = true;
    return &word->sounds;
}

static bool S_may_be_close(const struct word_match *m, struct str x, struct str y)
{
    if (m->syllables || ideographic(x) || ideographic(y) || x.len < 2 || y.len < 2)
        return false;
    return !word_is_number(x, m->organisations) && !word_is_number(y, m->organisations) &&
           !(S_has_digit(x) && S_has_digit(y));
}

static bool S_close(const struct word_match *m, struct name_word_of *a, struct name_word_of *b)
{
    struct str x = a->text, y = b->text;
    if (S_hopeless(m, a->consonants, x.len, b->consonants, y.len) || !S_may_be_close(m, x, y))
        return false;
    bool short_alone = m->a.n == 1 && m->b.n == 1 && x.len < 5 && y.len < 5;
    if (short_alone)
        return false;
    bool close = S_typing_error(m, x, y) || S_reversed(x, y) || S_digits_for_letters(x, y) ||
                 (!S_begin_apart(m, a->consonants, b->consonants) && sounds_alike(S_hear(a), S_hear(b), m->gap));
    return close && (m->organisations || !known_names_differ(x, y));
}

/* "v" or "vv" for Vladimir. */
static bool S_is_initial_of(struct str initial, struct str name)
{
    if (initial.len > 3 || initial.len >= name.len + (initial.len == 1) || initial.ptr[0] != name.ptr[0])
        return false;
    for (size_t i = 0; i < initial.len && initial.len > 1; i++)
        if (initial.ptr[i] < 'a' || initial.ptr[i] > 'z' || strchr("aeiouy", initial.ptr[i]))
            return false;
    return true;
}

/* Not by its letters: short forms, spellings of a family name, numbers in words. */
static bool S_same_otherwise(const struct word_match *m, struct str x, struct str y)
{
    if (x.len < 2 && !S_is_digit(x.ptr[0]))
        return false;
    if (y.len < 2 && !S_is_digit(y.ptr[0]))
        return false;
    bool numbers = m->organisations || S_is_digit(x.ptr[0]) || S_is_digit(y.ptr[0]);
    if (numbers && number_word_value(x) && number_word_value(x) == number_word_value(y))
        return true;
    if (x.len > 2 && y.len > 2 && organisation_words_meet(x, y))
        return true;
    return !m->organisations && (given_names_meet(x, y) || family_names_meet(x, y));
}

static enum fit S_fit(const struct word_match *m, struct name_word_of *a, struct name_word_of *b, int pass)
{
    struct str x = a->text, y = b->text;
    if (pass == PASS_EXACT)
        return str_eq(x, y) ? FIT_EXACT : FIT_NONE;
    if (pass == PASS_CLOSE)
        return S_close(m, a, b) ? FIT_CLOSE : FIT_NONE;
    if (pass == PASS_OTHERWISE)
        return S_same_otherwise(m, x, y) ? FIT_NICKNAME : FIT_NONE;
    bool persons = !m->mixed || (x.len == 1) != (y.len == 1);
    return persons && (S_is_initial_of(x, y) || S_is_initial_of(y, x)) ? FIT_INITIAL : FIT_NONE;
}

static void S_pair(struct word_match *m, unsigned i, unsigned j, enum fit fit)
{
    m->a.word[i].fit = m->b.word[j].fit = fit;
    m->a.word[i].partner = j;
    m->b.word[j].partner = i;
    m->count[fit]++;
}

void word_match_pass(struct word_match *m, int pass)
{
    for (unsigned i = 0; i < m->a.n; i++)
        for (unsigned j = 0; j < m->b.n && m->a.word[i].fit == FIT_NONE; j++) {
            if (m->b.word[j].fit != FIT_NONE)
                continue;
            enum fit fit = S_fit(m, &m->a.word[i], &m->b.word[j], pass);
            if (fit != FIT_NONE)
                S_pair(m, i, j, fit);
        }
}

/* Letters of the words that are equal on both sides. */
size_t word_match_equal_letters(const struct words_of *w)
{
    size_t letters = 0;
    for (unsigned i = 0; i < w->n; i++)
        letters += w->word[i].fit == FIT_EXACT ? w->word[i].text.len : 0;
    return letters;
}

/* An error in a short word, or up to three in a long one: weak, so only where nothing else is left over and more is
 * equal. */
static bool S_weakly_close(const struct word_match *m, struct str x, struct str y)
{
    size_t shortest = x.len < y.len ? x.len : y.len, longest = x.len < y.len ? y.len : x.len;
    if (ideographic(x) || ideographic(y) || m->syllables || shortest < 2)
        return false;
    if (word_is_number(x, m->organisations) || word_is_number(y, m->organisations) ||
        (S_has_digit(x) && S_has_digit(y)))
        return false;
    if (!m->organisations && known_names_differ(x, y))
        return false;
    size_t equal = word_match_equal_letters(&m->a);
    unsigned edits = sim_osa(x, y, 3);
    if (edits == 1)
        return equal >= 6;
    if (edits == 3)
        return shortest >= 9 && equal >= 7 && memcmp(x.ptr, y.ptr, 4) == 0;
    return edits == 2 && shortest >= 4 && (equal >= 7 || (longest >= 6 && x.ptr[0] == y.ptr[0]));
}

static const struct name_word_of *S_only_rest(const struct words_of *w)
{
    const struct name_word_of *only = NULL;
    for (unsigned i = 0; i < w->n; i++)
        if (w->word[i].fit == FIT_NONE && w->word[i].kind == NAME_WORD) {
            if (only)
                return NULL;
            only = &w->word[i];
        }
    return only;
}

/* One word is left on each side, and they are nearly alike. */
bool word_match_rest_is_weak(const struct word_match *m)
{
    const struct name_word_of *x = S_only_rest(&m->a), *y = S_only_rest(&m->b);
    return x && y && m->count[FIT_EXACT] > 0 && S_weakly_close(m, x->text, y->text);
}

/* ------------------------------------------------------------------ several words for one */

/* `count` words from `from` on; the first follows the last, as a family name may stand at either end. */
struct run_of_words {
    const struct words_of *of;
    unsigned from, count;
};

static const struct name_word_of *S_word_of(const struct run_of_words *r, unsigned i)
{
    return &r->of->word[(r->from + i) % r->of->n];
}

/* Without space; false when they are too long or one has a partner. */
static bool S_joined(const struct run_of_words *r, char *buffer, size_t room, struct str *out)
{
    size_t len = 0;
    for (unsigned i = 0; i < r->count; i++) {
        struct str text = S_word_of(r, i)->text;
        if (S_word_of(r, i)->fit != FIT_NONE || len + text.len > room)
            return false;
        memcpy(buffer + len, text.ptr, text.len);
        len += text.len;
    }
    *out = (struct str){buffer, len};
    return true;
}

/* "jc" for two words. */
static bool S_are_initials(struct str word, const struct run_of_words *r)
{
    if (word.len != r->count)
        return false;
    for (unsigned i = 0; i < r->count; i++)
        if (S_word_of(r, i)->fit != FIT_NONE || S_word_of(r, i)->text.ptr[0] != word.ptr[i])
            return false;
    return true;
}

/* "forty four" for 44. */
static bool S_are_number(struct str word, const struct run_of_words *r)
{
    if (S_word_of(r, 0)->fit != FIT_NONE || S_word_of(r, 1)->fit != FIT_NONE)
        return false;
    unsigned tens = r->count == 2 ? number_word_value(S_word_of(r, 0)->text) : 0;
    unsigned ones = tens >= 20 && tens < 100 && tens % 10 == 0 ? number_word_value(S_word_of(r, 1)->text) : 0;
    return ones && ones < 10 && number_word_value(word) == tens + ones;
}

/* Nur al-Din is also Noureddine: the article becomes part of what follows, and is heard as its first letter. */
static bool S_close_without_article(const struct word_match *m, struct name_word_of *one, const struct run_of_words *r)
{
    static const char *const articles[] = {"al", "el", "ul", "ad", "ed", "ud", "as", "es", "ar", "er", "an", "en"};
    char buffer[64];
    bool article = false;
    struct str middle = r->count == 3 ? S_word_of(r, 1)->text : (struct str){NULL, 0};
    for (size_t i = 0; middle.len == 2 && i < COUNT_OF(articles); i++)
        article |= str_eq(middle, str_from(articles[i]));
    struct str first = S_word_of(r, 0)->text, last = article ? S_word_of(r, 2)->text : middle;
    if (!article || first.len + last.len > sizeof buffer || one->text.len < 5)
        return false;
    for (unsigned i = 0; i < r->count; i++)
        if (S_word_of(r, i)->fit != FIT_NONE)
            return false;
    memcpy(buffer, first.ptr, first.len);
    memcpy(buffer + first.len, last.ptr, last.len);
    struct name_word_of joined = {.text = {buffer, first.len + last.len}};
    joined.consonants = S_consonants(joined.text);
    return S_close(m, one, &joined);
}

static enum fit S_fit_several(const struct word_match *m, struct name_word_of *one, const struct run_of_words *r)
{
    char buffer[64];
    struct name_word_of joined = {.heard = false};
    size_t len = 0;
    if (S_are_initials(one->text, r))
        return FIT_INITIAL;
    bool number = m->organisations || S_is_digit(one->text.ptr[0]);
    if (number && S_are_number(one->text, r))
        return FIT_NICKNAME;
    if (S_close_without_article(m, one, r))
        return FIT_CLOSE;
    for (unsigned i = 0; i < r->count; i++)
        len += S_word_of(r, i)->text.len;
    size_t apart = len > one->text.len ? len - one->text.len : one->text.len - len;
    if (apart > 3 || !S_joined(r, buffer, sizeof buffer, &joined.text))
        return FIT_NONE;
    if (str_eq(one->text, joined.text))
        return FIT_EXACT;
    joined.consonants = S_consonants(joined.text);
    return one->text.len >= 4 && S_close(m, one, &joined) ? FIT_CLOSE : FIT_NONE;
}

static void S_pair_several(struct word_match *m, struct name_word_of *one, unsigned at, struct words_of *several,
                           const struct run_of_words *r, enum fit fit)
{
    one->fit = fit;
    one->partner = r->from;
    for (unsigned k = 0; k < r->count; k++) {
        struct name_word_of *word = &several->word[(r->from + k) % several->n];
        word->fit = fit;
        word->partner = at;
    }
    m->count[fit]++;
}

/* A word of one side for two or three neighbours of the other: Annamaria, Anna Maria. */
void word_match_join(struct word_match *m, struct words_of *ones, struct words_of *several)
{
    for (unsigned i = 0; i < ones->n; i++)
        for (unsigned count = 2; count <= 3 && count <= several->n; count++)
            for (unsigned j = 0; j < several->n && ones->word[i].fit == FIT_NONE; j++) {
                struct run_of_words r = {several, j, count};
                if (several->word[j].fit != FIT_NONE)
                    continue;
                enum fit fit = S_fit_several(m, &ones->word[i], &r);
                if (fit != FIT_NONE)
                    S_pair_several(m, &ones->word[i], i, several, &r, fit);
            }
}
