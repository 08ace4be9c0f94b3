/*
 * Made worlds: records of persons, organisations, products and places as sources have them, with typos, gaps,
 * households and repeated values, normalised as in a run. The same on every machine.
 */
#ifndef IDEM_TESTS_WORLDS_H
#define IDEM_TESTS_WORLDS_H

#include "small_batch.h"

enum world_kind { WORLD_PERSONS, WORLD_WHOLE_NAMES, WORLD_ORGANISATIONS, WORLD_PRODUCTS, WORLD_PLACES, WORLDS };

const char *world_name(enum world_kind kind);

/* Fills a batch; `entity` [as many as world_records()] takes whom each record is of. */
uint32_t world_records(enum world_kind kind);
void world_make(enum world_kind kind, struct small_batch *s, uint32_t *entity);

#endif
