#include "matcher/similarity.h"

/* The code point at the front of s, or its first byte when that does not begin one; its length in bytes. */
static unsigned S_symbol(struct str s, uint32_t *symbol)
{
    unsigned char c = (unsigned char)s.ptr[0];
    unsigned len = c < 0xC2 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 1;
    *symbol = c;
    if (len == 1 || len > s.len)
        return 1;
    uint32_t point = c & (0x7Fu >> len);
    for (unsigned k = 1; k < len; k++) {
        if (((unsigned char)s.ptr[k] & 0xC0) != 0x80)
            return 1;
        point = point << 6 | ((unsigned char)s.ptr[k] & 0x3Fu);
    }
    *symbol = point;
    return len;
}

void symbols_from(struct str s, struct symbols *out)
{
    out->n = 0;
    for (size_t i = 0; i < s.len && out->n < SIM_MOST;)
        i += S_symbol(str_sub(s, i, s.len), &out->at[out->n++]);
}

/* Positions of `symbol` in s, one bit each. */
static inline uint64_t S_positions(const struct symbols *s, uint32_t symbol)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < s->n; i++)
        mask |= (uint64_t)(s->at[i] == symbol) << i;
    return mask;
}

static int S_jaro_winkler(unsigned m, unsigned half_transpositions, unsigned la, unsigned lb, unsigned prefix)
{
    if (m == 0)
        return 0;
    uint64_t mm = m, t = half_transpositions / 2;
    uint64_t num = mm * mm * lb + mm * mm * la + (mm - t) * la * lb, den = 3ULL * la * lb * mm;
    if (num * 10 > den * 7) {
        num = num * (10 - prefix) + prefix * den;
        den *= 10;
    }
    return (int)(num * SIM_ONE / den);
}

int sim_jaro_winkler_symbols(const struct symbols *a, const struct symbols *b)
{
    if (a->n == 0 || b->n == 0)
        return a->n == b->n ? SIM_ONE : 0;
    if (a->n > b->n) { /* the same for (a, b) and (b, a) */
        const struct symbols *swap = a;
        a = b;
        b = swap;
    }
    unsigned longest = b->n, reach = longest / 2 > 0 ? longest / 2 - 1 : 0, m = 0;
    uint64_t taken_a = 0, taken_b = 0;
    for (unsigned j = 0; j < b->n; j++) {
        unsigned from = j > reach ? j - reach : 0;
        for (unsigned i = from; i < a->n && i <= j + reach; i++)
            if (a->at[i] == b->at[j] && !(taken_a >> i & 1)) {
                taken_a |= 1ULL << i;
                taken_b |= 1ULL << j;
                m++;
                break;
            }
    }
    unsigned differ = 0;
    for (uint64_t x = taken_a, y = taken_b; x; x &= x - 1, y &= y - 1)
        differ += a->at[__builtin_ctzll(x)] != b->at[__builtin_ctzll(y)];
    unsigned prefix = 0;
    while (prefix < 4 && prefix < a->n && a->at[prefix] == b->at[prefix])
        prefix++;
    return S_jaro_winkler(m, differ, a->n, b->n, prefix);
}

int sim_jaro_winkler(struct str a, struct str b)
{
    struct symbols x, y;
    if (str_eq(a, b))
        return SIM_ONE;
    symbols_from(a, &x);
    symbols_from(b, &y);
    return sim_jaro_winkler_symbols(&x, &y);
}

static unsigned S_osa(const struct symbols *a, const struct symbols *b, unsigned most)
{
    uint64_t vp = ~0ULL, vn = 0, d0 = 0, pm_before = 0, last = 1ULL << (a->n - 1);
    unsigned distance = a->n;
    for (unsigned j = 0; j < b->n; j++) {
        uint64_t pm = S_positions(a, b->at[j]);
        uint64_t tr = ((~d0 & pm) << 1) & pm_before;
        d0 = (((pm & vp) + vp) ^ vp) | pm | vn | tr;
        uint64_t hp = vn | ~(d0 | vp), hn = d0 & vp;
        distance += (hp & last) != 0;
        distance -= (hn & last) != 0;
        if (distance > most + (b->n - 1 - j))
            return most + 1;
        hp = hp << 1 | 1;
        hn <<= 1;
        vp = hn | ~(d0 | hp);
        vn = hp & d0;
        pm_before = pm;
    }
    return distance <= most ? distance : most + 1;
}

unsigned sim_osa(struct str a, struct str b, unsigned most)
{
    struct symbols x, y;
    if (str_eq(a, b))
        return 0;
    symbols_from(a, &x);
    symbols_from(b, &y);
    unsigned gap = x.n > y.n ? x.n - y.n : y.n - x.n;
    if (gap > most)
        return most + 1;
    if (x.n == 0 || y.n == 0)
        return gap;
    return S_osa(&x, &y, most);
}
