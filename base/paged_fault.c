/*
 * What goes and what comes back. Second chance: the hand of a clock takes access from parts; one that nobody has
 * touched when the hand comes again goes to disk. A part that came back and is only read stays as it is on disk.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/paged_part.h"

enum { PARTS_AT_ONCE = 32 };

void paged_give_up(const char *why)
{
    static const char who[] = "idem: ", end[] = "; what was not committed is undone: run the command again\n";
    if (write(STDERR_FILENO, who, sizeof who - 1) < 0 || write(STDERR_FILENO, why, strlen(why)) < 0 ||
        write(STDERR_FILENO, end, sizeof end - 1) < 0) {
        /* nobody listens; the exit status tells */
    }
    _exit(1);
}

/* ------------------------------------------------------------------ places on disk */

static uint32_t S_take_place(struct region *r)
{
    return r->n_free_places ? r->free_place[--r->n_free_places] : ++r->n_places;
}

void paged_give_place(struct region *r, struct part *p)
{
    if (!p->place)
        return;
    r->free_place[r->n_free_places++] = p->place;
    if (!p->here)
        r->away -= r->part_bytes;
    p->place = 0;
}

/* ------------------------------------------------------------------ coming */

static void S_set_access(const struct region *r, uint32_t i, int access)
{
    if (mprotect(part_at(r, i), r->part_bytes, access) != 0)
        paged_give_up("memory cannot be protected");
}

/* Made elsewhere and moved to its place whole: other threads see no part of it before. */
static void S_fetch(struct region *r, uint32_t i)
{
    struct part *p = &r->part[i];
    /* cppcheck-suppress invalidFunctionArg */
    char *made = mmap(NULL, r->part_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED)
        paged_give_up("there is no memory for what is on disk for want of memory");
    if (!r->store.get(r->store.context, p->place, p->turn, made, r->part_bytes))
        paged_give_up("what was put on disk for want of memory cannot be read back");
    if (mprotect(made, r->part_bytes, PROT_READ) != 0 ||
        mremap(made, r->part_bytes, r->part_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, part_at(r, i)) == MAP_FAILED)
        paged_give_up("memory cannot be mapped");
    madvise(part_at(r, i), r->part_bytes, MADV_DONTDUMP);
    r->facts.got += r->part_bytes;
    r->away -= r->part_bytes;
    p->here = p->open = true;
    p->dirty = false;
    atomic_fetch_add(&r->held, (int_fast64_t)r->part_bytes);
}

/* One that was touched: by a write where it may be read already. */
static void S_touch(struct region *r, uint32_t i)
{
    struct part *p = &r->part[i];
    p->fault = ++r->faults;
    if (!p->here && p->place) {
        S_fetch(r, i);
    } else if (!p->here) { /* was all zeros */
        S_set_access(r, i, PROT_READ | PROT_WRITE);
        p->here = p->open = p->dirty = true;
        atomic_fetch_add(&r->held, (int_fast64_t)r->part_bytes);
    } else if (!p->open) {
        S_set_access(r, i, p->dirty ? PROT_READ | PROT_WRITE : PROT_READ);
        p->open = true;
    } else if (!p->dirty) {
        S_set_access(r, i, PROT_READ | PROT_WRITE);
        p->dirty = true;
    }
}

void paged_bring(struct region *r, uint32_t i)
{
    struct part *p = &r->part[i];
    if (!p->here)
        S_touch(r, i);
    if (!p->open)
        S_touch(r, i);
    if (!p->dirty)
        S_touch(r, i);
}

/* ------------------------------------------------------------------ going */

static bool S_is_zero(const char *bytes, size_t n)
{
    return !bytes[0] && memcmp(bytes, bytes + 1, n - 1) == 0;
}

