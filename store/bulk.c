#include "store/bulk.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/radix.h"
#include "store/page_tree.h"
#include "store/row_code.h"

struct bulk_record {
    const char *row; /* as it stands in t_record */
    uint32_t row_len;
    uint16_t id_len, id_at; /* the id inside the row */
    uint32_t source;
    bool text;
    uint8_t status;
    int64_t rid, master;
};

struct bulk_master {
    const char *row;
    uint32_t row_len;
    uint8_t uuid[16];
    int64_t mid;
};

struct bulk {
    struct arena arena;
    struct bulk_record *record;
    struct bulk_master *master;
    size_t n_records, records_room, n_masters, masters_room;
    struct buf code;
};

enum { MOST_ID = 1024, FIRST_ROOM = 4096 };

struct bulk *bulk_new(void)
{
    return xcalloc(1, sizeof(struct bulk));
}

void bulk_free(struct bulk *b)
{
    if (!b)
        return;
    free(b->record);
    free(b->master);
    buf_deinit(&b->code);
    arena_deinit(&b->arena);
    free(b);
}

static const char *S_keep(struct bulk *b)
{
    char *row = arena_alloc(&b->arena, b->code.len, 1);
    memcpy(row, b->code.ptr, b->code.len);
    return row;
}

enum idem_status bulk_add_record(struct store *s, const struct store_record *record, struct str stored_id, bool text,
                                 struct idem_error *err)
{
    struct bulk *b = s->bulk;
    if (b->n_records && record->rid <= b->record[b->n_records - 1].rid)
        return error_set(err, IDEM_INVALID, "%s: records are not in ascending order", s->info.path);
    if (stored_id.len > MOST_ID)
        return error_set(err, IDEM_LIMIT, "%s: a record id is longer than %d bytes", s->info.path, MOST_ID);
    if (b->n_records == b->records_room) {
        b->records_room = b->records_room ? b->records_room * 2 : FIRST_ROOM;
        b->record = xrealloc(b->record, b->records_room * sizeof *b->record);
    }
    /* columns of t_record; rid is the rowid, seq is the row's own number: NULL */
    const struct row_value value[] = {row_null(),
                                      row_integer(record->source),
                                      text ? row_text(stored_id) : row_blob(stored_id),
                                      row_id(record->mid),
                                      row_integer((int64_t)record->fingerprint),
                                      row_null(),
                                      row_integer((int64_t)record->status),
                                      row_integer(1)};
    buf_clear(&b->code);
    row_encode(value, COUNT_OF(value), &b->code);
    /* the id follows the header and the source, of 0 to 8 bytes */
    struct buf before = {0};
    row_encode(value, 2, &before);
    size_t source_bytes = before.len - (uint8_t)before.ptr[0];
    buf_deinit(&before);
    b->record[b->n_records++] = (struct bulk_record){.row = S_keep(b),
                                                     .row_len = (uint32_t)b->code.len,
                                                     .id_len = (uint16_t)stored_id.len,
                                                     .id_at = (uint16_t)((uint8_t)b->code.ptr[0] + source_bytes),
                                                     .source = (uint32_t)record->source,
                                                     .text = text,
                                                     .status = (uint8_t)record->status,
                                                     .rid = record->rid,
                                                     .master = record->mid};
    return IDEM_OK;
}

enum idem_status bulk_add_master(struct store *s, const struct store_master *m, struct idem_error *err)
{
    struct bulk *b = s->bulk;
    char uuid[37];
    if (b->n_masters && m->mid <= b->master[b->n_masters - 1].mid)
        return error_set(err, IDEM_INVALID, "%s: masters are not in ascending order", s->info.path);
    if (b->n_masters == b->masters_room) {
        b->masters_room = b->masters_room ? b->masters_room * 2 : FIRST_ROOM;
        b->master = xrealloc(b->master, b->masters_room * sizeof *b->master);
    }
    store_uuid_format(m->uuid, uuid);
    const struct row_value value[] = {row_null(),
                                      row_text((struct str){uuid, 36}),
                                      row_integer((int64_t)m->status),
                                      row_id(m->target),
                                      row_integer(m->n),
                                      row_null(),
                                      row_integer(1),
                                      row_id(m->component),
                                      m->prov.len ? row_blob(m->prov) : row_null()};
    buf_clear(&b->code);
    row_encode(value, COUNT_OF(value), &b->code);
    struct bulk_master *own = &b->master[b->n_masters++];
    *own = (struct bulk_master){.row = S_keep(b), .row_len = (uint32_t)b->code.len, .mid = m->mid};
    memcpy(own->uuid, m->uuid, sizeof own->uuid);
    return IDEM_OK;
}

