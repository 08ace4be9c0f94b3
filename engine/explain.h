/*
 * What the match weight of two rows of a batch is made of: the one explanation that why, how, report and evaluate show.
 * The parts sum to the total exactly, whatever decided in the end.
 *
 * An explainer holds a scorer (and, once asked which rules reach a pair, the keys of all rows) of its batch: begin it
 * when the batch is complete, and again after rows were added. One thread.
 */
#ifndef IDEM_ENGINE_EXPLAIN_H
#define IDEM_ENGINE_EXPLAIN_H

#include "base/json.h"
#include "engine/mask.h"
#include "matcher/keys.h"
#include "matcher/score.h"
#include "rules/config.h"

struct explain {
    const struct batch *batch;
    const struct model *model;
    const struct config *config; /* for deterministic rules and unique sources; NULL: none */
    bool masked;                 /* values of personal fields are not shown */
    const struct store *store;   /* for pseudonyms in their place (engine/mask.h); NULL: "***" alone */
    const bool *personal_ids;    /* [n_sources] record ids of the source are personal: masked too; NULL: none are */
    struct scorer scorer;
    struct key_set keys;
    bool has_keys;
    unsigned field_of[MOST_FIELDS]; /* the configuration's fields in the batch */
    struct arena arena;
};

/* Why two rows can be no match whatever their weight. */
enum explain_never { NEVER_NOT, NEVER_UNLIKE, NEVER_UNIQUE };
/* NULL, "unlike entities", "unique source" */
const char *explain_never_name(enum explain_never never);

/* A pair and what its total is the sum of. */
struct explained {
    uint32_t a, b;
    struct pair_levels levels;
    struct score_parts parts; /* parts.total: the sum of the others, also when `never` */
    enum explain_never never;
    int rule; /* deterministic rule of the configuration that decides the pair, or -1 */
};

void explain_init(struct explain *e, const struct batch *b, const struct model *m, const struct config *c, bool masked);
/* For a batch to which rows are added: the caller tells the scorer of them (scorer_extend). */
void explain_init_growing(struct explain *e, const struct batch *b, const struct model *m, const struct config *c);
void explain_deinit(struct explain *e);

void explain_pair(const struct explain *e, uint32_t a, uint32_t b, struct explained *out);
/* "match", "review" or "nonmatch" by the weight alone. */
const char *explain_verdict(const struct explain *e, const struct explained *x);
/* Name of comparison i: its field, or "model_number". */
struct str explain_comparison_name(const struct explain *e, unsigned i);
/* Name of the level that comparison i reached: "exact", ...; or why it says nothing: "missing", "generic" (a value that
 * stands for none), "repeats the name" (of a mailbox with the person's own name at another provider). */
struct str explain_level_name(const struct explain *e, const struct explained *x, unsigned i);

/* {"data_source","record_id"} */
json_t *explain_record(const struct explain *e, uint32_t row);
/* The same as text. */
void explain_write_record(const struct explain *e, uint32_t row, struct buf *out);
/* Values of a field of a row, as they came. */
json_t *explain_values(const struct explain *e, unsigned field, uint32_t row);
/* {"match","review"} in bits. */
json_t *explain_thresholds(const struct model *m);
/* The blocking rules that reach the pair, as text. */
json_t *explain_reached_by(struct explain *e, uint32_t a, uint32_t b);

/* How much of a pair explain_json tells. */
enum explain_detail {
    EXPLAIN_VALUES = 1, /* the values compared */
    EXPLAIN_KEYS = 2    /* which blocking rules reach the pair: makes the keys of the whole batch */
};
/* The pair in the shape of `why` (docs/cli.md), without what depends on masters: together, path, masters, decisions. */
json_t *explain_json(struct explain *e, const struct explained *x, unsigned detail);

#endif
