#include "engine/identities.h"

#include <stdlib.h>

enum { LONGEST_CHAIN = 1000 };

static enum idem_status S_add(void *context, const struct store_master *master, struct idem_error *err)
{
    struct identities *all = context;
    (void)err;
    if ((size_t)master->mid >= all->room) {
        size_t room = (size_t)master->mid * 2 + 1024;
        all->name = xrealloc(all->name, room * sizeof *all->name);
        memset(all->name + all->room, 0, (room - all->room) * sizeof *all->name);
        all->room = room;
    }
    memcpy(all->name[master->mid].uuid, master->uuid, 16);
    all->name[master->mid].target = master->status == STORE_MASTER_REDIRECTED ? master->target : 0;
    all->n = (size_t)master->mid + 1;
    if (master->status != STORE_MASTER_ACTIVE)
        return IDEM_OK;
    if (all->n_active == all->active_room) {
        all->active_room = all->active_room * 2 + 1024;
        all->active = xrealloc(all->active, all->active_room * sizeof *all->active);
    }
    all->active[all->n_active++] = master->mid;
    return IDEM_OK;
}

enum idem_status identities_load(struct store *store, struct identities *all, struct idem_error *err)
{
    *all = (struct identities){0};
    arena_init(&all->arena);
    return store_each_master(store, false, S_add, all, err);
}

void identities_deinit(struct identities *all)
{
    free(all->name);
    free(all->active);
    free(all->canonical);
    free(all->record);
    arena_deinit(&all->arena);
    *all = (struct identities){0};
}

int64_t identities_survivor(const struct identities *all, int64_t mid)
{
    for (unsigned i = 0; i < LONGEST_CHAIN && mid > 0 && (size_t)mid < all->n && all->name[mid].target; i++)
        mid = all->name[mid].target;
    return mid;
}

static int S_by_id(const void *a, const void *b)
{
    const struct record_name *x = a, *y = b;
    if (x->source_id != y->source_id)
        return x->source_id < y->source_id ? -1 : 1;
    return str_cmp(x->record_id, y->record_id);
}

static int S_by_name(const void *a, const void *b)
{
    const struct record_name *x = a, *y = b;
    int c = str_cmp(x->source, y->source);
    return c ? c : str_cmp(x->record_id, y->record_id);
}

static const struct store_source *S_source(const struct store_source *source, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (source[i].id == id)
            return &source[i];
    return NULL;
}

static enum idem_status S_collect(struct store_cursor *cursor, const struct store_source *source, size_t n_sources,
                                  struct identities *all, struct idem_error *err)
{
    struct store_record row;
    size_t room = 0;
    bool more;
    for (;;) {
        TRY(store_records_next(cursor, &row, &more, err));
        if (!more)
            return IDEM_OK;
        if (all->n_records == room) {
            room = room * 2 + 1024;
            all->record = xrealloc(all->record, room * sizeof *all->record);
        }
        const struct store_source *of = S_source(source, n_sources, row.source);
        all->record[all->n_records++] =
            (struct record_name){of ? of->name : (struct str){0}, str_copy(&all->arena, row.record_id), row.source,
                                 row.rid, identities_survivor(all, row.mid)};
    }
}

enum idem_status identities_records(struct store *store, bool by_name, struct identities *all, struct idem_error *err)
{
    struct store_source *source;
    struct store_cursor *cursor = NULL;
    struct store_read_options options = {.order = STORE_BY_RID};
    size_t n;
    TRY(store_get_sources(store, false, &all->arena, &source, &n, err));
    for (size_t i = 0; i < n; i++)
        options.values |= source[i].personal_ids;
    TRY(store_records_open(store, &options, &cursor, err));
    enum idem_status status = S_collect(cursor, source, n, all, err);
    store_records_close(cursor);
    TRY(status);
    qsort(all->record, all->n_records, sizeof *all->record, by_name ? S_by_name : S_by_id);
    return IDEM_OK;
}

/* Smallest key of each master: the first of its records in the sorted order. */
void identities_name_canonically(struct identities *all)
{
    all->canonical = xcalloc(all->n + 1, sizeof *all->canonical);
    for (size_t i = 0; i < all->n_records; i++) {
        const struct record_name *r = &all->record[i];
        if ((size_t)r->mid < all->n && !all->canonical[r->mid].ptr)
            all->canonical[r->mid] = arena_printf(&all->arena, "%.*s:%.*s", STR_ARG(r->source), STR_ARG(r->record_id));
    }
}

struct str identities_text(const struct identities *all, int64_t mid, char text[37])
{
    if (all->canonical && (size_t)mid < all->n)
        return all->canonical[mid];
    if (mid <= 0 || (size_t)mid >= all->n)
        return (struct str){0};
    store_uuid_format(all->name[mid].uuid, text);
    return (struct str){text, 36};
}
