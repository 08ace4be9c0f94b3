#include "record/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "record/batch.h"

static const uint32_t HALF = UINT32_C(1) << 31;

static void room_doubles_up_to_the_most(void **state)
{
    static const struct {
        uint32_t room, first;
        uint64_t need;
        uint32_t most, expected;
    } rows[] = {
        {0, 1024, 1, ROOM_MOST_ROWS, 1024},
        {1024, 1024, 1025, ROOM_MOST_ROWS, 2048},
        {0, 64, 300, ROOM_MOST_ROWS, 512},
        {HALF, 1024, (uint64_t)HALF + 1, ROOM_MOST_ROWS, ROOM_MOST_ROWS}, /* not 0 */
        {ROOM_MOST_ROWS, 1024, ROOM_MOST_ROWS, ROOM_MOST_ROWS, ROOM_MOST_ROWS},
        {HALF / 2, 1024, HALF / 2 + 1, ROOM_MOST_IDS, HALF},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(room_for(rows[i].room, rows[i].first, rows[i].need, rows[i].most), rows[i].expected);
}

/* The exit status of a process that does it. */
static int S_status(void (*act)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        act();
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Counters as they are after so many rows, without the rows. */
static void S_one_row_too_many(void)
{
    struct batch b = {.n_rows = ROOM_MOST_ROWS, .room = ROOM_MOST_ROWS};
    batch_append(&b, 0, STR("x"), 0, 0);
}

static void S_one_value_too_many(void)
{
    struct column c = {.n_rows = ROOM_MOST_ROWS, .room = ROOM_MOST_ROWS};
    column_append(&c, NULL, 0);
}

static void S_one_set_too_many(void)
{
    struct column c = {.room = 1, .n_sets = HALF - 1, .sets_room = HALF};
    uint32_t ids[2] = {1, 2}, room = 0;
    c.id = &room;
    column_append(&c, ids, 2);
}

static void what_cannot_be_counted_ends_as_without_memory(void **state)
{
    (void)state;
    assert_int_equal(S_status(S_one_row_too_many), 1);
    assert_int_equal(S_status(S_one_value_too_many), 1);
    assert_int_equal(S_status(S_one_set_too_many), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_doubles_up_to_the_most),
        cmocka_unit_test(what_cannot_be_counted_ends_as_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
