/*
 * Bytes that are in the way, put on disk and fetched again. The file has no name, so that nothing is left of it
 * whatever ends the process; what it holds is sealed (XChaCha20-Poly1305, a piece of 256 KB at a time) under a random
 * key that exists in this process alone and is wiped when the file is closed. One thread at a time.
 */
#ifndef IDEM_SEAL_SPILL_H
#define IDEM_SEAL_SPILL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct spill;

/* Where some bytes went. */
struct spill_place {
    uint64_t at;    /* in the file */
    uint64_t piece; /* number of the first */
    size_t len;     /* of the plain bytes */
};

/* A file in `folder`, which must be one that can be written. IDEM_IO. */
enum idem_status spill_open(const char *folder, struct spill **out, struct idem_error *err);
/* NULL is no file. */
void spill_close(struct spill *s);

/* Writes a copy of the bytes. IDEM_IO: the message says what room on disk was asked for when there is none. */
enum idem_status spill_put(struct spill *s, const void *bytes, size_t len, struct spill_place *place,
                           struct idem_error *err);
/* The bytes of a place, into room for place->len; as often as one likes. IDEM_CORRUPT when they are not what was put.
 */
enum idem_status spill_get(struct spill *s, const struct spill_place *place, void *bytes, struct idem_error *err);

/* Bytes on disk. */
uint64_t spill_held(const struct spill *s);

#endif
