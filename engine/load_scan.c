#include "engine/load_scan.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "engine/fingerprint.h"
#include "engine/load_source.h"
#include "store/applied.h"

enum { ROWS_A_PIECE = 1024, ROWS_AHEAD = 16 };

struct scan_work {
    const struct load_scan *scan;
    const struct row_batch *rows;
    struct row_sight *sight;
};

static bool S_is_filled(const struct row_batch *rows, size_t row, const struct mapped_value *value,
                        const unsigned *cell)
{
    if (!value->n_columns)
        return value->constant.len > 0;
    for (unsigned k = 0; k < value->n_columns; k++)
        for (const struct cell *c = &rows->cell[row * rows->n_cols + cell[k]];; c = &rows->more[c->more - 1]) {
            if (str_trim((struct str){c->ptr, c->len}).len)
                return true;
            if (!c->more)
                break;
        }
    return false;
}

static uint64_t S_filled(const struct scan_work *w, size_t row)
{
    const struct source *s = w->scan->source;
    const unsigned *cell = w->scan->cell_of;
    uint64_t filled = 0;
    for (unsigned m = 0; m < s->n_mappings; m++)
        for (unsigned v = 0; v < s->mapping[m].n_values; cell += s->mapping[m].value[v++].n_columns)
            if (m < 64 && !(filled >> m & 1) && S_is_filled(w->rows, row, &s->mapping[m].value[v], cell))
                filled |= 1ull << m;
    return filled;
}

static void S_fingerprint(const struct scan_work *w, size_t row, struct row_sight *sight, struct buf *bytes)
{
    buf_clear(bytes);
    fingerprint_row(w->rows, row, bytes);
    sight->filled = w->scan->roster ? S_filled(w, row) : 0;
    for (uint32_t x = sight->extra; x; x = w->scan->extra[x - 1].next) {
        const struct encode_extra *extra = &w->scan->extra[x - 1];
        fingerprint_extra(extra->mapping, extra->raw, bytes);
        sight->filled |= w->scan->extra_fields[extra->mapping];
    }
    if (!w->scan->source->updated_at_format.len)
        sight->has_time = clock_parse(load_cell(w->rows, row, w->scan->time_cell), &sight->updated_at);
    sight->id_hash = hash_str(sight->id);
    sight->fingerprint = fingerprint_of(w->scan->seed, buf_view(bytes));
}

static void S_compare(const struct scan_work *w, struct row_sight *sight, const struct roster_key *key)
{
    const struct roster *r = w->scan->roster;
    sight->known = roster_find_key(r, w->scan->index, key);
    sight->same = sight->known != ROSTER_NONE && r->roll.entry[sight->known].current &&
                  r->roll.entry[sight->known].fingerprint == store_keyed(r->store, sight->fingerprint);
}

static void S_scan_piece(void *context, size_t item, unsigned worker)
{
    struct scan_work *w = context;
    size_t end = (item + 1) * ROWS_A_PIECE < w->rows->n_rows ? (item + 1) * ROWS_A_PIECE : w->rows->n_rows;
    struct roster_key key[ROWS_AHEAD];
    struct buf bytes = {0};
    (void)worker;
    for (size_t from = item * ROWS_A_PIECE, to; from < end; from = to) {
        to = from + ROWS_AHEAD < end ? from + ROWS_AHEAD : end;
        for (size_t i = from; i < to && w->scan->roster; i++)
            roster_key(w->scan->roster, w->scan->index, w->sight[i].id, &key[i - from]);
        for (size_t i = from; i < to; i++)
            S_fingerprint(w, i, &w->sight[i], &bytes);
        for (size_t i = from; i < to; i++) {
            w->sight[i].known = ROSTER_NONE;
            w->sight[i].same = false;
            if (w->scan->roster && w->sight[i].id.len)
                S_compare(w, &w->sight[i], &key[i - from]);
        }
    }
    buf_deinit(&bytes);
}

void load_scan_rows(const struct load_scan *s, const struct row_batch *rows, struct row_sight *sight)
{
    struct scan_work w = {s, rows, sight};
    parallel_for(s->threads, (rows->n_rows + ROWS_A_PIECE - 1) / ROWS_A_PIECE, S_scan_piece, &w);
}

void load_facts_row(struct load_facts *f, const struct schema *schema, const struct source *source,
                    const struct row_sight *sight, struct row_values *values)
{
    bool looked_at = f->rows++ % f->every == 0;
    for (unsigned m = 0; m < source->n_mappings && m < MOST_FIELDS; m++) {
        f->filled[m] += sight->filled >> m & 1;
        if (!looked_at || schema->field[source->mapping[m].field].type == FIELD_HASHED)
            continue;
        const struct str *value;
        unsigned n = row_values(values, source->mapping[m].field, &value);
        for (unsigned i = 0; i < n; i++)
            shape_tally_add(&f->shapes[m], value[i]);
    }
}

void load_facts_free(struct load_facts *f)
{
    for (unsigned m = 0; f && m < MOST_FIELDS; m++)
        shape_tally_deinit(&f->shapes[m]);
    free(f);
}
