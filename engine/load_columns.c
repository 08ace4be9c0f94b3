/* Which columns of a source the reader is asked for, and what stands in them. */
#include "engine/load_source.h"

#include <limits.h>

unsigned load_want(struct wanted *w, struct str name)
{
    for (unsigned i = 0; i < w->n; i++)
        if (str_eq(w->name[i], name))
            return i;
    if (w->n == MOST_WANTED)
        return MOST_WANTED - 1;
    w->name[w->n] = name;
    return w->n++;
}

static int S_want_optional(struct wanted *w, struct str name)
{
    return name.len ? (int)load_want(w, name) : -1;
}

void load_plan_columns(const struct config *c, const struct source *s, struct arena *out, struct source_columns *p)
{
    unsigned cells = 0;
    *p = (struct source_columns){0};
    if (s->record_id_join.n_columns)
        for (unsigned i = 0; i < s->record_id_join.n_columns && i < COUNT_OF(p->id); i++)
            p->id[p->n_id++] = load_want(&p->want, s->record_id_join.column[i]);
    else
        p->id[p->n_id++] = load_want(&p->want, s->record_id);
    p->updated_at = S_want_optional(&p->want, s->updated_at);
    p->delete_flag = S_want_optional(&p->want, s->delete_flag);
    p->entity = S_want_optional(&p->want, s->entity_column);
    for (unsigned m = 0; m < s->n_mappings; m++)
        for (unsigned v = 0; v < s->mapping[m].n_values; v++)
            cells += s->mapping[m].value[v].n_columns;
    p->cell_of = ARENA_NEW(out, unsigned, cells + 1);
    cells = 0;
    for (unsigned m = 0; m < s->n_mappings; m++)
        for (unsigned v = 0; v < s->mapping[m].n_values; v++)
            for (unsigned k = 0; k < s->mapping[m].value[v].n_columns; k++)
                p->cell_of[cells++] = load_want(&p->want, s->mapping[m].value[v].column[k]);
    p->link = ARENA_NEW(out, unsigned, c->n_links + 1);
    for (unsigned i = 0; i < c->n_links; i++)
        p->link[i] = &c->source[c->link[i].source] == s ? load_want(&p->want, c->link[i].column) : UINT_MAX;
}

struct str load_cell(const struct row_batch *rows, size_t row, int column)
{
    if (column < 0)
        return (struct str){0};
    const struct cell *c = &rows->cell[row * rows->n_cols + (unsigned)column];
    return str_trim((struct str){c->ptr, c->len});
}

struct str load_kept_id(const struct load_options *o, unsigned source, struct str record_id, struct arena *out)
{
    char *text;
    if (!o->keys || o->config->record_ids[source] != ID_HASHED)
        return record_id;
    text = arena_alloc(out, SEAL_HASHED_ID, 1);
    return seal_hashed_id(o->keys, o->config->source[source].name, record_id, text);
}

struct str load_record_id(const struct source_load *l, const struct row_batch *rows, size_t row,
                          char room[MOST_RECORD_ID + 1])
{
    if (l->columns.n_id == 1)
        return load_cell(rows, row, (int)l->columns.id[0]);
    size_t len = 0;
    for (unsigned i = 0; i < l->columns.n_id; i++) {
        struct str part = load_cell(rows, row, (int)l->columns.id[i]);
        if (!part.len)
            return (struct str){0};
        if (len + part.len + 1 > MOST_RECORD_ID)
            return (struct str){room, MOST_RECORD_ID + 1};
        if (len)
            room[len++] = ' ';
        memcpy(room + len, part.ptr, part.len);
        len += part.len;
    }
    return (struct str){room, len};
}
