/*
 * rollback: the last run undone, as a new run. What the run changed is put back to what it was at the end of the run
 * before it, from the history; the undone run stays on record, and so do its records (gone now) and its ids: one that
 * it made is redirected to where its records are, or retired.
 *
 * The candidate index and the components are no part of the history: they are made again by matching the stored records
 * under the model of that time. So undoing a run takes about as long as a run.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "engine/apply_events.h"
#include "engine/audit.h"
#include "engine/master.h"
#include "normalize/normalize.h"
#include "store/applied.h"

/* A record that the run touched, or whose master it touched. */
struct undone_record {
    struct store_record row; /* to put, when `put` */
    struct str packed;       /* values of then, when `values` */
    int64_t was, is;         /* survivor before and after the rollback; 0: not current */
    bool put, values;
};

struct undone_master {
    struct store_master before, after;
    bool fresh; /* made by what is undone */
};

struct rollback {
    struct idem_session *session;
    const struct idem_rollback_options *options;
    struct store *store;
    struct apply_run run;
    struct arena *arena;           /* the run's */
    struct store_moment then;      /* the end of the run before */
    struct store_moment now;       /* before the rollback */
    struct store_run target, last; /* undone; the one before it */
    int64_t seq;
    struct undone_record *record; /* [n_records] ascending by rid */
    size_t n_records;
    struct undone_master *master; /* [n_masters] ascending by mid */
    size_t n_masters;
    struct store_event *event;
    size_t n_events, room;
    uint64_t count[STORE_EVENT_KINDS];
};

/* ------------------------------------------------------------------ which run */

static enum idem_status S_find_run(struct rollback *b, struct idem_error *err)
{
    struct store_run *run;
    size_t n, at = 0;
    TRY(store_get_runs(b->store, 0, b->arena, &run, &n, err));
    while (at < n && !run[at].committed)
        at++;
    if (at == n)
        return error_set(err, IDEM_NOT_FOUND, "there is no run to undo");
    if (run[at].id != b->options->run)
        return error_set(err, IDEM_CONFLICT, "only the last run can be undone, and that is run %lld",
                         (long long)run[at].id);
    if (str_find(run[at].report, STR("\"command\":\"erase\"")) != SIZE_MAX)
        return error_set(err, IDEM_CONFLICT, "run %lld is an erasure: what was erased is gone, and cannot come back",
                         (long long)run[at].id);
    b->target = run[at++];
    while (at < n && !run[at].committed)
        at++;
    if (at == n)
        return error_set(err, IDEM_CONFLICT,
                         "run %lld is the first one: to undo it, put the database aside and apply again",
                         (long long)b->target.id);
    b->last = run[at];
    TRY(store_moment_of_seq(b->store, b->target.first_seq - 1, &b->then, err));
    b->now = (struct store_moment){.run = INT64_MAX};
    return store_change_seq(b->store, &b->now.seq, err);
}

/* ------------------------------------------------------------------ what was */

static int S_ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static struct undone_master *S_master(const struct rollback *b, int64_t mid)
{
    size_t from = 0, to = b->n_masters;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (b->master[middle].before.mid < mid)
            from = middle + 1;
        else
            to = middle;
    }
    return from < b->n_masters && b->master[from].before.mid == mid ? &b->master[from] : NULL;
}

static enum idem_status S_read_masters(struct rollback *b, struct idem_error *err)
{
    int64_t *mid;
    TRY(store_masters_since(b->store, b->then.seq, b->arena, &mid, &b->n_masters, err));
    b->master = ARENA_NEW(b->arena, struct undone_master, b->n_masters + 1);
    for (size_t i = 0; i < b->n_masters; i++) {
        struct undone_master *m = &b->master[i];
        TRY(store_get_master(b->store, mid[i], b->arena, &m->before, err));
        store_set_moment(b->store, &b->then);
        enum idem_status status = store_get_master(b->store, mid[i], b->arena, &m->after, NULL);
        store_set_moment(b->store, NULL);
        m->fresh = status == IDEM_NOT_FOUND;
        if (status != IDEM_OK && !m->fresh)
            return error_set(err, status, "master %lld cannot be read as it was; run idem verify", (long long)mid[i]);
        if (m->fresh || m->before.status == STORE_MASTER_ERASED) {
            m->after = m->before;
            m->after.n = 0;
            m->after.prov = (struct str){0};
        }
        m->after.seq = b->seq;
    }
    return IDEM_OK;
}

