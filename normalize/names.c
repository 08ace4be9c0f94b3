#include "normalize/names.h"
#include "normalize/forms.h"
#include "normalize/name_words.h"
#include "normalize/normalizer.h"
#include "normalize/organisation.h"
#include "normalize/person.h"
#include "normalize/reading.h"
#include "normalize/simple_name.h"
#include "normalize/words.h"
#include "words_family_east_asian.h"
#include "words_name_parts.h"
#include "words_suffixes.h"
#include "words_titles.h"

/* ------------------------------------------------------------------ tokens of a name */

static void S_erase(struct tokens *t, unsigned at, unsigned count)
{
    memmove(&t->token[at], &t->token[at + count], (t->n - at - count) * sizeof t->token[0]);
    t->n -= count;
}

/* Titles at the front and suffixes at the end, while a name remains. A title that is also a name stays. *generation is
 * what tells father and son apart ("jr", "2"); empty: nothing. */
static void S_drop_titles(struct tokens *t, struct str *generation)
{
    struct str class;
    unsigned count;
    while (t->n > 1 && (count = words_find_from(&words_titles, t, 0, &class)) && count < t->n &&
           str_eq(class, STR("title")))
        S_erase(t, 0, count);
    while (t->n > 1 && t->token[t->n - 1].len > 1 && words_find(&words_suffixes, t->token[t->n - 1], &class) &&
           !str_eq(class, STR("name"))) {
        if (!str_eq(class, STR("degree")))
            *generation = class;
        t->n--;
    }
}

static struct str S_join_two(struct normalizer *n, struct str a, struct str b)
{
    char *to = ARENA_NEW(&n->scratch, char, a.len + b.len + 1);
    memcpy(to, a.ptr, a.len);
    memcpy(to + a.len, b.ptr, b.len);
    return (struct str){to, a.len + b.len};
}

/*
 * Parts that are written together or apart: words/name_parts.txt gives a part its class.
 *   prefix  belongs to the next word: mc donald, fitz gerald
 *   abd     the Arabic servant-names, with or without the article: abd al rahman, abdel rahman -> abdulrahman
 *   suffix  belongs to the word before: habib ullah
 *   others  are spelt as listed: st -> saint, dela -> de la
 */
static unsigned S_attach(struct normalizer *n, struct tokens *t, unsigned at, struct str class)
{
    bool last = at + 1 >= t->n;
    if (str_eq(class, STR("suffix")) && at > 0) {
        t->token[at - 1] = S_join_two(n, t->token[at - 1], t->token[at]);
        S_erase(t, at, 1);
        return at;
    }
    if (str_eq(class, STR("prefix")) && !last && t->token[at + 1].len > 1) {
        t->token[at] = S_join_two(n, t->token[at], t->token[at + 1]);
        S_erase(t, at + 1, 1);
    }
    if (str_eq(class, STR("abd")) && !last) {
        bool article = at + 2 < t->n && (str_eq(t->token[at + 1], STR("al")) || str_eq(t->token[at + 1], STR("el")) ||
                                         str_eq(t->token[at + 1], STR("ul")));
        bool arabic = t->token[at].ptr[0] & 0x80;
        t->token[at] = S_join_two(n, arabic ? t->token[at] : STR("abdul"), t->token[at + 1 + article]);
        S_erase(t, at + 1, 1 + article);
    }
    if (str_eq(class, STR("saint")) && !last)
        t->token[at] = class;
    return at + 1;
}

static void S_attach_parts(struct normalizer *n, struct tokens *t)
{
    for (unsigned at = 0; at < t->n && t->n > 1;) {
        struct str class;
        at = words_find(&words_name_parts, t->token[at], &class) ? S_attach(n, t, at, class) : at + 1;
    }
}

static bool S_is_initials(const struct tokens *t)
{
    for (unsigned i = 0; i < t->n; i++)
        if (unicode_points(t->token[i]) > 1 || forms_is_east_asian(t->token[i]))
            return false;
    return t->n > 0;
}

