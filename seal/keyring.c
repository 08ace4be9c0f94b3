/*
 * Two levels of keys: the key file's 32 bytes never encrypt data. crypto_kdf makes of them one wrapping key for each
 * purpose; each wraps a random data key. Another key file for the same data is a rewrap of five keys, nothing else.
 *
 * Wrapped form: version byte 1 | id of the key file (4) | for each purpose: nonce (24), sealed data key (32 + 16)
 */
#include "seal/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "seal/key_block.h"

enum {
    WRAP_VERSION = 1,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    WRAPPED_KEY_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES,
    WRAPPED_BYTES = 1 + KEY_ID_BYTES + SEAL_PURPOSES * WRAPPED_KEY_BYTES,
    KEY_TEXT_BYTES = sodium_base64_ENCODED_LEN(KEY_BYTES, sodium_base64_VARIANT_ORIGINAL) - 1,
    FILE_ID_SUBKEY = 1000,
    CONTAINER_ID_SUBKEY = 1001,
    SHORT_SUBKEY = 1002
};
static const char KEY_PREFIX[] = "idem-key-1 ";
static const char KDF_CONTEXT[crypto_kdf_CONTEXTBYTES + 1] = "idemkeys";

bool keys_library_ready(void)
{
    return sodium_init() >= 0;
}

enum idem_status seal_key_file_create(const char *path, struct idem_error *err)
{
    if (!keys_library_ready())
        return error_set(err, IDEM_IO, "%s: no source of random numbers", path);
    uint8_t key[KEY_BYTES];
    char text[sizeof KEY_PREFIX - 1 + KEY_TEXT_BYTES + 2];
    size_t prefix = sizeof KEY_PREFIX - 1;
    randombytes_buf(key, sizeof key);
    memcpy(text, KEY_PREFIX, prefix);
    sodium_bin2base64(text + prefix, KEY_TEXT_BYTES + 1, key, sizeof key, sodium_base64_VARIANT_ORIGINAL);
    text[prefix + KEY_TEXT_BYTES] = '\n';
    enum idem_status status = file_write_new(path, (struct str){text, prefix + KEY_TEXT_BYTES + 1}, 0600, err);
    sodium_memzero(key, sizeof key);
    sodium_memzero(text, sizeof text);
    return status;
}

/* Up to `room` bytes of a private regular file. */
static enum idem_status S_read_private(const char *path, char *text, size_t room, size_t *len, struct idem_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return error_set(err, IDEM_NOT_FOUND,
                         "%s: no such key file; put back the one the database was made with, or name it with --key",
                         path);
    if (fd < 0)
        return error_errno(err, errno, "%s", path);
    struct stat st;
    enum idem_status status = IDEM_OK;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        status = error_set(err, IDEM_INVALID, "%s: not a regular file", path);
    else if (st.st_mode & 077)
        status = error_set(err, IDEM_INVALID, "%s: others can read this key (mode %03o); run: chmod 600 %s", path,
                           (unsigned)(st.st_mode & 0777), path);
    ssize_t got = status == IDEM_OK ? read(fd, text, room) : 0;
    if (got < 0)
        status = error_errno(err, errno, "%s", path);
    close(fd);
    *len = got > 0 ? (size_t)got : 0;
    return status;
}

