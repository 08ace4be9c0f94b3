/*
 * Any bytes as the file of a source, of ids of another system, of decisions or of a truth, on a real database: a clean
 * error, or it is done and the database is sound. The first byte chooses the call and what stands in front of the
 * bytes.
 */
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "tests/fuzz/fuzz_shop.h"

static struct {
    struct fuzz_shop shop;
    struct arena arena;
    struct str bytes; /* of the database */
    char path[128];   /* of the file that is read */
} world;

static void S_forget(void)
{
    arena_deinit(&world.arena);
}

static void S_open(void)
{
    struct idem_error err = {0};
    fuzz_shop_open(&world.shop, false);
    fuzz_require(file_read(world.shop.db, (size_t)1 << 30, &world.arena, &world.bytes, &err) == IDEM_OK, err.message);
    fuzz_shop_path(&world.shop, "input", world.path);
    atexit(S_forget);
}

typedef enum idem_status call_fn(struct idem_session *s, const char *path, char **json, struct idem_error *err);

static enum idem_status S_apply(struct idem_session *s, const char *path, char **json, struct idem_error *err)
{
    const struct idem_source_path source = {"crm", path};
    const struct idem_apply_options options = {
        .path = &source, .n_paths = 1, .threads = 1, .seed = 3, .now_ms = 1771000000000};
    return idem_apply(s, &options, json, err);
}

static enum idem_status S_plan(struct idem_session *s, const char *path, char **json, struct idem_error *err)
{
    const struct idem_source_path source = {"billing", path};
    const struct idem_apply_options options = {
        .path = &source, .n_paths = 1, .threads = 1, .seed = 3, .now_ms = 1771000000000};
    return idem_plan(s, &options, 5, json, err);
}

static enum idem_status S_import(struct idem_session *s, const char *path, char **json, struct idem_error *err)
{
    const struct idem_steward_options options = {.now_ms = 1771000000000, .seed = 3};
    return idem_import_crosswalk(s, path, "legacy", &options, json, err);
}

static enum idem_status S_decide(struct idem_session *s, const char *path, char **json, struct idem_error *err)
{
    const struct idem_steward_options options = {.now_ms = 1771000000000, .seed = 3};
    return idem_decide_file(s, path, &options, json, err);
}

static enum idem_status S_evaluate(struct idem_session *s, const char *path, char **json, struct idem_error *err)
{
    const struct idem_evaluate_options options = {.truth_path = path, .threads = 1, .errors = 3};
    return idem_evaluate(s, &options, json, err);
}

static enum idem_status S_train(struct idem_session *s, const char *path, char **json, struct idem_error *err)
{
    const struct idem_train_options options = {.labels_path = path, .threads = 1, .now_ms = 1771000000000};
    return idem_train(s, &options, json, err);
}

static const struct {
    call_fn *call;
    enum idem_open_mode mode;
    const char *head;
} CALLS[] = {
    {S_apply, IDEM_WRITE, "id,first,last,born,mail,phone,street,town\n"},
    {S_plan, IDEM_WRITE, "id,name,born,mail,town\n"},
    {S_import, IDEM_WRITE, "data_source,record_id,id\n"},
    {S_decide, IDEM_WRITE, "left_source,left_id,right_source,right_id,verdict,reason\n"},
    {S_evaluate, IDEM_READ, "source,record_id,entity_id\n"},
    {S_train, IDEM_WRITE, "left_source,left_id,right_source,right_id,label\n"},
};

static void S_restore(void)
{
    static const char *const BESIDE[] = {"idem.db-wal", "idem.db-shm"};
    char path[128];
    for (size_t i = 0; i < COUNT_OF(BESIDE); i++) {
        fuzz_shop_path(&world.shop, BESIDE[i], path);
        unlink(path);
    }
    fuzz_shop_write(&world.shop, "idem.db", world.bytes);
}

static void S_verify(void)
{
    const struct idem_verify_options options = {.threads = 1};
    struct idem_error err = {0};
    char *json = NULL;
    struct idem_session *s = fuzz_shop_session(&world.shop, IDEM_READ, &err);
    fuzz_require(s != NULL, "the database does not open any more");
    enum idem_status status = idem_verify(s, &options, &json, &err);
    if (status != IDEM_OK)
        fprintf(stderr, "%s\n%s\n", err.message, json ? json : "");
    fuzz_require(status == IDEM_OK, "the database is not sound");
    idem_free(json);
    idem_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (!len)
        return 0;
    if (!world.bytes.len)
        S_open();
    unsigned call = data[0] % COUNT_OF(CALLS);
    struct idem_error err = {0};
    struct buf input = {0};
    char *json = NULL;
    if (!(data[0] & 128))
        buf_str(&input, str_from(CALLS[call].head));
    buf_add(&input, data + 1, len - 1);
    S_restore();
    fuzz_shop_write(&world.shop, "input", buf_view(&input));
    struct idem_session *s = fuzz_shop_session(&world.shop, CALLS[call].mode, &err);
    fuzz_require(s != NULL, "the database does not open");
    fuzz_answered(CALLS[call].call(s, world.path, &json, &err), &err, &json);
    idem_close(s);
    if (CALLS[call].mode == IDEM_WRITE)
        S_verify();
    buf_deinit(&input);
    return 0;
}
