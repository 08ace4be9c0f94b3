/*
 * A folder with a configuration, source files and a database, worked on through idem.h as any program would. Files are
 * written from text; results come back as text or parsed JSON. Everything is gone after workshop_close().
 */
#ifndef IDEM_TESTS_WORKSHOP_H
#define IDEM_TESTS_WORKSHOP_H

#include "base/arena.h"
#include "base/json.h"
#include "idem.h"

struct workshop {
    char folder[64];
    struct arena arena;
    uint64_t seed; /* of the next run: one more each time; 0: random ids */
    unsigned threads;
    bool retrain, rebuild;
    const char *only;
    struct idem_error err; /* of the last call */
};

void workshop_open(struct workshop *w);
void workshop_close(struct workshop *w);

const char *workshop_path(struct workshop *w, const char *name);
void workshop_write(struct workshop *w, const char *name, const char *text);
/* Makes a file `seconds` older than the runs. */
void workshop_touch(struct workshop *w, const char *name, int64_t seconds);
/* idem.json from the document with ' in place of ". */
void workshop_config(struct workshop *w, const char *text);

struct idem_session *workshop_session(struct workshop *w, enum idem_open_mode mode);

/* apply: the status, and the report when there is one (caller decrefs; may be NULL to ignore). */
enum idem_status workshop_try(struct workshop *w, json_t **report);
/* apply that must succeed; the caller decrefs the report. */
json_t *workshop_apply(struct workshop *w);
/* The same, the report not wanted. */
void workshop_run(struct workshop *w);

/* A number of the report: "masters.created". -1 when it is not there. */
int64_t workshop_count(const json_t *report, const char *path);

/* Text of an export. */
const char *workshop_export(struct workshop *w, const struct idem_export_options *options);
const char *workshop_crosswalk(struct workshop *w);
/* The crosswalk with the smallest record key of each master in place of its id: equal when the partitions are. */
const char *workshop_partition(struct workshop *w);

/* master_id of "crm:1" in the arena; "" when it has none. */
const char *workshop_master(struct workshop *w, const char *key);
/* Do two records have one master? The test fails when either has none. */
bool workshop_together(struct workshop *w, const char *first, const char *second);
/* Values of a golden field of the master of a key, joined by |. */
const char *workshop_golden(struct workshop *w, const char *key, const char *field);

/* Occurrences of a text in the bytes of all files whose name begins with `name`. */
unsigned workshop_grep(struct workshop *w, const char *name, const char *text);

#endif
