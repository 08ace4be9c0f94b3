#include "tests/fuzz/fuzz_shop.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

enum { PERSONS = 32, MOST_SHOPS = 4 };
static const int64_t DAY = 86400000, FIRST_DAY = 20409;

static const char CONFIG[] =
    "{\"entity\":\"person\",\"sources\":["
    "{\"name\":\"crm\",\"path\":\"crm.csv\",\"record_id\":\"id\",\"fields\":{\"given_name\":\"first\",\"family_name\":"
    "\"last\",\"birth_date\":\"born\",\"email\":\"mail\",\"phone\":\"phone\",\"address\":\"street\",\"city\":\"town\"}}"
    ","
    "{\"name\":\"billing\",\"path\":\"billing.csv\",\"record_id\":\"id\",\"fields\":{\"full_name\":\"name\","
    "\"birth_date\":\"born\",\"email\":\"mail\",\"city\":\"town\"}}],"
    "\"gates\":{\"max_churn\":1,\"max_merged_masters\":1,\"max_gone\":1},\"privacy\":{\"at_rest\":\"%s\"}}";

static char folders[MOST_SHOPS][64]; /* to be removed at the end */
static unsigned n_folders;

static void S_must(enum idem_status status, const struct idem_error *err)
{
    fuzz_require(status == IDEM_OK, err->message);
}

void fuzz_answered(enum idem_status status, struct idem_error *err, char **json)
{
    fuzz_require(status == IDEM_OK || status == IDEM_GATE || err->message[0], "an error without a message");
    fuzz_require(strnlen(err->message, sizeof err->message) < sizeof err->message, "a message without an end");
    err->message[0] = 0;
    if (!json)
        return;
    idem_free(*json);
    *json = NULL;
}

static int S_unlink(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    (void)st, (void)kind, (void)place;
    return remove(path);
}

void fuzz_shop_remove(const struct fuzz_shop *shop)
{
    nftw(shop->folder, S_unlink, 16, FTW_DEPTH | FTW_PHYS);
    for (unsigned i = 0; i < n_folders; i++)
        if (strcmp(folders[i], shop->folder) == 0)
            memmove(folders[i], folders[--n_folders], sizeof *folders);
}

