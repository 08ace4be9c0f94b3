/* Inside engine/: slips of fingers, ears and scanners. A text stays valid UTF-8 and is never emptied. */
#ifndef IDEM_ENGINE_GENERATE_TYPO_H
#define IDEM_ENGINE_GENERATE_TYPO_H

#include "engine/generate_person.h"

/* One error: a neighbouring key, two letters swapped, one left out, doubled or misread (rn for m, 0 for O, ...), or a
 * sound written another way (ph for f, ck for k). */
void typo_letter(uint64_t *random, struct gen_text *t);
/* One digit becomes another, or two are swapped. */
void typo_digit(uint64_t *random, struct gen_text *t);

/* ASCII letters. */
void text_upper(struct gen_text *t);
void text_lower(struct gen_text *t);
/* Umlauts and accents as a system without them writes: ä ae, ß ss, é e. */
void text_fold(struct gen_text *t);

#endif
