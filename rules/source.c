/* "sources" and "links". */
#include "base/charset.h"
#include "rules/document.h"

enum { MOST_SOURCES = COUNT_OF(((struct config *)0)->record_ids), MOST_ALSO = 64 };

/* ------------------------------------------------------------------ how a file is written */

static enum idem_status S_format(struct document *r, const json_t *value, struct ingest_options *read)
{
    int format;
    TRY(document_word(r, value, &FORMAT_WORDS, &format));
    read->format = (enum ingest_format)format;
    return IDEM_OK;
}

static enum idem_status S_encoding(struct document *r, const json_t *value, struct ingest_options *read)
{
    struct charset_converter *converter;
    struct idem_error ignored;
    TRY(document_text(r, value, &read->encoding));
    if (charset_open(read->encoding, &converter, &ignored) != IDEM_OK)
        return document_fail(r, "no such encoding; try UTF-8, windows-1252, ISO-8859-15, UTF-16LE, Shift_JIS");
    charset_close(converter);
    return IDEM_OK;
}

static enum idem_status S_csv_only(struct document *r, const struct ingest_options *read)
{
    return read->format == INGEST_JSONL ? document_fail(r, "has no effect on JSON lines") : IDEM_OK;
}

static enum idem_status S_delimiter(struct document *r, const json_t *value, struct ingest_options *read)
{
    struct str text;
    TRY(S_csv_only(r, read));
    TRY(document_text(r, value, &text));
    if (str_eq(text, STR("tab")))
        text = STR("\t");
    if (text.len != 1 || (unsigned char)text.ptr[0] >= 0x80 || strchr("\"\r\n", text.ptr[0]))
        return document_fail(r, "must be one character, such as \",\", \";\", \"|\" or \"tab\"");
    read->delimiter = text.ptr[0];
    return IDEM_OK;
}

static enum idem_status S_quote(struct document *r, const json_t *value, struct ingest_options *read)
{
    struct str text;
    TRY(S_csv_only(r, read));
    TRY(document_text(r, value, &text));
    if (str_eq(text, STR("none"))) {
        read->quote = '\1';
        return IDEM_OK;
    }
    if (text.len != 1 || (unsigned char)text.ptr[0] >= 0x80 || strchr("\r\n", text.ptr[0]))
        return document_fail(r, "must be one character, such as \"'\", or \"none\"");
    if (text.ptr[0] == read->delimiter)
        return document_fail(r, "is the delimiter as well");
    read->quote = text.ptr[0];
    return IDEM_OK;
}

static enum idem_status S_header(struct document *r, const json_t *value, struct ingest_options *read)
{
    bool header;
    TRY(S_csv_only(r, read));
    TRY(document_bool(r, value, &header));
    read->header = header ? HEADER_YES : HEADER_NO;
    return IDEM_OK;
}

static enum idem_status S_most_expansion(struct document *r, const json_t *value, struct ingest_options *read)
{
    enum { MOST = 1000000 };
    json_int_t times = json_integer_value(value);
    if (!json_is_integer(value) || times < 1 || times > MOST)
        return document_fail(r, "must be a whole number from 1 to %d", MOST);
    read->most_expansion = (uint32_t)times;
    return IDEM_OK;
}

/* The same keys for a source and its further files. */
#define READ_FILE_KEY(prefix, type, key)                                                                               \
    static enum idem_status prefix##key(struct document *r, const json_t *value, void *target)                         \
    {                                                                                                                  \
        return S##key(r, value, &((type *)target)->read);                                                              \
    }
READ_FILE_KEY(S_source, struct source, _format)
READ_FILE_KEY(S_source, struct source, _encoding)
READ_FILE_KEY(S_source, struct source, _delimiter)
READ_FILE_KEY(S_source, struct source, _quote)
READ_FILE_KEY(S_source, struct source, _header)
READ_FILE_KEY(S_source, struct source, _most_expansion)
READ_FILE_KEY(S_also, struct also_file, _format)
READ_FILE_KEY(S_also, struct also_file, _encoding)
READ_FILE_KEY(S_also, struct also_file, _delimiter)
READ_FILE_KEY(S_also, struct also_file, _quote)
READ_FILE_KEY(S_also, struct also_file, _header)
READ_FILE_KEY(S_also, struct also_file, _most_expansion)

/* ------------------------------------------------------------------ plain keys */

static bool S_is_pattern(struct str path)
{
    for (size_t i = 0; i < path.len; i++)
        if (strchr("*?[", path.ptr[i]))
            return true;
    return false;
}

