#include "ingest/reader.h"

#include <assert.h>
#include <stdlib.h>

#include "base/charset.h"
#include "base/json.h"
#include "base/parallel.h"
#include "ingest/jsonread.h"
#include "ingest/sniff.h"
#include "ingest/window.h"

enum { SAMPLE_BYTES = 1 << 20, SAMPLE_LINES = 1000, MOST_SAMPLE_BYTES = 8 << 20, MOST_PARTS = 64, MOST_THREADS = 64 };

const struct reader_tuning reader_usual = {
    .slice_bytes = 1 << 20,
    .ahead_bytes = 64 << 10,
    .sample_bytes = SAMPLE_BYTES,
    .slices_per_thread = 2,
    .limits = {.most_cell = MOST_CELL_BYTES, .most_row = MOST_ROW_BYTES},
    .path = CSV_BEST,
};

struct worker {
    struct csvread_worker csv;
    struct jsonread_worker json;
};

struct reader {
    struct reader_tuning tuning;
    struct arena arena;
    struct str path; /* NUL-terminated */
    struct str *want;
    size_t n_want;
    unsigned threads;
    bool missing_columns_ok;
    struct reader_facts facts;
    struct input *input;
    struct window window;
    struct csvread csv;
    struct jsonread json;
    struct worker *worker; /* [threads] */

    struct part *part; /* [parts_room] */
    unsigned parts_room, n_parts, next_part;
    size_t at;          /* where the next row begins that no part has read; an offset into the window */
    uint64_t line;      /* line ends before it */
    bool skipping;      /* a row was given up: `at` is within it */
    bool quotes_misled; /* a slice began within quotes: look at their parity before the next ones are begun */
};

/* ------------------------------------------------------------------ reading parts */

static void S_read_part(struct reader *r, struct part *p, unsigned worker)
{
    if (r->facts.format == INGEST_JSONL)
        jsonread_part(&r->json, &r->worker[worker].json, window_view(&r->window), p);
    else
        csvread_part(&r->csv, &r->worker[worker].csv, window_view(&r->window), p);
}

static void S_work(void *context, size_t item, unsigned worker)
{
    struct reader *r = context;
    S_read_part(r, &r->part[item], worker);
}

/* The first row that begins at or behind `from`, if the text there is inside quotes or not as `inside` says. */
static size_t S_guess_start(const struct reader *r, size_t from, bool inside)
{
    const char *text = r->window.text;
    bool json = r->facts.format == INGEST_JSONL;
    size_t i = from - 1; /* a row begins at `from` itself when a line ends right before */
    for (; i < r->window.len; i++) {
        if (!json && r->quotes_misled && i >= from && text[i] == r->csv.syntax.quote)
            inside = !inside;
        if (inside || (text[i] != '\n' && (json || text[i] != '\r')))
            continue;
        if (text[i] == '\r' && i + 1 < r->window.len && text[i + 1] == '\n')
            i++;
        return i + 1 < from ? from : i + 1;
    }
    return r->window.len;
}

static bool S_odd_quotes(const struct reader *r, size_t from, size_t to)
{
    size_t n = 0;
    for (const char *at = r->window.text + from, *end = r->window.text + to;
         at < end && (at = memchr(at, r->csv.syntax.quote, (size_t)(end - at))); at++)
        n++;
    return n & 1;
}

/* Cuts the window into the parts of this round. The slices are those of the file, whatever the window begins with. */
static void S_plan(struct reader *r)
{
    size_t slice = r->tuning.slice_bytes, at = r->at;
    uint64_t number = (r->window.base + at) / slice;
    bool inside = false, parity = r->quotes_misled && r->facts.format == INGEST_CSV && r->csv.syntax.has_quote;
    for (r->n_parts = 0; r->n_parts < r->parts_room; r->n_parts++) {
        size_t end = (size_t)((number + r->n_parts + 1) * slice - r->window.base);
        size_t start = at;
        if (at >= r->window.len)
            break;
        if (r->n_parts)
            start = S_guess_start(r, at, inside);
        part_restart(&r->part[r->n_parts], start, end);
        if (parity && r->parts_room > 1)
            inside ^= S_odd_quotes(r, at, end < r->window.len ? end : r->window.len);
        at = end;
    }
}

/* Reads on in a part whose last row goes past the window. */
static enum idem_status S_complete(struct reader *r, struct part *p, struct idem_error *err)
{
    while (p->state == PART_MORE) {
        size_t before = r->window.len, pending = before - p->at;
        size_t want = before + (pending > r->tuning.ahead_bytes ? pending : r->tuning.ahead_bytes);
        TRY(window_fill(&r->window, r->input, want, err));
        assert(r->window.len > before || r->window.last);
        S_read_part(r, p, 0);
    }
    return IDEM_OK;
}

