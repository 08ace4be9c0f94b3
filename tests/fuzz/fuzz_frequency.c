/* Any bytes as a table of frequencies: refused with the line, or read: sorted, without repeats, no more than the whole.
 */
#include <unistd.h>

#include "engine/frequency_file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/ingest/transcript.h"

static const char CONFIG[] =
    "{\"sources\":[{\"name\":\"crm\",\"path\":\"crm.csv\",\"record_id\":\"id\",\"fields\":{\"family_name\":\"last\","
    "\"city\":"
    "\"town\"}}],\"matching\":{\"comparisons\":{\"family_name\":{\"term_frequency\":{\"table\":\"%s\"}}}}}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char path[64], text[sizeof CONFIG + 64];
    struct arena a = {0};
    struct config *config;
    struct frequency_table table = {0};
    struct idem_error err = {0};
    int fd = memory_file(fuzz_text(data, len), path);
    snprintf(text, sizeof text, CONFIG, path);
    fuzz_require(config_parse(str_from(text), STR("/idem.json"), &a, &config, &err) == IDEM_OK, err.message);
    enum idem_status checked = frequency_file_check(config, &config->comparison[0], &err);
    enum idem_status status = frequency_file_read(config, &config->comparison[0], CMP_FAMILY, &a, &table, &err);
    fuzz_require(status == IDEM_OK || err.message[0], "refused without a message");
    fuzz_require(checked == status, "checked to be good, or bad, and read as the other");
    for (uint32_t i = 1; status == IDEM_OK && i < table.n; i++)
        fuzz_require(table.hash[i - 1] < table.hash[i], "a table that is not sorted");
    for (uint32_t i = 0; status == IDEM_OK && i < table.n; i++)
        fuzz_require(frequency_of(&table, table.hash[i]) == table.count[i], "a value is not found");
    arena_deinit(&a);
    close(fd);
    return 0;
}
