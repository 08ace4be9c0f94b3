#include "engine/pins.h"

#include <stdlib.h>

enum { MOST_MERGED_LEVELS = 64 };

struct loading {
    struct arena *out;
    struct pins *pins;
    size_t room;
};

static enum idem_status S_take(void *context, const struct store_pin *pin, struct idem_error *err)
{
    struct loading *l = context;
    struct pins *p = l->pins;
    (void)err;
    if (p->n == l->room) {
        size_t room = l->room ? l->room * 2 : 16;
        struct store_pin *grown = ARENA_NEW(l->out, struct store_pin, room);
        if (p->n)
            memcpy(grown, p->item, p->n * sizeof *grown);
        p->item = grown;
        l->room = room;
    }
    p->item[p->n] = *pin;
    p->item[p->n].value = str_copy(l->out, pin->value);
    p->item[p->n++].by = str_copy(l->out, pin->by);
    return IDEM_OK;
}

enum idem_status pins_load(struct store *store, int64_t mid, struct arena *out, struct pins *pins,
                           struct idem_error *err)
{
    struct loading l = {out, pins, 0};
    *pins = (struct pins){.n = 0};
    return steward_each_pin(store, mid, S_take, &l, err);
}

/* ------------------------------------------------------------------ a run's */

struct claimed {
    uint32_t cluster;
    unsigned field;
    bool inherited;
    const struct store_pin *pin;
};

static int S_by_claim(const void *a, const void *b)
{
    const struct claimed *x = a, *y = b;
    if (x->cluster != y->cluster)
        return x->cluster < y->cluster ? -1 : 1;
    if (x->field != y->field)
        return x->field < y->field ? -1 : 1;
    if (x->inherited != y->inherited)
        return x->inherited ? 1 : -1;
    return (x->pin->mid > y->pin->mid) - (x->pin->mid < y->pin->mid);
}

size_t pins_for_clusters(const struct pins *pins, const struct previous *previous, const struct assign_input *in,
                         const struct assign_result *result, pins_member_fn *is_member, void *context,
                         struct arena *out, struct survivors_pin **pin)
{
    size_t n = 0, kept = 0, n_masters = (size_t)in->n_masters + result->n_new;
    *pin = NULL;
    if (!pins->n)
        return 0;
    uint32_t *cluster_of = ARENA_NEW(out, uint32_t, n_masters + 1);
    struct claimed *claim = ARENA_NEW(out, struct claimed, pins->n + 1);
    memset(cluster_of, 0xFF, n_masters * sizeof *cluster_of);
    for (uint32_t c = 0; c < in->n_clusters; c++)
        cluster_of[result->master[c]] = c;
    for (size_t i = 0; i < pins->n; i++) {
        uint32_t m = previous_master(previous, pins->item[i].mid);
        uint32_t c = m == PREVIOUS_NONE ? UINT32_MAX : cluster_of[assign_resolve(in, result, m)];
        if (c != UINT32_MAX && (!pins->item[i].rid || is_member(context, c, pins->item[i].rid)))
            claim[n++] = (struct claimed){c, pins->item[i].field, result->master[c] != m, &pins->item[i]};
    }
    if (n)
        qsort(claim, n, sizeof *claim, S_by_claim);
    *pin = ARENA_NEW(out, struct survivors_pin, n + 1);
    for (size_t i = 0; i < n; i++)
        if (!i || claim[i].cluster != claim[i - 1].cluster || claim[i].field != claim[i - 1].field)
            (*pin)[kept++] =
                (struct survivors_pin){claim[i].cluster, claim[i].field, claim[i].pin->rid, claim[i].pin->value};
    return kept;
}

/* ------------------------------------------------------------------ one text */

struct search {
    unsigned field;
    int64_t mid; /* whose pin was found; 0: none yet */
    struct str text;
};

/* A merged master's pin counts when none of an older one does. */
static enum idem_status S_search(struct store *store, int64_t mid, bool own, unsigned level, struct arena *out,
                                 struct search *s, struct idem_error *err)
{
    struct pins pins;
    int64_t *from;
    size_t n;
    if (level > MOST_MERGED_LEVELS)
        return error_set(err, IDEM_CORRUPT, "masters redirect to each other; run \"idem verify\"");
    TRY(pins_load(store, mid, out, &pins, err));
    for (size_t i = 0; i < pins.n; i++)
        if (pins.item[i].field == s->field && !pins.item[i].rid && (!s->mid || mid < s->mid)) {
            s->mid = mid;
            s->text = pins.item[i].value;
        }
    if (own && s->mid)
        return IDEM_OK;
    TRY(store_redirected_from(store, mid, out, &from, &n, err));
    for (size_t i = 0; i < n; i++)
        TRY(S_search(store, from[i], false, level + 1, out, s, err));
    return IDEM_OK;
}

enum idem_status pins_text(struct store *store, int64_t mid, unsigned field, struct arena *out, struct str *text,
                           struct idem_error *err)
{
    struct search s = {.field = field};
    TRY(S_search(store, mid, true, 0, out, &s, err));
    if (!s.mid)
        return error_set(err, IDEM_CORRUPT, "a golden record names a pin that is not there; run \"idem verify\"");
    *text = s.text;
    return IDEM_OK;
}
