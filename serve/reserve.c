#include "serve/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"

enum { LOOK_EVERY_MS = 100 };

/* Where the file system cannot promise room there is no file: the look at what is free remains. */
static void S_keep(struct reserve *r)
{
    int fd = file_open(r->path, O_RDWR | O_CREAT, 0600);
    r->kept = fd >= 0 && posix_fallocate(fd, 0, RESERVE_BYTES) == 0;
    if (fd >= 0)
        close(fd);
    if (!r->kept)
        unlink(r->path);
}

void reserve_start(struct reserve *r, const char *db_path)
{
    struct arena scratch = {0};
    struct str path = str_from(db_path ? db_path : "idem.db");
    *r = (struct reserve){.folder = xstrdup(str_cstr(&scratch, file_folder(&scratch, path))),
                          .path = xstrdup(str_cstr(&scratch, arena_printf(&scratch, "%.*s-reserve", STR_ARG(path))))};
    arena_deinit(&scratch);
    S_keep(r);
}

void reserve_stop(struct reserve *r)
{
    if (r->path && r->kept)
        unlink(r->path);
    free(r->path);
    free(r->folder);
    *r = (struct reserve){.folder = NULL};
}

static uint64_t S_free(const struct reserve *r)
{
    struct statvfs fs;
    return statvfs(r->folder && *r->folder ? r->folder : ".", &fs) == 0 ? (uint64_t)fs.f_bavail * fs.f_frsize
                                                                        : UINT64_MAX;
}

bool reserve_is_scarce(struct reserve *r)
{
    double now = clock_seconds();
    if (now - r->looked < LOOK_EVERY_MS / 1e3)
        return r->scarce;
    r->looked = now;
    r->scarce = S_free(r) < RESERVE_BYTES;
    if (!r->kept && S_free(r) >= (uint64_t)3 * RESERVE_BYTES)
        S_keep(r);
    return r->scarce;
}

bool reserve_release(struct reserve *r)
{
    if (!r->kept)
        return false;
    r->kept = false;
    return unlink(r->path) == 0;
}
