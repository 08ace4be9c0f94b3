#include "normalize/forms.h"

#include "normalize/phonetic.h"

/* ------------------------------------------------------------------ tokens */

static bool S_is_apostrophe(uint32_t c)
{
    static const uint32_t shapes[] = {'\'',  '`',   0xb7,  0x2b9,  0x2bb,  0x2bc,  0x2bd,  0x2be,  0x2bf,  0x2c8,
                                      0x55a, 0x5f3, 0x5f4, 0x2018, 0x2019, 0x201b, 0x2032, 0x2035, 0xa78c, 0xff07};
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        if (c == shapes[i])
            return true;
    return false;
}

/* The middle dot joins letters in Catalan and parts names in Chinese: it goes only between letters of Latin. */
static bool S_goes(uint32_t before, uint32_t c, uint32_t after)
{
    if (!S_is_apostrophe(c))
        return false;
    if (c == 0xb7)
        return unicode_script_of(before) == SCRIPT_LATIN && unicode_script_of(after) == SCRIPT_LATIN;
    return true;
}

static struct str S_without_apostrophes(struct normalizer *n, struct str folded)
{
    char *to = ARENA_NEW(&n->scratch, char, folded.len + 1);
    size_t len = 0;
    uint32_t before = 0;
    struct str rest = folded;
    while (rest.len) {
        const char *at = rest.ptr;
        uint32_t c = unicode_next(&rest);
        struct str ahead = rest;
        uint32_t after = ahead.len ? unicode_next(&ahead) : 0;
        if (!S_goes(before, c, after)) {
            memcpy(to + len, at, (size_t)(rest.ptr - at));
            len += (size_t)(rest.ptr - at);
        }
        before = c;
    }
    return (struct str){to, len};
}

void forms_name_tokens(struct normalizer *n, struct str folded, struct tokens *t)
{
    bool simple = true;
    for (size_t i = 0; i < folded.len && simple; i++)
        simple = !((unsigned char)folded.ptr[i] & 0x80) && folded.ptr[i] != '\'' && folded.ptr[i] != '`';
    tokens_split(simple ? folded : S_without_apostrophes(n, folded), t);
}

static uint32_t S_closing(uint32_t c)
{
    static const uint32_t pairs[][2] = {{'(', ')'},       {'[', ']'},       {'{', '}'},   {'"', '"'},
                                        {0x201c, 0x201d}, {0x201e, 0x201c}, {0xab, 0xbb}, {0xff08, 0xff09},
                                        {0x3010, 0x3011}, {0x300c, 0x300d}};
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        if (pairs[i][0] == c)
            return pairs[i][1];
    return 0;
}

/* The text behind the closing sign, or one of length 0 at NULL when it is never closed. */
static struct str S_skip_aside(struct str rest, uint32_t closing)
{
    while (rest.len)
        if (unicode_next(&rest) == closing)
            return rest;
    return (struct str){NULL, 0};
}

static bool S_has_letter(struct str text)
{
    while (text.len)
        if (unicode_is_letter(unicode_next(&text)))
            return true;
    return false;
}

/* No byte that opens an aside, or begins a code point that may. */
static bool S_has_no_aside(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '(' || c == '[' || c == '{' || c == '"' || (unsigned char)c >= 0xe0 || (unsigned char)c == 0xc2)
            return false;
    }
    return true;
}

struct str forms_without_asides(struct normalizer *n, struct str text)
{
    if (S_has_no_aside(text))
        return text;
    struct str rest = text;
    char *to = NULL;
    size_t len = 0;
    while (rest.len) {
        const char *at = rest.ptr;
        uint32_t closing = S_closing(unicode_next(&rest));
        struct str behind = closing ? S_skip_aside(rest, closing) : (struct str){NULL, 0};
        if (!to && behind.ptr) {
            to = ARENA_NEW(&n->scratch, char, text.len + 1);
            len = (size_t)(at - text.ptr);
            memcpy(to, text.ptr, len);
        }
        if (behind.ptr) {
            to[len++] = ' ';
            rest = behind;
        } else if (to) {
            memcpy(to + len, at, (size_t)(rest.ptr - at));
            len += (size_t)(rest.ptr - at);
        }
    }
    struct str left = to ? str_trim((struct str){to, len}) : text;
    return S_has_letter(left) ? left : text;
}

