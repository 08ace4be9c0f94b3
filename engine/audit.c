#include "engine/audit.h"

#include <stdlib.h>

#include "base/clock.h"
#include "engine/notes.h"
#include "store/audit_log.h"

enum { LEAST_WAIT_MS = 30000 };

struct str audit_subject(struct store *store, struct str subject, struct arena *out)
{
    size_t colon = subject.ptr ? str_find_byte(subject, ':') : SIZE_MAX;
    if (colon == SIZE_MAX)
        return subject;
    struct str source = str_sub(subject, 0, colon), id = str_sub(subject, colon + 1, subject.len), given = id;
    if (store_given_id(store, source, &id, out, NULL) != IDEM_OK)
        return arena_printf(out, "%.*s:***", STR_ARG(source));
    return id.ptr == given.ptr ? subject : arena_printf(out, "%.*s:%.*s", STR_ARG(source), STR_ARG(id));
}

static json_t *S_payload(const struct idem_session *s, const struct audit_note *note)
{
    const char *reason = note->reason && *note->reason ? note->reason : s->purpose;
    json_t *payload = note->detail ? json_deep_copy(note->detail) : json_object(), *list = json_array();
    for (size_t i = 0; i < note->n_subjects && i < AUDIT_MOST_SUBJECTS; i++)
        if (note->subject[i].ptr)
            json_array_append_new(list, json_from_str(note->subject[i]));
    if (json_array_size(list))
        json_put(payload, "subjects", list);
    else
        json_decref(list);
    if (reason && *reason)
        json_put_str(payload, "reason", str_from(reason));
    return payload;
}

static void S_tokens(const struct store *store, const struct audit_note *note, struct buf *out)
{
    uint8_t token[AUDIT_TOKEN_BYTES];
    for (size_t i = 0; i < note->n_subjects && i < AUDIT_MOST_SUBJECTS; i++) {
        if (!note->subject[i].ptr)
            continue;
        store_audit_token(store, note->subject[i], token);
        buf_add(out, token, sizeof token);
    }
}

enum idem_status audit_change(const struct idem_session *s, struct store *store, const struct audit_note *note,
                              struct idem_error *err)
{
    struct buf tokens = {0};
    struct arena scratch = {0};
    struct str subject[AUDIT_MOST_SUBJECTS];
    struct audit_note kept = *note;
    kept.subject = subject;
    if (kept.n_subjects > AUDIT_MOST_SUBJECTS)
        kept.n_subjects = AUDIT_MOST_SUBJECTS;
    for (size_t i = 0; i < kept.n_subjects; i++)
        subject[i] = audit_subject(store, note->subject[i], &scratch);
    json_t *payload = S_payload(s, &kept);
    char *text = json_object_size(payload) ? json_text(payload) : NULL;
    S_tokens(store, &kept, &tokens);
    struct store_audit entry = {.at_ms = clock_now_ms(),
                                .actor = str_from(note->by && *note->by ? note->by : s->by),
                                .verb = str_from(note->verb),
                                .subjects = buf_view(&tokens),
                                .payload = str_from(text)};
    enum idem_status status = store_audit_add(store, &entry, err);
    json_decref(payload);
    free(text);
    buf_deinit(&tokens);
    arena_deinit(&scratch);
    return status;
}

static enum idem_status S_open(struct idem_session *s, struct idem_error *err)
{
    unsigned wait_ms = s->wait_ms > LEAST_WAIT_MS ? s->wait_ms : LEAST_WAIT_MS;
    struct store_options options = {
        .path = s->db_path, .mode = STORE_WRITE, .wait_ms = wait_ms, .keys = s->keys, .beside = s->store};
    return s->audit ? IDEM_OK : store_open(&options, &s->audit, err);
}

static enum idem_status S_note(struct idem_session *s, const struct audit_note *note, struct idem_error *err)
{
    TRY(S_open(s, err));
    TRY(store_begin(s->audit, err));
    enum idem_status status = audit_change(s, s->audit, note, err);
    if (status == IDEM_OK)
        return store_commit(s->audit, err);
    store_rollback(s->audit);
    return status;
}

enum idem_status audit_disclosure(struct idem_session *s, const struct audit_note *note, struct idem_error *err)
{
    /* Values in the clear in a file that cannot be written: whoever reads the file sees them. */
    if (session_masked(s) || (s->store && store_info(s->store)->read_only))
        return IDEM_OK;
    if (s->gathers) {
        notes_gather(s, note);
        return IDEM_OK;
    }
    enum idem_status status = S_note(s, note, err);
    if (status != IDEM_OK)
        error_prefix(err, "what is shown could not be noted in the audit log (--masked shows no personal values): ");
    return status;
}

/* ------------------------------------------------------------------ subjects */

void audit_subject_key(struct audit_subjects *a, const char *key)
{
    if (a->n < COUNT_OF(a->subject) && strchr(key, ':'))
        a->subject[a->n++] = str_from(key);
}

void audit_subject_master(struct audit_subjects *a, const uint8_t uuid[16])
{
    size_t at = 0;
    while (at < COUNT_OF(a->id) && a->id[at][0])
        at++;
    if (at == COUNT_OF(a->id) || a->n == COUNT_OF(a->subject))
        return;
    store_uuid_format(uuid, a->id[at]);
    a->subject[a->n++] = str_from(a->id[at]);
}

enum idem_status audit_looked_at(struct idem_session *s, const char *verb, const struct audit_subjects *a,
                                 struct idem_error *err)
{
    return audit_disclosure(s, &(struct audit_note){.verb = verb, .subject = a->subject, .n_subjects = a->n}, err);
}

enum idem_status audit_personal_ids(struct store *store, bool *any, struct idem_error *err)
{
    struct arena scratch = {0};
    struct store_source *source;
    size_t n = 0;
    *any = false;
    enum idem_status status = store_get_sources(store, false, &scratch, &source, &n, err);
    for (size_t i = 0; status == IDEM_OK && i < n; i++)
        *any |= source[i].personal_ids;
    arena_deinit(&scratch);
    return status;
}
