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

bool row_take_varint(struct str *bytes, uint64_t *value)
{
    const uint8_t *at = (const uint8_t *)bytes->ptr;
    if (bytes->len && at[0] < 0x80) {
        *value = at[0];
        *bytes = str_sub(*bytes, 1, bytes->len);
        return true;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < bytes->len && i < 9; i++) {
        number = i < 8 ? number << 7 | (at[i] & 0x7f) : number << 8 | at[i];
        if (i < 8 && at[i] & 0x80)
            continue;
        *value = number;
        *bytes = str_sub(*bytes, i + 1, bytes->len);
        return true;
    }
    return false;
}

static bool S_take_integer(struct str *body, uint64_t serial_type, int64_t *number)
{
    static const uint8_t BYTES[] = {0, 1, 2, 3, 4, 6, 8};
    const uint8_t *at = (const uint8_t *)body->ptr;
    unsigned n = BYTES[serial_type];
    if (n > body->len)
        return false;
    uint64_t value = at[0] & 0x80 ? UINT64_MAX : 0;
    for (unsigned i = 0; i < n; i++)
        value = value << 8 | at[i];
    *number = (int64_t)value;
    *body = str_sub(*body, n, body->len);
    return true;
}

static bool S_take_value(struct str *body, uint64_t serial_type, struct row_value *value)
{
    enum { REAL = 7, ZERO = 8, ONE = 9, BLOBS = 12 };
    *value = row_null();
    if (serial_type == 0)
        return true;
    if (serial_type < REAL) {
        value->type = ROW_INTEGER;
        return S_take_integer(body, serial_type, &value->number);
    }
    if (serial_type == ZERO || serial_type == ONE) {
        *value = row_integer((int64_t)serial_type - ZERO);
        return true;
    }
    uint64_t len = serial_type < BLOBS ? UINT64_MAX : (serial_type - BLOBS) / 2;
    if (len > body->len)
        return false;
    value->type = serial_type & 1 ? ROW_TEXT : ROW_BLOB;
    value->bytes = str_sub(*body, 0, (size_t)len);
    *body = str_sub(*body, (size_t)len, body->len);
    return true;
}

bool row_decode(struct str record, struct row_value *value, unsigned n)
{
    struct str header = record;
    uint64_t header_len, serial_type;
    if (!row_take_varint(&header, &header_len) || header_len > record.len || header_len < record.len - header.len)
        return false;
    struct str body = str_sub(record, (size_t)header_len, record.len);
    header = str_sub(header, 0, (size_t)header_len - (record.len - header.len));
    for (unsigned i = 0; i < n; i++) {
        value[i] = row_null();
        if (!header.len)
            continue;
        if (!row_take_varint(&header, &serial_type) || !S_take_value(&body, serial_type, &value[i]))
            return false;
    }
    return true;
}
