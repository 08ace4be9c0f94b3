#include "normalize/forms.h"
#include "normalize/normalizer.h"
#include "normalize/words.h"
#include "words_units.h"

/* ------------------------------------------------------------------ model numbers */

struct shape {
    unsigned letters, digits;
};

static struct shape S_shape(struct str token)
{
    struct shape s = {0, 0};
    for (size_t i = 0; i < token.len; i++) {
        s.digits += token.ptr[i] >= '0' && token.ptr[i] <= '9';
        s.letters += token.ptr[i] >= 'a' && token.ptr[i] <= 'z';
    }
    return s;
}

/* "500gb", "12mp", "10x": digits and a unit measure something, they name nothing. */
static bool S_is_measure(struct str token)
{
    size_t i = 0;
    while (i < token.len && ((token.ptr[i] >= '0' && token.ptr[i] <= '9') || token.ptr[i] == '.'))
        i++;
    return i && i < token.len && words_find(&words_units, str_sub(token, i, token.len), NULL);
}

/* Letters with digits, or a long number. */
static bool S_is_model(struct str token)
{
    struct shape s = S_shape(token);
    if (s.letters && s.digits)
        return token.len >= 3 && !S_is_measure(token);
    return s.digits >= 5 && s.digits == token.len;
}

static void S_add(struct tokens *t, struct str token)
{
    if (t->n < MOST_TOKENS)
        t->token[t->n++] = token;
}

static struct str S_join_two(struct normalizer *n, struct str a, struct str b)
{
    return arena_printf(&n->scratch, "%.*s%.*s", STR_ARG(a), STR_ARG(b));
}

static bool S_is_joint(char c)
{
    return c == '-' || c == '/' || c == '.' || c == '_';
}

/* Words joined by - / . _ as one: dsc-w120 -> dscw120. */
static struct str S_compound(struct normalizer *n, struct str latin, size_t *at)
{
    char *to = ARENA_NEW(&n->scratch, char, latin.len - *at + 1);
    size_t len = 0, i = *at;
    for (; i < latin.len; i++) {
        char c = latin.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!word && !(S_is_joint(c) && len && i + 1 < latin.len))
            break;
        if (word)
            to[len++] = c;
    }
    *at = i;
    return (struct str){to, len};
}

/* A few letters that may belong to the number behind them: "dsc w120", "eos 5d". */
static bool S_is_prefix(struct str token)
{
    struct shape s = S_shape(token);
    return s.letters >= 2 && s.letters <= 4 && s.letters == token.len;
}

/* A short token with digits that is no measure, nor followed by a unit. */
static bool S_is_number_part(const struct tokens *words, unsigned i)
{
    enum { LONGEST = 5 };
    struct str token = words->token[i];
    bool unit_behind = i + 1 < words->n && words_find(&words_units, words->token[i + 1], NULL);
    bool only_digits = S_shape(token).digits == token.len;
    return S_shape(token).digits && token.len >= 2 && token.len <= LONGEST && !S_is_measure(token) &&
           !(only_digits && unit_behind);
}

static void S_models(struct normalizer *n, struct str latin, struct arena *out, struct norm *value)
{
    struct tokens words, models;
    models.n = 0;
    tokens_split(latin, &words);
    for (unsigned i = 0; i < words.n; i++) {
        struct str token = words.token[i];
        if (S_is_model(token))
            S_add(&models, token);
        if (i && S_is_prefix(words.token[i - 1]) && S_is_number_part(&words, i))
            S_add(&models, S_join_two(n, words.token[i - 1], token));
    }
    for (size_t at = 0; at < latin.len; at++) {
        struct str compound = S_compound(n, latin, &at);
        struct shape s = S_shape(compound);
        if (s.letters && s.digits && compound.len >= 3 && compound.len <= 40 && !S_is_measure(compound))
            S_add(&models, compound);
    }
    tokens_sort(&models, true);
    value->form[NORM_BASE] = tokens_join(&models, ' ', out);
}

/* ------------------------------------------------------------------ texts */

static void S_text(struct normalizer *n, struct str raw, bool models, struct arena *out, struct norm *value)
{
    struct str folded = normalizer_fold(n, raw);
    struct tokens words, latin, pieces;
    tokens_split(folded, &words);
    if (!words.n)
        return;
    forms_latin_tokens(n, &words, &latin);
    value->form[NORM_CANON] = tokens_join(&words, ' ', out);
    value->form[NORM_LATIN] = tokens_join(&latin, ' ', out);
    forms_text_tokens(n, &words, &pieces);
    tokens_sort(&pieces, true);
    value->form[NORM_TOKENS] = tokens_join(&pieces, ' ', out);
    if (models)
        S_models(n, normalizer_latin(n, folded), out, value);
}

void normalize_title(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                     struct norm *value)
{
    (void)context;
    S_text(n, raw, true, out, value);
}

void normalize_text(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                    struct norm *value)
{
    (void)context;
    S_text(n, raw, true, out, value);
}

void normalize_category(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                        struct norm *value)
{
    (void)context;
    S_text(n, raw, false, out, value);
}
