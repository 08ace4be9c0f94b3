/*
 * The file of a first build: "<path>.build-XXXXXX" beside the target, held by flock so that a later build can tell what
 * a killed one left behind and remove it. Published by fsync, a renaming that never replaces a file, and fsync of the
 * folder.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/sql.h"

enum { WRITE_OUT_BYTES = 16 << 20 };

struct build {
    struct arena arena;
    char *path, *temporary;
    int fd;
    off_t written; /* what the system was asked to write out already */
};

static enum idem_status S_create(struct build *b, struct idem_error *err)
{
    b->fd = file_make_temporary(b->temporary);
    if (b->fd < 0) {
        int e = errno;
        b->temporary = NULL;
        if (e == EACCES || e == EROFS || e == EPERM)
            return error_set(err, IDEM_IO, "%s: its folder may not be written (%s); give another place with --db",
                             b->path, strerror(e));
        if (e == ENOENT)
            return error_set(err, IDEM_NOT_FOUND, "%s: its folder does not exist; create it, or give another --db",
                             b->path);
        return error_errno(err, e, "%s", b->path);
    }
    mode_t mask = umask(0);
    umask(mask);
    if (flock(b->fd, LOCK_EX | LOCK_NB) != 0 || fchmod(b->fd, 0600 | (0660 & ~mask)) != 0)
        return error_errno(err, errno, "%s", b->temporary);
    return IDEM_OK;
}

enum idem_status build_start(const char *path, struct build **out, struct idem_error *err)
{
    *out = NULL;
    if (file_exists(path))
        return error_set(err, IDEM_CONFLICT, "%s: exists already", path);
    struct build *b = xcalloc(1, sizeof *b);
    b->path = str_cstr(&b->arena, str_from(path));
    file_remove_stale(str_cstr(&b->arena, arena_printf(&b->arena, "%s.build-??????", path)));
    b->temporary = str_cstr(&b->arena, arena_printf(&b->arena, "%s.build-XXXXXX", path));
    b->fd = -1;
    enum idem_status status = S_create(b, err);
    if (status != IDEM_OK) {
        build_end(b);
        return status;
    }
    *out = b;
    return IDEM_OK;
}

const char *build_path(const struct build *b)
{
    return b->temporary;
}

int build_file(const struct build *b)
{
    return b->fd;
}

void build_write_out(struct build *b)
{
    struct stat st;
    if (fstat(b->fd, &st) != 0 || st.st_size < b->written + WRITE_OUT_BYTES)
        return;
    sync_file_range(b->fd, b->written, st.st_size - b->written, SYNC_FILE_RANGE_WRITE); /* a hint: fsync decides */
    b->written = st.st_size;
}

enum idem_status build_publish(struct build *b, struct idem_error *err)
{
    if (file_sync(b->fd) != 0)
        return error_errno(err, errno, "%s: syncing to disk failed", b->path);
    int e = file_give_name(b->temporary, b->path);
    if (e == EEXIST)
        return error_set(err, IDEM_CONFLICT, "%s: another process has made this database meanwhile; run it again",
                         b->path);
    if (e)
        return error_errno(err, e, "%s", b->path);
    enum idem_status status = file_sync_folder(b->path, err);
    if (status != IDEM_OK)
        unlink(b->path);
    return status;
}

void build_end(struct build *b)
{
    if (!b)
        return;
    if (b->temporary) {
        static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
        for (size_t i = 0; i < COUNT_OF(tails); i++)
            unlink(str_cstr(&b->arena, arena_printf(&b->arena, "%s%s", b->temporary, tails[i])));
    }
    if (b->fd >= 0)
        close(b->fd);
    arena_deinit(&b->arena);
    free(b);
}
