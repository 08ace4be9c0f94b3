/* Record ids of which nothing but a token is kept: "~" and 32 hex digits. */
#include "base/buf.h"
#include "seal/seal.h"

static const char DIGITS[] = "0123456789abcdef";

struct str seal_hashed_id(const struct keyring *k, struct str source, struct str record_id, char text[SEAL_HASHED_ID])
{
    uint8_t token[16];
    struct buf domain = {0};
    buf_str(&domain, STR("record id:"));
    buf_str(&domain, source);
    seal_kept_token(k, SEAL_ENCODINGS, buf_view(&domain), record_id, token);
    buf_deinit(&domain);
    text[0] = '~';
    for (unsigned i = 0; i < sizeof token; i++) {
        text[1 + 2 * i] = DIGITS[token[i] >> 4];
        text[2 + 2 * i] = DIGITS[token[i] & 15];
    }
    return (struct str){text, SEAL_HASHED_ID};
}

bool seal_is_hashed_id(struct str text)
{
    if (text.len != SEAL_HASHED_ID || text.ptr[0] != '~')
        return false;
    for (size_t i = 1; i < text.len; i++)
        if (!memchr(DIGITS, text.ptr[i], sizeof DIGITS - 1))
            return false;
    return true;
}
