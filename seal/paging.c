/* A part is its ciphertext and the tag. The nonce is the turn: no two things are put under the same, and no two files
 * have the same key. A part in the place of another, or an older one, does not open. */
#include "seal/paging.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

struct paging {
    int fd, reason; /* errno of what was not written */
    uint64_t (*held)(void);
    uint64_t limit, bytes; /* bytes: in the file */
    char *folder;
    uint8_t *room; /* of a sealed part */
    uint8_t *key;  /* locked memory */
};

enum {
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    TAG_ROOM = 4096 /* parts begin at a block of the disk */
};

static void S_nonce(uint64_t turn, uint8_t nonce[NONCE_BYTES])
{
    memset(nonce, 0, NONCE_BYTES);
    for (unsigned i = 0; i < 8; i++)
        nonce[i] = (uint8_t)(turn >> 8 * i);
}

static uint64_t S_offset(uint64_t place, size_t len)
{
    return (place - 1) * (len + TAG_ROOM);
}

static bool S_put(void *context, uint64_t place, uint64_t turn, const void *bytes, size_t len)
{
    struct paging *p = context;
    uint8_t nonce[NONCE_BYTES];
    uint64_t at = S_offset(place, len);
    S_nonce(turn, nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(p->room, NULL, bytes, len, NULL, 0, NULL, nonce, p->key);
    for (size_t done = 0, sealed = len + TAG_BYTES; done < sealed;) {
        ssize_t n = pwrite(p->fd, p->room + done, sealed - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            p->reason = n < 0 ? errno : ENOSPC;
            return false;
        }
        done += (size_t)n;
    }
    p->bytes = at + len > p->bytes ? at + len : p->bytes;
    return true;
}

static bool S_get(void *context, uint64_t place, uint64_t turn, void *bytes, size_t len)
{
    struct paging *p = context;
    uint8_t nonce[NONCE_BYTES];
    size_t sealed = len + TAG_BYTES;
    S_nonce(turn, nonce);
    return file_read_full(p->fd, p->room, sealed, (int64_t)S_offset(place, len)) == (int64_t)sealed &&
           crypto_aead_xchacha20poly1305_ietf_decrypt(bytes, NULL, NULL, p->room, sealed, NULL, 0, nonce, p->key) == 0;
}

static uint64_t S_held(void *context)
{
    return ((struct paging *)context)->held();
}

static void S_release(struct paging *p)
{
    close(p->fd);
    sodium_free(p->key);
    free(p->room);
    free(p->folder);
    free(p);
}

/* ------------------------------------------------------------------ beginning and end */

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

enum idem_status paging_begin(const struct paging_options *options, struct paging **out, struct idem_error *err)
{
    *out = NULL;
    if (paged_is_on())
        return IDEM_OK;
    if (sodium_init() < 0)
        return error_set(err, IDEM_IO, "libsodium does not start");
    uint8_t *key = sodium_malloc(KEY_BYTES);
    if (!key)
        return error_set(err, IDEM_NO_MEMORY, "no locked memory for a key");
    int fd = S_open(options->folder);
    if (fd < 0) {
        sodium_free(key);
        return error_set(err, IDEM_IO, "%s: no temporary file can be made here: %s", options->folder, strerror(errno));
    }
    randombytes_buf(key, KEY_BYTES);
    struct paging *p = xcalloc(1, sizeof *p);
    *p = (struct paging){.fd = fd,
                         .held = options->held,
                         .limit = options->limit,
                         .folder = xstrdup(options->folder),
                         .room = xmalloc(paged_part(options->limit) + TAG_BYTES),
                         .key = key};
    const struct paged_options paged = {.store = {.put = S_put, .get = S_get, .held = S_held, .context = p},
                                        .limit = options->limit,
                                        .least = options->least};
    if (paged_begin(&paged))
        *out = p;
    else
        S_release(p);
    return IDEM_OK;
}

void paging_end(struct paging *p)
{
    if (!p)
        return;
    paged_end();
    S_release(p);
}

enum idem_status paging_check(const struct paging *p, uint64_t more, struct idem_error *err)
{
    const uint64_t mb = 1000 * 1000;
    struct paged_facts facts;
    if (!p)
        return IDEM_OK;
    paged_tell(&facts);
    if (facts.failed)
        return error_set(err, IDEM_IO,
                         "%s: what does not fit into --memory cannot be put here: %s (%llu MB are there already); make "
                         "room, or allow more memory",
                         p->folder, strerror(p->reason), (unsigned long long)(p->bytes >> 20));
    if (!facts.too_small && facts.fixed + more <= p->limit)
        return IDEM_OK;
    uint64_t least = facts.fixed + more > p->limit ? facts.fixed + more : p->limit + p->limit / 4;
    return error_set(
        err, IDEM_LIMIT,
        "this run takes at least --memory %lluM, with all put on disk that can be, and --memory allows %llu "
        "MB; nothing was written: allow more, or read fewer sources at a time with --only",
        (unsigned long long)((least + mb - 1) / mb), (unsigned long long)(p->limit / mb));
}

uint64_t paging_most(void)
{
    struct paged_facts facts;
    paged_tell(&facts);
    return facts.most_away;
}
