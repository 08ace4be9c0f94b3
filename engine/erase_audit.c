/* The audit log and erasure: payloads of entries about who is erased go, and an entry tells which. The chain stays
 * whole, for it holds digests and tokens alone. */
#include <stdlib.h>

#include "base/map.h"
#include "engine/audit.h"
#include "engine/erase.h"
#include "store/audit_log.h"

struct about {
    struct erasure *erasure;
    struct map tokens;
    int64_t *n; /* entries whose payload goes */
    size_t found, room;
};

static void S_subject(struct about *a, struct str subject)
{
    uint8_t token[AUDIT_TOKEN_BYTES];
    store_audit_token(a->erasure->store, subject, token);
    map_add(&a->tokens, (struct str){(const char *)token, sizeof token}, 0);
}

/* The records' keys, and the masters of which nothing is left. */
static void S_subjects(struct about *a)
{
    const struct erasure *e = a->erasure;
    const json_t *item;
    size_t i;
    for (i = 0; i < e->n; i++)
        S_subject(a, e->key[i]);
    json_array_foreach(json_object_get(e->result, "masters"), i,
                       item) if (str_eq(json_str(json_object_get(item, "becomes")), STR("erased")))
        S_subject(a, json_str(json_object_get(item, "master_id")));
}

static enum idem_status S_entry(void *context, const struct store_audit *entry, struct idem_error *err)
{
    struct about *a = context;
    bool ours = false;
    (void)err;
    for (size_t at = 0; at + AUDIT_TOKEN_BYTES <= entry->subjects.len && !ours; at += AUDIT_TOKEN_BYTES)
        ours = map_find(&a->tokens, str_sub(entry->subjects, at, at + AUDIT_TOKEN_BYTES)) != NULL;
    if (!ours || !entry->payload_there)
        return IDEM_OK;
    if (a->found == a->room) {
        a->room = a->room * 2 + 16;
        a->n = xrealloc(a->n, a->room * sizeof *a->n);
    }
    a->n[a->found++] = entry->n;
    return IDEM_OK;
}

static enum idem_status S_forget(struct about *a, json_t *payloads, struct idem_error *err)
{
    S_subjects(a);
    TRY(store_audit_each(a->erasure->store, 0, S_entry, a, err));
    for (size_t i = 0; i < a->found; i++) {
        TRY(erase_watch_payload(&a->erasure->erase, a->n[i], err));
        TRY(store_audit_forget(a->erasure->store, a->n[i], err));
        json_array_append_new(payloads, json_integer(a->n[i]));
        a->erasure->erase.counts.audits++;
    }
    return IDEM_OK;
}

enum idem_status erase_from_audit(struct erasure *e, struct idem_error *err)
{
    struct about a = {.erasure = e};
    json_t *detail = json_object(), *payloads = json_array();
    json_put(detail, "run_id", json_integer(e->run.run.id));
    json_put(detail, "records", json_integer((json_int_t)e->n));
    json_put(detail, "audit_payloads", payloads);
    enum idem_status status = S_forget(&a, payloads, err);
    if (status == IDEM_OK)
        status = audit_change(e->session, e->store,
                              &(struct audit_note){.verb = "erase", .by = e->options->by, .detail = detail}, err);
    json_decref(detail);
    map_deinit(&a.tokens);
    free(a.n);
    return status;
}
