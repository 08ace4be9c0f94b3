/* House numbers, alone or in an address: "12 a", "12-14", "No. 7 bis" -> "12a", "12-14", "7bis". */
#ifndef IDEM_NORMALIZE_HOUSE_NUMBER_H
#define IDEM_NORMALIZE_HOUSE_NUMBER_H

#include "normalize/normalizer.h"

/* The number in `text` (plain_text): in `out`, empty when it has no digit. */
struct str house_number_canonical(struct str text, struct arena *out);

#endif