static enum idem_status S_survivor(struct rollback *b, const struct store_record *row, bool then, int64_t *mid,
                                   struct idem_error *err)
{
    struct store_master master;
    *mid = 0;
    if (row->status == STORE_RECORD_GONE)
        return IDEM_OK;
    store_set_moment(b->store, then ? &b->then : NULL);
    enum idem_status status = store_survivor(b->store, row->mid, b->arena, &master, err);
    store_set_moment(b->store, NULL);
    *mid = status == IDEM_OK ? master.mid : 0;
    return status;
}

static enum idem_status S_read_record(struct rollback *b, int64_t rid, bool touched, struct undone_record *r,
                                      struct idem_error *err)
{
    struct store_record now, then;
    TRY(store_get_record(b->store, rid, true, b->arena, &now, err));
    TRY(S_survivor(b, &now, false, &r->was, err));
    store_set_moment(b->store, &b->then);
    enum idem_status status = store_get_record(b->store, rid, true, b->arena, &then, NULL);
    store_set_moment(b->store, NULL);
    if (status != IDEM_OK && status != IDEM_NOT_FOUND)
        return error_set(err, status, "record %lld cannot be read as it was; run idem verify", (long long)rid);
    if (status == IDEM_NOT_FOUND) {
        then = now;
        then.status = STORE_RECORD_GONE;
    }
    TRY(S_survivor(b, &then, true, &r->is, err));
    r->row = then;
    r->row.seq = b->seq;
    r->packed = then.packed;
    r->put = touched;
    r->values = touched && !str_eq(now.packed, then.packed);
    r->row.fingerprint = r->values ? 0 : now.fingerprint; /* what it was is not kept: it is read anew */
    return IDEM_OK;
}

/* The touched ones, and the members of masters that come or go: their rows may be as they were. */
static enum idem_status S_read_records(struct rollback *b, struct idem_error *err)
{
    int64_t *rid, *member, *all;
    size_t n, n_members, room, kept = 0;
    TRY(store_records_since(b->store, b->then.seq, b->arena, &rid, &n, err));
    room = n + 64;
    all = xmalloc(room * sizeof *all);
    memcpy(all, rid, n * sizeof *all);
    size_t n_all = n;
    enum idem_status status = IDEM_OK;
    for (size_t i = 0; status == IDEM_OK && i < b->n_masters; i++) {
        const struct undone_master *m = &b->master[i];
        if (m->before.status == m->after.status && m->before.target == m->after.target && !m->fresh)
            continue;
        status = store_members(b->store, m->before.mid, b->arena, &member, &n_members, err);
        if (status != IDEM_OK)
            break;
        if (n_all + n_members > room)
            all = xrealloc(all, (room = 2 * (n_all + n_members)) * sizeof *all);
        memcpy(all + n_all, member, n_members * sizeof *all);
        n_all += n_members;
    }
    qsort(all, n_all, sizeof *all, S_ascending);
    b->record = ARENA_NEW(b->arena, struct undone_record, n_all + 1);
    for (size_t i = 0; status == IDEM_OK && i < n_all; i++)
        if (i == 0 || all[i] != all[i - 1])
            status = S_read_record(b, all[i], bsearch(&all[i], rid, n, sizeof *rid, S_ascending) != NULL,
                                   &b->record[kept++], err);
    b->n_records = kept;
    free(all);
    return status;
}

/* ------------------------------------------------------------------ what becomes of the run's own ids */

struct went {
    int64_t from, to;
};

