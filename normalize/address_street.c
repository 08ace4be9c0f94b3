/*
 * What is left of an address without its tail. Post boxes and units are known by their words; the house number is the
 * number that stands first or last in the street's segment; the street's kind is its last word, or its first in
 * languages that put it there.
 */
#include "normalize/address.h"
#include "normalize/plain.h"

static struct address_token *S_at(struct address *a, unsigned i)
{
    return &a->token[i];
}

static bool S_is_free(struct address *a, unsigned i)
{
    return i < a->end && a->token[i].part == PART_NAME;
}

static bool S_is(struct address *a, unsigned i, unsigned kind)
{
    return a->token[i].kinds & kind;
}

static bool S_is_one_letter(struct str text)
{
    return text.len == 1 && plain_is_lower(text.ptr[0]);
}

/* "96th", "1st", "2eme": length of the digits; 0: no ordinal. */
static size_t S_ordinal(struct str text)
{
    static const char *const ends[] = {"st", "nd", "rd", "th", "eme", "er", "ere"};
    size_t n = 0;
    while (n < text.len && plain_is_digit(text.ptr[n]))
        n++;
    for (size_t i = 0; i < COUNT_OF(ends) && n; i++)
        if (str_eq(str_sub(text, n, text.len), str_from(ends[i])))
            return n;
    return 0;
}

/* ------------------------------------------------------------------ numbers in words */

static unsigned S_word_value(struct address *a, unsigned i)
{
    return i < a->end && S_is(a, i, WORD_NUMBER) ? address_word_number(a->token[i].text) : 0;
}

static bool S_is_english_ordinal(struct str text)
{
    static const char *const others[] = {"first", "second", "third", "forth", "twelth"};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (str_eq(text, str_from(others[i])))
            return true;
    return str_ends(text, STR("th"));
}

/* Makes `count` tokens one, a number: of an ordinal the street's name, else one like those written in digits. */
static void S_set_number(struct normalizer *n, struct address *a, unsigned from, unsigned count, unsigned value,
                         bool ordinal)
{
    struct address_token *first = S_at(a, from), *last = S_at(a, from + count - 1);
    struct str digits = arena_printf(&n->scratch, "%u", value);
    first->raw.len = (size_t)(last->raw.ptr + last->raw.len - first->raw.ptr);
    first->number = !ordinal;
    if (ordinal)
        first->canon = digits;
    else
        first->text = digits;
    memmove(first + 1, last + 1, (a->n - from - count) * sizeof *first);
    a->n -= count - 1;
    a->end -= count - 1;
}

/* "ninety-sixth" and "quatre vingt douze" are put together; single words count when they are English ordinals, or
 * follow the kind of a street that stands first (calle ocho, via XX settembre). */
static void S_words_as_number(struct normalizer *n, struct address *a, unsigned i)
{
    unsigned first = S_word_value(a, i), second = S_word_value(a, i + 1), third = S_word_value(a, i + 2);
    bool after_type = i > 0 && S_is(a, i - 1, WORD_TYPE_FIRST) && S_at(a, i)->text.len > 1;
    if (first == 4 && second == 20) {
        bool more = third > 0 && third < 20;
        S_set_number(n, a, i, more ? 3 : 2, 80 + (more ? third : 0), false);
    } else if (first >= 20 && first <= 90 && first % 10 == 0 && second > 0 && second < 10) {
        S_set_number(n, a, i, 2, first + second, S_is_english_ordinal(S_at(a, i + 1)->text));
    } else if (first && (S_is_english_ordinal(S_at(a, i)->text) || after_type)) {
        S_set_number(n, a, i, 1, first, true);
    }
}

static void S_numbers(struct normalizer *n, struct address *a)
{
    for (unsigned i = 0; i < a->end; i++) {
        size_t ordinal = S_ordinal(S_at(a, i)->text);
        if (ordinal)
            S_at(a, i)->canon = str_sub(S_at(a, i)->text, 0, ordinal);
        else
            S_words_as_number(n, a, i);
    }
}

/* The first token of a run stands for all. */
static void S_mark_run(struct address *a, unsigned from, unsigned to, enum address_part part, struct str canon)
{
    for (unsigned i = from; i < to; i++) {
        S_at(a, i)->part = i == from ? part : PART_MARK;
        S_at(a, i)->canon = i == from ? canon : (struct str){0};
    }
}

/* ------------------------------------------------------------------ post boxes */

