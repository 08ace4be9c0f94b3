/*
 * A power cut: what was written, made, renamed or unlinked since the last sync of its file or folder is taken back, in
 * reverse order. With a seed some of it has reached the disk all the same: any pages of the files, and the first so
 * many changes of names.
 *
 * Every change of a file is kept with the bytes before and after it; a name that goes is linked into the folder
 * FAULT_KEEP first. Files are held open by descriptors of our own, never closed: a close would drop the program's locks
 * on them.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fault.h"

enum { MOST = 1 << 16, PATH = 512, PAGE = 4096 };
enum kind { GONE, DATA, SIZE, CREATED, RENAMED, UNLINKED };

struct change {
    enum kind kind;
    dev_t device;
    ino_t inode; /* of the file, or of the folder of `path` */
    int fd;
    off_t offset, old_size, new_size;
    size_t len, old_len;
    char *bytes, *old; /* of DATA; `old` of SIZE: what was cut off */
    char *path, *to, *kept;
};

static struct {
    bool on;
    unsigned long seed;
    char keep[PATH];
    pthread_mutex_t lock;
    unsigned n, n_kept;
    struct change changes[MOST];
} power = {.lock = PTHREAD_MUTEX_INITIALIZER};

void power_start(const char *keep, unsigned long seed)
{
    if (!keep || strlen(keep) > PATH - 32)
        abort();
    power.on = true;
    power.seed = seed;
    strcpy(power.keep, keep);
}

/* Memory from the kernel: the program's allocations are counted. */
static void *S_memory(size_t len)
{
    void *p = (void *)syscall(SYS_mmap, NULL, len + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    if (p == MAP_FAILED)
        abort();
    return p;
}

static char *S_copy(const char *text)
{
    return strcpy(S_memory(strlen(text)), text);
}

static char *S_absolute(const char *path)
{
    char *full = S_memory(2 * PATH);
    if (path[0] != '/' && !getcwd(full, PATH))
        abort();
    if (path[0] != '/')
        strcat(full, "/");
    return strcat(full, path);
}

/* Room for one more change. The caller holds the lock. */
static struct change *S_new(enum kind kind)
{
    if (power.n == MOST)
        abort();
    struct change *c = &power.changes[power.n++];
    *c = (struct change){.kind = kind, .fd = -1};
    return c;
}

static void S_folder_of(struct change *c)
{
    char *folder = S_copy(c->path), *slash = strrchr(folder, '/');
    struct stat st;
    slash[slash == folder] = 0;
    if (stat(folder, &st) == 0) {
        c->device = st.st_dev;
        c->inode = st.st_ino;
    }
}

static int S_own_descriptor(int fd, const struct stat *st)
{
    char path[64];
    for (unsigned i = 0; i < power.n; i++)
        if (power.changes[i].fd >= 0 && power.changes[i].device == st->st_dev && power.changes[i].inode == st->st_ino)
            return power.changes[i].fd;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
}

static struct change *S_file_change(enum kind kind, int fd, struct stat *st)
{
    if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))
        return NULL;
    int own = S_own_descriptor(fd, st);
    if (own < 0)
        return NULL;
    struct change *c = S_new(kind);
    c->fd = own;
    c->device = st->st_dev;
    c->inode = st->st_ino;
    c->old_size = st->st_size;
    return c;
}

static void S_keep_old(struct change *c, off_t from, off_t end)
{
    c->offset = from;
    c->old_len = end > from ? (size_t)(end - from) : 0;
    c->old = S_memory(c->old_len);
    if (syscall(SYS_pread64, c->fd, c->old, c->old_len, from) < 0)
        c->old_len = 0;
}

static off_t S_place(int fd, off_t size)
{
    return fcntl(fd, F_GETFL) & O_APPEND ? size : (off_t)syscall(SYS_lseek, fd, 0L, SEEK_CUR);
}

void power_write(int fd, const void *bytes, size_t len, off_t offset)
{
    struct stat st;
    if (!power.on)
        return;
    pthread_mutex_lock(&power.lock);
    struct change *c = S_file_change(DATA, fd, &st);
    if (c) {
        off_t from = offset < 0 ? S_place(fd, st.st_size) : offset, end = from + (off_t)len;
        S_keep_old(c, from, end < st.st_size ? end : st.st_size);
        c->len = len;
        c->bytes = memcpy(S_memory(len), bytes, len);
    }
    pthread_mutex_unlock(&power.lock);
}

void power_truncate(int fd, off_t len)
{
    struct stat st;
    if (!power.on)
        return;
    pthread_mutex_lock(&power.lock);
    struct change *c = S_file_change(SIZE, fd, &st);
    if (c) {
        S_keep_old(c, len, st.st_size);
        c->new_size = len;
    }
    pthread_mutex_unlock(&power.lock);
}

