/*
 * Values of which a keyed token is kept and nothing else, as text: the 128 bits of the token in 26 characters of
 * Crockford's base 32, and behind a dot the flags that the value had, where it had any ("...x7.g": a placeholder).
 * Equal values have equal tokens; their flags may differ with the hints they were read by.
 */
#ifndef IDEM_NORMALIZE_HASHED_TEXT_H
#define IDEM_NORMALIZE_HASHED_TEXT_H

#include "normalize/normalize.h"

enum { HASHED_TOKEN_BYTES = 16, HASHED_TOKEN_CHARS = 26 };

/* In `out`. */
struct str hashed_text(const uint8_t token[HASHED_TOKEN_BYTES], uint32_t flags, struct arena *out);
/* The token's characters and the flags. False for any other text. */
bool hashed_text_parse(struct str text, struct str *token, uint32_t *flags);

#endif
