/*
 * Does the local part of a mailbox name the person? anna.berger@, a.berger84@, bergera@ agree with Anna Berger; the
 * evidence links fields of two records (the mailbox of one, the names of the other), which no comparison of one field
 * with itself shows.
 *
 * `local` is NORM_LOCAL of an e-mail; given and family are LATIN forms (READING for Han). Digits in the local part say
 * nothing. Symmetric in nothing; pure; no allocation.
 */
#ifndef IDEM_MATCHER_COMPARE_EMAIL_NAME_H
#define IDEM_MATCHER_COMPARE_EMAIL_NAME_H

#include "base/str.h"

enum email_name_agreement {
    EMAIL_NAME_NONE,
    EMAIL_NAME_WEAK,  /* one of the names alone, or the initials with one of them in part */
    EMAIL_NAME_STRONG /* family name and given name, its short form or its initial; nothing else */
};

enum email_name_agreement email_name_agreement(struct str local, const struct str *given, unsigned n_given,
                                               const struct str *family, unsigned n_family);

#endif
