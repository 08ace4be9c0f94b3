#include "engine/load.h"

#include <limits.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "engine/drift.h"
#include "engine/fingerprint.h"
#include "engine/load_scan.h"

enum { MOST_WANTED = 512, MOST_RECORD_ID = 1024 };

/* ------------------------------------------------------------------ what to ask the reader for */

struct wanted {
    struct str name[MOST_WANTED];
    unsigned n;
};

static unsigned S_want(struct wanted *w, struct str name)
{
    for (unsigned i = 0; i < w->n; i++)
        if (str_eq(w->name[i], name))
            return i;
    if (w->n == MOST_WANTED)
        return MOST_WANTED - 1;
    w->name[w->n] = name;
    return w->n++;
}

/* Columns of one source, as numbers of the reader's cells. */
struct source_columns {
    struct wanted want;
    unsigned id[8], n_id;
    int updated_at, delete_flag, entity;
    unsigned *cell_of;
    unsigned *link; /* [n_links] of the configuration; UINT_MAX: not of this source */
};

static int S_want_optional(struct wanted *w, struct str name)
{
    return name.len ? (int)S_want(w, name) : -1;
}

static void S_plan_columns(const struct config *c, const struct source *s, struct arena *out, struct source_columns *p)
{
    unsigned cells = 0;
    *p = (struct source_columns){0};
    if (s->record_id_join.n_columns)
        for (unsigned i = 0; i < s->record_id_join.n_columns && i < COUNT_OF(p->id); i++)
            p->id[p->n_id++] = S_want(&p->want, s->record_id_join.column[i]);
    else
        p->id[p->n_id++] = S_want(&p->want, s->record_id);
    p->updated_at = S_want_optional(&p->want, s->updated_at);
    p->delete_flag = S_want_optional(&p->want, s->delete_flag);
    p->entity = S_want_optional(&p->want, s->entity_column);
    for (unsigned m = 0; m < s->n_mappings; m++)
        for (unsigned v = 0; v < s->mapping[m].n_values; v++)
            cells += s->mapping[m].value[v].n_columns;
    p->cell_of = ARENA_NEW(out, unsigned, cells + 1);
    cells = 0;
    for (unsigned m = 0; m < s->n_mappings; m++)
        for (unsigned v = 0; v < s->mapping[m].n_values; v++)
            for (unsigned k = 0; k < s->mapping[m].value[v].n_columns; k++)
                p->cell_of[cells++] = S_want(&p->want, s->mapping[m].value[v].column[k]);
    p->link = ARENA_NEW(out, unsigned, c->n_links + 1);
    for (unsigned i = 0; i < c->n_links; i++)
        p->link[i] = &c->source[c->link[i].source] == s ? S_want(&p->want, c->link[i].column) : UINT_MAX;
}

/* ------------------------------------------------------------------ reading one source */

enum { ROW_REPLACED = 1, ROW_DELETED = 2, TIME_SLOTS = 4096, TIME_BYTES = 40 };

/* A time that was read: exports write few different ones, and a format of its own takes long. */
struct known_time {
    uint8_t len;
    char text[TIME_BYTES];
    int64_t ms;
};

struct source_load {
    const struct load_options *options;
    struct load *load;
    unsigned index;
    const struct source *source;
    struct source_columns columns;
    struct encoder *encoder;
    struct dict ids;  /* record ids of this source */
    uint32_t *newest; /* [ids.n + 1] 1 + row that stands for the id */
    uint32_t newest_room;
    uint32_t *chain; /* rows of one id, for rows union: [row - first_row] 1 + earlier row */
    uint32_t first_row, chain_room;
    uint8_t *superseded;   /* [row - first_row] ROW_REPLACED, ROW_DELETED: the row is left out in the end */
    struct dict extra_ids; /* record ids of `also` files */
    uint32_t *extra_first, extra_room;
    struct encode_extra *extra;
    uint32_t n_extras, extras_room;
    const struct mapping **extra_mapping;
    unsigned n_extra_mappings;
    struct normalizer *normalizer;
    uint64_t bytes_before, bytes_total;
    struct quality *quality;
    struct arena row_scratch;
    struct load_scan scan;
    uint64_t *extra_fields;
    struct row_sight *sight; /* of the rows at hand */
    size_t sights_room;
    struct known_time *times;
};

