/*
 * idem_encode: a source as encodings for another party. Rows leave in the order of the ids that are published, so that
 * an order of the source does not give away what its ids would.
 */
#include <stdlib.h>

#include "base/file.h"
#include "base/parallel.h"
#include "engine/audit.h"
#include "engine/emit.h"
#include "engine/linkage_filter.h"
#include "engine/load.h"
#include "normalize/normalize.h"

enum { ROWS_AT_ONCE = 2048, ID_DOMAIN = 1, CHECK_DOMAIN = 2, ID_BYTES = 16 };

/* What both parties must have in common besides the secret, and a few bits that tell whether they have that. */
#define SCHEME_FORMAT "1-%s-%02x%02x"

struct encode_run {
    struct idem_session *session;
    const struct idem_encode_options *options;
    const struct config *config;
    struct linkage_key *key;
    struct load load;
    bool used[MOST_FIELDS];
    struct str *id; /* [n_rows] as published */
    uint32_t *order;
    struct linkage_record *record; /* [ROWS_AT_ONCE] */
    uint32_t first;                /* of those at hand */
    struct emit emit;
    struct arena arena;
    struct idem_encode_result *result;
};

static enum idem_status S_source(const struct encode_run *r, unsigned *source, struct idem_error *err)
{
    struct str wanted = str_from(r->options->source);
    for (*source = 0; *source < r->config->n_sources; ++*source)
        if (str_eq(r->config->source[*source].name, wanted))
            return IDEM_OK;
    return error_set(err, IDEM_INVALID, "\"%s\" is not a source of the configuration", r->options->source);
}

static enum idem_status S_without(struct encode_run *r, struct idem_error *err)
{
    const struct schema *schema = &r->config->schema;
    for (unsigned f = 0; f < schema->n_fields; f++)
        r->used[f] = linkage_takes(schema->field[f].type);
    for (size_t i = 0; i < r->options->n_without; i++) {
        int field = schema_find(schema, str_from(r->options->without[i]));
        if (field < 0)
            return error_set(err, IDEM_INVALID, "\"%s\" is not a field of the configuration", r->options->without[i]);
        r->used[field] = false;
    }
    for (unsigned f = 0; f < schema->n_fields; f++)
        if (r->used[f])
            return IDEM_OK;
    return error_set(err, IDEM_INVALID,
                     "nothing to encode: no field is a name, birth date, address, phone, e-mail or identifier");
}

static enum idem_status S_read(struct encode_run *r, unsigned source, struct idem_error *err)
{
    bool *only = ARENA_NEW(&r->arena, bool, r->config->n_sources + 1);
    struct load_options options = {.config = r->config, .only = only, .threads = r->options->threads};
    only[source] = true;
    if (!options.threads)
        options.threads = parallel_cpus();
    TRY(load_sources(&options, &r->load, err));
    load_settle(&r->load);
    return IDEM_OK;
}

/* What leaves is made of the source's values, also of those that the database has as tokens alone. */
static void S_take_plain(struct encode_run *r)
{
    struct config *plain = ARENA_NEW(&r->arena, struct config, 1);
    *plain = *r->config;
    for (unsigned f = 0; f < plain->schema.n_fields; f++)
        plain->schema.field[f].type = field_plain_type(&plain->schema.field[f]);
    r->config = plain;
}

/* ------------------------------------------------------------------ ids */

static struct str S_token(struct encode_run *r, struct str record_id)
{
    static const char HEX[] = "0123456789abcdef";
    uint8_t token[ID_BYTES];
    char *text = arena_alloc(&r->arena, 2 * ID_BYTES, 1);
    linkage_hash(r->key, ID_DOMAIN, record_id, token, sizeof token);
    for (unsigned i = 0; i < ID_BYTES; i++) {
        text[2 * i] = HEX[token[i] >> 4];
        text[2 * i + 1] = HEX[token[i] & 15];
    }
    return (struct str){text, 2 * ID_BYTES};
}

struct named_row {
    struct str id;
    uint32_t row;
};

static int S_by_id(const void *p, const void *q)
{
    const struct named_row *x = p, *y = q;
    int c = str_cmp(x->id, y->id);
    return c ? c : (x->row > y->row) - (x->row < y->row);
}

static struct named_row *S_named_rows(struct encode_run *r)
{
    const struct batch *b = &r->load.batch;
    struct named_row *row = xcalloc((size_t)b->n_rows + 1, sizeof *row);
    for (uint32_t i = 0; i < b->n_rows; i++)
        row[i] = (struct named_row){r->options->keep_ids ? b->record_id[i] : S_token(r, b->record_id[i]), i};
    qsort(row, b->n_rows, sizeof *row, S_by_id);
    return row;
}

