/* SQLite's file format, section 1.6: the way down to the leaves is read once, the leaves piece by piece. */
#include "store/table_pages.h"

#include <stdlib.h>

#include "base/file.h"

enum {
    FILE_HEADER = 100,
    INNER_TABLE = 0x05,
    LEAF_TABLE = 0x0d,
    INNER_HEADER = 12,
    LEAF_HEADER = 8,
    MOST_LEVELS = 12,
    PAGES_A_PIECE = 16
};

struct table_pages {
    sqlite3_file *file;
    uint32_t page_bytes;
    uint32_t *leaf; /* [n] numbers of the pages */
    size_t n, room;
    uint64_t most; /* pages of the file */
};

static uint32_t S_get16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t S_get32(const uint8_t *at)
{
    return S_get16(at) << 16 | S_get16(at + 2);
}

static bool S_read(const struct table_pages *t, uint32_t page, uint32_t pages, uint8_t *bytes)
{
    sqlite3_int64 offset = (sqlite3_int64)(page - 1) * t->page_bytes;
    return page && t->file->pMethods->xRead(t->file, bytes, (int)(pages * t->page_bytes), offset) == SQLITE_OK;
}

/* ------------------------------------------------------------------ may it be done, and where does it begin */

static bool S_log_is_empty(const struct store *s)
{
    struct arena scratch = {0};
    char *log = str_cstr(&scratch, arena_printf(&scratch, "%s-wal", s->info.path));
    bool empty = file_size(log) <= 0;
    arena_deinit(&scratch);
    return empty;
}

static uint32_t S_root(struct store *s, const char *table)
{
    sqlite3_stmt *st;
    uint32_t root = 0;
    bool row = false;
    if (sql_prepare(s, "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ?1", &st, NULL) != IDEM_OK)
        return 0;
    sql_bind_text(st, 1, str_from(table));
    if (sql_step(s, st, &row, NULL) == IDEM_OK && row)
        root = (uint32_t)sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return root;
}

/* The size of the pages; 0 where bytes are kept free at their ends, as an extension may do. */
static uint32_t S_page_bytes(sqlite3_file *file)
{
    uint8_t header[FILE_HEADER];
    if (file->pMethods->xRead(file, header, sizeof header, 0) != SQLITE_OK || header[20])
        return 0;
    uint32_t bytes = S_get16(header + 16);
    return bytes == 1 ? 1 << 16 : bytes;
}

/* ------------------------------------------------------------------ the way down */

/* A file in which pages lead in circles has more leaves than pages. */
static bool S_add_leaf(struct table_pages *t, uint32_t page)
{
    if (t->n == t->most)
        return false;
    if (t->n == t->room) {
        t->room = t->room ? t->room * 2 : 1024;
        t->leaf = xrealloc(t->leaf, t->room * sizeof *t->leaf);
    }
    t->leaf[t->n++] = page;
    return true;
}

/* Number of inner levels: all leaves lie equally deep. */
static bool S_depth(const struct table_pages *t, uint32_t page, uint8_t *bytes, unsigned *inner)
{
    for (*inner = 0; *inner < MOST_LEVELS; ++*inner) {
        if (!S_read(t, page, 1, bytes))
            return false;
        if (bytes[0] == LEAF_TABLE)
            return true;
        uint32_t at = S_get16(bytes + INNER_HEADER);
        if (bytes[0] != INNER_TABLE || at > t->page_bytes - 4)
            return false;
        page = S_get16(bytes + 3) ? S_get32(bytes + at) : S_get32(bytes + 8);
    }
    return false;
}

static bool S_descend(struct table_pages *t, uint32_t page, unsigned inner)
{
    if (!inner)
        return S_add_leaf(t, page);
    uint8_t *bytes = xmalloc(t->page_bytes);
    bool good = S_read(t, page, 1, bytes) && bytes[0] == INNER_TABLE;
    uint32_t n = good ? S_get16(bytes + 3) : 0;
    good = good && INNER_HEADER + 2 * n <= t->page_bytes;
    for (uint32_t i = 0; good && i < n; i++) {
        uint32_t at = S_get16(bytes + INNER_HEADER + 2 * i);
        good = at <= t->page_bytes - 4 && S_descend(t, S_get32(bytes + at), inner - 1);
    }
    good = good && S_descend(t, S_get32(bytes + 8), inner - 1);
    free(bytes);
    return good;
}

