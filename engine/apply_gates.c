#include "engine/apply_gates.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "engine/apply_digest.h"

enum { LEAST_RECORDS = 10, MESSAGE = 512 };

/* ------------------------------------------------------------------ what may be overridden */

static const char *const GATES[] = {"max_churn", "max_merged_masters", "max_gone", "min_rows", "max_age"};

/* "max_gone" or "max_gone:crm" */
static bool S_allows(const char *allow, struct str gate, struct str source)
{
    struct str text = str_from(allow);
    size_t colon = str_find_byte(text, ':');
    if (colon == SIZE_MAX)
        return str_eq(text, gate);
    return str_eq(str_sub(text, 0, colon), gate) && str_eq(str_sub(text, colon + 1, text.len), source);
}

static bool S_is_quality(const struct config *c, struct str gate)
{
    char name[32];
    for (unsigned i = 0; i < c->n_quality; i++) {
        snprintf(name, sizeof name, "quality[%u]", i);
        if (str_eq(gate, str_from(name)))
            return true;
    }
    return false;
}

static enum idem_status S_known(const struct apply_run *r, const char *allow, struct idem_error *err)
{
    assert(allow);
    struct str text = str_from(allow), gate = text;
    size_t colon = str_find_byte(text, ':');
    bool known = false;
    if (colon != SIZE_MAX) {
        gate = str_sub(text, 0, colon);
        struct str source = str_sub(text, colon + 1, text.len);
        if (config_find_source(r->config, source) < 0)
            return error_set(err, IDEM_INVALID, "--allow %s: the configuration has no source %.*s", allow,
                             STR_ARG(source));
    }
    for (size_t i = 0; i < COUNT_OF(GATES); i++)
        known |= str_eq(gate, str_from(GATES[i]));
    if (known || S_is_quality(r->config, gate))
        return IDEM_OK;
    const char *nearest = json_nearest_key(gate, GATES, COUNT_OF(GATES));
    return error_set(err, IDEM_INVALID, "--allow %s: there is no such gate%s%s%s", allow,
                     nearest ? ", did you mean " : "; a gate or quality[N], as the report names it",
                     nearest ? nearest : "", nearest ? "?" : "");
}

enum idem_status apply_gates_options(const struct apply_run *r, struct idem_error *err)
{
    const struct idem_apply_options *o = r->options;
    for (size_t i = 0; i < o->n_allow; i++)
        TRY(S_known(r, o->allow[i], err));
    if (o->n_allow && (!o->reason || !str_trim(str_from(o->reason)).len))
        return error_set(err, IDEM_INVALID, "--allow needs a --reason, for the record");
    if (o->reason && !o->n_allow)
        return error_set(err, IDEM_INVALID, "--reason says why a gate is overridden: it needs --allow GATE");
    return IDEM_OK;
}

/* ------------------------------------------------------------------ one gate */

struct gate {
    struct str name, source; /* source: empty when it is of no one */
    double value, limit;
    bool passed;
};

static bool S_is_allowed(const struct apply_run *r, const struct gate *g)
{
    for (size_t i = 0; i < r->options->n_allow; i++)
        if (S_allows(r->options->allow[i], g->name, g->source))
            return true;
    return false;
}

static json_t *S_entry(const struct gate *g)
{
    json_t *o = json_object();
    json_put_str(o, "gate", g->name);
    if (g->source.len)
        json_put_str(o, "source", g->source);
    json_put(o, "value", json_real(g->value));
    json_put(o, "limit", json_real(g->limit));
    return o;
}

/* Who let it pass, and why: kept in the run's report. */
static void S_note_allowed(struct apply_run *r, const struct gate *g)
{
    json_t *o = S_entry(g);
    json_put(o, "by", r->options->by ? json_from_str(str_from(r->options->by)) : json_null());
    json_put_str(o, "reason", str_from(r->options->reason));
    json_array_append_new(r->allowed, o);
}

