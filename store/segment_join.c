/*
 * A look-up costs about as much as opening one segment and seeking it, so a merge is the better way from about as many
 * keys on as a rule has segments. Segments that lie between two wanted keys are passed over unopened.
 */
#include "store/segment_join.h"

#include <stdlib.h>

#include "base/parallel.h"
#include "store/segment_code.h"
#include "store/sql.h"

enum { AHEAD = 256, MOST_LOOKUPS = 512 };

struct change {
    struct segment_match match;
    bool gone;
};

struct changes {
    struct change *change;
    size_t n, room;
};

struct segment_slot {
    int64_t id;
    uint32_t version;
    size_t from, to; /* wanted keys that it may hold */
    struct buf sealed, plain;
    struct segment_matches found;
    enum idem_status status;
    struct idem_error err;
};

struct join {
    struct store *s;
    unsigned rule;
    const uint64_t *key;
    size_t n;
    unsigned threads;
    struct segment_slot *slot; /* [AHEAD] */
};

static void S_add(struct segment_matches *m, size_t key, uint64_t rid)
{
    if (m->n == m->room) {
        m->room = m->room ? m->room * 2 : 64;
        m->match = xrealloc(m->match, m->room * sizeof *m->match);
    }
    m->match[m->n++] = (struct segment_match){(uint32_t)key, (uint32_t)rid};
}

static void S_add_change(struct changes *c, size_t key, int64_t rid, bool gone)
{
    if (c->n == c->room) {
        c->room = c->room ? c->room * 2 : 64;
        c->change = xrealloc(c->change, c->room * sizeof *c->change);
    }
    c->change[c->n++] = (struct change){{(uint32_t)key, (uint32_t)rid}, gone};
}

/* The first wanted key that is not below `key`. */
static size_t S_first_key(const struct join *j, size_t from, uint64_t key)
{
    size_t to = j->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (j->key[middle] < key)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* ---- one segment */

static void S_open(void *context, size_t item, unsigned worker)
{
    struct join *j = context;
    struct segment_slot *slot = &j->slot[item];
    size_t at = slot->from;
    bool more = true;
    (void)worker;
    buf_clear(&slot->plain);
    slot->found.n = 0;
    slot->status =
        store_unseal(j->s, "segment", slot->id, slot->version, buf_view(&slot->sealed), &slot->plain, &slot->err);
    struct segment_reader r = {.rest = buf_view(&slot->plain), .key = segment_key_of(slot->id)};
    while (slot->status == IDEM_OK && at < slot->to) {
        if (!segment_next(&r, &more))
            slot->status = segment_damaged(j->s, slot->id, &slot->err);
        if (!more || slot->status != IDEM_OK)
            break;
        while (at < slot->to && j->key[at] < r.key)
            at++;
        if (at < slot->to && j->key[at] == r.key)
            S_add(&slot->found, at, r.rid);
    }
}

static void S_take(struct segment_slot *slot, sqlite3_stmt *st)
{
    slot->id = sqlite3_column_int64(st, 0);
    slot->version = (uint32_t)sqlite3_column_int64(st, 1);
    buf_clear(&slot->sealed);
    buf_str(&slot->sealed, sql_bytes(st, 2));
}

static enum idem_status S_gather(struct join *j, size_t n, struct segment_matches *out, struct idem_error *err)
{
    parallel_for(j->threads, n, S_open, j);
    for (size_t i = 0; i < n; i++) {
        const struct segment_slot *slot = &j->slot[i];
        if (slot->status != IDEM_OK)
            return error_set(err, slot->status, "%s", slot->err.message);
        for (size_t k = 0; k < slot->found.n; k++)
            S_add(out, slot->found.match[k].key, slot->found.match[k].rid);
    }
    return IDEM_OK;
}

/* ---- a few keys */

static enum idem_status S_look_up(struct store *s, unsigned rule, const uint64_t *key, size_t n,
                                  struct segment_matches *out, struct idem_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t *rid;
        size_t n_rids;
        TRY(segment_block_of(s, rule, key[i], &rid, &n_rids, err));
        for (size_t k = 0; k < n_rids; k++)
            S_add(out, i, rid[k]);
    }
    return IDEM_OK;
}

/* ---- many keys */

/* Segments in order; one is kept when a wanted key lies before the next one. */
static enum idem_status S_merge_segments(struct join *j, sqlite3_stmt *st, struct segment_matches *out,
                                         struct idem_error *err)
{
    size_t n = 0, at = 0;
    bool row;
    TRY(sql_step(j->s, st, &row, err));
    while (row) {
        struct segment_slot *slot = &j->slot[n];
        S_take(slot, st);
        slot->from = at = S_first_key(j, at, segment_key_of(slot->id));
        TRY(sql_step(j->s, st, &row, err));
        slot->to = row ? S_first_key(j, at, segment_key_of(sqlite3_column_int64(st, 0))) : j->n;
        n += slot->to > slot->from;
        if (n == AHEAD || !row) {
            TRY(S_gather(j, n, out, err));
            n = 0;
        }
    }
    return IDEM_OK;
}

