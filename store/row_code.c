#include "store/row_code.h"

unsigned row_varint(uint8_t *at, uint64_t value)
{
    if (value < 0x80) {
        at[0] = (uint8_t)value;
        return 1;
    }
    uint8_t reversed[9];
    unsigned n = 0;
    if (value >> 56) {
        at[8] = (uint8_t)value;
        value >>= 8;
        for (unsigned i = 8; i-- > 0; value >>= 7)
            at[i] = (uint8_t)(value | 0x80);
        return 9;
    }
    for (; value; value >>= 7)
        reversed[n++] = (uint8_t)(value | 0x80);
    reversed[0] &= 0x7f;
    for (unsigned i = 0; i < n; i++)
        at[i] = reversed[n - 1 - i];
    return n;
}

/* Serial types of integers: 0 and 1 take no byte, else 1, 2, 3, 4, 6 or 8 bytes of two's complement. */
static unsigned S_integer_type(int64_t number, unsigned *bytes)
{
    static const struct {
        unsigned bits, type, bytes;
    } sizes[] = {{7, 1, 1}, {15, 2, 2}, {23, 3, 3}, {31, 4, 4}, {47, 5, 6}};
    *bytes = 0;
    if (number == 0 || number == 1)
        return 8 + (unsigned)number;
    uint64_t magnitude = number < 0 ? ~(uint64_t)number : (uint64_t)number;
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        if (!(magnitude >> sizes[i].bits)) {
            *bytes = sizes[i].bytes;
            return sizes[i].type;
        }
    *bytes = 8;
    return 6;
}

static uint64_t S_serial_type(const struct row_value *v, unsigned *integer_bytes)
{
    *integer_bytes = 0;
    switch (v->type) {
    case ROW_INTEGER:
        return S_integer_type(v->number, integer_bytes);
    case ROW_TEXT:
        return 13 + 2 * (uint64_t)v->bytes.len;
    case ROW_BLOB:
        return 12 + 2 * (uint64_t)v->bytes.len;
    default:
        return 0;
    }
}

void row_encode(const struct row_value *value, unsigned n, struct buf *out)
{
    uint8_t header[9 * MOST_ROW_VALUES];
    unsigned header_len = 0, bytes[MOST_ROW_VALUES];
    for (unsigned i = 0; i < n; i++)
        header_len += row_varint(header + header_len, S_serial_type(&value[i], &bytes[i]));
    buf_byte(out, (char)(header_len + 1)); /* below 128: the length of the header counts itself in one byte */
    buf_add(out, header, header_len);
    for (unsigned i = 0; i < n; i++) {
        for (unsigned b = bytes[i]; b-- > 0;)
            buf_byte(out, (char)((uint64_t)value[i].number >> 8 * b));
        if (value[i].type >= ROW_TEXT)
            buf_str(out, value[i].bytes);
    }
}