static int S_by_way(const void *a, const void *b)
{
    const struct went *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return (x->to > y->to) - (x->to < y->to);
}

/* To the master that takes most of its records; of equal ones the oldest. */
static void S_follow_records(struct rollback *b)
{
    struct went *way = ARENA_NEW(b->arena, struct went, b->n_records + 1);
    size_t n = 0, most = 0;
    for (size_t i = 0; i < b->n_records; i++)
        if (b->record[i].was && b->record[i].is)
            way[n++] = (struct went){b->record[i].was, b->record[i].is};
    qsort(way, n, sizeof *way, S_by_way);
    for (size_t i = 0, to; i < n; i = to) {
        for (to = i + 1; to < n && S_by_way(&way[i], &way[to]) == 0;)
            to++;
        struct undone_master *m = S_master(b, way[i].from);
        if (i == 0 || way[i].from != way[i - 1].from)
            most = 0;
        if (!m || !m->fresh || to - i <= most)
            continue;
        most = to - i;
        m->after.target = way[i].to;
    }
}

static enum idem_status S_settle_fresh(struct rollback *b, struct idem_error *err)
{
    for (size_t i = 0; i < b->n_masters; i++)
        if (b->master[i].fresh)
            b->master[i].after.target = 0;
    S_follow_records(b);
    for (size_t i = 0; i < b->n_masters; i++) {
        struct undone_master *m = &b->master[i];
        if (!m->fresh || m->before.status == STORE_MASTER_ERASED)
            continue;
        if (!m->after.target && m->before.target) { /* merged already: where its survivor leads */
            const struct undone_master *to = S_master(b, m->before.target);
            m->after.target = !to || to->after.status == STORE_MASTER_ACTIVE ? m->before.target : to->after.target;
            if (to && to->fresh)
                m->after.target = to->after.target;
        }
        m->after.status = m->after.target ? STORE_MASTER_REDIRECTED : STORE_MASTER_RETIRED;
    }
    (void)err;
    return IDEM_OK;
}

/* ------------------------------------------------------------------ putting it back */

static void S_pack(void *context, size_t i, struct buf *out)
{
    const struct undone_record *const *list = context;
    buf_str(out, list[i]->packed);
}

static enum idem_status S_put_records(struct rollback *b, struct idem_error *err)
{
    struct store_record *row = ARENA_NEW(b->arena, struct store_record, b->n_records + 1);
    const struct undone_record **of = ARENA_NEW(b->arena, const struct undone_record *, b->n_records + 1);
    size_t n = 0;
    for (size_t i = 0; i < b->n_records; i++)
        if (b->record[i].values) {
            of[n] = &b->record[i];
            row[n++] = b->record[i].row;
        }
    TRY(store_put_leaves(b->store, row, n, S_pack, of, b->seq, b->run.threads, err));
    n = 0;
    for (size_t i = 0; i < b->n_records; i++)
        if (b->record[i].put)
            row[n++] = b->record[i].row;
    return store_put_records(b->store, row, n, err);
}

static enum idem_status S_restore_model(struct rollback *b, struct idem_error *err)
{
    struct store_model model;
    if (!b->last.model || b->last.model == b->target.model)
        return IDEM_OK;
    TRY(store_get_model(b->store, b->last.model, true, b->arena, &model, err));
    model.created_ms = b->run.now_ms;
    return store_put_model(b->store, &model, err);
}

static int S_by_mid(const void *a, const void *b)
{
    const struct store_master *x = a, *y = b;
    return (x->mid > y->mid) - (x->mid < y->mid);
}

