#include "engine/survey.h"

#include <stdlib.h>

#include "base/parallel.h"

/* Hashes that all columns of a file may keep together: about 200 MB. */
enum { ALL_DISTINCT = 1 << 23, LEAST_DISTINCT = 1 << 16 };

static void S_begin(struct survey *s, const struct reader_facts *facts)
{
    size_t n = facts->n_columns;
    uint64_t most = n ? ALL_DISTINCT / n : ALL_DISTINCT;
    s->n_columns = n;
    s->column = xcalloc(n + 1, sizeof *s->column);
    for (size_t c = 0; c < n; c++)
        column_facts_init(&s->column[c], facts->column[c], most > LEAST_DISTINCT ? most : LEAST_DISTINCT);
}

/* One batch of rows, column by column: columns know nothing of each other. */
struct batch_work {
    struct survey *survey;
    const struct lexicon *words;
    const struct row_batch *batch;
    size_t n_rows;
};

static void S_cell(struct column_facts *f, const struct lexicon *words, const struct row_batch *batch, struct cell cell)
{
    column_facts_row(f);
    while (cell.ptr) {
        column_facts_value(f, words, (struct str){cell.ptr, cell.len});
        if (!cell.more)
            break;
        cell = batch->more[cell.more - 1];
    }
}

static void S_column(void *context, size_t c, unsigned worker)
{
    const struct batch_work *w = context;
    (void)worker;
    for (size_t r = 0; r < w->n_rows; r++)
        S_cell(&w->survey->column[c], w->words, w->batch, w->batch->cell[r * w->batch->n_cols + c]);
}

static void S_batch(struct survey *s, const struct lexicon *words, const struct row_batch *batch, uint64_t most_rows)
{
    uint64_t left = most_rows - s->rows;
    struct batch_work work = {s, words, batch, batch->n_rows < left ? batch->n_rows : (size_t)left};
    parallel_for(parallel_cpus(), batch->n_cols < s->n_columns ? batch->n_cols : s->n_columns, S_column, &work);
    s->rejected += batch->n_rejects;
    s->rows += work.n_rows;
}

static enum idem_status S_rows(struct survey *s, struct reader *reader, uint64_t most_rows, struct idem_error *err)
{
    struct lexicon words;
    struct row_batch batch;
    enum idem_status status = IDEM_OK;
    lexicon_init(&words);
    while (s->rows < most_rows) {
        status = reader_next(reader, &batch, err);
        s->whole = status == IDEM_OK && batch.n_rows == 0 && batch.n_rejects == 0;
        if (status != IDEM_OK || s->whole)
            break;
        S_batch(s, &words, &batch, most_rows);
    }
    lexicon_deinit(&words);
    return status;
}

static void S_copy_facts(struct survey *s, const struct reader_facts *from)
{
    s->facts = *from;
    s->facts.encoding = str_copy(&s->arena, from->encoding);
    s->facts.column = ARENA_NEW(&s->arena, struct str, from->n_columns);
    for (size_t c = 0; c < from->n_columns; c++)
        s->facts.column[c] = str_copy(&s->arena, from->column[c]);
}

static enum idem_status S_survey(const char *path, uint64_t most_rows, struct survey *s, struct idem_error *err)
{
    struct reader_facts sniffed = {0};
    struct reader *reader = NULL;
    enum idem_status status;
    TRY(ingest_sniff(path, &s->arena, &sniffed, &s->encoding_confidence, err));
    struct ingest_options options = {.path = path,
                                     .format = sniffed.format,
                                     .encoding = sniffed.encoding,
                                     .delimiter = sniffed.delimiter,
                                     .quote = sniffed.quote,
                                     .header = sniffed.has_header ? HEADER_YES : HEADER_NO};
    TRY_DONE(reader_open(&options, &reader, err));
    S_copy_facts(s, reader_facts(reader));
    S_begin(s, &s->facts);
    TRY_DONE(S_rows(s, reader, most_rows, err));
done:
    reader_close(reader);
    return status;
}

enum idem_status survey_file(const char *path, uint64_t most_rows, struct survey *out, struct idem_error *err)
{
    *out = (struct survey){0};
    out->path = str_copy(&out->arena, str_from(path));
    enum idem_status status = S_survey(path, most_rows, out, err);
    if (status != IDEM_OK)
        survey_deinit(out);
    return status;
}

void survey_deinit(struct survey *s)
{
    if (!s)
        return;
    for (size_t c = 0; c < s->n_columns; c++)
        column_facts_deinit(&s->column[c]);
    free(s->column);
    arena_deinit(&s->arena);
    *s = (struct survey){0};
}
