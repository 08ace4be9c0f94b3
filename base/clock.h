/* Time, read in one place and passed down as an argument: milliseconds since 1970-01-01 UTC. */
#ifndef IDEM_BASE_CLOCK_H
#define IDEM_BASE_CLOCK_H

#include <stdint.h>

#include "base/str.h"

int64_t clock_now_ms(void);
/* Monotonic seconds, for durations only. */
double clock_seconds(void);
/* "2026-11-21T08:58:00.123Z" into `text` (at least 25 bytes). */
void clock_format(int64_t ms, char text[25]);
/* ISO 8601 date or date-time, `Z`, an offset or none (UTC), or bare milliseconds. False when it is neither. */
bool clock_parse(struct str text, int64_t *ms);
/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t clock_days(int year, int month, int day);
void clock_civil(int64_t days, int *year, int *month, int *day);

#endif
