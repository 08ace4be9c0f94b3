#include "store/process_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/hash.h"

enum {
    FIRST_SLOTS = 1 << 12,
    MOST_CHANGES = 1 << 17,
    FILLED_SHARE = 8,
    LARGEST_SHARE = 16 /* of the room that one entry may take */
};

struct entry {
    uint64_t tag;       /* 0: taken out */
    uint32_t size, len; /* with this header, rounded up; of what follows */
};

/* The last change of an entry since `base`. */
struct change {
    uint64_t tag; /* 0: empty */
    int64_t seq;
};

struct store_cache {
    pthread_mutex_t lock;
    uint64_t binding; /* from 1 */
    uint8_t database[16];
    uint64_t device, inode;
    int64_t base, known; /* -1: of no state */

    /* Entries lie in [tail, head), or when it is wrapped in [tail, end) and [0, head). */
    char *ring;
    size_t room, head, tail, end;
    bool wrapped;
    bool filled;

    uint32_t *index; /* [slots] place in the ring in words of 8, and 1; 0: empty */
    size_t slots, n;
    struct change *change; /* [changes_room] open addressing */
    size_t changes_room, n_changes;
};

/* ------------------------------------------------------------------ life */

struct store_cache *store_cache_new(size_t bytes)
{
    struct store_cache *c = xcalloc(1, sizeof *c);
    c->room = (bytes + 4095) & ~(size_t)4095;
    /* cppcheck-suppress invalidFunctionArg ; a map of no file has descriptor -1 */
    c->ring = mmap(NULL, c->room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (c->ring == MAP_FAILED)
        out_of_memory(c->room);
    madvise(c->ring, c->room, MADV_DONTDUMP);
    pthread_mutex_init(&c->lock, NULL);
    c->base = c->known = -1;
    return c;
}

static void S_clear_changes(struct store_cache *c)
{
    free(c->change);
    c->change = NULL;
    c->changes_room = c->n_changes = 0;
}

/* The pages go back to the system, and come again as zeros. */
static void S_clear(struct store_cache *c)
{
    if (c->head || c->wrapped)
        madvise(c->ring, c->room, MADV_DONTNEED);
    c->head = c->tail = c->end = 0;
    c->wrapped = false;
    free(c->index);
    c->index = NULL;
    c->slots = c->n = 0;
    S_clear_changes(c);
}

void store_cache_free(struct store_cache *c)
{
    if (!c)
        return;
    S_clear(c);
    munmap(c->ring, c->room);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

uint64_t cache_tag(enum cached_kind kind, int64_t id)
{
    uint64_t tag = hash_u64((uint64_t)id + (uint64_t)kind * 0x9e3779b97f4a7c15ULL);
    return tag ? tag : 1;
}

/* ------------------------------------------------------------------ index */

static struct entry *S_entry(const struct store_cache *c, size_t place)
{
    return (struct entry *)(void *)(c->ring + place);
}

static struct entry *S_at(const struct store_cache *c, size_t slot)
{
    return S_entry(c, ((size_t)c->index[slot] - 1) * 8);
}

static size_t S_slot(const struct store_cache *c, uint64_t tag)
{
    size_t at = (size_t)tag & (c->slots - 1);
    while (c->index[at] && S_at(c, at)->tag != tag)
        at = (at + 1) & (c->slots - 1);
    return at;
}

static struct entry *S_find(const struct store_cache *c, uint64_t tag)
{
    size_t slot = c->slots ? S_slot(c, tag) : 0;
    return c->slots && c->index[slot] ? S_at(c, slot) : NULL;
}

static void S_grow(struct store_cache *c)
{
    uint32_t *old = c->index;
    size_t n = c->slots;
    c->slots = n ? n * 2 : FIRST_SLOTS;
    c->index = xcalloc(c->slots, sizeof *c->index);
    for (size_t i = 0; i < n; i++)
        if (old[i])
            c->index[S_slot(c, S_entry(c, ((size_t)old[i] - 1) * 8)->tag)] = old[i];
    free(old);
}

/* Those behind it move up, so that each is found from where its search begins. */
static void S_unlink(struct store_cache *c, uint64_t tag)
{
    size_t mask = c->slots - 1, hole = S_slot(c, tag);
    for (size_t at = (hole + 1) & mask; c->index[at]; at = (at + 1) & mask) {
        size_t home = (size_t)S_at(c, at)->tag & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        c->index[hole] = c->index[at];
        hole = at;
    }
    c->index[hole] = 0;
    c->n--;
}

/* ------------------------------------------------------------------ ring */

static void S_drop(struct store_cache *c, struct entry *e)
{
    if (!e->tag)
        return;
    S_unlink(c, e->tag);
    explicit_bzero(e + 1, e->len);
    e->tag = 0;
}

/* A place for so many bytes; what is oldest makes way. */
static size_t S_place(struct store_cache *c, size_t size)
{
    for (;;) {
        if (!c->wrapped) {
            if (c->head + size <= c->room)
                return c->head;
            c->end = c->head;
            c->head = 0;
            c->wrapped = true;
        } else if (c->head + size <= c->tail) {
            return c->head;
        } else if (c->tail == c->end) {
            c->tail = 0;
            c->wrapped = false;
        } else {
            struct entry *oldest = S_entry(c, c->tail);
            S_drop(c, oldest);
            c->tail += oldest->size;
        }
    }
}

static void S_add(struct store_cache *c, uint64_t tag, struct str bytes)
{
    size_t size = (sizeof(struct entry) + bytes.len + 7) & ~(size_t)7;
    if (size > c->room / LARGEST_SHARE || size > UINT32_MAX)
        return;
    size_t place = S_place(c, size);
    struct entry *e = S_entry(c, place);
    if ((c->n + 1) * 2 > c->slots)
        S_grow(c);
    *e = (struct entry){tag, (uint32_t)size, (uint32_t)bytes.len};
    if (bytes.len)
        memcpy(e + 1, bytes.ptr, bytes.len);
    c->head = place + size;
    c->index[S_slot(c, tag)] = (uint32_t)(place / 8 + 1);
    c->n++;
}

/* ------------------------------------------------------------------ changes */

static struct change *S_change(struct change *change, size_t room, uint64_t tag)
{
    size_t at = (size_t)tag & (room - 1);
    while (change[at].tag && change[at].tag != tag)
        at = (at + 1) & (room - 1);
    return &change[at];
}

/* The change since which the entry is as it is. */
static int64_t S_since(const struct store_cache *c, uint64_t tag)
{
    const struct change *x = c->n_changes ? S_change(c->change, c->changes_room, tag) : NULL;
    return x && x->tag ? x->seq : c->base;
}

static void S_note(struct store_cache *c, uint64_t tag, int64_t seq)
{
    if ((c->n_changes + 1) * 2 > c->changes_room) {
        size_t room = c->changes_room ? c->changes_room * 2 : FIRST_SLOTS;
        struct change *grown = xcalloc(room, sizeof *grown);
        for (size_t i = 0; i < c->changes_room; i++)
            if (c->change[i].tag)
                *S_change(grown, room, c->change[i].tag) = c->change[i];
        free(c->change);
        c->change = grown;
        c->changes_room = room;
    }
    struct change *x = S_change(c->change, c->changes_room, tag);
    c->n_changes += !x->tag;
    *x = (struct change){tag, seq};
}

static void S_start(struct store_cache *c, int64_t seq)
{
    S_clear(c);
    c->filled = false;
    c->base = c->known = seq;
}

/* ------------------------------------------------------------------ calls */

uint64_t cache_bind(struct store_cache *c, const uint8_t database[16], uint64_t device, uint64_t inode)
{
    pthread_mutex_lock(&c->lock);
    bool same = c->binding && memcmp(c->database, database, sizeof c->database) == 0 && c->device == device &&
                c->inode == inode;
    if (!same) {
        memcpy(c->database, database, sizeof c->database);
        c->device = device;
        c->inode = inode;
        c->binding++;
        S_start(c, -1);
    }
    uint64_t binding = c->binding;
    pthread_mutex_unlock(&c->lock);
    return binding;
}

bool cache_fills(struct store_cache *c)
{
    pthread_mutex_lock(&c->lock);
    c->filled = true;
    bool room = !c->wrapped && c->head < c->room / FILLED_SHARE * (FILLED_SHARE - 1);
    pthread_mutex_unlock(&c->lock);
    return room;
}

bool cache_is_empty(struct store_cache *c)
{
    pthread_mutex_lock(&c->lock);
    bool empty = !c->filled;
    pthread_mutex_unlock(&c->lock);
    return empty;
}

bool cache_meet(struct store_cache *c, uint64_t binding, int64_t seq)
{
    pthread_mutex_lock(&c->lock);
    bool bound = binding == c->binding;
    if (bound && seq > c->known)
        S_start(c, seq);
    bool covered = bound && seq >= c->base;
    pthread_mutex_unlock(&c->lock);
    return covered;
}

static bool S_covers(const struct store_cache *c, uint64_t binding, int64_t seq)
{
    return binding == c->binding && c->base >= 0 && seq >= c->base && seq <= c->known;
}

bool cache_get(struct store_cache *c, uint64_t binding, uint64_t tag, int64_t seq, struct buf *out)
{
    pthread_mutex_lock(&c->lock);
    const struct entry *e = S_covers(c, binding, seq) && S_since(c, tag) <= seq ? S_find(c, tag) : NULL;
    if (e)
        buf_str(out, (struct str){(const char *)(e + 1), e->len});
    pthread_mutex_unlock(&c->lock);
    return e != NULL;
}

void cache_put(struct store_cache *c, uint64_t binding, uint64_t tag, int64_t seq, struct str entry)
{
    pthread_mutex_lock(&c->lock);
    if (S_covers(c, binding, seq) && S_since(c, tag) <= seq && !S_find(c, tag))
        S_add(c, tag, entry);
    pthread_mutex_unlock(&c->lock);
}

bool cache_stays(struct store_cache *c, uint64_t binding, uint64_t tag, int64_t since, int64_t seq)
{
    pthread_mutex_lock(&c->lock);
    bool stays = S_covers(c, binding, since) && S_covers(c, binding, seq) && S_since(c, tag) <= since;
    pthread_mutex_unlock(&c->lock);
    return stays;
}

void cache_change(struct store_cache *c, uint64_t binding, int64_t from, int64_t to, const uint64_t *tag, size_t n)
{
    pthread_mutex_lock(&c->lock);
    bool bound = binding == c->binding, follows = bound && tag && c->known == from;
    if (follows && c->n_changes + n > MOST_CHANGES) { /* entries that are there are right for what is known */
        S_clear_changes(c);
        c->base = c->known;
    }
    for (size_t i = 0; i < n && follows; i++) {
        struct entry *e = S_find(c, tag[i]);
        if (e)
            S_drop(c, e);
        S_note(c, tag[i], to);
    }
    if (follows)
        c->known = to;
    else if (bound)
        S_start(c, to);
    pthread_mutex_unlock(&c->lock);
}

void cache_forget(struct store_cache *c, uint64_t binding)
{
    pthread_mutex_lock(&c->lock);
    if (binding == c->binding)
        S_start(c, -1);
    pthread_mutex_unlock(&c->lock);
}
