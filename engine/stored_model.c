#include "engine/stored_model.h"

static bool S_keys_fit(const struct rule_key *key, unsigned n, unsigned n_fields)
{
    for (unsigned i = 0; i < n; i++)
        if (key[i].field >= n_fields)
            return false;
    return true;
}

static bool S_fits(const struct model *m, unsigned n_fields)
{
    for (unsigned i = 0; i < m->n_comparisons; i++)
        if (m->comparison[i].field >= n_fields)
            return false;
    for (unsigned i = 0; i < m->n_rules; i++)
        if (!S_keys_fit(m->rule[i].key, m->rule[i].n_keys, n_fields) ||
            !S_keys_fit(m->rule[i].refine, m->rule[i].n_refine, n_fields))
            return false;
    return true;
}

enum idem_status stored_model_unpack(struct store *store, const struct store_model *stored, struct arena *out,
                                     struct model *m, struct idem_error *err)
{
    struct arena scratch = {0};
    struct schema *schema = ARENA_NEW(&scratch, struct schema, 1);
    enum idem_status status = store_get_fields(store, &scratch, schema, err);
    if (status == IDEM_OK && (!model_unpack(stored->body, out, m) || !S_fits(m, schema->n_fields)))
        status = error_set(err, IDEM_CORRUPT, "the stored model cannot be read: run apply --retrain");
    arena_deinit(&scratch);
    return status;
}
