/*
 * Any bytes as what idem keeps in containers: damaged ones are refused, and what is taken says the same when it is
 * packed and unpacked again. The first byte chooses the format, the rest is the container.
 */
#include <stdlib.h>
#include <unistd.h>

#include "engine/components.h"
#include "engine/golden.h"
#include "matcher/compare.h"
#include "record/pack.h"
#include "store/leaf.h"
#include "store/segment_code.h"
#include "tests/fuzz/fuzz_shop.h"

static void S_norm(struct str bytes, struct arena *a)
{
    struct norm value, again;
    struct buf packed = {0};
    (void)a;
    norm_is_flagged(bytes);
    if (!norm_unpack(bytes, &value))
        return;
    norm_pack(&value, &packed);
    fuzz_require(norm_unpack(buf_view(&packed), &again) && again.flags == value.flags, "a value is lost");
    for (unsigned f = 0; f < NORM_FORMS; f++)
        fuzz_require(str_eq(value.form[f], again.form[f]), "a form changes when it is packed");
    buf_deinit(&packed);
}

static void S_record(struct str bytes, struct arena *a)
{
    struct packed_record record, again;
    struct schema schema = {.n_fields = 0};
    struct batch batch;
    struct buf packed = {0};
    if (!record_unpack(bytes, a, &record))
        return;
    schema.n_fields = record.n_fields;
    batch_init(&batch, &schema);
    record_append(&batch, 0, STR("id"), &record);
    record_pack(&batch, 0, &packed);
    fuzz_require(record_unpack(buf_view(&packed), a, &again), "a record does not unpack");
    fuzz_require(again.n_fields == record.n_fields && again.updated_at == record.updated_at &&
                     (uint8_t)again.entity == (uint8_t)record.entity,
                 "a record changes when it is packed");
    for (unsigned f = 0; f < record.n_fields; f++) {
        fuzz_require(again.field[f].n == record.field[f].n || record.field[f].n == 1, "values are lost");
        for (unsigned v = 0; v < again.field[f].n; v++)
            fuzz_require(str_eq(again.field[f].value[v].raw, record.field[f].value[v].raw), "a value changes");
    }
    buf_deinit(&packed);
    batch_deinit(&batch);
}

static void S_leaf(struct str bytes, struct arena *a)
{
    struct leaf_slot slot[LEAF_SLOTS], again[LEAF_SLOTS];
    struct buf packed = {0};
    if (!leaf_parse(bytes, slot))
        return;
    leaf_start(&packed);
    for (unsigned i = 0; i < LEAF_SLOTS; i++)
        if (slot[i].used)
            leaf_add_slot(&packed, slot[i].record_id, slot[i].packed);
        else
            leaf_empty_slot(&packed);
    fuzz_require(leaf_parse(buf_view(&packed), again), "a leaf does not unpack");
    for (unsigned i = 0; i < LEAF_SLOTS; i++) {
        fuzz_require(again[i].used == slot[i].used && str_eq(again[i].packed, slot[i].packed) &&
                         str_eq(again[i].record_id, slot[i].record_id),
                     "a leaf changes when it is packed");
        S_record(slot[i].packed, a);
    }
    buf_deinit(&packed);
}

static void S_golden(struct str bytes, struct arena *a)
{
    struct golden_prov golden;
    struct str fields = {0};
    struct buf packed = {0};
    if (!golden_unpack(bytes, 6, a, &golden))
        return;
    for (unsigned f = 0; f < golden.n_fields; f++)
        for (uint32_t v = 0; v < golden.field[f].n; v++)
            fuzz_require(golden.field[f].choice[v].member < golden.n_rids, "a value of no member");
    if (golden_sole_fields(bytes, &fields)) {
        golden_pack_sole(golden.rid[0], fields, &packed);
        fuzz_require(golden_unpack(buf_view(&packed), 6, a, &golden), "a golden record does not unpack");
    }
    buf_deinit(&packed);
}

static void S_model(struct str bytes, struct arena *a)
{
    struct model *m = ARENA_NEW(a, struct model, 2);
    struct buf first = {0}, second = {0};
    if (!model_unpack(bytes, a, &m[0]))
        return;
    model_pack(&m[0], &first);
    fuzz_require(model_unpack(buf_view(&first), a, &m[1]), "a model does not unpack");
    model_pack(&m[1], &second);
    fuzz_require(str_eq(buf_view(&first), buf_view(&second)), "a model changes when it is packed");
    for (unsigned i = 0; i < m->n_comparisons; i++)
        frequency_of(&m->comparison[i].tf, 1ULL << 60);
    buf_deinit(&first);
    buf_deinit(&second);
}

static void S_segment(struct str bytes, struct arena *a)
{
    struct segment_reader r = {.rest = bytes};
    size_t n = 0;
    (void)a;
    for (bool more = true; more && segment_next(&r, &more);)
        fuzz_require(n++ <= bytes.len, "more entries than bytes");
}

/* ------------------------------------------------------------------ through a database */

static struct store *store;

static void S_close(void)
{
    store_rollback(store);
    store_close(store);
}

/* In a transaction that is never committed. */
static void S_open(void)
{
    struct fuzz_shop shop;
    struct idem_error err = {0};
    fuzz_shop_open(&shop, false);
    struct store_options options = {.path = shop.db, .mode = STORE_WRITE};
    fuzz_require(store_open(&options, &store, &err) == IDEM_OK && store_begin(store, &err) == IDEM_OK, err.message);
    atexit(S_close);
}

static enum idem_status S_visit(void *context, const struct kept_component *c, struct idem_error *err)
{
    (void)context, (void)err;
    for (size_t i = 0; i < c->n_edges; i++)
        fuzz_require(c->edge[i].a < c->edge[i].b && c->edge[i].b < c->n, "an edge to no record");
    for (size_t i = 0; i < c->n_forced; i++)
        fuzz_require(c->forced[i].a < c->forced[i].b && c->forced[i].b < c->n, "a pair of no record");
    return IDEM_OK;
}

static void S_component(struct str bytes, struct arena *a)
{
    struct idem_error err = {0};
    struct kept_component c;
    if (!store)
        S_open();
    fuzz_require(store_put_blob(store, STORE_COMPONENT, 3, bytes, &err) == IDEM_OK, err.message);
    fuzz_answered(components_each(store, S_visit, NULL, &err), &err, NULL);
    fuzz_answered(component_get(store, 3 * 64 + 1, a, &c, &err), &err, NULL);
}

static void (*const FORMATS[])(struct str bytes, struct arena *a) = {S_norm,  S_record,  S_leaf,     S_golden,
                                                                     S_model, S_segment, S_component};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena a = {0};
    if (!len)
        return 0;
    FORMATS[data[0] % COUNT_OF(FORMATS)]((struct str){(const char *)data + 1, len - 1}, &a);
    arena_deinit(&a);
    return 0;
}
