#include "matcher/frequency.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/radix.h"
#include "matcher/score.h"

/* For every distinct value of a column: the hash of what "exact" compares, 0 for a generic value. */
static uint64_t *S_value_hashes(const struct comparison *c, const struct column *column)
{
    uint64_t *hash = xcalloc((size_t)column->dict.n + 1, sizeof *hash);
    for (uint32_t id = 1; id <= column->dict.n; id++) {
        struct norm v;
        if (!norm_unpack(dict_get(&column->dict, id), &v) || (v.flags & NORM_GENERIC))
            continue;
        struct str key = frequency_key(c->kind, &v);
        hash[id] = key.len ? hash_str(key) : 0;
    }
    return hash;
}

static uint32_t *S_row_counts(const struct column *column, uint64_t *total)
{
    uint32_t *count = xcalloc((size_t)column->dict.n + 1, sizeof *count);
    *total = 0;
    for (uint32_t row = 0; row < column->n_rows; row++) {
        const uint32_t *id;
        uint32_t n = column_ids(column, row, &id);
        for (uint32_t i = 0; i < n; i++)
            count[id[i]]++;
        *total += n;
    }
    return count;
}

struct counted {
    uint64_t hash;
    uint32_t count;
};

static int S_by_hash(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

/* Adds up equal hashes and keeps those that count `least` or more. */
static void S_table_from(struct counted *entry, size_t n, uint32_t least, struct arena *out, struct frequency_table *t)
{
    size_t kept = 0;
    qsort(entry, n, sizeof *entry, S_by_hash);
    for (size_t i = 0, end; i < n; i = end) {
        uint64_t sum = 0;
        for (end = i; end < n && entry[end].hash == entry[i].hash; end++)
            sum += entry[end].count;
        if (sum >= least)
            entry[kept++] = (struct counted){entry[i].hash, sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum};
    }
    t->hash = ARENA_NEW(out, uint64_t, kept);
    t->count = ARENA_NEW(out, uint32_t, kept);
    t->n = (uint32_t)kept;
    t->floor = 1;
    for (size_t i = 0; i < kept; i++) {
        t->hash[i] = entry[i].hash;
        t->count[i] = entry[i].count;
    }
}

static bool S_weighs_words(enum comparison_kind kind)
{
    return kind == CMP_TEXT || kind == CMP_MODEL_NUMBER || kind == CMP_ADDRESS || kind == CMP_ORGANISATION;
}

static void S_count_tokens(struct comparison *c, const struct column *column, const uint32_t *rows, struct arena *out)
{
    struct counted *entry = NULL;
    size_t n = 0, room = 0;
    uint64_t total = 0;
    for (uint32_t id = 1; id <= column->dict.n; id++) {
        struct norm v;
        struct str token;
        if (!norm_unpack(dict_get(&column->dict, id), &v))
            continue;
        total += rows[id];
        struct str rest = v.form[c->kind == CMP_MODEL_NUMBER ? NORM_BASE : NORM_TOKENS];
        while (str_next_token(&rest, " ", &token)) {
            if (n == room) {
                room = room ? room * 2 : 1024;
                entry = xrealloc(entry, room * sizeof *entry);
            }
            entry[n++] = (struct counted){hash_str(token), rows[id]};
        }
    }
    S_table_from(entry, n, 2, out, &c->token);
    c->token.total = total;
    free(entry);
}

void frequency_count(struct comparison *c, const struct batch *b, struct arena *out)
{
    const struct column *column = &b->norm[c->field];
    uint64_t total;
    uint64_t *hash = S_value_hashes(c, column);
    uint32_t *rows = S_row_counts(column, &total);
    struct counted *entry = xmalloc(((size_t)column->dict.n + 1) * sizeof *entry);
    size_t n = 0;
    for (uint32_t id = 1; id <= column->dict.n; id++)
        if (hash[id])
            entry[n++] = (struct counted){hash[id], rows[id]};
    S_table_from(entry, n, 2, out, &c->tf);
    c->tf.total = total;
    if (S_weighs_words(c->kind))
        S_count_tokens(c, column, rows, out);
    free(entry);
    free(rows);
    free(hash);
}

void frequency_pairs(const struct comparison *c, const struct batch *b, double *agreeing, double *pairs)
{
    double records = 0, present;
    const struct column *column = &b->norm[c->field];
    *agreeing = 0;
    for (uint32_t i = 0; i < c->tf.n; i++)
        *agreeing += (double)c->tf.count[i] * ((double)c->tf.count[i] - 1) / 2;
    for (uint32_t row = 0; row < column->n_rows; row++)
        records += column->id[row] != 0;
    present = records;
    *pairs = present * (present - 1) / 2;
}

uint64_t *frequency_hashes(const struct comparison *c, const struct batch *b)
{
    return S_value_hashes(c, &b->norm[c->field]);
}

double frequency_joint_pairs(const struct comparison *x, const uint64_t *hash_x, const struct comparison *y,
                             const uint64_t *hash_y, const struct batch *b, double *pairs)
{
    const struct column *p = &b->norm[x->field], *q = &b->norm[y->field];
    uint64_t *both = xmalloc(((size_t)b->n_rows + 1) * sizeof *both),
             *scratch = xmalloc(((size_t)b->n_rows + 1) * sizeof *both);
    size_t n = 0;
    for (uint32_t row = 0; row < b->n_rows; row++) {
        const uint32_t *i, *j;
        if (column_ids(p, row, &i) && column_ids(q, row, &j) && hash_x[*i] && hash_y[*j])
            both[n++] = hash_combine(hash_x[*i], hash_y[*j]);
    }
    radix_sort_u64(both, scratch, n);
    double joint = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && both[end] == both[i]; end++)
            ;
        joint += (double)(end - i) * (double)(end - i - 1) / 2;
    }
    *pairs = (double)n * ((double)n - 1) / 2;
    free(both);
    free(scratch);
    return joint;
}
