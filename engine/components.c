#include "engine/components.h"

#include <stdlib.h>

#include "base/radix.h"

enum { CONTAINER_BITS = 6 };
enum { FORCED_SAME = 1, FORCED_DECIDED = 2, FORCED_OVERRULED = 4 };

/* Forced pair i: those that hold, then those that are overruled. */
static const struct forced_pair *S_forced(const struct matching *m, size_t i)
{
    return i < m->n_forced ? &m->forced[i] : &m->overruled[i - m->n_forced];
}

static unsigned S_flags(const struct matching *m, size_t i)
{
    return (S_forced(m, i)->same ? FORCED_SAME : 0) | (i < m->n_decided ? FORCED_DECIDED : 0) |
           (i >= m->n_forced ? FORCED_OVERRULED : 0);
}

/* ------------------------------------------------------------------ which rows belong together */

static uint32_t S_root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

static void S_union(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = S_root(parent, a);
    b = S_root(parent, b);
    parent[a < b ? b : a] = a < b ? a : b;
}

static bool S_joins(const struct matching *m, const struct edge *e)
{
    return e->weight >= cluster_near(m->scorer.model);
}

/* A `different` is kept with the pairs it overrules. */
static bool S_keeps(const struct matching *m, const struct forced_pair *f)
{
    return f->same || scorer_score(&m->scorer, 0, f->a, f->b) >= cluster_near(m->scorer.model);
}

void components_find(const struct matching *m, uint32_t n_rows, const int64_t *rid, int64_t *of_row)
{
    uint32_t *parent = xmalloc(((size_t)n_rows + 1) * sizeof *parent);
    int64_t *least = xcalloc((size_t)n_rows + 1, sizeof *least);
    uint32_t *size = xcalloc((size_t)n_rows + 1, sizeof *size);
    for (uint32_t row = 0; row < n_rows; row++)
        parent[row] = row;
    for (size_t i = 0; i < m->edges.n; i++)
        if (S_joins(m, &m->edges.edge[i]))
            S_union(parent, m->edges.edge[i].a, m->edges.edge[i].b);
    for (size_t i = 0; i < m->n_forced + m->n_overruled; i++)
        if (S_keeps(m, S_forced(m, i)))
            S_union(parent, S_forced(m, i)->a, S_forced(m, i)->b);
    for (uint32_t row = 0; row < n_rows; row++) {
        uint32_t root = S_root(parent, row);
        if (!size[root]++ || rid[row] < least[root])
            least[root] = rid[row];
    }
    for (uint32_t row = 0; row < n_rows; row++) {
        uint32_t root = S_root(parent, row);
        of_row[row] = size[root] > 1 ? least[root] : 0;
    }
    free(parent);
    free(least);
    free(size);
}

/* ------------------------------------------------------------------ as bytes */

static uint64_t S_zigzag(int64_t x)
{
    return (uint64_t)x << 1 ^ (uint64_t)(x >> 63);
}

static int64_t S_unzigzag(uint64_t x)
{
    return (int64_t)(x >> 1) ^ -(int64_t)(x & 1);
}

/* Rows, pairs and forced pairs, each in the order of components: key is the component, row the index. */
struct sorted {
    struct key_row *entry;
    size_t n, at;
};

static void S_sort(struct sorted *s)
{
    struct key_row *scratch = xmalloc((s->n + 1) * sizeof *scratch);
    radix_sort(s->entry, scratch, s->n);
    free(scratch);
}

struct layout {
    const struct matching *matching;
    const int64_t *rid;
    uint32_t *place; /* [n_rows] in its component */
    struct sorted rows, edges, forced;
};

static void S_layout(const struct matching *m, uint32_t n_rows, const int64_t *rid, const int64_t *of_row,
                     struct layout *l)
{
    *l = (struct layout){.matching = m, .rid = rid, .place = xcalloc((size_t)n_rows + 1, sizeof *l->place)};
    l->rows.entry = xmalloc(((size_t)n_rows + 1) * sizeof *l->rows.entry);
    l->edges.entry = xmalloc((m->edges.n + 1) * sizeof *l->edges.entry);
    l->forced.entry = xmalloc((m->n_forced + m->n_overruled + 1) * sizeof *l->forced.entry);
    for (uint32_t row = 0; row < n_rows; row++)
        if (of_row[row])
            l->rows.entry[l->rows.n++] = (struct key_row){(uint64_t)of_row[row], row};
    for (size_t i = 0; i < m->edges.n; i++)
        if (S_joins(m, &m->edges.edge[i]))
            l->edges.entry[l->edges.n++] = (struct key_row){(uint64_t)of_row[m->edges.edge[i].a], (uint32_t)i};
    for (size_t i = 0; i < m->n_forced + m->n_overruled; i++) {
        const struct forced_pair *f = S_forced(m, i);
        if (of_row[f->a] && of_row[f->a] == of_row[f->b])
            l->forced.entry[l->forced.n++] = (struct key_row){(uint64_t)of_row[f->a], (uint32_t)i};
    }
    S_sort(&l->rows);
    S_sort(&l->edges);
    S_sort(&l->forced);
}

