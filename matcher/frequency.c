#include "matcher/frequency.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/radix.h"
#include "matcher/score.h"

struct str frequency_key(enum comparison_kind kind, const struct norm *v)
{
    switch (kind) {
    case CMP_EMAIL:
    case CMP_PHONE:
    case CMP_ORGANISATION:
        return v->form[NORM_BASE].len ? v->form[NORM_BASE] : v->form[NORM_CANON];
    case CMP_GIVEN:
    case CMP_FAMILY:
    case CMP_MIDDLE:
    case CMP_FULL_NAME:
        return v->form[NORM_LATIN].len ? v->form[NORM_LATIN] : v->form[NORM_CANON];
    default:
        return v->form[NORM_CANON];
    }
}

/* Joint agreement is counted on so many records, evenly chosen. */
enum { JOINT_ROWS = 150000 };

/* The hash of what "exact" compares, 0 for a generic value. */
static uint64_t S_value_hash(const struct comparison *c, const struct dict *d, uint32_t id)
{
    struct norm v;
    if (!norm_unpack(dict_get(d, id), &v) || (v.flags & NORM_GENERIC))
        return 0;
    struct str key = frequency_key(c->kind, &v);
    return key.len ? hash_str(key) : 0;
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

/* By hash; entries of one hash in any order. */
static void S_sort(struct counted_hash *entry, size_t n)
{
    struct key_row *by = xmalloc((n + 1) * sizeof *by), *scratch = xmalloc((n + 1) * sizeof *scratch);
    for (size_t i = 0; i < n; i++)
        by[i] = (struct key_row){entry[i].hash, entry[i].count};
    radix_sort(by, scratch, n);
    for (size_t i = 0; i < n; i++)
        entry[i] = (struct counted_hash){by[i].key, by[i].row};
    free(by);
    free(scratch);
}

/* Without most of the hashes that count one: those whose counter, which a few hashes may share, says so. Most values of
 * a large file stand once, and need not be sorted. */
static size_t S_drop_single(struct counted_hash *entry, size_t n)
{
    enum { LEAST_BITS = 10, MOST_BITS = 22 };
    unsigned bits = LEAST_BITS;
    size_t kept = 0;
    while (bits < MOST_BITS && (size_t)1 << bits < 4 * n)
        bits++;
    uint8_t *count = xcalloc((size_t)1 << bits, 1);
    for (size_t i = 0; i < n; i++) {
        uint8_t *c = &count[entry[i].hash >> (64 - bits)];
        *c = entry[i].count > 1 || *c ? 2 : 1;
    }
    for (size_t i = 0; i < n; i++)
        if (count[entry[i].hash >> (64 - bits)] > 1)
            entry[kept++] = entry[i];
    free(count);
    return kept;
}

/* Adds up equal hashes and keeps those that count `least` or more. */
static void S_table_from(struct counted_hash *entry, size_t n, uint32_t least, struct arena *out,
                         struct frequency_table *t)
{
    size_t kept = 0;
    if (least > 1)
        n = S_drop_single(entry, n);
    S_sort(entry, n);
    for (size_t i = 0, end; i < n; i = end) {
        uint64_t sum = 0;
        for (end = i; end < n && entry[end].hash == entry[i].hash; end++)
            sum += entry[end].count;
        if (sum >= least)
            entry[kept++] = (struct counted_hash){entry[i].hash, sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum};
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
    return kind == CMP_TEXT || kind == CMP_MODEL_NUMBER || kind == CMP_ADDRESS || kind == CMP_ORGANISATION ||
           kind == CMP_ENCODING;
}

static void S_count_tokens(struct comparison *c, const struct column *column, const uint32_t *rows, struct arena *out)
{
    struct counted_hash *entry = NULL;
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
            entry[n++] = (struct counted_hash){hash_str(token), rows[id]};
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
    uint32_t *rows = S_row_counts(column, &total);
    struct counted_hash *entry = xmalloc(((size_t)column->dict.n + 1) * sizeof *entry);
    size_t n = 0;
    for (uint32_t id = 1; id <= column->dict.n; id++) {
        uint64_t hash = S_value_hash(c, &column->dict, id);
        if (hash)
            entry[n++] = (struct counted_hash){hash, rows[id]};
    }
    S_table_from(entry, n, 2, out, &c->tf);
    c->tf.total = total;
    if (S_weighs_words(c->kind))
        S_count_tokens(c, column, rows, out);
    free(entry);
    free(rows);
}

void frequency_table_make(struct counted_hash *entry, size_t n, uint64_t total, struct arena *out,
                          struct frequency_table *t)
{
    S_table_from(entry, n, 1, out, t);
    t->total = total;
}

/* The least count of a table: what is not listed cannot be more frequent. */
static uint32_t S_rarest(const struct frequency_table *t)
{
    uint32_t least = UINT32_MAX;
    for (uint32_t i = 0; i < t->n; i++)
        least = t->count[i] < least ? t->count[i] : least;
    return t->n ? least : 1;
}

void frequency_replace(struct comparison *c, const struct frequency_table *given, struct arena *out)
{
    const struct frequency_table *counted = &c->tf;
    uint32_t rarest = S_rarest(given), n = 0, i = 0;
    double scale = counted->total ? (double)given->total / (double)counted->total : 1;
    struct frequency_table t = {.total = given->total,
                                .floor = scale < 1        ? 1
                                         : scale < rarest ? (uint32_t)scale
                                                          : rarest};
    t.hash = ARENA_NEW(out, uint64_t, (size_t)given->n + counted->n);
    t.count = ARENA_NEW(out, uint32_t, (size_t)given->n + counted->n);
    for (uint32_t k = 0; k <= counted->n; k++) {
        for (; i < given->n && (k == counted->n || given->hash[i] <= counted->hash[k]); i++) {
            t.hash[n] = given->hash[i];
            t.count[n++] = given->count[i];
        }
        if (k == counted->n || (n && t.hash[n - 1] == counted->hash[k]))
            continue;
        double count = counted->count[k] * scale;
        t.hash[n] = counted->hash[k];
        t.count[n++] = count < rarest ? (uint32_t)count : rarest;
    }
    t.n = n;
    c->tf = t;
    c->tf_origin = ORIGIN_TABLE;
}

void frequency_pairs(const struct comparison *c, const struct batch *b, double *agreeing, double *pairs)
{
    const struct column *column = &b->norm[c->field];
    uint32_t records = 0;
    *agreeing = 0;
    for (uint32_t i = 0; i < c->tf.n; i++)
        *agreeing += (double)c->tf.count[i] * ((double)c->tf.count[i] - 1) / 2;
    for (uint32_t row = 0; row < column->n_rows; row++)
        records += column->id[row] != 0;
    double present = records;
    *pairs = present * (present - 1) / 2;
}

/* One record in so many is looked at. */
static uint32_t S_step(const struct batch *b)
{
    return b->n_rows / JOINT_ROWS + 1;
}

/* Counters that several values may share: a value whose counter is one stands once. */
static void S_find_again(struct counted_values *v, uint32_t n)
{
    enum { BITS = 18 };
    uint8_t *count = xcalloc((size_t)1 << BITS, 1);
    v->again = xmalloc((size_t)n + 1);
    for (uint32_t i = 0; i < n; i++)
        count[v->hash[i] >> (64 - BITS)] += count[v->hash[i] >> (64 - BITS)] < 2;
    for (uint32_t i = 0; i < n; i++)
        v->again[i] = v->hash[i] && count[v->hash[i] >> (64 - BITS)] > 1;
    free(count);
}

void counted_values_init(struct counted_values *v, const struct comparison *c, const struct batch *b)
{
    enum { AHEAD = 16 };
    const struct column *column = &b->norm[c->field];
    double total = (double)c->tf.total, pairs = 0;
    uint32_t step = S_step(b), n = 0;
    *v = (struct counted_values){.comparison = c};
    v->hash = xmalloc(((size_t)b->n_rows / step + 1) * sizeof *v->hash);
    for (uint32_t row = 0; row < b->n_rows; row += step) {
        const uint32_t *id;
        uint32_t later = b->n_rows - row > AHEAD * step ? column->id[row + AHEAD * step] : 0;
        if (later && !(later & COLUMN_SET))
            __builtin_prefetch(&column->dict.at[later]);
        v->hash[n++] = column_ids(column, row, &id) && *id ? S_value_hash(c, &column->dict, *id) : 0;
    }
    for (uint32_t i = 0; i < c->tf.n; i++)
        pairs += (double)c->tf.count[i] * ((double)c->tf.count[i] - 1);
    v->agree = total > 1 ? pairs / (total * (total - 1)) : 1;
    S_find_again(v, n);
}

void counted_values_deinit(struct counted_values *v)
{
    free(v->hash);
    free(v->again);
    *v = (struct counted_values){0};
}

/* How much an agreement on the value counts. */
static double S_damping(const struct counted_values *v, uint64_t hash)
{
    double total = (double)v->comparison->tf.total;
    double frequency = ((double)frequency_of(&v->comparison->tf, hash) + 1) / (total + 2);
    return v->comparison->term_frequency && v->agree < frequency ? v->agree / frequency : 1;
}

/* Records with both values that may agree with another on both: a hash of the two, and which it is of those looked at.
 * *n: all with both values. */
static size_t S_both(const struct counted_values *x, const struct counted_values *y, size_t looked, size_t *n,
                     struct key_row *out)
{
    size_t kept = 0;
    *n = 0;
    for (size_t i = 0; i < looked; i++) {
        *n += x->hash[i] && y->hash[i];
        if (x->again[i] & y->again[i])
            out[kept++] = (struct key_row){hash_combine(x->hash[i], y->hash[i]), (uint32_t)i};
    }
    return kept;
}

double frequency_joint_pairs(const struct counted_values *x, const struct counted_values *y, const struct batch *b,
                             double *pairs)
{
    uint32_t step = S_step(b);
    size_t looked = b->n_rows ? ((size_t)b->n_rows - 1) / step + 1 : 0, with_both;
    struct key_row *both = xmalloc((looked + 1) * sizeof *both), *scratch = xmalloc((looked + 1) * sizeof *both);
    size_t n = S_both(x, y, looked, &with_both, both);
    radix_sort(both, scratch, n);
    double joint = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && both[end].key == both[i].key; end++)
            ;
        if (end - i > 1)
            joint += (double)(end - i) * (double)(end - i - 1) / 2 * S_damping(x, x->hash[both[i].row]) *
                     S_damping(y, y->hash[both[i].row]);
    }
    double all = (double)with_both * ((double)with_both - 1) / 2, scale = (double)step * step;
    *pairs = all * scale;
    free(both);
    free(scratch);
    return joint * scale;
}
