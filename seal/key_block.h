/*
 * Inside seal/: the keys of a keyring, in one block of guarded memory (sodium_malloc: locked, not dumped, zeroed at the
 * end).
 */
#ifndef IDEM_SEAL_KEY_BLOCK_H
#define IDEM_SEAL_KEY_BLOCK_H

#include "seal/seal.h"

enum { KEY_BYTES = 32, KEY_ID_BYTES = 4, MOST_FILE_KEYS = 4 };

struct file_key {
    uint8_t key[KEY_BYTES], id[KEY_ID_BYTES];
};

struct keyring {
    struct file_key file[MOST_FILE_KEYS]; /* lines of the key file: the key, then those that it replaces */
    unsigned n_files, at;                 /* at: the one that this database is under */
    bool passphrase;                      /* the key file is protected by one */
    uint8_t data_key[SEAL_PURPOSES][KEY_BYTES];
    uint8_t container_id[KEY_ID_BYTES]; /* names the data key of containers */
    /* Containers that a rotation has not come to are under the old key. */
    uint8_t old_key[KEY_BYTES], old_id[KEY_ID_BYTES];
    bool has_old;
    /* Tokens that a rotation has not come to. */
    uint8_t old_tokens[KEY_BYTES];
    bool has_old_tokens;
    /* What cannot be made again from what is stored stays under the first key of tokens. */
    uint8_t lasting_key[KEY_BYTES];
    bool has_lasting;
    uint8_t short_key[16]; /* of seal_keyed, from the lasting key */
    bool ready;            /* the data keys are there */
};

/* libsodium is ready. Safe from any thread, any number of times. */
bool keys_library_ready(void);
/* `len` bytes made of a key; each number gives others. */
void key_derive(uint8_t *out, size_t len, uint64_t number, const uint8_t key[KEY_BYTES]);
void file_key_name(struct file_key *k);
struct stat;
/* Can nobody but its owner read the file? */
bool key_is_private(const struct stat *st);

#endif
