#include "serve/route.h"

#include <stdio.h>

#define PARAMETERS(list) .parameter = list, .n_parameters = COUNT_OF(list)

static const char MASTER_ID[] = "{\"type\":\"string\",\"format\":\"uuid\"}";
static const char SOURCE[] = "{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_.-]{1,64}$\"}";
static const char RECORD_ID[] = "{\"type\":\"string\",\"minLength\":1,\"maxLength\":1024}";

static const struct route_parameter OF_MASTER[] = {
    {"master_id", 'p', true, MASTER_ID, "a master_id"},
    {"If-None-Match", 'h', false, "{\"type\":\"string\"}", "an ETag: 304 while the master is the same"},
};
static const struct route_parameter OF_MASTER_ONLY[] = {
    {"master_id", 'p', true, MASTER_ID, "a master_id"},
};
static const struct route_parameter OF_LOOKUP[] = {
    {"source", 'q', true, SOURCE, "the source, or the scheme of an imported id"},
    {"id", 'q', true, RECORD_ID, "the id of the record there"},
};

#define IF_MATCH                                                                                                       \
    {                                                                                                                  \
        "If-Match", 'h', false, "{\"type\":\"string\"}", "the ETag of the (first) master: 412 when it has changed"     \
    }
#define IDEMPOTENCY_KEY                                                                                                \
    {                                                                                                                  \
        "Idempotency-Key", 'h', false, "{\"type\":\"string\",\"minLength\":1,\"maxLength\":200}",                      \
            "a request that is sent again with the same key takes effect once"                                         \
    }

#define RECORD                                                                                                         \
    {"source", 'p', true, SOURCE, "the source"},                                                                       \
    {                                                                                                                  \
        "record_id", 'p', true, RECORD_ID, "the id of the record there"                                                \
    }

static const struct route_parameter OF_RECORD[] = {
    RECORD,
};
static const struct route_parameter OF_RECORD_WRITE[] = {
    RECORD,
    IDEMPOTENCY_KEY,
};
static const struct route_parameter OF_WRITE[] = {
    IDEMPOTENCY_KEY,
};
static const struct route_parameter OF_MASTER_WRITE[] = {
    IF_MATCH,
    IDEMPOTENCY_KEY,
};
static const struct route_parameter OF_UNDO[] = {
    {"decision", 'p', true, "{\"type\":\"integer\",\"minimum\":1}", "the number of a decision"},
    IDEMPOTENCY_KEY,
};
static const struct route_parameter OF_UNPIN[] = {
    {"master_id", 'p', true, MASTER_ID, "a master_id"},
    {"field", 'p', true, "{\"type\":\"string\",\"minLength\":1}", "a field"},
    IF_MATCH,
    IDEMPOTENCY_KEY,
};
static const struct route_parameter OF_REVIEW[] = {
    {"limit", 'q', false, "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000}", "at most so many (100)"},
    {"after", 'q', false, "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{16}-[0-9a-f]{1,16}-[0-9a-f]{1,16}$\"}",
     "next of the page before"},
};
static const struct route_parameter OF_RUNS[] = {
    {"limit", 'q', false, "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000}", "at most so many (100)"},
    {"before", 'q', false, "{\"type\":\"integer\",\"minimum\":1}", "next of the page before"},
};
static const struct route_parameter OF_CHANGES[] = {
    {"since", 'q', false, "{\"type\":\"integer\",\"minimum\":0}",
     "changes after this seq (0; of a stream: from now on)"},
    {"limit", 'q', false, "{\"type\":\"integer\",\"minimum\":1,\"maximum\":10000}", "at most so many (1000)"},
    {"wait", 'q', false, "{\"type\":\"integer\",\"minimum\":0,\"maximum\":60}",
     "seconds to wait for a change when there is none (0)"},
};

static const struct route_parameter OF_PIX[] = {
    {"sourceIdentifier", 'q', true, "{\"type\":\"string\",\"pattern\":\"^[^|]+\\\\|.+$\"}",
     "system|value, as urn:idem:source:crm|C-1001"},
    {"targetSystem", 'q', false, "{\"type\":\"string\"}", "ids in this system only"},
};

