#include "engine/golden.h"

#include <stdlib.h>

#include "engine/master.h"
#include "engine/pins.h"
#include "rules/types.h"

enum { PROV_VERSION = 1, PLACE_BITS = 3, PLACE_MORE = 7 };

/* ------------------------------------------------------------------ packing */

/* Where the v-th golden value stands among the members' values. Members may share the text: the first value is that of
 * the member that survivorship chose. */
static bool S_place(const struct survive_member *member, uint32_t n_members, unsigned field,
                    const struct golden_field *golden, uint32_t nth, uint32_t *of, uint32_t *place)
{
    const struct survive_value *value = &golden->value[nth];
    uint32_t chosen = nth == 0 && golden->member < n_members ? golden->member : 0;
    for (uint32_t i = 0; i < n_members; i++) {
        uint32_t m = (chosen + i) % n_members;
        const struct survive_cell *cell = &member[m].cell[field];
        for (uint32_t v = 0; v < cell->n; v++)
            if (cell->value[v].raw.ptr == value->raw.ptr && cell->value[v].raw.len == value->raw.len) {
                *of = m;
                *place = v;
                return true;
            }
    }
    return false;
}

static int S_by_rid(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct packing {
    const struct golden_field *golden;
    const struct survive_member *member;
    const int64_t *rid;
    uint32_t n_members;
    int64_t *used; /* rids that values come from, ascending */
    uint32_t n_used;
};

/* The rids that any value comes from. */
static void S_used(struct packing *p, unsigned n_fields)
{
    uint32_t n = 0, kept = 0;
    for (unsigned f = 0; f < n_fields; f++)
        for (uint32_t v = 0; v < p->golden[f].n; v++) {
            uint32_t of, place;
            bool known = false;
            if (!S_place(p->member, p->n_members, f, &p->golden[f], v, &of, &place))
                continue;
            for (uint32_t i = 0; i < n && !known; i++)
                known = p->used[i] == p->rid[of];
            if (!known)
                p->used[n++] = p->rid[of];
        }
    qsort(p->used, n, sizeof *p->used, S_by_rid);
    for (uint32_t i = 0; i < n; i++)
        if (!kept || p->used[kept - 1] != p->used[i])
            p->used[kept++] = p->used[i];
    p->n_used = kept;
}

static void S_put_choice(const struct packing *p, unsigned field, uint32_t of, uint32_t place, struct buf *out)
{
    uint32_t index = 0;
    (void)field;
    while (p->used[index] != p->rid[of])
        index++;
    buf_varint(out, (uint64_t)index << PLACE_BITS | (place < PLACE_MORE ? place : PLACE_MORE));
    if (place >= PLACE_MORE)
        buf_varint(out, place);
}

static void S_put_field(const struct packing *p, unsigned f, struct buf *out)
{
    const struct golden_field *golden = &p->golden[f];
    uint32_t n = 0, of, place;
    for (uint32_t v = 0; v < golden->n; v++)
        n += S_place(p->member, p->n_members, f, golden, v, &of, &place);
    buf_varint(out, (uint64_t)n << 3 | golden->rule);
    for (uint32_t v = 0; v < golden->n; v++)
        if (S_place(p->member, p->n_members, f, golden, v, &of, &place))
            S_put_choice(p, f, of, place, out);
}

void golden_pack(const struct golden_field *golden, unsigned n_fields, const struct survive_member *member,
                 const int64_t *rid, uint32_t n_members, struct buf *out)
{
    struct packing p = {.golden = golden, .member = member, .rid = rid, .n_members = n_members};
    while (n_fields && !golden[n_fields - 1].n)
        n_fields--;
    p.used = xcalloc(n_members + 1, sizeof *p.used);
    S_used(&p, n_fields);
    buf_byte(out, PROV_VERSION);
    buf_varint(out, p.n_used);
    for (uint32_t i = 0; i < p.n_used; i++)
        buf_varint(out, (uint64_t)(p.used[i] - (i ? p.used[i - 1] : 0)));
    for (unsigned f = 0; f < n_fields; f++)
        S_put_field(&p, f, out);
    free(p.used);
}

void golden_pack_sole(int64_t rid, struct str fields, struct buf *out)
{
    buf_byte(out, PROV_VERSION);
    buf_varint(out, 1);
    buf_varint(out, (uint64_t)rid);
    buf_str(out, fields);
}

bool golden_sole_fields(struct str prov, struct str *fields)
{
    uint64_t n, rid;
    if (!prov.len || prov.ptr[0] != PROV_VERSION)
        return false;
    *fields = str_sub(prov, 1, prov.len);
    return varint_take(fields, &n) && n == 1 && varint_take(fields, &rid);
}

/* ------------------------------------------------------------------ unpacking */

static bool S_take_rids(struct str *rest, struct arena *out, struct golden_prov *golden)
{
    uint64_t n, step, rid = 0;
    if (!varint_take(rest, &n) || n > rest->len)
        return false;
    golden->rid = ARENA_NEW(out, int64_t, n + 1);
    golden->n_rids = (uint32_t)n;
    for (uint64_t i = 0; i < n; i++) {
        if (!varint_take(rest, &step) || step > INT64_MAX - rid)
            return false;
        golden->rid[i] = (int64_t)(rid += step);
    }
    return true;
}

static bool S_take_field(struct str *rest, struct arena *out, uint32_t n_rids, struct golden_origin *field)
{
    uint64_t head, code, place;
    if (!varint_take(rest, &head) || head >> 3 > rest->len)
        return false;
    field->rule = head & 7;
    field->n = (uint32_t)(head >> 3);
    field->choice = ARENA_NEW(out, struct golden_choice, field->n + 1);
    for (uint32_t v = 0; v < field->n; v++) {
        if (!varint_take(rest, &code) || code >> PLACE_BITS >= n_rids)
            return false;
        place = code & PLACE_MORE;
        if (place == PLACE_MORE && !varint_take(rest, &place))
            return false;
        field->choice[v] = (struct golden_choice){(uint32_t)(code >> PLACE_BITS), (uint32_t)place};
    }
    return true;
}

bool golden_unpack(struct str prov, unsigned n_fields, struct arena *out, struct golden_prov *golden)
{
    *golden = (struct golden_prov){.n_fields = n_fields, .field = ARENA_NEW(out, struct golden_origin, n_fields + 1)};
    if (!prov.len || prov.ptr[0] != PROV_VERSION)
        return false;
    struct str rest = str_sub(prov, 1, prov.len);
    if (!S_take_rids(&rest, out, golden))
        return false;
    for (unsigned f = 0; rest.len; f++)
        if (f >= n_fields || !S_take_field(&rest, out, golden->n_rids, &golden->field[f]))
            return false;
    return true;
}

/* ------------------------------------------------------------------ rules and members */

void golden_plan(const struct config *config, const struct schema *schema, struct survive_plan *plan)
{
    struct survive_field field[MOST_FIELDS];
    for (unsigned f = 0; f < schema->n_fields; f++) {
        int configured = config ? schema_find(&config->schema, schema->field[f].name) : -1;
        field[f].type = field_plain_type(&schema->field[f]);
        field[f].derived = schema->field[f].derived;
        field[f].rule =
            configured >= 0 ? config->survivor[configured] : type_info(field_plain_type(&schema->field[f]))->survive;
    }
    survive_plan_init(plan, field, schema->n_fields);
}

static struct survive_value S_value(const struct packed_value *packed)
{
    struct norm norm = {0};
    if (!norm_unpack(packed->norm, &norm))
        norm = (struct norm){.flags = NORM_INVALID};
    return (struct survive_value){packed->raw, norm.form[NORM_CANON], norm.flags};
}

static void S_mapped(const struct config *c, const struct schema *schema, const struct mapping *mapping, unsigned n,
                     bool *mapped)
{
    for (unsigned m = 0; m < n; m++) {
        int f = schema_find(schema, c->schema.field[mapping[m].field].name);
        if (f >= 0)
            mapped[f] = true;
    }
}

void golden_mapped(const struct config *config, unsigned source, const struct schema *schema, bool mapped[MOST_FIELDS])
{
    const struct source *s = &config->source[source];
    S_mapped(config, schema, s->mapping, s->n_mappings, mapped);
    for (unsigned a = 0; a < s->n_also; a++)
        S_mapped(config, schema, s->also[a].mapping, s->also[a].n_mappings, mapped);
}

void golden_member(const struct packed_record *record, const struct schema *schema, const bool *mapped,
                   uint32_t priority, uint32_t rank, struct arena *out, struct survive_member *member)
{
    struct survive_cell *cell = ARENA_NEW(out, struct survive_cell, schema->n_fields + 1);
    *member = (struct survive_member){priority, rank, record->updated_at, cell};
    for (unsigned f = 0; f < schema->n_fields && f < record->n_fields; f++) {
        struct survive_value *value = ARENA_NEW(out, struct survive_value, record->field[f].n + 1);
        for (unsigned v = 0; v < record->field[f].n; v++)
            value[v] = S_value(&record->field[f].value[v]);
        cell[f] = (struct survive_cell){value, record->field[f].n, mapped && !mapped[f]};
    }
}

/* ------------------------------------------------------------------ reading */

enum idem_status golden_open(struct idem_session *s, struct golden_reader *r, struct idem_error *err)
{
    *r = (struct golden_reader){.config = s->config};
    arena_init(&r->arena);
    TRY(session_store(s, STORE_READ, &r->store, err));
    TRY(store_get_fields(r->store, &r->arena, &r->schema, err));
    TRY(store_get_sources(r->store, false, &r->arena, &r->source, &r->n_sources, err));
    golden_plan(s->config, &r->schema, &r->plan);
    unsigned n = s->config ? s->config->n_sources : 0;
    r->mapped = ARENA_NEW(&r->arena, bool, (size_t)n *MOST_FIELDS + 1);
    for (unsigned i = 0; i < n; i++)
        golden_mapped(s->config, i, &r->schema, r->mapped + (size_t)i * MOST_FIELDS);
    return IDEM_OK;
}

void golden_close(struct golden_reader *r)
{
    arena_deinit(&r->arena);
}

const struct store_source *golden_source(const struct golden_reader *r, int64_t id)
{
    if (id >= 1 && (size_t)id <= r->n_sources && r->source[id - 1].id == id)
        return &r->source[id - 1];
    for (size_t i = 0; i < r->n_sources; i++)
        if (r->source[i].id == id)
            return &r->source[i];
    return NULL;
}

/* Priority 1 wins; a source that the configuration does not name any more comes last. */
static void S_member(const struct golden_reader *r, int64_t source, const struct packed_record *record, uint32_t rank,
                     struct arena *out, struct survive_member *member)
{
    const struct store_source *known = golden_source(r, source);
    int i = known && r->config ? config_find_source(r->config, known->name) : -1;
    uint32_t priority = i >= 0 ? r->config->source[i].priority : 1000 + (uint32_t)source;
    const bool *mapped = i >= 0 ? r->mapped + (size_t)i * MOST_FIELDS : NULL;
    golden_member(record, &r->schema, mapped, priority, rank, out, member);
}

static enum idem_status S_record(struct golden_reader *r, int64_t rid, struct arena *out, struct store_record *row,
                                 struct packed_record *record, struct idem_error *err)
{
    TRY(store_get_record(r->store, rid, true, out, row, err));
    if (!record_unpack(row->packed, out, record))
        return error_set(err, IDEM_CORRUPT, "record %lld cannot be read; run \"idem verify\"", (long long)rid);
    return IDEM_OK;
}

static void S_empty(const struct golden_reader *r, struct arena *out, struct golden_text **golden)
{
    *golden = ARENA_NEW(out, struct golden_text, r->schema.n_fields + 1);
}

/* Values by provenance. */
static enum idem_status S_by_prov(struct golden_reader *r, int64_t mid, const struct golden_prov *prov,
                                  struct arena *out, struct golden_text *golden, struct idem_error *err)
{
    struct packed_record *record = ARENA_NEW(out, struct packed_record, prov->n_rids + 1);
    for (uint32_t i = 0; i < prov->n_rids; i++) {
        struct store_record row;
        TRY(S_record(r, prov->rid[i], out, &row, &record[i], err));
    }
    for (unsigned f = 0; f < prov->n_fields; f++) {
        const struct golden_origin *origin = &prov->field[f];
        golden[f].rule = origin->rule;
        golden[f].value = ARENA_NEW(out, struct str, origin->n + 1);
        for (uint32_t v = 0; v < origin->n; v++) {
            const struct packed_record *of = &record[origin->choice[v].member];
            uint32_t place = origin->choice[v].place;
            if (f >= of->n_fields || place >= of->field[f].n)
                return error_set(err, IDEM_CORRUPT,
                                 "a golden record points to a value that is not there; run \"idem verify\"");
            golden[f].value[golden[f].n++] = of->field[f].value[place].raw;
        }
        golden[f].rid = origin->n ? prov->rid[origin->choice[0].member] : 0;
        if (golden_is_pinned(origin)) {
            golden[f].n = 1;
            TRY(pins_text(r->store, mid, f, out, &golden[f].value[0], err));
        }
    }
    return IDEM_OK;
}

static int S_by_key(const void *a, const void *b)
{
    const struct store_record *x = a, *y = b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return str_cmp(x->record_id, y->record_id);
}

/* Values by the rules, from all members. */
static enum idem_status S_by_rules(struct golden_reader *r, int64_t mid, struct arena *out, struct golden_text *golden,
                                   struct idem_error *err)
{
    int64_t *rid;
    size_t n;
    TRY(master_members(r->store, mid, out, &rid, &n, err));
    struct store_record *row = ARENA_NEW(out, struct store_record, n + 1);
    struct survive_member *member = ARENA_NEW(out, struct survive_member, n + 1);
    struct golden_field *field = ARENA_NEW(out, struct golden_field, r->schema.n_fields + 1);
    for (size_t i = 0; i < n; i++)
        TRY(store_get_record(r->store, rid[i], true, out, &row[i], err));
    qsort(row, n, sizeof *row, S_by_key);
    for (size_t i = 0; i < n; i++) {
        struct packed_record record;
        if (!record_unpack(row[i].packed, out, &record))
            return error_set(err, IDEM_CORRUPT, "record %lld cannot be read; run \"idem verify\"",
                             (long long)row[i].rid);
        S_member(r, row[i].source, &record, (uint32_t)i, out, &member[i]);
    }
    if (!n)
        return IDEM_OK;
    survive_golden(&r->plan, member, (uint32_t)n, NULL, 0, out, field);
    for (unsigned f = 0; f < r->schema.n_fields; f++) {
        golden[f] = (struct golden_text){.n = field[f].n, .rule = field[f].rule};
        golden[f].rid = field[f].n && field[f].member < n ? row[field[f].member].rid : 0;
        golden[f].value = ARENA_NEW(out, struct str, field[f].n + 1);
        for (uint32_t v = 0; v < field[f].n; v++)
            golden[f].value[v] = field[f].value[v].raw;
    }
    return IDEM_OK;
}

enum idem_status golden_read(struct golden_reader *r, const struct store_master *master, struct arena *out,
                             struct golden_text **golden, struct idem_error *err)
{
    struct golden_prov prov;
    S_empty(r, out, golden);
    if (golden_unpack(master->prov, r->schema.n_fields, out, &prov))
        return S_by_prov(r, master->mid, &prov, out, *golden, err);
    return S_by_rules(r, master->mid, out, *golden, err);
}