static bool S_has_han(struct str text)
{
    while (text.len)
        if (((unsigned char)text.ptr[0] & 0x80) == 0)
            text = str_sub(text, 1, text.len);
        else if (unicode_script_of(unicode_next(&text)) == SCRIPT_HAN)
            return true;
    return false;
}

/* The folded text, Han as simplified ones: one name, wherever it was written. */
static struct str S_fold(struct normalizer *n, struct str raw)
{
    struct str folded = normalizer_fold(n, raw);
    if (!S_has_han(folded))
        return folded;
    buf_clear(&n->more);
    unicode_simplify_han(n->unicode, folded, &n->more);
    return str_copy(&n->scratch, buf_view(&n->more));
}

static struct str S_name_tokens(struct normalizer *n, struct str raw, struct tokens *t)
{
    struct str generation = {NULL, 0};
    forms_name_tokens(n, forms_without_asides(n, S_fold(n, raw)), t);
    if (t->n < 2)
        return generation;
    S_drop_titles(t, &generation);
    S_attach_parts(n, t);
    return generation;
}

/* ------------------------------------------------------------------ Han */

/* One Latin word for each token, as Mandarin reads it: jinping. */
static void S_read_tokens(struct normalizer *n, const struct tokens *t, struct tokens *reading)
{
    reading->n = 0;
    for (unsigned i = 0; i < t->n; i++) {
        buf_clear(&n->more);
        if (S_has_han(t->token[i]))
            unicode_mandarin(n->unicode, t->token[i], &n->more);
        else
            buf_str(&n->more, normalizer_latin(n, t->token[i]));
        struct tokens syllables;
        tokens_split(buf_view(&n->more), &syllables);
        struct str word = tokens_join(&syllables, 0, &n->scratch);
        if (word.len)
            reading->token[reading->n++] = word;
    }
}

/* A name in Han is compared with Latin ones by its Mandarin reading. */
static void S_read_han(struct normalizer *n, const struct tokens *t, struct arena *out, struct norm *value)
{
    struct tokens reading;
    if (value->form[NORM_LATIN].len || !S_has_han(value->form[NORM_CANON]))
        return;
    S_read_tokens(n, t, &reading);
    value->form[NORM_READING] = tokens_join(&reading, ' ', out);
    value->form[NORM_PHON] = forms_phonetic(&reading, out);
}

/* ------------------------------------------------------------------ nicknames */

static void S_add_name(struct tokens *set, struct str name)
{
    if (set->n < MOST_TOKENS)
        set->token[set->n++] = name;
}

static void S_add_nick(struct tokens *set, struct str name)
{
    struct str canonical, one;
    S_add_name(set, name);
    if (!given_name_find(name, &canonical))
        return;
    while (str_next_piece(&canonical, '|', &one))
        S_add_name(set, one);
}

/* The names that the first given name may stand for; two names also count as one written together (Anna Maria). */
struct str names_nick(struct normalizer *n, const struct tokens *t, struct arena *out)
{
    struct tokens set;
    set.n = 0;
    unsigned first = 0;
    while (first < t->n && unicode_points(t->token[first]) == 1)
        first++;
    if (first == t->n)
        first = 0;
    if (t->n == 0)
        return (struct str){NULL, 0};
    S_add_nick(&set, t->token[first]);
    struct tokens one, latin;
    one.token[0] = t->token[first];
    one.n = 1;
    forms_latin_tokens(n, &one, &latin);
    if (latin.n > 0)
        S_add_nick(&set, latin.n == 1 ? latin.token[0] : tokens_join(&latin, 0, &n->scratch));
    if (first + 1 < t->n && unicode_points(t->token[first + 1]) > 1)
        S_add_nick(&set, S_join_two(n, t->token[first], t->token[first + 1]));
    tokens_sort(&set, true);
    return tokens_join(&set, ' ', out);
}

/* ------------------------------------------------------------------ the types */

