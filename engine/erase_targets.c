/* Which records an erasure is of, and what is remembered of them. */
#include <stdlib.h>

#include "engine/erase.h"
#include "engine/erased.h"
#include "engine/master.h"
#include "matcher/forget.h"
#include "record/pack.h"
#include "store/steward.h"

/* ------------------------------------------------------------------ keys */

static void S_add_number(int64_t **list, size_t *n, size_t *room, int64_t number)
{
    if (*n == *room) {
        *room = *room * 2 + 64;
        *list = xrealloc(*list, *room * sizeof **list);
    }
    (*list)[(*n)++] = number;
}

void erase_add_record(struct erasure *e, int64_t rid)
{
    S_add_number(&e->rid, &e->n, &e->room, rid);
}

/* A master's own records and those of all that were merged into it; gone ones too. */
static enum idem_status S_add_family(struct erasure *e, int64_t mid, unsigned level, struct idem_error *err)
{
    int64_t *id;
    size_t n;
    TRY(erase_rids_of_master(e->store, mid, &e->arena, &id, &n, err));
    for (size_t i = 0; i < n; i++)
        erase_add_record(e, id[i]);
    TRY(store_redirected_from(e->store, mid, &e->arena, &id, &n, err));
    for (size_t i = 0; i < n && level < 64; i++)
        TRY(S_add_family(e, id[i], level + 1, err));
    return IDEM_OK;
}

static enum idem_status S_add_master(struct erasure *e, const struct store_master *master, struct idem_error *err)
{
    struct store_master survivor;
    TRY(store_survivor(e->store, master->mid, &e->arena, &survivor, err));
    if (survivor.status == STORE_MASTER_ERASED) {
        e->already++;
        return IDEM_OK;
    }
    S_add_number(&e->whole, &e->n_whole, &e->whole_room, survivor.mid);
    return S_add_family(e, survivor.mid, 0, err);
}

static enum idem_status S_unknown(size_t number, struct idem_error *err)
{
    return error_set(err, IDEM_NOT_FOUND,
                     "nothing has key %zu of those given; a key is SOURCE:ID or a master_id. Nothing was erased",
                     number);
}

static enum idem_status S_add_by_id(struct erasure *e, struct str key, size_t number, struct idem_error *err)
{
    struct store_master master;
    size_t colon = str_find_byte(key, ':');
    int64_t id;
    bool erased;
    if (colon == SIZE_MAX)
        return S_unknown(number, err);
    struct str source = str_sub(key, 0, colon), record_id = str_sub(key, colon + 1, key.len);
    enum idem_status status = store_find_record(e->store, source, record_id, &id, err);
    if (status == IDEM_OK)
        erase_add_record(e, id);
    if (status != IDEM_NOT_FOUND)
        return status;
    TRY(erased_has_record(e->store, source, record_id, &erased, err));
    if (erased) {
        e->already++;
        return IDEM_OK;
    }
    status = steward_find_alias(e->store, source, record_id, &id, err);
    if (status == IDEM_NOT_FOUND)
        return S_unknown(number, err);
    TRY(status);
    TRY(store_get_master(e->store, id, &e->arena, &master, err));
    return S_add_master(e, &master, err);
}

enum idem_status erase_add_key(struct erasure *e, struct str key, size_t number, struct idem_error *err)
{
    struct store_master master;
    uint8_t uuid[16];
    if (!store_uuid_parse(key, uuid))
        return S_add_by_id(e, key, number, err);
    enum idem_status status = store_find_master(e->store, key, &e->arena, &master, err);
    return status == IDEM_NOT_FOUND ? S_unknown(number, err)
           : status == IDEM_OK      ? S_add_master(e, &master, err)
                                    : status;
}

/* ------------------------------------------------------------------ persons */

static int S_ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool S_goes(const struct erasure *e, int64_t rid)
{
    return bsearch(&rid, e->rid, e->n, sizeof rid, S_ascending) != NULL;
}

static enum idem_status S_survivor_of(struct erasure *e, int64_t rid, int64_t *mid, struct idem_error *err)
{
    struct store_record record;
    struct store_master master;
    TRY(store_get_record(e->store, rid, false, &e->arena, &record, err));
    TRY(store_survivor(e->store, record.mid, &e->arena, &master, err));
    *mid = master.mid;
    return IDEM_OK;
}

