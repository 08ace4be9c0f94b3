#include "tests/matcher/compare_twin.h"

#include <math.h>
#include <stdlib.h>

#include "tests/matcher/similarity_twin.h"

static unsigned S_osa(struct str x, struct str y)
{
    struct symbols a, b;
    symbols_from(x, &a);
    symbols_from(y, &b);
    return osa_twin(&a, &b);
}

/* Millionths, rounded down, with room for the last digit of a double. */
static int S_jaro_winkler(struct str x, struct str y)
{
    struct symbols a, b;
    symbols_from(x, &a);
    symbols_from(y, &b);
    return (int)floor(jaro_winkler_twin(&a, &b) * SIM_ONE + 1e-6);
}

bool nearly_equal_twin(struct str x, struct str y)
{
    struct symbols a, b;
    symbols_from(x, &a);
    symbols_from(y, &b);
    unsigned shortest = a.n < b.n ? a.n : b.n, longest = a.n < b.n ? b.n : a.n;
    if (shortest < 3 || longest - shortest > 3)
        return false;
    bool few_edits = S_osa(x, y) <= (shortest >= 8 ? 2 : 1);
    return (few_edits && (shortest > 3 || a.at[0] == b.at[0])) || (shortest >= 5 && S_jaro_winkler(x, y) >= 920000);
}

bool similar_twin(struct str x, struct str y)
{
    size_t shortest = x.len < y.len ? x.len : y.len, longest = x.len < y.len ? y.len : x.len;
    return shortest >= 4 && longest - shortest <= longest * 2 / 5 && S_osa(x, y) <= longest * 2 / 5;
}

enum { MOST_TOKENS = 48 };

struct words {
    struct str at[MOST_TOKENS];
    bool used[MOST_TOKENS];
    unsigned n;
};

static void S_words(struct str s, struct words *w)
{
    *w = (struct words){.n = 0};
    while (w->n < MOST_TOKENS && str_next_token(&s, " ", &w->at[w->n]))
        w->n++;
}

/* Twice the share of words that are equal, three quarters of it where they nearly are; each word has one partner. */
int token_overlap_twin(struct str a, struct str b)
{
    struct words x, y;
    uint64_t quarters = 0;
    S_words(a, &x);
    S_words(b, &y);
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < x.n; i++)
            for (unsigned j = 0; j < y.n && !x.used[i]; j++) {
                bool fits = pass == 0 ? str_eq(x.at[i], y.at[j])
                                      : x.at[i].len >= 4 && y.at[j].len >= 4 && nearly_equal_twin(x.at[i], y.at[j]);
                if (y.used[j] || !fits)
                    continue;
                x.used[i] = y.used[j] = true;
                quarters += pass == 0 ? 8 : 6;
            }
    return x.n && y.n ? (int)(quarters * SIM_ONE / (4 * (x.n + y.n))) : 0;
}

unsigned dice_level_twin(struct str a, struct str b)
{
    static const unsigned LEAST[] = {95, 90, 85, 80, 75, 70, 65, 60};
    uint64_t both = 0, all = 0;
    unsigned level = 0;
    if (str_eq(a, b))
        return 0;
    for (size_t i = 0; i < a.len; i++)
        for (unsigned bit = 0; bit < 6; bit++) {
            unsigned p = (unsigned)(a.ptr[i] - '0') >> bit & 1, q = (unsigned)(b.ptr[i] - '0') >> bit & 1;
            both += p & q;
            all += p + q;
        }
    while (level < COUNT_OF(LEAST) && both * 2 * 100 < LEAST[level] * all)
        level++;
    return level + 1;
}

unsigned date_level_twin(struct str a, struct str b)
{
    enum { EXACT, SWAPPED, DIGIT, PARTIAL, TWO_PARTS, DIGITS, YEAR, ELSE };
    const char *x = a.ptr, *y = b.ptr;
    bool year = memcmp(x, y, 4) == 0, month = memcmp(x + 5, y + 5, 2) == 0, day = memcmp(x + 8, y + 8, 2) == 0;
    bool crossed = memcmp(x + 5, y + 8, 2) == 0 && memcmp(x + 8, y + 5, 2) == 0;
    unsigned edits = S_osa(a, b);
    if (year && month && day)
        return EXACT;
    if (year && crossed)
        return SWAPPED;
    if (edits <= 1)
        return DIGIT;
    if (year + month + day == 2)
        return TWO_PARTS;
    return edits <= 2 ? DIGITS : year ? YEAR : ELSE;
}

static long double S_number(struct str s)
{
    char text[64];
    memcpy(text, s.ptr, s.len);
    text[s.len] = 0;
    return strtold(text, NULL);
}

bool number_level_twin(struct str a, struct str b, unsigned *level)
{
    enum { EXACT, NEAR, CLOSE, FAR, ELSE };
    static const long double TIMES[] = {100, 10, 2};
    if (a.len >= 64 || b.len >= 64 || !a.len || !b.len)
        return false;
    long double x = S_number(a), y = S_number(b), gap = fabsl(x - y), size = fmaxl(fabsl(x), fabsl(y));
    for (*level = NEAR; *level < ELSE; ++*level) {
        long double left = gap * TIMES[*level - NEAR];
        if (fabsl(left - size) <= 1e-9L * (fabsl(left) + size))
            return false;
        if (left < size)
            break;
    }
    *level = str_eq(a, b) ? EXACT : *level;
    return true;
}
