#include "normalize/address.h"
#include "normalize/plain.h"
#include "normalize/reading.h"
#include "normalize/words.h"

enum { LONGEST_RUN = 127 };

static bool S_is_word_point(uint32_t c)
{
    return unicode_is_letter(c) || unicode_is_digit(c) || unicode_is_mark(c) ||
           (c >= 0xbc && c <= 0xbe) /* fractions */;
}

static bool S_is_apostrophe(uint32_t c)
{
    return c == '\'' || c == 0x2019 || c == 0x2018 || c == '`' || c == 0xb4;
}

/* The stronger of two signs between tokens. */
static char S_stronger(char a, char b)
{
    static const char order[] = " .'-/#,";
    const char *at = strchr(order, a), *bt = strchr(order, b);
    return bt && (!at || bt > at) ? b : a;
}

static char S_sign(uint32_t c)
{
    if (c == '\n' || c == '\r' || c == ',' || c == ';' || c == '(' || c == ')' || c == '|' || c == '[' || c == ']' ||
        c == 0x3001 || c == 0xff0c || c == 0x60c)
        return ',';
    if (c == '#' || c == 0x2116)
        return '#';
    if (c == '-' || (c >= 0x2010 && c <= 0x2015))
        return '-';
    if (c == '/' || c == '\\')
        return '/';
    return c == '.' ? '.' : S_is_apostrophe(c) ? '\'' : ' ';
}

/* Folds the text of one token; ASCII, nearly all, without ICU. */
static struct str S_fold(struct normalizer *n, struct str raw)
{
    for (size_t i = 0; i < raw.len; i++)
        if ((unsigned char)raw.ptr[i] >= 0x80)
            return plain_text(n, raw);
    return plain_lower_case(raw, &n->scratch);
}

/* ------------------------------------------------------------------ tokens that are cut into several signs, or not */

static bool S_is_single(struct str text)
{
    return text.len && unicode_points(text) == 1 && !plain_is_digit(text.ptr[0]);
}

/* "n.w." and "p.o." are one token: single letters with a stop between. */
static bool S_joins_initials(const struct address_token *last, struct str text, char before)
{
    return before == '.' && S_is_single(text) && last->text.len && last->raw.len == last->text.len * 2 - 1 &&
           !plain_is_digit(last->text.ptr[0]);
}

/* Italian kinds of streets are cut with a stop: v.le, p.za, c.so. */
static bool S_joins_italian(const struct address_token *last, struct str text, char before)
{
    static const struct str ends[] = {{"le", 2}, {"za", 2}, {"zza", 3}, {"so", 2}, {"lo", 2}, {"go", 2}};
    if (before != '.' || !S_is_single(last->text) || last->raw.len != 1 || !strchr("vpcl", last->text.ptr[0]))
        return false;
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (str_eq(text, ends[i]))
            return true;
    return false;
}

/* The apostrophe of "john's" and "o'connell" joins; that of "l'Etoile" and "dell'Orso" parts. */
static bool S_joins_apostrophe(const struct address_token *last, struct str text, char before)
{
    static const char *const articles[] = {"l", "d", "dell", "all", "nell", "sull", "dall", "qu", "un", "s"};
    if (before != '\'')
        return false;
    for (size_t i = 0; i < COUNT_OF(articles); i++)
        if (str_eq(last->text, str_from(articles[i])))
            return false;
    return str_eq(text, STR("s")) || str_eq(last->text, STR("o"));
}

static void S_join(struct normalizer *n, struct address_token *last, struct str raw, struct str text)
{
    last->raw.len = (size_t)(raw.ptr + raw.len - last->raw.ptr);
    last->text = arena_printf(&n->scratch, "%.*s%.*s", STR_ARG(last->text), STR_ARG(text));
    last->kinds = (uint16_t)address_word_kinds(&n->reading->words, last->text);
}

