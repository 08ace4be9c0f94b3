#include "store/erase_trace.h"

#include <stdlib.h>

#include "base/arena.h"

enum { STRIDE = 512, PIECE = 1 << 20, FILTER_BITS = 16 };
static const uint64_t BASE = 0x9E3779B97F4A7C15u;

/* BASE^16: what the byte that leaves the window has been multiplied by. */
static uint64_t S_top(void)
{
    uint64_t power = 1;
    for (unsigned i = 0; i < TRACE_WINDOW; i++)
        power *= BASE;
    return power;
}

static uint64_t S_hash(const unsigned char *p)
{
    uint64_t h = 0;
    for (unsigned i = 0; i < TRACE_WINDOW; i++)
        h = h * BASE + p[i] + 1;
    return h;
}

void trace_deinit(struct erase_trace *t)
{
    free(t->hash);
    *t = (struct erase_trace){0};
}

void trace_add_hash(struct erase_trace *t, uint64_t hash)
{
    if (t->n == t->room) {
        t->room = t->room ? t->room * 2 : 64;
        t->hash = xrealloc(t->hash, t->room * sizeof *t->hash);
    }
    t->hash[t->n++] = hash;
}

static void S_window(struct erase_trace *t, const char *at)
{
    trace_add_hash(t, S_hash((const unsigned char *)at));
}

void trace_add(struct erase_trace *t, struct str bytes)
{
    if (bytes.len < TRACE_WINDOW)
        return;
    for (size_t at = 0; at + TRACE_WINDOW <= bytes.len; at += STRIDE)
        S_window(t, bytes.ptr + at);
    S_window(t, bytes.ptr + bytes.len - TRACE_WINDOW);
}

/* ------------------------------------------------------------------ searching */

struct search {
    uint64_t *hash; /* [n] ascending */
    size_t n;
    uint8_t *filter; /* a bit for the top bits of each hash: nearly every window ends here */
    uint64_t found;
};

static int S_ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void S_prepare(struct search *s, const struct erase_trace *t)
{
    *s = (struct search){.n = t->n, .hash = xmalloc((t->n + 1) * sizeof *s->hash)};
    s->filter = xcalloc((size_t)1 << FILTER_BITS >> 3, 1);
    if (t->n)
        memcpy(s->hash, t->hash, t->n * sizeof *s->hash);
    qsort(s->hash, s->n, sizeof *s->hash, S_ascending);
    for (size_t i = 0; i < s->n; i++) {
        uint64_t bit = s->hash[i] >> (64 - FILTER_BITS);
        s->filter[bit >> 3] |= (uint8_t)(1u << (bit & 7));
    }
}

static void S_look(struct search *s, uint64_t h)
{
    uint64_t bit = h >> (64 - FILTER_BITS);
    if (s->filter[bit >> 3] & 1u << (bit & 7))
        s->found += bsearch(&h, s->hash, s->n, sizeof h, S_ascending) != NULL;
}

/* Every window of p[len]. */
static void S_search(struct search *s, const unsigned char *p, size_t len)
{
    const uint64_t top = S_top();
    if (len < TRACE_WINDOW)
        return;
    uint64_t h = S_hash(p);
    S_look(s, h);
    for (size_t at = TRACE_WINDOW; at < len; at++) {
        h = h * BASE + p[at] + 1 - top * ((uint64_t)p[at - TRACE_WINDOW] + 1);
        S_look(s, h);
    }
}

/* Pieces overlap by a window less a byte. */
bool trace_search(const struct erase_trace *t, trace_read_fn *read, void *context, uint64_t size, uint64_t *found)
{
    struct search s;
    unsigned char *piece = xmalloc(PIECE + TRACE_WINDOW);
    size_t kept = 0;
    bool good = true;
    S_prepare(&s, t);
    for (uint64_t at = 0; at < size && good;) {
        size_t n = size - at < PIECE ? (size_t)(size - at) : PIECE;
        good = read(context, at, piece + kept, n);
        if (!good)
            break;
        S_search(&s, piece, kept + n);
        size_t len = kept + n;
        kept = len < TRACE_WINDOW ? len : TRACE_WINDOW - 1;
        memmove(piece, piece + len - kept, kept);
        at += n;
    }
    *found = s.found;
    free(piece);
    free(s.hash);
    free(s.filter);
    return good;
}
