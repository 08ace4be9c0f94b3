/*
 * Term frequencies. Exact agreement on a value of frequency f says log2(u / f) more than agreement on the average
 * value. Of counted values f is that among the other records: the record itself is left out, half a one added for what
 * was not seen; counts of a user's table are smoothed by one. The gain is bounded, because a value that stands once
 * tells little about its true frequency.
 */
#include <stdlib.h>

#include "base/fmath.h"
#include "base/hash.h"
#include "matcher/frequency.h"
#include "matcher/score_levels.h"

/* The least that frequency may leave: names of organisations that agree exactly never count less than such that nearly
 * do. */
static double S_least(const struct comparison *c)
{
    enum { LEAST = -12 };
    int32_t best = INT32_MIN;
    for (unsigned l = 1; l < c->n_levels; l++)
        best = c->level[l].weight > best ? c->level[l].weight : best;
    double least = weight_to_bits(best - c->level[0].weight);
    return c->kind != CMP_ORGANISATION || least < LEAST ? LEAST : least > 0 ? 0 : least;
}

/* Hashes are uniform: their top bits say where in the table to look, within a few places. */
static void S_index_init(struct scorer *s, unsigned i)
{
    enum { LEAST_ROWS = 1000, LEAST_HASHES = 256 };
    const struct frequency_table *t = &s->model->comparison[i].tf;
    struct hash_index *x = &s->tf_index[i];
    if (!s->tf[i] || s->batch->n_rows < LEAST_ROWS || t->n < LEAST_HASHES)
        return;
    x->shift = (unsigned)__builtin_clzll((uint64_t)t->n) + 1;
    size_t groups = (size_t)1 << (64 - x->shift);
    x->at = xmalloc((groups + 1) * sizeof *x->at);
    for (uint32_t k = 0, g = 0; g <= groups; g++) {
        while (k < t->n && t->hash[k] >> x->shift < g)
            k++;
        x->at[g] = k;
    }
}

static uint32_t S_count_of(const struct scorer *s, unsigned i, uint64_t hash)
{
    const struct frequency_table *t = &s->model->comparison[i].tf;
    const struct hash_index *x = &s->tf_index[i];
    if (!x->at)
        return frequency_of(t, hash);
    for (uint32_t k = x->at[hash >> x->shift]; k < x->at[(hash >> x->shift) + 1]; k++)
        if (t->hash[k] == hash)
            return t->count[k];
    return t->floor;
}

/* The table that counts were taken from has become another one, or its scale has. */
static bool S_is_other(const struct frequency_table *x, const struct frequency_table *y)
{
    return x->hash != y->hash || x->n != y->n || x->floor != y->floor || x->total != y->total;
}

void scorer_tf_init(struct scorer *s, unsigned i)
{
    const struct comparison *c = &s->model->comparison[i];
    size_t n = (size_t)s->batch->norm[c->field].dict.n + 1;
    if (!c->term_frequency || !c->tf.total || !(c->level[0].u > 0)) {
        free(s->tf[i]);
        s->tf[i] = NULL;
        return;
    }
    s->tf_scale[i] = (struct tf_scale){.bits_u = fmath_log2(c->level[0].u), .least = S_least(c)};
    if (!s->tf[i])
        s->tf[i] = xcalloc(n, sizeof *s->tf[i]);
    else if (S_is_other(&s->tf_of[i], &c->tf))
        memset(s->tf[i], 0, n * sizeof *s->tf[i]);
    s->tf_of[i] = c->tf;
    free(s->tf_index[i].at);
    s->tf_index[i].at = NULL;
    S_index_init(s, i);
}

static int32_t S_of_count(const struct scorer *s, unsigned i, uint32_t count)
{
    const struct tf_scale *scale = &s->tf_scale[i];
    if (count == 0) /* as the average value */
        return 0;
    double total = (double)s->model->comparison[i].tf.total;
    /* of counts, the other records that have the value, one of which is the other of the pair */
    double more = s->model->comparison[i].tf_origin != ORIGIN_COUNTS ? 1 : count > 1 ? -.5 : 0;
    double bits = scale->bits_u - fmath_log2(((double)count + more) / (total + 2));
    return weight_from_bits(bits > 4 ? 4 : bits < scale->least ? scale->least : bits);
}

/* What is kept of a value: 0, nothing yet; the part and KNOWN; or, negative, one more than its count. */
enum { KNOWN = 1 << 30 };

static uint64_t S_hash(const struct scorer *s, unsigned i, uint32_t id)
{
    const struct comparison *c = &s->model->comparison[i];
    struct norm v;
    norm_unpack(dict_get(&s->batch->norm[c->field].dict, id), &v);
    return hash_str(frequency_key(c->kind, &v));
}

