/*
 * How long arrays grow that are counted in 32 bits: they double from `first` on. Rows and ids beyond what their numbers
 * can tell apart end the program as memory that is not there does; they would take more than 75 GB.
 */
#ifndef IDEM_RECORD_ROOM_H
#define IDEM_RECORD_ROOM_H

#include <stdint.h>

#include "base/memory.h"

#define ROOM_MOST_ROWS (UINT32_MAX - 1)   /* UINT32_MAX is no row */
#define ROOM_MOST_IDS (UINT32_C(1) << 31) /* above them the sets of a column are numbered */

static inline uint32_t room_for(uint32_t room, uint32_t first, uint64_t need, uint32_t most)
{
    uint64_t grown = room ? room : first;
    if (need > most)
        out_of_memory(SIZE_MAX);
    while (grown < need)
        grown *= 2;
    return grown < most ? (uint32_t)grown : most;
}

#endif
