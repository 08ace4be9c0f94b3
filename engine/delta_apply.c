#include "engine/delta_apply.h"

#include <stdlib.h>

#include "normalize/normalize.h"
#include "seal/seal.h"
#include "store/applied.h"

/* A run over a part pays while it is a small part. */
enum { SMALL_CHANGE = 5000, RECORDS_A_CHANGE = 5 };

/* ------------------------------------------------------------------ what the last run over everything left */

enum idem_status applied_read(struct store *store, struct applied *a, struct idem_error *err)
{
    struct arena scratch = {0};
    struct str text;
    json_t *o;
    struct idem_error ignored;
    *a = (struct applied){.capped = 0};
    enum idem_status status = store_get_applied(store, &scratch, &text, err);
    if (status == IDEM_OK && text.len && json_parse(text, "applied", &o, &ignored) == IDEM_OK) {
        struct str under = json_str(json_object_get(o, "under"));
        if (under.len == sizeof a->under - 1)
            memcpy(a->under, under.ptr, under.len);
        a->capped = (uint64_t)json_integer_value(json_object_get(o, "capped_blocks"));
        a->unrefined = (uint64_t)json_integer_value(json_object_get(o, "unrefined_records"));
        a->unkeyed = (uint64_t)json_integer_value(json_object_get(o, "unkeyed_records"));
        a->shared = json_incref(json_object_get(o, "shared"));
        a->histogram = json_incref(json_object_get(o, "histogram"));
        json_decref(o);
    }
    arena_deinit(&scratch);
    return status;
}

enum idem_status applied_write(struct store *store, const struct applied *a, struct idem_error *err)
{
    json_t *o = json_object();
    json_put_str(o, "under", str_from(a->under));
    json_put(o, "capped_blocks", json_integer((json_int_t)a->capped));
    json_put(o, "unrefined_records", json_integer((json_int_t)a->unrefined));
    json_put(o, "unkeyed_records", json_integer((json_int_t)a->unkeyed));
    json_put(o, "shared", a->shared ? json_incref(a->shared) : json_array());
    json_put(o, "histogram", a->histogram ? json_incref(a->histogram) : json_null());
    char *text = json_text(o);
    enum idem_status status = store_set_applied(store, str_from(text), err);
    free(text);
    json_decref(o);
    return status;
}

void applied_deinit(struct applied *a)
{
    json_decref(a->shared);
    json_decref(a->histogram);
    *a = (struct applied){.capped = 0};
}

void applied_under(const struct config *c, int64_t model, char under[33])
{
    struct buf text = {0};
    uint8_t digest[32];
    char hex[17];
    config_hash(c, hex);
    buf_printf(&text, "%s %s %s %lld %d", hex, IDEM_VERSION, normalize_version(), (long long)model, (int)c->at_rest);
    for (unsigned f = 0; f < c->schema.n_fields; f++)
        buf_printf(&text, " %d%d", (int)c->policy[f], c->schema.field[f].personal);
    seal_digest(buf_view(&text), digest);
    buf_deinit(&text);
    for (int i = 0; i < 16; i++)
        snprintf(under + (size_t)2 * (unsigned)i, 3, "%02x", digest[i]);
}

/* ------------------------------------------------------------------ reading */

/* Records of a reference that match nobody are not stored: only a run over everything has them. */
static bool S_any_reference(const struct config *c)
{
    for (unsigned s = 0; s < c->n_sources; s++)
        if (c->source[s].role == ROLE_REFERENCE)
            return true;
    return false;
}

static uint64_t S_rows_before(struct str facts)
{
    json_t *before;
    struct idem_error ignored;
    uint64_t rows = 0;
    if (facts.len && json_parse(facts, "facts", &before, &ignored) == IDEM_OK) {
        rows = (uint64_t)json_integer_value(json_object_get(before, "rows"));
        json_decref(before);
    }
    return rows;
}

static void S_count_sources(struct apply_run *r)
{
    const struct roster *roster = &r->delta->roster;
    for (uint32_t i = 0; i < roster->roll.n; i++) {
        struct store_source *stored = &r->previous.source[roster_source(roster, i)].stored;
        *(roster->roll.entry[i].current ? &stored->current : &stored->gone) += 1;
        r->delta->delta.all_records += roster->roll.entry[i].current;
    }
}

enum idem_status delta_apply_begin(struct apply_run *r, struct store *store, bool *possible, struct idem_error *err)
{
    struct applied applied;
    char under[33] = "";
    *possible = false;
    TRY(applied_read(store, &applied, err));
    applied_under(r->config, r->stored_model.id, under);
    r->under_changed = !str_eq(str_from(applied.under), str_from(under));
    if (r->options->full || r->options->rebuild || r->trained || r->model_changed || r->fields_changed ||
        applied.capped || r->under_changed || S_any_reference(r->config)) {
        applied_deinit(&applied);
        return IDEM_OK;
    }
    r->delta = xcalloc(1, sizeof *r->delta);
    r->delta->applied = applied;
    delta_init(&r->delta->delta, r, store);
    TRY(roster_read(store, &r->previous, r->threads, &r->delta->roster, err));
    TRY(store_count_masters(store, &r->delta->delta.all_masters, err));
    S_count_sources(r);
    r->delta->delta.roster = &r->delta->roster;
    r->delta->rows_before = ARENA_NEW(&r->arena, uint64_t, r->config->n_sources + 1);
    for (unsigned s = 0; s < r->config->n_sources; s++)
        r->delta->rows_before[s] = S_rows_before(r->previous.source[s].stored.facts);
    *possible = true;
    return IDEM_OK;
}

