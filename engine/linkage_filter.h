/*
 * A record as others may match it without seeing it: one Bloom filter of all that identifies (Schnell, Bachteler and
 * Reiher 2009 and 2011), and a few keyed tokens for blocking. Everything depends on the normalised values, the secret
 * and the parameters here alone.
 *
 * Filter: the values' pieces (pairs of neighbouring letters of each word, with its ends; digits with their places where
 * these count) set bits of 2,048. Every piece has positions of its own, cut out of one keyed hash: double hashing,
 * whose patterns give pieces away (Niedermeyer, Steinmetzer, Kroll and Schnell 2014), is not used. How many positions
 * says how much the field weighs. The two halves are joined by exclusive or (Schnell and Borgs 2016): 1,024 bits are
 * published, and a bit of them tells of no single piece. Tokens: 64 bits of a keyed hash of derived keys, such as the
 * sound of the family name with the year of birth.
 */
#ifndef IDEM_ENGINE_LINKAGE_FILTER_H
#define IDEM_ENGINE_LINKAGE_FILTER_H

#include "base/buf.h"
#include "record/batch.h"
#include "seal/linkage.h"

enum { LINKAGE_BITS = 1024, LINKAGE_MOST_TOKENS = 12, LINKAGE_TOKEN_BYTES = 8 };

struct linkage_record {
    uint8_t bits[LINKAGE_BITS / 8];
    uint8_t token[LINKAGE_MOST_TOKENS][LINKAGE_TOKEN_BYTES];
    unsigned n_tokens;
    bool empty; /* no value of a kind that is encoded */
};

/* `used` (by field; NULL: all) says which fields go in. */
void linkage_encode(const struct linkage_key *k, const struct batch *b, uint32_t row, const bool *used,
                    struct linkage_record *out);
/* Do values of this type go into an encoding? */
bool linkage_takes(enum field_type type);

/* Base64 of the bits, a semicolon, the tokens in base64 for URLs with spaces between; nothing for an empty record. */
void linkage_text(const struct linkage_record *r, struct buf *out);

#endif
