#include "matcher/id_masks.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { SPECIAL_SHIFT = 30 }; /* COLUMN_SET and ROW_FLAGGED are the two highest bits */

static struct id_masks S_scalar(const uint32_t *a, const uint32_t *b, unsigned n)
{
    struct id_masks m = {0};
    for (unsigned i = 0; i < n; i++) {
        m.equal |= (uint32_t)(a[i] == b[i]) << i;
        m.missing |= (uint32_t)(!a[i] || !b[i]) << i;
        m.special |= (uint32_t)((a[i] | b[i]) >> SPECIAL_SHIFT != 0) << i;
    }
    return m;
}

#if defined(__x86_64__)

static struct id_masks S_sse2(const uint32_t *a, const uint32_t *b, unsigned n)
{
    struct id_masks m = {0};
    const __m128i zero = _mm_setzero_si128();
    for (unsigned i = 0; i < n; i += 4) {
        __m128i x = _mm_load_si128((const __m128i *)(a + i)), y = _mm_load_si128((const __m128i *)(b + i));
        __m128i missing = _mm_or_si128(_mm_cmpeq_epi32(x, zero), _mm_cmpeq_epi32(y, zero));
        __m128i plain = _mm_cmpeq_epi32(_mm_srli_epi32(_mm_or_si128(x, y), SPECIAL_SHIFT), zero);
        m.equal |= (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(x, y))) << i;
        m.missing |= (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(missing)) << i;
        m.special |= (~(uint32_t)_mm_movemask_ps(_mm_castsi128_ps(plain)) & 15u) << i;
    }
    return m;
}

__attribute__((target("avx2"))) static struct id_masks S_avx2(const uint32_t *a, const uint32_t *b, unsigned n)
{
    struct id_masks m = {0};
    const __m256i zero = _mm256_setzero_si256();
    for (unsigned i = 0; i < n; i += 8) {
        __m256i x = _mm256_load_si256((const __m256i *)(a + i)), y = _mm256_load_si256((const __m256i *)(b + i));
        __m256i missing = _mm256_or_si256(_mm256_cmpeq_epi32(x, zero), _mm256_cmpeq_epi32(y, zero));
        __m256i plain = _mm256_cmpeq_epi32(_mm256_srli_epi32(_mm256_or_si256(x, y), SPECIAL_SHIFT), zero);
        m.equal |= (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(x, y))) << i;
        m.missing |= (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(missing)) << i;
        m.special |= (~(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(plain)) & 255u) << i;
    }
    return m;
}

__attribute__((target("avx512f"))) static struct id_masks S_avx512(const uint32_t *a, const uint32_t *b, unsigned n)
{
    __mmask16 on = n > 8 ? 0xFFFF : 0xFF;
    __m512i x = _mm512_maskz_loadu_epi32(on, a), y = _mm512_maskz_loadu_epi32(on, b);
    struct id_masks m;
    m.equal = _mm512_mask_cmpeq_epi32_mask(on, x, y);
    m.missing = (uint32_t)_mm512_mask_testn_epi32_mask(on, x, x) | _mm512_mask_testn_epi32_mask(on, y, y);
    m.special = _mm512_mask_cmpge_epu32_mask(on, _mm512_or_si512(x, y), _mm512_set1_epi32(1 << SPECIAL_SHIFT));
    return m;
}

#elif defined(__aarch64__)

static uint32_t S_bits(uint32x4_t lanes)
{
    static const uint32_t bit[4] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(lanes, vld1q_u32(bit)));
}

static struct id_masks S_neon(const uint32_t *a, const uint32_t *b, unsigned n)
{
    struct id_masks m = {0};
    for (unsigned i = 0; i < n; i += 4) {
        uint32x4_t x = vld1q_u32(a + i), y = vld1q_u32(b + i);
        m.equal |= S_bits(vceqq_u32(x, y)) << i;
        m.missing |= S_bits(vorrq_u32(vceqzq_u32(x), vceqzq_u32(y))) << i;
        m.special |= S_bits(vcgeq_u32(vorrq_u32(x, y), vdupq_n_u32(1u << SPECIAL_SHIFT))) << i;
    }
    return m;
}

#endif

id_masks_fn *id_masks_for(enum simd level)
{
#if defined(__x86_64__)
    static id_masks_fn *const variant[] = {
        [SIMD_SCALAR] = S_scalar, [SIMD_128] = S_sse2, [SIMD_256] = S_avx2, [SIMD_512] = S_avx512};
    return variant[level];
#elif defined(__aarch64__)
    return level == SIMD_SCALAR ? S_scalar : S_neon;
#else
    (void)level;
    return S_scalar;
#endif
}