/* Worked out when first asked for; two threads that do it at once write the same. */
static int32_t S_keep(const struct scorer *s, unsigned i, uint32_t id, uint64_t hash)
{
    int32_t part = S_of_count(s, i, S_count_of(s, i, hash));
    __atomic_store_n(&s->tf[i][id], part + KNOWN, __ATOMIC_RELAXED);
    return part;
}

int32_t scorer_tf(const struct scorer *s, unsigned i, uint32_t id)
{
    if (!s->tf[i] || !id)
        return 0;
    int32_t kept = __atomic_load_n(&s->tf[i][id], __ATOMIC_RELAXED);
    if (kept < 0)
        return S_of_count(s, i, (uint32_t) - (kept + 1));
    return kept ? kept - KNOWN : S_keep(s, i, id, S_hash(s, i, id));
}

void scorer_tf_count(const struct scorer *s, unsigned i, uint32_t id, const uint64_t *hash, uint32_t n)
{
    const struct hash_index *x = &s->tf_index[i];
    for (uint32_t k = 0; k < n && x->at; k++)
        __builtin_prefetch(&x->at[hash[k] >> x->shift]);
    for (uint32_t k = 0; k < n && x->at; k++)
        __builtin_prefetch(&s->model->comparison[i].tf.hash[x->at[hash[k] >> x->shift]]);
    for (uint32_t k = 0; k < n; k++) {
        uint32_t count = S_count_of(s, i, hash[k]);
        s->tf[i][id + k] = -(count < KNOWN ? (int32_t)count : KNOWN) - 1;
    }
}

void scorer_tf_settle(const struct scorer *s, unsigned i)
{
    enum { FEW = 4096 };
    uint32_t n = s->batch->norm[s->model->comparison[i].field].dict.n;
    int32_t of_count[FEW] = {0};
    for (uint32_t id = 1; id <= n; id++) {
        int32_t kept = s->tf[i][id];
        uint32_t count = kept < 0 ? (uint32_t) - (kept + 1) : 0;
        if (kept >= 0)
            s->tf[i][id] = 0;
        else if (count >= FEW)
            s->tf[i][id] = S_of_count(s, i, count) + KNOWN;
        else if ((s->tf[i][id] = of_count[count]) == 0)
            s->tf[i][id] = of_count[count] = S_of_count(s, i, count) + KNOWN;
    }
}

/* Place, bytes, index, table: four accesses, each to where the one before says. */
void scorer_tf_prepare(const struct scorer *s, struct tf_wanted *wanted, size_t n)
{
    size_t open = 0;
    for (size_t k = 0; k < n; k++)
        if (!__atomic_load_n(&s->tf[wanted[k].comparison][wanted[k].id], __ATOMIC_RELAXED)) {
            wanted[open] = wanted[k];
            __builtin_prefetch(
                &s->batch->norm[s->model->comparison[wanted[open].comparison].field].dict.at[wanted[open].id]);
            open++;
        }
    for (size_t k = 0; k < open; k++) {
        const struct dict *d = &s->batch->norm[s->model->comparison[wanted[k].comparison].field].dict;
        __builtin_prefetch(dict_place(d, d->at[wanted[k].id]));
    }
    for (size_t k = 0; k < open; k++) {
        const struct hash_index *x = &s->tf_index[wanted[k].comparison];
        wanted[k].hash = S_hash(s, wanted[k].comparison, wanted[k].id);
        if (x->at)
            __builtin_prefetch(&x->at[wanted[k].hash >> x->shift]);
    }
    for (size_t k = 0; k < open; k++) {
        const struct hash_index *x = &s->tf_index[wanted[k].comparison];
        if (x->at)
            __builtin_prefetch(&s->model->comparison[wanted[k].comparison].tf.hash[x->at[wanted[k].hash >> x->shift]]);
    }
    for (size_t k = 0; k < open; k++)
        S_keep(s, wanted[k].comparison, wanted[k].id, wanted[k].hash);
}

int32_t scorer_tf_of(const struct scorer *s, unsigned i, uint32_t x, uint32_t y)
{
    int32_t p = scorer_tf(s, i, x), q = scorer_tf(s, i, y);
    return p < q ? p : q;
}

/* That of the rarest. */
int32_t scorer_tf_most(const struct scorer *s, unsigned i)
{
    const struct frequency_table *t = &s->model->comparison[i].tf;
    enum { FEW = 1000 };
    uint32_t least = t->floor, n_values = s->batch->norm[s->model->comparison[i].field].dict.n;
    int32_t most = s->tf[i] ? S_of_count(s, i, least) : 0;
    if (s->tf[i] && n_values <= FEW && !s->grows) {
        most = INT32_MIN;
        for (uint32_t id = 1; id <= n_values; id++) {
            int32_t part = scorer_tf(s, i, id);
            most = part > most ? part : most;
        }
    }
    return most > 0 ? most : 0;
}