static enum idem_status S_read_name(struct document *r, const json_t *value, void *target)
{
    struct source *s = target;
    TRY(document_text(r, value, &s->name));
    for (size_t i = 0; i < s->name.len; i++) {
        char c = s->name.ptr[i];
        bool fine =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("_.-", c));
        if (!fine || s->name.len > 64)
            return document_fail(r, "a source's name is letters, digits, _ . and -, at most 64");
    }
    for (unsigned i = 0; i < r->config->n_sources; i++)
        if (&r->config->source[i] != s && str_eq(r->config->source[i].name, s->name))
            return document_fail(r, "\"%s\" is the name of sources[%u] too", s->name.ptr, i);
    return IDEM_OK;
}

static enum idem_status S_read_path(struct document *r, const json_t *value, void *target)
{
    return document_text(r, value, &((struct source *)target)->path);
}

static enum idem_status S_read_files(struct document *r, const json_t *value, void *target)
{
    struct source *s = target;
    int files;
    TRY(document_word(r, value, &FILES_WORDS, &files));
    if (!S_is_pattern(s->path))
        return document_fail(r, "has no effect: \"path\" names one file; write a pattern, such as crm_*.csv");
    s->files = (enum source_files)files;
    return IDEM_OK;
}

static enum idem_status S_read_optional(struct document *r, const json_t *value, void *target)
{
    return document_bool(r, value, &((struct source *)target)->optional);
}

static enum idem_status S_read_unique(struct document *r, const json_t *value, void *target)
{
    return document_bool(r, value, &((struct source *)target)->unique);
}

static enum idem_status S_read_rows(struct document *r, const json_t *value, void *target)
{
    int rows;
    TRY(document_word(r, value, &ROWS_WORDS, &rows));
    ((struct source *)target)->rows = (enum source_rows)rows;
    return IDEM_OK;
}

static enum idem_status S_read_mode(struct document *r, const json_t *value, void *target)
{
    int mode;
    TRY(document_word(r, value, &MODE_WORDS, &mode));
    ((struct source *)target)->mode = (enum source_mode)mode;
    return IDEM_OK;
}

static enum idem_status S_read_role(struct document *r, const json_t *value, void *target)
{
    int role;
    TRY(document_word(r, value, &ROLE_WORDS, &role));
    ((struct source *)target)->role = (enum source_role)role;
    return IDEM_OK;
}

static enum idem_status S_read_priority(struct document *r, const json_t *value, void *target)
{
    double priority;
    TRY(document_number(r, value, 1, 1e6, &priority));
    if (!json_is_integer(value))
        return document_fail(r, "must be a whole number; 1 wins");
    ((struct source *)target)->priority = (unsigned)priority;
    return IDEM_OK;
}

static enum idem_status S_read_country(struct document *r, const json_t *value, void *target)
{
    return document_country(r, value, ((struct source *)target)->country);
}

/* ------------------------------------------------------------------ record id, time, deletion */

static enum idem_status S_read_id_join(struct document *r, const json_t *value, void *target)
{
    struct source *s = target;
    if (!json_is_array(value) || json_array_size(value) < 2)
        return document_fail(r, "must be an array of two or more columns");
    return document_texts(r, value, &s->record_id_join.column, &s->record_id_join.n_columns);
}

static const struct key_row RECORD_ID_ROWS[] = {{"join", S_read_id_join, true}};
const struct key_table RECORD_ID_KEYS = {"record_id", RECORD_ID_ROWS, COUNT_OF(RECORD_ID_ROWS)};

static enum idem_status S_read_record_id(struct document *r, const json_t *value, void *target)
{
    struct source *s = target;
    if (json_is_array(value))
        return document_fail(r, "several columns are joined by {\"join\": [\"a\", \"b\"]}");
    return json_is_object(value) ? document_object(r, value, &RECORD_ID_KEYS, s)
                                 : document_text(r, value, &s->record_id);
}

static enum idem_status S_read_updated_column(struct document *r, const json_t *value, void *target)
{
    return document_text(r, value, &((struct source *)target)->updated_at);
}

static enum idem_status S_read_updated_format(struct document *r, const json_t *value, void *target)
{
    return document_text(r, value, &((struct source *)target)->updated_at_format);
}

static const struct key_row UPDATED_AT_ROWS[] = {{"column", S_read_updated_column, true},
                                                 {"format", S_read_updated_format, false}};
const struct key_table UPDATED_AT_KEYS = {"updated_at", UPDATED_AT_ROWS, COUNT_OF(UPDATED_AT_ROWS)};

static enum idem_status S_read_updated_at(struct document *r, const json_t *value, void *target)
{
    return json_is_object(value) ? document_object(r, value, &UPDATED_AT_KEYS, target)
                                 : S_read_updated_column(r, value, target);
}

static enum idem_status S_read_delete_column(struct document *r, const json_t *value, void *target)
{
    return document_text(r, value, &((struct source *)target)->delete_flag);
}

