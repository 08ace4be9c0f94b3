/*
 * Record rows. Many rows go in by one INSERT ... SELECT from idem_rows; in a later run an end of membership is written
 * first, by comparing what is stored with what comes, so that the caller cannot forget it.
 */
#include <stdlib.h>

#include "base/charset.h"
#include "store/bulk.h"
#include "store/cached.h"
#include "store/leaf.h"
#include "store/moment.h"

enum { CHUNK_ROWS = 8192 };

/* A record and what stands for its id in SQL. */
struct record_row {
    const struct store_record *record;
    struct str stored_id;
    uint8_t token[16];
    bool text;
};

static void S_column(sqlite3_context *out, const void *base, size_t row, int column)
{
    const struct record_row *r = (const struct record_row *)base + row;
    switch (column) {
    case 0:
        sqlite3_result_int64(out, r->record->rid);
        break;
    case 1:
        sqlite3_result_int64(out, r->record->source);
        break;
    case 2:
        if (r->text)
            sqlite3_result_text64(out, r->stored_id.ptr ? r->stored_id.ptr : "", r->stored_id.len, SQLITE_STATIC,
                                  SQLITE_UTF8);
        else
            sqlite3_result_blob64(out, r->stored_id.ptr, r->stored_id.len, SQLITE_STATIC);
        break;
    case 3:
        sql_result_id(out, r->record->mid);
        break;
    case 4:
        sqlite3_result_int64(out, (int64_t)r->record->fingerprint);
        break;
    case 5:
        sql_result_id(out, r->record->seq);
        break;
    case 6:
        sqlite3_result_int(out, (int)r->record->status);
        break;
    case 7:
        sqlite3_result_int64(out, r->record->run ? r->record->run : 1);
        break;
    }
}

static enum idem_status S_prepare_rows(struct store *s, const struct store_record *record, size_t n,
                                       struct record_row *row, struct idem_error *err)
{
    const struct source_entry *source = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!source || source->id != record[i].source)
            TRY(source_by_id(s, record[i].source, &source, err));
        if (!source || record[i].rid < 1 || (i && record[i].rid <= record[i - 1].rid))
            return error_set(err, IDEM_INVALID, "%s: %s", s->info.path,
                             source ? "records are not in ascending order" : "a record has no source");
        row[i].record = &record[i];
        TRY(source_stored_id(s, source, record[i].record_id, row[i].token, &row[i].stored_id, &row[i].text, err));
    }
    return IDEM_OK;
}

/* record_key is not UNIQUE: it carries the master too, so that a look-up need not read the record's row. */
static enum idem_status S_check_unique(struct store *s, const struct record_row *row, size_t n, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool other;
    TRY(sql_get(s, SQL_RECORD_OTHER, &st, err));
    s->rows = (struct rows){row, n, S_column};
    enum idem_status status = sql_step(s, st, &other, err);
    sqlite3_reset(st);
    s->rows = (struct rows){0};
    if (status == IDEM_OK && other)
        status = error_set(err, IDEM_CONFLICT, "%s: a record id comes twice in one source", s->info.path);
    return status;
}

/* A row that has its source, id, master and status already needs no index: *done. */
static enum idem_status S_touch(struct store *s, const struct record_row *row, bool *done, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_get(s, SQL_RECORD_TOUCH, &st, err));
    sqlite3_bind_int64(st, 1, (int64_t)row->record->fingerprint);
    sqlite3_bind_int64(st, 2, row->record->rid);
    sqlite3_bind_int64(st, 3, row->record->source);
    if (row->text)
        sql_bind_text(st, 4, row->stored_id);
    else
        sql_bind_blob(st, 4, row->stored_id);
    sql_bind_id(st, 5, row->record->mid);
    sqlite3_bind_int(st, 6, (int)row->record->status);
    TRY(sql_finish(s, st, err));
    *done = sqlite3_changes(s->db) > 0;
    return IDEM_OK;
}

/* Those that are left are moved to the front, in their order. */
static enum idem_status S_touch_all(struct store *s, struct record_row *row, size_t *n, struct idem_error *err)
{
    size_t left = 0;
    for (size_t i = 0; i < *n; i++) {
        bool done;
        TRY(S_touch(s, &row[i], &done, err));
        if (done)
            continue;
        row[left] = row[i];
        if (row[i].stored_id.ptr == (const char *)row[i].token)
            row[left].stored_id.ptr = (const char *)row[left].token;
        left++;
    }
    *n = left;
    return IDEM_OK;
}

