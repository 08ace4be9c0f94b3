#include "engine/annotate.h"

#include <stdlib.h>

#include "base/json.h"

static const char DEFAULT_COLUMN[] = "master_id";
static const struct str BYTE_ORDER_MARK = {"\xEF\xBB\xBF", 3};

static enum idem_status S_flush(struct annotator *a, struct idem_error *err)
{
    if (a->out.len && !a->write(a->write_context, a->out.ptr, a->out.len))
        return error_set(err, IDEM_IO, "the output could not be written");
    buf_clear(&a->out);
    return IDEM_OK;
}

enum idem_status annotate_out(struct annotator *a, const char *bytes, size_t len, struct idem_error *err)
{
    buf_add(&a->out, bytes, len);
    return a->out.len >= ANNOTATE_CHUNK ? S_flush(a, err) : IDEM_OK;
}

void annotate_begin_id(struct annotator *a)
{
    a->id_at = a->ids.len;
    a->id_incomplete = false;
}

void annotate_add_id(struct annotator *a, struct str bytes)
{
    bytes = str_trim(bytes);
    a->id_incomplete |= bytes.len == 0;
    if (a->ids.len > a->id_at)
        buf_byte(&a->ids, ' ');
    if (a->charset)
        charset_convert(a->charset, bytes, true, &a->ids);
    else
        buf_str(&a->ids, bytes);
}

enum idem_status annotate_queue(struct annotator *a, const struct annotated *row, struct idem_error *err)
{
    struct annotated *last = &a->waiting[a->n_waiting];
    *last = *row;
    a->n_waiting++;
    last->id_at = a->id_at;
    if (a->id_incomplete)
        a->ids.len = a->id_at;
    a->id_at = a->ids.len;
    return a->n_waiting == MOST_WAITING ? annotate_answer(a, err) : IDEM_OK;
}

/* ---- answering */

/* The keys of the rows whose ids can be asked for. */
static uint32_t S_keys(struct annotator *a)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->n_waiting; i++) {
        struct annotated *row = &a->waiting[i];
        size_t end = i + 1 < a->n_waiting ? a->waiting[i + 1].id_at : a->ids.len;
        struct str id = str_sub(buf_view(&a->ids), row->id_at, end);
        row->master_id = "";
        if (!row->asked)
            continue;
        if (!id.len || charset_utf8_invalid(id) != id.len) {
            a->result.bad++;
            continue;
        }
        struct idem_lookup *key = &a->asked[n++];
        key->source = (struct idem_str){a->source.ptr, a->source.len};
        key->record_id = (struct idem_str){id.ptr, id.len};
        row->master_id = key->master_id;
    }
    return n;
}

static enum idem_status S_look_up(struct annotator *a, struct idem_error *err)
{
    uint32_t n = S_keys(a);
    TRY(idem_stream_lookup_many(a->stream, a->asked, n, err));
    for (uint32_t i = 0; i < n; i++) {
        a->result.known += a->asked[i].status == IDEM_OK;
        a->result.unknown += a->asked[i].status == IDEM_NOT_FOUND;
    }
    return IDEM_OK;
}

static enum idem_status S_put(struct annotator *a, const struct annotated *row, struct idem_error *err)
{
    const char *p = a->in.ptr;
    TRY(annotate_out(a, p + row->from, row->insert - row->from, err));
    if (row->asked)
        a->insert(a, row, &a->out);
    return annotate_out(a, p + row->insert, row->end - row->insert, err);
}

enum idem_status annotate_answer(struct annotator *a, struct idem_error *err)
{
    TRY(S_look_up(a, err));
    for (uint32_t i = 0; i < a->n_waiting; i++)
        TRY(S_put(a, &a->waiting[i], err));
    a->n_waiting = 0;
    buf_clear(&a->ids);
    a->id_at = 0;
    return IDEM_OK;
}

