/*
 * Signatures and tokens under keys that a rotation of data keys leaves as they are: a receipt must be checked and an
 * erased person recognised for as long as the database lives.
 */
#include <assert.h>
#include <sodium.h>

#include "seal/key_block.h"
#include "seal/seal.h"

static_assert(SEAL_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES && SEAL_SIGNATURE_BYTES == crypto_sign_BYTES,
              "Ed25519: 32-byte public keys, 64-byte signatures");

static void S_pair(const struct keyring *k, struct str instead, uint8_t public_key[SEAL_PUBLIC_BYTES],
                   uint8_t secret[crypto_sign_SECRETKEYBYTES])
{
    static const char CONTEXT[] = "idem receipt signing key 1";
    uint8_t seed[crypto_sign_SEEDBYTES];
    crypto_generichash_state state;
    assert(!k || k->ready);
    keys_library_ready();
    crypto_generichash_init(&state, k ? k->data_key[SEAL_RECEIPTS] : NULL, k ? KEY_BYTES : 0, sizeof seed);
    crypto_generichash_update(&state, (const uint8_t *)CONTEXT, sizeof CONTEXT);
    if (!k)
        crypto_generichash_update(&state, (const uint8_t *)instead.ptr, instead.len);
    crypto_generichash_final(&state, seed, sizeof seed);
    crypto_sign_seed_keypair(public_key, secret, seed);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(&state, sizeof state);
}

void seal_public_key(const struct keyring *k, struct str instead, uint8_t public_key[SEAL_PUBLIC_BYTES])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    S_pair(k, instead, public_key, secret);
    sodium_memzero(secret, sizeof secret);
}

void seal_sign(const struct keyring *k, struct str instead, struct str message, uint8_t signature[SEAL_SIGNATURE_BYTES])
{
    uint8_t public_key[SEAL_PUBLIC_BYTES], secret[crypto_sign_SECRETKEYBYTES];
    S_pair(k, instead, public_key, secret);
    crypto_sign_detached(signature, NULL, (const uint8_t *)message.ptr, message.len, secret);
    sodium_memzero(secret, sizeof secret);
}

bool seal_signed(const uint8_t public_key[SEAL_PUBLIC_BYTES], struct str message,
                 const uint8_t signature[SEAL_SIGNATURE_BYTES])
{
    keys_library_ready();
    return crypto_sign_verify_detached(signature, (const uint8_t *)message.ptr, message.len, public_key) == 0;
}

void seal_kept_token(const struct keyring *k, enum seal_purpose purpose, struct str domain, struct str value,
                     uint8_t token[16])
{
    static const char CONTEXT[] = "idem kept token 1";
    crypto_generichash_state state;
    uint8_t domain_len[4] = {(uint8_t)domain.len, (uint8_t)(domain.len >> 8), (uint8_t)(domain.len >> 16),
                             (uint8_t)(domain.len >> 24)};
    assert(!k || k->ready);
    crypto_generichash_init(&state, k ? k->data_key[purpose] : NULL, k ? KEY_BYTES : 0, 16);
    crypto_generichash_update(&state, (const uint8_t *)CONTEXT, sizeof CONTEXT);
    crypto_generichash_update(&state, domain_len, sizeof domain_len);
    crypto_generichash_update(&state, (const uint8_t *)domain.ptr, domain.len);
    crypto_generichash_update(&state, (const uint8_t *)value.ptr, value.len);
    crypto_generichash_final(&state, token, 16);
    sodium_memzero(&state, sizeof state);
}
