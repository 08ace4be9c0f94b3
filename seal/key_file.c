#include "seal/key_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "seal/key_block.h"

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    SALT_BYTES = crypto_pwhash_SALTBYTES,
    WRAPPED_BYTES = SALT_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES,
    PASSES = 3,
    MEMORY_KIB = 64 * 1024,
    MOST_PASSES = 64,
    MOST_MEMORY_KIB = 2 * 1024 * 1024,
    MOST_PASSPHRASE = 1024,
    FILE_BYTES = 2048
};
static const char PLAIN[] = "idem-key-1 ", PROTECTED[] = "idem-key-2 ";
static const int BASE64 = sodium_base64_VARIANT_ORIGINAL;

/* What is secret while a file is read or written, in guarded memory. */
struct secrets {
    char text[FILE_BYTES], passphrase[MOST_PASSPHRASE];
    size_t len, passphrase_len;
    uint8_t wrapping[KEY_BYTES];
};

static enum idem_status S_begin(const char *path, struct secrets **x, struct idem_error *err)
{
    if (!keys_library_ready())
        return error_set(err, IDEM_IO, "%s: no source of random numbers", path);
    *x = sodium_malloc(sizeof **x);
    if (!*x)
        return error_set(err, IDEM_NO_MEMORY, "%s: no memory for keys", path);
    memset(*x, 0, sizeof **x);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ passphrases */

static enum idem_status S_ask(struct secrets *x, const struct idem_passphrase *passphrase, const char *path,
                              struct idem_error *err)
{
    if (!passphrase || !passphrase->ask)
        return error_set(err, IDEM_NOT_FOUND,
                         "%s: it is protected by a passphrase; give it on a terminal, with --passphrase-file, or in "
                         "IDEM_PASSPHRASE_FILE",
                         path);
    if (!passphrase->ask(passphrase->context, x->passphrase, sizeof x->passphrase, &x->passphrase_len))
        return error_set(err, IDEM_NOT_FOUND, "%s: no passphrase was given; give --passphrase-file", path);
    return x->passphrase_len ? IDEM_OK : error_set(err, IDEM_INVALID, "%s: the passphrase is empty", path);
}

static enum idem_status S_stretch(struct secrets *x, const uint8_t *salt, uint64_t passes, uint64_t kib,
                                  const char *path, struct idem_error *err)
{
    if (crypto_pwhash(x->wrapping, sizeof x->wrapping, x->passphrase, x->passphrase_len, salt, passes,
                      (size_t)kib * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return error_set(err, IDEM_NO_MEMORY, "%s: no memory for its passphrase (%llu MiB)", path,
                         (unsigned long long)kib / 1024);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ reading */

bool key_is_private(const struct stat *st)
{
    bool roots = st->st_uid == 0 && geteuid() != 0;
    return !(st->st_mode & (roots ? 037 : 077));
}

static enum idem_status S_read_private(const char *path, struct secrets *x, struct idem_error *err)
{
    assert(x);
    int fd = file_open(path, O_RDONLY, 0);
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
    else if (!key_is_private(&st))
        status = error_set(err, IDEM_INVALID, "%s: others can read this key (mode %03o); run: chmod 600 %s", path,
                           (unsigned)(st.st_mode & 0777), path);
    int64_t got = status == IDEM_OK ? file_read_full(fd, x->text, sizeof x->text, -1) : 0;
    if (got < 0)
        status = error_errno(err, errno, "%s", path);
    close(fd);
    x->len = got > 0 ? (size_t)got : 0;
    return status;
}

static bool S_decode(struct str text, uint8_t *bytes, size_t len)
{
    size_t got = 0;
    return sodium_base642bin(bytes, len, text.ptr, text.len, NULL, &got, NULL, BASE64) == 0 && got == len;
}

static enum idem_status S_not_a_key(const char *path, struct idem_error *err)
{
    return error_set(err, IDEM_INVALID, "%s: not an idem key file: it holds one line, \"idem-key-1 <base64>\"", path);
}

static enum idem_status S_unwrap(struct secrets *x, struct str line, const struct idem_passphrase *passphrase,
                                 const char *path, uint8_t key[KEY_BYTES], struct idem_error *err)
{
    struct str word[4];
    uint8_t wrapped[WRAPPED_BYTES];
    uint64_t passes, kib;
    for (size_t i = 0; i < COUNT_OF(word); i++)
        if (!str_next_piece(&line, ' ', &word[i]))
            return S_not_a_key(path, err);
    if (!str_eq(word[0], STR("argon2id")) || !str_to_u64(word[1], &passes) || !str_to_u64(word[2], &kib) ||
        passes < 1 || passes > MOST_PASSES || kib < 8 || kib > MOST_MEMORY_KIB ||
        !S_decode(word[3], wrapped, sizeof wrapped))
        return S_not_a_key(path, err);
    if (!x->passphrase_len)
        TRY(S_ask(x, passphrase, path, err));
    TRY(S_stretch(x, wrapped, passes, kib, path, err));
    const uint8_t *nonce = wrapped + SALT_BYTES;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(key, NULL, NULL, nonce + NONCE_BYTES, KEY_BYTES + TAG_BYTES,
                                                   (const uint8_t *)PROTECTED, sizeof PROTECTED - 1, nonce,
                                                   x->wrapping) != 0)
        return error_set(err, IDEM_INVALID, "%s: wrong passphrase", path);
    return IDEM_OK;
}

static enum idem_status S_line(struct secrets *x, struct str line, const struct idem_passphrase *passphrase,
                               const char *path, struct keyring *k, struct idem_error *err)
{
    struct str plain = {PLAIN, sizeof PLAIN - 1}, protected = {PROTECTED, sizeof PROTECTED - 1};
    if (k->n_files == MOST_FILE_KEYS)
        return S_not_a_key(path, err);
    struct file_key *key = &k->file[k->n_files++];
    if (str_starts(line, protected)) {
        k->passphrase = true;
        TRY(S_unwrap(x, str_sub(line, protected.len, line.len), passphrase, path, key->key, err));
    } else if (!str_starts(line, plain) || !S_decode(str_sub(line, plain.len, line.len), key->key, KEY_BYTES)) {
        return S_not_a_key(path, err);
    }
    file_key_name(key);
    return IDEM_OK;
}

static enum idem_status S_read(const char *path, struct secrets *x, const struct idem_passphrase *passphrase,
                               struct keyring *k, struct idem_error *err)
{
    assert(x);
    TRY(S_read_private(path, x, err));
    struct str rest = {x->text, x->len}, line;
    if (x->len == sizeof x->text)
        return S_not_a_key(path, err);
    while (rest.len && (rest.ptr[rest.len - 1] == '\n' || rest.ptr[rest.len - 1] == '\r'))
        rest.len--;
    while (str_next_piece(&rest, '\n', &line))
        TRY(S_line(x, str_ends(line, STR("\r")) ? str_sub(line, 0, line.len - 1) : line, passphrase, path, k, err));
    return k->n_files ? IDEM_OK : S_not_a_key(path, err);
}

enum idem_status keyring_open_protected(const char *path, const struct idem_passphrase *passphrase,
                                        struct keyring **out, struct idem_error *err)
{
    struct secrets *x = NULL;
    *out = NULL;
    TRY(S_begin(path, &x, err));
    struct keyring *k = sodium_malloc(sizeof *k);
    enum idem_status status = k ? IDEM_OK : error_set(err, IDEM_NO_MEMORY, "%s: no memory for keys", path);
    if (k) {
        memset(k, 0, sizeof *k);
        status = S_read(path, x, passphrase, k, err);
    }
    sodium_free(x);
    if (status == IDEM_OK)
        *out = k;
    else
        sodium_free(k);
    return status;
}

enum idem_status keyring_open(const char *path, struct keyring **out, struct idem_error *err)
{
    return keyring_open_protected(path, NULL, out, err);
}

/* ------------------------------------------------------------------ writing */

static void S_append(struct secrets *x, const char *prefix, const uint8_t *bytes, size_t len)
{
    size_t prefix_len = strlen(prefix), room = sodium_base64_encoded_len(len, BASE64);
    if (x->len + prefix_len + room + 1 > sizeof x->text)
        return;
    memcpy(x->text + x->len, prefix, prefix_len);
    sodium_bin2base64(x->text + x->len + prefix_len, room, bytes, len, BASE64);
    x->len += prefix_len + room - 1; /* without its NUL */
    x->text[x->len++] = '\n';
}

static enum idem_status S_append_protected(struct secrets *x, const uint8_t key[KEY_BYTES], const char *path,
                                           struct idem_error *err)
{
    uint8_t wrapped[WRAPPED_BYTES];
    uint8_t *nonce = wrapped + SALT_BYTES;
    char prefix[60];
    randombytes_buf(wrapped, SALT_BYTES + NONCE_BYTES);
    TRY(S_stretch(x, wrapped, PASSES, MEMORY_KIB, path, err));
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_BYTES, NULL, key, KEY_BYTES, (const uint8_t *)PROTECTED,
                                               sizeof PROTECTED - 1, NULL, nonce, x->wrapping);
    snprintf(prefix, sizeof prefix, "%sargon2id %d %d ", PROTECTED, PASSES, MEMORY_KIB);
    S_append(x, prefix, wrapped, sizeof wrapped);
    return IDEM_OK;
}

static enum idem_status S_text(struct secrets *x, const struct keyring *k, unsigned from, unsigned n,
                               const struct idem_passphrase *passphrase, const char *path, struct idem_error *err)
{
    assert(x);
    x->len = 0;
    if (passphrase)
        TRY(S_ask(x, passphrase, path, err));
    for (unsigned i = from; i < from + n; i++)
        if (passphrase)
            TRY(S_append_protected(x, k->file[i].key, path, err));
        else
            S_append(x, PLAIN, k->file[i].key, KEY_BYTES);
    return IDEM_OK;
}

enum idem_status key_file_write(const char *path, const struct keyring *k, unsigned from, unsigned n,
                                const struct idem_passphrase *passphrase, struct idem_error *err)
{
    struct secrets *x = NULL;
    TRY(S_begin(path, &x, err));
    enum idem_status status = S_text(x, k, from, n, passphrase, path, err);
    if (status == IDEM_OK)
        status = file_write_atomic(path, (struct str){x->text, x->len}, 0600, err);
    sodium_free(x);
    return status;
}

enum idem_status keyring_new(struct keyring **out, struct idem_error *err)
{
    *out = NULL;
    if (!keys_library_ready())
        return error_set(err, IDEM_IO, "no source of random numbers");
    struct keyring *k = sodium_malloc(sizeof *k);
    if (!k)
        return error_set(err, IDEM_NO_MEMORY, "no memory for keys");
    memset(k, 0, sizeof *k);
    k->n_files = 1;
    randombytes_buf(k->file[0].key, KEY_BYTES);
    file_key_name(&k->file[0]);
    *out = k;
    return IDEM_OK;
}

enum idem_status keyring_save_new(const struct keyring *k, const char *path, const struct idem_passphrase *passphrase,
                                  struct idem_error *err)
{
    struct secrets *x = NULL;
    if (file_exists(path))
        return error_set(err, IDEM_CONFLICT, "%s: exists already; a key file is never overwritten", path);
    TRY(S_begin(path, &x, err));
    enum idem_status status = S_text(x, k, 0, 1, passphrase, path, err);
    if (status == IDEM_OK)
        status = file_write_new(path, (struct str){x->text, x->len}, 0600, err);
    sodium_free(x);
    return status;
}

enum idem_status seal_key_file_create_protected(const char *path, const struct idem_passphrase *passphrase,
                                                struct idem_error *err)
{
    struct keyring *k;
    TRY(keyring_new(&k, err));
    enum idem_status status = keyring_save_new(k, path, passphrase, err);
    keyring_close(k);
    return status;
}

enum idem_status seal_key_file_create(const char *path, struct idem_error *err)
{
    return seal_key_file_create_protected(path, NULL, err);
}

/* ------------------------------------------------------------------ the ring's file keys */

enum idem_status keyring_add_file_key(struct keyring *k, struct idem_error *err)
{
    if (k->n_files == MOST_FILE_KEYS)
        return error_set(err, IDEM_LIMIT, "the key file holds %d keys already", MOST_FILE_KEYS);
    memmove(&k->file[1], &k->file[0], k->n_files * sizeof *k->file);
    randombytes_buf(k->file[0].key, KEY_BYTES);
    file_key_name(&k->file[0]);
    k->n_files++;
    k->at++;
    return IDEM_OK;
}

void keyring_keep_first_file_key(struct keyring *k)
{
    sodium_memzero(&k->file[1], (MOST_FILE_KEYS - 1) * sizeof *k->file);
    k->n_files = 1;
    k->at = 0;
}

unsigned keyring_file_ids(const struct keyring *k, char hex[KEY_FILE_MOST][9])
{
    for (unsigned i = 0; i < k->n_files; i++)
        sodium_bin2hex(hex[i], 9, k->file[i].id, KEY_ID_BYTES);
    return k->n_files;
}

unsigned keyring_file_at(const struct keyring *k)
{
    return k->at;
}

bool keyring_has_passphrase(const struct keyring *k)
{
    return k->passphrase;
}
