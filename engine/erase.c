#include "engine/erase.h"

#include <stdlib.h>

#include "base/clock.h"
#include "engine/audit.h"
#include "engine/ledger.h"
#include "engine/receipt.h"
#include "engine/review_list.h"
#include "store/audit_log.h"

enum { MOST_TOLD = 1000 };

/* ------------------------------------------------------------------ begin and end */

static enum idem_status S_begin(struct erasure *e, struct idem_error *err)
{
    const struct config *config;
    TRY(session_config(e->session, &config, err));
    TRY(session_store(e->session, STORE_WRITE, &e->store, err));
    TRY(session_need_key(e->session, e->store, err));
    TRY(store_begin(e->store, err));
    e->writing = true;
    erase_begin(&e->erase, e->store);
    e->seq = store_take_seqs(e->store, 1);
    return store_get_fields(e->store, &e->arena, &e->schema, err);
}

static void S_release(struct erasure *e)
{
    if (e->writing)
        store_rollback(e->store);
    if (e->running)
        apply_end(&e->run);
    erase_end(&e->erase);
    free(e->rid);
    free(e->whole);
    free(e->digest);
    json_decref(e->result);
    arena_deinit(&e->arena);
}

/* ------------------------------------------------------------------ telling */

static json_t *S_uuid(const uint8_t uuid[16])
{
    char text[37];
    store_uuid_format(uuid, text);
    return json_string(text);
}

static enum idem_status S_tell_record(struct erasure *e, int64_t rid, json_t *list, struct idem_error *err)
{
    struct store_record record;
    struct store_master master;
    struct store_source *source;
    size_t n;
    json_t *o = json_object();
    json_array_append_new(list, o);
    TRY(store_get_record(e->store, rid, true, &e->arena, &record, err));
    TRY(store_survivor(e->store, record.mid, &e->arena, &master, err));
    TRY(store_get_sources(e->store, false, &e->arena, &source, &n, err));
    for (size_t i = 0; i < n; i++)
        if (source[i].id == record.source) {
            bool hidden = source[i].personal_ids && session_masked(e->session);
            json_put_str(o, "data_source", source[i].name);
            json_put_str(o, "record_id", hidden ? STR("***") : record.record_id);
        }
    json_put_str(o, "status", record.status == STORE_RECORD_CURRENT ? STR("current") : STR("gone"));
    json_put(o, "master_id", S_uuid(master.uuid));
    return IDEM_OK;
}

static enum idem_status S_tell_records(struct erasure *e, struct idem_error *err)
{
    json_t *list = json_array();
    json_put(e->result, "records", list);
    for (size_t i = 0; i < e->n && i < MOST_TOLD; i++)
        TRY(S_tell_record(e, e->rid[i], list, err));
    return IDEM_OK;
}

static enum idem_status S_tell_masters(struct erasure *e, struct idem_error *err)
{
    json_t *list = json_array();
    json_put(e->result, "masters", list);
    for (size_t i = 0; i < e->n_mids && json_array_size(list) < MOST_TOLD; i++) {
        static const char *const STATES[] = {"active", "redirected", "retired", "erased"};
        struct store_master m;
        TRY(store_get_master(e->store, e->mid[i], &e->arena, &m, err));
        if (m.status != STORE_MASTER_ERASED && !e->was_in[i])
            continue;
        json_t *o = json_object();
        json_put(o, "master_id", S_uuid(m.uuid));
        json_put(o, "becomes", json_string(STATES[m.status]));
        json_put(o, "records_left", json_integer(m.n));
        json_array_append_new(list, o);
    }
    return IDEM_OK;
}

static json_t *S_counts(const struct erase_counts *c)
{
    static const struct {
        const char *name;
        size_t at;
    } NAMES[] = {
#define ROW(name) {#name, offsetof(struct erase_counts, name)}
        ROW(records), ROW(leaves),  ROW(versions), ROW(memberships), ROW(events),  ROW(decisions),
        ROW(pins),    ROW(reviews), ROW(aliases),  ROW(rejects),     ROW(entries), ROW(masters),
        ROW(states),  ROW(models),  ROW(replies),  ROW(audits),
#undef ROW
    };
    json_t *o = json_object();
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        json_put(o, NAMES[i].name, json_integer((json_int_t) * (const uint64_t *)((const char *)c + NAMES[i].at)));
    return o;
}

