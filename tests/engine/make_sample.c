/* make_sample [clear] [no_prov] [copies=N]: the sample database of sample_database.h in this folder. */
#include <stdio.h>
#include <stdlib.h>

#include "sample_database.h"

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
    if (sample_database(&options, &err) == IDEM_OK)
        return 0;
    fprintf(stderr, "%s\n", err.message);
    return 1;
}
