/*
 * Sealed containers and wrapped keys: what was sealed opens, in its place and unaltered, and nothing else does. The
 * first byte chooses what is done, the next eight which byte is altered, and how.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "seal/seal.h"
#include "tests/fuzz/fuzz.h"
#include "tests/ingest/transcript.h"

static struct keyring *keys;
static struct buf sound; /* them as they are wrapped: what does not unwrap leaves none */

static void S_close(void)
{
    keyring_close(keys);
    buf_deinit(&sound);
}

static void S_open(void)
{
    static const char KEY[] = "idem-key-1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
    struct idem_error err = {0};
    char path[64];
    int fd = memory_file(str_from(KEY), path);
    fchmod(fd, 0600);
    fuzz_require(keyring_open(path, &keys, &err) == IDEM_OK && keyring_make_keys(keys, &err) == IDEM_OK, err.message);
    keyring_wrap(keys, &sound);
    close(fd);
    atexit(S_close);
}

static const struct seal_place PLACE = {.database = {1, 2, 3}, .table = "leaf", .row = 7, .version = 3};

/* Alters one byte; false when it is as it was. */
static bool S_alter(struct buf *bytes, const uint8_t how[4])
{
    size_t at = (how[0] | (size_t)how[1] << 8) % bytes->len;
    if (how[3] & 1)
        bytes->len = at;
    else
        bytes->ptr[at] = (char)(bytes->ptr[at] ^ how[2]);
    return how[3] & 1 || how[2];
}

/* A place that is another when a bit of `how` says so. */
static struct seal_place S_elsewhere(unsigned how)
{
    struct seal_place place = PLACE;
    place.database[how & 15] ^= how >> 4 & 1;
    place.table = how & 32 ? "leaf_" : "leaf";
    place.row += how >> 6 & 1;
    place.version ^= how >> 7 & 1;
    return place;
}

static void S_container(struct str plain, const uint8_t how[8])
{
    struct buf sealed = {0}, opened = {0};
    struct idem_error err = {0};
    struct seal_place place = S_elsewhere(how[4]);
    seal_container(keys, &PLACE, plain, &sealed);
    fuzz_require(sealed.len == plain.len + SEAL_OVERHEAD, "another length than promised");
    fuzz_require(!keyring_is_old(keys, buf_view(&sealed)) && !keyring_is_strange(keys, buf_view(&sealed)), "not ours");
    bool altered = S_alter(&sealed, how), moved = how[4] & 0xf0;
    enum idem_status status = open_container(keys, &place, buf_view(&sealed), &opened, &err);
    fuzz_require((status == IDEM_OK) == (!altered && !moved),
                 "an altered or moved container opens, or a sound one not");
    fuzz_require(status == IDEM_OK ? str_eq(buf_view(&opened), plain) : status == IDEM_CORRUPT && err.message[0],
                 "another text comes back");
    buf_deinit(&sealed);
    buf_deinit(&opened);
}

static bool S_unwraps(struct str wrapped)
{
    struct idem_error err = {0};
    bool opened = keyring_unwrap(keys, wrapped, &err) == IDEM_OK;
    fuzz_require(opened || err.message[0], "an error without a message");
    fuzz_require(keyring_unwrap(keys, buf_view(&sound), &err) == IDEM_OK, err.message);
    return opened;
}

static void S_foreign(struct str bytes)
{
    struct buf opened = {0};
    struct idem_error err = {0};
    keyring_is_old(keys, bytes);
    keyring_is_strange(keys, bytes);
    fuzz_require(open_container(keys, &PLACE, bytes, &opened, &err) == IDEM_CORRUPT && err.message[0], "forged");
    buf_clear(&opened);
    fuzz_require(open_container(NULL, &PLACE, bytes, &opened, &err) == IDEM_OK, "a clear container does not open");
    fuzz_require(str_eq(buf_view(&opened), bytes), "a clear container is altered");
    fuzz_require(!S_unwraps(bytes), "forged keys");
    buf_deinit(&opened);
}

static void S_wrapped(const uint8_t how[8])
{
    struct buf wrapped = {0};
    keyring_wrap(keys, &wrapped);
    bool altered = S_alter(&wrapped, how);
    fuzz_require(S_unwraps(buf_view(&wrapped)) == !altered, "altered keys are taken, or sound ones not");
    buf_deinit(&wrapped);
}

/* Signatures and digests that must not depend on anything but their arguments. */
static void S_sign(struct str message, const uint8_t how[8])
{
    uint8_t public_key[SEAL_PUBLIC_BYTES], signature[SEAL_SIGNATURE_BYTES], mac[2][SEAL_MAC_BYTES];
    seal_public_key(keys, STR("x"), public_key);
    seal_sign(keys, STR("x"), message, signature);
    seal_mac(keys, SEAL_AUDIT, message, mac[0]);
    seal_mac(keys, SEAL_AUDIT, message, mac[1]);
    fuzz_require(seal_equal(mac[0], mac[1], sizeof mac[0]), "two digests of one text");
    fuzz_require(seal_signed(public_key, message, signature), "a signature does not hold");
    signature[how[0] % sizeof signature] ^= how[2];
    fuzz_require(!how[2] || !seal_signed(public_key, message, signature), "an altered signature holds");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 9)
        return 0;
    if (!keys)
        S_open();
    struct str rest = fuzz_text(data + 9, len - 9);
    switch (data[0] % 4) {
    case 0:
        S_container(rest, data + 1);
        break;
    case 1:
        S_foreign(rest);
        break;
    case 2:
        S_wrapped(data + 1);
        break;
    default:
        S_sign(rest, data + 1);
    }
    return 0;
}
