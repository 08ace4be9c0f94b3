#include "normalize/address_template.h"

#include <stdlib.h>

#include "base/hash.h"
#include "normalize/generic.h"
#include "normalize/plain.h"

enum { TEMPLATE_BITS = 14, MOST_DIGITS = 5 };

struct address_templates {
    uint64_t generic_lengths;                          /* generic_lengths_with_digits() */
    struct address_template place[1 << TEMPLATE_BITS]; /* by hash; a new one takes the place of an old one */
};

void address_templates_free(struct address_templates *t)
{
    free(t);
}

/* ------------------------------------------------------------------ keys */

bool address_key_of(struct str raw, const char country[3], struct address_key *key)
{
    unsigned runs = 0;
    if (!raw.len || raw.len > TEMPLATE_KEY)
        return false;
    key->digits = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        key->text[i] = c;
        if (!plain_is_digit(c))
            continue;
        if (!i || !plain_is_digit(raw.ptr[i - 1])) {
            key->at = (uint8_t)i;
            runs++;
        }
        key->digits++;
        key->text[i] = '0';
    }
    if (runs != 1 || key->digits > MOST_DIGITS || raw.ptr[key->at] == '0')
        return false;
    key->len = (uint8_t)raw.len;
    memcpy(key->country, country, 2);
    uint64_t seed = (uint64_t)(unsigned char)country[0] << 8 | (unsigned char)country[1];
    key->hash = (uint32_t)(hash_str_seed((struct str){key->text, key->len}, seed) >> 32) | 1;
    return true;
}

static struct address_template *S_place(struct address_templates *t, const struct address_key *key)
{
    return &t->place[key->hash >> (32 - TEMPLATE_BITS)];
}

const struct address_template *address_template_find(struct normalizer *n, const struct address_key *key)
{
    if (!n->templates)
        return NULL;
    const struct address_template *t = S_place(n->templates, key);
    bool same = t->hash == key->hash && t->key_len == key->len && memcmp(t->country, key->country, 2) == 0 &&
                memcmp(t->key, key->text, key->len) == 0;
    return same ? t : NULL;
}

/* ------------------------------------------------------------------ keeping */

/* Where the number stands in a form; TEMPLATE_TEXT: nowhere. False: there are digits that are not it. */
static bool S_find_number(struct str form, struct str number, uint8_t *at)
{
    *at = TEMPLATE_TEXT;
    for (size_t i = 0; i < form.len; i++) {
        if (!plain_is_digit(form.ptr[i]))
            continue;
        size_t end = i;
        while (end < form.len && plain_is_digit(form.ptr[end]))
            end++;
        if (*at != TEMPLATE_TEXT || !str_eq(str_sub(form, i, end), number))
            return false;
        *at = (uint8_t)i;
        i = end;
    }
    return true;
}

static bool S_keep_forms(struct address_template *t, struct str number, const struct norm *value)
{
    size_t len = 0;
    for (unsigned f = 0; f < NORM_FORMS; f++) {
        struct str form = value->form[f];
        if (!form.len && f >= TEMPLATE_FORMS)
            continue;
        if (f >= TEMPLATE_FORMS || len + form.len >= TEMPLATE_TEXT || !S_find_number(form, number, &t->number_at[f]))
            return false;
        if (form.len)
            memcpy(t->text + len, form.ptr, form.len);
        t->len[f] = (uint8_t)form.len;
        len += form.len;
    }
    return t->number_at[NORM_CANON] != TEMPLATE_TEXT && t->number_at[NORM_TOKENS] == TEMPLATE_TEXT;
}

static bool S_keep_pieces(struct address_template *t, struct str raw, const struct norm_piece *piece, unsigned n)
{
    if (n > TEMPLATE_PIECES)
        return false;
    t->n_pieces = (uint8_t)n;
    for (unsigned i = 0; i < n; i++) {
        uintptr_t from = (uintptr_t)piece[i].raw.ptr - (uintptr_t)raw.ptr;
        if (from > raw.len || piece[i].raw.len > raw.len - from)
            return false;
        t->piece[i].type = (uint8_t)piece[i].type;
        t->piece[i].from = (uint8_t)from;
        t->piece[i].len = (uint8_t)piece[i].raw.len;
    }
    return true;
}

static bool S_may_be_generic(const struct address_templates *t, struct str folded)
{
    return t->generic_lengths >> (folded.len < 63 ? folded.len : 63) & 1 && generic_but_for_digits(folded);
}

void address_template_keep(struct normalizer *n, const struct address_key *key, struct str raw,
                           const struct norm *value, const struct norm_piece *piece, unsigned n_pieces)
{
    struct address_template t = {.hash = key->hash, .key_len = key->len};
    if (value->flags || !S_keep_forms(&t, str_sub(raw, key->at, key->at + key->digits), value) ||
        !S_keep_pieces(&t, raw, piece, n_pieces))
        return;
    if (!n->templates) {
        n->templates = xcalloc(1, sizeof *n->templates);
        n->templates->generic_lengths = generic_lengths_with_digits();
    }
    if (S_may_be_generic(n->templates, plain_text(n, raw)))
        return;
    memcpy(t.country, key->country, 2);
    memcpy(t.key, key->text, key->len);
    *S_place(n->templates, key) = t;
}

/* ------------------------------------------------------------------ copies */

void address_template_forms(const struct address_template *t, const struct address_key *key, struct str raw,
                            struct arena *out, struct norm *value)
{
    char *to = arena_alloc(out, TEMPLATE_TEXT, 1);
    memcpy(to, t->text, TEMPLATE_TEXT);
    for (unsigned f = 0; f < TEMPLATE_FORMS; to += t->len[f++]) {
        value->form[f] = (struct str){to, t->len[f]};
        if (t->number_at[f] != TEMPLATE_TEXT)
            memcpy(to + t->number_at[f], raw.ptr + key->at, key->digits);
    }
}

unsigned address_template_pieces(const struct address_template *t, struct str raw, struct norm_piece piece[MOST_PIECES])
{
    for (unsigned i = 0; i < t->n_pieces; i++)
        piece[i] =
            (struct norm_piece){(enum field_type)t->piece[i].type, {raw.ptr + t->piece[i].from, t->piece[i].len}};
    return t->n_pieces;
}
