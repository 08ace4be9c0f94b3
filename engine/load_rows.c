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
    int64_t updated = S_time(l, load_cell(rows, i, l->columns.updated_at));
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
              sight->known == ROSTER_NONE ? 0 : l->options->roster->rid[sight->known]);
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

void load_take_rows(struct source_load *l, const struct row_batch *rows, struct str file)
{
    struct load_source *facts = &l->load->source[l->index];
    uint32_t *kept = xmalloc((rows->n_rows + 1) * sizeof *kept), n = 0;
    uint32_t *extra = l->n_extras ? xcalloc(rows->n_rows + 1, sizeof *extra) : NULL;
    struct arena scratch = {0};
    struct row_values values = {.source = l->source, .cell_of = l->columns.cell_of, .rows = rows, .scratch = &scratch};
    S_look(l, rows);
    for (size_t i = 0; i < rows->n_rows; i++) {
        struct str id = l->sight[i].id;
        bool encode;
        if (i + ROWS_AHEAD < rows->n_rows)
            dict_prefetch(&l->ids, l->sight[i + ROWS_AHEAD].id_hash);
        if (!id.len || id.len > MOST_RECORD_ID) {
            load_set_aside(l->load, l->index, file, rows->line[i],
                           id.len ? REJECT_RECORD_ID_TOO_LONG : REJECT_NO_RECORD_ID);
            continue;
        }
        if (!S_is_right(l, &values, i)) {
            load_set_aside(l->load, l->index, file, rows->line[i], REJECT_QUALITY);
            continue;
        }
        if (facts->facts) {
            values.row = i;
            arena_reset(&scratch);
            load_facts_row(facts->facts, &l->options->config->schema, l->source, &l->sight[i], &values);
        }
        S_take_row(l, rows, i, &encode);
        if (!encode)
            continue;
        if (extra)
            extra[n] = l->sight[i].extra;
        kept[n++] = (uint32_t)i;
    }
    double start = clock_seconds();
    if (n)
        encoder_rows(l->encoder, rows, kept, extra, n, l->extra, l->options->threads);
    l->load->normalise_seconds += clock_seconds() - start;
    free(kept);
    free(extra);
    arena_deinit(&scratch);
}
