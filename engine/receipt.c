#include "engine/receipt.h"

#include <stdlib.h>

#include "base/clock.h"

static const char KIND[] = "idem erasure receipt 1";

/* What no program that works on one file can reach. */
static const char *const NOT_REACHED[] = {
    "backups and other copies of the database file, and snapshots of the file system or the machine",
    "files that were exported, and what other systems took over from them",
    "the source files: a record that still stands there is set aside when it is read again",
    "blocks that the disk or the file system keeps aside when it overwrites (SSD, copy on write, journals), and swap",
};

static json_t *S_hex(const void *bytes, size_t len)
{
    static const char DIGITS[] = "0123456789abcdef";
    char text[2 * SEAL_SIGNATURE_BYTES + 1];
    const uint8_t *p = bytes;
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = DIGITS[p[i] >> 4];
        text[2 * i + 1] = DIGITS[p[i] & 15];
    }
    return json_stringn(text, 2 * len);
}

static int S_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool S_unhex(struct str text, uint8_t *bytes, size_t len)
{
    if (text.len != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = S_digit(text.ptr[2 * i]), low = S_digit(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static json_t *S_time(int64_t ms)
{
    char text[25];
    clock_format(ms, text);
    return json_string(text);
}

/* ------------------------------------------------------------------ what waits */

static json_t *S_subjects(const struct erasure *e)
{
    json_t *list = json_array();
    for (size_t i = 0; i < e->n_digests; i++)
        if (e->digest[i].kind == ERASED_RECORD)
            json_array_append_new(list, S_hex(e->digest[i].digest, ERASED_DIGEST));
    return list;
}

/* One that waits already, because its scrub was held up, is finished with this one: its records are named in both. */
static enum idem_status S_join_waiting(struct erasure *e, json_t *receipt, struct idem_error *err)
{
    struct erase_trace before = {0};
    struct str text;
    json_t *old, *item;
    size_t i;
    enum idem_status status = erase_get_pending(e->store, &e->arena, &text, &before, err);
    if (status == IDEM_NOT_FOUND)
        return IDEM_OK;
    TRY(status);
    TRY(json_parse(text, "the erasure that waits", &old, err));
    json_array_foreach(json_object_get(old, "records"), i, item)
        json_array_append(json_object_get(receipt, "records"), item);
    json_array_foreach(json_object_get(old, "masters"), i, item)
        json_array_append(json_object_get(receipt, "masters"), item);
    json_decref(old);
    for (size_t k = 0; k < before.n; k++)
        trace_add_hash(&e->erase.trace, before.hash[k]);
    trace_deinit(&before);
    return IDEM_OK;
}

enum idem_status receipt_wait(struct erasure *e, struct idem_error *err)
{
    json_t *receipt = json_object(), *masters = json_array(), *item;
    size_t i;
    json_put(receipt, "kind", json_string(KIND));
    json_put(receipt, "database", S_hex(store_info(e->store)->id, sizeof store_info(e->store)->id));
    json_put(receipt, "run_id", json_integer(e->run.run.id));
    json_put(receipt, "seq", json_integer(e->seq));
    json_put(receipt, "by", e->options->by ? json_from_str(str_from(e->options->by)) : json_null());
    json_put(receipt, "committed_at", S_time(e->now_ms));
    json_put(receipt, "records", S_subjects(e));
    json_put(receipt, "masters", masters);
    json_array_foreach(json_object_get(e->result, "masters"), i,
                       item) if (str_eq(json_str(json_object_get(item, "becomes")), STR("erased")))
        json_array_append(masters, json_object_get(item, "master_id"));
    json_object_set(receipt, "removed", json_object_get(e->result, "removed"));
    enum idem_status status = S_join_waiting(e, receipt, err);
    if (status == IDEM_OK) {
        char *text = json_text(receipt);
        status = erase_put_pending(e->store, str_from(text), &e->erase.trace, err);
        free(text);
    }
    json_decref(receipt);
    return status;
}

/* ------------------------------------------------------------------ scrub and sign */

static void S_sign(struct store *store, json_t *receipt)
{
    uint8_t public_key[SEAL_PUBLIC_BYTES], signature[SEAL_SIGNATURE_BYTES];
    erase_sign(store, (struct str){0}, public_key, signature);
    json_put(receipt, "public_key", S_hex(public_key, sizeof public_key));
    char *text = json_text(receipt);
    erase_sign(store, str_from(text), public_key, signature);
    free(text);
    json_put(receipt, "signature", S_hex(signature, sizeof signature));
}

static void S_complete(struct store *store, json_t *receipt, const struct erase_scrub *scrub, int64_t now_ms)
{
    json_t *search = json_object(), *list = json_array();
    json_put(receipt, "scrubbed_at", S_time(now_ms));
    json_put(search, "sequences", json_integer((json_int_t)scrub->windows));
    json_put(search, "bytes", json_integer((json_int_t)scrub->searched));
    json_put(search, "found", json_integer((json_int_t)scrub->found));
    json_put(search, "rewritten", json_boolean(scrub->rewritten));
    json_put(receipt, "search", search);
    for (size_t i = 0; i < COUNT_OF(NOT_REACHED); i++)
        json_array_append_new(list, json_string(NOT_REACHED[i]));
    json_put(receipt, "not_reached", list);
    S_sign(store, receipt);
}

static enum idem_status S_end_waiting(struct store *store, const json_t *receipt, struct idem_error *err)
{
    TRY(store_begin(store, err));
    char *text = json_text(receipt);
    enum idem_status status = erase_end_pending(store, str_from(text), err);
    free(text);
    if (status == IDEM_OK)
        return store_commit(store, err);
    store_rollback(store);
    return status;
}

static enum idem_status S_finish(struct store *store, struct arena *scratch, struct erase_trace *trace, int64_t now_ms,
                                 json_t *result, struct idem_error *err)
{
    struct erase_scrub scrub;
    struct str text;
    json_t *receipt;
    TRY(erase_get_pending(store, scratch, &text, trace, err));
    TRY(erase_scrub(store, trace, &scrub, err));
    json_put(result, "status", json_string(scrub.done ? "erased" : "erasing"));
    if (!scrub.done)
        return error_set(err, IDEM_BUSY,
                         "%s: erased, but a reader still holds the log with the old pages; there is no receipt yet. "
                         "Run idem erase --finish when it has ended",
                         store_info(store)->path);
    TRY(json_parse(text, "the erasure that waits", &receipt, err));
    json_put(result, "receipt", receipt);
    S_complete(store, receipt, &scrub, now_ms ? now_ms : clock_now_ms());
    return S_end_waiting(store, receipt, err);
}

enum idem_status receipt_finish(struct idem_session *s, struct store *store, const struct idem_erase_options *options,
                                json_t *result, struct idem_error *err)
{
    struct arena scratch = {0};
    struct erase_trace trace = {0};
    (void)s;
    enum idem_status status = S_finish(store, &scratch, &trace, options ? options->now_ms : 0, result, err);
    trace_deinit(&trace);
    arena_deinit(&scratch);
    return status;
}

/* Nothing waits: the receipt of the last erasure, which may have been lost on its way. `none` says that nothing waits.
 */
static enum idem_status S_give_again(struct store *store, json_t *result, const struct idem_error *none,
                                     struct idem_error *err)
{
    struct arena scratch = {0};
    struct str text;
    json_t *receipt;
    enum idem_status status;
    TRY_DONE(erase_last_receipt(store, &scratch, &text, err));
    if (!text.len)
        TRY_DONE(error_set(err, IDEM_NOT_FOUND, "%s", none->message));
    TRY_DONE(json_parse(text, "the last receipt", &receipt, err));
    json_put(result, "status", json_string("erased"));
    json_put(result, "receipt", receipt);
done:
    arena_deinit(&scratch);
    return status;
}

IDEM_API enum idem_status idem_erase_finish(struct idem_session *s, const struct idem_erase_options *options,
                                            char **json, struct idem_error *err)
{
    struct store *store;
    *json = NULL;
    TRY(session_store(s, STORE_WRITE, &store, err));
    json_t *result = json_object();
    struct idem_error why = {0};
    enum idem_status status = receipt_finish(s, store, options, result, &why);
    if (status == IDEM_NOT_FOUND)
        status = S_give_again(store, result, &why, err);
    else if (status != IDEM_OK && err)
        *err = why;
    if (status == IDEM_OK || status == IDEM_BUSY)
        *json = json_text(result);
    json_decref(result);
    return status;
}

/* ------------------------------------------------------------------ checking */

struct checking {
    struct store *store;
    struct arena arena;
    json_t *receipt, *problems;
};

static void S_problem(struct checking *c, const char *text)
{
    json_array_append_new(c->problems, json_string(text));
}

static void S_check_signature(struct checking *c)
{
    uint8_t public_key[SEAL_PUBLIC_BYTES], own[SEAL_PUBLIC_BYTES], signature[SEAL_SIGNATURE_BYTES],
        unused[SEAL_SIGNATURE_BYTES];
    bool good = S_unhex(json_str(json_object_get(c->receipt, "public_key")), public_key, sizeof public_key) &&
                S_unhex(json_str(json_object_get(c->receipt, "signature")), signature, sizeof signature);
    json_t *bare = json_copy(c->receipt);
    json_object_del(bare, "signature");
    char *text = json_text(bare);
    json_decref(bare);
    if (!good || !seal_signed(public_key, str_from(text), signature))
        S_problem(c, "the signature does not fit: the receipt was altered");
    free(text);
    if (!store_info(c->store)->has_key) {
        S_problem(c, "without the key file it cannot be told whether this database signed it");
        return;
    }
    erase_sign(c->store, (struct str){0}, own, unused);
    if (good && memcmp(own, public_key, sizeof own) != 0)
        S_problem(c, "it was signed with another key than this database's");
}

static void S_check_database(struct checking *c)
{
    uint8_t id[16];
    if (!S_unhex(json_str(json_object_get(c->receipt, "database")), id, sizeof id) ||
        memcmp(id, store_info(c->store)->id, sizeof id) != 0)
        S_problem(c, "it is about another database");
}

struct listed {
    uint8_t digest[ERASED_DIGEST];
    bool found;
};

struct listing {
    struct listed *item;
    size_t n;
};

static enum idem_status S_listed(void *context, const struct store_erased *e, struct idem_error *err)
{
    struct listing *l = context;
    (void)err;
    for (size_t i = 0; i < l->n; i++)
        l->item[i].found |= e->kind == ERASED_RECORD && memcmp(l->item[i].digest, e->digest, ERASED_DIGEST) == 0;
    return IDEM_OK;
}

/* A record that may come back is no longer on the list: that is told, and is no flaw of the receipt. */
static enum idem_status S_check_records(struct checking *c, json_t *result, struct idem_error *err)
{
    json_t *list = json_object_get(c->receipt, "records"), *item;
    struct listing l = {ARENA_NEW(&c->arena, struct listed, json_array_size(list) + 1), 0};
    size_t i, missing = 0;
    json_array_foreach(list, i, item) if (!S_unhex(json_str(item), l.item[l.n++].digest, ERASED_DIGEST))
        S_problem(c, "a digest cannot be read");
    TRY(erased_each(c->store, S_listed, &l, err));
    for (i = 0; i < l.n; i++)
        missing += !l.item[i].found;
    json_put(result, "records", json_integer((json_int_t)l.n));
    json_put(result, "allowed_back", json_integer((json_int_t)missing));
    return IDEM_OK;
}

static enum idem_status S_check_masters(struct checking *c, struct idem_error *err)
{
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(c->receipt, "masters"), i, item)
    {
        struct store_master master;
        enum idem_status status = store_find_master(c->store, json_str(item), &c->arena, &master, err);
        if (status != IDEM_OK && status != IDEM_NOT_FOUND)
            return status;
        if (status == IDEM_NOT_FOUND || master.status != STORE_MASTER_ERASED) {
            S_problem(c, "a master that it names is not erased: the file is older than the erasure");
            break;
        }
    }
    return IDEM_OK;
}

static enum idem_status S_check(struct checking *c, json_t *result, struct idem_error *err)
{
    if (!str_eq(json_str(json_object_get(c->receipt, "kind")), str_from(KIND)))
        return error_set(err, IDEM_INVALID, "not a receipt of an erasure");
    S_check_signature(c);
    S_check_database(c);
    TRY(S_check_records(c, result, err));
    TRY(S_check_masters(c, err));
    bool valid = json_array_size(c->problems) == 0;
    json_put(result, "receipt", json_string(valid ? "valid" : "invalid"));
    json_object_set(result, "committed_at", json_object_get(c->receipt, "committed_at"));
    json_object_set(result, "scrubbed_at", json_object_get(c->receipt, "scrubbed_at"));
    json_object_set(result, "problems", c->problems);
    return valid ? IDEM_OK
                 : error_set(err, IDEM_CORRUPT, "the receipt does not hold: %s",
                             json_string_value(json_array_get(c->problems, 0)));
}

IDEM_API enum idem_status idem_verify_receipt(struct idem_session *s, struct idem_str receipt, char **json,
                                              struct idem_error *err)
{
    struct str text = {receipt.ptr, receipt.len};
    struct checking c = {.problems = json_array()};
    json_t *result = json_object();
    enum idem_status status;
    *json = NULL;
    TRY_DONE(json_parse(text, "receipt", &c.receipt, err));
    TRY_DONE(session_store(s, STORE_READ, &c.store, err));
    status = S_check(&c, result, err);
    if (status == IDEM_OK || status == IDEM_CORRUPT)
        *json = json_text(result);
done:
    json_decref(result);
    json_decref(c.receipt);
    json_decref(c.problems);
    arena_deinit(&c.arena);
    return status;
}
