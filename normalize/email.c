/*
 * Mailboxes. CANON is the address as given in lower case; BASE the mailbox that mail to it ends up in: no tag, no dots
 * where the provider ignores them, one domain for providers with several, the domain in Unicode (UTS 46).
 */
#include "normalize/generic.h"
#include "normalize/plain.h"
#include "normalize/words.h"
#include "words_mail_domain.h"
#include "words_mail_nobody.h"

enum { LONGEST_LOCAL = 64, LONGEST_DOMAIN = 253 };

/* Providers that ignore more than a tag. */
struct provider {
    const char *domain;
    char dot; /* what a dot counts as; 0: nothing */
};

static const struct provider providers[] = {{"gmail.com", 0}, {"yandex.ru", '-'}};

/* ------------------------------------------------------------------ cleaning */

/* The text between the last pair of angle brackets, when there is an @ in it. */
static struct str S_inside_angles(struct str s)
{
    size_t open = s.len;
    while (open && s.ptr[open - 1] != '<')
        open--;
    if (!open)
        return s;
    struct str inside = str_sub(s, open, s.len);
    size_t close = str_find_byte(inside, '>');
    inside = close == SIZE_MAX ? inside : str_sub(inside, 0, close);
    return str_find_byte(inside, '@') == SIZE_MAX ? s : inside;
}

static bool S_is_edge(char c)
{
    return strchr(" \t\r\n\"'`<>()[]{},;:.", c) != NULL;
}

static struct str S_trim_edges(struct str s)
{
    while (s.len && S_is_edge(s.ptr[0]))
        s = str_sub(s, 1, s.len);
    while (s.len && S_is_edge(s.ptr[s.len - 1]))
        s = str_sub(s, 0, s.len - 1);
    return s;
}

/* Without "mailto:" and what a link carries behind "?", and of several addresses the first. */
static struct str S_one_address(struct str s)
{
    static const char *const labels[] = {"mailto:", "email:", "e-mail:", "mail:", "smtp:"};
    s = str_trim(s);
    for (size_t i = 0; i < COUNT_OF(labels); i++) {
        struct str label = str_from(labels[i]);
        if (s.len > label.len && str_eq_nocase(str_sub(s, 0, label.len), label))
            s = str_sub(s, label.len, s.len);
    }
    s = S_inside_angles(s);
    for (size_t i = 0; i < s.len; i++)
        if (strchr(",;|?", s.ptr[i]) && str_find_byte(str_sub(s, 0, i), '@') != SIZE_MAX)
            return S_trim_edges(str_sub(s, 0, i));
    return S_trim_edges(s);
}

/* "john (at) example (dot) com", written so against harvesters. */
static struct str S_plain_signs(struct str s, struct arena *a)
{
    static const struct {
        const char *word;
        char sign;
    } signs[] = {{"(at)", '@'},  {"[at]", '@'},  {" at ", '@'}, {"{at}", '@'},
                 {"(dot)", '.'}, {"[dot]", '.'}, {" dot ", '.'}};
    char *to = arena_alloc(a, s.len + 1, 1);
    size_t len = 0;
    for (size_t i = 0; i < s.len;) {
        size_t step = 0;
        for (size_t k = 0; k < COUNT_OF(signs) && !step; k++) {
            struct str word = str_from(signs[k].word);
            if (s.len - i >= word.len && str_eq_nocase(str_sub(s, i, i + word.len), word)) {
                to[len++] = signs[k].sign;
                step = word.len;
            }
        }
        if (!step)
            to[len++] = s.ptr[i];
        i += step ? step : 1;
    }
    return (struct str){to, len};
}

static struct str S_without_spaces(struct str s, struct arena *a)
{
    char *to = arena_alloc(a, s.len + 1, 1);
    size_t len = 0;
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] > ' ')
            to[len++] = s.ptr[i];
    return (struct str){to, len};
}

