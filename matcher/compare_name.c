/*
 * Names of persons. A given or family name may hold several tokens; two records may have them swapped, in another
 * order, shortened, or with one part of a double name missing.
 */
#include "matcher/compare_kinds.h"
#include "normalize/name_words.h"

enum { MOST_TOKENS = 12 };

void shared_script(const struct norm *a, const struct norm *b, struct str *x, struct str *y)
{
    bool latin = a->form[NORM_LATIN].len && b->form[NORM_LATIN].len;
    *x = a->form[latin ? NORM_LATIN : NORM_CANON];
    *y = b->form[latin ? NORM_LATIN : NORM_CANON];
}

bool ideographic(struct str s)
{
    return s.len && (unsigned char)s.ptr[0] >= 0xe3;
}

void name_texts(const struct norm *a, const struct norm *b, struct str *x, struct str *y)
{
    struct str latin_a = a->form[NORM_LATIN], latin_b = b->form[NORM_LATIN];
    if (!latin_a.len && latin_b.len)
        latin_a = a->form[NORM_READING];
    if (!latin_b.len && latin_a.len)
        latin_b = b->form[NORM_READING];
    bool latin = latin_a.len && latin_b.len;
    *x = latin ? latin_a : a->form[NORM_CANON];
    *y = latin ? latin_b : b->form[NORM_CANON];
}

bool letters_of(struct str s, uint64_t *mask)
{
    unsigned char all = 0;
    *mask = 0;
    for (size_t i = 0; i < s.len; i++) {
        all |= (unsigned char)s.ptr[i];
        *mask |= 1ULL << ((unsigned char)s.ptr[i] & 63);
    }
    return all < 0x80 && s.len <= SIM_MOST;
}

/* Bits that are set; processors of 2003 have no instruction for it. */
static unsigned S_bits(uint64_t x)
{
    x -= x >> 1 & 0x5555555555555555;
    x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
    return (unsigned)(((x + (x >> 4)) & 0x0F0F0F0F0F0F0F0F) * 0x0101010101010101 >> 56);
}

/*
 * Letters that the other lacks each cost an edit, or a match of Jaro: jaro <= (m/la + m/lb + 1)/3, and with a common
 * prefix of four jaro-winkler <= 0.6 jaro + 0.4 must reach 0.92.
 */
bool letters_are_apart(uint64_t p, size_t x_len, uint64_t q, size_t y_len)
{
    unsigned lacks_x = S_bits(p & ~q), lacks_y = S_bits(q & ~p);
    unsigned most = lacks_x > lacks_y ? lacks_x : lacks_y;
    if (most <= 1)
        return false;
    size_t shortest = x_len < y_len ? x_len : y_len;
    if (most <= 2 && shortest >= 8)
        return false;
    size_t m_x = x_len - lacks_x, m_y = y_len - lacks_y, m = m_x < m_y ? m_x : m_y;
    return shortest < 5 || m * (x_len + y_len) * 10 < 16 * x_len * y_len;
}

/* Two ASCII texts that cannot be nearly equal. */
static bool S_hopeless(struct str x, struct str y)
{
    uint64_t p, q;
    return letters_of(x, &p) && letters_of(y, &q) && letters_are_apart(p, x.len, q, y.len);
}

bool nearly_equal(struct str x, struct str y)
{
    if (S_hopeless(x, y))
        return false;
    size_t p = symbols_count(x), q = symbols_count(y);
    size_t shortest = p < q ? p : q, longest = p > q ? p : q;
    if (shortest < 3 || longest - shortest > 3)
        return false;
    unsigned most = shortest >= 8 ? 2 : 1;
    if (sim_osa(x, y, most) <= most && (shortest > 3 || symbols_begin_alike(x, y)))
        return true;
    return shortest >= 5 && sim_jaro_winkler(x, y) >= 920000;
}

bool similar(struct str x, struct str y)
{
    uint64_t p, q;
    size_t shortest = x.len < y.len ? x.len : y.len, longest = x.len < y.len ? y.len : x.len;
    unsigned most = (unsigned)(longest * 2 / 5);
    if (shortest < 4 || longest - shortest > most)
        return false;
    if (letters_of(x, &p) && letters_of(y, &q)) {
        unsigned lacks_x = S_bits(p & ~q), lacks_y = S_bits(q & ~p);
        if (lacks_x > most || lacks_y > most)
            return false;
    }
    return sim_osa(x, y, most) <= most;
}

