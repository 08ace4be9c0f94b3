#include "matcher/similarity.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* ------------------------------------------------------------------ ASCII: bytes are symbols */

/*
 * Where each byte stands in a text of up to 64: for texts of 16 bytes by comparing all at once, for longer ones by a
 * table. Most values are short, and building and clearing a table costs as much as all the rest.
 */
struct positions {
#if defined(__SSE2__)
    __m128i text;
    uint32_t used; /* 0: by the table */
#endif
    uint64_t table[128];
};

static uint64_t S_load(const char *at, size_t n)
{
    uint64_t v = 0;
    memcpy(&v, at, n);
    return v;
}

/* Eight bytes or less without reading beyond them. */
static uint64_t S_short(const char *at, size_t n)
{
    if (n == 8)
        return S_load(at, 8);
    if (n >= 4)
        return S_load(at, 4) | S_load(at + n - 4, 4) << 8 * (n - 4);
    return n == 0 ? 0
                  : (uint64_t)(unsigned char)at[0] | (uint64_t)(unsigned char)at[n / 2] << 8 * (n / 2) |
                        (uint64_t)(unsigned char)at[n - 1] << 8 * (n - 1);
}

static bool S_is_ascii(struct str s)
{
    const uint64_t high = 0x8080808080808080ULL;
    size_t i = 0;
    for (; i + 8 <= s.len; i += 8)
        if (S_load(s.ptr + i, 8) & high)
            return false;
    return s.len >= 8 ? !(S_load(s.ptr + s.len - 8, 8) & high) : !(S_short(s.ptr, s.len) & high);
}

static void S_positions_init(struct positions *p, struct str s)
{
#if defined(__SSE2__)
    p->used = s.len <= 16 ? (1u << s.len) - 1 : 0;
    if (s.len <= 16) {
        size_t low = s.len < 8 ? s.len : 8;
        uint64_t rest = S_short(s.ptr + low, s.len - low);
        p->text = _mm_set_epi64x((int64_t)rest, (int64_t)S_short(s.ptr, low));
        return;
    }
#endif
    memset(p->table, 0, sizeof p->table);
    for (size_t i = 0; i < s.len; i++)
        p->table[(unsigned char)s.ptr[i]] |= 1ULL << i;
}

static inline uint64_t S_positions_of(const struct positions *p, char byte)
{
#if defined(__SSE2__)
    if (p->used)
        return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(p->text, _mm_set1_epi8(byte))) & p->used;
#endif
    return p->table[(unsigned char)byte];
}

/* ------------------------------------------------------------------ code points */

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

unsigned symbols_count(struct str s)
{
    struct symbols all;
    if (S_is_ascii(s))
        return s.len > SIM_MOST ? SIM_MOST : (unsigned)s.len;
    symbols_from(s, &all);
    return all.n;
}

bool symbols_begin_alike(struct str a, struct str b)
{
    uint32_t x, y;
    S_symbol(a, &x);
    S_symbol(b, &y);
    return x == y;
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

/* As sim_jaro_winkler_symbols, a word of candidates at a time. */
static int S_jaro_winkler_ascii(struct str a, struct str b)
{
    struct positions where;
    if (a.len == 0 || b.len == 0)
        return a.len == b.len ? SIM_ONE : 0;
    if (a.len > b.len) {
        struct str swap = a;
        a = b;
        b = swap;
    }
    size_t reach = b.len / 2 > 0 ? b.len / 2 - 1 : 0;
    uint64_t taken_a = 0, taken_b = 0, window = reach >= 63 ? ~0ULL : (2ULL << reach) - 1;
    S_positions_init(&where, a);
    for (size_t j = 0; j < b.len; j++) {
        uint64_t found = S_positions_of(&where, b.ptr[j]) & window & ~taken_a;
        taken_a |= found & -found;
        taken_b |= (uint64_t)(found != 0) << j;
        window = j < reach ? window << 1 | 1 : window << 1;
    }
    unsigned m = 0, differ = 0, prefix = 0;
    for (uint64_t x = taken_a, y = taken_b; x; x &= x - 1, y &= y - 1, m++)
        differ += a.ptr[__builtin_ctzll(x)] != b.ptr[__builtin_ctzll(y)];
    while (prefix < 4 && prefix < a.len && a.ptr[prefix] == b.ptr[prefix])
        prefix++;
    return S_jaro_winkler(m, differ, (unsigned)a.len, (unsigned)b.len, prefix);
}

static struct str S_first(struct str s)
{
    return s.len > SIM_MOST ? str_sub(s, 0, SIM_MOST) : s;
}

int sim_jaro_winkler(struct str a, struct str b)
{
    struct symbols x, y;
    if (str_eq(a, b))
        return SIM_ONE;
    if (S_is_ascii(a) && S_is_ascii(b))
        return S_jaro_winkler_ascii(S_first(a), S_first(b));
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

/* One step of Hyyro's algorithm for each byte of b. */
static unsigned S_osa_bits(struct str a, struct str b, unsigned most)
{
    struct positions where;
    uint64_t vp = ~0ULL, vn = 0, d0 = 0, pm_before = 0, last = 1ULL << (a.len - 1);
    size_t distance = a.len;
    S_positions_init(&where, a);
    for (size_t j = 0; j < b.len; j++) {
        uint64_t pm = S_positions_of(&where, b.ptr[j]);
        uint64_t tr = ((~d0 & pm) << 1) & pm_before;
        d0 = (((pm & vp) + vp) ^ vp) | pm | vn | tr;
        uint64_t hp = vn | ~(d0 | vp), hn = d0 & vp;
        distance += (hp & last) != 0;
        distance -= (hn & last) != 0;
        if (distance > most + (b.len - 1 - j))
            return most + 1;
        hp = hp << 1 | 1;
        hn <<= 1;
        vp = hn | ~(d0 | hp);
        vn = hp & d0;
        pm_before = pm;
    }
    return distance <= most ? (unsigned)distance : most + 1;
}

/* What both begin or end with costs nothing; what is left of nearly equal texts is short. */
static unsigned S_osa_ascii(struct str a, struct str b, unsigned most)
{
    size_t gap = a.len > b.len ? a.len - b.len : b.len - a.len;
    if (gap > most)
        return most + 1;
    while (a.len && b.len && *a.ptr == *b.ptr) {
        a = str_sub(a, 1, a.len);
        b = str_sub(b, 1, b.len);
    }
    while (a.len && b.len && a.ptr[a.len - 1] == b.ptr[b.len - 1]) {
        a.len--;
        b.len--;
    }
    if (a.len == 0 || b.len == 0)
        return (unsigned)gap;
    if (most > 1)
        return S_osa_bits(a, b, most);
    bool swapped = a.len == 2 && b.len == 2 && a.ptr[0] == b.ptr[1] && a.ptr[1] == b.ptr[0];
    return most == 1 && ((a.len == 1 && b.len == 1) || swapped) ? 1 : most + 1;
}

unsigned sim_osa(struct str a, struct str b, unsigned most)
{
    struct symbols x, y;
    if (str_eq(a, b))
        return 0;
    if (S_is_ascii(a) && S_is_ascii(b))
        return S_osa_ascii(S_first(a), S_first(b), most);
    symbols_from(a, &x);
    symbols_from(b, &y);
    unsigned gap = x.n > y.n ? x.n - y.n : y.n - x.n;
    if (gap > most)
        return most + 1;
    if (x.n == 0 || y.n == 0)
        return gap;
    return S_osa(&x, &y, most);
}
