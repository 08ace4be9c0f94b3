/*
 * Decimal numbers in the spellings of several locales, as text: no floating point, no limit on digits.
 */
#ifndef IDEM_NORMALIZE_NUMERIC_H
#define IDEM_NORMALIZE_NUMERIC_H

#include "normalize/normalizer.h"

/* What "1,234" and "1.234" are: a single separator before three digits. */
enum numeric_single {
    SINGLE_UNKNOWN,       /* a comma groups, a point is decimal; unsure */
    SINGLE_POINT_DECIMAL, /* the same, surely */
    SINGLE_COMMA_DECIMAL, /* a point groups, a comma is decimal */
    SINGLE_NEVER_GROUPS   /* decimal whatever it is */
};

enum numeric_single numeric_single_of_country(const char country[3]);

/* A plain decimal ("-1234.5") of folded text that holds one number between other signs; *unsure is set, never cleared.
 * False when there is none, or more than one. */
bool numeric_read(struct str text, enum numeric_single single, struct arena *out, struct str *canon, bool *unsure);

/* "-12.5" from a number of millionths. */
struct str numeric_from_millionths(int64_t millionths, struct arena *out);

#endif
