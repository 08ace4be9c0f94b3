/*
 * Keyed hashes under a secret that two parties share, for linkage encodings. The secret is a file of its own: 16 bytes
 * or more, the white space at its end aside, readable by its owner alone. The key is made of it by argon2id (3 passes,
 * 64 MiB, a fixed salt: the same secret must give the same key everywhere), so that guessing a short one takes long.
 * A key lives in guarded memory; any number of threads may hash with it.
 */
#ifndef IDEM_SEAL_LINKAGE_H
#define IDEM_SEAL_LINKAGE_H

#include "seal/seal.h"

struct linkage_key;

/* IDEM_NOT_FOUND; IDEM_INVALID when others can read the file, or it is too short or long to be a secret. */
enum idem_status linkage_key_open(const char *path, struct linkage_key **out, struct idem_error *err);
void linkage_key_close(struct linkage_key *k);

/* BLAKE2b of (domain, value) under the key: `n` bytes, 16 to 64. Another domain, other bytes. */
void linkage_hash(const struct linkage_key *k, uint8_t domain, struct str value, uint8_t *out, size_t n);

#endif
