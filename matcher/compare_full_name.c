/*
 * Whole names, of persons or organisations, in one value.
 *
 * The words of both are put side by side, whatever their order (word_match.h). What is left over decides. Words left on
 * one side only are further names; words left on both sides contradict: two brothers, two companies of one group.
 */
#include "matcher/compare_kinds.h"
#include "matcher/word_match.h"

/* ------------------------------------------------------------------ what is left */

struct rest {
    unsigned names_a, names_b; /* words without a partner, but for particles */
    bool particles;            /* some are left */
    bool generations_differ, generation_lacks;
};

static void S_count_rest(const struct words_of *w, unsigned *names, bool *particles)
{
    for (unsigned i = 0; i < w->n; i++) {
        bool particle = w->word[i].kind != NAME_WORD;
        if (w->word[i].fit != FIT_NONE || w->word[i].kind == NAME_GENERATION)
            continue;
        *names += !particle;
        *particles |= particle;
    }
}

static struct str S_generation(const struct words_of *w)
{
    bool has = w->n > 1 && w->word[w->n - 1].kind == NAME_GENERATION;
    return has ? w->word[w->n - 1].text : (struct str){NULL, 0};
}

static struct rest S_rest(struct word_match *m)
{
    struct rest r = {0};
    word_match_kinds(&m->a);
    word_match_kinds(&m->b);
    struct str x = S_generation(&m->a), y = S_generation(&m->b);
    r.generations_differ = x.len && y.len && !str_eq(x, y);
    r.generation_lacks = !x.len != !y.len;
    S_count_rest(&m->a, &r.names_a, &r.particles);
    S_count_rest(&m->b, &r.names_b, &r.particles);
    return r;
}

/* The first words that a "son of" stands between, NULL when there is none. */
static unsigned S_son_of(const struct words_of *w)
{
    for (unsigned i = 1; i + 1 < w->n; i++)
        if (w->word[i].kind == NAME_SON_OF)
            return i;
    return 0;
}

/* Salman bin Muhammad is the father or the son of Muhammad bin Salman. */
static bool S_father_and_son(const struct word_match *m)
{
    unsigned i = S_son_of(&m->a), j = S_son_of(&m->b);
    if (!i || !j)
        return false;
    const struct name_word_of *before = &m->a.word[i - 1], *behind = &m->a.word[i + 1];
    return before->fit >= FIT_NICKNAME && behind->fit >= FIT_NICKNAME && before->partner == j + 1 &&
           behind->partner == j - 1;
}

/* ------------------------------------------------------------------ persons */

enum { EXACT, TOKENS, CLOSE, CONTAINED, NICKNAME, PARTIAL, ELSE };

/* "PLA" for three words. */
static bool S_is_acronym_of(const struct words_of *w)
{
    return w->n == 1 && w->word[0].text.len > 2;
}

static unsigned S_person_level(const struct word_match *m, const struct rest *r)
{
    unsigned whole = m->count[FIT_EXACT] + m->count[FIT_CLOSE], all = whole + m->count[FIT_NICKNAME];
    bool some = whole > 0 || m->count[FIT_NICKNAME] > 1;
    if (r->generations_differ || S_father_and_son(m))
        return PARTIAL;
    if (r->names_a && r->names_b)
        return word_match_rest_is_weak(m) ? NICKNAME : whole ? PARTIAL : ELSE;
    if (all + m->count[FIT_INITIAL] == 0)
        return ELSE;
    if (r->names_a || r->names_b || r->generation_lacks) {
        bool short_forms = all > whole || m->count[FIT_INITIAL];
        return !some ? ELSE : all + m->count[FIT_INITIAL] < 2 ? PARTIAL : short_forms ? NICKNAME : CONTAINED;
    }
    if (m->count[FIT_INITIAL])
        return some || S_is_acronym_of(&m->a) || S_is_acronym_of(&m->b) ? NICKNAME : PARTIAL;
    if (all > whole)
        return some ? NICKNAME : PARTIAL;
    if (m->count[FIT_CLOSE] == 0)
        return TOKENS;
    return CLOSE;
}

static void S_match(struct word_match *m)
{
    word_match_pass(m, PASS_EXACT);
    word_match_pass(m, PASS_CLOSE);
    bool left_over =
        m->count[FIT_EXACT] + m->count[FIT_CLOSE] < m->a.n || m->count[FIT_EXACT] + m->count[FIT_CLOSE] < m->b.n;
    if (left_over) {
        word_match_join(m, &m->a, &m->b);
        word_match_join(m, &m->b, &m->a);
    }
    if (!left_over || m->count[FIT_EXACT] + m->count[FIT_CLOSE] == 0)
        return;
    word_match_pass(m, PASS_OTHERWISE);
    word_match_pass(m, PASS_INITIAL);
}

/* The whole text written backwards, spaces aside. */
static bool S_all_reversed(struct str x, struct str y)
{
    size_t i = 0, j = y.len;
    if (x.len < 6 || x.len + 3 < y.len || y.len + 3 < x.len)
        return false;
    for (;;) {
        while (i < x.len && x.ptr[i] == ' ')
            i++;
        while (j && y.ptr[j - 1] == ' ')
            j--;
        if (i == x.len || !j)
            return i == x.len && !j;
        if (x.ptr[i++] != y.ptr[--j])
            return false;
    }
}

