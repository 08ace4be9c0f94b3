/*
 * From files to a batch: reads the sources of a configuration, maps columns to fields, normalises every distinct value
 * once, splits full names and addresses, settles records that stand twice.
 *
 * The batch's rows stand in the order of source and record id, whatever the order of the files. Columns are encoded in
 * parallel, each by one thread at a time, so that the result is the same at any number of threads.
 *
 * load_open.c looks whether all files can be read, load.c reads those of each source; its steps are in the files that
 * load_source.h names; load_settle.c puts rows in order.
 */
#ifndef IDEM_ENGINE_LOAD_H
#define IDEM_ENGINE_LOAD_H

#include "base/log.h"
#include "engine/quality.h"
#include "record/batch.h"
#include "rules/config.h"
#include "seal/seal.h"

struct roster;
struct load_facts;
struct forced_pair;
struct paging;

struct load_file {
    struct str path;
    int64_t bytes, changed_ms;
    uint64_t rows;
};

struct load_reject {
    unsigned source;
    struct reject reject;
};

/* A column that holds another source's record id. */
struct load_link {
    uint32_t row;
    unsigned link; /* index into config.link */
    struct str record_id;
};

/* What one source gave. */
struct load_source {
    bool read; /* false: left out of this run, or optional and absent */
    struct load_file *file;
    size_t n_files;
    uint64_t rows;       /* read and mapped */
    uint64_t rejected;   /* rows set aside */
    uint64_t duplicates; /* rows of a record that stood twice and were replaced or joined */
    uint64_t deleted;    /* rows with the delete flag */
    struct str *column;  /* [n_columns] of the last file, in its order */
    size_t n_columns;
    bool cut;                  /* the last row of a file was set aside as broken: the file may not be whole */
    uint64_t swallowed;        /* rows within others, behind a quote that was probably never closed */
    struct str swallowed_file; /* where the first was */
    uint64_t swallowed_line;
    uint64_t unlinked;              /* rows of `also` files without a record */
    uint64_t unattached;            /* records of a reference source that match nobody: see reference.h */
    struct load_facts *facts;       /* with a roster: what drift looks at (engine/load_scan.h); else NULL */
    struct quality_result *quality; /* [n_quality] of the rules that hold for the source; NULL when it was not read */
    size_t n_quality;
};

/* The same of a record that is as it was, and therefore in no row. */
struct load_known_link {
    uint32_t known; /* index into the roster */
    unsigned link;
    struct str record_id;
};

struct load {
    struct arena arena;
    struct batch batch;
    struct load_source *source; /* [n_sources] */
    unsigned n_sources;
    struct load_reject *reject;
    size_t n_rejects, rejects_room;
    struct load_link *link;
    size_t n_links, links_room;
    struct load_known_link *known_link;
    size_t n_known_links, known_links_room;
    struct forced_pair *linked; /* rows that links joined when they were read last, in records not read now */
    size_t n_linked;
    uint64_t *fingerprint; /* [n_rows] engine/fingerprint.h; 0: of a row that was not read from a source */
    int64_t *rid;          /* [n_rows] of the stored record that a row is, 0: none, or not known here */
    uint32_t noted_room;
    double read_seconds, normalise_seconds;
    unsigned threads;    /* to work on; 0 is one */
    uint8_t *superseded; /* until load_settle: rows that another row of their record replaces */
    uint32_t superseded_room;
};

struct load_path {
    unsigned source;
    struct str path; /* read in place of the configured one */
};

struct load_options {
    const struct config *config;
    const struct schema *schema; /* the stored fields, then the configuration's new ones; NULL: the configuration's */
    const bool *only;            /* [n_sources] read these; NULL: all */
    const struct load_path *path;
    size_t n_paths;
    unsigned threads;
    const struct keyring *keys; /* for the tokens of hashed fields and record ids; NULL: none are made */
    const struct progress *progress;
    const struct paging *paging; /* looked after while it reads (paging_check); NULL: none */
    /* Stored records: those whose rows are as they were are ticked off here and get no row. NULL: every row is taken */
    struct roster *roster;
    const uint64_t *rows_before; /* [n_sources] with a roster: about how many rows are to come */
};

/* Reads the sources. On an error nothing is left to release; otherwise load_deinit. Records that come from elsewhere
 * (kept from the database) may be appended to the batch before load_settle. */
enum idem_status load_sources(const struct load_options *options, struct load *out, struct idem_error *err);
/* What is known of a row; the rows before it that nothing was said of have 0 and 0. */
void load_note(struct load *l, uint32_t row, uint64_t fingerprint, int64_t rid);
static inline uint64_t load_fingerprint(const struct load *l, uint32_t row)
{
    return row < l->noted_room ? l->fingerprint[row] : 0;
}
/* Drops replaced rows and puts the rest in order of source and record id. */
void load_settle(struct load *l);
void load_deinit(struct load *l);

#endif
