#include "engine/review.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/fmath.h"
#include "base/json.h"
#include "base/map.h"
#include "engine/audit.h"
#include "engine/components.h"
#include "engine/decisions.h"
#include "engine/keyless.h"
#include "engine/mask.h"
#include "engine/review_list.h"
#include "engine/stored_batch.h"

const char *review_kind_name(enum review_kind kind)
{
    static const char *const NAMES[] = {"pair", "stale", "contradicted"};
    return NAMES[kind];
}

struct collecting {
    struct store *store;
    struct review *review;
    struct decisions decisions;
    struct map asked;   /* two masters: told already, or kept apart by a decision */
    struct map decided; /* two records that a decision names */
    int32_t threshold;
    bool has_key; /* without it nobody knows what a decision overrules */
    size_t room;
};

/* ------------------------------------------------------------------ items */

static bool S_first(struct map *map, int64_t x, int64_t y)
{
    int64_t pair[2] = {x < y ? x : y, x < y ? y : x};
    return map_add(map, (struct str){(const char *)pair, sizeof pair}, 0);
}

static enum idem_status S_master(struct collecting *c, int64_t rid, struct store_master *master, bool *current,
                                 struct idem_error *err)
{
    struct store_record record;
    TRY(store_get_record(c->store, rid, false, &c->review->arena, &record, err));
    *current = record.status == STORE_RECORD_CURRENT;
    return store_survivor(c->store, record.mid, &c->review->arena, master, err);
}

static void S_add(struct collecting *c, const struct review_item *item)
{
    struct review *r = c->review;
    if (r->n == c->room) {
        c->room = 2 * c->room + 64;
        r->item = xrealloc(r->item, c->room * sizeof *r->item);
    }
    r->item[r->n++] = *item;
}

static uint32_t S_effect(const struct review_item *x)
{
    return x->a.n < x->b.n ? x->a.n : x->b.n;
}

