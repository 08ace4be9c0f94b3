/*
 * Any bytes as a file that init and profile look at: refused with a message, or described in JSON, and the
 * configuration that init writes is one that can be read.
 */
#include <unistd.h>

#include "base/json.h"
#include "rules/config.h"
#include "tests/fuzz/fuzz_shop.h"

static char folder[64], file[96], config[96];

static void S_remove(void)
{
    unlink(file);
    unlink(config);
    rmdir(folder);
}

static void S_open(void)
{
    strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/idem_init_XXXXXX" : "/tmp/idem_init_XXXXXX");
    fuzz_require(mkdtemp(folder) != NULL, "no folder");
    snprintf(file, sizeof file, "%s/data.csv", folder);
    snprintf(config, sizeof config, "%s/idem.json", folder);
    atexit(S_remove);
}

static void S_is_json(const char *text)
{
    json_t *parsed;
    struct idem_error err = {0};
    fuzz_require(json_parse(str_from(text), "answer", &parsed, &err) == IDEM_OK, "an answer that is not JSON");
    json_decref(parsed);
}

static void S_profile(void)
{
    const char *const files[] = {file};
    struct idem_error err = {0};
    char *json = NULL;
    enum idem_status status = idem_profile(files, 1, &json, &err);
    if (status == IDEM_OK)
        S_is_json(json);
    fuzz_answered(status, &err, &json);
}

static void S_init(void)
{
    const char *const files[] = {file};
    const struct idem_init_options options = {.file = files, .n_files = 1, .config_path = config, .no_key = true};
    struct idem_error err = {0};
    struct arena a = {0};
    struct config *written;
    char *json = NULL;
    enum idem_status status = idem_init(&options, &json, &err);
    if (status == IDEM_OK) {
        S_is_json(json);
        if (config_load(config, &a, &written, &err) != IDEM_OK) {
            fprintf(stderr, "%s\n", err.message);
            fuzz_require(false, "init wrote a configuration that cannot be read");
        }
    }
    fuzz_answered(status, &err, &json);
    arena_deinit(&a);
    unlink(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (!folder[0])
        S_open();
    FILE *to = fopen(file, "w");
    fuzz_require(to && fwrite(data, 1, len, to) == len && fclose(to) == 0, "cannot write");
    S_profile();
    S_init();
    return 0;
}
