/*
 * Random sequences of decisions, merges, splits, withdrawals and runs with records that change, go and return: what was
 * decided always holds, also against rules; what would contradict is refused; a part clustered by itself is what a run
 * over everything makes of it; ids resolve for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "workshop.h"

enum { PERSONS = 14, RECORDS = 3 * PERSONS, STEPS = 60, MOST_IDS = 4096 };

#define FIELDS                                                                                                         \
    "'fields':{'given_name':'first','family_name':'last','birth_date':'dob','email':'email','loyalty_no':'card',"      \
    "'tax_id':'tax'}}"
static const char CONFIG[] =
    "{'entity':'person','sources':[{'name':'crm','path':'crm.csv','record_id':'id'," FIELDS ","
    "{'name':'web','path':'web.csv','record_id':'id'," FIELDS ","
    "{'name':'far','path':'far.csv','record_id':'id','fields':{'given_name':'first','family_name':'last'}}],"
    "'fields':{'loyalty_no':{'type':'category'},'tax_id':{'type':'category'}},"
    "'matching':{'comparisons':{'loyalty_no':{'off':true},'tax_id':{'off':true}},"
    "'rules':[{'differ':['tax_id'],'then':'different'},{'when':['loyalty_no'],'then':'same'}],"
    "'thresholds':{'match':6}},'gates':{'max_churn':false,'max_merged_masters':false,'max_gone':false},"
    "'privacy':{'at_rest':'clear'}}";

struct decided {
    unsigned a, b;
    char verdict; /* s, d, u */
};

struct world {
    struct workshop w;
    uint64_t random;
    bool gone[RECORDS];
    unsigned spelling[RECORDS];
    unsigned far; /* records of people nobody knows: each makes the next run look at everything */
    struct decided decided[STEPS * 40];
    unsigned n_decided;
    const char *id[MOST_IDS]; /* every master_id that was seen */
    unsigned n_ids;
};

static unsigned S_random(struct world *x, unsigned below)
{
    x->random = x->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(x->random >> 33) % below;
}

/* Record i: person i / 3; every third record is in the other source. */
static const char *S_key(unsigned i)
{
    static char text[4][16];
    static unsigned next;
    char *to = text[next++ % 4];
    snprintf(to, sizeof text[0], "%s:r%02u", i % 3 == 2 ? "web" : "crm", i);
    return to;
}

static void S_files(struct world *x)
{
    static const char *const FIRST[] = {"Ann", "Bert", "Carla", "Dirk", "Elsa", "Fred", "Gina"};
    static const char *const LAST[] = {"Moreau", "Petersen", "Quandt", "Rossi", "Silva"};
    struct buf out[2] = {{0}, {0}}, far = {0};
    buf_str(&out[0], STR("id,first,last,dob,email,card,tax\n"));
    buf_str(&out[1], STR("id,first,last,dob,email,card,tax\n"));
    buf_str(&far, STR("id,first,last\n"));
    for (unsigned i = 0; i < RECORDS; i++) {
        unsigned p = i / 3, s = x->spelling[i];
        if (x->gone[i])
            continue;
        buf_printf(&out[i % 3 == 2], "r%02u,%s%s,%s,19%02u-0%u-1%u,%s%u@mail.example,", i, FIRST[p % 7],
                   s & 1 ? "e" : "", LAST[p % 5], 40 + p, 1 + p % 9, s & 2 ? 1 + p % 7 : p % 7, FIRST[p % 7],
                   s & 4 ? p + 50 : p);
        if (s & 8)
            buf_printf(&out[i % 3 == 2], "card%u", i % 5);
        buf_byte(&out[i % 3 == 2], ',');
        if (s & 16)
            buf_printf(&out[i % 3 == 2], "tax%u", i % 4);
        buf_byte(&out[i % 3 == 2], '\n');
    }
    for (unsigned i = 0; i < x->far; i++)
        buf_printf(&far, "f%u,Zz%cq%c,Xw%ck\n", i, 'a' + (int)(i % 26), 'a' + (int)(i / 26), 'a' + (int)(i * 7 % 26));
    workshop_write(&x->w, "crm.csv", buf_cstr(&out[0]));
    workshop_write(&x->w, "web.csv", buf_cstr(&out[1]));
    workshop_write(&x->w, "far.csv", buf_cstr(&far));
    buf_deinit(&out[0]);
    buf_deinit(&out[1]);
    buf_deinit(&far);
}

/* ------------------------------------------------------------------ what must hold of decisions, slowly */

static void S_closure(const struct world *x, unsigned *class)
{
    for (unsigned i = 0; i < RECORDS; i++)
        class[i] = i;
    for (unsigned round = 0; round < RECORDS; round++)
        for (unsigned i = 0; i < x->n_decided; i++) {
            const struct decided *d = &x->decided[i];
            unsigned least = class[d->a] < class[d->b] ? class[d->a] : class[d->b];
            if (d->verdict == 's')
                class[d->a] = class[d->b] = least;
        }
}

