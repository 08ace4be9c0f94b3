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

/* fraction * 2^whole, for whole from -1075 on. */
static double S_scaled(double fraction, int whole)
{
    double scale = 1;
    if (whole < -1000) {
        scale = 9.3326361850321888e-302; /* 2^-1000 */
        whole += 1000;
    }
    uint64_t bits = (uint64_t)(whole + 1023) << 52;
    double power;
    if (whole >= 1024)
        return 1.7976931348623157e308;
    memcpy(&power, &bits, sizeof power);
    return fraction * power * scale;
}

/* 2^x for x in [-1/2, 1/2]. */
static double S_fraction(double x)
{
    double t = x * 0.69314718055994531, sum = 1;
    for (int k = 18; k >= 1; k--)
        sum = 1 + sum * t / k;
    return sum;
}

double fmath_exp2(double x)
{
    if (x < -1074)
        return 0;
    if (x >= 1024)
        return 1.7976931348623157e308;
    int whole = (int)(x < 0 ? x - 0.5 : x + 0.5);
    return S_scaled(S_fraction(x - whole), whole);
}

void fmath_powers_init(struct fmath_powers *p)
{
    for (int i = 0; i <= WEIGHT_ONE; i++) {
        int from_middle = i - WEIGHT_ONE / 2;
        p->at[i] = S_fraction(from_middle / (double)WEIGHT_ONE);
    }
}

double fmath_probability(const struct fmath_powers *p, int32_t weight)
{
    int32_t minus = -weight, half = minus < 0 ? -WEIGHT_ONE / 2 : WEIGHT_ONE / 2;
    if (minus < -1074 * WEIGHT_ONE)
        return 1;
    if (minus >= 1024 * WEIGHT_ONE)
        return 1 / (1 + 1.7976931348623157e308);
    int32_t whole = (minus + half) / WEIGHT_ONE;
    return 1 / (1 + S_scaled(p->at[minus - whole * WEIGHT_ONE + WEIGHT_ONE / 2], whole));
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
