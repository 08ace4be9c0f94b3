/* Golden records of all clusters of a batch: which member and rule each value comes from, packed (engine/golden.h). */
#ifndef IDEM_ENGINE_SURVIVORS_H
#define IDEM_ENGINE_SURVIVORS_H

#include "engine/golden.h"
#include "engine/load.h"

/* What a person fixed in a cluster's golden record (engine/pins.h). */
struct survivors_pin {
    uint32_t cluster;
    unsigned field;
    int64_t rid;      /* that member's value; 0: `value` */
    struct str value; /* outlives the run */
};

struct survivors_input {
    const struct config *config;
    const struct load *load;
    const int64_t *rid;      /* [n_rows] */
    const uint32_t *cluster; /* [n_rows] */
    uint32_t n_clusters;
    bool clear_values; /* also the values that may stand in the clear */
    const bool *clear; /* [n_fields] fields that may */
    unsigned threads;
    const struct survivors_pin *pin; /* [n_pins] ascending by cluster, each field of a cluster at most once */
    size_t n_pins;
};

struct survivors {
    struct buf *bytes;   /* pieces of packed provenance */
    struct arena *arena; /* [n_pieces] owners of clear texts */
    size_t n_pieces;
    struct str *prov;         /* [n_clusters] */
    uint32_t *size;           /* [n_clusters] members */
    const struct str **clear; /* [n_clusters] values in field order, NULL: none */
};

void survivors_choose(const struct survivors_input *in, struct survivors *out);
void survivors_deinit(struct survivors *s);

#endif
