#include "normalize/organisation.h"

#include "normalize/forms.h"
#include "normalize/name_words.h"
#include "normalize/words.h"
#include "words_legal_attached.h"
#include "words_legal_first.h"
#include "words_legal_forms.h"
#include "words_legal_strong.h"
#include "words_organisation.h"
#include "words_organisation_filler.h"
#include "words_organisation_telling.h"

/* ------------------------------------------------------------------ tokens */

/* Is the byte at `i` a letter that stands alone between non-letters (an initial)? Bytes above ASCII are letters. */
static bool S_is_letter_at(struct str s, size_t i)
{
    return i < s.len && ((unsigned char)s.ptr[i] >= 0x80 || (s.ptr[i] >= 'a' && s.ptr[i] <= 'z'));
}

static size_t S_point_before(struct str s, size_t i)
{
    do
        i--;
    while (i && (s.ptr[i] & 0xc0) == 0x80);
    return i;
}

static size_t S_point_after(struct str s, size_t i)
{
    do
        i++;
    while (i < s.len && (s.ptr[i] & 0xc0) == 0x80);
    return i;
}

/* A dot between two single letters: "s.p.a." is one word. */
static bool S_joins(struct str s, size_t dot)
{
    if (dot == 0 || !S_is_letter_at(s, dot - 1) || !S_is_letter_at(s, dot + 1))
        return false;
    size_t before = S_point_before(s, dot), after = S_point_after(s, dot + 1);
    bool alone_before = before == 0 || !S_is_letter_at(s, before - 1);
    bool alone_after = after >= s.len || !S_is_letter_at(s, after);
    return alone_before && alone_after;
}

static bool S_is_digit_at(struct str s, size_t i)
{
    return i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9';
}

/* Spells & and + as words and joins dotted abbreviations. In scratch. */
static struct str S_spell_signs(struct normalizer *n, struct str folded)
{
    bool sign = false;
    for (size_t i = 0; i < folded.len && !sign; i++)
        sign = folded.ptr[i] == '&' || folded.ptr[i] == '+' || folded.ptr[i] == '.';
    if (!sign)
        return folded;
    buf_clear(&n->text);
    for (size_t i = 0; i < folded.len; i++) {
        char c = folded.ptr[i];
        if (c == '&' || (c == '+' && i + 1 < folded.len && !S_is_digit_at(folded, i + 1)))
            buf_str(&n->text, STR(" and "));
        else if (c != '.' || !S_joins(folded, i))
            buf_byte(&n->text, c);
    }
    return str_copy(&n->scratch, buf_view(&n->text));
}

/* Three-byte code points: no Latin, Greek, Cyrillic, Arabic or Hebrew text has them but for punctuation. */
static bool S_has_long_points(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0xe0)
            return true;
    return false;
}

/* The longest form of a script without spaces that stands in the text, or NULL. */
static const struct word *S_find_attached(struct str text, size_t *at)
{
    const struct words *list = &words_legal_attached;
    const struct word *best = NULL;
    for (uint32_t w = 0; w < list->n; w++) {
        const struct word *word = &list->word[w];
        struct str form = {list->text + word->at, word->len};
        if (unicode_is_ascii(form) || (best && best->len >= word->len))
            continue;
        size_t found = str_find(text, form);
        if (found == SIZE_MAX)
            continue;
        best = word;
        *at = found;
    }
    return best;
}

/* Writes the class of such a form in its place, with spaces around: the ordinary list then finds it. In scratch. */
static struct str S_part_attached(struct normalizer *n, struct str text)
{
    enum { MOST_FORMS = 4 };
    const struct word *word;
    size_t at = 0;
    for (int i = 0; i < MOST_FORMS && S_has_long_points(text) && (word = S_find_attached(text, &at)); i++) {
        struct str class = {words_legal_attached.text + word->at + word->len, word->canonical_len};
        text = arena_printf(&n->scratch, "%.*s %.*s %.*s", (int)at, text.ptr, STR_ARG(class),
                            (int)(text.len - at - word->len), text.ptr + at + word->len);
    }
    return text;
}

/* Han as simplified ones: one company, wherever it is written. */
static struct str S_simplified(struct normalizer *n, struct str folded)
{
    if (!S_has_long_points(folded))
        return folded;
    buf_clear(&n->more);
    unicode_simplify_han(n->unicode, folded, &n->more);
    return str_copy(&n->scratch, buf_view(&n->more));
}

