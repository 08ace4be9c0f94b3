/*
 * Personal values as they are shown without the right to see them: what helps to tell cases apart, and a pseudonym that
 * is the same for equal values of one type in one database.
 *
 *   email  m***@e***.com ~k3f9x    phone  +49 *** 12 ~9ab2c    name, city  J*** ~q2w8e    birth_date  19** ~0d9fk
 *   postcode  NE*** ~m1x7a         anything else, and what is too short to show a part of  *** ~77abc
 *   of a hashed field there is nothing but a token, masked or not: (hashed) ~4kq0s
 *
 * The pseudonym is five characters (25 bits) of a hash under the database's key; in a clear database, where there is no
 * key, of a hash with the database's id. Different values have the same one about once in 33 million pairs.
 */
#ifndef IDEM_ENGINE_MASK_H
#define IDEM_ENGINE_MASK_H

#include "base/arena.h"
#include "record/field.h"
#include "store/store.h"

enum { MASK_BYTES = 48 };
struct mask_text {
    char bytes[MASK_BYTES];
};

/* Text in `out`. `store` NULL: without a pseudonym. */
struct str mask_value(const struct store *store, enum field_type type, struct str value, struct mask_text *out);
/* A record id that is personal: "***" and the pseudonym. */
struct str mask_id(const struct store *store, struct str record_id, struct mask_text *out);
/* The value of a field, masked in `arena` when `hidden`, or when its field is hashed. */
struct str mask_if(bool hidden, const struct store *store, enum field_type type, struct str value, struct arena *arena);
struct str mask_id_if(bool hidden, const struct store *store, struct str record_id, struct arena *arena);

#endif
