/*
 * A file as UTF-8 text: inflate.h's bytes, without byte order mark, converted when they are in another encoding. A byte
 * order mark decides over the configured encoding. Without either the text is UTF-8 as it stands, unchecked: rows with
 * invalid bytes are set aside by whoever reads them.
 */
#ifndef IDEM_INGEST_INPUT_H
#define IDEM_INGEST_INPUT_H

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct input;

/* `encoding`: an ICU name, or empty. Errors: inflate.h; IDEM_INVALID for an unknown encoding. */
enum idem_status input_open(const char *path, struct str encoding, struct input **out, struct idem_error *err);
/* inflate_set_expansion of its file. */
void input_set_expansion(struct input *in, uint32_t most);
/* Up to `room` bytes of text, more than 0 unless the end is reached. */
enum idem_status input_read(struct input *in, char *to, size_t room, size_t *len, struct idem_error *err);
void input_close(struct input *in);

/* As found: "UTF-8", "UTF-16LE", or as configured. Owned by the input. */
struct str input_encoding(const struct input *in);
int64_t input_total(const struct input *in);
int64_t input_consumed(const struct input *in);

/* The first bytes of the file (decompressed, up to `room`), for charset_detect. */
enum idem_status input_sample(const char *path, char *to, size_t room, size_t *len, struct idem_error *err);

#endif
