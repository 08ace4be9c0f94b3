#include "engine/frequency_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "ingest/ingest.h"
#include "matcher/compare.h"
#include "matcher/frequency.h"
#include "matcher/score.h"
#include "normalize/normalize.h"

enum { MOST_TABLE_ROWS = 20000000, MOST_NUMBER_BYTES = 40 };

struct table_row {
    uint64_t hash;
    double number;
    uint64_t line;
};

struct table_reader {
    const struct config *config;
    const struct comparison_override *override;
    enum comparison_kind kind;
    const char *path; /* as the configuration has it, for messages */
    struct normalizer *normalizer;
    struct reader *reader;
    struct table_row *row;
    size_t n, room;
    uint64_t seen; /* rows, the header too */
    bool shares;   /* a number has a decimal point */
    double sum;
    struct arena scratch; /* of one batch of rows */
};

static const struct field *S_field(const struct table_reader *r)
{
    return &r->config->schema.field[r->override->field];
}

static enum idem_status S_fail(const struct table_reader *r, struct idem_error *err, enum idem_status status,
                               uint64_t line, const char *what)
{
    char place[32] = "";
    if (line)
        snprintf(place, sizeof place, ":%" PRIu64, line);
    return error_set(err, status, "matching.comparisons.%.*s.term_frequency.table: %s%s: %s", STR_ARG(S_field(r)->name),
                     r->path, place, what);
}

/* A number that is not negative, in plain digits, not in the order of some locale. */
static bool S_number(struct str text, double *number, bool *decimal)
{
    double value = 0, place = 1;
    size_t digits = 0;
    bool point = false;
    text = str_trim(text);
    if (text.len > MOST_NUMBER_BYTES)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        digits++;
        value = value * 10 + (text.ptr[i] - '0');
        place *= point ? 10 : 1;
    }
    *number = value / place;
    *decimal |= point;
    return digits > 0;
}

static uint64_t S_hash(struct table_reader *r, struct str raw)
{
    struct norm_context context = {0};
    struct norm value;
    context.identifier_kind = S_field(r)->name;
    normalize_value(r->normalizer, S_field(r)->type, &context, raw, &r->scratch, &value);
    struct str key = frequency_key(r->kind, &value);
    return key.len && !(value.flags & NORM_GENERIC) ? hash_str(key) : 0;
}

static enum idem_status S_take_row(struct table_reader *r, const struct cell *cell, uint64_t line,
                                   struct idem_error *err)
{
    double number;
    if (!S_number((struct str){cell[1].ptr, cell[1].len}, &number, &r->shares))
        return r->seen++ == 0 ? IDEM_OK
                              : S_fail(r, err, IDEM_INVALID, line,
                                       "the second column is no number; write a count, or a share with a point");
    r->seen++;
    r->sum += number;
    uint64_t hash = S_hash(r, (struct str){cell[0].ptr, cell[0].len});
    if (!hash || !(number > 0))
        return IDEM_OK;
    if (r->n == r->room) {
        r->room = r->room ? r->room * 2 : 4096;
        r->row = xrealloc(r->row, r->room * sizeof *r->row);
    }
    r->row[r->n++] = (struct table_row){hash, number, line};
    return r->n > MOST_TABLE_ROWS ? S_fail(r, err, IDEM_LIMIT, line, "more than 20 million values") : IDEM_OK;
}

static enum idem_status S_rows(struct table_reader *r, struct idem_error *err)
{
    for (;;) {
        struct row_batch rows;
        TRY(reader_next(r->reader, &rows, err));
        if (!rows.n_rows && !rows.n_rejects)
            return IDEM_OK;
        if (rows.n_rejects)
            return S_fail(r, err, IDEM_INVALID, rows.reject[0].line, reject_reason_name(rows.reject[0].reason));
        for (size_t i = 0; i < rows.n_rows; i++)
            TRY(S_take_row(r, rows.cell + i * rows.n_cols, rows.line[i], err));
        arena_reset(&r->scratch);
    }
}

static enum idem_status S_whole(const struct table_reader *r, struct idem_error *err)
{
    if (!r->n)
        return S_fail(r, err, IDEM_INVALID, 0, "has no value that is compared");
    if (r->shares && r->sum > 1 + 1e-6)
        return S_fail(
            r, err, IDEM_INVALID, 0,
            "numbers with a point are shares of all values, which sum to 1 at most; write counts without one");
    return IDEM_OK;
}

static void S_make(const struct table_reader *r, struct arena *out, struct frequency_table *t)
{
    struct counted_hash *entry = xmalloc(r->n * sizeof *entry);
    double largest = 0;
    for (size_t i = 0; i < r->n; i++)
        largest = r->row[i].number > largest ? r->row[i].number : largest;
    /* counts that do not fit are scaled down: only their proportions matter */
    double scale = r->shares ? FREQUENCY_PARTS : largest > UINT32_MAX ? UINT32_MAX / largest : 1;
    for (size_t i = 0; i < r->n; i++) {
        double count = r->row[i].number * scale;
        entry[i] = (struct counted_hash){r->row[i].hash, count < 1 ? 1 : (uint32_t)count};
    }
    frequency_table_make(entry, r->n, r->shares ? FREQUENCY_PARTS : (uint64_t)(r->sum * scale), out, t);
    free(entry);
}

static enum idem_status S_read(struct table_reader *r, struct idem_error *err)
{
    struct arena place = {0};
    struct str path = file_join(&place, r->config->folder, r->override->frequency_table);
    struct ingest_options options = {.path = str_cstr(&place, path), .header = HEADER_NO, .threads = 1};
    enum idem_status status = IDEM_OK;
    if (!file_exists(options.path))
        status = S_fail(r, err, IDEM_NOT_FOUND, 0, "there is no such file");
    if (status == IDEM_OK)
        status = normalizer_new(&r->normalizer, err);
    if (status == IDEM_OK)
        status = reader_open(&options, &r->reader, err);
    if (status == IDEM_OK && reader_facts(r->reader)->n_columns != 2)
        status = S_fail(r, err, IDEM_INVALID, 0, "must have two columns, the value and its count");
    if (status == IDEM_OK)
        status = S_rows(r, err);
    reader_close(r->reader);
    normalizer_free(r->normalizer);
    arena_deinit(&r->scratch);
    arena_deinit(&place);
    return status == IDEM_OK ? S_whole(r, err) : status;
}

enum idem_status frequency_file_read(const struct config *c, const struct comparison_override *o,
                                     enum comparison_kind kind, struct arena *out, struct frequency_table *table,
                                     struct idem_error *err)
{
    struct table_reader r = {.config = c, .override = o, .kind = kind};
    r.path = str_cstr(out, o->frequency_table);
    enum idem_status status = S_read(&r, err);
    if (status == IDEM_OK)
        S_make(&r, out, table);
    free(r.row);
    return status;
}

enum idem_status frequency_file_check(const struct config *c, const struct comparison_override *o,
                                      struct idem_error *err)
{
    struct arena scratch = {0};
    struct frequency_table table;
    enum comparison_kind kind = CMP_CODE;
    comparison_kind_of(c->schema.field[o->field].type, &kind);
    enum idem_status status = frequency_file_read(c, o, kind, &scratch, &table, err);
    arena_deinit(&scratch);
    return status;
}