const struct route ROUTES[] = {
    {"GET", "/healthz", "health", "Whether the process lives", .access = ACCESS_OPEN, .blind = true, .success = 200,
     .answer_schema = "Health", .run = run_health},
    {"GET", "/readyz", "ready", "Whether it answers questions", .access = ACCESS_OPEN, .blind = true, .success = 200,
     .answer_schema = "Health", .problems = "503", .run = run_ready},
    {"GET", "/metrics", "metrics", "Counts and times, for Prometheus", .access = ACCESS_READER, .blind = true,
     .success = 200, .answer_type = "text/plain", .run = run_metrics},
    {"GET", "/openapi.json", "openapi", "This document", .access = ACCESS_OPEN, .blind = true, .success = 200,
     .answer_schema = "Any", .run = run_openapi},
    {"GET", "/v1/lookup", "lookup", "The master of one record", .access = ACCESS_READER, PARAMETERS(OF_LOOKUP),
     .success = 200, .answer_schema = "Lookup", .problems = "404", .run = run_lookup},
    {"POST", "/v1/lookup", "lookupMany", "The masters of many records; of any number as lines", .access = ACCESS_READER,
     .place = PLACE_READER, .body = BODY_EITHER, .body_schema = "LookupMany", .success = 200,
     .answer_schema = "LookupAnswers", .other_type = "application/x-ndjson", .problems = "413 415 422",
     .run = run_lookup_many},
    {"GET", "/v1/masters/{master_id}", "master", "Golden record, records and state of a master",
     .access = ACCESS_READER, .place = PLACE_READER, .masks = true, PARAMETERS(OF_MASTER), .success = 200,
     .answer_schema = "Master", .problems = "404 410", .others = "304 308", .run = run_master},
    {"GET", "/v1/masters/{master_id}/records", "masterRecords", "The records of a master", .access = ACCESS_READER,
     .place = PLACE_READER, .masks = true, PARAMETERS(OF_MASTER_ONLY), .success = 200, .answer_schema = "Records",
     .problems = "404 410", .others = "308", .run = run_members},
    {"GET", "/v1/masters/{master_id}/history", "masterHistory", "Everything that happened to a master",
     .access = ACCESS_READER, .place = PLACE_READER, .masks = true, PARAMETERS(OF_MASTER_ONLY), .success = 200,
     .answer_schema = "History", .problems = "404", .run = run_history},
    {"GET", "/v1/masters/{master_id}/how", "masterHow", "How a master was built, step by step", .access = ACCESS_READER,
     .place = PLACE_READER, .masks = true, PARAMETERS(OF_MASTER_ONLY), .success = 200, .answer_schema = "How",
     .problems = "404 410 422", .run = run_how},
    {"POST", "/v1/why", "why", "Why two records or masters are together or apart", .access = ACCESS_READER,
     .place = PLACE_READER, .masks = true, .body = BODY_JSON, .body_schema = "Pair", .success = 200,
     .answer_schema = "Why", .problems = "404 413 415 422", .run = run_why},
    {"PUT", "/v1/records/{source}/{record_id}", "putRecord", "Adds or replaces a record and tells its master",
     .access = ACCESS_PIPELINE, .place = PLACE_WRITER, .resolves = true, PARAMETERS(OF_RECORD_WRITE), .body = BODY_JSON,
     .body_schema = "Record", .success = 200, .other_success = 201, .answer_schema = "Resolved",
     .problems = "404 409 413 415 422 507", .run = run_write_record},
    {"GET", "/v1/records/{source}/{record_id}", "record", "A record as it is stored, and its master",
     .access = ACCESS_READER, .place = PLACE_READER, .masks = true, PARAMETERS(OF_RECORD), .success = 200,
     .answer_schema = "StoredRecord", .problems = "404", .run = run_record},
    {"DELETE", "/v1/records/{source}/{record_id}", "deleteRecord", "Says that a record is gone",
     .access = ACCESS_PIPELINE, .place = PLACE_WRITER, .resolves = true, PARAMETERS(OF_RECORD_WRITE), .success = 200,
     .answer_schema = "Resolved", .problems = "404 409 422 507", .run = run_write_record},
    {"POST", "/v1/records", "putRecords", "Adds, replaces and deletes records, one a line; a line for each",
     .access = ACCESS_PIPELINE, .place = PLACE_WRITER, .resolves = true, .body = BODY_LINES, .success = 200,
     .answer_type = "application/x-ndjson", .problems = "409 413 415 422 507", .run = run_records},
    {"POST", "/v1/search", "search", "The masters nearest to some values: search before create",
     .access = ACCESS_READER, .place = PLACE_READER, .masks = true, .body = BODY_JSON, .body_schema = "Query",
     .success = 200, .answer_schema = "Found", .problems = "413 415 422", .run = run_search},
    {"GET", "/v1/changes", "changes", "What changed, in order; as pages, or as server-sent events",
     .access = ACCESS_READER, .place = PLACE_READER, .masks = true, PARAMETERS(OF_CHANGES), .success = 200,
     .answer_schema = "Changes", .other_type = "text/event-stream", .problems = "410", .run = run_changes},
    {"GET", "/v1/review", "review", "What waits for a person, most urgent first", .access = ACCESS_STEWARD,
     .place = PLACE_READER, .masks = true, PARAMETERS(OF_REVIEW), .success = 200, .answer_schema = "Review",
     .problems = "422", .run = run_review},
    {"POST", "/v1/decisions", "decide", "Two records are the same, different, or nobody knows",
     .access = ACCESS_STEWARD, .place = PLACE_WRITER, .masks = true, PARAMETERS(OF_WRITE), .body = BODY_JSON,
     .body_schema = "Decision", .success = 200, .answer_schema = "Done", .problems = "404 409 413 415 422 507",
     .run = run_decide},
    {"DELETE", "/v1/decisions/{decision}", "undoDecision", "Withdraws a decision", .access = ACCESS_STEWARD,
     .place = PLACE_WRITER, .masks = true, PARAMETERS(OF_UNDO), .success = 200, .answer_schema = "Done",
     .problems = "404 409 422 507", .run = run_undo},
    {"POST", "/v1/merge", "merge", "Makes several masters one", .access = ACCESS_STEWARD, .place = PLACE_WRITER,
     .masks = true, PARAMETERS(OF_MASTER_WRITE), .body = BODY_JSON, .body_schema = "Merge", .success = 200,
     .answer_schema = "Done", .problems = "404 409 412 413 415 422 507", .run = run_merge},
    {"POST", "/v1/split", "split", "Takes records out of a master", .access = ACCESS_STEWARD, .place = PLACE_WRITER,
     .masks = true, PARAMETERS(OF_MASTER_WRITE), .body = BODY_JSON, .body_schema = "Split", .success = 200,
     .answer_schema = "Done", .problems = "404 409 412 413 415 422 507", .run = run_split},
    {"POST", "/v1/pins", "pin", "Fixes a golden value", .access = ACCESS_STEWARD, .place = PLACE_WRITER, .masks = true,
     PARAMETERS(OF_MASTER_WRITE), .body = BODY_JSON, .body_schema = "Pin", .success = 200, .answer_schema = "Done",
     .problems = "404 409 412 413 415 422 507", .run = run_pin},
    {"DELETE", "/v1/pins/{master_id}/{field}", "unpin", "Gives a golden value back to the rules",
     .access = ACCESS_STEWARD, .place = PLACE_WRITER, .masks = true, PARAMETERS(OF_UNPIN), .success = 200,
     .answer_schema = "Done", .problems = "404 409 412 422 507", .run = run_unpin},
    {"GET", "/v1/runs", "runs", "The runs, newest first", .access = ACCESS_READER, .place = PLACE_READER,
     PARAMETERS(OF_RUNS), .success = 200, .answer_schema = "Runs", .run = run_runs},
    {"GET", "/v1/status", "status", "What the database holds", .access = ACCESS_READER, .place = PLACE_READER,
     .success = 200, .answer_schema = "Status", .run = run_status},
    {"GET", "/v1/quality", "quality", "Figures about model, data and matches", .access = ACCESS_READER,
     .place = PLACE_READER, .success = 200, .answer_schema = "Quality", .problems = "404 422", .run = run_quality},
    {"POST", "/fhir/Patient/$match", "fhirMatch", "FHIR R4 Patient $match", .access = ACCESS_READER,
     .place = PLACE_READER, .masks = true, .body = BODY_FHIR, .body_schema = "FhirMatch", .success = 200,
     .answer_schema = "FhirBundle", .answer_type = "application/fhir+json", .problems = "413 415 422", .fhir = true,
     .run = run_fhir_match},
    {"GET", "/fhir/Patient/$ihe-pix", "fhirPix", "IHE PIXm: the other ids of a patient", .access = ACCESS_READER,
     .place = PLACE_READER, .masks = true, PARAMETERS(OF_PIX), .success = 200, .answer_schema = "FhirParameters",
     .answer_type = "application/fhir+json", .problems = "404", .fhir = true, .run = run_fhir_pix},
};
const unsigned N_ROUTES = COUNT_OF(ROUTES);

