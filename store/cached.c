#include "store/cached.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "store/leaf.h"

enum { FILLED_AT_ONCE = 1024 };

/* ------------------------------------------------------------------ states */

/* The change whose snapshot is read, apart from what the own transaction has changed. */
static int64_t S_seq(const struct store *s)
{
    return s->writing ? s->begin_seq : s->counters.change_seq;
}

static bool S_is_open(const struct store *s)
{
    return s->cache && s->cache_open && (s->writing || s->snapshot) && !s->build && !s->moment.seq && s->info.has_key;
}

void store_use_cache(struct store *s, struct store_cache *c)
{
    struct stat file;
    if (!c || stat(s->info.path, &file) != 0)
        return;
    s->cache = c;
    s->cache_binding = cache_bind(c, s->info.id, (uint64_t)file.st_dev, (uint64_t)file.st_ino);
}

static void S_forget_touched(struct store *s)
{
    free(s->touched.slot);
    s->touched.slot = NULL;
    s->touched.n = s->touched.room = 0;
    s->touched.all = true;
}

void cached_begin(struct store *s)
{
    S_forget_touched(s); /* of a transaction that was undone */
    s->cache_open = s->cache && cache_meet(s->cache, s->cache_binding, s->counters.change_seq);
}

void store_tracks(struct store *s)
{
    s->touched.all = false;
}

/* ------------------------------------------------------------------ the own transaction */

static size_t S_touched_at(const struct store *s, uint64_t tag)
{
    size_t at = (size_t)tag & (s->touched.room - 1);
    while (s->touched.slot[at] && s->touched.slot[at] != tag)
        at = (at + 1) & (s->touched.room - 1);
    return at;
}

static void S_grow(struct store *s)
{
    uint64_t *old = s->touched.slot;
    size_t n = s->touched.room;
    s->touched.room = n ? n * 2 : 1024;
    s->touched.slot = xcalloc(s->touched.room, sizeof *old);
    for (size_t i = 0; i < n; i++)
        if (old[i])
            s->touched.slot[S_touched_at(s, old[i])] = old[i];
    free(old);
}

void cached_touch(struct store *s, enum cached_kind kind, int64_t id)
{
    if (!s->cache || s->touched.all)
        return;
    uint64_t tag = cache_tag(kind, id);
    if ((s->touched.n + 1) * 2 > s->touched.room)
        S_grow(s);
    size_t at = S_touched_at(s, tag);
    s->touched.n += !s->touched.slot[at];
    s->touched.slot[at] = tag;
}

/* Where a transaction may change anything, nothing is known of what it has changed so far. */
static bool S_is_touched(const struct store *s, uint64_t tag)
{
    if (!s->writing)
        return false;
    return s->touched.all || (s->touched.n && s->touched.slot[S_touched_at(s, tag)]);
}

void cached_commit(struct store *s)
{
    uint64_t *tag = NULL;
    size_t n = 0;
    if (!s->cache || s->counters.change_seq == s->begin_seq)
        return;
    if (!s->touched.all) {
        tag = xmalloc((s->touched.n + 1) * sizeof *tag);
        for (size_t i = 0; i < s->touched.room; i++)
            if (s->touched.slot[i])
                tag[n++] = s->touched.slot[i];
    }
    cache_change(s->cache, s->cache_binding, s->begin_seq, s->counters.change_seq, tag, n);
    free(tag);
    S_forget_touched(s);
}

void cached_undo(struct store *s)
{
    if (s->cache)
        cache_forget(s->cache, s->cache_binding);
}

void cached_end(struct store *s)
{
    S_forget_touched(s);
}

/* ------------------------------------------------------------------ filling */

static enum idem_status S_fill(struct store *s, bool (*stop)(void *context), void *context, struct idem_error *err)
{
    struct store_read_options options = {.order = STORE_BY_RID, .values = true};
    struct store_cursor *cursor;
    TRY(store_records_open(s, &options, &cursor, err));
    enum idem_status status = IDEM_OK;
    for (size_t n = 0;; n++) {
        struct store_record record;
        bool more;
        if (n % FILLED_AT_ONCE == 0 && (!cache_fills(s->cache) || stop(context)))
            break;
        status = store_records_next(cursor, &record, &more, err);
        if (status != IDEM_OK || !more)
            break;
        cached_put_record(s, &record, 0);
    }
    store_records_close(cursor);
    return status;
}

