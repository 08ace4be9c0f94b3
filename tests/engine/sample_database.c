#include "sample_database.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/golden.h"
#include "store/store.h"

enum { N_FIELDS = 5, BULK_MASTERS = 4, FIRST_DAY = 20409 };

static const struct {
    const char *name;
    enum field_type type;
    bool personal;
} FIELDS[N_FIELDS] = {{"given_name", FIELD_GIVEN_NAME, true},
                      {"family_name", FIELD_FAMILY_NAME, true},
                      {"email", FIELD_EMAIL, true},
                      {"city", FIELD_CITY, true},
                      {"tier", FIELD_CATEGORY, false}};

static const char *const SOURCES[] = {"crm", "billing", "mail", "bulk"};

struct row {
    unsigned source; /* into SOURCES */
    const char *record_id;
    int64_t mid;
    const char *value[N_FIELDS]; /* several separated by ';' */
};

static const struct row ROWS[] = {
    {0, "C-1", 1, {"Ann", "Smith", "ann@example.org;ann.smith@example.com", "Paris", "gold"}},
    {0, "C-2", 2, {"Bob", "O'Neil, \"Jr\"", "bob@example.org", NULL, "=1+1"}},
    {0, "C-3", 3, {"Zo\xC3\xAB", "\xE5\xB1\xB1\xE7\x94\xB0", NULL, "New\nYork", NULL}},
    {1, "77", 1, {"Annie", "Smith", "ann@example.org", "Paris", NULL}},
    {1, "78", 4, {"Robert", "O'Neil", NULL, "London", NULL}},
    {2, "ann@example.org", 1, {"A.", "Smith", "ann@example.org", NULL, NULL}},
};

struct sample {
    const struct sample_options *options;
    struct arena arena;
    struct schema schema;
    struct batch batch;
    struct store_record *record;
    size_t n_records, n_masters;
    struct keyring *keys;
    struct store *store;
    char path[512], key[512];
};

static void S_uuid(int64_t mid, uint8_t uuid[16])
{
    memset(uuid, 0, 16);
    uuid[0] = 0x01;
    uuid[1] = 0x93;
    uuid[2] = (uint8_t)(mid << 4);
    uuid[6] = 0x70;
    uuid[8] = 0x80;
    for (unsigned i = 0; i < 4; i++)
        uuid[15 - i] = (uint8_t)(mid >> 8 * i);
}

static void S_fields(struct sample *s)
{
    s->schema.n_fields = N_FIELDS;
    for (unsigned f = 0; f < N_FIELDS; f++)
        s->schema.field[f] =
            (struct field){.name = str_from(FIELDS[f].name), .type = FIELDS[f].type, .personal = FIELDS[f].personal};
}

/* Values as they are; what is compared is the same text. */
static void S_cell(struct sample *s, unsigned f, const char *text)
{
    uint32_t raw[8], norm[8], n = 0;
    struct str rest = str_from(text), value;
    struct buf packed = {0};
    while (text && str_next_piece(&rest, ';', &value) && n < 8) {
        struct norm forms = {.form = {[NORM_CANON] = value}};
        buf_clear(&packed);
        norm_pack(&forms, &packed);
        raw[n] = dict_add(&s->batch.raw[f].dict, value, NULL);
        norm[n++] = dict_add(&s->batch.norm[f].dict, buf_view(&packed), NULL);
    }
    column_append(&s->batch.raw[f], raw, n);
    column_append(&s->batch.norm[f], norm, n);
    buf_deinit(&packed);
}

static void S_add(struct sample *s, const struct row *row)
{
    size_t i = s->n_records++;
    int64_t day = row->source == 1 ? FIRST_DAY + 1 : FIRST_DAY;
    batch_append(&s->batch, (uint16_t)row->source, str_from(row->record_id), day * 86400000, ENTITY_PERSON);
    for (unsigned f = 0; f < N_FIELDS; f++)
        S_cell(s, f, row->value[f]);
    s->record[i] = (struct store_record){.rid = (int64_t)i + 1,
                                         .source = row->source + 1,
                                         .mid = row->mid,
                                         .record_id = s->batch.record_id[i],
                                         .fingerprint = i + 1,
                                         .run = 1};
}

