/*
 * log2 and exp2 of our own, from +, -, *, / alone in a fixed order: the C library's give other bits on processors with
 * FMA than without, and the same input must give the same model everywhere (compile with -ffp-contract=off). Relative
 * error below 1e-14 over the normal range. log2 of 0 is -1074 (never infinite); of a negative, 0.
 */
#ifndef IDEM_BASE_FMATH_H
#define IDEM_BASE_FMATH_H

#include <stdint.h>

double fmath_log2(double x);
double fmath_exp2(double x);

/* Match weights are int32 in 1/4096 bit. Rounds to nearest, ties away from zero; clamps to +-2^18 bits. */
enum { WEIGHT_ONE = 4096 };
int32_t weight_from_bits(double bits);
static inline double weight_to_bits(int32_t weight)
{
    return weight / (double)WEIGHT_ONE;
}
/* 1 / (1 + 2^-bits) */
double probability_from_bits(double bits);

/* The same for many weights: the powers of two between -1/2 and 1/2 bit, which all others are made of. Gives what
 * probability_from_bits(weight_to_bits(weight)) gives, to the last bit. */
struct fmath_powers {
    double at[WEIGHT_ONE + 1];
};
void fmath_powers_init(struct fmath_powers *p);
double fmath_probability(const struct fmath_powers *p, int32_t weight);

#endif
