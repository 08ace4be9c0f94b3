/*
 * Foreign bytes as CSV, against the slow twin. The first three bytes choose sizes, syntax and path; the rest is the
 * file. Or nothing is told of it, and what it is found to be must not depend on slices and threads.
 */
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tests/ingest/csv_check.h"
#include "tests/ingest/transcript.h"

static const struct reader_tuning tunings[] = {
    {1, 1, 5, 1, {1000, 2000}, CSV_BEST},
    {7, 3, 20, 2, {1000, 2000}, CSV_BEST},
    {64, 10, 9, 3, {40, 100}, CSV_BEST},
    {100, 64, 70, 1, {9, 9}, CSV_BEST},
    {16, 5, 33, 2, {12, 30}, CSV_BEST},
    {333, 1, 1, 4, {5000, 9000}, CSV_BEST},
    {1 << 16, 1 << 10, 1 << 16, 2, {1 << 16, 1 << 17}, CSV_BEST},
};

static void S_say(const char *difference)
{
    if (difference)
        fprintf(stderr, "%s\n", difference);
    fuzz_require(!difference, "the reader is not the twin");
}

/* Format, delimiter, quote, header, columns: as the first bytes say. */
static void S_found_out(struct str text, struct reader_tuning tuning)
{
    struct ingest_options options = {.threads = 1};
    struct transcript one = {0}, other = {0};
    struct arena a = {0};
    struct reader_facts facts;
    struct idem_error err = {0};
    char path[64];
    int fd = memory_file(text, path), confidence;
    enum idem_status status = ingest_sniff(path, &a, &facts, &confidence, &err);
    fuzz_require(status == IDEM_OK || err.message[0], "refused without a message");
    close(fd);
    arena_deinit(&a);
    tuning.sample_bytes = 1 << 12;
    tuning.limits = (struct csv_limits){1 << 12, 1 << 13};
    status = transcript_read_text(&one, text, &options, &tuning, &err);
    tuning.slice_bytes = 1 << 16;
    tuning.ahead_bytes = 1 << 10;
    options.threads = 2;
    enum idem_status again = transcript_read_text(&other, text, &options, &tuning, &err);
    fuzz_require(status == again, "refused, or not, by the size of slices");
    if (status == IDEM_OK)
        fuzz_require(strcmp(transcript_text(&one), transcript_text(&other)) == 0, "slices change rows");
    transcript_deinit(&one);
    transcript_deinit(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char delimiters[] = ",;\t|";
    if (len < 3)
        return 0;
    struct str text = fuzz_text(data + 3, len - 3);
    struct reader_tuning tuning = tunings[data[0] % COUNT_OF(tunings)];
    tuning.path = (enum csv_path)(data[1] % CSV_PATHS);
    if (!csvscan_pick(tuning.path))
        tuning.path = CSV_SCALAR;
    struct csv_syntax syntax = {delimiters[data[2] & 3], data[2] & 4 ? '\'' : '"', (data[2] & 56) != 56};
    if (data[2] & 64) {
        S_found_out(text, tuning);
    } else {
        char *difference = csv_check(text, syntax, &tuning, data[1] & 128 ? 2 : 1);
        S_say(difference);
        free(difference);
    }
    return 0;
}
