#include "cli/notice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/visible.h"

/* {"KIND":{"status":STATUS,"message":MESSAGE}} */
static void S_json(const char *kind, const char *status, const char *message)
{
    json_t *inner = json_object(), *outer = json_object();
    if (status)
        json_put_str(inner, "status", str_from(status));
    json_put_str(inner, "message", str_from(message));
    json_put(outer, kind, inner);
    char *text = json_text(outer);
    struct buf shown = {0};
    visible_add(&shown, str_from(text), VISIBLE_TEXT);
    fprintf(stderr, "%s\n", buf_cstr(&shown));
    buf_deinit(&shown);
    free(text);
    json_decref(outer);
}

static bool S_colors(const struct cli *c)
{
    return c->err_terminal && !c->env.no_color && !c->env.dumb;
}

/* A file name or a key must not steer the terminal. */
static void S_plain(const char *message)
{
    struct buf shown = {0};
    visible_add(&shown, str_from(message), VISIBLE_TEXT);
    fprintf(stderr, "%s\n", buf_cstr(&shown));
    buf_deinit(&shown);
}

void notice_error(const struct cli *c, const struct idem_error *err)
{
    if (c->common.json) {
        S_json("error", idem_status_name(err->status), err->message);
        return;
    }
    fputs(S_colors(c) ? "\033[31midem:\033[0m " : "idem: ", stderr);
    S_plain(err->message);
}

void notice_warn(const struct cli *c, const char *message)
{
    if (c->common.quiet)
        return;
    if (c->common.json) {
        S_json("warning", NULL, message);
        return;
    }
    fputs(S_colors(c) ? "\033[33mwarning:\033[0m " : "warning: ", stderr);
    S_plain(message);
}

void notice_summary(const struct cli *c, const char *format, ...)
{
    va_list args;
    if (c->common.quiet || c->common.json)
        return;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}
