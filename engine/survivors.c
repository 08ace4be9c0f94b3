#include "engine/survivors.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/parallel.h"
#include "record/pack.h"

enum { CLUSTERS_A_PIECE = 4096 };

struct sole;

struct survivors_work {
    const struct survivors_input *in;
    struct survivors *out;
    struct survive_plan plan;
    uint32_t *at, *row;         /* members of each cluster in row order */
    bool compared[MOST_FIELDS]; /* the field's rule compares values; of others the flags are enough */
    bool *mapped;               /* [n_sources * n_fields] */
    size_t *prov_at;            /* [n_clusters] where its bytes begin in the piece */
    size_t *prov_len;
    struct sole *sole; /* [threads] */
};

static bool *S_mapped(const struct survivors_input *in)
{
    const struct config *c = in->config;
    bool *mapped = xcalloc((size_t)(c->n_sources + 1) * MOST_FIELDS, sizeof *mapped);
    for (unsigned s = 0; s < c->n_sources; s++)
        golden_mapped(c, s, in->load->batch.schema, mapped + (size_t)s * MOST_FIELDS);
    return mapped;
}

static bool S_compares(enum survivor_rule rule)
{
    return rule == SURVIVE_COMPLETE || rule == SURVIVE_FREQUENCY || rule == SURVIVE_AGGREGATE;
}

static void S_look_at_rules(struct survivors_work *w)
{
    for (unsigned f = 0; f < w->plan.n_fields; f++)
        w->compared[f] = S_compares(w->plan.field[f].rule) ||
                         (w->plan.group[f] != SURVIVE_ALONE && S_compares(w->plan.group_rule[w->plan.group[f]]));
}

/* What survivorship needs of a value: most have no flags, and are not compared. */
static void S_look(struct str packed, bool compared, struct survive_value *value)
{
    struct norm v;
    if ((compared || norm_is_flagged(packed)) && norm_unpack(packed, &v)) {
        value->canon = v.form[NORM_CANON];
        value->flags = v.flags;
    }
}

static void S_member(const struct survivors_work *w, uint32_t row, struct arena *scratch, struct survive_member *member)
{
    const struct batch *b = &w->in->load->batch;
    unsigned n_fields = b->schema->n_fields, source = b->source[row];
    bool configured = source < w->in->config->n_sources;
    struct survive_cell *cell = ARENA_NEW(scratch, struct survive_cell, n_fields);
    *member = (struct survive_member){.priority = configured ? w->in->config->source[source].priority : UINT32_MAX,
                                      .rank = row,
                                      .updated_at = b->updated_at[row],
                                      .cell = cell};
    for (unsigned f = 0; f < n_fields; f++) {
        const uint32_t *raw, *norm;
        uint32_t n = batch_raw(b, f, row, &raw), n_norm = column_ids(&b->norm[f], row, &norm);
        if (!n)
            continue;
        struct survive_value *value = ARENA_NEW(scratch, struct survive_value, n);
        for (uint32_t i = 0; i < n; i++) {
            value[i].raw = batch_raw_text(b, f, raw[i]);
            if (i < n_norm)
                S_look(dict_get(&b->norm[f].dict, norm[i]), w->compared[f], &value[i]);
        }
        cell[f] = (struct survive_cell){value, n, configured && !w->mapped[source * MOST_FIELDS + f]};
    }
}

/* The values that may stand in the clear, several joined by `|`. */
static const struct str *S_clear_values(const struct survivors_work *w, const struct golden_field *golden, unsigned n,
                                        struct arena *out)
{
    struct str *text = ARENA_NEW(out, struct str, n);
    bool any = false;
    for (unsigned f = 0; f < n; f++) {
        if (!w->in->clear[f] || !golden[f].n)
            continue;
        struct buf joined = {0};
        for (uint32_t i = 0; i < golden[f].n; i++) {
            if (i)
                buf_byte(&joined, '|');
            buf_str(&joined, golden[f].value[i].raw);
        }
        text[f] = str_copy(out, buf_view(&joined));
        buf_deinit(&joined);
        any = true;
    }
    return any ? text : NULL;
}