/* It is watched, so nobody can touch it before this has ended. */
static bool S_put(struct region *r, uint32_t i)
{
    struct part *p = &r->part[i];
    char *at = part_at(r, i);
    if (p->dirty) {
        S_set_access(r, i, PROT_READ); /* who reads meanwhile may; who writes waits */
        if (S_is_zero(at, r->part_bytes)) {
            paged_give_place(r, p);
        } else {
            uint32_t place = p->place ? p->place : S_take_place(r);
            p->place = place;
            if (!r->store.put(r->store.context, place, ++r->turn, at, r->part_bytes)) {
                r->facts.failed = true;
                paged_give_place(r, p);
                S_set_access(r, i, PROT_READ | PROT_WRITE);
                p->open = true;
                return false;
            }
            p->turn = r->turn;
            r->facts.put += r->part_bytes;
        }
    }
    /* cppcheck-suppress invalidFunctionArg */
    if (mmap(at, r->part_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) ==
        MAP_FAILED)
        paged_give_up("memory cannot be unmapped");
    madvise(at, r->part_bytes, MADV_DONTDUMP);
    p->here = p->open = p->dirty = false;
    r->away += p->place ? r->part_bytes : 0;
    r->facts.most_away = r->away > r->facts.most_away ? r->away : r->facts.most_away;
    atomic_fetch_sub(&r->held, (int_fast64_t)r->part_bytes);
    return true;
}

static bool S_is_kept(const struct region *r, const struct part *p)
{
    return r->faults - p->fault < PARTS_KEPT;
}

/* Takes access from open parts from the hand on; returns how many. */
static uint32_t S_close_some(struct region *r)
{
    uint32_t from = r->hand, n = 0;
    while (n < PARTS_AT_ONCE && from + n < r->used_to && r->part[from + n].used && r->part[from + n].here &&
           r->part[from + n].open && !S_is_kept(r, &r->part[from + n]))
        n++;
    if (n && mprotect(part_at(r, from), n * r->part_bytes, PROT_NONE) != 0)
        paged_give_up("memory cannot be protected");
    for (uint32_t i = 0; i < n; i++)
        r->part[from + i].open = false;
    return n;
}

bool paged_make_room(struct region *r, int64_t bytes)
{
    uint64_t seen = 0;
    while (bytes > 0 && !r->facts.failed && seen <= 2 * (uint64_t)r->used_to) {
        if (r->hand >= r->used_to)
            r->hand = 0;
        struct part *p = &r->part[r->hand];
        uint32_t step = 1;
        if (!p->used) {
            step = p->span ? p->span : 1;
        } else if (p->here && p->open && !S_is_kept(r, p)) {
            step = S_close_some(r);
        } else if (p->here && !S_is_kept(r, p) && S_put(r, r->hand)) {
            bytes -= (int64_t)r->part_bytes;
        }
        r->hand += step;
        seen += step;
    }
    return bytes <= 0;
}

/* ------------------------------------------------------------------ faults */

/* Not of the region: as if there were no handler here. */
static void S_pass_on(const struct region *r, int number, siginfo_t *info, void *context)
{
    if (r->before.sa_flags & SA_SIGINFO)
        r->before.sa_sigaction(number, info, context);
    else if (r->before.sa_handler != SIG_DFL && r->before.sa_handler != SIG_IGN)
        r->before.sa_handler(number);
    else
        sigaction(number, &r->before, NULL); /* comes again */
}

static void S_fault(int number, siginfo_t *info, void *context)
{
    struct region *r = paged_region();
    int error = errno;
    bool ours = false;
    if (paged_owns(info->si_addr)) {
        uint32_t i = (uint32_t)((size_t)((const char *)info->si_addr - r->at) / r->part_bytes);
        atomic_fetch_add(&r->waiting, 1);
        pthread_mutex_lock(&r->lock);
        atomic_fetch_sub(&r->waiting, 1);
        ours = r->part[i].used;
        if (ours) {
            S_touch(r, i);
            if (atomic_load(&r->held) > (int64_t)(r->limit - r->limit / (2 * PAGED_MARGIN)))
                paged_make_room(r, (int64_t)r->part_bytes);
        }
        pthread_mutex_unlock(&r->lock);
    }
    if (!ours)
        S_pass_on(r, number, info, context);
    errno = error;
}

void paged_catch(struct region *r)
{
    struct sigaction ours = {.sa_sigaction = S_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&ours.sa_mask);
    sigaction(SIGSEGV, &ours, &r->before);
}

void paged_catch_no_more(struct region *r)
{
    sigaction(SIGSEGV, &r->before, NULL);
}