/* Goes over the parts in order: where one did not begin where the one before it ended, it is read again. */
static enum idem_status S_join(struct reader *r, struct idem_error *err)
{
    for (unsigned i = 0; i < r->n_parts; i++) {
        struct part *p = &r->part[i];
        if (p->start != r->at) {
            r->quotes_misled |= r->at < p->end;
            part_restart(p, r->at, p->end);
            S_read_part(r, p, 0);
        }
        TRY(S_complete(r, p, err));
        for (size_t k = 0; k < p->n_rows; k++)
            p->line[k] += r->line + 1;
        for (size_t k = 0; k < p->n_rejects; k++) {
            p->reject[k].line += r->line + 1;
            p->reject[k].file = r->path;
        }
        if (p->swallowed && !r->facts.swallowed)
            r->facts.swallowed_line = p->swallowed_line + r->line + 1;
        r->facts.swallowed += p->swallowed;
        r->line += p->lines;
        r->at = p->at;
        if (p->state == PART_SKIP) {
            r->skipping = true;
            r->n_parts = i + 1;
        }
    }
    return IDEM_OK;
}

/* Drops the rest of a row that was given up, as far as the window goes. */
static void S_skip(struct reader *r)
{
    const char *text = r->window.text;
    struct str rest = {text + r->at, r->window.len - r->at};
    size_t end = r->facts.format == INGEST_JSONL ? str_find_byte(rest, '\n') : csvrow_find_line_end(rest, 0);
    if (end == SIZE_MAX || end == rest.len) {
        r->at = r->window.len;
        return;
    }
    if (rest.ptr[end] == '\r' && end + 1 == rest.len && !r->window.last) {
        r->at += end; /* whether an LF follows is seen the next time */
        return;
    }
    r->at += end + 1;
    if (rest.ptr[end] == '\r' && r->at < r->window.len && text[r->at] == '\n')
        r->at++;
    r->line++;
    r->skipping = false;
}

/* Fills the window and reads its rows into parts. n_parts is 0 at the end of the file. */
static enum idem_status S_round(struct reader *r, struct idem_error *err)
{
    struct window *w = &r->window;
    do {
        window_drop(w, r->at);
        r->at = 0;
        size_t slice = r->tuning.slice_bytes, used = (size_t)(w->base % slice);
        TRY(window_fill(w, r->input, r->parts_room * slice - used + r->tuning.ahead_bytes, err));
        if (r->skipping)
            S_skip(r);
    } while ((r->skipping || r->at == w->len) && !(w->last && r->at == w->len));
    S_plan(r);
    r->next_part = 0;
    parallel_for(r->threads, r->n_parts, S_work, r);
    return S_join(r, err);
}

enum idem_status reader_next(struct reader *r, struct row_batch *batch, struct idem_error *err)
{
    *batch = (struct row_batch){.n_cols = r->n_want};
    for (;;) {
        if (r->next_part == r->n_parts) {
            enum idem_status status = S_round(r, err);
            if (status != IDEM_OK)
                r->n_parts = r->next_part = 0;
            if (r->n_parts == 0)
                return status;
        }
        struct part *p = &r->part[r->next_part++];
        if (p->n_rows || p->n_rejects) {
            *batch = (struct row_batch){.n_rows = p->n_rows,
                                        .n_cols = r->n_want,
                                        .cell = p->cell,
                                        .line = p->line,
                                        .more = p->more,
                                        .reject = p->reject,
                                        .n_rejects = p->n_rejects};
            return IDEM_OK;
        }
    }
}

/* ------------------------------------------------------------------ opening */

static enum idem_status S_missing(const struct reader *r, struct str name, struct idem_error *err)
{
    struct arena scratch = {0};
    bool json = r->facts.format == INGEST_JSONL;
    const char **known = ARENA_NEW(&scratch, const char *, r->facts.n_columns);
    for (size_t i = 0; i < r->facts.n_columns; i++)
        known[i] = str_cstr(&scratch, r->facts.column[i]);
    const char *nearest = json_nearest_key(name, known, r->facts.n_columns);
    const char *kind = json ? "path" : "column", *place = json ? " in the first lines" : "";
    enum idem_status status =
        nearest
            ? error_set(err, IDEM_INVALID, "%s: there is no %s \"%.*s\"%s, did you mean \"%s\"?", r->path.ptr, kind,
                        STR_ARG(name), place, nearest)
            : error_set(err, IDEM_INVALID, "%s: there is no %s \"%.*s\"%s", r->path.ptr, kind, STR_ARG(name), place);
    arena_deinit(&scratch);
    return status;
}