/* ------------------------------------------------------------------ scripts */

bool forms_is_east_asian(struct str text)
{
    bool any = false;
    while (text.len) {
        uint32_t c = unicode_next(&text);
        if (!unicode_is_letter(c))
            continue;
        enum unicode_script script = unicode_script_of(c);
        if (script != SCRIPT_HAN && script != SCRIPT_KANA && script != SCRIPT_HANGUL)
            return false;
        any = true;
    }
    return any;
}

bool forms_is_unspaced(uint32_t c)
{
    if (c < 0xe00)
        return false;
    bool south_east = c <= 0xeff || (c >= 0x1000 && c <= 0x109f) || (c >= 0x1780 && c <= 0x17ff);
    if (south_east)
        return true;
    if (c < 0x3000)
        return false;
    enum unicode_script script = unicode_script_of(c);
    return script == SCRIPT_HAN || script == SCRIPT_KANA;
}

static void S_add_token(struct tokens *t, const char *from, const char *to)
{
    if (t->n < MOST_TOKENS && to > from)
        t->token[t->n++] = (struct str){from, (size_t)(to - from)};
}

/* Takes one letter with its marks off the front. */
static uint32_t S_next_letter(struct str *rest)
{
    uint32_t c = unicode_next(rest);
    while (rest->len) {
        struct str after = *rest;
        if (!unicode_is_mark(unicode_next(&after)))
            break;
        *rest = after;
    }
    return c;
}

void forms_add_bigrams(struct str token, struct tokens *t)
{
    struct str rest = token;
    const char *start = token.ptr; /* of the run of the same kind */
    const char *before = NULL;     /* the letter before in a run without spaces */
    bool lonely = false;           /* that letter is in no pair yet */
    while (rest.len) {
        const char *at = rest.ptr;
        bool unspaced = forms_is_unspaced(S_next_letter(&rest));
        if (unspaced) {
            if (!before)
                S_add_token(t, start, at);
            else
                S_add_token(t, before, rest.ptr);
            lonely = !before;
            before = at;
        } else if (before) {
            if (lonely)
                S_add_token(t, before, at);
            before = NULL;
            start = at;
        }
    }
    if (!before)
        S_add_token(t, start, rest.ptr);
    else if (lonely)
        S_add_token(t, before, rest.ptr);
}

/* ------------------------------------------------------------------ Latin */

/* Hangul with a space between the syllables: names are romanised syllable by syllable. */
static struct str S_space_syllables(struct normalizer *n, struct str token)
{
    struct str rest = token;
    uint32_t first = unicode_next(&rest);
    if (unicode_script_of(first) != SCRIPT_HANGUL)
        return token;
    char *to = ARENA_NEW(&n->scratch, char, token.len * 2 + 1);
    size_t len = 0;
    rest = token;
    while (rest.len) {
        const char *at = rest.ptr;
        S_next_letter(&rest);
        if (len)
            to[len++] = ' ';
        memcpy(to + len, at, (size_t)(rest.ptr - at));
        len += (size_t)(rest.ptr - at);
    }
    return (struct str){to, len};
}

/* Northern Indian scripts do not speak the vowel that a consonant at the end of a word carries: mohana is Mohan. */
static bool S_drops_last_a(struct str token)
{
    uint32_t last = 0;
    while (token.len)
        last = unicode_next(&token);
    return last >= 0x900 && last < 0xb80 && unicode_is_letter(last);
}