static void S_name(struct normalizer *n, struct str raw, bool given, struct arena *out, struct norm *value)
{
    struct tokens t;
    if (simple_name_word(n, raw, given, out, value))
        return;
    struct str generation = S_name_tokens(n, raw, &t);
    if (!t.n)
        return;
    forms_name(n, &t, out, value);
    S_read_han(n, &t, out, value);
    value->form[NORM_GENERATION] = generation;
    if (given)
        value->form[NORM_NICK] = names_nick(n, &t, out);
    if (S_is_initials(&t))
        value->flags |= NORM_PARTIAL;
}

void normalize_given_name(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                          struct norm *value)
{
    (void)context;
    S_name(n, raw, true, out, value);
}

void normalize_middle_name(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                           struct norm *value)
{
    (void)context;
    S_name(n, raw, true, out, value);
}

/* A Korean family name is romanised as its bearers do: Kim, not Gim. Nothing for other names. */
static struct str S_family_latin(struct str family)
{
    struct str rest = family, canonical = {NULL, 0};
    bool hangul = unicode_script_of(unicode_next(&rest)) == SCRIPT_HANGUL;
    return hangul && words_find(&words_family_east_asian, family, &canonical) ? canonical : (struct str){NULL, 0};
}

void normalize_family_name(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                           struct norm *value)
{
    (void)context;
    struct tokens t, latin;
    if (simple_name_word(n, raw, false, out, value))
        return;
    struct str generation = S_name_tokens(n, raw, &t);
    if (t.n >= 2 && str_eq(t.token[0], STR("o"))) { /* O Brien */
        t.token[0] = S_join_two(n, t.token[0], t.token[1]);
        S_erase(&t, 1, 1);
    }
    if (!t.n)
        return;
    forms_latin_tokens(n, &t, &latin);
    struct str known = t.n == 1 ? S_family_latin(t.token[0]) : (struct str){NULL, 0};
    if (known.len) {
        latin.n = 1;
        latin.token[0] = known;
    }
    forms_name_as(&t, &latin, ' ', out, value);
    S_read_han(n, &t, out, value);
    value->form[NORM_GENERATION] = generation;
}

void normalize_name_suffix(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                           struct norm *value)
{
    (void)context;
    struct tokens t, latin;
    struct str class;
    forms_name_tokens(n, normalizer_fold(n, raw), &t);
    struct str joined = tokens_join(&t, 0, &n->scratch);
    if (!t.n)
        return;
    bool known = words_find(&words_suffixes, joined, &class);
    bool degree = known && (str_eq(class, STR("degree")) || str_eq(class, STR("name")));
    value->form[NORM_CANON] = str_copy(out, known && !degree ? class : joined);
    if (known && !degree) {
        t.token[0] = class;
        t.n = 1;
    }
    forms_latin_tokens(n, &t, &latin);
    value->form[NORM_LATIN] = tokens_join(&latin, 0, out);
    if (degree) /* says nothing about who it is */
        value->flags |= NORM_GENERIC;
}

/* ------------------------------------------------------------------ full names */

/* The parts of a person's name as one text in the order given, middle, family. */
static struct str S_natural_order(struct normalizer *n, const struct person *p)
{
    const struct person_part *part[] = {&p->given, &p->middle, &p->family};
    struct person_part all;
    all.n = 0;
    for (size_t k = 0; k < COUNT_OF(part); k++)
        for (unsigned i = 0; i < part[k]->n && all.n < PERSON_TOKENS; i++)
            all.raw[all.n++] = part[k]->raw[i];
    return p->western_order ? person_part_words(&all, &n->scratch) : person_part_text(&all, &n->scratch);
}

static bool S_is_east_asian(const struct person *p)
{
    for (unsigned i = 0; i < p->family.n; i++)
        if (!forms_is_east_asian(p->family.raw[i]))
            return false;
    for (unsigned i = 0; i < p->given.n; i++)
        if (!forms_is_east_asian(p->given.raw[i]))
            return false;
    return p->family.n == 1 && p->middle.n == 0 && !p->western_order;
}

/* One token of all letters of the text. */
static struct str S_one_token(struct normalizer *n, struct str raw)
{
    struct tokens t;
    forms_name_tokens(n, S_fold(n, raw), &t);
    return tokens_join(&t, 0, &n->scratch);
}

