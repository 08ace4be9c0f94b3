/*
 * Notes for the audit log (store/audit_log.h): who saw personal values, who changed what, when and why.
 *
 *   struct str subject[] = {STR("crm:C-1001"), master_id};
 *   TRY(audit_disclosure(session, &(struct audit_note){.verb = "show", .subject = subject, .n_subjects = 2}, err));
 *
 * A disclosure is noted in a transaction of its own, through a connection of its own, and is durable when the call
 * returns: call it when the result is ready and before it leaves. It is noted nowhere, and nothing is to be noted, when
 * values are masked (session_masked): a database that cannot be written is masked for that reason. A change is noted in
 * the transaction that makes it.
 */
#ifndef IDEM_ENGINE_AUDIT_H
#define IDEM_ENGINE_AUDIT_H

#include "base/json.h"
#include "engine/session.h"

struct audit_note {
    const char *verb;   /* the command: "show", "erase", "api.search" */
    const char *by;     /* NULL or empty: the session's */
    const char *reason; /* NULL or empty: the session's purpose */
    /* Whom it is about: master_ids and "source:record_id" keys. Found again by tokens; the text is sealed. The first
     * AUDIT_MOST_SUBJECTS of them count. NULL entries (ptr) are passed over. */
    const struct str *subject;
    size_t n_subjects;
    const json_t *detail; /* further members of the payload, sealed; may be NULL. Stays the caller's */
};

/* Nothing when the session masks. IDEM_BUSY when another process held the database for half a minute. */
enum idem_status audit_disclosure(struct idem_session *s, const struct audit_note *note, struct idem_error *err);
/* In the open write transaction of `store` (the session's, or one that is being built). */
enum idem_status audit_change(const struct idem_session *s, struct store *store, const struct audit_note *note,
                              struct idem_error *err);

/* The subjects of a look at one master: the key as it was asked for, the master's id. */
struct audit_subjects {
    char id[2][37];
    struct str subject[4];
    size_t n;
};
void audit_subject_key(struct audit_subjects *a, const char *key);
void audit_subject_master(struct audit_subjects *a, const uint8_t uuid[16]);
/* audit_disclosure of these. */
enum idem_status audit_looked_at(struct idem_session *s, const char *verb, const struct audit_subjects *a,
                                 struct idem_error *err);

/* Does any source have record ids that are personal? Then lists of record ids are disclosures too. */
/* A subject as it is noted: the key of a record whose source's ids are hashed becomes that of the token, in `out`. */
struct str audit_subject(struct store *store, struct str subject, struct arena *out);
enum idem_status audit_personal_ids(struct store *store, bool *any, struct idem_error *err);

#endif
