/*
 * Relatives: two records that are not the same yet share more than chance gives. Members of a household share family
 * name, address, phone; restaurants of a hotel its address and switchboard; papers of a group authors, venue, half the
 * words of the title; products of a series maker, price, most of the description. What relatives do not share is what
 * tells one from another: given name and birth date of persons, the name of an organisation, the exact title, numbers
 * that identify.
 */
#ifndef IDEM_MATCHER_RELATIVES_H
#define IDEM_MATCHER_RELATIVES_H

#include "matcher/model.h"

/* First level of the comparison that relatives reach otherwise than by chance; LEVEL_NULL: none (model.h). `persons`:
 * the records are of persons; `first`: no other field of the type comes before (the title, not the album's). */
unsigned relatives_from(const struct comparison *c, enum field_type type, bool persons, bool first);

/* Shipped chance that relatives are at this level, one of those they reach. */
double relatives_level(const struct comparison *c, unsigned level);

#endif
