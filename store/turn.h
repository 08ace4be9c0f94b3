/*
 * The turn to write. SQLite's lock goes to whoever asks while it happens to be free: beside a service that writes all
 * the time, a run that computes for seconds would find the database changed whenever it comes to write. So a run asks
 * for the turn: from then on no other store begins a transaction until it is given back, and what the run reads
 * afterwards is what it will find when it writes.
 *
 * The turn is a lock (of the open file, by fcntl) on a file beside the database, PATH-turn, which is there only while
 * somebody has it; the kernel lets go of it when its holder dies (the empty file that he leaves hinders
 * nobody, and goes when the database is opened for writing again). Where the file cannot be made there are no turns, and
 * SQLite's lock alone decides.
 */
#ifndef IDEM_STORE_TURN_H
#define IDEM_STORE_TURN_H

#include "store/store.h"

/* Takes away the file that one who died has left. */
void turn_tidy(const struct store *s);
/* Somebody else has the turn now. */
bool turn_is_taken(const struct store *s);
/* Waits until nobody else has it; IDEM_BUSY at `until` (clock_seconds). */
enum idem_status turn_await(const struct store *s, double until, struct idem_error *err);

#endif
