#include "record/field.h"

static const char *const names[FIELD_TYPES] = {
    [FIELD_GIVEN_NAME] = "given_name",
    [FIELD_MIDDLE_NAME] = "middle_name",
    [FIELD_FAMILY_NAME] = "family_name",
    [FIELD_NAME_SUFFIX] = "name_suffix",
    [FIELD_FULL_NAME] = "full_name",
    [FIELD_ORGANISATION] = "organisation",
    [FIELD_EMPLOYER] = "employer",
    [FIELD_BIRTH_DATE] = "birth_date",
    [FIELD_DATE] = "date",
    [FIELD_TIMESTAMP] = "timestamp",
    [FIELD_GENDER] = "gender",
    [FIELD_EMAIL] = "email",
    [FIELD_PHONE] = "phone",
    [FIELD_ADDRESS] = "address",
    [FIELD_HOUSE_NUMBER] = "house_number",
    [FIELD_CITY] = "city",
    [FIELD_REGION] = "region",
    [FIELD_POSTCODE] = "postcode",
    [FIELD_COUNTRY] = "country",
    [FIELD_IDENTIFIER] = "identifier",
    [FIELD_URL] = "url",
    [FIELD_TITLE] = "title",
    [FIELD_TEXT] = "text",
    [FIELD_NUMBER] = "number",
    [FIELD_AMOUNT] = "amount",
    [FIELD_CURRENCY] = "currency",
    [FIELD_CATEGORY] = "category",
    [FIELD_LATITUDE] = "latitude",
    [FIELD_LONGITUDE] = "longitude",
    [FIELD_ENCODING] = "encoding",
    [FIELD_HASHED] = "hashed",
};

const char *field_type_name(enum field_type type)
{
    return (unsigned)type < FIELD_TYPES ? names[type] : "unknown";
}

bool field_type_parse(struct str name, enum field_type *type)
{
    for (int i = 0; i < FIELD_NAMED_TYPES; i++)
        if (str_eq(name, str_from(names[i]))) {
            *type = (enum field_type)i;
            return true;
        }
    return false;
}

int schema_find(const struct schema *s, struct str name)
{
    for (unsigned i = 0; i < s->n_fields; i++)
        if (str_eq(s->field[i].name, name))
            return (int)i;
    return -1;
}

int schema_find_type(const struct schema *s, enum field_type type)
{
    for (unsigned i = 0; i < s->n_fields; i++)
        if (s->field[i].type == type)
            return (int)i;
    return -1;
}
