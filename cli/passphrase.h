/*
 * Passphrases of key files: from a file (the first line of it; /dev/fd/3 is one too), else asked for on the terminal,
 * which does not show what is typed. Nothing typed means none.
 */
#ifndef IDEM_CLI_PASSPHRASE_H
#define IDEM_CLI_PASSPHRASE_H

#include "cli/cli.h"

enum { MOST_PASSPHRASE = 1024 };

struct passphrase {
    const char *path;           /* NULL: the terminal */
    const char *prompt;         /* "Passphrase" */
    bool twice;                 /* a new one: typed again */
    bool asked;                 /* somebody wanted it */
    char text[MOST_PASSPHRASE]; /* once it was given, so that nobody is asked again */
    size_t len;
    struct idem_passphrase source; /* for the library */
};

/* The one of the key file that there is: --passphrase-file, IDEM_PASSPHRASE_FILE, the terminal. One for a command. */
struct passphrase *passphrase_present(struct cli *c);
/* Makes `source`, which points to `p`. */
void passphrase_connect(struct passphrase *p);

#endif