static void S_boxes(struct address *a)
{
    for (unsigned i = 0; i < a->end; i++) {
        unsigned n = address_find_box(a, i, a->end), at = i + n;
        if (!n)
            continue;
        while (at < a->end && (str_eq(S_at(a, at)->text, STR("no")) || str_eq(S_at(a, at)->text, STR("nr"))))
            S_at(a, at++)->part = PART_MARK;
        bool number = at < a->end && plain_count_digits(S_at(a, at)->text);
        bool alone = n == 1 && str_eq(S_at(a, i)->text, STR("box")) && i > 0 && S_at(a, i)->before != ',';
        if (!number || alone)
            continue;
        S_mark_run(a, i, i + n, PART_BOX_WORD, STR("box"));
        for (unsigned first = at; at < a->end && (at == first || (S_at(a, at)->number && S_at(a, at)->before == ' '));
             at++)
            S_at(a, at)->part = PART_BOX;
        i = at - 1;
    }
}

/* ------------------------------------------------------------------ units */

static bool S_is_unit_id(const struct address_token *t)
{
    return (plain_count_digits(t->text) && t->text.len <= 6) || S_is_one_letter(t->text);
}

/* "apt 4b", "floor no 2", "flat 3 4": the word, marks, the number. */
static unsigned S_unit_forward(struct address *a, unsigned i, unsigned n, struct str kind)
{
    unsigned at = i + n;
    while (at < a->end && S_is(a, at, WORD_MARK) && at + 1 < a->end && S_is_unit_id(S_at(a, at + 1)))
        at++;
    if (at >= a->end || !S_is_unit_id(S_at(a, at)) || S_at(a, at)->part != PART_NAME || S_at(a, at)->before == ',')
        return 0;
    /* "flat 12 high street": a number that the street follows is the house's, when the word may also be part of a name
     */
    S_mark_run(a, i, at, PART_UNIT_WORD, kind);
    S_at(a, at)->part = PART_UNIT;
    unsigned next = at + 1;
    if (next < a->end && S_is_one_letter(S_at(a, next)->text) && S_at(a, next)->before != ',' && !S_at(a, at)->number)
        return next;
    if (next < a->end && S_at(a, next)->before == '-' && S_is_unit_id(S_at(a, next)))
        S_at(a, next++)->part = PART_UNIT;
    return next;
}

/* "6th floor", "2. OG": the number stands before the word. A plain number at the front is the house's. */
static bool S_unit_backward(struct address *a, unsigned i, unsigned n, struct str kind)
{
    bool number =
        i > 0 && S_is_free(a, i - 1) && (plain_count_digits(S_at(a, i - 1)->text) || S_at(a, i - 1)->canon.len);
    bool house = i == 1 && i + n < a->end && !S_at(a, 0)->canon.len;
    if (!number || house || !str_eq(kind, STR("floor")))
        return false;
    S_at(a, i - 1)->part = PART_UNIT;
    S_mark_run(a, i, i + n, PART_UNIT_WORD, kind);
    return true;
}

