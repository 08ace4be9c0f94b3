#include "engine/row_facts.h"

#include "base/clock.h"

int64_t row_updated_at(struct normalizer *n, const struct source *s, struct str text, struct arena *scratch)
{
    int64_t ms;
    if (!text.len)
        return INT64_MIN;
    if (!s->updated_at_format.len && clock_parse(text, &ms))
        return ms;
    struct norm value;
    struct norm_context context = {.date_format = s->updated_at_format};
    memcpy(context.country, s->country, sizeof context.country);
    normalize_value(n, FIELD_TIMESTAMP, &context, text, scratch, &value);
    bool good = !(value.flags & NORM_INVALID) && clock_parse(value.form[NORM_CANON], &ms);
    return good ? ms : INT64_MIN;
}

static bool S_is_in(struct str text, const struct str *value, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (str_eq_nocase(text, value[i]))
            return true;
    return false;
}

enum entity_kind row_entity(const struct config *c, const struct source *s, struct str text)
{
    if (!s->entity_column.len)
        return s->entity ? s->entity : c->entity;
    if (S_is_in(text, s->person_value, s->n_person_values))
        return ENTITY_PERSON;
    return S_is_in(text, s->organisation_value, s->n_organisation_values) ? ENTITY_ORGANISATION : ENTITY_UNKNOWN;
}

bool row_is_deleted(const struct source *s, struct str text)
{
    static const struct str yes[] = {{"1", 1}, {"true", 4}, {"t", 1}, {"yes", 3}, {"y", 1}, {"d", 1}, {"deleted", 7}};
    if (!text.len)
        return false;
    return s->delete_value.len ? str_eq(text, s->delete_value) : S_is_in(text, yes, COUNT_OF(yes));
}
