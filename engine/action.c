#include "engine/action.h"

#include <stdlib.h>

#include "base/clock.h"
#include "engine/audit.h"
#include "engine/kept_answer.h"
#include "engine/master.h"
#include "engine/reference.h"
#include "engine/review_list.h"
#include "store/audit_log.h"

enum { MOST_CHAIN = 8 };

/* ------------------------------------------------------------------ begin */

static struct str S_pair_key(int64_t pair[2], int64_t a, int64_t b)
{
    pair[0] = a < b ? a : b;
    pair[1] = a < b ? b : a;
    return (struct str){(const char *)pair, 2 * sizeof *pair};
}

static void S_index(struct action *a, size_t i)
{
    int64_t pair[2];
    struct str key = S_pair_key(pair, a->decisions.item[i].rid_a, a->decisions.item[i].rid_b);
    uint32_t *at = map_find(&a->pairs, key);
    if (at)
        *at = (uint32_t)i;
    else
        map_add(&a->pairs, key, (uint32_t)i);
}

enum idem_status action_begin(struct action *a, struct idem_session *s, const char *via,
                              const struct idem_steward_options *options, struct idem_error *err)
{
    static const struct idem_steward_options defaults = {0};
    const struct config *config;
    *a = (struct action){.session = s, .options = options ? options : &defaults, .via = via};
    TRY(session_config(s, &config, err));
    TRY(session_store(s, STORE_WRITE, &a->store, err));
    TRY(session_need_key(s, a->store, err));
    TRY(store_begin(a->store, err));
    a->writing = true;
    a->now_ms = a->options->now_ms ? a->options->now_ms : clock_now_ms();
    a->seq = store_take_seqs(a->store, 1);
    a->result = json_object();
    TRY(decisions_load(a->store, &a->arena, &a->decisions, err));
    a->decisions_room = a->decisions.n;
    for (size_t i = 0; i < a->decisions.n; i++)
        S_index(a, i);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ decisions */

void action_touch(struct action *a, const int64_t *rid, size_t n)
{
    if (a->n_touched + n > a->touched_room) {
        a->touched_room = 2 * (a->n_touched + n) + 16;
        a->touched = xrealloc(a->touched, a->touched_room * sizeof *a->touched);
    }
    if (n)
        memcpy(a->touched + a->n_touched, rid, n * sizeof *rid);
    a->n_touched += n;
}

static void S_note(struct action *a, const struct store_decision *d, bool withdrawn)
{
    if (a->n_notes == a->notes_room) {
        a->notes_room = 2 * a->notes_room + 16;
        a->note = xrealloc(a->note, a->notes_room * sizeof *a->note);
    }
    a->note[a->n_notes++] = (struct action_note){withdrawn, *d};
    action_touch(a, &d->rid_a, 1);
    action_touch(a, &d->rid_b, 1);
}

const struct store_decision *action_decision(const struct action *a, int64_t rid_a, int64_t rid_b)
{
    int64_t pair[2];
    uint32_t *at = map_find(&a->pairs, S_pair_key(pair, rid_a, rid_b));
    return at && a->decisions.item[*at].id ? &a->decisions.item[*at] : NULL;
}

/* It stays in the list and binds nothing. */
enum idem_status action_withdraw(struct action *a, const struct store_decision *decision, struct idem_error *err)
{
    size_t i = (size_t)(decision - a->decisions.item);
    TRY(steward_withdraw(a->store, decision->id, a->seq, a->now_ms, err));
    S_note(a, decision, true);
    a->decisions.item[i].verdict = STORE_UNSURE;
    a->decisions.item[i].id = 0;
    return IDEM_OK;
}

static struct store_decision *S_append(struct action *a)
{
    struct decisions *d = &a->decisions;
    if (d->n == a->decisions_room) {
        size_t room = 2 * d->n + 16;
        struct store_decision *grown = ARENA_NEW(&a->arena, struct store_decision, room);
        if (d->n)
            memcpy(grown, d->item, d->n * sizeof *grown);
        d->item = grown;
        a->decisions_room = room;
    }
    return &d->item[d->n++];
}

enum idem_status action_decide(struct action *a, enum store_verdict verdict, int64_t rid_a, int64_t rid_b,
                               struct str note, struct idem_error *err)
{
    if (rid_a == rid_b)
        return error_set(err, IDEM_INVALID, "both are the same record: there is nothing to decide");
    const struct store_decision *before = action_decision(a, rid_a, rid_b);
    if (before)
        TRY(action_withdraw(a, before, err));
    struct store_decision d = {.verdict = verdict,
                               .rid_a = rid_a,
                               .rid_b = rid_b,
                               .seq = a->seq,
                               .at_ms = a->now_ms,
                               .batch = a->batch,
                               .by = str_from(a->options->by ? a->options->by : ""),
                               .via = str_from(a->via),
                               .note = note};
    TRY(steward_decide(a->store, &d, err));
    *S_append(a) = d;
    S_index(a, a->decisions.n - 1);
    S_note(a, &d, false);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ keys */

struct str action_name(struct action *a, int64_t rid)
{
    struct store_record record;
    struct store_source *source;
    size_t n;
    if (store_get_record(a->store, rid, true, &a->arena, &record, NULL) != IDEM_OK ||
        store_get_sources(a->store, false, &a->arena, &source, &n, NULL) != IDEM_OK)
        return STR("a record");
    for (size_t i = 0; i < n; i++)
        if (source[i].id == record.source)
            return arena_printf(&a->arena, "%.*s:%.*s", STR_ARG(source[i].name),
                                STR_ARG(source[i].personal_ids ? STR("***") : record.record_id));
    return STR("a record");
}

enum idem_status action_smallest(struct action *a, const int64_t *rid, size_t n, int64_t *smallest,
                                 struct idem_error *err)
{
    struct store_source *source;
    struct str best_source = {0}, best_id = {0};
    size_t n_sources;
    *smallest = 0;
    TRY(store_get_sources(a->store, false, &a->arena, &source, &n_sources, err));
    for (size_t i = 0; i < n; i++) {
        struct store_record record;
        struct str name = {0};
        TRY(store_get_record(a->store, rid[i], true, &a->arena, &record, err));
        for (size_t k = 0; k < n_sources; k++)
            name = source[k].id == record.source ? source[k].name : name;
        int c = str_cmp(name, best_source);
        if (!*smallest || c < 0 || (c == 0 && str_cmp(record.record_id, best_id) < 0)) {
            *smallest = rid[i];
            best_source = name;
            best_id = record.record_id;
        }
    }
    return IDEM_OK;
}

enum idem_status action_record(struct action *a, const char *key, int64_t *rid, struct idem_error *err)
{
    struct master_found found;
    int64_t *members;
    size_t n;
    TRY(master_find(a->store, str_from(key), &a->arena, &found, err));
    *rid = found.rid;
    if (*rid)
        return IDEM_OK;
    TRY(master_members(a->store, found.survivor.mid, &a->arena, &members, &n, err));
    if (!n)
        return error_set(err, IDEM_NOT_FOUND, "%s has no records now", key);
    return action_smallest(a, members, n, rid, err);
}

/* ------------------------------------------------------------------ contradictions */

static enum idem_status S_check(struct action *a, struct idem_error *err)
{
    const struct store_decision *different, **chain;
    size_t n = decisions_conflict(&a->decisions, &a->arena, &different, &chain);
    struct buf text = {0};
    if (!different)
        return IDEM_OK;
    for (size_t i = 0; i < n && i < MOST_CHAIN; i++) {
        struct str x = action_name(a, chain[i]->rid_a), y = action_name(a, chain[i]->rid_b);
        buf_printf(&text, "%s%.*s = %.*s (%s%lld)", i ? ", " : "", STR_ARG(x), STR_ARG(y),
                   chain[i]->seq == a->seq ? "new decision " : "decision ", (long long)chain[i]->id);
    }
    if (n > MOST_CHAIN)
        buf_printf(&text, " and %zu more", n - MOST_CHAIN);
    struct str x = action_name(a, different->rid_a), y = action_name(a, different->rid_b);
    enum idem_status status = error_set(
        err, IDEM_CONFLICT,
        "%.*s and %.*s are different (%sdecision %lld), but these say they are the same: %s; withdraw one of them with "
        "idem decide --undo NUMBER",
        STR_ARG(x), STR_ARG(y), different->seq == a->seq ? "new " : "", (long long)different->id, buf_cstr(&text));
    buf_deinit(&text);
    return status;
}

/* ------------------------------------------------------------------ what would be */

static enum idem_status S_preview(struct action *a, struct apply_run *r, const int64_t *rid, size_t n,
                                  uint32_t *cluster, struct idem_error *err)
{
    int64_t *class;
    struct part part;
    size_t n_class = decisions_class(&a->decisions, rid, n, &r->arena, &class);
    TRY(part_read(r, a->store, class, n_class, &part, err));
    part_match(r, &a->decisions, &part);
    for (size_t i = 0; i < n; i++)
        for (uint32_t row = 0; row < r->load.batch.n_rows; row++)
            if (part.row_rid[row] == rid[i])
                cluster[i] = r->matching.clusters.cluster[row];
    return IDEM_OK;
}

enum idem_status action_preview(struct action *a, const int64_t *rid, size_t n, uint32_t *cluster,
                                struct idem_error *err)
{
    struct apply_run run;
    const struct idem_apply_options options = {.now_ms = a->now_ms, .threads = 1};
    TRY(S_check(a, err));
    apply_begin(&run, a->session, &options);
    enum idem_status status = S_preview(a, &run, rid, n, cluster, err);
    apply_end(&run);
    return status;
}

/* ------------------------------------------------------------------ the run */

enum idem_status action_master(struct action *a, int64_t rid, int64_t *mid, struct idem_error *err)
{
    struct store_record record;
    struct store_master master;
    TRY(store_get_record(a->store, rid, false, &a->arena, &record, err));
    TRY(store_survivor(a->store, record.mid, &a->arena, &master, err));
    *mid = master.mid;
    return IDEM_OK;
}

/* One event for each decision; of a command with many pairs one for each record. */
static enum idem_status S_events(struct action *a, struct idem_error *err)
{
    for (size_t i = 0; i < a->n_notes; i++) {
        const struct store_decision *d = &a->note[i].decision;
        struct store_event event = {.run = store_next_run(a->store),
                                    .kind = a->note[i].withdrawn ? STORE_WITHDRAWN : STORE_DECIDED,
                                    .rid = d->rid_a};
        if (i && d->batch && a->note[i - 1].decision.batch == d->batch && a->note[i - 1].decision.rid_a == d->rid_a)
            continue;
        TRY(action_master(a, d->rid_a, &event.mid, err));
        TRY(action_master(a, d->rid_b, &event.other, err));
        event.seq = store_take_seqs(a->store, 1);
        TRY(store_put_events(a->store, &event, 1, err));
    }
    return IDEM_OK;
}

/* Touched records by key and the masters they are in now, for the audit log. */
static enum idem_status S_note_change(struct action *a, struct idem_error *err)
{
    struct store_source *source;
    size_t n_sources, n = 0, most = a->n_touched < AUDIT_MOST_SUBJECTS ? a->n_touched : AUDIT_MOST_SUBJECTS;
    struct str *subject = ARENA_NEW(&a->arena, struct str, 2 * most + 1);
    TRY(store_get_sources(a->store, false, &a->arena, &source, &n_sources, err));
    for (size_t i = 0; i < most; i++) {
        struct store_record record;
        struct store_master master;
        char *id = ARENA_NEW(&a->arena, char, 37);
        TRY(store_get_record(a->store, a->touched[i], true, &a->arena, &record, err));
        TRY(store_survivor(a->store, record.mid, &a->arena, &master, err));
        for (size_t k = 0; k < n_sources; k++)
            if (source[k].id == record.source)
                subject[n++] = arena_printf(&a->arena, "%.*s:%.*s", STR_ARG(source[k].name), STR_ARG(record.record_id));
        store_uuid_format(master.uuid, id);
        subject[n++] = str_from(id);
    }
    a->about = subject;
    a->n_about = n;
    if (a->options->dry_run)
        return IDEM_OK; /* noted as a look, when the transaction is over */
    json_t *detail = json_object();
    json_put(detail, "run_id", json_integer(a->run.run.id));
    const struct audit_note note = {.verb = a->via,
                                    .by = a->options->by,
                                    .reason = a->options->reason,
                                    .subject = subject,
                                    .n_subjects = n,
                                    .detail = detail};
    enum idem_status status = audit_change(a->session, a->store, &note, err);
    json_decref(detail);
    return status;
}

static enum idem_status S_run(struct action *a, struct idem_error *err)
{
    int64_t *rid;
    a->apply =
        (struct idem_apply_options){.seed = a->options->seed, .now_ms = a->now_ms, .threads = 1, .by = a->options->by};
    apply_begin(&a->run, a->session, &a->apply);
    a->running = true;
    a->run.command = a->via;
    TRY(S_events(a, err));
    size_t n = decisions_class(&a->decisions, a->touched, a->n_touched, &a->arena, &rid);
    TRY(part_read(&a->run, a->store, rid, n, &a->part, err));
    a->run.seq = a->seq;
    part_match(&a->run, &a->decisions, &a->part);
    if (reference_leave(&a->run))
        apply_assign(&a->run);
    TRY(apply_write_part(&a->run, a->store, a->part.component, a->part.n_components, err));
    if (a->after)
        TRY(a->after(a, a->context, err));
    TRY(reviews_add(&a->run, a->store, &a->decisions, err));
    TRY(apply_write_run(&a->run, a->store, err));
    TRY(S_note_change(a, err));
    TRY(action_tell(a, a->result, err));
    char *answer = json_text(a->result);
    enum idem_status status = kept_answer_note(a->session, a->store, str_from(answer), err);
    free(answer);
    return status;
}

/* What a dry run shows has been looked at. */
static enum idem_status S_note_look(struct action *a, struct idem_error *err)
{
    json_t *detail = json_object();
    json_put(detail, "dry_run", json_true());
    const struct audit_note note = {.verb = a->via,
                                    .by = a->options->by,
                                    .reason = a->options->reason,
                                    .subject = a->about,
                                    .n_subjects = a->n_about,
                                    .detail = detail};
    enum idem_status status = audit_disclosure(a->session, &note, err);
    json_decref(detail);
    return status;
}

static void S_release(struct action *a)
{
    if (a->running)
        apply_end(&a->run);
    map_deinit(&a->pairs);
    free(a->note);
    free(a->touched);
    json_decref(a->result);
    arena_deinit(&a->arena);
}

enum idem_status action_end(struct action *a, enum idem_status status, char **json, struct idem_error *err)
{
    if (status == IDEM_OK)
        status = S_check(a, err);
    if (status == IDEM_OK)
        status = S_run(a, err);
    bool commit = status == IDEM_OK && !a->options->dry_run;
    if (commit)
        status = store_commit(a->store, err);
    else if (a->writing)
        store_rollback(a->store);
    if (status == IDEM_OK && !commit)
        status = S_note_look(a, err);
    *json = status == IDEM_OK ? json_text(a->result) : NULL;
    a->session->request.announced = false;
    S_release(a);
    return status;
}
