/*
 * What a model has counted of a value is counted no more: for records that are erased. An entry of which one record is
 * left says no more than the table's floor, and goes. Comparisons, weights and thresholds stay.
 */
#ifndef IDEM_MATCHER_FORGET_H
#define IDEM_MATCHER_FORGET_H

#include "matcher/model.h"
#include "record/norm.h"

/* One value of one record in a field. True when a table changed. */
bool model_forget(struct model *m, unsigned field, const struct norm *value);

#endif
