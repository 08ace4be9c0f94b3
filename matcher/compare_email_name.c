#include "matcher/compare_email_name.h"

#include "normalize/name_words.h"

enum { MOST_LETTERS = 64, LEAST_NAME = 3 };

/* Letters of a text without anything between them. */
struct letters {
    char at[MOST_LETTERS];
    size_t n;
};

static bool S_is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static void S_letters(struct str s, struct letters *out)
{
    out->n = 0;
    for (size_t i = 0; i < s.len && out->n < MOST_LETTERS; i++)
        if (S_is_letter(s.ptr[i]))
            out->at[out->n++] = s.ptr[i];
}

static struct str S_view(const struct letters *l)
{
    return (struct str){l->at, l->n};
}

/* What is left of the local part when the name is cut off one end; false when it stands at neither. */
static bool S_cut(struct str local, struct str name, struct str *rest)
{
    if (str_ends(local, name))
        *rest = str_sub(local, 0, local.len - name.len);
    else if (str_starts(local, name))
        *rest = str_sub(local, name.len, local.len);
    else
        return false;
    return true;
}

/* Is the text the given name, a short form of it, or initials that begin with its own? */
static bool S_names_given(struct str rest, struct str given)
{
    struct letters all;
    struct str first = given;
    if (!rest.len || !str_next_token(&given, " ", &first))
        return false;
    S_letters(first, &all);
    struct str name = S_view(&all);
    if (!name.len || rest.len > name.len + 1)
        return name.len >= LEAST_NAME && str_starts(rest, name);
    bool initials = rest.len <= 2 && rest.ptr[0] == name.ptr[0];
    return initials || str_eq(rest, name) || (rest.len >= LEAST_NAME && str_starts(name, rest)) ||
           given_names_meet(rest, name);
}

static enum email_name_agreement S_with_family(struct str local, struct str family, const struct str *given,
                                               unsigned n_given)
{
    struct letters name;
    struct str rest;
    S_letters(family, &name);
    if (name.n < LEAST_NAME || !S_cut(local, S_view(&name), &rest))
        return EMAIL_NAME_NONE;
    for (unsigned i = 0; i < n_given; i++)
        if (S_names_given(rest, given[i]))
            return EMAIL_NAME_STRONG;
    bool another_given = rest.len > 2 || (rest.len && n_given); /* a relative: olga.berger */
    return another_given ? EMAIL_NAME_NONE : EMAIL_NAME_WEAK;
}

static enum email_name_agreement S_with_given(struct str local, struct str given, const struct str *family,
                                              unsigned n_family)
{
    struct letters name;
    struct str first, rest;
    if (!str_next_token(&given, " ", &first))
        return EMAIL_NAME_NONE;
    S_letters(first, &name);
    if (name.n < LEAST_NAME || !S_cut(local, S_view(&name), &rest))
        return EMAIL_NAME_NONE;
    if (!rest.len)
        return EMAIL_NAME_WEAK;
    for (unsigned i = 0; i < n_family; i++)
        if (rest.len <= 2 && family[i].len && rest.ptr[0] == family[i].ptr[0]) /* annab */
            return EMAIL_NAME_WEAK;
    return EMAIL_NAME_NONE;
}

enum email_name_agreement email_name_agreement(struct str local, const struct str *given, unsigned n_given,
                                               const struct str *family, unsigned n_family)
{
    struct letters all;
    enum email_name_agreement best = EMAIL_NAME_NONE;
    S_letters(local, &all);
    if (all.n < LEAST_NAME || all.n == MOST_LETTERS)
        return EMAIL_NAME_NONE;
    for (unsigned i = 0; i < n_family; i++) {
        enum email_name_agreement here = S_with_family(S_view(&all), family[i], given, n_given);
        best = here > best ? here : best;
    }
    for (unsigned i = 0; i < n_given; i++) {
        enum email_name_agreement here = S_with_given(S_view(&all), given[i], family, n_family);
        best = here > best ? here : best;
    }
    return best;
}
