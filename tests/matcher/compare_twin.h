/* What the matcher works out in haste, worked out slowly: straight from what the headers promise. */
#ifndef IDEM_TESTS_COMPARE_TWIN_H
#define IDEM_TESTS_COMPARE_TWIN_H

#include "matcher/compare.h"

/* Two texts a typing error apart, or at most two letters in five: matcher/compare_kinds.h, without any short cut. */
bool nearly_equal_twin(struct str x, struct str y);
bool similar_twin(struct str x, struct str y);
/* token_overlap where every token weighs the same; both lists sorted, without repeats. */
int token_overlap_twin(struct str a, struct str b);
/* compare_encoding: bit by bit. Both of one length, of the characters '0' to 'o'. */
unsigned dice_level_twin(struct str a, struct str b);
/* compare_date of two whole dates YYYY-MM-DD. */
unsigned date_level_twin(struct str a, struct str b);
/* compare_number; false when the figures are too near a border for doubles to tell. */
bool number_level_twin(struct str a, struct str b, unsigned *level);

#endif