static unsigned S_persons(struct word_match *m, struct str x, struct str y)
{
    if (S_all_reversed(x, y))
        return CLOSE;
    memset(m->count, 0, sizeof m->count);
    word_match_words(x, &m->a);
    word_match_words(y, &m->b);
    S_match(m);
    if (m->count[FIT_EXACT] + m->count[FIT_CLOSE] + m->count[FIT_INITIAL] == 0)
        return ELSE;
    struct rest r = S_rest(m);
    return S_person_level(m, &r);
}

/* ------------------------------------------------------------------ organisations */

static bool S_is_organisation(const struct norm *v)
{
    return v->form[NORM_BASE].len > 0;
}

static bool S_is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] & 0x80)
            return false;
    return true;
}

/* The words that tell: in order where they are Latin. */
static struct str S_organisation_text(const struct norm *v)
{
    struct str base = v->form[NORM_BASE];
    return base.len && S_is_ascii(base) ? base : v->form[base.len ? NORM_TOKENS : NORM_LATIN];
}

/* "the", "group", "co", or the first of a series. */
static bool S_says_nothing(struct str word)
{
    return str_eq(word, STR("i")) || str_eq(word, STR("1")) || organisation_word_is_filler(word) ||
           organisation_word_is_legal(word);
}

struct left {
    unsigned words, places; /* words without a partner; those of them that are countries and the like */
    bool number;
};

static void S_count_left(const struct words_of *w, struct left *left)
{
    *left = (struct left){0};
    for (unsigned i = 0; i < w->n; i++)
        if (w->word[i].fit == FIT_NONE && !S_says_nothing(w->word[i].text)) {
            left->number |= word_is_number(w->word[i].text, true);
            left->places += organisation_word_is_place(w->word[i].text);
            left->words++;
        }
}

/* Letters of the words that both have, typing errors aside. */
static size_t S_shared_letters(const struct words_of *w)
{
    size_t letters = 0;
    for (unsigned i = 0; i < w->n; i++)
        letters += w->word[i].fit >= FIT_CLOSE ? w->word[i].text.len : 0;
    return letters;
}

/* "Acme Industries", "Acme Europe": words that one of them has in addition. One word that both have is enough only
 * where the others are places. */
static bool S_has_further_words(const struct word_match *m, unsigned whole, const struct left *a, const struct left *b)
{
    if ((a->words && b->words) || a->number || b->number)
        return false;
    bool only_places = a->words + b->words == a->places + b->places && m->a.n + m->b.n > 2;
    return whole > 1 || (whole == 1 && only_places && S_shared_letters(&m->a) >= 5);
}

static unsigned S_organisation_level(const struct word_match *m, bool acronym)
{
    struct left a, b;
    unsigned whole = m->count[FIT_EXACT] + m->count[FIT_CLOSE] + m->count[FIT_NICKNAME];
    S_count_left(&m->a, &a);
    S_count_left(&m->b, &b);
    if (acronym)
        return NICKNAME;
    if (whole == 0)
        return ELSE;
    if (a.words + b.words == 0)
        return m->count[FIT_CLOSE] + m->count[FIT_NICKNAME] ? CLOSE : TOKENS;
    if (a.words && b.words && word_match_rest_is_weak(m))
        return NICKNAME;
    return S_has_further_words(m, whole, &a, &b) ? CONTAINED : PARTIAL;
}

static bool S_is_acronym(const struct norm *a, const struct norm *b)
{
    struct str acronym = a->form[NORM_ACRONYM];
    return S_is_organisation(a) && acronym.len > 2 &&
           (str_eq(acronym, b->form[NORM_BASE]) || str_eq(acronym, b->form[NORM_LATIN]));
}

static unsigned S_organisations(struct word_match *m, const struct norm *a, const struct norm *b)
{
    struct str x = S_organisation_text(a), y = S_organisation_text(b);
    if (x.len && str_eq(x, y))
        return TOKENS;
    word_match_words(x, &m->a);
    word_match_words(y, &m->b);
    word_match_pass(m, PASS_EXACT);
    word_match_pass(m, PASS_CLOSE);
    word_match_join(m, &m->a, &m->b);
    word_match_join(m, &m->b, &m->a);
    if (m->count[FIT_EXACT] + m->count[FIT_CLOSE])
        word_match_pass(m, PASS_OTHERWISE);
    return S_organisation_level(m, S_is_acronym(a, b) || S_is_acronym(b, a));
}

/* ------------------------------------------------------------------ the whole */

static unsigned S_compare(const struct norm *a, const struct norm *b)
{
    struct word_match m;
    struct str x, y;
    bool organisations = S_is_organisation(a) || S_is_organisation(b);
    organisations ? shared_script(a, b, &x, &y) : name_texts(a, b, &x, &y);
    if (same_name(a, b, x, y))
        return EXACT;
    memset(m.count, 0, sizeof m.count);
    m.gap = word_match_gap(a->form[NORM_CANON], b->form[NORM_CANON]);
    m.organisations = organisations;
    m.mixed = false;
    m.syllables = ideographic(a->form[NORM_CANON]) && ideographic(b->form[NORM_CANON]);
    unsigned level = m.organisations ? S_organisations(&m, a, b) : ELSE;
    if (S_is_organisation(a) && S_is_organisation(b))
        return level;
    m.mixed = m.organisations;
    m.organisations = false; /* "Petrov A.S." may be one, or a person */
    unsigned persons = S_persons(&m, x, y);
    return persons < level ? persons : level;
}

/* Words take partners one after the other, which one of the two begins can matter: it is the same for both ways. */
unsigned compare_full_name(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    (void)context;
    return str_cmp(a->form[NORM_CANON], b->form[NORM_CANON]) > 0 ? S_compare(b, a) : S_compare(a, b);
}
