#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct arena arena;

static int S_make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/idem-file-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int S_remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    arena_deinit(&arena);
    return system(command);
}

static const char *S_path(const char *name)
{
    return arena_printf(&arena, "%s/%s", folder, name).ptr;
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct str content, text = STR("a\0b\n");
    assert_int_equal(file_write_atomic(S_path("a"), text, 0600, &err), IDEM_OK);
    assert_int_equal(file_read(S_path("a"), 100, &arena, &content, &err), IDEM_OK);
    assert_true(str_eq(content, text));
    assert_int_equal(content.ptr[content.len], 0);
    assert_int_equal(file_size(S_path("a")), 4);
    assert_true(file_exists(S_path("a")) && file_changed_ms(S_path("a")) > 1700000000000);
    assert_int_equal(file_read(S_path("a"), 3, &arena, &content, &err), IDEM_LIMIT);
    assert_non_null(strstr(err.message, "/a"));
    struct stat st;
    assert_int_equal(stat(S_path("a"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_new_file_must_not_exist(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct str content;
    assert_int_equal(file_write_new(S_path("new"), STR("1"), 0600, &err), IDEM_OK);
    assert_int_equal(file_write_new(S_path("new"), STR("2"), 0600, &err), IDEM_CONFLICT);
    assert_int_equal(file_write_atomic(S_path("new"), STR("3"), 0600, &err), IDEM_OK);
    assert_int_equal(file_read(S_path("new"), 100, &arena, &content, &err), IDEM_OK);
    assert_true(str_eq(content, STR("3")));
}

/* What a killed writer left is held by nobody; what another one is writing is. */
static void what_a_killed_writer_left_goes_with_the_next_one(void **state)
{
    (void)state;
    struct idem_error err = {0};
    const char *left = S_path("torn.tmp-abcdef"), *held = S_path("torn.tmp-ghijkl");
    int fd = open(held, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(close(open(left, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(file_write_new(S_path("torn"), STR("1"), 0600, &err), IDEM_OK);
    assert_false(file_exists(left));
    assert_true(file_exists(held));
    close(fd);
    assert_int_equal(file_write_atomic(S_path("torn"), STR("2"), 0600, &err), IDEM_OK);
    assert_false(file_exists(held));
}

static void what_is_missing_is_not_found(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct str content;
    assert_int_equal(file_read(S_path("none"), 100, &arena, &content, &err), IDEM_NOT_FOUND);
    assert_int_equal(file_size(S_path("none")), -1);
    assert_int_equal(file_changed_ms(S_path("none")), -1);
    assert_false(file_exists(S_path("none")));
    assert_int_not_equal(file_write_atomic(S_path("no/such/folder"), STR("x"), 0600, &err), IDEM_OK);
}

static void paths_are_taken_apart_and_joined(void **state)
{
    (void)state;
    static const struct {
        const char *path, *dir, *base;
    } parts[] = {{"a/b/c", "a/b", "c"}, {"c", ".", "c"}, {"/c", "/", "c"}, {"a/", "a", ""}};
    static const struct {
        const char *dir, *path, *joined;
    } joins[] = {{"a", "b", "a/b"}, {"a", "/b", "/b"}, {".", "b", "b"}, {"", "b", "b"}, {"a", "-", "-"}};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        assert_true(str_eq(file_folder(&arena, str_from(parts[i].path)), str_from(parts[i].dir)));
        assert_true(str_eq(file_base(str_from(parts[i].path)), str_from(parts[i].base)));
    }
    for (size_t i = 0; i < COUNT_OF(joins); i++)
        assert_true(
            str_eq(file_join(&arena, str_from(joins[i].dir), str_from(joins[i].path)), str_from(joins[i].joined)));
}

static void a_pattern_gives_its_files_in_byte_order(void **state)
{
    (void)state;
    static const char *const names[] = {"crm_2.csv", "crm_10.csv", "crm_1.csv", ".crm_3.csv", "billing.csv"};
    struct idem_error err = {0};
    struct str *found;
    size_t n;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(file_write_new(S_path(names[i]), STR(""), 0600, &err), IDEM_OK);
    assert_int_equal(file_glob(str_from(S_path("crm_*.csv")), &arena, &found, &n, &err), IDEM_OK);
    assert_int_equal(n, 3);
    assert_string_equal(found[0].ptr, S_path("crm_1.csv"));
    assert_string_equal(found[1].ptr, S_path("crm_10.csv"));
    assert_string_equal(found[2].ptr, S_path("crm_2.csv"));
    assert_int_equal(file_glob(str_from(S_path("nothing_*.csv")), &arena, &found, &n, &err), IDEM_OK);
    assert_int_equal(n, 0);
    assert_int_equal(file_glob(str_from(S_path("absent.csv")), &arena, &found, &n, &err), IDEM_OK);
    assert_int_equal(n, 1);
}

static void what_comes_in_pieces_is_read_to_the_end(void **state)
{
    (void)state;
    int pair[2];
    char text[16] = "";
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0); /* each read gives one piece */
    for (const char *piece = "abc"; *piece; piece++)
        assert_int_equal(write(pair[0], piece, 1), 1);
    assert_int_equal(file_read_full(pair[1], text, 2, -1), 2);
    assert_string_equal(text, "ab");
    close(pair[0]);
    assert_int_equal(file_read_full(pair[1], text, sizeof text, -1), 1);
    assert_int_equal(text[0], 'c');
    close(pair[1]);
    assert_int_equal(file_read_full(pair[1], text, 1, -1), -1);
}

static void a_stream_is_read_to_its_end_or_its_limit(void **state)
{
    static const struct {
        size_t len, most;
        bool fits;
    } CASES[] = {{0, 10, true},        {1, 1, true},          {2, 1, false},          {65535, 65536, true},
                 {65536, 65536, true}, {65537, 65536, false}, {200000, 200000, true}, {200000, 199999, false}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct arena own;
        struct str content;
        struct idem_error err = {0};
        FILE *f = tmpfile();
        arena_init(&own);
        for (size_t k = 0; k < CASES[i].len; k++)
            fputc('a' + (int)(k % 23), f);
        rewind(f);
        enum idem_status status = file_read_stream(fileno(f), "it", CASES[i].most, &own, &content, &err);
        assert_int_equal(status, CASES[i].fits ? IDEM_OK : IDEM_LIMIT);
        if (status == IDEM_OK) {
            assert_int_equal(content.len, CASES[i].len);
            for (size_t k = 0; k < content.len; k++)
                assert_int_equal(content.ptr[k], 'a' + (int)(k % 23));
            assert_int_equal(content.ptr[content.len], 0);
        }
        arena_deinit(&own);
        fclose(f);
    }
    struct arena own = {0};
    struct str content;
    assert_int_equal(file_read_stream(-1, "it", 10, &own, &content, NULL), IDEM_IO);
}

static void a_place_beyond_four_gigabytes_is_a_place(void **state)
{
    (void)state;
    const off_t far = ((off_t)5 << 30) + 3;
    char text[8] = "";
    int fd = open(S_path("far"), O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "far", 3, far), 3); /* no room is taken by what lies before */
    assert_int_equal(file_read_full(fd, text, sizeof text, far), 3);
    assert_string_equal(text, "far");
    close(fd);
    assert_true(file_size(S_path("far")) == far + 3);
}

static void an_owner_can_read_what_was_made_for_him(void **state)
{
    (void)state;
    struct stat st;
    struct idem_error err = {0};
    mode_t mask = umask(0777);
    enum idem_status status = file_write_new(S_path("own"), STR("x"), 0640, &err);
    umask(mask);
    assert_int_equal(status, IDEM_OK);
    assert_int_equal(stat(S_path("own"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(a_new_file_must_not_exist),
        cmocka_unit_test(what_a_killed_writer_left_goes_with_the_next_one),
        cmocka_unit_test(what_is_missing_is_not_found),
        cmocka_unit_test(paths_are_taken_apart_and_joined),
        cmocka_unit_test(a_pattern_gives_its_files_in_byte_order),
        cmocka_unit_test(what_comes_in_pieces_is_read_to_the_end),
        cmocka_unit_test(a_stream_is_read_to_its_end_or_its_limit),
        cmocka_unit_test(a_place_beyond_four_gigabytes_is_a_place),
        cmocka_unit_test(an_owner_can_read_what_was_made_for_him),
    };
    return cmocka_run_group_tests(tests, S_make_folder, S_remove_folder);
}
