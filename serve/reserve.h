/*
 * Room on the disk that the service keeps for itself. While less than RESERVE_BYTES are free, what would add records is
 * refused (507), so that answers that show personal values can still be noted: reading goes on. When the disk is full
 * all the same, a file that holds such room (PATH-reserve) is given up for the notes, and made again when there is
 * room.
 */
#ifndef IDEM_SERVE_RESERVE_H
#define IDEM_SERVE_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

enum { RESERVE_BYTES = 8 << 20 };

struct reserve {
    char *folder, *path; /* of the database's folder, of the file */
    bool kept;
    double looked; /* clock_seconds */
    bool scarce;
};

void reserve_start(struct reserve *r, const char *db_path);
/* Removes the file. */
void reserve_stop(struct reserve *r);
/* Whether records are to be refused. Looks at most ten times a second. */
bool reserve_is_scarce(struct reserve *r);
/* The disk is full: true when room was given up, and another attempt is worth it. */
bool reserve_release(struct reserve *r);

#endif
