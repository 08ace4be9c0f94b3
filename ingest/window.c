#include "ingest/window.h"

#include <errno.h>
#include <sys/mman.h>

enum idem_status window_init(struct window *w, size_t room, struct idem_error *err)
{
    *w = (struct window){.room = room};
    /* cppcheck-suppress invalidFunctionArg ; a map of no file has descriptor -1 */
    void *text =
        mmap(NULL, room + CSVSCAN_SLACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (text == MAP_FAILED)
        return error_errno(err, errno, "a buffer of %zu bytes", room);
    madvise(text, room + CSVSCAN_SLACK, MADV_DONTDUMP);
    w->text = text;
    return IDEM_OK;
}

void window_deinit(struct window *w)
{
    if (!w)
        return;
    if (w->text)
        munmap(w->text, w->room + CSVSCAN_SLACK);
    *w = (struct window){0};
}

void window_drop(struct window *w, size_t n)
{
    if (n && w->len > n)
        memmove(w->text, w->text + n, w->len - n);
    w->len -= n;
    w->base += n;
}

enum idem_status window_fill(struct window *w, struct input *in, size_t len, struct idem_error *err)
{
    if (len > w->room)
        len = w->room;
    while (w->len < len && !w->last) {
        size_t n;
        TRY(input_read(in, w->text + w->len, len - w->len, &n, err));
        w->len += n;
        w->last = n == 0;
    }
    return IDEM_OK;
}
