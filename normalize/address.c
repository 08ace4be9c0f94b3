#include "normalize/address.h"

#include "normalize/address_template.h"
#include "normalize/generic.h"
#include "normalize/house_number.h"
#include "normalize/plain.h"
#include "normalize/reading.h"

static struct str S_word(const struct address_token *t)
{
    return t->canon.len ? t->canon : t->text;
}

static const struct address *S_read(struct normalizer *n, const struct norm_context *context, struct str raw)
{
    struct address *a = &n->reading->address;
    bool whole;
    if (reading_is_of(n->reading, raw))
        return a;
    memset(a->country, 0, sizeof a->country);
    address_tokens(n, raw, a, &whole);
    if (whole)
        address_tail(n, a);
    if (!a->country[0])
        memcpy(a->country, context->country, sizeof a->country);
    address_street(n, a);
    reading_keep(n->reading, raw);
    return a;
}

/* ------------------------------------------------------------------ forms */

static void S_add_word(struct buf *b, struct str word)
{
    if (b->len)
        buf_byte(b, ' ');
    buf_str(b, word);
}

/* House number as one word: tokens with what stood between them. */
static struct str S_number(struct normalizer *n, const struct address *a, struct arena *out)
{
    struct buf *b = &n->text;
    buf_clear(b);
    for (unsigned i = 0; i < a->end; i++) {
        if (a->token[i].part != PART_NUMBER)
            continue;
        char sign = a->token[i].before;
        if (b->len)
            buf_byte(b, sign == '-' || sign == '/' ? sign : ' ');
        buf_str(b, a->token[i].text);
    }
    struct str number = house_number_canonical(buf_view(b), out);
    return number;
}

/* Numbers of units without their words, but for floors and buildings: what a flat is called does not tell flats apart.
 */
static struct str S_unit(struct normalizer *n, const struct address *a, struct arena *out)
{
    struct buf *b = &n->text;
    buf_clear(b);
    for (unsigned i = 0; i < a->end; i++) {
        const struct address_token *t = &a->token[i];
        if (t->part == PART_UNIT_WORD && !str_eq(t->canon, STR("unit")))
            S_add_word(b, t->canon);
        else if (t->part == PART_UNIT)
            S_add_word(b, plain_strip_zeros(S_word(t)));
    }
    struct str unit = str_copy(out, buf_view(b));
    return unit;
}

static struct str S_box(struct normalizer *n, const struct address *a, struct arena *out)
{
    struct buf *b = &n->text;
    buf_clear(b);
    for (unsigned i = 0; i < a->n; i++)
        if (a->token[i].part == PART_BOX)
            buf_str(b, a->token[i].text);
    struct str box = plain_strip_zeros(str_copy(out, buf_view(b)));
    return box;
}

static bool S_is_filler(const struct address_token *t)
{
    return t->kinds & WORD_FILLER;
}

/* The name in a word: "haupt" of "hauptstrasse". */
static struct str S_name(const struct address_token *t)
{
    struct str word = S_word(t);
    size_t stem = t->kinds & WORD_STEM ? address_stem(word) : 0;
    return stem >= 3 ? str_sub(word, 0, stem) : word;
}

/* Does the run of names that token i belongs to have a kind of street, or stand beside the house number? */
static void S_street_run(const struct address *a, unsigned *from, unsigned *to)
{
    unsigned best = 0;
    *from = *to = 0;
    for (unsigned i = 0, end; i < a->end; i = end) {
        unsigned names = 0, score = 0;
        for (end = i; end < a->end && (end == i || a->token[end].before != ','); end++) {
            enum address_part part = a->token[end].part;
            names += part == PART_NAME || part == PART_DIRECTION || part == PART_TYPE;
            score += part == PART_TYPE || (part == PART_NAME && (a->token[end].kinds & WORD_STEM)) ? 2 : 0;
            score += part == PART_NUMBER ? 4 : 0;
        }
        if (names && score + 1 > best) {
            best = score + 1;
            *from = i;
            *to = end;
        }
    }
}

/* Words of one part in the street, fillers left out. */
static void S_collect(const struct address *a, unsigned from, unsigned to, enum address_part part, struct buf *b)
{
    for (unsigned i = from; i < to; i++)
        if (a->token[i].part == part && !(part == PART_NAME && S_is_filler(&a->token[i])))
            S_add_word(b, S_name(&a->token[i]));
}

/* The street's name; of a street that has none, what it does have: North Street, The Avenue. */
static struct str S_base(struct normalizer *n, const struct address *a, struct arena *out)
{
    unsigned from, to;
    struct buf *b = &n->text;
    buf_clear(b);
    S_street_run(a, &from, &to);
    S_collect(a, from, to, PART_NAME, b);
    if (!b->len)
        S_collect(a, from, to, PART_DIRECTION, b);
    if (!b->len)
        S_collect(a, from, to, PART_TYPE, b);
    struct str base = str_copy(out, buf_view(b));
    return base;
}

static struct str S_tokens(const struct address *a, struct str base, struct arena *out)
{
    struct tokens t;
    struct str rest = base;
    t.n = 0; /* the rest is large and needs no zeros */
    for (unsigned i = 0; i < a->end && t.n < MOST_TOKENS; i++)
        if ((a->token[i].part == PART_NAME || a->token[i].part == PART_PLACE) && !S_is_filler(&a->token[i]))
            t.token[t.n++] = S_name(&a->token[i]);
    while (t.n < MOST_TOKENS && str_next_token(&rest, " ", &t.token[t.n]))
        t.n++;
    tokens_sort(&t, true);
    return tokens_join(&t, ' ', out);
}

