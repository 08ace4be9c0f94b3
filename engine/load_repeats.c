/* Records that stand in several rows: which row stands for them, what `rows: union` makes of them. */
#include "engine/load_source.h"

#include <stdlib.h>

#include "engine/fingerprint.h"

enum { MOST_JOINED = 64 };

static void S_grow_rows(struct source_load *l, uint32_t row)
{
    uint32_t need = row - l->first_row + 1;
    if (need <= l->chain_room)
        return;
    uint32_t room = l->chain_room ? l->chain_room : 4096;
    while (room < need)
        room *= 2;
    l->chain = xrealloc(l->chain, room * sizeof *l->chain);
    l->superseded = xrealloc(l->superseded, room);
    memset(l->superseded + l->chain_room, 0, room - l->chain_room);
    l->chain_room = room;
}

/* Where the row is kept that stands for a record: by roster, or by the ids that the database does not have. */
static uint32_t *S_newest(struct source_load *l, const struct row_sight *sight)
{
    if (sight->known != ROSTER_NONE)
        return &l->options->roster->seen[sight->known].row;
    uint32_t id = dict_add_hashed(&l->ids, sight->id, sight->id_hash, NULL);
    if (id >= l->newest_room) {
        uint32_t room = l->newest_room ? l->newest_room : 4096;
        while (room <= id)
            room *= 2;
        l->newest = xrealloc(l->newest, room * sizeof *l->newest);
        memset(l->newest + l->newest_room, 0, (room - l->newest_room) * sizeof *l->newest);
        l->newest_room = room;
    }
    return &l->newest[id];
}

void load_settle_row(struct source_load *l, const struct row_sight *sight, uint32_t row)
{
    struct batch *b = &l->load->batch;
    uint32_t *newest = S_newest(l, sight), before = *newest;
    S_grow_rows(l, row);
    l->chain[row - l->first_row] = 0;
    if (!before) {
        *newest = row + 1;
        return;
    }
    l->load->source[l->index].duplicates++;
    if (before == ROSTER_SAME) { /* against a row that says what is stored */
        if (b->updated_at[row] >= l->options->roster->seen[sight->known].updated_at)
            *newest = row + 1;
        else
            l->superseded[row - l->first_row] |= ROW_REPLACED;
        return;
    }
    bool replaces = b->updated_at[row] >= b->updated_at[before - 1];
    uint32_t winner = replaces ? row : before - 1, loser = replaces ? before - 1 : row;
    l->superseded[loser - l->first_row] |= ROW_REPLACED;
    if (replaces) {
        l->chain[row - l->first_row] = before;
    } else {
        l->chain[loser - l->first_row] = l->chain[winner - l->first_row];
        l->chain[winner - l->first_row] = loser + 1;
    }
    *newest = winner + 1;
}

void load_settle_same(struct source_load *l, const struct row_sight *sight, int64_t updated)
{
    struct roster *r = l->options->roster;
    struct roster_seen *seen = &r->seen[sight->known];
    uint32_t before = seen->row;
    if (before != ROSTER_UNSEEN)
        l->load->source[l->index].duplicates++;
    if (before == ROSTER_UNSEEN || before == ROSTER_SAME) {
        if (before == ROSTER_UNSEEN || updated > seen->updated_at)
            seen->updated_at = updated;
        seen->row = ROSTER_SAME;
        return;
    }
    if (updated < l->load->batch.updated_at[before - 1])
        return;
    l->superseded[before - 1 - l->first_row] |= ROW_REPLACED;
    seen->row = ROSTER_SAME;
    seen->updated_at = updated;
}

/* The ids of one row in both columns, those whose raw id is there already left out. */
static uint32_t S_gather_ids(const struct column *raw, const struct column *norm, uint32_t row, uint32_t *raw_ids,
                             uint32_t *norm_ids, uint32_t n)
{
    const uint32_t *x, *y;
    uint32_t n_raw = column_ids(raw, row, &x), n_norm = column_ids(norm, row, &y);
    for (uint32_t j = 0; j < n_raw && n < MOST_JOINED; j++) {
        bool repeat = false;
        for (uint32_t k = 0; k < n && !repeat; k++)
            repeat = raw_ids[k] == x[j];
        if (repeat)
            continue;
        raw_ids[n] = x[j];
        norm_ids[n++] = j < n_norm ? y[j] : 0;
    }
    return n;
}

/* Appending makes the set at the end of the column; then it moves to its row. */
static void S_replace_ids(struct column *c, uint32_t row, const uint32_t *ids, uint32_t n)
{
    uint32_t end = c->n_rows;
    column_append(c, ids, n);
    c->id[row] = c->id[end];
    c->n_rows = end;
}

/* The values of all rows of a record become sets of the row that stands for it. */
static void S_join_column(struct source_load *l, struct column *raw, struct column *norm)
{
    uint32_t rows = l->load->batch.n_rows - l->first_row;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t raw_ids[MOST_JOINED], norm_ids[MOST_JOINED], n = 0;
        if (l->superseded[i] || !l->chain[i])
            continue;
        for (uint32_t at = i + l->first_row + 1; at && n < MOST_JOINED; at = l->chain[at - 1 - l->first_row])
            n = S_gather_ids(raw, norm, at - 1, raw_ids, norm_ids, n);
        S_replace_ids(raw, i + l->first_row, raw_ids, n);
        S_replace_ids(norm, i + l->first_row, norm_ids, n);
    }
}

static void S_join_fingerprints(struct source_load *l)
{
    struct load *out = l->load;
    for (uint32_t row = l->first_row; row < out->batch.n_rows; row++)
        if (!l->superseded[row - l->first_row])
            for (uint32_t at = l->chain[row - l->first_row]; at; at = l->chain[at - 1 - l->first_row])
                out->fingerprint[row] = fingerprint_join(out->fingerprint[row], out->fingerprint[at - 1]);
}

void load_join_rows(struct source_load *l)
{
    struct batch *b = &l->load->batch;
    for (unsigned f = 0; f < b->schema->n_fields; f++)
        S_join_column(l, &b->raw[f], &b->norm[f]);
    S_join_fingerprints(l);
}

void load_tick_off(struct source_load *l)
{
    struct roster *r = l->options->roster;
    struct load *out = l->load;
    for (uint32_t row = l->first_row; r && row < out->batch.n_rows; row++) {
        uint32_t known = out->rid[row] ? roster_of_rid(r, out->rid[row]) : ROSTER_NONE;
        if (known == ROSTER_NONE || r->seen[known].row != row + 1)
            continue;
        if (l->superseded[row - l->first_row] & ROW_DELETED) {
            r->seen[known].row = ROSTER_DELETED;
        } else if (l->source->rows == ROWS_UNION && r->roll.entry[known].current &&
                   r->roll.entry[known].fingerprint == store_keyed(r->store, out->fingerprint[row])) {
            r->seen[known].row = ROSTER_SAME;
            l->superseded[row - l->first_row] |= ROW_REPLACED;
            load_keep_links(l, row, known);
        }
    }
}

bool load_has_come(const struct source_load *l, struct str id)
{
    uint32_t known = l->options->roster ? roster_find(l->options->roster, l->index, id) : ROSTER_NONE;
    return dict_find(&l->ids, id) || (known != ROSTER_NONE && l->options->roster->seen[known].row != ROSTER_UNSEEN);
}
