#include "engine/fingerprint.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/json.h"
#include "normalize/normalize.h"

enum { FORMAT = 1 }; /* of what is hashed: another number reads everything anew */

/* Where files lie, and what is done with records once they are read, decides nothing about their values. */
static void S_drop(json_t *source)
{
    static const char *const KEYS[] = {"path", "files", "optional", "priority",
                                       "mode", "role",  "unique",   "deleted"};
    for (size_t i = 0; i < COUNT_OF(KEYS); i++)
        json_object_del(source, KEYS[i]);
}

static uint64_t S_add(uint64_t seed, const json_t *part)
{
    char *text = part ? json_dumps(part, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
    seed = hash_combine(seed, text ? hash_str(str_from(text)) : 0);
    free(text);
    return seed;
}

static uint64_t S_configured(uint64_t seed, const struct config *c, unsigned source)
{
    static const char *const PARTS[] = {"entity", "fields", "links"};
    json_t *root;
    struct idem_error ignored;
    if (json_parse(c->text, "configuration", &root, &ignored) != IDEM_OK)
        return seed;
    json_t *own = json_array_get(json_object_get(root, "sources"), source);
    if (own)
        S_drop(own);
    seed = S_add(seed, own);
    for (size_t i = 0; i < COUNT_OF(PARTS); i++)
        seed = S_add(seed, json_object_get(root, PARTS[i]));
    json_decref(root);
    return seed;
}

uint64_t fingerprint_seed(const struct config *c, unsigned source)
{
    uint64_t seed = hash_str_seed(str_from(normalize_version()), FORMAT);
    seed = hash_combine(seed, hash_str(c->source[source].name));
    for (unsigned f = 0; f < c->schema.n_fields; f++) {
        seed = hash_combine(seed, hash_str(c->schema.field[f].name));
        seed = hash_combine(seed, (uint64_t)c->schema.field[f].type << 8 | (unsigned)c->policy[f]);
    }
    return S_configured(seed, c, source);
}

static void S_bytes(struct buf *out, struct str s)
{
    uint32_t len = (uint32_t)s.len;
    buf_add(out, &len, sizeof len);
    buf_str(out, s);
}

void fingerprint_row(const struct row_batch *rows, size_t row, struct buf *bytes)
{
    const struct cell *cell = rows->cell + row * rows->n_cols;
    for (size_t i = 0; i < rows->n_cols; i++) {
        S_bytes(bytes, (struct str){cell[i].ptr, cell[i].len});
        for (uint32_t more = cell[i].more; more; more = rows->more[more - 1].more) {
            buf_byte(bytes, 1);
            S_bytes(bytes, (struct str){rows->more[more - 1].ptr, rows->more[more - 1].len});
        }
        buf_byte(bytes, 0);
    }
}

void fingerprint_extra(unsigned kind, struct str raw, struct buf *bytes)
{
    buf_varint(bytes, kind);
    S_bytes(bytes, raw);
}

uint64_t fingerprint_of(uint64_t seed, struct str bytes)
{
    uint64_t hash = hash_str_seed(bytes, seed);
    return hash ? hash : 1;
}

uint64_t fingerprint_join(uint64_t first, uint64_t next)
{
    uint64_t hash = hash_combine(first, next);
    return hash ? hash : 1;
}
