#include "ingest/csvscan.h"

#include <stdlib.h>

#include "base/arena.h"
#include "ingest/csvscan_kernel.h"
#include "ingest/csvscan_paths.h"

/* The scalar twin: one byte after the other. */
static inline void S_masks(const char *text, struct csv_syntax syntax, struct masks *m)
{
    *m = (struct masks){0};
    for (unsigned i = 0; i < 64; i++) {
        m->quote |= (uint64_t)(syntax.has_quote && text[i] == syntax.quote) << i;
        m->delimiter |= (uint64_t)(text[i] == syntax.delimiter) << i;
        m->cr |= (uint64_t)(text[i] == '\r') << i;
        m->lf |= (uint64_t)(text[i] == '\n') << i;
    }
}

static inline uint64_t S_prefix_xor(uint64_t bits)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

csvscan_fn *csvscan_pick(enum csv_path path)
{
#if defined(__x86_64__) || defined(__i386__)
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("popcnt");
    csvscan_fn *const fn[CSV_PATHS] = {
        [CSV_SCALAR] = S_scan,
        [CSV_SSE2] = __builtin_cpu_supports("sse2") ? csvscan_sse2 : NULL,
        [CSV_AVX2] = avx2 ? csvscan_avx2 : NULL,
    };
#elif defined(__aarch64__)
    csvscan_fn *const fn[CSV_PATHS] = {[CSV_SCALAR] = S_scan, [CSV_NEON] = csvscan_neon};
#else
    csvscan_fn *const fn[CSV_PATHS] = {[CSV_SCALAR] = S_scan};
#endif
    static const enum csv_path best[] = {CSV_AVX2, CSV_NEON, CSV_SSE2, CSV_SCALAR};
    for (size_t i = 0; path == CSV_BEST && i < COUNT_OF(best); i++)
        if (fn[best[i]])
            return fn[best[i]];
    return (unsigned)path < CSV_PATHS ? fn[path] : NULL;
}

void csvscan_reserve(struct csvscan *s, size_t len)
{
    size_t room = len + 2 * CSVSCAN_SLACK;
    if (s->room >= room)
        return;
    csvscan_deinit(s);
    s->at = xmalloc(room * sizeof *s->at);
    s->row_end = xmalloc(room * sizeof *s->row_end);
    s->escape = xmalloc(room * sizeof *s->escape);
    s->inner = xmalloc(room * sizeof *s->inner);
    s->room = room;
}

void csvscan_deinit(struct csvscan *s)
{
    if (!s)
        return;
    free(s->at);
    free(s->row_end);
    free(s->escape);
    free(s->inner);
    *s = (struct csvscan){0};
}