static void S_layout_deinit(struct layout *l)
{
    free(l->place);
    free(l->rows.entry);
    free(l->edges.entry);
    free(l->forced.entry);
}

/* Entries of this component from where the walk stands. */
static size_t S_run(const struct sorted *s, uint64_t id)
{
    size_t n = 0;
    while (s->at + n < s->n && s->entry[s->at + n].key == id)
        n++;
    return n;
}

static void S_pack(struct layout *l, uint64_t id, struct buf *out)
{
    const struct matching *m = l->matching;
    size_t n = S_run(&l->rows, id), n_edges = S_run(&l->edges, id), n_forced = S_run(&l->forced, id);
    int64_t before = (int64_t)id;
    buf_varint(out, id & ((1u << CONTAINER_BITS) - 1));
    buf_varint(out, n);
    for (size_t i = 0; i < n; i++) {
        uint32_t row = l->rows.entry[l->rows.at + i].row;
        l->place[row] = (uint32_t)i;
        buf_varint(out, S_zigzag(l->rid[row] - before));
        before = l->rid[row];
    }
    buf_varint(out, n_edges);
    for (size_t i = 0; i < n_edges; i++) {
        const struct edge *e = &m->edges.edge[l->edges.entry[l->edges.at + i].row];
        buf_varint(out, l->place[e->a]);
        buf_varint(out, l->place[e->b]);
        buf_varint(out, S_zigzag(e->weight));
        buf_varint(out, e->rule);
    }
    buf_varint(out, n_forced);
    for (size_t i = 0; i < n_forced; i++) {
        size_t at = l->forced.entry[l->forced.at + i].row;
        buf_varint(out, l->place[S_forced(m, at)->a]);
        buf_varint(out, l->place[S_forced(m, at)->b]);
        buf_varint(out, S_flags(m, at));
    }
    l->rows.at += n;
    l->edges.at += n_edges;
    l->forced.at += n_forced;
}

/* ------------------------------------------------------------------ containers */

/* Containers that are there already, ascending. */
struct kept {
    struct buf bytes;
    struct kept_blob {
        int64_t id;
        size_t at, len;
    } * blob;
    size_t n, room, next;
};

static enum idem_status S_keep(void *context, int64_t id, struct str body, struct idem_error *err)
{
    struct kept *k = context;
    (void)err;
    if (k->n == k->room) {
        k->room = k->room ? k->room * 2 : 256;
        k->blob = xrealloc(k->blob, k->room * sizeof *k->blob);
    }
    k->blob[k->n++] = (struct kept_blob){id, k->bytes.len, body.len};
    buf_str(&k->bytes, body);
    return IDEM_OK;
}

/* Containers before `id` are no more; that of `id`, when it is there, is the result. */
static enum idem_status S_advance(struct store *store, struct kept *k, int64_t id, struct str *body,
                                  struct idem_error *err)
{
    *body = (struct str){0};
    for (; k->next < k->n && k->blob[k->next].id < id; k->next++)
        TRY(store_put_blob(store, STORE_COMPONENT, k->blob[k->next].id, (struct str){0}, err));
    if (k->next < k->n && k->blob[k->next].id == id) {
        *body = (struct str){k->bytes.ptr + k->blob[k->next].at, k->blob[k->next].len};
        k->next++;
    }
    return IDEM_OK;
}

static enum idem_status S_put_all(struct store *store, struct layout *l, struct kept *k, struct idem_error *err)
{
    struct buf body = {0};
    enum idem_status status = IDEM_OK;
    while (l->rows.at < l->rows.n) {
        struct str before;
        uint64_t container = l->rows.entry[l->rows.at].key >> CONTAINER_BITS;
        buf_clear(&body);
        while (l->rows.at < l->rows.n && l->rows.entry[l->rows.at].key >> CONTAINER_BITS == container)
            S_pack(l, l->rows.entry[l->rows.at].key, &body);
        TRY_DONE(S_advance(store, k, (int64_t)container, &before, err));
        if (!str_eq(before, buf_view(&body)))
            TRY_DONE(store_put_blob(store, STORE_COMPONENT, (int64_t)container, buf_view(&body), err));
    }
    struct str none;
    status = S_advance(store, k, INT64_MAX, &none, err);
done:
    buf_deinit(&body);
    return status;
}

