/*
 * Blocking keys: 64-bit hashes derived from normalised values, computed once for each distinct value. A rule joins up
 * to four of them; two records are candidates when they share a key of some rule. Candidacy is decided by the two
 * records' own keys and the model alone.
 */
#ifndef IDEM_MATCHER_KEYS_H
#define IDEM_MATCHER_KEYS_H

#include "matcher/model.h"
#include "record/batch.h"
#include "record/norm.h"

const char *derivation_name(enum derivation d);
bool derivation_parse(struct str name, enum derivation *d);

enum { MOST_KEYS_OF_VALUE = 12, MOST_KEYS_OF_RECORD = 24 };

/* Keys of one value: up to MOST_KEYS_OF_VALUE hashes, without repeats. `token` (may be NULL) tells rare tokens. */
unsigned value_keys(enum derivation d, const struct norm *value, const struct frequency_table *token,
                    uint64_t key[MOST_KEYS_OF_VALUE]);

/* All keys of all rules for all rows of a batch. */
struct rule_keys {
    uint32_t *at;  /* [n_rows + 1] into key */
    uint64_t *key; /* sorted within a row */
    uint64_t lost; /* records of oversized blocks that lack the refining value: not compared by this rule */
};

struct key_holders;
struct key_set {
    struct rule_keys *rule; /* [n_rules] */
    unsigned n_rules;
    uint32_t n_rows;
    uint16_t *print;             /* [n_rows * n_rules] fingerprints of keys; NULL until key_set_print */
    struct key_holders *holders; /* of keys that are shared; NULL: they are this set's alone */
    /* Not NULL: no keys are held, those of a rule are made each time they are asked for */
    const struct model *slim;
    const struct batch *batch; /* then */
};

struct key_tables;

void key_set_init(struct key_set *k, const struct model *m, const struct batch *b, unsigned threads);
/* Without keys, for want of memory: key_set_rule and key_set_row make them. Model and batch outlive the set. */
void key_set_init_slim(struct key_set *k, const struct model *m, const struct batch *b);
/* Releases the keys, which are made anew then; fingerprints stay. */
void key_set_slim(struct key_set *k, const struct model *m, const struct batch *b);
void key_set_deinit(struct key_set *k);
/* The keys of a rule: those held, or new ones in `room`, to be released by rule_keys_deinit (either way). */
const struct rule_keys *key_set_rule(const struct key_set *k, unsigned rule, struct rule_keys *room);
/* The keys of a row under a rule, sorted; returns their number. `room` holds them where none are held. */
unsigned key_set_row(const struct key_set *k, unsigned rule, uint32_t row, uint64_t room[MOST_KEYS_OF_RECORD],
                     const uint64_t **key);
/* Smallest key of the rule that both rows have, or 0. */
uint64_t key_set_shared(const struct key_set *k, unsigned rule, uint32_t a, uint32_t b);
/* Rows that no rule gives a key: they are compared with nothing. Not of a slim set. */
uint64_t key_set_unkeyed(const struct key_set *k);
/* The same keys for another thread, to be released like any. Fingerprints are not shared. */
void key_set_share(struct key_set *k, struct key_set *other);
/* Takes that back before the other has given any back. */
void key_set_unshare(struct key_set *k, struct key_set *other);
/* The holder has done with the keys of a rule: they are released when the other has, too. */
void key_set_give_back(struct key_set *k, unsigned rule);

/* For questions about many pairs: two bytes for each row and rule, until key_set_forget_prints. */
void key_set_print(struct key_set *k, unsigned threads);
void key_set_forget_prints(struct key_set *k);
/* Rules under which two rows may share a key, a bit each; all others they do not share. */
uint64_t key_set_may_share(const struct key_set *k, uint32_t a, uint32_t b);

/* Keys of every distinct value, by field and derivation, made once for many rules. Read-only afterwards: any thread. */
struct key_tables *key_tables_new(const struct model *m, const struct batch *b, const struct rule_key *key, unsigned n,
                                  unsigned threads);
/* Of the rows with a value, the share that has such a key (about 40,000 rows are looked at); 1 where several fields
 * make it. */
double key_tables_fill(const struct key_tables *t, const struct batch *b, struct rule_key key);
/* Adds the keys of every row of the batch for names in any order, which several rules read. */
void key_tables_add_names(struct key_tables *t, const struct model *m, const struct batch *b, unsigned threads);
void key_tables_free(struct key_tables *t);

/* Keys of one rule as it stands, sub-keys of oversized blocks applied when `refine`. */
void rule_keys_init(struct rule_keys *out, const struct model *m, const struct rule *r, const struct batch *b,
                    bool refine);
/* The same with tables made before; those that are not there are made for this call. `tables` may be NULL. */
void rule_keys_from_tables(struct rule_keys *out, const struct model *m, const struct rule *r, const struct batch *b,
                           const struct key_tables *tables, bool refine, unsigned threads);
void rule_keys_deinit(struct rule_keys *k);
/* Keys of one row of a batch of many, sorted; returns their number. */
unsigned rule_keys_of_row(const struct model *m, const struct rule *r, const struct batch *b, uint32_t row, bool refine,
                          uint64_t key[MOST_KEYS_OF_RECORD]);

/* For pricing many rules: the keys of one part of a rule, as they are joined (not sorted); and, in *key which grows and
 * is the caller's to free, those of all rows under a rule of two parts (y NULL: of one). Returns their number. */
void rule_keys_of_part(struct rule_keys *out, const struct model *m, struct rule_key key, const struct batch *b,
                       const struct key_tables *tables, unsigned threads);
size_t rule_keys_joined(const struct rule_keys *x, const struct rule_keys *y, uint32_t n_rows, uint64_t **key,
                        size_t *room);

/* Smallest key that both rows have, or 0. */
uint64_t keys_shared(const struct rule_keys *k, uint32_t a, uint32_t b);

/* "family_name.phonetic + birth_date" into `out`. */
void rule_text(const struct rule *r, const struct schema *schema, struct buf *out);

#endif
