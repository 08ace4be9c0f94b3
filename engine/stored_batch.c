#include "engine/stored_batch.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "engine/matching.h"
#include "engine/stored_model.h"
#include "record/pack.h"

static enum idem_status S_open(struct stored_batch *b, struct store *store, struct idem_error *err)
{
    TRY(store_get_fields(store, &b->arena, &b->schema, err));
    TRY(store_get_sources(store, false, &b->arena, &b->source, &b->n_sources, err));
    batch_init(&b->batch, &b->schema);
    struct str *name = ARENA_NEW(&b->arena, struct str, b->n_sources + 1);
    for (size_t i = 0; i < b->n_sources; i++)
        name[i] = b->source[i].name;
    batch_set_sources(&b->batch, name, (uint16_t)b->n_sources);
    return IDEM_OK;
}

enum idem_status stored_batch_open(struct stored_batch *b, struct idem_session *s, struct store *store,
                                   struct idem_error *err)
{
    *b = (struct stored_batch){.session = s, .store = store};
    TRY(session_need_key(s, store, err));
    return S_open(b, store, err);
}

enum idem_status stored_batch_open_keys(struct stored_batch *b, struct idem_session *s, struct store *store,
                                        struct idem_error *err)
{
    *b = (struct stored_batch){.session = s, .store = store, .no_values = !store_info(store)->has_key};
    TRY(S_open(b, store, err));
    for (size_t i = 0; i < b->n_sources && b->no_values; i++)
        if (b->source[i].personal_ids || b->source[i].hashed_ids) /* then they are sealed, or tokens are to be made */
            return session_need_key(s, store, err);
    return IDEM_OK;
}

void stored_batch_close(struct stored_batch *b)
{
    if (b->batch.schema)
        batch_deinit(&b->batch);
    free(b->rid);
    free(b->mid);
    free(b->slot);
    arena_deinit(&b->arena);
    *b = (struct stored_batch){0};
}

/* ------------------------------------------------------------------ rows */

static enum idem_status S_append(struct stored_batch *b, const struct store_record *record, struct arena *scratch,
                                 struct idem_error *err)
{
    struct packed_record packed = {.n_fields = 0};
    size_t source = 0;
    if (!b->no_values && !record_unpack(record->packed, scratch, &packed))
        return error_set(err, IDEM_CORRUPT, "record %lld of the database cannot be read; run idem verify",
                         (long long)record->rid);
    while (source < b->n_sources && b->source[source].id != record->source)
        source++;
    if (source == b->n_sources)
        return error_set(err, IDEM_CORRUPT, "record %lld of the database belongs to no source; run idem verify",
                         (long long)record->rid);
    if (b->batch.n_rows == b->room) {
        b->room = b->room ? b->room * 2 : 256;
        b->rid = xrealloc(b->rid, (size_t)b->room * sizeof *b->rid);
        b->mid = xrealloc(b->mid, (size_t)b->room * sizeof *b->mid);
    }
    b->rid[b->batch.n_rows] = record->rid;
    b->mid[b->batch.n_rows] = record->mid;
    record_append(&b->batch, (uint16_t)source, record->record_id, &packed);
    return IDEM_OK;
}

enum idem_status stored_batch_all(struct stored_batch *b, unsigned threads, struct idem_error *err)
{
    struct store_read_options options = {.order = STORE_BY_RID, .values = !b->no_values, .threads = threads};
    struct store_cursor *cursor = NULL;
    struct arena scratch = {0};
    enum idem_status status;
    TRY(store_records_open(b->store, &options, &cursor, err));
    for (;;) {
        struct store_record record;
        bool more;
        TRY_DONE(store_records_next(cursor, &record, &more, err));
        if (!more)
            break;
        TRY_DONE(S_append(b, &record, &scratch, err));
        arena_reset(&scratch);
    }
done:
    store_records_close(cursor);
    arena_deinit(&scratch);
    return status;
}

