/* `also` files: several rows of one record, each with values for fields of the record. */
#include "engine/load_source.h"

#include <stdlib.h>

#include "base/file.h"

uint32_t load_first_extra(const struct source_load *l, struct str record_id)
{
    uint32_t id = dict_find(&l->extra_ids, record_id);
    return id ? l->extra_first[id] : 0;
}

static void S_add_extra(struct source_load *l, struct str record_id, unsigned mapping, struct str raw)
{
    uint32_t id = dict_add(&l->extra_ids, record_id, NULL);
    if (id >= l->extra_room) {
        uint32_t room = l->extra_room ? l->extra_room : 1024;
        while (room <= id)
            room *= 2;
        l->extra_first = xrealloc(l->extra_first, room * sizeof *l->extra_first);
        memset(l->extra_first + l->extra_room, 0, (room - l->extra_room) * sizeof *l->extra_first);
        l->extra_room = room;
    }
    if (l->n_extras == l->extras_room) {
        l->extras_room = l->extras_room ? l->extras_room * 2 : 1024;
        l->extra = xrealloc(l->extra, l->extras_room * sizeof *l->extra);
    }
    l->extra[l->n_extras] = (struct encode_extra){mapping, str_copy(&l->load->arena, raw), 0};
    uint32_t *at = &l->extra_first[id];
    while (*at)
        at = &l->extra[*at - 1].next;
    *at = ++l->n_extras;
}

static void S_take_extra_rows(struct source_load *l, const struct row_batch *rows, const struct also_file *also,
                              unsigned first_mapping, const struct wanted *want, struct str file)
{
    struct wanted lookup = *want;
    for (size_t i = 0; i < rows->n_rows; i++) {
        struct str id = load_cell(rows, i, 0);
        if (!id.len) {
            load_set_aside(l->load, l->index, file, rows->line[i], REJECT_NO_RECORD_ID);
            continue;
        }
        for (unsigned m = 0; m < also->n_mappings; m++)
            for (unsigned v = 0; v < also->mapping[m].n_values; v++) {
                struct buf joined = {0};
                for (unsigned k = 0; k < also->mapping[m].value[v].n_columns; k++) {
                    struct str part = load_cell(rows, i, (int)load_want(&lookup, also->mapping[m].value[v].column[k]));
                    if (part.len && joined.len)
                        buf_byte(&joined, ' ');
                    buf_str(&joined, part);
                }
                if (joined.len)
                    S_add_extra(l, id, first_mapping + m, buf_view(&joined));
                buf_deinit(&joined);
            }
    }
}

struct str load_plan_also(const struct config *c, const struct also_file *also, struct arena *out, struct wanted *want)
{
    want->n = 0;
    load_want(want, also->key);
    for (unsigned m = 0; m < also->n_mappings; m++)
        for (unsigned v = 0; v < also->mapping[m].n_values; v++)
            for (unsigned k = 0; k < also->mapping[m].value[v].n_columns; k++)
                load_want(want, also->mapping[m].value[v].column[k]);
    return file_join(out, c->folder, also->path);
}

enum idem_status load_read_also(struct source_load *l, const struct also_file *also, struct idem_error *err)
{
    struct arena scratch = {0};
    struct wanted want;
    struct ingest_options read = also->read;
    struct reader *reader = NULL;
    struct row_batch rows;
    enum idem_status status;
    unsigned first = l->n_extra_mappings;
    struct str path = load_plan_also(l->options->config, also, &l->load->arena, &want);
    for (unsigned m = 0; m < also->n_mappings; m++)
        l->extra_mapping[l->n_extra_mappings++] = &also->mapping[m];
    read.path = str_cstr(&scratch, path);
    read.want = want.name;
    read.n_want = want.n;
    read.threads = l->options->threads;
    TRY_DONE(reader_open(&read, &reader, err));
    for (;;) {
        TRY_DONE(reader_next(reader, &rows, err));
        if (rows.n_rows == 0 && rows.n_rejects == 0)
            break;
        load_take_rejects(l, &rows, path);
        S_take_extra_rows(l, &rows, also, first, &want, path);
    }
done:
    reader_close(reader);
    arena_deinit(&scratch);
    return status;
}
