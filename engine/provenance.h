/*
 * Where golden values come from: the `prov` bytes of a master. A golden value is not stored: an entry names the member
 * record, the value within its field, and the rule that chose it; the value is read from the member's leaf.
 *
 *   varint n | for each: byte field | byte rule (enum survivor_rule) | varint rid | varint value index
 *
 * Entries stand in the order of fields; a field with `aggregate` has several.
 */
#ifndef IDEM_ENGINE_PROVENANCE_H
#define IDEM_ENGINE_PROVENANCE_H

#include "base/buf.h"
#include "identity/survive.h"

struct provenance {
    uint8_t field; /* in the order of store_get_fields */
    uint8_t rule;
    int64_t rid;
    uint32_t value; /* index among the record's values of the field */
};

void provenance_pack(const struct provenance *entry, unsigned n, struct buf *out);
/* False when the bytes are damaged. The array is in `out`. */
bool provenance_unpack(struct str prov, struct arena *out, struct provenance **entry, unsigned *n);

#endif
