/*
 * Inside store/: the handle, and the few calls through which all SQL goes.
 *
 * A struct store owns one connection and its prepared statements (store/statements.h lists them). A helper that
 * fails has written the error: SQLite's codes become statuses and messages in one table (sql.c).
 */
#ifndef IDEM_STORE_SQL_H
#define IDEM_STORE_SQL_H

#include <sqlite3.h>

#include "store/statements.h"
#include "store/store.h"

/* Rows on their way into a table: see rows.c. */
typedef void rows_column_fn(sqlite3_context *out, const void *base, size_t row, int column);
struct rows {
    const void *base;
    size_t n;
    rows_column_fn *column;
};

struct source_entry {
    int64_t id;
    struct str name;
    bool personal_ids, hashed_ids;
};

/* Kept in t_meta, cached while a write transaction is open. */
struct counters {
    int64_t change_seq, next_rid, next_mid, next_run, last_id_ms;
    int64_t first_rids; /* rids 1 .. first_rids are the first build's */
    int64_t first_mids; /* mids first_rids + 1 .. first_mids too */
};

struct build; /* build.c */
struct bulk;  /* bulk.h */
struct master_cache;
struct store_roll;
struct segment_cache;

struct store {
    sqlite3 *db;
    struct store_info info;
    struct arena arena;   /* what lives as long as the store */
    struct keyring *keys; /* NULL: clear, or sealed without the key */
    int64_t keys_version; /* of the data keys that `keys` holds */
    unsigned wait_ms;
    bool writable, writing, snapshot;
    bool has_turn;
    int turn;         /* file of the turn that it has: turn.h */
    bool shared;      /* one of many of this process: no cache of masters; the log rests when the owner says so */
    int64_t log_seen; /* bytes of the log when it could last not be emptied; 0: it was */
    struct store_moment moment; /* seq 0: now */
    int64_t begin_seq;          /* change_seq when the write transaction began */
    double begun, held;         /* seconds: when it began; for how long the last one had the lock */
    int64_t last_leaf;          /* highest leaf written by this transaction */
    struct counters counters;
    struct build *build; /* of a first build that is not committed */
    struct bulk *bulk;   /* its record and master rows */
    struct source_entry *source;
    size_t n_sources, sources_room;
    struct schema fields; /* as stored; loaded on demand */
    bool fields_loaded;
    /* What was read in one transaction is right in the next as long as these are what they were. */
    uint64_t state, index_state; /* of everything; of the candidate index */
    int64_t state_seq;           /* change_seq for which they stand */
    uint32_t file_version;       /* of the snapshot for which counters and keys were read; 0: none */
    struct segment_cache *segments;
    int64_t snapshot_lookups;
    struct master_cache *master_cache; /* of the open snapshot */
    const struct store_roll *roll;     /* of the open snapshot: store_use_roll */
    struct store_cache *cache;         /* of the process; NULL: none */
    uint64_t cache_binding;
    bool cache_open; /* for the open snapshot or transaction */
    struct {         /* what the open transaction has changed, by tag: cached.h */
        uint64_t *slot;
        size_t room, n;
        bool all; /* not known */
    } touched;
    struct rows rows;
    sqlite3_stmt *statement[STATEMENTS];
};

/* What the database's errors mean to the user. Uses the connection's last error. */
enum idem_status sql_error(struct store *s, struct idem_error *err);

/* Runs SQL without results. */
enum idem_status sql_run(struct store *s, const char *text, struct idem_error *err);
/* A cached statement, reset and without bindings. */
enum idem_status sql_get(struct store *s, enum statement which, sqlite3_stmt **out, struct idem_error *err);
/* One of the caller's own: for cursors, and queries that call back. Ended with sqlite3_finalize. */
enum idem_status sql_prepare(struct store *s, const char *text, sqlite3_stmt **out, struct idem_error *err);
/* Steps; *row tells whether there is one. Resets at the end and on errors. */
enum idem_status sql_step(struct store *s, sqlite3_stmt *st, bool *row, struct idem_error *err);
/* Steps a statement that gives no row, and resets it. */
enum idem_status sql_finish(struct store *s, sqlite3_stmt *st, struct idem_error *err);
/* Single value of a query without parameters. */
enum idem_status sql_number(struct store *s, const char *text, int64_t *value, struct idem_error *err);
/* Forgets all prepared statements. */
void sql_forget(struct store *s);

/* Feeds n rows to a cached statement that reads from idem_rows. */
enum idem_status sql_rows(struct store *s, enum statement which, const void *base, size_t n, rows_column_fn *column,
                          struct idem_error *err);
