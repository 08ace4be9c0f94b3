#include "engine/export.h"

#include "engine/audit.h"
#include "engine/mask.h"

bool export_opens(const struct export *x)
{
    return store_info(x->store)->has_key;
}

enum idem_status export_needs_key(const struct export *x, struct idem_error *err)
{
    if (export_opens(x))
        return IDEM_OK;
    return error_set(err, IDEM_INVALID, "the values are sealed and the key file %s is not there; name it with --key",
                     x->session->key_path);
}

bool export_hides(const struct export *x, unsigned field)
{
    return x->masked && x->reader.schema.field[field].personal;
}

static bool S_hides_id(const struct export *x, const struct store_source *source)
{
    return x->masked && source && source->personal_ids;
}

struct str export_value(const struct export *x, unsigned field, struct str value, struct arena *scratch)
{
    return mask_if(export_hides(x, field), x->store, x->reader.schema.field[field].type, value, scratch);
}

struct str export_id(const struct export *x, const struct store_source *source, struct str record_id,
                     struct arena *scratch)
{
    return mask_id_if(S_hides_id(x, source), x->store, record_id, scratch);
}

/* ------------------------------------------------------------------ crosswalk */

static const struct str CROSSWALK[] = {{"data_source", 11}, {"record_id", 9}, {"master_id", 9}};

static enum idem_status S_crosswalk_row(struct export *x, struct str source, struct str record_id, int64_t mid,
                                        struct idem_error *err)
{
    char text[37];
    emit_text(&x->emit, source);
    emit_text(&x->emit, record_id);
    emit_text(&x->emit, identities_text(&x->identities, mid, text));
    return emit_end_row(&x->emit, err);
}

/* In the order of the index: nothing is kept in memory but the masters. */
static enum idem_status S_crosswalk_stream(struct export *x, struct idem_error *err)
{
    struct store_read_options options = {.order = STORE_BY_KEY};
    struct store_cursor *cursor = NULL;
    struct store_record row;
    struct mask_text masked;
    bool more = true;
    TRY(store_records_open(x->store, &options, &cursor, err));
    enum idem_status status = IDEM_OK;
    while (status == IDEM_OK) {
        status = store_records_next(cursor, &row, &more, err);
        if (status != IDEM_OK || !more)
            break;
        const struct store_source *source = golden_source(&x->reader, row.source);
        struct str id = S_hides_id(x, source) ? mask_id(x->store, row.record_id, &masked) : row.record_id;
        status = S_crosswalk_row(x, source ? source->name : (struct str){0}, id,
                                 identities_survivor(&x->identities, row.mid), err);
    }
    store_records_close(cursor);
    return status;
}

/* From memory: record ids that are stored as tokens, or canonical names. */
static enum idem_status S_crosswalk_sorted(struct export *x, struct idem_error *err)
{
    const struct identities *all = &x->identities;
    for (size_t i = 0; i < all->n_records; i++) {
        const struct record_name *r = &all->record[i];
        bool hidden = false;
        struct mask_text masked;
        for (size_t k = 0; x->masked && k < x->reader.n_sources; k++)
            hidden |= S_hides_id(x, &x->reader.source[k]) && str_eq(x->reader.source[k].name, r->source);
        TRY(S_crosswalk_row(x, r->source, hidden ? mask_id(x->store, r->record_id, &masked) : r->record_id, r->mid,
                            err));
    }
    return IDEM_OK;
}

static bool S_personal_ids(const struct export *x)
{
    for (size_t i = 0; i < x->reader.n_sources; i++)
        if (x->reader.source[i].personal_ids)
            return true;
    return false;
}

static enum idem_status S_load_records(struct export *x, struct idem_error *err)
{
    if (S_personal_ids(x))
        TRY(export_needs_key(x, err));
    return identities_records(x->store, x->options->canonical, &x->identities, err);
}