static bool S_stands_alone(struct str kind)
{
    static const char *const kinds[] = {"penthouse", "basement", "ground", "attic"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (str_eq(kind, str_from(kinds[i])))
            return true;
    return false;
}

static void S_units(struct address *a)
{
    for (unsigned i = 0; i < a->end; i++) {
        struct str kind;
        unsigned n = S_is_free(a, i) && !S_at(a, i)->canon.len ? address_find_unit(a, i, a->end, &kind) : 0;
        if (!n)
            continue;
        unsigned next = S_unit_backward(a, i, n, kind) ? i + n : S_unit_forward(a, i, n, kind);
        if (!next && S_stands_alone(kind) && (i > 0 || n == a->end) &&
            (i + n == a->end || S_at(a, i + n)->before == ',')) {
            S_mark_run(a, i, i + n, PART_UNIT_WORD, kind);
            S_at(a, i)->part = PART_UNIT;
            next = i + n;
        }
        i = next ? next - 1 : i;
    }
}

/* ------------------------------------------------------------------ house numbers */

struct span {
    unsigned from, to; /* tokens */
};

static bool S_is_house_number(struct address *a, unsigned i)
{
    struct str text = S_at(a, i)->text;
    return S_is_free(a, i) && S_at(a, i)->number && !S_at(a, i)->canon.len && text.len <= 8 &&
           plain_count_digits(text) <= 5;
}

/* The end of a house number that begins at i: "92-10", "12 a", "7 bis", "12/3", "16 1/2". */
static unsigned S_number_end(struct address *a, unsigned i, unsigned end)
{
    unsigned to = i + 1;
    if (to < end && S_is_free(a, to) && S_at(a, to)->number && strchr("-/", S_at(a, to)->before) && S_at(a, to)->before)
        to++;
    if (to >= end || !S_is_free(a, to) || S_at(a, to)->before == ',')
        return to;
    struct str text = S_at(a, to)->text;
    bool suffix =
        str_eq(text, STR("bis")) || str_eq(text, STR("ter")) || str_eq(text, STR("quater")) || str_eq(text, STR("½"));
    /* a lone letter belongs to the number unless it may be a direction before the street: 120 E 96th St */
    bool letter =
        S_is_one_letter(text) && (to + 1 == end || S_at(a, to + 1)->before == ',' || !strchr("nsew", text.ptr[0]));
    bool glued = S_is_one_letter(text) && S_at(a, to)->before == '-';
    return suffix || letter || glued ? to + 1 : to;
}

static void S_mark_number(struct address *a, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        S_at(a, i)->part = PART_NUMBER;
}

/* The second of "12/3" behind a street is a flat, unless it is the house next door. */
static void S_flat_behind_slash(struct address *a, struct span s)
{
    uint64_t house, flat;
    if (s.to - s.from < 2 || S_at(a, s.from + 1)->before != '/' || !S_at(a, s.from + 1)->number)
        return;
    bool plain = str_to_u64(S_at(a, s.from)->text, &house) && str_to_u64(S_at(a, s.from + 1)->text, &flat);
    if (!plain || flat != house + 2)
        S_at(a, s.from + 1)->part = PART_UNIT;
}

/* "2/45 Smith Street": flat before house. */
static void S_flat_before_slash(struct address *a, struct span s)
{
    if (s.to - s.from >= 2 && S_at(a, s.from + 1)->before == '/' && S_at(a, s.from + 1)->number)
        S_at(a, s.from)->part = PART_UNIT;
}

static bool S_has_name(struct address *a, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        if (S_is_free(a, i) && !S_is_house_number(a, i))
            return true;
    return false;
}

/* Is the number behind this kind its name: highway 61 anywhere, carrera 18 and avenue 12 where no name stands before?
 */
static bool S_is_numbered_kind(struct address *a, unsigned from, unsigned i)
{
    bool first = i == from || str_eq(S_at(a, i - 1)->text, STR("county"));
    return S_is(a, i, WORD_NUMBERED) || (first && S_is(a, i, WORD_NUMBERED_FIRST));
}

static unsigned S_segment_end(struct address *a, unsigned from)
{
    unsigned to = from + 1;
    while (to < a->end && S_at(a, to)->before != ',')
        to++;
    return to;
}

/* "no. 12", "#12", "n° 12": a marked number anywhere. */
static struct span S_marked(struct address *a)
{
    for (unsigned i = 1; i < a->end; i++) {
        bool word = S_is_free(a, i - 1) && S_is(a, i - 1, WORD_MARK) && i >= 2;
        if (!S_is_house_number(a, i) || !(word || S_at(a, i)->before == '#'))
            continue;
        if (word)
            S_at(a, i - 1)->part = PART_MARK;
        return (struct span){i, S_number_end(a, i, a->end)};
    }
    return (struct span){0, 0};
}

/* A number with the street behind it, in this segment. */
static struct span S_leading(struct address *a, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        if (!S_is_house_number(a, i))
            continue;
        unsigned end = S_number_end(a, i, to);
        bool first = i == from || (i == from + 1 && S_is(a, from, WORD_MARK));
        bool street = S_has_name(a, end, to);
        bool kind = false;
        for (unsigned k = end + 1; k < to; k++)
            kind |= S_is(a, k, WORD_TYPE);
        bool dot = end < to && S_at(a, end)->before == '.'; /* 1. Mai */
        bool only_kind = end + 1 == to && S_is(a, end, WORD_STRONG) && i == from && to == a->end;
        bool alone =
            i == from && end == to && to < a->end && S_has_name(a, to, S_segment_end(a, to)); /* 12, rue de la Paix */
        if (!alone && (!street || dot || only_kind || (!first && !kind)))
            continue;
        if (i == from + 1 && S_is(a, from, WORD_MARK))
            S_at(a, from)->part = PART_MARK;
        return (struct span){i, end};
    }
    return (struct span){0, 0};
}

