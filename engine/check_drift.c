#include "engine/check_drift.h"

#include <limits.h>

#include "base/file.h"

/* What is told: a fifth of the rows, of a file with at least a hundred; fill that moved by a fifth of all rows. */
#define ROWS_SHARE 0.2
#define FILL_SHARE 0.2
enum { LEAST_ROWS = 100 };

static const json_t *S_by_name(const json_t *sources, struct str name)
{
    for (size_t i = 0; i < json_array_size(sources); i++)
        if (str_eq(json_str(json_object_get(json_array_get(sources, i), "name")), name))
            return json_array_get(sources, i);
    return NULL;
}

static struct str S_place(struct check *c, unsigned source, const char *key)
{
    return arena_printf(&c->arena, "sources[%u].%s", source, key);
}

static void S_rows(struct check *c, unsigned source, const json_t *now, const json_t *before)
{
    double rows = json_number_value(json_object_get(now, "rows")),
           last = json_number_value(json_object_get(before, "read"));
    if (last < LEAST_ROWS || c->config->source[source].mode == MODE_DELTA)
        return;
    double change = (rows - last) / last;
    if (change < -ROWS_SHARE || change > ROWS_SHARE * 2)
        check_finding(c, FINDING_WARNING, source, S_place(c, source, "path"),
                      "rows: %.0f, %.1f %% %s than in the last run (%.0f)", rows, 100 * (change < 0 ? -change : change),
                      change < 0 ? "fewer" : "more", last);
}

static void S_fill(struct check *c, unsigned source, const json_t *now, const json_t *before)
{
    const char *field;
    json_t *last;
    json_object_foreach(json_object_get(before, "fill"), field, last)
    {
        const json_t *fill = json_object_get(json_object_get(now, "fill"), field);
        double is = json_number_value(fill), was = json_number_value(last);
        if (json_is_number(fill) && (is < was - FILL_SHARE || is > was + FILL_SHARE))
            check_finding(c, FINDING_WARNING, source,
                          S_place(c, source, arena_printf(&c->arena, "fields.%s", field).ptr),
                          "filled in %.1f %% of the rows, in the last run in %.1f %%", 100 * is, 100 * was);
    }
}

static bool S_has(const json_t *list, struct str text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_eq(json_str(json_array_get(list, i)), text))
            return true;
    return false;
}

/* Columns of `all` that `known` has not. */
static void S_columns_of(struct check *c, unsigned source, const json_t *all, const json_t *known, const char *what)
{
    for (size_t i = 0; i < json_array_size(all); i++) {
        struct str name = json_str(json_array_get(all, i));
        if (!S_has(known, name))
            check_finding(c, FINDING_NOTE, source, S_place(c, source, "path"), "column \"%.*s\" %s", STR_ARG(name),
                          what);
    }
}

static void S_columns(struct check *c, unsigned source, const json_t *now, const json_t *before)
{
    const json_t *is = json_object_get(now, "columns"), *was = json_object_get(before, "columns");
    if (!json_array_size(is) || !json_array_size(was))
        return;
    S_columns_of(c, source, is, was, "is new since the last run");
    S_columns_of(c, source, was, is, "was there in the last run and is gone");
}

static void S_source(struct check *c, unsigned source, const json_t *report)
{
    struct str name = c->config->source[source].name;
    const json_t *now = S_by_name(c->sources, name), *before = S_by_name(json_object_get(report, "sources"), name);
    if (!before) {
        check_finding(c, FINDING_NOTE, source, S_place(c, source, "name"), "is new since the last run");
        return;
    }
    if (!now || json_array_size(json_object_get(now, "files")) == 0)
        return;
    S_rows(c, source, now, before);
    S_fill(c, source, now, before);
    S_columns(c, source, now, before);
}

static void S_compare(struct check *c, const json_t *report)
{
    const json_t *last = json_object_get(report, "sources");
    for (unsigned i = 0; i < c->config->n_sources; i++)
        S_source(c, i, report);
    for (size_t i = 0; i < json_array_size(last); i++) {
        struct str name = json_str(json_object_get(json_array_get(last, i), "name"));
        if (config_find_source(c->config, name) < 0)
            check_finding(c, FINDING_NOTE, UINT_MAX, STR("sources"),
                          "source %.*s was there in the last run and is gone: its records stay", STR_ARG(name));
    }
}

void check_drift(struct check *c, struct idem_session *s)
{
    struct store *store;
    struct store_run *run;
    struct idem_error err = {0};
    json_t *report = NULL;
    size_t n = 0;
    if (!file_exists(s->db_path))
        return;
    enum idem_status status = session_store(s, STORE_READ, &store, &err);
    if (status == IDEM_OK)
        status = store_get_runs(store, 1, &c->arena, &run, &n, &err);
    if (status != IDEM_OK) {
        check_finding(c, FINDING_WARNING, UINT_MAX, STR(""), "%s; what changed since the last run is not known",
                      err.message);
        return;
    }
    if (n && run[0].report.len && json_parse(run[0].report, "report", &report, &err) == IDEM_OK)
        S_compare(c, report);
    json_decref(report);
}
