/*
 * The first step of a run: which sources are read with which fields, their records, and what stands in the database
 * beside them.
 */
#include <stdlib.h>

#include "engine/apply_run.h"
#include "engine/delta_apply.h"
#include "engine/erase_return.h"
#include "engine/hashed.h"
#include "engine/memory_limit.h"
#include "engine/reference.h"
#include "engine/retention.h"

/* Rows within a row are not set aside: whoever can write text into one cell could make records of it. */
void apply_warn_of_swallowed(struct apply_run *r)
{
    for (unsigned s = 0; s < r->config->n_sources; s++) {
        const struct load_source *l = &r->load.source[s];
        if (l->swallowed)
            apply_warn(
                r,
                "%.*s:%llu: a quote seems never to be closed: %llu lines that look like rows were read as part of "
                "others (of source %.*s)",
                STR_ARG(l->swallowed_file), (unsigned long long)l->swallowed_line, (unsigned long long)l->swallowed,
                STR_ARG(r->config->source[s].name));
    }
}

/* ------------------------------------------------------------------ reading */

static enum idem_status S_only(struct apply_run *r, struct idem_error *err)
{
    bool *only = ARENA_NEW(&r->arena, bool, r->config->n_sources);
    if (r->stored_only || r->options->n_only)
        r->only = only;
    for (size_t i = 0; i < r->options->n_only; i++) {
        int at = config_find_source(r->config, str_from(r->options->only[i]));
        if (at < 0)
            return error_set(err, IDEM_INVALID, "--only %s: the configuration has no such source", r->options->only[i]);
        only[at] = true;
    }
    for (unsigned s = 0; s < r->config->n_sources && r->options->n_only; s++)
        only[s] |= r->config->source[s].role == ROLE_REFERENCE; /* the database has only what is attached */
    return IDEM_OK;
}

static enum idem_status S_paths(struct apply_run *r, struct idem_error *err)
{
    struct load_path *path = ARENA_NEW(&r->arena, struct load_path, r->options->n_paths);
    for (size_t i = 0; i < r->options->n_paths; i++) {
        const struct idem_source_path *p = &r->options->path[i];
        int at = config_find_source(r->config, str_from(p->source));
        if (at < 0)
            return error_set(err, IDEM_INVALID, "--source %s: the configuration has no such source", p->source);
        path[i] = (struct load_path){(unsigned)at, str_from(p->path)};
    }
    r->path = path;
    return IDEM_OK;
}

/* What the configuration may change of a stored field: to note it the run is written even if no record changed. */
static void S_configured_field(struct apply_run *r, struct field *stored, const struct field *configured)
{
    r->fields_changed |= stored->personal != configured->personal;
    stored->personal = configured->personal;
    stored->derived = configured->derived;
}

static enum idem_status S_other_type(const struct field *stored, const struct field *configured, struct idem_error *err)
{
    bool was = stored->type == FIELD_HASHED, is = configured->type == FIELD_HASHED;
    if (was != is)
        return error_set(err, IDEM_CONFLICT,
                         "field %.*s is %s in the database and %s in the configuration: give it another name, or make "
                         "a new database",
                         STR_ARG(configured->name), was ? "hashed" : "not hashed", is ? "hashed" : "not hashed");
    return error_set(err, IDEM_CONFLICT, "field %.*s is stored as %s and configured as %s: give it another name",
                     STR_ARG(configured->name), field_type_name(field_plain_type(stored)),
                     field_type_name(field_plain_type(configured)));
}

/* The stored fields in their order, then what the configuration adds. */
static enum idem_status S_schema(struct apply_run *r, struct store *store, struct idem_error *err)
{
    const struct schema *configured = &r->config->schema;
    r->schema = *configured;
    if (!store)
        return IDEM_OK;
    TRY(store_get_fields(store, &r->arena, &r->schema, err));
    if (hashed_any(configured) && !store_info(store)->sealed)
        return error_set(err, IDEM_CONFLICT,
                         "%s: is not sealed and has no keys, so it cannot have hashed fields; make a new database",
                         r->session->db_path);
    for (unsigned f = 0; f < configured->n_fields; f++) {
        int at = schema_find(&r->schema, configured->field[f].name);
        if (at < 0 && r->schema.n_fields == MOST_FIELDS)
            return error_set(err, IDEM_LIMIT, "the database and the configuration have more than %d fields together",
                             MOST_FIELDS);
        r->fields_changed |= at < 0;
        if (at < 0)
            r->schema.field[r->schema.n_fields++] = configured->field[f];
        else if (r->schema.field[at].type != configured->field[f].type ||
                 field_plain_type(&r->schema.field[at]) != field_plain_type(&configured->field[f]))
            return S_other_type(&r->schema.field[at], &configured->field[f], err);
        else
            S_configured_field(r, &r->schema.field[at], &configured->field[f]);
    }
    return IDEM_OK;
}

