/*
 * Signatures: 64 bits of a value, worked out once, that tell of most pairs of unlike values that they are apart - that
 * their comparison would give its last level, "else" - without a look at the values. They never say so of others: what
 * they do not know (other scripts, several words, long values) is compared. Of dates they know everything.
 *
 * Letters that the other text lacks each cost an edit (the bound of letters_are_apart, matcher/compare_kinds.h); words
 * that must not be shared are hashed.
 */
#ifndef IDEM_MATCHER_APART_H
#define IDEM_MATCHER_APART_H

#include "matcher/model.h"
#include "record/norm.h"

enum { APART_UNKNOWN = -2, APART_ELSE = -1 };

/* The level of two unequal values without flags, of these signatures: known from 0 on, the last, or not known. Neither
 * may be 0. Symmetric. */
typedef int apart_fn(uint64_t a, uint64_t b);

/* NULL: the kind has no signatures. */
apart_fn *apart_for(enum comparison_kind kind);
/* 0: nothing is known of the value. */
uint64_t apart_signature(enum comparison_kind kind, const struct norm *value);

/* Can a given name of this signature not be nearly the same as a family name of that? Neither may be 0. */
bool apart_names(uint64_t given, uint64_t family);

#endif