enum idem_status export_crosswalk(struct export *x, struct idem_error *err)
{
    bool personal = S_personal_ids(x) && export_opens(x);
    if (personal && !x->options->canonical)
        TRY(S_load_records(x, err));
    TRY(emit_begin(&x->emit, x->write, x->context, x->options, CROSSWALK, COUNT_OF(CROSSWALK), err));
    return personal || x->options->canonical ? S_crosswalk_sorted(x, err) : S_crosswalk_stream(x, err);
}

/* ------------------------------------------------------------------ records */

static void S_record_values(struct export *x, const struct packed_record *record, struct arena *scratch)
{
    const struct schema *schema = &x->reader.schema;
    for (unsigned f = 0; f < schema->n_fields; f++) {
        const struct packed_field none = {0}, *field = f < record->n_fields ? &record->field[f] : &none;
        struct str *value = ARENA_NEW(scratch, struct str, field->n + 1);
        if (schema->field[f].derived)
            continue;
        for (unsigned v = 0; v < field->n; v++)
            value[v] = export_value(x, f, field->value[v].raw, scratch);
        emit_texts(&x->emit, value, field->n);
    }
}

/* Without the key: of any field, whether it has a value is not known. */
static void S_record_placeholders(struct export *x)
{
    for (unsigned f = 0; f < x->reader.schema.n_fields; f++)
        if (!x->reader.schema.field[f].derived)
            emit_text(&x->emit, EXPORT_PLACEHOLDER);
}

static enum idem_status S_record_row(struct export *x, const struct store_record *row, struct arena *scratch,
                                     struct idem_error *err)
{
    const struct store_source *source = golden_source(&x->reader, row->source);
    struct packed_record record = {0};
    char text[37];
    if (export_opens(x) && !record_unpack(row->packed, scratch, &record))
        return error_set(err, IDEM_CORRUPT, "record %lld cannot be read; run \"idem verify\"", (long long)row->rid);
    emit_text(&x->emit, source ? source->name : (struct str){0});
    emit_text(&x->emit, export_id(x, source, row->record_id, scratch));
    emit_text(&x->emit, identities_text(&x->identities, identities_survivor(&x->identities, row->mid), text));
    if (export_opens(x))
        S_record_values(x, &record, scratch);
    else
        S_record_placeholders(x);
    return emit_end_row(&x->emit, err);
}

static unsigned S_record_columns(struct export *x, struct str *column)
{
    const struct schema *schema = &x->reader.schema;
    unsigned n = 0;
    for (; n < COUNT_OF(CROSSWALK); n++)
        column[n] = CROSSWALK[n];
    for (unsigned f = 0; f < schema->n_fields; f++)
        if (!schema->field[f].derived)
            column[n++] = schema->field[f].name;
    return n;
}

static enum idem_status S_records(struct export *x, struct store_cursor *cursor, struct idem_error *err)
{
    struct arena scratch;
    enum idem_status status = IDEM_OK;
    arena_init(&scratch);
    while (status == IDEM_OK) {
        struct store_record row;
        bool more = false;
        status = store_records_next(cursor, &row, &more, err);
        if (status != IDEM_OK || !more)
            break;
        status = S_record_row(x, &row, &scratch, err);
        arena_reset(&scratch);
    }
    arena_deinit(&scratch);
    return status;
}

enum idem_status export_records(struct export *x, struct idem_error *err)
{
    struct str column[MOST_FIELDS + COUNT_OF(CROSSWALK)];
    struct store_read_options options = {.order = STORE_BY_RID, .values = export_opens(x)};
    struct store_cursor *cursor = NULL;
    unsigned n = S_record_columns(x, column);
    TRY(emit_begin(&x->emit, x->write, x->context, x->options, column, n, err));
    TRY(store_records_open(x->store, &options, &cursor, err));
    enum idem_status status = S_records(x, cursor, err);
    store_records_close(cursor);
    return status;
}

/* ------------------------------------------------------------------ rejects */

