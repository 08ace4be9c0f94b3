#include "identity/assign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "assign_twin.h"
#include "base/hash.h"

/* ---------------------------------------------------------------- cases */

struct case_record {
    int cluster, old, home;
};

struct assign_case {
    const char *says;
    const char *masters; /* "a" active, "t" retired, "e" erased, a digit: redirected to that one */
    struct case_record record[12];
    unsigned n_records;
    const char *expect; /* masters of the clusters; then the masters as above; then events */
};

static const struct assign_case cases[] = {
    {"a first load mints one master a cluster, in key order",
     "",
     {{1, NONE, NONE}, {0, NONE, NONE}, {1, NONE, NONE}},
     3,
     "1 0 | | created r0 m0; created r1 m1; attached r2 m0; "},
    {"nothing changes when nothing changed", "aa", {{0, 0, NONE}, {1, 1, NONE}}, 2, "0 1 | a a | "},
    {"a new record joins a master", "a", {{0, 0, NONE}, {0, NONE, NONE}}, 2, "0 | a | attached r1 m0; "},
    {"the larger of two merged masters keeps its id",
     "aa",
     {{0, 0, NONE}, {0, 1, NONE}, {0, 1, NONE}},
     3,
     "1 | 1 a | merged m0 m1; "},
    {"of two equal ones the older keeps its id", "aa", {{0, 1, NONE}, {0, 0, NONE}}, 2, "0 | a 0 | merged m1 m0; "},
    {"the larger part of a split keeps the id",
     "a",
     {{0, 0, NONE}, {1, 0, NONE}, {1, 0, NONE}},
     3,
     "1 0 | a | split r0 m1 m0; "},
    {"of two equal parts the one with the smallest key keeps it",
     "a",
     {{1, 0, NONE}, {0, 0, NONE}},
     2,
     "1 0 | a | split r1 m1 m0; "},
    {"a record moves",
     "aa",
     {{0, 0, NONE}, {0, 0, NONE}, {1, 0, NONE}, {1, 1, NONE}, {1, 1, NONE}},
     5,
     "0 1 | a a | moved r2 m1 m0; "},
    {"a master that loses a tug of war takes what is left to it",
     "aa",
     {{0, 0, NONE}, {0, 1, NONE}, {0, 1, NONE}, {1, 1, NONE}, {1, 0, NONE}},
     5,
     "1 0 | a a | moved r0 m1 m0; moved r3 m0 m1; "},
    {"a record whose master was merged elsewhere is moved, its others are not",
     "aaa",
     {{0, 0, NONE}, {0, 0, NONE}, {0, 0, NONE}, {0, 1, NONE}, {0, 1, NONE}, {1, 1, NONE}, {1, 2, NONE}, {1, 2, NONE}},
     8,
     "0 2 | a 0 a | merged m1 m0; moved r5 m2 m1; "},
    {"a master without records is retired",
     "aa",
     {{0, 0, NONE}, {NONE, 1, NONE}},
     2,
     "0 | a t | detached r1 m1; retired m1; "},
    {"a record that comes back revives its master", "t", {{0, NONE, 0}}, 1, "0 | a | revived r0 m0; "},
    {"the master of a record that was gone, when the store kept it as old",
     "t",
     {{0, 0, NONE}},
     1,
     "0 | a | revived r0 m0; "},
    {"a record that comes back to another master takes its old id along",
     "at",
     {{0, 0, NONE}, {0, NONE, 1}},
     2,
     "0 | a 0 | redirected m1 m0; attached r1 m0; "},
    {"an undone merge gives the old id back",
     "1a",
     {{0, 1, 0}, {1, 1, NONE}, {1, 1, NONE}},
     3,
     "0 1 | a a | revived r0 m0 m1; "},
    {"also where the store left the merged master in the record",
     "1a",
     {{0, 0, NONE}, {1, 1, NONE}},
     2,
     "0 1 | a a | revived r0 m0 m1; "},
    {"an undone merge of two equal ones gives each its own",
     "1a",
     {{0, 1, 0}, {1, 1, NONE}},
     2,
     "0 1 | a a | revived r0 m0 m1; "},
    {"a small part does not take the id that most of its records have left behind",
     "1a",
     {{0, 0, NONE}, {1, 0, NONE}, {1, 0, NONE}, {1, 1, NONE}},
     4,
     "2 1 | 1 a | split r0 m2 m1; "},
    {"chains of redirects collapse",
     "1aa",
     {{0, 1, NONE}, {0, 2, NONE}, {0, 2, NONE}},
     3,
     "2 | 2 2 a | merged m1 m2; redirected m0 m2; "},
    {"a chain that was stored is collapsed without an event", "12a", {{0, 2, NONE}}, 1, "2 | 2 2 a | "},
    {"an erased id is never used again", "ea", {{0, 0, 0}, {1, 1, NONE}}, 2, "2 1 | e a | created r0 m2; "},
    {"a loop of redirects is cut", "10a", {{0, 2, NONE}}, 1, "2 | t 0 a | retired m0; "},
    {"an id follows the records that remember it",
     "2aa",
     {{0, 1, 0}, {1, 2, NONE}, {0, 1, NONE}},
     3,
     "1 2 | 1 a a | redirected m0 m1; "},
    {"a new record in a split master is attached",
     "a",
     {{0, 0, NONE}, {0, 0, NONE}, {1, NONE, NONE}, {1, 0, NONE}},
     4,
     "0 1 | a | split r3 m1 m0; attached r2 m1; "},
    {"a world without records", "t", {{0, 0, 0}}, 0, " | t | "},
};

