/*
 * A library for LD_PRELOAD under which a program dies, or is refused, at a chosen call that changes a file.
 *
 * Calls are counted from 1: open for files under the current folder, and write, pwrite, fsync, fdatasync, ftruncate,
 * rename, link and unlink for regular files. The environment says what happens:
 *   FAULT_AT=N      at call N
 *   FAULT_DO=kill   SIGKILL before the call is done
 *   FAULT_DO=tear   the first half of what it writes is written, then SIGKILL; a call that writes nothing is done first
 *   FAULT_DO=once   call N, if it is an open, write or sync, fails with FAULT_ERRNO; all others are done
 *   FAULT_DO=full   from call N on, what makes a file or writes fails with FAULT_ERRNO
 *   FAULT_LOG=FILE  one letter for each call is left there when the program ends: o w s t r l u
 *
 * Calls go to the kernel directly, so that it works before and behind the sanitizers' own interceptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CALLS = 1 << 20 };
enum outcome { DO, FAIL, TEAR };

static struct {
    long at;
    const char *what, *log;
    int error;
    atomic_long n;
    char called[MOST_CALLS];
    char folder[4096];
} fault;

__attribute__((constructor)) static void S_start(void)
{
    const char *at = getenv("FAULT_AT"), *what = getenv("FAULT_DO"), *error = getenv("FAULT_ERRNO");
    fault.at = at ? atol(at) : 0;
    fault.what = what ? what : "";
    fault.error = error ? atoi(error) : EIO;
    fault.log = getenv("FAULT_LOG");
    if (!getcwd(fault.folder, sizeof fault.folder))
        fault.folder[0] = 0;
}

__attribute__((destructor)) static void S_end(void)
{
    if (!fault.log)
        return;
    long n = atomic_load(&fault.n), fd = syscall(SYS_openat, AT_FDCWD, fault.log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || syscall(SYS_write, fd, fault.called, n < MOST_CALLS ? n : MOST_CALLS) < 0)
        abort();
    syscall(SYS_close, fd);
}

static void S_die(void)
{
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        pause();
}

/* What is to happen to this call; `letter` is its kind. `makes`: an open that may make a file. */
static enum outcome S_count(char letter, bool makes)
{
    long n = atomic_fetch_add(&fault.n, 1) + 1;
    if (n <= MOST_CALLS)
        fault.called[n - 1] = letter;
    bool here = n == fault.at, fails = strchr("ows", letter);
    if (here && strcmp(fault.what, "kill") == 0)
        S_die();
    if (here && strcmp(fault.what, "tear") == 0)
        return TEAR;
    if ((here && fails && strcmp(fault.what, "once") == 0) ||
        (fault.at && n >= fault.at && (letter == 'w' || makes) && strcmp(fault.what, "full") == 0)) {
        errno = fault.error;
        return FAIL;
    }
    return DO;
}

static bool S_regular(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static bool S_ours(const char *path)
{
    return path[0] != '/' || (fault.folder[0] && strncmp(path, fault.folder, strlen(fault.folder)) == 0);
}

/* A call that writes nothing: with TEAR it is done, and then nothing more. */
static int S_call(enum outcome outcome, long result)
{
    if (outcome == TEAR)
        S_die();
    return (int)result;
}

/* ------------------------------------------------------------------ writing */

ssize_t write(int fd, const void *bytes, size_t len)
{
    enum outcome outcome = S_regular(fd) ? S_count('w', false) : DO;
    if (outcome == FAIL)
        return -1;
    ssize_t put = syscall(SYS_write, fd, bytes, outcome == TEAR ? len / 2 : len);
    if (outcome == TEAR)
        S_die();
    return put;
}

static ssize_t S_pwrite(int fd, const void *bytes, size_t len, off64_t offset)
{
    enum outcome outcome = S_regular(fd) ? S_count('w', false) : DO;
    if (outcome == FAIL)
        return -1;
    ssize_t put = syscall(SYS_pwrite64, fd, bytes, outcome == TEAR ? len / 2 : len, offset);
    if (outcome == TEAR)
        S_die();
    return put;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    return S_pwrite(fd, bytes, len, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
    return S_pwrite(fd, bytes, len, offset);
}

static int S_truncate(int fd, off64_t len)
{
    enum outcome outcome = S_regular(fd) ? S_count('t', false) : DO;
    return outcome == FAIL ? -1 : S_call(outcome, syscall(SYS_ftruncate, fd, len));
}

int ftruncate(int fd, off_t len)
{
    return S_truncate(fd, len);
}

int ftruncate64(int fd, off64_t len)
{
    return S_truncate(fd, len);
}

int fsync(int fd)
{
    enum outcome outcome = S_count('s', false);
    return outcome == FAIL ? -1 : S_call(outcome, syscall(SYS_fsync, fd));
}

int fdatasync(int fd)
{
    enum outcome outcome = S_count('s', false);
    return outcome == FAIL ? -1 : S_call(outcome, syscall(SYS_fdatasync, fd));
}

/* ------------------------------------------------------------------ names */

int rename(const char *from, const char *to)
{
    return S_call(S_count('r', false), syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    return S_call(S_count('r', false), syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

int link(const char *from, const char *to)
{
    return S_call(S_count('l', false), syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int unlink(const char *path)
{
    return S_call(S_count('u', false), syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

/* ------------------------------------------------------------------ opening */

static int S_open(const char *path, int flags, mode_t mode)
{
    enum outcome outcome = S_ours(path) ? S_count('o', (flags & O_CREAT) != 0) : DO;
    return outcome == FAIL ? -1 : S_call(outcome, syscall(SYS_openat, AT_FDCWD, path, flags, mode));
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