static struct str S_canon(struct normalizer *n, const struct address *a, struct arena *out)
{
    struct buf *b = &n->text;
    buf_clear(b);
    for (unsigned i = 0; i < a->n; i++) {
        const struct address_token *t = &a->token[i];
        bool joined =
            t->part == PART_NUMBER && i && a->token[i - 1].part == PART_NUMBER && strchr("-/", t->before) && t->before;
        if (t->part == PART_MARK)
            continue;
        if (joined)
            buf_byte(b, t->before);
        else if (b->len)
            buf_byte(b, ' ');
        buf_str(b, S_word(t));
    }
    struct str canon = str_copy(out, buf_view(b));
    return canon;
}

static void S_forms(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                    struct norm *value)
{
    const struct address *a = S_read(n, context, raw);
    struct str folded = plain_text(n, raw);
    if (!a->n || generic_text(folded)) {
        normalizer_invalid(n, raw, out, value);
        value->flags |= generic_text(folded) ? NORM_GENERIC : 0;
        return;
    }
    value->form[NORM_CANON] = S_canon(n, a, out);
    value->form[NORM_NUMBER] = S_number(n, a, out);
    value->form[NORM_UNIT] = S_unit(n, a, out);
    value->form[NORM_BOX] = S_box(n, a, out);
    value->form[NORM_BASE] = S_base(n, a, out);
    value->form[NORM_TOKENS] = S_tokens(a, value->form[NORM_BASE], out);
}

/* ------------------------------------------------------------------ pieces */

/* The raw text from the first to the last token of the part. */
static struct str S_span(const struct address *a, unsigned from, unsigned to)
{
    const char *start = a->token[from].raw.ptr, *end = a->token[to - 1].raw.ptr + a->token[to - 1].raw.len;
    return (struct str){start, (size_t)(end - start)};
}

static void S_add_piece(struct norm_piece *piece, unsigned *n, enum field_type type, struct str raw)
{
    if (raw.len && *n < MOST_PIECES)
        piece[(*n)++] = (struct norm_piece){type, raw};
}

static void S_tail_pieces(const struct address *a, struct norm_piece *piece, unsigned *n)
{
    static const struct {
        enum address_part part;
        enum field_type type;
    } parts[] = {{PART_CITY, FIELD_CITY},
                 {PART_REGION, FIELD_REGION},
                 {PART_POSTCODE, FIELD_POSTCODE},
                 {PART_COUNTRY, FIELD_COUNTRY}};
    for (size_t k = 0; k < COUNT_OF(parts); k++) {
        for (unsigned i = a->end, to; i < a->n; i = to) {
            for (to = i; to < a->n && a->token[to].part == parts[k].part; to++)
                ;
            if (to > i)
                S_add_piece(piece, n, parts[k].type, S_span(a, i, to));
            else
                to = i + 1;
        }
    }
}

/* The text before the tail without the house number: where the number stands at an edge, a slice; else two joined. */
static struct str S_street_text(const struct address *a, unsigned from, unsigned to, struct arena *out)
{
    if (a->end == 0 || (from == 0 && to == a->end))
        return (struct str){0};
    if (from == to)
        return S_span(a, 0, a->end);
    if (from == 0)
        return S_span(a, to, a->end);
    if (to == a->end)
        return S_span(a, 0, from);
    return arena_printf(out, "%.*s, %.*s", STR_ARG(S_span(a, 0, from)), STR_ARG(S_span(a, to, a->end)));
}

/* The flat of "12/3" stays with its number. */
static bool S_is_in_number(const struct address *a, unsigned i)
{
    const struct address_token *t = &a->token[i];
    bool behind = t->part == PART_UNIT && t->before == '/' && i > 0 && t[-1].part == PART_NUMBER;
    bool before = t->part == PART_UNIT && i + 1 < a->end && t[1].part == PART_NUMBER && t[1].before == '/';
    return t->part == PART_NUMBER || behind || before;
}

static unsigned S_pieces(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                         struct norm_piece piece[MOST_PIECES])
{
    const struct address *a = S_read(n, context, raw);
    unsigned count = 0, from = 0, to = 0;
    for (unsigned i = 0; i < a->end; i++) {
        if (!S_is_in_number(a, i))
            continue;
        from = to ? from : i;
        to = i + 1;
    }
    if (to)
        S_add_piece(piece, &count, FIELD_HOUSE_NUMBER, S_span(a, from, to));
    S_add_piece(piece, &count, FIELD_ADDRESS, S_street_text(a, from, to, out));
    S_tail_pieces(a, piece, &count);
    return count;
}

/* ------------------------------------------------------------------ the type */

void normalize_address(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                       struct norm *value)
{
    struct address_key key;
    struct norm_piece piece[MOST_PIECES];
    bool kind = address_key_of(raw, context->country, &key);
    const struct address_template *t = kind ? address_template_find(n, &key) : NULL;
    if (t) {
        address_template_forms(t, &key, raw, out, value);
        return;
    }
    S_forms(n, context, raw, out, value);
    if (kind)
        address_template_keep(n, &key, raw, value, piece, S_pieces(n, context, raw, out, piece));
}

unsigned split_address(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                       struct norm_piece piece[MOST_PIECES])
{
    struct address_key key;
    bool read = reading_is_of(n->reading, raw);
    const struct address_template *t =
        !read && address_key_of(raw, context->country, &key) ? address_template_find(n, &key) : NULL;
    return t ? address_template_pieces(t, raw, piece) : S_pieces(n, context, raw, out, piece);
}
