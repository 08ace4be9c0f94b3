/* Keys of rows under a rule: those of its parts, joined, and split where their blocks are oversized. */
#include "matcher/keys.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/parallel.h"
#include "matcher/key_tables.h"

enum { FILTER_BITS = 16, ROWS_A_PIECE = 1 << 16, FEW_ROWS = 64, MOST_REFINING = COUNT_OF(((struct rule *)0)->refine) };

/* ------------------------------------------------------------------ keys of a rule */

/* One column of keys that a rule joins. KEY_ANY_NAME reads given and family names. */
struct part {
    enum derivation derivation;
    const struct column *column[3];
    struct value_key_table table[3];
    bool borrowed[3];
    const struct frequency_table *token[3]; /* for keys without tables */
    bool direct;                            /* no table was made */
    const struct rule_keys *rows;           /* the part's keys of every row; NULL: not made */
    unsigned n_columns;
};

static void S_part_init(struct part *p, const struct model *m, struct rule_key key, const struct batch *b,
                        const struct key_tables *tables)
{
    unsigned field[3];
    *p = (struct part){.derivation = (enum derivation)key.derivation, .n_columns = 0};
    unsigned n = rule_key_fields(key, b, field);
    if (tables && key.derivation == KEY_ANY_NAME && tables->names_of == b) {
        p->rows = &tables->names;
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        p->column[i] = &b->norm[field[i]];
        p->borrowed[i] = tables && value_key_table_is_made(&tables->table[field[i]][key.derivation]);
        if (p->borrowed[i])
            p->table[i] = tables->table[field[i]][key.derivation];
        else
            value_key_table_init(&p->table[i], &b->norm[field[i]], p->derivation, rule_key_tokens(m, field[i]));
    }
    p->n_columns = n;
}

/* A part for the keys of single rows. */
static void S_part_plan(struct part *p, const struct model *m, struct rule_key key, const struct batch *b)
{
    unsigned field[3];
    *p = (struct part){.derivation = (enum derivation)key.derivation, .direct = true};
    p->n_columns = rule_key_fields(key, b, field);
    for (unsigned i = 0; i < p->n_columns; i++) {
        p->column[i] = &b->norm[field[i]];
        p->token[i] = rule_key_tokens(m, field[i]);
    }
}

static void S_part_deinit(struct part *p)
{
    for (unsigned i = 0; i < p->n_columns && !p->direct; i++)
        if (!p->borrowed[i])
            value_key_table_deinit(&p->table[i]);
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
    return p->direct ? value_keys_of_row(p->column[c], row, p->derivation, p->token[c], key)
                     : value_key_table_row(&p->table[c], p->column[c], row, key);
}

static unsigned S_part_keys(const struct part *p, uint32_t row, uint64_t key[MOST_KEYS_OF_RECORD])
{
    if (p->rows) {
        unsigned n_keys = p->rows->at[row + 1] - p->rows->at[row];
        memcpy(key, p->rows->key + p->rows->at[row], n_keys * sizeof *key);
        return n_keys;
    }
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
    uint64_t *key;
    size_t used, room;
    bool borrowed; /* the room is part of another's; when it does not do, keys move to one of their own */
};

static void S_make_room(struct keys_out *o, unsigned n)
{
    uint64_t *old = o->key;
    o->room = o->room * 2 + n;
    o->key = xrealloc(o->borrowed ? NULL : old, o->room * sizeof *o->key);
    if (o->borrowed)
        memcpy(o->key, old, o->used * sizeof *o->key);
    o->borrowed = false;
}

