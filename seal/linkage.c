#include "seal/linkage.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "seal/key_block.h"

enum { LEAST_SECRET = 16, MOST_SECRET = 4096, PASSES = 3, MEMORY = 64 << 20 };

struct linkage_key {
    uint8_t key[KEY_BYTES];
    char secret[MOST_SECRET + 1]; /* while the key is made */
};

static const uint8_t SALT[crypto_pwhash_SALTBYTES] = "idem linkage v1";

static enum idem_status S_read(int fd, const char *path, struct linkage_key *k, size_t *len, struct idem_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return error_set(err, IDEM_INVALID, "%s: not a regular file", path);
    if (!key_is_private(&st))
        return error_set(err, IDEM_INVALID, "%s: others can read this secret (mode %03o); run: chmod 600 %s", path,
                         (unsigned)(st.st_mode & 0777), path);
    int64_t got = file_read_full(fd, k->secret, sizeof k->secret, -1);
    if (got < 0)
        return error_errno(err, errno, "%s", path);
    *len = (size_t)got;
    while (*len && strchr(" \t\r\n", k->secret[*len - 1]))
        --*len;
    if (*len < LEAST_SECRET || (size_t)got > MOST_SECRET)
        return error_set(err, IDEM_INVALID,
                         "%s: a secret has %d to %d bytes; make one with: openssl rand -base64 32 > %s", path,
                         LEAST_SECRET, MOST_SECRET, path);
    return IDEM_OK;
}

static enum idem_status S_stretch(const char *path, struct linkage_key *k, size_t len, struct idem_error *err)
{
    if (crypto_pwhash(k->key, sizeof k->key, k->secret, len, SALT, PASSES, MEMORY, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return error_set(err, IDEM_NO_MEMORY, "%s: no memory for its secret (%d MiB)", path, MEMORY >> 20);
    return IDEM_OK;
}

enum idem_status linkage_key_open(const char *path, struct linkage_key **out, struct idem_error *err)
{
    enum idem_status status;
    size_t len = 0;
    *out = NULL;
    int fd = file_open(path, O_RDONLY, 0);
    if (fd < 0 && errno == ENOENT)
        return error_set(err, IDEM_NOT_FOUND, "%s: no such secret; it is a file that the other party has too", path);
    if (fd < 0)
        return error_errno(err, errno, "%s", path);
    struct linkage_key *k = keys_library_ready() ? sodium_malloc(sizeof *k) : NULL;
    if (k)
        memset(k, 0, sizeof *k);
    status = k ? S_read(fd, path, k, &len, err) : error_set(err, IDEM_NO_MEMORY, "%s: no memory for its secret", path);
    if (k && status == IDEM_OK)
        status = S_stretch(path, k, len, err);
    close(fd);
    if (status != IDEM_OK) {
        linkage_key_close(k);
        return status;
    }
    sodium_memzero(k->secret, sizeof k->secret);
    *out = k;
    return IDEM_OK;
}

void linkage_key_close(struct linkage_key *k)
{
    sodium_free(k);
}

void linkage_hash(const struct linkage_key *k, uint8_t domain, struct str value, uint8_t *out, size_t n)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, k->key, sizeof k->key, n);
    crypto_generichash_update(&state, &domain, 1);
    crypto_generichash_update(&state, (const uint8_t *)value.ptr, value.len);
    crypto_generichash_final(&state, out, n);
    sodium_memzero(&state, sizeof state);
}
