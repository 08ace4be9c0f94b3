/*
 * The table of routes: one row each with its path, who may use it, where it runs, what it takes and answers, and its
 * function. Dispatch, access, the OpenAPI document and the metrics all read this table; nothing is written twice.
 */
#ifndef IDEM_SERVE_ROUTE_H
#define IDEM_SERVE_ROUTE_H

#include "idem.h"
#include "serve/request.h"

enum access {
    ACCESS_OPEN, /* no token */
    ACCESS_READER,
    ACCESS_PIPELINE,
    ACCESS_STEWARD,
    ACCESS_ADMIN
};

enum place {
    PLACE_CONNECTION, /* microseconds: where it arrives, with a session of that thread or none */
    PLACE_READER,
    PLACE_WRITER
};

enum body_kind {
    BODY_NONE,
    BODY_JSON,
    BODY_LINES,  /* JSON lines, or JSON */
    BODY_EITHER, /* JSON, or JSON lines */
    BODY_FHIR
};

/* Answers through rq->answer. `s` is a session to read from, the writer's on PLACE_WRITER, NULL where `blind`. */
typedef void route_fn(struct request *rq, struct idem_session *s);

struct route_parameter {
    const char *name;
    char in; /* 'p'ath, 'q'uery, 'h'eader */
    bool needed;
    const char *schema; /* JSON */
    const char *says;
};

struct route {
    const char *method, *path; /* "/v1/masters/{master_id}" */
    const char *operation;     /* operationId */
    const char *summary;
    enum access access;
    enum place place;
    bool blind;    /* needs no session */
    bool resolves; /* writes records: those of several requests go into one transaction */
    bool fhir;     /* what it says of errors is an OperationOutcome, or a problem */
    bool masks;    /* shows personal values, masked for readers */
    const struct route_parameter *parameter;
    unsigned n_parameters;
    enum body_kind body;
    const char *body_schema;                 /* name in the document's components */
    unsigned success, other_success;         /* other: 201 */
    const char *answer_schema, *answer_type; /* type NULL: JSON */
    const char *other_type;                  /* in place of it, when the client accepts it */
    const char *problems;                    /* "404 409": besides those of every route */
    const char *others;                      /* "308": answers without a problem document, besides success */
    route_fn *run;
};

extern const struct route ROUTES[];
extern const unsigned N_ROUTES;

/* The route of method and target, whose captures it fills; NULL with the status to answer (404, or 405 with the methods
 * there are in `allow`). */
const struct route *route_find(const char *method, struct target *target, unsigned *status, char allow[64]);

/* Functions of the table, one file each group. */
route_fn run_health, run_ready, run_metrics, run_openapi;                            /* route_open.c */
route_fn run_lookup, run_lookup_many;                                                /* route_lookup.c */
route_fn run_search;                                                                 /* route_search.c */
route_fn run_record, run_write_record, run_records;                                  /* route_records.c */
route_fn run_fhir_match, run_fhir_pix;                                               /* route_fhir.c */
route_fn run_changes;                                                                /* feed.c */
route_fn run_review, run_decide, run_undo, run_merge, run_split, run_pin, run_unpin; /* route_steward.c */
route_fn run_master, run_history, run_how, run_members, run_why, run_runs, run_status, run_quality; /* route_read.c */

#endif