/* The first pin of this cluster or a later one. */
static size_t S_first_pin(const struct survivors_input *in, uint32_t cluster)
{
    size_t from = 0, to = in->n_pins;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (in->pin[middle].cluster < cluster)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static unsigned S_pins(const struct survivors_input *in, uint32_t cluster, const int64_t *rid, uint32_t n,
                       struct survive_pin pin[MOST_FIELDS])
{
    unsigned n_pins = 0;
    for (size_t i = S_first_pin(in, cluster); i < in->n_pins && in->pin[i].cluster == cluster; i++) {
        const struct survivors_pin *p = &in->pin[i];
        uint32_t member = 0;
        while (member < n && rid[member] != p->rid)
            member++;
        if (n_pins < MOST_FIELDS && (!p->rid || member < n))
            pin[n_pins++] = (struct survive_pin){
                p->field, p->rid ? member : SURVIVE_NO_MEMBER, {.raw = p->value, .canon = p->value}};
    }
    return n_pins;
}

/* ------------------------------------------------------------------ masters of one record */

/*
 * Where a master has one record and no field two values, there is nothing to choose: the provenance says which fields
 * are filled and where they come from, whatever the values are. It depends on source and filled fields alone and is
 * made once for both; behind the version come the number of rids and the rid.
 */
struct sole_shape {
    uint64_t filled;
    unsigned source;
    struct str fields; /* of the provenance, behind the rid; NULL: this slot is free */
};

enum { SOLE_SHAPES = 256 };

struct sole {
    struct arena arena;
    struct sole_shape shape[SOLE_SHAPES];
};

/* Bit f: the field is filled. False when one has several values. */
static bool S_filled(const struct batch *b, uint32_t row, uint64_t *filled)
{
    *filled = 0;
    for (unsigned f = 0; f < b->schema->n_fields; f++) {
        const uint32_t *id;
        uint32_t n = batch_raw(b, f, row, &id);
        if (n > 1)
            return false;
        *filled |= (uint64_t)n << f;
    }
    return true;
}

static struct sole_shape *S_shape(struct sole *s, unsigned source, uint64_t filled)
{
    return &s->shape[hash_combine(filled, source) % SOLE_SHAPES];
}

static bool S_sole(struct sole *s, const struct survivors_work *w, uint32_t row, struct buf *out)
{
    const struct batch *b = &w->in->load->batch;
    uint64_t filled;
    if (!S_filled(b, row, &filled))
        return false;
    const struct sole_shape *shape = S_shape(s, b->source[row], filled);
    if (!shape->fields.ptr || shape->filled != filled || shape->source != b->source[row])
        return false;
    golden_pack_sole(w->in->rid[row], shape->fields, out);
    return true;
}

/* Keeps what the provenance of this row says, for others of its shape. */
static void S_keep_sole(struct sole *s, const struct survivors_work *w, uint32_t row, struct str prov)
{
    const struct batch *b = &w->in->load->batch;
    uint64_t filled;
    struct str fields;
    if (S_filled(b, row, &filled) && golden_sole_fields(prov, &fields))
        *S_shape(s, b->source[row], filled) = (struct sole_shape){filled, b->source[row], str_copy(&s->arena, fields)};
}

/* ------------------------------------------------------------------ all masters */

/* The values of masters of several records lie anywhere in memory: they are asked for ahead. */
static void S_prefetch(const struct survivors_work *w, uint32_t cluster, bool values)
{
    if (cluster >= w->in->n_clusters || w->at[cluster + 1] - w->at[cluster] < 2)
        return;
    for (uint32_t i = w->at[cluster]; i < w->at[cluster + 1]; i++)
        if (values)
            record_prefetch_values(&w->in->load->batch, w->row[i]);
        else
            record_prefetch_places(&w->in->load->batch, w->row[i]);
}

static void S_choose_piece(void *context, size_t item, unsigned worker)
{
    struct survivors_work *w = context;
    const struct survivors_input *in = w->in;
    unsigned n_fields = in->load->batch.schema->n_fields;
    uint32_t from = (uint32_t)item * CLUSTERS_A_PIECE, to = from + CLUSTERS_A_PIECE;
    struct arena scratch = {0};
    struct sole *sole = in->clear_values || in->n_pins ? NULL : &w->sole[worker];
    to = to < in->n_clusters ? to : in->n_clusters;
    for (uint32_t c = from; c < to; c++) {
        uint32_t n = w->at[c + 1] - w->at[c];
        struct golden_field golden[MOST_FIELDS];
        struct buf *bytes = &w->out->bytes[item];
        S_prefetch(w, c + 4, false);
        S_prefetch(w, c + 2, true);
        arena_reset(&scratch);
        w->prov_at[c] = bytes->len;
        w->out->size[c] = n;
        if (n == 1 && sole && S_sole(sole, w, w->row[w->at[c]], bytes)) {
            w->prov_len[c] = bytes->len - w->prov_at[c];
            continue;
        }
        struct survive_member *member = ARENA_NEW(&scratch, struct survive_member, n);
        int64_t *rid = ARENA_NEW(&scratch, int64_t, n);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t row = w->row[w->at[c] + i];
            S_member(w, row, &scratch, &member[i]);
            rid[i] = in->rid[row];
        }
        struct survive_pin pin[MOST_FIELDS];
        unsigned n_pins = in->n_pins ? S_pins(in, c, rid, n, pin) : 0;
        survive_golden(&w->plan, member, n, pin, n_pins, &scratch, golden);
        golden_pack(golden, n_fields, member, rid, n, bytes);
        w->prov_len[c] = bytes->len - w->prov_at[c];
        if (n == 1 && sole)
            S_keep_sole(sole, w, w->row[w->at[c]], str_sub(buf_view(bytes), w->prov_at[c], bytes->len));
        if (in->clear_values)
            w->out->clear[c] = S_clear_values(w, golden, n_fields, &w->out->arena[item]);
    }
    arena_deinit(&scratch);
}

