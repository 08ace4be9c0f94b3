/*
 * Two levels of keys: the key file's 32 bytes never encrypt data. crypto_kdf makes of them one wrapping key for each
 * purpose; each wraps a random data key. Another key file for the same data is a rewrap of some keys, nothing else.
 *
 * Wrapped form: version byte 2 | id of the key file's key (4) | for each data key: purpose, state, nonce (24), sealed
 * data key (32 + 16). Version 1 had the five present keys alone, without purpose and state.
 */
#include "seal/seal.h"

#include <sodium.h>
#include <stdio.h>

#include "seal/key_block.h"

enum {
    FIRST_VERSION = 1,
    WRAP_VERSION = 2,
    FIRST_PURPOSES = 5,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    WRAPPED_KEY_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES,
    FILE_ID_SUBKEY = 1000,
    CONTAINER_ID_SUBKEY = 1001,
    SHORT_SUBKEY = 1002
};
static const char KDF_CONTEXT[crypto_kdf_CONTEXTBYTES + 1] = "idemkeys";

/* old: containers not yet sealed again; legacy: what stays for what cannot be made again */
enum key_state { KEY_PRESENT, KEY_OLD, KEY_LEGACY };

bool keys_library_ready(void)
{
    return sodium_init() >= 0;
}

void key_derive(uint8_t *out, size_t len, uint64_t number, const uint8_t key[KEY_BYTES])
{
    uint8_t full[KEY_BYTES];
    crypto_kdf_derive_from_key(full, sizeof full, number, KDF_CONTEXT, key);
    memcpy(out, full, len);
    sodium_memzero(full, sizeof full);
}

void file_key_name(struct file_key *k)
{
    key_derive(k->id, KEY_ID_BYTES, FILE_ID_SUBKEY, k->key);
}

void keyring_close(struct keyring *k)
{
    sodium_free(k);
}

bool keyring_ready(const struct keyring *k)
{
    return k && k->ready;
}

static void S_data_keys_are_here(struct keyring *k)
{
    key_derive(k->container_id, KEY_ID_BYTES, CONTAINER_ID_SUBKEY, k->data_key[SEAL_CONTAINERS]);
    if (k->has_old)
        key_derive(k->old_id, KEY_ID_BYTES, CONTAINER_ID_SUBKEY, k->old_key);
    key_derive(k->short_key, sizeof k->short_key, SHORT_SUBKEY,
               k->has_lasting ? k->lasting_key : k->data_key[SEAL_TOKENS]);
    k->ready = true;
}

enum idem_status keyring_make_keys(struct keyring *k, struct idem_error *err)
{
    (void)err;
    randombytes_buf(k->data_key, sizeof k->data_key);
    k->has_old = k->has_old_tokens = k->has_lasting = false;
    k->at = 0;
    S_data_keys_are_here(k);
    return IDEM_OK;
}

enum idem_status keyring_temporary(struct keyring **out, struct idem_error *err)
{
    struct keyring *k = keys_library_ready() ? sodium_malloc(sizeof *k) : NULL;
    *out = NULL;
    if (!k)
        return error_set(err, IDEM_NO_MEMORY, "no memory for keys");
    memset(k, 0, sizeof *k);
    *out = k;
    return keyring_make_keys(k, err);
}

void keyring_take_keys(struct keyring *k, const struct keyring *from)
{
    memcpy(k->data_key, from->data_key, sizeof k->data_key);
    k->has_old = k->has_lasting = false;
    k->at = 0;
    S_data_keys_are_here(k);
}

/* ------------------------------------------------------------------ wrapping */

