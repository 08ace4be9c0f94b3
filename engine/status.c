/* What the database holds, and its runs. Every figure is the database's own: nothing is computed from records. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "engine/session.h"

/* An ISO time, or null when it is not known. */
static json_t *S_time(int64_t ms)
{
    char text[25];
    if (ms <= 0)
        return json_null();
    clock_format(ms, text);
    return json_string(text);
}

static void S_put_count(json_t *object, const char *key, uint64_t n)
{
    json_put(object, key, json_integer((json_int_t)n));
}

static json_t *S_database(const struct store_info *info, const struct store_statistics *figures)
{
    json_t *database = json_object();
    char id[37];
    store_uuid_format(info->id, id);
    json_put_str(database, "path", str_from(info->path));
    json_put_str(database, "id", str_from(id));
    S_put_count(database, "bytes", figures->bytes + figures->wal_bytes);
    S_put_count(database, "free_bytes", figures->free_pages * figures->page_bytes);
    json_put(database, "schema", json_integer(info->schema));
    json_put(database, "created_at", S_time(info->created_ms));
    json_put_str(database, "at_rest", info->sealed ? STR("sealed") : STR("clear"));
    json_put_str(database, "normaliser", info->normaliser);
    return database;
}

static void S_counts(json_t *result, const struct store_statistics *figures)
{
    json_t *records = json_object(), *masters = json_object();
    S_put_count(records, "current", figures->current);
    S_put_count(records, "gone", figures->gone);
    S_put_count(masters, "active", figures->active);
    S_put_count(masters, "redirected", figures->redirected);
    S_put_count(masters, "retired", figures->retired);
    S_put_count(masters, "erased", figures->erased);
    json_put(result, "records", records);
    json_put(result, "masters", masters);
}

static enum idem_status S_sources(struct store *store, struct arena *scratch, json_t *result, struct idem_error *err)
{
    struct store_source *source;
    size_t n;
    json_t *list = json_array();
    json_put(result, "sources", list);
    TRY(store_get_sources(store, true, scratch, &source, &n, err));
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_object();
        json_put_str(one, "name", source[i].name);
        S_put_count(one, "records", source[i].current);
        S_put_count(one, "gone", source[i].gone);
        json_put(one, "personal_ids", json_boolean(source[i].personal_ids));
        json_put(one, "hashed_ids", json_boolean(source[i].hashed_ids));
        json_array_append_new(list, one);
    }
    return IDEM_OK;
}

static enum idem_status S_model(struct store *store, struct arena *scratch, json_t *result, struct idem_error *err)
{
    struct store_model model;
    enum idem_status status = store_get_model(store, 0, false, scratch, &model, err);
    if (status == IDEM_NOT_FOUND) {
        json_put(result, "model", json_null());
        return IDEM_OK;
    }
    TRY(status);
    json_t *one = json_object();
    json_put(one, "id", json_integer(model.id));
    json_put(one, "created_at", S_time(model.created_ms));
    json_put(one, "run_id", model.run ? json_integer(model.run) : json_null());
    json_put(result, "model", one);
    return IDEM_OK;
}

static json_t *S_run(const struct store_run *run)
{
    json_t *one = json_object();
    json_put(one, "run_id", json_integer(run->id));
    json_put_str(one, "status", run->committed ? STR("committed") : STR("stopped"));
    json_put(one, "started_at", S_time(run->started_ms));
    json_put(one, "seconds", json_real((double)(run->finished_ms - run->started_ms) / 1e3));
    json_put(one, "by", run->by.len ? json_from_str(run->by) : json_null());
    json_put(one, "seq", json_integer(run->last_seq));
    json_put(one, "model", run->model ? json_integer(run->model) : json_null());
    json_put_str(one, "version", run->version);
    return one;
}

/* The report as it was written, or null when it is not JSON. */
static json_t *S_report(struct str report)
{
    json_t *parsed = NULL;
    struct idem_error ignored;
    if (!report.len || json_parse(report, "report", &parsed, &ignored) != IDEM_OK)
        return json_null();
    return parsed;
}

static enum idem_status S_last_run(struct store *store, struct arena *scratch, json_t *result, struct idem_error *err)
{
    struct store_run *run;
    size_t n;
    TRY(store_get_runs(store, 1, scratch, &run, &n, err));
    json_put(result, "last_run", n ? S_run(run) : json_null());
    return IDEM_OK;
}

/* Of runs. */
struct page {
    int64_t before; /* 0: from the newest on */
    size_t most;    /* 0: all, and nothing is said of a next page */
};

static enum idem_status S_status(struct store *store, const struct page *page, json_t *result, struct arena *scratch,
                                 struct idem_error *err)
{
    (void)page;
    const struct store_info *info = store_info(store);
    struct store_statistics figures;
    int64_t seq;
    TRY(store_statistics(store, &figures, err));
    TRY(store_change_seq(store, &seq, err));
    json_put(result, "database", S_database(info, &figures));
    json_put_str(result, "key", !info->sealed ? STR("none") : info->has_key ? STR("present") : STR("missing"));
    json_put(result, "seq", json_integer(seq));
    S_counts(result, &figures);
    TRY(S_sources(store, scratch, result, err));
    TRY(S_model(store, scratch, result, err));
    return S_last_run(store, scratch, result, err);
}

static enum idem_status S_runs(struct store *store, const struct page *page, json_t *result, struct arena *scratch,
                               struct idem_error *err)
{
    struct store_run *run;
    size_t n, wanted = page->most ? page->most + 1 : 0;
    json_t *list = json_array();
    json_put(result, "runs", list);
    TRY(store_get_runs_before(store, page->before ? page->before : INT64_MAX, wanted, scratch, &run, &n, err));
    bool more = page->most && n > page->most;
    n -= more;
    for (size_t i = 0; i < n; i++) {
        json_t *one = S_run(&run[i]);
        json_put(one, "report", S_report(run[i].report));
        json_array_append_new(list, one);
    }
    if (page->most)
        json_put(result, "next", more ? json_integer(run[n - 1].id) : json_null());
    return IDEM_OK;
}

/* Runs `fill` on one state of the database and gives its object as text. */
static enum idem_status S_answer(struct idem_session *s,
                                 enum idem_status (*fill)(struct store *, const struct page *, json_t *, struct arena *,
                                                          struct idem_error *),
                                 const struct page *page, char **json, struct idem_error *err)
{
    struct store *store;
    struct arena scratch;
    *json = NULL;
    TRY(session_store(s, STORE_READ, &store, err));
    TRY(store_snapshot_begin(store, err));
    arena_init(&scratch);
    json_t *result = json_object();
    enum idem_status status = fill(store, page, result, &scratch, err);
    if (status == IDEM_OK)
        *json = json_text(result);
    json_decref(result);
    arena_deinit(&scratch);
    store_snapshot_end(store);
    return status;
}

enum idem_status idem_db_status(struct idem_session *s, char **json, struct idem_error *err)
{
    return S_answer(s, S_status, NULL, json, err);
}

enum idem_status idem_runs(struct idem_session *s, char **json, struct idem_error *err)
{
    const struct page all = {.before = 0};
    return S_answer(s, S_runs, &all, json, err);
}

enum idem_status idem_runs_page(struct idem_session *s, int64_t before, size_t most, char **json,
                                struct idem_error *err)
{
    const struct page page = {before, most};
    return S_answer(s, S_runs, &page, json, err);
}
