/* Merge and split: decisions on whole masters. */
#include <stdlib.h>

#include "engine/action.h"
#include "engine/master.h"

enum { MOST_PAIRS = 100000 };

static struct str S_reason(const struct action *a)
{
    return str_from(a->options->reason);
}

/* Once the two groups are one, a record that held on to its own group alone may fall off: it is said to be the same
 * too, until all that were in the masters are together. */
static enum idem_status S_hold(struct action *a, const int64_t *member, size_t n, int64_t first, struct idem_error *err)
{
    uint32_t *cluster = ARENA_NEW(&a->arena, uint32_t, n + 1), of_first = 0;
    for (bool fell = true; fell;) {
        TRY(action_preview(a, member, n, cluster, err));
        fell = false;
        for (size_t i = 0; i < n; i++)
            of_first = member[i] == first ? cluster[i] : of_first;
        for (size_t i = 0; i < n; i++)
            if (cluster[i] != of_first) {
                const struct store_decision *d = action_decision(a, first, member[i]);
                if (d && d->verdict == STORE_DIFFERENT)
                    return error_set(
                        err, IDEM_CONFLICT,
                        "decision %lld says that a record of one master is different from one of the other",
                        (long long)d->id);
                TRY(action_decide(a, STORE_SAME, first, member[i], S_reason(a), err));
                fell = true;
            }
    }
    return IDEM_OK;
}

static enum idem_status S_add_members(struct action *a, int64_t mid, int64_t **member, size_t *n,
                                      struct idem_error *err)
{
    int64_t *more;
    size_t n_more;
    TRY(master_members(a->store, mid, &a->arena, &more, &n_more, err));
    int64_t *all = ARENA_NEW(&a->arena, int64_t, *n + n_more + 1);
    if (*n)
        memcpy(all, *member, *n * sizeof *all);
    if (n_more)
        memcpy(all + *n, more, n_more * sizeof *all);
    *member = all;
    *n += n_more;
    return IDEM_OK;
}

static enum idem_status S_merge(struct action *a, const char *const *key, size_t n, struct idem_error *err)
{
    struct master_found first, other;
    int64_t x = 0, y, *member = NULL;
    size_t n_members = 0;
    a->batch = a->seq;
    TRY(master_find(a->store, str_from(key[0]), &a->arena, &first, err));
    for (size_t i = 0; i < n; i++) {
        char id[37];
        TRY(master_find(a->store, str_from(key[i]), &a->arena, &other, err));
        if (i && other.survivor.mid == first.survivor.mid)
            return error_set(err, IDEM_INVALID, "%s is the same master as %s already", key[i], key[0]);
        store_uuid_format(other.survivor.uuid, id);
        TRY(action_record(a, id, i ? &y : &x, err));
        if (i)
            TRY(action_decide(a, STORE_SAME, x, y, S_reason(a), err));
        TRY(S_add_members(a, other.survivor.mid, &member, &n_members, err));
    }
    return S_hold(a, member, n_members, x, err);
}

enum idem_status idem_merge(struct idem_session *s, const char *const *key, size_t n,
                            const struct idem_steward_options *options, char **json, struct idem_error *err)
{
    struct action action;
    enum idem_status status = action_begin(&action, s, "merge", options, err);
    if (status == IDEM_OK && n < 2)
        status = error_set(err, IDEM_INVALID, "a merge takes two masters or more");
    if (status == IDEM_OK)
        status = S_merge(&action, key, n, err);
    return action_end(&action, status, json, err);
}

/* ------------------------------------------------------------------ split */

static bool S_holds(const int64_t *rid, size_t n, int64_t wanted)
{
    for (size_t i = 0; i < n; i++)
        if (rid[i] == wanted)
            return true;
    return false;
}

static enum idem_status S_leaving(struct action *a, int64_t mid, const char *const *key, size_t n, int64_t *rid,
                                  struct idem_error *err)
{
    for (size_t i = 0; i < n; i++) {
        struct master_found found;
        TRY(master_find(a->store, str_from(key[i]), &a->arena, &found, err));
        if (!found.rid)
            return error_set(err, IDEM_INVALID, "%s: the records that leave are named as SOURCE:ID", key[i]);
        if (found.survivor.mid != mid)
            return error_set(err, IDEM_INVALID, "%s is in another master", key[i]);
        rid[i] = found.rid;
    }
    return IDEM_OK;
}

/* `same`s across the cut no longer hold, those that lead to it over records that are gone neither. */
static enum idem_status S_cancel(struct action *a, const int64_t *leaving, size_t n, struct idem_error *err)
{
    for (size_t i = 0, all = a->decisions.n; i < all; i++) {
        const struct store_decision *d = &a->decisions.item[i];
        if (d->id && d->verdict == STORE_SAME && S_holds(leaving, n, d->rid_a) != S_holds(leaving, n, d->rid_b))
            TRY(action_withdraw(a, d, err));
    }
    return IDEM_OK;
}

static enum idem_status S_split(struct action *a, const char *master, const char *const *key, size_t n,
                                struct idem_error *err)
{
    struct master_found found;
    int64_t *member, *leaving = ARENA_NEW(&a->arena, int64_t, n + 1);
    size_t n_members;
    a->batch = a->seq;
    TRY(master_find(a->store, str_from(master), &a->arena, &found, err));
    TRY(master_members(a->store, found.survivor.mid, &a->arena, &member, &n_members, err));
    TRY(S_leaving(a, found.survivor.mid, key, n, leaving, err));
    if (n >= n_members)
        return error_set(err, IDEM_INVALID, "%s has no other records: name those that leave", master);
    if (n * (n_members - n) > MOST_PAIRS)
        return error_set(err, IDEM_LIMIT, "a split is between at most %d pairs of records", MOST_PAIRS);
    TRY(S_cancel(a, leaving, n, err));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n_members; k++)
            if (!S_holds(leaving, n, member[k]))
                TRY(action_decide(a, STORE_DIFFERENT, leaving[i], member[k], S_reason(a), err));
    return IDEM_OK;
}

enum idem_status idem_split(struct idem_session *s, const char *master, const char *const *key, size_t n,
                            const struct idem_steward_options *options, char **json, struct idem_error *err)
{
    struct action action;
    enum idem_status status = action_begin(&action, s, "split", options, err);
    if (status == IDEM_OK && !n)
        status = error_set(err, IDEM_INVALID, "name the records that leave the master");
    if (status == IDEM_OK)
        status = S_split(&action, master, key, n, err);
    return action_end(&action, status, json, err);
}
