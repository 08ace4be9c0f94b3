/*
 * Reading one source for check: columns that are missing, rows that are set aside, fill, record ids, quality.
 */
#ifndef IDEM_ENGINE_CHECK_SOURCE_H
#define IDEM_ENGINE_CHECK_SOURCE_H

#include "base/json.h"
#include "rules/config.h"

enum finding_level { FINDING_NOTE, FINDING_WARNING, FINDING_ERROR };

struct check {
    const struct config *config;
    json_t *findings, *sources;
    json_t *facts; /* of each source: see drift.h */
    unsigned errors;
    bool stopped; /* a quality rule with on_fail stop failed */
    unsigned threads;
    int64_t now_ms;
    struct arena arena;
};

/* `source` UINT_MAX: of none. `place` is a path in the configuration. */
void check_finding(struct check *c, enum finding_level level, unsigned source, struct str place, const char *format,
                   ...) __attribute__((format(printf, 5, 6)));

/* Findings go to the check; what stays is an error of the machine. */
enum idem_status check_source(struct check *c, unsigned source, struct idem_error *err);

#endif
