/* Ids that a company already has: aliases of masters, and the reason to put records together. */
#include "engine/action.h"
#include "engine/truth.h"

enum { MOST_SCHEME_BYTES = 64 };

struct import {
    struct truth truth;
    struct str scheme;
    int64_t *rid;   /* [truth.n_records] 0: unknown */
    int64_t *first; /* [truth.n_entities] a record that has the id */
    uint64_t known, unknown, aliases;
};

static enum idem_status S_records(struct action *a, struct import *in, struct idem_error *err)
{
    const struct truth *t = &in->truth;
    in->rid = ARENA_NEW(&a->arena, int64_t, (size_t)t->n_records + 1);
    in->first = ARENA_NEW(&a->arena, int64_t, (size_t)t->n_entities + 1);
    for (uint32_t i = 0; i < t->n_records; i++) {
        enum idem_status status =
            store_find_record(a->store, t->record[i].source, t->record[i].record_id, &in->rid[i], err);
        if (status != IDEM_NOT_FOUND)
            TRY(status);
        if (status == IDEM_NOT_FOUND)
            in->rid[i] = 0;
        in->known += in->rid[i] != 0;
        in->unknown += in->rid[i] == 0;
    }
    return IDEM_OK;
}

/* Every record with an id is the same as the first that has it. What is decided already stays. */
static enum idem_status S_same(struct action *a, struct import *in, struct idem_error *err)
{
    const struct truth *t = &in->truth;
    a->batch = a->seq;
    for (uint32_t i = 0; i < t->n_records; i++) {
        int64_t *first = &in->first[t->record[i].entity];
        if (!in->rid[i])
            continue;
        if (!*first) {
            *first = in->rid[i];
            continue;
        }
        const struct store_decision *d = action_decision(a, *first, in->rid[i]);
        if (!d || d->verdict != STORE_SAME)
            TRY(action_decide(a, STORE_SAME, *first, in->rid[i], str_from(a->options->reason), err));
    }
    return IDEM_OK;
}

static enum idem_status S_alias(struct action *a, struct import *in, struct str alias, int64_t rid,
                                struct idem_error *err)
{
    int64_t owner, mid;
    struct store_master master;
    TRY(action_master(a, rid, &mid, err));
    enum idem_status status = steward_find_alias(a->store, in->scheme, alias, &owner, err);
    if (status == IDEM_OK) {
        TRY(store_survivor(a->store, owner, &a->arena, &master, err));
        if (master.mid == mid)
            return IDEM_OK;
        return error_set(err, IDEM_CONFLICT, "an id of %.*s belongs to another master already; nothing was changed",
                         STR_ARG(in->scheme));
    }
    if (status != IDEM_NOT_FOUND)
        return status;
    in->aliases++;
    return steward_put_alias(a->store, in->scheme, alias, mid, rid, a->seq, err);
}

static enum idem_status S_aliases(struct action *a, void *context, struct idem_error *err)
{
    struct import *in = context;
    for (uint32_t e = 0; e < in->truth.n_entities; e++)
        if (in->first[e])
            TRY(S_alias(a, in, dict_get(&in->truth.entities, e + 1), in->first[e], err));
    json_put(a->result, "records", json_integer((json_int_t)in->known));
    json_put(a->result, "unknown", json_integer((json_int_t)in->unknown));
    json_put(a->result, "aliases", json_integer((json_int_t)in->aliases));
    return IDEM_OK;
}

static enum idem_status S_import(struct action *a, struct import *in, const char *path, struct idem_error *err)
{
    if (!in->scheme.len || in->scheme.len > MOST_SCHEME_BYTES || str_find_byte(in->scheme, ':') != SIZE_MAX)
        return error_set(err, IDEM_INVALID, "the name of the ids has 1 to %d bytes and no colon", MOST_SCHEME_BYTES);
    TRY(truth_read_clusters(path, &in->truth, err));
    TRY(S_records(a, in, err));
    TRY(S_same(a, in, err));
    a->after = S_aliases;
    a->context = in;
    return IDEM_OK;
}

enum idem_status idem_import_crosswalk(struct idem_session *s, const char *path, const char *scheme,
                                       const struct idem_steward_options *options, char **json, struct idem_error *err)
{
    struct action action;
    struct import in = {.scheme = str_from(scheme ? scheme : "id")};
    enum idem_status status = action_begin(&action, s, "import", options, err);
    if (status == IDEM_OK)
        status = S_import(&action, &in, path, err);
    status = action_end(&action, status, json, err);
    truth_deinit(&in.truth);
    return status;
}
