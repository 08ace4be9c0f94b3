#include "rules/types.h"

#include "matcher/compare.h"

#define NAME "name"
#define ADDRESS "address"

/* Derivations are the matcher's: a test holds them to it. */
static const struct type_info TYPES[FIELD_TYPES] = {
    {FIELD_GIVEN_NAME, true, SURVIVE_PRIORITY, NAME, "exact phonetic first3 initial tokens nickname any_name", true,
     "a person's first name or names"},
    {FIELD_MIDDLE_NAME, true, SURVIVE_PRIORITY, NAME, "exact phonetic first3 initial tokens", true,
     "further given names, patronymic"},
    {FIELD_FAMILY_NAME, true, SURVIVE_PRIORITY, NAME, "exact phonetic first3 initial tokens any_name", true,
     "a person's last name or names"},
    {FIELD_NAME_SUFFIX, true, SURVIVE_PRIORITY, NAME, "exact", false, "Jr, Sr, III, PhD"},
    {FIELD_FULL_NAME, true, SURVIVE_PRIORITY, NAME, "exact phonetic first3 tokens rare_tokens nickname", true,
     "a whole name in one value, of a person or an organisation; it is split"},
    {FIELD_ORGANISATION, true, SURVIVE_PRIORITY, NULL, "exact phonetic first3 tokens rare_tokens base", true,
     "the name of a company, authority, club"},
    {FIELD_EMPLOYER, true, SURVIVE_PRIORITY, NULL, "exact phonetic first3 tokens rare_tokens base", true,
     "where a person works"},
    {FIELD_BIRTH_DATE, true, SURVIVE_FREQUENCY, NULL, "exact year month_day", true,
     "date of birth; partial dates are fine"},
    {FIELD_DATE, false, SURVIVE_RECENCY, NULL, "exact year month_day", true,
     "any other date that says something of identity (founded, admitted)"},
    {FIELD_TIMESTAMP, false, SURVIVE_RECENCY, NULL, "exact", false, "a moment; kept, never compared"},
    {FIELD_GENDER, true, SURVIVE_FREQUENCY, NULL, "exact", true, "f, m, x in many languages"},
    {FIELD_EMAIL, true, SURVIVE_PRIORITY, NULL, "exact base local tokens", true, "an e-mail address"},
    {FIELD_PHONE, true, SURVIVE_PRIORITY, NULL, "exact base digits", true, "a telephone or fax number"},
    {FIELD_ADDRESS, true, SURVIVE_PRIORITY, ADDRESS, "exact tokens rare_tokens base", true,
     "street address, or a whole address in one value; it is split"},
    {FIELD_HOUSE_NUMBER, true, SURVIVE_PRIORITY, ADDRESS, "exact base", true, "12, 12a, 12-14"},
    {FIELD_CITY, true, SURVIVE_PRIORITY, ADDRESS, "exact phonetic first3 base", true, "city, town, suburb"},
    {FIELD_REGION, true, SURVIVE_PRIORITY, ADDRESS, "exact phonetic first3 base", true, "state, province, county"},
    {FIELD_POSTCODE, true, SURVIVE_PRIORITY, ADDRESS, "exact base", true, "postal or zip code"},
    {FIELD_COUNTRY, true, SURVIVE_PRIORITY, ADDRESS, "exact", true, "a country by name or code"},
    {FIELD_IDENTIFIER, true, SURVIVE_PRIORITY, NULL, "exact base digits", true,
     "any account, tax, passport, loyalty or device number"},
    {FIELD_URL, false, SURVIVE_PRIORITY, NULL, "exact", true, "a web address"},
    {FIELD_TITLE, false, SURVIVE_COMPLETE, NULL, "exact tokens rare_tokens word_pairs base", true,
     "the name of a thing: product, publication"},
    {FIELD_TEXT, false, SURVIVE_COMPLETE, NULL, "exact tokens rare_tokens word_pairs", true,
     "free text: description, list of authors"},
    {FIELD_NUMBER, false, SURVIVE_RECENCY, NULL, "exact", true, "a plain number"},
    {FIELD_AMOUNT, false, SURVIVE_RECENCY, NULL, "exact", true, "a sum of money"},
    {FIELD_CURRENCY, false, SURVIVE_RECENCY, NULL, "exact", true, "a currency by code or sign"},
    {FIELD_CATEGORY, false, SURVIVE_RECENCY, NULL, "exact", true, "one of a few values"},
    {FIELD_LATITUDE, true, SURVIVE_PRIORITY, ADDRESS, "exact cell", true, "degrees north"},
    {FIELD_LONGITUDE, true, SURVIVE_PRIORITY, ADDRESS, "exact cell", true, "degrees east"},
    {FIELD_ENCODING, true, SURVIVE_PRIORITY, NULL, "exact tokens rare_tokens", false,
     "a record that another party has encoded for linkage"},
    {FIELD_HASHED, true, SURVIVE_PRIORITY, NULL, "exact", true, "keyed tokens in place of values"},
};

