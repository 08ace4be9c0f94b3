#include "matcher/block.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/parallel.h"
#include "matcher/block_marks.h"

enum { PAIRS_PER_TASK = 1 << 15, PAIRS_MET = 256, PAIRS_A_VISIT = 512 };

void edge_list_add(struct edge_list *l, struct edge e)
{
    if (l->n == l->room) {
        l->room = l->room ? l->room * 2 : 256;
        l->edge = xrealloc(l->edge, l->room * sizeof *l->edge);
    }
    l->edge[l->n++] = e;
}

static void S_add_all(struct edge_list *l, const struct edge_list *more)
{
    if (l->n + more->n > l->room) {
        l->room = l->n + more->n > 2 * l->room ? l->n + more->n : 2 * l->room;
        l->edge = xrealloc(l->edge, l->room * sizeof *l->edge);
    }
    if (more->n)
        memcpy(l->edge + l->n, more->edge, more->n * sizeof *l->edge);
    l->n += more->n;
}

void edge_list_deinit(struct edge_list *l)
{
    free(l->edge);
    *l = (struct edge_list){0};
}

/* Rows of a block from `from` on, paired with all rows behind them, until the task has enough. */
struct task {
    uint32_t begin, end;  /* block, as positions in the sorted entries */
    uint32_t first, past; /* rows whose pairs are this task's */
    struct edge_list edges;
    uint64_t pairs, met;
};

/* Keys whose blocks are too large to be compared: what shares nothing else is left to later rules. */
struct lost_keys {
    uint64_t *key; /* sorted */
    size_t n, room;
};

/* Room for the entries of one rule, and as much to sort them. */
struct entries {
    struct key_row *entry, *scratch;
    size_t room;
};

struct rule_walk {
    const struct block_walk *walk;
    unsigned rule;
    struct lost_keys *lost;    /* [rule + 1] */
    struct block_marks *marks; /* of this rule and those before */
    struct entries *entries;
    struct key_row *entry, *scratch;
    size_t n_entries;
    uint8_t *keyed; /* a bit for each row: it has a key of a rule so far; NULL: not asked for */
    bool single;    /* no row has two keys of the rule: the marks say all there is to know of them */
    struct task *task;
    size_t n_tasks, room;
};

static void S_make_room(struct entries *e, size_t n)
{
    if (e->entry && n <= e->room)
        return;
    free(e->entry);
    free(e->scratch);
    *e = (struct entries){xaligned(n * sizeof *e->entry), xaligned(n * sizeof *e->scratch), n};
}

/*
 * Which keys stand once, for nearly all of them: those need not be sorted. A bit for the hash of each key says that it
 * was met, another that it was met again.
 */
struct met_keys {
    uint64_t *once, *again;
    unsigned shift;
};

static void S_meet_keys(struct met_keys *m, const uint64_t *key, size_t n)
{
    enum { LEAST_BITS = 12 };
    unsigned bits = LEAST_BITS;
    while (bits < 40 && (size_t)1 << bits < 4 * n)
        bits++;
    *m = (struct met_keys){xcalloc((size_t)1 << (bits - 6), 8), xcalloc((size_t)1 << (bits - 6), 8), 64 - bits};
    for (size_t i = 0; i < n; i++) {
        uint64_t at = key[i] >> m->shift, bit = 1ULL << (at & 63);
        m->again[at >> 6] |= m->once[at >> 6] & bit;
        m->once[at >> 6] |= bit;
    }
}

static bool S_is_met_again(const struct met_keys *m, uint64_t key)
{
    uint64_t at = key >> m->shift;
    return m->again[at >> 6] >> (at & 63) & 1;
}

