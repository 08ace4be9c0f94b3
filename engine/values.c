/* Values without a database: what the matcher sees of one, and how it compares two. */
#include <stdlib.h>

#include "base/charset.h"
#include "base/fmath.h"
#include "base/json.h"
#include "matcher/compare.h"
#include "normalize/normalize.h"

enum { MOST_VALUE_BYTES = 1 << 20 };

struct idem_model {
    struct normalizer *normalizer;
    struct norm_context context;
};

/* The names of the forms that a type's values have, by their number; "" where it has none. */
struct form_names {
    const char *name[NORM_FORMS];
};

static const struct form_names TEXT_FORMS = {{"canon", "latin", "phon", "nick", "tokens", "base", "acronym", "legal"}};
static const struct form_names PERSON_FORMS = {
    {"canon", "latin", "phon", "nick", "tokens", "base", "generation", "reading"}};
static const struct form_names EMAIL_FORMS = {{"canon", "local", "domain", "", "tokens", "base", "", ""}};
static const struct form_names URL_FORMS = {{"canon", "", "domain", "", "tokens", "base", "", ""}};
static const struct form_names PHONE_FORMS = {{"canon", "ext", "", "", "tokens", "base", "", ""}};
static const struct form_names ADDRESS_FORMS = {{"canon", "number", "unit", "box", "tokens", "base", "", ""}};

/* A whole name is an organisation's when it has a base. */
static const struct form_names *S_form_names(enum field_type type, const struct norm *norm)
{
    static const struct {
        enum field_type type;
        const struct form_names *names;
    } SPECIAL[] = {{FIELD_GIVEN_NAME, &PERSON_FORMS},
                   {FIELD_MIDDLE_NAME, &PERSON_FORMS},
                   {FIELD_FAMILY_NAME, &PERSON_FORMS},
                   {FIELD_EMAIL, &EMAIL_FORMS},
                   {FIELD_URL, &URL_FORMS},
                   {FIELD_PHONE, &PHONE_FORMS},
                   {FIELD_ADDRESS, &ADDRESS_FORMS}};
    for (size_t i = 0; i < COUNT_OF(SPECIAL); i++)
        if (SPECIAL[i].type == type)
            return SPECIAL[i].names;
    bool person = type == FIELD_FULL_NAME && !norm->form[NORM_BASE].len;
    return person ? &PERSON_FORMS : &TEXT_FORMS;
}

static json_t *S_flags(uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } NAMES[] = {
        {NORM_GENERIC, "generic"}, {NORM_INVALID, "invalid"}, {NORM_PARTIAL, "partial"}, {NORM_UNSURE, "unsure"}};
    json_t *list = json_array();
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        if (flags & NAMES[i].flag)
            json_array_append_new(list, json_string(NAMES[i].name));
    return list;
}

static json_t *S_value(enum field_type type, struct str raw, const struct norm *norm)
{
    const struct form_names *names = S_form_names(type, norm);
    json_t *value = json_object(), *forms = json_object();
    json_put_str(value, "type", str_from(field_type_name(type)));
    json_put_str(value, "value", raw);
    for (unsigned i = 0; i < NORM_FORMS; i++)
        if (norm->form[i].len && names->name[i][0])
            json_put_str(forms, names->name[i], norm->form[i]);
    json_put(value, "forms", forms);
    json_put(value, "flags", S_flags(norm->flags));
    return value;
}

static json_t *S_pieces(struct idem_model *m, enum field_type type, struct str raw, struct arena *scratch)
{
    struct norm_piece piece[MOST_PIECES];
    json_t *list = json_array();
    unsigned n = normalize_split(m->normalizer, type, &m->context, raw, scratch, piece);
    for (unsigned i = 0; i < n; i++) {
        struct norm norm = {0};
        normalize_value(m->normalizer, piece[i].type, &m->context, piece[i].raw, scratch, &norm);
        json_array_append_new(list, S_value(piece[i].type, piece[i].raw, &norm));
    }
    return list;
}

/* Type by name; a wrong one is answered with the nearest. */
static enum idem_status S_type(const char *name, enum field_type *type, struct idem_error *err)
{
    const char *known[FIELD_NAMED_TYPES];
    if (field_type_parse(str_from(name), type))
        return IDEM_OK;
    for (unsigned i = 0; i < FIELD_NAMED_TYPES; i++)
        known[i] = field_type_name((enum field_type)i);
    const char *nearest = json_nearest_key(str_from(name), known, FIELD_NAMED_TYPES);
    if (nearest)
        return error_set(err, IDEM_INVALID, "\"%s\" is not a type, did you mean \"%s\"?", name, nearest);
    return error_set(err, IDEM_INVALID, "\"%s\" is not a type; docs/types.md lists them (email, phone, full_name, ...)",
                     name);
}

