#include "normalize/hashed_text.h"

#include "normalize/normalizer.h"

static const char DIGITS[] = "0123456789abcdefghjkmnpqrstvwxyz";

static const struct {
    char letter;
    uint32_t flag;
} FLAGS[] = {{'g', NORM_GENERIC}, {'i', NORM_INVALID}, {'p', NORM_PARTIAL}, {'u', NORM_UNSURE}};

struct str hashed_text(const uint8_t token[HASHED_TOKEN_BYTES], uint32_t flags, struct arena *out)
{
    char *text = arena_alloc(out, HASHED_TOKEN_CHARS + 1 + COUNT_OF(FLAGS), 1);
    size_t n = 0;
    unsigned have = 0, bits = 0;
    for (unsigned i = 0; i < HASHED_TOKEN_BYTES; i++) {
        bits = (bits << 8 | token[i]) & 0xfff;
        for (have += 8; have >= 5; have -= 5)
            text[n++] = DIGITS[bits >> (have - 5) & 31];
    }
    text[n++] = DIGITS[bits << (5 - have) & 31];
    for (size_t f = 0; f < COUNT_OF(FLAGS); f++) {
        if (!(flags & FLAGS[f].flag))
            continue;
        if (n == HASHED_TOKEN_CHARS)
            text[n++] = '.';
        text[n++] = FLAGS[f].letter;
    }
    return (struct str){text, n};
}

static bool S_is_token(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!text.ptr[i] || !strchr(DIGITS, text.ptr[i]))
            return false;
    return text.len == HASHED_TOKEN_CHARS;
}

bool hashed_text_parse(struct str text, struct str *token, uint32_t *flags)
{
    bool flagged = text.len > HASHED_TOKEN_CHARS + 1 && text.ptr[HASHED_TOKEN_CHARS] == '.';
    size_t at = HASHED_TOKEN_CHARS + 1;
    *flags = 0;
    *token = str_sub(text, 0, flagged ? HASHED_TOKEN_CHARS : text.len);
    for (size_t f = 0; flagged && f < COUNT_OF(FLAGS); f++)
        if (at < text.len && text.ptr[at] == FLAGS[f].letter) {
            *flags |= FLAGS[f].flag;
            at++;
        }
    return S_is_token(*token) && (!flagged || at == text.len);
}

void normalize_hashed(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                      struct norm *value)
{
    struct str token;
    (void)context;
    if (hashed_text_parse(raw, &token, &value->flags))
        value->form[NORM_CANON] = str_copy(out, token);
    else
        normalizer_invalid(n, raw, out, value);
}