static void S_tokens(struct normalizer *n, struct str raw, struct tokens *t)
{
    struct str text = S_part_attached(n, S_simplified(n, normalizer_fold(n, raw)));
    forms_name_tokens(n, S_spell_signs(n, text), t);
}

/* ------------------------------------------------------------------ legal forms */

struct legal {
    struct str class[4]; /* as found, the one at the end of the name first */
    unsigned n;
};

static void S_erase(struct tokens *t, unsigned at, unsigned count)
{
    memmove(&t->token[at], &t->token[at + count], (t->n - at - count) * sizeof t->token[0]);
    t->n -= count;
}

static void S_note(struct legal *legal, struct str class)
{
    if (legal->n < COUNT_OF(legal->class) && (!legal->n || !str_eq(legal->class[legal->n - 1], class)))
        legal->class[legal->n++] = class;
}

static bool S_is_and(struct str token)
{
    return str_eq(token, STR("and"));
}

static void S_take_at_end(struct tokens *t, struct legal *legal)
{
    struct str class;
    unsigned count;
    while (t->n > 1 && (count = words_find_until(&words_legal_forms, t, t->n, &class)) && count < t->n) {
        S_note(legal, class);
        t->n -= count;
        while (t->n > 1 && S_is_and(t->token[t->n - 1]))
            t->n--;
    }
}

static void S_take_at_start(struct tokens *t, struct legal *legal)
{
    struct str class;
    unsigned count = t->n > 1 ? words_find_from(&words_legal_first, t, 0, &class) : 0;
    if (!count || count == t->n) {
        count = t->n > 1 ? words_find_from(&words_legal_strong, t, 0, &class) : 0;
        if (!count || count == t->n)
            return;
        words_find_from(&words_legal_forms, t, 0, &class);
    }
    S_note(legal, class);
    S_erase(t, 0, count);
}

/* "Acme GmbH Niederlassung Berlin": only forms that are nothing else. */
static void S_take_inside(struct tokens *t, struct legal *legal)
{
    for (unsigned i = 1; i + 1 < t->n; i++) {
        struct str class;
        unsigned count = words_find_from(&words_legal_strong, t, i, NULL);
        if (!count || i + count >= t->n || words_find_from(&words_legal_forms, t, i, &class) < count)
            continue;
        S_note(legal, class);
        S_erase(t, i, count);
        return;
    }
}

static void S_take_legal(struct tokens *t, struct legal *legal)
{
    legal->n = 0;
    S_take_at_end(t, legal);
    S_take_at_start(t, legal);
    if (legal->n == 0)
        S_take_inside(t, legal);
}

/* The last word as written: with dots inside ("S.A."), or in capitals while others are not ("Novartis AG"). */
static bool S_is_marked(struct str raw)
{
    size_t start = raw.len;
    while (start && raw.ptr[start - 1] != ' ')
        start--;
    struct str last = str_sub(raw, start, raw.len);
    unsigned dots = 0, small = 0, small_before = 0;
    for (size_t i = 0; i < raw.len; i++) {
        bool in_last = i >= start;
        dots += in_last && raw.ptr[i] == '.' && i + 1 < raw.len;
        small += in_last && raw.ptr[i] >= 'a' && raw.ptr[i] <= 'z';
        small_before += !in_last && raw.ptr[i] >= 'a' && raw.ptr[i] <= 'z';
    }
    return dots > 0 || (last.len >= 2 && small == 0 && small_before >= 2);
}

/* The first word in capitals while others are not: "OAO Gazprom", not "Zao Wou-Ki". */
static bool S_is_marked_first(struct str raw)
{
    size_t end = str_find_byte(raw, ' '), small = 0;
    if (end == SIZE_MAX || end < 2)
        return false;
    for (size_t i = 0; i < raw.len; i++) {
        if (i < end && (raw.ptr[i] < 'A' || raw.ptr[i] > 'Z'))
            return false;
        small += raw.ptr[i] >= 'a' && raw.ptr[i] <= 'z';
    }
    return small >= 2;
}

/* Words that no person is called: "university", "airlines". */
static bool S_says_organisation(const struct tokens *t)
{
    for (unsigned i = 0; i < t->n; i++)
        if (words_find_from(&words_organisation_telling, t, i, NULL))
            return true;
    return false;
}

