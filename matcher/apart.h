/*
 * Signatures: 128 bits of a value, worked out once, that tell of most pairs of unlike values what level they reach -
 * mostly the last one, "else" - without a look at the values. What they do not know (other scripts, several words, long
 * values) is compared. Of dates, of telephone numbers and of short names they know everything.
 *
 * Letters that the other text lacks each cost an edit (the bound of letters_are_apart, matcher/compare_kinds.h); words
 * that must not be shared are hashed; short texts are kept letter by letter.
 */
#ifndef IDEM_MATCHER_APART_H
#define IDEM_MATCHER_APART_H

#include "matcher/model.h"
#include "record/norm.h"

enum { APART_UNKNOWN = -2, APART_ELSE = -1 };

struct signature {
    uint64_t word[2];
};

/* Is anything known of the value? */
static inline bool signature_is_known(const struct signature *s)
{
    return s->word[0] != 0;
}

/* The level of two unequal values without flags, of these signatures: known from 0 on, the last, or not known. Both
 * must be known. Symmetric. */
typedef int apart_fn(const struct signature *a, const struct signature *b);

/* NULL: the kind has no signatures. */
apart_fn *apart_for(enum comparison_kind kind);
struct signature apart_signature(enum comparison_kind kind, const struct norm *value);

/* Can a given name of this signature not be nearly the same as a family name of that? Both must be known. */
bool apart_names(const struct signature *given, const struct signature *family);

#endif