enum idem_status annotate_more(struct annotator *a, struct idem_error *err)
{
    TRY(annotate_answer(a, err));
    TRY(S_flush(a, err));
    size_t rest = a->in.len - a->at, got = 0, room = rest > ANNOTATE_CHUNK ? rest : ANNOTATE_CHUNK;
    if (rest > MOST_ANNOTATED_ROW)
        return error_set(err, IDEM_LIMIT, "line %llu: a row is longer than %d MB; is a quote not closed?",
                         (unsigned long long)a->line, MOST_ANNOTATED_ROW >> 20);
    if (a->at) {
        memmove(a->in.ptr, a->in.ptr + a->at, rest);
        a->in.len = rest;
        a->at = 0;
    }
    buf_reserve(&a->in, room);
    if (!a->read(a->read_context, a->in.ptr + a->in.len, room, &got))
        return error_set(err, IDEM_IO, "line %llu: the input could not be read", (unsigned long long)a->line);
    a->in.len += got;
    a->ended = got == 0;
    return IDEM_OK;
}

/* ---- setting up */

/* The source must be one of the database's: a misspelt one would annotate nothing, quietly. */
static enum idem_status S_check_source(struct store *store, struct str name, struct idem_error *err)
{
    struct arena scratch;
    struct store_source *source;
    size_t n;
    arena_init(&scratch);
    enum idem_status status = store_get_sources(store, false, &scratch, &source, &n, err);
    const char **known = ARENA_NEW(&scratch, const char *, n + 1);
    bool found = false;
    for (size_t i = 0; status == IDEM_OK && i < n; i++) {
        found |= str_eq(source[i].name, name);
        known[i] = str_cstr(&scratch, source[i].name);
    }
    if (status == IDEM_OK && !found) {
        const char *nearest = json_nearest_key(name, known, n);
        status = nearest ? error_set(err, IDEM_INVALID, "the database has no source \"%.*s\", did you mean \"%s\"?",
                                     STR_ARG(name), nearest)
                         : error_set(err, IDEM_INVALID, "the database has no source \"%.*s\"; see \"idem status\"",
                                     STR_ARG(name));
    }
    arena_deinit(&scratch);
    return status;
}

static const struct source *S_configured(const struct idem_session *s, struct str name)
{
    int i = s->config ? config_find_source(s->config, name) : -1;
    return i < 0 ? NULL : &s->config->source[i];
}

/* The source that was named, or the only one of the configuration. */
static enum idem_status S_source(struct annotator *a, const struct idem_session *s, const char *named,
                                 struct idem_error *err)
{
    if (named && *named)
        a->source = str_from(named);
    else if (s->config && s->config->n_sources == 1)
        a->source = s->config->source[0].name;
    else
        return error_set(err, IDEM_INVALID, "--source SOURCE is missing: whose record ids do the rows carry?");
    return IDEM_OK;
}

static enum idem_status S_id_columns(struct annotator *a, const struct source *source, const char *named,
                                     struct idem_error *err)
{
    if (named) {
        a->id_column[a->n_id_columns++] = str_from(named);
        return IDEM_OK;
    }
    if (!source)
        return error_set(err, IDEM_INVALID,
                         "the configuration does not say which column of \"%.*s\" holds the record id; "
                         "name it with --record-id",
                         STR_ARG(a->source));
    const struct mapped_value *join = &source->record_id_join;
    if (!join->n_columns) {
        a->id_column[a->n_id_columns++] = source->record_id;
        return IDEM_OK;
    }
    if (join->n_columns > MOST_ID_COLUMNS)
        return error_set(err, IDEM_LIMIT, "the record id of \"%.*s\" is joined from more than %d columns",
                         STR_ARG(a->source), MOST_ID_COLUMNS);
    for (unsigned i = 0; i < join->n_columns; i++)
        a->id_column[a->n_id_columns++] = join->column[i];
    return IDEM_OK;
}

static enum idem_status S_encoding(struct annotator *a, const struct source *source, struct idem_error *err)
{
    struct str name = source ? source->read.encoding : (struct str){0};
    if (!name.len || str_eq_nocase(name, STR("UTF-8")) || str_eq_nocase(name, STR("UTF8")))
        return IDEM_OK;
    return charset_open(name, &a->charset, err);
}