static enum idem_status S_merge_changes(struct join *j, sqlite3_stmt *st, struct changes *changes,
                                        struct idem_error *err)
{
    size_t at = 0;
    bool row;
    TRY(sql_step(j->s, st, &row, err));
    while (row && at < j->n) {
        uint64_t key = (uint64_t)sqlite3_column_int64(st, 0);
        while (at < j->n && j->key[at] < key)
            at++;
        if (at < j->n && j->key[at] == key)
            S_add_change(changes, at, sqlite3_column_int64(st, 1), sqlite3_column_int(st, 2) != 0);
        TRY(sql_step(j->s, st, &row, err));
    }
    sqlite3_reset(st);
    return IDEM_OK;
}

static enum idem_status S_merge(struct join *j, struct segment_matches *out, struct changes *changes,
                                struct idem_error *err)
{
    sqlite3_stmt *segments = NULL, *deltas = NULL;
    enum idem_status status = sql_prepare(
        j->s, "SELECT id, version, body FROM t_segment WHERE id >= ?1 AND id <= ?2 ORDER BY id", &segments, err);
    if (status == IDEM_OK)
        status =
            sql_prepare(j->s, "SELECT key, rid, gone FROM t_key_delta WHERE rule = ?1 ORDER BY key, rid", &deltas, err);
    if (status == IDEM_OK) {
        sqlite3_bind_int64(segments, 1, segment_row_id(j->rule, 0));
        sqlite3_bind_int64(segments, 2, segment_row_id(j->rule, j->key[j->n - 1]));
        sqlite3_bind_int64(deltas, 1, j->rule);
        status = S_merge_segments(j, segments, out, err);
    }
    if (status == IDEM_OK)
        status = S_merge_changes(j, deltas, changes, err);
    sqlite3_finalize(segments);
    sqlite3_finalize(deltas);
    return status;
}

/* ---- what has changed since */

static int S_order(const struct segment_match *a, const struct segment_match *b)
{
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->rid > b->rid) - (a->rid < b->rid);
}

static void S_apply(struct segment_matches *m, const struct changes *c)
{
    struct segment_matches all = {0};
    size_t i = 0, k = 0;
    if (!c->n)
        return;
    while (i < m->n || k < c->n) {
        int order = k == c->n ? -1 : i == m->n ? 1 : S_order(&m->match[i], &c->change[k].match);
        const struct segment_match *match = order < 0 ? &m->match[i] : &c->change[k].match;
        if (order < 0 || !c->change[k].gone)
            S_add(&all, match->key, match->rid);
        i += order <= 0;
        k += order >= 0;
    }
    free(m->match);
    *m = all;
}

static enum idem_status S_join(struct join *j, struct segment_matches *out, struct idem_error *err)
{
    struct changes changes = {0};
    j->slot = xcalloc(AHEAD, sizeof *j->slot);
    enum idem_status status = S_merge(j, out, &changes, err);
    if (status == IDEM_OK)
        S_apply(out, &changes);
    free(changes.change);
    for (size_t i = 0; i < AHEAD; i++) {
        buf_deinit(&j->slot[i].sealed);
        buf_deinit(&j->slot[i].plain);
        free(j->slot[i].found.match);
    }
    free(j->slot);
    return status;
}

enum idem_status segment_join(struct store *s, unsigned rule, const uint64_t *key, size_t n, unsigned threads,
                              struct segment_matches *out, struct idem_error *err)
{
    struct join j = {.s = s, .rule = rule, .key = key, .n = n, .threads = threads ? threads : 1};
    *out = (struct segment_matches){0};
    if (rule >= SEGMENT_RULES)
        return error_set(err, IDEM_LIMIT, "%s: more than %d blocking rules", s->info.path, SEGMENT_RULES);
    TRY(store_check_key(s, err));
    enum idem_status status = n > MOST_LOOKUPS ? S_join(&j, out, err) : S_look_up(s, rule, key, n, out, err);
    if (status != IDEM_OK) {
        free(out->match);
        *out = (struct segment_matches){0};
    }
    return status;
}

enum idem_status segment_most_waiting(struct store *s, unsigned *rule, uint64_t *n, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    *rule = 0;
    *n = 0;
    TRY(sql_prepare(s, "SELECT rule, count(*) FROM t_key_delta GROUP BY rule ORDER BY 2 DESC, 1 LIMIT 1", &st, err));
    enum idem_status status = sql_step(s, st, &row, err);
    if (status == IDEM_OK && row) {
        *rule = (unsigned)sqlite3_column_int(st, 0);
        *n = (uint64_t)sqlite3_column_int64(st, 1);
    }
    sqlite3_finalize(st);
    return status;
}
