/*
 * Generic values: placeholders that people and programs put where they have nothing to say ("n/a", "unbekannt", "test",
 * 000-0000, John Doe), and values that many share by nature (info@). They are kept and flagged NORM_GENERIC: agreement
 * on them is no evidence.
 */
#ifndef IDEM_NORMALIZE_GENERIC_H
#define IDEM_NORMALIZE_GENERIC_H

#include <stdint.h>

#include "base/str.h"

/* Is the whole of a folded text (normalizer_fold) a placeholder? Words and full names of normalize/words/generic.txt,
 * runs of one filler character ("xxx", "---", "???"), first keys of a keyboard row ("qwertz"). */
bool generic_text(struct str folded);

/* May a text that has other digits in the same places be a placeholder? */
bool generic_but_for_digits(struct str folded);
/* Lengths of placeholders with digits: bit 63 stands for all from 63 on. A text of another length is none of them. */
uint64_t generic_lengths_with_digits(void);

/* Four or more ASCII digits that are all the same, or count up or down ("1234567890", "98765"). */
bool generic_digits(struct str digits);

/* The local part of a mailbox that belongs to a role or a machine ("info", "no-reply"), lower case without tag. */
bool generic_mailbox(struct str local);

#endif
