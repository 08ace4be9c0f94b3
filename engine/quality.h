/*
 * Quality rules of one source, evaluated row by row: not_null, unique, valid, in, matches, rows.
 *
 * A row is right by a rule when every value of the rule's field is; an empty value is looked at by not_null only. A row
 * that a rule with "on_fail": "reject" finds wrong is to be set aside by the caller. One thread at a time.
 */
#ifndef IDEM_ENGINE_QUALITY_H
#define IDEM_ENGINE_QUALITY_H

#include "rules/config.h"

struct quality;

/* The values of a field in the row at hand, trimmed ones that are not empty; returns their number. */
typedef unsigned quality_values_fn(void *context, unsigned field, const struct str **value);

/* The rules that hold for source number `source`. IDEM_NO_MEMORY, or what normalizer_new says. */
enum idem_status quality_open(const struct config *c, unsigned source, struct quality **out, struct idem_error *err);
void quality_close(struct quality *q);
size_t quality_rules(const struct quality *q);

/* False: the row is to be set aside. */
bool quality_row(struct quality *q, quality_values_fn *values, void *context);

struct quality_result {
    const struct quality_rule *rule;
    unsigned number;         /* of the rule in the configuration */
    uint64_t checked, right; /* rows; of "rows" both are their number */
    bool passed;             /* the share, or the number of rows, is as expected; a rule that rejects always passes */
};
/* After the last row: the result of rule i < quality_rules. */
struct quality_result quality_result(const struct quality *q, size_t i);
/* "not_null", ... as in the configuration */
const char *quality_kind_name(enum quality_kind kind);

#endif
