/* String metrics as their definitions say, word by word: slow and obvious. */
#ifndef IDEM_TESTS_SIMILARITY_TWIN_H
#define IDEM_TESTS_SIMILARITY_TWIN_H

#include "matcher/similarity.h"

/* Edits and transpositions of neighbours, no part edited twice: the whole table. */
unsigned osa_twin(const struct symbols *a, const struct symbols *b);
/* Winkler 1990, in [0, 1]. */
double jaro_winkler_twin(const struct symbols *a, const struct symbols *b);

#endif
