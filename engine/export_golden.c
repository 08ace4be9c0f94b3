/*
 * The golden records of all active masters. Their values are read from the members: masters are taken in groups, and
 * the records that a group's values come from are met in one sweep over all records, so that no leaf is opened twice
 * for a group.
 */
#include <stdlib.h>

#include "engine/export.h"
#include "engine/pins.h"

enum { GROUP_MASTERS = 1 << 19 };

/* One value to be fetched: value `place` of a record's field, for value `slot` of the group's cell. */
struct want {
    int64_t rid;
    uint32_t cell;
    uint16_t place, slot;
};

struct golden_cell {
    struct str *value; /* [n] */
    struct str origin; /* "crm:C-1", with --provenance */
    uint16_t n;
    uint8_t rule;
};

struct group {
    struct arena arena;
    const int64_t *mid;
    size_t n_masters;
    unsigned n_fields;
    struct golden_cell *cell; /* [n_masters * n_fields] */
    struct want *want;
    size_t n_wants, room;
};

static void S_want(struct group *g, struct want want)
{
    if (g->n_wants == g->room) {
        g->room = g->room * 2 + 4096;
        g->want = xrealloc(g->want, g->room * sizeof *g->want);
    }
    g->want[g->n_wants++] = want;
}

static int S_by_rid(const void *a, const void *b)
{
    const struct want *x = a, *y = b;
    if (x->rid != y->rid)
        return x->rid < y->rid ? -1 : 1;
    if (x->cell != y->cell)
        return x->cell < y->cell ? -1 : 1;
    return (x->slot > y->slot) - (x->slot < y->slot);
}

static struct golden_cell *S_cell(struct group *g, size_t master, unsigned field, uint32_t n, uint8_t rule)
{
    struct golden_cell *cell = &g->cell[master * g->n_fields + field];
    cell->n = (uint16_t)(n < UINT16_MAX ? n : UINT16_MAX);
    cell->rule = rule;
    cell->value = ARENA_NEW(&g->arena, struct str, cell->n + 1u);
    return cell;
}

static enum idem_status S_origin(struct export *x, struct group *g, int64_t source_id, struct str record_id,
                                 struct golden_cell *cell)
{
    const struct store_source *source = golden_source(&x->reader, source_id);
    struct str shown = export_id(x, source, record_id, &g->arena);
    cell->origin =
        arena_printf(&g->arena, "%.*s:%.*s", STR_ARG(source ? source->name : (struct str){0}), STR_ARG(shown));
    return IDEM_OK;
}

/* Without the key: how many values there are, and of which record, is in the provenance. */
static enum idem_status S_placeholders(struct export *x, struct group *g, size_t master, const struct golden_prov *prov,
                                       struct arena *scratch, struct idem_error *err)
{
    struct store_record row;
    for (unsigned f = 0; f < prov->n_fields; f++) {
        const struct golden_origin *origin = &prov->field[f];
        struct golden_cell *cell = S_cell(g, master, f, golden_is_pinned(origin) ? 1 : origin->n, origin->rule);
        for (uint16_t v = 0; v < cell->n; v++)
            cell->value[v] = EXPORT_PLACEHOLDER;
        if (!origin->n || !x->options->provenance)
            continue;
        TRY(store_get_record(x->store, prov->rid[origin->choice[0].member], false, scratch, &row, err));
        TRY(S_origin(x, g, row.source, row.record_id, cell));
    }
    return IDEM_OK;
}

static enum idem_status S_want_all(struct export *x, struct group *g, size_t master, const struct golden_prov *prov,
                                   struct idem_error *err)
{
    for (unsigned f = 0; f < prov->n_fields; f++) {
        const struct golden_origin *origin = &prov->field[f];
        bool pinned = golden_is_pinned(origin);
        struct golden_cell *cell = S_cell(g, master, f, pinned ? 1 : origin->n, origin->rule);
        if (pinned)
            TRY(pins_text(x->store, g->mid[master], f, &g->arena, &cell->value[0], err));
        for (uint16_t v = 0; v < cell->n && !pinned; v++)
            S_want(g, (struct want){prov->rid[origin->choice[v].member], (uint32_t)(cell - g->cell),
                                    (uint16_t)origin->choice[v].place, v});
    }
    return IDEM_OK;
}