static void S_rows(struct sample *s)
{
    size_t n = COUNT_OF(ROWS) + s->options->copies;
    s->record = ARENA_NEW(&s->arena, struct store_record, n);
    batch_init(&s->batch, &s->schema);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        S_add(s, &ROWS[i]);
    s->n_masters = BULK_MASTERS + s->options->copies;
    for (unsigned i = 0; i < s->options->copies; i++) {
        const char *id = str_cstr(&s->arena, arena_printf(&s->arena, "%08u", i));
        const char *mail = str_cstr(&s->arena, arena_printf(&s->arena, "person%u@example.net", i));
        S_add(s, &(struct row){3, id, BULK_MASTERS + 1 + (int64_t)i, {"Bulk", id, mail, "Lagos", NULL}});
    }
}

static void S_pack(void *context, size_t i, struct buf *out)
{
    struct sample *s = context;
    record_pack(&s->batch, (uint32_t)i, out);
}

static struct str S_prov(struct sample *s, int64_t mid, uint32_t *n_members)
{
    struct survive_member member[8];
    struct golden_field golden[N_FIELDS];
    struct survive_plan plan;
    int64_t rid[8];
    uint32_t n = 0;
    golden_plan(NULL, &s->schema, &plan);
    for (size_t i = mid > BULK_MASTERS ? COUNT_OF(ROWS) + (size_t)(mid - BULK_MASTERS - 1) : 0;
         i < s->n_records && n < 8; i++) {
        if (s->record[i].mid != mid) {
            if (mid > BULK_MASTERS)
                break;
            continue;
        }
        struct buf bytes = {0};
        struct packed_record packed;
        record_pack(&s->batch, (uint32_t)i, &bytes);
        if (!record_unpack(str_copy(&s->arena, buf_view(&bytes)), &s->arena, &packed))
            abort();
        golden_member(&packed, &s->schema, NULL, s->batch.source[i] + 1u, n, &s->arena, &member[n]);
        rid[n++] = s->record[i].rid;
        buf_deinit(&bytes);
    }
    *n_members = n;
    if (s->options->no_prov)
        return (struct str){0};
    struct buf prov = {0};
    survive_golden(&plan, member, n, NULL, 0, &s->arena, golden);
    golden_pack(golden, N_FIELDS, member, rid, n, &prov);
    struct str copy = str_copy(&s->arena, buf_view(&prov));
    buf_deinit(&prov);
    return copy;
}

static enum idem_status S_put_masters(struct sample *s, struct idem_error *err)
{
    for (size_t i = 0; i < s->n_masters; i++) {
        struct store_master master = {.mid = (int64_t)i + 1, .status = STORE_MASTER_ACTIVE, .run = 1};
        S_uuid(master.mid, master.uuid);
        master.prov = S_prov(s, master.mid, &master.n);
        TRY(store_put_masters(s->store, &master, 1, err));
    }
    return IDEM_OK;
}

static enum idem_status S_put_rejects(struct sample *s, struct idem_error *err)
{
    const struct store_reject rejects[] = {
        {1, 1, STR("crm.csv"), STR("unclosed quote"), 12, STR("C-9,\"Eve")},
        {1, 1, STR("crm.csv"), STR("too few cells"), 40, STR("C-10")},
    };
    return store_put_rejects(s->store, rejects, COUNT_OF(rejects), err);
}

static enum idem_status S_put_run(struct sample *s, int64_t day, struct idem_error *err)
{
    int64_t now = day * 86400000;
    struct store_run run = {.started_ms = now,
                            .finished_ms = now + 1500,
                            .now_ms = now,
                            .committed = true,
                            .by = STR("tester"),
                            .version = STR(IDEM_VERSION),
                            .normaliser = STR("0123456789abcdef"),
                            .report = STR("{\"status\":\"committed\"}")};
    return store_put_run(s->store, &run, err);
}

