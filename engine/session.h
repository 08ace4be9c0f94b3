/*
 * An open session: configuration, key and database of one caller (struct idem_session of idem.h), for the files of
 * engine/.
 *
 * The configuration lives in `arena`, constant. The store is opened for reading by idem_open with IDEM_READ; with
 * IDEM_WRITE it is opened when it is asked for (session_store), for the first apply has to make it, and check only
 * reads.
 */
#ifndef IDEM_ENGINE_SESSION_H
#define IDEM_ENGINE_SESSION_H

#include "base/arena.h"
#include "base/error.h"
#include "rules/config.h"
#include "seal/seal.h"
#include "store/store.h"

/* What sessions of one process share. */
struct idem_cache {
    struct store_cache *store;
};

struct idem_session {
    struct arena arena;
    struct config *config; /* NULL: none was given */
    struct keyring *keys;  /* NULL: at_rest clear, or no key file */
    bool keys_unsaved;     /* of a database that is being made: no file holds them yet */
    struct store *store;   /* NULL: not opened, or no database yet */
    enum store_mode store_mode;
    const char *db_path, *key_path;
    bool writes;    /* opened with IDEM_WRITE */
    bool key_named; /* the caller named the key file: it must be there */
    unsigned wait_ms;
    bool masked;                       /* as the caller asked; session_masked tells what holds */
    struct idem_passphrase passphrase; /* of the key file; ask NULL: none */
    const char *by, *purpose;          /* for the audit log; never NULL */
    struct store *audit;               /* engine/audit.h: its own connection; NULL: not opened yet */
    bool gathers;                      /* notes are gathered, not written: engine/notes.h */
    struct idem_notes *notes;          /* those gathered; NULL: none */
    bool shared;                       /* one of many of this process */
    struct store_cache *cache;         /* of the process; NULL: none */
    struct {                           /* the answer of the next write is to be kept: engine/kept_answer.h */
        bool announced;
        uint8_t key[32], asked[32];
    } request;
    bool ledger_settled; /* see engine/ledger.h */
};

/* The configuration, or IDEM_INVALID when the session has none. */
enum idem_status session_config(struct idem_session *s, const struct config **config, struct idem_error *err);

/* Opens the key file, when it is there or was named. */
enum idem_status session_keys(struct idem_session *s, struct idem_error *err);

/* Opens the database in this mode, reopening it when it was open for reading only. IDEM_NOT_FOUND when there is none.
 */
enum idem_status session_store(struct idem_session *s, enum store_mode mode, struct store **store,
                               struct idem_error *err);

/* An error that says what to give when the sealed database was opened without its key. */
enum idem_status session_need_key(const struct idem_session *s, struct store *store, struct idem_error *err);

/* The keyring for a new database: NULL when at_rest is clear; otherwise the key file's, or, where that is missing, a
 * new one. Before the database is committed session_save_keys puts that into its file (*made, with its path in
 * s->key_path). */
enum idem_status session_new_keys(struct idem_session *s, struct keyring **keys, struct idem_error *err);
enum idem_status session_save_keys(struct idem_session *s, bool *made, struct idem_error *err);
/* The database was not made: a ring without a file is no use. */
void session_drop_new_keys(struct idem_session *s);

/* Forgets the open store without closing what the caller took over, or takes one that store_create made. */
void session_set_store(struct idem_session *s, struct store *store, enum store_mode mode);

/* Personal values are to be masked: asked for, no key, or a sealed database that cannot be written, where nothing that
 * is shown could be noted. */
bool session_masked(const struct idem_session *s);

#endif
