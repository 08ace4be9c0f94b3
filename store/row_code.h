/*
 * Inside store/: SQLite's record format (https://www.sqlite.org/fileformat2.html, section 2.1): a header of serial
 * types, then the values, as INSERT would write them.
 */
#ifndef IDEM_STORE_ROW_CODE_H
#define IDEM_STORE_ROW_CODE_H

#include "base/buf.h"

enum row_type { ROW_NULL, ROW_INTEGER, ROW_TEXT, ROW_BLOB };

struct row_value {
    enum row_type type;
    int64_t number;
    struct str bytes;
};

static inline struct row_value row_null(void)
{
    return (struct row_value){.type = ROW_NULL};
}
static inline struct row_value row_integer(int64_t number)
{
    return (struct row_value){.type = ROW_INTEGER, .number = number};
}
/* 0 is none: NULL */
static inline struct row_value row_id(int64_t id)
{
    return id ? row_integer(id) : row_null();
}
static inline struct row_value row_text(struct str text)
{
    return (struct row_value){.type = ROW_TEXT, .bytes = text};
}
static inline struct row_value row_blob(struct str bytes)
{
    return (struct row_value){.type = ROW_BLOB, .bytes = bytes};
}

/* Big-endian, seven bits a byte, eight in the ninth. Returns the number of bytes written to `at` (room for 9). */
unsigned row_varint(uint8_t *at, uint64_t value);

enum { MOST_ROW_VALUES = 16 };
/* Appends the record of n <= MOST_ROW_VALUES values. */
void row_encode(const struct row_value *value, unsigned n, struct buf *out);

/* Takes a number that row_varint wrote off the front. False when the bytes end before it does. */
bool row_take_varint(struct str *bytes, uint64_t *value);
/* The first n <= MOST_ROW_VALUES values of a record; those that it does not have are NULL. Texts and blobs are views. A
 * real number is none of ours: false, as for bytes that are no record or end too early. */
bool row_decode(struct str record, struct row_value *value, unsigned n);

#endif