/* A pair that was found doubtful still is, unless its masters are one now, or somebody decided. */
static enum idem_status S_pair(void *context, const struct store_review *review, struct idem_error *err)
{
    struct collecting *c = context;
    struct review_item x = {.kind = REVIEW_PAIR,
                            .rid_a = review->rid_a,
                            .rid_b = review->rid_b,
                            .has_weight = true,
                            .weight = review->weight};
    bool a, b;
    TRY(S_master(c, x.rid_a, &x.a, &a, err));
    TRY(S_master(c, x.rid_b, &x.b, &b, err));
    if (!a || !b || x.a.mid == x.b.mid)
        return IDEM_OK;
    if (!S_first(&c->decided, x.rid_a, x.rid_b) || !S_first(&c->asked, x.a.mid, x.b.mid))
        return IDEM_OK;
    x.effect = S_effect(&x);
    x.priority = review_priority(x.weight, c->threshold, x.effect);
    S_add(c, &x);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ decisions */

static enum idem_status S_decision(struct collecting *c, const struct store_decision *d, struct map *stale,
                                   struct idem_error *err)
{
    struct review_item x = {.kind = REVIEW_STALE, .rid_a = d->rid_a, .rid_b = d->rid_b, .decision = d};
    bool a, b, changed;
    TRY(S_master(c, x.rid_a, &x.a, &a, err));
    TRY(S_master(c, x.rid_b, &x.b, &b, err));
    S_first(&c->decided, d->rid_a, d->rid_b);
    if (d->verdict == STORE_DIFFERENT)
        S_first(&c->asked, x.a.mid, x.b.mid);
    TRY(steward_changed_since(c->store, d->rid_a, d->seq, &changed, err));
    if (!changed)
        TRY(steward_changed_since(c->store, d->rid_b, d->seq, &changed, err));
    if (!changed || !a || !b || !S_first(stale, x.a.mid, x.b.mid))
        return IDEM_OK;
    x.effect = S_effect(&x);
    x.priority = x.effect;
    S_add(c, &x);
    return IDEM_OK;
}

/* What rules and links say against decisions, component by component. */
static enum idem_status S_contradicted(struct collecting *c, const struct store_decision *d, struct map *seen,
                                       struct idem_error *err)
{
    struct store_master master;
    struct kept_component kept;
    bool current;
    TRY(S_master(c, d->rid_a, &master, &current, err));
    if (!current || !master.component || !S_first(seen, master.component, 0))
        return IDEM_OK;
    enum idem_status status = component_get(c->store, master.component, &c->review->arena, &kept, err);
    if (status == IDEM_NOT_FOUND)
        return IDEM_OK;
    TRY(status);
    for (size_t i = 0; i < kept.n_overruled; i++) {
        struct review_item x = {.kind = REVIEW_CONTRADICTED,
                                .rid_a = kept.rid[kept.overruled[i].a],
                                .rid_b = kept.rid[kept.overruled[i].b]};
        TRY(S_master(c, x.rid_a, &x.a, &current, err));
        TRY(S_master(c, x.rid_b, &x.b, &current, err));
        x.effect = S_effect(&x);
        S_add(c, &x);
    }
    return IDEM_OK;
}

static enum idem_status S_decisions(struct collecting *c, struct idem_error *err)
{
    struct map stale = {0}, seen = {0};
    enum idem_status status = IDEM_OK;
    for (size_t i = 0; i < c->decisions.n && status == IDEM_OK; i++)
        status = S_decision(c, &c->decisions.item[i], &stale, err);
    for (size_t i = 0; i < c->decisions.n && status == IDEM_OK; i++)
        if (c->has_key && c->decisions.item[i].verdict != STORE_UNSURE)
            status = S_contradicted(c, &c->decisions.item[i], &seen, err);
    map_deinit(&stale);
    map_deinit(&seen);
    return status;
}

/* ------------------------------------------------------------------ all */

static int S_by_urgency(const void *a, const void *b)
{
    const struct review_item *x = a, *y = b;
    if (x->priority != y->priority)
        return x->priority > y->priority ? -1 : 1;
    if (x->rid_a != y->rid_a)
        return x->rid_a < y->rid_a ? -1 : 1;
    return (x->rid_b > y->rid_b) - (x->rid_b < y->rid_b);
}

/* The model is sealed: without the key it is the last run's report that tells. */
static enum idem_status S_told_threshold(struct collecting *c, struct idem_error *err)
{
    json_t *threshold;
    enum idem_status status = keyless_thresholds(c->store, &threshold, err);
    const json_t *match = json_object_get(threshold, "match");
    if (json_is_number(match))
        c->threshold = weight_from_bits(json_number_value(match));
    json_decref(threshold);
    return status;
}

static enum idem_status S_threshold(struct idem_session *s, struct collecting *c, struct idem_error *err)
{
    struct stored_batch b;
    if (!c->has_key)
        return S_told_threshold(c, err);
    enum idem_status status = stored_batch_open(&b, s, c->store, err);
    if (status == IDEM_OK)
        status = stored_batch_applied_model(&b, err);
    c->threshold = b.model.match_threshold;
    stored_batch_close(&b);
    return status;
}

enum idem_status review_collect(struct idem_session *s, struct store *store, struct review *r, struct idem_error *err)
{
    struct collecting c = {.store = store, .review = r, .has_key = store_info(store)->has_key};
    enum idem_status status;
    *r = (struct review){.n = 0};
    TRY_DONE(S_threshold(s, &c, err));
    TRY_DONE(decisions_load(store, &r->arena, &c.decisions, err));
    TRY_DONE(S_decisions(&c, err));
    TRY_DONE(steward_each_review(store, S_pair, &c, err));
    if (r->n)
        qsort(r->item, r->n, sizeof *r->item, S_by_urgency);
done:
    map_deinit(&c.asked);
    map_deinit(&c.decided);
    return status;
}

void review_deinit(struct review *r)
{
    free(r->item);
    arena_deinit(&r->arena);
    *r = (struct review){.n = 0};
}

/* ------------------------------------------------------------------ as JSON */

struct telling {
    struct store *store;
    struct store_source *source;
    size_t n_sources;
    bool masked;
    struct arena *arena;
};

static enum idem_status S_side(struct telling *t, int64_t rid, const struct store_master *master, json_t **out,
                               struct idem_error *err)
{
    struct store_record record;
    char text[37];
    TRY(store_get_record(t->store, rid, store_info(t->store)->has_key, t->arena, &record, err));
    *out = json_object();
    for (size_t i = 0; i < t->n_sources; i++)
        if (t->source[i].id == record.source) {
            json_put_str(*out, "data_source", t->source[i].name);
            json_put_str(*out, "record_id",
                         mask_id_if(t->masked && t->source[i].personal_ids, t->store, record.record_id, t->arena));
        }
    store_uuid_format(master->uuid, text);
    json_put(*out, "master_id", json_string(text));
    json_put(*out, "records", json_integer(master->n));
    return IDEM_OK;
}

static json_t *S_told_decision(const struct store_decision *d)
{
    static const char *const VERDICTS[] = {"same", "different", "unsure"};
    char at[25];
    if (!d)
        return json_null();
    json_t *o = json_object();
    clock_format(d->at_ms, at);
    json_put(o, "decision", json_integer(d->id));
    json_put(o, "verdict", json_string(VERDICTS[d->verdict]));
    json_put(o, "by", d->by.len ? json_from_str(d->by) : json_null());
    json_put(o, "at", json_string(at));
    return o;
}

static enum idem_status S_item(struct telling *t, const struct review_item *x, json_t *list, struct idem_error *err)
{
    json_t *o = json_object(), *a = NULL, *b = NULL;
    json_array_append_new(list, o);
    json_put(o, "number", json_integer((json_int_t)json_array_size(list)));
    json_put(o, "kind", json_string(review_kind_name(x->kind)));
    json_put(o, "priority", json_real((double)(int64_t)(x->priority * 1000 + 0.5) / 1000));
    json_put(o, "effect", json_integer(x->effect));
    json_put(o, "match_weight", x->has_weight ? json_real(weight_to_bits(x->weight)) : json_null());
    json_put(o, "together", json_boolean(x->a.mid == x->b.mid));
    json_put(o, "decision", S_told_decision(x->decision));
    TRY(S_side(t, x->rid_a, &x->a, &a, err));
    json_put(o, "a", a);
    TRY(S_side(t, x->rid_b, &x->b, &b, err));
    json_put(o, "b", b);
    return IDEM_OK;
}

static enum idem_status S_note(struct idem_session *s, struct telling *t, const struct review *review, size_t first,
                               size_t shown, struct idem_error *err)
{
    struct str *subject = ARENA_NEW(t->arena, struct str, 2 * shown + 1);
    json_t *detail = json_object();
    for (size_t i = 0; i < 2 * shown; i++) {
        const struct store_master *m = i % 2 ? &review->item[first + i / 2].b : &review->item[first + i / 2].a;
        char *id = ARENA_NEW(t->arena, char, 37);
        store_uuid_format(m->uuid, id);
        subject[i] = str_from(id);
    }
    json_put(detail, "pairs", json_integer((json_int_t)shown));
    enum idem_status status = IDEM_OK;
    if (shown)
        status = audit_disclosure(
            s, &(struct audit_note){.verb = "review", .subject = subject, .n_subjects = 2 * shown, .detail = detail},
            err);
    json_decref(detail);
    return status;
}

/* "PRIORITY-A-B": the bits of the number, and the two records, in hexadecimal. */
static void S_place(const struct review_item *x, char place[64])
{
    uint64_t bits;
    memcpy(&bits, &x->priority, sizeof bits);
    snprintf(place, 64, "%016llx-%llx-%llx", (unsigned long long)bits, (unsigned long long)x->rid_a,
             (unsigned long long)x->rid_b);
}

static bool S_take_place(const char *text, struct review_item *x)
{
    uint64_t number[3];
    char again[64], *end = (char *)text;
    *x = (struct review_item){.rid_a = 0};
    for (size_t i = 0; i < 3; i++) {
        number[i] = strtoull(end, &end, 16);
        end += i < 2 && *end == '-';
    }
    memcpy(&x->priority, &number[0], sizeof x->priority);
    x->rid_a = (int64_t)number[1];
    x->rid_b = (int64_t)number[2];
    S_place(x, again);
    return x->priority == x->priority && strcmp(again, text) == 0;
}

static enum idem_status S_page(struct telling *t, const struct review *review, const struct review_item *after,
                               size_t most, json_t *result, size_t *first, struct idem_error *err)
{
    char place[64];
    json_t *list = json_object_get(result, "items");
    size_t i = 0;
    while (after && i < review->n && S_by_urgency(&review->item[i], after) <= 0)
        i++;
    for (*first = i; i < review->n && (!most || i - *first < most); i++)
        TRY(S_item(t, &review->item[i], list, err));
    json_put(result, "waiting", json_integer((json_int_t)review->n));
    if (i < review->n && i)
        S_place(&review->item[i - 1], place);
    json_put(result, "next", i < review->n && i ? json_string(place) : json_null());
    return IDEM_OK;
}

enum idem_status idem_review_page(struct idem_session *s, const char *after, size_t most, char **json,
                                  struct idem_error *err)
{
    struct telling t = {.masked = false};
    struct review review = {.n = 0};
    struct review_item place;
    json_t *result = json_object();
    bool snapshot = false;
    size_t first;
    enum idem_status status;
    *json = NULL;
    json_put(result, "items", json_array());
    if (after && !S_take_place(after, &place)) {
        json_decref(result);
        return error_set(err, IDEM_INVALID, "this is no place in the list of what waits: take \"next\" of a page");
    }
    TRY_DONE(session_store(s, STORE_READ, &t.store, err));
    t.masked = session_masked(s);
    TRY_DONE(store_snapshot_begin(t.store, err));
    snapshot = true;
    TRY_DONE(review_collect(s, t.store, &review, err));
    t.arena = &review.arena;
    TRY_DONE(store_get_sources(t.store, false, t.arena, &t.source, &t.n_sources, err));
    TRY_DONE(S_page(&t, &review, after ? &place : NULL, most, result, &first, err));
    TRY_DONE(S_note(s, &t, &review, first, json_array_size(json_object_get(result, "items")), err));
    *json = json_text(result);
done:
    if (snapshot)
        store_snapshot_end(t.store);
    review_deinit(&review);
    json_decref(result);
    return status;
}

enum idem_status idem_review(struct idem_session *s, size_t most, char **json, struct idem_error *err)
{
    return idem_review_page(s, NULL, most, json, err);
}
