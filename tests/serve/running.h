/* A service for tests: a small database in a folder of its own, served by a process of its own. */
#ifndef IDEM_TESTS_RUNNING_H
#define IDEM_TESTS_RUNNING_H

#include <sys/types.h>

#include "idem.h"
#include "serve/serve.h"

struct running {
    char folder[64], config[96], db[96];
    pid_t pid;
    unsigned port;
};

/* crm.csv and billing.csv of a few people, applied: crm:1 and billing:b1 are one person. Ends the test when it fails.
 */
void running_make(struct running *r);
/* `options` may be NULL; open, listen, ready and context are filled in. */
void running_start(struct running *r, const struct serve_options *options);
/* SIGTERM; the exit status. */
int running_stop(struct running *r);
/* Removes the folder. */
void running_remove(struct running *r);
/* A session of the test's own. */
struct idem_session *running_session(const struct running *r, enum idem_open_mode mode);

#endif
