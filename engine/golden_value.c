/* Single golden values by master_id and field, as a query asks for them: those of the last master are at hand. */
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "engine/audit.h"
#include "engine/golden.h"
#include "engine/mask.h"

struct idem_golden {
    struct idem_session *session;
    struct golden_reader reader;
    bool opened; /* reader */
    uint64_t version;
    int64_t seq;
    bool noted;         /* in the audit log, once for all */
    struct arena arena; /* of the master at hand and the last answer */
    bool at_hand, known;
    uint8_t uuid[16];
    struct golden_text *value; /* [reader.schema.n_fields] when known */
};

static void S_forget(struct idem_golden *g)
{
    arena_reset(&g->arena);
    g->at_hand = g->known = false;
}

/* What others commit is noticed: fields, sources and values are read anew. */
static enum idem_status S_refresh(struct idem_golden *g, struct idem_error *err)
{
    uint64_t version;
    int64_t seq;
    TRY(idem_changed(g->session, &version, &seq, err));
    if (g->opened && version == g->version && seq == g->seq)
        return IDEM_OK;
    S_forget(g);
    golden_close(&g->reader);
    g->opened = false;
    TRY(golden_open(g->session, &g->reader, err));
    g->opened = true;
    g->version = version;
    g->seq = seq;
    return IDEM_OK;
}

static enum idem_status S_find(struct idem_golden *g, struct str master_id, struct store_master *master,
                               struct idem_error *err)
{
    TRY(store_find_master(g->reader.store, master_id, &g->arena, master, err));
    return store_survivor(g->reader.store, master->mid, &g->arena, master, err);
}

static enum idem_status S_read(struct idem_golden *g, struct str master_id, struct idem_error *err)
{
    struct store_master master;
    TRY(store_snapshot_begin(g->reader.store, err));
    enum idem_status status = S_find(g, master_id, &master, err);
    bool found = status == IDEM_OK && master.n && master.status != STORE_MASTER_ERASED;
    if (found)
        status = golden_read(&g->reader, &master, &g->arena, &g->value, err);
    store_snapshot_end(g->reader.store);
    g->known = found && status == IDEM_OK;
    return status == IDEM_NOT_FOUND ? IDEM_OK : status;
}

static enum idem_status S_take(struct idem_golden *g, struct str master_id, struct idem_error *err)
{
    uint8_t uuid[16];
    if (!store_uuid_parse(master_id, uuid)) {
        S_forget(g);
        return IDEM_OK;
    }
    if (g->at_hand && memcmp(uuid, g->uuid, sizeof uuid) == 0)
        return IDEM_OK;
    S_forget(g);
    TRY(S_read(g, master_id, err));
    memcpy(g->uuid, uuid, sizeof uuid);
    g->at_hand = true;
    return IDEM_OK;
}

static enum idem_status S_field(struct idem_golden *g, struct str name, unsigned *field, struct idem_error *err)
{
    const struct schema *schema = &g->reader.schema;
    const char *known[MOST_FIELDS];
    for (*field = 0; *field < schema->n_fields; ++*field)
        if (str_eq(schema->field[*field].name, name))
            return IDEM_OK;
    for (unsigned f = 0; f < schema->n_fields; f++)
        known[f] = str_cstr(&g->arena, schema->field[f].name);
    const char *nearest = json_nearest_key(name, known, schema->n_fields);
    if (nearest)
        return error_set(err, IDEM_INVALID, "unknown field \"%.*s\", did you mean \"%s\"?", STR_ARG(name), nearest);
    return error_set(err, IDEM_INVALID, "unknown field \"%.*s\"; the columns of the view golden are the fields",
                     STR_ARG(name));
}

/* Several values as the view `golden` has them, joined by |. */
static struct str S_text(struct idem_golden *g, unsigned field)
{
    const struct golden_text *golden = &g->value[field];
    const struct field *of = &g->reader.schema.field[field];
    bool hidden = of->personal && session_masked(g->session);
    struct buf text = {0};
    for (uint32_t v = 0; v < golden->n; v++) {
        if (v)
            buf_byte(&text, '|');
        buf_str(&text, mask_if(hidden, g->reader.store, of->type, golden->value[v], &g->arena));
    }
    struct str out = str_copy(&g->arena, buf_view(&text));
    buf_deinit(&text);
    return out;
}

static enum idem_status S_note(struct idem_golden *g, unsigned field, struct idem_error *err)
{
    if (g->noted || !g->reader.schema.field[field].personal)
        return IDEM_OK;
    TRY(audit_disclosure(g->session, &(struct audit_note){.verb = "sql"}, err));
    g->noted = true;
    return IDEM_OK;
}

enum idem_status idem_golden_open(struct idem_session *s, struct idem_golden **out, struct idem_error *err)
{
    struct store *store;
    *out = NULL;
    TRY(session_store(s, STORE_READ, &store, err));
    if (!store_info(store)->has_key)
        return error_set(err, IDEM_INVALID, "the values are sealed and the key file %s is not there", s->key_path);
    struct idem_golden *g = xcalloc(1, sizeof *g);
    g->session = s;
    arena_init(&g->arena);
    arena_init(&g->reader.arena);
    *out = g;
    return IDEM_OK;
}

enum idem_status idem_golden_value(struct idem_golden *g, struct idem_str master_id, struct idem_str field,
                                   struct idem_str *value, struct idem_error *err)
{
    unsigned f;
    *value = (struct idem_str){NULL, 0};
    TRY(S_refresh(g, err));
    TRY(S_field(g, (struct str){field.ptr, field.len}, &f, err));
    TRY(S_take(g, (struct str){master_id.ptr, master_id.len}, err));
    if (!g->known)
        return error_set(err, IDEM_NOT_FOUND, "no such master, or it has no records");
    if (!g->value[f].n)
        return IDEM_OK;
    TRY(S_note(g, f, err));
    struct str text = S_text(g, f);
    *value = (struct idem_str){text.ptr, text.len};
    return IDEM_OK;
}

void idem_golden_close(struct idem_golden *g)
{
    if (!g)
        return;
    golden_close(&g->reader);
    arena_deinit(&g->arena);
    free(g);
}
