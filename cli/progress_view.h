/*
 * Progress of a long call on standard error: a bar with rate and time left on a terminal (redrawn at most ten times a
 * second), plain lines every ten seconds, or JSON lines at most once a second.
 */
#ifndef IDEM_CLI_PROGRESS_VIEW_H
#define IDEM_CLI_PROGRESS_VIEW_H

#include "cli/cli.h"

struct progress_view {
    const struct cli *cli;
    enum progress_style style;     /* never PROGRESS_AUTO */
    struct idem_progress progress; /* to be handed to the library */
    char stage[24];
    double began, drawn; /* monotonic seconds */
    bool visible;        /* a bar is on the screen */
};

void progress_begin(struct progress_view *view, const struct cli *c);
/* Takes the bar off the screen. */
void progress_end(struct progress_view *view);

#endif