static bool S_is_sound(const struct world *x)
{
    unsigned class[RECORDS];
    S_closure(x, class);
    for (unsigned i = 0; i < x->n_decided; i++)
        if (x->decided[i].verdict == 'd' && class[x->decided[i].a] == class[x->decided[i].b])
            return false;
    return true;
}

static void S_forget(struct world *x, unsigned a, unsigned b)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < x->n_decided; i++)
        if (!((x->decided[i].a == a && x->decided[i].b == b) || (x->decided[i].a == b && x->decided[i].b == a)))
            x->decided[kept++] = x->decided[i];
    x->n_decided = kept;
}

static void S_note(struct world *x, unsigned a, unsigned b, char verdict)
{
    S_forget(x, a, b);
    x->decided[x->n_decided++] = (struct decided){a, b, verdict};
}

static void S_holds(struct world *x)
{
    unsigned class[RECORDS];
    const char *master[RECORDS];
    S_closure(x, class);
    for (unsigned i = 0; i < RECORDS; i++)
        master[i] = x->gone[i] ? NULL : workshop_master(&x->w, S_key(i));
    for (unsigned i = 0; i < RECORDS; i++)
        for (unsigned k = 0; k < i && master[i]; k++)
            if (master[k] && class[i] == class[k] && strcmp(master[i], master[k]) != 0)
                fail_msg("%s and %s were said to be the same", S_key(k), S_key(i));
    for (unsigned i = 0; i < x->n_decided; i++) {
        const struct decided *d = &x->decided[i];
        for (unsigned p = 0; p < RECORDS && d->verdict == 'd'; p++)
            for (unsigned q = 0; q < RECORDS; q++)
                if (class[p] == class[d->a] && class[q] == class[d->b] && master[p] && master[q] &&
                    strcmp(master[p], master[q]) == 0)
                    fail_msg("%s and %s were said to be different", S_key(p), S_key(q));
    }
    struct idem_session *s = workshop_session(&x->w, IDEM_READ);
    for (unsigned i = 0; i < RECORDS; i++)
        if (master[i] && x->n_ids < MOST_IDS)
            x->id[x->n_ids++] = master[i];
    for (unsigned i = 0; i < x->n_ids; i++) {
        char to[37], again[37];
        struct idem_str none = {"", 0};
        assert_int_equal(idem_lookup(s, none, (struct idem_str){x->id[i], 36}, to, &x->w.err), IDEM_OK);
        assert_int_equal(idem_lookup(s, none, (struct idem_str){to, 36}, again, &x->w.err), IDEM_OK);
        assert_string_equal(to, again);
    }
    idem_close(s);
}

/* ------------------------------------------------------------------ what a person does */

static struct idem_steward_options S_options(struct world *x)
{
    return (struct idem_steward_options){.now_ms = 1700000000000, .seed = x->w.seed++};
}

static void S_decide(struct world *x)
{
    static const char *const VERDICTS[] = {"same", "same", "different", "unsure", "withdraw"};
    unsigned a = S_random(x, RECORDS), b = S_random(x, 3) ? a / 3 * 3 + S_random(x, 3) : S_random(x, RECORDS);
    const char *verdict = VERDICTS[S_random(x, 5)];
    struct idem_steward_options options = S_options(x);
    static struct world before;
    char *text;
    if (a == b)
        return;
    before = *x;
    if (*verdict == 'w')
        S_forget(x, a, b);
    else
        S_note(x, a, b, *verdict);
    bool sound = S_is_sound(x);
    struct idem_session *s = workshop_session(&x->w, IDEM_WRITE);
    enum idem_status status = idem_decide(s, S_key(a), S_key(b), verdict, &options, &text, &x->w.err);
    idem_close(s);
    idem_free(text);
    if (*verdict == 'w' && x->n_decided == before.n_decided)
        assert_int_equal(status, IDEM_NOT_FOUND);
    else if (status == IDEM_NOT_FOUND) /* a record that was never read */
        memcpy(x->decided, before.decided, sizeof x->decided), x->n_decided = before.n_decided;
    else
        assert_int_equal(status, sound ? IDEM_OK : IDEM_CONFLICT);
    if (status == IDEM_CONFLICT) {
        memcpy(x->decided, before.decided, sizeof x->decided);
        x->n_decided = before.n_decided;
    }
}

static const char *S_goldens(struct workshop *w)
{
    struct idem_export_options options = {.kind = IDEM_EXPORT_GOLDEN, .format = IDEM_JSONL, .provenance = true};
    return workshop_export(w, &options);
}

static int64_t S_number(char *text, size_t *n)
{
    json_t *result;
    struct idem_error err;
    assert_int_equal(json_parse(str_from(text), "result", &result, &err), IDEM_OK);
    const json_t *list = json_object_get(result, "decisions");
    int64_t number = json_integer_value(json_object_get(json_array_get(list, 0), "decision"));
    *n = json_array_size(list);
    json_decref(result);
    idem_free(text);
    return number;
}