static void S_load(const struct assign_case *c, struct world *w)
{
    *w = (struct world){.n_records = c->n_records, .n_masters = (uint32_t)strlen(c->masters)};
    for (uint32_t m = 0; m < w->n_masters; m++) {
        const char *at = strchr("a-te", c->masters[m]);
        w->master[m].status = (uint8_t)(at ? at - "a-te" : MASTER_REDIRECTED);
        w->master[m].target = at ? ASSIGN_NONE : (uint32_t)(c->masters[m] - '0');
        if (at)
            w->master[m].status = c->masters[m] == 'a'   ? MASTER_ACTIVE
                                  : c->masters[m] == 't' ? MASTER_RETIRED
                                                         : MASTER_ERASED;
    }
    for (uint32_t i = 0; i < w->n_records; i++) {
        w->cluster[i] = (uint32_t)c->record[i].cluster;
        w->old[i] = (uint32_t)c->record[i].old;
        w->home[i] = (uint32_t)c->record[i].home;
        w->rank[i] = i * 3;
        if (w->cluster[i] != ASSIGN_NONE && w->cluster[i] >= w->n_clusters)
            w->n_clusters = w->cluster[i] + 1;
    }
}

static void S_print_events(const struct world *w, const struct assign_result *r, struct arena *a, char *text,
                           size_t room)
{
    struct assign_input in = world_input(w);
    struct identity_event *event;
    size_t n = assign_events(&in, r, a, &event), len = strlen(text);
    for (size_t k = 0; k < n; k++) {
        len += (size_t)snprintf(text + len, room - len, "%s", event_kind_name(event[k].kind));
        if (event[k].record != ASSIGN_NONE)
            len += (size_t)snprintf(text + len, room - len, " r%u", event[k].record);
        len += (size_t)snprintf(text + len, room - len, " m%u", event[k].master);
        if (event[k].other != ASSIGN_NONE)
            len += (size_t)snprintf(text + len, room - len, " m%u", event[k].other);
        len += (size_t)snprintf(text + len, room - len, "; ");
    }
}

static void each_case_gives_the_masters_and_events_it_should(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(cases); k++) {
        struct world w;
        struct arena a;
        struct assign_result r;
        char text[1000] = "";
        arena_init(&a);
        S_load(&cases[k], &w);
        struct assign_input in = world_input(&w);
        assign_masters(&in, &a, &r);
        for (uint32_t c = 0; c < w.n_clusters; c++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%u ", r.master[c]);
        if (!w.n_clusters)
            strcat(text, " ");
        strcat(text, "| ");
        for (uint32_t m = 0; m < w.n_masters; m++) {
            if (r.status[m] == MASTER_REDIRECTED)
                snprintf(text + strlen(text), sizeof text - strlen(text), "%u ", r.target[m]);
            else
                snprintf(text + strlen(text), sizeof text - strlen(text), "%c ", "a-te"[r.status[m]]);
        }
        strcat(text, "| ");
        S_print_events(&w, &r, &a, text, sizeof text);
        if (strcmp(text, cases[k].expect) != 0)
            fail_msg("%s:\n  got      %s\n  expected %s", cases[k].says, text, cases[k].expect);
        arena_deinit(&a);
    }
}

/* ---------------------------------------------------------------- random worlds */

static uint32_t S_below(uint64_t *seed, uint32_t n)
{
    return (uint32_t)random_below(seed, n);
}

static void S_random_masters(uint64_t *seed, struct world *w)
{
    w->n_masters = S_below(seed, 8);
    for (uint32_t m = 0; m < w->n_masters; m++) {
        static const uint8_t often[8] = {MASTER_ACTIVE,     MASTER_ACTIVE,  MASTER_ACTIVE,  MASTER_ACTIVE,
                                         MASTER_REDIRECTED, MASTER_RETIRED, MASTER_RETIRED, MASTER_ERASED};
        w->master[m] = (struct assign_master){often[S_below(seed, 8)], ASSIGN_NONE};
        if (w->master[m].status == MASTER_REDIRECTED)
            w->master[m].target = S_below(seed, w->n_masters); /* loops and self-loops among them */
    }
}