/* Family name first and no space, however it was written; in Latin letters word by word. */
static void S_east_asian_name(struct normalizer *n, const struct person *p, struct arena *out, struct norm *value)
{
    struct tokens t, latin;
    t.token[0] = S_one_token(n, p->family.raw[0]);
    t.token[1] = S_one_token(n, person_part_text(&p->given, &n->scratch));
    t.n = t.token[1].len ? 2 : 1;
    forms_latin_tokens(n, &t, &latin);
    struct str known = S_family_latin(t.token[0]);
    if (known.len && latin.n)
        latin.token[0] = known;
    forms_name_as(&t, &latin, 0, out, value);
    S_read_han(n, &t, out, value);
    struct tokens given;
    given.n = t.n > 1;
    given.token[0] = t.token[t.n - 1];
    value->form[NORM_NICK] = names_nick(n, &given, out);
}

static void S_person_name(struct normalizer *n, const struct person *p, struct arena *out, struct norm *value)
{
    struct tokens t, given;
    (void)S_name_tokens(n, S_natural_order(n, p), &t);
    if (!t.n)
        return;
    if (p->suffix.len && t.n < MOST_TOKENS)
        t.token[t.n++] = p->suffix;
    forms_name(n, &t, out, value);
    S_read_han(n, &t, out, value);
    if (p->given.n) {
        (void)S_name_tokens(n, p->given.raw[0], &given);
        value->form[NORM_NICK] = names_nick(n, &given, out);
    }
    if (S_is_initials(&t))
        value->flags |= NORM_PARTIAL;
}

static void S_take_simple(const struct simple_name *name, struct person *p)
{
    p->western_order = false;
    p->suffix = p->suffix_raw = (struct str){NULL, 0};
    p->given.n = p->family.n = 1;
    p->middle.n = name->n - 2;
    p->given.raw[0] = name->word[0].raw;
    p->middle.raw[0] = name->word[1].raw;
    p->family.raw[0] = name->word[name->n - 1].raw;
}

/* The name in its parts; NULL: it is an organisation's. */
static const struct person *S_read(struct normalizer *n, struct str raw)
{
    struct reading *r = n->reading;
    if (!reading_is_of(r, raw)) {
        bool simple = simple_name_read(n, raw, &r->simple);
        r->organisation = !simple && organisation_is_one(n, raw);
        if (simple)
            S_take_simple(&r->simple, &r->person);
        else if (!r->organisation)
            person_parse(n, raw, &r->person);
        reading_keep(r, raw);
    }
    return r->organisation ? NULL : &r->person;
}

void normalize_full_name(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                         struct norm *value)
{
    const struct person *p = S_read(n, raw);
    if (!p)
        normalize_organisation(n, context, raw, out, value);
    else if (n->reading->simple.n)
        simple_name_forms(n, &n->reading->simple, out, value);
    else if (p->family.n + p->given.n == 0)
        return;
    else if (S_is_east_asian(p))
        S_east_asian_name(n, p, out, value);
    else
        S_person_name(n, p, out, value);
}

static void S_add_piece(struct norm_piece *piece, unsigned *n_pieces, enum field_type type, struct str raw)
{
    if (raw.len)
        piece[(*n_pieces)++] = (struct norm_piece){type, raw};
}

unsigned split_full_name(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                         struct norm_piece piece[MOST_PIECES])
{
    (void)context;
    const struct person *p = S_read(n, raw);
    unsigned n_pieces = 0;
    if (!p) {
        S_add_piece(piece, &n_pieces, FIELD_ORGANISATION, str_copy(out, str_trim(raw)));
        return n_pieces;
    }
    S_add_piece(piece, &n_pieces, FIELD_GIVEN_NAME, person_part_text(&p->given, out));
    S_add_piece(piece, &n_pieces, FIELD_MIDDLE_NAME, person_part_text(&p->middle, out));
    S_add_piece(piece, &n_pieces, FIELD_FAMILY_NAME, person_part_text(&p->family, out));
    S_add_piece(piece, &n_pieces, FIELD_NAME_SUFFIX, str_copy(out, p->suffix_raw));
    return n_pieces;
}
