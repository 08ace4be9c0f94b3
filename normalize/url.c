/*
 * Web addresses: what tells two pages or sites apart. Scheme, "www.", user, port, fragment, tracking parameters, an
 * index file and a trailing slash do not.
 */
#include "normalize/generic.h"
#include "normalize/plain.h"
#include "normalize/words.h"
#include "words_public_suffix.h"

static bool S_starts_nocase(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq_nocase(str_sub(s, 0, prefix.len), prefix);
}

/* "https://", "HTTP:", "//" */
static struct str S_without_scheme(struct str s)
{
    size_t i = 0;
    while (i < s.len && (plain_is_lower(s.ptr[i]) || plain_is_upper(s.ptr[i])))
        i++;
    struct str rest = str_sub(s, i, s.len);
    if (i && str_starts(rest, STR("://")))
        return str_sub(rest, 3, rest.len);
    if (S_starts_nocase(s, STR("http:")) || S_starts_nocase(s, STR("https:")))
        return S_without_scheme(str_sub(rest, 1, rest.len));
    return str_starts(s, STR("//")) ? str_sub(s, 2, s.len) : s;
}

static size_t S_find_any(struct str s, const char *bytes)
{
    for (size_t i = 0; i < s.len; i++)
        if (strchr(bytes, s.ptr[i]))
            return i;
    return s.len;
}

/* The host in Unicode without user, port and "www."; false when it cannot be one. */
static bool S_host(struct normalizer *n, struct str authority, struct arena *out, struct str *host)
{
    for (size_t at; (at = str_find_byte(authority, '@')) != SIZE_MAX;)
        authority = str_sub(authority, at + 1, authority.len);
    authority = str_sub(authority, 0, S_find_any(authority, ":"));
    while (authority.len && authority.ptr[authority.len - 1] == '.')
        authority = str_sub(authority, 0, authority.len - 1);
    if (S_starts_nocase(authority, STR("www.")) && str_find_byte(str_sub(authority, 4, authority.len), '.') != SIZE_MAX)
        authority = str_sub(authority, 4, authority.len);
    buf_clear(&n->text);
    bool ok =
        authority.len && str_find_byte(authority, '.') != SIZE_MAX && unicode_domain(n->unicode, authority, &n->text);
    *host = ok ? str_copy(out, buf_view(&n->text)) : plain_lower_case(authority, out);
    return ok;
}

/* The part of a host that is registered: one label more than its public suffix. */
static struct str S_registrable(struct str host)
{
    size_t last = host.len, second;
    while (last && host.ptr[last - 1] != '.')
        last--;
    if (last < 2 || plain_is_digit(host.ptr[last]))
        return host;
    for (second = last - 1; second && host.ptr[second - 1] != '.'; second--)
        ;
    if (second < 2 || !words_find(&words_public_suffix, str_sub(host, second, host.len), NULL))
        return str_sub(host, second, host.len);
    size_t third = second - 1;
    while (third && host.ptr[third - 1] != '.')
        third--;
    return str_sub(host, third, host.len);
}

static bool S_is_tracking(struct str parameter)
{
    static const char *const names[] = {"utm_", "fbclid", "gclid", "msclkid", "mc_cid", "mc_eid", "ref=", "trk="};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_starts(parameter, str_from(names[i])))
            return true;
    return false;
}

static void S_add_query(struct str query, struct buf *b)
{
    struct str parameter;
    char sign = '?';
    while (str_next_token(&query, "&", &parameter)) {
        if (S_is_tracking(parameter))
            continue;
        buf_byte(b, sign);
        buf_str(b, parameter);
        sign = '&';
    }
}

/* Path without index file, double and trailing slashes; case stays: servers may tell it apart. */
static void S_add_path(struct str path, struct buf *b)
{
    static const char *const index[] = {"index.html",   "index.htm",   "index.php",
                                        "default.aspx", "default.asp", "home.html"};
    struct str part;
    for (struct str rest = path; str_next_token(&rest, "/", &part);) {
        bool skip = false;
        for (size_t i = 0; i < COUNT_OF(index) && rest.len == 0; i++)
            skip |= str_eq_nocase(part, str_from(index[i]));
        if (skip)
            continue;
        buf_byte(b, '/');
        buf_str(b, part);
    }
}

void normalize_url(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                   struct norm *value)
{
    (void)context;
    struct str text = S_without_scheme(str_trim(raw)), host;
    text = str_sub(text, 0, S_find_any(text, "# \t\r\n\f\v"));
    size_t slash = S_find_any(text, "/?");
    struct str path = str_sub(text, slash, text.len), query = {0};
    size_t mark = S_find_any(path, "?");
    if (mark < path.len) {
        query = str_sub(path, mark + 1, path.len);
        path = str_sub(path, 0, mark);
    }
    if (!S_host(n, str_sub(text, 0, slash), out, &host)) {
        normalizer_invalid(n, raw, out, value);
        value->flags |= generic_text(value->form[NORM_CANON]) ? NORM_GENERIC : 0;
        return;
    }
    buf_clear(&n->more);
    buf_str(&n->more, host);
    S_add_path(path, &n->more);
    S_add_query(query, &n->more);
    value->form[NORM_CANON] = str_copy(out, buf_view(&n->more));
    value->form[NORM_DOMAIN] = S_registrable(host);
}
