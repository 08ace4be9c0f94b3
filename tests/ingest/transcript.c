#include "tests/ingest/transcript.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void transcript_deinit(struct transcript *t)
{
    buf_deinit(&t->rows);
    buf_deinit(&t->rejects);
    *t = (struct transcript){0};
}

void transcript_row(struct transcript *t, uint64_t line)
{
    if (t->n_rows++)
        buf_byte(&t->rows, '\n');
    buf_printf(&t->rows, "%llu", (unsigned long long)line);
}

void transcript_cell(struct transcript *t, struct str value, bool further)
{
    buf_str(&t->rows, further ? STR("+[") : STR(" ["));
    buf_str(&t->rows, value);
    buf_byte(&t->rows, ']');
}

void transcript_absent(struct transcript *t)
{
    buf_str(&t->rows, STR(" -"));
}

void transcript_reject(struct transcript *t, uint64_t line, enum reject_reason reason)
{
    t->n_rejects++;
    buf_printf(&t->rejects, "%llu %s\n", (unsigned long long)line, reject_reason_name(reason));
}

const char *transcript_text(struct transcript *t)
{
    if (t->n_rows)
        buf_byte(&t->rows, '\n');
    buf_str(&t->rows, buf_view(&t->rejects));
    return buf_cstr(&t->rows);
}

static void S_add_batch(struct transcript *t, const struct row_batch *b)
{
    for (size_t r = 0; r < b->n_rows; r++) {
        transcript_row(t, b->line[r]);
        for (size_t c = 0; c < b->n_cols; c++) {
            struct cell cell = b->cell[r * b->n_cols + c];
            if (!cell.ptr)
                transcript_absent(t);
            for (bool further = false; cell.ptr; further = true) {
                transcript_cell(t, (struct str){cell.ptr, cell.len}, further);
                cell = cell.more ? b->more[cell.more - 1] : (struct cell){0};
            }
        }
    }
    for (size_t r = 0; r < b->n_rejects; r++)
        transcript_reject(t, b->reject[r].line, b->reject[r].reason);
    t->n_batches++;
}

enum idem_status transcript_read(struct transcript *t, const struct ingest_options *options,
                                 const struct reader_tuning *tuning, struct idem_error *err)
{
    struct reader *reader;
    struct row_batch batch;
    enum idem_status status;
    TRY(reader_open_tuned(options, tuning, &reader, err));
    while ((status = reader_next(reader, &batch, err)) == IDEM_OK && (batch.n_rows || batch.n_rejects))
        S_add_batch(t, &batch);
    reader_close(reader);
    return status;
}

int memory_file(struct str content, char path[64])
{
    int fd = memfd_create("idem-test", MFD_CLOEXEC);
    while (fd >= 0 && content.len) {
        ssize_t n = write(fd, content.ptr, content.len);
        if (n <= 0)
            abort();
        content = str_sub(content, (size_t)n, content.len);
    }
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

enum idem_status transcript_read_text(struct transcript *t, struct str content, const struct ingest_options *options,
                                      const struct reader_tuning *tuning, struct idem_error *err)
{
    char path[64];
    struct ingest_options o = *options;
    int fd = memory_file(content, path);
    o.path = path;
    enum idem_status status = transcript_read(t, &o, tuning, err);
    close(fd);
    return status;
}
