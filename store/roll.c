/*
 * From the table's pages where they can be read (store/table_pages.h): once to count rows and bytes of ids of each
 * piece, then each piece goes to its place. Else from a query.
 */
#include "store/roll.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/parallel.h"
#include "store/table_pages.h"

enum { MOST_SOURCE = (1 << 15) - 1, ROWS_AHEAD = 16, MOST_THREADS = 64 };
/* Columns of t_record, in their order */
enum { COLUMN_RID, COLUMN_SOURCE, COLUMN_ID, COLUMN_MASTER, COLUMN_FINGERPRINT, COLUMN_SEQ, COLUMN_STATUS, COLUMNS };

struct piece {
    uint64_t rows, bytes; /* of ids; then of those before this piece */
};

struct reading {
    struct store_roll *roll;
    const struct table_pages *pages;
    struct piece *piece;
    struct buf room[MOST_THREADS];
    bool failed[MOST_THREADS];
    uint32_t *hash; /* [n] */
};

/* Where the rows of a piece go. */
struct filling {
    struct reading *reading;
    uint32_t row, at;
};

static bool S_is_id(const struct row_value *v)
{
    return v->type == ROW_TEXT || v->type == ROW_BLOB;
}

static bool S_count_row(void *context, int64_t rid, struct str record)
{
    struct piece *p = context;
    struct row_value value[COLUMN_ID + 1];
    (void)rid;
    if (!row_decode(record, value, COUNT_OF(value)) || !S_is_id(&value[COLUMN_ID]))
        return false;
    p->rows++;
    p->bytes += value[COLUMN_ID].bytes.len;
    return true;
}

static void S_count_piece(void *context, size_t item, unsigned worker)
{
    struct reading *r = context;
    r->failed[worker] |= !table_pages_read(r->pages, item, &r->room[worker], S_count_row, &r->piece[item]);
}

static bool S_fits(const struct store_record *r)
{
    return r->rid >= 0 && r->rid <= UINT32_MAX && r->mid >= 0 && r->mid <= UINT32_MAX && r->source >= 0 &&
           r->source <= MOST_SOURCE && r->record_id.len <= UINT16_MAX;
}

static bool S_set(struct store_roll *r, uint32_t i, uint32_t at, const struct store_record *record)
{
    if (!S_fits(record))
        return false;
    r->entry[i] = (struct roll_entry){.fingerprint = record->fingerprint,
                                      .seq = record->seq,
                                      .rid = (uint32_t)record->rid,
                                      .mid = (uint32_t)record->mid,
                                      .id_at = at,
                                      .id_len = (uint16_t)record->record_id.len,
                                      .current = record->status == STORE_RECORD_CURRENT,
                                      .source = (uint16_t)record->source};
    memcpy(r->ids + at, record->record_id.ptr, record->record_id.len);
    return true;
}

static bool S_fill_row(void *context, int64_t rid, struct str record)
{
    struct filling *f = context;
    struct reading *r = f->reading;
    struct row_value value[COLUMNS];
    if (!row_decode(record, value, COLUMNS) || !S_is_id(&value[COLUMN_ID]))
        return false;
    const struct store_record taken = {.rid = rid,
                                       .source = value[COLUMN_SOURCE].number,
                                       .record_id = value[COLUMN_ID].bytes,
                                       .mid = value[COLUMN_MASTER].number,
                                       .fingerprint = (uint64_t)value[COLUMN_FINGERPRINT].number,
                                       .seq = value[COLUMN_SEQ].type == ROW_NULL ? rid : value[COLUMN_SEQ].number,
                                       .status =
                                           value[COLUMN_STATUS].number ? STORE_RECORD_GONE : STORE_RECORD_CURRENT};
    if (!S_set(r->roll, f->row, f->at, &taken))
        return false;
    r->hash[f->row++] = (uint32_t)(store_roll_hash(taken.source, taken.record_id) >> 32);
    f->at += (uint32_t)taken.record_id.len;
    return true;
}

static void S_fill_piece(void *context, size_t item, unsigned worker)
{
    struct reading *r = context;
    struct filling f = {r, (uint32_t)r->piece[item].rows, (uint32_t)r->piece[item].bytes};
    r->failed[worker] |= !table_pages_read(r->pages, item, &r->room[worker], S_fill_row, &f);
}

