/* Private to base/paged*.c: the region and its parts. */
#ifndef IDEM_BASE_PAGED_PART_H
#define IDEM_BASE_PAGED_PART_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/paged.h"

/* One part in PAGED_MARGIN of the limit is left free where the clock has time for it, half of that in any case. */
/* So many parts that came back last do not go: else threads that need several at once might never have them. */
enum { PARTS_KEPT = 32, PAGED_MARGIN = 16 };

/* An extent is the parts of one array, or free ones. */
struct part {
    uint32_t span;  /* of the first part of an extent: parts; of others 0 */
    uint32_t place; /* on disk, 0: none */
    uint64_t turn;  /* under which it was put there */
    uint64_t fault; /* number of the fault that it came back with */
    bool used;
    bool here;  /* its bytes are in memory */
    bool open;  /* and may be touched */
    bool dirty; /* and are not those at its place */
};

struct region {
    pthread_mutex_t lock; /* of everything below but what is atomic */
    char *at;
    size_t part_bytes, least;
    uint32_t n_parts, used_to; /* parts that there are; that were ever used */
    uint32_t next;             /* where to look for free ones */
    uint32_t hand;             /* of the clock */
    struct part *part;
    uint32_t *free_place; /* [n_parts] stack of places */
    uint32_t n_free_places, n_places;
    uint64_t turn, faults;
    struct paged_store store;
    uint64_t limit;
    struct paged_facts facts;
    uint64_t away; /* bytes on disk alone */
    atomic_int_fast64_t held;
    atomic_bool on;
    atomic_uint waiting; /* threads that have touched a part without access */
    bool stop;
    unsigned short_looks; /* one after the other at which too much was held, and nothing could go */
    pthread_t watcher;
    struct sigaction before;
};

/* The one of the process. */
struct region *paged_region(void);

static inline char *part_at(const struct region *r, uint32_t i)
{
    return r->at + (size_t)i * r->part_bytes;
}

/* paged_fault.c; under the lock. Puts away what was not touched for long, until `bytes` less are held; false: there is
 * nothing more. */
bool paged_make_room(struct region *r, int64_t bytes);
/* Bytes back, access given. */
void paged_bring(struct region *r, uint32_t i);
/* The place of a part is free for another. */
void paged_give_place(struct region *r, struct part *p);
void paged_catch(struct region *r);
void paged_catch_no_more(struct region *r);
/* One line on standard error and status 1, as out_of_memory. */
void paged_give_up(const char *why) __attribute__((noreturn));

#endif
