/*
 * Inside store/: writes b-trees as pages of an SQLite file (https://www.sqlite.org/fileformat2.html, section 1.6), for
 * the tables and indexes of a first build: five to ten times as fast as INSERT and CREATE INDEX. Entries come sorted;
 * pages are filled and appended once, the root goes to the page that the empty b-tree has already.
 *
 * The file is one that SQLite has written and closed, without a journal, with pages of PAGE_BYTES, and nobody else
 * opens. The page at PENDING_BYTE (offset 2^30) is SQLite's for locks and stays empty.
 */
#ifndef IDEM_STORE_PAGE_TREE_H
#define IDEM_STORE_PAGE_TREE_H

#include "base/buf.h"
#include "base/error.h"

enum { PAGE_BYTES = 8192, MOST_LEVELS = 12 };

struct page_file {
    int fd;
    const char *path; /* for messages */
    uint32_t next;    /* number of the next new page */
    uint32_t first;   /* number of the first page in `pending` */
    struct buf pending;
    enum idem_status status; /* the first failure sticks; page_file_end reports it */
    int errnum;
};

/* IDEM_CORRUPT when the file is not what the comment above says. */
enum idem_status page_file_start(struct page_file *f, int fd, const char *path, struct idem_error *err);
/* Writes what is pending and the new number of pages. Releases the buffers whatever happens. */
enum idem_status page_file_end(struct page_file *f, struct idem_error *err);

enum page_tree_kind { PAGE_TABLE, PAGE_INDEX };

struct page_level {
    uint8_t *page; /* NULL until the level is needed */
    uint32_t n_cells;
    uint32_t content;  /* where the last cell begins */
    uint32_t last_len; /* of the last cell */
};

struct page_tree {
    struct page_file *file;
    enum page_tree_kind kind;
    uint32_t root;
    int64_t last_rowid;
    unsigned n_levels;
    struct page_level level[MOST_LEVELS]; /* 0: leaves */
    struct buf cell;
};

void page_tree_start(struct page_tree *t, struct page_file *f, enum page_tree_kind kind, uint32_t root);
/* A row of a table, ascending by rowid. */
void page_tree_row(struct page_tree *t, int64_t rowid, struct str record);
/* An entry of an index, ascending in SQLite's order; at most 2,000 bytes. */
void page_tree_entry(struct page_tree *t, struct str record);
void page_tree_end(struct page_tree *t);

#endif
