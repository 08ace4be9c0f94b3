/* "fields" of the document, and the schema that all mappings together make. */
#include <stdlib.h>

#include "rules/document.h"
#include "rules/types.h"

struct field_entry {
    bool has_type, has_personal;
    enum field_type type;
    bool personal;
};

static enum idem_status S_read_type(struct document *r, const json_t *value, void *target)
{
    struct field_entry *entry = target;
    const char *known[FIELD_NAMED_TYPES];
    struct str name;
    TRY(document_text(r, value, &name));
    entry->has_type = true;
    if (field_type_parse(name, &entry->type))
        return IDEM_OK;
    for (unsigned i = 0; i < FIELD_NAMED_TYPES; i++)
        known[i] = field_type_name((enum field_type)i);
    return document_fail_name(r, "unknown type", name, known, FIELD_NAMED_TYPES);
}

static enum idem_status S_read_pii(struct document *r, const json_t *value, void *target)
{
    struct field_entry *entry = target;
    entry->has_personal = true;
    return document_bool(r, value, &entry->personal);
}

static const struct key_row ROWS[] = {{"type", S_read_type, false}, {"pii", S_read_pii, false}};
const struct key_table FIELD_KEYS = {"field", ROWS, COUNT_OF(ROWS)};

/* ------------------------------------------------------------------ the schema */

/* What "fields" of the document says of a name; reports its own errors at their own place. */
static enum idem_status S_entry(struct document *r, const char *name, struct field_entry *entry, bool *found)
{
    const json_t *value = json_object_get(json_object_get(r->root, "fields"), name);
    *found = value != NULL;
    *entry = (struct field_entry){0};
    if (!value)
        return IDEM_OK;
    struct buf outer = r->place;
    r->place = (struct buf){0};
    document_enter_key(r, "fields");
    document_enter_key(r, name);
    enum idem_status status = document_object(r, value, &FIELD_KEYS, entry);
    if (status == IDEM_OK && !entry->has_type && !entry->has_personal)
        status = document_fail(r, "has no effect; say its \"type\" or \"pii\", or remove it");
    buf_deinit(&r->place);
    r->place = outer;
    return status;
}

static enum idem_status S_add(struct document *r, struct str name, enum field_type type, bool personal, bool derived,
                              unsigned *field)
{
    struct schema *schema = &r->config->schema;
    if (schema->n_fields == MOST_FIELDS)
        return document_fail(r, "more than %d fields, those that full names and addresses are split into counted",
                             MOST_FIELDS);
    *field = schema->n_fields;
    schema->field[schema->n_fields++] =
        (struct field){.name = str_copy(r->out, name), .type = type, .personal = personal, .derived = derived};
    return IDEM_OK;
}

static enum idem_status S_unknown_name(struct document *r, struct str name)
{
    const char *known[256];
    size_t n = 0;
    const char *key;
    json_t *entry;
    json_object_foreach(json_object_get(r->root, "fields"), key, entry) if (n < COUNT_OF(known) / 2) known[n++] = key;
    for (size_t i = 0; known_field_name(i) && n < COUNT_OF(known); i++)
        known[n++] = known_field_name(i);
    const char *nearest = json_nearest_key(name, known, n);
    if (nearest)
        return document_fail(
            r, "unknown field, did you mean \"%s\"? Or give its type: \"fields\": {\"%s\": {\"type\": ...}}", nearest,
            name.ptr);
    return document_fail(r, "unknown field; give its type: \"fields\": {\"%s\": {\"type\": ...}}, or use a known name",
                         name.ptr);
}

enum idem_status schema_map(struct document *r, struct str name, unsigned *field)
{
    struct field_entry entry;
    enum field_type type;
    bool has_entry;
    int found = schema_find(&r->config->schema, name);
    if (found >= 0) {
        *field = (unsigned)found;
        return IDEM_OK;
    }
    if (!document_is_field_name(name))
        return document_fail(r, "a field's name is letters, digits and _, at most 64");
    TRY(S_entry(r, name.ptr, &entry, &has_entry));
    if (entry.has_type)
        type = entry.type;
    else if (!type_of_known_field(name, &type))
        return S_unknown_name(r, name);
    return S_add(r, name, type, entry.has_personal ? entry.personal : type_info(type)->personal, false, field);
}

/* ------------------------------------------------------------------ derived fields */

static const enum field_type OF_NAME[] = {FIELD_GIVEN_NAME, FIELD_MIDDLE_NAME, FIELD_FAMILY_NAME, FIELD_NAME_SUFFIX,
                                          FIELD_ORGANISATION};
static const enum field_type OF_ADDRESS[] = {FIELD_HOUSE_NUMBER, FIELD_CITY, FIELD_REGION, FIELD_POSTCODE,
                                             FIELD_COUNTRY};

static enum idem_status S_derive(struct document *r, enum field_type from, const enum field_type *type, size_t n)
{
    struct schema *schema = &r->config->schema;
    int whole = schema_find_type(schema, from);
    if (whole < 0)
        return IDEM_OK;
    for (size_t i = 0; i < n; i++) {
        struct str name = str_from(field_type_name(type[i]));
        struct field_entry entry;
        bool has_entry;
        unsigned field;
        if (schema_find_type(schema, type[i]) >= 0)
            continue;
        if (schema_find(schema, name) >= 0)
            return document_fail_at(r, name.ptr, "is what \"%s\" is split into; it cannot have another type",
                                    schema->field[whole].name.ptr);
        TRY(S_entry(r, name.ptr, &entry, &has_entry));
        TRY(S_add(r, name, type[i], entry.has_personal ? entry.personal : schema->field[whole].personal, true, &field));
    }
    return IDEM_OK;
}

enum idem_status schema_derive(struct document *r)
{
    size_t mark = document_enter_key(r, "fields");
    TRY(S_derive(r, FIELD_FULL_NAME, OF_NAME, COUNT_OF(OF_NAME)));
    TRY(S_derive(r, FIELD_ADDRESS, OF_ADDRESS, COUNT_OF(OF_ADDRESS)));
    document_leave(r, mark);
    return IDEM_OK;
}

/* Entries were read where their fields are mapped; what is left has no effect. */
enum idem_status read_fields(struct document *r, const json_t *value, void *target)
{
    const char *name;
    json_t *entry;
    (void)target;
    TRY(document_is_object(r, value));
    json_object_foreach((json_t *)(uintptr_t)value, name, entry)
    {
        unsigned field;
        size_t mark = document_enter_key(r, name);
        struct field_entry read = {0};
        TRY(document_object(r, entry, &FIELD_KEYS, &read));
        TRY(document_field_name(r, str_from(name), &field));
        if (r->config->schema.field[field].derived && read.has_type && read.type != r->config->schema.field[field].type)
            return document_fail(r, "is split off another field and keeps its type");
        document_leave(r, mark);
    }
    return IDEM_OK;
}
