#include "matcher/shared_values.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/radix.h"
#include "record/norm.h"

/* Who a record is of: names in the high half, year of birth in the low one (0: unknown). 0: no name. */
struct persons {
    uint64_t *of_row;
};

/* The first character of a value, 1 and more; 0 where there is none. */
static uint32_t S_first_letter(const struct column *c, uint32_t id)
{
    struct norm v;
    if (!id || !norm_unpack(dict_get(&c->dict, id), &v) || (v.flags & NORM_GENERIC))
        return 0;
    struct str text = v.form[NORM_LATIN].len ? v.form[NORM_LATIN] : v.form[NORM_CANON];
    size_t len = text.len < 1 ? 0 : 1;
    while (len && len < text.len && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len++;
    return len ? (uint32_t)hash_str(str_sub(text, 0, len)) | 1 : 0;
}

static uint32_t *S_first_letters(const struct batch *b, enum field_type type, unsigned *field)
{
    int at = schema_find_type(b->schema, type);
    if (at < 0 || b->norm[at].dict.n == 0)
        return NULL;
    const struct column *c = &b->norm[at];
    uint32_t *letter = xcalloc((size_t)c->dict.n + 1, sizeof *letter);
    for (uint32_t id = 1; id <= c->dict.n; id++)
        letter[id] = S_first_letter(c, id);
    *field = (unsigned)at;
    return letter;
}

/* Adds the first letters of a row's values, so that their order does not matter. */
static void S_add_letters(const struct batch *b, enum field_type type, uint32_t *name)
{
    unsigned field;
    uint32_t *letter = S_first_letters(b, type, &field);
    for (uint32_t row = 0; letter && row < b->n_rows; row++) {
        const uint32_t *id;
        if (column_ids(&b->norm[field], row, &id))
            name[row] += letter[*id];
    }
    free(letter);
}

static uint32_t S_year(struct str date)
{
    uint32_t year = 0;
    if (date.len < 4)
        return 0;
    for (size_t i = 0; i < 4; i++) {
        if (date.ptr[i] < '0' || date.ptr[i] > '9')
            return 0;
        year = year * 10 + (uint32_t)(date.ptr[i] - '0');
    }
    return year;
}

static void S_add_years(const struct batch *b, uint64_t *person)
{
    int at = schema_find_type(b->schema, FIELD_BIRTH_DATE);
    for (uint32_t row = 0; at >= 0 && row < b->n_rows; row++) {
        const uint32_t *id;
        struct norm v;
        if (person[row] && column_ids(&b->norm[at], row, &id) && *id &&
            norm_unpack(dict_get(&b->norm[at].dict, *id), &v) && !(v.flags & NORM_GENERIC))
            person[row] |= S_year(v.form[NORM_CANON]);
    }
}

/* Split names where there are any, else whole ones. False when nobody has a name. */
static bool S_persons(const struct batch *b, struct persons *p)
{
    uint32_t *name = xcalloc((size_t)b->n_rows + 1, sizeof *name);
    bool any = false;
    S_add_letters(b, FIELD_GIVEN_NAME, name);
    S_add_letters(b, FIELD_FAMILY_NAME, name);
    for (uint32_t row = 0; row < b->n_rows && !any; row++)
        any = name[row] != 0;
    if (!any)
        S_add_letters(b, FIELD_FULL_NAME, name);
    p->of_row = xcalloc((size_t)b->n_rows + 1, sizeof *p->of_row);
    for (uint32_t row = 0; row < b->n_rows; row++) {
        p->of_row[row] = (uint64_t)name[row] << 32;
        any |= name[row] != 0;
    }
    S_add_years(b, p->of_row);
    free(name);
    return any;
}

/* Different persons among the sorted ones of one value: of one name as many as it has years, at least one. */
static uint32_t S_different(const struct key_row *entry, size_t n)
{
    uint32_t persons = 0;
    for (size_t i = 0, end; i < n; i = end) {
        uint32_t years = 0;
        for (end = i; end < n && entry[end].key >> 32 == entry[i].key >> 32; end++)
            years += (entry[end].key & UINT32_MAX) && (end == i || entry[end].key != entry[end - 1].key);
        persons += years ? years : 1;
    }
    return persons;
}

/* Sorted by person, then (stable) by value, the entries of a value stand together, its persons in order. */
static void S_count_persons(const struct persons *p, const struct column *c, const struct shared_value *seen,
                            struct shared_value *out)
{
    size_t n = 0, room = 1;
    for (uint32_t id = 1; id <= c->dict.n; id++)
        room += seen[id].records > 1 ? seen[id].records : 0;
    struct key_row *entry = xmalloc(room * sizeof *entry), *scratch = xmalloc(room * sizeof *scratch);
    for (uint32_t row = 0; row < c->n_rows; row++) {
        const uint32_t *id;
        uint32_t n_ids = column_ids(c, row, &id);
        for (uint32_t i = 0; i < n_ids; i++)
            if (p->of_row[row] && id[i] && seen[id[i]].records > 1)
                entry[n++] = (struct key_row){p->of_row[row], id[i]};
            else if (p->of_row[row] && id[i] && seen[id[i]].records == 1)
                out[id[i]].persons = 1;
    }
    radix_sort(entry, scratch, n);
    size_t *at = xcalloc((size_t)c->dict.n + 2, sizeof *at);
    for (size_t i = 0; i < n; i++)
        at[entry[i].row + 1]++;
    for (uint32_t id = 1; id <= c->dict.n; id++)
        at[id + 1] += at[id];
    for (size_t i = 0; i < n; i++)
        scratch[at[entry[i].row]++] = entry[i];
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && scratch[end].row == scratch[i].row; end++)
            ;
        out[scratch[i].row].persons = S_different(scratch + i, end - i);
    }
    free(at);
    free(entry);
    free(scratch);
}

static bool S_is_generic(const struct column *c, uint32_t id)
{
    struct norm v;
    return !norm_unpack(dict_get(&c->dict, id), &v) || (v.flags & NORM_GENERIC);
}

struct shared_value *shared_values_count(const struct batch *b, unsigned field)
{
    const struct column *c = &b->norm[field];
    struct shared_value *out = xcalloc((size_t)c->dict.n + 1, sizeof *out);
    struct persons p;
    if (S_persons(b, &p)) {
        for (uint32_t row = 0; row < c->n_rows; row++) {
            const uint32_t *id;
            uint32_t n = column_ids(c, row, &id);
            for (uint32_t i = 0; i < n; i++)
                out[id[i]].records++;
        }
        out[0].records = 0;
        for (uint32_t id = 1; id <= c->dict.n; id++)
            if (S_is_generic(c, id))
                out[id].records = 0;
        S_count_persons(&p, c, out, out);
    }
    free(p.of_row);
    return out;
}

bool shared_values_of(enum field_type type)
{
    return type == FIELD_EMAIL || type == FIELD_PHONE || type == FIELD_ADDRESS || type == FIELD_IDENTIFIER;
}

struct shared_summary shared_values_summary(const struct batch *b, unsigned field)
{
    struct shared_summary s = {0};
    struct shared_value *value = shared_values_count(b, field);
    for (uint32_t id = 1; id <= b->norm[field].dict.n; id++)
        if (value[id].persons >= SHARED_BY_MANY) {
            s.values++;
            s.records += value[id].records;
            s.most = value[id].persons > s.most ? value[id].persons : s.most;
        }
    free(value);
    return s;
}
