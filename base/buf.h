/*
 * A growable byte buffer: text under construction, encoded records. Owned by the caller: buf_deinit releases it.
 * `ptr` is not NUL-terminated except after buf_cstr. Growing never fails but ends the process like the arena does.
 */
#ifndef IDEM_BASE_BUF_H
#define IDEM_BASE_BUF_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct buf {
    char *ptr;
    size_t len, room;
};

void buf_deinit(struct buf *b);
static inline void buf_clear(struct buf *b)
{
    b->len = 0;
}
/* Makes room for `more` further bytes. */
void buf_reserve(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *bytes, size_t len);
static inline void buf_str(struct buf *b, struct str s)
{
    if (s.len == 0)
        return;
    if (b->room - b->len < s.len)
        buf_reserve(b, s.len);
    memcpy(b->ptr + b->len, s.ptr, s.len);
    b->len += s.len;
}
static inline void buf_byte(struct buf *b, char byte)
{
    if (b->len == b->room)
        buf_reserve(b, 1);
    b->ptr[b->len++] = byte;
}
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* In decimal digits. */
void buf_count(struct buf *b, uint64_t value);
/* LEB128: seven bits a byte, least significant first. */
void buf_varint_long(struct buf *b, uint64_t value);
static inline void buf_varint(struct buf *b, uint64_t value)
{
    if (value < 0x80)
        buf_byte(b, (char)value);
    else
        buf_varint_long(b, value);
}
/* Encodes one code point as UTF-8. */
void buf_utf8(struct buf *b, uint32_t code_point);
static inline struct str buf_view(const struct buf *b)
{
    return (struct str){b->ptr, b->len};
}
/* NUL-terminates (the NUL is not counted) and returns ptr. */
char *buf_cstr(struct buf *b);

/* Takes a varint off the front of `*rest`. False when it is cut short or longer than 64 bits. */
bool varint_take(struct str *rest, uint64_t *value);

#endif
