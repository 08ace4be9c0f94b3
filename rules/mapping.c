/* "fields" of a source: which columns a field is read from, and how. */
#include "rules/document.h"
#include "rules/types.h"

/* A mapping as it is read: the context's keys need the field's type, "column" and "join" exclude each other. */
struct mapping_draft {
    struct mapping *mapping;
    const struct field *field;
    bool has_column, has_join, has_constant;
};

bool is_date_type(enum field_type type)
{
    return type == FIELD_BIRTH_DATE || type == FIELD_DATE || type == FIELD_TIMESTAMP;
}

/* Types whose reading depends on the country. */
static bool S_has_country(enum field_type type)
{
    static const bool HAS[FIELD_TYPES] = {
        [FIELD_PHONE] = true,     [FIELD_ADDRESS] = true,    [FIELD_HOUSE_NUMBER] = true, [FIELD_CITY] = true,
        [FIELD_REGION] = true,    [FIELD_POSTCODE] = true,   [FIELD_IDENTIFIER] = true,   [FIELD_ORGANISATION] = true,
        [FIELD_EMPLOYER] = true,  [FIELD_BIRTH_DATE] = true, [FIELD_DATE] = true,         [FIELD_TIMESTAMP] = true,
        [FIELD_FULL_NAME] = true, [FIELD_AMOUNT] = true,     [FIELD_NUMBER] = true,
    };
    return HAS[type];
}

/* ------------------------------------------------------------------ values */

static void S_one_column(struct document *r, struct str column, struct mapped_value *value)
{
    *value = (struct mapped_value){.column = ARENA_NEW(r->out, struct str, 1), .n_columns = 1};
    value->column[0] = column;
}

static enum idem_status S_join_only(struct document *r, const json_t *value, struct mapped_value *joined)
{
    if (json_object_size(value) != 1 || !json_object_get(value, "join"))
        return document_fail(
            r, "must be a column's name or {\"join\": [columns]}; how to read them stands beside \"column\"");
    size_t mark = document_enter_key(r, "join");
    TRY(document_texts(r, json_object_get(value, "join"), &joined->column, &joined->n_columns));
    document_leave(r, mark);
    return IDEM_OK;
}

/* A column, or an array of columns and joins: one value each. */
static enum idem_status S_columns(struct document *r, const json_t *value, struct mapping *m)
{
    bool one = json_is_string(value);
    size_t n = one ? 1 : json_array_size(value);
    if (!one && !json_is_array(value))
        return document_fail(r, "must be a column's name or an array of them");
    if (n == 0 || n > MOST_MAPPED_COLUMNS)
        return document_fail(r, "must name from 1 to %d columns", MOST_MAPPED_COLUMNS);
    m->value = ARENA_NEW(r->out, struct mapped_value, n);
    for (size_t i = 0; i < n; i++) {
        const json_t *element = one ? value : json_array_get(value, i);
        size_t mark = one ? r->place.len : document_enter_index(r, i);
        struct str column;
        if (json_is_object(element)) {
            TRY(S_join_only(r, element, &m->value[i]));
        } else {
            TRY(document_text(r, element, &column));
            for (size_t k = 0; k < i; k++)
                if (m->value[k].n_columns == 1 && str_eq(m->value[k].column[0], column))
                    return document_fail(r, "is named twice");
            S_one_column(r, column, &m->value[i]);
        }
        document_leave(r, mark);
    }
    m->n_values = (unsigned)n;
    return IDEM_OK;
}

static enum idem_status S_read_column(struct document *r, const json_t *value, void *target)
{
    struct mapping_draft *d = target;
    d->has_column = true;
    return S_columns(r, value, d->mapping);
}

static enum idem_status S_read_join(struct document *r, const json_t *value, void *target)
{
    struct mapping_draft *d = target;
    if (d->has_column)
        return document_fail(r, "stands beside \"column\"; only one of column, join and constant can");
    d->has_join = true;
    d->mapping->value = ARENA_NEW(r->out, struct mapped_value, 1);
    d->mapping->n_values = 1;
    if (!json_is_array(value) || json_array_size(value) < 2)
        return document_fail(r, "must be an array of two or more columns");
    return document_texts(r, value, &d->mapping->value[0].column, &d->mapping->value[0].n_columns);
}

static enum idem_status S_read_constant(struct document *r, const json_t *value, void *target)
{
    struct mapping_draft *d = target;
    if (d->has_column || d->has_join)
        return document_fail(r, "stands beside \"%s\"; only one of column, join and constant can",
                             d->has_column ? "column" : "join");
    d->has_constant = true;
    d->mapping->value = ARENA_NEW(r->out, struct mapped_value, 1);
    d->mapping->n_values = 1;
    return document_text(r, value, &d->mapping->value[0].constant);
}

/* ------------------------------------------------------------------ how to read them */

static enum idem_status S_read_split(struct document *r, const json_t *value, void *target)
{
    struct mapping_draft *d = target;
    if (d->has_constant)
        return document_fail(r, "has no effect on a constant");
    return document_text(r, value, &d->mapping->split);
}

