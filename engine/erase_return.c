#include "engine/erase_return.h"

#include <stdlib.h>

#include "engine/erased.h"
#include "engine/ledger.h"

static void S_drop(struct load *l, uint32_t row)
{
    if (l->batch.n_rows > l->superseded_room) {
        l->superseded = xrealloc(l->superseded, l->batch.n_rows);
        memset(l->superseded + l->superseded_room, 0, l->batch.n_rows - l->superseded_room);
        l->superseded_room = l->batch.n_rows;
    }
    l->superseded[row] = 1;
}

static bool S_is_dropped(const struct load *l, uint32_t row)
{
    return row < l->superseded_room && l->superseded[row];
}

/* A stored record is told by the roster, where there is one, else by the records read beside the rows. */
static bool S_is_known(const struct apply_run *r, uint32_t row)
{
    const struct load *l = &r->load;
    return (row < l->noted_room && l->rid[row]) ||
           previous_knows(&r->previous, l->batch.source[row], l->batch.record_id[row]);
}

static void S_let_in(struct apply_run *r, const struct erased_list *list, uint32_t row, int64_t person)
{
    struct batch *b = &r->load.batch;
    struct apply_return *back = &r->returned;
    if (back->n == back->room) {
        back->room = back->room * 2 + 16;
        back->item = xrealloc(back->item, back->room * sizeof *back->item);
    }
    struct apply_returned *x = &back->item[back->n++];
    x->person = person;
    erased_digest(list->store, ERASED_RECORD, r->previous.source[b->source[row]].stored.name, b->record_id[row],
                  x->digest);
}

static void S_look(struct apply_run *r, const struct erased_list *list, uint32_t row, struct buf *packed,
                   struct arena *scratch)
{
    struct batch *b = &r->load.batch;
    struct packed_record record;
    struct str source = r->previous.source[b->source[row]].stored.name;
    int64_t person = 0;
    bool erased = erased_is_record(list, source, b->record_id[row]);
    buf_clear(packed);
    record_pack(b, row, packed);
    if (record_unpack(buf_view(packed), scratch, &record))
        person = erased_is_person(list, &r->schema, &record, scratch);
    if (!erased && !person)
        return;
    if (r->options->allow_return) {
        S_let_in(r, list, row, person);
        return;
    }
    r->set_aside++;
    S_drop(&r->load, row);
}

enum idem_status erase_set_aside(struct apply_run *r, struct store *store, struct idem_error *err)
{
    struct erased_list list;
    struct buf packed = {0};
    struct arena scratch = {0};
    if (r->stored_only)
        return IDEM_OK;
    enum idem_status status = erased_load(store, &list, err);
    for (uint32_t row = 0; list.n_links && status == IDEM_OK && row < r->load.batch.n_rows; row++) {
        if (S_is_dropped(&r->load, row) || S_is_known(r, row))
            continue;
        S_look(r, &list, row, &packed, &scratch);
        arena_reset(&scratch);
    }
    if (r->set_aside)
        apply_warn(r, "%llu records of erased persons came back and were set aside; --allow-return takes them",
                   (unsigned long long)r->set_aside);
    erased_unload(&list);
    buf_deinit(&packed);
    arena_deinit(&scratch);
    return status;
}

enum idem_status erase_allow_back(struct apply_run *r, struct store *store, struct idem_error *err)
{
    struct apply_return *back = &r->returned;
    uint8_t *digests = ARENA_NEW(&r->arena, uint8_t, (back->n + 1) * ERASED_DIGEST);
    for (size_t i = 0; i < back->n; i++) {
        memcpy(digests + i * ERASED_DIGEST, back->item[i].digest, ERASED_DIGEST);
        TRY(erased_forgive(store, back->item[i].digest, back->item[i].person, err));
    }
    return ledger_allow(r->session, store, digests, back->n, err);
}
