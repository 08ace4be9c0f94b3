/*
 * Values that many different persons have: a family's mailbox, a reception's telephone. Agreement on one says less than
 * agreement on a value of one's own, however rare it is.
 *
 * Persons are told apart cheaply: by the first letters of given and family name in either order, and by the year of
 * birth. Spelling, case, typing errors behind the first letter, swapped names and missing birth dates make no new
 * person; namesakes of one year are one, and so are a few others: the count is a lower bound, good enough to tell an
 * office from a person.
 */
#ifndef IDEM_MATCHER_SHARED_VALUES_H
#define IDEM_MATCHER_SHARED_VALUES_H

#include "record/batch.h"

/* From so many persons on a value is told of in reports. */
enum { SHARED_BY_MANY = 5 };

struct shared_value {
    uint32_t records; /* that have the value, with or without a name */
    uint32_t persons; /* different names and years of birth among them */
};

/* For every distinct value of a field ([dict.n + 1] by id; generic values count nobody). The caller frees. All zero
 * where the batch has no names. */
struct shared_value *shared_values_count(const struct batch *b, unsigned field);

/* Do persons share values of such a type? Mailboxes, telephones, addresses, identifiers. */
bool shared_values_of(enum field_type type);

/* Values of one field that SHARED_BY_MANY or more have. */
struct shared_summary {
    uint64_t values, records; /* so many values; records that have one, each value by itself */
    uint32_t most;            /* persons of the value that most have */
};
struct shared_summary shared_values_summary(const struct batch *b, unsigned field);

#endif
