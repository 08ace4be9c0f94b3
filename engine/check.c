/* idem check: is the configuration right, are the files there, do they hold what it says. Changes nothing. */
#include <limits.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/parallel.h"
#include "engine/check_drift.h"
#include "engine/check_source.h"
#include "engine/frequency_file.h"
#include "engine/session.h"

void check_finding(struct check *c, enum finding_level level, unsigned source, struct str place, const char *format,
                   ...)
{
    static const char *const NAMES[] = {"note", "warning", "error"};
    va_list args;
    json_t *finding = json_object();
    json_put_str(finding, "level", str_from(NAMES[level]));
    json_put(finding, "source",
             source < c->config->n_sources ? json_from_str(c->config->source[source].name) : json_null());
    json_put_str(finding, "place", place);
    va_start(args, format);
    json_put_str(finding, "message", arena_vprintf(&c->arena, format, args));
    va_end(args);
    json_array_append_new(c->findings, finding);
    c->errors += level == FINDING_ERROR;
}

/* A key that was there and is gone matters to a database only; for a new one it is made. */
static void S_key_file(struct check *c, struct idem_session *s)
{
    bool database = file_exists(s->db_path);
    if (c->config->at_rest == AT_REST_CLEAR)
        return;
    if (file_exists(s->key_path)) {
        struct idem_error err = {0};
        if (database && session_keys(s, &err) == IDEM_OK && !s->keys)
            check_finding(c, FINDING_ERROR, UINT_MAX, STR("privacy.key_file"),
                          "%s: it is protected, and no passphrase was given; without it the stored personal values "
                          "cannot be read",
                          s->key_path);
        return;
    }
    check_finding(c, database ? FINDING_ERROR : FINDING_NOTE, UINT_MAX, STR("privacy.key_file"),
                  database ? "%s: the key is missing; without it the stored personal values cannot be read"
                           : "%s: there is no key yet; the first apply makes it",
                  s->key_path);
}

/* Tables that the next training reads. */
static void S_tables(struct check *c)
{
    for (unsigned i = 0; i < c->config->n_comparisons; i++) {
        const struct comparison_override *o = &c->config->comparison[i];
        struct idem_error err = {0};
        if (!o->frequency_table.len || frequency_file_check(c->config, o, &err) == IDEM_OK)
            continue;
        struct str name = c->config->schema.field[o->field].name;
        struct str place = arena_printf(&c->arena, "matching.comparisons.%.*s.term_frequency.table", STR_ARG(name));
        struct str message = str_from(err.message);
        if (str_starts(message, place))
            message = str_sub(message, place.len + 2, message.len);
        check_finding(c, FINDING_ERROR, UINT_MAX, place, "%.*s", STR_ARG(message));
    }
}

static char *S_result(struct check *c)
{
    json_t *result = json_object();
    json_put(result, "ok", json_boolean(c->errors == 0));
    json_put(result, "findings", json_incref(c->findings));
    json_put(result, "sources", json_incref(c->sources));
    char *text = json_text(result);
    json_decref(result);
    return text;
}

enum idem_status idem_check(struct idem_session *s, char **json, struct idem_error *err)
{
    struct check c = {.threads = parallel_cpus(), .now_ms = clock_now_ms()};
    enum idem_status status;
    *json = NULL;
    TRY(session_config(s, &c.config, err));
    c.findings = json_array();
    c.sources = json_array();
    c.facts = json_array();
    S_key_file(&c, s);
    S_tables(&c);
    status = IDEM_OK;
    for (unsigned i = 0; i < c.config->n_sources && status == IDEM_OK; i++)
        status = check_source(&c, i, err);
    if (status == IDEM_OK) {
        check_drift(&c, s);
        *json = S_result(&c);
    }
    json_decref(c.findings);
    json_decref(c.sources);
    json_decref(c.facts);
    arena_deinit(&c.arena);
    if (status == IDEM_OK && c.stopped)
        return error_set(err, IDEM_GATE, "a quality rule stops the run; the findings say which");
    return status;
}
