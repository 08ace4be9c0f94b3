#include "engine/shelf.h"

#include <stdlib.h>

#include "base/hash.h"
#include "record/pack.h"

enum { FIRST_ROOM = 1 << 10 };

/* ------------------------------------------------------------------ entries */

static struct shelf_entry *S_slot(struct shelf_entry *entry, size_t room, int64_t rid)
{
    size_t at = (size_t)hash_u64((uint64_t)rid) & (room - 1);
    while (entry[at].rid && entry[at].rid != rid)
        at = (at + 1) & (room - 1);
    return &entry[at];
}

static void S_grow(struct shelf *s)
{
    size_t room = s->room ? s->room * 2 : FIRST_ROOM;
    struct shelf_entry *entry = xcalloc(room, sizeof *entry);
    for (size_t i = 0; i < s->room; i++)
        if (s->entry[i].rid)
            *S_slot(entry, room, s->entry[i].rid) = s->entry[i];
    free(s->entry);
    s->entry = entry;
    s->room = room;
}

static struct shelf_entry *S_entry(struct shelf *s, int64_t rid)
{
    if (s->n * 2 >= s->room)
        S_grow(s);
    return S_slot(s->entry, s->room, rid);
}

/* ------------------------------------------------------------------ the query */

static void S_open(struct shelf *s, const struct shelf_plan *plan)
{
    const struct packed_record nothing = {.updated_at = INT64_MIN};
    *s = (struct shelf){.open = true};
    batch_init(&s->batch, plan->schema);
    batch_set_sources(&s->batch, plan->name, (uint16_t)(plan->n_sources + 1));
    record_append(&s->batch, 0, (struct str){0}, &nothing);
    record_append(&s->batch, 0, (struct str){0}, &nothing);
    explain_init_growing(&s->explain, &s->batch, plan->model, plan->config);
}

void shelf_close(struct shelf *s)
{
    if (!s->open)
        return;
    explain_deinit(&s->explain);
    batch_wipe(&s->batch);
    arena_wipe(&s->scratch);
    free(s->entry);
    *s = (struct shelf){.open = false};
}

enum idem_status shelf_ask(struct shelf *s, const struct shelf_plan *plan, struct str packed, uint16_t source,
                           struct str record_id, struct idem_error *err)
{
    struct packed_record query;
    if (s->open && (s->bytes > SHELF_BYTES || s->batch.n_rows > SHELF_ROWS))
        shelf_close(s);
    if (!s->open)
        S_open(s, plan);
    arena_reset(&s->scratch);
    if (!record_unpack(packed, &s->scratch, &query))
        return error_set(err, IDEM_INVALID, "the record to look for cannot be read");
    s->bytes += packed.len;
    record_replace(&s->batch, SHELF_QUERY, source, record_id, &query);
    record_replace(&s->batch, SHELF_QUERY_AGAIN, source, (struct str){0}, &query);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ stored records */

static enum idem_status S_append(struct shelf *s, const struct shelf_plan *plan, const struct store_record *record,
                                 struct idem_error *err)
{
    struct packed_record packed;
    size_t source = 0;
    if (!record_unpack(record->packed, &s->scratch, &packed))
        return error_set(err, IDEM_CORRUPT, "record %lld of the database cannot be read; run idem verify",
                         (long long)record->rid);
    while (source < plan->n_sources && plan->source[source].id != record->source)
        source++;
    if (source == plan->n_sources)
        return error_set(err, IDEM_CORRUPT, "record %lld of the database belongs to no source; run idem verify",
                         (long long)record->rid);
    record_append(&s->batch, (uint16_t)source, record->record_id, &packed);
    s->bytes += record->packed.len;
    return IDEM_OK;
}

static enum idem_status S_look(struct shelf *s, const struct shelf_plan *plan, struct store *store, int64_t rid,
                               struct shelf_entry *entry, struct idem_error *err)
{
    struct store_record record;
    struct shelf_entry now = *entry;
    bool same;
    TRY(store_get_changed(store, rid, &now.digest, &same, &s->scratch, &record, err));
    if (!same) {
        now.row = s->batch.n_rows;
        TRY(S_append(s, plan, &record, err));
    }
    s->n += !entry->rid;
    now.rid = rid;
    now.mid = record.mid;
    now.current = record.status == STORE_RECORD_CURRENT;
    now.state = store_state(store);
    now.cached = store_record_state(store, rid);
    *entry = now;
    return IDEM_OK;
}

enum idem_status shelf_take(struct shelf *s, const struct shelf_plan *plan, struct store *store, int64_t rid,
                            const struct shelf_entry **entry, struct idem_error *err)
{
    struct shelf_entry *e = S_entry(s, rid);
    *entry = e;
    if (e->rid && e->state == store_state(store))
        return IDEM_OK;
    if (e->rid && store_record_stays(store, rid, e->cached)) {
        e->state = store_state(store);
        return IDEM_OK;
    }
    enum idem_status status = S_look(s, plan, store, rid, e, err);
    arena_reset(&s->scratch);
    return status;
}

void shelf_ready(struct shelf *s)
{
    scorer_extend(&s->explain.scorer);
    scorer_take_row(&s->explain.scorer, SHELF_QUERY);
    scorer_take_row(&s->explain.scorer, SHELF_QUERY_AGAIN);
}
