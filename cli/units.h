/* Quantities as people write them on a command line, and as they like to read them. */
#ifndef IDEM_CLI_UNITS_H
#define IDEM_CLI_UNITS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* "500ms", "60s", "5m", "2h", "1.5h"; a bare number is seconds. False when it is none of these. */
bool units_duration(struct str text, uint64_t *ms);
/* "1000", "500K", "500M", "2G", "1T", with or without B or iB; powers of 1024. */
bool units_bytes(struct str text, uint64_t *bytes);

/* "1,234,567" */
struct str units_count(struct arena *out, int64_t n);
/* "0.4 s", "12 s", "3 min 20 s", "2 h 5 min" */
struct str units_seconds(struct arena *out, double seconds);
/* "812 B", "1.5 KiB", "411.8 MiB" */
struct str units_size(struct arena *out, double bytes);
/* "97.3 %" of a share */
struct str units_share(struct arena *out, double share);

#endif