static void S_random_world(uint64_t *seed, struct world *w)
{
    uint32_t number[MOST], clusters = 1 + S_below(seed, 6);
    *w = (struct world){.n_records = S_below(seed, 14)};
    S_random_masters(seed, w);
    for (uint32_t c = 0; c < clusters; c++)
        number[c] = ASSIGN_NONE;
    for (uint32_t i = 0; i < w->n_records; i++) {
        uint32_t c = S_below(seed, clusters);
        bool gone = S_below(seed, 6) == 0;
        if (!gone && number[c] == ASSIGN_NONE)
            number[c] = w->n_clusters++;
        w->cluster[i] = gone ? ASSIGN_NONE : number[c];
        w->old[i] = w->n_masters && S_below(seed, 4) ? S_below(seed, w->n_masters) : ASSIGN_NONE;
        w->home[i] = w->n_masters && S_below(seed, 4) == 0 ? S_below(seed, w->n_masters) : ASSIGN_NONE;
        w->rank[i] = i * 7 + 2;
    }
}

/* ---------------------------------------------------------------- the slow, obvious twin */

static void the_fast_rule_equals_the_slow_one(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        struct world w;
        struct twin t;
        struct arena a;
        struct assign_result r;
        arena_init(&a);
        S_random_world(&seed, &w);
        struct assign_input in = world_input(&w);
        assign_masters(&in, &a, &r);
        assign_twin(&w, &t);
        assert_int_equal(r.n_new, t.n_new);
        for (uint32_t c = 0; c < w.n_clusters; c++)
            assert_int_equal(r.master[c], t.master[c]);
        for (uint32_t m = 0; m < w.n_masters; m++) {
            assert_int_equal(r.status[m], t.status[m]);
            assert_int_equal(r.target[m], t.target[m]);
        }
        arena_deinit(&a);
    }
}

/* ---------------------------------------------------------------- properties */

static void S_shuffle(uint64_t *seed, uint32_t *order, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t k = S_below(seed, i), swap = order[k];
        order[k] = order[i - 1];
        order[i - 1] = swap;
    }
}

static void the_order_of_rows_and_the_names_of_clusters_do_not_matter(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int round = 0; round < 5000; round++) {
        struct world w, v;
        uint32_t row[MOST], name[MOST];
        struct arena a;
        struct assign_result r, s;
        arena_init(&a);
        S_random_world(&seed, &w);
        v = w;
        S_shuffle(&seed, row, w.n_records);
        S_shuffle(&seed, name, w.n_clusters);
        for (uint32_t i = 0; i < w.n_records; i++) {
            uint32_t c = w.cluster[i];
            v.cluster[row[i]] = c == ASSIGN_NONE ? c : name[c];
            v.old[row[i]] = w.old[i];
            v.home[row[i]] = w.home[i];
            v.rank[row[i]] = w.rank[i];
        }
        struct assign_input in = world_input(&w), shuffled = world_input(&v);
        assign_masters(&in, &a, &r);
        assign_masters(&shuffled, &a, &s);
        for (uint32_t c = 0; c < w.n_clusters; c++)
            assert_int_equal(r.master[c], s.master[name[c]]);
        for (uint32_t i = 0; i < w.n_records; i++)
            assert_int_equal(r.change[i], s.change[row[i]]);
        for (uint32_t m = 0; m < w.n_masters; m++) {
            assert_int_equal(r.status[m], s.status[m]);
            assert_int_equal(r.target[m], s.target[m]);
            assert_int_equal(r.fate[m], s.fate[m]);
        }
        struct identity_event *e, *f;
        size_t n = assign_events(&in, &r, &a, &e);
        assert_int_equal(n, assign_events(&shuffled, &s, &a, &f));
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(e[k].kind, f[k].kind);
            assert_int_equal(e[k].master, f[k].master);
            assert_int_equal(e[k].other, f[k].other);
            assert_int_equal(e[k].record == ASSIGN_NONE ? ASSIGN_NONE : row[e[k].record], f[k].record);
        }
        assert_memory_equal(&r.counts, &s.counts, sizeof r.counts);
        arena_deinit(&a);
    }
}