/* Case folded, accents kept: they tell mailboxes apart. */
static struct str S_fold(struct normalizer *n, struct str s, struct arena *out)
{
    if (unicode_is_ascii(s))
        return plain_lower_case(str_trim(s), out);
    buf_clear(&n->text);
    unicode_fold(n->unicode, s, &n->text);
    return str_copy(out, str_trim(buf_view(&n->text)));
}

/* Nothing but letters, digits and the usual signs around one @, no dot at either end: nearly all. */
static bool S_is_bare(struct str s)
{
    unsigned at_signs = 0;
    for (size_t i = 0; i < s.len; i++) {
        uint32_t c = (unsigned char)s.ptr[i];
        if ((c | 0x20U) - 'a' < 26U || c - '0' < 10U)
            continue;
        if (c != '.' && c != '_' && c != '-' && c != '+' && c != '@')
            return false;
        at_signs += c == '@';
    }
    return at_signs == 1 && s.ptr[0] != '.' && s.ptr[s.len - 1] != '.';
}

static struct str S_clean(struct normalizer *n, struct str raw)
{
    struct str s = S_one_address(raw);
    if (str_find_byte(s, '@') == SIZE_MAX)
        s = S_plain_signs(S_fold(n, s, &n->scratch), &n->scratch);
    return str_find_byte(s, '@') == SIZE_MAX ? s : S_without_spaces(s, &n->scratch);
}

/* ------------------------------------------------------------------ parts */

static size_t S_at_sign(struct str s)
{
    for (size_t i = s.len; i; i--)
        if (s.ptr[i - 1] == '@')
            return i - 1;
    return SIZE_MAX;
}

/* A name of letters, digits, dots and hyphens inside labels only, none of them encoded: UTS 46 gives it in lower case.
 * Hyphens in the third and fourth place ("xn--") are left to it, and so are labels that are too long. */
static bool S_is_plain_domain(struct str s)
{
    enum { LONGEST_LABEL = 63 };
    size_t label = 0;
    for (size_t i = 0; i < s.len; i++) {
        uint32_t c = (unsigned char)s.ptr[i];
        bool letter = (c | 0x20U) - 'a' < 26U || c - '0' < 10U;
        bool hyphen = c == '-' && label > 0 && label != 2 && i + 1 < s.len && s.ptr[i + 1] != '.';
        bool dot = c == '.' && label > 0 && i + 1 < s.len;
        if (!letter && !hyphen && !dot)
            return false;
        label = dot ? 0 : label + 1;
        if (label > LONGEST_LABEL)
            return false;
    }
    return s.len > 0;
}

/* The domain in Unicode; *valid tells whether it is a name with two labels or more. */
static struct str S_domain(struct normalizer *n, struct str raw, bool folded, struct arena *out, bool *valid)
{
    while (raw.len && raw.ptr[raw.len - 1] == '.')
        raw = str_sub(raw, 0, raw.len - 1);
    bool plain = raw.len <= LONGEST_DOMAIN && S_is_plain_domain(raw);
    buf_clear(&n->more);
    *valid = plain || (raw.len <= LONGEST_DOMAIN && unicode_domain(n->unicode, raw, &n->more) && n->more.len);
    struct str domain = *valid && !plain ? str_copy(out, buf_view(&n->more))
                        : folded         ? raw
                                         : S_fold(n, raw, out),
               canonical;
    size_t dot = domain.len;
    while (dot && domain.ptr[dot - 1] != '.')
        dot--;
    *valid = *valid && dot >= 2 && domain.len - dot >= 2 && !plain_is_digit(domain.ptr[dot]);
    return words_find(&words_mail_domain, domain, &canonical) ? canonical : domain;
}

static const struct provider *S_provider(struct str domain)
{
    for (size_t i = 0; i < COUNT_OF(providers); i++)
        if (str_eq(domain, str_from(providers[i].domain)))
            return &providers[i];
    return NULL;
}

