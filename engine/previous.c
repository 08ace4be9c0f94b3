#include "engine/previous.h"

#include <stdlib.h>

#include "base/hash.h"
#include "engine/roster.h"
#include "record/pack.h"

static enum idem_status S_take_master(void *context, const struct store_master *master, struct idem_error *err)
{
    struct previous *p = context;
    (void)err;
    if ((p->n_masters & (p->n_masters + 1)) == 0 && p->n_masters + 1 >= 1024)
        p->master = xrealloc(p->master, ((size_t)p->n_masters + 1) * 2 * sizeof *p->master);
    else if (!p->master)
        p->master = xmalloc(1024 * sizeof *p->master);
    p->master[p->n_masters] = *master;
    p->master[p->n_masters++].prov = str_copy(&p->arena, master->prov);
    return IDEM_OK;
}

enum idem_status previous_open(struct store *store, const struct config *c, struct previous *p, struct idem_error *err)
{
    TRY(previous_sources(store, c, true, p, err));
    return store ? previous_masters(store, p, err) : IDEM_OK;
}

enum idem_status previous_masters(struct store *store, struct previous *p, struct idem_error *err)
{
    return store_each_master(store, true, S_take_master, p, err);
}

enum idem_status previous_sources(struct store *store, const struct config *c, bool count, struct previous *p,
                                  struct idem_error *err)
{
    struct store_source *stored = NULL;
    size_t n = 0;
    *p = (struct previous){0};
    if (store)
        TRY(store_get_sources(store, count, &p->arena, &stored, &n, err));
    p->source = ARENA_NEW(&p->arena, struct run_source, c->n_sources + n);
    for (unsigned i = 0; i < c->n_sources; i++) {
        p->source[i].configured = true;
        p->source[i].stored.name = c->source[i].name;
        p->source[i].stored.personal_ids = c->at_rest == AT_REST_SEALED && c->record_ids[i] == ID_TOKEN;
        p->source[i].stored.hashed_ids = c->record_ids[i] == ID_HASHED;
    }
    p->n_sources = c->n_sources;
    for (size_t k = 0; k < n; k++) {
        int at = config_find_source(c, stored[k].name);
        if (at >= 0)
            p->source[at].stored = stored[k];
        else
            p->source[p->n_sources++] = (struct run_source){.stored = stored[k]};
    }
    return IDEM_OK;
}

static unsigned S_source_of(const struct previous *p, int64_t id)
{
    for (unsigned i = 0; i < p->n_sources; i++)
        if (p->source[i].stored.id == id)
            return i;
    return 0;
}

static uint32_t S_add_key(struct dict *keys, struct buf *room, uint16_t source, struct str id)
{
    buf_clear(room);
    buf_add(room, &source, sizeof source);
    buf_str(room, id);
    return dict_add(keys, buf_view(room), NULL);
}

static uint32_t S_find_key(const struct dict *keys, struct buf *room, uint16_t source, struct str id)
{
    buf_clear(room);
    buf_add(room, &source, sizeof source);
    buf_str(room, id);
    return dict_find(keys, buf_view(room));
}

/* Record keys of the rows that this run read, to know which stored records it replaces. */
static void S_index_rows(const struct load *l, struct dict *keys, struct buf *room)
{
    for (uint32_t row = 0; row < l->batch.n_rows; row++)
        S_add_key(keys, room, l->batch.source[row], l->batch.record_id[row]);
}

static bool S_is_kept(const struct previous *p, const struct config *c, const struct load *l, unsigned source)
{
    if (!p->source[source].configured || !l->source[source].read)
        return true;
    return c->source[source].mode == MODE_DELTA;
}

static enum idem_status S_keep(struct load *l, uint16_t source, const struct store_record *r, struct idem_error *err)
{
    struct arena scratch = {0};
    struct packed_record packed;
    bool good = record_unpack(r->packed, &scratch, &packed);
    if (good)
        record_append(&l->batch, source, r->record_id, &packed);
    arena_deinit(&scratch);
    return good ? IDEM_OK
                : error_set(err, IDEM_CORRUPT, "record %lld of the database cannot be read; run idem verify",
                            (long long)r->rid);
}