/* `message` is what the run is stopped with; the first one counts. */
static void S_note(struct apply_run *r, const struct gate *g, const char *message)
{
    bool allowed = !g->passed && S_is_allowed(r, g);
    json_t *o = S_entry(g);
    json_put(o, "passed", json_boolean(g->passed));
    if (allowed) {
        json_put(o, "allowed", json_true());
        S_note_allowed(r, g);
        apply_warn(r, "allowed: %s", message);
    }
    json_array_append_new(r->gates, o);
    if (!g->passed && !allowed && r->stop.status == IDEM_OK)
        error_set(&r->stop, IDEM_GATE, "%s; nothing was changed", message);
}

/* At the end of a group of gates. */
static enum idem_status S_stop(const struct apply_run *r, struct idem_error *err)
{
    if (r->stop.status == IDEM_OK || r->planning)
        return IDEM_OK;
    return error_set(err, IDEM_GATE, "%s", r->stop.message);
}

/* ------------------------------------------------------------------ files */

static void S_min_rows(struct apply_run *r, struct str name, uint64_t rows, uint64_t least)
{
    char message[MESSAGE];
    struct gate g = {STR("min_rows"), name, (double)rows, (double)least, rows >= least};
    snprintf(message, sizeof message, "gate min_rows: source %.*s has %llu rows, it must have %llu", STR_ARG(name),
             (unsigned long long)rows, (unsigned long long)least);
    S_note(r, &g, message);
}

static void S_max_age(struct apply_run *r, struct str name, int64_t changed_ms, int64_t most_ms)
{
    char message[MESSAGE];
    double age = (double)(r->now_ms - changed_ms) / 1000, limit = (double)most_ms / 1000;
    struct gate g = {STR("max_age"), name, age, limit, age <= limit};
    snprintf(message, sizeof message,
             "gate max_age: the newest file of source %.*s is %.1f hours old, the limit is %.1f", STR_ARG(name),
             age / 3600, limit / 3600);
    S_note(r, &g, message);
}

static void S_files(struct apply_run *r, unsigned i)
{
    unsigned source = r->config->gates.per_source[i].source;
    const struct load_source *l = &r->load.source[source];
    struct str name = r->config->source[source].name;
    int64_t newest = INT64_MIN, most = r->config->gates.per_source[i].max_age_ms;
    if (!l->read)
        return;
    if (r->config->gates.per_source[i].min_rows)
        S_min_rows(r, name, l->rows, r->config->gates.per_source[i].min_rows);
    for (size_t f = 0; f < l->n_files; f++)
        newest = l->file[f].changed_ms > newest ? l->file[f].changed_ms : newest;
    if (most && newest > 0) /* a pipe has no age */
        S_max_age(r, name, newest, most);
}

/* ------------------------------------------------------------------ quality */

static void S_quality_text(const struct apply_run *r, const struct quality_result *q, struct str source,
                           char text[MESSAGE])
{
    if (q->rule->kind == QUALITY_ROWS)
        snprintf(text, MESSAGE, "quality[%u]: source %.*s has %llu rows, not as many as expected", q->number,
                 STR_ARG(source), (unsigned long long)q->checked);
    else
        snprintf(text, MESSAGE, "quality[%u]: %s %.*s holds for %llu of %llu rows of source %.*s, expected are %.4g %%",
                 q->number, quality_kind_name(q->rule->kind), STR_ARG(r->config->schema.field[q->rule->field].name),
                 (unsigned long long)q->right, (unsigned long long)q->checked, STR_ARG(source),
                 100 * q->rule->at_least);
}

static double S_quality_limit(const struct quality_result *q)
{
    if (q->rule->kind != QUALITY_ROWS)
        return q->rule->at_least;
    return (double)(q->checked > q->rule->most ? q->rule->most : q->rule->least);
}

