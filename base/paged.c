/* Extents of the region: next fit, free neighbours joined when they are met. */
#include "base/paged.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/memory.h"
#include "base/paged_part.h"

/* Addresses cost nothing: as many as the process may have. */
#define MOST_BYTES (UINT64_C(1) << 38)
#define FEWEST_BYTES (UINT64_C(1) << 30)
enum { MOST_PARTS_HELD = 1 << 14, LOOK_MS = 10, MOST_SHORT_LOOKS = 20 };

struct region *paged_region(void)
{
    static struct region one = {.lock = PTHREAD_MUTEX_INITIALIZER}; /* as memory is, of the process */
    return &one;
}

/* A process may have some 65,000 mappings, and each part that is held may be one or two. */
size_t paged_part(uint64_t limit)
{
    size_t part = PAGED_SMALLEST_PART;
    while (part < PAGED_LARGEST_PART && part * MOST_PARTS_HELD < limit)
        part *= 2;
    return part;
}

static void *S_map(size_t size, int access)
{
    /* cppcheck-suppress invalidFunctionArg ; a map of no file has descriptor -1 */
    void *at = mmap(NULL, size, access, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

/* No bytes and no access. False: the process has too many mappings. */
static bool S_unmap_parts(const struct region *r, uint32_t from, uint32_t n)
{
    /* cppcheck-suppress invalidFunctionArg */
    if (mmap(part_at(r, from), n * r->part_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
             -1, 0) == MAP_FAILED)
        return false;
    madvise(part_at(r, from), n * r->part_bytes, MADV_DONTDUMP);
    return true;
}

static bool S_reserve(struct region *r, size_t part_bytes)
{
    uint64_t bytes = MOST_BYTES;
    if (r->at && r->part_bytes == part_bytes)
        return true;
    if (r->at) { /* of a run before with another limit */
        for (uint32_t i = 0; i < r->used_to; i += r->part[i].span)
            if (r->part[i].used)
                return false;
        munmap(r->at, (size_t)r->n_parts * r->part_bytes);
        munmap(r->part, r->n_parts * sizeof *r->part);
        munmap(r->free_place, r->n_parts * sizeof *r->free_place);
        r->at = NULL;
    }
    while (!r->at && bytes >= FEWEST_BYTES) {
        r->at = S_map(bytes, PROT_NONE);
        bytes /= r->at ? 1 : 2;
    }
    if (!r->at)
        return false;
    madvise(r->at, bytes, MADV_DONTDUMP);
    r->part_bytes = part_bytes;
    r->n_parts = (uint32_t)(bytes / part_bytes);
    r->part = S_map(r->n_parts * sizeof *r->part, PROT_READ | PROT_WRITE);
    r->free_place = S_map(r->n_parts * sizeof *r->free_place, PROT_READ | PROT_WRITE);
    r->used_to = r->next = r->hand = 0;
    if (r->part && r->free_place)
        return true;
    munmap(r->at, bytes);
    r->at = NULL;
    return false;
}

/* ------------------------------------------------------------------ beginning and end */

static void S_look(struct region *r)
{
    int64_t held = (int64_t)r->store.held(r->store.context), allowed = (int64_t)(r->limit - r->limit / PAGED_MARGIN);
    atomic_store(&r->held, held);
    if (held <= allowed)
        return;
    const struct timespec little = {0, 50000};
    bool room = true;
    while (room && atomic_load(&r->held) > allowed) { /* others come in between */
        pthread_mutex_lock(&r->lock);
        room = paged_make_room(r, (int64_t)r->part_bytes);
        pthread_mutex_unlock(&r->lock);
        if (atomic_load(&r->waiting)) /* they come first: locks are not given in turn */
            nanosleep(&little, NULL);
    }
    held = (int64_t)r->store.held(r->store.context);
    pthread_mutex_lock(&r->lock);
    r->short_looks = !room && held > (int64_t)r->limit ? r->short_looks + 1 : 0;
    r->facts.too_small |= r->short_looks > MOST_SHORT_LOOKS;
    pthread_mutex_unlock(&r->lock);
}

static void *S_watch(void *context)
{
    struct region *r = context;
    const struct timespec pause = {0, LOOK_MS * 1000000L};
    for (bool stop = false; !stop;) {
        S_look(r);
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&r->lock);
        stop = r->stop;
        pthread_mutex_unlock(&r->lock);
    }
    return NULL;
}

static bool S_start_watcher(struct region *r)
{
    sigset_t all, before;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals of the program are not for it */
    bool started = pthread_create(&r->watcher, NULL, S_watch, r) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

bool paged_begin(const struct paged_options *options)
{
    struct region *r = paged_region();
    if (!memory_frees_paged())
        return false;
    pthread_mutex_lock(&r->lock);
    bool begun = !atomic_load(&r->on) && S_reserve(r, paged_part(options->limit));
    if (begun) {
        r->store = options->store;
        r->limit = options->limit;
        r->least = options->least ? options->least : PAGED_LEAST;
        r->facts = (struct paged_facts){0};
        r->away = r->turn = r->n_places = r->n_free_places = 0;
        r->faults = PARTS_KEPT;
        r->stop = false;
        r->short_looks = 0;
        atomic_store(&r->held, 0);
        paged_catch(r);
        begun = S_start_watcher(r);
        atomic_store(&r->on, begun);
        if (!begun)
            paged_catch_no_more(r);
    }
    pthread_mutex_unlock(&r->lock);
    return begun;
}

void paged_end(void)
{
    struct region *r = paged_region();
    if (!atomic_load(&r->on))
        return;
    pthread_mutex_lock(&r->lock);
    r->stop = true;
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->watcher, NULL);
    pthread_mutex_lock(&r->lock);
    atomic_store(&r->on, false);
    for (uint32_t i = 0; i < r->used_to; i++)
        if (r->part[i].used) {
            paged_bring(r, i);
            r->part[i].place = 0;
            r->part[i].fault = 0;
        }
    paged_catch_no_more(r);
    pthread_mutex_unlock(&r->lock);
}

bool paged_is_on(void)
{
    return atomic_load(&paged_region()->on);
}

void paged_tell(struct paged_facts *facts)
{
    struct region *r = paged_region();
    uint64_t here = 0;
    pthread_mutex_lock(&r->lock);
    for (uint32_t i = 0; i < r->used_to; i++)
        here += r->part[i].used && r->part[i].here ? r->part_bytes : 0;
    *facts = r->facts;
    int64_t held = atomic_load(&r->held);
    facts->fixed = held > (int64_t)here ? (uint64_t)held - here : 0;
    pthread_mutex_unlock(&r->lock);
}

/* ------------------------------------------------------------------ extents */

/* Free parts from `at` on, at least `n` of them, or 0. */
static uint32_t S_join_free(struct region *r, uint32_t at, uint32_t n)
{
    struct part *first = &r->part[at];
    while (first->span < n && at + first->span < r->used_to && !r->part[at + first->span].used) {
        uint32_t next = at + first->span;
        first->span += r->part[next].span;
        r->part[next].span = 0;
    }
    return first->span >= n ? first->span : 0;
}

static bool S_find(struct region *r, uint32_t from, uint32_t to, uint32_t n, uint32_t *found)
{
    for (uint32_t i = from; i < to; i += r->part[i].span)
        if (!r->part[i].used && S_join_free(r, i, n)) {
            *found = i;
            return true;
        }
    return false;
}

/* `n` parts, the first of which is *found. They are nowhere yet, and zeros when they are touched. */
static bool S_take(struct region *r, uint32_t n, uint32_t *found)
{
    uint32_t start = r->next < r->used_to && r->part[r->next].span ? r->next : 0;
    if (!S_find(r, start, r->used_to, n, found) && !S_find(r, 0, start, n, found)) {
        if (r->n_parts - r->used_to < n)
            return false;
        *found = r->used_to;
        r->used_to += n;
        r->part[*found] = (struct part){.span = n};
    }
    struct part *p = &r->part[*found];
    if (p->span > n)
        r->part[*found + n] = (struct part){.span = p->span - n};
    for (uint32_t i = 0; i < n; i++)
        r->part[*found + i] = (struct part){.span = i ? 0 : n, .used = true};
    r->next = *found + n;
    return true;
}

static void S_give(struct region *r, uint32_t from, uint32_t n)
{
    for (uint32_t i = from; i < from + n; i++) {
        paged_give_place(r, &r->part[i]);
        r->part[i] = (struct part){.span = i == from ? n : 0};
    }
    if (!S_unmap_parts(r, from, n)) /* the bytes go in any case */
        madvise(part_at(r, from), n * r->part_bytes, MADV_DONTNEED);
}

/* More than there are when it is too large for the region. */
static uint32_t S_parts(const struct region *r, size_t size)
{
    size_t n = size / r->part_bytes + (size % r->part_bytes || !size);
    return n <= r->n_parts ? (uint32_t)n : r->n_parts + 1;
}

void *paged_alloc(size_t size)
{
    struct region *r = paged_region();
    uint32_t at;
    if (!atomic_load_explicit(&r->on, memory_order_relaxed) || size < r->least)
        return NULL;
    pthread_mutex_lock(&r->lock);
    uint32_t n = S_parts(r, size);
    bool taken = S_take(r, n, &at);
    pthread_mutex_unlock(&r->lock);
    return taken ? part_at(r, at) : NULL;
}

bool paged_owns(const void *p)
{
    const struct region *r = paged_region();
    return r->at && (const char *)p >= r->at && (const char *)p < part_at(r, r->n_parts);
}

static uint32_t S_number(const struct region *r, const void *p)
{
    return (uint32_t)((size_t)((const char *)p - r->at) / r->part_bytes);
}

size_t paged_size(const void *p)
{
    struct region *r = paged_region();
    return r->part[S_number(r, p)].span * r->part_bytes;
}

bool paged_back(const void *p, size_t len)
{
    struct region *r = paged_region();
    bool back = false;
    if (!len || !paged_owns(p))
        return false;
    pthread_mutex_lock(&r->lock);
    for (uint32_t i = S_number(r, p); i <= S_number(r, (const char *)p + len - 1); i++)
        if (r->part[i].used) {
            back = true;
            paged_bring(r, i);
        }
    pthread_mutex_unlock(&r->lock);
    return back;
}

void paged_free(void *p)
{
    struct region *r = paged_region();
    pthread_mutex_lock(&r->lock);
    uint32_t at = S_number(r, p);
    S_give(r, at, r->part[at].span);
    pthread_mutex_unlock(&r->lock);
}

/* Bytes move with their page tables, and places on disk stay what they are. */
static void S_move(struct region *r, uint32_t from, uint32_t to, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct part *old = &r->part[from + i], *new = &r->part[to + i];
        if (old->here && mremap(part_at(r, from + i), r->part_bytes, r->part_bytes,
                                MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, part_at(r, to + i)) == MAP_FAILED)
            paged_give_up("memory cannot be moved");
        uint32_t span = new->span;
        *new = *old;
        new->span = span;
        old->place = 0;
    }
}

void *paged_realloc(void *p, size_t size)
{
    struct region *r = paged_region();
    pthread_mutex_lock(&r->lock);
    uint32_t from = S_number(r, p), old = r->part[from].span, n = S_parts(r, size), to = from;
    bool done = true;
    if (n < old) { /* the rest is free */
        r->part[from].span = n;
        r->part[from + n].span = old - n;
        S_give(r, from + n, old - n);
    } else if (n > old) {
        done = S_take(r, n, &to);
        if (done) {
            S_move(r, from, to, old);
            S_give(r, from, old);
        }
    }
    pthread_mutex_unlock(&r->lock);
    return done ? part_at(r, to) : NULL;
}
