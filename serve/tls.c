#include "serve/tls.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/file.h"

enum { MOST_FILE = 1 << 20, LONGEST_CHAIN = 16, KEY_ID_BYTES = 64 };

struct loaded {
    gnutls_pcert_st chain[LONGEST_CHAIN];
    unsigned n;
    gnutls_privkey_t key;
    struct loaded *former; /* handshakes may still use it */
};

struct tls {
    const char *certificate, *key; /* paths */
    int64_t changed[2];            /* of the files, when they were read */
    _Atomic(struct loaded *) current;
};

static void S_free(struct loaded *l)
{
    for (unsigned i = 0; i < l->n; i++)
        gnutls_pcert_deinit(&l->chain[i]);
    if (l->key)
        gnutls_privkey_deinit(l->key);
    free(l);
}

/* Both have the same public key. */
static bool S_fit(const struct loaded *l)
{
    gnutls_pubkey_t public;
    unsigned char one[KEY_ID_BYTES], two[KEY_ID_BYTES];
    size_t n_one = sizeof one, n_two = sizeof two;
    if (gnutls_pubkey_init(&public) < 0)
        return false;
    bool fit = gnutls_pubkey_import_privkey(public, l->key, 0, 0) == 0 &&
               gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, one, &n_one) == 0 &&
               gnutls_pubkey_get_key_id(l->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, two, &n_two) == 0 &&
               n_one == n_two && memcmp(one, two, n_one) == 0;
    gnutls_pubkey_deinit(public);
    return fit;
}

static gnutls_datum_t S_datum(struct str text)
{
    return (gnutls_datum_t){(unsigned char *)(uintptr_t)text.ptr, (unsigned)text.len};
}

static enum idem_status S_import(const struct tls *tls, struct loaded *l, struct arena *scratch, struct idem_error *err)
{
    struct str chain, key;
    TRY(file_read(tls->certificate, MOST_FILE, scratch, &chain, err));
    TRY(file_read(tls->key, MOST_FILE, scratch, &key, err));
    gnutls_datum_t certificates = S_datum(chain), secret = S_datum(key);
    unsigned n = LONGEST_CHAIN;
    if (gnutls_pcert_list_import_x509_raw(l->chain, &n, &certificates, GNUTLS_X509_FMT_PEM, 0) < 0 || !n)
        return error_set(err, IDEM_INVALID, "%s: no certificate in PEM, its own first", tls->certificate);
    l->n = n;
    if (gnutls_privkey_init(&l->key) < 0)
        return error_set(err, IDEM_NO_MEMORY, "no memory for a key");
    if (gnutls_privkey_import_x509_raw(l->key, &secret, GNUTLS_X509_FMT_PEM, NULL, 0) < 0)
        return error_set(err, IDEM_INVALID, "%s: no key in PEM without a passphrase", tls->key);
    if (!S_fit(l))
        return error_set(err, IDEM_INVALID, "%s: is not the key of %s", tls->key, tls->certificate);
    return IDEM_OK;
}

static enum idem_status S_load(struct tls *tls, struct idem_error *err)
{
    struct loaded *l = xcalloc(1, sizeof *l);
    struct arena scratch = {0};
    enum idem_status status = S_import(tls, l, &scratch, err);
    arena_deinit(&scratch);
    if (status != IDEM_OK) {
        S_free(l);
        return status;
    }
    l->former = atomic_load(&tls->current);
    atomic_store(&tls->current, l);
    return IDEM_OK;
}

enum idem_status tls_open(const char *certificate, const char *key, struct tls **out, struct idem_error *err)
{
    struct tls *tls = xcalloc(1, sizeof *tls);
    *tls = (struct tls){.certificate = certificate, .key = key};
    tls->changed[0] = file_changed_ms(certificate);
    tls->changed[1] = file_changed_ms(key);
    enum idem_status status = S_load(tls, err);
    if (status != IDEM_OK) {
        tls_close(tls);
        tls = NULL;
    }
    *out = tls;
    return status;
}

void tls_reload(struct tls *tls)
{
    int64_t certificate = file_changed_ms(tls->certificate), key = file_changed_ms(tls->key);
    if (certificate == tls->changed[0] && key == tls->changed[1])
        return;
    if (S_load(tls, NULL) != IDEM_OK)
        return;
    tls->changed[0] = certificate;
    tls->changed[1] = key;
}

void tls_close(struct tls *tls)
{
    if (!tls)
        return;
    for (struct loaded *l = atomic_load(&tls->current), *former; l; l = former) {
        former = l->former;
        S_free(l);
    }
    free(tls);
}

void tls_current(struct tls *tls, void **chain, unsigned *n, void **key)
{
    struct loaded *l = atomic_load(&tls->current);
    *chain = l->chain;
    *n = l->n;
    *key = l->key;
}