/* "apt4b", "flat2", "no12": a word of three letters or more and a number. */
static size_t S_glued_at(struct str text)
{
    static const struct str words[] = {{"apt", 3},   {"flat", 4}, {"unit", 4}, {"suite", 5}, {"ste", 3},
                                       {"floor", 5}, {"whg", 3},  {"appt", 4}, {"apto", 4},  {"depto", 5},
                                       {"no", 2},    {"nr", 2},   {"box", 3}};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (text.len > words[i].len && plain_is_digit(text.ptr[words[i].len]) && str_starts(text, words[i]))
            return words[i].len;
    return 0;
}

static bool S_add(struct normalizer *n, struct address *a, struct str raw, struct str text, char before)
{
    if (a->n == MOST_ADDRESS_TOKENS)
        return false;
    struct address_token *t = &a->token[a->n++];
    *t = (struct address_token){.raw = raw, .text = text, .before = before, .number = plain_is_digit(text.ptr[0])};
    t->kinds = (uint16_t)address_word_kinds(&n->reading->words, text);
    return true;
}

static bool S_add_token(struct normalizer *n, struct address *a, struct str raw, char before)
{
    struct str text = S_fold(n, raw);
    struct address_token *last = a->n ? &a->token[a->n - 1] : NULL;
    if (!text.len)
        return true;
    bool joins = last && (S_joins_initials(last, text, before) || S_joins_apostrophe(last, text, before) ||
                          (raw.ptr == last->raw.ptr + last->raw.len + 1 && S_joins_italian(last, text, before)));
    if (joins) {
        S_join(n, last, raw, text);
        return true;
    }
    size_t glued = raw.len == text.len ? S_glued_at(text) : 0;
    if (glued)
        return S_add(n, a, str_sub(raw, 0, glued), str_sub(text, 0, glued), before) &&
               S_add(n, a, str_sub(raw, glued, raw.len), str_sub(text, glued, text.len), ' ');
    return S_add(n, a, raw, text, before);
}

void address_tokens(struct normalizer *n, struct str raw, struct address *a, bool *whole)
{
    const char *start = NULL;
    char before = 0, sign = 0;
    struct str rest = raw;
    a->n = 0;
    *whole = true;
    while (rest.len && *whole) {
        const char *at = rest.ptr;
        uint32_t c = unicode_next(&rest);
        bool inside = S_is_word_point(c);
        if (inside && !start) {
            start = at;
            before = a->n ? (sign ? sign : ' ') : sign == '#' ? '#' : 0;
            sign = 0;
        } else if (!inside) {
            if (start)
                *whole = S_add_token(n, a, (struct str){start, (size_t)(at - start)}, before);
            start = NULL;
            sign = sign ? S_stronger(sign, S_sign(c)) : S_sign(c);
        }
    }
    if (start && *whole)
        *whole = S_add_token(n, a, (struct str){start, (size_t)(raw.ptr + raw.len - start)}, before);
    a->end = a->n;
}

/* ------------------------------------------------------------------ looking runs up */

bool address_find(const struct words *w, const struct address *a, unsigned from, unsigned to, struct str *canonical)
{
    char key[LONGEST_RUN];
    size_t len = 0;
    if (from >= to || words_most_from(w, a->token[from].text) < to - from)
        return false;
    for (unsigned i = from; i < to; i++) {
        struct str text = a->token[i].text;
        if (len + text.len + 1 > sizeof key)
            return false;
        if (i > from)
            key[len++] = ' ';
        memcpy(key + len, text.ptr, text.len);
        len += text.len;
    }
    return words_find(w, (struct str){key, len}, canonical);
}

unsigned address_find_from(const struct words *w, const struct address *a, unsigned from, unsigned to,
                           struct str *canonical)
{
    unsigned most = words_most_from(w, a->token[from].text);
    most = to - from < most ? to - from : most;
    for (unsigned n = most; n; n--)
        if (address_find(w, a, from, from + n, canonical))
            return n;
    return 0;
}
