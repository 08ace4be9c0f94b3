/*
 * Container: id of the data key (4) | nonce (24, random: collisions are out of reach at 192 bits) | ciphertext | tag
 * (16). Associated data: database (16) | key id (4) | row (8) | version (4) | table; the one part of variable length is
 * last.
 */
#include "seal/seal.h"

#include <assert.h>
#include <sodium.h>

#include "seal/key_block.h"

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    MOST_AAD = 128
};
static_assert(SEAL_OVERHEAD == KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES, "the overhead in the header is the real one");

static uint8_t *S_little_endian(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *at++ = (uint8_t)(value >> 8 * i);
    return at;
}

static size_t S_associated_data(const struct seal_place *place, const uint8_t *key_id, uint8_t aad[MOST_AAD])
{
    size_t table = strlen(place->table);
    assert(table + sizeof place->database + KEY_ID_BYTES + 12 <= MOST_AAD);
    uint8_t *at = aad;
    memcpy(at, place->database, sizeof place->database);
    at += sizeof place->database;
    memcpy(at, key_id, KEY_ID_BYTES);
    at = S_little_endian(at + KEY_ID_BYTES, (uint64_t)place->row, 8);
    at = S_little_endian(at, place->version, 4);
    memcpy(at, place->table, table);
    return (size_t)(at - aad) + table;
}

void seal_container(const struct keyring *k, const struct seal_place *place, struct str plain, struct buf *out)
{
    if (!k) {
        buf_str(out, plain);
        return;
    }
    assert(k->ready);
    uint8_t aad[MOST_AAD];
    size_t aad_len = S_associated_data(place, k->container_id, aad);
    buf_reserve(out, plain.len + SEAL_OVERHEAD);
    uint8_t *at = (uint8_t *)out->ptr + out->len;
    memcpy(at, k->container_id, KEY_ID_BYTES);
    uint8_t *nonce = at + KEY_ID_BYTES;
    randombytes_buf(nonce, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_BYTES, NULL, (const uint8_t *)plain.ptr, plain.len, aad,
                                               aad_len, NULL, nonce, k->data_key[SEAL_CONTAINERS]);
    out->len += plain.len + SEAL_OVERHEAD;
}

enum idem_status open_container(const struct keyring *k, const struct seal_place *place, struct str sealed,
                                struct buf *plain, struct idem_error *err)
{
    if (!k) {
        buf_str(plain, sealed);
        return IDEM_OK;
    }
    if (!k->ready)
        return error_set(err, IDEM_INVALID, "table %s, row %lld: sealed, and the data keys are not unwrapped",
                         place->table, (long long)place->row);
    if (sealed.len < SEAL_OVERHEAD)
        return error_set(err, IDEM_CORRUPT, "table %s, row %lld: the sealed container is cut short", place->table,
                         (long long)place->row);
    const uint8_t *at = (const uint8_t *)sealed.ptr, *key = k->data_key[SEAL_CONTAINERS];
    if (keyring_is_old(k, sealed))
        key = k->old_key;
    else if (memcmp(at, k->container_id, KEY_ID_BYTES) != 0)
        return error_set(err, IDEM_CORRUPT, "table %s, row %lld: sealed under another data key", place->table,
                         (long long)place->row);
    uint8_t aad[MOST_AAD];
    size_t aad_len = S_associated_data(place, at, aad), len = sealed.len - SEAL_OVERHEAD;
    const uint8_t *nonce = at + KEY_ID_BYTES;
    buf_reserve(plain, len + 1);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)plain->ptr + plain->len, NULL, NULL, nonce + NONCE_BYTES,
                                                   len + TAG_BYTES, aad, aad_len, nonce, key) != 0)
        return error_set(err, IDEM_CORRUPT, "table %s, row %lld: the sealed container was altered or moved here",
                         place->table, (long long)place->row);
    plain->len += len;
    return IDEM_OK;
}