static enum idem_status S_put_chunk(struct store *s, const struct store_record *record, size_t n,
                                    struct record_row *row, struct idem_error *err)
{
    TRY(S_prepare_rows(s, record, n, row, err));
    if (s->build) {
        for (size_t i = 0; i < n; i++)
            TRY(bulk_add_record(s, row[i].record, row[i].stored_id, row[i].text, err));
        return IDEM_OK;
    }
    TRY(S_touch_all(s, row, &n, err));
    TRY(sql_rows(s, SQL_MEMBERSHIP_END, row, n, S_column, err));
    TRY(sql_rows(s, SQL_RECORD_UPSERT, row, n, S_column, err));
    return S_check_unique(s, row, n, err);
}

enum idem_status store_put_records(struct store *s, const struct store_record *record, size_t n, struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    s->state++;
    for (size_t i = 0; i < n; i++)
        cached_touch(s, CACHED_RECORD, record[i].rid);
    struct record_row *row = xmalloc((n < CHUNK_ROWS ? n + 1 : CHUNK_ROWS) * sizeof *row);
    enum idem_status status = IDEM_OK;
    for (size_t from = 0; status == IDEM_OK && from < n; from += CHUNK_ROWS)
        status = S_put_chunk(s, record + from, n - from < CHUNK_ROWS ? n - from : CHUNK_ROWS, row, err);
    free(row);
    return status;
}

uint64_t store_keyed(const struct store *s, uint64_t hash)
{
    return seal_keyed(s->keys, hash);
}

void record_take(sqlite3_stmt *st, struct store_record *r)
{
    *r = (struct store_record){
        .rid = sqlite3_column_int64(st, 0),
        .source = sqlite3_column_int64(st, 1),
        .record_id = sql_bytes(st, 2),
        .mid = sqlite3_column_int64(st, 3),
        .fingerprint = (uint64_t)sqlite3_column_int64(st, 4),
        .seq = sqlite3_column_int64(st, 5),
        .status = sqlite3_column_int(st, 6) ? STORE_RECORD_GONE : STORE_RECORD_CURRENT,
        .run = sqlite3_column_int64(st, 7),
    };
}

static enum idem_status S_add_values(struct store *s, struct arena *out, struct store_record *record,
                                     struct idem_error *err)
{
    struct buf plain = {0};
    struct leaf_slot slot[LEAF_SLOTS];
    uint32_t version;
    enum idem_status status = leaf_read(s, leaf_of(record->rid), &plain, slot, &version, err);
    const struct leaf_slot *own = &slot[leaf_slot_of(record->rid)];
    if (status == IDEM_OK && !own->used)
        status = leaf_damaged(s, leaf_of(record->rid), err);
    if (status == IDEM_OK) {
        record->record_id = str_copy(out, own->record_id);
        record->packed = str_copy(out, own->packed);
    }
    buf_deinit(&plain);
    return status == IDEM_OK ? moment_values(s, record->rid, out, &record->packed, err) : status;
}

enum idem_status store_get_record(struct store *s, int64_t rid, bool values, struct arena *out,
                                  struct store_record *record, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_get(s, SQL_RECORD_GET, &st, err));
    sqlite3_bind_int64(st, 1, rid);
    TRY(sql_step(s, st, &row, err));
    if (!row)
        return error_set(err, IDEM_NOT_FOUND, "no such record");
    record_take(st, record);
    record->record_id = str_copy(out, record->record_id);
    sqlite3_reset(st);
    TRY(moment_record(s, record, err));
    return values ? S_add_values(s, out, record, err) : IDEM_OK;
}

enum idem_status store_get_changed(struct store *s, int64_t rid, uint64_t *digest, bool *same, struct arena *out,
                                   struct store_record *record, struct idem_error *err)
{
    struct buf plain = {0};
    struct leaf_slot slot[LEAF_SLOTS];
    *same = false;
    if (s->moment.seq)
        return store_get_record(s, rid, true, out, record, err);
    uint64_t before = *digest;
    if (cached_record(s, rid, out, record, digest)) {
        *same = before && *digest == before;
        return IDEM_OK;
    }
    TRY(store_get_record(s, rid, false, out, record, err));
    enum idem_status status = leaf_read_changed(s, leaf_of(rid), digest, same, &plain, slot, err);
    const struct leaf_slot *own = &slot[leaf_slot_of(rid)];
    if (status == IDEM_OK && !*same) {
        if (own->used) {
            record->record_id = str_copy(out, own->record_id);
            record->packed = str_copy(out, own->packed);
            cached_put_record(s, record, *digest);
        } else {
            status = leaf_damaged(s, leaf_of(rid), err);
        }
    }
    buf_deinit(&plain);
    return status;
}
