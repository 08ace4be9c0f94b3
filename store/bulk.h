/*
 * Inside store/: the record and master rows of a first build. They are collected as they come (about 90 bytes a record
 * and a master in memory) and written as pages, with their three indexes, when SQLite is done with the rest.
 */
#ifndef IDEM_STORE_BULK_H
#define IDEM_STORE_BULK_H

#include "store/sql.h"

/* Empty tables and indexes whose pages are to be written; their root pages are asked for while SQLite has the file. */
enum bulk_tree { BULK_RECORD, BULK_RECORD_KEY, BULK_RECORD_MASTER, BULK_MASTER, BULK_MASTER_UUID, BULK_TREES };

struct bulk;

struct bulk *bulk_new(void);
void bulk_free(struct bulk *b);

/* stored_id as source_stored_id gives it. IDEM_INVALID unless rids ascend over all calls. */
enum idem_status bulk_add_record(struct store *s, const struct store_record *record, struct str stored_id, bool text,
                                 struct idem_error *err);
/* IDEM_INVALID unless mids ascend over all calls. */
enum idem_status bulk_add_master(struct store *s, const struct store_master *master, struct idem_error *err);

enum idem_status bulk_roots(struct store *s, uint32_t root[BULK_TREES], struct idem_error *err);
/* Into the closed file. IDEM_CONFLICT when a record id or a master_id comes twice. */
enum idem_status bulk_write(struct bulk *b, int fd, const char *path, const uint32_t root[BULK_TREES],
                            struct idem_error *err);

#endif
