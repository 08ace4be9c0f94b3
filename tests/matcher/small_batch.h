/*
 * Batches made in memory for tests of the matcher: records as rows of values that are already normalised, packed into
 * the dictionaries as the engine does it. A small_batch owns all it holds and does not move while it is in use.
 */
#ifndef IDEM_TESTS_SMALL_BATCH_H
#define IDEM_TESTS_SMALL_BATCH_H

#include "matcher/model.h"
#include "record/batch.h"
#include "record/norm.h"

enum { SMALL_VALUES = 8 }; /* of one field of one record */

struct small_batch {
    struct arena arena;
    struct schema schema;
    struct batch batch;
    struct str source[16];
    uint16_t n_sources;
    uint32_t value[MOST_FIELDS][SMALL_VALUES]; /* of the record under construction */
    uint32_t n_values[MOST_FIELDS];
};

void small_init(struct small_batch *s);
void small_deinit(struct small_batch *s);

/* All fields first, then all sources, then records. */
unsigned small_field(struct small_batch *s, const char *name, enum field_type type);
void small_sources(struct small_batch *s, uint16_t n); /* named a, b, c, ... */

/* Values of the record that small_record() then adds. The text is CANON, LATIN and the one of TOKENS; empty: none. */
void small_text(struct small_batch *s, unsigned field, const char *text);
void small_norm(struct small_batch *s, unsigned field, const struct norm *value);
uint32_t small_record(struct small_batch *s, uint16_t source, const char *record_id, enum entity_kind entity);

/* The same records in another order: row i of `out` is row order[i] of `s`. `out` is made here. */
void small_permute(const struct small_batch *s, const uint32_t *order, struct small_batch *out);

/* A random order of n rows. */
void small_shuffle(uint32_t *order, uint32_t n, uint64_t *state);

/* "a7" of a letter and a number, in the batch's arena. */
const char *small_printf(struct small_batch *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