static enum idem_status S_read_delete_value(struct document *r, const json_t *value, void *target)
{
    return document_text(r, value, &((struct source *)target)->delete_value);
}

static const struct key_row DELETE_ROWS[] = {{"column", S_read_delete_column, true},
                                             {"value", S_read_delete_value, false}};
const struct key_table DELETE_KEYS = {"delete", DELETE_ROWS, COUNT_OF(DELETE_ROWS)};

static enum idem_status S_read_delete(struct document *r, const json_t *value, void *target)
{
    const struct source *s = target;
    if (s->mode != MODE_DELTA)
        return document_fail(r, "has no effect: only a source with \"mode\": \"delta\" says what is deleted");
    return json_is_object(value) ? document_object(r, value, &DELETE_KEYS, target)
                                 : S_read_delete_column(r, value, target);
}

/* ------------------------------------------------------------------ entity */

static enum idem_status S_read_entity_column(struct document *r, const json_t *value, void *target)
{
    return document_text(r, value, &((struct source *)target)->entity_column);
}

static enum idem_status S_read_person(struct document *r, const json_t *value, void *target)
{
    struct source *s = target;
    return document_texts(r, value, &s->person_value, &s->n_person_values);
}

static enum idem_status S_read_organisation(struct document *r, const json_t *value, void *target)
{
    struct source *s = target;
    TRY(document_texts(r, value, &s->organisation_value, &s->n_organisation_values));
    for (unsigned i = 0; i < s->n_organisation_values; i++)
        for (unsigned k = 0; k < s->n_person_values; k++)
            if (str_eq_nocase(s->organisation_value[i], s->person_value[k]))
                return document_fail(r, "\"%s\" means a person already", s->organisation_value[i].ptr);
    return IDEM_OK;
}

static const struct key_row ENTITY_ROWS[] = {{"column", S_read_entity_column, true},
                                             {"person", S_read_person, false},
                                             {"organisation", S_read_organisation, false}};
const struct key_table ENTITY_KEYS = {"entity", ENTITY_ROWS, COUNT_OF(ENTITY_ROWS)};

/* A kind, or a column with the values that mean a person and an organisation. `target` is a struct source. */
enum idem_status read_entity(struct document *r, const json_t *value, void *target)
{
    struct source *s = target;
    int kind;
    s->entity = ENTITY_UNKNOWN;
    s->entity_column = (struct str){0};
    s->n_person_values = s->n_organisation_values = 0;
    if (!json_is_object(value)) {
        TRY(document_word(r, value, &ENTITY_WORDS, &kind));
        s->entity = (enum entity_kind)kind;
        return IDEM_OK;
    }
    TRY(document_object(r, value, &ENTITY_KEYS, s));
    if (!s->n_person_values && !s->n_organisation_values)
        return document_fail(r, "say which values mean what: \"person\": [...], \"organisation\": [...]");
    return IDEM_OK;
}

/* ------------------------------------------------------------------ fields and further files */

static enum idem_status S_read_source_fields(struct document *r, const json_t *value, void *target)
{
    struct source *s = target;
    return read_mappings(r, value, s->country, &s->mapping, &s->n_mappings);
}

static enum idem_status S_read_also_path(struct document *r, const json_t *value, void *target)
{
    return document_text(r, value, &((struct also_file *)target)->path);
}

static enum idem_status S_read_also_key(struct document *r, const json_t *value, void *target)
{
    return document_text(r, value, &((struct also_file *)target)->key);
}

/* The mapping is read behind the object: it needs the source's country. */
static enum idem_status S_read_also_fields(struct document *r, const json_t *value, void *target)
{
    (void)target;
    return document_is_object(r, value);
}

static const struct key_row ALSO_ROWS[] = {
    {"path", S_read_also_path, true},       {"key", S_read_also_key, true},
    {"format", S_also_format, false},       {"encoding", S_also_encoding, false},
    {"delimiter", S_also_delimiter, false}, {"quote", S_also_quote, false},
    {"header", S_also_header, false},       {"most_expansion", S_also_most_expansion, false},
    {"fields", S_read_also_fields, true},
};
const struct key_table ALSO_KEYS = {"also", ALSO_ROWS, COUNT_OF(ALSO_ROWS)};

static enum idem_status S_also(struct document *r, const json_t *value, const struct source *s, struct also_file *a)
{
    TRY(document_object(r, value, &ALSO_KEYS, a));
    size_t mark = document_enter_key(r, "fields");
    TRY(read_mappings(r, json_object_get(value, "fields"), s->country, &a->mapping, &a->n_mappings));
    document_leave(r, mark);
    return IDEM_OK;
}