/* A number at the end of the segment, behind a name; or alone in the segment behind the street's. */
static struct span S_trailing(struct address *a, unsigned from, unsigned to)
{
    for (unsigned i = to; i > from; i--) {
        if (!S_is_house_number(a, i - 1))
            continue;
        unsigned at = i - 1;
        if (at > from && strchr("-/", S_at(a, at)->before) && S_at(a, at)->before && S_is_house_number(a, at - 1))
            at--;
        unsigned end = S_number_end(a, at, to);
        bool rest = S_has_name(a, end, to);
        bool alone = at == from && !rest && (from > 0 || (to < a->end && S_has_name(a, to, S_segment_end(a, to))));
        bool name = S_has_name(a, from, at) && !(S_at(a, at)->before == ' ' && S_is_numbered_kind(a, from, at - 1));
        if ((!rest && name) || alone)
            return (struct span){at, end};
        return (struct span){0, 0};
    }
    return (struct span){0, 0};
}

/* Does the number stand behind the street here? By country, else by the words. */
static bool S_number_comes_last(struct address *a, const char *country)
{
    static const char last[] = "DE AT CH LI NL BE IT ES PT PL CZ SK SI HR RS BA HU RO BG GR SE NO DK FI IS EE LV LT RU "
                               "UA BY TR BR AR CL PE CO MX "
                               "UY PY BO EC VE";
    if (country[0])
        return str_find(STR(last), (struct str){country, 2}) != SIZE_MAX;
    for (unsigned i = 0; i < a->end; i++) {
        struct str text = S_at(a, i)->text;
        bool first = i == 0 && S_is(a, i, WORD_TYPE_FIRST) && !S_is(a, i, WORD_TYPE);
        if (S_is(a, i, WORD_STEM) || str_eq(text, STR("strasse")) || str_eq(text, STR("weg")) ||
            str_eq(text, STR("platz")) || first)
            return true;
    }
    return false;
}

/* "#01-11, 4 Hillview Rise": a marked number alone in front is a flat when another segment begins with a number. */
static void S_flat_in_front(struct address *a)
{
    unsigned end = a->end ? S_segment_end(a, 0) : 0;
    if (!end || S_at(a, 0)->before != '#' || S_number_end(a, 0, end) != end)
        return;
    for (unsigned i = end; i < a->end; i++) {
        if (S_at(a, i)->before != ',' || !S_is_house_number(a, i) || !S_has_name(a, i + 1, S_segment_end(a, i)))
            continue;
        for (unsigned k = 0; k < end; k++)
            S_at(a, k)->part = PART_UNIT;
        return;
    }
}

static void S_house_number(struct address *a, const char *country)
{
    S_flat_in_front(a);
    bool last = S_number_comes_last(a, country);
    struct span s = {0, 0};
    for (unsigned round = 0; round < 2 && !s.to; round++) {
        bool trailing = last == (round == 0);
        for (unsigned from = 0, to; from < a->end && !s.to; from = to) {
            to = S_segment_end(a, from);
            s = trailing ? S_trailing(a, from, to) : S_leading(a, from, to);
        }
        if (s.to)
            (trailing ? S_flat_behind_slash : S_flat_before_slash)(a, s);
    }
    struct span marked = s.to && !last ? (struct span){0, 0} : S_marked(a);
    if (marked.to && marked.from != s.from)
        s = marked;
    if (!s.to && a->end && S_is_house_number(a, 0) && S_number_end(a, 0, a->end) == a->end)
        s = (struct span){0, a->end};
    for (unsigned i = s.from; i < s.to; i++)
        if (S_at(a, i)->part == PART_NAME)
            S_mark_number(a, i, i + 1);
}

