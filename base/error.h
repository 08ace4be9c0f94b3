/*
 * Status and message. A function that can fail returns enum idem_status and takes `struct idem_error *err` last;
 * the message is written once, where the cause is known, with the place and the fix, and passed up with TRY.
 * A message never contains a personal value.
 */
#ifndef IDEM_BASE_ERROR_H
#define IDEM_BASE_ERROR_H

#include "base/str.h"
#include "idem.h"

/* Writes status and message (err may be NULL) and returns the status. */
enum idem_status error_set(struct idem_error *err, enum idem_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* IDEM_IO (or BUSY, NO_MEMORY, NOT_FOUND) from errno: "<what>: <strerror>". */
enum idem_status error_errno(struct idem_error *err, int errnum, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "<text>" before the message that is already there. Returns err's status. */
enum idem_status error_prefix(struct idem_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Returns from the enclosing function when `call` is not IDEM_OK. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        enum idem_status try_status_ = (call);                                                                         \
        if (try_status_ != IDEM_OK)                                                                                    \
            return try_status_;                                                                                        \
    } while (0)

/* Jumps to the function's `done:` label when `call` is not IDEM_OK; needs a local `status`. */
#define TRY_DONE(call)                                                                                                 \
    do {                                                                                                               \
        status = (call);                                                                                               \
        if (status != IDEM_OK)                                                                                         \
            goto done;                                                                                                 \
    } while (0)

/* The name of a status for JSON: "ok", "invalid", "not_found", ... */
const char *error_status_name(enum idem_status status);

#endif