static void S_gather_members(struct survivors_work *w)
{
    uint32_t n_rows = w->in->load->batch.n_rows, n = w->in->n_clusters;
    w->at = xcalloc((size_t)n + 2, sizeof *w->at);
    w->row = xmalloc(((size_t)n_rows + 1) * sizeof *w->row);
    for (uint32_t row = 0; row < n_rows; row++)
        w->at[w->in->cluster[row] + 2]++;
    for (uint32_t c = 2; c < n + 2; c++)
        w->at[c] += w->at[c - 1];
    for (uint32_t row = 0; row < n_rows; row++)
        w->row[w->at[w->in->cluster[row] + 1]++] = row;
}

void survivors_choose(const struct survivors_input *in, struct survivors *out)
{
    struct survivors_work w = {.in = in, .out = out};
    uint32_t n = in->n_clusters;
    *out = (struct survivors){.n_pieces = ((size_t)n + CLUSTERS_A_PIECE - 1) / CLUSTERS_A_PIECE};
    out->bytes = xcalloc(out->n_pieces + 1, sizeof *out->bytes);
    out->arena = xcalloc(out->n_pieces + 1, sizeof *out->arena);
    out->prov = xcalloc((size_t)n + 1, sizeof *out->prov);
    out->size = xcalloc((size_t)n + 1, sizeof *out->size);
    out->clear = xcalloc((size_t)n + 1, sizeof *out->clear);
    w.prov_at = xcalloc((size_t)n + 1, sizeof *w.prov_at);
    w.prov_len = xcalloc((size_t)n + 1, sizeof *w.prov_len);
    w.mapped = S_mapped(in);
    golden_plan(in->config, in->load->batch.schema, &w.plan);
    S_look_at_rules(&w);
    S_gather_members(&w);
    unsigned threads = in->threads ? in->threads : 1;
    w.sole = xcalloc(threads, sizeof *w.sole);
    parallel_for(in->threads, out->n_pieces, S_choose_piece, &w);
    for (uint32_t c = 0; c < n; c++)
        out->prov[c] = (struct str){out->bytes[c / CLUSTERS_A_PIECE].ptr + w.prov_at[c], w.prov_len[c]};
    for (unsigned i = 0; i < threads; i++)
        arena_deinit(&w.sole[i].arena);
    free(w.sole);
    free(w.at);
    free(w.row);
    free(w.mapped);
    free(w.prov_at);
    free(w.prov_len);
}

void survivors_deinit(struct survivors *s)
{
    for (size_t i = 0; i < s->n_pieces; i++) {
        buf_deinit(&s->bytes[i]);
        arena_deinit(&s->arena[i]);
    }
    free(s->bytes);
    free(s->arena);
    free(s->prov);
    free(s->size);
    free(s->clear);
    *s = (struct survivors){0};
}
