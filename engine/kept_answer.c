#include "engine/kept_answer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "store/service_table.h"

/* A kept answer is the digest of what was asked, then the text. */
enum { ASKED_BYTES = 32 };
static const int64_t KEPT_MS = 24 * 3600 * 1000LL;

static void S_arm(struct idem_session *s, const uint8_t key[32], const uint8_t asked[32])
{
    memcpy(s->request.key, key, 32);
    memcpy(s->request.asked, asked, 32);
    s->request.announced = true;
}

enum idem_status idem_request(struct idem_session *s, struct idem_str key, struct idem_str asked, char **json,
                              struct idem_error *err)
{
    uint8_t key_digest[32], asked_digest[32];
    struct store *store;
    struct buf kept = {0};
    int64_t at_ms;
    int code;
    *json = NULL;
    s->request.announced = false;
    seal_digest((struct str){key.ptr, key.len}, key_digest);
    seal_digest((struct str){asked.ptr, asked.len}, asked_digest);
    TRY(session_store(s, STORE_WRITE, &store, err));
    enum idem_status status = store_find_request(store, key_digest, &kept, &at_ms, &code, err);
    if (status == IDEM_NOT_FOUND || (status == IDEM_OK && at_ms < clock_now_ms() - KEPT_MS)) {
        S_arm(s, key_digest, asked_digest);
        status = IDEM_NOT_FOUND;
    } else if (status == IDEM_OK && (kept.len < ASKED_BYTES || memcmp(kept.ptr, asked_digest, ASKED_BYTES) != 0)) {
        status = error_set(err, IDEM_CONFLICT, "this key was used for another request; take a new one");
    } else if (status == IDEM_OK) {
        struct arena scratch = {0};
        *json = xstrdup(str_cstr(&scratch, str_sub(buf_view(&kept), ASKED_BYTES, kept.len)));
        arena_deinit(&scratch);
    }
    buf_deinit(&kept);
    return status;
}

enum idem_status kept_answer_note(struct idem_session *s, struct store *store, struct str answer,
                                  struct idem_error *err)
{
    struct buf kept = {0};
    if (!s->request.announced)
        return IDEM_OK;
    int64_t now = clock_now_ms();
    s->request.announced = false;
    buf_add(&kept, s->request.asked, sizeof s->request.asked);
    buf_str(&kept, answer);
    enum idem_status status = store_put_request(store, s->request.key, now, 0, buf_view(&kept), err);
    buf_deinit(&kept);
    return status == IDEM_OK ? store_forget_requests(store, now - KEPT_MS, err) : status;
}
