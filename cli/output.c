#include "cli/output.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/visible.h"

enum { BUFFER_BYTES = 1 << 16 };

void output_stdout(struct output *o)
{
    *o = (struct output){.descriptor = STDOUT_FILENO};
}

void output_foreign(struct output *o)
{
    output_stdout(o);
    o->terminal = isatty(STDOUT_FILENO);
}

/* The file itself behind a symbolic link, so that renaming replaces the file and not the link. */
static char *S_target(const char *path)
{
    char *real = realpath(path, NULL);
    return real ? real : xstrdup(path);
}

/* A new file beside the target, with the rights that one made by open(2) would have. 0 or an errno. */
static int S_beside(struct output *o)
{
    struct arena scratch;
    char *temporary;
    arena_init(&scratch);
    int e = file_make_beside(o->target, &scratch, &temporary, &o->descriptor);
    mode_t mask = umask(0);
    umask(mask);
    if (!e && fchmod(o->descriptor, 0666 & ~mask) != 0) {
        e = errno;
        unlink(temporary);
        close(o->descriptor);
    }
    if (!e)
        o->temporary = xstrdup(temporary);
    arena_deinit(&scratch);
    return e;
}

enum idem_status output_open(struct output *o, const char *path, struct idem_error *err)
{
    struct stat st;
    output_foreign(o);
    if (!path || strcmp(path, "-") == 0)
        return IDEM_OK;
    o->path = path;
    o->terminal = false;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        o->descriptor = file_open(path, O_WRONLY, 0);
        return o->descriptor < 0 ? error_errno(err, errno, "%s", path) : IDEM_OK;
    }
    o->target = S_target(path);
    int e = S_beside(o);
    if (!e)
        return IDEM_OK;
    error_errno(err, e, "%s", path);
    free(o->target);
    *o = (struct output){.descriptor = -1};
    return err ? err->status : IDEM_IO;
}

static void S_write(struct output *o, const char *bytes, size_t len)
{
    while (len && !o->errnum) {
        ssize_t n = write(o->descriptor, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            o->errnum = errno;
            return;
        }
        bytes += n;
        len -= (size_t)n;
    }
}

/* Shows what is buffered; unless it is the end, without the last bytes when the next ones decide what they are. */
static void S_show(struct output *o, bool end)
{
    struct buf shown = {0};
    struct str all = buf_view(&o->buf);
    size_t rest = end ? 0 : visible_unfinished(all);
    visible_add(&shown, str_sub(all, 0, all.len - rest), VISIBLE_LINES);
    S_write(o, shown.ptr, shown.len);
    assert(!rest || o->buf.ptr);
    if (rest)
        memmove(o->buf.ptr, o->buf.ptr + all.len - rest, rest);
    o->buf.len = rest;
    buf_deinit(&shown);
}

void output_flush(struct output *o)
{
    if (o->terminal) {
        S_show(o, false);
        return;
    }
    S_write(o, o->buf.ptr, o->buf.len);
    buf_clear(&o->buf);
}

void output_bytes(struct output *o, const void *bytes, size_t len)
{
    if (o->buf.len + len > BUFFER_BYTES)
        output_flush(o);
    if (len >= BUFFER_BYTES && !o->terminal)
        S_write(o, bytes, len);
    else
        buf_add(&o->buf, bytes, len);
}

void output_str(struct output *o, struct str s)
{
    output_bytes(o, s.ptr, s.len);
}

void output_printf(struct output *o, const char *format, ...)
{
    struct arena scratch;
    va_list args;
    arena_init(&scratch);
    va_start(args, format);
    output_str(o, arena_vprintf(&scratch, format, args));
    va_end(args);
    arena_deinit(&scratch);
}

bool output_gone(const struct output *o)
{
    return o->errnum != 0;
}

bool output_write(void *context, const void *bytes, size_t len)
{
    struct output *o = context;
    output_bytes(o, bytes, len);
    return !o->errnum;
}

/* Puts the finished file under its name, or removes it. It is closed after that: until then nobody takes it for one
 * that a killed process left. */
static void S_settle(struct output *o, bool keep)
{
    if (keep && !o->errnum && file_sync(o->descriptor) != 0)
        o->errnum = errno;
    if (keep && !o->errnum && rename(o->temporary, o->target) != 0)
        o->errnum = errno;
    if (!keep || o->errnum)
        unlink(o->temporary);
    close(o->descriptor); /* it was synced: nothing can fail any more */
}

enum idem_status output_close(struct output *o, enum idem_status status, struct idem_error *err)
{
    if (o->descriptor < 0)
        return status;
    if (o->terminal)
        S_show(o, true);
    output_flush(o);
    if (o->temporary)
        S_settle(o, status == IDEM_OK);
    else if (o->descriptor != STDOUT_FILENO && close(o->descriptor) != 0 && !o->errnum)
        o->errnum = errno;
    bool reader_gone = o->errnum == EPIPE;
    if (o->errnum && !reader_gone)
        status = error_errno(err, o->errnum, "%s", o->path ? o->path : "standard output");
    free(o->temporary);
    free(o->target);
    buf_deinit(&o->buf);
    *o = (struct output){.descriptor = -1};
    return reader_gone ? IDEM_OK : status;
}

enum idem_status output_line(const char *text, struct idem_error *err)
{
    struct output o;
    output_foreign(&o);
    output_bytes(&o, text, strlen(text));
    output_bytes(&o, "\n", 1);
    return output_close(&o, IDEM_OK, err);
}
