/*
 * New master_ids: UUID version 7 (RFC 9562), minted once and never derived from what they name.
 *
 *   48 bits  milliseconds since 1970
 *    4 bits  version, 7
 *   12 bits  ordinal within the run, its upper 12 of 26 bits ("rand_a")
 *    2 bits  variant, binary 10
 *   14 bits  ordinal, its lower 14 bits
 *   48 bits  the caller's random bytes
 *
 * Time and randomness are arguments: the same three give the same id. Within a run (one `ms`) ids ascend as the ordinal
 * does, as text and as bytes, so that an index of them is appended to; between runs they ascend when the caller passes
 * the greater of the clock and the last `ms` it used. An ordinal of 2^26 or more runs on into the next millisecond.
 * Pure; nothing is allocated; any thread.
 */
#ifndef IDEM_IDENTITY_MINT_H
#define IDEM_IDENTITY_MINT_H

#include <stdint.h>

#include "base/str.h"

enum { MINT_TEXT = 36, MINT_ORDINAL_BITS = 26 };

/* The id in lower case, NUL-terminated. `ms` in [0, 2^48); of `random` the first six bytes are used. */
void mint_uuid(int64_t ms, uint32_t ordinal, const uint8_t random[16], char out[MINT_TEXT + 1]);

/* The millisecond that an id of this ordinal carries: what "the last ms used" is after a run. */
int64_t mint_ms(int64_t ms, uint32_t ordinal);

/* True when `text` is a UUID of any version in the 8-4-4-4-12 form, in either case; `bytes` (may be NULL) gets its 16.
 */
bool mint_parse(struct str text, uint8_t bytes[16]);

/* The text of 16 bytes, lower case: mint_parse's inverse. */
void mint_format(const uint8_t bytes[16], char out[MINT_TEXT + 1]);

/* True when `text` is an id as mint_uuid writes it: version 7, the variant, lower case. `*ms` (may be NULL) its time.
 */
bool mint_is_master_id(struct str text, int64_t *ms);

#endif
