/*
 * The report of a database: report.c gathers it as JSON (model and run in report_model.c, records in report_records.c),
 * report_page.c makes the page of that JSON and of nothing else.
 */
#ifndef IDEM_ENGINE_REPORT_H
#define IDEM_ENGINE_REPORT_H

#include "engine/explain.h"
#include "engine/identities.h"
#include "engine/stored_batch.h"

struct report {
    struct idem_session *session;
    const struct idem_report_options *options;
    struct store *store;
    bool shows; /* personal values too */
    struct stored_batch stored;
    struct explain explain;
    struct identities identities;
    uint32_t *master; /* [rows] its master, numbered by first row */
    uint32_t n_masters;
    struct store_run run;
    json_t *run_report;  /* of the last committed run; NULL: none */
    double *fill;        /* [n_fields] share of the records that have a value */
    uint64_t *has;       /* [n_sources * n_fields] records with a value */
    uint64_t *of_source; /* [n_sources] records */
    struct arena arena;
};

/* Each gives one member of the report. */
json_t *report_run(const struct report *r);
json_t *report_model(const struct report *r);
json_t *report_comparisons(const struct report *r);
json_t *report_priors(const struct report *r);
json_t *report_interactions(const struct report *r);
json_t *report_relatives(const struct report *r);
json_t *report_blocking(struct report *r);
json_t *report_scores(const struct report *r);

json_t *report_clusters(const struct report *r);
json_t *report_completeness(const struct report *r);
json_t *report_shared_values(const struct report *r);
json_t *report_unlinkable(const struct report *r);
json_t *report_adds_nothing(const struct report *r);

/* The page as HTML. */
void report_page(const json_t *report, struct buf *out);

#endif