enum idem_status store_fill_cache(struct store *s, bool (*stop)(void *context), void *context, struct idem_error *err)
{
    if (!s->cache)
        return IDEM_OK;
    TRY(store_snapshot_begin(s, err));
    enum idem_status status = S_is_open(s) ? S_fill(s, stop, context, err) : IDEM_OK;
    cache_fills(s->cache);
    store_snapshot_end(s);
    return status;
}

/* ------------------------------------------------------------------ entries */

int64_t cached_state(struct store *s, enum cached_kind kind, int64_t id)
{
    return S_is_open(s) && !S_is_touched(s, cache_tag(kind, id)) ? S_seq(s) : -1;
}

bool cached_stays(struct store *s, enum cached_kind kind, int64_t id, int64_t state)
{
    uint64_t tag = cache_tag(kind, id);
    return state >= 0 && S_is_open(s) && !S_is_touched(s, tag) &&
           cache_stays(s->cache, s->cache_binding, tag, state, S_seq(s));
}

int64_t store_record_state(struct store *s, int64_t rid)
{
    return cached_state(s, CACHED_RECORD, rid);
}

bool store_record_stays(struct store *s, int64_t rid, int64_t state)
{
    return cached_stays(s, CACHED_RECORD, rid, state);
}

static bool S_get(struct store *s, enum cached_kind kind, int64_t id, struct buf *out)
{
    uint64_t tag = cache_tag(kind, id);
    return S_is_open(s) && !S_is_touched(s, tag) && cache_get(s->cache, s->cache_binding, tag, S_seq(s), out);
}

static void S_put(struct store *s, enum cached_kind kind, int64_t id, struct str bytes)
{
    uint64_t tag = cache_tag(kind, id);
    if (S_is_open(s) && !S_is_touched(s, tag))
        cache_put(s->cache, s->cache_binding, tag, S_seq(s), bytes);
}

/* A record without its texts, which follow. */
struct record_head {
    int64_t source, mid, seq, run;
    uint64_t fingerprint, digest;
    uint32_t id_len, status;
};

bool cached_record(struct store *s, int64_t rid, struct arena *out, struct store_record *record, uint64_t *digest)
{
    struct buf bytes = {0};
    struct record_head h;
    bool there = S_get(s, CACHED_RECORD, rid, &bytes);
    if (there) {
        memcpy(&h, bytes.ptr, sizeof h);
        struct str texts = str_copy(out, str_sub(buf_view(&bytes), sizeof h, bytes.len));
        *record = (struct store_record){.rid = rid,
                                        .source = h.source,
                                        .mid = h.mid,
                                        .fingerprint = h.fingerprint,
                                        .seq = h.seq,
                                        .run = h.run,
                                        .status = (enum store_record_status)h.status,
                                        .record_id = str_sub(texts, 0, h.id_len),
                                        .packed = str_sub(texts, h.id_len, texts.len)};
        *digest = h.digest;
    }
    buf_deinit(&bytes);
    return there;
}

void cached_put_record(struct store *s, const struct store_record *record, uint64_t digest)
{
    struct buf bytes = {0};
    struct record_head h = {record->source,
                            record->mid,
                            record->seq,
                            record->run,
                            record->fingerprint,
                            digest,
                            (uint32_t)record->record_id.len,
                            (uint32_t)record->status};
    if (!S_is_open(s))
        return;
    buf_str(&bytes, (struct str){(const char *)&h, sizeof h});
    buf_str(&bytes, record->record_id);
    buf_str(&bytes, record->packed);
    S_put(s, CACHED_RECORD, record->rid, buf_view(&bytes));
    explicit_bzero(bytes.ptr, bytes.len);
    buf_deinit(&bytes);
}

bool cached_master(struct store *s, int64_t mid, struct arena *out, struct store_master *master)
{
    struct buf bytes = {0};
    bool there = S_get(s, CACHED_MASTER, mid, &bytes);
    if (there) {
        memcpy(master, bytes.ptr, sizeof *master);
        master->prov = str_copy(out, str_sub(buf_view(&bytes), sizeof *master, bytes.len));
    }
    buf_deinit(&bytes);
    return there;
}

void cached_put_master(struct store *s, const struct store_master *master)
{
    struct buf bytes = {0};
    if (!S_is_open(s))
        return;
    buf_str(&bytes, (struct str){(const char *)master, sizeof *master});
    buf_str(&bytes, master->prov);
    S_put(s, CACHED_MASTER, master->mid, buf_view(&bytes));
    buf_deinit(&bytes);
}
