/* What every fuzz target has: the function that libFuzzer and replay call, and a way to say that something is wrong. */
#ifndef IDEM_TESTS_FUZZ_H
#define IDEM_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Says what does not hold, and ends the process. */
static inline void fuzz_require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static inline struct str fuzz_text(const uint8_t *data, size_t len)
{
    return (struct str){(const char *)data, len};
}

#endif
