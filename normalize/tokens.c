#include <stdlib.h>

#include "normalize/normalizer.h"

/* ------------------------------------------------------------------ folding */

/* Spellings of one letter that keyboards and fonts mix, and points that are written or not: one spelling. 0: left out.
 */
static uint32_t S_one_spelling(uint32_t c)
{
    switch (c) {
    case 0x622: /* alef with madda, hamza above, below, wasla */
    case 0x623:
    case 0x625:
    case 0x671:
        return 0x627;
    case 0x649: /* alef maksura, Farsi yeh */
    case 0x6cc:
        return 0x64a;
    case 0x6a9: /* keheh */
        return 0x643;
    case 0x6c1: /* heh goal, teh marbuta goal */
        return 0x647;
    case 0x6c3:
        return 0x629;
    case 0x640: /* tatweel */
    case 0x670:
        return 0;
    default:
        break;
    }
    bool arabic_point = (c >= 0x610 && c <= 0x61a) || (c >= 0x64b && c <= 0x65f) || (c >= 0x6d6 && c <= 0x6ed);
    bool hebrew_point = c >= 0x591 && c <= 0x5c7 && c != 0x5be && c != 0x5c0 && c != 0x5c3 && c != 0x5c6;
    return arabic_point || hebrew_point ? 0 : c;
}

/* The spacing acute accent would fold to a space and a mark: it stands for an apostrophe. */
static struct str S_acute_as_apostrophe(struct normalizer *n, struct str raw)
{
    static const char acute[] = "\xc2\xb4";
    if (str_find(raw, STR(acute)) == SIZE_MAX)
        return raw;
    struct str copy = str_copy(&n->scratch, raw);
    char *at = (char *)(uintptr_t)copy.ptr;
    size_t len = 0;
    for (size_t i = 0; i < copy.len; i++) {
        if (i + 1 < copy.len && memcmp(copy.ptr + i, acute, 2) == 0) {
            at[len++] = '\'';
            i++;
        } else {
            at[len++] = copy.ptr[i];
        }
    }
    return str_sub(copy, 0, len);
}

/* Copies folded text, white space trimmed and made single spaces. */
static struct str S_single_spaces(struct str folded, struct arena *out)
{
    char *to = ARENA_NEW(out, char, folded.len + 1);
    size_t len = 0;
    bool gap = false;
    for (size_t i = 0; i < folded.len; i++) {
        char c = folded.ptr[i];
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            gap = len > 0;
            continue;
        }
        if (gap)
            to[len++] = ' ';
        gap = false;
        to[len++] = c;
    }
    return (struct str){to, len};
}

/* A folded text that is being written. */
struct folding {
    char *to;
    size_t len;
    bool gap; /* white space stands before what comes */
};

static inline void S_fold_byte(struct folding *f, uint32_t c)
{
    if (c == ' ' || c - '\t' < 5U) {
        f->gap = f->len > 0;
        return;
    }
    if (f->gap)
        f->to[f->len++] = ' ';
    f->gap = false;
    f->to[f->len++] = (char)(c + (c - 'A' < 26U) * 32U);
}

/* Eight bytes of ASCII, none of them white space, in lower case: 0x20 where adding carries past 'A' but not past 'Z'.
 */
static inline uint64_t S_lower_word(uint64_t word)
{
    const uint64_t each = 0x0101010101010101ULL, top = 0x80 * each;
    return word | ((((word + (0x80 - 'A') * each) & ~(word + (0x80 - 'Z' - 1) * each)) & top) >> 2);
}

/* Lower case, white space made single spaces. */
static struct str S_fold_ascii(struct str raw, struct arena *out)
{
    const uint64_t each = 0x0101010101010101ULL, top = 0x80 * each;
    struct folding f = {arena_alloc(out, raw.len + 1, 1), 0, false};
    size_t i = 0;
    for (uint64_t word; i + sizeof word <= raw.len; i += sizeof word) {
        memcpy(&word, raw.ptr + i, sizeof word);
        bool spaces = (word - 0x21 * each) & ~word & top; /* a byte of 0x20 or less */
        if (spaces) {
            for (size_t k = i; k < i + sizeof word; k++)
                S_fold_byte(&f, (unsigned char)raw.ptr[k]);
            continue;
        }
        if (f.gap)
            f.to[f.len++] = ' ';
        f.gap = false;
        word = S_lower_word(word);
        memcpy(f.to + f.len, &word, sizeof word);
        f.len += sizeof word;
    }
    for (; i < raw.len; i++)
        S_fold_byte(&f, (unsigned char)raw.ptr[i]);
    return (struct str){f.to, f.len};
}