static bool S_any_failed(const struct reading *r)
{
    for (unsigned i = 0; i < MOST_THREADS; i++)
        if (r->failed[i])
            return true;
    return false;
}

static enum idem_status S_make_room(const struct store *s, struct store_roll *r, uint64_t rows, uint64_t bytes,
                                    struct idem_error *err)
{
    if (rows >= ROLL_NONE || bytes > UINT32_MAX)
        return error_set(err, IDEM_LIMIT, "%s: the record ids together are longer than 4 GB", s->info.path);
    r->n = (uint32_t)rows;
    r->entry = xmalloc((rows + 1) * sizeof *r->entry);
    r->ids = xmalloc(bytes + 1);
    return IDEM_OK;
}

static enum idem_status S_read_pieces(const struct store *s, struct reading *r, unsigned threads,
                                      struct idem_error *err)
{
    size_t n = table_pages_pieces(r->pages);
    uint64_t rows = 0, bytes = 0;
    r->piece = xcalloc(n + 1, sizeof *r->piece);
    parallel_for(threads, n, S_count_piece, r);
    if (S_any_failed(r))
        return IDEM_OK;
    for (size_t i = 0; i < n; i++) {
        struct piece own = r->piece[i];
        r->piece[i] = (struct piece){rows, bytes};
        rows += own.rows;
        bytes += own.bytes;
    }
    TRY(S_make_room(s, r->roll, rows, bytes, err));
    r->hash = xmalloc((rows + 1) * sizeof *r->hash);
    parallel_for(threads, n, S_fill_piece, r);
    return IDEM_OK;
}

/* *done false: it is to be read by a query. */
static enum idem_status S_from_pages(struct store *s, unsigned threads, struct reading *r, bool *done,
                                     struct idem_error *err)
{
    struct table_pages *pages = table_pages_open(s, "t_record");
    enum idem_status status = IDEM_OK;
    *done = false;
    if (!pages)
        return IDEM_OK;
    r->pages = pages;
    status = S_read_pieces(s, r, threads < MOST_THREADS ? threads : MOST_THREADS, err);
    *done = !S_any_failed(r);
    if (!*done)
        store_roll_deinit(r->roll);
    for (unsigned i = 0; i < MOST_THREADS; i++)
        buf_deinit(&r->room[i]);
    free(r->piece);
    table_pages_close(pages);
    return status;
}

/* ------------------------------------------------------------------ by a query */

struct asking {
    uint32_t room;
    struct buf ids;
};

static enum idem_status S_next(const struct store *s, struct reading *r, struct asking *a, struct store_cursor *cursor,
                               bool *more, struct idem_error *err)
{
    struct store_roll *roll = r->roll;
    struct store_record record;
    TRY(store_records_next(cursor, &record, more, err));
    if (!*more)
        return IDEM_OK;
    if (roll->n == a->room) {
        a->room = a->room ? a->room * 2 : 4096;
        roll->entry = xrealloc(roll->entry, a->room * sizeof *roll->entry);
        r->hash = xrealloc(r->hash, a->room * sizeof *r->hash);
    }
    if (a->ids.len + record.record_id.len > UINT32_MAX || roll->n + 1 == ROLL_NONE)
        return error_set(err, IDEM_LIMIT, "%s: the record ids together are longer than 4 GB", s->info.path);
    size_t at = a->ids.len;
    buf_str(&a->ids, record.record_id);
    roll->ids = a->ids.ptr;
    if (!S_set(roll, roll->n, (uint32_t)at, &record))
        return error_set(err, IDEM_LIMIT, "%s: record %lld has a number above four billion, or a source above %d",
                         s->info.path, (long long)record.rid, MOST_SOURCE);
    r->hash[roll->n++] = (uint32_t)(store_roll_hash(record.source, record.record_id) >> 32);
    return IDEM_OK;
}

