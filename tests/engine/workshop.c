#include "workshop.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"

static const int64_t NOW = 1795000000000; /* every run at the same time */

void workshop_open(struct workshop *w)
{
    *w = (struct workshop){.seed = 1, .threads = 2};
    snprintf(w->folder, sizeof w->folder, "/tmp/idem-workshop-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    arena_init(&w->arena);
}

void workshop_close(struct workshop *w)
{
    DIR *folder = opendir(w->folder);
    struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            unlink(workshop_path(w, entry->d_name));
    closedir(folder);
    rmdir(w->folder);
    arena_deinit(&w->arena);
}

const char *workshop_path(struct workshop *w, const char *name)
{
    struct str path = arena_printf(&w->arena, "%s/%s", w->folder, name);
    return str_cstr(&w->arena, path);
}

void workshop_write(struct workshop *w, const char *name, const char *text)
{
    if (file_write_atomic(workshop_path(w, name), str_from(text), 0644, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
}

void workshop_touch(struct workshop *w, const char *name, int64_t seconds)
{
    struct timespec time = {.tv_sec = NOW / 1000 - seconds};
    const struct timespec times[2] = {time, time};
    assert_int_equal(utimensat(AT_FDCWD, workshop_path(w, name), times, 0), 0);
}

void workshop_config(struct workshop *w, const char *text)
{
    char *copy = str_cstr(&w->arena, str_from(text));
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    workshop_write(w, "idem.json", copy);
}

struct idem_session *workshop_session(struct workshop *w, enum idem_open_mode mode)
{
    struct idem_open_options options = {
        .config_path = workshop_path(w, "idem.json"), .db_path = workshop_path(w, "idem.db"), .mode = mode};
    struct idem_session *s;
    if (idem_open(&options, &s, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    return s;
}

enum idem_status workshop_try(struct workshop *w, json_t **report)
{
    struct idem_open_options open = {
        .config_path = workshop_path(w, "idem.json"), .db_path = workshop_path(w, "idem.db"), .mode = IDEM_WRITE};
    struct idem_apply_options options = {.seed = w->seed,
                                         .now_ms = NOW,
                                         .threads = w->threads,
                                         .retrain = w->retrain,
                                         .rebuild = w->rebuild,
                                         .only = &w->only,
                                         .n_only = w->only != NULL};
    struct idem_session *s = NULL;
    struct idem_error ignored;
    char *text = NULL;
    if (report)
        *report = NULL;
    w->err = (struct idem_error){.status = IDEM_OK};
    enum idem_status status = idem_open(&open, &s, &w->err);
    if (status == IDEM_OK)
        status = idem_apply(s, &options, &text, &w->err);
    if (text && report)
        assert_int_equal(json_parse(str_from(text), "report", report, &ignored), IDEM_OK);
    idem_free(text);
    idem_close(s);
    w->seed += w->seed != 0;
    return status;
}

json_t *workshop_apply(struct workshop *w)
{
    json_t *report;
    if (workshop_try(w, &report) != IDEM_OK)
        fail_msg("%s", w->err.message);
    return report;
}

void workshop_run(struct workshop *w)
{
    json_decref(workshop_apply(w));
}

int64_t workshop_count(const json_t *report, const char *path)
{
    struct str rest = str_from(path), key;
    while (str_next_piece(&rest, '.', &key)) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", STR_ARG(key));
        report = json_is_array(report) ? json_array_get(report, (size_t)atoi(name)) : json_object_get(report, name);
    }
    return json_is_integer(report) ? json_integer_value(report) : -1;
}

static bool S_take(void *context, const void *bytes, size_t len)
{
    buf_add(context, bytes, len);
    return true;
}

const char *workshop_export(struct workshop *w, const struct idem_export_options *options)
{
    struct buf out = {0};
    struct idem_session *s = workshop_session(w, IDEM_READ);
    if (idem_export(s, options, S_take, &out, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_close(s);
    const char *text = str_cstr(&w->arena, buf_view(&out));
    buf_deinit(&out);
    return text;
}

const char *workshop_crosswalk(struct workshop *w)
{
    struct idem_export_options options = {.kind = IDEM_EXPORT_CROSSWALK, .format = IDEM_CSV};
    return workshop_export(w, &options);
}

const char *workshop_partition(struct workshop *w)
{
    struct idem_export_options options = {.kind = IDEM_EXPORT_CROSSWALK, .format = IDEM_CSV, .canonical = true};
    return workshop_export(w, &options);
}

const char *workshop_master(struct workshop *w, const char *key)
{
    char id[37];
    struct idem_session *s = workshop_session(w, IDEM_READ);
    size_t colon = str_find_byte(str_from(key), ':');
    enum idem_status status = idem_lookup(s, (struct idem_str){key, colon},
                                          (struct idem_str){key + colon + 1, strlen(key) - colon - 1}, id, &w->err);
    idem_close(s);
    if (status != IDEM_OK && status != IDEM_NOT_FOUND)
        fail_msg("%s", w->err.message);
    return status == IDEM_OK ? str_cstr(&w->arena, str_from(id)) : "";
}

bool workshop_together(struct workshop *w, const char *first, const char *second)
{
    const char *a = workshop_master(w, first), *b = workshop_master(w, second);
    if (!*a || !*b)
        fail_msg("%s has no master", *a ? second : first);
    return strcmp(a, b) == 0;
}

const char *workshop_golden(struct workshop *w, const char *key, const char *field)
{
    struct idem_session *s = workshop_session(w, IDEM_READ);
    struct buf joined = {0};
    json_t *shown, *golden;
    size_t i, v;
    char *text;
    if (idem_show(s, key, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_close(s);
    assert_int_equal(json_parse(str_from(text), "show", &shown, &w->err), IDEM_OK);
    idem_free(text);
    json_array_foreach(json_object_get(shown, "golden"), i, golden)
    {
        json_t *value;
        if (!str_eq(json_str(json_object_get(golden, "field")), str_from(field)))
            continue;
        json_array_foreach(json_object_get(golden, "values"), v, value)
        {
            if (v)
                buf_byte(&joined, '|');
            buf_str(&joined, json_str(value));
        }
    }
    json_decref(shown);
    const char *result = str_cstr(&w->arena, buf_view(&joined));
    buf_deinit(&joined);
    return result;
}

unsigned workshop_grep(struct workshop *w, const char *name, const char *text)
{
    DIR *folder = opendir(w->folder);
    struct dirent *entry;
    unsigned found = 0;
    assert_non_null(folder);
    while ((entry = readdir(folder))) {
        struct str bytes;
        if (!str_starts(str_from(entry->d_name), str_from(name)))
            continue;
        if (file_read(workshop_path(w, entry->d_name), 1 << 30, &w->arena, &bytes, &w->err) != IDEM_OK)
            fail_msg("%s", w->err.message);
        for (size_t at; (at = str_find(bytes, str_from(text))) != SIZE_MAX; bytes = str_sub(bytes, at + 1, bytes.len))
            found++;
    }
    closedir(folder);
    return found;
}