/* ------------------------------------------------------------------ what remains */

static enum idem_status S_watch_components(struct erasure *e, struct idem_error *err)
{
    for (size_t i = 0; i < e->part.n_components; i++)
        TRY(erase_watch_component(&e->erase, e->part.component[i], err));
    for (uint32_t i = 0; i < e->run.previous.n_masters; i++)
        TRY(erase_golden(&e->erase, e->run.previous.master[i].mid, err));
    return IDEM_OK;
}

static enum idem_status S_recluster(struct erasure *e, struct idem_error *err)
{
    struct decisions decisions;
    struct part_without without = {e->rid, e->n};
    int64_t *rid;
    e->apply =
        (struct idem_apply_options){.seed = e->options->seed, .now_ms = e->now_ms, .threads = 1, .by = e->options->by};
    apply_begin(&e->run, e->session, &e->apply);
    e->running = true;
    e->run.command = "erase";
    TRY(decisions_load(e->store, &e->arena, &decisions, err));
    size_t n = decisions_class(&decisions, e->rid, e->n, &e->arena, &rid);
    TRY(part_read_without(&e->run, e->store, rid, n, &without, &e->part, err));
    TRY(S_watch_components(e, err));
    part_match(&e->run, &decisions, &e->part);
    TRY(apply_write_part(&e->run, e->store, e->part.component, e->part.n_components, err));
    return reviews_add(&e->run, e->store, &decisions, err);
}

/* ------------------------------------------------------------------ masters */

static int S_ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Masters of the part and all that the records were ever in. */
static enum idem_status S_masters_concerned(struct erasure *e, struct idem_error *err)
{
    const struct previous *p = &e->run.previous;
    size_t room = p->n_masters + 64, n = 0, kept = 0;
    int64_t *all = xmalloc(room * sizeof *all), *mid;
    enum idem_status status = IDEM_OK;
    for (uint32_t i = 0; i < p->n_masters; i++)
        all[n++] = p->master[i].mid;
    for (size_t i = 0; i < e->n && status == IDEM_OK; i++) {
        size_t more;
        status = erase_mids_of_record(e->store, e->rid[i], &e->arena, &mid, &more, err);
        if (status != IDEM_OK)
            break;
        if (n + more > room)
            all = xrealloc(all, (room = 2 * (n + more)) * sizeof *all);
        memcpy(all + n, mid, more * sizeof *all);
        n += more;
    }
    qsort(all, n, sizeof *all, S_ascending);
    e->mid = ARENA_NEW(&e->arena, int64_t, n + 1);
    for (size_t i = 0; i < n; i++)
        if (!i || all[i] != all[i - 1])
            e->mid[kept++] = all[i];
    e->n_mids = kept;
    e->was_in = ARENA_NEW(&e->arena, bool, kept + 1);
    free(all);
    return status;
}

/* Where the records that go are now, and what that is merged into: before they go. */
static enum idem_status S_mark_homes(struct erasure *e, struct idem_error *err)
{
    for (size_t i = 0; i < e->n; i++) {
        struct store_record record;
        struct store_master master;
        TRY(store_get_record(e->store, e->rid[i], false, &e->arena, &record, err));
        TRY(store_survivor(e->store, record.mid, &e->arena, &master, err));
        const int64_t home[] = {record.mid, master.mid};
        for (size_t k = 0; k < COUNT_OF(home); k++) {
            int64_t *at = bsearch(&home[k], e->mid, e->n_mids, sizeof *e->mid, S_ascending);
            if (at)
                e->was_in[at - e->mid] = true;
        }
    }
    return IDEM_OK;
}

/* Nothing is left of a master when no record is in it, nor remembers it; one that the records left long ago must never
 * have had others. */