enum idem_status bulk_roots(struct store *s, uint32_t root[BULK_TREES], struct idem_error *err)
{
    static const char *const names[BULK_TREES] = {"t_record", "record_key", "record_master", "t_master", "master_uuid"};
    for (unsigned i = 0; i < BULK_TREES; i++) {
        char query[100];
        int64_t page;
        snprintf(query, sizeof query, "SELECT rootpage FROM sqlite_schema WHERE name = '%s'", names[i]);
        TRY(sql_number(s, query, &page, err));
        root[i] = (uint32_t)page;
    }
    return IDEM_OK;
}

/* ---- order by (source, text before blob, id) */

static struct str S_id(const struct bulk_record *r)
{
    return (struct str){r->row + r->id_at, r->id_len};
}

static uint64_t S_group(const struct bulk_record *r)
{
    return (uint64_t)r->source << 1 | !r->text;
}

static int S_compare_keys(const struct bulk_record *x, const struct bulk_record *y)
{
    uint64_t a = S_group(x), b = S_group(y);
    return a != b ? (a < b ? -1 : 1) : str_cmp(S_id(x), S_id(y));
}

/* Eight bytes from `skip` on, big-endian, zeros behind the end. */
static uint64_t S_eight_bytes(struct str id, size_t skip)
{
    uint64_t key = 0;
    for (size_t i = skip; i < skip + 8; i++)
        key = key << 8 | (i < id.len ? (uint8_t)id.ptr[i] : 0);
    return key;
}

static size_t S_common(struct str a, struct str b, size_t most)
{
    size_t n = 0;
    while (n < most && n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
        n++;
    return n;
}

struct tie {
    const struct bulk_record *record;
    uint32_t row;
};

static int S_compare_ties(const void *a, const void *b)
{
    return S_compare_keys(((const struct tie *)a)->record, ((const struct tie *)b)->record);
}

/* Entries of one group are sorted by eight bytes: those that are equal there, by all. */
static void S_sort_ties(const struct bulk *b, struct key_row *entry, size_t n)
{
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && entry[to].key == entry[from].key; to++)
            ;
        if (to - from == 1)
            continue;
        struct tie *tie = xmalloc((to - from) * sizeof *tie);
        for (size_t i = from; i < to; i++)
            tie[i - from] = (struct tie){&b->record[entry[i].row], entry[i].row};
        qsort(tie, to - from, sizeof *tie, S_compare_ties);
        for (size_t i = from; i < to; i++)
            entry[i].row = tie[i - from].row;
        free(tie);
    }
}

/* Entries of one group, in any order: by the eight bytes behind what all ids of the group begin with (ids of a source
 * are mostly alike, as C-000017), then by the rest. */
static void S_sort_group(const struct bulk *b, struct key_row *entry, struct key_row *scratch, size_t n)
{
    struct str first = S_id(&b->record[entry[0].row]);
    size_t common = first.len;
    for (size_t i = 1; i < n; i++)
        common = S_common(first, S_id(&b->record[entry[i].row]), common);
    for (size_t i = 0; i < n; i++)
        entry[i].key = S_eight_bytes(S_id(&b->record[entry[i].row]), common);
    radix_sort(entry, scratch, n);
    S_sort_ties(b, entry, n);
}

static bool S_sorted_by_key(const struct bulk *b)
{
    for (size_t i = 1; i < b->n_records; i++)
        if (S_compare_keys(&b->record[i - 1], &b->record[i]) > 0)
            return false;
    return true;
}

static void S_sort_by_key(const struct bulk *b, struct key_row *entry, struct key_row *scratch)
{
    for (size_t i = 0; i < b->n_records; i++)
        entry[i] = (struct key_row){S_group(&b->record[i]), (uint32_t)i};
    if (S_sorted_by_key(b))
        return;
    radix_sort(entry, scratch, b->n_records);
    for (size_t from = 0, to; from < b->n_records; from = to) {
        uint64_t group = S_group(&b->record[entry[from].row]);
        for (to = from + 1; to < b->n_records && S_group(&b->record[entry[to].row]) == group; to++)
            ;
        S_sort_group(b, entry + from, scratch, to - from);
    }
}

/* ---- the trees */

static void S_write_records(const struct bulk *b, struct page_file *f, uint32_t root)
{
    struct page_tree t;
    page_tree_start(&t, f, PAGE_TABLE, root);
    for (size_t i = 0; i < b->n_records; i++)
        page_tree_row(&t, b->record[i].rid, (struct str){b->record[i].row, b->record[i].row_len});
    page_tree_end(&t);
}

static void S_write_masters(const struct bulk *b, struct page_file *f, uint32_t root)
{
    struct page_tree t;
    page_tree_start(&t, f, PAGE_TABLE, root);
    for (size_t i = 0; i < b->n_masters; i++)
        page_tree_row(&t, b->master[i].mid, (struct str){b->master[i].row, b->master[i].row_len});
    page_tree_end(&t);
}

