/*
 * idem: identity resolution and master data in one library.
 *
 * The one public header of libidem. Three kinds of handle:
 *   struct idem_session   an open database with its configuration: apply, lookup, show, why, export
 *   struct idem_model     no database, no files: compare and normalise values; re-entrant
 *   struct idem_stream    rows that are fed through: annotate, lookups of many ids
 *
 * Rules that hold everywhere
 *   - Text is UTF-8. `struct idem_str` is borrowed and not NUL-terminated; `char *` results are NUL-terminated,
 *     owned by the caller and released with idem_free().
 *   - Every call that can fail returns an enum idem_status and, when it is not IDEM_OK, fills the caller's
 *     struct idem_error (which may be NULL). A message names the place and the fix and holds no personal value.
 *   - Structured results are JSON text in the shapes of docs/cli.md: the command line prints the same text with --json.
 *   - A handle is used by one thread at a time; different handles may be used by different threads.
 */
#ifndef IDEM_H
#define IDEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IDEM_VERSION "0.1.0"

#if defined(_WIN32)
#define IDEM_API
#else
#define IDEM_API __attribute__((visibility("default")))
#endif

enum idem_status {
    IDEM_OK = 0,
    IDEM_INVALID,   /* bad argument, configuration or input */
    IDEM_NOT_FOUND, /* no such record, master, file */
    IDEM_CONFLICT,  /* contradicts what is stored, or another writer won */
    IDEM_BUSY,      /* another process is writing */
    IDEM_LIMIT,     /* a documented limit was reached */
    IDEM_NO_MEMORY,
    IDEM_IO,      /* the operating system refused: permission, disk full, ... */
    IDEM_CORRUPT, /* the database, key file or container is damaged or from a newer idem */
    IDEM_GATE     /* a gate or quality rule stopped the run; nothing was changed */
};

struct idem_error {
    enum idem_status status;
    char message[1024];
};

/* A borrowed piece of UTF-8 text or bytes. */
struct idem_str {
    const char *ptr;
    size_t len;
};

#ifdef __cplusplus
}
#endif

#endif
