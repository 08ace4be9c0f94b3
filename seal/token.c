/*
 * Short keyed and unkeyed digests. Tokens are BLAKE2b with the token key over length of domain, domain, value, so that
 * (domain "ab", value "c") and ("a", "bc") differ.
 */
#include "seal/seal.h"

#include <assert.h>
#include <sodium.h>

#include "seal/key_block.h"

static_assert(crypto_shorthash_siphashx24_BYTES == 16 && crypto_shorthash_siphashx24_KEYBYTES == 16,
              "SipHash-2-4 with 128 bits, 16-byte seed");

static void S_token(const uint8_t *key, struct str domain, struct str value, uint8_t token[16])
{
    crypto_generichash_state state;
    uint8_t domain_len[4] = {(uint8_t)domain.len, (uint8_t)(domain.len >> 8), (uint8_t)(domain.len >> 16),
                             (uint8_t)(domain.len >> 24)};
    crypto_generichash_init(&state, key, key ? KEY_BYTES : 0, 16);
    crypto_generichash_update(&state, domain_len, sizeof domain_len);
    crypto_generichash_update(&state, (const uint8_t *)domain.ptr, domain.len);
    crypto_generichash_update(&state, (const uint8_t *)value.ptr, value.len);
    crypto_generichash_final(&state, token, 16);
    sodium_memzero(&state, sizeof state);
}

void seal_token(const struct keyring *k, struct str domain, struct str value, uint8_t token[16])
{
    assert(!k || k->ready);
    S_token(k ? k->data_key[SEAL_TOKENS] : NULL, domain, value, token);
}

void seal_old_token(const struct keyring *k, struct str domain, struct str value, uint8_t token[16])
{
    assert(keyring_has_old_tokens(k));
    S_token(k->old_tokens, domain, value, token);
}

static void S_little_endian(uint64_t value, uint8_t bytes[8])
{
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

uint64_t seal_keyed(const struct keyring *k, uint64_t hash)
{
    if (!k)
        return hash;
    uint8_t in[8], out[8];
    uint64_t keyed = 0;
    S_little_endian(hash, in);
    crypto_shorthash_siphash24(out, in, sizeof in, k->short_key);
    for (unsigned i = 0; i < 8; i++)
        keyed |= (uint64_t)out[i] << 8 * i;
    return keyed;
}

void seal_random(void *bytes, size_t n)
{
    keys_library_ready();
    randombytes_buf(bytes, n);
}

void seal_id_bits(const uint8_t seed[16], uint64_t ordinal, uint8_t out[16])
{
    uint8_t in[8];
    S_little_endian(ordinal, in);
    crypto_shorthash_siphashx24(out, in, sizeof in, seed);
}

void seal_digest(struct str bytes, uint8_t digest[32])
{
    keys_library_ready();
    crypto_generichash(digest, 32, (const uint8_t *)bytes.ptr, bytes.len, NULL, 0);
}
