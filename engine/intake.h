/*
 * One record as it comes, in JSON or as single values, made what a row of a file is made: mapped, normalised and split
 * by the same encoder, then packed (record/pack.h).
 *
 * Encoders and what they have seen are kept from record to record; a text that comes again is not normalised again.
 * Made for one set of fields and sources (struct probe): when probe.generation changes, make a new one.
 */
#ifndef IDEM_ENGINE_INTAKE_H
#define IDEM_ENGINE_INTAKE_H

#include "base/json.h"
#include "engine/probe.h"

struct intake;

enum idem_status intake_new(const struct probe *p, struct intake **out, struct idem_error *err);
void intake_free(struct intake *in);

/* A record id that another source's record has, as `links` of the configuration say. */
struct intake_link {
    unsigned link; /* index into config.link */
    struct str record_id;
};

/* One record; everything in `out` of the call. */
struct intake_record {
    uint16_t source; /* index into probe.name */
    struct str record_id, packed;
    bool deleted;
    struct intake_link *link;
    unsigned n_links;
};

/* A value of a search. */
struct intake_value {
    unsigned field; /* of the schema */
    struct str text;
};

/* Values without a source. */
enum idem_status intake_values(struct intake *in, const struct intake_value *value, size_t n, struct arena *out,
                               struct intake_record *record, struct idem_error *err);
/*
 * {data_source, record_id, fields | raw columns | deleted}. IDEM_INVALID when it cannot be taken: a key or field that
 * is unknown, no record id, a source that the configuration or the database does not have, a row that a quality rule
 * sets aside. Values are read as the reader of JSON lines reads them (ingest/ingest.h).
 */
enum idem_status intake_json(struct intake *in, const json_t *object, struct arena *out, struct intake_record *record,
                             struct idem_error *err);

#endif