enum idem_status stored_batch_add(struct stored_batch *b, const int64_t *rid, size_t n, struct idem_error *err)
{
    struct arena scratch = {0};
    enum idem_status status = IDEM_OK;
    for (size_t i = 0; i < n && status == IDEM_OK; i++) {
        struct store_record record;
        status = store_get_record(b->store, rid[i], true, &scratch, &record, err);
        if (status == IDEM_OK)
            status = S_append(b, &record, &scratch, err);
        arena_reset(&scratch);
    }
    arena_deinit(&scratch);
    return status;
}

/* ------------------------------------------------------------------ rows by key */

static uint64_t S_hash(uint16_t source, struct str record_id)
{
    return hash_str_seed(record_id, source);
}

static void S_index(struct stored_batch *b)
{
    uint32_t slots = 1024;
    while (slots < (uint64_t)b->batch.n_rows * 2 && slots < 1u << 31)
        slots *= 2;
    if (slots != b->slots) {
        free(b->slot);
        b->slot = xmalloc((size_t)slots * sizeof *b->slot);
        memset(b->slot, 0xFF, (size_t)slots * sizeof *b->slot);
        b->slots = slots;
        b->slotted = 0;
    }
    for (; b->slotted < b->batch.n_rows; b->slotted++) {
        uint64_t at = S_hash(b->batch.source[b->slotted], b->batch.record_id[b->slotted]) & (slots - 1);
        while (b->slot[at] != STORED_NONE)
            at = (at + 1) & (slots - 1);
        b->slot[at] = b->slotted;
    }
}

static uint32_t S_find(struct stored_batch *b, uint16_t s, struct str record_id)
{
    if (b->slotted < b->batch.n_rows || !b->slot)
        S_index(b);
    assert(b->slot);
    for (uint64_t at = S_hash(s, record_id) & (b->slots - 1);; at = (at + 1) & (b->slots - 1)) {
        uint32_t row = b->slot[at];
        if (row == STORED_NONE || (b->batch.source[row] == s && str_eq(b->batch.record_id[row], record_id)))
            return row;
    }
}

uint32_t stored_batch_find(struct stored_batch *b, struct str source, struct str record_id)
{
    struct arena scratch = {0};
    uint32_t row = STORED_NONE;
    uint16_t s = 0;
    while (s < b->n_sources && !str_eq(b->source[s].name, source))
        s++;
    if (s < b->n_sources && store_given_id(b->store, source, &record_id, &scratch, NULL) == IDEM_OK)
        row = S_find(b, s, record_id);
    arena_deinit(&scratch);
    return row;
}

/* ------------------------------------------------------------------ model */

static enum idem_status S_model(struct stored_batch *b, int64_t id, struct idem_error *err)
{
    enum idem_status status = store_get_model(b->store, id, true, &b->arena, &b->stored_model, err);
    if (status == IDEM_NOT_FOUND)
        return error_set(err, status, "%s: there is no model yet; run idem apply", b->session->db_path);
    TRY(status);
    return stored_model_unpack(b->store, &b->stored_model, &b->arena, &b->model, err);
}

enum idem_status stored_batch_applied_model(struct stored_batch *b, struct idem_error *err)
{
    struct store_run *run;
    struct store_model facts;
    size_t n;
    int64_t id = 0;
    TRY(store_get_runs(b->store, 0, &b->arena, &run, &n, err));
    for (size_t i = 0; i < n && !id; i++)
        id = run[i].committed ? run[i].model : 0;
    if (id && store_get_model(b->store, id, false, &b->arena, &facts, NULL) != IDEM_OK)
        id = 0; /* it was not kept: the newest is the best guess */
    return S_model(b, id, err);
}

void stored_batch_scorer(struct stored_batch *b, unsigned threads, struct scorer *scorer)
{
    scorer_init(scorer, &b->model, &b->batch, threads ? threads : 1);
    if (b->session->config)
        scorer->unique = matching_unique(b->session->config, &b->batch, &b->arena);
}
