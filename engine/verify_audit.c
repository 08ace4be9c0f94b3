/*
 * Walks the chain of the audit log from its start: numbers without gaps, every MAC again, every payload against its
 * digest, the seal of the end, and an exported head when one is given. A payload that is missing is right when a later
 * entry "erase" names it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "engine/verify.h"
#include "store/audit_log.h"

struct walk {
    struct verify *v;
    int64_t n; /* the last entry */
    uint8_t mac[SEAL_MAC_BYTES];
    int64_t *missing; /* entries without the payload they were made with */
    size_t n_missing, room;
    struct map named;             /* numbers that erase entries name */
    struct store_audit_head head; /* exported; n 0: none */
    bool head_seen;
};

/* ------------------------------------------------------------------ heads as text */

enum idem_status audit_head_text(struct store *store, char text[IDEM_AUDIT_HEAD], struct idem_error *err)
{
    struct store_audit_head head;
    bool sealed;
    TRY(store_audit_head(store, &head, &sealed, err));
    int at = snprintf(text, IDEM_AUDIT_HEAD, "%lld:", (long long)head.n);
    for (size_t i = 0; i < SEAL_MAC_BYTES; i++)
        at += snprintf(text + at, (size_t)(IDEM_AUDIT_HEAD - at), "%02x", head.mac[i]);
    return IDEM_OK;
}

static bool S_hex(struct str text, uint8_t mac[SEAL_MAC_BYTES])
{
    static const char DIGITS[] = "0123456789abcdef";
    if (text.len != 2 * SEAL_MAC_BYTES)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char *digit = memchr(DIGITS, text.ptr[i] | 0x20, sizeof DIGITS - 1);
        if (!digit)
            return false;
        mac[i / 2] = (uint8_t)(mac[i / 2] << 4 | (digit - DIGITS));
    }
    return true;
}

static enum idem_status S_parse_head(const char *text, struct store_audit_head *head, struct idem_error *err)
{
    struct str rest = str_trim(str_from(text)), number;
    uint64_t n;
    *head = (struct store_audit_head){0};
    if (!str_next_piece(&rest, ':', &number) || !str_to_u64(number, &n) || !S_hex(rest, head->mac))
        return error_set(err, IDEM_INVALID,
                         "that is no head of an audit log: it is a number, a colon and 64 hex digits, "
                         "as \"idem audit --head\" prints it");
    head->n = (int64_t)n;
    return IDEM_OK;
}

/* ------------------------------------------------------------------ the walk */

static struct str S_number_key(const int64_t *n)
{
    return (struct str){(const char *)n, sizeof *n};
}

/* {"audit_payloads":[3,7]}: what an erasure took away. */
static void S_take_names(struct walk *w, struct str payload)
{
    json_t *o;
    if (json_parse(payload, "audit log", &o, NULL) != IDEM_OK)
        return;
    const json_t *list = json_object_get(o, "audit_payloads");
    for (size_t i = 0; i < json_array_size(list); i++) {
        int64_t n = json_integer_value(json_array_get(list, i));
        if (n < w->n)
            map_add(&w->named, S_number_key(&n), 1);
    }
    json_decref(o);
}

static void S_payload(struct walk *w, const struct store_audit *e)
{
    uint8_t digest[SEAL_MAC_BYTES];
    if (!e->has_payload && !e->payload_there)
        return;
    if (!e->payload_there) {
        if (w->n_missing == w->room) {
            w->room = 2 * w->room + 16;
            w->missing = xrealloc(w->missing, w->room * sizeof *w->missing);
        }
        w->missing[w->n_missing++] = e->n;
        return;
    }
    store_audit_digest(w->v->store, e->n, e->payload, digest);
    if (!e->has_payload || !seal_equal(digest, e->digest, sizeof digest))
        verify_found(w->v, "audit entry %lld has another payload than it was made with", (long long)e->n);
    else if (str_eq(e->verb, STR("erase")))
        S_take_names(w, e->payload);
}

static enum idem_status S_entry(void *context, const struct store_audit *e, struct idem_error *err)
{
    struct walk *w = context;
    uint8_t mac[SEAL_MAC_BYTES];
    (void)err;
    if (e->n != w->n + 1)
        verify_found(w->v, "audit entries %lld to %lld are missing", (long long)w->n + 1, (long long)e->n - 1);
    store_audit_mac(w->v->store, w->mac, e, mac);
    if (e->n == w->n + 1 && !seal_equal(mac, e->mac, sizeof mac))
        verify_found(w->v, "audit entry %lld was altered, or does not follow the one before it", (long long)e->n);
    w->n = e->n;
    memcpy(w->mac, e->mac, sizeof mac);
    if (e->n == w->head.n) {
        w->head_seen = true;
        if (!seal_equal(e->mac, w->head.mac, sizeof mac))
            verify_found(w->v,
                         "audit entry %lld is not the one of the given head: the log was rewritten, or the file "
                         "is another one",
                         (long long)e->n);
    }
    S_payload(w, e);
    return IDEM_OK;
}

static void S_end(struct walk *w)
{
    for (size_t i = 0; i < w->n_missing; i++)
        if (!map_find(&w->named, S_number_key(&w->missing[i])))
            verify_found(w->v, "audit entry %lld has lost its payload, and no erasure names it",
                         (long long)w->missing[i]);
    if (w->head.n && !w->head_seen)
        verify_found(w->v,
                     "the audit log ends at entry %lld, the given head is entry %lld: its end was cut off, or the "
                     "file was put back to an older state",
                     (long long)w->n, (long long)w->head.n);
}

static enum idem_status S_walk(struct walk *w, struct idem_error *err)
{
    struct store_audit_head last;
    bool sealed;
    if (w->v->options->head)
        TRY(S_parse_head(w->v->options->head, &w->head, err));
    store_audit_start(w->v->store, w->mac);
    TRY(store_audit_each(w->v->store, 0, S_entry, w, err));
    S_end(w);
    TRY(store_audit_head(w->v->store, &last, &sealed, err));
    if (!sealed)
        verify_found(w->v,
                     "the audit log ends at entry %lld, and its seal says otherwise: entries were taken away or put "
                     "in",
                     (long long)last.n);
    return IDEM_OK;
}

enum idem_status verify_audit(struct verify *v, struct idem_error *err)
{
    struct walk w = {.v = v};
    enum idem_status status = S_walk(&w, err);
    map_deinit(&w.named);
    free(w.missing);
    return status;
}