static enum idem_status S_is_over(struct erasure *e, size_t i, const struct store_master *m, bool *over,
                                  struct idem_error *err)
{
    int64_t *rid;
    size_t n;
    *over = false;
    if (m->status == STORE_MASTER_ACTIVE || m->status == STORE_MASTER_ERASED || m->n)
        return IDEM_OK;
    if (m->status == STORE_MASTER_REDIRECTED) {
        struct store_master survivor;
        TRY(store_survivor(e->store, m->mid, &e->arena, &survivor, err));
        *over = survivor.status == STORE_MASTER_ERASED;
        return IDEM_OK;
    }
    if (!e->was_in[i])
        return erase_is_empty(e->store, m->mid, over, err);
    TRY(erase_rids_of_master(e->store, m->mid, &e->arena, &rid, &n, err));
    *over = n == 0;
    return IDEM_OK;
}

static enum idem_status S_event(struct erasure *e, enum store_event_kind kind, int64_t rid, int64_t mid,
                                struct idem_error *err)
{
    struct store_event event = {.seq = store_take_seqs(e->store, 1),
                                .run = store_next_run(e->store),
                                .kind = kind,
                                .rid = rid,
                                .mid = mid,
                                .reason = STORE_ERASURE};
    return store_put_events(e->store, &event, 1, err);
}

static enum idem_status S_end_masters(struct erasure *e, enum store_master_status which, struct idem_error *err)
{
    for (size_t i = 0; i < e->n_mids; i++) {
        struct store_master m;
        bool over;
        TRY(store_get_master(e->store, e->mid[i], &e->arena, &m, err));
        if (m.status != which)
            continue;
        TRY(S_is_over(e, i, &m, &over, err));
        if (!over)
            continue;
        TRY(erase_master(&e->erase, m.mid, e->seq, err));
        TRY(S_event(e, STORE_ERASED, 0, m.mid, err));
    }
    return IDEM_OK;
}

/* A master that lives on without some of its records. */
static enum idem_status S_tell_left(struct erasure *e, struct idem_error *err)
{
    for (size_t i = 0; i < e->n_mids; i++) {
        struct store_master m;
        int64_t *rid;
        size_t n;
        TRY(store_get_master(e->store, e->mid[i], &e->arena, &m, err));
        if (!e->was_in[i] || m.status == STORE_MASTER_ERASED || m.status == STORE_MASTER_REDIRECTED)
            continue;
        TRY(S_event(e, STORE_ERASED, 0, m.mid, err));
        TRY(store_members(e->store, m.mid, &e->arena, &rid, &n, err));
        for (size_t k = 0; k < n; k++)
            TRY(S_event(e, STORE_ATTACHED, rid[k], m.mid, err));
    }
    return IDEM_OK;
}

static enum idem_status S_take_out(struct erasure *e, struct idem_error *err)
{
    TRY(S_masters_concerned(e, err));
    TRY(S_mark_homes(e, err));
    TRY(erase_records(&e->erase, e->rid, e->n, err));
    for (size_t i = 0; i < e->n_mids; i++)
        TRY(erase_provenance(&e->erase, e->mid[i], err));
    TRY(S_end_masters(e, STORE_MASTER_RETIRED, err));
    TRY(S_end_masters(e, STORE_MASTER_REDIRECTED, err));
    return S_tell_left(e, err);
}

/* ------------------------------------------------------------------ the whole */

static enum idem_status S_targets(struct erasure *e, const char *const *key, size_t n_keys, const int64_t *rid,
                                  size_t n, struct idem_error *err)
{
    for (size_t i = 0; i < n_keys; i++)
        TRY(erase_add_key(e, str_from(key[i]), i + 1, err));
    for (size_t i = 0; i < n; i++)
        erase_add_record(e, rid[i]);
    return erase_settle_targets(e, err);
}

static enum idem_status S_change(struct erasure *e, struct idem_error *err)
{
    TRY(S_tell_records(e, err));
    TRY(erase_collect_digests(e, err));
    TRY(erase_steward(&e->erase, e->rid, e->n, err));
    TRY(erase_from_models(e, err));
    TRY(S_recluster(e, err));
    TRY(S_take_out(e, err));
    TRY(apply_write_run(&e->run, e->store, err));
    TRY(S_tell_masters(e, err));
    TRY(erase_from_audit(e, err));
    json_put(e->result, "removed", S_counts(&e->erase.counts));
    return IDEM_OK;
}

