#include "normalize/words.h"

#include "normalize/normalizer.h"

static uint64_t S_prefix(struct str key)
{
    uint64_t prefix = 0;
    for (size_t i = 0; i < 8 && i < key.len; i++)
        prefix |= (uint64_t)(unsigned char)key.ptr[i] << (56 - 8 * i);
    return prefix;
}

/* Most steps compare one number and touch no text. */
bool words_find(const struct words *w, struct str key, struct str *canonical)
{
    uint64_t prefix = S_prefix(key);
    uint32_t low = 0, high = w->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct word *word = &w->word[middle];
        int c = (word->prefix > prefix) - (word->prefix < prefix);
        if (c == 0)
            c = str_cmp((struct str){w->text + word->at, word->len}, key);
        if (c == 0) {
            if (canonical)
                *canonical = (struct str){w->text + word->at + word->len, word->canonical_len};
            return true;
        }
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
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
    unsigned n = t->n - from < w->most_tokens ? t->n - from : w->most_tokens;
    while (n && !S_find_run(w, t, from, n, canonical))
        n--;
    return n;
}

unsigned words_find_until(const struct words *w, const struct tokens *t, unsigned to, struct str *canonical)
{
    unsigned n = to < w->most_tokens ? to : w->most_tokens;
    while (n && !S_find_run(w, t, to - n, n, canonical))
        n--;
    return n;
}
