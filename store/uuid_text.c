#include "store/store.h"

static const char HEX[] = "0123456789abcdef";

void store_uuid_format(const uint8_t uuid[16], char text[37])
{
    char *at = text;
    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = HEX[uuid[i] >> 4];
        *at++ = HEX[uuid[i] & 15];
    }
    *at = 0;
}

/* 1 + the digit's value; 0: it is none */
static const uint8_t DIGIT[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

bool store_uuid_parse(struct str text, uint8_t uuid[16])
{
    if (text.len != 36)
        return false;
    const unsigned char *at = (const unsigned char *)text.ptr;
    for (unsigned i = 0; i < 16; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *at++ != '-')
            return false;
        unsigned high = DIGIT[at[0]], low = DIGIT[at[1]];
        if (!high || !low)
            return false;
        uuid[i] = (uint8_t)((high - 1) << 4 | (low - 1));
        at += 2;
    }
    return true;
}
