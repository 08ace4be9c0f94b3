/*
 * What somebody knows to be true, as a file (CSV, TSV or JSON lines, plain or packed): for evaluate and train.
 *
 *   clusters  source, record_id, entity_id                        records with one entity_id are one
 *   pairs     left_source, left_id, right_source, right_id        these pairs are the same
 *   labels    the same with a column label                        same or different, as the label says
 *
 * Columns are found by name, in any order, others are ignored: data_source for source, id for record_id, master_id,
 * cluster_id or entity for entity_id, left_record_id for left_id (so that an exported crosswalk is a truth too). A file
 * that cannot be read to the last row is an error with its line; nothing is skipped silently.
 */
#ifndef IDEM_ENGINE_TRUTH_H
#define IDEM_ENGINE_TRUTH_H

#include "base/error.h"
#include "engine/pair_set.h"
#include "record/dict.h"

enum truth_shape { TRUTH_CLUSTERS, TRUTH_PAIRS, TRUTH_LABELS };

struct truth_record {
    struct str source, record_id; /* trimmed, as the records of sources are */
    uint32_t entity;              /* clusters: from 0 */
    uint64_t line;
};

struct truth_pair {
    uint32_t a, b; /* index into record */
    bool same;
    uint64_t line;
};

struct truth {
    struct arena arena;
    struct str path;
    enum truth_shape shape;
    struct truth_record *record; /* each record once, in the order of the file */
    uint32_t n_records, records_room;
    uint32_t n_entities;
    struct truth_pair *pair; /* each pair once */
    size_t n_pairs, pairs_room;
    uint64_t repeated; /* pairs that stood more than once with the same label */
    uint64_t unsure;   /* pairs whose label is empty, unsure or unknown: left out */
    struct dict keys, entities;
    struct pair_set pairs;
};

/* "clusters", "pairs", "labels" */
const char *truth_shape_name(enum truth_shape shape);

/*
 * IDEM_INVALID with file and line: unknown columns (with the nearest name), empty cells, a record twice, a pair twice
 * with unlike labels, a record paired with itself, a label that is neither, rows that cannot be read. Whatever it
 * returns, truth_deinit releases.
 */
enum idem_status truth_read(const char *path, struct truth *t, struct idem_error *err);
/* The same of a file that must be one of clusters. */
enum idem_status truth_read_clusters(const char *path, struct truth *t, struct idem_error *err);
void truth_deinit(struct truth *t);

/*
 * Do labels contradict each other: a pair that is different though a chain of same pairs joins it? IDEM_CONFLICT names
 * the line and the lines of the shortest chain.
 */
enum idem_status truth_check_labels(const struct truth *t, struct idem_error *err);

#endif
