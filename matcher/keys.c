#include "matcher/keys.h"

#include "base/hash.h"

enum { PAIRED_WORDS = 4 /* at most 6 pairs */, CELL_DECIMALS = 3, CELL_SIZE = 100 };

static const char *const names[KEY_DERIVATIONS] = {
    [KEY_EXACT] = "exact",       [KEY_PHONETIC] = "phonetic",
    [KEY_FIRST3] = "first3",     [KEY_INITIAL] = "initial",
    [KEY_YEAR] = "year",         [KEY_MONTH_DAY] = "month_day",
    [KEY_TOKENS] = "tokens",     [KEY_RARE_TOKENS] = "rare_tokens",
    [KEY_BASE] = "base",         [KEY_LOCAL] = "local",
    [KEY_DIGITS] = "digits",     [KEY_NICKNAME] = "nickname",
    [KEY_ANY_NAME] = "any_name", [KEY_ALL] = "all",
    [KEY_CELL] = "cell",         [KEY_WORD_PAIRS] = "word_pairs",
};

const char *derivation_name(enum derivation d)
{
    return (unsigned)d < KEY_DERIVATIONS ? names[d] : "unknown";
}

bool derivation_parse(struct str name, enum derivation *d)
{
    if (name.len == 0) {
        *d = KEY_EXACT;
        return true;
    }
    for (unsigned i = 0; i < KEY_DERIVATIONS; i++)
        if (str_eq(name, str_from(names[i]))) {
            *d = (enum derivation)i;
            return true;
        }
    return false;
}

/* ------------------------------------------------------------------ keys of a value */

static unsigned S_one(struct str text, enum derivation d, uint64_t *key)
{
    if (text.len == 0)
        return 0;
    *key = hash_str_seed(text, 1 + (uint64_t)d);
    return 1;
}

static struct str S_latin(const struct norm *v)
{
    return v->form[NORM_LATIN].len ? v->form[NORM_LATIN] : v->form[NORM_CANON];
}

/* The number of keys with this one at the end, unless it is there already. */
static unsigned S_add_new(uint64_t *key, unsigned n, uint64_t fresh)
{
    for (unsigned i = 0; i < n; i++)
        if (key[i] == fresh)
            return n;
    key[n] = fresh;
    return n + 1;
}

static unsigned S_each_token(struct str text, enum derivation d, size_t shortest, uint64_t key[MOST_KEYS_OF_VALUE])
{
    unsigned n = 0;
    struct str token;
    while (n < MOST_KEYS_OF_VALUE && str_next_token(&text, " ", &token))
        if (token.len >= shortest)
            n = S_add_new(key, n, hash_str_seed(token, 1 + (uint64_t)d));
    return n;
}

/* The rarest tokens of the value: those in at most 1 of 500 values, or in at most 30. */
static unsigned S_rare_tokens(struct str text, const struct frequency_table *t, uint64_t key[MOST_KEYS_OF_VALUE])
{
    unsigned n = 0;
    struct str token;
    uint64_t most = t && t->total / 500 > 30 ? t->total / 500 : 30;
    while (n < MOST_KEYS_OF_VALUE && str_next_token(&text, " ", &token))
        if (token.len >= 2 && (!t || frequency_of(t, hash_str(token)) <= most))
            n = S_add_new(key, n, hash_str_seed(token, 1 + KEY_RARE_TOKENS));
    return n;
}

struct word {
    uint64_t hash;
    uint32_t count;
};

static bool S_is_rarer(const struct word *a, const struct word *b)
{
    return a->count != b->count ? a->count < b->count : a->hash < b->hash;
}

/* The rarest words of a text, rarest first, each once. */
static unsigned S_rarest(struct str text, const struct frequency_table *t, struct word best[PAIRED_WORDS])
{
    struct str token;
    unsigned n = 0;
    while (str_next_token(&text, " ", &token)) {
        struct word w = {hash_str(token), t ? frequency_of(t, hash_str(token)) : 0};
        unsigned at = 0;
        while (at < n && S_is_rarer(&best[at], &w))
            at++;
        if (token.len < 2 || at == PAIRED_WORDS || (at < n && best[at].hash == w.hash))
            continue;
        n += n < PAIRED_WORDS;
        memmove(&best[at + 1], &best[at], (n - 1 - at) * sizeof *best);
        best[at] = w;
    }
    return n;
}

/* Every two of the rarest words, whatever their order: one word of a title that is made of frequent ones says little.
 */
static unsigned S_word_pairs(struct str text, const struct frequency_table *t, uint64_t key[MOST_KEYS_OF_VALUE])
{
    struct word word[PAIRED_WORDS];
    unsigned n = 0, n_words = S_rarest(text, t, word);
    for (unsigned i = 0; i < n_words; i++)
        for (unsigned j = i + 1; j < n_words; j++)
            n = S_add_new(key, n, hash_u64((word[i].hash + word[j].hash) ^ KEY_WORD_PAIRS));
    return n;
}

static unsigned S_sorted_codes(struct str text, uint64_t *key)
{
    struct str token;
    uint64_t sum = 0; /* order does not matter */
    unsigned n = 0;
    while (str_next_token(&text, " ", &token)) {
        sum += hash_str_seed(token, 1 + KEY_PHONETIC);
        n++;
    }
    *key = hash_u64(sum);
    return n > 0;
}

static unsigned S_last_digits(struct str text, uint64_t *key)
{
    char digit[6];
    unsigned n = 0;
    for (size_t i = text.len; i && n < 6; i--)
        if (text.ptr[i - 1] >= '0' && text.ptr[i - 1] <= '9')
            digit[n++] = text.ptr[i - 1];
    return n < 6 ? 0 : S_one((struct str){digit, 6}, KEY_DIGITS, key);
}