/* ------------------------------------------------------------------ rows */

struct piece {
    struct encode_run *run;
    const struct named_row *row;
};

static void S_encode(void *context, size_t item, unsigned worker)
{
    const struct piece *p = context;
    (void)worker;
    linkage_encode(p->run->key, &p->run->load.batch, p->row[item].row, p->run->used, &p->run->record[item]);
}

static void S_scheme(const struct encode_run *r, char scheme[IDEM_SCHEME_ROOM])
{
    uint8_t check[ID_BYTES];
    linkage_hash(r->key, CHECK_DOMAIN, STR("scheme"), check, sizeof check);
    snprintf(scheme, IDEM_SCHEME_ROOM, SCHEME_FORMAT, normalize_version(), check[0], check[1]);
}

static enum idem_status S_emit(struct encode_run *r, const struct named_row *row, uint32_t n, struct idem_error *err)
{
    struct buf text = {0};
    enum idem_status status = IDEM_OK;
    for (uint32_t i = 0; i < n && status == IDEM_OK; i++) {
        buf_clear(&text);
        linkage_text(&r->record[i], &text);
        r->result->empty += r->record[i].empty;
        emit_text(&r->emit, row[i].id);
        if (r->record[i].empty)
            emit_none(&r->emit);
        else
            emit_text(&r->emit, buf_view(&text));
        emit_text(&r->emit, str_from(r->result->scheme));
        status = emit_end_row(&r->emit, err);
    }
    buf_deinit(&text);
    return status;
}

static enum idem_status S_rows(struct encode_run *r, const struct named_row *row, struct idem_error *err)
{
    uint32_t n = r->load.batch.n_rows, threads = r->options->threads ? r->options->threads : parallel_cpus();
    r->record = xcalloc(ROWS_AT_ONCE, sizeof *r->record);
    r->result->records = n;
    for (uint32_t at = 0; at < n; at += ROWS_AT_ONCE) {
        uint32_t here = n - at < ROWS_AT_ONCE ? n - at : ROWS_AT_ONCE;
        struct piece p = {r, row + at};
        parallel_for(threads, here, S_encode, &p);
        TRY(S_emit(r, row + at, here, err));
    }
    return emit_end(&r->emit, err);
}

/* ------------------------------------------------------------------ the whole */

/* What leaves stands for persons: it is noted where there is a log. */
static enum idem_status S_note(struct encode_run *r, struct idem_error *err)
{
    struct store *store;
    if (!file_exists(r->session->db_path))
        return IDEM_OK;
    TRY(session_store(r->session, STORE_READ, &store, err));
    json_t *detail = json_object();
    json_put_str(detail, "source", str_from(r->options->source));
    enum idem_status status =
        audit_disclosure(r->session, &(struct audit_note){.verb = "encode", .detail = detail}, err);
    json_decref(detail);
    return status;
}

static enum idem_status S_run(struct encode_run *r, idem_write_fn *write, void *context, struct idem_error *err)
{
    static const struct str COLUMNS[] = {{"record_id", 9}, {"encoding", 8}, {"scheme", 6}};
    struct idem_export_options format = {.format = r->options->format};
    unsigned source;
    TRY(session_config(r->session, &r->config, err));
    S_take_plain(r);
    TRY(S_source(r, &source, err));
    TRY(S_without(r, err));
    TRY(linkage_key_open(r->options->secret_path, &r->key, err));
    S_scheme(r, r->result->scheme);
    TRY(S_read(r, source, err));
    TRY(S_note(r, err));
    TRY(emit_begin(&r->emit, write, context, &format, COLUMNS, COUNT_OF(COLUMNS), err));
    struct named_row *row = S_named_rows(r);
    enum idem_status status = S_rows(r, row, err);
    free(row);
    return status;
}

enum idem_status idem_encode(struct idem_session *s, const struct idem_encode_options *options, idem_write_fn *write,
                             void *context, struct idem_encode_result *result, struct idem_error *err)
{
    struct encode_run r = {.session = s, .options = options, .result = result};
    *result = (struct idem_encode_result){0};
    enum idem_status status = S_run(&r, write, context, err);
    linkage_key_close(r.key);
    load_deinit(&r.load);
    emit_deinit(&r.emit);
    free(r.record);
    arena_deinit(&r.arena);
    return status;
}
