/* The rows of one reader batch: row facts one by one, then all columns at once. */
#include "engine/load_source.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "engine/row_facts.h"

enum { ROWS_AHEAD = 16 };

void load_set_aside(struct load *l, unsigned source, struct str file, uint64_t line, enum reject_reason reason)
{
    if (l->n_rejects == l->rejects_room) {
        l->rejects_room = l->rejects_room ? l->rejects_room * 2 : 64;
        l->reject = xrealloc(l->reject, l->rejects_room * sizeof *l->reject);
    }
    l->reject[l->n_rejects++] = (struct load_reject){source, {file, line, reason}};
    l->source[source].rejected++;
}

void load_take_rejects(struct source_load *l, const struct row_batch *rows, struct str file)
{
    for (size_t i = 0; i < rows->n_rejects; i++)
        load_set_aside(l->load, l->index, file, rows->reject[i].line, rows->reject[i].reason);
}

static int64_t S_time(struct source_load *l, struct str text)
{
    if (!text.len)
        return INT64_MIN;
    if (text.len > TIME_BYTES)
        return row_updated_at(l->normalizer, l->source, text, &l->row_scratch);
    struct known_time *known = &l->times[hash_str(text) & (TIME_SLOTS - 1)];
    if (known->len != text.len || memcmp(known->text, text.ptr, text.len) != 0) {
        known->ms = row_updated_at(l->normalizer, l->source, text, &l->row_scratch);
        known->len = (uint8_t)text.len;
        memcpy(known->text, text.ptr, text.len);
    }
    return known->ms;
}

static bool S_is_deleted(const struct source_load *l, const struct row_batch *rows, size_t row)
{
    return row_is_deleted(l->source, load_cell(rows, row, l->columns.delete_flag));
}

/* Does every rule that sets rows aside find the row right? A row that deletes has nothing to be right about. */
static bool S_is_right(struct source_load *l, struct row_values *values, size_t row)
{
    if (!quality_rules(l->quality) || S_is_deleted(l, values->rows, row))
        return true;
    values->row = row;
    arena_reset(values->scratch);
    return quality_row(l->quality, row_values, values);
}

/* Looks at all rows of a reader batch at once: who they are, and whether they are as they were. */
static void S_look(struct source_load *l, const struct row_batch *rows)
{
    static const char
        too_long[MOST_RECORD_ID + 1]; /* stands for any: the row is set aside, its id looked up and hashed */
    char room[MOST_RECORD_ID + 1];
    if (rows->n_rows > l->sights_room) {
        l->sights_room = rows->n_rows;
        l->sight = xrealloc(l->sight, l->sights_room * sizeof *l->sight);
    }
    arena_reset(&l->row_scratch);
    for (size_t i = 0; i < rows->n_rows; i++) {
        struct str id = load_record_id(l, rows, i, room);
        if (id.len > MOST_RECORD_ID)
            id = (struct str){too_long, sizeof too_long};
        else if (l->columns.n_id > 1)
            id = str_copy(&l->row_scratch, id);
        l->sight[i] = (struct row_sight){.id = id};
        if (l->n_extras && id.len && id.len <= MOST_RECORD_ID)
            l->sight[i].extra = load_first_extra(l, id);
        if (id.len && id.len <= MOST_RECORD_ID)
            l->sight[i].id = load_kept_id(l->options, l->index, id, &l->row_scratch);
    }
    l->scan.extra = l->extra;
    load_scan_rows(&l->scan, rows, l->sight);
}

