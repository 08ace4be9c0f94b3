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

bool generic_digits(struct str digits)
{
    if (digits.len < 4)
        return false;
    bool same = true, up = true, down = true;
    for (size_t i = 1; i < digits.len; i++) {
        int step = (digits.ptr[i] - digits.ptr[i - 1] + 10) % 10;
        same &= step == 0;
        up &= step == 1;
        down &= step == 9;
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
