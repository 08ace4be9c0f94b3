#include "matcher/keys.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/parallel.h"

enum { FILL_ROWS = 40000 };

/* The number of keys with this one at the end, unless it is there already. */
static unsigned S_add_new(uint64_t *key, unsigned n, uint64_t fresh)
{
    for (unsigned i = 0; i < n; i++)
        if (key[i] == fresh)
            return n;
    key[n] = fresh;
    return n + 1;
}

/* ------------------------------------------------------------------ keys of every distinct value of a column */

struct value_key_table {
    uint64_t *only; /* [dict.n + 1] the key of a value, 0: none; of derivations that give one at most */
    uint32_t *at;   /* [dict.n + 2] into key, of the others */
    uint64_t *key;
};

static bool S_gives_several(enum derivation d)
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

static void S_table_init(struct value_key_table *t, const struct column *c, enum derivation d,
                         const struct frequency_table *token)
{
    uint32_t n = c->dict.n, room = n + 16, used = 0;
    uint64_t key[MOST_KEYS_OF_VALUE];
    *t = (struct value_key_table){0};
    if (!S_gives_several(d)) {
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

static bool S_is_made(const struct value_key_table *t)
{
    return t->only || t->at;
}

static void S_table_deinit(struct value_key_table *t)
{
    free(t->only);
    free(t->at);
    free(t->key);
}

/* The same from the values themselves, where no table was made. */
static unsigned S_row_keys_direct(const struct column *c, uint32_t row, enum derivation d,
                                  const struct frequency_table *token, uint64_t key[MOST_KEYS_OF_RECORD])
{
    const uint32_t *id;
    unsigned n = 0;
    uint32_t n_ids = column_ids(c, row, &id);
    for (uint32_t i = 0; i < n_ids; i++) {
        uint64_t of_value[MOST_KEYS_OF_VALUE];
        unsigned n_keys = id[i] ? S_keys_of_id(c, id[i], d, token, of_value) : 0;
        for (unsigned k = 0; k < n_keys && n < MOST_KEYS_OF_RECORD; k++)
            if (of_value[k] || S_gives_several(d))
                n = S_add_new(key, n, of_value[k]);
    }
    return n;
}

/* What the keys of a row need first. */
static void S_table_prefetch(const struct value_key_table *t, const struct column *c, uint32_t row)
{
    uint32_t id = c->id[row];
    if (id & COLUMN_SET)
        return;
    if (t->only)
        __builtin_prefetch(&t->only[id]);
    else
        __builtin_prefetch(&t->at[id]);
}

static unsigned S_row_keys(const struct value_key_table *t, const struct column *c, uint32_t row,
                           uint64_t key[MOST_KEYS_OF_RECORD])
{
    const uint32_t *id;
    unsigned n = 0;
    uint32_t n_ids = column_ids(c, row, &id);
    if (t->only) {
        for (uint32_t i = 0; i < n_ids && n < MOST_KEYS_OF_RECORD; i++)
            if (t->only[id[i]])
                n = S_add_new(key, n, t->only[id[i]]);
        return n;
    }
    for (uint32_t i = 0; i < n_ids; i++)
        for (uint32_t k = t->at[id[i]]; k < t->at[id[i] + 1] && n < MOST_KEYS_OF_RECORD; k++)
            n = S_add_new(key, n, t->key[k]);
    return n;
}

/* ------------------------------------------------------------------ keys of a rule */

/* One column of keys that a rule joins. KEY_ANY_NAME reads given and family names. */
struct part {
    enum derivation derivation;
    const struct column *column[3];
    struct value_key_table table[3];
    bool borrowed[3];
    const struct frequency_table *token[3]; /* for keys without tables */
    bool direct;                            /* no table was made */
    unsigned n_columns;
};

struct key_tables {
    struct value_key_table table[MOST_FIELDS][KEY_DERIVATIONS]; /* those that were asked for */
};

static const struct frequency_table *S_tokens_of(const struct model *m, unsigned field)
{
    for (unsigned i = 0; i < m->n_comparisons; i++)
        if (m->comparison[i].field == field && m->comparison[i].token.n)
            return &m->comparison[i].token;
    return NULL;
}

/* The columns that a key reads: one, or for names in any order the three kinds of name. */
static unsigned S_fields_of(struct rule_key key, const struct batch *b, unsigned field[3])
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

static void S_part_init(struct part *p, const struct model *m, struct rule_key key, const struct batch *b,
                        const struct key_tables *tables)
{
    unsigned field[3];
    *p = (struct part){.derivation = (enum derivation)key.derivation, .n_columns = 0};
    unsigned n = S_fields_of(key, b, field);
    for (unsigned i = 0; i < n; i++) {
        p->column[i] = &b->norm[field[i]];
        p->borrowed[i] = tables && S_is_made(&tables->table[field[i]][key.derivation]);
        if (p->borrowed[i])
            p->table[i] = tables->table[field[i]][key.derivation];
        else
            S_table_init(&p->table[i], &b->norm[field[i]], p->derivation, S_tokens_of(m, field[i]));
    }
    p->n_columns = n;
}

/* A part for the keys of single rows. */
static void S_part_plan(struct part *p, const struct model *m, struct rule_key key, const struct batch *b)
{
    unsigned field[3];
    *p = (struct part){.derivation = (enum derivation)key.derivation, .direct = true};
    p->n_columns = S_fields_of(key, b, field);
    for (unsigned i = 0; i < p->n_columns; i++) {
        p->column[i] = &b->norm[field[i]];
        p->token[i] = S_tokens_of(m, field[i]);
    }
}

static void S_part_deinit(struct part *p)
{
    for (unsigned i = 0; i < p->n_columns && !p->direct; i++)
        if (!p->borrowed[i])
            S_table_deinit(&p->table[i]);
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
    S_table_init(&w->tables->table[key.field][key.derivation], &w->batch->norm[key.field],
                 (enum derivation)key.derivation, S_tokens_of(w->model, key.field));
}

struct key_tables *key_tables_new(const struct model *m, const struct batch *b, const struct rule_key *key, unsigned n,
                                  unsigned threads)
{
    struct key_tables *t = xcalloc(1, sizeof *t);
    struct rule_key *once = xcalloc(3 * (size_t)n + 1, sizeof *once);
    bool wanted[MOST_FIELDS][KEY_DERIVATIONS] = {{false}};
    size_t n_once = 0;
    for (unsigned k = 0; k < n; k++) {
        unsigned field[3], n_fields = S_fields_of(key[k], b, field);
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
    if (S_fields_of(key, b, field) != 1 || !S_is_made(table))
        return 1;
    uint32_t with = 0, valued = 0, step = b->n_rows / FILL_ROWS + 1;
    for (uint32_t row = 0; row < b->n_rows; row += step) {
        uint64_t of_row[MOST_KEYS_OF_RECORD];
        const uint32_t *id;
        valued += column_ids(&b->norm[key.field], row, &id) > 0;
        with += S_row_keys(table, &b->norm[key.field], row, of_row) > 0;
    }
    return valued ? (double)with / valued : 1;
}

void key_tables_free(struct key_tables *t)
{
    if (!t)
        return;
    for (unsigned f = 0; f < MOST_FIELDS; f++)
        for (unsigned d = 0; d < KEY_DERIVATIONS; d++)
            S_table_deinit(&t->table[f][d]);
    free(t);
}

/* Names in any order: one key for each unordered pair of name codes. */
static unsigned S_name_pairs(const uint64_t *code, unsigned n, uint64_t key[MOST_KEYS_OF_RECORD])
{
    unsigned k = 0;
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = i + 1; j < n && k < MOST_KEYS_OF_RECORD; j++)
            key[k++] = hash_u64(code[i] + code[j]);
    return k;
}

static unsigned S_column_keys(const struct part *p, unsigned c, uint32_t row, uint64_t key[MOST_KEYS_OF_RECORD])
{
    return p->direct ? S_row_keys_direct(p->column[c], row, p->derivation, p->token[c], key)
                     : S_row_keys(&p->table[c], p->column[c], row, key);
}

static unsigned S_part_keys(const struct part *p, uint32_t row, uint64_t key[MOST_KEYS_OF_RECORD])
{
    if (p->derivation == KEY_ALL) {
        key[0] = 1;
        return 1;
    }
    if (p->derivation != KEY_ANY_NAME)
        return S_column_keys(p, 0, row, key);
    uint64_t code[MOST_KEYS_OF_RECORD], more[MOST_KEYS_OF_RECORD];
    unsigned n = 0;
    for (unsigned c = 0; c < p->n_columns; c++) {
        unsigned k = S_column_keys(p, c, row, more);
        for (unsigned i = 0; i < k && n < 6; i++)
            code[n++] = more[i];
    }
    return S_name_pairs(code, n, key);
}

/* Every combination of the parts' keys, joined in order. */
static unsigned S_join(const uint64_t *left, unsigned n_left, const uint64_t *right, unsigned n_right,
                       uint64_t key[MOST_KEYS_OF_RECORD])
{
    unsigned n = 0;
    for (unsigned i = 0; i < n_left; i++)
        for (unsigned j = 0; j < n_right && n < MOST_KEYS_OF_RECORD; j++)
            key[n++] = hash_combine(left[i], right[j]);
    return n;
}

static unsigned S_depth(const struct rule *r, uint64_t key)
{
    uint32_t from = 0, to = r->n_oversized;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (r->oversized[middle] == key)
            return r->depth[middle];
        if (r->oversized[middle] < key)
            from = middle + 1;
        else
            to = middle;
    }
    return 0;
}

/* Splits the keys of oversized blocks by the refining parts, one more for each pass over the table. */
static unsigned S_refine(const struct rule *r, const struct part *refine, uint32_t row, uint64_t *key, unsigned n,
                         uint64_t *lost)
{
    uint64_t result[MOST_KEYS_OF_RECORD];
    unsigned n_result = 0;
    for (unsigned i = 0; i < n; i++) {
        uint64_t branch[MOST_KEYS_OF_RECORD] = {key[i]}, part[MOST_KEYS_OF_RECORD], joined[MOST_KEYS_OF_RECORD];
        unsigned n_branch = 1, depth = r->n_oversized ? S_depth(r, key[i]) : 0;
        for (unsigned d = 0; d < depth && n_branch; d++) {
            unsigned n_part = S_part_keys(&refine[d], row, part);
            *lost += n_part == 0;
            n_branch = S_join(branch, n_branch, part, n_part, joined);
            memcpy(branch, joined, n_branch * sizeof *branch);
        }
        for (unsigned k = 0; k < n_branch && n_result < MOST_KEYS_OF_RECORD; k++)
            result[n_result++] = branch[k];
    }
    memcpy(key, result, n_result * sizeof *key);
    return n_result;
}

static unsigned S_sort_unique(uint64_t *key, unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        uint64_t k = key[i];
        unsigned j = i;
        for (; j && key[j - 1] > k; j--)
            key[j] = key[j - 1];
        key[j] = k;
    }
    unsigned kept = 0;
    for (unsigned i = 0; i < n; i++)
        if (key[i] && (kept == 0 || key[kept - 1] != key[i]))
            key[kept++] = key[i];
    return kept;
}