static void S_wrap(const struct keyring *k, unsigned purpose, enum key_state state, const uint8_t key[KEY_BYTES],
                   struct buf *out)
{
    uint8_t wrapping[KEY_BYTES], wrapped[WRAPPED_KEY_BYTES], aad[3] = {WRAP_VERSION, (uint8_t)purpose, (uint8_t)state};
    key_derive(wrapping, sizeof wrapping, purpose + 1, k->file[k->at].key);
    randombytes_buf(wrapped, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(wrapped + NONCE_BYTES, NULL, key, KEY_BYTES, aad, sizeof aad, NULL,
                                               wrapped, wrapping);
    buf_add(out, aad + 1, 2);
    buf_add(out, wrapped, sizeof wrapped);
    sodium_memzero(wrapping, sizeof wrapping);
}

void keyring_wrap(const struct keyring *k, struct buf *out)
{
    buf_byte(out, WRAP_VERSION);
    buf_add(out, k->file[k->at].id, KEY_ID_BYTES);
    for (unsigned purpose = 0; purpose < SEAL_PURPOSES; purpose++)
        S_wrap(k, purpose, KEY_PRESENT, k->data_key[purpose], out);
    if (k->has_old)
        S_wrap(k, SEAL_CONTAINERS, KEY_OLD, k->old_key, out);
    if (k->has_old_tokens)
        S_wrap(k, SEAL_TOKENS, KEY_OLD, k->old_tokens, out);
    if (k->has_lasting)
        S_wrap(k, SEAL_TOKENS, KEY_LEGACY, k->lasting_key, out);
}

static enum idem_status S_damaged(struct idem_error *err)
{
    return error_set(err, IDEM_CORRUPT, "the wrapped data keys are damaged or from a newer idem");
}

/* Where a key of this purpose and state goes; NULL: nowhere. */
static uint8_t *S_slot(struct keyring *k, unsigned purpose, unsigned state)
{
    if (state == KEY_PRESENT && purpose < SEAL_PURPOSES)
        return k->data_key[purpose];
    if (state == KEY_OLD && purpose == SEAL_CONTAINERS) {
        k->has_old = true;
        return k->old_key;
    }
    if (state == KEY_OLD && purpose == SEAL_TOKENS) {
        k->has_old_tokens = true;
        return k->old_tokens;
    }
    if (state == KEY_LEGACY && purpose == SEAL_TOKENS) {
        k->has_lasting = true;
        return k->lasting_key;
    }
    return NULL;
}

static enum idem_status S_unwrap(struct keyring *k, const uint8_t *aad, size_t aad_len, unsigned purpose,
                                 unsigned state, const uint8_t *wrapped, struct idem_error *err)
{
    uint8_t wrapping[KEY_BYTES], *slot = S_slot(k, purpose, state);
    if (!slot)
        return S_damaged(err);
    key_derive(wrapping, sizeof wrapping, purpose + 1, k->file[k->at].key);
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(slot, NULL, NULL, wrapped + NONCE_BYTES, KEY_BYTES + TAG_BYTES,
                                                         aad, aad_len, wrapped, wrapping);
    sodium_memzero(wrapping, sizeof wrapping);
    return bad ? error_set(err, IDEM_CORRUPT, "the wrapped data keys were altered; restore the database from a backup")
               : IDEM_OK;
}

static enum idem_status S_unwrap_first(struct keyring *k, struct str rest, struct idem_error *err)
{
    if (rest.len != (size_t)FIRST_PURPOSES * WRAPPED_KEY_BYTES)
        return S_damaged(err);
    for (unsigned purpose = 0; purpose < FIRST_PURPOSES; purpose++) {
        const uint8_t aad[2] = {FIRST_VERSION, (uint8_t)purpose};
        TRY(S_unwrap(k, aad, sizeof aad, purpose, KEY_PRESENT,
                     (const uint8_t *)rest.ptr + (size_t)purpose * WRAPPED_KEY_BYTES, err));
    }
    return IDEM_OK;
}

static enum idem_status S_unwrap_all(struct keyring *k, struct str rest, struct idem_error *err)
{
    enum { ONE = 2 + WRAPPED_KEY_BYTES };
    unsigned present = 0;
    if (rest.len % ONE)
        return S_damaged(err);
    for (const uint8_t *at = (const uint8_t *)rest.ptr, *end = at + rest.len; at < end; at += ONE) {
        const uint8_t aad[3] = {WRAP_VERSION, at[0], at[1]};
        TRY(S_unwrap(k, aad, sizeof aad, at[0], at[1], at + 2, err));
        if (at[1] == KEY_PRESENT)
            present |= 1u << at[0];
    }
    return present == (1u << SEAL_PURPOSES) - 1 ? IDEM_OK : S_damaged(err);
}

static enum idem_status S_find_file_key(struct keyring *k, const uint8_t id[KEY_ID_BYTES], struct idem_error *err)
{
    for (k->at = 0; k->at < k->n_files; k->at++)
        if (memcmp(id, k->file[k->at].id, KEY_ID_BYTES) == 0)
            return IDEM_OK;
    char hex[9];
    k->at = 0;
    keyring_id(k, hex);
    return error_set(err, IDEM_INVALID,
                     "wrong key: sealed under key %02x%02x%02x%02x, the key file holds %s; give the right key file",
                     id[0], id[1], id[2], id[3], hex);
}

enum idem_status keyring_unwrap(struct keyring *k, struct str wrapped, struct idem_error *err)
{
    uint8_t version = wrapped.len ? (uint8_t)wrapped.ptr[0] : 0;
    if (wrapped.len < 1 + KEY_ID_BYTES || version < FIRST_VERSION || version > WRAP_VERSION)
        return S_damaged(err);
    struct str rest = str_sub(wrapped, 1 + KEY_ID_BYTES, wrapped.len);
    TRY(S_find_file_key(k, (const uint8_t *)wrapped.ptr + 1, err));
    k->has_old = k->has_old_tokens = k->has_lasting = k->ready = false;
    TRY(version == FIRST_VERSION ? S_unwrap_first(k, rest, err) : S_unwrap_all(k, rest, err));
    S_data_keys_are_here(k);
    return IDEM_OK;
}

void keyring_id(const struct keyring *k, char hex[9])
{
    sodium_bin2hex(hex, 9, k->file[k->at].id, KEY_ID_BYTES);
}

/* ------------------------------------------------------------------ replacing keys */

void keyring_use_first_file_key(struct keyring *k)
{
    k->at = 0;
}

bool keyring_replace_containers(struct keyring *k)
{
    if (k->has_old)
        return false;
    memcpy(k->old_key, k->data_key[SEAL_CONTAINERS], KEY_BYTES);
    k->has_old = true;
    randombytes_buf(k->data_key[SEAL_CONTAINERS], KEY_BYTES);
    S_data_keys_are_here(k);
    return true;
}

void keyring_forget_old(struct keyring *k)
{
    sodium_memzero(k->old_key, sizeof k->old_key);
    sodium_memzero(k->old_tokens, sizeof k->old_tokens);
    memset(k->old_id, 0, sizeof k->old_id);
    k->has_old = k->has_old_tokens = false;
}

void keyring_replace_tokens(struct keyring *k)
{
    if (!k->has_lasting)
        memcpy(k->lasting_key, k->data_key[SEAL_TOKENS], KEY_BYTES);
    k->has_lasting = true;
    memcpy(k->old_tokens, k->data_key[SEAL_TOKENS], KEY_BYTES);
    k->has_old_tokens = true;
    randombytes_buf(k->data_key[SEAL_TOKENS], KEY_BYTES);
    S_data_keys_are_here(k);
}

bool keyring_has_old_tokens(const struct keyring *k)
{
    return k && k->has_old_tokens;
}

bool keyring_has_lasting(const struct keyring *k)
{
    return k->has_lasting;
}

void keyring_container_ids(const struct keyring *k, char current[9], char old[9])
{
    sodium_bin2hex(current, 9, k->container_id, KEY_ID_BYTES);
    *old = 0;
    if (k->has_old)
        sodium_bin2hex(old, 9, k->old_id, KEY_ID_BYTES);
}

bool keyring_is_old(const struct keyring *k, struct str sealed)
{
    return k->has_old && sealed.len >= KEY_ID_BYTES && memcmp(sealed.ptr, k->old_id, KEY_ID_BYTES) == 0;
}

bool keyring_is_strange(const struct keyring *k, struct str sealed)
{
    return !keyring_is_old(k, sealed) &&
           (sealed.len < KEY_ID_BYTES || memcmp(sealed.ptr, k->container_id, KEY_ID_BYTES) != 0);
}