static void S_remove_all(void)
{
    for (unsigned i = 0; i < n_folders; i++)
        nftw(folders[i], S_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

void fuzz_shop_path(const struct fuzz_shop *shop, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", shop->folder, name);
}

void fuzz_shop_write(const struct fuzz_shop *shop, const char *name, struct str content)
{
    char path[128];
    fuzz_shop_path(shop, name, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    fuzz_require(fd >= 0 && write(fd, content.ptr, content.len) == (ssize_t)content.len,
                 "cannot write into the folder");
    close(fd);
}

/* In the second run some have moved, some are gone. */
static void S_files(const struct fuzz_shop *shop, bool second)
{
    static const char *const FIRST[] = {"Ann", "Bert", "Carla", "Zo\xC3\xAB", "Elsa", "Fred", "Gina", "Hugo"};
    static const char *const LAST[] = {"Moreau", "O'Neil", "M\xC3\xBCller", "Rossi", "\xE5\xB1\xB1\xE7\x94\xB0"};
    struct buf crm = {0}, billing = {0};
    buf_str(&crm, STR("id,first,last,born,mail,phone,street,town\n"));
    buf_str(&billing, STR("id,name,born,mail,town\n"));
    for (int i = second ? 2 : 0; i < PERSONS; i++) {
        const char *f = FIRST[i % 8], *l = LAST[i % 5];
        buf_printf(&crm, "c%d,%s,%s,19%02d-0%d-1%d,p%d@mail.example,+4930123%04d,%d Main St,Town%d\n", i, f, l, 40 + i,
                   1 + i % 9, i % 7, i, i * 37, i + 1, i % 3 + (second && i < 8));
        if (i % 2)
            buf_printf(&billing, "b%d,%s %s,19%02d-0%d-1%d,p%d@mail.example,Town%d\n", i, f, l, 40 + i, 1 + i % 9,
                       i % 7, i % 4 == 3 ? i + 1 : i, i % 3);
    }
    buf_str(&crm, STR("c900,\"rejected,row\n"));
    fuzz_shop_write(shop, "crm.csv", buf_view(&crm));
    fuzz_shop_write(shop, "billing.csv", buf_view(&billing));
    buf_deinit(&crm);
    buf_deinit(&billing);
}

struct idem_session *fuzz_shop_session(const struct fuzz_shop *shop, enum idem_open_mode mode, struct idem_error *err)
{
    return fuzz_shop_session_then(shop, mode, NULL, err);
}

struct idem_session *fuzz_shop_session_then(const struct fuzz_shop *shop, enum idem_open_mode mode, const char *as_of,
                                            struct idem_error *err)
{
    const struct idem_open_options options = {.config_path = shop->config,
                                              .db_path = shop->db,
                                              .key_path = shop->key[0] ? shop->key : NULL,
                                              .mode = mode,
                                              .by = "fuzzer",
                                              .as_of = as_of,
                                              .wait_ms = 10};
    struct idem_session *s = NULL;
    enum idem_status status = idem_open(&options, &s, err);
    if (status == IDEM_OK)
        return s;
    fuzz_answered(status, err, NULL);
    return NULL;
}

static void S_apply(const struct fuzz_shop *shop, int64_t day)
{
    const struct idem_apply_options options = {
        .threads = 1, .seed = 7 + (uint64_t)day, .now_ms = (FIRST_DAY + day) * DAY};
    struct idem_error err = {0};
    char *json = NULL;
    struct idem_session *s = fuzz_shop_session(shop, IDEM_WRITE, &err);
    S_must(s ? idem_apply(s, &options, &json, &err) : IDEM_IO, &err);
    idem_free(json);
    idem_close(s);
}

static void S_steward(const struct fuzz_shop *shop)
{
    const struct idem_steward_options options = {
        .by = "ada", .reason = "they told us", .now_ms = (FIRST_DAY + 2) * DAY, .seed = 77};
    static const char *const pair[] = {"crm:c12", "crm:c14"};
    struct idem_error err = {0};
    char *json = NULL;
    struct idem_session *s = fuzz_shop_session(shop, IDEM_WRITE, &err);
    S_must(s ? IDEM_OK : IDEM_IO, &err);
    S_must(idem_decide(s, "crm:c9", "billing:b9", "different", &options, &json, &err), &err);
    idem_free(json);
    S_must(idem_merge(s, pair, 2, &options, &json, &err), &err);
    idem_free(json);
    S_must(idem_pin(s, "crm:c20", "city", "Pinned", NULL, &options, &json, &err), &err);
    idem_free(json);
    idem_close(s);
}

void fuzz_shop_open(struct fuzz_shop *shop, bool sealed)
{
    static bool registered;
    char config[sizeof CONFIG + 16];
    struct idem_error err = {0};
    *shop = (struct fuzz_shop){0};
    strcpy(shop->folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/idem_fuzz_XXXXXX" : "/tmp/idem_fuzz_XXXXXX");
    fuzz_require(n_folders < MOST_SHOPS && mkdtemp(shop->folder), "no folder for a database");
    if (!registered)
        atexit(S_remove_all);
    registered = true;
    strcpy(folders[n_folders++], shop->folder);
    snprintf(shop->config, sizeof shop->config, "%s/idem.json", shop->folder);
    snprintf(shop->db, sizeof shop->db, "%s/idem.db", shop->folder);
    snprintf(config, sizeof config, CONFIG, sealed ? "sealed" : "clear");
    fuzz_shop_write(shop, "idem.json", str_from(config));
    if (sealed) {
        snprintf(shop->key, sizeof shop->key, "%s/idem.key", shop->folder);
        S_must(idem_key_create(shop->key, NULL, &err), &err);
    }
    for (int64_t day = 0; day < 2; day++) {
        S_files(shop, day == 1);
        S_apply(shop, day);
    }
    S_steward(shop);
}
