#include "store/master_cache.h"

#include <stdlib.h>

#include "base/parallel.h"
#include "store/table_pages.h"

enum { LEAST_LOOKUPS = 2000, MASTERS_A_LOOKUP = 16, MOST_REDIRECTS = 10000, MOST_THREADS = 64 };
/* Columns of t_master, in their order */
enum { COLUMN_MID, COLUMN_UUID, COLUMN_STATUS, COLUMN_TARGET, COLUMNS };

struct cached_master {
    uint8_t uuid[16]; /* zeros: there is none */
    int64_t target;
};

struct master_cache {
    int64_t first_mid;
    size_t n;                     /* of master: by mid - first_mid */
    struct cached_master *master; /* those that are not there are zeros */
    bool has_roll;
    struct store_roll roll;
};

/* ------------------------------------------------------------------ reading */

static enum idem_status S_take(void *context, const struct store_master *m, struct idem_error *err)
{
    struct master_cache *c = context;
    size_t at = (size_t)(m->mid - c->first_mid);
    (void)err;
    if (at < c->n) {
        memcpy(c->master[at].uuid, m->uuid, sizeof m->uuid);
        c->master[at].target = m->target;
    }
    return IDEM_OK;
}

static bool S_take_row(void *context, int64_t mid, struct str record)
{
    struct row_value value[COLUMNS];
    struct store_master m = {.mid = mid};
    if (!row_decode(record, value, COLUMNS) || value[COLUMN_UUID].type != ROW_TEXT ||
        !store_uuid_parse(value[COLUMN_UUID].bytes, m.uuid))
        return false;
    m.target = value[COLUMN_TARGET].number;
    return S_take(context, &m, NULL) == IDEM_OK;
}

struct reading {
    struct master_cache *cache;
    const struct table_pages *pages;
    struct buf room[MOST_THREADS];
    bool failed[MOST_THREADS];
};

static void S_take_piece(void *context, size_t item, unsigned worker)
{
    struct reading *r = context;
    r->failed[worker] |= !table_pages_read(r->pages, item, &r->room[worker], S_take_row, r->cache);
}

/* False: by a query, after all. */
static bool S_from_pages(const struct table_pages *pages, struct master_cache *c)
{
    struct reading *r = xcalloc(1, sizeof *r);
    unsigned threads = parallel_cpus();
    bool good = true;
    r->cache = c;
    r->pages = pages;
    parallel_for(threads < MOST_THREADS ? threads : MOST_THREADS, table_pages_pieces(pages), S_take_piece, r);
    for (unsigned i = 0; i < MOST_THREADS; i++) {
        good &= !r->failed[i];
        buf_deinit(&r->room[i]);
    }
    free(r);
    return good;
}

static enum idem_status S_fill(struct store *s, struct master_cache *c, struct idem_error *err)
{
    struct table_pages *pages = table_pages_open(s, "t_master");
    bool done = pages && S_from_pages(pages, c);
    table_pages_close(pages);
    if (!done)
        return store_each_master(s, false, S_take, c, err);
    c->has_roll = true;
    return store_roll_read(s, parallel_cpus(), &c->roll, err);
}

static enum idem_status S_read(struct store *s, struct idem_error *err)
{
    int64_t first, last;
    TRY(sql_number(s, "SELECT coalesce(min(mid), 0) FROM t_master", &first, err));
    TRY(sql_number(s, "SELECT coalesce(max(mid), -1) FROM t_master", &last, err));
    struct master_cache *c = xcalloc(1, sizeof *c);
    *c = (struct master_cache){.first_mid = first, .n = (size_t)(last - first + 1)};
    c->master = xcalloc(c->n + 1, sizeof *c->master);
    enum idem_status status = S_fill(s, c, err);
    if (status == IDEM_OK)
        s->master_cache = c;
    else
        master_cache_free(c);
    return status;
}

enum idem_status master_cache_count(struct store *s, uint32_t lookups, const struct master_cache **out,
                                    struct idem_error *err)
{
    if (s->snapshot && !s->master_cache && !s->shared) {
        int64_t masters = s->counters.next_mid - s->counters.first_rids, enough = masters / MASTERS_A_LOOKUP;
        s->snapshot_lookups += lookups;
        if (s->snapshot_lookups > (enough > LEAST_LOOKUPS ? enough : LEAST_LOOKUPS))
            TRY(S_read(s, err));
    }
    *out = s->snapshot ? s->master_cache : NULL;
    return IDEM_OK;
}

/* ------------------------------------------------------------------ finding */

const struct store_roll *master_cache_roll(const struct master_cache *c)
{
    return c->has_roll ? &c->roll : NULL;
}

static bool S_is_there(const struct cached_master *m)
{
    static const uint8_t none[16];
    return memcmp(m->uuid, none, sizeof none) != 0;
}

void master_cache_fetch(const struct master_cache *c, int64_t mid)
{
    uint64_t at = (uint64_t)(mid - c->first_mid);
    if (at < c->n)
        __builtin_prefetch(&c->master[at]);
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
    if (c->has_roll)
        store_roll_deinit(&c->roll);
    free(c->master);
    free(c);
}
