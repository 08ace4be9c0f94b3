/*
 * Which vector instructions this processor has. Code with several variants asks once, where it sets itself up, and
 * keeps the function it chose; every variant gives the same answer as the scalar one.
 */
#ifndef IDEM_BASE_SIMD_H
#define IDEM_BASE_SIMD_H

enum simd {
    SIMD_SCALAR,
    SIMD_128, /* SSE2; NEON */
    SIMD_256, /* AVX2 */
    SIMD_512, /* AVX-512 F and BW */
    SIMD_LEVELS
};

enum simd simd_best(void);
const char *simd_name(enum simd level);

#endif