static unsigned S_date_part(struct str canon, bool year, uint64_t *key)
{
    if (canon.len < 4)
        return 0;
    if (year)
        return canon.ptr[0] == '-' ? 0 : S_one(str_sub(canon, 0, 4), KEY_YEAR, key);
    bool has_day = canon.len == 10 || (canon.len == 7 && canon.ptr[0] == '-');
    return has_day ? S_one(str_sub(canon, canon.len - 5, canon.len), KEY_MONTH_DAY, key) : 0;
}

static unsigned S_first(struct str text, size_t points, enum derivation d, uint64_t *key)
{
    size_t end = 0;
    for (size_t seen = 0; end < text.len; end++)
        if (((unsigned char)text.ptr[end] & 0xC0) != 0x80 && seen++ == points)
            break;
    return S_one(str_sub(text, 0, end), d, key);
}

/*
 * Names in any order: a code for each name. Codes of one letter meet too much (Lee, Leo, Low, Li), so such a name
 * counts as it is written, unless it is an initial; initials have none.
 */
static unsigned S_any_name(const struct norm *v, uint64_t key[MOST_KEYS_OF_VALUE])
{
    struct str codes = v->form[NORM_PHON],
               latin = v->form[NORM_LATIN].len ? v->form[NORM_LATIN] : v->form[NORM_READING];
    struct str code, name;
    unsigned n = 0;
    if (!codes.len)
        return S_each_token(v->form[NORM_CANON], KEY_ANY_NAME, 2, key);
    while (n < MOST_KEYS_OF_VALUE && str_next_token(&codes, " ", &code)) {
        bool named = str_next_token(&latin, " ", &name);
        struct str text = code.len > 1 || !named ? code : name;
        if (text.len > 1)
            n = S_add_new(key, n, hash_str_seed(text, 1 + KEY_ANY_NAME));
    }
    return n;
}

/* Strips of a hundred thousandths of a degree, and the same half a strip aside: two places within half a strip share
 * one. */
static unsigned S_cells(struct str canon, uint64_t key[MOST_KEYS_OF_VALUE])
{
    bool negative = canon.len && canon.ptr[0] == '-', point = false;
    int64_t value = 0;
    unsigned decimals = 0;
    for (size_t i = negative; i < canon.len && decimals < CELL_DECIMALS; i++) {
        char c = canon.ptr[i];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9' || value > 1000000)
            return 0;
        value = value * 10 + (c - '0');
        decimals += point;
    }
    if (canon.len <= negative)
        return 0;
    for (; decimals < CELL_DECIMALS; decimals++)
        value *= 10;
    value = (negative ? -value : value) + 360 * 1000;
    key[0] = hash_u64(((uint64_t)(value / CELL_SIZE) * 2) ^ (uint64_t)KEY_CELL << 56);
    key[1] = hash_u64(((uint64_t)((value + CELL_SIZE / 2) / CELL_SIZE) * 2 + 1) ^ (uint64_t)KEY_CELL << 56);
    return 2;
}

unsigned value_keys(enum derivation d, const struct norm *v, const struct frequency_table *token,
                    uint64_t key[MOST_KEYS_OF_VALUE])
{
    if (v->flags & NORM_GENERIC)
        return 0;
    switch (d) {
    case KEY_EXACT:
        return S_one(v->form[NORM_CANON], d, key);
    case KEY_PHONETIC:
        return v->form[NORM_PHON].len ? S_sorted_codes(v->form[NORM_PHON], key) : S_one(v->form[NORM_CANON], d, key);
    case KEY_FIRST3:
        return S_first(S_latin(v), 3, d, key);
    case KEY_INITIAL:
        return S_first(S_latin(v), 1, d, key);
    case KEY_YEAR:
        return S_date_part(v->form[NORM_CANON], true, key);
    case KEY_MONTH_DAY:
        return S_date_part(v->form[NORM_CANON], false, key);
    case KEY_TOKENS:
        return S_each_token(v->form[NORM_TOKENS], d, 2, key);
    case KEY_RARE_TOKENS:
        return S_rare_tokens(v->form[NORM_TOKENS], token, key);
    case KEY_BASE:
        return S_one(v->form[NORM_BASE].len ? v->form[NORM_BASE] : v->form[NORM_CANON], d, key);
    case KEY_LOCAL:
        return S_one(v->form[NORM_LOCAL], d, key);
    case KEY_DIGITS:
        return S_last_digits(v->form[NORM_BASE].len ? v->form[NORM_BASE] : v->form[NORM_CANON], key);
    case KEY_NICKNAME:
        return v->form[NORM_NICK].len ? S_each_token(v->form[NORM_NICK], d, 1, key) : S_one(S_latin(v), d, key);
    case KEY_ANY_NAME:
        return S_any_name(v, key);
    case KEY_ALL:
        key[0] = 1;
        return 1;
    case KEY_CELL:
        return S_cells(v->form[NORM_CANON], key);
    case KEY_WORD_PAIRS:
        return S_word_pairs(v->form[NORM_TOKENS], token, key);
    case KEY_DERIVATIONS:
        break;
    }
    return 0;
}

void rule_text(const struct rule *r, const struct schema *schema, struct buf *out)
{
    for (unsigned i = 0; i < r->n_keys; i++) {
        if (i)
            buf_str(out, STR(" + "));
        if (r->key[i].derivation == KEY_ALL) {
            buf_str(out, STR("all pairs"));
            continue;
        }
        if (r->key[i].derivation == KEY_ANY_NAME) {
            buf_str(out, STR("names in any order"));
            continue;
        }
        buf_str(out, schema->field[r->key[i].field].name);
        if (r->key[i].derivation != KEY_EXACT)
            buf_printf(out, ".%s", names[r->key[i].derivation]);
    }
}
