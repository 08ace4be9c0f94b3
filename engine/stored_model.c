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

enum idem_status stored_model_in_use(struct store *store, struct arena *scratch, int64_t *id, struct idem_error *err)
{
    enum { RUNS_AT_ONCE = 8 };
    *id = 0;
    for (size_t most = RUNS_AT_ONCE;; most *= RUNS_AT_ONCE) {
        struct store_run *run;
        size_t n;
        TRY(store_get_runs(store, most, scratch, &run, &n, err));
        for (size_t i = 0; i < n && !*id; i++)
            *id = run[i].committed ? run[i].model : 0;
        if (*id || n < most)
            return IDEM_OK;
    }
}