/* The number of a `same` that it put back, 0: none. */
static int64_t S_undo(struct world *x, int64_t number)
{
    struct idem_steward_options options = S_options(x);
    struct idem_session *s = workshop_session(&x->w, IDEM_WRITE);
    char *text;
    if (idem_undo(s, number, &options, &text, &x->w.err) != IDEM_OK)
        fail_msg("%s", x->w.err.message);
    idem_close(s);
    json_t *result, *list;
    int64_t same = 0;
    assert_int_equal(json_parse(str_from(text), "result", &result, &x->w.err), IDEM_OK);
    list = json_object_get(result, "decisions");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_eq(json_str(json_object_get(json_array_get(list, i), "verdict")), STR("same")))
            same = json_integer_value(json_object_get(json_array_get(list, i), "decision"));
    json_decref(result);
    idem_free(text);
    return same;
}

static void S_is_as_before(struct world *x, const char *crosswalk, const char *goldens)
{
    assert_true(strcmp(workshop_crosswalk(&x->w), crosswalk) == 0);
    assert_true(strcmp(S_goldens(&x->w), goldens) == 0);
}

/* Merges the masters of two records and takes it back; or, when the merge took no more than one decision, takes the
 * records of the second out again, and takes that and the merge back: all is as before. */
static void S_merge_and_split(struct world *x)
{
    unsigned a = S_random(x, RECORDS), b = S_random(x, RECORDS), n = 0;
    const char *leaving[RECORDS];
    char keys[RECORDS][16], *text;
    size_t n_decisions;
    if (x->gone[a] || x->gone[b] || workshop_together(&x->w, S_key(a), S_key(b)))
        return;
    for (unsigned i = 0; i < RECORDS; i++)
        if (!x->gone[i] && workshop_together(&x->w, S_key(b), S_key(i))) {
            snprintf(keys[n], sizeof keys[n], "%s", S_key(i));
            leaving[n] = keys[n];
            n++;
        }
    const char *goldens = S_goldens(&x->w), *crosswalk = workshop_crosswalk(&x->w);
    const char *pair[2] = {S_key(a), S_key(b)};
    struct idem_steward_options options = S_options(x);
    struct idem_session *s = workshop_session(&x->w, IDEM_WRITE);
    enum idem_status status = idem_merge(s, pair, 2, &options, &text, &x->w.err);
    idem_close(s);
    if (status != IDEM_OK) {
        assert_int_equal(status, IDEM_CONFLICT);
        return;
    }
    int64_t merge = S_number(text, &n_decisions);
    for (unsigned i = 0; i < n; i++)
        assert_true(workshop_together(&x->w, pair[0], leaving[i]));
    if (n_decisions > 1) {
        S_undo(x, merge);
        S_is_as_before(x, crosswalk, goldens);
        return;
    }
    options = S_options(x);
    s = workshop_session(&x->w, IDEM_WRITE);
    if (idem_split(s, pair[0], leaving, n, &options, &text, &x->w.err) != IDEM_OK)
        fail_msg("%s", x->w.err.message);
    idem_close(s);
    int64_t split = S_number(text, &n_decisions);
    S_is_as_before(x, crosswalk, goldens);
    merge = S_undo(x, split);
    assert_true(workshop_together(&x->w, pair[0], pair[1]));
    S_undo(x, merge);
    S_is_as_before(x, crosswalk, goldens);
}

/* ------------------------------------------------------------------ runs */

/* The partition without the records of people nobody knows. */
static const char *S_partition(struct world *x)
{
    struct str rest = str_from(workshop_partition(&x->w)), line;
    struct buf kept = {0};
    while (str_next_piece(&rest, '\n', &line))
        if (!str_starts(line, STR("far,"))) {
            buf_str(&kept, line);
            buf_byte(&kept, '\n');
        }
    const char *text = str_cstr(&x->w.arena, buf_view(&kept));
    buf_deinit(&kept);
    return text;
}

/* A run over everything finds what the parts found. */
static void S_run_again(struct world *x)
{
    const char *before = S_partition(x);
    x->far++;
    S_files(x);
    workshop_run(&x->w);
    assert_string_equal(S_partition(x), before);
}

static void S_change(struct world *x)
{
    unsigned i = S_random(x, RECORDS);
    if (S_random(x, 3) == 0)
        x->gone[i] = !x->gone[i];
    else
        x->spelling[i] = S_random(x, 32) & (S_random(x, 2) ? 31 : 7);
    S_files(x);
    workshop_run(&x->w);
}

static void S_sequence(uint64_t seed)
{
    struct world *x = xcalloc(1, sizeof *x);
    x->random = seed;
    workshop_open(&x->w);
    for (unsigned i = 0; i < RECORDS; i++)
        x->spelling[i] = S_random(x, 32) & 15;
    x->far = 3;
    S_files(x);
    workshop_config(&x->w, CONFIG);
    workshop_run(&x->w);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned kind = S_random(x, 10);
        if (kind < 6)
            S_decide(x);
        else if (kind < 7)
            S_merge_and_split(x);
        else if (kind < 8)
            S_run_again(x);
        else
            S_change(x);
        S_holds(x);
    }
    S_run_again(x);
    S_holds(x);
    workshop_close(&x->w);
    free(x);
}

static void what_people_decide_holds_through_random_sequences(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++)
        S_sequence(seed * 7919);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_decide_holds_through_random_sequences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