static bool S_is_gone(const struct apply_run *r, uint32_t i)
{
    const struct roster *roster = &r->delta->roster;
    unsigned source = roster_source(roster, i);
    uint32_t row = roster->seen[i].row;
    if (!roster->roll.entry[i].current || (row != ROSTER_UNSEEN && row != ROSTER_DELETED))
        return false;
    if (!r->previous.source[source].configured || !r->load.source[source].read)
        return false;
    return row == ROSTER_DELETED || r->config->source[source].mode == MODE_WHOLE;
}

/* As the rows say; what is written otherwise and means the same is found when it is looked at. */
static void S_count_read(struct apply_run *r)
{
    const struct roster *roster = &r->delta->roster;
    r->counts = ARENA_NEW(&r->arena, struct apply_source_counts, r->previous.n_sources + 1);
    for (uint32_t row = 0; row < r->load.batch.n_rows; row++) {
        uint32_t known = r->load.rid[row] ? roster_of_rid(roster, r->load.rid[row]) : ROSTER_NONE;
        struct apply_source_counts *c = &r->counts[r->load.batch.source[row]];
        *(known != ROSTER_NONE && roster->roll.entry[known].current ? &c->changed : &c->fresh) += 1;
    }
    for (uint32_t i = 0; i < roster->roll.n; i++)
        r->counts[roster_source(roster, i)].gone += S_is_gone(r, i);
    for (unsigned s = 0; s < r->previous.n_sources; s++) {
        r->counts[s].same = r->previous.source[s].stored.current - r->counts[s].changed - r->counts[s].gone;
        r->fresh += r->counts[s].fresh;
        r->changed += r->counts[s].changed;
        r->same += r->counts[s].same;
        r->gone += r->counts[s].gone;
    }
}

void delta_apply_changes(struct apply_run *r, bool *small)
{
    struct delta_apply *a = r->delta;
    uint64_t changed = r->load.batch.n_rows;
    size_t n = 0;
    S_count_read(r);
    for (uint32_t i = 0; i < a->roster.roll.n; i++)
        n += S_is_gone(r, i);
    a->gone = ARENA_NEW(&r->arena, int64_t, n + 1);
    a->delta.n_gone = n;
    n = 0;
    for (uint32_t i = 0; i < a->roster.roll.n; i++)
        if (S_is_gone(r, i))
            a->gone[n++] = a->roster.roll.entry[i].rid;
    a->delta.gone = a->gone;
    *small = changed + n <= SMALL_CHANGE || changed + n <= a->delta.all_records / RECORDS_A_CHANGE;
}

/* ------------------------------------------------------------------ matching */

/* The part knows what changed and went; all the others are as they were. */
static void S_count_same(struct apply_run *r)
{
    r->same = 0;
    for (unsigned s = 0; s < r->previous.n_sources; s++) {
        struct apply_source_counts *c = &r->counts[s];
        c->same = r->previous.source[s].stored.current - c->changed - c->gone;
        r->same += c->same;
    }
}

/* A number as it is after some left and others came; 0 where an older version had not counted them. */
static uint64_t S_moved(uint64_t all, uint64_t left, uint64_t came)
{
    return all + came > left ? all + came - left : 0;
}

enum idem_status delta_apply_match(struct apply_run *r, struct store *store, bool *done, struct idem_error *err)
{
    struct delta_apply *a = r->delta;
    a->delta.store = store;
    TRY(delta_match(&a->delta, err));
    *done = !a->delta.whole;
    if (!*done)
        return IDEM_OK;
    S_count_same(r);
    a->applied.unrefined = a->applied.unrefined + a->delta.unrefined_now - a->delta.unrefined_before;
    r->matching.stats.losses.unrefined = a->applied.unrefined;
    a->applied.unkeyed = S_moved(a->applied.unkeyed, a->delta.unkeyed_before, a->delta.unkeyed_now);
    r->matching.stats.losses.unkeyed = a->applied.unkeyed;
    return IDEM_OK;
}

void delta_apply_give_up(struct apply_run *r)
{
    struct load *l = &r->load;
    struct previous *p = &r->previous;
    uint32_t n_new = r->delta->delta.n_new;
    if (l->batch.n_rows > n_new && r->delta->delta.whole) { /* candidates were added */
        free(l->superseded);
        l->superseded = xcalloc((size_t)l->batch.n_rows + 1, 1);
        l->superseded_room = l->batch.n_rows;
        memset(l->superseded + n_new, 1, l->batch.n_rows - n_new);
        load_settle(l);
    }
    free(p->record);
    free(p->master);
    p->record = NULL;
    p->master = NULL;
    p->n_records = p->n_masters = 0;
}

void delta_apply_free(struct delta_apply *a)
{
    if (!a)
        return;
    delta_deinit(&a->delta);
    roster_deinit(&a->roster);
    applied_deinit(&a->applied);
    free(a);
}