static enum idem_status S_setup(struct annotator *a, struct idem_session *s,
                                const struct idem_annotate_options *options, struct idem_error *err)
{
    struct store *store;
    TRY(S_source(a, s, options->source, err));
    a->column = str_from(options->column ? options->column : DEFAULT_COLUMN);
    a->line = 1;
    const struct source *source = S_configured(s, a->source);
    TRY(S_id_columns(a, source, options->record_id, err));
    a->delimiter = options->delimiter ? options->delimiter : source && !options->record_id ? source->read.delimiter : 0;
    a->header = !source || options->record_id || source->read.header != HEADER_NO;
    if (options->format == IDEM_CSV)
        TRY(S_encoding(a, source, err));
    TRY(session_store(s, STORE_READ, &store, err));
    TRY(S_check_source(store, a->source, err));
    return idem_stream_open(s, &a->stream, err);
}

/* Is there a whole line that is not blank? */
static bool S_has_line(const struct annotator *a)
{
    struct str text = {a->in.ptr, a->in.len};
    if (str_starts(text, BYTE_ORDER_MARK))
        text = str_sub(text, BYTE_ORDER_MARK.len, text.len);
    size_t blank = 0;
    while (blank < text.len &&
           (text.ptr[blank] == '\n' || text.ptr[blank] == '\r' || text.ptr[blank] == ' ' || text.ptr[blank] == '\t'))
        blank++;
    text = str_sub(text, blank, text.len);
    return text.len > 2 && memchr(text.ptr, '\n', text.len);
}

/* Reads the first line, or ANNOTATE_SAMPLE bytes of a file without line feeds, however small the pieces are. */
static enum idem_status S_first_line(struct annotator *a, struct idem_error *err)
{
    do
        TRY(annotate_more(a, err));
    while (!a->ended && a->in.len < ANNOTATE_SAMPLE && !S_has_line(a));
    return IDEM_OK;
}

/* Byte order marks; a JSON array is not JSON lines. */
static enum idem_status S_look(struct annotator *a, enum idem_format format, struct idem_error *err)
{
    TRY(S_first_line(a, err));
    struct str first = {a->in.ptr, a->in.len};
    if (str_starts(first, STR("\xFF\xFE")) || str_starts(first, STR("\xFE\xFF")))
        return error_set(err, IDEM_INVALID, "the rows are UTF-16; convert them first, as in: iconv -f UTF-16 -t UTF-8");
    if (str_starts(first, BYTE_ORDER_MARK)) {
        TRY(annotate_out(a, first.ptr, BYTE_ORDER_MARK.len, err));
        a->at = BYTE_ORDER_MARK.len;
        first = str_sub(first, a->at, first.len);
    }
    first = str_trim(first);
    if (format == IDEM_JSONL && first.len && first.ptr[0] == '[')
        return error_set(err, IDEM_INVALID,
                         "the rows are one JSON array, not JSON lines; convert them first, as in: jq -c '.[]'");
    return IDEM_OK;
}

enum idem_status idem_annotate(struct idem_session *s, const struct idem_annotate_options *options, idem_read_fn *read,
                               void *read_context, idem_write_fn *write, void *write_context,
                               struct idem_annotate_result *result, struct idem_error *err)
{
    struct annotator a = {.read = read, .read_context = read_context, .write = write, .write_context = write_context};
    enum idem_status status;
    a.waiting = xmalloc(MOST_WAITING * sizeof *a.waiting);
    a.asked = xmalloc(MOST_WAITING * sizeof *a.asked);
    TRY_DONE(S_setup(&a, s, options, err));
    TRY_DONE(S_look(&a, options->format, err));
    TRY_DONE(options->format == IDEM_CSV ? annotate_csv(&a, err) : annotate_json(&a, err));
    TRY_DONE(annotate_answer(&a, err));
    TRY_DONE(S_flush(&a, err));
done:
    if (result)
        *result = a.result;
    idem_stream_close(a.stream);
    charset_close(a.charset);
    buf_deinit(&a.in);
    buf_deinit(&a.out);
    buf_deinit(&a.ids);
    free(a.waiting);
    free(a.asked);
    buf_deinit(&a.cell);
    return status;
}