static struct str S_before(struct str s, char sign)
{
    size_t at = str_find_byte(s, sign);
    return at == SIZE_MAX || at == 0 ? s : str_sub(s, 0, at);
}

static struct str S_mailbox(struct str local, const struct provider *p, struct arena *out)
{
    if (!p)
        return local;
    char *to = arena_alloc(out, local.len, 1);
    size_t len = 0;
    for (size_t i = 0; i < local.len; i++) {
        char c = local.ptr[i] == '.' ? p->dot : local.ptr[i];
        if (c)
            to[len++] = c;
    }
    return len ? (struct str){to, len} : local;
}

static struct str S_letter_runs(struct str local, struct arena *out)
{
    char *to = arena_alloc(out, local.len * 2 + 1, 1);
    size_t len = 0;
    for (size_t i = 0; i < local.len; i++) {
        char c = local.ptr[i];
        bool letter = plain_is_word(c) && !plain_is_digit(c);
        if (letter)
            to[len++] = c;
        else if (len && to[len - 1] != ' ')
            to[len++] = ' ';
    }
    return str_trim((struct str){to, len});
}

static bool S_is_local(struct str local)
{
    if (!local.len || local.len > LONGEST_LOCAL)
        return false;
    for (size_t i = 0; i < local.len; i++) {
        char c = local.ptr[i];
        if (c == '.' ? i + 1 < local.len && local.ptr[i + 1] == '.'
                     : !plain_is_word(c) && c != '_' && c != '-' && !strchr("!#$%&'*+/=?^`{|}~", c))
            return false;
    }
    return local.ptr[0] != '.' && local.ptr[local.len - 1] != '.';
}

static struct str S_address(struct str mailbox, struct str domain, struct arena *out)
{
    char *to = arena_alloc(out, mailbox.len + domain.len + 1, 1);
    memcpy(to, mailbox.ptr, mailbox.len);
    to[mailbox.len] = '@';
    memcpy(to + mailbox.len + 1, domain.ptr, domain.len);
    return (struct str){to, mailbox.len + domain.len + 1};
}

/* Nearly always what was given. */
static struct str S_mailbox_of(struct str mailbox, struct str domain, struct str canon, struct arena *out)
{
    bool whole = mailbox.ptr == canon.ptr && domain.ptr == mailbox.ptr + mailbox.len + 1;
    return whole && domain.ptr + domain.len == canon.ptr + canon.len ? canon : S_address(mailbox, domain, out);
}

void normalize_email(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                     struct norm *value)
{
    (void)context;
    bool bare = S_is_bare(raw); /* then what comes of it are slices of it in lower case */
    struct str address = bare ? plain_lower_case(raw, out) : S_clean(n, raw);
    size_t at = S_at_sign(address);
    if (at == SIZE_MAX || at == 0 || at + 1 == address.len) {
        normalizer_invalid(n, address.len ? address : raw, out, value);
        value->flags |= generic_text(value->form[NORM_CANON]) ? NORM_GENERIC : 0;
        return;
    }
    bool valid;
    struct str local = str_sub(address, 0, at);
    struct str domain = S_domain(n, str_sub(address, at + 1, address.len), bare, out, &valid);
    local = bare ? local : S_fold(n, local, out);
    struct str untagged = S_before(local, '+');
    struct str mailbox = S_mailbox(untagged, S_provider(domain), out);
    value->form[NORM_CANON] = bare ? address : S_fold(n, address, out);
    value->form[NORM_BASE] = S_mailbox_of(mailbox, domain, value->form[NORM_CANON], out);
    value->form[NORM_LOCAL] = mailbox;
    value->form[NORM_DOMAIN] = domain;
    value->form[NORM_TOKENS] = S_letter_runs(untagged, out);
    if (!valid || !S_is_local(local))
        value->flags |= NORM_INVALID;
    if (generic_mailbox(untagged) || generic_text(mailbox) || words_find(&words_mail_nobody, domain, NULL))
        value->flags |= NORM_GENERIC;
}
