/*
 * Private to normalize/: what the short way of plain names (simple_name.h) shares with the long one.
 */
#ifndef IDEM_NORMALIZE_NAMES_H
#define IDEM_NORMALIZE_NAMES_H

#include "normalize/normalizer.h"

/* NICK: the names that the first given name of the tokens may stand for, sorted. In `out`. */
struct str names_nick(struct normalizer *n, const struct tokens *t, struct arena *out);

#endif
