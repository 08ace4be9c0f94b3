/*
 * The stored raw values are put before the encoder as rows of a file with one column a field: so they take the very way
 * that they took when they were read.
 */
#include "engine/renormalise.h"

#include <stdlib.h>

#include "engine/encode.h"
#include "record/pack.h"

enum { MOST_ROWS = 8192 };

struct renormaliser {
    const struct config *config;
    struct batch *batch;
    const struct keyring *keys;
    unsigned threads;
    unsigned field_of[MOST_FIELDS]; /* of the configuration in the batch */
    bool dropped[MOST_FIELDS];
    unsigned source; /* of the rows that wait */
    struct source columns;
    struct mapping mapping[MOST_FIELDS];
    struct mapped_value value[MOST_FIELDS];
    unsigned itself[MOST_FIELDS]; /* 0, 1, 2, ... */
    struct encoder *encoder;
    struct cell *cell; /* [MOST_ROWS * fields] */
    struct cell *more;
    uint32_t n_more, more_room;
    uint32_t n_rows;
    struct arena texts; /* of the rows that wait */
};

struct renormaliser *renormaliser_new(const struct config *c, const struct keyring *keys, struct batch *b,
                                      unsigned threads)
{
    struct renormaliser *r = xcalloc(1, sizeof *r);
    *r = (struct renormaliser){.config = c, .keys = keys, .batch = b, .threads = threads ? threads : 1};
    for (unsigned f = 0; f < MOST_FIELDS; f++)
        r->itself[f] = f;
    for (unsigned f = 0; f < c->schema.n_fields; f++) {
        int at = schema_find(b->schema, c->schema.field[f].name);
        r->field_of[f] = at < 0 ? MOST_FIELDS : (unsigned)at;
        if (at >= 0)
            r->dropped[at] |= c->policy[f] == POLICY_DROP;
    }
    r->cell = xcalloc((size_t)MOST_ROWS * (b->schema->n_fields + 1), sizeof *r->cell);
    return r;
}

void renormaliser_free(struct renormaliser *r)
{
    if (!r)
        return;
    encoder_free(r->encoder);
    free(r->cell);
    free(r->more);
    arena_deinit(&r->texts);
    free(r);
}

/* ------------------------------------------------------------------ the columns of a source */

/* Its columns are the fields that it is mapped to, each by its first mapping. */
static void S_map(struct renormaliser *r, const struct mapping *m)
{
    unsigned field = r->field_of[m->field];
    for (unsigned i = 0; i < r->columns.n_mappings; i++)
        if (r->mapping[i].field == field)
            return;
    if (field == MOST_FIELDS || r->columns.n_mappings == MOST_FIELDS)
        return;
    struct mapping *to = &r->mapping[r->columns.n_mappings++];
    *to = (struct mapping){.field = field, .n_values = 1, .context = m->context};
}

/* A source that only the database knows: every field that is not split off another one. */
static void S_map_all(struct renormaliser *r)
{
    for (unsigned f = 0; f < r->batch->schema->n_fields; f++)
        if (!r->batch->schema->field[f].derived)
            r->mapping[r->columns.n_mappings++] = (struct mapping){.field = f, .n_values = 1};
}

static void S_columns(struct renormaliser *r, unsigned source)
{
    const struct config *c = r->config;
    r->columns = (struct source){.mapping = r->mapping, .n_mappings = 0};
    if (source >= c->n_sources) {
        S_map_all(r);
    } else {
        const struct source *s = &c->source[source];
        r->columns.name = s->name;
        memcpy(r->columns.country, s->country, sizeof r->columns.country);
        for (unsigned m = 0; m < s->n_mappings; m++)
            S_map(r, &s->mapping[m]);
        for (unsigned a = 0; a < s->n_also; a++)
            for (unsigned m = 0; m < s->also[a].n_mappings; m++)
                S_map(r, &s->also[a].mapping[m]);
    }
    for (unsigned m = 0; m < r->columns.n_mappings; m++) {
        r->value[m] = (struct mapped_value){.n_columns = 1};
        r->mapping[m].value = &r->value[m];
    }
}

/* ------------------------------------------------------------------ rows */

static void S_cell(struct renormaliser *r, struct cell *cell, const struct packed_field *field)
{
    *cell = (struct cell){NULL, 0, 0};
    for (unsigned i = 0; i < field->n; i++) {
        struct str text = str_copy(&r->texts, field->value[i].raw);
        if (i == 0) {
            *cell = (struct cell){text.ptr, (uint32_t)text.len, 0};
            continue;
        }
        if (r->n_more == r->more_room) {
            r->more_room = r->more_room ? r->more_room * 2 : 256;
            r->more = xrealloc(r->more, r->more_room * sizeof *r->more);
        }
        r->more[r->n_more++] = (struct cell){text.ptr, (uint32_t)text.len, 0};
        if (i == 1)
            cell->more = r->n_more;
        else
            r->more[r->n_more - 2].more = r->n_more;
    }
}

enum idem_status renormaliser_end(struct renormaliser *r, struct idem_error *err)
{
    struct row_batch rows = {.n_rows = r->n_rows, .n_cols = r->columns.n_mappings, .cell = r->cell, .more = r->more};
    (void)err;
    if (r->n_rows) {
        uint32_t *row = xmalloc(r->n_rows * sizeof *row);
        for (uint32_t i = 0; i < r->n_rows; i++)
            row[i] = i;
        encoder_rows(r->encoder, &rows, row, NULL, r->n_rows, NULL, NULL, r->threads);
        free(row);
    }
    encoder_free(r->encoder);
    r->encoder = NULL;
    r->n_rows = r->n_more = 0;
    arena_reset(&r->texts);
    return IDEM_OK;
}

static enum idem_status S_begin(struct renormaliser *r, unsigned source, struct idem_error *err)
{
    S_columns(r, source);
    r->source = source;
    const struct encode_source encode = {.source = &r->columns,
                                         .schema = r->batch->schema,
                                         .field_of = r->itself,
                                         .cell_of = r->itself,
                                         .dropped = r->dropped,
                                         .keys = r->keys,
                                         .stored = true};
    return encoder_new(&encode, r->batch, r->threads, &r->encoder, err);
}

enum idem_status renormaliser_add(struct renormaliser *r, uint16_t source, const struct store_record *record,
                                  struct idem_error *err)
{
    struct packed_record packed;
    if (r->encoder && (r->source != source || r->n_rows == MOST_ROWS))
        TRY(renormaliser_end(r, err));
    if (!r->encoder)
        TRY(S_begin(r, source, err));
    if (!record_unpack(record->packed, &r->texts, &packed))
        return error_set(err, IDEM_CORRUPT, "record %lld of the database cannot be read; run idem verify",
                         (long long)record->rid);
    for (unsigned m = 0; m < r->columns.n_mappings; m++) {
        static const struct packed_field none = {NULL, 0};
        unsigned field = r->mapping[m].field;
        S_cell(r, &r->cell[(size_t)r->n_rows * r->columns.n_mappings + m],
               field < packed.n_fields ? &packed.field[field] : &none);
    }
    batch_append(r->batch, source, record->record_id, packed.updated_at, packed.entity);
    r->n_rows++;
    return IDEM_OK;
}
