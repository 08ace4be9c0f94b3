#include "engine/provenance.h"

void provenance_pack(const struct provenance *entry, unsigned n, struct buf *out)
{
    buf_varint(out, n);
    for (unsigned i = 0; i < n; i++) {
        buf_byte(out, (char)entry[i].field);
        buf_byte(out, (char)entry[i].rule);
        buf_varint(out, (uint64_t)entry[i].rid);
        buf_varint(out, entry[i].value);
    }
}

bool provenance_unpack(struct str prov, struct arena *out, struct provenance **entry, unsigned *n)
{
    uint64_t count, rid, value;
    if (!varint_take(&prov, &count) || count > prov.len)
        return false;
    *n = (unsigned)count;
    *entry = ARENA_NEW(out, struct provenance, count);
    for (unsigned i = 0; i < *n; i++) {
        if (prov.len < 2)
            return false;
        (*entry)[i].field = (uint8_t)prov.ptr[0];
        (*entry)[i].rule = (uint8_t)prov.ptr[1];
        prov = str_sub(prov, 2, prov.len);
        if (!varint_take(&prov, &rid) || !varint_take(&prov, &value) || value > UINT32_MAX)
            return false;
        (*entry)[i].rid = (int64_t)rid;
        (*entry)[i].value = (uint32_t)value;
    }
    return prov.len == 0;
}
