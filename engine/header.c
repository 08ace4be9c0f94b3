#include "engine/header.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/unicode.h"
#include "engine/header_table.h"

enum { MOST_TOKENS = 24, MOST_NAME = 400 };

struct header_words {
    struct unicode *unicode;
    struct map phrase; /* words joined without spaces -> row of the table */
    const struct header_row *row;
    struct buf split, fold, strip, joined;
};

/* ------------------------------------------------------------------ the table */

static void S_add(struct header_words *w, struct str phrase, uint32_t row)
{
    struct str word;
    buf_clear(&w->joined);
    while (str_next_token(&phrase, " ", &word))
        buf_str(&w->joined, word);
    map_add(&w->phrase, buf_view(&w->joined), row);
}

enum idem_status header_words_open(struct header_words **out, struct idem_error *err)
{
    size_t n;
    struct header_words *w = xcalloc(1, sizeof *w);
    enum idem_status status = unicode_open(&w->unicode, err);
    *out = NULL;
    if (status != IDEM_OK) {
        free(w);
        return status;
    }
    w->row = header_table(&n);
    for (size_t i = 0; i < n; i++) {
        struct str rest = str_from(w->row[i].phrases), phrase;
        while (str_next_token(&rest, "|", &phrase))
            S_add(w, phrase, (uint32_t)i);
    }
    *out = w;
    return IDEM_OK;
}

void header_words_close(struct header_words *w)
{
    if (!w)
        return;
    unicode_close(w->unicode);
    map_deinit(&w->phrase);
    buf_deinit(&w->split);
    buf_deinit(&w->fold);
    buf_deinit(&w->strip);
    buf_deinit(&w->joined);
    free(w);
}

/* ------------------------------------------------------------------ tokens */

static bool S_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool S_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool S_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool S_high(char c)
{
    return (unsigned char)c >= 0x80;
}

/* A boundary between two letters or digits: fooBar, fooBAR2, HTMLName. */
static bool S_boundary(struct str s, size_t i)
{
    char before = s.ptr[i - 1], c = s.ptr[i], after = i + 1 < s.len ? s.ptr[i + 1] : 0;
    if (S_digit(before) != S_digit(c))
        return true;
    return S_upper(c) && (S_lower(before) || (S_upper(before) && S_lower(after)));
}

static bool S_word(char c)
{
    return S_upper(c) || S_lower(c) || S_digit(c) || S_high(c);
}

/* Degree sign and ordinal marks, as in N°, stand for no letter. */
static bool S_mark(struct str s, size_t i)
{
    return i + 1 < s.len && (unsigned char)s.ptr[i] == 0xC2 && strchr("\xB0\xBA\xAA", s.ptr[i + 1]) != NULL;
}

/* Spaces between tokens, a newline between the parts of a path: "user.name", but not "Geb.-Datum" or "Tel. privat". */
static void S_split(struct header_words *w, struct str name)
{
    buf_clear(&w->split);
    for (size_t i = 0; i < name.len && i < MOST_NAME; i++) {
        char c = name.ptr[i];
        bool dot = c == '.' && i && S_word(name.ptr[i - 1]) && i + 1 < name.len && S_word(name.ptr[i + 1]);
        if (S_mark(name, i)) {
            buf_byte(&w->split, ' ');
            i++;
            continue;
        }
        if (S_word(c) && i && S_boundary(name, i))
            buf_byte(&w->split, ' ');
        buf_byte(&w->split, S_word(c) ? c : dot ? '\n' : ' ');
    }
}

static void S_fold(struct header_words *w)
{
    buf_clear(&w->fold);
    buf_clear(&w->strip);
    struct str rest = buf_view(&w->split), line;
    while (str_next_piece(&rest, '\n', &line)) {
        if (w->strip.len)
            buf_byte(&w->strip, '\n');
        buf_clear(&w->fold);
        unicode_fold(w->unicode, line, &w->fold);
        unicode_strip_accents(w->unicode, buf_view(&w->fold), &w->strip);
        buf_byte(&w->strip, ' ');
    }
}

