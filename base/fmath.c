#include "base/fmath.h"

#include <string.h>

/* Argument reduction to m in [sqrt(1/2), sqrt(2)), then the series of atanh((m-1)/(m+1)). */
double fmath_log2(double x)
{
    uint64_t bits;
    int exponent = 0;
    if (!(x > 0))
        return x < 0 ? 0 : -1074;
    if (x > 1.7976931348623157e308)
        return 1024;
    if (x < 2.2250738585072014e-308) {
        x *= 18014398509481984.0; /* 2^54 */
        exponent = -54;
    }
    memcpy(&bits, &x, sizeof bits);
    exponent += (int)(bits >> 52) - 1023;
    bits = (bits & 0xFFFFFFFFFFFFFULL) | 0x3FF0000000000000ULL;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        exponent++;
    }
    double z = (m - 1) / (m + 1), z2 = z * z, sum = 0;
    for (int k = 23; k >= 1; k -= 2)
        sum = sum * z2 + 1.0 / k;
    return exponent + 2.8853900817779268 * z * sum; /* 2 / ln 2 */
}

double fmath_exp2(double x)
{
    if (x < -1074)
        return 0;
    if (x >= 1024)
        return 1.7976931348623157e308;
    int whole = (int)(x < 0 ? x - 0.5 : x + 0.5);
    double t = (x - whole) * 0.69314718055994531, sum = 1;
    for (int k = 18; k >= 1; k--)
        sum = 1 + sum * t / k;
    double scale = 1;
    int left = whole;
    if (left < -1000) {
        scale = 9.3326361850321888e-302; /* 2^-1000 */
        left += 1000;
    }
    uint64_t bits = (uint64_t)(left + 1023) << 52;
    double power;
    if (left >= 1024)
        return 1.7976931348623157e308;
    memcpy(&power, &bits, sizeof power);
    return sum * power * scale;
}

int32_t weight_from_bits(double bits)
{
    double scaled = bits * WEIGHT_ONE;
    if (scaled > 1073741824.0)
        return 1 << 30;
    if (scaled < -1073741824.0)
        return -(1 << 30);
    return (int32_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

double probability_from_bits(double bits)
{
    return 1 / (1 + fmath_exp2(-bits));
}
