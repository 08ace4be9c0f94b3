/* From a record, or an id that was once issued, to the master that holds today. */
#include <stdlib.h>

#include "base/file.h"
#include "base/parallel.h"
#include "engine/session.h"
#include "store/removal.h"
#include "store/service_table.h"
#include "store/steward.h"

static const char ERASED[] = "erased";
enum { MOST_SOURCE_BYTES = 64, MOST_RECORD_ID_BYTES = 1024 };

struct idem_stream {
    struct store *store;
    struct arena arena; /* for master_ids that are looked up; reset after each */
    struct store_key *key;
    uint32_t *of_key; /* [room] which of the caller's keys */
    size_t room;
};

static enum idem_status S_unknown(struct idem_error *err)
{
    return error_set(err, IDEM_NOT_FOUND, "no such record");
}

/* A master_id resolves to itself or its survivor; one that was erased, or is no master_id, to nothing. */
static enum idem_status S_master(struct store *store, struct arena *scratch, struct str id, char master_id[37],
                                 struct idem_error *err)
{
    struct store_master master;
    uint8_t uuid[16];
    if (!store_uuid_parse(id, uuid))
        return S_unknown(err);
    TRY(store_find_master(store, id, scratch, &master, err));
    TRY(store_survivor(store, master.mid, scratch, &master, err));
    if (master.status == STORE_MASTER_ERASED) {
        memcpy(master_id, ERASED, sizeof ERASED);
        return error_set(err, IDEM_NOT_FOUND, "this master was erased");
    }
    store_uuid_format(master.uuid, master_id);
    return IDEM_OK;
}

/* Unknown, or erased: then master_id says so. */
static enum idem_status S_erased(struct store *store, struct str source, struct str id, char master_id[37],
                                 struct idem_error *err)
{
    bool erased;
    TRY(erased_has_record(store, source, id, &erased, err));
    if (!erased)
        return S_unknown(err);
    memcpy(master_id, ERASED, sizeof ERASED);
    return error_set(err, IDEM_NOT_FOUND, "this record was erased");
}

/* An id that another system gave: the name of its kind in place of a source. */
static enum idem_status S_alias(struct store *store, struct arena *scratch, struct str scheme, struct str alias,
                                char master_id[37], struct idem_error *err)
{
    struct store_master master;
    int64_t mid;
    enum idem_status status = steward_find_alias(store, scheme, alias, &mid, err);
    if (status == IDEM_NOT_FOUND)
        return S_erased(store, scheme, alias, master_id, err);
    TRY(status);
    TRY(store_survivor(store, mid, scratch, &master, err));
    if (master.status == STORE_MASTER_ERASED) {
        memcpy(master_id, ERASED, sizeof ERASED);
        return error_set(err, IDEM_NOT_FOUND, "this master was erased");
    }
    store_uuid_format(master.uuid, master_id);
    return IDEM_OK;
}

static enum idem_status S_lookup(struct store *store, struct arena *scratch, struct idem_str source,
                                 struct idem_str record_id, char master_id[37], struct idem_error *err)
{
    struct str name = {source.ptr, source.len}, id = {record_id.ptr, record_id.len};
    master_id[0] = 0;
    if (name.len == 0) {
        enum idem_status status = S_master(store, scratch, id, master_id, err);
        arena_reset(scratch);
        return status;
    }
    if (name.len > MOST_SOURCE_BYTES || id.len > MOST_RECORD_ID_BYTES || id.len == 0)
        return S_unknown(err);
    enum idem_status status = store_lookup(store, name, id, master_id, err);
    if (status == IDEM_NOT_FOUND) {
        status = S_alias(store, scratch, name, id, master_id, err);
        arena_reset(scratch);
    }
    return status;
}

enum idem_status idem_lookup(struct idem_session *s, struct idem_str source, struct idem_str record_id,
                             char master_id[37], struct idem_error *err)
{
    struct store *store;
    struct arena scratch;
    TRY(session_store(s, STORE_READ, &store, err));
    arena_init(&scratch);
    enum idem_status status = S_lookup(store, &scratch, source, record_id, master_id, err);
    arena_deinit(&scratch);
    return status;
}

enum idem_status idem_stream_open(struct idem_session *s, struct idem_stream **out, struct idem_error *err)
{
    struct store *store;
    *out = NULL;
    TRY(session_store(s, STORE_READ, &store, err));
    if (s->shared)
        TRY(store_map(store, err));
    TRY(store_snapshot_begin(store, err));
    struct idem_stream *stream = xcalloc(1, sizeof *stream);
    stream->store = store;
    arena_init(&stream->arena);
    *out = stream;
    return IDEM_OK;
}

enum idem_status idem_stream_lookup(struct idem_stream *stream, struct idem_str source, struct idem_str record_id,
                                    char master_id[37], struct idem_error *err)
{
    return S_lookup(stream->store, &stream->arena, source, record_id, master_id, err);
}

/* What is no record is asked for by itself. */
static enum idem_status S_others(struct idem_stream *stream, struct idem_lookup *key, struct idem_error *err)
{
    enum idem_status status = S_lookup(stream->store, &stream->arena, key->source, key->record_id, key->master_id, err);
    key->status = status;
    return status == IDEM_NOT_FOUND ? IDEM_OK : status;
}

static bool S_may_be_record(const struct idem_lookup *key)
{
    return key->source.len && key->source.len <= MOST_SOURCE_BYTES && key->record_id.len &&
           key->record_id.len <= MOST_RECORD_ID_BYTES;
}

static enum idem_status S_many(struct idem_stream *stream, struct idem_lookup *key, size_t n, struct idem_error *err)
{
    uint32_t records = 0;
    for (size_t i = 0; i < n; i++)
        if (S_may_be_record(&key[i])) {
            stream->of_key[records] = (uint32_t)i;
            stream->key[records++] = (struct store_key){.source = {key[i].source.ptr, key[i].source.len},
                                                        .record_id = {key[i].record_id.ptr, key[i].record_id.len}};
        } else {
            TRY(S_others(stream, &key[i], err));
        }
    TRY(store_lookup_many(stream->store, stream->key, records, parallel_cpus(), err));
    for (uint32_t i = 0; i < records; i++) {
        struct idem_lookup *own = &key[stream->of_key[i]];
        if (!stream->key[i].found) {
            TRY(S_others(stream, own, err));
            continue;
        }
        own->status = IDEM_OK;
        memcpy(own->master_id, stream->key[i].master_id, sizeof own->master_id);
    }
    return IDEM_OK;
}

enum idem_status idem_stream_lookup_many(struct idem_stream *stream, struct idem_lookup *key, size_t n,
                                         struct idem_error *err)
{
    enum { MOST_AT_ONCE = 1 << 16 };
    size_t room = n < MOST_AT_ONCE ? n : MOST_AT_ONCE;
    if (room > stream->room) {
        stream->room = room;
        stream->key = xrealloc(stream->key, room * sizeof *stream->key);
        stream->of_key = xrealloc(stream->of_key, room * sizeof *stream->of_key);
    }
    for (size_t from = 0, to; from < n; from = to) {
        to = from + MOST_AT_ONCE < n ? from + MOST_AT_ONCE : n;
        TRY(S_many(stream, key + from, to - from, err));
    }
    return IDEM_OK;
}

void idem_stream_close(struct idem_stream *stream)
{
    if (!stream)
        return;
    store_snapshot_end(stream->store);
    arena_deinit(&stream->arena);
    free(stream->key);
    free(stream->of_key);
    free(stream);
}
