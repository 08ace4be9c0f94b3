/*
 * "hashed": of the field's values nothing is kept but keyed tokens. What looks into a value, and not only at whether
 * two are the same, cannot be configured for it.
 */
#include "rules/document.h"
#include "rules/types.h"

#define FEW "has few values, and how often a token stands would tell which it is; \"sealed\" or \"drop\" it"

/* Types of so few values that how often each token stands tells which it is, and those whose values are not compared
 * or are tokens already. */
static const struct {
    enum field_type type;
    const char *why;
} REFUSED[] = {
    {FIELD_GENDER, FEW},
    {FIELD_NAME_SUFFIX, FEW},
    {FIELD_COUNTRY, FEW},
    {FIELD_CURRENCY, FEW},
    {FIELD_CATEGORY, FEW},
    {FIELD_TIMESTAMP, "is never compared, so that a token of it is of no use; \"sealed\" or \"drop\" it"},
    {FIELD_ENCODING, "is made of tokens already; it is compared by its parts, which a token has not"},
};

static enum idem_status S_check_type(struct document *r, enum field_type type)
{
    for (size_t i = 0; i < COUNT_OF(REFUSED); i++)
        if (REFUSED[i].type == type)
            return document_fail(r, "the type %s %s", field_type_name(type), REFUSED[i].why);
    return IDEM_OK;
}

static enum idem_status S_check_comparison(struct document *r, const struct comparison_override *c, struct str name)
{
    for (unsigned l = 0; l < c->n_levels; l++)
        if (!str_eq(c->level[l], STR("exact")))
            return document_fail(r,
                                 "tokens are the same or not, but matching.comparisons.%.*s names the level \"%.*s\"; "
                                 "a hashed field has \"exact\" alone",
                                 STR_ARG(name), STR_ARG(c->level[l]));
    if (c->frequency_table.len)
        return document_fail(
            r, "matching.comparisons.%.*s.term_frequency names a table of values, but there are tokens", STR_ARG(name));
    return IDEM_OK;
}

static enum idem_status S_check_key(struct document *r, const struct blocking_key *key, struct str name)
{
    if (!key->derivation.len || str_eq(key->derivation, STR("exact")))
        return IDEM_OK;
    return document_fail(r,
                         "matching.blocking needs a part of the value (\"%.*s.%.*s\"), but there are tokens; a hashed "
                         "field has the key \"%.*s\" alone",
                         STR_ARG(name), STR_ARG(key->derivation), STR_ARG(name));
}

enum idem_status hash_field(struct document *r, unsigned field)
{
    struct config *c = r->config;
    struct field *f = &c->schema.field[field];
    const json_t *survivorship = json_object_get(r->root, "survivorship");
    if (c->at_rest == AT_REST_CLEAR)
        return document_fail(r, "tokens are made with a key, and with \"at_rest\": \"clear\" there is none");
    TRY(S_check_type(r, f->type));
    for (unsigned i = 0; i < c->n_comparisons; i++)
        if (c->comparison[i].field == field)
            TRY(S_check_comparison(r, &c->comparison[i], f->name));
    for (unsigned i = 0; i < c->n_blocking; i++)
        for (unsigned k = 0; k < c->blocking[i].n_keys; k++)
            if (c->blocking[i].key[k].field == field)
                TRY(S_check_key(r, &c->blocking[i].key[k], f->name));
    if (c->survivor[field] == SURVIVE_COMPLETE && json_object_get(survivorship, f->name.ptr))
        return document_fail(r, "survivorship.%.*s: most_complete looks at the value, but there are tokens",
                             STR_ARG(f->name));
    f->plain = f->type;
    f->type = FIELD_HASHED;
    f->personal = true;
    return IDEM_OK;
}
