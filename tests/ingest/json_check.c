#include "tests/ingest/json_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/charset.h"
#include "base/json.h"
#include "tests/ingest/transcript.h"

enum verdict { IS_ROW, IS_REJECT, IS_EITHER };

static struct str S_wanted[] = {{"a", 1}, {"a.b", 3}, {"b", 1}, {"a.b.c", 5}, {".", 1}};

static char *S_say(const char *what, uint64_t line)
{
    char *text = NULL;
    return asprintf(&text, "line %llu: %s", (unsigned long long)line, what) < 0 ? strdup("no memory") : text;
}

/* Where jansson refuses what is JSON all the same: large numbers, halves of surrogate pairs, NUL in keys, deep nesting.
 */
static bool S_is_beyond_jansson(struct str line, enum json_error_code code)
{
    size_t depth = 0;
    for (size_t i = 0; i < line.len; i++)
        depth += line.ptr[i] == '[' || line.ptr[i] == '{';
    bool surrogate = str_find(line, STR("\\ud")) != SIZE_MAX || str_find(line, STR("\\uD")) != SIZE_MAX;
    return depth > 400 || surrogate || code == json_error_numeric_overflow || code == json_error_null_byte_in_key;
}

static enum verdict S_judge(struct str line, json_t **value, bool *duplicates)
{
    json_error_t e;
    if (str_find_byte(line, 0) != SIZE_MAX)
        return IS_REJECT; /* jansson takes a NUL behind a number for white space */
    *value = json_loadb(line.ptr, line.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
    if (!*value)
        return S_is_beyond_jansson(line, json_error_code(&e)) ? IS_EITHER : IS_REJECT;
    json_t *strict = json_loadb(line.ptr, line.len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &e);
    *duplicates = !strict;
    json_decref(strict);
    if (S_is_beyond_jansson(line, json_error_unknown))
        return IS_EITHER;
    /* an escaped NUL in a wanted value sets the row aside */
    return str_find(line, STR("\\u0000")) != SIZE_MAX ? IS_EITHER : json_is_object(*value) ? IS_ROW : IS_REJECT;
}

/* The next value of a cell, which must be `value`. */
static bool S_matches(const json_t *value, const struct row_batch *b, struct cell *cell)
{
    struct str text = {cell->ptr, cell->len};
    double number;
    if (!text.ptr)
        return false;
    *cell = cell->more ? b->more[cell->more - 1] : (struct cell){0};
    if (json_is_string(value))
        return str_eq(text, json_str(value));
    if (json_is_boolean(value))
        return str_eq(text, json_is_true(value) ? STR("true") : STR("false"));
    if (json_is_object(value))
        return text.len >= 2 && text.ptr[0] == '{' && text.ptr[text.len - 1] == '}';
    if (!str_to_double(text, &number))
        return true; /* past the range of double */
    double difference = number - json_number_value(value), size = number < 0 ? -number : number;
    return (difference < 0 ? -difference : difference) <= size * 1e-9;
}

static bool S_same(json_t *value, struct str path, const struct row_batch *b, struct cell *cell)
{
    size_t i;
    json_t *item;
    const char *key;
    if (json_is_array(value)) {
        json_array_foreach(value, i, item) if (!S_same(item, path, b, cell)) return false;
        return true;
    }
    if (!path.len)
        return json_is_null(value) || S_matches(value, b, cell);
    if (!json_is_object(value))
        return true;
    json_object_foreach(value, key, item)
    {
        struct str name = str_from(key);
        bool way = name.len && path.len > name.len && str_starts(path, name) && path.ptr[name.len] == '.';
        if (str_eq(path, name) && !S_same(item, (struct str){0}, b, cell))
            return false;
        if (way && !S_same(item, str_sub(path, name.len + 1, path.len), b, cell))
            return false;
    }
    return true;
}

static bool S_same_row(json_t *value, const struct row_batch *b, size_t row, struct str line)
{
    for (size_t c = 0; c + 1 < b->n_cols; c++) {
        struct cell cell = b->cell[row * b->n_cols + c];
        if (!S_same(value, S_wanted[c], b, &cell) || cell.ptr)
            return false;
    }
    struct cell whole = b->cell[row * b->n_cols + b->n_cols - 1];
    return str_eq((struct str){whole.ptr, whole.len}, line);
}

/* All rows and rejects of the text are in the one batch. */
static char *S_compare(struct str text, const struct row_batch *b)
{
    size_t row = 0, reject = 0;
    struct str piece;
    char *difference = NULL;
    for (uint64_t line = 1; !difference && str_next_piece(&text, '\n', &piece); line++) {
        json_t *value = NULL;
        bool duplicates = false, is_row = row < b->n_rows && b->line[row] == line,
             is_reject = reject < b->n_rejects && b->reject[reject].line == line;
        piece = str_trim(piece);
        enum verdict verdict = piece.len ? S_judge(piece, &value, &duplicates) : IS_EITHER;
        if (is_row == is_reject && piece.len)
            difference = S_say("neither row nor reject, or both", line);
        else if ((is_row || is_reject) && !piece.len)
            difference = S_say("an empty line is not passed over", line);
        else if (verdict != IS_EITHER && is_row != (verdict == IS_ROW))
            difference = S_say(is_row ? "a row, but not an object for jansson" : "set aside, but an object", line);
        else if (is_row && value && !duplicates && !S_same_row(value, b, row, piece))
            difference = S_say("other values than jansson's", line);
        row += is_row;
        reject += is_reject;
        json_decref(value);
    }
    return difference;
}

static char *S_check_slices(const struct ingest_options *options)
{
    static const struct reader_tuning tiny = {11, 3, 50, 3, {MOST_CELL_BYTES, MOST_ROW_BYTES}, CSV_BEST};
    struct transcript a = {0}, b = {0};
    struct idem_error err = {0};
    struct ingest_options threaded = *options;
    threaded.threads = 2;
    bool same = transcript_read(&a, options, &reader_usual, &err) == IDEM_OK &&
                transcript_read(&b, &threaded, &tiny, &err) == IDEM_OK &&
                strcmp(transcript_text(&a), transcript_text(&b)) == 0;
    transcript_deinit(&a);
    transcript_deinit(&b);
    return same ? NULL : S_say("tiny slices give other rows", 0);
}

char *json_check(struct str text)
{
    char path[64], *difference = NULL;
    struct reader *reader = NULL;
    struct row_batch batch;
    struct idem_error err = {0};
    struct ingest_options options = {.path = path,
                                     .format = INGEST_JSONL,
                                     .encoding = STR("UTF-8"),
                                     .want = S_wanted,
                                     .n_want = COUNT_OF(S_wanted),
                                     .missing_columns_ok = true};
    const char *mark;
    int fd = memory_file(text, path);
    if (reader_open(&options, &reader, &err) == IDEM_OK && reader_next(reader, &batch, &err) == IDEM_OK) {
        if (charset_byte_order_mark(text, &mark) == 0)
            difference = S_compare(text, &batch);
        if (!difference)
            difference = S_check_slices(&options);
    }
    reader_close(reader);
    close(fd);
    return difference;
}
