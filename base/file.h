/*
 * Files: the few calls that the program needs, with errors that name the path.
 */
#ifndef IDEM_BASE_FILE_H
#define IDEM_BASE_FILE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

/* open(2), fsync(2), mkostemp(3) with O_CLOEXEC, done again when a signal interrupts them, as it can on network file
 * systems. `mode` counts when a file is made. -1 and errno. */
int file_open(const char *path, int flags, unsigned mode);
int file_sync(int fd);
int file_make_temporary(char *pattern);

/* Reads at `offset` (-1: where the file stands) until `room` bytes are there or the file ends, whatever interrupts. The
 * bytes that were read, or -1 and errno. */
int64_t file_read_full(int fd, void *bytes, size_t room, int64_t offset);

/* The whole file into the arena, NUL-terminated behind its end. IDEM_NOT_FOUND, IDEM_IO, IDEM_LIMIT past `most` bytes.
 */
enum idem_status file_read(const char *path, size_t most, struct arena *out, struct str *content,
                           struct idem_error *err);

/* The same of what is open, a pipe or a terminal too, from where it stands; `name` for messages. */
enum idem_status file_read_stream(int fd, const char *name, size_t most, struct arena *out, struct str *content,
                                  struct idem_error *err);

/* Writes a temporary file beside `path` ("<path>.tmp-XXXXXX"), fsyncs it, renames it into place. Killed at any instant,
 * `path` is as before or whole; what is left beside it goes with the next writing of `path`. `mode` as in chmod(2). */
enum idem_status file_write_atomic(const char *path, struct str content, unsigned mode, struct idem_error *err);

/* The same for a file that must not exist (IDEM_CONFLICT when it does); `mode` as in open(2). */
enum idem_status file_write_new(const char *path, struct str content, unsigned mode, struct idem_error *err);

/* A new file "<path>.tmp-XXXXXX", mode 0600, held by flock until it is closed: to be written, synced, renamed to
 * `path`, and closed then. Removes what killed processes left of such files. 0 or an errno, with *fd -1. */
int file_make_beside(const char *path, struct arena *out, char **temporary, int *fd);
/* Removes the files that a file_glob pattern finds and nobody holds by flock: what killed processes left behind. */
void file_remove_stale(const char *pattern);
/* The file gets a name that must not be taken; 0 or an errno, EEXIST when it is. The name `from` may remain. */
int file_give_name(const char *from, const char *to);

bool file_exists(const char *path);
/* Size in bytes, or -1. */
int64_t file_size(const char *path);
/* Time of last change, ms since 1970, or -1. */
int64_t file_changed_ms(const char *path);

/* The folder part of a path, "." when it has none. */
struct str file_folder(struct arena *out, struct str path);
/* folder/path, or path when it is absolute or "-". */
struct str file_join(struct arena *out, struct str folder, struct str path);
/* The part behind the last slash. */
struct str file_base(struct str path);

/* Paths matching a shell pattern (*, ?, [...]; in the last part of the path only), in byte order. A path without a
 * pattern character is returned as it is, whether it exists or not. */
enum idem_status file_glob(struct str pattern, struct arena *out, struct str **paths, size_t *n,
                           struct idem_error *err);

/* fsync of the folder that holds `path`, so that a new name survives a crash. */
enum idem_status file_sync_folder(const char *path, struct idem_error *err);

#endif
