#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_deinit(struct buf *b)
{
    if (!b)
        return;
    free(b->ptr);
    *b = (struct buf){0};
}

void buf_reserve(struct buf *b, size_t more)
{
    if (b->room - b->len >= more)
        return;
    size_t room = b->room ? b->room * 2 : 64;
    while (room - b->len < more)
        room *= 2;
    b->ptr = xrealloc(b->ptr, room);
    b->room = room;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    buf_reserve(b, len);
    memcpy(b->ptr + b->len, bytes, len);
    b->len += len;
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len > 0) {
        buf_reserve(b, (size_t)len + 1);
        vsnprintf(b->ptr + b->len, (size_t)len + 1, format, args);
        b->len += (size_t)len;
    }
    va_end(args);
}

void buf_count(struct buf *b, uint64_t value)
{
    char digit[20];
    size_t at = sizeof digit;
    do {
        digit[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_add(b, digit + at, sizeof digit - at);
}

void buf_varint_long(struct buf *b, uint64_t value)
{
    buf_reserve(b, 10);
    while (value >= 0x80) {
        b->ptr[b->len++] = (char)(value | 0x80);
        value >>= 7;
    }
    b->ptr[b->len++] = (char)value;
}

void buf_utf8(struct buf *b, uint32_t c)
{
    buf_reserve(b, 4);
    char *p = b->ptr + b->len;
    if (c < 0x80) {
        p[0] = (char)c;
        b->len += 1;
    } else if (c < 0x800) {
        p[0] = (char)(0xC0 | c >> 6);
        p[1] = (char)(0x80 | (c & 0x3F));
        b->len += 2;
    } else if (c < 0x10000) {
        p[0] = (char)(0xE0 | c >> 12);
        p[1] = (char)(0x80 | (c >> 6 & 0x3F));
        p[2] = (char)(0x80 | (c & 0x3F));
        b->len += 3;
    } else {
        p[0] = (char)(0xF0 | c >> 18);
        p[1] = (char)(0x80 | (c >> 12 & 0x3F));
        p[2] = (char)(0x80 | (c >> 6 & 0x3F));
        p[3] = (char)(0x80 | (c & 0x3F));
        b->len += 4;
    }
}

char *buf_cstr(struct buf *b)
{
    buf_reserve(b, 1);
    b->ptr[b->len] = 0;
    return b->ptr;
}

bool varint_take(struct str *rest, uint64_t *value)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && rest->len; shift += 7) {
        unsigned char byte = (unsigned char)*rest->ptr++;
        rest->len--;
        if (shift == 63 && byte > 1)
            return false;
        v |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *value = v;
            return true;
        }
    }
    return false;
}