static void S_quality(struct apply_run *r, const struct quality_result *q, struct str source)
{
    char text[MESSAGE], name[32];
    bool counts = q->rule->kind == QUALITY_ROWS;
    double value = counts ? (double)q->checked : q->checked ? (double)q->right / (double)q->checked : 1;
    snprintf(name, sizeof name, "quality[%u]", q->number);
    struct gate g = {str_from(name), source, value, S_quality_limit(q), q->passed};
    S_quality_text(r, q, source, text);
    if (q->rule->on_fail == QUALITY_STOP)
        S_note(r, &g, text);
    else if (q->rule->on_fail == QUALITY_WARN && !q->passed)
        apply_warn(r, "%s", text);
}

enum idem_status apply_gates_read(struct apply_run *r, struct idem_error *err)
{
    for (unsigned s = 0; s < r->config->n_sources; s++)
        for (size_t i = 0; i < r->load.source[s].n_quality; i++)
            S_quality(r, &r->load.source[s].quality[i], r->config->source[s].name);
    for (unsigned i = 0; i < r->config->gates.n_per_source && !r->first; i++)
        S_files(r, i);
    return S_stop(r, err);
}

/* ------------------------------------------------------------------ what would change */

static void S_share(struct apply_run *r, const char *name, uint64_t part, uint64_t whole, double limit,
                    const char *what)
{
    char message[MESSAGE];
    if (isnan(limit) || whole < LEAST_RECORDS)
        return;
    struct gate g = {str_from(name), {0}, (double)part / (double)whole, limit, false};
    g.passed = g.value <= limit;
    snprintf(message, sizeof message, "gate %s: %.4f of the %s, the limit is %.4f", name, g.value, what, limit);
    S_note(r, &g, message);
}

/*
 * A source without a single row, or with a file that ends in the middle of one, did not come whole: then nothing may be
 * gone, however few the records are.
 */
static void S_gone(struct apply_run *r, unsigned s)
{
    const struct store_source *stored = &r->previous.source[s].stored;
    const struct load_source *l = &r->load.source[s];
    double limit = r->config->gates.max_gone;
    uint64_t gone = r->counts[s].gone;
    bool broken = l->rows == 0 || l->cut;
    char message[MESSAGE];
    if (isnan(limit) || r->config->source[s].mode != MODE_WHOLE || !l->read || !stored->current ||
        (stored->current < LEAST_RECORDS && !(broken && gone)))
        return;
    struct gate g = {STR("max_gone"), stored->name, (double)gone / (double)stored->current, broken ? 0 : limit, false};
    g.passed = g.value <= g.limit;
    snprintf(message, sizeof message, "gate max_gone: %.4f of source %.*s would be gone, %s%.4f", g.value,
             STR_ARG(stored->name),
             l->rows == 0 ? "and it has no rows: the limit then is "
             : l->cut     ? "and its file ends in the middle of a row: the limit then is "
                          : "the limit is ",
             g.limit);
    S_note(r, &g, message);
}

static void S_expected(struct apply_run *r)
{
    const char *expect = r->options->expect;
    if (!expect && !r->planning)
        return;
    apply_digest(r, r->digest);
    if (!expect || str_eq_nocase(str_trim(str_from(expect)), str_from(r->digest)))
        return;
    json_t *o = json_object();
    json_put_str(o, "gate", STR("expect"));
    json_put_str(o, "expected", str_from(expect));
    json_put_str(o, "found", str_from(r->digest));
    json_put(o, "passed", json_false());
    json_array_append_new(r->gates, o);
    if (r->stop.status == IDEM_OK)
        error_set(&r->stop, IDEM_GATE,
                  "--expect: this run would do something else than the plan (digest %s); nothing was changed; "
                  "look at idem plan again",
                  r->digest);
}

enum idem_status apply_gates_changes(struct apply_run *r, struct idem_error *err)
{
    const struct assign_counts *c = &r->assigned.counts;
    const struct gates *g = &r->config->gates;
    if (!r->first) {
        S_share(r, "max_churn", c->churned, c->stayed, g->max_churn, "records would change their master");
        S_share(r, "max_merged_masters", c->merged, c->active_before, g->max_merged_masters, "masters would be merged");
        for (unsigned s = 0; s < r->config->n_sources; s++)
            S_gone(r, s);
    }
    S_expected(r);
    return S_stop(r, err);
}