static int S_find_column(const struct reader *r, struct str name)
{
    for (size_t c = 0; c < r->facts.n_columns; c++)
        if (str_eq(r->facts.column[c], name))
            return (int)c;
    return -1;
}

static enum idem_status S_want_columns(struct reader *r, struct idem_error *err)
{
    if (!r->n_want) {
        r->want = r->facts.column;
        r->n_want = r->facts.n_columns;
    }
    r->csv.want = ARENA_NEW(&r->arena, struct csv_want, r->n_want);
    r->csv.n_want = r->n_want;
    for (size_t i = 0; i < r->n_want; i++) {
        int column = S_find_column(r, r->want[i]);
        if (column < 0 && str_eq(r->want[i], STR(".")))
            column = CSV_WHOLE_ROW;
        else if (column < 0 && !r->missing_columns_ok)
            return S_missing(r, r->want[i], err);
        r->csv.want[i] = (struct csv_want){column, (unsigned)i};
    }
    csvread_order(r->csv.want, r->n_want);
    return IDEM_OK;
}

static enum idem_status S_bad_header(struct reader *r, const char *configured, struct idem_error *err)
{
    char name[32];
    int confidence = charset_detect((struct str){r->window.text, r->window.len}, name);
    if (!*configured && strcmp(name, "UTF-8") != 0)
        return error_set(err, IDEM_INVALID,
                         "%s:1: the header is not valid UTF-8; set \"encoding\" (it looks like %s, %d %% sure)",
                         r->path.ptr, name, confidence);
    return error_set(err, IDEM_INVALID,
                     "%s:1: the header cannot be read: a quote is misplaced or never closed, or there "
                     "are bytes that are not text in its encoding",
                     r->path.ptr);
}

static enum idem_status S_open_csv(struct reader *r, const struct ingest_options *options, struct idem_error *err)
{
    struct sniffed found;
    struct ingest_options sniffing = *options;
    sniffing.path = r->path.ptr;
    TRY(sniff_csv(window_view(&r->window), &sniffing, r->tuning.limits, &r->arena, &found, err));
    if (found.header_unreadable)
        return S_bad_header(r, options->encoding.len ? "configured" : "", err);
    bool blank = str_trim(window_view(&r->window).text).len == 0;
    if (found.n_columns == 0 && !blank)
        return error_set(err, IDEM_INVALID, "%s: the first row does not end within the first MB", r->path.ptr);
    if (found.n_columns == 0 && options->header != HEADER_NO && options->n_want && !options->missing_columns_ok)
        return error_set(err, IDEM_INVALID, "%s: the file is empty: not even a header line", r->path.ptr);
    r->csv.syntax = found.syntax;
    r->csv.limits = r->tuning.limits;
    r->csv.n_columns = found.n_columns;
    r->csv.scan = csvscan_pick(r->tuning.path);
    if (!r->csv.scan)
        return error_set(err, IDEM_INVALID, "this processor cannot do that scan");
    r->facts.column = found.column;
    r->facts.n_columns = found.n_columns;
    r->facts.delimiter = found.syntax.delimiter;
    r->facts.quote = found.syntax.has_quote ? found.syntax.quote : 0;
    r->facts.has_header = found.has_header;
    r->at = found.skip;
    r->line = found.skip_lines;
    return S_want_columns(r, err);
}

/* The path is a leaf, or an object with leaves. */
static bool S_is_seen(const struct reader *r, struct str path)
{
    for (size_t i = 0; i < r->facts.n_columns; i++) {
        struct str leaf = r->facts.column[i];
        if (str_starts(leaf, path) && (leaf.len == path.len || leaf.ptr[path.len] == '.'))
            return true;
    }
    return str_eq(path, STR("."));
}

/* The first wanted path that the sample does not have, or NULL. */
static const struct str *S_first_unseen(const struct reader *r)
{
    for (size_t i = 0; i < r->n_want; i++)
        if (!S_is_seen(r, r->want[i]))
            return &r->want[i];
    return NULL;
}

