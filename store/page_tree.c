/*
 * Bottom-up: one page under construction a level. A page that cannot take the next cell is finished and handed to the
 * level above. What goes up with it: in a table the greatest rowid of the page, in an index, whose entries live in
 * inner pages too, the page's last entry itself; in an inner page the last cell's child becomes the page's right-most.
 */
#include "store/page_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/paged.h"
#include "store/row_code.h"

enum {
    LEAF_HEADER = 8,
    INNER_HEADER = 12,
    CHILD_BYTES = 4,
    WRITE_BYTES = 1 << 20,
    PENDING_PAGE = (1 << 30) / PAGE_BYTES + 1,
    /* payload of a table's row that stays on its page, and what stays of a longer one (section 1.6 of the format) */
    MOST_LOCAL = PAGE_BYTES - 35,
    LEAST_LOCAL = (PAGE_BYTES - 12) * 32 / 255 - 23,
    OVERFLOW_BYTES = PAGE_BYTES - 4
};
/* Types of pages: [kind][is a leaf] */
static const uint8_t PAGE_TYPE[2][2] = {{0x05, 0x0d}, {0x02, 0x0a}};

static void S_put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void S_put32(uint8_t *at, uint32_t value)
{
    S_put16(at, value >> 16);
    S_put16(at + 2, value);
}

static uint32_t S_get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* ---- the file */

static void S_write_at(struct page_file *f, const void *bytes, size_t len, uint64_t offset)
{
    const char *at = bytes;
    while (len && f->status == IDEM_OK) {
        ssize_t put = pwrite(f->fd, at, len, (off_t)offset);
        if (put < 0 && (errno == EINTR || (errno == EFAULT && paged_back(at, len))))
            continue;
        if (put <= 0) {
            f->status = IDEM_IO;
            f->errnum = put < 0 ? errno : ENOSPC;
            return;
        }
        at += put;
        offset += (uint64_t)put;
        len -= (size_t)put;
    }
}

static void S_flush(struct page_file *f)
{
    S_write_at(f, f->pending.ptr, f->pending.len, (uint64_t)(f->first - 1) * PAGE_BYTES);
    f->first = f->next;
    buf_clear(&f->pending);
}

static uint32_t S_append(struct page_file *f, const uint8_t *page)
{
    static const uint8_t empty[PAGE_BYTES];
    if (f->next == PENDING_PAGE) {
        buf_add(&f->pending, empty, PAGE_BYTES);
        f->next++;
    }
    if (f->pending.len >= WRITE_BYTES)
        S_flush(f);
    buf_add(&f->pending, page, PAGE_BYTES);
    return f->next++;
}

enum idem_status page_file_start(struct page_file *f, int fd, const char *path, struct idem_error *err)
{
    uint8_t header[100];
    *f = (struct page_file){.fd = fd, .path = path};
    off_t bytes = lseek(fd, 0, SEEK_END);
    int64_t got = bytes < 0 ? -1 : file_read_full(fd, header, sizeof header, 0);
    if (got != sizeof header)
        return error_errno(err, got < 0 ? errno : EIO, "%s", path);
    uint32_t pages = S_get32(header + 28);
    if ((header[16] << 8 | header[17]) != PAGE_BYTES || header[20] != 0 ||
        (uint64_t)pages * PAGE_BYTES != (uint64_t)bytes || S_get32(header + 24) != S_get32(header + 92))
        return error_set(err, IDEM_CORRUPT, "%s: the file under construction is not as SQLite should have left it",
                         path);
    f->next = f->first = pages + 1;
    return IDEM_OK;
}

enum idem_status page_file_end(struct page_file *f, struct idem_error *err)
{
    uint8_t pages[4];
    S_flush(f);
    S_put32(pages, f->next - 1);
    S_write_at(f, pages, sizeof pages, 28);
    buf_deinit(&f->pending);
    if (f->status == IDEM_OK)
        return IDEM_OK;
    if (f->errnum == ENOSPC)
        return error_set(err, IDEM_IO, "%s: the disk is full; make room and run it again: nothing was changed",
                         f->path);
    return error_set(err, IDEM_IO, "%s: reading or writing failed; nothing was changed (%s)", f->path,
                     strerror(f->errnum));
}

/* ---- pages */

static uint32_t S_header_len(unsigned level)
{
    return level ? INNER_HEADER : LEAF_HEADER;
}

static void S_clear(struct page_level *l)
{
    if (!l->page)
        l->page = xmalloc(PAGE_BYTES);
    memset(l->page, 0, PAGE_BYTES);
    l->n_cells = 0;
    l->content = PAGE_BYTES;
}

static bool S_has_room(const struct page_level *l, unsigned level, size_t cell)
{
    return S_header_len(level) + 2 * (l->n_cells + 1) + cell <= l->content;
}

static void S_place(struct page_level *l, unsigned level, const void *cell, size_t len)
{
    l->content -= (uint32_t)len;
    memcpy(l->page + l->content, cell, len);
    S_put16(l->page + S_header_len(level) + 2 * l->n_cells, l->content);
    l->n_cells++;
    l->last_len = (uint32_t)len;
}

