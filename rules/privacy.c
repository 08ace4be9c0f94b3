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

static enum idem_status S_policy(struct document *r, const json_t *value, struct config *c, unsigned field)
{
    int policy;
    TRY(document_word(r, value, &POLICY_WORDS, &policy));
    if (c->at_rest == AT_REST_CLEAR && (policy == POLICY_SEALED || policy == POLICY_CLEAR))
        return document_fail(r, "has no effect: \"at_rest\" is \"clear\"");
    c->policy[field] = (enum field_policy)policy;
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

static enum idem_status S_id_policy(struct document *r, const json_t *value, bool *personal)
{
    int token;
    TRY(document_word(r, value, &ID_WORDS, &token));
    *personal = token;
    return IDEM_OK;
}

/* A word for all sources, or an object of source names, "*" for the rest. */
static enum idem_status S_read_record_ids(struct document *r, const json_t *value, void *target)
{
    struct config *c = target;
    const char *name;
    json_t *policy;
    bool all = false;
    const json_t *rest = json_is_object(value) ? json_object_get(value, "*") : value;
    if (rest)
        TRY(S_id_policy(r, rest, &all));
    for (unsigned i = 0; i < c->n_sources; i++)
        c->record_ids_personal[i] = all;
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
        TRY(S_id_policy(r, policy, &c->record_ids_personal[source]));
        document_leave(r, mark);
    }
    return IDEM_OK;
}

static const struct key_row ROWS[] = {{"at_rest", S_read_at_rest, false},
                                      {"key_file", S_read_key_file, false},
                                      {"fields", S_read_policies, false},
                                      {"record_ids", S_read_record_ids, false}};
const struct key_table PRIVACY_KEYS = {"privacy", ROWS, COUNT_OF(ROWS)};

enum idem_status read_privacy(struct document *r, const json_t *value, void *target)
{
    return document_object(r, value, &PRIVACY_KEYS, target);
}