/* Keys of rows, one row after the other. */
struct keys_out {
    struct rule_keys *keys;
    size_t used, room;
};

static struct keys_out S_keys_begin(struct rule_keys *out, uint32_t n_rows)
{
    struct keys_out o = {out, 0, (size_t)n_rows + 64};
    *out = (struct rule_keys){.at = xmalloc(((size_t)n_rows + 1) * sizeof *out->at),
                              .key = xmalloc(o.room * sizeof *out->key)};
    out->at[0] = 0;
    return o;
}

static void S_keys_add(struct keys_out *o, uint32_t row, const uint64_t *key, unsigned n)
{
    if (o->used + n > o->room) {
        o->room = o->room * 2 + n;
        o->keys->key = xrealloc(o->keys->key, o->room * sizeof *o->keys->key);
    }
    memcpy(o->keys->key + o->used, key, n * sizeof *key);
    o->used += n;
    o->keys->at[row + 1] = (uint32_t)o->used;
}

void rule_keys_init(struct rule_keys *out, const struct model *m, const struct rule *r, const struct batch *b,
                    bool refine)
{
    rule_keys_from_tables(out, m, r, b, NULL, refine);
}

static void S_prefetch_row(const struct part *part, unsigned n, uint32_t row)
{
    for (unsigned i = 0; i < n; i++)
        for (unsigned c = 0; c < part[i].n_columns; c++)
            S_table_prefetch(&part[i].table[c], part[i].column[c], row);
}