int rows_register(struct store *s);

/* 0 binds and reads as NULL: "none" takes no byte in a row. */
void sql_bind_id(sqlite3_stmt *st, int at, int64_t id);
void sql_bind_text(sqlite3_stmt *st, int at, struct str text);
void sql_bind_blob(sqlite3_stmt *st, int at, struct str bytes);
void sql_result_id(sqlite3_context *out, int64_t id);
/* Text or blob of a column as bytes, valid until the next step. */
struct str sql_bytes(sqlite3_stmt *st, int column);

/* IDEM_INVALID unless a write transaction is open. */
enum idem_status store_check_writing(struct store *s, struct idem_error *err);
/* IDEM_INVALID when sealed values are asked for without the key. */
enum idem_status store_check_key(struct store *s, struct idem_error *err);

/* A record from the columns rid, source, record_id, master, fingerprint, seq, status, run; record_id until the next
 * step. */
void record_take(sqlite3_stmt *st, struct store_record *record);
/* The first column of all rows of a bound statement. */
enum idem_status sql_id_list(struct store *s, sqlite3_stmt *st, struct arena *out, int64_t **id, size_t *n,
                             struct idem_error *err);

/* t_meta */
enum idem_status meta_get_number(struct store *s, const char *key, int64_t *value, struct idem_error *err);
enum idem_status meta_get_bytes(struct store *s, const char *key, struct arena *out, struct str *value,
                                struct idem_error *err);
enum idem_status meta_put_number(struct store *s, const char *key, int64_t value, struct idem_error *err);
enum idem_status meta_put_text(struct store *s, const char *key, struct str value, struct idem_error *err);
enum idem_status meta_put_blob(struct store *s, const char *key, struct str value, struct idem_error *err);

/* transaction.c */
enum idem_status counters_load(struct store *s, struct idem_error *err);
enum idem_status counters_save(struct store *s, struct idem_error *err);

/* build.c: the temporary file of a first build */
enum idem_status build_start(const char *path, struct build **out, struct idem_error *err);
const char *build_path(const struct build *b);
int build_file(const struct build *b);
/* Starts writing to disk what has grown, so that the sync at the end has less to wait for. Now and then. */
void build_write_out(struct build *b);
/* Syncs the closed file and gives it its name. */
enum idem_status build_publish(struct build *b, struct idem_error *err);
/* Removes what is left of it and frees. NULL is fine. */
void build_end(struct build *b);

/* database.c: after a first build was published, for reading and later runs */
enum idem_status database_reopen(struct store *s, struct idem_error *err);

/* source_table.c: NULL with *status IDEM_OK when there is no such source. */
enum idem_status source_by_name(struct store *s, struct str name, const struct source_entry **out,
                                struct idem_error *err);
enum idem_status source_by_id(struct store *s, int64_t id, const struct source_entry **out, struct idem_error *err);
void sources_forget(struct store *s);
/* What stands in t_record.record_id: the id as text, or its token (then kept in `token`). *text: bind as text. */
enum idem_status source_stored_id(struct store *s, const struct source_entry *source, struct str record_id,
                                  uint8_t token[16], struct str *stored, bool *text, struct idem_error *err);
/* store_given_id, the text in `text`. */
enum idem_status source_given_id(struct store *s, const struct source_entry *source, struct str *record_id,
                                 char text[SEAL_HASHED_ID], struct idem_error *err);
/* The token that stood for it before tokens began to be made again; false where there is none. */
bool source_old_id(const struct store *s, const struct source_entry *source, struct str record_id, uint8_t token[16]);

/* database.c: takes the data keys anew when another connection has replaced them. */
enum idem_status keys_refresh(struct store *s, struct idem_error *err);

/* service_table.c: kept answers, under the present key of containers. */
enum idem_status requests_reseal(struct store *s, struct idem_error *err);

/* model_table.c: the stored hashes of all models under the present key of tokens. */
enum idem_status model_rehash(struct store *s, struct idem_error *err);
/* What stands in the clear for a model's body. */
void model_hash(const struct store *s, struct str body, uint8_t hash[32]);

/* The associated data of a container in this database. */
static inline struct seal_place store_place(const struct store *s, const char *table, int64_t row, uint32_t version)
{
    struct seal_place place = {.table = table, .row = row, .version = version};
    memcpy(place.database, s->info.id, sizeof place.database);
    return place;
}

/* Opens a container; the error names the database. */
enum idem_status store_unseal(struct store *s, const char *table, int64_t row, uint32_t version, struct str sealed,
                              struct buf *plain, struct idem_error *err);

#endif
