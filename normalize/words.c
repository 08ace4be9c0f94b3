#include "normalize/words.h"

#include "normalize/normalizer.h"

static uint64_t S_prefix(struct str key)
{
    uint64_t prefix = 0;
    if (key.len >= sizeof prefix)
        memcpy(&prefix, key.ptr, sizeof prefix);
    else if (key.len)
        memcpy(&prefix, key.ptr, key.len);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    prefix = __builtin_bswap64(prefix);
#endif
    return prefix;
}

static uint32_t S_slot(const struct words *w, uint64_t prefix, size_t len)
{
    return (uint32_t)((prefix + len) * 0x9e3779b97f4a7c15ULL >> (64 - w->bits));
}

/* Most words are in no table: then an empty slot says so. */
bool words_find(const struct words *w, struct str key, struct str *canonical)
{
    uint64_t prefix = S_prefix(key);
    for (uint32_t i = S_slot(w, prefix, key.len); w->slot[i]; i = (i + 1) & ((1U << w->bits) - 1)) {
        const struct word *word = &w->word[w->slot[i] - 1];
        if (word->prefix != prefix || word->len != key.len ||
            (key.len > 8 && memcmp(w->text + word->at + 8, key.ptr + 8, key.len - 8) != 0))
            continue;
        if (canonical)
            *canonical = (struct str){w->text + word->at + word->len, word->canonical_len};
        return true;
    }
    return false;
}

unsigned words_most_from(const struct words *w, struct str token)
{
    return w->first[S_slot(w, S_prefix(token), token.len)];
}

/* Looks `n` tokens up, joined by spaces. */
static bool S_find_run(const struct words *w, const struct tokens *t, unsigned from, unsigned n, struct str *canonical)
{
    if (n == 1)
        return words_find(w, t->token[from], canonical);
    char key[128];
    size_t len = 0;
    for (unsigned i = from; i < from + n; i++) {
        struct str token = t->token[i];
        if (len + token.len + 1 > sizeof key)
            return false;
        if (i > from)
            key[len++] = ' ';
        memcpy(key + len, token.ptr, token.len);
        len += token.len;
    }
    return words_find(w, (struct str){key, len}, canonical);
}

unsigned words_find_from(const struct words *w, const struct tokens *t, unsigned from, struct str *canonical)
{
    unsigned most = t->n > from ? words_most_from(w, t->token[from]) : 0, n = t->n - from < most ? t->n - from : most;
    while (n && !S_find_run(w, t, from, n, canonical))
        n--;
    return n;
}

unsigned words_find_until(const struct words *w, const struct tokens *t, unsigned to, struct str *canonical)
{
    unsigned most = to ? w->last[S_slot(w, S_prefix(t->token[to - 1]), t->token[to - 1].len)] : 0;
    unsigned n = to < most ? to : most;
    while (n && !S_find_run(w, t, to - n, n, canonical))
        n--;
    return n;
}
