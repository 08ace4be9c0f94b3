/* Names and codes of countries, for addresses. */
#ifndef IDEM_NORMALIZE_PLACE_H
#define IDEM_NORMALIZE_PLACE_H

#include "normalize/words.h"

/* Folded names to alpha-2 codes in lower case. */
const struct words *place_countries(void);

#endif
