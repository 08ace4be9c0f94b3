#include "base/simd.h"

enum simd simd_best(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"))
        return SIMD_512;
    return __builtin_cpu_supports("avx2") ? SIMD_256 : SIMD_128;
#elif defined(__aarch64__)
    return SIMD_128;
#else
    return SIMD_SCALAR;
#endif
}

const char *simd_name(enum simd level)
{
    static const char *const names[SIMD_LEVELS] = {"scalar", "128 bits", "256 bits", "512 bits"};
    return (unsigned)level < SIMD_LEVELS ? names[level] : "unknown";
}