static void S_reject(struct load *l, unsigned source, struct str file, uint64_t line, enum reject_reason reason)
{
    if (l->n_rejects == l->rejects_room) {
        l->rejects_room = l->rejects_room ? l->rejects_room * 2 : 64;
        l->reject = xrealloc(l->reject, l->rejects_room * sizeof *l->reject);
    }
    l->reject[l->n_rejects++] = (struct load_reject){source, {file, line, reason}};
    l->source[source].rejected++;
}

static struct str S_cell(const struct row_batch *rows, size_t row, int column)
{
    if (column < 0)
        return (struct str){0};
    const struct cell *c = &rows->cell[row * rows->n_cols + (unsigned)column];
    return str_trim((struct str){c->ptr, c->len});
}

static struct str S_record_id(const struct source_load *l, const struct row_batch *rows, size_t row,
                              char room[MOST_RECORD_ID + 1])
{
    if (l->columns.n_id == 1)
        return S_cell(rows, row, (int)l->columns.id[0]);
    size_t len = 0;
    for (unsigned i = 0; i < l->columns.n_id; i++) {
        struct str part = S_cell(rows, row, (int)l->columns.id[i]);
        if (!part.len)
            return (struct str){0};
        if (len + part.len + 1 > MOST_RECORD_ID)
            return (struct str){room, MOST_RECORD_ID + 1};
        if (len)
            room[len++] = ' ';
        memcpy(room + len, part.ptr, part.len);
        len += part.len;
    }
    return (struct str){room, len};
}

static int64_t S_parse_time(struct source_load *l, struct str text)
{
    int64_t ms;
    if (!l->source->updated_at_format.len && clock_parse(text, &ms))
        return ms;
    struct arena scratch = {0};
    struct norm value;
    struct norm_context context = {.date_format = l->source->updated_at_format};
    memcpy(context.country, l->source->country, sizeof context.country);
    normalize_value(l->normalizer, FIELD_TIMESTAMP, &context, text, &scratch, &value);
    bool good = !(value.flags & NORM_INVALID) && clock_parse(value.form[NORM_CANON], &ms);
    arena_deinit(&scratch);
    return good ? ms : INT64_MIN;
}

static int64_t S_time(struct source_load *l, struct str text)
{
    if (!text.len)
        return INT64_MIN;
    if (text.len > TIME_BYTES)
        return S_parse_time(l, text);
    struct known_time *known = &l->times[hash_str(text) & (TIME_SLOTS - 1)];
    if (known->len != text.len || memcmp(known->text, text.ptr, text.len) != 0) {
        known->ms = S_parse_time(l, text);
        known->len = (uint8_t)text.len;
        memcpy(known->text, text.ptr, text.len);
    }
    return known->ms;
}

static bool S_is_in(struct str text, const struct str *value, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (str_eq_nocase(text, value[i]))
            return true;
    return false;
}

static enum entity_kind S_entity(const struct source_load *l, const struct row_batch *rows, size_t row)
{
    const struct source *s = l->source;
    if (l->columns.entity < 0)
        return s->entity ? s->entity : l->options->config->entity;
    struct str text = S_cell(rows, row, l->columns.entity);
    if (S_is_in(text, s->person_value, s->n_person_values))
        return ENTITY_PERSON;
    if (S_is_in(text, s->organisation_value, s->n_organisation_values))
        return ENTITY_ORGANISATION;
    return ENTITY_UNKNOWN;
}

