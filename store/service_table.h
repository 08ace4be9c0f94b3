/*
 * What a service keeps in the database: the tokens that open it, and the answers to requests that must not take effect
 * twice. Nothing here needs the key but the bodies of kept answers, which are sealed.
 */
#ifndef IDEM_STORE_SERVICE_TABLE_H
#define IDEM_STORE_SERVICE_TABLE_H

#include "store/store.h"

struct store_token {
    int64_t id;         /* from 1; 0 when putting: assigned */
    uint8_t digest[32]; /* seal_digest of the token's text: the text itself is kept nowhere */
    struct str name, scope;
    int64_t created_ms, expires_ms, revoked_ms; /* 0: never, not */
};

enum idem_status store_put_token(struct store *s, struct store_token *token, struct idem_error *err);
/* By digest, revoked and expired ones too. IDEM_NOT_FOUND. */
enum idem_status store_find_token(struct store *s, const uint8_t digest[32], struct arena *out,
                                  struct store_token *token, struct idem_error *err);
/* Ascending by id. */
enum idem_status store_get_tokens(struct store *s, struct arena *out, struct store_token **token, size_t *n,
                                  struct idem_error *err);
/* IDEM_NOT_FOUND when there is none of that number, or it was revoked before. */
enum idem_status store_revoke_token(struct store *s, int64_t id, int64_t at_ms, struct idem_error *err);

/* The answer to a request under the digest of its key. `status` and `body` are the caller's. */
enum idem_status store_put_request(struct store *s, const uint8_t digest[32], int64_t at_ms, int status,
                                   struct str body, struct idem_error *err);
/* IDEM_NOT_FOUND. */
enum idem_status store_find_request(struct store *s, const uint8_t digest[32], struct buf *body, int64_t *at_ms,
                                    int *status, struct idem_error *err);
/* Drops those made before. */
enum idem_status store_forget_requests(struct store *s, int64_t before_ms, struct idem_error *err);

/* A number that is another one after each commit of another connection. Cheap. Outside transactions. */
enum idem_status store_data_version(struct store *s, uint64_t *version, struct idem_error *err);

/* One of many stores that a process has open on the file: a small page cache, no pages mapped (those that several
 * stores map count in the process's memory several times), and no list of all masters. */
enum idem_status store_share(struct store *s, struct idem_error *err);
/* Maps pages all the same, for look-ups. */
enum idem_status store_map(struct store *s, struct idem_error *err);

#endif