static void S_sorted_entries(struct rule_walk *w, uint64_t *unrefined)
{
    struct rule_keys room;
    struct met_keys met;
    const struct rule_keys *k = key_set_rule(w->walk->keys, w->rule, &room);
    uint32_t n_rows = w->walk->keys->n_rows;
    S_make_room(w->entries, k->at[n_rows]);
    w->entry = w->entries->entry;
    w->scratch = w->entries->scratch;
    w->n_entries = 0;
    *unrefined += k->lost;
    w->single = true;
    S_meet_keys(&met, k->key, k->at[n_rows]);
    for (uint32_t row = 0; row < n_rows; row++) {
        w->single = w->single && k->at[row + 1] - k->at[row] <= 1;
        for (uint32_t i = k->at[row]; i < k->at[row + 1]; i++) {
            w->entry[w->n_entries] = (struct key_row){k->key[i], row};
            w->n_entries += S_is_met_again(&met, k->key[i]);
        }
        if (w->keyed && k->at[row + 1] > k->at[row])
            w->keyed[row / 8] |= (uint8_t)(1u << row % 8);
    }
    free(met.once);
    free(met.again);
    rule_keys_deinit(&room);
    radix_sort(w->entry, w->scratch, w->n_entries);
}

static void S_add_task(struct rule_walk *w, uint32_t begin, uint32_t end, uint32_t first, uint32_t past)
{
    if (w->n_tasks == w->room) {
        w->room = w->room ? w->room * 2 : 256;
        w->task = xrealloc(w->task, w->room * sizeof *w->task);
    }
    w->task[w->n_tasks++] = (struct task){.begin = begin, .end = end, .first = first, .past = past};
}

static void S_lose(struct lost_keys *l, uint64_t key)
{
    if (l->n == l->room) {
        l->room = l->room ? l->room * 2 : 16;
        l->key = xrealloc(l->key, l->room * sizeof *l->key);
    }
    l->key[l->n++] = key;
}

static bool S_is_lost(const struct lost_keys *l, uint64_t key)
{
    size_t from = 0, to = l->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (l->key[middle] < key)
            from = middle + 1;
        else
            to = middle;
    }
    return from < l->n && l->key[from] == key;
}

/* One big block gives several tasks, many small ones share one (begin..end then spans them). */
static void S_make_tasks(struct rule_walk *w, struct block_losses *losses)
{
    uint64_t gathered = 0;
    uint32_t open = 0;
    bool is_open = false;
    for (uint32_t i = 0, end; i < w->n_entries; i = end) {
        uint64_t key = w->entry[i].key;
        for (end = i + 1; end < w->n_entries && w->entry[end].key == key; end++)
            ;
        uint64_t n = end - i, pairs = n * (n - 1) / 2;
        bool whole = w->walk->model->rule[w->rule].key[0].derivation == KEY_ALL;
        bool lost = n > MOST_BLOCK && !whole;
        if (lost) {
            S_lose(&w->lost[w->rule], key);
            losses->blocks++;
            losses->records += n;
            losses->pairs += pairs;
        }
        if (pairs <= PAIRS_PER_TASK && !lost) {
            if (!is_open)
                open = i;
            is_open = true;
            gathered += pairs;
        }
        if (is_open && (gathered > PAIRS_PER_TASK || pairs > PAIRS_PER_TASK || lost)) {
            S_add_task(w, open, pairs > PAIRS_PER_TASK || lost ? i : end, 0, 0);
            is_open = false;
            gathered = 0;
        }
        for (uint32_t first = i; pairs > PAIRS_PER_TASK && !lost && first < end;) {
            uint32_t past = first;
            for (uint64_t sum = 0; past < end && sum < PAIRS_PER_TASK; past++)
                sum += end - past - 1;
            S_add_task(w, i, end, first, past);
            first = past;
        }
    }
    if (is_open)
        S_add_task(w, open, (uint32_t)w->n_entries, 0, 0);
}

