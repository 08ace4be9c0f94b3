/*
 * A ledger of erasures beside the database, and receipts. The first byte chooses:
 *   ledger    any bytes behind the first line, or instead of it, when the database is opened: a clean error, or records
 *             are erased again
 *   receipt   any text, or the real receipt with bytes altered: only what says the same as the real one is one
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "tests/fuzz/fuzz_shop.h"

static struct {
    struct fuzz_shop shop;
    struct arena arena;
    struct str bytes;   /* of the database */
    struct str ledger;  /* as idem wrote it */
    struct str receipt; /* of an erasure in it */
    bool open;
} world;

static void S_forget(void)
{
    arena_deinit(&world.arena);
}

static struct str S_file(const char *name)
{
    char path[128];
    struct str content = {0};
    struct idem_error err = {0};
    fuzz_shop_path(&world.shop, name, path);
    fuzz_require(file_read(path, (size_t)1 << 30, &world.arena, &content, &err) == IDEM_OK, err.message);
    return content;
}

static void S_remove(const char *name)
{
    char path[128];
    fuzz_shop_path(&world.shop, name, path);
    unlink(path);
}

/* One person is erased; the database from before is kept too, so that a ledger has something to do. */
static void S_open(void)
{
    static const char *const key[] = {"crm:c12"};
    char ledger[128];
    struct idem_erase_options options = {.now_ms = 1771000000000, .seed = 3, .ledger = ledger};
    struct idem_error err = {0};
    json_t *parsed;
    char *json = NULL;
    world.open = true;
    atexit(S_forget);
    fuzz_shop_open(&world.shop, false);
    world.bytes = S_file("idem.db");
    fuzz_shop_path(&world.shop, "idem.db.ledger", ledger);
    struct idem_session *s = fuzz_shop_session(&world.shop, IDEM_WRITE, &err);
    fuzz_require(s && idem_erase(s, key, 1, &options, &json, &err) == IDEM_OK, err.message);
    idem_close(s);
    fuzz_require(json_parse(str_from(json), "erase", &parsed, &err) == IDEM_OK, err.message);
    char *text = json_text(json_object_get(parsed, "receipt"));
    world.receipt = str_copy(&world.arena, str_from(text));
    world.ledger = S_file("idem.db.ledger");
    fuzz_shop_write(&world.shop, "erased.db", S_file("idem.db"));
    idem_free(text);
    idem_free(json);
    json_decref(parsed);
}

static void S_restore(const char *name, struct str bytes)
{
    S_remove("idem.db-wal");
    S_remove("idem.db-shm");
    fuzz_shop_write(&world.shop, name, bytes);
}

/* Bytes of the input are put over the real ones, three a place: where (2), what. */
static struct str S_altered(struct arena *a, struct str real, struct str edits)
{
    char *text = ARENA_NEW(a, char, real.len + 1);
    memcpy(text, real.ptr, real.len);
    for (; edits.len >= 3; edits = str_sub(edits, 3, edits.len))
        text[((unsigned char)edits.ptr[0] | (size_t)(unsigned char)edits.ptr[1] << 8) % real.len] = edits.ptr[2];
    return (struct str){text, real.len};
}

static void S_ledger(unsigned how, struct str text)
{
    char master[37], *json = NULL;
    struct arena a = {0};
    struct idem_error err = {0};
    struct buf ledger = {0};
    size_t head = str_find_byte(world.ledger, '\n') + 1;
    if (how & 2) {
        buf_str(&ledger, S_altered(&a, world.ledger, text));
    } else {
        buf_str(&ledger, how & 4 ? STR("") : str_sub(world.ledger, 0, head));
        buf_str(&ledger, text);
    }
    S_restore("idem.db", world.bytes);
    fuzz_shop_write(&world.shop, "idem.db.ledger", buf_view(&ledger));
    struct idem_session *s = fuzz_shop_session(&world.shop, how & 8 ? IDEM_WRITE : IDEM_READ, &err);
    if (s) {
        enum idem_status status =
            idem_lookup(s, (struct idem_str){"crm", 3}, (struct idem_str){"c12", 3}, master, &err);
        fuzz_answered(status, &err, &json);
        idem_close(s);
    }
    S_remove("idem.db.ledger");
    buf_deinit(&ledger);
    arena_deinit(&a);
}

static bool S_says_the_same(struct str a, struct str b)
{
    json_t *x = NULL, *y = NULL;
    struct idem_error err;
    bool same = json_parse(a, "a", &x, &err) == IDEM_OK && json_parse(b, "b", &y, &err) == IDEM_OK && json_equal(x, y);
    json_decref(x);
    json_decref(y);
    return same;
}

static void S_receipt(unsigned how, struct str text)
{
    struct idem_session *s = NULL;
    struct arena a = {0};
    struct idem_error err = {0};
    char *json = NULL, path[128];
    if (how & 2)
        text = S_altered(&a, world.receipt, text);
    fuzz_shop_path(&world.shop, "erased.db", path);
    const struct idem_open_options options = {.db_path = path};
    fuzz_require(idem_open(&options, &s, &err) == IDEM_OK, err.message);
    enum idem_status status = idem_verify_receipt(s, (struct idem_str){text.ptr, text.len}, &json, &err);
    fuzz_require((status == IDEM_OK) == S_says_the_same(text, world.receipt), "a receipt is taken that is none");
    fuzz_answered(status, &err, &json);
    idem_close(s);
    arena_deinit(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (!len)
        return 0;
    if (!world.open)
        S_open();
    (data[0] & 1 ? S_receipt : S_ledger)(data[0], fuzz_text(data + 1, len - 1));
    return 0;
}
