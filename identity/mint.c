#include "identity/mint.h"

#include <assert.h>

static const char hex_digit[] = "0123456789abcdef";
/* Where the two digits of each byte stand in the text. */
static const uint8_t place[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
static const uint8_t dash[4] = {8, 13, 18, 23};

int64_t mint_ms(int64_t ms, uint32_t ordinal)
{
    return ms + (ordinal >> MINT_ORDINAL_BITS);
}

void mint_format(const uint8_t bytes[16], char out[MINT_TEXT + 1])
{
    for (unsigned i = 0; i < 16; i++) {
        out[place[i]] = hex_digit[bytes[i] >> 4];
        out[place[i] + 1] = hex_digit[bytes[i] & 0xF];
    }
    for (unsigned i = 0; i < COUNT_OF(dash); i++)
        out[dash[i]] = '-';
    out[MINT_TEXT] = 0;
}

void mint_uuid(int64_t ms, uint32_t ordinal, const uint8_t random[16], char out[MINT_TEXT + 1])
{
    uint64_t time = (uint64_t)mint_ms(ms, ordinal);
    uint32_t k = ordinal & ((1U << MINT_ORDINAL_BITS) - 1);
    assert(ms >= 0 && time >> 48 == 0);
    uint8_t bytes[16];
    for (unsigned i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(time >> (40 - 8 * i));
    bytes[6] = (uint8_t)(0x70 | k >> 22);
    bytes[7] = (uint8_t)(k >> 14);
    bytes[8] = (uint8_t)(0x80 | (k >> 8 & 0x3F));
    bytes[9] = (uint8_t)k;
    memcpy(bytes + 10, random, 6);
    mint_format(bytes, out);
}

static int S_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool mint_parse(struct str text, uint8_t bytes[16])
{
    if (text.len != MINT_TEXT)
        return false;
    for (unsigned i = 0; i < COUNT_OF(dash); i++)
        if (text.ptr[dash[i]] != '-')
            return false;
    for (unsigned i = 0; i < 16; i++) {
        int high = S_hex(text.ptr[place[i]]), low = S_hex(text.ptr[place[i] + 1]);
        if (high < 0 || low < 0)
            return false;
        if (bytes)
            bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool mint_is_master_id(struct str text, int64_t *ms)
{
    uint8_t bytes[16];
    char again[MINT_TEXT + 1];
    if (!mint_parse(text, bytes) || bytes[6] >> 4 != 7 || bytes[8] >> 6 != 2)
        return false;
    mint_format(bytes, again);
    if (memcmp(again, text.ptr, MINT_TEXT) != 0)
        return false;
    uint64_t time = 0;
    for (unsigned i = 0; i < 6; i++)
        time = time << 8 | bytes[i];
    if (ms)
        *ms = (int64_t)time;
    return true;
}