static const struct str REJECTS[] = {{"data_source", 11}, {"file", 4},   {"line", 4},
                                     {"reason", 6},       {"run_id", 6}, {"row", 3}};

static enum idem_status S_reject(void *context, const struct store_reject *reject, struct idem_error *err)
{
    struct export *x = context;
    const struct store_source *source = golden_source(&x->reader, reject->source);
    emit_text(&x->emit, source ? source->name : (struct str){0});
    emit_text(&x->emit, reject->file);
    if (reject->line)
        emit_number(&x->emit, (int64_t)reject->line);
    else
        emit_none(&x->emit);
    emit_text(&x->emit, reject->reason);
    emit_number(&x->emit, reject->run);
    if (reject->raw.len)
        emit_text(&x->emit, x->masked ? STR("***") : reject->raw);
    else
        emit_none(&x->emit);
    return emit_end_row(&x->emit, err);
}

enum idem_status export_rejects(struct export *x, struct idem_error *err)
{
    TRY(emit_begin(&x->emit, x->write, x->context, x->options, REJECTS, COUNT_OF(REJECTS), err));
    return store_each_reject(x->store, S_reject, x, err);
}

/* ------------------------------------------------------------------ all */

static const struct {
    export_fn *run;
    bool identities; /* needs the masters' names */
    bool values;     /* shows personal values; the others only record ids */
    const char *name;
} KINDS[] = {
    [IDEM_EXPORT_CROSSWALK] = {export_crosswalk, true, false, "crosswalk"},
    [IDEM_EXPORT_GOLDEN] = {export_golden, true, true, "golden"},
    [IDEM_EXPORT_RECORDS] = {export_records, true, true, "records"},
    [IDEM_EXPORT_REJECTS] = {export_rejects, false, true, "rejects"},
    [IDEM_EXPORT_CHANGES] = {export_changes, true, false, "changes"},
    [IDEM_EXPORT_REVIEW] = {export_review, false, true, "review"},
    [IDEM_EXPORT_ALIASES] = {export_aliases, true, false, "aliases"},
};

static enum idem_status S_note(struct export *x, struct idem_error *err)
{
    bool personal = KINDS[x->options->kind].values;
    if (!personal)
        TRY(audit_personal_ids(x->store, &personal, err));
    if (!personal)
        return IDEM_OK;
    json_t *detail = json_object();
    json_put_str(detail, "kind", str_from(KINDS[x->options->kind].name));
    enum idem_status status =
        audit_disclosure(x->session, &(struct audit_note){.verb = "export", .detail = detail}, err);
    json_decref(detail);
    return status;
}

static enum idem_status S_export(struct export *x, struct idem_error *err)
{
    unsigned kind = x->options->kind;
    TRY(golden_open(x->session, &x->reader, err));
    if (KINDS[kind].identities && !export_is_short(x))
        TRY(identities_load(x->store, &x->identities, err));
    if (KINDS[kind].identities && x->options->canonical && !export_is_short(x)) {
        TRY(S_load_records(x, err));
        identities_name_canonically(&x->identities);
    }
    TRY(S_note(x, err));
    TRY(KINDS[kind].run(x, err));
    return emit_end(&x->emit, err);
}

enum idem_status idem_export(struct idem_session *s, const struct idem_export_options *options, idem_write_fn *write,
                             void *context, struct idem_error *err)
{
    struct export x = {.session = s, .options = options, .write = write, .context = context};
    if ((unsigned)options->kind >= COUNT_OF(KINDS) || (unsigned)options->format > IDEM_JSONL)
        return error_set(err, IDEM_INVALID, "no such export");
    TRY(session_store(s, STORE_READ, &x.store, err));
    TRY(store_snapshot_begin(x.store, err));
    x.masked = session_masked(s);
    enum idem_status status = S_export(&x, err);
    emit_deinit(&x.emit);
    identities_deinit(&x.identities);
    golden_close(&x.reader);
    store_snapshot_end(x.store);
    return status;
}
