#include "matcher/shipped.h"

/* A key, or two joined. */
struct shipped_rule {
    unsigned n;
    enum field_type type[2];
    enum derivation derivation[2];
};

static const struct shipped_rule SHIPPED[] = {
    {1, {FIELD_IDENTIFIER}, {KEY_EXACT}},
    {1, {FIELD_EMAIL}, {KEY_BASE}},
    {1, {FIELD_PHONE}, {KEY_BASE}},
    {1, {FIELD_GIVEN_NAME}, {KEY_ANY_NAME}},
    {2, {FIELD_FAMILY_NAME, FIELD_BIRTH_DATE}, {KEY_PHONETIC, KEY_EXACT}},
    {2, {FIELD_FAMILY_NAME, FIELD_ADDRESS}, {KEY_PHONETIC, KEY_BASE}},
    {1, {FIELD_ORGANISATION}, {KEY_BASE}},
    {1, {FIELD_TITLE}, {KEY_BASE}},
    {1, {FIELD_URL}, {KEY_EXACT}},
    {1, {FIELD_ENCODING}, {KEY_TOKENS}},
    {1, {FIELD_HASHED}, {KEY_EXACT}},
};

void shipped_rules(struct model *m, const struct schema *schema)
{
    m->n_rules = 0;
    for (unsigned i = 0; i < COUNT_OF(SHIPPED); i++)
        for (unsigned f = 0; f < schema->n_fields && m->n_rules < MOST_RULES; f++) {
            const struct shipped_rule *x = &SHIPPED[i];
            int with = x->n > 1 ? schema_find_type(schema, x->type[1]) : 0;
            if (schema->field[f].type != x->type[0] || with < 0)
                continue;
            struct rule *r = &m->rule[m->n_rules++];
            *r = (struct rule){.key = {{(uint8_t)f, (uint8_t)x->derivation[0]}}, .n_keys = (uint8_t)x->n};
            if (x->n > 1)
                r->key[1] = (struct rule_key){(uint8_t)with, (uint8_t)x->derivation[1]};
            if (x->derivation[0] == KEY_ANY_NAME)
                break;
        }
    if (!m->n_rules)
        m->rule[m->n_rules++] = (struct rule){.key = {{0, KEY_ALL}}, .n_keys = 1};
}
