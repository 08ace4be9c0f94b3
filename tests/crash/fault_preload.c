/*
 * A library for LD_PRELOAD under which a program dies, or is refused, at a chosen call.
 *
 * The environment says which calls count, from 1 on, and what happens:
 *   FAULT_COUNT=LETTERS   calls of these kinds count: o open, of files under the current folder; w write, d read, s
 * sync, t truncate, r rename, l link, u unlink, k lock, m map, a allocate, f ask about an open file, p make a thread.
 * Of reads and writes, those of regular files. Without it: owstrlu, what changes files FAULT_AT=N            at call N
 * FAULT_DO=kill         SIGKILL before the call is done FAULT_DO=tear         the first half of what it writes is
 * written, then SIGKILL; a call that writes nothing is done first FAULT_DO=power        before the call everything that
 * was not synced is lost, then SIGKILL; names that go are kept in FAULT_KEEP FAULT_DO=mixed        the same, and some
 * of what was not synced is there; FAULT_SEED says which FAULT_DO=once         call N fails with FAULT_ERRNO; all
 * others are done FAULT_DO=always       call N and all later ones that count fail with FAULT_ERRNO FAULT_DO=full from
 * call N on, what makes a file or writes fails with FAULT_ERRNO FAULT_DO=short        from call N on, reads and writes
 * do the first half of what was asked for FAULT_DO=interrupt    from call N on, every second call is interrupted
 * (EINTR) FAULT_DO=quota        files may grow by N bytes in all; what does not fit is written in part, then refused
 * with ENOSPC FAULT_LOG=FILE        one letter for each call is left there when the program ends
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"

enum { MOST_CALLS = 1 << 22 };

static struct {
    bool on, cut;
    long at;
    const char *what, *count, *log;
    int error;
    atomic_long n, grown;
    char called[MOST_CALLS];
    char folder[4096];
} fault;

__attribute__((constructor)) static void S_start(void)
{
    const char *at = getenv("FAULT_AT"), *what = getenv("FAULT_DO"), *error = getenv("FAULT_ERRNO");
    const char *count = getenv("FAULT_COUNT"), *seed = getenv("FAULT_SEED");
    fault.at = at ? atol(at) : 0;
    fault.what = what ? what : "";
    fault.count = count ? count : "owstrlu";
    fault.error = error ? atoi(error) : EIO;
    fault.log = getenv("FAULT_LOG");
    if (!getcwd(fault.folder, sizeof fault.folder))
        fault.folder[0] = 0;
    fault.cut = strcmp(fault.what, "power") == 0 || strcmp(fault.what, "mixed") == 0;
    if (fault.cut)
        power_start(getenv("FAULT_KEEP"), strcmp(fault.what, "mixed") == 0 ? strtoul(seed ? seed : "1", NULL, 10) : 0);
    fault.on = true;
}

__attribute__((destructor)) static void S_end(void)
{
    fault.on = false;
    if (!fault.log)
        return;
    long n = atomic_load(&fault.n), fd = syscall(SYS_openat, AT_FDCWD, fault.log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || syscall(SYS_write, fd, fault.called, n < MOST_CALLS ? n : MOST_CALLS) < 0)
        abort();
    syscall(SYS_close, fd);
}

void fault_die(void)
{
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        pause();
}

static bool S_does(const char *what)
{
    return strcmp(fault.what, what) == 0;
}

static bool S_refused(long n, char letter, bool makes)
{
    if (S_does("once"))
        return n == fault.at;
    if (n < fault.at)
        return false;
    return S_does("always") || (S_does("full") && (letter == 'w' || makes)) || (S_does("interrupt") && n % 2);
}

enum outcome fault_count(char letter, bool makes)
{
    if (!fault.on || !strchr(fault.count, letter))
        return DO;
    long n = atomic_fetch_add(&fault.n, 1) + 1;
    if (n <= MOST_CALLS)
        fault.called[n - 1] = letter;
    if (!fault.at || S_does("quota"))
        return DO;
    if (n == fault.at && fault.cut)
        power_cut();
    if (n == fault.at && (fault.cut || S_does("kill")))
        fault_die();
    if (n == fault.at && S_does("tear"))
        return TEAR;
    if (S_refused(n, letter, makes)) {
        errno = S_does("interrupt") ? EINTR : fault.error;
        return FAIL;
    }
    return S_does("short") && n >= fault.at ? SHORT : DO;
}

static bool S_regular(int fd)
{
    struct stat st;
    return syscall(SYS_fstat, fd, &st) == 0 && S_ISREG(st.st_mode);
}

static bool S_ours(const char *path)
{
    return path[0] != '/' || (fault.folder[0] && strncmp(path, fault.folder, strlen(fault.folder)) == 0);
}

/* A call that writes nothing: with TEAR it is done, and then nothing more. */
static int S_call(enum outcome outcome, long result)
{
    if (outcome == TEAR)
        fault_die();
    return (int)result;
}