/* "#2f" behind a house number is a flat; so is a short number with a letter in a segment of its own: 3º B. */
static void S_left_over_numbers(struct address *a)
{
    bool house = false;
    for (unsigned i = 0; i < a->end; i++) {
        bool number = S_is_house_number(a, i);
        if (S_at(a, i)->part == PART_NUMBER)
            house = true;
        bool own =
            house && number && S_at(a, i)->before == ',' && S_segment_end(a, i) <= i + 2 && S_at(a, i)->text.len <= 3;
        bool word = i > 0 && S_is_free(a, i - 1) && S_is(a, i - 1, WORD_MARK);
        bool marked = house && number && (S_at(a, i)->before == '#' || word);
        if (!own && !marked)
            continue;
        if (marked && word)
            S_at(a, i - 1)->part = PART_MARK;
        unsigned end = own ? S_segment_end(a, i) : i + 1;
        for (unsigned k = i; k < end; k++)
            S_at(a, k)->part = PART_UNIT;
        size_t digits = plain_count_digits(S_at(a, i)->text); /* the o of 3º */
        if (S_at(a, i)->raw.len > S_at(a, i)->text.len && digits + 1 == S_at(a, i)->text.len)
            S_at(a, i)->canon = str_sub(S_at(a, i)->text, 0, digits);
    }
    for (unsigned i = 0; i + 1 < a->end; i++) /* "apt" with a letter and digits apart: # 2 f */
        if (house && S_at(a, i)->before == '#' && S_at(a, i)->part == PART_NAME && S_is_one_letter(S_at(a, i)->text))
            S_at(a, i)->part = PART_UNIT;
}

/* "between 90th and 91st sts", "near the station": to the end of the segment. */
static void S_asides(struct address *a)
{
    for (unsigned i = 1; i + 1 < a->end; i++) {
        bool aside =
            S_is(a, i, WORD_ASIDE) && S_is_free(a, i) && S_is_free(a, i - 1) && strchr(" .,", S_at(a, i)->before);
        for (unsigned end = aside ? S_segment_end(a, i) : i; i < end; i++)
            if (S_at(a, i)->part == PART_NAME)
                S_at(a, i)->part = PART_ASIDE;
    }
}

/* ------------------------------------------------------------------ kinds, directions, words */

static void S_set_type(struct address *a, unsigned i, bool write(struct str, struct str *))
{
    struct str canonical;
    static const char avenida[] = "ES PT BR MX AR CL CO PE UY PY BO EC VE CR PA DO GT SV HN NI CU";
    if (write(S_at(a, i)->text, &canonical))
        S_at(a, i)->canon = canonical;
    bool iberian = a->country[0] && str_find(STR(avenida), (struct str){a->country, 2}) != SIZE_MAX;
    if (iberian && (str_eq(S_at(a, i)->text, STR("av")) || str_eq(S_at(a, i)->text, STR("ave"))))
        S_at(a, i)->canon = STR("avenida");
    S_at(a, i)->part = PART_TYPE;
}

static void S_take_direction(struct address *a, unsigned i)
{
    struct str canonical;
    if (address_write_direction(S_at(a, i)->text, &canonical))
        S_at(a, i)->canon = canonical;
    S_at(a, i)->part = PART_DIRECTION;
}

/* What stands in a run behind its first strong kind, when the run does not end in a kind: a place. */
static unsigned S_place_from(struct address *a, unsigned from, unsigned to)
{
    if (S_is(a, to - 1, WORD_STRONG) || (S_is(a, from, WORD_TYPE_FIRST) && !S_is(a, from, WORD_TYPE)))
        return to;
    for (unsigned i = from + 1; i + 1 < to; i++) {
        bool name = i > from + 1 || !S_is(a, from, WORD_DIRECTION) || S_at(a, from)->text.len > 2;
        if (!S_is(a, i, WORD_STRONG) || !name)
            continue;
        unsigned end = S_is(a, i + 1, WORD_DIRECTION) ? i + 2 : i + 1;
        return end;
    }
    return to;
}

/* A street's run of names: its kind is the last word, before a direction; or the first. "Park Avenue", "Avenue Foch".
 */
static void S_run(struct address *a, unsigned from, unsigned to)
{
    while (from < to && S_is(a, from, WORD_FILLER) && S_at(a, from)->text.len > 1 && from + 1 < to &&
           S_is(a, from + 1, WORD_TYPE) && from + 2 == to)
        from++; /* the Boulevard */
    unsigned last = to, first = from;
    if (to - from >= 3 && S_is(a, to - 1, WORD_DIRECTION) && S_is(a, to - 2, WORD_TYPE))
        last = to - 1;
    if (to - first >= 2 && S_is(a, first, WORD_DIRECTION) && !(last - first == 2 && S_is(a, first + 1, WORD_TYPE)))
        first++;
    bool foreign = last - first >= 2 && S_is(a, first, WORD_TYPE_FIRST);
    bool behind = last - first >= 2 && S_is(a, last - 1, WORD_TYPE);
    bool strong = foreign && !S_is(a, first, WORD_TYPE);
    bool turned =
        last - first >= 2 && S_is(a, last - 1, WORD_TYPE_FIRST) && S_at(a, last - 1)->text.len > 1; /* Tolmacheva ul. */
    if (behind && !strong)
        S_set_type(a, last - 1, address_write_type);
    else if (foreign)
        S_set_type(a, first, address_write_type_first);
    else if (last - first >= 2 && S_is(a, first, WORD_TYPE) && S_is(a, first + 1, WORD_FILLER))
        S_set_type(a, first, address_write_type); /* Avenue of the Americas */
    else if (turned)
        S_set_type(a, last - 1, address_write_type_first);
    if (last < to)
        S_take_direction(a, last);
    if (first > from)
        S_take_direction(a, from);
}

