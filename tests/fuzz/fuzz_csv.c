/*
 * Foreign bytes as CSV, against the slow twin. The first three bytes choose sizes, syntax and path; the rest is the
 * file.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "tests/ingest/csv_check.h"

static const struct reader_tuning tunings[] = {
    {1, 1, 5, 1, {1000, 2000}, CSV_BEST},
    {7, 3, 20, 2, {1000, 2000}, CSV_BEST},
    {64, 10, 9, 3, {40, 100}, CSV_BEST},
    {100, 64, 70, 1, {9, 9}, CSV_BEST},
    {16, 5, 33, 2, {12, 30}, CSV_BEST},
    {333, 1, 1, 4, {5000, 9000}, CSV_BEST},
    {1 << 16, 1 << 10, 1 << 16, 2, {1 << 16, 1 << 17}, CSV_BEST},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char delimiters[] = ",;\t|";
    if (len < 3)
        return 0;
    struct reader_tuning tuning = tunings[data[0] % COUNT_OF(tunings)];
    tuning.path = (enum csv_path)(data[1] % CSV_PATHS);
    if (!csvscan_pick(tuning.path))
        tuning.path = CSV_SCALAR;
    struct csv_syntax syntax = {delimiters[data[2] & 3], data[2] & 4 ? '\'' : '"', (data[2] & 56) != 56};
    char *difference = csv_check((struct str){(const char *)data + 3, len - 3}, syntax, &tuning, data[1] & 128 ? 2 : 1);
    if (difference) {
        fprintf(stderr, "%s\n", difference);
        abort();
    }
    return 0;
}