static enum idem_status S_commit(struct erasure *e, struct idem_error *err)
{
    json_put(e->result, "run_id", json_integer(e->run.run.id));
    json_put(e->result, "seq", json_integer(e->seq));
    TRY(receipt_wait(e, err));
    if (e->n_digests)
        TRY(ledger_add(e->session, e->store, e->options->ledger, e->digest, e->n_digests, err));
    enum idem_status status = store_commit(e->store, err);
    e->writing = false;
    return status;
}

static enum idem_status S_erase(struct erasure *e, const char *const *key, size_t n_keys, const int64_t *rid, size_t n,
                                struct idem_error *err)
{
    TRY(S_begin(e, err));
    TRY(S_targets(e, key, n_keys, rid, n, err));
    e->result = json_object();
    json_put(e->result, "status", json_string("nothing"));
    json_put(e->result, "already_erased", json_integer((json_int_t)e->already));
    json_put(e->result, "persons", json_integer((json_int_t)e->n_persons));
    if (!e->n && !e->n_whole) {
        json_put(e->result, "records", json_array());
        return IDEM_OK;
    }
    TRY(S_change(e, err));
    json_put(e->result, "status", json_string(e->options->dry_run ? "preview" : "erasing"));
    if (e->options->dry_run)
        return IDEM_OK;
    TRY(S_commit(e, err));
    return receipt_finish(e->session, e->store, e->options, e->result, err);
}

/* A preview shows no values, but record ids, which may be personal. */
static enum idem_status S_note_preview(struct idem_session *s, const char *const *key, size_t n, struct idem_error *err)
{
    struct str subject[AUDIT_MOST_SUBJECTS];
    bool personal_ids;
    TRY(audit_personal_ids(s->store, &personal_ids, err));
    if (!personal_ids)
        return IDEM_OK;
    n = n < COUNT_OF(subject) ? n : COUNT_OF(subject);
    for (size_t i = 0; i < n; i++)
        subject[i] = str_from(key[i]);
    json_t *detail = json_object();
    json_put(detail, "dry_run", json_true());
    const struct audit_note note = {.verb = "erase", .subject = subject, .n_subjects = n, .detail = detail};
    enum idem_status status = audit_disclosure(s, &note, err);
    json_decref(detail);
    return status;
}

static enum idem_status S_run(struct idem_session *s, bool quiet, const char *const *key, size_t n_keys,
                              const int64_t *rid, size_t n, const struct idem_erase_options *options, char **json,
                              struct idem_error *err)
{
    static const struct idem_erase_options defaults = {0};
    struct erasure e = {.session = s, .options = options ? options : &defaults, .quiet = quiet};
    *json = NULL;
    e.now_ms = e.options->now_ms ? e.options->now_ms : clock_now_ms();
    enum idem_status status = S_erase(&e, key, n_keys, rid, n, err);
    if (status == IDEM_OK || status == IDEM_BUSY)
        *json = e.result ? json_text(e.result) : NULL;
    S_release(&e);
    if (status == IDEM_OK && e.options->dry_run)
        status = S_note_preview(s, key, n_keys, err);
    if (status != IDEM_OK && status != IDEM_BUSY) {
        free(*json);
        *json = NULL;
    }
    return status;
}

enum idem_status erase_run(struct idem_session *s, const char *const *key, size_t n_keys, const int64_t *rid, size_t n,
                           const struct idem_erase_options *options, char **json, struct idem_error *err)
{
    return S_run(s, false, key, n_keys, rid, n, options, json, err);
}

enum idem_status erase_for_retention(struct idem_session *s, const int64_t *rid, size_t n,
                                     const struct idem_erase_options *options, char **json, struct idem_error *err)
{
    return S_run(s, true, NULL, 0, rid, n, options, json, err);
}

IDEM_API enum idem_status idem_erase(struct idem_session *s, const char *const *key, size_t n,
                                     const struct idem_erase_options *options, char **json, struct idem_error *err)
{
    if (!n)
        return error_set(err, IDEM_INVALID, "no key: name records, SOURCE:ID, or a person by the master_id");
    return erase_run(s, key, n, NULL, 0, options, json, err);
}
