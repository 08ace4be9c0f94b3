/* What goes to disk for want of memory: it comes back, shows nothing, and leaves nothing. */
#include "seal/paging.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"

enum { MB = 1 << 20, LIMIT = 4 * MB };

static char folder[] = "paging-XXXXXX";
static atomic_bool hungry;

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

static uint64_t S_held(void)
{
    return atomic_load(&hungry) ? 8 * MB : 0;
}

static struct paging *S_begin(void)
{
    const struct paging_options options = {.folder = folder, .limit = LIMIT, .held = S_held};
    struct paging *p;
    struct idem_error err;
    assert_int_equal(paging_begin(&options, &p, &err), IDEM_OK);
    assert_non_null(p);
    return p;
}

static char *S_names(size_t len)
{
    static const char name[] = "Ingeborg Bachmann";
    char *text = xmalloc(len);
    for (size_t i = 0; i < len; i++)
        text[i] = name[i % (sizeof name - 1)];
    return text;
}

static void S_let_go(uint64_t bytes)
{
    atomic_store(&hungry, true);
    for (int i = 0; i < 5000 && paging_most() < bytes; i++)
        usleep(1000);
    atomic_store(&hungry, false);
    usleep(50000);
}

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

static void nothing_can_be_read_of_it_and_it_comes_back(void **state)
{
    (void)state;
    char *disk = malloc(8 * MB);
    struct paging *p = S_begin(), *other;
    const struct paging_options again = {.folder = folder, .limit = LIMIT, .held = S_held};
    struct idem_error err;
    char *text = S_names(8 * MB);
    assert_int_equal(paging_check(p, 0, &err), IDEM_OK);
    S_let_go(4 * MB);
    assert_true(paging_most() >= 4 * MB);
    int fd = S_descriptor();
    assert_true(fd >= 0);
    ssize_t n = pread(fd, disk, 8 * MB, 0);
    assert_true(n >= 4 * MB);
    assert_null(memmem(disk, (size_t)n, "Ingeborg", 8));
    assert_null(memmem(disk, (size_t)n, "Bach", 4));
    assert_int_equal(paging_begin(&again, &other, &err), IDEM_OK);
    assert_null(other); /* there is one */
    for (size_t i = 0; i < 8 * MB; i += 17)
        assert_int_equal(memcmp(text + i, "Ingeborg", 8), 0);
    free(text);
    paging_end(p);
    paging_end(NULL);
    free(disk);
}

/* In a process of its own: it ends. */
static void what_was_altered_is_not_taken_back(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(3);
        struct paging *p = S_begin();
        char *text = S_names(8 * MB), *zeros = calloc(1, 8 * MB);
        S_let_go(4 * MB);
        ssize_t n = pwrite(S_descriptor(), zeros, 8 * MB, 0);
        unsigned sum = (unsigned)n;
        for (size_t i = 0; i < 8 * MB; i += 4096)
            sum += (unsigned char)text[i];
        _exit(p && sum ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
}

static void a_full_disk_is_an_error_that_says_so(void **state)
{
    struct rlimit before, small = {MB, RLIM_INFINITY};
    struct idem_error err = {0};
    enum idem_status status = IDEM_OK;
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    struct paging *p = S_begin();
    char *text = S_names(8 * MB);
    setrlimit(RLIMIT_FSIZE, &small);
    atomic_store(&hungry, true);
    for (int i = 0; i < 5000 && status == IDEM_OK; i++) {
        usleep(1000);
        status = paging_check(p, 0, &err);
    }
    atomic_store(&hungry, false);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, IDEM_IO);
    assert_non_null(strstr(err.message, folder));
    assert_non_null(strstr(err.message, "make room"));
    for (size_t i = 0; i < 8 * MB; i += 17)
        assert_int_equal(memcmp(text + i, "Ingeborg", 8), 0);
    free(text);
    paging_end(p);
}

static void a_limit_that_is_too_small_is_told_with_one_that_is_not(void **state)
{
    struct idem_error err;
    (void)state;
    struct paging *p = S_begin();
    assert_int_equal(paging_check(p, LIMIT + 1, &err), IDEM_LIMIT);
    assert_non_null(strstr(err.message, "--memory 5M"));
    paging_end(p);
    assert_int_equal(paging_check(NULL, LIMIT + 1, &err), IDEM_OK);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    const struct paging_options options = {.folder = "no/such/folder", .limit = LIMIT, .held = S_held};
    struct paging *p;
    struct idem_error err;
    (void)state;
    assert_int_equal(paging_begin(&options, &p, &err), IDEM_IO);
    assert_null(p);
    assert_non_null(strstr(err.message, "no/such/folder"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_can_be_read_of_it_and_it_comes_back),
        cmocka_unit_test(what_was_altered_is_not_taken_back),
        cmocka_unit_test(a_full_disk_is_an_error_that_says_so),
        cmocka_unit_test(a_limit_that_is_too_small_is_told_with_one_that_is_not),
        cmocka_unit_test(a_folder_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, S_setup, S_teardown);
}