/* The paths of the sample; when a wanted one is not among them, of a larger sample. */
static enum idem_status S_sample_paths(struct reader *r, struct idem_error *err)
{
    size_t n_lines;
    struct reader_facts *f = &r->facts;
    jsonread_paths(window_view(&r->window), SAMPLE_LINES, &r->arena, &f->column, &f->n_columns, &n_lines);
    if (!n_lines || r->missing_columns_ok || !S_first_unseen(r))
        return IDEM_OK;
    TRY(window_fill(&r->window, r->input, MOST_SAMPLE_BYTES, err));
    jsonread_paths(window_view(&r->window), SIZE_MAX, &r->arena, &f->column, &f->n_columns, NULL);
    const struct str *unseen = S_first_unseen(r);
    return unseen ? S_missing(r, *unseen, err) : IDEM_OK;
}

/* One document over many lines, or one array, where a line for each object is expected. */
static bool S_is_one_document(const struct reader *r)
{
    struct str text = str_trim(window_view(&r->window).text);
    size_t end = str_find_byte(text, '\n');
    struct str line = end == SIZE_MAX ? text : str_trim(str_sub(text, 0, end));
    return str_eq(line, STR("[")) || str_eq(line, STR("{")) || str_starts(line, STR("[{"));
}

/* A bracket alone may be a line, or the front of one: what comes behind the white space tells. */
static enum idem_status S_fill_beyond_bracket(struct reader *r, struct idem_error *err)
{
    struct window *w = &r->window;
    while (!w->last && w->len < MOST_SAMPLE_BYTES && str_trim(window_view(w).text).len <= 1)
        TRY(window_fill(w, r->input, w->len * 2 + 1, err));
    return IDEM_OK;
}

static enum idem_status S_open_json(struct reader *r, struct idem_error *err)
{
    TRY(S_fill_beyond_bracket(r, err));
    if (S_is_one_document(r))
        return error_set(err, IDEM_INVALID,
                         "%s: is one JSON document, not a line for each record; convert it, as with: jq -c '.[]'",
                         r->path.ptr);
    TRY(S_sample_paths(r, err));
    if (!r->n_want) {
        r->want = r->facts.column;
        r->n_want = r->facts.n_columns;
    }
    const char **path = ARENA_NEW(&r->arena, const char *, r->n_want);
    size_t *len = ARENA_NEW(&r->arena, size_t, r->n_want);
    unsigned *whole = ARENA_NEW(&r->arena, unsigned, r->n_want);
    size_t n_whole = 0;
    for (size_t i = 0; i < r->n_want; i++) {
        path[i] = r->want[i].ptr;
        len[i] = r->want[i].len;
        if (str_eq(r->want[i], STR(".")))
            whole[n_whole++] = (unsigned)i;
    }
    r->json = (struct jsonread){.limits = r->tuning.limits,
                                .paths = json_paths_open(path, len, r->n_want),
                                .n_want = r->n_want,
                                .whole = whole,
                                .n_whole = n_whole};
    return IDEM_OK;
}

static bool S_is_named_json(struct str path)
{
    static const struct str packed[] = {{".gz", 3}, {".zst", 4}},
                            json[] = {{".jsonl", 6}, {".ndjson", 7}, {".json", 5}};
    for (size_t i = 0; i < COUNT_OF(packed); i++)
        if (str_ends(path, packed[i]))
            path.len -= packed[i].len;
    for (size_t i = 0; i < COUNT_OF(json); i++)
        if (str_ends(path, json[i]))
            return true;
    return false;
}

static void S_copy_options(struct reader *r, const struct ingest_options *o)
{
    r->path = str_copy(&r->arena, str_from(o->path));
    r->threads = o->threads < 1 ? 1 : o->threads > MOST_THREADS ? MOST_THREADS : o->threads;
    r->missing_columns_ok = o->missing_columns_ok;
    r->n_want = o->n_want;
    r->want = ARENA_NEW(&r->arena, struct str, o->n_want);
    for (size_t i = 0; i < o->n_want; i++)
        r->want[i] = str_copy(&r->arena, o->want[i]);
    r->worker = xcalloc(r->threads, sizeof *r->worker);
    r->parts_room = r->threads == 1 ? 1 : r->threads * r->tuning.slices_per_thread;
    if (r->parts_room > MOST_PARTS)
        r->parts_room = MOST_PARTS;
    r->part = xcalloc(r->parts_room, sizeof *r->part);
}