/* "Co." and a word such as "intl" before it; Co alone is a family name. */
static bool S_says_company(struct str raw, const struct tokens *t)
{
    struct str class;
    if (raw.ptr[raw.len - 1] == '.')
        return true;
    for (unsigned i = 0; i + 1 < t->n; i++)
        if (t->token[i].len > 3 && words_find(&words_organisation, t->token[i], &class))
            return true;
    return false;
}

bool organisation_is_one(struct normalizer *n, struct str raw)
{
    struct tokens t;
    struct str class;
    raw = str_trim(raw);
    size_t at;
    if (S_has_long_points(raw) && S_find_attached(normalizer_fold(n, raw), &at))
        return true;
    S_tokens(n, raw, &t);
    if (t.n < 2)
        return false;
    for (unsigned i = 0; i < t.n; i++) {
        unsigned count = words_find_from(&words_legal_strong, &t, i, NULL);
        if (count && count < t.n)
            return true;
    }
    unsigned first = words_find_from(&words_legal_first, &t, 0, &class);
    if (first && first < t.n && ((t.token[0].ptr[0] & 0x80) || S_is_marked_first(raw)))
        return true;
    if (S_says_organisation(&t))
        return true;
    unsigned last = words_find_until(&words_legal_forms, &t, t.n, &class);
    return last && last < t.n &&
           (last > 2 || S_is_marked(raw) || (str_eq(class, STR("co")) && S_says_company(raw, &t)));
}

/* ------------------------------------------------------------------ forms */

/* One spelling for words of one meaning: "intl" and "international". */
static void S_spell_words(struct tokens *t)
{
    unsigned to = 0;
    for (unsigned i = 0; i < t->n;) {
        struct str word;
        unsigned count = words_find_from(&words_organisation, t, i, &word);
        t->token[to++] = count ? word : t->token[i];
        i += count ? count : 1;
    }
    t->n = to;
}

bool organisation_word_is_filler(struct str word)
{
    return words_find(&words_organisation_filler, word, NULL);
}

bool organisation_words_meet(struct str a, struct str b)
{
    struct str of_a = a, of_b = b;
    bool known_a = words_find(&words_organisation, a, &of_a), known_b = words_find(&words_organisation, b, &of_b);
    return (known_a || known_b) && str_eq(of_a, of_b);
}

bool organisation_word_is_legal(struct str word)
{
    return word.len > 1 && (words_find(&words_legal_forms, word, NULL) || words_find(&words_legal_first, word, NULL));
}

static void S_base(const struct tokens *t, struct tokens *base)
{
    base->n = 0;
    for (unsigned i = 0; i < t->n; i++)
        if (!organisation_word_is_filler(t->token[i]))
            base->token[base->n++] = t->token[i];
    if (base->n == 0) {
        memcpy(base->token, t->token, t->n * sizeof t->token[0]);
        base->n = t->n;
    }
}

static void S_acronym(const struct tokens *latin, unsigned n_words, struct arena *out, struct norm *value)
{
    if (latin->n < 3 || latin->n != n_words)
        return;
    char *to = ARENA_NEW(out, char, latin->n);
    for (unsigned i = 0; i < latin->n; i++)
        to[i] = latin->token[i].ptr[0];
    value->form[NORM_ACRONYM] = (struct str){to, latin->n};
}

static void S_base_forms(struct normalizer *n, const struct tokens *base, struct arena *out, struct norm *value)
{
    struct tokens latin, sorted;
    forms_latin_tokens(n, base, &latin);
    value->form[NORM_BASE] = tokens_join(base, ' ', out);
    S_acronym(&latin, base->n, out, value);
    forms_text_tokens(n, base, &sorted);
    tokens_sort(&sorted, false);
    value->form[NORM_TOKENS] = tokens_join(&sorted, ' ', out);
}

void normalize_organisation(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                            struct norm *value)
{
    (void)context;
    struct tokens t, base;
    struct legal legal;
    S_tokens(n, raw, &t);
    if (!t.n)
        return;
    S_take_legal(&t, &legal);
    S_spell_words(&t);
    S_base(&t, &base);
    for (unsigned i = legal.n; i-- > 0 && t.n < MOST_TOKENS;)
        t.token[t.n++] = legal.class[i];
    forms_name(n, &t, out, value);
    S_base_forms(n, &base, out, value);
    if (legal.n)
        value->form[NORM_LEGAL] = str_copy(out, legal.class[0]);
}
