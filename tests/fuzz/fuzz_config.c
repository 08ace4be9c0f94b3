/* Any bytes as a configuration: refused with a message, or read; never a crash, a leak, or a message that is cut open.
 */
#include <stdlib.h>

#include "rules/config.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena out = {0};
    struct config *config;
    struct idem_error err = {0};
    char hex[17];
    enum idem_status status =
        config_parse((struct str){(const char *)bytes, len}, STR("idem.json"), &out, &config, &err);
    if (status == IDEM_OK)
        config_hash(config, hex);
    else if (err.message[0] == 0 || config)
        abort();
    arena_deinit(&out);
    return 0;
}