/* Smallest key that both rows have and whose block is compared, or 0. */
static uint64_t S_shared(const struct rule_walk *w, unsigned rule, uint32_t a, uint32_t b)
{
    const struct lost_keys *lost = &w->lost[rule];
    uint64_t room_a[MOST_KEYS_OF_RECORD], room_b[MOST_KEYS_OF_RECORD];
    const uint64_t *x, *y;
    unsigned n_x = key_set_row(w->walk->keys, rule, a, room_a, &x),
             n_y = key_set_row(w->walk->keys, rule, b, room_b, &y);
    for (unsigned i = 0, j = 0; i < n_x && j < n_y;) {
        uint64_t left = x[i], right = y[j];
        if (left == right && !(lost->n && S_is_lost(lost, left)))
            return left;
        i += left <= right;
        j += right <= left;
    }
    return 0;
}

/* Is the pair this rule's and this key's to visit? */
static bool S_first_here(const struct rule_walk *w, uint32_t a, uint32_t b, uint64_t key)
{
    uint64_t perhaps;
    if (block_marks_share(w->marks, w->rule, a, b, &perhaps))
        return false;
    for (; perhaps; perhaps &= perhaps - 1)
        if (S_shared(w, (unsigned)__builtin_ctzll(perhaps), a, b))
            return false;
    return !block_marks_share_two(w->marks, w->rule, a, b) || S_shared(w, w->rule, a, b) == key;
}

/* Pairs on their way to the visitor: those of the block, then those that are first here. */
struct visit {
    struct rule_walk *walk;
    struct task *task;
    unsigned worker;
    size_t n_met, n;
    struct met_pair {
        struct row_pair pair;
        uint64_t key;
    } met[PAIRS_MET];
    struct row_pair pair[PAIRS_A_VISIT];
};

static void S_flush(struct visit *v)
{
    const struct block_walk *walk = v->walk->walk;
    v->task->pairs += v->n;
    if (v->n)
        walk->visit(walk->context, v->worker, v->pair, v->n, v->walk->rule, &v->task->edges);
    v->n = 0;
}

/* Lets the pairs through that are first here, their rows' marks fetched together. */
static void S_sift(struct visit *v)
{
    enum { AHEAD = 12 };
    v->task->met += v->n_met;
    for (size_t i = 0; i < v->n_met; i++) {
        if (i + AHEAD < v->n_met) {
            block_marks_prefetch(v->walk->marks, v->met[i + AHEAD].pair.a);
            block_marks_prefetch(v->walk->marks, v->met[i + AHEAD].pair.b);
        }
        const struct met_pair *m = &v->met[i];
        if (!S_first_here(v->walk, m->pair.a, m->pair.b, m->key))
            continue;
        if (v->n == PAIRS_A_VISIT)
            S_flush(v);
        v->pair[v->n++] = m->pair;
    }
    v->n_met = 0;
}

static void S_add_pair(struct visit *v, uint32_t a, uint32_t b, uint64_t key)
{
    if (v->n_met == PAIRS_MET)
        S_sift(v);
    v->met[v->n_met++] = (struct met_pair){{a < b ? a : b, a < b ? b : a}, key};
}

static void S_visit_block(struct visit *v, uint32_t begin, uint32_t end, uint32_t first, uint32_t past)
{
    const struct rule_walk *w = v->walk;
    const struct block_walk *walk = w->walk;
    uint64_t key = w->entry[begin].key;
    if (walk->one_in > 1 && end - begin < LARGE_BLOCK && hash_u64(key) % walk->one_in)
        return;
    for (uint32_t i = first; i < past; i++)
        for (uint32_t j = i + 1; j < end; j++) {
            uint32_t a = w->entry[i].row, b = w->entry[j].row;
            if (walk->one_in > 1 && end - begin >= LARGE_BLOCK && hash_u64((uint64_t)a << 32 | b) % walk->one_in)
                continue;
            S_add_pair(v, a, b, key);
        }
}