/* Masters as they were, and the components as found now. */
static enum idem_status S_put_masters(struct rollback *b, struct idem_error *err)
{
    const struct apply_run *r = &b->run;
    int64_t *component = ARENA_NEW(b->arena, int64_t, r->previous.n_masters + 1);
    struct store_master *list = ARENA_NEW(b->arena, struct store_master, r->previous.n_masters + 1);
    size_t n = 0;
    for (uint32_t row = 0; row < r->load.batch.n_rows; row++) {
        uint32_t m = previous_master(&r->previous, r->previous.record[r->previous.of_row[row]].mid);
        for (unsigned hops = 0; m != PREVIOUS_NONE && hops < 2; hops++) { /* its own, and its survivor's then */
            component[m] = r->component[row];
            const struct undone_master *undone = S_master(b, r->previous.master[m].mid);
            int64_t target = undone ? undone->after.target : r->previous.master[m].target;
            m = target ? previous_master(&r->previous, target) : PREVIOUS_NONE;
        }
    }
    for (uint32_t m = 0; m < r->previous.n_masters; m++) {
        const struct undone_master *undone = S_master(b, r->previous.master[m].mid);
        struct store_master x = undone ? undone->after : r->previous.master[m];
        x.component = x.status == STORE_MASTER_ACTIVE ? component[m] : 0;
        if (undone || x.component != r->previous.master[m].component)
            list[n++] = x;
    }
    qsort(list, n, sizeof *list, S_by_mid);
    return store_put_masters(b->store, list, n, err);
}

/* ------------------------------------------------------------------ golden records and events */

static void S_event(struct rollback *b, enum store_event_kind kind, int64_t rid, int64_t mid, int64_t other,
                    struct str fields)
{
    if (b->n_events == b->room) {
        b->room = b->room * 2 + 256;
        b->event = xrealloc(b->event, b->room * sizeof *b->event);
    }
    b->event[b->n_events++] = (struct store_event){.run = store_next_run(b->store),
                                                   .kind = kind,
                                                   .rid = rid,
                                                   .mid = mid,
                                                   .other = other,
                                                   .fields = fields,
                                                   .reason = STORE_ROLLBACK};
    b->count[kind]++;
}

static enum store_event_kind S_fate(const struct undone_master *m)
{
    const struct store_master *x = &m->before, *y = &m->after;
    if (y->status == STORE_MASTER_REDIRECTED && x->status == STORE_MASTER_ACTIVE)
        return STORE_MERGED;
    if (y->status == STORE_MASTER_REDIRECTED && (x->status != STORE_MASTER_REDIRECTED || x->target != y->target))
        return STORE_REDIRECTED;
    if (y->status == STORE_MASTER_RETIRED && x->status != STORE_MASTER_RETIRED)
        return STORE_RETIRED;
    if (y->status == STORE_MASTER_ACTIVE && x->status != STORE_MASTER_ACTIVE)
        return STORE_REVIVED;
    return STORE_EVENT_KINDS;
}

static enum store_event_kind S_change(const struct rollback *b, const struct undone_record *r)
{
    const struct undone_master *was = r->was ? S_master(b, r->was) : NULL, *is = r->is ? S_master(b, r->is) : NULL;
    if (r->was == r->is)
        return STORE_EVENT_KINDS;
    if (!r->is)
        return STORE_DETACHED;
    if (is && S_fate(is) == STORE_REVIVED)
        return STORE_REVIVED;
    if (!r->was)
        return STORE_ATTACHED;
    return was && was->after.target == r->is ? STORE_EVENT_KINDS : STORE_MOVED;
}

static void S_identity_events(struct rollback *b)
{
    static const struct {
        enum store_event_kind kind;
        bool of_master;
    } ORDER[] = {{STORE_MERGED, true}, {STORE_REDIRECTED, true}, {STORE_REVIVED, false}, {STORE_ATTACHED, false},
                 {STORE_MOVED, false}, {STORE_DETACHED, false},  {STORE_RETIRED, true}};
    const struct str none = {0};
    for (size_t k = 0; k < COUNT_OF(ORDER); k++) {
        enum store_event_kind kind = ORDER[k].kind;
        for (size_t i = 0; ORDER[k].of_master && i < b->n_masters; i++)
            if (S_fate(&b->master[i]) == kind)
                S_event(b, kind, 0, b->master[i].before.mid, b->master[i].after.target, none);
        for (size_t i = 0; !ORDER[k].of_master && i < b->n_records; i++) {
            const struct undone_record *r = &b->record[i];
            if (S_change(b, r) == kind)
                S_event(b, kind, r->row.rid, kind == STORE_DETACHED ? r->was : r->is,
                        kind == STORE_DETACHED ? 0 : r->was, none);
        }
    }
}

