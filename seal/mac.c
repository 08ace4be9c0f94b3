#include <assert.h>
#include <sodium.h>

#include "seal/key_block.h"

void seal_mac(const struct keyring *k, enum seal_purpose purpose, struct str bytes, uint8_t mac[SEAL_MAC_BYTES])
{
    assert(!k || k->ready);
    keys_library_ready();
    crypto_generichash(mac, SEAL_MAC_BYTES, (const uint8_t *)bytes.ptr, bytes.len, k ? k->data_key[purpose] : NULL,
                       k ? KEY_BYTES : 0);
}

bool seal_equal(const void *a, const void *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}
