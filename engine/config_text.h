/*
 * A configuration as text that a person edits: two spaces, one key a line, what is short on one line. Order of keys
 * kept.
 */
#ifndef IDEM_ENGINE_CONFIG_TEXT_H
#define IDEM_ENGINE_CONFIG_TEXT_H

#include "base/buf.h"
#include "base/json.h"

/* Appends the document and a newline. */
void config_text(const json_t *root, struct buf *out);

#endif
