/*
 * Character encodings, on ICU's converters: strict UTF-8 checking of our own, conversion of anything else, detection.
 */
#ifndef IDEM_BASE_CHARSET_H
#define IDEM_BASE_CHARSET_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/* Index of the first byte that is not part of valid UTF-8 (no surrogates, no overlong forms), or s.len. Vectorised for
 * ASCII. */
size_t charset_utf8_invalid(struct str s);

/* A streaming converter to UTF-8. */
struct charset_converter;
/* `name` as ICU knows it ("windows-1252", "UTF-16LE", "Shift_JIS"). IDEM_INVALID when unknown. */
enum idem_status charset_open(struct str name, struct charset_converter **out, struct idem_error *err);
/* Appends the UTF-8 of `bytes`; malformed input becomes the byte 0xFF, which no UTF-8 holds, so that the row is set
 * aside where it stands. `last` flushes. */
void charset_convert(struct charset_converter *c, struct str bytes, bool last, struct buf *out);
void charset_close(struct charset_converter *c);

/* Length of the byte order mark at the start of `text`, with the encoding it stands for in *name; 0 when there is none.
 */
size_t charset_byte_order_mark(struct str text, const char **name);

/* The likeliest encoding of a sample: byte order mark, then strict UTF-8, then ICU's detector (ISO-8859-1 is read as
 * windows-1252). `name` gets at least 32 bytes; returns confidence 0..100. */
int charset_detect(struct str sample, char name[32]);

#endif