static void S_run_task(void *context, size_t item, unsigned worker)
{
    struct rule_walk *w = context;
    struct task *t = &w->task[item];
    struct visit v;
    v.walk = w;
    v.task = t;
    v.worker = worker;
    v.n = v.n_met = 0;
    if (t->past)
        S_visit_block(&v, t->begin, t->end, t->first, t->past);
    for (uint32_t i = t->begin, end; !t->past && i < t->end; i = end) {
        for (end = i + 1; end < t->end && w->entry[end].key == w->entry[i].key; end++)
            ;
        if (end - i > 1)
            S_visit_block(&v, i, end, i, end);
    }
    S_sift(&v);
    S_flush(&v);
}

/* The edges of one task behind those before it. */
static void S_merge(struct edge_list *edges, struct task *t)
{
    S_add_all(edges, &t->edges);
    edge_list_deinit(&t->edges);
}

static size_t S_most_keys(const struct key_set *keys)
{
    size_t most = 0;
    for (unsigned r = 0; r < keys->n_rules; r++)
        most = keys->rule[r].at[keys->n_rows] > most ? keys->rule[r].at[keys->n_rows] : most;
    return most;
}

static uint64_t S_without_bit(const uint8_t *bit, uint32_t n)
{
    uint64_t without = 0;
    for (uint32_t i = 0; i < n; i++)
        without += !(bit[i / 8] >> i % 8 & 1);
    return without;
}

uint64_t block_walk(const struct block_walk *walk, struct edge_list *edges, struct block_losses *losses)
{
    uint64_t pairs = 0, met = 0;
    struct lost_keys lost[MOST_RULES] = {{0}};
    struct block_marks marks;
    struct entries entries = {0};
    uint8_t *keyed = walk->keys->slim ? xcalloc((size_t)walk->keys->n_rows / 8 + 1, 1) : NULL;
    if (!walk->keys->slim)
        S_make_room(&entries, S_most_keys(walk->keys));
    block_marks_init(&marks, walk->keys->n_rows, walk->model->n_rules, simd_best());
    if (!keyed)
        losses->unkeyed = key_set_unkeyed(walk->keys);
    for (unsigned r = 0; r < walk->model->n_rules; r++) {
        struct rule_walk w = {
            .walk = walk, .rule = r, .lost = lost, .marks = &marks, .entries = &entries, .keyed = keyed};
        S_sorted_entries(&w, &losses->unrefined);
        if (walk->spent && w.single)
            key_set_give_back(walk->spent, r);
        S_make_tasks(&w, losses);
        block_marks_add(&marks, r, w.entry, w.n_entries, lost[r].key, lost[r].n);
        parallel_for(walk->threads, w.n_tasks, S_run_task, &w);
        for (size_t t = 0; t < w.n_tasks; t++) {
            pairs += w.task[t].pairs;
            met += w.task[t].met;
            S_merge(edges, &w.task[t]);
        }
        free(w.task);
    }
    free(entries.entry);
    free(entries.scratch);
    if (keyed)
        losses->unkeyed = S_without_bit(keyed, walk->keys->n_rows);
    free(keyed);
    for (unsigned r = 0; r < walk->model->n_rules; r++) {
        free(lost[r].key);
        if (walk->spent)
            key_set_give_back(walk->spent, r);
    }
    block_marks_deinit(&marks);
    if (walk->met)
        *walk->met = met;
    return pairs;
}

uint64_t block_price(const struct rule_keys *keys, uint32_t n_rows, uint32_t *largest)
{
    size_t n = keys->at[n_rows];
    uint64_t *key = xmalloc(n * sizeof *key), *scratch = xmalloc(n * sizeof *scratch), price = 0;
    memcpy(key, keys->key, n * sizeof *key);
    radix_sort_u64(key, scratch, n);
    *largest = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && key[end] == key[i]; end++)
            ;
        uint64_t size = end - i;
        price += size * (size - 1) / 2;
        if (size > *largest)
            *largest = (uint32_t)size;
    }
    free(key);
    free(scratch);
    return price;
}
