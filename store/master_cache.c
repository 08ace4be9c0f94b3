#include "store/master_cache.h"

#include <stdlib.h>

enum { LEAST_LOOKUPS = 2000, MASTERS_A_LOOKUP = 6, MOST_REDIRECTS = 10000 };

struct cached_master {
    uint8_t uuid[16];
    int64_t target;
};

struct master_cache {
    int64_t first_mid;
    size_t n, room; /* of master: by mid - first_mid; those that are not there have mid 0 as target and no uuid */
    struct cached_master *master;
};

static enum idem_status S_take(void *context, const struct store_master *m, struct idem_error *err)
{
    (void)err;
    struct master_cache *c = context;
    if (!c->n)
        c->first_mid = m->mid;
    size_t at = (size_t)(m->mid - c->first_mid);
    if (at >= c->room) {
        size_t room = at * 2 > 1024 ? at * 2 : 1024;
        c->master = xrealloc(c->master, room * sizeof *c->master);
        c->room = room;
    }
    memset(c->master + c->n, 0, (at - c->n) * sizeof *c->master); /* numbers that no master has */
    memcpy(c->master[at].uuid, m->uuid, sizeof m->uuid);
    c->master[at].target = m->target;
    c->n = at + 1;
    return IDEM_OK;
}

static enum idem_status S_read(struct store *s, struct idem_error *err)
{
    struct master_cache *c = xcalloc(1, sizeof *c);
    enum idem_status status = store_each_master(s, false, S_take, c, err);
    if (status == IDEM_OK)
        s->master_cache = c;
    else
        master_cache_free(c);
    return status;
}

enum idem_status master_cache_count(struct store *s, const struct master_cache **out, struct idem_error *err)
{
    if (s->snapshot && !s->master_cache && !s->shared) {
        int64_t masters = s->counters.next_mid - s->counters.first_rids, enough = masters / MASTERS_A_LOOKUP;
        if (++s->snapshot_lookups > (enough > LEAST_LOOKUPS ? enough : LEAST_LOOKUPS))
            TRY(S_read(s, err));
    }
    *out = s->snapshot ? s->master_cache : NULL;
    return IDEM_OK;
}

static bool S_is_there(const struct cached_master *m)
{
    static const uint8_t none[16];
    return memcmp(m->uuid, none, sizeof none) != 0;
}

bool master_cache_find(const struct master_cache *c, int64_t mid, uint8_t uuid[16])
{
    for (unsigned hops = 0; hops <= MOST_REDIRECTS; hops++) {
        uint64_t at = (uint64_t)(mid - c->first_mid);
        if (at >= c->n || !S_is_there(&c->master[at]))
            return false;
        mid = c->master[at].target;
        if (!mid) {
            memcpy(uuid, c->master[at].uuid, 16);
            return true;
        }
    }
    return false;
}

void master_cache_free(struct master_cache *c)
{
    if (!c)
        return;
    free(c->master);
    free(c);
}
