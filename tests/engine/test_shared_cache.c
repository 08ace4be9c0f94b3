/* Sessions that share what they have read answer as sessions do that read for themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/hash.h"
#include "workshop.h"

static const char CONFIG[] =
    "{'entity':'person','sources':["
    "{'name':'crm','path':'crm.csv','record_id':'id','mode':'delta','fields':{'given_name':'first',"
    "'family_name':'last','birth_date':'dob','email':'email'}}],"
    "'gates':{'max_churn':1,'max_merged_masters':1,'max_gone':1},'matching':{'blocking':[['family_name.first3',"
    "'birth_date'],['email'],['given_name.any_name']],'thresholds':{'match':4}},'privacy':{'at_rest':'sealed'}}";

static const char *const FIRST[] = {"Ann",  "Bert", "Carla", "Dirk", "Elsa",   "Fred", "Gina",
                                    "Hugo", "Ines", "Jan",   "Karl", "Louisa", "Mina"};
static const char *const LAST[] = {"Moreau", "Petersen", "Quandt", "Rossi", "Silva",  "Tanaka",
                                   "Ulrich", "Vargas",   "Wagner", "Zeman", "Schmidt"};

enum { PERSONS = 90, STEPS = 80 };

static void S_start(struct workshop *w)
{
    struct buf crm = {0};
    buf_str(&crm, STR("id,first,last,dob,email\n"));
    for (int p = 0; p < PERSONS; p++)
        buf_printf(&crm, "c%d,%s,%s,19%02d-0%d-1%d,%s%d@mail.example\n", p, FIRST[p % 13], LAST[p % 11], 30 + p % 67,
                   1 + p % 9, p % 7, LAST[p % 11], p);
    workshop_open(w);
    workshop_write(w, "crm.csv", buf_cstr(&crm));
    workshop_config(w, CONFIG);
    workshop_run(w);
    buf_deinit(&crm);
}

/* A record of person p, now and then with an error; deleted, when p is below 0. */
static void S_line(struct buf *out, uint64_t *random, int id, int p)
{
    buf_clear(out);
    if (p < 0) {
        buf_printf(out, "{\"data_source\":\"crm\",\"record_id\":\"c%d\",\"deleted\":true}", id);
        return;
    }
    buf_printf(
        out,
        "{\"data_source\":\"crm\",\"record_id\":\"c%d\",\"fields\":{\"given_name\":\"%s\",\"family_name\":\"%s%s\","
        "\"birth_date\":\"19%02d-0%d-1%d\",\"email\":\"%s%d@mail.example\"}}",
        id, FIRST[p % 13], LAST[p % 11], random_below(random, 4) ? "" : "e", 30 + p % 67, 1 + p % 9, p % 7,
        LAST[p % 11], random_below(random, 4) ? p : p + 1000);
}

struct hand {
    struct idem_session *session;
    struct idem_resolver *resolver;
};

static struct hand S_take(struct workshop *w, enum idem_open_mode mode, struct idem_cache *cache)
{
    struct hand h;
    struct idem_open_options options = {.config_path = workshop_path(w, "idem.json"),
                                        .db_path = workshop_path(w, "idem.db"),
                                        .mode = mode,
                                        .shared = cache != NULL,
                                        .cache = cache};
    if (idem_open(&options, &h.session, &w->err) != IDEM_OK ||
        idem_resolver_open(h.session, &h.resolver, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    return h;
}

static void S_give(struct hand *h)
{
    idem_resolver_close(h->resolver);
    idem_close(h->session);
}

static char *S_search(struct workshop *w, const struct hand *h, int p, bool brief)
{
    char dob[16], email[64];
    struct idem_search_options options = {.limit = 5, .brief = brief};
    char *text = NULL;
    snprintf(dob, sizeof dob, "19%02d-0%d-1%d", 30 + p % 67, 1 + p % 9, p % 7);
    snprintf(email, sizeof email, "%s%d@mail.example", LAST[p % 11], p);
    struct idem_field field[] = {{{"family_name", 11}, {LAST[p % 11], strlen(LAST[p % 11])}},
                                 {{"birth_date", 10}, {dob, strlen(dob)}},
                                 {{"email", 5}, {email, strlen(email)}}};
    if (idem_search(h->resolver, field, COUNT_OF(field), &options, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    return text;
}

static char *S_resolve(struct workshop *w, const struct hand *h, struct idem_str *line, size_t n, bool dry_run)
{
    struct idem_resolve_options options = {.dry_run = dry_run};
    char *text = NULL;
    size_t failed;
    if (idem_resolve(h->resolver, line, n, &options, &text, &failed, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    return text;
}

static void S_change(struct workshop *w, const struct hand *h, uint64_t *random)
{
    struct buf text[4] = {{0}};
    struct idem_str line[4];
    size_t n = 1 + (size_t)random_below(random, 4);
    for (size_t i = 0; i < n; i++) {
        int p = random_below(random, 6) ? (int)random_below(random, PERSONS) : -1;
        S_line(&text[i], random, (int)random_below(random, PERSONS + 40), p);
        line[i] = (struct idem_str){text[i].ptr, text[i].len};
    }
    idem_free(S_resolve(w, h, line, n, false));
    for (size_t i = 0; i < n; i++)
        buf_deinit(&text[i]);
}

/* What both say of a person, before somebody who reads for himself. */
static void S_compare(struct workshop *w, const struct hand *a, const struct hand *b, uint64_t *random)
{
    struct hand own = S_take(w, IDEM_READ, NULL);
    struct buf text = {0};
    int p = (int)random_below(random, PERSONS);
    bool brief = random_below(random, 2);
    S_line(&text, random, (int)random_below(random, PERSONS + 40), p);
    struct idem_str line = {text.ptr, text.len};
    char *wanted = S_search(w, &own, p, brief), *tried = S_resolve(w, &own, &line, 1, true);
    for (int i = 0; i < 2; i++) {
        const struct hand *h = i ? b : a;
        char *found = S_search(w, h, p, brief), *told = S_resolve(w, h, &line, 1, true);
        assert_string_equal(found, wanted);
        assert_string_equal(told, tried);
        idem_free(found);
        idem_free(told);
    }
    idem_free(wanted);
    idem_free(tried);
    buf_deinit(&text);
    S_give(&own);
}

static void answers_from_a_shared_cache_are_those_of_a_session_of_its_own(void **state)
{
    static const size_t BYTES[] = {1 << 20, 1 << 13}; /* all have room; next to none has */
    (void)state;
    for (size_t size = 0; size < COUNT_OF(BYTES); size++) {
        struct workshop w;
        uint64_t random = 11 + size;
        S_start(&w);
        struct idem_cache *cache = idem_cache_new(BYTES[size]);
        struct hand a = S_take(&w, IDEM_READ, cache), b = S_take(&w, IDEM_READ, cache),
                    writer = S_take(&w, IDEM_WRITE, cache);
        for (int step = 0; step < STEPS; step++) {
            uint64_t what = random_below(&random, 20);
            if (what < 8) {
                S_change(&w, &writer, &random);
            } else if (what == 8) { /* somebody whom the cache does not know */
                struct hand other = S_take(&w, IDEM_WRITE, NULL);
                S_change(&w, &other, &random);
                S_give(&other);
            } else if (what == 9) { /* a run, by another program */
                workshop_run(&w);
            }
            S_compare(&w, &a, &b, &random);
        }
        S_give(&a);
        S_give(&b);
        S_give(&writer);
        idem_cache_free(cache);
        workshop_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_from_a_shared_cache_are_those_of_a_session_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
