#include "store/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "store/sql.h"

enum { LOOK_EVERY_MS = 5, LONGEST_PATH = 4096 };

static bool S_path(const struct store *s, char path[LONGEST_PATH])
{
    int n = snprintf(path, LONGEST_PATH, "%s-turn", s->info.path);
    return n > 0 && n < LONGEST_PATH;
}

static void S_rest(void)
{
    const struct timespec moment = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
    nanosleep(&moment, NULL);
}

bool turn_is_taken(const struct store *s)
{
    char path[LONGEST_PATH];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (s->has_turn || !S_path(s, path))
        return false;
    int fd = file_open(path, O_RDONLY, 0);
    if (fd < 0)
        return false;
    bool taken = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    return taken;
}

static enum idem_status S_busy(const struct store *s, struct idem_error *err)
{
    return error_set(err, IDEM_BUSY, "%s: another process is writing; try again, or wait for it with --wait 60s",
                     s->info.path);
}

enum idem_status turn_await(const struct store *s, double until, struct idem_error *err)
{
    while (turn_is_taken(s)) {
        if (clock_seconds() >= until)
            return S_busy(s, err);
        S_rest();
    }
    return IDEM_OK;
}

/* The file that is locked must be the one that others find: whoever had it before takes it away. */
static bool S_is_found(int fd, const char *path)
{
    struct stat held, found;
    return fstat(fd, &held) == 0 && stat(path, &found) == 0 && held.st_ino == found.st_ino &&
           held.st_dev == found.st_dev;
}

/* -1: somebody else has it; -2: there are no turns here. */
static int S_take(const char *path)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = file_open(path, O_RDWR | O_CREAT, 0600);
    if (fd < 0)
        return -2;
    if (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        bool taken = errno == EAGAIN || errno == EACCES;
        close(fd);
        return taken ? -1 : -2;
    }
    if (S_is_found(fd, path))
        return fd;
    close(fd);
    return -1;
}

void turn_tidy(const struct store *s)
{
    char path[LONGEST_PATH];
    if (!S_path(s, path) || !file_exists(path))
        return;
    int fd = S_take(path);
    if (fd < 0)
        return;
    unlink(path);
    close(fd);
}

enum idem_status store_ask_turn(struct store *s, struct idem_error *err)
{
    char path[LONGEST_PATH];
    double until = clock_seconds() + s->wait_ms / 1e3;
    if (s->has_turn || !S_path(s, path))
        return IDEM_OK;
    for (;;) {
        int fd = S_take(path);
        if (fd == -2)
            return IDEM_OK;
        if (fd >= 0) {
            s->turn = fd;
            s->has_turn = true;
            return IDEM_OK;
        }
        if (clock_seconds() >= until)
            return S_busy(s, err);
        S_rest();
    }
}

void store_give_turn(struct store *s)
{
    char path[LONGEST_PATH];
    if (!s->has_turn)
        return;
    if (S_path(s, path))
        unlink(path);
    close(s->turn);
    s->has_turn = false;
}
