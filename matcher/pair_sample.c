#include "matcher/pair_sample.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/parallel.h"
#include "base/radix.h"

/* A rule's blocks are shared out in PIECES, the rows of a large block too. */
enum { PIECES = 8, COUNTER_BITS = 18, PAIRS_A_VISIT = 512 };

/* n % divisor == 0, by one multiplication: the multiples of the odd part are what its inverse takes to the numbers up
 * to the quotient (Granlund and Montgomery 1994, section 9). */
struct divisor {
    uint64_t inverse, most;
    unsigned twos;
};

static struct divisor S_divisor(uint64_t n)
{
    struct divisor d = {.inverse = 1, .most = UINT64_MAX / n, .twos = (unsigned)__builtin_ctzll(n)};
    uint64_t odd = n >> d.twos;
    for (unsigned i = 0; i < 6; i++) /* each step doubles the bits that are right */
        d.inverse *= 2 - odd * d.inverse;
    return d;
}

static bool S_divides(const struct divisor *d, uint64_t n)
{
    uint64_t q = n * d->inverse;
    return (q >> d->twos | (d->twos ? q << (64 - d->twos) : 0)) <= d->most;
}

struct span {
    uint32_t begin, end;
};

/* What is looked at of a rule. */
struct sampled_rule {
    struct key_row *entry; /* sorted by key */
    uint32_t n;
    struct span *large; /* blocks of which pairs are taken */
    uint32_t n_large;
    uint64_t *lost; /* sorted: keys of blocks too large to be compared */
    uint32_t n_lost;
};

struct walk {
    const struct pair_sample *sample;
    struct divisor one_in;
    struct sampled_rule *rule;
    uint64_t *pairs; /* [rules * PIECES] */
};

/* ------------------------------------------------------------------ the blocks */

/* Large blocks come whole, whatever their hash: counters that several keys share say which may be. */
static void S_gather(const struct walk *w, unsigned r)
{
    struct rule_keys made;
    const struct rule_keys *k = key_set_rule(w->sample->keys, r, &made);
    struct sampled_rule *s = &w->rule[r];
    uint32_t n_rows = w->sample->keys->n_rows, n_keys = k->at[n_rows], room = 1024;
    uint32_t *count = xcalloc((size_t)1 << COUNTER_BITS, sizeof *count);
    for (uint32_t i = 0; i < n_keys; i++)
        count[k->key[i] >> (64 - COUNTER_BITS)]++;
    s->entry = xmalloc(room * sizeof *s->entry);
    for (uint32_t row = 0; row < n_rows; row++)
        for (uint32_t i = k->at[row]; i < k->at[row + 1]; i++) {
            uint64_t key = k->key[i];
            if (!S_divides(&w->one_in, hash_u64(key)) && count[key >> (64 - COUNTER_BITS)] < LARGE_BLOCK)
                continue;
            if (s->n == room) {
                room *= 2;
                s->entry = xrealloc(s->entry, room * sizeof *s->entry);
            }
            s->entry[s->n++] = (struct key_row){key, row};
        }
    free(count);
    rule_keys_deinit(&made);
    struct key_row *scratch = xmalloc(((size_t)s->n + 1) * sizeof *scratch);
    radix_sort(s->entry, scratch, s->n);
    free(scratch);
}

static uint32_t S_block_end(const struct sampled_rule *s, uint32_t begin)
{
    uint32_t end = begin + 1;
    while (end < s->n && s->entry[end].key == s->entry[begin].key)
        end++;
    return end;
}

/* Which blocks are large, and which too large. */
static void S_find_large(struct sampled_rule *s)
{
    uint32_t most = s->n / LARGE_BLOCK + 1;
    s->large = xmalloc(most * sizeof *s->large);
    s->lost = xmalloc(most * sizeof *s->lost);
    for (uint32_t i = 0, end; i < s->n; i = end) {
        end = S_block_end(s, i);
        if (end - i > MOST_BLOCK)
            s->lost[s->n_lost++] = s->entry[i].key;
        else if (end - i >= LARGE_BLOCK)
            s->large[s->n_large++] = (struct span){i, end};
    }
}

static void S_sample_rule(void *context, size_t item, unsigned worker)
{
    struct walk *w = context;
    (void)worker;
    S_gather(w, (unsigned)item);
    S_find_large(&w->rule[item]);
}

/* ------------------------------------------------------------------ the pairs */

static bool S_is_lost(const struct sampled_rule *s, uint64_t key)
{
    uint32_t from = 0, to = s->n_lost;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (s->lost[middle] < key)
            from = middle + 1;
        else
            to = middle;
    }
    return from < s->n_lost && s->lost[from] == key;
}

/* Smallest key that both rows have and whose block is compared, or 0. */
static uint64_t S_shared(const struct walk *w, unsigned r, struct row_pair p)
{
    const struct key_set *keys = w->sample->keys;
    const struct sampled_rule *s = &w->rule[r];
    uint64_t room_a[MOST_KEYS_OF_RECORD], room_b[MOST_KEYS_OF_RECORD];
    const uint64_t *x, *y;
    unsigned n_x = key_set_row(keys, r, p.a, room_a, &x), n_y = key_set_row(keys, r, p.b, room_b, &y);
    for (unsigned i = 0, j = 0; i < n_x && j < n_y;) {
        uint64_t left = x[i], right = y[j];
        if (left == right && !(s->n_lost && S_is_lost(s, left)))
            return left;
        i += left <= right;
        j += right <= left;
    }
    return 0;
}