static unsigned S_keys_of_row(const struct rule *r, const struct part *part, const struct part *refining,
                              unsigned n_refine, uint32_t row, uint64_t key[MOST_KEYS_OF_RECORD], uint64_t *lost)
{
    uint64_t more[MOST_KEYS_OF_RECORD], joined[MOST_KEYS_OF_RECORD];
    unsigned n = S_part_keys(&part[0], row, key);
    for (unsigned i = 1; i < r->n_keys && n; i++) {
        unsigned n_more = S_part_keys(&part[i], row, more);
        n = S_join(key, n, more, n_more, joined);
        memcpy(key, joined, n * sizeof *key);
    }
    if (n_refine)
        n = S_refine(r, refining, row, key, n, lost);
    return S_sort_unique(key, n);
}

static unsigned S_refining_parts(const struct rule *r, bool refine)
{
    return refine && r->n_oversized ? r->n_refine : 0;
}

unsigned rule_keys_of_row(const struct model *m, const struct rule *r, const struct batch *b, uint32_t row, bool refine,
                          uint64_t key[MOST_KEYS_OF_RECORD])
{
    struct part part[MOST_RULE_KEYS], refining[3];
    uint64_t lost = 0;
    unsigned n_refine = S_refining_parts(r, refine);
    for (unsigned i = 0; i < r->n_keys; i++)
        S_part_plan(&part[i], m, r->key[i], b);
    for (unsigned i = 0; i < n_refine; i++)
        S_part_plan(&refining[i], m, r->refine[i], b);
    return S_keys_of_row(r, part, refining, n_refine, row, key, &lost);
}