static uint64_t S_differences(const struct golden_text *x, const struct golden_text *y, unsigned n_fields)
{
    uint64_t bits = 0;
    for (unsigned f = 0; f < n_fields; f++) {
        bool same = x[f].n == y[f].n;
        for (uint32_t v = 0; same && v < x[f].n; v++)
            same = str_eq(x[f].value[v], y[f].value[v]);
        bits |= (uint64_t)!same << f;
    }
    return bits;
}

/* The values that views show, and `updated` when the master was active all the time. */
static enum idem_status S_golden(struct rollback *b, struct golden_reader *reader, int64_t mid, struct arena *scratch,
                                 struct idem_error *err)
{
    struct golden_text *golden, *earlier;
    struct store_master after, before;
    struct str value[MOST_FIELDS] = {{0}};
    TRY(store_get_master(b->store, mid, scratch, &after, err));
    if (after.status != STORE_MASTER_ACTIVE)
        return IDEM_OK;
    TRY(golden_read(reader, &after, scratch, &golden, err));
    for (unsigned f = 0; f < reader->schema.n_fields; f++)
        for (uint32_t v = 0; v < golden[f].n; v++)
            value[f] =
                arena_printf(scratch, "%.*s%s%.*s", STR_ARG(value[f]), v ? "|" : "", STR_ARG(golden[f].value[v]));
    TRY(store_put_golden(b->store, &(struct store_golden){mid, value}, 1, err));
    store_set_moment(b->store, &b->now);
    enum idem_status status = store_get_master(b->store, mid, scratch, &before, err);
    if (status == IDEM_OK && before.status == STORE_MASTER_ACTIVE) {
        status = golden_read(reader, &before, scratch, &earlier, err);
        uint64_t bits = status == IDEM_OK ? S_differences(earlier, golden, reader->schema.n_fields) : 0;
        if (bits)
            S_event(b, STORE_UPDATED, 0, mid, 0, event_fields(&reader->schema, bits, b->arena));
    }
    store_set_moment(b->store, NULL);
    return status;
}

static enum idem_status S_goldens(struct rollback *b, struct idem_error *err)
{
    struct golden_reader reader = {0};
    struct arena scratch = {0};
    int64_t *mid = ARENA_NEW(b->arena, int64_t, b->n_masters + b->n_records + 1);
    size_t n = 0;
    for (size_t i = 0; i < b->n_masters; i++)
        mid[n++] = b->master[i].before.mid;
    for (size_t i = 0; i < b->n_records; i++)
        if (b->record[i].is)
            mid[n++] = b->record[i].is;
    qsort(mid, n, sizeof *mid, S_ascending);
    enum idem_status status = golden_open(b->session, &reader, err);
    for (size_t i = 0; status == IDEM_OK && i < n; i++) {
        if (i && mid[i] == mid[i - 1])
            continue;
        status = S_golden(b, &reader, mid[i], &scratch, err);
        arena_reset(&scratch);
    }
    arena_deinit(&scratch);
    golden_close(&reader);
    return status;
}

static enum idem_status S_put_events(struct rollback *b, struct idem_error *err)
{
    int64_t seq = b->n_events ? store_take_seqs(b->store, b->n_events) : 0;
    for (size_t i = 0; i < b->n_events; i++)
        b->event[i].seq = seq + (int64_t)i;
    return store_put_events(b->store, b->event, b->n_events, err);
}

/* ------------------------------------------------------------------ the run */

