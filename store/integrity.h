/*
 * What the database can be asked about itself: SQLite's own check of pages and indexes, references between tables, and
 * every container opened. Findings are told one by one, and the walk goes on behind each.
 */
#ifndef IDEM_STORE_INTEGRITY_H
#define IDEM_STORE_INTEGRITY_H

#include "store/store.h"

enum store_check {
    STORE_CHECK_PAGES,      /* SQLite's integrity_check */
    STORE_CHECK_REFERENCES, /* rows that must not exist, by query */
    STORE_CHECK_CONTAINERS, /* all sealed bytes but the records' open; needs the key */
    STORE_CHECK_RECORDS,    /* each record has values in its leaf, under its own record id; needs the key */
    STORE_CHECK_MODELS,     /* each model's body is the one of its hash; needs the key */
    STORE_CHECKS
};

/* `place` says what is damaged and where, without a personal value. */
typedef void store_finding_fn(void *context, struct str place);

/* A status other than IDEM_OK when the check could not be made to its end (then nothing is known of the rest). */
enum idem_status store_check(struct store *s, enum store_check check, unsigned threads, store_finding_fn *found,
                             void *context, struct idem_error *err);

#endif