static enum idem_status S_read_also(struct document *r, const json_t *value, void *target)
{
    struct source *s = target;
    TRY(document_is_array(r, value));
    size_t n = json_array_size(value);
    if (n > MOST_ALSO)
        return document_fail(r, "more than %d further files", MOST_ALSO);
    s->also = ARENA_NEW(r->out, struct also_file, n);
    for (size_t i = 0; i < n; i++) {
        size_t mark = document_enter_index(r, i);
        TRY(S_also(r, json_array_get(value, i), s, &s->also[i]));
        s->n_also++;
        document_leave(r, mark);
    }
    return IDEM_OK;
}

static const struct key_row SOURCE_ROWS[] = {
    {"name", S_read_name, true},
    {"path", S_read_path, true},
    {"files", S_read_files, false},
    {"optional", S_read_optional, false},
    {"format", S_source_format, false},
    {"encoding", S_source_encoding, false},
    {"delimiter", S_source_delimiter, false},
    {"quote", S_source_quote, false},
    {"most_expansion", S_source_most_expansion, false},
    {"header", S_source_header, false},
    {"entity", read_entity, false},
    {"country", S_read_country, false},
    {"record_id", S_read_record_id, true},
    {"updated_at", S_read_updated_at, false},
    {"priority", S_read_priority, false},
    {"unique", S_read_unique, false},
    {"rows", S_read_rows, false},
    {"mode", S_read_mode, false},
    {"delete", S_read_delete, false},
    {"role", S_read_role, false},
    {"fields", S_read_source_fields, true},
    {"also", S_read_also, false},
};
const struct key_table SOURCE_KEYS = {"source", SOURCE_ROWS, COUNT_OF(SOURCE_ROWS)};

/* Reference sources rank behind all others where the document does not say. */
static enum idem_status S_roles(struct document *r, struct config *c)
{
    unsigned normal = 0;
    for (unsigned i = 0; i < c->n_sources; i++) {
        struct source *s = &c->source[i];
        normal += s->role == ROLE_NORMAL;
        if (!s->priority)
            s->priority = i + 1 + (s->role == ROLE_REFERENCE ? c->n_sources : 0);
    }
    return normal ? IDEM_OK
                  : document_fail(r, "are all of role \"reference\", which makes no master; one must be \"normal\"");
}

enum idem_status read_sources(struct document *r, const json_t *value, void *target)
{
    struct config *c = target;
    TRY(document_is_array(r, value));
    size_t n = json_array_size(value);
    if (n == 0)
        return document_fail(r, "must name at least one source");
    if (n > MOST_SOURCES)
        return document_fail(r, "more than %d sources", (int)MOST_SOURCES);
    c->source = ARENA_NEW(r->out, struct source, n);
    for (size_t i = 0; i < n; i++) {
        struct source *s = &c->source[i];
        size_t mark = document_enter_index(r, i);
        *s = r->entity_default;
        s->priority = 0;
        c->n_sources = (unsigned)i + 1;
        TRY(document_object(r, json_array_get(value, i), &SOURCE_KEYS, s));
        if (s->role == ROLE_REFERENCE && s->mode == MODE_DELTA)
            return document_fail_at(r, "role", "a reference source is read whole; leave out \"mode\": \"delta\"");
        document_leave(r, mark);
    }
    return S_roles(r, c);
}

/* ------------------------------------------------------------------ links */

static enum idem_status S_read_link_source(struct document *r, const json_t *value, void *target)
{
    return document_source(r, value, &((struct link *)target)->source);
}

static enum idem_status S_read_link_to(struct document *r, const json_t *value, void *target)
{
    return document_source(r, value, &((struct link *)target)->to);
}

static enum idem_status S_read_link_column(struct document *r, const json_t *value, void *target)
{
    return document_text(r, value, &((struct link *)target)->column);
}

static enum idem_status S_read_link_as(struct document *r, const json_t *value, void *target)
{
    int strong;
    TRY(document_word(r, value, &EVIDENCE_WORDS, &strong));
    ((struct link *)target)->strong = strong;
    return IDEM_OK;
}

static const struct key_row LINK_ROWS[] = {{"source", S_read_link_source, true},
                                           {"column", S_read_link_column, true},
                                           {"to", S_read_link_to, true},
                                           {"as", S_read_link_as, false}};
const struct key_table LINK_KEYS = {"link", LINK_ROWS, COUNT_OF(LINK_ROWS)};

enum idem_status read_links(struct document *r, const json_t *value, void *target)
{
    struct config *c = target;
    TRY(document_is_array(r, value));
    c->link = ARENA_NEW(r->out, struct link, json_array_size(value));
    for (size_t i = 0; i < json_array_size(value); i++) {
        size_t mark = document_enter_index(r, i);
        TRY(document_object(r, json_array_get(value, i), &LINK_KEYS, &c->link[i]));
        c->n_links++;
        document_leave(r, mark);
    }
    return IDEM_OK;
}
