#include "normalize/generic.h"

#include "normalize/words.h"
#include "words_generic.h"
#include "words_mailbox.h"

/* Two or more of the same filler character, or one that carries nothing: "xxx", "--", "?". */
static bool S_is_filler(struct str s)
{
    char c = s.len ? s.ptr[0] : 0;
    if (c == 0 || !strchr("x-._?*#/+0!~=", c) || ((c == 'x' || c == '0') && s.len < 2))
        return false;
    for (size_t i = 1; i < s.len; i++)
        if (s.ptr[i] != c && s.ptr[i] != ' ')
            return false;
    return true;
}

bool generic_text(struct str folded)
{
    return S_is_filler(folded) || words_find(&words_generic, folded, NULL);
}

static bool S_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

uint64_t generic_lengths_with_digits(void)
{
    uint64_t lengths = 0;
    for (uint32_t w = 0; w < words_generic.n; w++) {
        struct str entry = {words_generic.text + words_generic.word[w].at, words_generic.word[w].len};
        bool digits = false;
        for (size_t i = 0; i < entry.len; i++)
            digits |= S_is_digit(entry.ptr[i]);
        if (digits)
            lengths |= UINT64_C(1) << (entry.len < 63 ? entry.len : 63);
    }
    return lengths;
}

bool generic_but_for_digits(struct str folded)
{
    for (uint32_t w = 0; w < words_generic.n; w++) {
        if (words_generic.word[w].len != folded.len)
            continue;
        const char *entry = words_generic.text + words_generic.word[w].at;
        size_t same = 0;
        while (same < folded.len &&
               (entry[same] == folded.ptr[same] || (S_is_digit(entry[same]) && S_is_digit(folded.ptr[same]))))
            same++;
        if (same == folded.len)
            return true;
    }
    return false;
}

bool generic_digits(struct str digits)
{
    if (digits.len < 4)
        return false;
    bool same = true, up = true, down = true;
    for (size_t i = 1; i < digits.len && (same || up || down); i++) {
        int step = digits.ptr[i] - digits.ptr[i - 1];
        same &= step == 0;
        up &= step == 1 || step == -9;
        down &= step == -1 || step == 9;
    }
    return same || up || down;
}

bool generic_mailbox(struct str local)
{
    char bare[32];
    size_t len = 0;
    for (size_t i = 0; i < local.len; i++) {
        if (local.ptr[i] == '.' || local.ptr[i] == '-' || local.ptr[i] == '_')
            continue;
        if (len == sizeof bare)
            return false;
        bare[len++] = local.ptr[i];
    }
    return words_find(&words_mailbox, (struct str){bare, len}, NULL);
}