/* A master without provenance: by the rules, at once. */
static enum idem_status S_by_rules(struct export *x, struct group *g, size_t i, const struct store_master *master,
                                   struct arena *scratch, struct idem_error *err)
{
    struct golden_text *golden;
    struct store_record row;
    TRY(golden_read(&x->reader, master, scratch, &golden, err));
    for (unsigned f = 0; f < g->n_fields; f++) {
        struct golden_cell *cell = S_cell(g, i, f, golden[f].n, golden[f].rule);
        for (uint16_t v = 0; v < cell->n; v++)
            cell->value[v] = str_copy(&g->arena, golden[f].value[v]);
        if (!golden[f].rid || !x->options->provenance)
            continue;
        TRY(store_get_record(x->store, golden[f].rid, true, scratch, &row, err));
        TRY(S_origin(x, g, row.source, row.record_id, cell));
    }
    return IDEM_OK;
}

static enum idem_status S_gather(struct export *x, struct group *g, struct idem_error *err)
{
    struct arena scratch;
    enum idem_status status = IDEM_OK;
    arena_init(&scratch);
    for (size_t i = 0; status == IDEM_OK && i < g->n_masters; i++) {
        struct store_master master;
        struct golden_prov prov;
        status = store_get_master(x->store, g->mid[i], &scratch, &master, err);
        bool there = status == IDEM_OK && golden_unpack(master.prov, g->n_fields, &scratch, &prov);
        if (there && !export_opens(x))
            status = S_placeholders(x, g, i, &prov, &scratch, err);
        else if (there)
            status = S_want_all(x, g, i, &prov, err);
        else if (status == IDEM_OK && export_opens(x))
            status = S_by_rules(x, g, i, &master, &scratch, err);
        arena_reset(&scratch);
    }
    arena_deinit(&scratch);
    return status;
}

/* What the group wants of one record. */
static enum idem_status S_take(struct export *x, struct group *g, const struct store_record *row, struct arena *scratch,
                               size_t *next, struct idem_error *err)
{
    struct packed_record record;
    if (!record_unpack(row->packed, scratch, &record))
        return error_set(err, IDEM_CORRUPT, "record %lld cannot be read; run \"idem verify\"", (long long)row->rid);
    for (; *next < g->n_wants && g->want[*next].rid == row->rid; ++*next) {
        const struct want *want = &g->want[*next];
        struct golden_cell *cell = &g->cell[want->cell];
        unsigned field = want->cell % g->n_fields;
        if (field >= record.n_fields || want->place >= record.field[field].n)
            return error_set(err, IDEM_CORRUPT,
                             "a golden record points to a value that is not there; run \"idem verify\"");
        cell->value[want->slot] = str_copy(&g->arena, record.field[field].value[want->place].raw);
        if (want->slot == 0 && x->options->provenance)
            TRY(S_origin(x, g, row->source, row->record_id, cell));
    }
    return IDEM_OK;
}

static enum idem_status S_sweep(struct export *x, struct group *g, struct store_cursor *cursor, struct idem_error *err)
{
    struct arena scratch;
    enum idem_status status = IDEM_OK;
    size_t next = 0;
    arena_init(&scratch);
    while (status == IDEM_OK && next < g->n_wants) {
        struct store_record row;
        bool more = false;
        status = store_records_next(cursor, &row, &more, err);
        if (status == IDEM_OK && (!more || row.rid > g->want[next].rid))
            status = error_set(err, IDEM_CORRUPT,
                               "a golden record points to a record that is not there; run \"idem verify\"");
        if (status == IDEM_OK && row.rid == g->want[next].rid)
            status = S_take(x, g, &row, &scratch, &next, err);
        arena_reset(&scratch);
    }
    arena_deinit(&scratch);
    return status;
}

