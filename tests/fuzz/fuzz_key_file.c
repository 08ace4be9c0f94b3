/* Any bytes as a key file: refused with a message, or a keyring that wraps data keys and unwraps them again. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "seal/key_file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/ingest/transcript.h"

static bool S_ask(void *context, char *text, size_t room, size_t *len)
{
    (void)context, (void)room;
    memcpy(text, "secret", 6);
    *len = 6;
    return true;
}

/* Stretching takes as long as the file says: what takes long is not for here. */
static bool S_takes_long(struct str text)
{
    struct str line, word, argon = STR("argon2id");
    while (text.len && str_next_piece(&text, '\n', &line)) {
        size_t at = str_find(line, argon);
        if (at == SIZE_MAX)
            continue;
        line = str_sub(line, at + argon.len, line.len);
        uint64_t product = 1, number;
        for (int i = 0; i < 2 && str_next_token(&line, " ", &word); i++)
            product *= str_to_u64(word, &number) && number < 1 << 20 ? number : 1;
        if (product > 64)
            return true;
    }
    return false;
}

static void S_use(struct keyring *k)
{
    char id[9], hex[KEY_FILE_MOST][9];
    struct buf wrapped = {0};
    struct idem_error err = {0};
    unsigned n = keyring_file_ids(k, hex);
    fuzz_require(n >= 1 && n <= KEY_FILE_MOST && keyring_file_at(k) < n, "a keyring without a key");
    keyring_id(k, id);
    fuzz_require(keyring_make_keys(k, &err) == IDEM_OK, err.message);
    keyring_wrap(k, &wrapped);
    fuzz_require(keyring_unwrap(k, buf_view(&wrapped), &err) == IDEM_OK, err.message);
    buf_deinit(&wrapped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct idem_passphrase passphrase = {.ask = S_ask};
    struct str text = fuzz_text(data, len);
    struct idem_error err = {0};
    struct keyring *k;
    char path[64];
    if (S_takes_long(text))
        return 0;
    int fd = memory_file(text, path);
    fchmod(fd, 0600);
    for (unsigned asks = 0; asks < 2; asks++) {
        err.message[0] = 0;
        if (keyring_open_protected(path, asks ? &passphrase : NULL, &k, &err) == IDEM_OK)
            S_use(k);
        else
            fuzz_require(!k && err.message[0], "refused without a message");
        keyring_close(k);
    }
    close(fd);
    return 0;
}
