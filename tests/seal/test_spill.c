/* What is put on disk for want of memory: it comes back, shows nothing, and leaves nothing. */
#include "seal/spill.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"

static char folder[] = "spill-XXXXXX";

static int S_setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : 1;
}

static int S_teardown(void **state)
{
    (void)state;
    return rmdir(folder); /* fails when something is left in it */
}

static unsigned S_files(void)
{
    unsigned n = 0;
    DIR *d = opendir(folder);
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

/* Lengths about the size of a piece, and none. */
static void bytes_come_back_in_any_order(void **state)
{
    static const size_t len[] = {0, 1, 1000, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 3 << 18, 1000003};
    struct spill *s;
    struct spill_place place[8];
    char *bytes[8];
    uint64_t seed = 4;
    struct idem_error err;
    (void)state;
    assert_int_equal(spill_open(folder, &s, &err), IDEM_OK);
    assert_int_equal(S_files(), 0);
    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = malloc(len[i] + 1);
        for (size_t k = 0; k < len[i]; k++)
            bytes[i][k] = (char)random_below(&seed, 256);
        assert_int_equal(spill_put(s, bytes[i], len[i], &place[i], &err), IDEM_OK);
    }
    assert_true(spill_held(s) > 3 << 18);
    for (unsigned i = 0; i < 24; i++) {
        unsigned which = (unsigned)random_below(&seed, 8);
        char *back = malloc(len[which] + 1);
        assert_int_equal(spill_get(s, &place[which], back, &err), IDEM_OK);
        assert_memory_equal(back, bytes[which], len[which]);
        free(back);
    }
    for (unsigned i = 0; i < 8; i++)
        free(bytes[i]);
    spill_close(s);
    spill_close(NULL);
}

/* The file is reached by the descriptor that the process has of it. */
static int S_descriptor(void)
{
    char link[64], target[512];
    for (int fd = 3; fd < 64; fd++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, target, sizeof target - 1);
        if (n > 0 && memmem(target, (size_t)n, folder, strlen(folder)))
            return fd;
    }
    return -1;
}

static void nothing_can_be_read_of_it_and_nothing_altered(void **state)
{
    static const char name[] = "Ingeborg Bachmann";
    enum { LEN = 100000 };
    struct spill *s;
    struct spill_place place;
    struct idem_error err;
    char *text = malloc(LEN), *disk = malloc(LEN * 2);
    (void)state;
    for (size_t i = 0; i < LEN; i++)
        text[i] = name[i % (sizeof name - 1)];
    assert_int_equal(spill_open(folder, &s, &err), IDEM_OK);
    assert_int_equal(spill_put(s, text, LEN, &place, &err), IDEM_OK);
    int fd = S_descriptor();
    assert_true(fd >= 0);
    ssize_t n = pread(fd, disk, LEN * 2, 0);
    assert_int_equal(n, spill_held(s));
    assert_null(memmem(disk, (size_t)n, "Ingeborg", 8));
    assert_null(memmem(disk, (size_t)n, "mann", 4));
    disk[LEN / 2] ^= 1;
    assert_int_equal(pwrite(fd, disk, (size_t)n, 0), n);
    assert_int_equal(spill_get(s, &place, text, &err), IDEM_CORRUPT);
    spill_close(s);
    free(text);
    free(disk);
}

static void a_full_disk_is_an_error_that_says_so(void **state)
{
    struct rlimit before, small = {1 << 20, RLIM_INFINITY};
    struct spill *s;
    struct spill_place place;
    struct idem_error err;
    char *bytes = calloc(1, 4 << 20);
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(spill_open(folder, &s, &err), IDEM_OK);
    setrlimit(RLIMIT_FSIZE, &small);
    assert_int_equal(spill_put(s, bytes, 4 << 20, &place, &err), IDEM_IO);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_non_null(strstr(err.message, folder));
    assert_non_null(strstr(err.message, "make room"));
    spill_close(s);
    free(bytes);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    struct spill *s;
    struct idem_error err;
    (void)state;
    assert_int_equal(spill_open("no/such/folder", &s, &err), IDEM_IO);
    assert_null(s);
    assert_non_null(strstr(err.message, "no/such/folder"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_back_in_any_order),
        cmocka_unit_test(nothing_can_be_read_of_it_and_nothing_altered),
        cmocka_unit_test(a_full_disk_is_an_error_that_says_so),
        cmocka_unit_test(a_folder_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, S_setup, S_teardown);
}
