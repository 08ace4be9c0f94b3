/* What a row says of its record besides the fields: when it was changed, of what kind it is, whether it deletes. */
#ifndef IDEM_ENGINE_ROW_FACTS_H
#define IDEM_ENGINE_ROW_FACTS_H

#include "normalize/normalize.h"
#include "rules/config.h"

/* ms since 1970; INT64_MIN when the text is blank or cannot be read. */
int64_t row_updated_at(struct normalizer *n, const struct source *s, struct str text, struct arena *scratch);
/* `text`: of the entity column, when the source has one. */
enum entity_kind row_entity(const struct config *c, const struct source *s, struct str text);
/* `text`: of the delete flag; blank where there is none. */
bool row_is_deleted(const struct source *s, struct str text);

#endif