static struct str S_fold(struct normalizer *n, struct str raw)
{
    if (unicode_is_ascii(raw))
        return S_fold_ascii(raw, &n->scratch);
    buf_clear(&n->fold);
    buf_clear(&n->strip);
    unicode_fold(n->unicode, S_acute_as_apostrophe(n, raw), &n->fold);
    unicode_strip_accents(n->unicode, buf_view(&n->fold), &n->strip);
    buf_clear(&n->fold);
    struct str rest = buf_view(&n->strip);
    while (rest.len) {
        uint32_t c = unicode_next(&rest);
        if (unicode_is_space(c))
            buf_byte(&n->fold, ' ');
        else if ((c = S_one_spelling(c)))
            buf_utf8(&n->fold, c);
    }
    return S_single_spaces(buf_view(&n->fold), &n->scratch);
}

struct str normalizer_fold(struct normalizer *n, struct str raw)
{
    if (n->folded.raw.ptr && n->folded.raw.ptr == raw.ptr && n->folded.raw.len == raw.len)
        return n->folded.text;
    n->folded.text = S_fold(n, raw);
    n->folded.raw = raw;
    return n->folded.text;
}

struct str normalizer_latin(struct normalizer *n, struct str folded)
{
    if (unicode_is_ascii(folded))
        return folded;
    buf_clear(&n->strip);
    unicode_latin(n->unicode, folded, &n->strip);
    return S_single_spaces(buf_view(&n->strip), &n->scratch);
}

void normalizer_invalid(struct normalizer *n, struct str raw, struct arena *out, struct norm *value)
{
    struct str folded = normalizer_fold(n, raw);
    value->flags |= NORM_INVALID;
    value->form[NORM_CANON] = str_copy(out, folded.len ? folded : str_trim(raw).len ? str_trim(raw) : raw);
}

/* ------------------------------------------------------------------ tokens */

static bool S_is_token_point(uint32_t c)
{
    return unicode_is_letter(c) || unicode_is_digit(c) || unicode_is_mark(c);
}

void tokens_split(struct str folded, struct tokens *t)
{
    t->n = 0;
    const char *start = NULL, *end = folded.ptr;
    struct str rest = folded;
    while (rest.len) {
        const char *at = rest.ptr;
        bool inside = S_is_token_point(unicode_next(&rest));
        if (inside && !start) {
            start = at;
            if (t->n == MOST_TOKENS) /* the last token takes the rest */
                start = t->token[--t->n].ptr;
        } else if (!inside && start) {
            t->token[t->n++] = (struct str){start, (size_t)(end - start)};
            start = NULL;
        }
        end = rest.ptr;
    }
    if (start)
        t->token[t->n++] = (struct str){start, (size_t)(end - start)};
}

static int S_compare(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void S_insertion_sort(struct tokens *t)
{
    for (unsigned i = 1; i < t->n; i++) {
        struct str token = t->token[i];
        unsigned j = i;
        for (; j && str_cmp(t->token[j - 1], token) > 0; j--)
            t->token[j] = t->token[j - 1];
        t->token[j] = token;
    }
}

void tokens_sort(struct tokens *t, bool distinct)
{
    enum { FEW = 24 };
    if (t->n <= FEW)
        S_insertion_sort(t);
    else
        qsort(t->token, t->n, sizeof t->token[0], S_compare);
    if (!distinct)
        return;
    unsigned n = 0;
    for (unsigned i = 0; i < t->n; i++)
        if (!n || !str_eq(t->token[n - 1], t->token[i]))
            t->token[n++] = t->token[i];
    t->n = n;
}

struct str tokens_join(const struct tokens *t, char separator, struct arena *out)
{
    size_t len = 0;
    for (unsigned i = 0; i < t->n; i++)
        len += t->token[i].len + 1;
    char *to = ARENA_NEW(out, char, len + 1), *at = to;
    for (unsigned i = 0; i < t->n; i++) {
        if (i && separator)
            *at++ = separator;
        memcpy(at, t->token[i].ptr, t->token[i].len);
        at += t->token[i].len;
    }
    return (struct str){to, (size_t)(at - to)};
}