void rule_keys_from_tables(struct rule_keys *out, const struct model *m, const struct rule *r, const struct batch *b,
                           const struct key_tables *tables, bool refine)
{
    enum { AHEAD = 16 };
    struct part part[MOST_RULE_KEYS], refining[3];
    for (unsigned i = 0; i < r->n_keys; i++)
        S_part_init(&part[i], m, r->key[i], b, tables);
    unsigned n_refine = S_refining_parts(r, refine);
    for (unsigned i = 0; i < n_refine; i++)
        S_part_init(&refining[i], m, r->refine[i], b, tables);
    struct keys_out o = S_keys_begin(out, b->n_rows);
    for (uint32_t row = 0; row < b->n_rows; row++) {
        uint64_t key[MOST_KEYS_OF_RECORD];
        if (row + AHEAD < b->n_rows)
            S_prefetch_row(part, r->n_keys, row + AHEAD);
        S_keys_add(&o, row, key, S_keys_of_row(r, part, refining, n_refine, row, key, &out->lost));
    }
    for (unsigned i = 0; i < r->n_keys; i++)
        S_part_deinit(&part[i]);
    for (unsigned i = 0; i < n_refine; i++)
        S_part_deinit(&refining[i]);
}

void rule_keys_of_part(struct rule_keys *out, const struct model *m, struct rule_key key, const struct batch *b,
                       const struct key_tables *tables)
{
    struct part part;
    struct keys_out o = S_keys_begin(out, b->n_rows);
    S_part_init(&part, m, key, b, tables);
    for (uint32_t row = 0; row < b->n_rows; row++) {
        uint64_t keys[MOST_KEYS_OF_RECORD];
        S_keys_add(&o, row, keys, S_part_keys(&part, row, keys));
    }
    S_part_deinit(&part);
}

