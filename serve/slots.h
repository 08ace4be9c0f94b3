/*
 * What connections' threads answer themselves: look-ups and tokens, from snapshots that are kept open and taken anew
 * when the database has changed. One slot for each such thread; a thread takes whichever is free, its usual one first.
 */
#ifndef IDEM_SERVE_SLOTS_H
#define IDEM_SERVE_SLOTS_H

#include <pthread.h>
#include <stdint.h>

#include "idem.h"

struct service;
struct slot;

struct slots {
    struct service *service;
    struct slot *slot;
    unsigned n;
};

enum idem_status slots_start(struct slots *s, struct service *service, unsigned n, struct idem_error *err);
void slots_stop(struct slots *s);
/* Lets go of snapshots that are no longer the newest, so that the log of the database can be folded in. */
void slots_refresh(struct slots *s);

/* As idem_stream_lookup. */
enum idem_status slots_lookup(struct slots *s, struct idem_str source, struct idem_str record_id, char master_id[37],
                              struct idem_error *err);
/* As idem_token_find. */
enum idem_status slots_token(struct slots *s, struct idem_str text, int64_t now_ms, struct idem_token *token,
                             struct idem_error *err);

#endif