static enum idem_status S_first_run(struct sample *s, struct idem_error *err)
{
    struct store_create_options create = {
        .path = s->path, .keys = s->keys, .normaliser = STR("0123456789abcdef"), .now_ms = FIRST_DAY * 86400000ll};
    TRY(store_create(&create, &s->store, err));
    TRY(store_put_fields(s->store, &s->schema, err));
    for (size_t i = 0; i < COUNT_OF(SOURCES); i++) {
        struct store_source source = {.name = str_from(SOURCES[i]), .personal_ids = i == 2 && !s->options->clear};
        TRY(store_put_source(s->store, &source, err));
    }
    store_take_rids(s->store, s->n_records);
    store_take_mids(s->store, s->n_masters);
    TRY(store_put_leaves(s->store, s->record, s->n_records, S_pack, s, 0, 1, err));
    TRY(S_put_masters(s, err));
    TRY(store_put_records(s->store, s->record, s->n_records, err));
    TRY(S_put_rejects(s, err));
    TRY(S_put_run(s, FIRST_DAY, err));
    return store_commit(s->store, err);
}

/* Master 4 is merged into 2; record C-3 goes and master 3 is retired. */
static enum idem_status S_second_run(struct sample *s, struct idem_error *err)
{
    struct store_master master;
    struct store_record *gone = &s->record[2];
    TRY(store_begin(s->store, err));
    int64_t seq = store_take_seqs(s->store, 3), run = store_next_run(s->store);
    TRY(store_get_master(s->store, 2, &s->arena, &master, err));
    master.n = 2;
    TRY(store_put_masters(s->store, &master, 1, err));
    TRY(store_get_master(s->store, 3, &s->arena, &master, err));
    master.status = STORE_MASTER_RETIRED;
    master.n = 0;
    master.seq = seq + 1;
    TRY(store_put_masters(s->store, &master, 1, err));
    TRY(store_get_master(s->store, 4, &s->arena, &master, err));
    master.status = STORE_MASTER_REDIRECTED;
    master.target = 2;
    master.n = 0;
    master.seq = seq;
    TRY(store_put_masters(s->store, &master, 1, err));
    gone->status = STORE_RECORD_GONE;
    gone->seq = seq + 2;
    TRY(store_put_records(s->store, gone, 1, err));
    const struct store_event events[] = {{.seq = seq, .run = run, .kind = STORE_MERGED, .mid = 4, .other = 2},
                                         {.seq = seq + 1, .run = run, .kind = STORE_RETIRED, .mid = 3},
                                         {.seq = seq + 2, .run = run, .kind = STORE_DETACHED, .rid = 3, .mid = 3}};
    TRY(store_put_events(s->store, events, COUNT_OF(events), err));
    TRY(S_put_run(s, FIRST_DAY + 2, err));
    return store_commit(s->store, err);
}

static enum idem_status S_reopen(struct sample *s, struct idem_error *err)
{
    store_close(s->store);
    s->store = NULL;
    keyring_close(s->keys);
    s->keys = NULL;
    if (!s->options->clear)
        TRY(keyring_open(s->key, &s->keys, err));
    struct store_options options = {.path = s->path, .mode = STORE_WRITE, .keys = s->keys};
    return store_open(&options, &s->store, err);
}

static enum idem_status S_keys(struct sample *s, struct idem_error *err)
{
    if (s->options->clear)
        return IDEM_OK;
    TRY(seal_key_file_create(s->key, err));
    return keyring_open(s->key, &s->keys, err);
}

enum idem_status sample_database(const struct sample_options *options, struct idem_error *err)
{
    struct sample s = {.options = options};
    enum idem_status status;
    arena_init(&s.arena);
    snprintf(s.path, sizeof s.path, "%s/sample.db", options->folder);
    snprintf(s.key, sizeof s.key, "%s/sample.key", options->folder);
    S_fields(&s);
    S_rows(&s);
    TRY_DONE(S_keys(&s, err));
    TRY_DONE(S_first_run(&s, err));
    TRY_DONE(S_reopen(&s, err));
    status = S_second_run(&s, err);
done:
    store_close(s.store);
    keyring_close(s.keys);
    batch_deinit(&s.batch);
    arena_deinit(&s.arena);
    return status;
}