void rule_keys_join(struct rule_keys *out, const struct rule_keys *x, const struct rule_keys *y, uint32_t n_rows)
{
    struct keys_out o = S_keys_begin(out, n_rows);
    for (uint32_t row = 0; row < n_rows; row++) {
        uint64_t key[MOST_KEYS_OF_RECORD];
        unsigned n = x->at[row + 1] - x->at[row];
        if (y)
            n = S_join(x->key + x->at[row], n, y->key + y->at[row], y->at[row + 1] - y->at[row], key);
        else
            memcpy(key, x->key + x->at[row], n * sizeof *key);
        S_keys_add(&o, row, key, S_sort_unique(key, n));
    }
}

void rule_keys_deinit(struct rule_keys *k)
{
    free(k->at);
    free(k->key);
    *k = (struct rule_keys){0};
}

struct make_keys {
    struct key_set *set;
    const struct model *model;
    const struct batch *batch;
    const struct key_tables *tables;
};

static void S_make(void *context, size_t item, unsigned worker)
{
    struct make_keys *w = context;
    (void)worker;
    rule_keys_from_tables(&w->set->rule[item], w->model, &w->model->rule[item], w->batch, w->tables, true);
}

void key_set_init(struct key_set *k, const struct model *m, const struct batch *b, unsigned threads)
{
    struct rule_key key[MOST_RULES * (MOST_RULE_KEYS + 3)];
    unsigned n = 0;
    for (unsigned r = 0; r < m->n_rules; r++) {
        for (unsigned i = 0; i < m->rule[r].n_keys; i++)
            key[n++] = m->rule[r].key[i];
        for (unsigned i = 0; i < m->rule[r].n_refine && m->rule[r].n_oversized; i++)
            key[n++] = m->rule[r].refine[i];
    }
    struct key_tables *tables = key_tables_new(m, b, key, n, threads);
    key_set_from_tables(k, m, b, tables, threads);
    key_tables_free(tables);
}

void key_set_from_tables(struct key_set *k, const struct model *m, const struct batch *b,
                         const struct key_tables *tables, unsigned threads)
{
    *k = (struct key_set){.rule = xcalloc(m->n_rules, sizeof *k->rule), .n_rules = m->n_rules, .n_rows = b->n_rows};
    struct make_keys w = {k, m, b, tables};
    parallel_for(threads, m->n_rules, S_make, &w);
}

void key_set_deinit(struct key_set *k)
{
    for (unsigned i = 0; i < k->n_rules; i++)
        rule_keys_deinit(&k->rule[i]);
    free(k->rule);
    key_set_forget_prints(k);
    *k = (struct key_set){0};
}

uint64_t key_set_unkeyed(const struct key_set *k)
{
    uint64_t n = 0;
    for (uint32_t row = 0; row < k->n_rows; row++) {
        unsigned r = 0;
        while (r < k->n_rules && k->rule[r].at[row] == k->rule[r].at[row + 1])
            r++;
        n += r == k->n_rules;
    }
    return n;
}

uint64_t keys_shared(const struct rule_keys *k, uint32_t a, uint32_t b)
{
    uint32_t i = k->at[a], j = k->at[b], end_i = k->at[a + 1], end_j = k->at[b + 1];
    while (i < end_i && j < end_j) {
        if (k->key[i] == k->key[j])
            return k->key[i];
        if (k->key[i] < k->key[j])
            i++;
        else
            j++;
    }
    return 0;
}