static enum idem_status S_from_query(struct store *s, struct reading *r, struct idem_error *err)
{
    const struct store_read_options options = {.order = STORE_BY_RID, .gone = true};
    struct store_cursor *cursor;
    struct asking a = {.room = 0};
    bool more = true;
    TRY(store_records_open(s, &options, &cursor, err));
    enum idem_status status = IDEM_OK;
    while (status == IDEM_OK && more)
        status = S_next(s, r, &a, cursor, &more, err);
    store_records_close(cursor);
    r->roll->ids = a.ids.ptr; /* the roll's from here on */
    return status;
}

/* ------------------------------------------------------------------ the index */

/* The lower half of a slot is the index, the upper one of the hash: what it is found by is the rest of that. */
static uint32_t S_first_slot(const struct store_roll *r, uint32_t hash)
{
    return (uint32_t)((uint64_t)hash * r->slots >> 32);
}

static void S_index(struct store_roll *r, const uint32_t *hash)
{
    r->slots = 1024;
    while (3 * (uint64_t)r->slots < 4 * (uint64_t)r->n)
        r->slots *= 2;
    r->slot = xcalloc(r->slots, sizeof *r->slot);
    for (uint32_t i = 0; i < r->n; i++) {
        if (i + ROWS_AHEAD < r->n)
            __builtin_prefetch(&r->slot[S_first_slot(r, hash[i + ROWS_AHEAD])], 1);
        uint32_t at = S_first_slot(r, hash[i]);
        while (r->slot[at])
            at = (at + 1) & (r->slots - 1);
        r->slot[at] = (uint64_t)hash[i] << 32 | (i + 1);
    }
}

enum idem_status store_roll_read(struct store *s, unsigned threads, struct store_roll *r, struct idem_error *err)
{
    struct reading *reading = xcalloc(1, sizeof *reading);
    bool done;
    *r = (struct store_roll){.n = 0};
    reading->roll = r;
    enum idem_status status = S_from_pages(s, threads ? threads : 1, reading, &done, err);
    if (status == IDEM_OK && !done)
        status = S_from_query(s, reading, err);
    if (status == IDEM_OK)
        S_index(r, reading->hash);
    else
        store_roll_deinit(r);
    free(reading->hash);
    free(reading);
    return status;
}

void store_roll_deinit(struct store_roll *r)
{
    free(r->entry);
    free(r->ids);
    free(r->slot);
    *r = (struct store_roll){.n = 0};
}

void store_use_roll(struct store *s, const struct store_roll *r)
{
    s->roll = s->snapshot ? r : NULL;
}

/* ------------------------------------------------------------------ finding */

uint64_t store_roll_hash(int64_t source, struct str stored)
{
    return hash_str_seed(stored, (uint64_t)source + 1);
}

void store_roll_fetch(const struct store_roll *r, uint64_t hash)
{
    __builtin_prefetch(&r->slot[S_first_slot(r, (uint32_t)(hash >> 32))]);
}

uint32_t store_roll_guess(const struct store_roll *r, uint64_t hash)
{
    uint32_t own = (uint32_t)(hash >> 32);
    for (uint32_t at = S_first_slot(r, own); r->slot[at]; at = (at + 1) & (r->slots - 1))
        if (r->slot[at] >> 32 == own) {
            uint32_t i = (uint32_t)r->slot[at] - 1;
            __builtin_prefetch(&r->entry[i]);
            return i;
        }
    return ROLL_NONE;
}

uint32_t store_roll_find(const struct store_roll *r, int64_t source, struct str stored, uint64_t hash)
{
    uint32_t own = (uint32_t)(hash >> 32);
    for (uint32_t at = S_first_slot(r, own); r->slot[at]; at = (at + 1) & (r->slots - 1)) {
        if (r->slot[at] >> 32 != own)
            continue;
        uint32_t i = (uint32_t)r->slot[at] - 1;
        if (r->entry[i].source == source && str_eq(store_roll_id(r, i), stored))
            return i;
    }
    return ROLL_NONE;
}

uint32_t store_roll_of_rid(const struct store_roll *r, int64_t rid)
{
    uint32_t from = 0, to = r->n;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (r->entry[middle].rid < rid)
            from = middle + 1;
        else
            to = middle;
    }
    return from < r->n && r->entry[from].rid == rid ? from : ROLL_NONE;
}
