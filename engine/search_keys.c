#include "engine/search_keys.h"

#include <assert.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "matcher/keys.h"
#include "store/segment.h"

/* What a field offers to a search, best first, and the derivations of blocking rules that serve as well. */
struct offer {
    enum field_type type;
    enum derivation derivation;
    unsigned as_well; /* bits of enum derivation */
    bool refined_too; /* also such that need further fields where a block is large */
};

#define AS_WELL(d) (1u << (d))

static const struct offer OFFERS[] = {
    {FIELD_GIVEN_NAME, KEY_ANY_NAME, AS_WELL(KEY_ANY_NAME), false},
    {FIELD_FAMILY_NAME, KEY_PHONETIC, AS_WELL(KEY_PHONETIC), false},
    {FIELD_FULL_NAME, KEY_TOKENS, AS_WELL(KEY_TOKENS), false},
    {FIELD_ORGANISATION, KEY_RARE_TOKENS, AS_WELL(KEY_RARE_TOKENS) | AS_WELL(KEY_TOKENS), true},
    {FIELD_EMAIL, KEY_BASE, AS_WELL(KEY_EXACT) | AS_WELL(KEY_BASE) | AS_WELL(KEY_LOCAL), false},
    {FIELD_PHONE, KEY_DIGITS, AS_WELL(KEY_EXACT) | AS_WELL(KEY_BASE) | AS_WELL(KEY_DIGITS), false},
    {FIELD_BIRTH_DATE, KEY_EXACT, AS_WELL(KEY_EXACT), true},
    {FIELD_IDENTIFIER, KEY_EXACT, AS_WELL(KEY_EXACT) | AS_WELL(KEY_DIGITS), false},
    {FIELD_TITLE, KEY_RARE_TOKENS, AS_WELL(KEY_RARE_TOKENS) | AS_WELL(KEY_TOKENS), true},
    {FIELD_URL, KEY_EXACT, AS_WELL(KEY_EXACT), true},
    {FIELD_HASHED, KEY_EXACT, AS_WELL(KEY_EXACT), true},
};

static bool S_compares_all(const struct model *m)
{
    for (unsigned r = 0; r < m->n_rules; r++)
        if (m->rule[r].key[0].derivation == KEY_ALL)
            return true;
    return false;
}

/* Does a blocking rule of one key find what this key would? */
static bool S_is_covered(const struct model *m, unsigned field, const struct offer *offer)
{
    for (unsigned r = 0; r < m->n_rules; r++) {
        const struct rule *rule = &m->rule[r];
        bool same_field = rule->key[0].field == field || offer->derivation == KEY_ANY_NAME;
        bool whole = rule->n_keys == 1 && (!rule->n_oversized || offer->refined_too);
        if (whole && same_field && (offer->as_well & AS_WELL(rule->key[0].derivation)))
            return true;
    }
    return false;
}

unsigned search_rules(const struct model *m, const struct schema *schema, struct search_rule rule[MOST_SEARCH_RULES])
{
    unsigned n = 0;
    bool named = schema_find_type(schema, FIELD_GIVEN_NAME) >= 0 && schema_find_type(schema, FIELD_FAMILY_NAME) >= 0;
    if (S_compares_all(m))
        return 0;
    for (unsigned o = 0; o < COUNT_OF(OFFERS); o++)
        for (unsigned f = 0; f < schema->n_fields && n < MOST_SEARCH_RULES; f++) {
            const struct offer *offer = &OFFERS[o];
            bool whole_name = offer->type == FIELD_FULL_NAME && named;
            if (schema->field[f].type != offer->type || whole_name || S_is_covered(m, f, offer))
                continue;
            rule[n++] = (struct search_rule){{.key = {{(uint8_t)f, (uint8_t)offer->derivation}}, .n_keys = 1},
                                             SEARCH_RULE_FIRST + o * MOST_FIELDS + f};
            if (offer->derivation == KEY_ANY_NAME)
                break;
        }
    return n;
}

/* ------------------------------------------------------------------ the index */

struct key_work {
    const struct search_rule *rule;
    const struct model *model;
    const struct batch *batch;
    struct rule_keys *keys;
};

static void S_make_keys(void *context, size_t item, unsigned worker)
{
    struct key_work *w = context;
    (void)worker;
    rule_keys_init(&w->keys[item], w->model, &w->rule[item].rule, w->batch, false);
}

static enum idem_status S_put(struct store *store, const struct search_rule *rule, const struct rule_keys *keys,
                              uint32_t n_rows, const int64_t *rid, unsigned threads, struct idem_error *err)
{
    assert(keys->at);
    size_t n = keys->at[n_rows];
    struct key_row *entry = xmalloc((n + 1) * sizeof *entry), *scratch = xmalloc((n + 1) * sizeof *scratch);
    for (uint32_t row = 0; row < n_rows; row++)
        for (uint32_t i = keys->at[row]; i < keys->at[row + 1]; i++)
            entry[i] = (struct key_row){keys->key[i], (uint32_t)rid[row]};
    enum idem_status status = segment_put(store, rule->number, entry, scratch, n, threads, err);
    free(entry);
    free(scratch);
    return status;
}

enum idem_status search_keys_put(struct store *store, const struct model *m, const struct batch *b, const int64_t *rid,
                                 unsigned threads, struct idem_error *err)
{
    struct search_rule rule[MOST_SEARCH_RULES];
    struct rule_keys keys[MOST_SEARCH_RULES];
    unsigned n = search_rules(m, b->schema, rule);
    struct key_work work = {rule, m, b, keys};
    enum idem_status status = IDEM_OK;
    memset(keys, 0, sizeof keys);
    if (threads > 1)
        parallel_for(threads, n, S_make_keys, &work);
    for (unsigned i = 0; i < n; i++) {
        if (threads == 1) /* one after the other: they need not all be held */
            S_make_keys(&work, i, 0);
        if (status == IDEM_OK)
            status = S_put(store, &rule[i], &keys[i], b->n_rows, rid, threads, err);
        rule_keys_deinit(&keys[i]);
    }
    return status;
}
