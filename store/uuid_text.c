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

static int S_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool store_uuid_parse(struct str text, uint8_t uuid[16])
{
    if (text.len != 36)
        return false;
    const char *at = text.ptr;
    for (unsigned i = 0; i < 16; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *at++ != '-')
            return false;
        int high = S_digit(at[0]), low = S_digit(at[1]);
        if (high < 0 || low < 0)
            return false;
        uuid[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    return true;
}
