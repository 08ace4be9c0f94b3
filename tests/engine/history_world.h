/* A small source that changes at random from run to run, and what the exports said after each. */
#ifndef TESTS_HISTORY_WORLD_H
#define TESTS_HISTORY_WORLD_H

#include "base/json.h"
#include "workshop.h"

enum { PEOPLE = 14, NUMBERS = 6, ROUNDS = 8 };

struct person {
    bool here;
    unsigned number, mail, town;
};

/* What the exports said after a run. */
struct known {
    int64_t run;
    json_t *crosswalk; /* {"3":"0193..."} */
    json_t *golden;    /* {"0193...":{"email":...}} */
};

struct world {
    struct workshop *w;
    uint64_t random;
    struct person person[PEOPLE];
    struct known known[2 * ROUNDS + 1];
    size_t n_known;
    json_t *crosswalk, *golden; /* a copy, kept by the feed alone and golden values that it names */
    int64_t seq;                /* the last change that the copy has seen */
};

/* In [0, below); the same for the same seed. */
unsigned history_world_random(struct world *x, unsigned below);
/* The source as it is now, as crm.csv. */
void history_world_write(struct world *x);
/* A few people come, go, move or change their mailbox or number; written. */
void history_world_change(struct world *x);
void history_world_begin(struct world *x, struct workshop *w, uint64_t seed, const char *at_rest);
/* The database goes too. */
void history_world_end(struct world *x);

#endif
