#include "matcher/key_tables.h"

#include <stdlib.h>

#include "base/parallel.h"

enum { FILL_ROWS = 40000 };

bool derivation_gives_several(enum derivation d)
{
    return d == KEY_TOKENS || d == KEY_RARE_TOKENS || d == KEY_NICKNAME || d == KEY_ANY_NAME || d == KEY_WORD_PAIRS ||
           d == KEY_CELL;
}

static unsigned S_keys_of_id(const struct column *c, uint32_t id, enum derivation d,
                             const struct frequency_table *token, uint64_t key[MOST_KEYS_OF_VALUE])
{
    struct norm v;
    return norm_unpack(dict_get(&c->dict, id), &v) ? value_keys(d, &v, token, key) : 0;
}

void value_key_table_init(struct value_key_table *t, const struct column *c, enum derivation d,
                          const struct frequency_table *token)
{
    uint32_t n = c->dict.n, room = n + 16, used = 0;
    uint64_t key[MOST_KEYS_OF_VALUE];
    *t = (struct value_key_table){0};
    if (!derivation_gives_several(d)) {
        t->only = xaligned(((size_t)n + 1) * sizeof *t->only);
        t->only[0] = 0;
        for (uint32_t id = 1; id <= n; id++)
            t->only[id] = S_keys_of_id(c, id, d, token, key) ? key[0] : 0;
        return;
    }
    t->at = xmalloc(((size_t)n + 2) * sizeof *t->at);
    t->key = xmalloc(room * sizeof *t->key);
    t->at[0] = t->at[1] = 0;
    for (uint32_t id = 1; id <= n; id++) {
        unsigned k = S_keys_of_id(c, id, d, token, key);
        if (used + k > room) {
            room = room * 2 + k;
            t->key = xrealloc(t->key, room * sizeof *t->key);
        }
        for (unsigned i = 0; i < k; i++)
            t->key[used++] = key[i];
        t->at[id + 1] = used;
    }
}

void value_key_table_deinit(struct value_key_table *t)
{
    free(t->only);
    free(t->at);
    free(t->key);
}

unsigned value_keys_of_row(const struct column *c, uint32_t row, enum derivation d, const struct frequency_table *token,
                           uint64_t key[MOST_KEYS_OF_RECORD])
{
    const uint32_t *id;
    unsigned n = 0;
    uint32_t n_ids = column_ids(c, row, &id);
    for (uint32_t i = 0; i < n_ids; i++) {
        uint64_t of_value[MOST_KEYS_OF_VALUE];
        unsigned n_keys = id[i] ? S_keys_of_id(c, id[i], d, token, of_value) : 0;
        for (unsigned k = 0; k < n_keys && n < MOST_KEYS_OF_RECORD; k++)
            if (of_value[k] || derivation_gives_several(d))
                n = keys_add_new(key, n, of_value[k]);
    }
    return n;
}

unsigned value_key_table_row(const struct value_key_table *t, const struct column *c, uint32_t row,
                             uint64_t key[MOST_KEYS_OF_RECORD])
{
    const uint32_t *id;
    unsigned n = 0;
    uint32_t n_ids = column_ids(c, row, &id);
    if (t->only) {
        for (uint32_t i = 0; i < n_ids && n < MOST_KEYS_OF_RECORD; i++)
            if (t->only[id[i]])
                n = keys_add_new(key, n, t->only[id[i]]);
        return n;
    }
    for (uint32_t i = 0; i < n_ids; i++)
        for (uint32_t k = t->at[id[i]]; k < t->at[id[i] + 1] && n < MOST_KEYS_OF_RECORD; k++)
            n = keys_add_new(key, n, t->key[k]);
    return n;
}

const struct frequency_table *rule_key_tokens(const struct model *m, unsigned field)
{
    for (unsigned i = 0; i < m->n_comparisons; i++)
        if (m->comparison[i].field == field && m->comparison[i].token.n)
            return &m->comparison[i].token;
    return NULL;
}

unsigned rule_key_fields(struct rule_key key, const struct batch *b, unsigned field[3])
{
    static const enum field_type names_of[] = {FIELD_GIVEN_NAME, FIELD_FAMILY_NAME, FIELD_MIDDLE_NAME};
    unsigned n = 0;
    if (key.derivation == KEY_ALL)
        return 0;
    if (key.derivation != KEY_ANY_NAME) {
        field[n++] = key.field;
        return n;
    }
    for (unsigned i = 0; i < COUNT_OF(names_of); i++) {
        int at = schema_find_type(b->schema, names_of[i]);
        if (at >= 0)
            field[n++] = (unsigned)at;
    }
    return n;
}

struct table_work {
    struct key_tables *tables;
    const struct model *model;
    const struct batch *batch;
    struct rule_key *key; /* each field and derivation once */
};

static void S_make_table(void *context, size_t item, unsigned worker)
{
    struct table_work *w = context;
    struct rule_key key = w->key[item];
    (void)worker;
    value_key_table_init(&w->tables->table[key.field][key.derivation], &w->batch->norm[key.field],
                         (enum derivation)key.derivation, rule_key_tokens(w->model, key.field));
}

struct key_tables *key_tables_new(const struct model *m, const struct batch *b, const struct rule_key *key, unsigned n,
                                  unsigned threads)
{
    struct key_tables *t = xcalloc(1, sizeof *t);
    struct rule_key *once = xcalloc(3 * (size_t)n + 1, sizeof *once);
    bool wanted[MOST_FIELDS][KEY_DERIVATIONS] = {{false}};
    size_t n_once = 0;
    for (unsigned k = 0; k < n; k++) {
        unsigned field[3], n_fields = rule_key_fields(key[k], b, field);
        for (unsigned i = 0; i < n_fields; i++)
            if (!wanted[field[i]][key[k].derivation]) {
                wanted[field[i]][key[k].derivation] = true;
                once[n_once++] = (struct rule_key){(uint8_t)field[i], key[k].derivation};
            }
    }
    struct table_work w = {t, m, b, once};
    parallel_for(threads, n_once, S_make_table, &w);
    free(once);
    return t;
}

double key_tables_fill(const struct key_tables *t, const struct batch *b, struct rule_key key)
{
    unsigned field[3];
    const struct value_key_table *table = &t->table[key.field][key.derivation];
    if (rule_key_fields(key, b, field) != 1 || !value_key_table_is_made(table))
        return 1;
    uint32_t with = 0, valued = 0, step = b->n_rows / FILL_ROWS + 1;
    for (uint32_t row = 0; row < b->n_rows; row += step) {
        uint64_t of_row[MOST_KEYS_OF_RECORD];
        const uint32_t *id;
        valued += column_ids(&b->norm[key.field], row, &id) > 0;
        with += value_key_table_row(table, &b->norm[key.field], row, of_row) > 0;
    }
    return valued ? (double)with / valued : 1;
}

void key_tables_add_names(struct key_tables *t, const struct model *m, const struct batch *b, unsigned threads)
{
    rule_keys_of_part(&t->names, m, (struct rule_key){.derivation = KEY_ANY_NAME}, b, t, threads);
    t->names_of = b;
}

void key_tables_free(struct key_tables *t)
{
    if (!t)
        return;
    for (unsigned f = 0; f < MOST_FIELDS; f++)
        for (unsigned d = 0; d < KEY_DERIVATIONS; d++)
            value_key_table_deinit(&t->table[f][d]);
    rule_keys_deinit(&t->names);
    free(t);
}
