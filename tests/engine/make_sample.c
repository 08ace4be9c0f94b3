/*
 * make_sample [clear] [no_prov] [copies=N]: the sample database of sample_database.h in this folder.
 * make_sample hold DATABASE KEY: takes the write lock of a database, says "held", and keeps it until standard input
 * ends.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sample_database.h"
#include "store/store.h"

static enum idem_status hold(const char *path, const char *key, struct idem_error *err)
{
    struct store_options options = {.path = path, .mode = STORE_WRITE};
    struct store *store = NULL;
    enum idem_status status;
    TRY_DONE(keyring_open(key, &options.keys, err));
    TRY_DONE(store_open(&options, &store, err));
    TRY_DONE(store_begin(store, err));
    puts("held");
    fflush(stdout);
    while (getchar() != EOF)
        continue;
done:
    store_close(store);
    keyring_close(options.keys);
    return status;
}

int main(int argc, char **argv)
{
    struct sample_options options = {.folder = "."};
    struct idem_error err;
    for (int i = 1; i < argc; i++) {
        options.clear |= strcmp(argv[i], "clear") == 0;
        options.no_prov |= strcmp(argv[i], "no_prov") == 0;
        if (strncmp(argv[i], "copies=", 7) == 0)
            options.copies = (unsigned)strtoul(argv[i] + 7, NULL, 10);
    }
    bool holds = argc == 4 && strcmp(argv[1], "hold") == 0;
    if ((holds ? hold(argv[2], argv[3], &err) : sample_database(&options, &err)) == IDEM_OK)
        return 0;
    fprintf(stderr, "%s\n", err.message);
    return 1;
}
