/* Blocking rules for a model without data: keys that tell by themselves, whatever comes. */
#ifndef IDEM_MATCHER_SHIPPED_H
#define IDEM_MATCHER_SHIPPED_H

#include "matcher/model.h"

/* Fills m->rule; all pairs where the schema has no field that tells. */
void shipped_rules(struct model *m, const struct schema *schema);

#endif