/* record_key(source, record_id, status, master), rid */
static enum idem_status S_write_record_keys(struct bulk *b, struct page_file *f, uint32_t root, struct key_row *entry,
                                            struct key_row *scratch, struct idem_error *err)
{
    struct page_tree t;
    enum idem_status status = IDEM_OK;
    S_sort_by_key(b, entry, scratch);
    page_tree_start(&t, f, PAGE_INDEX, root);
    for (size_t i = 0; i < b->n_records && status == IDEM_OK; i++) {
        const struct bulk_record *r = &b->record[entry[i].row];
        if (i && S_compare_keys(&b->record[entry[i - 1].row], r) == 0)
            status = error_set(err, IDEM_CONFLICT, "%s: a record id comes twice in one source", f->path);
        const struct row_value value[] = {row_integer(r->source), r->text ? row_text(S_id(r)) : row_blob(S_id(r)),
                                          row_integer(r->status), row_id(r->master), row_integer(r->rid)};
        buf_clear(&b->code);
        row_encode(value, COUNT_OF(value), &b->code);
        page_tree_entry(&t, buf_view(&b->code));
    }
    page_tree_end(&t);
    return status;
}

/* record_master(master), rid */
static void S_write_record_masters(struct bulk *b, struct page_file *f, uint32_t root, struct key_row *entry,
                                   struct key_row *scratch)
{
    struct page_tree t;
    for (size_t i = 0; i < b->n_records; i++)
        entry[i] = (struct key_row){(uint64_t)b->record[i].master, (uint32_t)i};
    radix_sort(entry, scratch, b->n_records);
    page_tree_start(&t, f, PAGE_INDEX, root);
    for (size_t i = 0; i < b->n_records; i++) {
        const struct row_value value[] = {row_id((int64_t)entry[i].key), row_integer(b->record[entry[i].row].rid)};
        buf_clear(&b->code);
        row_encode(value, COUNT_OF(value), &b->code);
        page_tree_entry(&t, buf_view(&b->code));
    }
    page_tree_end(&t);
}

static uint64_t S_half(const uint8_t *bytes)
{
    return S_eight_bytes((struct str){(const char *)bytes, 8}, 0);
}

static void S_sort_by_uuid(const struct bulk *b, struct key_row *entry, struct key_row *scratch)
{
    bool sorted = true;
    for (size_t i = 0; i < b->n_masters; i++) {
        entry[i] = (struct key_row){S_half(b->master[i].uuid + 8), (uint32_t)i};
        sorted &= !i || memcmp(b->master[i - 1].uuid, b->master[i].uuid, 16) <= 0;
    }
    if (sorted)
        return;
    radix_sort(entry, scratch, b->n_masters);
    for (size_t i = 0; i < b->n_masters; i++)
        entry[i].key = S_half(b->master[entry[i].row].uuid);
    radix_sort(entry, scratch, b->n_masters);
}

/* master_uuid(uuid), mid: the text sorts as its bytes do */
static enum idem_status S_write_master_uuids(struct bulk *b, struct page_file *f, uint32_t root, struct key_row *entry,
                                             struct key_row *scratch, struct idem_error *err)
{
    struct page_tree t;
    enum idem_status status = IDEM_OK;
    char uuid[37];
    S_sort_by_uuid(b, entry, scratch);
    page_tree_start(&t, f, PAGE_INDEX, root);
    for (size_t i = 0; i < b->n_masters && status == IDEM_OK; i++) {
        const struct bulk_master *m = &b->master[entry[i].row];
        if (i && memcmp(b->master[entry[i - 1].row].uuid, m->uuid, 16) == 0)
            status = error_set(err, IDEM_CONFLICT, "%s: a master_id comes twice", f->path);
        store_uuid_format(m->uuid, uuid);
        const struct row_value value[] = {row_text((struct str){uuid, 36}), row_integer(m->mid)};
        buf_clear(&b->code);
        row_encode(value, COUNT_OF(value), &b->code);
        page_tree_entry(&t, buf_view(&b->code));
    }
    page_tree_end(&t);
    return status;
}

enum idem_status bulk_write(struct bulk *b, int fd, const char *path, const uint32_t root[BULK_TREES],
                            struct idem_error *err)
{
    struct page_file f;
    size_t most = (b->n_records > b->n_masters ? b->n_records : b->n_masters) + 1;
    TRY(page_file_start(&f, fd, path, err));
    struct key_row *entry = xmalloc(most * sizeof *entry), *scratch = xmalloc(most * sizeof *scratch);
    S_write_records(b, &f, root[BULK_RECORD]);
    enum idem_status status = S_write_record_keys(b, &f, root[BULK_RECORD_KEY], entry, scratch, err);
    S_write_record_masters(b, &f, root[BULK_RECORD_MASTER], entry, scratch);
    S_write_masters(b, &f, root[BULK_MASTER]);
    if (status == IDEM_OK)
        status = S_write_master_uuids(b, &f, root[BULK_MASTER_UUID], entry, scratch, err);
    free(entry);
    free(scratch);
    enum idem_status written = page_file_end(&f, status == IDEM_OK ? err : NULL);
    return status == IDEM_OK ? written : status;
}