/* Names beside those of the types themselves. */
static const struct {
    const char *name;
    enum field_type type;
} KNOWN[] = {
    {"mobile", FIELD_PHONE},
    {"home_phone", FIELD_PHONE},
    {"work_phone", FIELD_PHONE},
    {"fax", FIELD_PHONE},
    {"work_email", FIELD_EMAIL},
    {"home_email", FIELD_EMAIL},
    {"birth_name", FIELD_FAMILY_NAME},
    {"alias", FIELD_FULL_NAME},
    {"home_address", FIELD_ADDRESS},
    {"work_address", FIELD_ADDRESS},
    {"birth_place", FIELD_TEXT},
    {"nationality", FIELD_CATEGORY},
    {"website", FIELD_URL},
    {"national_id", FIELD_IDENTIFIER},
    {"tax_id", FIELD_IDENTIFIER},
    {"vat_id", FIELD_IDENTIFIER},
    {"ssn", FIELD_IDENTIFIER},
    {"passport_no", FIELD_IDENTIFIER},
    {"driving_licence", FIELD_IDENTIFIER},
    {"loyalty_no", FIELD_IDENTIFIER},
    {"customer_no", FIELD_IDENTIFIER},
    {"account_no", FIELD_IDENTIFIER},
    {"contract_no", FIELD_IDENTIFIER},
    {"insurance_no", FIELD_IDENTIFIER},
    {"patient_no", FIELD_IDENTIFIER},
    {"employee_no", FIELD_IDENTIFIER},
    {"registration_no", FIELD_IDENTIFIER},
    {"duns", FIELD_IDENTIFIER},
    {"lei", FIELD_IDENTIFIER},
    {"iban", FIELD_IDENTIFIER},
    {"card_no", FIELD_IDENTIFIER},
    {"device_id", FIELD_IDENTIFIER},
    {"user_name", FIELD_IDENTIFIER},
    {"product_no", FIELD_IDENTIFIER},
    {"gtin", FIELD_IDENTIFIER},
    {"isbn", FIELD_IDENTIFIER},
    {"doi", FIELD_IDENTIFIER},
    {"founded", FIELD_DATE},
    {"authors", FIELD_TEXT},
    {"venue", FIELD_TEXT},
    {"manufacturer", FIELD_TEXT},
    {"brand", FIELD_TEXT},
    {"description", FIELD_TEXT},
    {"year", FIELD_NUMBER},
    {"price", FIELD_AMOUNT},
};

const struct type_info *type_info(enum field_type type)
{
    return &TYPES[type];
}

unsigned type_levels(enum field_type type, const char *name[MOST_TYPE_LEVELS])
{
    enum comparison_kind kind;
    unsigned n = 0;
    if (!comparison_kind_of(type, &kind))
        return 0;
    for (; n + 1 < comparison_levels(kind) && n < MOST_TYPE_LEVELS; n++)
        name[n] = comparison_info(kind)->level[n].name;
    return n;
}

bool type_of_known_field(struct str name, enum field_type *type)
{
    if (field_type_parse(name, type))
        return true;
    for (size_t i = 0; i < COUNT_OF(KNOWN); i++)
        if (str_eq(name, str_from(KNOWN[i].name))) {
            *type = KNOWN[i].type;
            return true;
        }
    return false;
}

const char *known_field_name(size_t i)
{
    if (i < FIELD_NAMED_TYPES)
        return field_type_name((enum field_type)i);
    return i - FIELD_NAMED_TYPES < COUNT_OF(KNOWN) ? KNOWN[i - FIELD_NAMED_TYPES].name : NULL;
}
