#include "normalize/forms.h"
#include "normalize/normalizer.h"
#include "normalize/words.h"
#include "words_cities.h"
#include "words_city_parts.h"
#include "words_regions.h"

/* ------------------------------------------------------------------ cities */

/* words/city_parts.txt: a word's class is "drop" (a filler anywhere while something remains), "end" (it and what
 * follows it: am Main, sur Seine), "start" (dropped at the front only: city of), or how it is spelt. */
static void S_city_base(const struct tokens *t, struct tokens *base)
{
    base->n = 0;
    for (unsigned i = 0; i < t->n;) {
        struct str class = {NULL, 0};
        unsigned count = words_find_from(&words_city_parts, t, i, &class);
        bool last = i + count >= t->n;
        if (!count || (last && i == 0)) {
            base->token[base->n++] = t->token[i++];
            continue;
        }
        if (str_eq(class, STR("end")) && base->n && !last)
            break;
        bool drop = str_eq(class, STR("drop")) || (str_eq(class, STR("start")) && i == 0);
        bool keep = str_eq(class, STR("start")) || str_eq(class, STR("end"));
        if (keep && !drop)
            for (unsigned k = 0; k < count; k++)
                base->token[base->n++] = t->token[i + k];
        else if (!drop)
            base->token[base->n++] = last ? t->token[i] : class;
        i += count;
    }
    if (base->n == 0) {
        memcpy(base->token, t->token, t->n * sizeof t->token[0]);
        base->n = t->n;
    }
}

/* The city's one name where it has several: Cologne, Köln. */
static bool S_city_name(const struct tokens *t, struct str *name)
{
    unsigned count = t->n ? words_find_from(&words_cities, t, 0, name) : 0;
    return count && count == t->n;
}

/* Paris Cedex 12: the number belongs to the post office. */
static void S_drop_cedex_number(struct tokens *t)
{
    bool cedex = t->n >= 3 && str_eq(t->token[t->n - 2], STR("cedex"));
    if (cedex && t->token[t->n - 1].ptr[0] >= '0' && t->token[t->n - 1].ptr[0] <= '9')
        t->n--;
}

/* "St Louis, MO": the city without what is behind it. */
static struct str S_before_comma(struct str text)
{
    size_t comma = str_find_byte(text, ',');
    return comma == SIZE_MAX || comma < 2 ? text : str_sub(text, 0, comma);
}

void normalize_city(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                    struct norm *value)
{
    (void)context;
    struct tokens t, bare, base;
    struct str folded = normalizer_fold(n, raw);
    forms_name_tokens(n, folded, &t);
    if (!t.n)
        return;
    forms_name(n, &t, out, value);
    struct str name;
    forms_name_tokens(n, S_before_comma(forms_without_asides(n, folded)), &bare);
    S_drop_cedex_number(&bare);
    S_city_base(bare.n ? &bare : &t, &base);
    bool known = S_city_name(&t, &name) || S_city_name(&bare, &name) || S_city_name(&base, &name);
    value->form[NORM_BASE] = known ? str_copy(out, name) : tokens_join(&base, ' ', out);
}

/* ------------------------------------------------------------------ regions */

/* An abbreviation means what it means in the country of the source; without one, what it means in the United States. */
static bool S_find_region(struct normalizer *n, const char *country, struct str text, struct str *name)
{
    if (country[0]) {
        struct str key = arena_printf(&n->scratch, "%c%c %.*s", country[0] | 0x20, country[1] | 0x20, STR_ARG(text));
        if (words_find(&words_regions, key, name))
            return true;
    }
    return words_find(&words_regions, text, name);
}

void normalize_region(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                      struct norm *value)
{
    struct tokens t, base;
    struct str name;
    struct str folded = normalizer_fold(n, raw);
    forms_name_tokens(n, folded, &t);
    if (!t.n)
        return;
    forms_name(n, &t, out, value);
    S_city_base(&t, &base);
    struct str text = tokens_join(&base, ' ', out);
    value->form[NORM_BASE] = S_find_region(n, context->country, value->form[NORM_CANON], &name) ||
                                     S_find_region(n, context->country, text, &name)
                                 ? str_copy(out, name)
                                 : text;
}
