#include "tests/matcher/similarity_twin.h"

#include <stdlib.h>

static unsigned S_least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned osa_twin(const struct symbols *a, const struct symbols *b)
{
    static unsigned d[SIM_MOST + 1][SIM_MOST + 1];
    for (unsigned i = 0; i <= a->n; i++)
        for (unsigned j = 0; j <= b->n; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            bool same = a->at[i - 1] == b->at[j - 1];
            d[i][j] = S_least(S_least(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + !same);
            if (i > 1 && j > 1 && a->at[i - 1] == b->at[j - 2] && a->at[i - 2] == b->at[j - 1])
                d[i][j] = S_least(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[a->n][b->n];
}

/* Winkler 1990: each symbol of a takes the first free equal one of b within the window. */
double jaro_winkler_twin(const struct symbols *a, const struct symbols *b)
{
    bool taken_a[SIM_MOST] = {false}, taken_b[SIM_MOST] = {false};
    int longest = (int)(a->n > b->n ? a->n : b->n), window = longest / 2 - 1 > 0 ? longest / 2 - 1 : 0;
    int matches = 0, out_of_place = 0;
    if (a->n == 0 && b->n == 0)
        return 1;
    for (int i = 0; i < (int)a->n; i++)
        for (int j = 0; j < (int)b->n; j++)
            if (!taken_a[i] && !taken_b[j] && abs(i - j) <= window && a->at[i] == b->at[j]) {
                taken_a[i] = taken_b[j] = true;
                matches++;
            }
    if (!matches)
        return 0;
    for (unsigned i = 0, j = 0; i < a->n; i++) {
        if (!taken_a[i])
            continue;
        while (!taken_b[j])
            j++;
        out_of_place += a->at[i] != b->at[j++];
    }
    double m = matches, t = out_of_place / 2;
    double jaro = (m / a->n + m / b->n + (m - t) / m) / 3, prefix = 0;
    while (prefix < 4 && prefix < a->n && prefix < b->n && a->at[(int)prefix] == b->at[(int)prefix])
        prefix++;
    return jaro > 0.7 + 1e-12 ? jaro + prefix * 0.1 * (1 - jaro) : jaro;
}
