/*
 * A small database for tests, made through store/ directly. Written into a folder: sample.db and, unless clear,
 * sample.key.
 *
 *   source   record            master, first run      after the second run
 *   crm      C-1               1                      1
 *   crm      C-2               2                      2
 *   crm      C-3               3                      gone; master 3 retired
 *   billing  77                1                      1
 *   billing  78                4                      4, which is redirected to 2
 *   mail     ann@example.org   1 (personal ids)       1
 *
 * Two rows of crm were set aside. Master n has the id 0193<n>000-0000-7000-8000-00000000000n.
 */
#ifndef IDEM_TESTS_SAMPLE_DATABASE_H
#define IDEM_TESTS_SAMPLE_DATABASE_H

#include "base/error.h"

struct sample_options {
    const char *folder;
    bool clear;      /* at rest in the clear: no key, no personal ids */
    bool no_prov;    /* masters without provenance */
    unsigned copies; /* more records bulk:0 .. bulk:copies-1, one master each, for speed */
};

enum idem_status sample_database(const struct sample_options *options, struct idem_error *err);

#endif