static bool S_is_deleted(const struct source_load *l, const struct row_batch *rows, size_t row)
{
    static const struct str yes[] = {{"1", 1}, {"true", 4}, {"t", 1}, {"yes", 3}, {"y", 1}, {"d", 1}, {"deleted", 7}};
    struct str text = S_cell(rows, row, l->columns.delete_flag);
    if (!text.len)
        return false;
    return l->source->delete_value.len ? str_eq(text, l->source->delete_value) : S_is_in(text, yes, COUNT_OF(yes));
}

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
        return &l->options->roster->row[sight->known];
    uint32_t id = dict_add(&l->ids, sight->id, NULL);
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

/* The row that stands for an id: latest updated_at, else last; earlier rows are kept in a chain for `union`. */
static void S_settle(struct source_load *l, const struct row_sight *sight, uint32_t row)
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
        if (b->updated_at[row] >= l->options->roster->updated_at[sight->known])
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

/* A row that says what is stored: nothing is kept of it but that it came. */
static void S_settle_same(struct source_load *l, const struct row_sight *sight, int64_t updated)
{
    struct roster *r = l->options->roster;
    uint32_t before = r->row[sight->known];
    int64_t *seen = &r->updated_at[sight->known];
    if (before != ROSTER_UNSEEN)
        l->load->source[l->index].duplicates++;
    if (before == ROSTER_UNSEEN || before == ROSTER_SAME) {
        *seen = before == ROSTER_UNSEEN || updated > *seen ? updated : *seen;
        r->row[sight->known] = ROSTER_SAME;
        return;
    }
    if (updated < l->load->batch.updated_at[before - 1])
        return;
    l->superseded[before - 1 - l->first_row] |= ROW_REPLACED;
    r->row[sight->known] = ROSTER_SAME;
    *seen = updated;
}

static void S_add_known_links(struct source_load *l, const struct row_batch *rows, size_t from, uint32_t known)
{
    struct load *out = l->load;
    for (unsigned i = 0; i < l->options->config->n_links; i++) {
        if (l->columns.link[i] == UINT_MAX)
            continue;
        struct str id = S_cell(rows, from, (int)l->columns.link[i]);
        if (!id.len)
            continue;
        if (out->n_known_links == out->known_links_room) {
            out->known_links_room = out->known_links_room ? out->known_links_room * 2 : 64;
            out->known_link = xrealloc(out->known_link, out->known_links_room * sizeof *out->known_link);
        }
        out->known_link[out->n_known_links++] = (struct load_known_link){known, i, str_copy(&out->arena, id)};
    }
}

static void S_add_links(struct source_load *l, const struct row_batch *rows, size_t from, uint32_t row)
{
    for (unsigned i = 0; i < l->options->config->n_links; i++) {
        if (l->columns.link[i] == UINT_MAX)
            continue;
        struct str id = S_cell(rows, from, (int)l->columns.link[i]);
        if (!id.len)
            continue;
        struct load *out = l->load;
        if (out->n_links == out->links_room) {
            out->links_room = out->links_room ? out->links_room * 2 : 64;
            out->link = xrealloc(out->link, out->links_room * sizeof *out->link);
        }
        out->link[out->n_links++] = (struct load_link){row, i, str_copy(&out->arena, id)};
    }
}

static uint32_t S_first_extra(const struct source_load *l, struct str record_id)
{
    uint32_t id = dict_find(&l->extra_ids, record_id);
    return id ? l->extra_first[id] : 0;
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
    char room[MOST_RECORD_ID + 1];
    if (rows->n_rows > l->sights_room) {
        l->sights_room = rows->n_rows;
        l->sight = xrealloc(l->sight, l->sights_room * sizeof *l->sight);
    }
    arena_reset(&l->row_scratch);
    for (size_t i = 0; i < rows->n_rows; i++) {
        struct str id = S_record_id(l, rows, i, room);
        if (id.len > MOST_RECORD_ID)
            id.ptr = room;
        else if (l->columns.n_id > 1)
            id = str_copy(&l->row_scratch, id);
        l->sight[i] = (struct row_sight){.id = id};
        if (l->n_extras && id.len && id.len <= MOST_RECORD_ID)
            l->sight[i].extra = S_first_extra(l, id);
    }
    l->scan.extra = l->extra;
    load_scan_rows(&l->scan, rows, l->sight);
}