enum idem_status previous_read(struct store *store, const struct config *c, struct load *l, const struct roster *roster,
                               struct renormaliser *anew, unsigned threads, struct previous *p, struct idem_error *err)
{
    struct store_read_options options = {.order = STORE_BY_RID, .values = true, .gone = true, .threads = threads};
    struct store_cursor *cursor = NULL;
    struct dict keys = {0};
    struct buf key = {0};
    enum idem_status status;
    size_t room = 0;
    S_index_rows(l, &keys, &key);
    TRY_DONE(store_records_open(store, &options, &cursor, err));
    for (;;) {
        struct store_record r;
        bool more;
        TRY_DONE(store_records_next(cursor, &r, &more, err));
        if (!more)
            break;
        if (p->n_records == room) {
            room = room ? room * 2 : 1024;
            p->record = xrealloc(p->record, room * sizeof *p->record);
        }
        uint16_t source = (uint16_t)S_source_of(p, r.source);
        bool current = r.status == STORE_RECORD_CURRENT;
        bool same = roster && roster->seen[p->n_records].row == ROSTER_SAME;
        p->record[p->n_records++] = (struct previous_record){
            r.rid, r.mid, r.seq, r.fingerprint, current ? hash_str(r.packed) : 0, PREVIOUS_NONE, source, current};
        S_add_key(&p->keys, &key, source, r.record_id);
        bool kept = same || (S_is_kept(p, c, l, source) && !S_find_key(&keys, &key, source, r.record_id));
        if (current && kept && !(roster && roster->seen[p->n_records - 1].row == ROSTER_DELETED))
            TRY_DONE(anew ? renormaliser_add(anew, source, &r, err) : S_keep(l, source, &r, err));
    }
    if (anew)
        status = renormaliser_end(anew, err);
done:
    store_records_close(cursor);
    dict_deinit(&keys);
    buf_deinit(&key);
    return status;
}

void previous_join(struct previous *p, const struct load *l)
{
    struct buf key = {0};
    p->of_row = xmalloc(((size_t)l->batch.n_rows + 1) * sizeof *p->of_row);
    for (uint32_t row = 0; row < l->batch.n_rows; row++) {
        uint32_t id = S_find_key(&p->keys, &key, l->batch.source[row], l->batch.record_id[row]);
        p->of_row[row] = id ? id - 1 : PREVIOUS_NONE;
        if (id)
            p->record[id - 1].row = row;
    }
    buf_deinit(&key);
}

void previous_add_key(struct previous *p, struct buf *room, uint16_t source, struct str record_id)
{
    S_add_key(&p->keys, room, source, record_id);
}

uint32_t previous_record(const struct previous *p, int64_t rid)
{
    uint32_t from = 0, to = p->n_records;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (p->record[middle].rid < rid)
            from = middle + 1;
        else
            to = middle;
    }
    return from < p->n_records && p->record[from].rid == rid ? from : PREVIOUS_NONE;
}

bool previous_knows(const struct previous *p, uint16_t source, struct str record_id)
{
    struct buf key = {0};
    bool known = S_find_key(&p->keys, &key, source, record_id) != 0;
    buf_deinit(&key);
    return known;
}

uint32_t previous_master(const struct previous *p, int64_t mid)
{
    uint32_t from = 0, to = p->n_masters;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (p->master[middle].mid == mid)
            return middle;
        if (p->master[middle].mid < mid)
            from = middle + 1;
        else
            to = middle;
    }
    return PREVIOUS_NONE;
}

void previous_close(struct previous *p)
{
    free(p->record);
    free(p->master);
    free(p->of_row);
    dict_deinit(&p->keys);
    arena_deinit(&p->arena);
    *p = (struct previous){0};
}
