/* The small change of JSON text: strings between their quotes, numbers. C++ may include this. */
#ifndef IDEM_INGEST_JSONTEXT_H
#define IDEM_INGEST_JSONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether every escape in the string's text (between the quotes, valid UTF-8) is one of RFC 8259. */
bool jsontext_escapes_ok(const char *text, size_t len);
/* Resolves the escapes of a checked text; `to` has room for len bytes. An unpaired surrogate becomes U+FFFD: such text
 * comes from cutting a string in the middle of an emoji, and is no reason to lose the record. Returns the length. */
size_t jsontext_unescape(const char *text, size_t len, char *to);
/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
bool jsontext_is_number(const char *text, size_t len);

#ifdef __cplusplus
}
#endif

#endif
