/* Who has the turn to write, and who lets him. */
#include "store_fixture.h"

#include <signal.h>
#include <sys/wait.h>

static bool S_turn_file(void)
{
    return file_exists(fixture_path("turn.db-turn"));
}

static void others_wait_until_the_turn_is_given_back(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *one = fixture_build("turn.db", NULL), *two = fixture_open("turn.db", STORE_WRITE, NULL);
    OK(store_ask_turn(one, &err));
    OK(store_ask_turn(one, &err));
    assert_true(S_turn_file());
    assert_int_equal(store_begin(two, &err), IDEM_BUSY);
    assert_non_null(strstr(err.message, "another process is writing"));
    assert_int_equal(store_ask_turn(two, &err), IDEM_BUSY);
    store_close(fixture_open("turn.db", STORE_WRITE, NULL)); /* who has it keeps it */
    assert_true(S_turn_file());
    OK(store_begin(one, &err));
    store_rollback(one);
    assert_int_equal(store_begin(two, &err), IDEM_BUSY); /* a transaction that ends does not end the turn */
    OK(store_begin(one, &err));
    OK(store_commit(one, &err));
    store_give_turn(one);
    assert_false(S_turn_file());
    OK(store_begin(two, &err));
    store_rollback(two);
    OK(store_ask_turn(two, &err));
    store_close(two); /* gives it back */
    OK(store_begin(one, &err));
    store_rollback(one);
    assert_false(S_turn_file());
    store_close(one);
}

/* Its file stays until somebody opens the database for writing. */
static void the_turn_of_one_who_died_is_free(void **state)
{
    (void)state;
    struct idem_error err = {0};
    int status;
    store_close(fixture_build("turn.db", NULL));
    pid_t child = fork();
    if (child == 0) {
        struct store *s = fixture_open("turn.db", STORE_WRITE, NULL);
        if (store_ask_turn(s, NULL) == IDEM_OK)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    assert_true(S_turn_file());
    struct store *s = fixture_open("turn.db", STORE_WRITE, NULL);
    assert_false(S_turn_file());
    OK(store_begin(s, &err));
    store_rollback(s);
    OK(store_ask_turn(s, &err));
    store_close(s);
    assert_false(S_turn_file());
}

/* Who has begun is waited for; who begins after the turn was asked for is not in the way. */
static void who_asks_for_the_turn_waits_for_what_was_begun(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *one = fixture_build("turn.db", NULL);
    int ends[2], status;
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct store *s = fixture_open("turn.db", STORE_WRITE, NULL);
        enum idem_status begun = store_begin(s, NULL);
        if (write(ends[1], "b", 1) != 1)
            _exit(1);
        usleep(300000);
        store_close(s);
        _exit(begun == IDEM_OK ? 0 : 1);
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    OK(store_ask_turn(one, &err));
    OK(store_begin(one, &err));
    store_rollback(one);
    store_close(one);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_wait_until_the_turn_is_given_back),
        cmocka_unit_test(the_turn_of_one_who_died_is_free),
        cmocka_unit_test(who_asks_for_the_turn_waits_for_what_was_begun),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}
