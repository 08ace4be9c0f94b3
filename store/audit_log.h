/*
 * The audit log: who saw personal values and who changed what, as a chain that shows any edit.
 *
 * An entry has a number (from 1, without gaps), a time, an actor, a verb (the command), tokens of its subjects, and a
 * payload: JSON, which may hold personal values and is sealed in a table of its own. The chain holds no values:
 *
 *   digest = MAC("payload" || n || payload)
 *   mac(n) = MAC(mac(n - 1) || n || at || actor || verb || subjects || digest),   mac(0) = MAC("start" || database id)
 *   seal   = MAC("head" || n || mac(n)), kept in meta: without it the last entries could be taken away
 *
 * MAC is BLAKE2b-256 under the audit key, which no rotation of data keys replaces. In a clear database without a
 * keyring it has no key and shows accidents only. What a chain in the file cannot show is that the whole file was put
 * back to an older state: for that a head is kept elsewhere (store_audit_head).
 */
#ifndef IDEM_STORE_AUDIT_LOG_H
#define IDEM_STORE_AUDIT_LOG_H

#include "store/store.h"

enum { AUDIT_TOKEN_BYTES = 16, AUDIT_MOST_SUBJECTS = 64 };

struct store_audit {
    int64_t n; /* assigned by store_audit_add */
    int64_t at_ms;
    struct str actor, verb;
    struct str subjects; /* tokens, AUDIT_TOKEN_BYTES each */
    struct str payload;  /* plain; empty: none. Read: empty without the key, when it was removed, or does not open */
    bool has_payload;    /* read: one was given */
    bool payload_there;  /* read: it is still kept */
    uint8_t digest[SEAL_MAC_BYTES], mac[SEAL_MAC_BYTES]; /* read: as stored */
};

struct store_audit_head {
    int64_t n;
    uint8_t mac[SEAL_MAC_BYTES];
};

/* Appends within the open write transaction. IDEM_CORRUPT when the log's end is not what its seal says: nothing is
 * added to a log that was cut. */
enum idem_status store_audit_add(struct store *s, struct store_audit *entry, struct idem_error *err);

/* Number and MAC of the last entry, from the rows' own end; n 0 and mac(0) when there is none. `sealed` false: the seal
 * in meta is missing or says otherwise. Needs the key. */
enum idem_status store_audit_head(struct store *s, struct store_audit_head *head, bool *sealed, struct idem_error *err);

/* Ascending by n, those after `since`. Rows only: nothing is checked. */
typedef enum idem_status store_audit_fn(void *context, const struct store_audit *entry, struct idem_error *err);
enum idem_status store_audit_each(struct store *s, int64_t since, store_audit_fn *each, void *context,
                                  struct idem_error *err);

/* mac(0), and the mac that an entry must have after `before`. */
void store_audit_start(const struct store *s, uint8_t mac[SEAL_MAC_BYTES]);
void store_audit_mac(const struct store *s, const uint8_t before[SEAL_MAC_BYTES], const struct store_audit *entry,
                     uint8_t mac[SEAL_MAC_BYTES]);
/* The digest of entry n's payload. */
void store_audit_digest(const struct store *s, int64_t n, struct str payload, uint8_t digest[SEAL_MAC_BYTES]);

/* Token of a subject: a master_id, or "source:record_id". */
void store_audit_token(const struct store *s, struct str subject, uint8_t token[AUDIT_TOKEN_BYTES]);

/* Takes an entry's payload away for good, in the open write transaction. The caller adds an entry that names n: without
 * one the log counts as altered. IDEM_NOT_FOUND when there is no such payload. */
enum idem_status store_audit_forget(struct store *s, int64_t n, struct idem_error *err);

#endif
