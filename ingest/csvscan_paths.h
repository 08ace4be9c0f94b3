/* The scanners of one instruction set each, for csvscan_pick alone. */
#ifndef IDEM_INGEST_CSVSCAN_PATHS_H
#define IDEM_INGEST_CSVSCAN_PATHS_H

#include "ingest/csvscan.h"

size_t csvscan_sse2(struct csvscan *s, struct str text, struct csv_syntax syntax);
size_t csvscan_avx2(struct csvscan *s, struct str text, struct csv_syntax syntax);
size_t csvscan_neon(struct csvscan *s, struct str text, struct csv_syntax syntax);

#endif
