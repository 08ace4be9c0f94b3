/*
 * One record against everything stored: its keys are looked up in the candidate index, the records found are read and
 * scored. The same normalised forms, keys, comparisons and weights as in a run over all; only where candidates come
 * from differs.
 *
 *   struct probe p;
 *   TRY_DONE(probe_open(&p, session, store, err));
 *   TRY_DONE(probe_refresh(&p, err));                              in the caller's snapshot: what others committed
 *   struct candidates c;
 *   TRY_DONE(probe_find(&p, &query, PROBE_BLOCKING, &c, err));     then scorer_..., explain_... on p.shelf
 *   candidates_deinit(&c);
 *   probe_close(&p);
 *
 * A probe is used by one thread at a time and holds what is costly to make: fields, sources, the applied model, and the
 * records that were met lately.
 */
#ifndef IDEM_ENGINE_PROBE_H
#define IDEM_ENGINE_PROBE_H

#include "engine/search_keys.h"
#include "engine/session.h"
#include "engine/shelf.h"
#include "matcher/keys.h"
#include "matcher/model.h"

/* Records that a search reads at most: those with which the query shares the rarest keys. */
enum { PROBE_MOST_SEARCHED = 300 };

struct probe {
    struct idem_session *session;
    struct store *store;
    struct arena arena;  /* of all below */
    uint64_t generation; /* differs when fields or sources do: what was made for them is to be made again */
    struct schema schema;
    struct store_source *source;
    size_t n_sources;
    bool *personal_ids; /* [n_sources + 1] record ids of the source are personal */
    bool any_personal_ids;
    struct str *name;   /* [n_sources + 1] for batches; the last, "", is that of a query without a source */
    struct model model; /* of the last run */
    int64_t model_id;
    struct search_rule search[MOST_SEARCH_RULES];
    unsigned n_search;
    struct str *rule_text; /* [model.n_rules + n_search] */
    int64_t change_seq;    /* of what was read; -1: nothing yet */
    struct shelf shelf;    /* rows 0 and 1: the query; behind them records that were met */
};

enum idem_status probe_open(struct probe *p, struct idem_session *s, struct store *store, struct idem_error *err);
void probe_close(struct probe *p);
/* Reads what has changed since. IDEM_NOT_FOUND: no model yet. Inside the caller's snapshot or transaction. */
enum idem_status probe_refresh(struct probe *p, struct idem_error *err);

struct probe_query {
    struct str packed;    /* record/pack.h */
    uint16_t source;      /* index into probe.name */
    struct str record_id; /* may be empty */
    int64_t rid;          /* of the stored record that it replaces: it is no candidate. 0: none */
    size_t wanted;        /* results of a search: of a large block as many records fill it up as those need. 0: many */
};

enum probe_depth {
    PROBE_BLOCKING, /* what the model's rules find, all of it: as in a run */
    PROBE_SEARCH    /* and what the keys of searches find; at most PROBE_MOST_SEARCHED records */
};

/* The records that one key finds. */
struct probe_block {
    const uint32_t *rid; /* [n] ascending */
    size_t n;
    uint32_t rarity; /* the fewer records have the key, the more it tells */
};

/* What one rule found. */
struct probe_reach {
    const struct rule *rule;
    struct str text;                   /* of the rule */
    bool search;                       /* a key of searches, no blocking rule */
    size_t block, n_blocks;            /* what its keys found: candidates.block[block .. + n_blocks) */
    uint64_t key[MOST_KEYS_OF_RECORD]; /* [keys] of the query, sorted */
    unsigned keys;                     /* 0: it lacks a field */
    uint64_t records;
    bool capped; /* its block is too large to be compared (MOST_BLOCK), as in a run */
};

struct candidate {
    int64_t rid, mid; /* as stored */
    uint32_t row;     /* on the shelf */
};

struct candidates {
    struct arena arena;
    struct candidate *list; /* [n] */
    uint32_t n;
    struct probe_reach *reach;
    unsigned n_reach;
    struct probe_block *block; /* [n_blocks] */
    size_t n_blocks, blocks_room;
    uint64_t found; /* records that any rule found; more than n when a search was cut */
};

/* Inside the caller's snapshot; rows are valid until the next call. On an error nothing is left to release. */
enum idem_status probe_find(struct probe *p, const struct probe_query *query, enum probe_depth depth,
                            struct candidates *out, struct idem_error *err);
void candidates_deinit(struct candidates *c);
/* Has the record a key in common with the query by this rule? */
bool probe_reaches(const struct probe *p, const struct candidates *c, const struct probe_reach *reach,
                   const struct candidate *candidate);

#endif
