/*
 * Foreign bytes as JSON lines: whatever jansson takes for an object, the reader must give as a row, and nothing else;
 * the text of wanted values must be what jansson says; and the size of slices must not matter.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "tests/ingest/json_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *difference = json_check((struct str){(const char *)data, len});
    if (difference) {
        fprintf(stderr, "%s\n", difference);
        abort();
    }
    return 0;
}
