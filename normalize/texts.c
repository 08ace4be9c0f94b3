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
    struct str unit = str_sub(token, i, token.len);
    bool by = unit.len > 1 && unit.ptr[0] == 'x' && unit.ptr[1] >= '0' && unit.ptr[1] <= '9'; /* 1920x1080 */
    return i && unit.len && (words_find(&words_units, unit, NULL) || (by && S_shape(unit).letters == 1));
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

static bool S_is_digit_at(struct str s, size_t i)
{
    return i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9';
}

struct compound {
    struct str text; /* without the joints */
    unsigned words;
    bool measure; /* one of the words is a unit, or digits and a unit: 5-cubic-foot, 1920x1080 */
};

/* Words joined by - / . _ as one: dsc-w120 -> dscw120. */
static struct compound S_compound(struct normalizer *n, struct str latin, size_t *at)
{
    char *to = ARENA_NEW(&n->scratch, char, latin.len - *at + 1);
    struct compound c = {.words = 1};
    size_t len = 0, i = *at, start = 0;
    for (; i < latin.len; i++) {
        char letter = latin.ptr[i];
        bool word = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
        if (!word && !(S_is_joint(letter) && len && i + 1 < latin.len))
            break;
        if (word) {
            to[len++] = letter;
            continue;
        }
        c.measure |= S_is_measure((struct str){to + start, len - start});
        c.words += len > start;
        start = len;
    }
    struct str last = {to + start, len - start};
    c.measure |=
        S_is_measure(last) || (c.words > 1 && S_is_digit_at(latin, *at) && words_find(&words_units, last, NULL));
    c.words -= last.len == 0;
    *at = i;
    c.text = (struct str){to, len};
    return c;
}

/* Letters and digits that name something; or digits in groups, as makers number their goods: 010-00718-40. */
static bool S_is_compound_model(const struct compound *c)
{
    struct shape s = S_shape(c->text);
    bool measure = c->measure && S_is_digit_at(c->text, 0);
    if (c->text.len > 40 || measure)
        return false;
    return s.letters ? s.digits && c->text.len >= 3 : c->words > 1 && s.digits >= 8;
}

/* A few letters that may belong to the number behind them: "dsc w120", "eos 5d". */
static bool S_is_prefix(struct str token)
{
    static const char *const others[] = {"with", "for", "and",  "the",  "to",   "of",   "in",   "from",
                                         "by",   "per", "up",   "plus", "over", "on",   "at",   "or",
                                         "no",   "vol", "mit",  "fur",  "und",  "von",  "avec", "pour",
                                         "et",   "con", "para", "por",  "y",    "case", "size", "type"};
    struct shape s = S_shape(token);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (str_eq(token, str_from(others[i])))
            return false;
    return s.letters >= 2 && s.letters <= 4 && s.letters == token.len && !words_find(&words_units, token, NULL);
}

/* What follows the token makes it a measure: 25.0, 13", 15' */
static bool S_is_measured(struct str latin, struct str token)
{
    size_t end = (size_t)(token.ptr - latin.ptr) + token.len;
    if (end >= latin.len)
        return false;
    char c = latin.ptr[end];
    return (c == '.' && S_is_digit_at(latin, end + 1)) || c == '"' || c == '\'' || c == '%';
}

/* A short token with digits that is no measure, nor followed by a unit. */
static bool S_is_number_part(struct str latin, const struct tokens *words, unsigned i)
{
    enum { LONGEST = 5 };
    struct str token = words->token[i];
    bool unit_behind = i + 1 < words->n && words_find(&words_units, words->token[i + 1], NULL);
    bool only_digits = S_shape(token).digits == token.len;
    return S_shape(token).digits && token.len >= 2 && token.len <= LONGEST && !S_is_measure(token) &&
           !(only_digits && (unit_behind || S_is_measured(latin, token)));
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
        if (i && S_is_prefix(words.token[i - 1]) && S_is_number_part(latin, &words, i))
            S_add(&models, S_join_two(n, words.token[i - 1], token));
    }
    for (size_t at = 0; at < latin.len; at++) {
        struct compound compound = S_compound(n, latin, &at);
        if (S_is_compound_model(&compound))
            S_add(&models, compound.text);
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