/* Takes the last cell off the page again. */
static void S_unplace(struct page_level *l, unsigned level)
{
    l->n_cells--;
    S_put16(l->page + S_header_len(level) + 2 * l->n_cells, 0);
    memset(l->page + l->content, 0, l->last_len);
    l->content += l->last_len;
}

static void S_finish_header(struct page_tree *t, unsigned level, uint32_t right)
{
    struct page_level *l = &t->level[level];
    l->page[0] = PAGE_TYPE[t->kind][level == 0];
    S_put16(l->page + 3, l->n_cells);
    S_put16(l->page + 5, l->content);
    if (level)
        S_put32(l->page + 8, right);
}

static void S_add(struct page_tree *t, unsigned level, const uint8_t *cell, size_t len);

/* Hands a finished page to the level above: a cell of its number and what divides it from the next. */
static void S_hand_up(struct page_tree *t, unsigned level, uint32_t page, const uint8_t *divider, size_t len)
{
    uint8_t *cell = xmalloc(CHILD_BYTES + len);
    S_put32(cell, page);
    memcpy(cell + CHILD_BYTES, divider, len);
    S_add(t, level + 1, cell, CHILD_BYTES + len);
    free(cell);
}

static void S_finish_full(struct page_tree *t, unsigned level)
{
    struct page_level *l = &t->level[level];
    uint8_t divider[PAGE_BYTES];
    size_t len = l->last_len;
    uint32_t right = 0;
    memcpy(divider, l->page + l->content, len);
    const uint8_t *up = divider;
    if (level) {
        right = S_get32(divider);
        up += CHILD_BYTES;
        len -= CHILD_BYTES;
    } else if (t->kind == PAGE_TABLE) {
        len = row_varint(divider, (uint64_t)t->last_rowid);
    }
    if (level || t->kind == PAGE_INDEX)
        S_unplace(l, level);
    S_finish_header(t, level, right);
    uint32_t page = S_append(t->file, l->page);
    S_clear(l);
    S_hand_up(t, level, page, up, len);
}

static void S_add(struct page_tree *t, unsigned level, const uint8_t *cell, size_t len)
{
    struct page_level *l = &t->level[level];
    if (level == t->n_levels) {
        S_clear(l);
        t->n_levels++;
    }
    if (!S_has_room(l, level, len))
        S_finish_full(t, level);
    S_place(l, level, cell, len);
}

void page_tree_start(struct page_tree *t, struct page_file *f, enum page_tree_kind kind, uint32_t root)
{
    *t = (struct page_tree){.file = f, .kind = kind, .root = root};
}

/* The part of a row that has no room on its page, as a chain of pages. Returns the first. */
static uint32_t S_overflow(struct page_file *f, struct str rest)
{
    uint8_t page[PAGE_BYTES];
    uint32_t first = 0;
    while (rest.len) {
        size_t len = rest.len < OVERFLOW_BYTES ? rest.len : OVERFLOW_BYTES;
        uint32_t own = f->next + (f->next == PENDING_PAGE), after = own + 1;
        memset(page, 0, sizeof page);
        memcpy(page + 4, rest.ptr, len);
        rest = str_sub(rest, len, rest.len);
        if (rest.len)
            S_put32(page, after + (after == PENDING_PAGE));
        S_append(f, page);
        first = first ? first : own;
    }
    return first;
}

static size_t S_local_len(size_t payload)
{
    if (payload <= MOST_LOCAL)
        return payload;
    size_t local = LEAST_LOCAL + (payload - LEAST_LOCAL) % OVERFLOW_BYTES;
    return local <= MOST_LOCAL ? local : LEAST_LOCAL;
}

void page_tree_row(struct page_tree *t, int64_t rowid, struct str record)
{
    uint8_t number[9];
    size_t local = S_local_len(record.len);
    buf_clear(&t->cell);
    buf_add(&t->cell, number, row_varint(number, record.len));
    buf_add(&t->cell, number, row_varint(number, (uint64_t)rowid));
    buf_add(&t->cell, record.ptr, local);
    if (local < record.len) {
        S_put32(number, S_overflow(t->file, str_sub(record, local, record.len)));
        buf_add(&t->cell, number, 4);
    }
    S_add(t, 0, (const uint8_t *)t->cell.ptr, t->cell.len); /* last_rowid is still that of the page it may finish */
    t->last_rowid = rowid;
}

void page_tree_entry(struct page_tree *t, struct str record)
{
    uint8_t number[9];
    buf_clear(&t->cell);
    buf_add(&t->cell, number, row_varint(number, record.len));
    buf_str(&t->cell, record);
    S_add(t, 0, (const uint8_t *)t->cell.ptr, t->cell.len);
}

void page_tree_end(struct page_tree *t)
{
    uint32_t page = 0;
    for (unsigned level = 0; level < t->n_levels; level++) {
        S_finish_header(t, level, page);
        if (level + 1 == t->n_levels)
            S_write_at(t->file, t->level[level].page, PAGE_BYTES, (uint64_t)(t->root - 1) * PAGE_BYTES);
        else
            page = S_append(t->file, t->level[level].page);
    }
    for (unsigned level = 0; level < MOST_LEVELS; level++)
        free(t->level[level].page);
    buf_deinit(&t->cell);
}
