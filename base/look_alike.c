#include "base/look_alike.h"

#include "base/unicode.h"

static bool S_is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

bool look_alike_mixed(struct str text)
{
    enum unicode_script word = SCRIPT_COMMON;
    if (S_is_ascii(text))
        return false;
    while (text.len) {
        uint32_t c = unicode_next(&text);
        enum unicode_script script = unicode_script_of(c);
        bool of_three = script == SCRIPT_LATIN || script == SCRIPT_GREEK || script == SCRIPT_CYRILLIC;
        if (!unicode_is_letter(c) && !unicode_is_mark(c))
            word = SCRIPT_COMMON;
        else if (of_three && word != SCRIPT_COMMON && script != word)
            return true;
        else if (of_three)
            word = script;
    }
    return false;
}
