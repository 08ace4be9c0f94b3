/*
 * A piece is its ciphertext and the tag. The nonce is the number of the piece: no two pieces have the same number, and
 * no two files the same key. A piece in the place of another does not open.
 */
#include "seal/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

enum {
    PIECE = 1 << 18,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES
};

struct spill {
    int fd;
    uint64_t end, pieces;
    char *folder;  /* for messages */
    uint8_t *room; /* [PIECE + TAG_BYTES] a sealed piece */
    uint8_t *key;  /* locked memory */
};

static int S_open(const char *folder)
{
    struct arena scratch = {0};
    int fd = file_open(folder, O_TMPFILE | O_RDWR, 0600);
    if (fd < 0) { /* not every file system has files without names */
        char *path = str_cstr(&scratch, arena_printf(&scratch, "%s/idem-spill-XXXXXX", folder));
        fd = file_make_temporary(path);
        if (fd >= 0)
            unlink(path);
    }
    arena_deinit(&scratch);
    return fd;
}

enum idem_status spill_open(const char *folder, struct spill **out, struct idem_error *err)
{
    *out = NULL;
    if (sodium_init() < 0)
        return error_set(err, IDEM_IO, "libsodium does not start");
    uint8_t *key = sodium_malloc(KEY_BYTES);
    if (!key)
        return error_set(err, IDEM_NO_MEMORY, "no locked memory for a key");
    int fd = S_open(folder);
    if (fd < 0) {
        sodium_free(key);
        return error_set(err, IDEM_IO, "%s: no temporary file can be made here: %s", folder, strerror(errno));
    }
    struct spill *s = xcalloc(1, sizeof *s);
    *s = (struct spill){.fd = fd, .folder = xstrdup(folder), .room = xmalloc(PIECE + TAG_BYTES), .key = key};
    randombytes_buf(key, KEY_BYTES);
    *out = s;
    return IDEM_OK;
}

void spill_close(struct spill *s)
{
    if (!s)
        return;
    close(s->fd);
    sodium_free(s->key);
    free(s->room);
    free(s->folder);
    free(s);
}

static void S_nonce(uint64_t piece, uint8_t nonce[NONCE_BYTES])
{
    memset(nonce, 0, NONCE_BYTES);
    for (unsigned i = 0; i < 8; i++)
        nonce[i] = (uint8_t)(piece >> 8 * i);
}

static enum idem_status S_write(struct spill *s, size_t len, struct idem_error *err)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pwrite(s->fd, s->room + done, len - done, (off_t)(s->end + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_set(err, IDEM_IO,
                             "%s: what does not fit into --memory cannot be put here: %s (%llu MB are there already); "
                             "make room, or allow more memory",
                             s->folder, n < 0 ? strerror(errno) : "nothing was written",
                             (unsigned long long)(s->end >> 20));
        done += (size_t)n;
    }
    s->end += len;
    return IDEM_OK;
}

enum idem_status spill_put(struct spill *s, const void *bytes, size_t len, struct spill_place *place,
                           struct idem_error *err)
{
    const uint8_t *from = bytes;
    uint8_t nonce[NONCE_BYTES];
    *place = (struct spill_place){s->end, s->pieces, len};
    for (size_t done = 0; done < len; done += PIECE) {
        size_t here = len - done < PIECE ? len - done : PIECE;
        S_nonce(s->pieces++, nonce);
        crypto_aead_xchacha20poly1305_ietf_encrypt(s->room, NULL, from + done, here, NULL, 0, NULL, nonce, s->key);
        TRY(S_write(s, here + TAG_BYTES, err));
    }
    return IDEM_OK;
}

enum idem_status spill_get(struct spill *s, const struct spill_place *place, void *bytes, struct idem_error *err)
{
    uint8_t *to = bytes, nonce[NONCE_BYTES];
    uint64_t at = place->at, piece = place->piece;
    for (size_t done = 0; done < place->len; done += PIECE) {
        size_t here = place->len - done < PIECE ? place->len - done : PIECE, sealed = here + TAG_BYTES;
        S_nonce(piece++, nonce);
        if (file_read_full(s->fd, s->room, sealed, (int64_t)at) != (int64_t)sealed ||
            crypto_aead_xchacha20poly1305_ietf_decrypt(to + done, NULL, NULL, s->room, sealed, NULL, 0, nonce, s->key))
            return error_set(err, IDEM_CORRUPT, "%s: what was put on disk for want of memory cannot be read back",
                             s->folder);
        at += sealed;
    }
    return IDEM_OK;
}

uint64_t spill_held(const struct spill *s)
{
    return s ? s->end : 0;
}