/* All of a master's records go: it is a person who is erased, however the records were named. */
static enum idem_status S_add_person(struct erasure *e, int64_t survivor, struct idem_error *err)
{
    int64_t *rid;
    size_t n;
    for (size_t i = 0; i < e->n_persons; i++)
        if (e->person[i].survivor == survivor)
            return IDEM_OK;
    TRY(master_members(e->store, survivor, &e->arena, &rid, &n, err));
    for (size_t i = 0; i < n; i++)
        if (!S_goes(e, rid[i]))
            return IDEM_OK;
    struct erasure_person *p = &e->person[e->n_persons++];
    *p = (struct erasure_person){.survivor = survivor};
    seal_random(&p->number, sizeof p->number);
    p->number &= INT64_MAX;
    return IDEM_OK;
}

enum idem_status erase_settle_targets(struct erasure *e, struct idem_error *err)
{
    size_t kept = 0;
    if (e->n)
        qsort(e->rid, e->n, sizeof *e->rid, S_ascending);
    for (size_t i = 0; i < e->n; i++)
        if (!i || e->rid[i] != e->rid[i - 1])
            e->rid[kept++] = e->rid[i];
    e->n = kept;
    e->person = ARENA_NEW(&e->arena, struct erasure_person, e->n + e->n_whole + 1);
    for (size_t i = 0; i < e->n_whole; i++)
        TRY(S_add_person(e, e->whole[i], err));
    for (size_t i = 0; i < e->n; i++) {
        int64_t mid;
        TRY(S_survivor_of(e, e->rid[i], &mid, err));
        TRY(S_add_person(e, mid, err));
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ digests */

static void S_add_digest(struct erasure *e, enum erased_kind kind, const uint8_t digest[ERASED_DIGEST], int64_t person)
{
    if (e->n_digests == e->digests_room) {
        e->digests_room = e->digests_room * 2 + 64;
        e->digest = xrealloc(e->digest, e->digests_room * sizeof *e->digest);
    }
    struct store_erased *d = &e->digest[e->n_digests++];
    *d = (struct store_erased){.kind = kind, .person = person, .seq = e->seq, .at_ms = e->now_ms};
    memcpy(d->digest, digest, ERASED_DIGEST);
}

struct collecting {
    struct erasure *erasure;
    struct erasure_person *person;
};

static enum idem_status S_collect(void *context, enum erased_kind kind, const uint8_t digest[ERASED_DIGEST],
                                  struct idem_error *err)
{
    struct collecting *c = context;
    (void)err;
    c->person->given |= kind == ERASED_GIVEN_NAME;
    S_add_digest(c->erasure, kind, digest, c->person->number);
    return IDEM_OK;
}

static enum idem_status S_source_name(struct erasure *e, int64_t id, struct str *name, struct idem_error *err)
{
    struct store_source *source;
    size_t n;
    TRY(store_get_sources(e->store, false, &e->arena, &source, &n, err));
    *name = (struct str){0};
    for (size_t i = 0; i < n; i++)
        *name = source[i].id == id ? source[i].name : *name;
    return IDEM_OK;
}

static enum idem_status S_digests_of(struct erasure *e, size_t at, struct arena *scratch, struct idem_error *err)
{
    int64_t rid = e->rid[at];
    struct store_record record;
    struct packed_record packed;
    struct str source;
    uint8_t digest[ERASED_DIGEST];
    int64_t survivor;
    struct collecting c = {.erasure = e};
    TRY(store_get_record(e->store, rid, true, scratch, &record, err));
    TRY(S_source_name(e, record.source, &source, err));
    TRY(S_survivor_of(e, rid, &survivor, err));
    for (size_t i = 0; i < e->n_persons; i++)
        if (e->person[i].survivor == survivor)
            c.person = &e->person[i];
    e->key[at] = arena_printf(&e->arena, "%.*s:%.*s", STR_ARG(source), STR_ARG(record.record_id));
    erased_digest(e->store, ERASED_RECORD, source, record.record_id, digest);
    S_add_digest(e, ERASED_RECORD, digest, c.person ? c.person->number : 0);
    if (!c.person || !record_unpack(record.packed, scratch, &packed))
        return IDEM_OK;
    return erased_digests(e->store, &e->schema, &packed, scratch, S_collect, &c, err);
}

/* Ids that other systems gave to a person who is erased are erased with it. */
static enum idem_status S_alias(void *context, const struct store_alias *alias, struct idem_error *err)
{
    struct erasure *e = context;
    struct store_master master;
    uint8_t digest[ERASED_DIGEST];
    TRY(store_survivor(e->store, alias->mid, &e->arena, &master, err));
    for (size_t i = 0; i < e->n_persons; i++)
        if (e->person[i].survivor == master.mid) {
            erased_digest(e->store, ERASED_RECORD, alias->scheme, alias->alias, digest);
            S_add_digest(e, ERASED_RECORD, digest, e->person[i].number);
        }
    return IDEM_OK;
}

enum idem_status erase_collect_digests(struct erasure *e, struct idem_error *err)
{
    struct arena scratch = {0};
    uint8_t none[ERASED_DIGEST];
    enum idem_status status = IDEM_OK;
    e->key = ARENA_NEW(&e->arena, struct str, e->n + 1);
    for (size_t i = 0; i < e->n && status == IDEM_OK; i++) {
        status = S_digests_of(e, i, &scratch, err);
        arena_reset(&scratch);
    }
    erased_digest(e->store, ERASED_GIVEN_NAME, (struct str){0}, (struct str){0}, none);
    for (size_t i = 0; i < e->n_persons; i++)
        if (!e->person[i].given)
            S_add_digest(e, ERASED_GIVEN_NAME, none, e->person[i].number);
    if (status == IDEM_OK && e->n_persons)
        status = steward_each_alias(e->store, S_alias, e, err);
    if (e->quiet)
        e->n_digests = 0;
    for (size_t i = 0; i < e->n_digests && status == IDEM_OK; i++)
        status = erased_put(e->store, &e->digest[i], err);
    arena_deinit(&scratch);
    return status;
}

/* ------------------------------------------------------------------ models */

static bool S_forget(struct erasure *e, struct model *m, const struct packed_record *record)
{
    bool changed = false;
    for (unsigned f = 0; f < record->n_fields && f < e->schema.n_fields; f++)
        for (unsigned v = 0; v < record->field[f].n; v++) {
            struct norm norm;
            if (norm_unpack(record->field[f].value[v].norm, &norm))
                changed |= model_forget(m, f, &norm);
        }
    return changed;
}

static enum idem_status S_from_model(struct erasure *e, int64_t id, struct arena *scratch, struct idem_error *err)
{
    struct store_model stored;
    struct model model;
    bool changed = false;
    TRY(store_get_model(e->store, id, true, scratch, &stored, err));
    if (!model_unpack(stored.body, scratch, &model)) /* of another version: nothing can use it any more */
        return erase_model(&e->erase, id, arena_printf(scratch, "erased %lld", (long long)id), err);
    for (size_t i = 0; i < e->n; i++) {
        struct store_record record;
        struct packed_record packed;
        TRY(store_get_record(e->store, e->rid[i], true, scratch, &record, err));
        if (record_unpack(record.packed, scratch, &packed))
            changed |= S_forget(e, &model, &packed);
    }
    if (!changed)
        return IDEM_OK;
    struct buf body = {0};
    model_pack(&model, &body);
    enum idem_status status = erase_model(&e->erase, id, buf_view(&body), err);
    buf_deinit(&body);
    return status;
}

enum idem_status erase_from_models(struct erasure *e, struct idem_error *err)
{
    struct arena scratch = {0};
    int64_t *id;
    size_t n;
    enum idem_status status = erase_models(e->store, &e->arena, &id, &n, err);
    for (size_t i = 0; status == IDEM_OK && i < n; i++) {
        status = S_from_model(e, id[i], &scratch, err);
        arena_reset(&scratch);
    }
    arena_deinit(&scratch);
    return status;
}