/* A reader who knows the old crosswalk and applies the events, in their order, has the new one. */
static void events_replayed_give_the_new_crosswalk(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int round = 0; round < 20000; round++) {
        struct world w;
        struct twin t;
        struct arena a;
        struct assign_result r;
        struct identity_event *event;
        uint32_t at[MOST], named[MOST] = {0};
        arena_init(&a);
        S_random_world(&seed, &w);
        struct assign_input in = world_input(&w);
        assign_masters(&in, &a, &r);
        assign_twin(&w, &t);
        for (uint32_t i = 0; i < w.n_records; i++)
            at[i] = t.was[i];
        size_t n = assign_events(&in, &r, &a, &event);
        for (size_t k = 0; k < n; k++) {
            const struct identity_event *e = &event[k];
            if (e->kind == EVENT_MERGED)
                for (uint32_t i = 0; i < w.n_records; i++)
                    at[i] = at[i] == e->master ? e->other : at[i];
            if (e->record == ASSIGN_NONE)
                continue;
            at[e->record] = e->kind == EVENT_DETACHED ? ASSIGN_NONE : e->master;
            named[e->record]++;
        }
        for (uint32_t i = 0; i < w.n_records; i++) {
            assert_int_equal(at[i], w.cluster[i] == ASSIGN_NONE ? ASSIGN_NONE : r.master[w.cluster[i]]);
            assert_in_range(named[i], 0, 1);
            if (r.change[i] == RECORD_MERGED || r.change[i] == RECORD_SAME)
                assert_int_equal(named[i], 0);
        }
        arena_deinit(&a);
    }
}

static void every_id_is_used_once_and_every_redirect_ends_at_once(void **state)
{
    (void)state;
    uint64_t seed = 4;
    for (int round = 0; round < 10000; round++) {
        struct world w;
        struct arena a;
        struct assign_result r;
        uint32_t used[2 * MOST] = {0};
        arena_init(&a);
        S_random_world(&seed, &w);
        struct assign_input in = world_input(&w);
        assign_masters(&in, &a, &r);
        for (uint32_t c = 0; c < w.n_clusters; c++)
            assert_int_equal(used[r.master[c]]++, 0);
        for (uint32_t m = 0; m < w.n_masters; m++) {
            assert_int_equal(r.status[m] == MASTER_ACTIVE, used[m]);
            assert_int_equal(r.status[m] == MASTER_ERASED, w.master[m].status == MASTER_ERASED);
            if (r.status[m] == MASTER_REDIRECTED)
                assert_int_equal(assign_resolve(&in, &r, r.target[m]), r.target[m]);
        }
        assert_int_equal(r.counts.active_after, w.n_clusters);
        assert_int_equal(r.counts.created + r.counts.split, r.n_new);
        for (uint32_t k = 0; k < r.n_new; k++)
            assert_int_equal(r.master[w.cluster[r.founder[k]]], w.n_masters + k);
        arena_deinit(&a);
    }
}

static void a_run_that_follows_without_change_does_nothing(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int round = 0; round < 5000; round++) {
        struct world w, next;
        struct arena a;
        struct assign_result r, again;
        arena_init(&a);
        S_random_world(&seed, &w);
        struct assign_input in = world_input(&w);
        assign_masters(&in, &a, &r);
        next = w;
        next.n_masters = w.n_masters + r.n_new;
        for (uint32_t m = 0; m < next.n_masters; m++)
            next.master[m] = m < w.n_masters ? (struct assign_master){r.status[m], r.target[m]}
                                             : (struct assign_master){MASTER_ACTIVE, ASSIGN_NONE};
        for (uint32_t i = 0; i < w.n_records; i++) {
            next.old[i] = w.cluster[i] == ASSIGN_NONE ? ASSIGN_NONE : r.master[w.cluster[i]];
            next.home[i] = ASSIGN_NONE;
        }
        struct assign_input in_next = world_input(&next);
        struct identity_event *event;
        assign_masters(&in_next, &a, &again);
        assert_int_equal(assign_events(&in_next, &again, &a, &event), 0);
        assert_int_equal(again.counts.churned, 0);
        for (uint32_t c = 0; c < w.n_clusters; c++)
            assert_int_equal(again.master[c], r.master[c]);
        arena_deinit(&a);
    }
}

static void every_kind_of_event_has_a_name_and_nothing_else_has(void **state)
{
    static const char *const NAMES[] = {"created", "attached",   "detached", "moved",  "updated", "merged",   "split",
                                        "revived", "redirected", "retired",  "erased", "decided", "withdrawn"};
    (void)state;
    assert_int_equal(COUNT_OF(NAMES), EVENT_KINDS);
    for (unsigned kind = 0; kind < EVENT_KINDS; kind++)
        assert_string_equal(event_kind_name((enum event_kind)kind), NAMES[kind]);
    assert_string_equal(event_kind_name(EVENT_KINDS), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_event_has_a_name_and_nothing_else_has),
        cmocka_unit_test(each_case_gives_the_masters_and_events_it_should),
        cmocka_unit_test(the_fast_rule_equals_the_slow_one),
        cmocka_unit_test(the_order_of_rows_and_the_names_of_clusters_do_not_matter),
        cmocka_unit_test(events_replayed_give_the_new_crosswalk),
        cmocka_unit_test(every_id_is_used_once_and_every_redirect_ends_at_once),
        cmocka_unit_test(a_run_that_follows_without_change_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
