#include "normalize/normalizer.h"

#include <stdlib.h>

#include "normalize/address_template.h"
#include "normalize/generic.h"
#include "normalize/reading.h"
#include "normalize_version.h"

struct type_row {
    normalize_fn *normalize;
    split_fn *split; /* NULL: does not split */
    bool words;      /* of words: placeholders are told here, the other types know their own */
};

static const struct type_row types[FIELD_TYPES] = {
    [FIELD_GIVEN_NAME] = {normalize_given_name, NULL, true},
    [FIELD_MIDDLE_NAME] = {normalize_middle_name, NULL, true},
    [FIELD_FAMILY_NAME] = {normalize_family_name, NULL, true},
    [FIELD_NAME_SUFFIX] = {normalize_name_suffix, NULL, false},
    [FIELD_FULL_NAME] = {normalize_full_name, split_full_name, true},
    [FIELD_ORGANISATION] = {normalize_organisation, NULL, true},
    [FIELD_EMPLOYER] = {normalize_organisation, NULL, true},
    [FIELD_BIRTH_DATE] = {normalize_birth_date, NULL, false},
    [FIELD_DATE] = {normalize_date, NULL, false},
    [FIELD_TIMESTAMP] = {normalize_timestamp, NULL, false},
    [FIELD_GENDER] = {normalize_gender, NULL, false},
    [FIELD_EMAIL] = {normalize_email, NULL, false},
    [FIELD_PHONE] = {normalize_phone, NULL, false},
    [FIELD_ADDRESS] = {normalize_address, split_address, false},
    [FIELD_HOUSE_NUMBER] = {normalize_house_number, NULL, false},
    [FIELD_CITY] = {normalize_city, NULL, true},
    [FIELD_REGION] = {normalize_region, NULL, true},
    [FIELD_POSTCODE] = {normalize_postcode, NULL, false},
    [FIELD_COUNTRY] = {normalize_country, NULL, false},
    [FIELD_IDENTIFIER] = {normalize_identifier, NULL, false},
    [FIELD_URL] = {normalize_url, NULL, false},
    [FIELD_TITLE] = {normalize_title, NULL, true},
    [FIELD_TEXT] = {normalize_text, NULL, true},
    [FIELD_NUMBER] = {normalize_number, NULL, false},
    [FIELD_AMOUNT] = {normalize_amount, NULL, false},
    [FIELD_CURRENCY] = {normalize_currency, NULL, false},
    [FIELD_CATEGORY] = {normalize_category, NULL, true},
    [FIELD_LATITUDE] = {normalize_latitude, NULL, false},
    [FIELD_LONGITUDE] = {normalize_longitude, NULL, false},
    [FIELD_ENCODING] = {normalize_encoding, NULL, false},
    [FIELD_HASHED] = {normalize_hashed, NULL, false},
};

static const struct norm_context no_context;

enum idem_status normalizer_new(struct normalizer **out, struct idem_error *err)
{
    struct normalizer *n = xcalloc(1, sizeof *n);
    n->reading = xcalloc(1, sizeof *n->reading);
    arena_init(&n->scratch);
    enum idem_status status = unicode_open(&n->unicode, err);
    if (status != IDEM_OK) {
        normalizer_free(n);
        n = NULL;
    }
    *out = n;
    return status;
}

void normalizer_free(struct normalizer *n)
{
    if (!n)
        return;
    unicode_close(n->unicode);
    arena_deinit(&n->scratch);
    simple_names_free(n->names);
    address_templates_free(n->templates);
    free(n->reading);
    buf_deinit(&n->fold);
    buf_deinit(&n->strip);
    buf_deinit(&n->text);
    buf_deinit(&n->more);
    free(n);
}

/* Nothing but white space, also of the wider kinds. */
static bool S_is_blank(struct str raw)
{
    while (raw.len) {
        if ((unsigned char)raw.ptr[0] > ' ' && (unsigned char)raw.ptr[0] < 0x7f)
            return false;
        if (!unicode_is_space(unicode_next(&raw)))
            return false;
    }
    return true;
}

/* "unknown unknown": nothing but placeholders. */
static bool S_all_generic(struct str canon)
{
    struct str token;
    while (str_next_token(&canon, " ", &token))
        if (!generic_text(token))
            return false;
    return true;
}

static bool S_is_generic(struct normalizer *n, struct str raw, struct str canon)
{
    struct str folded = normalizer_fold(n, raw);
    if (generic_text(folded))
        return true;
    bool one_word = str_find_byte(canon, ' ') == SIZE_MAX;
    return one_word ? !str_eq(folded, canon) && generic_text(canon) : S_all_generic(canon) || generic_text(canon);
}

void normalize_value(struct normalizer *n, enum field_type type, const struct norm_context *context, struct str raw,
                     struct arena *out, struct norm *value)
{
    *value = (struct norm){0};
    if ((unsigned)type >= FIELD_TYPES || S_is_blank(raw))
        return;
    normalizer_begin(n);
    n->reading->kept = false;
    types[type].normalize(n, context ? context : &no_context, raw, out, value);
    if (!value->form[NORM_CANON].len)
        normalizer_invalid(n, raw, out, value);
    if (types[type].words && S_is_generic(n, raw, value->form[NORM_CANON]))
        value->flags |= NORM_GENERIC;
}

unsigned normalize_split(struct normalizer *n, enum field_type type, const struct norm_context *context, struct str raw,
                         struct arena *out, struct norm_piece piece[MOST_PIECES])
{
    if ((unsigned)type >= FIELD_TYPES || !types[type].split || S_is_blank(raw))
        return 0;
    normalizer_begin(n);
    n->reading->kept = false;
    return types[type].split(n, context ? context : &no_context, raw, out, piece);
}

unsigned normalize_both(struct normalizer *n, enum field_type type, const struct norm_context *context, struct str raw,
                        struct arena *out, struct norm *value, struct norm_piece piece[MOST_PIECES])
{
    normalize_value(n, type, context, raw, out, value);
    if ((unsigned)type >= FIELD_TYPES || !types[type].split || S_is_blank(raw))
        return 0;
    return types[type].split(n, context ? context : &no_context, raw, out, piece); /* scratch holds what was read */
}

const char *normalize_version(void)
{
    return NORMALIZE_VERSION;
}