struct table_pages *table_pages_open(struct store *s, const char *table)
{
    sqlite3_file *file = NULL;
    unsigned inner;
    if (!s->snapshot || s->writing || s->build || !S_log_is_empty(s) ||
        sqlite3_file_control(s->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file || !file->pMethods)
        return NULL;
    struct table_pages *t = xcalloc(1, sizeof *t);
    sqlite3_int64 bytes_in_all = 0;
    *t = (struct table_pages){.file = file, .page_bytes = S_page_bytes(file)};
    if (t->page_bytes && file->pMethods->xFileSize(file, &bytes_in_all) == SQLITE_OK)
        t->most = (uint64_t)bytes_in_all / t->page_bytes;
    uint32_t root = t->page_bytes ? S_root(s, table) : 0;
    uint8_t *bytes = xmalloc(t->page_bytes + 1);
    bool good = root && S_depth(t, root, bytes, &inner) && S_descend(t, root, inner);
    free(bytes);
    if (good)
        return t;
    table_pages_close(t);
    return NULL;
}

void table_pages_close(struct table_pages *t)
{
    if (!t)
        return;
    free(t->leaf);
    free(t);
}

size_t table_pages_pieces(const struct table_pages *t)
{
    return (t->n + PAGES_A_PIECE - 1) / PAGES_A_PIECE;
}

/* ------------------------------------------------------------------ rows */

/* Of a row that is longer, what is left on its page (section 1.6 of the format). */
static uint32_t S_local(uint32_t page_bytes, uint64_t payload)
{
    if (payload <= page_bytes - 35)
        return (uint32_t)payload;
    uint32_t least = (page_bytes - 12) * 32 / 255 - 23,
             local = least + (uint32_t)((payload - least) % (page_bytes - 4));
    return local <= page_bytes - 35 ? local : least;
}

static bool S_rows(const struct table_pages *t, const uint8_t *page, table_row_fn *row, void *context)
{
    uint32_t n = S_get16(page + 3), end = t->page_bytes;
    if (page[0] != LEAF_TABLE || LEAF_HEADER + 2 * n > end)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = S_get16(page + LEAF_HEADER + 2 * i);
        uint64_t payload, rowid;
        struct str rest = {(const char *)page + at, at < end ? end - at : 0};
        if (!row_take_varint(&rest, &payload) || !row_take_varint(&rest, &rowid))
            return false;
        uint32_t local = S_local(t->page_bytes, payload);
        if (local > rest.len || !row(context, (int64_t)rowid, (struct str){rest.ptr, local}))
            return false;
    }
    return true;
}

/* Neighbours in the table are often neighbours in the file. */
static bool S_read_piece(const struct table_pages *t, size_t from, size_t to, uint8_t *bytes)
{
    for (size_t next; from < to; from = next) {
        for (next = from + 1; next < to && t->leaf[next] == t->leaf[next - 1] + 1; next++)
            ;
        if (!S_read(t, t->leaf[from], (uint32_t)(next - from), bytes))
            return false;
        bytes += (next - from) * t->page_bytes;
    }
    return true;
}

bool table_pages_read(const struct table_pages *t, size_t piece, struct buf *room, table_row_fn *row, void *context)
{
    size_t from = piece * PAGES_A_PIECE, to = from + PAGES_A_PIECE < t->n ? from + PAGES_A_PIECE : t->n;
    buf_clear(room);
    buf_reserve(room, PAGES_A_PIECE * (size_t)t->page_bytes);
    uint8_t *bytes = (uint8_t *)room->ptr;
    bool good = S_read_piece(t, from, to, bytes);
    for (size_t i = from; good && i < to; i++)
        good = S_rows(t, bytes + (i - from) * t->page_bytes, row, context);
    return good;
}