static enum idem_status S_fetch(struct export *x, struct group *g, struct idem_error *err)
{
    struct store_read_options options = {.order = STORE_BY_RID, .values = true};
    struct store_cursor *cursor = NULL;
    if (!g->n_wants)
        return IDEM_OK;
    qsort(g->want, g->n_wants, sizeof *g->want, S_by_rid);
    TRY(store_records_open(x->store, &options, &cursor, err));
    enum idem_status status = S_sweep(x, g, cursor, err);
    store_records_close(cursor);
    return status;
}

static void S_emit_cell(struct export *x, unsigned field, struct golden_cell *cell, struct arena *arena)
{
    bool shown = !export_hides(x, field) && x->reader.schema.field[field].type != FIELD_HASHED;
    for (uint16_t v = 0; v < cell->n && export_opens(x) && !shown; v++)
        cell->value[v] = export_value(x, field, cell->value[v], arena);
    emit_texts(&x->emit, cell->value, cell->n);
    if (!x->options->provenance)
        return;
    if (!cell->n) {
        emit_none(&x->emit);
        emit_none(&x->emit);
        return;
    }
    emit_text(&x->emit, cell->origin);
    emit_text(&x->emit, str_from(survivor_rule_name((enum survivor_rule)cell->rule)));
}

static enum idem_status S_emit(struct export *x, struct group *g, struct idem_error *err)
{
    char text[37];
    for (size_t i = 0; i < g->n_masters; i++) {
        emit_text(&x->emit, identities_text(&x->identities, g->mid[i], text));
        for (unsigned f = 0; f < g->n_fields; f++)
            S_emit_cell(x, f, &g->cell[i * g->n_fields + f], &g->arena);
        TRY(emit_end_row(&x->emit, err));
    }
    return IDEM_OK;
}

static enum idem_status S_group(struct export *x, const int64_t *mid, size_t n, struct idem_error *err)
{
    struct group g = {.mid = mid, .n_masters = n, .n_fields = x->reader.schema.n_fields};
    enum idem_status status;
    arena_init(&g.arena);
    g.cell = xcalloc(n * g.n_fields + 1, sizeof *g.cell);
    TRY_DONE(S_gather(x, &g, err));
    TRY_DONE(S_fetch(x, &g, err));
    status = S_emit(x, &g, err);
done:
    free(g.cell);
    free(g.want);
    arena_deinit(&g.arena);
    return status;
}

static unsigned S_columns(struct export *x, struct arena *arena, struct str *column)
{
    const struct schema *schema = &x->reader.schema;
    unsigned n = 0;
    column[n++] = STR("master_id");
    for (unsigned f = 0; f < schema->n_fields; f++) {
        struct str name = schema->field[f].name;
        column[n++] = name;
        if (x->options->provenance) {
            column[n++] = arena_printf(arena, "%.*s_from", STR_ARG(name));
            column[n++] = arena_printf(arena, "%.*s_rule", STR_ARG(name));
        }
    }
    return n;
}

/* Masters in the order of their canonical names: of the first of their records. */
static void S_order_canonically(struct identities *all)
{
    size_t n = 0;
    bool *met = xcalloc(all->n + 1, sizeof *met);
    for (size_t i = 0; i < all->n_records; i++) {
        int64_t mid = all->record[i].mid;
        if (mid <= 0 || (size_t)mid >= all->n || met[mid] || n == all->n_active)
            continue;
        met[mid] = true;
        all->active[n++] = mid;
    }
    all->n_active = n;
    free(met);
}

enum idem_status export_golden(struct export *x, struct idem_error *err)
{
    struct identities *all = &x->identities;
    struct str column[3 * MOST_FIELDS + 1];
    unsigned n = S_columns(x, &x->reader.arena, column);
    if (x->options->canonical)
        S_order_canonically(all);
    TRY(emit_begin(&x->emit, x->write, x->context, x->options, column, n, err));
    for (size_t from = 0; from < all->n_active; from += GROUP_MASTERS) {
        size_t rest = all->n_active - from;
        TRY(S_group(x, all->active + from, rest < GROUP_MASTERS ? rest : GROUP_MASTERS, err));
    }
    return IDEM_OK;
}
