#include "engine/row_values.h"

#include "base/buf.h"

static void S_push(struct row_values *r, unsigned *n, struct str text)
{
    text = str_trim(text);
    if (text.len && *n < MOST_ROW_VALUES)
        r->value[(*n)++] = text;
}

static void S_push_split(struct row_values *r, unsigned *n, struct str split, struct str text)
{
    for (size_t at; split.len && (at = str_find(text, split)) != SIZE_MAX;
         text = str_sub(text, at + split.len, text.len))
        S_push(r, n, str_sub(text, 0, at));
    S_push(r, n, text);
}

static const struct cell *S_cell(const struct row_values *r, unsigned column)
{
    return &r->rows->cell[r->row * r->rows->n_cols + column];
}

static struct str S_joined(struct row_values *r, const unsigned *cell, unsigned n)
{
    struct str text = {0};
    for (unsigned k = 0; k < n; k++) {
        struct str part = str_trim((struct str){S_cell(r, cell[k])->ptr, S_cell(r, cell[k])->len});
        if (part.len)
            text = text.len ? arena_printf(r->scratch, "%.*s %.*s", STR_ARG(text), STR_ARG(part)) : part;
    }
    return text;
}

static void S_mapped(struct row_values *r, const struct mapping *m, const unsigned *cell, unsigned *n)
{
    for (unsigned v = 0; v < m->n_values; cell += m->value[v++].n_columns) {
        const struct mapped_value *value = &m->value[v];
        if (value->n_columns == 1) {
            const struct cell *c = S_cell(r, cell[0]);
            S_push_split(r, n, m->split, (struct str){c->ptr, c->len});
            for (; c->more; S_push_split(r, n, m->split, (struct str){c->ptr, c->len}))
                c = &r->rows->more[c->more - 1];
        } else {
            S_push_split(r, n, m->split, value->n_columns ? S_joined(r, cell, value->n_columns) : value->constant);
        }
    }
}

unsigned row_values(void *context, unsigned field, const struct str **value)
{
    struct row_values *r = context;
    const unsigned *cell = r->cell_of;
    unsigned n = 0;
    for (unsigned m = 0; m < r->source->n_mappings; m++) {
        const struct mapping *mapping = &r->source->mapping[m];
        if (mapping->field == field)
            S_mapped(r, mapping, cell, &n);
        for (unsigned v = 0; v < mapping->n_values; v++)
            cell += mapping->value[v].n_columns;
    }
    *value = r->value;
    return n;
}
