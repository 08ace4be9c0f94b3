/* Where the service listens: an address in numbers and a port. */
#ifndef IDEM_SERVE_LISTEN_H
#define IDEM_SERVE_LISTEN_H

#include <stdbool.h>

#include "base/error.h"

/* "127.0.0.1:8480", "[::1]:8480", "localhost:0". A bound, listening socket; the address as it became,
 * "127.0.0.1:41233"; whether only this machine reaches it. */
enum idem_status listen_open(const char *address, int *socket, char bound[64], bool *loopback, struct idem_error *err);

#endif