static void S_keys_add(struct keys_out *o, const uint64_t *key, unsigned n)
{
    if (o->used + n > o->room)
        S_make_room(o, n);
    for (unsigned i = 0; i < n; i++)
        o->key[o->used + i] = key[i];
    o->used += n;
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

/* What they need next, where there may be several keys. */
static void S_keys_prefetch(const struct value_key_table *t, const struct column *c, uint32_t row)
{
    uint32_t id = c->id[row];
    if (!t->only && !(id & COLUMN_SET))
        __builtin_prefetch(&t->key[t->at[id]]);
}

static void S_prefetch_row(const struct part *part, unsigned n, uint32_t row, uint32_t later)
{
    for (unsigned i = 0; i < n; i++)
        for (unsigned c = 0; c < part[i].n_columns; c++) {
            S_table_prefetch(&part[i].table[c], part[i].column[c], later);
            S_keys_prefetch(&part[i].table[c], part[i].column[c], row);
        }
}

/* The parts of a rule, with tables. */
struct rule_parts {
    const struct rule *rule;
    struct part part[MOST_RULE_KEYS], refining[MOST_REFINING];
    unsigned n_refine;
    uint64_t *oversized; /* a bit for what the top bits of an oversized key can be; NULL: none are */
};

static unsigned S_refining_parts(const struct rule *r, bool refine)
{
    return refine && r->n_oversized ? r->n_refine : 0;
}

static void S_parts_init(struct rule_parts *p, const struct model *m, const struct rule *r, const struct batch *b,
                         const struct key_tables *tables, bool refine)
{
    *p = (struct rule_parts){.rule = r, .n_refine = S_refining_parts(r, refine)};
    for (unsigned i = 0; i < r->n_keys; i++)
        S_part_init(&p->part[i], m, r->key[i], b, tables);
    for (unsigned i = 0; i < p->n_refine; i++)
        S_part_init(&p->refining[i], m, r->refine[i], b, tables);
    if (!p->n_refine)
        return;
    p->oversized = xcalloc((size_t)1 << (FILTER_BITS - 6), sizeof *p->oversized);
    for (uint32_t i = 0; i < r->n_oversized; i++)
        p->oversized[r->oversized[i] >> (70 - FILTER_BITS)] |= 1ULL << (r->oversized[i] >> (64 - FILTER_BITS) & 63);
}

static void S_parts_deinit(struct rule_parts *p)
{
    for (unsigned i = 0; i < p->rule->n_keys; i++)
        S_part_deinit(&p->part[i]);
    for (unsigned i = 0; i < p->n_refine; i++)
        S_part_deinit(&p->refining[i]);
    free(p->oversized);
}

static bool S_may_be_oversized(const struct rule_parts *p, uint64_t key)
{
    return p->oversized && p->oversized[key >> (70 - FILTER_BITS)] >> (key >> (64 - FILTER_BITS) & 63) & 1;
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

/* Of most rows every part has one value with one key, or none. */
enum { NOT_SINGLE = 2 };

static unsigned S_single_key(const struct part *p, uint32_t row, uint64_t *key)
{
    if (p->rows) {
        uint32_t first = p->rows->at[row], n_keys = p->rows->at[row + 1] - first;
        if (n_keys == 1)
            *key = p->rows->key[first];
        return n_keys < NOT_SINGLE ? n_keys : NOT_SINGLE;
    }
    bool simple = p->n_columns == 1 && p->derivation != KEY_ANY_NAME;
    uint32_t id = simple ? p->column[0]->id[row] : COLUMN_SET;
    const struct value_key_table *t = &p->table[0];
    if (id & COLUMN_SET)
        return NOT_SINGLE;
    if (t->only) {
        *key = t->only[id];
        return *key != 0;
    }
    uint32_t from = t->at[id], n = t->at[id + 1] - from;
    if (n == 1)
        *key = t->key[from];
    return n < NOT_SINGLE ? n : NOT_SINGLE;
}

static unsigned S_single_key_of_row(const struct rule_parts *p, uint32_t row, uint64_t *key)
{
    uint64_t more = 0;
    unsigned n = S_single_key(&p->part[0], row, key);
    for (unsigned i = 1; i < p->rule->n_keys && n == 1; i++) {
        n = S_single_key(&p->part[i], row, &more);
        *key = hash_combine(*key, more);
    }
    if (n == 1 && S_may_be_oversized(p, *key))
        return NOT_SINGLE;
    return n == 1 && *key == 0 ? 0 : n;
}

/* The number of refining parts. */
static unsigned S_plan_parts(const struct model *m, const struct rule *r, const struct batch *b, bool refine,
                             struct part part[MOST_RULE_KEYS], struct part refining[MOST_REFINING])
{
    unsigned n_refine = S_refining_parts(r, refine);
    for (unsigned i = 0; i < r->n_keys; i++)
        S_part_plan(&part[i], m, r->key[i], b);
    for (unsigned i = 0; i < n_refine; i++)
        S_part_plan(&refining[i], m, r->refine[i], b);
    return n_refine;
}

unsigned rule_keys_of_row(const struct model *m, const struct rule *r, const struct batch *b, uint32_t row, bool refine,
                          uint64_t key[MOST_KEYS_OF_RECORD])
{
    struct part part[MOST_RULE_KEYS], refining[MOST_REFINING];
    uint64_t lost = 0;
    unsigned n_refine = S_plan_parts(m, r, b, refine, part, refining);
    return S_keys_of_row(r, part, refining, n_refine, row, key, &lost);
}

/* Some rows after one another; `at` is filled as if they were all there are. */
struct rows_piece {
    struct keys_out out;
    uint64_t lost;
};

struct rows_work {
    const struct rule_parts *parts;
    bool joined; /* the keys of the rule; false: those of its first part, as they come */
    uint32_t n_rows;
    uint32_t *at;  /* [n_rows + 1] */
    uint64_t *key; /* [n_rows] room for a key a row */
    struct rows_piece *piece;
};

static uint32_t S_piece_end(const struct rows_work *w, size_t item)
{
    size_t end = (item + 1) * ROWS_A_PIECE;
    return end < w->n_rows ? (uint32_t)end : w->n_rows;
}

static void S_piece_of_rows(void *context, size_t item, unsigned worker)
{
    enum { AHEAD = 12 };
    struct rows_work *w = context;
    const struct rule_parts *p = w->parts;
    struct rows_piece *piece = &w->piece[item];
    uint32_t from = (uint32_t)item * ROWS_A_PIECE, to = S_piece_end(w, item);
    (void)worker;
    piece->out = (struct keys_out){.key = w->key + from, .room = to - from, .borrowed = true};
    for (uint32_t row = from; row < to; row++) {
        uint64_t key[MOST_KEYS_OF_RECORD];
        if (row + 2 * AHEAD < to)
            S_prefetch_row(p->part, p->rule->n_keys, row + AHEAD, row + 2 * AHEAD);
        unsigned n = w->joined ? S_single_key_of_row(p, row, key) : S_part_keys(&p->part[0], row, key);
        if (n >= NOT_SINGLE && w->joined)
            n = S_keys_of_row(p->rule, p->part, p->refining, p->n_refine, row, key, &piece->lost);
        S_keys_add(&piece->out, key, n);
        w->at[row + 1] = (uint32_t)piece->out.used;
    }
}

/* The pieces' keys side by side: in the room that there is, where all of them are in it. */
static void S_join_pieces(struct rule_keys *out, const struct rows_work *w, size_t pieces)
{
    size_t used = 0;
    bool in_place = true;
    for (size_t i = 0; i < pieces; i++) {
        used += w->piece[i].out.used;
        in_place &= w->piece[i].out.borrowed;
    }
    out->key = in_place ? w->key : xaligned((used + 1) * sizeof *out->key);
    used = 0;
    for (size_t i = 0; i < pieces; i++) {
        const struct keys_out *o = &w->piece[i].out;
        out->lost += w->piece[i].lost;
        for (uint32_t row = (uint32_t)i * ROWS_A_PIECE; used && row < S_piece_end(w, i); row++)
            w->at[row + 1] += (uint32_t)used;
        memmove(out->key + used, o->key, o->used * sizeof *o->key);
        if (!o->borrowed)
            free(o->key);
        used += o->used;
    }
    if (!in_place)
        free(w->key);
}

static void S_keys_of_rows(struct rule_keys *out, const struct rule_parts *parts, bool joined, uint32_t n_rows,
                           unsigned threads)
{
    size_t pieces = n_rows > ROWS_A_PIECE ? ((size_t)n_rows + ROWS_A_PIECE - 1) / ROWS_A_PIECE : 1;
    struct rows_work w = {parts,
                          joined,
                          n_rows,
                          xaligned(((size_t)n_rows + 1) * sizeof *w.at),
                          xaligned(((size_t)n_rows + 1) * sizeof *w.key),
                          xcalloc(pieces, sizeof *w.piece)};
    w.at[0] = 0;
    parallel_for(threads, pieces, S_piece_of_rows, &w);
    *out = (struct rule_keys){.at = w.at};
    S_join_pieces(out, &w, pieces);
    free(w.piece);
}

/* Without tables: for few rows they cost more than they save. */
static void S_keys_of_few(struct rule_keys *out, const struct model *m, const struct rule *r, const struct batch *b,
                          bool refine)
{
    struct part part[MOST_RULE_KEYS], refining[MOST_REFINING];
    struct keys_out keys = {.room = b->n_rows + 1};
    unsigned n_refine = S_plan_parts(m, r, b, refine, part, refining);
    keys.key = xmalloc(keys.room * sizeof *keys.key);
    *out = (struct rule_keys){.at = xmalloc(((size_t)b->n_rows + 1) * sizeof *out->at)};
    out->at[0] = 0;
    for (uint32_t row = 0; row < b->n_rows; row++) {
        uint64_t key[MOST_KEYS_OF_RECORD];
        S_keys_add(&keys, key, S_keys_of_row(r, part, refining, n_refine, row, key, &out->lost));
        out->at[row + 1] = (uint32_t)keys.used;
    }
    out->key = keys.key;
}

void rule_keys_from_tables(struct rule_keys *out, const struct model *m, const struct rule *r, const struct batch *b,
                           const struct key_tables *tables, bool refine, unsigned threads)
{
    if (!tables && b->n_rows <= FEW_ROWS) {
        S_keys_of_few(out, m, r, b, refine);
        return;
    }
    struct rule_parts parts;
    S_parts_init(&parts, m, r, b, tables, refine);
    S_keys_of_rows(out, &parts, true, b->n_rows, threads);
    S_parts_deinit(&parts);
}

void rule_keys_init(struct rule_keys *out, const struct model *m, const struct rule *r, const struct batch *b,
                    bool refine)
{
    rule_keys_from_tables(out, m, r, b, NULL, refine, 1);
}

void rule_keys_of_part(struct rule_keys *out, const struct model *m, struct rule_key key, const struct batch *b,
                       const struct key_tables *tables, unsigned threads)
{
    struct rule_parts parts;
    struct rule r = {.key = {key}, .n_keys = 1};
    S_parts_init(&parts, m, &r, b, tables, false);
    S_keys_of_rows(out, &parts, false, b->n_rows, threads);
    S_parts_deinit(&parts);
}

size_t rule_keys_joined(const struct rule_keys *x, const struct rule_keys *y, uint32_t n_rows, uint64_t **key,
                        size_t *room)
{
    struct keys_out o = {.key = *key, .room = *room};
    for (uint32_t row = 0; row < n_rows; row++) {
        uint64_t of_row[MOST_KEYS_OF_RECORD];
        const uint64_t *left = x->key + x->at[row], *right = y ? y->key + y->at[row] : NULL;
        unsigned n = x->at[row + 1] - x->at[row], n_right = y ? y->at[row + 1] - y->at[row] : 1;
        if (n == 0 || n_right == 0)
            continue;
        if (y)
            n = S_join(left, n, right, n_right, of_row);
        else
            memcpy(of_row, left, n * sizeof *of_row);
        S_keys_add(&o, of_row, S_sort_unique(of_row, n));
    }
    *key = o.key;
    *room = o.room;
    return o.used;
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
    rule_keys_from_tables(&w->set->rule[item], w->model, &w->model->rule[item], w->batch, w->tables, true, 1);
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
    struct key_tables *tables = b->n_rows > FEW_ROWS ? key_tables_new(m, b, key, n, threads) : NULL;
    *k = (struct key_set){.rule = xcalloc(m->n_rules, sizeof *k->rule), .n_rules = m->n_rules, .n_rows = b->n_rows};
    struct make_keys w = {k, m, b, tables};
    parallel_for(threads, m->n_rules, S_make, &w);
    key_tables_free(tables);
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