enum idem_status components_put(struct store *store, const struct matching *m, uint32_t n_rows, const int64_t *rid,
                                const int64_t *of_row, bool fresh, struct idem_error *err)
{
    struct kept kept = {.n = 0};
    struct layout layout;
    enum idem_status status = fresh ? IDEM_OK : store_each_blob(store, STORE_COMPONENT, S_keep, &kept, err);
    if (status == IDEM_OK) {
        S_layout(m, n_rows, rid, of_row, &layout);
        status = S_put_all(store, &layout, &kept, err);
        S_layout_deinit(&layout);
    }
    buf_deinit(&kept.bytes);
    free(kept.blob);
    return status;
}

/* ------------------------------------------------------------------ a part */

static int S_ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* What is kept of a container but for the components `old`: each with its number, to be put among the new ones. */
struct piece {
    int64_t id;
    struct str body;
};

static bool S_unpack(struct str *rest, int64_t container, struct arena *out, struct kept_component *c);

static enum idem_status S_others(struct store *store, int64_t container, const int64_t *old, size_t n_old,
                                 struct arena *out, struct piece **piece, size_t *n, struct idem_error *err)
{
    struct buf body = {0};
    enum idem_status status = store_get_blob(store, STORE_COMPONENT, container, &body, err);
    struct str rest = str_copy(out, buf_view(&body));
    *n = 0;
    *piece = ARENA_NEW(out, struct piece, 1u << CONTAINER_BITS);
    while (status == IDEM_OK && rest.len) {
        struct kept_component c;
        struct str before = rest;
        if (!S_unpack(&rest, container, out, &c) || *n == 1u << CONTAINER_BITS)
            status = error_set(err, IDEM_CORRUPT, "raw components cannot be read; run idem verify");
        else if (!n_old || !bsearch(&c.id, old, n_old, sizeof *old, S_ascending))
            (*piece)[(*n)++] = (struct piece){c.id, str_sub(before, 0, before.len - rest.len)};
    }
    buf_deinit(&body);
    return status == IDEM_NOT_FOUND ? IDEM_OK : status;
}

/* One container: what stays and what is new, ascending. */
static enum idem_status S_replace(struct store *store, struct layout *l, int64_t container, const int64_t *old,
                                  size_t n_old, struct arena *scratch, struct idem_error *err)
{
    struct piece *other;
    size_t n, at = 0;
    struct buf body = {0};
    TRY(S_others(store, container, old, n_old, scratch, &other, &n, err));
    while (l->rows.at < l->rows.n && (int64_t)(l->rows.entry[l->rows.at].key >> CONTAINER_BITS) == container) {
        uint64_t id = l->rows.entry[l->rows.at].key;
        while (at < n && (uint64_t)other[at].id < id)
            buf_str(&body, other[at++].body);
        S_pack(l, id, &body);
    }
    while (at < n)
        buf_str(&body, other[at++].body);
    enum idem_status status = store_put_blob(store, STORE_COMPONENT, container, buf_view(&body), err);
    buf_deinit(&body);
    return status;
}

enum idem_status components_replace(struct store *store, const struct matching *m, uint32_t n_rows, const int64_t *rid,
                                    const int64_t *of_row, const int64_t *old, size_t n_old, struct idem_error *err)
{
    struct arena scratch = {0};
    struct layout layout;
    enum idem_status status = IDEM_OK;
    S_layout(m, n_rows, rid, of_row, &layout);
    int64_t *sorted = ARENA_NEW(&scratch, int64_t, n_old + 1);
    if (n_old) {
        memcpy(sorted, old, n_old * sizeof *sorted);
        qsort(sorted, n_old, sizeof *sorted, S_ascending);
    }
    size_t at = 0;
    while (status == IDEM_OK && (at < n_old || layout.rows.at < layout.rows.n)) {
        int64_t gone = at < n_old ? sorted[at] >> CONTAINER_BITS : INT64_MAX;
        int64_t found = layout.rows.at < layout.rows.n
                            ? (int64_t)(layout.rows.entry[layout.rows.at].key >> CONTAINER_BITS)
                            : INT64_MAX;
        int64_t container = gone < found ? gone : found;
        while (at < n_old && sorted[at] >> CONTAINER_BITS == container)
            at++;
        status = S_replace(store, &layout, container, sorted, n_old, &scratch, err);
    }
    S_layout_deinit(&layout);
    arena_deinit(&scratch);
    return status;
}

/* ------------------------------------------------------------------ back */

