#include "record/norm.h"

void norm_pack(const struct norm *n, struct buf *out)
{
    unsigned last = NORM_FORMS;
    while (last && !n->form[last - 1].len)
        last--;
    buf_varint(out, n->flags);
    buf_byte(out, (char)last);
    for (unsigned f = 0; f < last; f++)
        buf_varint(out, n->form[f].len);
    for (unsigned f = 0; f < last; f++)
        buf_str(out, n->form[f]);
}

/* Flags and lengths of one byte each: nearly every value. */
static bool S_unpack_short(struct str packed, struct norm *n)
{
    const unsigned char *head = (const unsigned char *)packed.ptr;
    if (packed.len < 2 || head[0] > 0x7F || head[1] > NORM_FORMS || packed.len < 2u + head[1])
        return false;
    unsigned last = head[1];
    size_t at = 2u + last;
    n->flags = head[0];
    for (unsigned f = 0; f < last; f++) {
        if (head[2 + f] > 0x7F || at + head[2 + f] > packed.len)
            return false;
        n->form[f] = (struct str){packed.ptr + at, head[2 + f]};
        at += head[2 + f];
    }
    for (unsigned f = last; f < NORM_FORMS; f++)
        n->form[f] = (struct str){0};
    return at == packed.len;
}

bool norm_unpack(struct str packed, struct norm *n)
{
    if (S_unpack_short(packed, n))
        return true;
    uint64_t flags, len[NORM_FORMS];
    *n = (struct norm){0};
    if (!varint_take(&packed, &flags) || !packed.len)
        return false;
    unsigned last = (unsigned char)packed.ptr[0];
    packed = str_sub(packed, 1, packed.len);
    if (last > NORM_FORMS || flags > UINT32_MAX)
        return false;
    n->flags = (uint32_t)flags;
    for (unsigned f = 0; f < last; f++)
        if (!varint_take(&packed, &len[f]))
            return false;
    for (unsigned f = 0; f < last; f++) {
        if (len[f] > packed.len)
            return false;
        n->form[f] = str_sub(packed, 0, len[f]);
        packed = str_sub(packed, len[f], packed.len);
    }
    return packed.len == 0;
}