/* One row that is right; *kept tells that it is to be encoded. */
static void S_take_row(struct source_load *l, const struct row_batch *rows, size_t i, bool *kept)
{
    const struct row_sight *sight = &l->sight[i];
    struct load_source *facts = &l->load->source[l->index];
    int64_t updated = sight->has_time ? sight->updated_at : S_time(l, load_cell(rows, i, l->columns.updated_at));
    bool deleted = S_is_deleted(l, rows, i);
    *kept = !sight->same || deleted || l->source->rows == ROWS_UNION;
    if (!*kept) {
        load_settle_same(l, sight, updated);
        load_known_links(l, rows, i, sight->known);
        facts->rows++;
        return;
    }
    uint32_t row = batch_append(&l->load->batch, (uint16_t)l->index, sight->id, updated,
                                row_entity(l->options->config, l->source, load_cell(rows, i, l->columns.entity)));
    load_note(l->load, row, sight->fingerprint,
              sight->known == ROSTER_NONE ? 0 : l->options->roster->roll.entry[sight->known].rid);
    load_settle_row(l, sight, row);
    if (deleted) {
        /* the row stands until all are read, to replace earlier ones and what is stored */
        l->superseded[row - l->first_row] |= ROW_DELETED;
        facts->deleted++;
    } else {
        load_links(l, rows, i, row);
        facts->rows++;
    }
}

/* Is the row one that is taken? Otherwise it was set aside. */
static bool S_check_row(struct source_load *l, struct row_values *values, size_t i, struct str file)
{
    struct str id = l->sight[i].id;
    uint64_t line = values->rows->line[i];
    if (!id.len || id.len > MOST_RECORD_ID)
        load_set_aside(l->load, l->index, file, line, id.len ? REJECT_RECORD_ID_TOO_LONG : REJECT_NO_RECORD_ID);
    else if (!S_is_right(l, values, i))
        load_set_aside(l->load, l->index, file, line, REJECT_QUALITY);
    else
        return true;
    return false;
}

/* Rows that are right, and of them those that are to be encoded. */
struct taking {
    struct source_load *load;
    const struct row_batch *rows;
    uint32_t *row, n;
};

/* Takes the rows, all of which are encoded: in a first run, where none is as it was. */
static void S_take_all(void *context)
{
    struct taking *t = context;
    for (uint32_t i = 0; i < t->n; i++) {
        bool encode;
        if (i + ROWS_AHEAD < t->n)
            dict_prefetch(&t->load->ids, t->load->sight[t->row[i + ROWS_AHEAD]].id_hash);
        S_take_row(t->load, t->rows, t->row[i], &encode);
    }
}

/* Takes the rows and keeps those that are not as they were. */
static void S_take_changed(struct taking *t, struct row_values *values)
{
    struct source_load *l = t->load;
    struct load_source *facts = &l->load->source[l->index];
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        bool encode;
        values->row = t->row[i];
        arena_reset(values->scratch);
        load_facts_row(facts->facts, &l->options->config->schema, l->source, &l->sight[t->row[i]], values);
        S_take_row(l, t->rows, t->row[i], &encode);
        if (encode)
            t->row[n++] = t->row[i];
    }
    t->n = n;
}

static void S_encode(struct taking *t, const struct encode_beside *beside)
{
    struct source_load *l = t->load;
    uint32_t *extra = l->n_extras ? xcalloc((size_t)t->n + 1, sizeof *extra) : NULL;
    double start = clock_seconds();
    for (uint32_t i = 0; extra && i < t->n; i++)
        extra[i] = l->sight[t->row[i]].extra;
    if (t->n)
        encoder_rows(l->encoder, t->rows, t->row, extra, t->n, l->extra, beside, l->options->threads);
    l->load->normalise_seconds += clock_seconds() - start;
    free(extra);
}

void load_take_rows(struct source_load *l, const struct row_batch *rows, struct str file)
{
    struct taking t = {.load = l, .rows = rows, .row = xmalloc((rows->n_rows + 1) * sizeof *t.row)};
    struct arena scratch = {0};
    struct row_values values = {.source = l->source, .cell_of = l->columns.cell_of, .rows = rows, .scratch = &scratch};
    const struct encode_beside taking = {S_take_all, &t};
    bool first = !l->load->source[l->index].facts;
    S_look(l, rows);
    for (size_t i = 0; i < rows->n_rows; i++)
        if (S_check_row(l, &values, i, file))
            t.row[t.n++] = (uint32_t)i;
    if (!first)
        S_take_changed(&t, &values);
    S_encode(&t, first ? &taking : NULL);
    free(t.row);
    arena_deinit(&scratch);
}