bool tokens_intersect(struct str a, struct str b)
{
    struct str x;
    while (str_next_token(&a, " ", &x)) {
        struct str rest = b, y;
        while (str_next_token(&rest, " ", &y))
            if (str_eq(x, y))
                return true;
    }
    return false;
}

static unsigned S_tokens(struct str s, struct str token[MOST_TOKENS])
{
    unsigned n = 0;
    while (n < MOST_TOKENS && str_next_token(&s, " ", &token[n]))
        n++;
    return n;
}

static bool S_is_initial_of(struct str initial, struct str name)
{
    return initial.len == 1 && name.len >= 1 && initial.ptr[0] == name.ptr[0];
}

/* The letters without the spaces: "de la cruz" and "delacruz" are one name. */
static bool S_same_letters(struct str x, struct str y)
{
    size_t i = 0, j = 0;
    for (;;) {
        while (i < x.len && x.ptr[i] == ' ')
            i++;
        while (j < y.len && y.ptr[j] == ' ')
            j++;
        if (i == x.len || j == y.len)
            return i == x.len && j == y.len;
        if (x.ptr[i++] != y.ptr[j++])
            return false;
    }
}

/* Every token of the shorter list has an equal or nearly equal partner of its own in the longer one. */
static bool S_contained(struct str x, struct str y)
{
    struct str a[MOST_TOKENS], b[MOST_TOKENS];
    unsigned na = S_tokens(x, a), nb = S_tokens(y, b), used = 0;
    if (na > nb)
        return S_contained(y, x);
    if (na == 0 || nb < 2)
        return false;
    for (unsigned i = 0; i < na; i++) {
        bool found = false;
        for (unsigned j = 0; j < nb && !found; j++)
            if (!(used >> j & 1) && a[i].len > 1 && (str_eq(a[i], b[j]) || nearly_equal(a[i], b[j]))) {
                used |= 1u << j;
                found = true;
            }
        if (!found)
            return false;
    }
    return true;
}

static bool S_phonetic(const struct norm *a, const struct norm *b)
{
    return a->form[NORM_PHON].len > 1 && str_eq(a->form[NORM_PHON], b->form[NORM_PHON]);
}

/* Names in Han, kana or Hangul: one letter more or less is another name. */
static bool S_syllables(const struct norm *a, const struct norm *b)
{
    return ideographic(a->form[NORM_CANON]) && ideographic(b->form[NORM_CANON]);
}

/* Morris II and Morris III are two people, whatever else is equal. */
/* "Morris I" beside "Morris II": elsewhere the letter is an initial. */
static bool S_is_the_first(const struct norm *one, struct str generation_of_other)
{
    struct str name = one->form[NORM_CANON];
    bool numbered = generation_of_other.len && generation_of_other.ptr[0] >= '2' && generation_of_other.ptr[0] <= '8';
    return numbered && !one->form[NORM_GENERATION].len && name.len > 2 &&
           str_eq(str_sub(name, name.len - 2, name.len), STR(" i"));
}

static bool S_generations_differ(const struct norm *a, const struct norm *b)
{
    struct str x = a->form[NORM_GENERATION], y = b->form[NORM_GENERATION];
    return (x.len && y.len && !str_eq(x, y)) || S_is_the_first(a, y) || S_is_the_first(b, x);
}

bool same_name(const struct norm *a, const struct norm *b, struct str x, struct str y)
{
    return str_eq(a->form[NORM_CANON], b->form[NORM_CANON]) || (x.len && (str_eq(x, y) || S_same_letters(x, y)));
}

/* The names that they may stand for meet. Of several names all must: Anna Maria is not Anna Sophie. */
static unsigned S_nickname(const struct norm *a, const struct norm *b, struct str x, struct str y)
{
    struct str first_x, first_y;
    if (!tokens_intersect(a->form[NORM_NICK], b->form[NORM_NICK]))
        return GIVEN_ELSE;
    if (S_contained(x, y))
        return GIVEN_CONTAINED;
    bool several = str_find_byte(x, ' ') != SIZE_MAX && str_find_byte(y, ' ') != SIZE_MAX;
    bool same_first = several && str_next_token(&x, " ", &first_x) && str_next_token(&y, " ", &first_y);
    return same_first ? GIVEN_CONTAINED : GIVEN_NICKNAME;
}

