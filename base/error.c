#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum idem_status error_set(struct idem_error *err, enum idem_status status, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        err->status = status;
        vsnprintf(err->message, sizeof err->message, format, args);
        va_end(args);
    }
    return status;
}

static enum idem_status S_status_of(int errnum)
{
    switch (errnum) {
    case ENOENT:
        return IDEM_NOT_FOUND;
    case ENOMEM:
        return IDEM_NO_MEMORY;
    case EWOULDBLOCK:
        return IDEM_BUSY;
    default:
        return IDEM_IO;
    }
}

enum idem_status error_errno(struct idem_error *err, int errnum, const char *format, ...)
{
    enum idem_status status = S_status_of(errnum);
    if (err) {
        va_list args;
        va_start(args, format);
        err->status = status;
        vsnprintf(err->message, sizeof err->message, format, args);
        va_end(args);
        size_t len = strlen(err->message);
        snprintf(err->message + len, sizeof err->message - len, ": %s", strerror(errnum));
    }
    return status;
}

enum idem_status error_prefix(struct idem_error *err, const char *format, ...)
{
    if (!err)
        return IDEM_OK;
    char old[sizeof err->message];
    memcpy(old, err->message, sizeof old);
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    size_t len = strlen(err->message);
    snprintf(err->message + len, sizeof err->message - len, "%s", old);
    return err->status;
}

const char *error_status_name(enum idem_status status)
{
    static const char *const names[] = {"ok",    "invalid",   "not_found", "conflict", "busy",
                                        "limit", "no_memory", "io",        "corrupt",  "gate"};
    return (size_t)status < COUNT_OF(names) ? names[status] : "unknown";
}
