/*
 * Many look-ups at once. Where all records are at hand (store/master_cache.h) they are answered on several threads, a
 * dozen keys in step: what a step touches is on its way from memory since the one before. Else one after the other by
 * the statement for one, in the order of their keys: neighbours meet the same pages.
 */
#include <stdlib.h>

#include "base/parallel.h"
#include "store/master_cache.h"

enum { KEYS_A_PIECE = 1024, KEYS_IN_STEP = 16, WORTH_SORTING = 64 };

struct looking_up {
    struct store *s;
    struct store_key *key;
    size_t n;
    const struct source_entry **source; /* [n] */
    const struct master_cache *cache;
    const struct store_roll *roll;
    bool *failed; /* [pieces] */
};

struct step {
    uint8_t token[16];
    char text[SEAL_HASHED_ID];
    struct str stored;
    uint64_t hash;
    uint32_t at;
};

/* ------------------------------------------------------------------ among all records at hand */

static bool S_store_id(const struct looking_up *l, size_t i, struct step *t)
{
    struct str id = l->key[i].record_id;
    bool text;
    if (source_given_id(l->s, l->source[i], &id, t->text, NULL) != IDEM_OK ||
        source_stored_id(l->s, l->source[i], id, t->token, &t->stored, &text, NULL) != IDEM_OK)
        return false;
    t->hash = store_roll_hash(l->source[i]->id, t->stored);
    store_roll_fetch(l->roll, t->hash);
    return true;
}

static bool S_is_current(const struct looking_up *l, uint32_t at)
{
    return at != ROLL_NONE && l->roll->entry[at].current;
}

/* While tokens are made again the record may be under the old one. */
static uint32_t S_find_old(const struct looking_up *l, size_t i, struct step *t)
{
    if (!source_old_id(l->s, l->source[i], l->key[i].record_id, t->token))
        return ROLL_NONE;
    struct str old = {(const char *)t->token, sizeof t->token};
    return store_roll_find(l->roll, l->source[i]->id, old, store_roll_hash(l->source[i]->id, old));
}

/* False where a redirect leads nowhere. */
static bool S_answer(const struct looking_up *l, size_t i, struct step *t)
{
    uint8_t uuid[16];
    uint32_t at = store_roll_find(l->roll, l->source[i]->id, t->stored, t->hash);
    if (!S_is_current(l, at))
        at = S_find_old(l, i, t);
    if (!S_is_current(l, at))
        return true;
    if (!master_cache_find(l->cache, l->roll->entry[at].mid, uuid))
        return false;
    store_uuid_format(uuid, l->key[i].master_id);
    l->key[i].found = true;
    return true;
}

static bool S_in_step(const struct looking_up *l, size_t from, size_t to)
{
    struct step step[KEYS_IN_STEP];
    for (size_t i = from; i < to; i++)
        if (l->source[i] && !S_store_id(l, i, &step[i - from]))
            return false;
    for (size_t i = from; i < to; i++)
        if (l->source[i])
            step[i - from].at = store_roll_guess(l->roll, step[i - from].hash);
    for (size_t i = from; i < to; i++)
        if (l->source[i] && step[i - from].at != ROLL_NONE) {
            const struct roll_entry *e = &l->roll->entry[step[i - from].at];
            __builtin_prefetch(l->roll->ids + e->id_at);
            master_cache_fetch(l->cache, e->mid);
        }
    for (size_t i = from; i < to; i++)
        if (l->source[i] && !S_answer(l, i, &step[i - from]))
            return false;
    return true;
}

static void S_piece(void *context, size_t item, unsigned worker)
{
    const struct looking_up *l = context;
    size_t end = (item + 1) * KEYS_A_PIECE < l->n ? (item + 1) * KEYS_A_PIECE : l->n;
    (void)worker;
    for (size_t from = item * KEYS_A_PIECE, to; from < end && !l->failed[item]; from = to) {
        to = from + KEYS_IN_STEP < end ? from + KEYS_IN_STEP : end;
        l->failed[item] = !S_in_step(l, from, to);
    }
}

/* Sources are few, and those of neighbours the same. */
static enum idem_status S_sources(struct looking_up *l, struct idem_error *err)
{
    for (size_t i = 0; i < l->n; i++) {
        l->key[i].found = false;
        if (i && str_eq(l->key[i].source, l->key[i - 1].source))
            l->source[i] = l->source[i - 1];
        else
            TRY(source_by_name(l->s, l->key[i].source, &l->source[i], err));
    }
    return IDEM_OK;
}

/* *done false: something is wrong, which the way of one by one tells. */
static enum idem_status S_at_hand(struct looking_up *l, unsigned threads, bool *done, struct idem_error *err)
{
    size_t pieces = (l->n + KEYS_A_PIECE - 1) / KEYS_A_PIECE;
    l->source = xmalloc((l->n + 1) * sizeof *l->source);
    l->failed = xcalloc(pieces + 1, sizeof *l->failed);
    enum idem_status status = S_sources(l, err);
    if (status == IDEM_OK)
        parallel_for(threads ? threads : 1, pieces, S_piece, l);
    *done = status == IDEM_OK;
    for (size_t i = 0; i < pieces; i++)
        *done &= !l->failed[i];
    free(l->source);
    free(l->failed);
    return status;
}

/* ------------------------------------------------------------------ one by one */

static int S_by_key(const void *p, const void *q, void *context)
{
    const struct store_key *key = context;
    uint32_t x = *(const uint32_t *)p, y = *(const uint32_t *)q;
    int c = str_cmp(key[x].source, key[y].source);
    if (!c)
        c = str_cmp(key[x].record_id, key[y].record_id);
    return c ? c : (x > y) - (x < y);
}

static enum idem_status S_one_by_one(struct looking_up *l, struct idem_error *err)
{
    enum idem_status status = IDEM_OK;
    uint32_t *order = xmalloc((l->n + 1) * sizeof *order);
    for (uint32_t i = 0; i < l->n; i++)
        order[i] = i;
    if (l->n >= WORTH_SORTING)
        qsort_r(order, l->n, sizeof *order, S_by_key, l->key);
    for (size_t i = 0; i < l->n && status == IDEM_OK; i++) {
        struct store_key *key = &l->key[order[i]];
        status = store_lookup(l->s, key->source, key->record_id, key->master_id, err);
        key->found = status == IDEM_OK;
        status = status == IDEM_NOT_FOUND ? IDEM_OK : status;
    }
    free(order);
    return status;
}

enum idem_status store_lookup_many(struct store *s, struct store_key *key, uint32_t n, unsigned threads,
                                   struct idem_error *err)
{
    struct looking_up l = {.s = s, .key = key, .n = n};
    bool done = false;
    if (!s->moment.seq)
        TRY(master_cache_count(s, n, &l.cache, err));
    l.roll = l.cache ? master_cache_roll(l.cache) : NULL;
    if (l.roll)
        TRY(S_at_hand(&l, threads, &done, err));
    return done ? IDEM_OK : S_one_by_one(&l, err);
}