/* Pairs on their way to the visitor. */
struct visit {
    const struct walk *walk;
    unsigned rule, worker;
    uint64_t pairs;
    size_t n_met, n;
    struct met_pair {
        struct row_pair pair;
        uint64_t key;
    } met[PAIRS_A_VISIT];
    struct sampled_pair pair[PAIRS_A_VISIT];
};

/* The rules that the pair shares a key of; none when it is another rule's or another key's to visit. */
static uint64_t S_rules(const struct visit *v, const struct met_pair *m)
{
    const struct key_set *keys = v->walk->sample->keys;
    uint64_t may = key_set_may_share(keys, m->pair.a, m->pair.b), own = 1ULL << v->rule, rules = own;
    for (uint64_t earlier = may & (own - 1); earlier; earlier &= earlier - 1)
        if (S_shared(v->walk, (unsigned)__builtin_ctzll(earlier), m->pair))
            return 0;
    if (S_shared(v->walk, v->rule, m->pair) != m->key)
        return 0;
    for (uint64_t later = may & ~(own | (own - 1)); later; later &= later - 1)
        if (key_set_shared(keys, (unsigned)__builtin_ctzll(later), m->pair.a, m->pair.b))
            rules |= later & -later;
    return rules;
}

static void S_flush(struct visit *v)
{
    enum { AHEAD = 12 };
    const struct key_set *keys = v->walk->sample->keys;
    for (size_t i = 0; i < v->n_met; i++) {
        if (i + AHEAD < v->n_met) {
            __builtin_prefetch(keys->print + (size_t)v->met[i + AHEAD].pair.a * keys->n_rules);
            __builtin_prefetch(keys->print + (size_t)v->met[i + AHEAD].pair.b * keys->n_rules);
        }
        uint64_t rules = S_rules(v, &v->met[i]);
        if (rules)
            v->pair[v->n++] = (struct sampled_pair){v->met[i].pair, rules};
    }
    if (v->n)
        v->walk->sample->visit(v->walk->sample->context, v->worker, v->pair, v->n);
    v->pairs += v->n;
    v->n = v->n_met = 0;
}

static void S_meet(struct visit *v, uint32_t a, uint32_t b, uint64_t key)
{
    if (v->n_met == PAIRS_A_VISIT)
        S_flush(v);
    v->met[v->n_met++] = (struct met_pair){{a < b ? a : b, a < b ? b : a}, key};
}

static void S_visit_block(struct visit *v, const struct sampled_rule *s, uint32_t begin, uint32_t end)
{
    for (uint32_t i = begin; i < end; i++)
        for (uint32_t j = i + 1; j < end; j++)
            S_meet(v, s->entry[i].row, s->entry[j].row, s->entry[begin].key);
}

static void S_visit_large(struct visit *v, const struct sampled_rule *s, struct span block, unsigned piece)
{
    for (uint32_t i = block.begin + piece; i < block.end; i += PIECES)
        for (uint32_t j = i + 1; j < block.end; j++) {
            uint32_t a = s->entry[i].row, b = s->entry[j].row;
            if (S_divides(&v->walk->one_in, hash_u64((uint64_t)a << 32 | b)))
                S_meet(v, a, b, s->entry[i].key);
        }
}

static void S_visit_piece(void *context, size_t item, unsigned worker)
{
    struct walk *w = context;
    unsigned piece = (unsigned)(item % PIECES);
    struct visit v;
    v.walk = w;
    v.rule = (unsigned)(item / PIECES);
    v.worker = worker;
    v.pairs = v.n_met = v.n = 0;
    const struct sampled_rule *s = &w->rule[v.rule];
    uint32_t from = (uint32_t)((uint64_t)s->n * piece / PIECES), to = (uint32_t)((uint64_t)s->n * (piece + 1) / PIECES);
    while (from > 0 && from < to && s->entry[from].key == s->entry[from - 1].key)
        from++;
    for (uint32_t i = from, end; i < to; i = end) {
        end = S_block_end(s, i);
        if (end - i > 1 && end - i < LARGE_BLOCK && S_divides(&w->one_in, hash_u64(s->entry[i].key)))
            S_visit_block(&v, s, i, end);
    }
    for (uint32_t k = 0; k < s->n_large; k++)
        S_visit_large(&v, s, s->large[k], piece);
    S_flush(&v);
    w->pairs[item] = v.pairs;
}

uint64_t pair_sample_walk(const struct pair_sample *sample)
{
    unsigned n = sample->model->n_rules;
    uint64_t pairs = 0;
    struct walk w = {sample, S_divisor(sample->one_in), xcalloc(n, sizeof *w.rule),
                     xcalloc((size_t)n * PIECES, sizeof *w.pairs)};
    parallel_for(sample->threads, n, S_sample_rule, &w);
    parallel_for(sample->threads, (size_t)n * PIECES, S_visit_piece, &w);
    for (unsigned i = 0; i < n * PIECES; i++)
        pairs += w.pairs[i];
    for (unsigned r = 0; r < n; r++) {
        free(w.rule[r].entry);
        free(w.rule[r].large);
        free(w.rule[r].lost);
    }
    free(w.rule);
    free(w.pairs);
    return pairs;
}
