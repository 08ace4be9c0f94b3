#include "tests/ingest/csv_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/charset.h"

static char *S_say(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    return len < 0 ? strdup("no memory") : text;
}

/* The columns that the reader finds, and "." behind them. */
static enum idem_status S_columns(const struct ingest_options *options, const struct reader_tuning *tuning,
                                  struct arena *out, struct str **want, size_t *n, struct idem_error *err)
{
    struct reader *reader;
    TRY(reader_open_tuned(options, tuning, &reader, err));
    const struct reader_facts *facts = reader_facts(reader);
    *n = facts->n_columns + 1;
    *want = ARENA_NEW(out, struct str, *n);
    for (size_t i = 0; i < facts->n_columns; i++)
        (*want)[i] = str_copy(out, facts->column[i]);
    (*want)[*n - 1] = STR(".");
    reader_close(reader);
    return IDEM_OK;
}

static char *S_compare(struct transcript *fast, struct transcript *slow)
{
    const char *a = transcript_text(fast), *b = transcript_text(slow);
    size_t len_a = fast->rows.len, len_b = slow->rows.len, at = 0;
    if (len_a == len_b && memcmp(a, b, len_a) == 0)
        return NULL;
    while (at < len_a && at < len_b && a[at] == b[at])
        at++;
    size_t from = at < 100 ? 0 : at - 100;
    return S_say("reader: ...%.200s\n\ntwin: ...%.200s\n", a + from, b + from);
}

/* The twin knows no byte order mark, no compression and no line "sep=". */
static bool S_is_for_the_twin(struct str text)
{
    const char *mark;
    if (charset_byte_order_mark(text, &mark) || str_starts(text, STR("\x1F\x8B")) ||
        str_starts(text, STR("\x28\xB5\x2F\xFD")))
        return false;
    return text.len < 4 || !str_eq_nocase(str_sub(text, 0, 4), STR("sep="));
}

char *csv_check(struct str text, struct csv_syntax syntax, const struct reader_tuning *tuning, unsigned threads)
{
    char path[64], *difference = NULL;
    struct arena arena = {0};
    struct idem_error err = {0};
    struct transcript fast = {0}, slow = {0};
    struct ingest_options options = {.path = path,
                                     .format = INGEST_CSV,
                                     .delimiter = syntax.delimiter,
                                     .quote = syntax.has_quote ? syntax.quote : '\1',
                                     .header = HEADER_NO,
                                     .encoding = STR("UTF-8"),
                                     .threads = threads};
    if (!S_is_for_the_twin(text))
        return NULL;
    int fd = memory_file(text, path);
    enum idem_status status = S_columns(&options, tuning, &arena, &options.want, &options.n_want, &err);
    bool opened = status == IDEM_OK;
    if (opened)
        status = transcript_read(&fast, &options, tuning, &err);
    if (status == IDEM_OK) {
        csv_twin(&slow, text, syntax, tuning->limits, options.n_want - 1);
        difference = S_compare(&fast, &slow);
    } else if (opened ||
               (status != IDEM_INVALID && status != IDEM_LIMIT)) { /* refused: a first row too long, a zip, ... */
        difference = S_say("%s", err.message);
    }
    close(fd);
    transcript_deinit(&fast);
    transcript_deinit(&slow);
    arena_deinit(&arena);
    return difference;
}