static bool S_has_han(struct str token)
{
    while (token.len)
        if (unicode_script_of(unicode_next(&token)) == SCRIPT_HAN)
            return true;
    return false;
}

static bool S_latin_token(struct normalizer *n, struct str token, struct tokens *latin)
{
    if (S_has_han(token))
        return false;
    struct str text = normalizer_latin(n, S_space_syllables(n, token));
    if (text.len > 2 && text.ptr[text.len - 1] == 'a' && S_drops_last_a(token))
        text.len--;
    struct str rest = text, piece;
    unsigned before = latin->n;
    while (str_next_token(&rest, " ", &piece))
        S_add_token(latin, piece.ptr, piece.ptr + piece.len);
    return latin->n > before;
}

void forms_latin_tokens(struct normalizer *n, const struct tokens *t, struct tokens *latin)
{
    latin->n = 0;
    for (unsigned i = 0; i < t->n; i++) {
        struct str token = t->token[i];
        if (unicode_is_ascii(token))
            S_add_token(latin, token.ptr, token.ptr + token.len);
        else if (!S_latin_token(n, token, latin)) {
            latin->n = 0;
            return;
        }
    }
}

void forms_text_tokens(struct normalizer *n, const struct tokens *t, struct tokens *pieces)
{
    struct tokens one, latin;
    pieces->n = 0;
    one.n = 1;
    for (unsigned i = 0; i < t->n; i++) {
        struct str rest = t->token[i];
        one.token[0] = t->token[i];
        latin.n = 0;
        if (!forms_is_unspaced(unicode_next(&rest)))
            forms_latin_tokens(n, &one, &latin);
        const struct tokens *from = latin.n ? &latin : &one;
        for (unsigned k = 0; k < from->n; k++)
            forms_add_bigrams(from->token[k], pieces);
    }
}

/* ------------------------------------------------------------------ forms */

struct str forms_phonetic(const struct tokens *latin, struct arena *out)
{
    char *to = ARENA_NEW(out, char, latin->n *(MOST_PHONETIC + 1) + 1);
    size_t len = 0;
    for (unsigned i = 0; i < latin->n; i++) {
        char code[MOST_PHONETIC];
        size_t used = phonetic_code(latin->token[i], code);
        if (!used)
            continue;
        if (len)
            to[len++] = ' ';
        memcpy(to + len, code, used);
        len += used;
    }
    return (struct str){to, len};
}

void forms_name(struct normalizer *n, const struct tokens *t, struct arena *out, struct norm *value)
{
    struct tokens latin;
    forms_latin_tokens(n, t, &latin);
    forms_name_as(t, &latin, ' ', out, value);
}

static bool S_same_tokens(const struct tokens *a, const struct tokens *b)
{
    if (a->n != b->n)
        return false;
    for (unsigned i = 0; i < a->n; i++)
        if (a->token[i].ptr != b->token[i].ptr)
            return false;
    return true;
}

void forms_name_as(const struct tokens *t, const struct tokens *latin, char separator, struct arena *out,
                   struct norm *value)
{
    struct str canon = tokens_join(t, separator, out);
    bool same = separator == ' ' && S_same_tokens(t, latin);
    value->form[NORM_CANON] = canon;
    value->form[NORM_LATIN] = same ? canon : tokens_join(latin, ' ', out);
    value->form[NORM_PHON] = forms_phonetic(latin, out);
    if (latin->n <= 1 && (latin->n || t->n == 1 || !separator)) {
        value->form[NORM_TOKENS] = latin->n ? value->form[NORM_LATIN] : canon;
        return;
    }
    struct tokens sorted;
    const struct tokens *from = latin->n ? latin : t;
    sorted.n = from->n;
    memcpy(sorted.token, from->token, from->n * sizeof from->token[0]);
    tokens_sort(&sorted, false);
    value->form[NORM_TOKENS] = tokens_join(&sorted, ' ', out);
}