/* Patterns of other programs are told by their letters. */
static const char *S_format_fault(struct str format)
{
    static const struct {
        const char *part, *fault;
    } FAULTS[] = {
        {"%", "is not an ICU pattern; write dd/MM/yyyy for %d/%m/%Y"},
        {"YY", "YY is the year of the week; the calendar year is yyyy or yy"},
        {"DD", "DD is the day of the year; the day of the month is dd"},
    };
    for (size_t i = 0; i < COUNT_OF(FAULTS); i++)
        if (str_find(format, str_from(FAULTS[i].part)) != SIZE_MAX)
            return FAULTS[i].fault;
    bool minutes = str_find_byte(format, 'm') != SIZE_MAX, months = str_find_byte(format, 'M') != SIZE_MAX;
    bool hours = str_find_byte(format, 'H') != SIZE_MAX || str_find_byte(format, 'h') != SIZE_MAX;
    if (minutes && !months && !hours)
        return "mm is minutes; months are MM";
    if (str_find_byte(format, 'y') == SIZE_MAX && !months && str_find_byte(format, 'd') == SIZE_MAX)
        return "has neither year (yyyy), month (MM) nor day (dd)";
    return NULL;
}

static enum idem_status S_dates_only(struct document *r, const struct mapping_draft *d)
{
    if (is_date_type(d->field->type))
        return IDEM_OK;
    return document_fail(r, "has no effect: \"%s\" is of type %s, not a date", d->field->name.ptr,
                         field_type_name(d->field->type));
}

static enum idem_status S_read_format(struct document *r, const json_t *value, void *target)
{
    struct mapping_draft *d = target;
    struct str *format = &d->mapping->context.date_format;
    TRY(S_dates_only(r, d));
    TRY(document_text(r, value, format));
    const char *fault = S_format_fault(*format);
    return fault ? document_fail(r, "%s", fault) : IDEM_OK;
}

static enum idem_status S_read_order(struct document *r, const json_t *value, void *target)
{
    struct mapping_draft *d = target;
    int order;
    TRY(S_dates_only(r, d));
    if (d->mapping->context.date_format.len)
        return document_fail(r, "has no effect: \"format\" says the order already");
    TRY(document_word(r, value, &ORDER_WORDS, &order));
    d->mapping->context.date_order = order;
    return IDEM_OK;
}

static enum idem_status S_read_pivot_year(struct document *r, const json_t *value, void *target)
{
    struct mapping_draft *d = target;
    double year;
    TRY(S_dates_only(r, d));
    TRY(document_number(r, value, 1900, 2200, &year));
    d->mapping->context.pivot_year = (int)year;
    return IDEM_OK;
}

static enum idem_status S_read_country(struct document *r, const json_t *value, void *target)
{
    struct mapping_draft *d = target;
    if (!S_has_country(d->field->type))
        return document_fail(r, "has no effect on values of type %s", field_type_name(d->field->type));
    return document_country(r, value, d->mapping->context.country);
}

static enum idem_status S_read_currency(struct document *r, const json_t *value, void *target)
{
    struct mapping_draft *d = target;
    struct str *currency = &d->mapping->context.currency;
    if (d->field->type != FIELD_AMOUNT)
        return document_fail(r, "has no effect on values of type %s", field_type_name(d->field->type));
    TRY(document_text(r, value, currency));
    bool letters = currency->len == 3;
    for (size_t i = 0; i < currency->len && letters; i++)
        letters = currency->ptr[i] >= 'A' && currency->ptr[i] <= 'Z';
    return letters ? IDEM_OK : document_fail(r, "must be three capital letters (ISO 4217), such as \"EUR\"");
}

static const struct key_row ROWS[] = {
    {"column", S_read_column, false},         {"join", S_read_join, false},       {"constant", S_read_constant, false},
    {"split", S_read_split, false},           {"format", S_read_format, false},   {"order", S_read_order, false},
    {"pivot_year", S_read_pivot_year, false}, {"country", S_read_country, false}, {"currency", S_read_currency, false},
};
const struct key_table MAPPING_KEYS = {"mapping", ROWS, COUNT_OF(ROWS)};

/* ------------------------------------------------------------------ all fields of a source */

static enum idem_status S_mapping(struct document *r, const json_t *value, const struct field *field,
                                  const char country[3], struct mapping *m)
{
    struct mapping_draft draft = {.mapping = m, .field = field};
    memcpy(m->context.country, country, 3);
    if (field->type == FIELD_IDENTIFIER)
        m->context.identifier_kind = field->name;
    if (!json_is_object(value))
        return S_columns(r, value, m);
    TRY(document_object(r, value, &MAPPING_KEYS, &draft));
    if (!draft.has_column && !draft.has_join && !draft.has_constant)
        return document_fail(r, "needs one of \"column\", \"join\" and \"constant\"");
    return IDEM_OK;
}

enum idem_status read_mappings(struct document *r, const json_t *value, const char country[3], struct mapping **mapping,
                               unsigned *n)
{
    const char *name;
    json_t *columns;
    unsigned count = 0;
    TRY(document_is_object(r, value));
    if (json_object_size(value) == 0)
        return document_fail(r, "must map at least one field, such as \"full_name\": \"name\"");
    *mapping = ARENA_NEW(r->out, struct mapping, json_object_size(value));
    json_object_foreach((json_t *)(uintptr_t)value, name, columns)
    {
        size_t mark = document_enter_key(r, name);
        struct mapping *m = &(*mapping)[count++];
        TRY(schema_map(r, str_from(name), &m->field));
        TRY(S_mapping(r, columns, &r->config->schema.field[m->field], country, m));
        document_leave(r, mark);
    }
    *n = count;
    return IDEM_OK;
}
