#include "engine/verify.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "store/integrity.h"

enum { MOST_PLACES = 20 };

void verify_found(struct verify *v, const char *format, ...)
{
    char text[512];
    va_list args;
    if (v->found++ >= MOST_PLACES)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_array_append_new(v->places, json_from_str(str_from(text)));
}

/* ------------------------------------------------------------------ what the store checks */

static void S_found(void *context, struct str place)
{
    verify_found(context, "%.*s", STR_ARG(place));
}

static enum idem_status S_store(struct verify *v, enum store_check check, struct idem_error *err)
{
    unsigned threads = v->options->threads ? v->options->threads : parallel_cpus();
    return store_check(v->store, check, threads, S_found, v, err);
}

static enum idem_status S_pages(struct verify *v, struct idem_error *err)
{
    return S_store(v, STORE_CHECK_PAGES, err);
}

static enum idem_status S_references(struct verify *v, struct idem_error *err)
{
    return S_store(v, STORE_CHECK_REFERENCES, err);
}

static enum idem_status S_containers(struct verify *v, struct idem_error *err)
{
    return S_store(v, STORE_CHECK_CONTAINERS, err);
}

static enum idem_status S_records(struct verify *v, struct idem_error *err)
{
    return S_store(v, STORE_CHECK_RECORDS, err);
}

static enum idem_status S_models(struct verify *v, struct idem_error *err)
{
    return S_store(v, STORE_CHECK_MODELS, err);
}

/* ------------------------------------------------------------------ all checks */

static const struct check {
    const char *name, *says;
    verify_fn *run;
    bool needs_key;
} CHECKS[] = {
    {"pages", "pages and indexes of the file are whole", S_pages, false},
    {"references", "each record is in one master, redirects end, decisions hold, history does not overlap",
     S_references, false},
    {"containers", "every sealed container opens where it stands", S_containers, true},
    {"records", "each record has its own values", S_records, true},
    {"models", "each model is what its hash says", S_models, true},
    {"index", "the candidate index holds exactly the keys of the records", verify_index, true},
    {"components", "raw components hold records that are there, and their masters know", verify_components, true},
    {"goldens", "golden values are those of the master's records, as the rules choose them", verify_goldens, true},
    {"audit", "the audit log is whole and in order", verify_audit, true},
};

/* Damage met on the way, or something that is not where another thing says, is a finding; anything else ends it. */
static enum idem_status S_run(struct verify *v, const struct check *check, json_t *list, bool *sound,
                              struct idem_error *err)
{
    json_t *one = json_object();
    bool skipped = check->needs_key && !store_info(v->store)->has_key;
    json_array_append_new(list, one);
    json_put(one, "check", json_string(check->name));
    json_put(one, "says", json_string(check->says));
    v->found = 0;
    v->places = json_array();
    enum idem_status status = skipped ? IDEM_OK : check->run(v, err);
    if (status == IDEM_CORRUPT || status == IDEM_NOT_FOUND) {
        verify_found(v, "%s", err ? err->message : "it cannot be read");
        status = IDEM_OK;
    }
    *sound &= v->found == 0;
    json_put_str(one, "status", skipped ? STR("skipped") : v->found ? STR("broken") : STR("sound"));
    json_put(one, "found", json_integer((json_int_t)v->found));
    json_put(one, "places", v->places);
    return status;
}

static enum idem_status S_verify(struct verify *v, json_t *result, struct idem_error *err)
{
    struct idem_error local = {0};
    char head[IDEM_AUDIT_HEAD];
    bool sound = true;
    json_t *list = json_array();
    json_put(result, "checks", list);
    for (size_t i = 0; i < COUNT_OF(CHECKS); i++) {
        enum idem_status status = S_run(v, &CHECKS[i], list, &sound, &local);
        if (status != IDEM_OK) {
            if (err)
                *err = local;
            return status;
        }
    }
    json_put(result, "sound", json_boolean(sound));
    if (store_info(v->store)->has_key && audit_head_text(v->store, head, NULL) == IDEM_OK)
        json_put(result, "audit_head", json_string(head));
    else
        json_put(result, "audit_head", json_null());
    if (sound)
        return IDEM_OK;
    return error_set(err, IDEM_CORRUPT, "%s: something in it is not as it must be; restore a backup",
                     v->session->db_path);
}

IDEM_API enum idem_status idem_verify(struct idem_session *s, const struct idem_verify_options *options, char **json,
                                      struct idem_error *err)
{
    static const struct idem_verify_options defaults = {0};
    struct verify v = {.session = s, .options = options ? options : &defaults};
    json_t *result = json_object();
    enum idem_status status;
    *json = NULL;
    TRY_DONE(session_store(s, STORE_READ, &v.store, err));
    TRY_DONE(store_snapshot_begin(v.store, err));
    status = S_verify(&v, result, err);
    store_snapshot_end(v.store);
    if (json_object_get(result, "sound"))
        *json = json_text(result);
done:
    json_decref(result);
    arena_deinit(&v.arena);
    return status;
}
