/*
 * Where large arrays go that are not to be held (base/paged.h): a file without a name, so that nothing is left of it
 * whatever ends the process, in which each part is sealed (XChaCha20-Poly1305) under a random key that exists in this
 * process alone and is wiped in the end. One paging a process at a time.
 */
#ifndef IDEM_SEAL_PAGING_H
#define IDEM_SEAL_PAGING_H

#include "base/error.h"
#include "base/paged.h"

struct paging;

struct paging_options {
    const char *folder; /* for the file; must be one that can be written */
    uint64_t limit;     /* bytes that the process may hold */
    uint64_t (*held)(void);
    size_t least; /* see base/paged.h; 0: as there */
};

/* From now on large arrays go to disk when more is held than the limit. *out NULL and IDEM_OK: that is not to be had
 * here, or another is under way; all goes on without. IDEM_IO, IDEM_NO_MEMORY. */
enum idem_status paging_begin(const struct paging_options *options, struct paging **out, struct idem_error *err);
/* Brings back what is still held. NULL is none. */
void paging_end(struct paging *p);
/* To be asked now and then: IDEM_IO when the disk takes no more, with the reason; IDEM_LIMIT when what cannot go is
 * more than the limit, with the least that would do when `more` bytes are added. Of NULL: IDEM_OK. */
enum idem_status paging_check(const struct paging *p, uint64_t more, struct idem_error *err);
/* Bytes on disk at the most, of the one under way or the last one. */
uint64_t paging_most(void);

#endif
