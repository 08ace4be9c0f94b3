/* Columns that hold the record id of another source. */
#include "engine/load_source.h"

#include <limits.h>
#include <stdlib.h>

static struct str S_linked_id(const struct source_load *l, const struct row_batch *rows, size_t from, unsigned link)
{
    unsigned column = l->columns.link[link];
    return column == UINT_MAX ? (struct str){0} : load_cell(rows, from, (int)column);
}

/* As the records of the other source have it, for as long as the load. */
static struct str S_kept_id(const struct source_load *l, unsigned link, struct str id)
{
    struct arena *out = &l->load->arena;
    struct str kept = load_kept_id(l->options, l->options->config->link[link].to, id, out);
    return kept.ptr == id.ptr ? str_copy(out, id) : kept;
}

static void S_add_known(struct load *out, struct load_known_link link)
{
    if (out->n_known_links == out->known_links_room) {
        out->known_links_room = out->known_links_room ? out->known_links_room * 2 : 64;
        out->known_link = xrealloc(out->known_link, out->known_links_room * sizeof *out->known_link);
    }
    out->known_link[out->n_known_links++] = link;
}

void load_known_links(struct source_load *l, const struct row_batch *rows, size_t from, uint32_t known)
{
    for (unsigned i = 0; i < l->options->config->n_links; i++) {
        struct str id = S_linked_id(l, rows, from, i);
        if (id.len)
            S_add_known(l->load, (struct load_known_link){known, i, S_kept_id(l, i, id)});
    }
}

void load_links(struct source_load *l, const struct row_batch *rows, size_t from, uint32_t row)
{
    struct load *out = l->load;
    for (unsigned i = 0; i < l->options->config->n_links; i++) {
        struct str id = S_linked_id(l, rows, from, i);
        if (!id.len)
            continue;
        if (out->n_links == out->links_room) {
            out->links_room = out->links_room ? out->links_room * 2 : 64;
            out->link = xrealloc(out->link, out->links_room * sizeof *out->link);
        }
        out->link[out->n_links++] = (struct load_link){row, i, S_kept_id(l, i, id)};
    }
}

void load_keep_links(struct source_load *l, uint32_t row, uint32_t known)
{
    struct load *out = l->load;
    size_t kept = 0;
    for (size_t i = 0; i < out->n_links; i++) {
        struct load_link link = out->link[i];
        if (link.row == row)
            S_add_known(out, (struct load_known_link){known, link.link, link.record_id});
        else
            out->link[kept++] = link;
    }
    out->n_links = kept;
}
