/*
 * Runs over what changed, against runs over everything: through random histories (records that are edited, come, go and
 * return, decisions, sources that send only changes, links, other numbers of threads) a run over everything never finds
 * anything to change, and the same records taken in at once make the same groups.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "workshop.h"

enum { PERSONS = 60, RECORDS = 3 * PERSONS };

#define FIELDS "'fields':{'given_name':'first','family_name':'last','birth_date':'dob','email':'email','phone':'phone'}"
#define SOURCES                                                                                                        \
    "'entity':'person','sources':[{'name':'crm','path':'crm.csv','record_id':'id','updated_at':'at'," FIELDS "},"      \
    "{'name':'web','path':'web.csv','record_id':'id'," FIELDS "},"                                                     \
    "{'name':'app','path':'app.csv','record_id':'id','mode':'delta','delete':{'column':'del'}," FIELDS "}],"
#define OPEN_GATES "'gates':{'max_churn':false,'max_merged_masters':false,'max_gone':false}"

/* Ways to match that a run over a part has to follow. */
static const struct {
    const char *name, *config;
} CONFIGS[] = {
    {"all pairs", "{" SOURCES OPEN_GATES ",'privacy':{'at_rest':'clear'}}"},
    {"blocking, sealed",
     "{" SOURCES "'matching':{'blocking':[['family_name.phonetic','birth_date'],['email'],['phone'],"
     "['given_name.first3','birth_date.year']]}," OPEN_GATES "}"},
    {"hashed fields",
     "{" SOURCES "'matching':{'blocking':[['family_name.phonetic','birth_date'],['email'],['phone'],"
     "['given_name.first3','birth_date.year']]}," OPEN_GATES
     ",'privacy':{'fields':{'email':'hashed','phone':'hashed'}}}"},
    {"rules, links, thresholds",
     "{" SOURCES "'links':[{'source':'web','column':'ref','to':'crm'}],"
     "'matching':{'blocking':[['family_name.phonetic'],['email'],['birth_date']],'thresholds':{'match':5,'review':0},"
     "'rules':[{'when':['phone'],'then':'same'},{'when':['family_name'],'differ':['email'],'then':'different'}]}"
     "," OPEN_GATES ",'privacy':{'at_rest':'clear'}}"},
    {"a low threshold",
     "{" SOURCES "'matching':{'blocking':[['family_name.phonetic'],['birth_date']],'thresholds':{'match':2}},"
     "'survivorship':{'*':'recency'}," OPEN_GATES ",'privacy':{'at_rest':'clear'}}"},
};

struct decided {
    unsigned a, b;
    const char *verdict;
};

struct world {
    struct workshop w;
    uint64_t random;
    bool here[RECORDS];
    unsigned spelling[RECORDS], version[RECORDS];
    struct buf changes; /* all that `app` has sent */
    size_t sent;        /* of it, before the last run */
    bool started;
};

static unsigned S_random(struct world *x, unsigned below)
{
    x->random = x->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(x->random >> 33) % below;
}

static const char *const SOURCE[] = {"crm", "web", "app"};

static void S_row(const struct world *x, unsigned i, struct buf *out)
{
    static const char *const FIRST[] = {"Ann", "Bert", "Carla", "Dirk", "Elsa", "Fred", "Gina", "Hugo", "Ines", "Jan"};
    static const char *const LAST[] = {"Moreau", "Petersen", "Quandt", "Rossi", "Silva", "Tanaka", "Ulrich"};
    unsigned p = i / 3, s = x->spelling[i], q = s & 16 ? (p + 1) % PERSONS : p;
    buf_printf(out, "r%03u,%s%s,%s,19%02u-%02u-%02u,", i, FIRST[p % 10], s & 1 ? "e" : "", LAST[q % 7], 40 + p % 50,
               1 + (s & 2 ? p + 1 : p) % 12, 1 + p % 28);
    if (!(s & 4))
        buf_printf(out, "%s.%u@mail.example", FIRST[p % 10], s & 8 ? p + 500 : p);
    buf_printf(out, ",");
    if (s & 32)
        buf_printf(out, "+49 30 55%04u", (s & 64 ? p + 7 : p) * 13);
    if (i % 3 == 0)
        buf_printf(out, ",2026-01-%02u", 1 + x->version[i] % 28);
    if (i % 3 == 1 && s & 128)
        buf_printf(out, ",r%03u", (i - 1 + (s & 256 ? 3 : 0)) % RECORDS);
    else if (i % 3 == 1)
        buf_byte(out, ',');
    if (i % 3 == 2)
        buf_printf(out, ",%s", x->here[i] ? "" : "1");
    buf_byte(out, '\n');
}

/* crm now and then has a row twice, in whatever order: the newest counts. */
static void S_files(struct world *x, bool all_changes)
{
    static const char *const HEAD[] = {"id,first,last,dob,email,phone,at\n", "id,first,last,dob,email,phone,ref\n",
                                       "id,first,last,dob,email,phone,del\n"};
    static const char *const FILES[] = {"crm.csv", "web.csv", "app.csv"};
    for (unsigned s = 0; s < 3; s++) {
        struct buf out = {0};
        unsigned first = S_random(x, RECORDS);
        buf_str(&out, str_from(HEAD[s]));
        for (unsigned k = 0; k < RECORDS && s < 2; k++) {
            unsigned i = (first + k) % RECORDS;
            if (i % 3 == s && x->here[i])
                S_row(x, i, &out);
        }
        if (s == 2)
            buf_str(&out, str_sub(buf_view(&x->changes), all_changes ? 0 : x->sent, x->changes.len));
        workshop_write(&x->w, FILES[s], buf_cstr(&out));
        buf_deinit(&out);
    }
    x->sent = x->changes.len;
}