/* A count of things of at least one byte each, so that damage asks for no memory. */
static bool S_take_count(struct str *rest, size_t *n)
{
    uint64_t value;
    if (!varint_take(rest, &value) || value > rest->len)
        return false;
    *n = (size_t)value;
    return true;
}

static bool S_take_places(struct str *rest, uint32_t n, uint32_t *a, uint32_t *b)
{
    uint64_t x, y;
    if (!varint_take(rest, &x) || !varint_take(rest, &y) || x >= n || y >= n || x == y)
        return false;
    *a = (uint32_t)(x < y ? x : y);
    *b = (uint32_t)(x < y ? y : x);
    return true;
}

static bool S_take_edges(struct str *rest, struct arena *out, struct kept_component *c)
{
    if (!S_take_count(rest, &c->n_edges))
        return false;
    c->edge = ARENA_NEW(out, struct edge, c->n_edges + 1);
    for (size_t i = 0; i < c->n_edges; i++) {
        uint64_t weight, rule;
        if (!S_take_places(rest, c->n, &c->edge[i].a, &c->edge[i].b) || !varint_take(rest, &weight) ||
            !varint_take(rest, &rule))
            return false;
        c->edge[i].weight = (int32_t)S_unzigzag(weight);
        c->edge[i].rule = (uint32_t)rule;
    }
    return true;
}

static bool S_take_forced(struct str *rest, struct arena *out, struct kept_component *c)
{
    size_t n;
    if (!S_take_count(rest, &n))
        return false;
    c->forced = ARENA_NEW(out, struct forced_pair, n + 1);
    c->overruled = ARENA_NEW(out, struct forced_pair, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct forced_pair f;
        uint64_t flags;
        if (!S_take_places(rest, c->n, &f.a, &f.b) || !varint_take(rest, &flags))
            return false;
        f.same = flags & FORCED_SAME;
        c->n_decided += (flags & FORCED_DECIDED) != 0;
        if (flags & FORCED_OVERRULED)
            c->overruled[c->n_overruled++] = f;
        else
            c->forced[c->n_forced++] = f;
    }
    return true;
}

static bool S_take_rids(struct str *rest, struct kept_component *c)
{
    int64_t before = c->id;
    for (uint32_t i = 0; i < c->n; i++) {
        uint64_t delta;
        if (!varint_take(rest, &delta) || __builtin_add_overflow(before, S_unzigzag(delta), &before) || before < 1)
            return false;
        c->rid[i] = before;
    }
    return true;
}

static bool S_unpack(struct str *rest, int64_t container, struct arena *out, struct kept_component *c)
{
    uint64_t low;
    size_t n;
    if (container < 0 || container > INT64_MAX >> CONTAINER_BITS || !varint_take(rest, &low) || low >> CONTAINER_BITS ||
        !S_take_count(rest, &n))
        return false;
    *c = (struct kept_component){.id = container << CONTAINER_BITS | (int64_t)low, .n = (uint32_t)n};
    c->rid = ARENA_NEW(out, int64_t, n + 1);
    return S_take_rids(rest, c) && S_take_edges(rest, out, c) && S_take_forced(rest, out, c);
}

enum idem_status component_get(struct store *store, int64_t id, struct arena *out, struct kept_component *c,
                               struct idem_error *err)
{
    struct buf body = {0};
    enum idem_status status = store_get_blob(store, STORE_COMPONENT, id >> CONTAINER_BITS, &body, err);
    struct str rest = buf_view(&body);
    while (status == IDEM_OK) {
        if (!rest.len)
            status = error_set(err, IDEM_NOT_FOUND, "no component %lld", (long long)id);
        else if (!S_unpack(&rest, id >> CONTAINER_BITS, out, c))
            status = error_set(err, IDEM_CORRUPT, "component %lld cannot be read; run idem verify", (long long)id);
        else if (c->id == id)
            break;
    }
    buf_deinit(&body);
    return status;
}

struct visit {
    component_fn *each;
    void *context;
};

static enum idem_status S_visit(void *context, int64_t container, struct str body, struct idem_error *err)
{
    struct visit *v = context;
    struct arena scratch = {0};
    enum idem_status status = IDEM_OK;
    while (body.len && status == IDEM_OK) {
        struct kept_component c;
        if (!S_unpack(&body, container, &scratch, &c))
            status = error_set(err, IDEM_CORRUPT, "raw components cannot be read; run idem verify");
        else
            status = v->each(v->context, &c, err);
    }
    arena_deinit(&scratch);
    return status;
}

enum idem_status components_each(struct store *store, component_fn *each, void *context, struct idem_error *err)
{
    struct visit v = {each, context};
    return store_each_blob(store, STORE_COMPONENT, S_visit, &v, err);
}
