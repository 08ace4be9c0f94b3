#include "engine/apply_fit.h"

#include "base/file.h"
#include "engine/apply_ahead.h"
#include "engine/apply_put.h"
#include "engine/load_source.h"
#include "engine/memory_limit.h"
#include "engine/reference.h"

/* What a run holds of a byte of its files is less than that, but of files of a few short columns. */
enum { MOST_OF_A_BYTE = 8 };

/* Does the run fit whatever the files hold? A file whose size does not tell is as large as may be. */
static bool S_surely_fits(const struct apply_run *r)
{
    const struct load_options read = {
        .config = r->config, .only = r->only, .path = r->path, .n_paths = r->options->n_paths};
    uint64_t bytes = load_bytes(&read), allowed = memory_default();
    int64_t stored = r->first ? 0 : file_size(r->session->db_path);
    bytes = stored > 0 && bytes < UINT64_MAX / 2 ? bytes + (uint64_t)stored : bytes;
    return bytes < allowed / MOST_OF_A_BYTE;
}

enum idem_status apply_limit(struct apply_run *r, struct idem_error *err)
{
    struct arena scratch = {0};
    enum idem_status status = IDEM_OK;
    if (!r->paging && (r->options->memory || !S_surely_fits(r))) {
        const struct paging_options options = {
            .folder = str_cstr(&scratch, file_folder(&scratch, str_from(r->session->db_path))),
            .limit = r->options->memory ? r->options->memory : memory_default(),
            .held = memory_held};
        status = memory_check_start(options.limit, err);
        if (status == IDEM_OK)
            status = paging_begin(&options, &r->paging, err);
    }
    arena_deinit(&scratch);
    return status;
}

enum idem_status apply_limit_store(const struct apply_run *r, struct store *store, struct idem_error *err)
{
    enum { USUAL = 48000 << 10, LEAST = 2 << 20, SHARE = 16 };
    uint64_t bytes = r->options->memory / SHARE;
    if (!r->paging || !r->options->memory || bytes > USUAL)
        return IDEM_OK;
    return store_limit_cache(store, bytes > LEAST ? bytes : LEAST, err);
}

/* Of a first run: what is stored nobody reads again before the end. */
static enum idem_status S_make_lean(struct apply_run *r, struct idem_error *err)
{
    r->keys.slim = &r->model;
    if (r->first && r->writes && !reference_any(r->config))
        return apply_ahead_start(r, err);
    apply_hashes(r);
    if (r->first && r->planning)
        apply_forget_raw(r);
    return IDEM_OK;
}

enum idem_status apply_fit(struct apply_run *r, struct idem_error *err)
{
    uint64_t n = r->load.batch.n_rows;
    r->lean = n && !memory_fits(r->options->memory, memory_for_training(n));
    if (!r->lean)
        return apply_ahead_start(r, err);
    if (!r->estimating)
        TRY(r->paging ? paging_check(r->paging, memory_for_paged(n), err)
                      : memory_check(r->options->memory, r->read_held, memory_for_lean(n), n, err));
    return S_make_lean(r, err);
}

enum idem_status apply_unfit(struct apply_run *r, struct idem_error *err)
{
    struct matching *m = &r->matching;
    if (r->lean && !m->n_forced && !m->n_overruled) { /* nobody asks for a weight again */
        scorer_deinit(&m->scorer);
        m->scorer.model = &r->model;
        m->scorer.batch = &r->load.batch;
    }
    return paging_check(r->paging, 0, err);
}