/* ------------------------------------------------------------------ writing */

/* Half, but not nothing. */
static size_t S_part(enum outcome outcome, size_t len)
{
    return outcome == TEAR ? len / 2 : outcome == SHORT ? (len + 1) / 2 : len;
}

/* How much of a write of `len` bytes at `offset` (-1: where the file stands) the quota has room for. */
static size_t S_room(int fd, size_t len, off64_t offset)
{
    struct stat st;
    if (!S_does("quota") || syscall(SYS_fstat, fd, &st) != 0 || !S_ISREG(st.st_mode))
        return len;
    off64_t from = offset >= 0                     ? offset
                   : fcntl(fd, F_GETFL) & O_APPEND ? st.st_size
                                                   : syscall(SYS_lseek, fd, 0L, SEEK_CUR);
    long grow = (long)(from + (off64_t)len - st.st_size);
    if (grow <= 0)
        return len;
    long over = atomic_fetch_add(&fault.grown, grow) + grow - fault.at;
    if (over <= 0)
        return len;
    atomic_fetch_sub(&fault.grown, over < grow ? over : grow);
    return over < (long)len ? len - (size_t)over : 0;
}

/* `offset` -1: where the file stands. */
static ssize_t S_write(int fd, const void *bytes, size_t len, off64_t offset)
{
    bool regular = S_regular(fd);
    enum outcome outcome = regular ? fault_count('w', false) : DO;
    if (outcome == FAIL)
        return -1;
    size_t part = S_room(fd, S_part(outcome, len), offset);
    if (!part && len && outcome != TEAR) { /* half of one byte is none */
        errno = ENOSPC;
        return -1;
    }
    if (regular)
        power_write(fd, bytes, part, offset);
    ssize_t put = offset < 0 ? syscall(SYS_write, fd, bytes, part) : syscall(SYS_pwrite64, fd, bytes, part, offset);
    if (outcome == TEAR)
        fault_die();
    return put;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    return S_write(fd, bytes, len, -1);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    return S_write(fd, bytes, len, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
    return S_write(fd, bytes, len, offset);
}

static int S_truncate(int fd, off64_t len)
{
    enum outcome outcome = S_regular(fd) ? fault_count('t', false) : DO;
    if (outcome == FAIL)
        return -1;
    power_truncate(fd, len);
    return S_call(outcome, syscall(SYS_ftruncate, fd, len));
}

int ftruncate(int fd, off_t len)
{
    return S_truncate(fd, len);
}

int ftruncate64(int fd, off64_t len)
{
    return S_truncate(fd, len);
}

static int S_sync(int fd, long number)
{
    enum outcome outcome = fault_count('s', false);
    if (outcome == FAIL)
        return -1;
    long result = syscall(number, fd);
    if (result == 0)
        power_synced(fd);
    return S_call(outcome, result);
}

int fsync(int fd)
{
    return S_sync(fd, SYS_fsync);
}

int fdatasync(int fd)
{
    return S_sync(fd, SYS_fdatasync);
}

/* ------------------------------------------------------------------ reading, locking, mapping */

static ssize_t S_read(int fd, void *bytes, size_t len, off64_t offset)
{
    enum outcome outcome = S_regular(fd) ? fault_count('d', false) : DO;
    if (outcome == FAIL)
        return -1;
    if (outcome == SHORT)
        len = (len + 1) / 2;
    return offset < 0 ? syscall(SYS_read, fd, bytes, len) : syscall(SYS_pread64, fd, bytes, len, offset);
}

ssize_t read(int fd, void *bytes, size_t len)
{
    return S_read(fd, bytes, len, -1);
}

ssize_t pread(int fd, void *bytes, size_t len, off_t offset)
{
    return S_read(fd, bytes, len, offset);
}

ssize_t pread64(int fd, void *bytes, size_t len, off64_t offset)
{
    return S_read(fd, bytes, len, offset);
}

static int S_fcntl(int fd, int command, void *arg)
{
    bool locks = command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK || command == F_OFD_SETLKW;
    if (locks && ((struct flock *)arg)->l_type != F_UNLCK && fault_count('k', false) == FAIL)
        return -1;
    return (int)syscall(SYS_fcntl, fd, command, arg);
}

int fcntl(int fd, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    void *arg = va_arg(rest, void *);
    va_end(rest);
    return S_fcntl(fd, command, arg);
}

int fcntl64(int fd, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    void *arg = va_arg(rest, void *);
    va_end(rest);
    return S_fcntl(fd, command, arg);
}

int flock(int fd, int operation)
{
    if (!(operation & LOCK_UN) && fault_count('k', false) == FAIL)
        return -1;
    return (int)syscall(SYS_flock, fd, operation);
}

void *mmap(void *where, size_t len, int protection, int flags, int fd, off_t offset)
{
    if (fault_count('m', false) == FAIL)
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, where, len, protection, flags, fd, offset);
}