static enum idem_status S_check(struct idem_str value, struct idem_error *err)
{
    struct str s = {value.ptr, value.len};
    if (s.len > MOST_VALUE_BYTES)
        return error_set(err, IDEM_LIMIT, "the value is longer than %d bytes", MOST_VALUE_BYTES);
    if (charset_utf8_invalid(s) != s.len || str_find_byte(s, 0) != SIZE_MAX)
        return error_set(err, IDEM_INVALID, "the value is not UTF-8 text");
    return IDEM_OK;
}

enum idem_status idem_model_open(const char *country, struct idem_model **out, struct idem_error *err)
{
    *out = NULL;
    if (country && *country &&
        (strlen(country) != 2 || !(country[0] >= 'A' && country[0] <= 'Z') ||
         !(country[1] >= 'A' && country[1] <= 'Z')))
        return error_set(err, IDEM_INVALID, "\"%s\" is not a country: two capital letters (ISO 3166), as DE", country);
    struct idem_model *m = xcalloc(1, sizeof *m);
    if (country && *country)
        memcpy(m->context.country, country, 3);
    enum idem_status status = normalizer_new(&m->normalizer, err);
    if (status == IDEM_OK)
        *out = m;
    else
        free(m);
    return status;
}

void idem_model_close(struct idem_model *m)
{
    if (!m)
        return;
    normalizer_free(m->normalizer);
    free(m);
}

enum idem_status idem_normalize(struct idem_model *m, const char *type, struct idem_str value, char **json,
                                struct idem_error *err)
{
    enum field_type kind;
    struct arena scratch;
    struct norm norm = {0};
    struct str raw = {value.ptr, value.len};
    *json = NULL;
    TRY(S_type(type, &kind, err));
    TRY(S_check(value, err));
    arena_init(&scratch);
    normalize_value(m->normalizer, kind, &m->context, raw, &scratch, &norm);
    json_t *result = S_value(kind, raw, &norm);
    json_put(result, "pieces", S_pieces(m, kind, raw, &scratch));
    *json = json_text(result);
    json_decref(result);
    arena_deinit(&scratch);
    return IDEM_OK;
}

/* Level two values reach under the type's default comparison, LEVEL_NULL when either says nothing. */
static unsigned S_level(enum comparison_kind kind, const struct norm *left, const struct norm *right)
{
    struct compare_context context = {0};
    struct name_parts a = {0}, b = {0};
    unsigned given, family;
    if (!left->form[NORM_CANON].len || !right->form[NORM_CANON].len)
        return LEVEL_NULL;
    if (kind != CMP_GIVEN && kind != CMP_FAMILY)
        return compare_values(kind, &context, left, right);
    if (kind == CMP_GIVEN) {
        a.given[a.n_given++] = *left;
        b.given[b.n_given++] = *right;
    } else {
        a.family[a.n_family++] = *left;
        b.family[b.n_family++] = *right;
    }
    compare_names(&a, &b, &given, &family);
    return kind == CMP_GIVEN ? given : family;
}

static void S_put_level(json_t *result, enum comparison_kind kind, unsigned level)
{
    const struct comparison_info *info = comparison_info(kind);
    if (level == LEVEL_NULL) {
        json_put_str(result, "level", STR("missing"));
        json_put(result, "match_weight", json_real(0));
        json_put_str(result, "verdict", STR("missing"));
        return;
    }
    double weight = weight_to_bits(weight_from_bits(fmath_log2(info->level[level].m / info->level[level].u)));
    json_put_str(result, "comparison", str_from(info->name));
    json_put_str(result, "level", str_from(info->level[level].name));
    json_put(result, "m", json_real(info->level[level].m));
    json_put(result, "u", json_real(info->level[level].u));
    json_put(result, "match_weight", json_real(weight));
    json_put_str(result, "verdict", weight > 0 ? STR("agree") : STR("differ"));
}

enum idem_status idem_compare(struct idem_model *m, const char *type, struct idem_str left, struct idem_str right,
                              char **json, struct idem_error *err)
{
    enum field_type field;
    enum comparison_kind kind;
    struct str raw[2] = {{left.ptr, left.len}, {right.ptr, right.len}};
    struct norm norm[2] = {{0}, {0}};
    struct arena scratch;
    *json = NULL;
    TRY(S_type(type, &field, err));
    TRY(S_check(left, err));
    TRY(S_check(right, err));
    if (!comparison_kind_of(field, &kind))
        return error_set(err, IDEM_INVALID, "values of type \"%s\" are not compared; see \"idem normalize\"", type);
    arena_init(&scratch);
    for (unsigned i = 0; i < 2; i++)
        normalize_value(m->normalizer, field, &m->context, raw[i], &scratch, &norm[i]);
    json_t *result = json_object();
    json_put_str(result, "type", str_from(type));
    json_put(result, "left", S_value(field, raw[0], &norm[0]));
    json_put(result, "right", S_value(field, raw[1], &norm[1]));
    S_put_level(result, kind, S_level(kind, &norm[0], &norm[1]));
    *json = json_text(result);
    json_decref(result);
    arena_deinit(&scratch);
    return IDEM_OK;
}