static void S_change(struct world *x, unsigned i)
{
    bool was = x->here[i];
    unsigned kind = S_random(x, 5);
    if (!was || kind == 0)
        x->here[i] = !was;
    if (kind != 1)
        x->spelling[i] = S_random(x, 512) & (S_random(x, 2) ? 511 : 0xE3);
    x->version[i]++;
    if (i % 3 == 2 && (was || x->here[i]))
        S_row(x, i, &x->changes);
}

/* ------------------------------------------------------------------ against a run over everything */

static void S_nothing_left(struct world *x, const char *name, unsigned step)
{
    struct idem_session *s = workshop_session(&x->w, IDEM_WRITE);
    struct idem_apply_options options = {.full = true, .threads = 1, .now_ms = 1780000000000};
    char *text = NULL;
    json_t *plan;
    workshop_write(&x->w, "app.csv", "id,first,last,dob,email,phone,del\n");
    if (idem_plan(s, &options, 3, &text, &x->w.err) != IDEM_OK)
        fail_msg("%s", x->w.err.message);
    assert_int_equal(json_parse(str_from(text), "plan", &plan, &x->w.err), IDEM_OK);
    if (!str_eq(json_str(json_object_get(plan, "status")), STR("unchanged")))
        fail_msg("%s, step %u: a run over everything would change: %s", name, step, text);
    json_decref(plan);
    idem_free(text);
    idem_close(s);
}

static void S_decide(struct world *x, const struct decided *d)
{
    struct idem_session *s = workshop_session(&x->w, IDEM_WRITE);
    struct idem_steward_options options = {.now_ms = 1780000000000};
    char a[32], b[32], *text = NULL;
    snprintf(a, sizeof a, "%s:r%03u", SOURCE[d->a % 3], d->a);
    snprintf(b, sizeof b, "%s:r%03u", SOURCE[d->b % 3], d->b);
    enum idem_status status = idem_decide(s, a, b, d->verdict, &options, &text, &x->w.err);
    if (status != IDEM_OK && status != IDEM_CONFLICT)
        fail_msg("%s", x->w.err.message);
    idem_free(text);
    idem_close(s);
}

static void S_decide_something(struct world *x)
{
    static const char *const VERDICTS[] = {"same", "different"};
    unsigned a = S_random(x, RECORDS), b = S_random(x, 3) ? (a + 1 + S_random(x, 4)) % RECORDS : S_random(x, RECORDS);
    if (!x->started || a == b || !*workshop_master(&x->w, "crm:r000"))
        return;
    char key[2][32];
    snprintf(key[0], sizeof key[0], "%s:r%03u", SOURCE[a % 3], a);
    snprintf(key[1], sizeof key[1], "%s:r%03u", SOURCE[b % 3], b);
    if (!*workshop_master(&x->w, key[0]) || !*workshop_master(&x->w, key[1]))
        return;
    struct decided d = {a, b, VERDICTS[S_random(x, 2)]};
    S_decide(x, &d);
}

static void S_open(struct world *x, uint64_t seed, const char *config)
{
    *x = (struct world){.random = seed};
    workshop_open(&x->w);
    workshop_config(&x->w, config);
    for (unsigned i = 0; i < RECORDS; i++) {
        x->here[i] = i % 3 != 2 || S_random(x, 2);
        x->spelling[i] = S_random(x, 512) & (S_random(x, 2) ? 0x1E3 : 0x80);
        if (i % 3 == 2 && x->here[i])
            S_row(x, i, &x->changes);
    }
    x->here[0] = true;
    S_files(x, false);
    workshop_run(&x->w);
    x->started = true;
}

static void S_close(struct world *x)
{
    buf_deinit(&x->changes);
    workshop_close(&x->w);
}

static void S_history(const char *name, const char *config, uint64_t seed, unsigned steps)
{
    struct world *x = xcalloc(1, sizeof *x);
    S_open(x, seed, config);
    S_nothing_left(x, name, 999);
    for (unsigned step = 0; step < steps; step++) {
        unsigned n = S_random(x, 3) ? 1 + S_random(x, 4) : S_random(x, 40);
        for (unsigned k = 0; k < n; k++)
            S_change(x, 1 + S_random(x, RECORDS - 1));
        if (S_random(x, 3) == 0)
            S_decide_something(x);
        x->w.threads = 1 + S_random(x, 3);
        S_files(x, false);
        workshop_run(&x->w);
        S_nothing_left(x, name, step);
    }
    S_close(x);
    free(x);
}

static void a_run_over_everything_finds_nothing_to_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CONFIGS); i++)
        for (uint64_t seed = 1; seed <= 2; seed++)
            S_history(CONFIGS[i].name, CONFIGS[i].config, seed * 104729 + i, 8);
}

/* The same changes in many runs and in one. */
static void batches_do_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CONFIGS); i++) {
        struct world *many = xcalloc(1, sizeof *many), *one = xcalloc(1, sizeof *one);
        S_open(many, 31 + i, CONFIGS[i].config);
        S_open(one, 31 + i, CONFIGS[i].config);
        for (unsigned step = 0; step < 6; step++) {
            for (unsigned k = 0; k < 12; k++) {
                unsigned record = 1 + S_random(many, RECORDS - 1);
                one->random = many->random;
                S_change(many, record);
                S_change(one, record);
                one->random = many->random;
            }
            S_files(many, false);
            workshop_run(&many->w);
        }
        one->w.threads = 3;
        S_files(one, false);
        workshop_run(&one->w);
        assert_string_equal(workshop_partition(&many->w), workshop_partition(&one->w));
        S_close(many);
        S_close(one);
        free(many);
        free(one);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_over_everything_finds_nothing_to_change),
        cmocka_unit_test(batches_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
