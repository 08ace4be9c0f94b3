/*
 * Keys of every distinct value of a column, private to the matcher: what keys.h calls key tables, and the rows that are
 * looked up in them.
 */
#ifndef IDEM_MATCHER_KEY_TABLES_H
#define IDEM_MATCHER_KEY_TABLES_H

#include "matcher/keys.h"

struct value_key_table {
    uint64_t *only; /* [dict.n + 1] the key of a value, 0: none; of derivations that give one at most */
    uint32_t *at;   /* [dict.n + 2] into key, of the others */
    uint64_t *key;
};

struct key_tables {
    struct value_key_table table[MOST_FIELDS][KEY_DERIVATIONS]; /* those that were asked for */
    struct rule_keys names;                                     /* of rows: names in any order, as they are joined */
    const struct batch *names_of;                               /* whose rows; NULL: not made */
};

static inline bool value_key_table_is_made(const struct value_key_table *t)
{
    return t->only || t->at;
}

/* The number of keys with this one at the end, unless it is there already. */
static inline unsigned keys_add_new(uint64_t *key, unsigned n, uint64_t fresh)
{
    for (unsigned i = 0; i < n; i++)
        if (key[i] == fresh)
            return n;
    key[n] = fresh;
    return n + 1;
}

/* Has the derivation values with more keys than one? */
bool derivation_gives_several(enum derivation d);

void value_key_table_init(struct value_key_table *t, const struct column *c, enum derivation d,
                          const struct frequency_table *token);
void value_key_table_deinit(struct value_key_table *t);

/* Keys of all values of a row, each once. */
unsigned value_key_table_row(const struct value_key_table *t, const struct column *c, uint32_t row,
                             uint64_t key[MOST_KEYS_OF_RECORD]);
/* The same from the values themselves, where no table was made. */
unsigned value_keys_of_row(const struct column *c, uint32_t row, enum derivation d, const struct frequency_table *token,
                           uint64_t key[MOST_KEYS_OF_RECORD]);

/* The columns that a key reads: one, or for names in any order the three kinds of name. */
unsigned rule_key_fields(struct rule_key key, const struct batch *b, unsigned field[3]);
/* How frequent the tokens of a field are; NULL: not counted. */
const struct frequency_table *rule_key_tokens(const struct model *m, unsigned field);

#endif