/* A segment in braces takes any text that is not empty. */
static bool S_fits(const char *path, const struct target *t, struct str capture[MOST_CAPTURES])
{
    struct str rest = str_from(path + 1), piece;
    unsigned at = 0, captured = 0;
    while (rest.len && str_next_piece(&rest, '/', &piece)) {
        if (at == t->n_segments)
            return false;
        struct str given = t->segment[at++];
        if (piece.ptr[0] != '{') {
            if (!str_eq(piece, given))
                return false;
        } else if (!given.len || captured == MOST_CAPTURES) {
            return false;
        } else {
            capture[captured++] = given;
        }
    }
    return at == t->n_segments;
}

static bool S_is_method(const struct route *route, const char *method)
{
    return strcmp(route->method, method) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

const struct route *route_find(const char *method, struct target *target, unsigned *status, char allow[64])
{
    struct str capture[MOST_CAPTURES] = {{0}};
    size_t len = 0;
    allow[0] = 0;
    for (unsigned i = 0; i < N_ROUTES; i++) {
        if (!S_fits(ROUTES[i].path, target, capture))
            continue;
        memcpy(target->capture, capture, sizeof capture);
        if (S_is_method(&ROUTES[i], method))
            return &ROUTES[i];
        len += (size_t)snprintf(allow + len, 64 - len, "%s%s", len ? ", " : "", ROUTES[i].method);
    }
    *status = len ? 405 : 404;
    return NULL;
}
