/* Decisions on pairs: one, a file of them, and taking them back. */
#include "engine/action.h"
#include "engine/decision_file.h"

static const struct {
    const char *word;
    enum store_verdict verdict;
} VERDICTS[] = {{"same", STORE_SAME}, {"different", STORE_DIFFERENT}, {"unsure", STORE_UNSURE}};

static bool S_verdict(struct str word, enum store_verdict *verdict)
{
    for (size_t i = 0; i < COUNT_OF(VERDICTS); i++)
        if (str_eq_nocase(word, str_from(VERDICTS[i].word))) {
            *verdict = VERDICTS[i].verdict;
            return true;
        }
    return false;
}

static enum idem_status S_withdraw(struct action *a, int64_t x, int64_t y, struct idem_error *err)
{
    const struct store_decision *d = action_decision(a, x, y);
    if (!d)
        return error_set(err, IDEM_NOT_FOUND, "nobody has decided on these two");
    return action_withdraw(a, d, err);
}

static enum idem_status S_decide(struct action *a, int64_t x, int64_t y, struct str word, struct str reason,
                                 struct idem_error *err)
{
    enum store_verdict verdict;
    if (str_eq_nocase(word, STR("withdraw")))
        return S_withdraw(a, x, y, err);
    if (!S_verdict(word, &verdict))
        return error_set(err, IDEM_INVALID, "a verdict is same, different, unsure or withdraw");
    return action_decide(a, verdict, x, y, reason, err);
}

enum idem_status idem_decide(struct idem_session *s, const char *a, const char *b, const char *verdict,
                             const struct idem_steward_options *options, char **json, struct idem_error *err)
{
    struct action action;
    int64_t x, y;
    enum idem_status status = action_begin(&action, s, "decide", options, err);
    if (status == IDEM_OK)
        status = action_record(&action, a, &x, err);
    if (status == IDEM_OK)
        status = action_record(&action, b, &y, err);
    if (status == IDEM_OK)
        status = S_decide(&action, x, y, str_from(verdict), str_from(options ? options->reason : NULL), err);
    return action_end(&action, status, json, err);
}

/* ------------------------------------------------------------------ a file */

struct file_context {
    struct action *action;
    const char *path;
};

static enum idem_status S_row(void *context, const struct decision_row *row, struct idem_error *err)
{
    struct file_context *c = context;
    struct action *a = c->action;
    int64_t x, y;
    enum idem_status status = store_find_record(a->store, row->left_source, row->left_id, &x, err);
    if (status == IDEM_OK)
        status = store_find_record(a->store, row->right_source, row->right_id, &y, err);
    if (status == IDEM_NOT_FOUND)
        return error_set(err, IDEM_INVALID, "%s:%llu: there is no such record; nothing was changed", c->path,
                         (unsigned long long)row->line);
    if (status == IDEM_OK)
        status = S_decide(a, x, y, row->verdict,
                          row->reason.len ? str_copy(&a->arena, row->reason) : str_from(a->options->reason), err);
    if (status == IDEM_INVALID || status == IDEM_NOT_FOUND) {
        struct idem_error why = err ? *err : (struct idem_error){0};
        return error_set(err, IDEM_INVALID, "%s:%llu: %s; nothing was changed", c->path, (unsigned long long)row->line,
                         why.message);
    }
    return status;
}

enum idem_status idem_decide_file(struct idem_session *s, const char *path, const struct idem_steward_options *options,
                                  char **json, struct idem_error *err)
{
    struct action action;
    struct file_context context = {&action, path};
    enum idem_status status = action_begin(&action, s, "decide", options, err);
    if (status == IDEM_OK)
        status = decision_file_read(path, S_row, &context, err);
    return action_end(&action, status, json, err);
}

/* ------------------------------------------------------------------ undo */

struct undo {
    struct action *action;
    int64_t id, batch, seq;      /* of the decision to withdraw */
    struct store_decision *back; /* [n] what its command withdrew */
    size_t n, room;
};

static enum idem_status S_find(void *context, const struct store_decision *d, struct idem_error *err)
{
    struct undo *u = context;
    (void)err;
    if (d->id == u->id && !d->withdrawn_seq) {
        u->batch = d->batch;
        u->seq = d->seq;
    }
    return IDEM_OK;
}

/* Alone, a decision brings back only what it took the place of. */
static enum idem_status S_find_back(void *context, const struct store_decision *d, struct idem_error *err)
{
    struct undo *u = context;
    (void)err;
    if (d->withdrawn_seq != u->seq)
        return IDEM_OK;
    if (u->n == u->room) {
        size_t room = 2 * u->room + 16;
        struct store_decision *grown = ARENA_NEW(&u->action->arena, struct store_decision, room);
        if (u->n)
            memcpy(grown, u->back, u->n * sizeof *grown);
        u->back = grown;
        u->room = room;
    }
    u->back[u->n] = *d;
    u->back[u->n++].note = str_copy(&u->action->arena, d->note);
    return IDEM_OK;
}

static enum idem_status S_undo(struct undo *u, struct idem_error *err)
{
    struct action *a = u->action;
    int64_t x = 0, y = 0;
    TRY(steward_each_decision(a->store, 0, true, S_find, u, err));
    if (!u->seq)
        return error_set(err, IDEM_NOT_FOUND, "decision %lld does not stand", (long long)u->id);
    TRY(steward_each_decision(a->store, 0, true, S_find_back, u, err));
    for (size_t i = 0, n = a->decisions.n; i < n; i++) {
        const struct store_decision *d = &a->decisions.item[i];
        if (d->id != u->id && !(d->id && u->batch && d->batch == u->batch))
            continue;
        x = d->rid_a;
        y = d->rid_b;
        TRY(action_withdraw(a, d, err));
    }
    for (size_t i = 0; i < u->n; i++)
        if (u->batch || (u->back[i].rid_a == x && u->back[i].rid_b == y))
            TRY(action_decide(a, u->back[i].verdict, u->back[i].rid_a, u->back[i].rid_b, u->back[i].note, err));
    return IDEM_OK;
}

enum idem_status idem_undo(struct idem_session *s, int64_t decision, const struct idem_steward_options *options,
                           char **json, struct idem_error *err)
{
    struct action action;
    struct undo undo = {.action = &action, .id = decision};
    enum idem_status status = action_begin(&action, s, "undo", options, err);
    if (status == IDEM_OK)
        status = S_undo(&undo, err);
    return action_end(&action, status, json, err);
}
