/*
 * A file appears under its name whole or not at all: it is written and synced under another name beside it, held by
 * flock so that a later writer can tell what a killed one left behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/paged.h"

enum { MOST_TRIES = 100 };

static int S_write_all(int fd, struct str content)
{
    while (content.len) {
        ssize_t put = write(fd, content.ptr, content.len);
        if (put < 0 && (errno == EINTR || (errno == EFAULT && paged_back(content.ptr, content.len))))
            continue;
        if (put < 0)
            return errno;
        content = str_sub(content, (size_t)put, content.len);
    }
    return file_sync(fd) == 0 ? 0 : errno;
}

void file_remove_stale(const char *pattern)
{
    struct arena scratch = {0};
    struct str *found;
    size_t n;
    if (file_glob(str_from(pattern), &scratch, &found, &n, NULL) != IDEM_OK)
        n = 0;
    for (size_t i = 0; i < n; i++) {
        char *stale = str_cstr(&scratch, found[i]);
        int fd = file_open(stale, O_RDWR | O_NOFOLLOW, 0);
        if (fd < 0)
            continue;
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            unlink(stale);
        close(fd);
    }
    arena_deinit(&scratch);
}

/* Another process may remove the file before it is locked: then another name is taken. */
int file_make_beside(const char *path, struct arena *out, char **temporary, int *fd)
{
    file_remove_stale(str_cstr(out, arena_printf(out, "%s.tmp-??????", path)));
    for (unsigned tries = 0; tries < MOST_TRIES; tries++) {
        struct stat st;
        *temporary = str_cstr(out, arena_printf(out, "%s.tmp-XXXXXX", path));
        *fd = file_make_temporary(*temporary);
        if (*fd < 0)
            return errno;
        flock(*fd, LOCK_EX | LOCK_NB); /* without locks, as on some network file systems, nobody removes it either */
        if (fstat(*fd, &st) == 0 && st.st_nlink > 0)
            return 0;
        close(*fd);
    }
    *fd = -1;
    return EAGAIN;
}

/* Some file systems cannot rename without replacing; there it takes two steps, and a kill between them leaves both
 * names. */
int file_give_name(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
        return errno;
    return link(from, to) == 0 ? 0 : errno;
}

static int S_give_new(const char *from, const char *to)
{
    int e = file_give_name(from, to);
    if (!e)
        unlink(from);
    return e;
}

static int S_replace(const char *from, const char *to)
{
    return rename(from, to) == 0 ? 0 : errno;
}

/* `publish` gives what was written its name, 0 or an errno. */
static enum idem_status S_write_whole(const char *path, struct str content, unsigned mode,
                                      int (*publish)(const char *from, const char *to), struct idem_error *err)
{
    struct arena scratch = {0};
    char *temporary;
    int fd, e = file_make_beside(path, &scratch, &temporary, &fd);
    if (!e) {
        e = fchmod(fd, (mode_t)mode) == 0 ? S_write_all(fd, content) : errno;
        if (!e)
            e = publish(temporary, path);
        if (e)
            unlink(temporary);
        close(fd); /* it was synced: nothing can fail any more */
    }
    arena_deinit(&scratch);
    if (e == EEXIST)
        return error_set(err, IDEM_CONFLICT, "%s: exists already", path);
    return e ? error_errno(err, e, "%s", path) : file_sync_folder(path, err);
}

enum idem_status file_write_new(const char *path, struct str content, unsigned mode, struct idem_error *err)
{
    mode_t mask = umask(0);
    umask(mask);
    return S_write_whole(path, content, mode & (0600 | ~mask), S_give_new, err);
}

enum idem_status file_write_atomic(const char *path, struct str content, unsigned mode, struct idem_error *err)
{
    return S_write_whole(path, content, mode, S_replace, err);
}
