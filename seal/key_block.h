/*
 * Inside seal/: the keys of a keyring, in one block of guarded memory (sodium_malloc: locked, not dumped, zeroed at the
 * end).
 */
#ifndef IDEM_SEAL_KEY_BLOCK_H
#define IDEM_SEAL_KEY_BLOCK_H

#include "seal/seal.h"

enum { KEY_BYTES = 32, KEY_ID_BYTES = 4 };

struct keyring {
    uint8_t file_key[KEY_BYTES];
    uint8_t file_id[KEY_ID_BYTES]; /* names the key file */
    uint8_t data_key[SEAL_PURPOSES][KEY_BYTES];
    uint8_t container_id[KEY_ID_BYTES]; /* names the data key of containers */
    uint8_t short_key[16];              /* of seal_keyed */
    bool ready;                         /* the data keys are there */
};

/* libsodium is ready. Safe from any thread, any number of times. */
bool keys_library_ready(void);

#endif
