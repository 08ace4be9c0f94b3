#include "engine/apply_fit.h"

#include "base/file.h"
#include "engine/apply_ahead.h"
#include "engine/apply_put.h"
#include "engine/memory_limit.h"
#include "engine/reference.h"

/* Links are looked up by record id while pairs are scored. */
static bool S_has_links(const struct load *l)
{
    return l->n_links || l->n_linked;
}

static enum idem_status S_put_values_away(struct apply_run *r, const char *folder, struct idem_error *err)
{
    if (r->first && r->writes && !reference_any(r->config))
        return apply_ahead_start(r, err);
    apply_hashes(r);
    if (r->first && r->planning) {
        apply_forget_raw(r);
        return IDEM_OK;
    }
    return put_away_raw(&r->away, folder, &r->load.batch, err);
}

static enum idem_status S_make_lean(struct apply_run *r, struct idem_error *err)
{
    struct arena scratch = {0};
    void **const more[] = {(void **)&r->hash, (void **)&r->rid};
    const char *folder = str_cstr(&scratch, file_folder(&scratch, str_from(r->session->db_path)));
    enum idem_status status = S_put_values_away(r, folder, err);
    if (status == IDEM_OK && !S_has_links(&r->load))
        status = put_away_facts(&r->away, folder, &r->load, more, COUNT_OF(more), err);
    arena_deinit(&scratch);
    r->keys.slim = &r->model;
    return status;
}

enum idem_status apply_fit(struct apply_run *r, struct idem_error *err)
{
    uint64_t n = r->load.batch.n_rows;
    r->lean = n && !memory_fits(r->options->memory, memory_for_training(n));
    if (!r->lean)
        return apply_ahead_start(r, err);
    TRY(S_make_lean(r, err));
    return r->estimating ? IDEM_OK : memory_check(r->options->memory, r->read_held, memory_for_lean(n), n, err);
}

enum idem_status apply_unfit(struct apply_run *r, struct idem_error *err)
{
    struct matching *m = &r->matching;
    if (!r->lean)
        return IDEM_OK;
    if (!m->n_forced && !m->n_overruled) { /* nobody asks for a weight again */
        scorer_deinit(&m->scorer);
        m->scorer.model = &r->model;
        m->scorer.batch = &r->load.batch;
    }
    return put_away_back(&r->away, &r->load, err);
}