static enum idem_status S_open(struct reader *r, const struct ingest_options *o, struct idem_error *err)
{
    const struct reader_tuning *t = &r->tuning;
    S_copy_options(r, o);
    size_t room = r->parts_room * t->slice_bytes + t->ahead_bytes + t->limits.most_row + t->limits.most_cell + 64;
    TRY(input_open(r->path.ptr, o->encoding, &r->input, err));
    if (o->most_expansion)
        input_set_expansion(r->input, o->most_expansion);
    TRY(window_init(&r->window, room > MOST_SAMPLE_BYTES ? room : MOST_SAMPLE_BYTES, err));
    TRY(window_fill(&r->window, r->input, t->sample_bytes, err));
    r->facts.encoding = input_encoding(r->input);
    r->facts.bytes_total = input_total(r->input);
    r->facts.format = o->format;
    if (o->format == INGEST_AUTO)
        r->facts.format =
            jsonread_looks_like_it(window_view(&r->window)) || S_is_named_json(r->path) ? INGEST_JSONL : INGEST_CSV;
    return r->facts.format == INGEST_JSONL ? S_open_json(r, err) : S_open_csv(r, o, err);
}

enum idem_status reader_open_tuned(const struct ingest_options *options, const struct reader_tuning *tuning,
                                   struct reader **out, struct idem_error *err)
{
    struct reader *r = xcalloc(1, sizeof *r);
    r->tuning = *tuning;
    enum idem_status status = S_open(r, options, err);
    if (status != IDEM_OK) {
        reader_close(r);
        r = NULL;
    }
    *out = r;
    return status;
}

enum idem_status reader_open(const struct ingest_options *options, struct reader **out, struct idem_error *err)
{
    return reader_open_tuned(options, &reader_usual, out, err);
}

void reader_close(struct reader *r)
{
    if (!r)
        return;
    for (unsigned i = 0; i < r->threads && r->worker; i++) {
        csvread_worker_deinit(&r->worker[i].csv);
        jsonread_worker_deinit(&r->worker[i].json);
    }
    for (unsigned i = 0; i < r->parts_room && r->part; i++)
        part_deinit(&r->part[i]);
    free(r->worker);
    free(r->part);
    json_paths_close(r->json.paths);
    window_deinit(&r->window);
    input_close(r->input);
    arena_deinit(&r->arena);
    free(r);
}

const struct reader_facts *reader_facts(const struct reader *r)
{
    return &r->facts;
}

int64_t reader_bytes_read(const struct reader *r)
{
    return input_consumed(r->input);
}

/* ------------------------------------------------------------------ sniffing */

static void S_copy_facts(const struct reader *r, struct arena *out, struct reader_facts *facts)
{
    *facts = r->facts;
    facts->encoding = str_copy(out, facts->encoding);
    facts->column = ARENA_NEW(out, struct str, facts->n_columns);
    for (size_t i = 0; i < facts->n_columns; i++)
        facts->column[i] = str_copy(out, r->facts.column[i]);
}

enum idem_status ingest_sniff(const char *path, struct arena *out, struct reader_facts *facts, int *confidence,
                              struct idem_error *err)
{
    char encoding[32];
    struct reader *r = NULL;
    *facts = (struct reader_facts){0};
    *confidence = 0;
    if (strcmp(path, "-") == 0)
        return error_set(err, IDEM_INVALID, "standard input cannot be looked at beforehand; save it to a file");
    char *sample = xmalloc(SAMPLE_BYTES);
    size_t len;
    enum idem_status status = input_sample(path, sample, SAMPLE_BYTES, &len, err);
    if (status == IDEM_OK) {
        *confidence = charset_detect((struct str){sample, len}, encoding);
        struct ingest_options options = {.path = path, .encoding = str_from(encoding)};
        status = reader_open(&options, &r, err);
    }
    if (status == IDEM_OK)
        S_copy_facts(r, out, facts);
    reader_close(r);
    free(sample);
    return status;
}

static const char *const reasons[REJECT_REASONS] = {
    [REJECT_UNCLOSED_QUOTE] = "unclosed quote",
    [REJECT_STRAY_QUOTE] = "stray quote",
    [REJECT_TOO_FEW_CELLS] = "too few cells",
    [REJECT_TOO_MANY_CELLS] = "too many cells",
    [REJECT_NUL_BYTE] = "NUL byte",
    [REJECT_CELL_TOO_LONG] = "cell too long",
    [REJECT_BAD_ENCODING] = "bad encoding",
    [REJECT_BAD_JSON] = "bad JSON",
    [REJECT_NOT_AN_OBJECT] = "not a JSON object",
    [REJECT_NO_RECORD_ID] = "no record id",
    [REJECT_RECORD_ID_TOO_LONG] = "record id too long",
    [REJECT_QUALITY] = "quality rule",
};

const char *reject_reason_name(enum reject_reason reason)
{
    return (unsigned)reason < REJECT_REASONS ? reasons[reason] : "unknown";
}