struct tokens {
    struct str token[MOST_TOKENS];
    unsigned n;
    unsigned number; /* a number at the end */
};

static struct tokens S_tokens(struct str line)
{
    struct tokens t = {0};
    struct str token;
    while (t.n < MOST_TOKENS && str_next_token(&line, " ", &token))
        t.token[t.n++] = token;
    uint64_t number;
    if (t.n > 1 && str_to_u64(t.token[t.n - 1], &number) && number < 100)
        t.number = (unsigned)number;
    return t;
}

static bool S_in(const char *list, struct str token)
{
    char key[40];
    if (token.len + 2 > sizeof key)
        return false;
    key[0] = '|';
    memcpy(key + 1, token.ptr, token.len);
    key[token.len + 1] = '|';
    return str_find(str_from(list), (struct str){key, token.len + 2}) != SIZE_MAX;
}

/* ------------------------------------------------------------------ phrases */

struct found {
    int row;           /* -1: none */
    unsigned from, to; /* tokens */
    size_t len;
};

static int S_row(struct header_words *w, const struct tokens *t, unsigned from, unsigned to)
{
    buf_clear(&w->joined);
    for (unsigned i = from; i < to; i++)
        buf_str(&w->joined, t->token[i]);
    const uint32_t *row = map_find(&w->phrase, buf_view(&w->joined));
    return row ? (int)*row : -1;
}

/* The longest phrase from token `first` on; of two as long the later one, for the noun stands last. A filler alone
 * ("customer") gives way to anything. */
static struct found S_longest(struct header_words *w, const struct tokens *t, unsigned first)
{
    struct found best = {.row = -1};
    for (unsigned from = first; from < t->n; from++) {
        size_t len = 0;
        for (unsigned to = from + 1; to <= t->n; to++) {
            len += t->token[to - 1].len;
            int row = S_row(w, t, from, to);
            size_t counts = to == from + 1 && S_in(HEADER_FILLERS, t->token[from]) ? 1 : len;
            if (row < 0 || counts < best.len)
                continue;
            best = (struct found){row, from, to, counts};
        }
    }
    return best;
}

/* "address city", "street zip": the part that is named last is meant. */
static struct found S_address_part(struct header_words *w, const struct tokens *t, struct found found)
{
    static const char *const PARTS[] = {"city", "region", "postcode", "country", "house_number"};
    if (found.row < 0 || !w->row[found.row].field || strcmp(w->row[found.row].field, "address") != 0)
        return found;
    struct found part = S_longest(w, t, found.to);
    for (size_t i = 0; i < COUNT_OF(PARTS) && part.row >= 0 && w->row[part.row].field; i++)
        if (strcmp(w->row[part.row].field, PARTS[i]) == 0)
            return part;
    return found;
}

/* A filler glued to a phrase: "customeremail", "kundenname". */
static struct found S_glued(struct header_words *w, const struct tokens *t)
{
    struct found best = {.row = -1};
    for (unsigned i = 0; i < t->n; i++)
        for (size_t cut = 3; cut + 3 <= t->token[i].len; cut++) {
            struct tokens rest = {.token = {str_sub(t->token[i], cut, t->token[i].len)}, .n = 1};
            if (!S_in(HEADER_FILLERS, str_sub(t->token[i], 0, cut)))
                continue;
            int row = S_row(w, &rest, 0, 1);
            if (row >= 0)
                return (struct found){row, i, i + 1, t->token[i].len};
        }
    return best;
}

static enum header_whose S_whose(const struct tokens *t, struct found found, enum header_whose whose)
{
    for (unsigned i = 0; i < t->n; i++) {
        if (found.row >= 0 && i >= found.from && i < found.to)
            continue;
        struct str token = t->token[i];
        bool plural = token.len > 4 && token.ptr[token.len - 1] == 's';
        if (S_in(HEADER_OTHERS, token) || (plural && S_in(HEADER_OTHERS, str_sub(token, 0, token.len - 1))))
            return WHOSE_OTHERS;
        if (S_in(HEADER_SECOND, t->token[i]))
            whose = WHOSE_SECOND;
        if (S_in(HEADER_NATIVE, t->token[i]) && whose == WHOSE_OWN)
            whose = WHOSE_NATIVE;
    }
    return whose;
}

