/*
 * Large arrays that a process need not hold all the time. Between paged_begin and paged_end what xmalloc and its
 * sisters give, and large chunks of arenas, come from a region of addresses of which any part may be put on disk: when
 * the process holds more than the limit, parts that were not touched for long go, and each comes back when somebody
 * touches it. Nobody else sees a difference but the time it takes; the kernel does, which says EFAULT of a part that is
 * away: who hands it a buffer of PAGED_LEAST bytes or more asks paged_back then.
 *
 * How: parts are without access while they are away or watched for whether they are used; a handler of SIGSEGV gives
 * access back (to a part that is away after its bytes are there again), and hands faults elsewhere on to the handler of
 * before. A thread looks every few milliseconds at what the process holds. Linux alone: elsewhere paged_begin is false.
 *
 * There is one region a process. It needs `free` to be ours (memory.c): the linker is told --wrap=free.
 */
#ifndef IDEM_BASE_PAGED_H
#define IDEM_BASE_PAGED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGED_LEAST = 256 << 10, PAGED_SMALLEST_PART = 64 << 10, PAGED_LARGEST_PART = 1 << 20 };

/* Where parts go. Called by one thread at a time, from whichever touches a part; neither may allocate. */
struct paged_store {
    /* `turn` is another number each time anything is put: what was put at the place before is gone. */
    bool (*put)(void *context, uint64_t place, uint64_t turn, const void *bytes, size_t len);
    bool (*get)(void *context, uint64_t place, uint64_t turn, void *bytes, size_t len);
    uint64_t (*held)(void *context); /* bytes that the process holds now */
    void *context;
};

struct paged_options {
    struct paged_store store;
    uint64_t limit;
    size_t least; /* bytes from which on an array may be put away; 0: PAGED_LEAST */
};

struct paged_facts {
    uint64_t put, got;  /* bytes that went and that came back */
    uint64_t most_away; /* bytes on disk at the most */
    uint64_t fixed;     /* bytes held now that cannot go */
    bool failed;        /* the store took no more: nothing has been put since */
    bool too_small;     /* more is held than the limit and nothing more can go */
};

/* The size of a part under a limit: what `put` and `get` are called with. */
size_t paged_part(uint64_t limit);
/* False: there is none to be had, or one is under way; everything goes on without. */
bool paged_begin(const struct paged_options *options);
/* Ends the putting away; what is still held is all brought back. */
void paged_end(void);
bool paged_is_on(void);
void paged_tell(struct paged_facts *facts);

/* For memory.c and arena.c. NULL: not from here (too small, none under way, no addresses left); zeroed otherwise. */
void *paged_alloc(size_t size);
/* Is it from here? */
bool paged_owns(const void *p);
size_t paged_size(const void *p);
/* Of one that is from here; NULL: no addresses are left, the old one stays. */
void *paged_realloc(void *p, size_t size);
void paged_free(void *p);

/* For who hands a buffer to the kernel, which says EFAULT when a part is away: true when one of these bytes was from
 * here and is back, and the call is to be made again. */
bool paged_back(const void *p, size_t len);

#endif