/* Record ids of a source are hashed from its first run on, or never. */
static enum idem_status S_record_ids(struct apply_run *r, struct store *store, struct idem_error *err)
{
    struct store_source *stored;
    size_t n = 0;
    if (!store)
        return IDEM_OK;
    if (hashed_ids_any(r->config) && !store_info(store)->sealed)
        return error_set(err, IDEM_CONFLICT,
                         "%s: is not sealed and has no keys, so it cannot have hashed record ids; make a new database",
                         r->session->db_path);
    TRY(store_get_sources(store, false, &r->arena, &stored, &n, err));
    for (size_t i = 0; i < n; i++) {
        int at = config_find_source(r->config, stored[i].name);
        if (at >= 0 && stored[i].hashed_ids != (r->config->record_ids[at] == ID_HASHED))
            return error_set(err, IDEM_CONFLICT,
                             "record ids of source %.*s are %shashed in the database and %shashed in the "
                             "configuration: give the source another name, or make a new database",
                             STR_ARG(stored[i].name), stored[i].hashed_ids ? "" : "not ",
                             stored[i].hashed_ids ? "not " : "");
    }
    return IDEM_OK;
}

/* What is to be read, and into which fields. */
enum idem_status apply_read_prepare(struct apply_run *r, struct store *store, struct idem_error *err)
{
    TRY(S_only(r, err));
    TRY(S_paths(r, err));
    TRY(S_record_ids(r, store, err));
    return S_schema(r, store, err);
}

enum idem_status apply_load(struct apply_run *r, struct idem_error *err)
{
    struct load_options options = {.config = r->config,
                                   .schema = &r->schema,
                                   .only = r->only,
                                   .path = r->path,
                                   .n_paths = r->options->n_paths,
                                   .threads = r->threads,
                                   .keys = r->session->store ? r->session->keys : r->first_keys,
                                   .progress = &r->progress,
                                   .paging = r->paging,
                                   .roster = r->delta ? &r->delta->roster : NULL,
                                   .rows_before = r->delta ? r->delta->rows_before : NULL};
    TRY(load_sources(&options, &r->load, err));
    apply_facts(r);
    struct str *name = ARENA_NEW(&r->arena, struct str, r->previous.n_sources);
    for (unsigned i = 0; i < r->previous.n_sources; i++)
        name[i] = r->previous.source[i].stored.name;
    batch_set_sources(&r->load.batch, name, (uint16_t)r->previous.n_sources);
    return IDEM_OK;
}

/* Links of records that were ticked off and have now come from the database. */
static void S_take_known_links(struct apply_run *r)
{
    struct load *l = &r->load;
    for (size_t i = 0; i < l->n_known_links; i++) {
        uint32_t row = r->previous.record[l->known_link[i].known].row;
        if (row == PREVIOUS_NONE)
            continue;
        if (l->n_links == l->links_room) {
            l->links_room = l->links_room ? l->links_room * 2 : 64;
            l->link = xrealloc(l->link, l->links_room * sizeof *l->link);
        }
        l->link[l->n_links++] = (struct load_link){row, l->known_link[i].link, l->known_link[i].record_id};
    }
}

/* To what was read comes what is stored. */
enum idem_status apply_join(struct apply_run *r, struct store *store, struct idem_error *err)
{
    const struct roster *roster = r->delta ? &r->delta->roster : NULL;
    if (store) {
        struct renormaliser *anew = r->options->rebuild && !r->stored_only
                                        ? renormaliser_new(r->config, r->session->keys, &r->load.batch, r->threads)
                                        : NULL;
        enum idem_status status =
            previous_read(store, r->config, &r->load, roster, anew, r->threads, &r->previous, err);
        renormaliser_free(anew);
        TRY(status);
    }
    if (store && !r->delta)
        TRY(erase_set_aside(r, store, err));
    r->read_held = memory_held();
    load_settle(&r->load);
    previous_join(&r->previous, &r->load);
    S_take_known_links(r);
    return IDEM_OK;
}

enum idem_status apply_read(struct apply_run *r, struct store *store, struct idem_error *err)
{
    TRY(previous_open(store, r->config, &r->previous, err));
    TRY(apply_load(r, err));
    return apply_join(r, store, err);
}
