#include "cli/progress_view.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/notice.h"
#include "cli/terminal.h"
#include "cli/units.h"

static const double EVERY[] = {[PROGRESS_BAR] = 0.1, [PROGRESS_PLAIN] = 10, [PROGRESS_JSON] = 1};

/* "450,000/1,000,000 records  1,200,000/s  3 s left" */
static struct str S_figures(struct arena *out, double seconds, uint64_t done, uint64_t total, const char *unit)
{
    struct str text = units_count(out, (int64_t)done);
    if (total)
        text = arena_printf(out, "%.*s/%.*s", STR_ARG(text), STR_ARG(units_count(out, (int64_t)total)));
    text = arena_printf(out, "%.*s %s", STR_ARG(text), unit ? unit : "");
    if (seconds < 0.5 || !done)
        return text;
    double rate = (double)done / seconds;
    text = arena_printf(out, "%.*s  %.*s/s", STR_ARG(text), STR_ARG(units_count(out, (int64_t)rate)));
    if (total > done)
        text = arena_printf(out, "%.*s  %.*s left", STR_ARG(text),
                            STR_ARG(units_seconds(out, (double)(total - done) / rate)));
    return text;
}

static void S_bar(struct progress_view *view, struct str figures, uint64_t done, uint64_t total)
{
    enum { BAR_CELLS = 20 };
    char bar[BAR_CELLS + 1];
    unsigned full = total ? (unsigned)((double)(done < total ? done : total) / (double)total * BAR_CELLS) : 0;
    for (unsigned i = 0; i < BAR_CELLS; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR_CELLS] = 0;
    int room = (int)terminal_width(STDERR_FILENO) - BAR_CELLS - 16;
    if (room < 0)
        room = 0;
    if ((int)figures.len > room)
        figures.len = (size_t)room;
    fprintf(stderr, "\r%-10s [%s] %.*s\033[K", view->stage, bar, STR_ARG(figures));
    fflush(stderr);
    view->visible = true;
}

static void S_draw(struct progress_view *view, double now, uint64_t done, uint64_t total, const char *unit)
{
    struct arena scratch;
    double seconds = now - view->began;
    if (view->style == PROGRESS_JSON) {
        fprintf(stderr,
                "{\"progress\":{\"stage\":\"%s\",\"done\":%llu,\"total\":%llu,\"unit\":\"%s\",\"seconds\":%.3f}}\n",
                view->stage, (unsigned long long)done, (unsigned long long)total, unit ? unit : "", seconds);
        return;
    }
    arena_init(&scratch);
    struct str figures = S_figures(&scratch, seconds, done, total, unit);
    if (view->style == PROGRESS_BAR)
        S_bar(view, figures, done, total);
    else
        fprintf(stderr, "%s: %.*s\n", view->stage, STR_ARG(figures));
    arena_deinit(&scratch);
}

static void S_stage(void *context, const char *stage, uint64_t done, uint64_t total, const char *unit)
{
    struct progress_view *view = context;
    double now = clock_seconds();
    bool next = strncmp(view->stage, stage, sizeof view->stage - 1) != 0;
    if (next) {
        snprintf(view->stage, sizeof view->stage, "%s", stage);
        view->began = now;
        view->drawn = view->style == PROGRESS_PLAIN ? now : 0;
    }
    bool finished = total && done >= total && view->style == PROGRESS_JSON;
    if (!finished && now - view->drawn < EVERY[view->style])
        return;
    view->drawn = now;
    S_draw(view, now, done, total, unit);
}

static void S_warn(void *context, const char *message)
{
    struct progress_view *view = context;
    progress_end(view);
    notice_warn(view->cli, message);
}

static enum progress_style S_style(const struct cli *c)
{
    enum progress_style style = (enum progress_style)c->common.progress;
    if (style != PROGRESS_AUTO)
        return style;
    if (c->common.quiet)
        return PROGRESS_NONE;
    if (c->err_terminal && !c->env.dumb && !c->common.json)
        return PROGRESS_BAR;
    return c->common.verbose ? PROGRESS_PLAIN : PROGRESS_NONE;
}

void progress_begin(struct progress_view *view, const struct cli *c)
{
    *view = (struct progress_view){.cli = c, .style = S_style(c)};
    view->progress.stage = view->style == PROGRESS_NONE ? NULL : S_stage;
    view->progress.warn = S_warn;
    view->progress.context = view;
}

void progress_end(struct progress_view *view)
{
    if (view->visible)
        fputs("\r\033[K", stderr);
    view->visible = false;
}