/* A name that goes keeps its file under another one. */
static char *S_keep_name(const char *path)
{
    char *kept = S_memory(2 * PATH);
    snprintf(kept, 2 * PATH, "%s/%u", power.keep, power.n_kept++);
    return syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, kept, 0) == 0 ? kept : NULL;
}

static void S_name_change(enum kind kind, const char *path, const char *to)
{
    if (!power.on)
        return;
    pthread_mutex_lock(&power.lock);
    struct change *c = S_new(kind);
    c->path = S_absolute(path);
    c->to = to ? S_absolute(to) : NULL;
    c->kept = kind == RENAMED ? S_keep_name(c->to) : kind == UNLINKED ? S_keep_name(c->path) : NULL;
    S_folder_of(c);
    pthread_mutex_unlock(&power.lock);
}

void power_create(const char *path)
{
    struct stat st;
    if (power.on && lstat(path, &st) != 0)
        S_name_change(CREATED, path, NULL);
}

void power_link(const char *to)
{
    S_name_change(CREATED, to, NULL);
}

void power_rename(const char *from, const char *to)
{
    S_name_change(RENAMED, from, to);
}

void power_unlink(const char *path)
{
    struct stat st;
    if (power.on && lstat(path, &st) == 0 && !S_ISDIR(st.st_mode))
        S_name_change(UNLINKED, path, NULL);
}

void power_synced(int fd)
{
    struct stat st;
    if (!power.on || fstat(fd, &st) != 0)
        return;
    pthread_mutex_lock(&power.lock);
    for (unsigned i = 0; i < power.n; i++) {
        struct change *c = &power.changes[i];
        if (c->device == st.st_dev && c->inode == st.st_ino && (c->kind >= CREATED) == !!S_ISDIR(st.st_mode))
            c->kind = GONE; /* its descriptor stays, for the next change of the file */
    }
    pthread_mutex_unlock(&power.lock);
}

/* ------------------------------------------------------------------ the cut */

static bool S_reached_disk(unsigned change, size_t page)
{
    uint64_t x = power.seed * 0x9E3779B97F4A7C15u + change * 0xBF58476D1CE4E5B9u + page * 0x94D049BB133111EBu;
    x ^= x >> 31;
    x *= 0xD6E8FEB86659FD93u;
    return x >> 63;
}

static void S_undo_name(const struct change *c)
{
    if (c->kind == CREATED)
        syscall(SYS_unlinkat, AT_FDCWD, c->path, 0);
    if (c->kind == RENAMED)
        syscall(SYS_renameat2, AT_FDCWD, c->to, AT_FDCWD, c->path, 0);
    if (c->kept)
        syscall(SYS_renameat2, AT_FDCWD, c->kept, AT_FDCWD, c->kind == RENAMED ? c->to : c->path, 0);
}

static void S_undo_data(const struct change *c)
{
    syscall(SYS_ftruncate, c->fd, c->old_size);
    if (c->old_len)
        syscall(SYS_pwrite64, c->fd, c->old, c->old_len, c->offset);
}

/* What reached the disk of a change whose file is as it was: pages of a write; the new length. */
static void S_redo_data(const struct change *c, unsigned number)
{
    struct stat st;
    if (c->kind == SIZE) {
        if (S_reached_disk(number, 0))
            syscall(SYS_ftruncate, c->fd, c->new_size);
        return;
    }
    for (size_t at = 0, len; at < c->len; at += len) {
        off_t page = (c->offset + (off_t)at) / PAGE;
        len = (size_t)((page + 1) * PAGE - c->offset) - at;
        len = len < c->len - at ? len : c->len - at;
        if (S_reached_disk(number, (size_t)page))
            syscall(SYS_pwrite64, c->fd, c->bytes + at, len, c->offset + (off_t)at);
    }
    /* The new length is on the disk sometimes when the bytes are not: zeros. */
    off_t end = c->offset + (off_t)c->len;
    if (fstat(c->fd, &st) == 0 && st.st_size < end && S_reached_disk(number, SIZE_MAX))
        syscall(SYS_ftruncate, c->fd, end);
}

void power_cut(void)
{
    unsigned names = 0, lasting = 0;
    pthread_mutex_lock(&power.lock); /* for good */
    for (unsigned i = 0; i < power.n; i++)
        names += power.changes[i].kind >= CREATED;
    if (power.seed)
        lasting = (unsigned)(power.seed * 2654435761u >> 7) % (names + 1);
    for (unsigned i = power.n; i-- > 0;) {
        const struct change *c = &power.changes[i];
        if (c->kind >= CREATED && names-- > lasting)
            S_undo_name(c);
        else if (c->kind == DATA || c->kind == SIZE)
            S_undo_data(c);
    }
    for (unsigned i = 0; power.seed && i < power.n; i++)
        if (power.changes[i].kind == DATA || power.changes[i].kind == SIZE)
            S_redo_data(&power.changes[i], i);
}
