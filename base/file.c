#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/paged.h"

int file_open(const char *path, int flags, unsigned mode)
{
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC, (mode_t)mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int file_sync(int fd)
{
    int failed;
    do
        failed = fsync(fd);
    while (failed && errno == EINTR);
    return failed;
}

int file_make_temporary(char *pattern)
{
    char *x = pattern + strlen(pattern) - 6; /* what a failed call leaves there is not said */
    int fd;
    do {
        memcpy(x, "XXXXXX", 6);
        fd = mkostemp(pattern, O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

int64_t file_read_full(int fd, void *bytes, size_t room, int64_t offset)
{
    size_t len = 0;
    while (len < room) {
        char *to = (char *)bytes + len;
        ssize_t got = offset < 0 ? read(fd, to, room - len) : pread(fd, to, room - len, (off_t)offset + (off_t)len);
        if (got < 0 && (errno == EINTR || (errno == EFAULT && paged_back(to, room - len))))
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (int64_t)len;
}

enum idem_status file_read(const char *path, size_t most, struct arena *out, struct str *content,
                           struct idem_error *err)
{
    int fd = file_open(path, O_RDONLY, 0);
    if (fd < 0)
        return error_errno(err, errno, "%s", path);
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return error_set(err, IDEM_IO, "%s: not a regular file", path);
    }
    if ((uint64_t)st.st_size > most) {
        close(fd);
        return error_set(err, IDEM_LIMIT, "%s: larger than the limit of %zu bytes", path, most);
    }
    size_t room = (size_t)st.st_size;
    char *text = arena_alloc(out, room + 1, 1);
    int64_t len = file_read_full(fd, text, room, -1);
    int e = errno;
    close(fd);
    if (len < 0)
        return error_errno(err, e, "%s", path);
    text[len] = 0;
    *content = (struct str){text, (size_t)len};
    return IDEM_OK;
}

enum idem_status file_read_stream(int fd, const char *name, size_t most, struct arena *out, struct str *content,
                                  struct idem_error *err)
{
    enum { PIECE = 1 << 16 };
    struct buf text = {0};
    enum idem_status status = IDEM_OK;
    int64_t len = PIECE;
    while (len == PIECE && status == IDEM_OK) {
        buf_reserve(&text, PIECE);
        len = file_read_full(fd, text.ptr + text.len, PIECE, -1);
        if (len < 0)
            status = error_errno(err, errno, "%s", name);
        else if ((uint64_t)len + text.len > most)
            status = error_set(err, IDEM_LIMIT, "%s: larger than the limit of %zu bytes", name, most);
        else
            text.len += (size_t)len;
    }
    if (status == IDEM_OK) {
        buf_byte(&text, 0);
        *content = str_sub(str_copy(out, buf_view(&text)), 0, text.len - 1);
    }
    buf_deinit(&text);
    return status;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int64_t file_size(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

int64_t file_changed_ms(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000 : -1;
}

static size_t S_last_slash(struct str path)
{
    for (size_t i = path.len; i; i--)
        if (path.ptr[i - 1] == '/')
            return i - 1;
    return SIZE_MAX;
}

struct str file_folder(struct arena *out, struct str path)
{
    size_t slash = S_last_slash(path);
    if (slash == SIZE_MAX)
        return STR(".");
    return str_copy(out, str_sub(path, 0, slash ? slash : 1));
}

struct str file_base(struct str path)
{
    size_t slash = S_last_slash(path);
    return slash == SIZE_MAX ? path : str_sub(path, slash + 1, path.len);
}

struct str file_join(struct arena *out, struct str folder, struct str path)
{
    if ((path.len && path.ptr[0] == '/') || str_eq(path, STR("-")) || folder.len == 0 || str_eq(folder, STR(".")))
        return str_copy(out, path);
    return arena_printf(out, "%.*s/%.*s", STR_ARG(folder), STR_ARG(path));
}

static int S_compare(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    return str_cmp(*x, *y);
}

enum idem_status file_glob(struct str pattern, struct arena *out, struct str **paths, size_t *n, struct idem_error *err)
{
    struct str base = file_base(pattern);
    bool is_pattern = false;
    for (size_t i = 0; i < base.len; i++)
        is_pattern |= base.ptr[i] == '*' || base.ptr[i] == '?' || base.ptr[i] == '[';
    *n = 0;
    if (!is_pattern || file_exists(str_cstr(out, pattern))) {
        *paths = ARENA_NEW(out, struct str, 1);
        (*paths)[(*n)++] = str_copy(out, pattern);
        return IDEM_OK;
    }
    struct str folder = file_folder(out, pattern);
    DIR *dir = opendir(str_cstr(out, folder));
    if (!dir)
        return error_errno(err, errno, "%.*s", STR_ARG(folder));
    size_t room = 0;
    struct str *found = NULL;
    char *glob = str_cstr(out, base);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (fnmatch(glob, entry->d_name, FNM_PERIOD) != 0)
            continue;
        if (*n == room) {
            room = room ? room * 2 : 16;
            found = xrealloc(found, room * sizeof *found);
        }
        found[(*n)++] = base.len == pattern.len ? str_copy(out, str_from(entry->d_name))
                                                : file_join(out, folder, str_from(entry->d_name));
    }
    closedir(dir);
    *paths = ARENA_NEW(out, struct str, *n);
    if (*n) {
        memcpy(*paths, found, *n * sizeof *found);
        qsort(*paths, *n, sizeof **paths, S_compare);
    }
    free(found);
    return IDEM_OK;
}

enum idem_status file_sync_folder(const char *path, struct idem_error *err)
{
    struct arena scratch = {0};
    char *folder = str_cstr(&scratch, file_folder(&scratch, str_from(path)));
    int fd = file_open(folder, O_RDONLY | O_DIRECTORY, 0);
    int e = fd < 0 ? errno : 0;
    if (fd >= 0) {
        if (file_sync(fd) != 0 && errno != EINVAL)
            e = errno;
        close(fd);
    }
    enum idem_status status = e ? error_errno(err, e, "%s: syncing its folder to disk failed", path) : IDEM_OK;
    arena_deinit(&scratch);
    return status;
}
