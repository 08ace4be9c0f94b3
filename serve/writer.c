#include "serve/writer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "serve/daemon.h"
#include "serve/records.h"
#include "serve/repeat.h"
#include "serve/route.h"

bool writer_note(struct service *service, struct request *rq)
{
    return pool_push(&service->writer, rq);
}

static void S_fail(struct request *rq, enum idem_status status, const struct idem_error *err)
{
    rq->again = false;
    answer_deinit(&rq->answer);
    answer_error(&rq->answer, status, err);
}

/* ------------------------------------------------------------------ notes */

/* An answer is there: while somebody else writes it waits longer than a change does, which takes its turn in between.
 */
static bool S_may_wait(const struct request *rq)
{
    return clock_seconds() - rq->started < NOTES_WAIT_MS / 1e3 && !atomic_load(&rq->service->draining);
}

static void S_notes(struct writer *w, struct request *const *rq, unsigned n)
{
    struct idem_notes *notes[WRITER_GROUP];
    struct idem_error err = {0};
    for (unsigned i = 0; i < n; i++)
        notes[i] = rq[i]->notes;
    struct reserve *reserve = &rq[0]->service->reserve;
    enum idem_status status;
    do
        status = idem_notes_write(w->steward.session, notes, n, &err);
    while (status == IDEM_IO && reserve_release(reserve)); /* the disk is full: for this is room kept */
    for (unsigned i = 0; i < n; i++) {
        rq[i]->again = status == IDEM_BUSY && S_may_wait(rq[i]);
        if (rq[i]->again)
            continue;
        idem_notes_free(rq[i]->notes);
        rq[i]->notes = NULL;
        if (status != IDEM_OK)
            S_fail(rq[i], status, &err);
    }
}

/* ------------------------------------------------------------------ one after the other */

static void S_alone(struct writer *w, struct request *rq)
{
    struct lease *lease = rq->route->resolves ? &w->records : &w->steward;
    idem_act_for(lease->session, rq->by, rq->masked);
    rq->lease = lease;
    if (!rq->lines && repeat_answer(rq, lease->session))
        return;
    rq->route->run(rq, lease->session);
    if (rq->answer.status != 409 || !lease_renew(rq->service, lease))
        return;
    answer_deinit(&rq->answer); /* what the former configuration did not allow */
    json_decref(rq->json);
    rq->json = NULL;
    idem_act_for(lease->session, rq->by, rq->masked);
    if (!repeat_answer(rq, lease->session))
        rq->route->run(rq, lease->session);
}

/* ------------------------------------------------------------------ what goes together */

enum { LEAST_WAIT_MS = 20 };
enum kind { KIND_ALONE, KIND_NOTE, KIND_RECORD };

static enum kind S_kind(const struct request *rq)
{
    return rq->notes ? KIND_NOTE : rq->route->resolves && !rq->lines && !rq->idempotency_key ? KIND_RECORD : KIND_ALONE;
}

/* Who has waited for long in the queue waits no longer for the lock. */
static void S_patience(struct writer *w, const struct request *rq)
{
    double left = rq->lines ? WRITER_WAIT_MS : WRITER_WAIT_MS - (clock_seconds() - rq->started) * 1e3;
    unsigned wait_ms = left > LEAST_WAIT_MS ? (unsigned)left : LEAST_WAIT_MS;
    idem_set_wait(w->steward.session, wait_ms);
    idem_set_wait(w->records.session, wait_ms);
}

static void S_together(struct writer *w, enum kind kind, struct request *const *rq, unsigned n)
{
    S_patience(w, rq[0]);
    if (kind != KIND_NOTE && reserve_is_scarce(&rq[0]->service->reserve)) {
        for (unsigned i = 0; i < n; i++)
            if (!rq[i]->wire.begun)
                answer_problem(&rq[i]->answer, 507, "disk_full", "the disk is nearly full; make room: reading goes on");
    } else if (kind == KIND_NOTE) {
        S_notes(w, rq, n);
    } else if (kind == KIND_RECORD) {
        idem_act_for(w->records.session, "service", false);
        records_write(&w->records, rq, n);
    } else {
        S_alone(w, rq[0]);
    }
}

void writer_end(struct writer *w)
{
    lease_end(&w->steward);
    lease_end(&w->records);
}

void writer_work(struct pool *p, struct writer *w, struct request *const *rq, unsigned n)
{
    struct idem_error err = {0};
    enum idem_status status = lease_take(p->service, &w->steward, IDEM_WRITE, &err);
    if (status == IDEM_OK)
        status = lease_take(p->service, &w->records, IDEM_WRITE, &err);
    for (unsigned i = 0, next; i < n; i = next) {
        enum kind kind = S_kind(rq[i]);
        for (next = i + 1; next < n && kind != KIND_ALONE && S_kind(rq[next]) == kind; next++)
            ;
        if (status == IDEM_OK)
            S_together(w, kind, rq + i, next - i);
        for (unsigned k = i; status != IDEM_OK && k < next; k++)
            S_fail(rq[k], status, &err);
        watch_changed(&p->service->watch);
        for (unsigned k = i; k < next; k++) {
            while (rq[k]->again) {
                if (pool_push(p, rq[k]))
                    break;
                if (kind == KIND_NOTE)
                    S_notes(w, &rq[k], 1);
                else
                    S_alone(w, rq[k]);
            }
            if (rq[k]->again)
                continue;
            if (kind != KIND_NOTE)
                answer_pack(&rq[k]->answer, rq[k]->accept_encoding);
            daemon_done(rq[k]);
        }
    }
    if (status != IDEM_OK)
        return;
    upkeep_trim(&p->service->upkeep, w->records.session);
    upkeep_wrote(&p->service->upkeep);
}
