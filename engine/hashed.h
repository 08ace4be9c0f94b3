/*
 * Fields of which a keyed token is kept and nothing else (privacy policy "hashed"): a value is normalised as its plain
 * type, and its canonical form becomes a token under a key that no rotation replaces, for none could be made again. All
 * that comes after knows the token's text (normalize/hashed_text.h) as the value.
 */
#ifndef IDEM_ENGINE_HASHED_H
#define IDEM_ENGINE_HASHED_H

#include "engine/session.h"
#include "normalize/normalize.h"

/* The text of the value's token in `out`; empty when it is blank. `field`: of type FIELD_HASHED. */
struct str hashed_value(const struct keyring *k, struct normalizer *n, const struct field *field,
                        const struct norm_context *context, struct str raw, struct arena *out);
/* The same of a value that comes without a source, read as searches read it. */
enum idem_status hashed_single(const struct idem_session *s, const struct field *field, struct str raw,
                               struct arena *out, struct str *text, struct idem_error *err);

/* Has the schema such a field? */
bool hashed_any(const struct schema *s);
/* Has the configuration a source whose record ids are hashed? */
bool hashed_ids_any(const struct config *c);
/* The country of all sources, where they have one. */
void hashed_country(const struct config *c, char country[3]);

#endif