/* Letters of the name that count, and those that the phrase explains. */
static double S_share(const struct tokens *t, struct found found)
{
    size_t all = 0, explained = 0;
    for (unsigned i = 0; i < t->n; i++) {
        bool inside = i >= found.from && i < found.to;
        bool counts =
            inside || !(S_in(HEADER_FILLERS, t->token[i]) || S_in(HEADER_SECOND, t->token[i]) ||
                        S_in(HEADER_NATIVE, t->token[i]) || S_digit(t->token[i].ptr[0]) || t->token[i].len == 1);
        all += counts ? t->token[i].len : 0;
        explained += inside ? t->token[i].len : 0;
    }
    return all ? (double)explained / (double)all : 0;
}

static bool S_is_document(const char *field)
{
    static const char *const DOCUMENTS[] = {
        "passport_no", "driving_licence", "national_id",     "tax_id", "ssn", "vat_id",
        "lei",         "insurance_no",    "registration_no", "iban"};
    for (size_t i = 0; i < COUNT_OF(DOCUMENTS) && field; i++)
        if (strcmp(field, DOCUMENTS[i]) == 0)
            return true;
    return false;
}

/* Does a phrase in front of the last word name a document whose attribute that word is? */
static bool S_of_document(struct header_words *w, const struct tokens *t)
{
    if (t->n < 2 || !S_in(HEADER_OF_DOCUMENT, t->token[t->n - 1]))
        return false;
    struct tokens front = *t;
    front.n--;
    struct found found = S_longest(w, &front, 0);
    return found.row >= 0 && S_is_document(w->row[found.row].field);
}

static bool S_aside(struct header_words *w, const struct tokens *t, struct found found)
{
    if (t->n < 2 || found.to >= t->n)
        return S_of_document(w, t);
    return S_in(HEADER_ASIDE, t->token[t->n - 1]) || S_of_document(w, t);
}

static struct header_meaning S_line(struct header_words *w, struct str line)
{
    struct tokens t = S_tokens(line);
    struct found found = S_address_part(w, &t, S_longest(w, &t, 0));
    if (found.row < 0)
        found = S_glued(w, &t);
    struct header_meaning meaning = {.number = t.number, .whose = S_whose(&t, found, WHOSE_OWN)};
    if (found.row < 0)
        return meaning;
    const struct header_row *row = &w->row[found.row];
    meaning.says = row->says;
    meaning.field = row->field;
    meaning.share = S_share(&t, found);
    if (S_aside(w, &t, found) && row->says != SAYS_KIND)
        meaning = (struct header_meaning){.says = SAYS_IGNORE, .share = 1};
    return meaning;
}

/* A last part that says nothing of its own: "is_in_state.name", "address.value". */
static bool S_general(struct header_meaning m)
{
    return m.says == SAYS_NOTHING || m.says == SAYS_NAME || (m.says == SAYS_ID && m.share < 1);
}

struct header_meaning header_meaning(struct header_words *w, struct str name)
{
    struct str part[8], rest, line;
    unsigned n = 0;
    S_split(w, name);
    S_fold(w);
    rest = buf_view(&w->strip);
    while (n < COUNT_OF(part) && str_next_piece(&rest, '\n', &line))
        part[n++] = line;
    if (n == 0)
        return (struct header_meaning){0};
    struct header_meaning last = S_line(w, part[n - 1]);
    if (n > 1 && S_general(last)) {
        struct header_meaning before = S_line(w, part[n - 2]);
        if (before.says != SAYS_NOTHING && before.says != SAYS_NAME && before.says != SAYS_ID &&
            before.says != SAYS_REFERENCE)
            return before;
    }
    for (unsigned i = 0; i + 1 < n; i++) {
        struct tokens t = S_tokens(part[i]);
        if (last.whose == WHOSE_OWN)
            last.whose = S_whose(&t, (struct found){.row = -1}, WHOSE_OWN);
    }
    return last;
}