/* One row that is right; *kept tells that it is to be encoded. */
static void S_take_row(struct source_load *l, const struct row_batch *rows, size_t i, bool *kept)
{
    const struct row_sight *sight = &l->sight[i];
    struct load_source *facts = &l->load->source[l->index];
    int64_t updated = S_time(l, S_cell(rows, i, l->columns.updated_at));
    bool deleted = S_is_deleted(l, rows, i);
    *kept = !sight->same || deleted || l->source->rows == ROWS_UNION;
    if (!*kept) {
        S_settle_same(l, sight, updated);
        S_add_known_links(l, rows, i, sight->known);
        facts->rows++;
        return;
    }
    uint32_t row = batch_append(&l->load->batch, (uint16_t)l->index, sight->id, updated, S_entity(l, rows, i));
    load_note(l->load, row, sight->fingerprint,
              sight->known == ROSTER_NONE ? 0 : l->options->roster->rid[sight->known]);
    S_settle(l, sight, row);
    if (deleted) {
        /* the row stands until all are read, to replace earlier ones and what is stored */
        l->superseded[row - l->first_row] |= ROW_DELETED;
        facts->deleted++;
    } else {
        S_add_links(l, rows, i, row);
        facts->rows++;
    }
}

/* Takes the rows of one reader batch: row facts one by one, then all columns at once. */
static void S_take_rows(struct source_load *l, const struct row_batch *rows, struct str file)
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
        if (!id.len || id.len > MOST_RECORD_ID) {
            S_reject(l->load, l->index, file, rows->line[i], id.len ? REJECT_RECORD_ID_TOO_LONG : REJECT_NO_RECORD_ID);
            continue;
        }
        if (!S_is_right(l, &values, i)) {
            S_reject(l->load, l->index, file, rows->line[i], REJECT_QUALITY);
            continue;
        }
        if (facts->facts) {
            values.row = i;
            arena_reset(&scratch);
            load_facts_row(facts->facts, l->source, &l->sight[i], &values);
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

/* Does the file end in a row that breaks off, without a line break behind it? */
static bool S_is_cut(const struct row_batch *rows, const char *path)
{
    const struct reject *last = rows->n_rejects ? &rows->reject[rows->n_rejects - 1] : NULL;
    if (!last || (rows->n_rows && rows->line[rows->n_rows - 1] > last->line))
        return false;
    bool broken = last->reason == REJECT_TOO_FEW_CELLS || last->reason == REJECT_UNCLOSED_QUOTE ||
                  last->reason == REJECT_BAD_JSON;
    return broken && drift_file_breaks_off(path);
}

static void S_take_rejects(struct source_load *l, const struct row_batch *rows, struct str file)
{
    for (size_t i = 0; i < rows->n_rejects; i++)
        S_reject(l->load, l->index, file, rows->reject[i].line, rows->reject[i].reason);
}

static void S_note_columns(struct source_load *l, const struct reader_facts *facts)
{
    struct load_source *source = &l->load->source[l->index];
    source->column = ARENA_NEW(&l->load->arena, struct str, facts->n_columns + 1);
    source->n_columns = facts->n_columns;
    for (size_t i = 0; i < facts->n_columns; i++)
        source->column[i] = str_copy(&l->load->arena, facts->column[i]);
}

static enum idem_status S_read_file(struct source_load *l, struct str path, struct idem_error *err)
{
    struct arena scratch = {0};
    struct ingest_options read = l->source->read;
    struct reader *reader = NULL;
    struct row_batch rows;
    struct str name = str_copy(&l->load->arena, path);
    enum idem_status status;
    read.path = str_cstr(&scratch, path);
    read.want = l->columns.want.name;
    read.n_want = l->columns.want.n;
    read.threads = l->options->threads;
    TRY_DONE(reader_open(&read, &reader, err));
    for (bool cut = false;;) {
        double start = clock_seconds();
        TRY_DONE(reader_next(reader, &rows, err));
        l->load->read_seconds += clock_seconds() - start;
        if (rows.n_rows == 0 && rows.n_rejects == 0) {
            l->load->source[l->index].cut |= cut;
            S_note_columns(l, reader_facts(reader));
            break;
        }
        cut = S_is_cut(&rows, read.path);
        S_take_rejects(l, &rows, name);
        S_take_rows(l, &rows, name);
        progress_stage(l->options->progress, "read", l->bytes_before + (uint64_t)reader_bytes_read(reader),
                       l->bytes_total, "bytes");
    }
    l->bytes_before += (uint64_t)reader_bytes_read(reader);
done:
    reader_close(reader);
    arena_deinit(&scratch);
    return status;
}

/* ------------------------------------------------------------------ files with several rows of one record */

static void S_add_extra(struct source_load *l, struct str record_id, unsigned mapping, struct str raw)
{
    uint32_t id = dict_add(&l->extra_ids, record_id, NULL);
    if (id >= l->extra_room) {
        uint32_t room = l->extra_room ? l->extra_room : 1024;
        while (room <= id)
            room *= 2;
        l->extra_first = xrealloc(l->extra_first, room * sizeof *l->extra_first);
        memset(l->extra_first + l->extra_room, 0, (room - l->extra_room) * sizeof *l->extra_first);
        l->extra_room = room;
    }
    if (l->n_extras == l->extras_room) {
        l->extras_room = l->extras_room ? l->extras_room * 2 : 1024;
        l->extra = xrealloc(l->extra, l->extras_room * sizeof *l->extra);
    }
    l->extra[l->n_extras] = (struct encode_extra){mapping, str_copy(&l->load->arena, raw), 0};
    uint32_t *at = &l->extra_first[id];
    while (*at)
        at = &l->extra[*at - 1].next;
    *at = ++l->n_extras;
}

static void S_take_extra_rows(struct source_load *l, const struct row_batch *rows, const struct also_file *also,
                              unsigned first_mapping, const struct wanted *want, struct str file)
{
    struct wanted lookup = *want;
    for (size_t i = 0; i < rows->n_rows; i++) {
        struct str id = S_cell(rows, i, 0);
        if (!id.len) {
            S_reject(l->load, l->index, file, rows->line[i], REJECT_NO_RECORD_ID);
            continue;
        }
        for (unsigned m = 0; m < also->n_mappings; m++)
            for (unsigned v = 0; v < also->mapping[m].n_values; v++) {
                struct buf joined = {0};
                for (unsigned k = 0; k < also->mapping[m].value[v].n_columns; k++) {
                    struct str part = S_cell(rows, i, (int)S_want(&lookup, also->mapping[m].value[v].column[k]));
                    if (part.len && joined.len)
                        buf_byte(&joined, ' ');
                    buf_str(&joined, part);
                }
                if (joined.len)
                    S_add_extra(l, id, first_mapping + m, buf_view(&joined));
                buf_deinit(&joined);
            }
    }
}

static enum idem_status S_read_also(struct source_load *l, const struct also_file *also, struct idem_error *err)
{
    struct arena scratch = {0};
    struct wanted want = {.n = 0};
    struct ingest_options read = also->read;
    struct reader *reader = NULL;
    struct row_batch rows;
    enum idem_status status;
    unsigned first = l->n_extra_mappings;
    struct str path = file_join(&l->load->arena, l->options->config->folder, also->path);
    S_want(&want, also->key);
    for (unsigned m = 0; m < also->n_mappings; m++) {
        l->extra_mapping[l->n_extra_mappings++] = &also->mapping[m];
        for (unsigned v = 0; v < also->mapping[m].n_values; v++)
            for (unsigned k = 0; k < also->mapping[m].value[v].n_columns; k++)
                S_want(&want, also->mapping[m].value[v].column[k]);
    }
    read.path = str_cstr(&scratch, path);
    read.want = want.name;
    read.n_want = want.n;
    read.threads = l->options->threads;
    TRY_DONE(reader_open(&read, &reader, err));
    for (;;) {
        TRY_DONE(reader_next(reader, &rows, err));
        if (rows.n_rows == 0 && rows.n_rejects == 0)
            break;
        S_take_rejects(l, &rows, path);
        S_take_extra_rows(l, &rows, also, first, &want, path);
    }
done:
    reader_close(reader);
    arena_deinit(&scratch);
    return status;
}

/* ------------------------------------------------------------------ one source */

enum { MOST_JOINED = 64 };

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

/* rows `union`: the values of all rows of a record become sets of the row that stands for it. */
static void S_join_rows(struct source_load *l, struct column *raw, struct column *norm)
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

static enum idem_status S_files_of(const struct load_options *o, unsigned index, struct arena *out, struct str **path,
                                   size_t *n, struct idem_error *err)
{
    for (size_t i = 0; i < o->n_paths; i++)
        if (o->path[i].source == index) {
            *path = ARENA_NEW(out, struct str, 1);
            **path = o->path[i].path;
            *n = 1;
            return IDEM_OK;
        }
    return config_source_files(o->config, &o->config->source[index], out, path, n, err);
}

static void S_source_release(struct source_load *l)
{
    encoder_free(l->encoder);
    quality_close(l->quality);
    arena_deinit(&l->row_scratch);
    normalizer_free(l->normalizer);
    dict_deinit(&l->ids);
    dict_deinit(&l->extra_ids);
    free(l->newest);
    free(l->chain);
    free(l->superseded);
    free(l->extra_first);
    free(l->extra);
    free(l->extra_fields);
    free(l->sight);
    free(l->times);
}

struct keep {
    uint8_t *superseded; /* [n_rows] of the whole batch */
    uint32_t room;
};

static void S_note_superseded(const struct source_load *l, struct keep *keep)
{
    uint32_t n = l->load->batch.n_rows;
    if (n > keep->room) {
        keep->superseded = xrealloc(keep->superseded, n);
        memset(keep->superseded + keep->room, 0, n - keep->room);
        keep->room = n;
    }
    if (n > l->first_row)
        memcpy(keep->superseded + l->first_row, l->superseded, n - l->first_row);
}

static void S_note_quality(const struct source_load *l, struct load_source *facts)
{
    facts->n_quality = quality_rules(l->quality);
    facts->quality = ARENA_NEW(&l->load->arena, struct quality_result, facts->n_quality);
    for (size_t i = 0; i < facts->n_quality; i++)
        facts->quality[i] = quality_result(l->quality, i);
}

/* What the first look at rows needs to know. */
static void S_plan_scan(struct source_load *l)
{
    const struct source *s = l->source;
    struct load_source *facts = &l->load->source[l->index];
    l->times = xcalloc(TIME_SLOTS, sizeof *l->times);
    l->extra_fields = xcalloc(l->n_extra_mappings + 1, sizeof *l->extra_fields);
    for (unsigned x = 0; x < l->n_extra_mappings; x++)
        for (unsigned m = 0; m < s->n_mappings && m < 64; m++)
            l->extra_fields[x] |= (uint64_t)(s->mapping[m].field == l->extra_mapping[x]->field) << m;
    l->scan = (struct load_scan){.source = s,
                                 .index = l->index,
                                 .cell_of = l->columns.cell_of,
                                 .seed = fingerprint_seed(l->options->config, l->index),
                                 .roster = l->options->roster,
                                 .extra_fields = l->extra_fields,
                                 .threads = l->options->threads};
    if (!l->options->roster)
        return;
    facts->facts = xcalloc(1, sizeof *facts->facts);
    facts->facts->every = l->options->rows_before[l->index] / SHAPE_ROWS + 1;
}

/* With `union` a record is what all its rows say together. */
static void S_join_fingerprints(struct source_load *l)
{
    struct load *out = l->load;
    for (uint32_t row = l->first_row; row < out->batch.n_rows; row++)
        if (!l->superseded[row - l->first_row])
            for (uint32_t at = l->chain[row - l->first_row]; at; at = l->chain[at - 1 - l->first_row])
                out->fingerprint[row] = fingerprint_join(out->fingerprint[row], out->fingerprint[at - 1]);
}

static void S_keep_links(struct source_load *l, uint32_t row, uint32_t known)
{
    struct load *out = l->load;
    size_t kept = 0;
    for (size_t i = 0; i < out->n_links; i++) {
        if (out->link[i].row != row) {
            out->link[kept++] = out->link[i];
            continue;
        }
        if (out->n_known_links == out->known_links_room) {
            out->known_links_room = out->known_links_room ? out->known_links_room * 2 : 64;
            out->known_link = xrealloc(out->known_link, out->known_links_room * sizeof *out->known_link);
        }
        out->known_link[out->n_known_links++] =
            (struct load_known_link){known, out->link[i].link, out->link[i].record_id};
    }
    out->n_links = kept;
}

/* What all rows have said: records that are as they were after all, and those that were deleted. */
static void S_tick_off(struct source_load *l)
{
    struct roster *r = l->options->roster;
    struct load *out = l->load;
    for (uint32_t row = l->first_row; r && row < out->batch.n_rows; row++) {
        uint32_t known = out->rid[row] ? roster_of_rid(r, out->rid[row]) : ROSTER_NONE;
        if (known == ROSTER_NONE || r->row[known] != row + 1)
            continue;
        if (l->superseded[row - l->first_row] & ROW_DELETED) {
            r->row[known] = ROSTER_DELETED;
        } else if (l->source->rows == ROWS_UNION && r->current[known] &&
                   r->fingerprint[known] == store_keyed(r->store, out->fingerprint[row])) {
            r->row[known] = ROSTER_SAME;
            l->superseded[row - l->first_row] |= ROW_REPLACED;
            S_keep_links(l, row, known);
        }
    }
}

static bool S_has_come(const struct source_load *l, struct str id)
{
    uint32_t known = l->options->roster ? roster_find(l->options->roster, l->index, id) : ROSTER_NONE;
    return dict_find(&l->ids, id) || (known != ROSTER_NONE && l->options->roster->row[known] != ROSTER_UNSEEN);
}

static enum idem_status S_load_source(const struct load_options *o, struct load *out, unsigned index,
                                      const unsigned *field_of, struct keep *keep, struct idem_error *err)
{
    const struct source *s = &o->config->source[index];
    struct source_load l = {.options = o, .load = out, .index = index, .source = s, .first_row = out->batch.n_rows};
    struct load_source *facts = &out->source[index];
    struct str *path;
    size_t n_paths;
    enum idem_status status;
    unsigned extra = 0;
    TRY_DONE(S_files_of(o, index, &out->arena, &path, &n_paths, err));
    S_plan_columns(o->config, s, &out->arena, &l.columns);
    for (unsigned i = 0; i < s->n_also; i++)
        extra += s->also[i].n_mappings;
    l.extra_mapping = ARENA_NEW(&out->arena, const struct mapping *, extra + 1);
    TRY_DONE(normalizer_new(&l.normalizer, err));
    TRY_DONE(quality_open(o->config, index, &l.quality, err));
    for (unsigned i = 0; i < s->n_also; i++)
        TRY_DONE(S_read_also(&l, &s->also[i], err));
    S_plan_scan(&l);
    bool *dropped = ARENA_NEW(&out->arena, bool, MOST_FIELDS);
    for (unsigned f = 0; f < o->config->schema.n_fields; f++)
        dropped[field_of[f]] |= o->config->policy[f] == POLICY_DROP;
    struct encode_source encode = {
        s, out->batch.schema, field_of, l.columns.cell_of, l.extra_mapping, l.n_extra_mappings, dropped};
    TRY_DONE(encoder_new(&encode, &out->batch, o->threads, &l.encoder, err));
    facts->read = n_paths > 0;
    facts->file = ARENA_NEW(&out->arena, struct load_file, n_paths);
    facts->n_files = n_paths;
    for (size_t i = 0; i < n_paths; i++) {
        char *cpath = str_cstr(&out->arena, path[i]);
        uint64_t before = facts->rows;
        l.bytes_total += file_size(cpath) > 0 ? (uint64_t)file_size(cpath) : 0;
        TRY_DONE(S_read_file(&l, path[i], err));
        facts->file[i] = (struct load_file){path[i], file_size(cpath), file_changed_ms(cpath), facts->rows - before};
    }
    if (s->rows == ROWS_UNION) {
        for (unsigned f = 0; f < out->batch.schema->n_fields; f++)
            S_join_rows(&l, &out->batch.raw[f], &out->batch.norm[f]);
        S_join_fingerprints(&l);
    }
    for (uint32_t id = 1; id <= l.extra_ids.n; id++)
        facts->unlinked += !S_has_come(&l, dict_get(&l.extra_ids, id));
    S_tick_off(&l);
    S_note_superseded(&l, keep);
    if (facts->read)
        S_note_quality(&l, facts);
done:
    if (status != IDEM_OK && err && s->name.len && str_find(str_from(err->message), s->name) == SIZE_MAX)
        error_prefix(err, "source %.*s: ", STR_ARG(s->name));
    S_source_release(&l);
    return status;
}

/* ------------------------------------------------------------------ all sources */

enum idem_status load_sources(const struct load_options *o, struct load *out, struct idem_error *err)
{
    const struct config *c = o->config;
    const struct schema *schema = o->schema ? o->schema : &c->schema;
    unsigned field_of[MOST_FIELDS];
    struct keep keep = {0};
    enum idem_status status = IDEM_OK;
    *out = (struct load){.n_sources = c->n_sources};
    out->source = ARENA_NEW(&out->arena, struct load_source, c->n_sources);
    batch_init(&out->batch, schema);
    struct str *names = ARENA_NEW(&out->arena, struct str, c->n_sources);
    for (unsigned i = 0; i < c->n_sources; i++)
        names[i] = c->source[i].name;
    batch_set_sources(&out->batch, names, (uint16_t)c->n_sources);
    for (unsigned f = 0; f < c->schema.n_fields; f++) {
        int at = schema_find(schema, c->schema.field[f].name);
        field_of[f] = at < 0 ? 0 : (unsigned)at;
    }
    for (unsigned i = 0; i < c->n_sources; i++)
        if (!o->only || o->only[i])
            TRY_DONE(S_load_source(o, out, i, field_of, &keep, err));
done:
    out->superseded = keep.superseded;
    out->superseded_room = keep.room;
    if (status != IDEM_OK)
        load_deinit(out);
    return status;
}

void load_note(struct load *l, uint32_t row, uint64_t fingerprint, int64_t rid)
{
    if (row >= l->noted_room) {
        uint32_t room = l->noted_room ? l->noted_room : 1024;
        while (room <= row)
            room *= 2;
        l->fingerprint = xrealloc(l->fingerprint, room * sizeof *l->fingerprint);
        l->rid = xrealloc(l->rid, room * sizeof *l->rid);
        memset(l->fingerprint + l->noted_room, 0, (room - l->noted_room) * sizeof *l->fingerprint);
        memset(l->rid + l->noted_room, 0, (room - l->noted_room) * sizeof *l->rid);
        l->noted_room = room;
    }
    l->fingerprint[row] = fingerprint;
    l->rid[row] = rid;
}

void load_deinit(struct load *l)
{
    if (!l)
        return;
    for (unsigned s = 0; l->source && s < l->n_sources; s++)
        load_facts_free(l->source[s].facts);
    free(l->known_link);
    free(l->linked);
    free(l->fingerprint);
    free(l->rid);
    free(l->superseded);
    batch_deinit(&l->batch);
    free(l->reject);
    free(l->link);
    arena_deinit(&l->arena);
    *l = (struct load){0};
}