void *mmap64(void *where, size_t len, int protection, int flags, int fd, off64_t offset)
{
    return mmap(where, len, protection, flags, fd, offset);
}

static int S_fstat(int fd, struct stat *st)
{
    if (S_regular(fd) && fault_count('f', false) == FAIL)
        return -1;
    return (int)syscall(SYS_fstat, fd, st);
}

int fstat(int fd, struct stat *st)
{
    return S_fstat(fd, st);
}

int fstat64(int fd, struct stat64 *st)
{
    return S_fstat(fd, (struct stat *)st);
}

/* ------------------------------------------------------------------ threads */

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *), void *context)
{
    static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (!next)
        next = dlsym(RTLD_NEXT, "pthread_create");
    return fault_count('p', false) == FAIL ? EAGAIN : next(thread, attributes, work, context);
}

/* ------------------------------------------------------------------ names */

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    enum outcome outcome = fault_count('r', false);
    if (outcome == FAIL)
        return -1;
    if (from_folder == AT_FDCWD && to_folder == AT_FDCWD)
        power_rename(from, to);
    return S_call(outcome, syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int link(const char *from, const char *to)
{
    enum outcome outcome = fault_count('l', false);
    if (outcome == FAIL)
        return -1;
    power_link(to);
    return S_call(outcome, syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int unlink(const char *path)
{
    enum outcome outcome = fault_count('u', false);
    if (outcome == FAIL)
        return -1;
    power_unlink(path);
    return S_call(outcome, syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

/* ------------------------------------------------------------------ opening */

static int S_open(const char *path, int flags, mode_t mode)
{
    enum outcome outcome = S_ours(path) ? fault_count('o', (flags & O_CREAT) != 0) : DO;
    if (outcome == FAIL)
        return -1;
    if (S_ours(path) && flags & O_CREAT)
        power_create(path);
    return S_call(outcome, syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

static mode_t S_mode(int flags, va_list rest)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = S_mode(flags, rest);
    va_end(rest);
    return S_open(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = S_mode(flags, rest);
    va_end(rest);
    return S_open(path, flags | O_LARGEFILE, mode);
}

/* As glibc does it, but the names are numbered by a clock that nobody needs to guess. */
static int S_make(char *pattern, int flags)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEF";
    char *x = pattern + strlen(pattern) - 6;
    struct timespec now;
    for (unsigned tries = 0; tries < 1000; tries++) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        uint64_t seed = (uint64_t)now.tv_sec * 1000000007u + (uint64_t)now.tv_nsec * 31u + (uint64_t)getpid();
        for (unsigned i = 0; i < 6; i++, seed /= sizeof LETTERS - 1)
            x[i] = LETTERS[seed % (sizeof LETTERS - 1)];
        int fd = S_open(pattern, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

int mkostemp(char *pattern, int flags)
{
    return S_make(pattern, flags);
}

int mkostemp64(char *pattern, int flags)
{
    return S_make(pattern, flags);
}

int mkstemp(char *pattern)
{
    return S_make(pattern, 0);
}

int mkstemp64(char *pattern)
{
    return S_make(pattern, 0);
}
