/*
 * Drift: what a source looks like now against what it looked like when it was last read. The facts of a reading are
 * stored with the source (store_source.facts) and hold no personal value:
 *
 *   {"files":[...],"rows":1000,"rejected":0,"columns":["id","mail"],"fields":{"email":{"fill":0.93,"columns":["mail"],
 *    "shapes":{"a@a.a":0.71,"a9@a.a":0.2}}}}
 *
 * `shapes` are the most frequent shapes (engine/value_kind.h) of the values, with their share.
 */
#ifndef IDEM_ENGINE_DRIFT_H
#define IDEM_ENGINE_DRIFT_H

#include "base/buf.h"
#include "base/json.h"
#include "base/map.h"

/* The shapes of the values of one field. */
struct shape_tally {
    struct map index;
    struct str *shape;
    uint64_t *count;
    uint32_t n;
    uint64_t values;
    struct arena arena;
    struct buf text;
};

void shape_tally_add(struct shape_tally *t, struct str value);
/* The same for `n` values whose shape is known. */
void shape_tally_add_shape(struct shape_tally *t, struct str shape, uint64_t n);
/* {"a@a.a":0.71,...}: at most 12, most frequent first; empty with fewer than 100 values, which tell too little. */
json_t *shape_tally_json(const struct shape_tally *t);
void shape_tally_deinit(struct shape_tally *t);

/* How far apart two such objects are, 0..1: the share of the values that would have to take another shape. */
double drift_distance(const json_t *shapes, const json_t *others);

/*
 * What is worth telling, as objects {"kind","field" or "column","from","to","message"}:
 *   rows            a fifth fewer, or two fifths more
 *   column_new, column_missing, column_renamed (a missing and a new one that are probably the same)
 *   fill            of a field, moved by a fifth of all rows
 *   shape           of a field: three tenths of the values have another shape
 * `now` may have "new_shapes": {"column": shapes} of columns that no field is read from, to find renamed ones.
 * `whole` false: the source sends changes only, so that its rows are not compared. Returns a new array.
 */
json_t *drift_compare(const json_t *now, const json_t *before, bool whole);

/* A plain file whose last byte is no line break. Compressed files and standard input never are. */
bool drift_file_breaks_off(const char *path);

#endif
