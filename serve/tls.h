/*
 * The certificate of the service and its key, from PEM files that may be renewed while it runs: handshakes that begin
 * after tls_reload use the new ones. The chain is the service's own certificate first.
 */
#ifndef IDEM_SERVE_TLS_H
#define IDEM_SERVE_TLS_H

#include <stdbool.h>

#include "base/error.h"

struct tls;

/* IDEM_INVALID when they cannot be read as such, or do not belong to each other. */
enum idem_status tls_open(const char *certificate, const char *key, struct tls **out, struct idem_error *err);
/* Reads the files again when they have changed. What cannot be used (half of it was renewed so far) leaves all as it
 * is. */
void tls_reload(struct tls *tls);
/* NULL is fine. No handshake may be under way. */
void tls_close(struct tls *tls);

/* For handshakes, as gnutls_certificate_retrieve_function2 gives them: gnutls_pcert_st *, gnutls_privkey_t. Valid until
 * tls_close. */
void tls_current(struct tls *tls, void **chain, unsigned *n, void **key);

#endif
