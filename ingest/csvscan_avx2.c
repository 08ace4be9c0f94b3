#include "ingest/csvscan_paths.h"

/* The build compiles this file, and no other, for AVX2 and PCLMUL; csvscan_pick asks the processor before it is called.
 */
#if defined(__AVX2__) && defined(__PCLMUL__)

#include "ingest/csvscan_kernel.h"

#include <immintrin.h>

static inline uint64_t S_equal(__m256i low, __m256i high, char byte)
{
    __m256i pattern = _mm256_set1_epi8(byte);
    uint32_t a = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, pattern));
    uint32_t b = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, pattern));
    return a | (uint64_t)b << 32;
}

static inline void S_masks(const char *text, struct csv_syntax syntax, struct masks *m)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)text);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(text + 32));
    m->quote = syntax.has_quote ? S_equal(low, high, syntax.quote) : 0;
    m->delimiter = S_equal(low, high, syntax.delimiter);
    m->cr = S_equal(low, high, '\r');
    m->lf = S_equal(low, high, '\n');
}

/* A product without carries by all ones is the prefix xor. */
static inline uint64_t S_prefix_xor(uint64_t bits)
{
    __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)bits), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

size_t csvscan_avx2(struct csvscan *s, struct str text, struct csv_syntax syntax)
{
    return S_scan(s, text, syntax);
}

#endif