/* The run of names that begins at `from`. */
static unsigned S_run_end(struct address *a, unsigned from, unsigned to)
{
    unsigned end = from + 1;
    while (end < to && S_is_free(a, end) && S_at(a, end)->before != ',')
        end++;
    return end;
}

static bool S_is_saint(struct address *a, unsigned i, unsigned from, unsigned to)
{
    bool later = false;
    if (i + 1 >= to || S_at(a, i + 1)->number || S_at(a, i + 1)->part != PART_NAME)
        return false;
    for (unsigned k = i + 2; k < to; k++)
        later |= S_is(a, k, WORD_TYPE);
    return i == from || later || S_is(a, i ? i - 1 : 0, WORD_TYPE_FIRST) ||
           (i > from && S_is(a, i - 1, WORD_DIRECTION) && i - 1 == from);
}

/* Abbreviations of names; "st" is a saint where a name follows that it cannot be the street of. */
static void S_words(struct address *a, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        struct address_token *t = S_at(a, i);
        struct str canonical;
        if (t->part != PART_NAME || t->canon.len)
            continue;
        bool st = str_eq(t->text, STR("st")), dr = str_eq(t->text, STR("dr"));
        if ((st || dr) && S_is_saint(a, i, from, to))
            t->canon = st ? STR("saint") : STR("doctor");
        else if (address_write_name(t->text, &canonical) ||
                 (t->text.len > 1 && S_is(a, i, WORD_TYPE) && address_write_type(t->text, &canonical)))
            t->canon = canonical;
    }
}

/* "hauptstr" is written out. */
static void S_write_out_stem(struct normalizer *n, struct address *a, unsigned i, bool dutch)
{
    struct address_token *t = S_at(a, i);
    size_t stem = S_is(a, i, WORD_STEM) ? address_stem(t->text) : 0;
    if (!stem || t->part != PART_NAME)
        return;
    struct str end = str_sub(t->text, stem, t->text.len);
    const char *whole = str_eq(end, STR("straat")) || (dutch && str_eq(end, STR("str"))) ? "straat" : "strasse";
    t->canon = arena_printf(&n->scratch, "%.*s%s", (int)stem, t->text.ptr, whole);
}

/* Do names stand behind the house number at i, in its segment? Then what is before it is a building. */
static bool S_names_follow(struct address *a, unsigned i)
{
    unsigned end = S_segment_end(a, i);
    for (; i < end; i++)
        if (S_at(a, i)->part == PART_NAME)
            return true;
    return false;
}

void address_street(struct normalizer *n, struct address *a)
{
    S_numbers(n, a);
    S_boxes(a);
    S_units(a);
    S_house_number(a, a->country);
    S_left_over_numbers(a);
    S_asides(a);
    bool dutch = memcmp(a->country, "NL", 2) == 0 || memcmp(a->country, "BE", 2) == 0;
    for (unsigned from = 0, to; from < a->end; from = to) {
        to = from + 1;
        if (!S_is_free(a, from))
            continue;
        to = S_run_end(a, from, a->end);
        unsigned street = S_place_from(a, from, to);
        S_run(a, from, street);
        S_words(a, from, to);
        for (unsigned i = from; i < to; i++)
            S_write_out_stem(n, a, i, dutch);
        bool before_number =
            to < a->end && S_at(a, to)->part == PART_NUMBER && S_at(a, to)->before != ',' && S_names_follow(a, to);
        for (unsigned i = before_number ? from : street; i < to; i++)
            if (S_at(a, i)->part == PART_NAME)
                S_at(a, i)->part = PART_PLACE;
    }
}
