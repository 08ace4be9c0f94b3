/*
 * Progress and notices of a long call, given upward through a callback: the library prints nothing itself.
 * Texts hold no personal value.
 */
#ifndef IDEM_BASE_LOG_H
#define IDEM_BASE_LOG_H

#include <stdint.h>

struct progress {
    /* stage: "read", "normalise", "train", "block", "score", "cluster", "survive", "write"; total 0: unknown.
     * Called from the thread that made the call, at most a few hundred times a run. */
    void (*stage)(void *context, const char *stage, uint64_t done, uint64_t total, const char *unit);
    void (*warn)(void *context, const char *message);
    void *context;
};

void progress_stage(const struct progress *p, const char *stage, uint64_t done, uint64_t total, const char *unit);
void progress_warn(const struct progress *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