unsigned compare_given(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    struct str x, y;
    (void)context;
    name_texts(a, b, &x, &y);
    if (S_generations_differ(a, b))
        return GIVEN_GENERATION;
    if (same_name(a, b, x, y))
        return GIVEN_EXACT;
    if (x.len == 1 || y.len == 1)
        return S_is_initial_of(x, y) || S_is_initial_of(y, x) ? GIVEN_INITIAL : GIVEN_ELSE;
    bool syllables = S_syllables(a, b);
    unsigned nickname = S_nickname(a, b, x, y);
    if (nickname != GIVEN_ELSE && !(nickname == GIVEN_CONTAINED && nearly_equal(x, y)))
        return nickname;
    if (!syllables && nearly_equal(x, y))
        return GIVEN_CLOSE;
    if (!syllables && S_contained(x, y))
        return GIVEN_CONTAINED;
    if (S_phonetic(a, b))
        return GIVEN_PHONETIC;
    return !syllables && similar(x, y) ? GIVEN_SIMILAR : GIVEN_ELSE;
}

unsigned compare_family(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    struct str x, y;
    (void)context;
    name_texts(a, b, &x, &y);
    if (S_generations_differ(a, b))
        return FAMILY_GENERATION;
    if (same_name(a, b, x, y))
        return FAMILY_EXACT;
    bool syllables = S_syllables(a, b);
    if (!syllables && nearly_equal(x, y))
        return FAMILY_CLOSE;
    if (!syllables && S_contained(x, y))
        return FAMILY_CONTAINED;
    if (S_phonetic(a, b))
        return FAMILY_PHONETIC;
    return !syllables && similar(x, y) ? FAMILY_SIMILAR : FAMILY_ELSE;
}

unsigned compare_middle(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    enum { EXACT, INITIAL, CLOSE, ELSE };
    struct str x, y;
    (void)context;
    name_texts(a, b, &x, &y);
    if (same_name(a, b, x, y))
        return EXACT;
    if (S_is_initial_of(x, y) || S_is_initial_of(y, x))
        return INITIAL;
    if (nearly_equal(x, y) || S_contained(x, y))
        return CLOSE;
    return ELSE;
}

/* ------------------------------------------------------------------ given and family names of two records together */

static unsigned S_best(enum comparison_kind kind, const struct norm *a, unsigned na, const struct norm *b, unsigned nb)
{
    unsigned best = LEVEL_NULL;
    for (unsigned i = 0; i < na; i++)
        for (unsigned j = 0; j < nb; j++) {
            unsigned l = compare_values(kind, NULL, &a[i], &b[j]);
            best = l < best ? l : best;
        }
    return best;
}

/* 2 equal, 1 nearly equal, 0 no: the best pair of a given and a family name. */
static unsigned S_cross(const struct norm *a, unsigned na, const struct norm *b, unsigned nb)
{
    unsigned l = S_best(CMP_FAMILY, a, na, b, nb);
    return l == FAMILY_EXACT ? 2 : l == FAMILY_CLOSE ? 1 : 0;
}

unsigned compare_middle_names(const struct name_parts *a, const struct name_parts *b, unsigned given)
{
    if (given != GIVEN_ELSE)
        return given;
    unsigned x = S_best(CMP_GIVEN, a->given, a->n_given, b->middle, b->n_middle);
    unsigned y = S_best(CMP_GIVEN, a->middle, a->n_middle, b->given, b->n_given);
    unsigned best = x < y ? x : y;
    return best <= GIVEN_CLOSE ? GIVEN_CONTAINED : given;
}

void compare_names(const struct name_parts *a, const struct name_parts *b, unsigned *given, unsigned *family)
{
    *given = S_best(CMP_GIVEN, a->given, a->n_given, b->given, b->n_given);
    *family = S_best(CMP_FAMILY, a->family, a->n_family, b->family, b->n_family);
    *given = compare_middle_names(a, b, *given);
    if (*given < GIVEN_INITIAL || *family < FAMILY_PHONETIC)
        return;
    unsigned x = S_cross(a->given, a->n_given, b->family, b->n_family);
    unsigned y = S_cross(a->family, a->n_family, b->given, b->n_given);
    if (x == 0 && y == 0)
        return;
    /* One event, told by one comparison: the family name says nothing of its own then. */
    *given = x && y ? GIVEN_SWAPPED : GIVEN_CROSSED;
    *family = LEVEL_NULL;
}
