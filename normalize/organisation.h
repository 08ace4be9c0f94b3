/*
 * Names of organisations: the legal form told from the name, words of one meaning written one way.
 */
#ifndef IDEM_NORMALIZE_ORGANISATION_H
#define IDEM_NORMALIZE_ORGANISATION_H

#include "normalize/normalizer.h"

/* Does a name that could be a person's carry a legal form beyond doubt ("Meier GmbH"; not "Maria Sa")? */
bool organisation_is_one(struct normalizer *n, struct str raw);

#endif