static bool S_parse_key(const char *text, size_t len, uint8_t key[KEY_BYTES])
{
    size_t prefix = sizeof KEY_PREFIX - 1, got = 0;
    while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    if (len != prefix + KEY_TEXT_BYTES || memcmp(text, KEY_PREFIX, prefix) != 0)
        return false;
    return sodium_base642bin(key, KEY_BYTES, text + prefix, KEY_TEXT_BYTES, NULL, &got, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           got == KEY_BYTES;
}

static void S_derive(uint8_t *out, size_t len, uint64_t number, const uint8_t key[KEY_BYTES])
{
    uint8_t full[KEY_BYTES];
    crypto_kdf_derive_from_key(full, sizeof full, number, KDF_CONTEXT, key);
    memcpy(out, full, len);
    sodium_memzero(full, sizeof full);
}

enum idem_status keyring_open(const char *path, struct keyring **out, struct idem_error *err)
{
    *out = NULL;
    if (!keys_library_ready())
        return error_set(err, IDEM_IO, "%s: no source of random numbers", path);
    char text[128];
    size_t len;
    TRY(S_read_private(path, text, sizeof text, &len, err));
    struct keyring *k = sodium_malloc(sizeof *k);
    if (!k)
        return error_set(err, IDEM_NO_MEMORY, "%s: no memory for keys", path);
    memset(k, 0, sizeof *k);
    bool good = S_parse_key(text, len, k->file_key);
    sodium_memzero(text, sizeof text);
    if (!good) {
        sodium_free(k);
        return error_set(err, IDEM_INVALID, "%s: not an idem key file: it holds one line, \"idem-key-1 <base64>\"",
                         path);
    }
    S_derive(k->file_id, KEY_ID_BYTES, FILE_ID_SUBKEY, k->file_key);
    *out = k;
    return IDEM_OK;
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
    S_derive(k->container_id, KEY_ID_BYTES, CONTAINER_ID_SUBKEY, k->data_key[SEAL_CONTAINERS]);
    S_derive(k->short_key, sizeof k->short_key, SHORT_SUBKEY, k->data_key[SEAL_TOKENS]);
    k->ready = true;
}

enum idem_status keyring_make_keys(struct keyring *k, struct idem_error *err)
{
    (void)err;
    randombytes_buf(k->data_key, sizeof k->data_key);
    S_data_keys_are_here(k);
    return IDEM_OK;
}

void keyring_wrap(const struct keyring *k, struct buf *out)
{
    buf_byte(out, WRAP_VERSION);
    buf_add(out, k->file_id, KEY_ID_BYTES);
    for (unsigned purpose = 0; purpose < SEAL_PURPOSES; purpose++) {
        uint8_t wrapping[KEY_BYTES], wrapped[WRAPPED_KEY_BYTES], aad[2] = {WRAP_VERSION, (uint8_t)purpose};
        S_derive(wrapping, sizeof wrapping, purpose + 1, k->file_key);
        randombytes_buf(wrapped, NONCE_BYTES);
        crypto_aead_xchacha20poly1305_ietf_encrypt(wrapped + NONCE_BYTES, NULL, k->data_key[purpose], KEY_BYTES, aad,
                                                   sizeof aad, NULL, wrapped, wrapping);
        buf_add(out, wrapped, sizeof wrapped);
        sodium_memzero(wrapping, sizeof wrapping);
    }
}

enum idem_status keyring_unwrap(struct keyring *k, struct str wrapped, struct idem_error *err)
{
    if (wrapped.len != WRAPPED_BYTES || wrapped.ptr[0] != WRAP_VERSION)
        return error_set(err, IDEM_CORRUPT, "the wrapped data keys are damaged or from a newer idem");
    const uint8_t *at = (const uint8_t *)wrapped.ptr + 1;
    if (memcmp(at, k->file_id, KEY_ID_BYTES) != 0) {
        char hex[9];
        keyring_id(k, hex);
        return error_set(err, IDEM_INVALID,
                         "wrong key: sealed under key %02x%02x%02x%02x, the key file holds %s; give the right key file",
                         at[0], at[1], at[2], at[3], hex);
    }
    at += KEY_ID_BYTES;
    for (unsigned purpose = 0; purpose < SEAL_PURPOSES; purpose++, at += WRAPPED_KEY_BYTES) {
        uint8_t wrapping[KEY_BYTES], aad[2] = {WRAP_VERSION, (uint8_t)purpose};
        S_derive(wrapping, sizeof wrapping, purpose + 1, k->file_key);
        int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(k->data_key[purpose], NULL, NULL, at + NONCE_BYTES,
                                                             KEY_BYTES + TAG_BYTES, aad, sizeof aad, at, wrapping);
        sodium_memzero(wrapping, sizeof wrapping);
        if (bad)
            return error_set(err, IDEM_CORRUPT,
                             "the wrapped data keys were altered; restore the database from a backup");
    }
    S_data_keys_are_here(k);
    return IDEM_OK;
}

void keyring_id(const struct keyring *k, char hex[9])
{
    snprintf(hex, 9, "%02x%02x%02x%02x", k->file_id[0], k->file_id[1], k->file_id[2], k->file_id[3]);
}
