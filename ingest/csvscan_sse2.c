#include "ingest/csvscan_paths.h"

#ifdef __SSE2__

#include "ingest/csvscan_kernel.h"

#include <emmintrin.h>

static inline uint64_t S_equal(const __m128i block[4], char byte)
{
    __m128i pattern = _mm_set1_epi8(byte);
    uint64_t bits = 0;
    for (int i = 0; i < 4; i++)
        bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block[i], pattern)) << 16 * i;
    return bits;
}

static inline void S_masks(const char *text, struct csv_syntax syntax, struct masks *m)
{
    __m128i block[4];
    for (int i = 0; i < 4; i++)
        block[i] = _mm_loadu_si128((const __m128i *)(const void *)(text + 16 * i));
    m->quote = syntax.has_quote ? S_equal(block, syntax.quote) : 0;
    m->delimiter = S_equal(block, syntax.delimiter);
    m->cr = S_equal(block, '\r');
    m->lf = S_equal(block, '\n');
}

static inline uint64_t S_prefix_xor(uint64_t bits)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

size_t csvscan_sse2(struct csvscan *s, struct str text, struct csv_syntax syntax)
{
    return S_scan(s, text, syntax);
}

#endif
