/*
 * Reading dates and times. What was found, with what is missing left out; whether such a day exists is asked
 * afterwards. date_format.c  by a configured ICU pattern date_time.c    times of day and zones date_text.c    by
 * looking: every common order and separator, names of months, compact digits date.c         the types birth_date, date
 * and timestamp
 */
#ifndef IDEM_NORMALIZE_DATE_H
#define IDEM_NORMALIZE_DATE_H

#include "normalize/normalizer.h"

enum { DATE_UNKNOWN = -1 };

struct date {
    int year, month, day;     /* DATE_UNKNOWN when not given */
    int hour, minute, second; /* hour DATE_UNKNOWN: no time */
    bool has_zone;
    int zone; /* minutes east of UTC */
    bool unsure;
};

/* How to read what can be read in several ways. */
struct date_hints {
    int order;      /* DATE_ORDER_... of the context */
    int pivot_year; /* last year that two digits stand for */
    char country[3];
};

static inline struct date date_nothing(void)
{
    return (struct date){DATE_UNKNOWN, DATE_UNKNOWN, DATE_UNKNOWN, DATE_UNKNOWN, 0, 0, false, 0, false};
}

/* Is there such a day, as far as it is known? Month and day within range of each other, year 1 to 9999. */
bool date_exists(const struct date *d);

/* The year that two digits stand for: the latest that is not past the pivot. */
int date_expand_year(int two_digits, int pivot_year);

/* Number of a month by its folded name ("marz", "xii"), 0 for none. */
int date_month(struct str word);

/* Does the whole of `text` (plain_text) have the form of an ICU pattern? Times may follow a pattern of a date. */
bool date_match_format(struct str text, struct str pattern, const struct date_hints *hints, struct date *d);

/* Finds a date in `text` (plain_text); a time too. False when there is none. */
bool date_read_text(struct str text, const struct date_hints *hints, struct date *d);

/* Takes a time of day off the front of `*text`: "08:58", "8:58:00.123 pm +02:00", "08:58Z". */
bool date_take_time(struct str *text, struct date *d);
/* "am", "p.m." after an hour that is known: makes it one of 24. */
bool date_take_half(struct str *text, struct date *d);
/* "Z", "CET", "+02:00", "GMT+2"; nothing when there is none. */
void date_take_zone(struct str *text, struct date *d);

#endif
