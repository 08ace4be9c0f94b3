#include "engine/load.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "engine/drift.h"
#include "engine/fingerprint.h"
#include "engine/load_source.h"
#include "engine/memory_limit.h"
#include "seal/paging.h"

/* ------------------------------------------------------------------ files */

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

static void S_note_columns(struct source_load *l, const struct reader_facts *facts)
{
    struct load_source *source = &l->load->source[l->index];
    source->column = ARENA_NEW(&l->load->arena, struct str, facts->n_columns + 1);
    source->n_columns = facts->n_columns;
    for (size_t i = 0; i < facts->n_columns; i++)
        source->column[i] = str_copy(&l->load->arena, facts->column[i]);
}

static void S_note_swallowed(struct load_source *source, const struct reader_facts *facts, struct str file)
{
    if (facts->swallowed && !source->swallowed) {
        source->swallowed_file = file;
        source->swallowed_line = facts->swallowed_line;
    }
    source->swallowed += facts->swallowed;
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
            S_note_swallowed(&l->load->source[l->index], reader_facts(reader), name);
            break;
        }
        cut = S_is_cut(&rows, read.path);
        load_take_rejects(l, &rows, name);
        load_take_rows(l, &rows, name);
        TRY_DONE(paging_check(l->options->paging, memory_for_paged(l->load->batch.n_rows), err));
        progress_stage(l->options->progress, "read", l->bytes_before + (uint64_t)reader_bytes_read(reader),
                       l->bytes_total, "bytes");
    }
    l->bytes_before += (uint64_t)reader_bytes_read(reader);
done:
    reader_close(reader);
    arena_deinit(&scratch);
    return status;
}

/* ------------------------------------------------------------------ one source */

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

static void S_note_superseded(const struct source_load *l)
{
    struct load *out = l->load;
    uint32_t n = out->batch.n_rows;
    if (n > out->superseded_room) {
        out->superseded = xrealloc(out->superseded, n);
        memset(out->superseded + out->superseded_room, 0, n - out->superseded_room);
        out->superseded_room = n;
    }
    if (n > l->first_row)
        memcpy(out->superseded + l->first_row, l->superseded, n - l->first_row);
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
                                 .time_cell = l->columns.updated_at,
                                 .seed = fingerprint_seed(l->options->config, l->index),
                                 .roster = l->options->roster,
                                 .extra_fields = l->extra_fields,
                                 .threads = l->options->threads};
    if (!l->options->roster)
        return;
    facts->facts = xcalloc(1, sizeof *facts->facts);
    facts->facts->every = l->options->rows_before[l->index] / SHAPE_ROWS + 1;
}

/* What sources share: which field of the batch each of the configuration is, and a normaliser for each worker. */
struct shared {
    unsigned field_of[MOST_FIELDS];
    struct normalizer **normalizer;
    unsigned workers;
};

static enum idem_status S_load_source(const struct load_options *o, struct load *out, unsigned index,
                                      const struct shared *shared, struct idem_error *err)
{
    const struct source *s = &o->config->source[index];
    struct source_load l = {.options = o, .load = out, .index = index, .source = s, .first_row = out->batch.n_rows};
    struct load_source *facts = &out->source[index];
    struct str *path;
    size_t n_paths;
    enum idem_status status;
    unsigned extra = 0;
    TRY_DONE(load_files_of(o, index, &out->arena, &path, &n_paths, err));
    load_plan_columns(o->config, s, &out->arena, &l.columns);
    for (unsigned i = 0; i < s->n_also; i++)
        extra += s->also[i].n_mappings;
    l.extra_mapping = ARENA_NEW(&out->arena, const struct mapping *, extra + 1);
    TRY_DONE(normalizer_new(&l.normalizer, err));
    TRY_DONE(quality_open(o->config, index, &l.quality, err));
    for (unsigned i = 0; i < s->n_also; i++)
        TRY_DONE(load_read_also(&l, &s->also[i], err));
    S_plan_scan(&l);
    bool *dropped = ARENA_NEW(&out->arena, bool, MOST_FIELDS);
    for (unsigned f = 0; f < o->config->schema.n_fields; f++)
        dropped[shared->field_of[f]] |= o->config->policy[f] == POLICY_DROP;
    struct encode_source encode = {.source = s,
                                   .schema = out->batch.schema,
                                   .field_of = shared->field_of,
                                   .cell_of = l.columns.cell_of,
                                   .extra_mapping = l.extra_mapping,
                                   .n_extra_mappings = l.n_extra_mappings,
                                   .dropped = dropped,
                                   .keys = o->keys,
                                   .normalizer = shared->normalizer};
    TRY_DONE(encoder_new(&encode, &out->batch, shared->workers, &l.encoder, err));
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
    if (s->rows == ROWS_UNION)
        load_join_rows(&l);
    for (uint32_t id = 1; id <= l.extra_ids.n; id++)
        facts->unlinked += !load_has_come(&l, dict_get(&l.extra_ids, id));
    load_tick_off(&l);
    S_note_superseded(&l);
    if (facts->read)
        S_note_quality(&l, facts);
done:
    S_source_release(&l);
    return load_source_error(s, status, err);
}

/* ------------------------------------------------------------------ all sources */

static enum idem_status S_share(const struct load_options *o, const struct schema *schema, struct shared *shared,
                                struct idem_error *err)
{
    const struct config *c = o->config;
    for (unsigned f = 0; f < c->schema.n_fields; f++) {
        int at = schema_find(schema, c->schema.field[f].name);
        shared->field_of[f] = at < 0 ? 0 : (unsigned)at;
    }
    shared->workers = o->threads ? o->threads : 1;
    shared->normalizer = xcalloc(shared->workers, sizeof *shared->normalizer);
    for (unsigned i = 0; i < shared->workers; i++)
        TRY(normalizer_new(&shared->normalizer[i], err));
    return IDEM_OK;
}

static void S_share_no_more(struct shared *shared)
{
    for (unsigned i = 0; i < shared->workers; i++)
        normalizer_free(shared->normalizer[i]);
    free(shared->normalizer);
}

enum idem_status load_sources(const struct load_options *o, struct load *out, struct idem_error *err)
{
    const struct config *c = o->config;
    const struct schema *schema = o->schema ? o->schema : &c->schema;
    struct shared shared = {.workers = 0};
    enum idem_status status = IDEM_OK;
    *out = (struct load){.n_sources = c->n_sources, .threads = o->threads};
    out->source = ARENA_NEW(&out->arena, struct load_source, c->n_sources);
    batch_init(&out->batch, schema);
    struct str *names = ARENA_NEW(&out->arena, struct str, c->n_sources);
    for (unsigned i = 0; i < c->n_sources; i++)
        names[i] = c->source[i].name;
    batch_set_sources(&out->batch, names, (uint16_t)c->n_sources);
    TRY_DONE(S_share(o, schema, &shared, err));
    TRY_DONE(load_check_files(o, err));
    for (unsigned i = 0; i < c->n_sources; i++)
        if (!o->only || o->only[i])
            TRY_DONE(S_load_source(o, out, i, &shared, err));
done:
    S_share_no_more(&shared);
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