static json_t *S_report(const struct rollback *b, int64_t run, int64_t seq)
{
    static const enum store_event_kind TOLD[] = {STORE_MERGED, STORE_REDIRECTED, STORE_REVIVED, STORE_ATTACHED,
                                                 STORE_MOVED,  STORE_DETACHED,   STORE_RETIRED, STORE_UPDATED};
    json_t *report = json_object(), *events = json_object();
    json_put(report, "run_id", json_integer(run));
    json_put_str(report, "status", STR("committed"));
    json_put_str(report, "command", STR("rollback"));
    json_put(report, "undone_run_id", json_integer(b->target.id));
    for (size_t i = 0; i < COUNT_OF(TOLD); i++)
        json_put(events, store_event_name(TOLD[i]), json_integer((json_int_t)b->count[TOLD[i]]));
    json_put(report, "events", events);
    json_put(report, "seq", json_integer(seq));
    return report;
}

static enum idem_status S_put_run(struct rollback *b, char **json, struct idem_error *err)
{
    struct apply_run *r = &b->run;
    int64_t seq;
    TRY(store_change_seq(b->store, &seq, err));
    r->run = b->last; /* configuration, model and normalisation that hold again */
    r->run.started_ms = r->run.now_ms = r->now_ms;
    r->run.finished_ms = b->options->now_ms ? r->now_ms : clock_now_ms();
    r->run.committed = true;
    r->run.by = str_from(b->options->by ? b->options->by : "");
    r->run.version = STR(IDEM_VERSION);
    json_t *report = S_report(b, store_next_run(b->store), seq);
    *json = json_text(report);
    json_decref(report);
    r->run.report = str_from(*json);
    TRY(store_put_run(b->store, &r->run, err));
    json_t *detail = json_object();
    json_put(detail, "run_id", json_integer(r->run.id));
    json_put(detail, "undone_run_id", json_integer(b->target.id));
    const struct audit_note note = {.verb = "rollback", .by = b->options->by, .detail = detail};
    enum idem_status status = audit_change(b->session, b->store, &note, err);
    json_decref(detail);
    return status;
}

static enum idem_status S_undo(struct rollback *b, char **json, struct idem_error *err)
{
    TRY(S_find_run(b, err));
    b->seq = store_take_seqs(b->store, 1);
    TRY(S_read_masters(b, err));
    TRY(S_read_records(b, err));
    TRY(S_settle_fresh(b, err));
    TRY(S_put_records(b, err));
    TRY(S_restore_model(b, err));
    TRY(store_undo_decisions(b->store, b->then.seq, b->seq, b->run.now_ms, err));
    TRY(apply_rematch(&b->run, b->store, err));
    TRY(apply_write_index(&b->run, b->store, err));
    TRY(S_put_masters(b, err));
    S_identity_events(b);
    TRY(S_goldens(b, err));
    TRY(S_put_events(b, err));
    if (b->last.normaliser.len)
        TRY(store_set_normaliser(b->store, b->last.normaliser, err));
    TRY(store_set_applied(b->store, STR(""), err)); /* of the next apply all is matched again */
    TRY(S_put_run(b, json, err));
    return store_commit(b->store, err);
}

enum idem_status idem_rollback(struct idem_session *s, const struct idem_rollback_options *options, char **json,
                               struct idem_error *err)
{
    const struct idem_apply_options run = {
        .now_ms = options->now_ms, .threads = options->threads, .by = options->by, .progress = options->progress};
    struct rollback b = {.session = s, .options = options};
    const struct config *config;
    *json = NULL;
    TRY(session_config(s, &config, err));
    TRY(session_store(s, STORE_WRITE, &b.store, err));
    TRY(session_need_key(s, b.store, err));
    TRY(store_begin(b.store, err));
    apply_begin(&b.run, s, &run);
    b.arena = &b.run.arena;
    enum idem_status status = S_undo(&b, json, err);
    if (status != IDEM_OK) {
        store_rollback(b.store);
        free(*json);
        *json = NULL;
    }
    free(b.event);
    apply_end(&b.run);
    return status;
}
