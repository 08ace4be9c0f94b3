/* "privacy": what is sealed, what is kept, under which key. */
#include "rules/document.h"

static enum idem_status S_read_at_rest(struct document *r, const json_t *value, void *target)
{
    int at_rest;
    TRY(document_word(r, value, &AT_REST_WORDS, &at_rest));
    ((struct config *)target)->at_rest = (enum at_rest)at_rest;
    return IDEM_OK;
}

static enum idem_status S_read_key_file(struct document *r, const json_t *value, void *target)
{
    struct config *c = target;
    if (c->at_rest == AT_REST_CLEAR)
        return document_fail(r, "has no effect: \"at_rest\" is \"clear\"");
    return document_text(r, value, &c->key_file);
}

static enum idem_status S_read_ledger(struct document *r, const json_t *value, void *target)
{
    return document_text(r, value, &((struct config *)target)->ledger);
}

static bool S_rule_uses(const struct match_rule *rule, unsigned field)
{
    bool used = false;
    for (unsigned i = 0; i < rule->n_when; i++)
        used |= rule->when[i] == field;
    for (unsigned i = 0; i < rule->n_differ; i++)
        used |= rule->differ[i] == field;
    return used;
}

static bool S_blocking_uses(const struct blocking_rule *rule, unsigned field)
{
    bool used = false;
    for (unsigned i = 0; i < rule->n_keys; i++)
        used |= rule->key[i].field == field;
    return used;
}

/* The part of the document that looks at a field's values, or NULL. */
static const char *S_used_by(const struct document *r, unsigned field)
{
    const struct config *c = r->config;
    for (unsigned i = 0; i < c->n_rules; i++)
        if (S_rule_uses(&c->rule[i], field))
            return "matching.rules";
    for (unsigned i = 0; i < c->n_comparisons; i++)
        if (c->comparison[i].field == field)
            return "matching.comparisons";
    for (unsigned i = 0; i < c->n_blocking; i++)
        if (S_blocking_uses(&c->blocking[i], field))
            return "matching.blocking";
    for (unsigned i = 0; i < c->n_quality; i++)
        if (c->quality[i].kind != QUALITY_ROWS && c->quality[i].field == field)
            return "quality";
    const json_t *survivorship = json_object_get(r->root, "survivorship");
    return json_object_get(survivorship, c->schema.field[field].name.ptr) ? "survivorship" : NULL;
}

static unsigned S_without(struct mapping *mapping, unsigned n, unsigned field)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < n; i++)
        if (mapping[i].field != field)
            mapping[kept++] = mapping[i];
    return kept;
}

/* What is not to be kept is not read: no source maps it any more. */
static enum idem_status S_drop(struct document *r, struct config *c, unsigned field)
{
    const char *user = S_used_by(r, field);
    if (user)
        return document_fail(r, "the field is not read, but %s looks at it", user);
    for (unsigned s = 0; s < c->n_sources; s++) {
        struct source *source = &c->source[s];
        source->n_mappings = S_without(source->mapping, source->n_mappings, field);
        for (unsigned a = 0; a < source->n_also; a++)
            source->also[a].n_mappings = S_without(source->also[a].mapping, source->also[a].n_mappings, field);
    }
    return IDEM_OK;
}

static enum idem_status S_policy(struct document *r, const json_t *value, struct config *c, unsigned field)
{
    int policy;
    TRY(document_word(r, value, &POLICY_WORDS, &policy));
    if (c->at_rest == AT_REST_CLEAR && (policy == POLICY_SEALED || policy == POLICY_CLEAR))
        return document_fail(r, "has no effect: \"at_rest\" is \"clear\"");
    c->policy[field] = (enum field_policy)policy;
    if (policy == POLICY_HASHED)
        TRY(hash_field(r, field));
    if (policy == POLICY_DROP)
        TRY(S_drop(r, c, field));
    if (policy == POLICY_SEALED || policy == POLICY_CLEAR)
        c->schema.field[field].personal = policy == POLICY_SEALED;
    return IDEM_OK;
}

static enum idem_status S_read_policies(struct document *r, const json_t *value, void *target)
{
    const char *name;
    json_t *policy;
    TRY(document_is_object(r, value));
    json_object_foreach((json_t *)(uintptr_t)value, name, policy)
    {
        unsigned field;
        size_t mark = document_enter_key(r, name);
        TRY(document_field_name(r, str_from(name), &field));
        TRY(S_policy(r, policy, target, field));
        document_leave(r, mark);
    }
    return IDEM_OK;
}

static enum idem_status S_id_policy(struct document *r, const json_t *value, enum id_policy *out)
{
    int policy;
    TRY(document_word(r, value, &ID_WORDS, &policy));
    if (policy == ID_HASHED && r->config->at_rest == AT_REST_CLEAR)
        return document_fail(r, "tokens are made with a key, and with \"at_rest\": \"clear\" there is none");
    *out = (enum id_policy)policy;
    return IDEM_OK;
}

/* A word for all sources, or an object of source names, "*" for the rest. */
static enum idem_status S_read_record_ids(struct document *r, const json_t *value, void *target)
{
    struct config *c = target;
    const char *name;
    json_t *policy;
    enum id_policy all = ID_CLEAR;
    const json_t *rest = json_is_object(value) ? json_object_get(value, "*") : value;
    if (rest)
        TRY(S_id_policy(r, rest, &all));
    for (unsigned i = 0; i < c->n_sources; i++)
        c->record_ids[i] = all;
    if (!json_is_object(value))
        return IDEM_OK;
    json_object_foreach((json_t *)(uintptr_t)value, name, policy)
    {
        if (strcmp(name, "*") == 0)
            continue;
        size_t mark = document_enter_key(r, name);
        unsigned source;
        json_t *text = json_string(name);
        enum idem_status status = document_source(r, text, &source);
        json_decref(text);
        TRY(status);
        TRY(S_id_policy(r, policy, &c->record_ids[source]));
        document_leave(r, mark);
    }
    return IDEM_OK;
}

static const struct key_row ROWS[] = {{"at_rest", S_read_at_rest, false},
                                      {"key_file", S_read_key_file, false},
                                      {"ledger", S_read_ledger, false},
                                      {"fields", S_read_policies, false},
                                      {"record_ids", S_read_record_ids, false}};
const struct key_table PRIVACY_KEYS = {"privacy", ROWS, COUNT_OF(ROWS)};

enum idem_status read_privacy(struct document *r, const json_t *value, void *target)
{
    return document_object(r, value, &PRIVACY_KEYS, target);
}
