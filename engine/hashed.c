#include "engine/hashed.h"

#include "normalize/hashed_text.h"

static const char DOMAIN_PREFIX[] = "hashed:";

struct str hashed_value(const struct keyring *k, struct normalizer *n, const struct field *field,
                        const struct norm_context *context, struct str raw, struct arena *out)
{
    struct norm value;
    uint8_t token[HASHED_TOKEN_BYTES];
    normalize_value(n, field->plain, context, raw, out, &value);
    if (!value.form[NORM_CANON].len)
        return (struct str){0};
    struct str domain = arena_printf(out, "%s%.*s", DOMAIN_PREFIX, STR_ARG(field->name));
    seal_kept_token(k, SEAL_ENCODINGS, domain, value.form[NORM_CANON], token);
    return hashed_text(token, value.flags, out);
}

enum idem_status hashed_single(const struct idem_session *s, const struct field *field, struct str raw,
                               struct arena *out, struct str *text, struct idem_error *err)
{
    struct normalizer *n;
    struct norm_context context = {.country = ""};
    hashed_country(s->config, context.country);
    if (field->plain == FIELD_IDENTIFIER)
        context.identifier_kind = field->name;
    TRY(normalizer_new(&n, err));
    *text = hashed_value(s->keys, n, field, &context, raw, out);
    normalizer_free(n);
    return IDEM_OK;
}

bool hashed_any(const struct schema *s)
{
    for (unsigned f = 0; f < s->n_fields; f++)
        if (s->field[f].type == FIELD_HASHED)
            return true;
    return false;
}

bool hashed_ids_any(const struct config *c)
{
    for (unsigned i = 0; i < c->n_sources; i++)
        if (c->record_ids[i] == ID_HASHED)
            return true;
    return false;
}

void hashed_country(const struct config *c, char country[3])
{
    for (unsigned i = 0; c && i < c->n_sources; i++) {
        if (i && strcmp(c->source[i].country, c->source[0].country) != 0)
            return;
    }
    if (c && c->n_sources)
        memcpy(country, c->source[0].country, 3);
}
