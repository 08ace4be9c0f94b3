/*
 * How fast files are read: bench_ingest FILE [threads [rounds]]. Prints rows, cells and MB/s (of stored bytes) of the
 * best round. Every cell's first byte is touched, so that nothing is left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "ingest/ingest.h"

struct count {
    uint64_t rows, cells, rejects, bytes, check;
};

static void S_count_batch(struct count *c, const struct row_batch *b)
{
    c->rows += b->n_rows;
    c->rejects += b->n_rejects;
    c->cells += b->n_rows * b->n_cols;
    for (size_t i = 0; i < b->n_rows * b->n_cols; i++) {
        c->bytes += b->cell[i].len;
        c->check += b->cell[i].len ? (unsigned char)b->cell[i].ptr[0] : 0;
    }
}

static enum idem_status S_read_all(const char *path, unsigned threads, struct count *c, struct idem_error *err)
{
    struct ingest_options options = {.path = path, .threads = threads};
    struct reader *reader;
    struct row_batch batch;
    *c = (struct count){0};
    TRY(reader_open(&options, &reader, err));
    enum idem_status status;
    while ((status = reader_next(reader, &batch, err)) == IDEM_OK && (batch.n_rows || batch.n_rejects))
        S_count_batch(c, &batch);
    if (status == IDEM_OK)
        printf("%" PRIu64 " rows, %" PRIu64 " cells, %" PRIu64 " bytes in cells, %" PRIu64 " rejects, %.1f MB: ",
               c->rows, c->cells, c->bytes, c->rejects, (double)reader_bytes_read(reader) / 1e6);
    c->bytes = (uint64_t)reader_bytes_read(reader);
    reader_close(reader);
    return status;
}

int main(int argc, char **argv)
{
    struct idem_error err = {0};
    unsigned threads = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
    int rounds = argc > 3 ? atoi(argv[3]) : 5;
    double best = 1e9;
    struct count c = {0};
    if (argc < 2) {
        fprintf(stderr, "usage: bench_ingest FILE [threads [rounds]]\n");
        return 1;
    }
    for (int i = 0; i < rounds; i++) {
        double start = clock_seconds();
        if (S_read_all(argv[1], threads, &c, &err) != IDEM_OK) {
            fprintf(stderr, "bench_ingest: %s\n", err.message);
            return 1;
        }
        double took = clock_seconds() - start;
        printf("%.3f s\n", took);
        best = took < best ? took : best;
    }
    printf("best: %.0f MB/s, %u thread(s)\n", (double)c.bytes / 1e6 / best, threads);
    return 0;
}
