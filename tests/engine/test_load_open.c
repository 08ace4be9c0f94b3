/* What cannot be read is told before anything is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "workshop.h"

#define SOURCE(name) "{'name':'" name "','path':'" name ".csv','record_id':'id','fields':{'full_name':'name'}"

static void S_count(void *context, const char *stage, uint64_t done, uint64_t total, const char *unit)
{
    unsigned *reads = context;
    (void)done;
    (void)total;
    (void)unit;
    *reads += strcmp(stage, "read") == 0;
}

/* apply; how often it said that something was read. */
static enum idem_status S_apply(struct workshop *w, unsigned *reads)
{
    *reads = 0;
    struct idem_progress progress = {.stage = S_count, .context = reads};
    struct idem_apply_options options = {.progress = &progress, .threads = 2};
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    char *text = NULL;
    enum idem_status status = idem_apply(s, &options, &text, &w->err);
    idem_free(text);
    idem_close(s);
    return status;
}

/* The first source is as it should be; the second is not, in one way after the other. */
static void a_source_that_cannot_be_read_is_told_before_the_first_is_read(void **state)
{
    static const struct {
        const char *second, *told;
        bool written;
    } cases[] = {
        {SOURCE("billing") "}", "billing.csv", false},
        {SOURCE("empty") "}", "empty.csv", true},
        {"{'name':'other','path':'other.csv','record_id':'nr','fields':{'full_name':'name'}}", "\"nr\"", true},
        {SOURCE("other") ",'also':[{'path':'phones.csv','key':'id','fields':{'phone':'nr'}}]}", "phones.csv", true},
        {SOURCE("other") ",'also':[{'path':'crm.csv','key':'id','fields':{'phone':'nr'}}]}", "\"nr\"", true},
    };
    struct workshop w;
    unsigned reads;
    (void)state;
    workshop_open(&w);
    workshop_write(&w, "crm.csv", "id,name\n1,Ann Smith\n2,Peter Miller\n");
    workshop_write(&w, "other.csv", "id,name\n1,Ann Smith\n");
    workshop_write(&w, "empty.csv", "");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        workshop_config(&w, arena_printf(&w.arena, "{'sources':[" SOURCE("crm") "},%s],'privacy':{'at_rest':'clear'}}",
                                         cases[i].second)
                                .ptr);
        assert_int_not_equal(S_apply(&w, &reads), IDEM_OK);
        if (!strstr(w.err.message, cases[i].told))
            fail_msg("%s", w.err.message);
        assert_int_equal(reads, 0);
    }
    workshop_config(&w, "{'sources':[" SOURCE("crm") "}," SOURCE("other") "}],'privacy':{'at_rest':'clear'}}");
    assert_int_equal(S_apply(&w, &reads), IDEM_OK);
    assert_true(reads > 0);
    workshop_close(&w);
}

/* A pipe can be opened once: looking into it would take its bytes away. */
static void a_pipe_is_read_once(void **state)
{
    struct workshop w;
    unsigned reads;
    (void)state;
    workshop_open(&w);
    workshop_config(&w, "{'sources':[" SOURCE("crm") "}],'privacy':{'at_rest':'clear'}}");
    const char *path = workshop_path(&w, "crm.csv");
    assert_int_equal(mkfifo(path, 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        FILE *f = fopen(path, "w");
        _exit(!f || fputs("id,name\n1,Ann Smith\n", f) < 0 || fclose(f) != 0);
    }
    assert_int_equal(S_apply(&w, &reads), IDEM_OK);
    assert_string_not_equal(workshop_master(&w, "crm:1"), "");
    workshop_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_that_cannot_be_read_is_told_before_the_first_is_read),
        cmocka_unit_test(a_pipe_is_read_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
