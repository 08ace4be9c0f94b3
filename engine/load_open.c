/*
 * A look at all files of all sources before the first is read: one that is not there, cannot be read or lacks a column
 * is told at once, not after the sources before it.
 */
#include <sys/stat.h>

#include "engine/load_source.h"

enum idem_status load_files_of(const struct load_options *o, unsigned source, struct arena *out, struct str **path,
                               size_t *n, struct idem_error *err)
{
    for (size_t i = 0; i < o->n_paths; i++)
        if (o->path[i].source == source) {
            *path = ARENA_NEW(out, struct str, 1);
            **path = o->path[i].path;
            *n = 1;
            return IDEM_OK;
        }
    return config_source_files(o->config, &o->config->source[source], out, path, n, err);
}

/* Of packed texts and of what is read once nobody knows. */
static uint64_t S_bytes_of(struct str path, struct arena *scratch)
{
    static const char *const packed[] = {".gz", ".zst", ".zip"};
    struct stat about;
    for (size_t i = 0; i < COUNT_OF(packed); i++)
        if (str_ends(path, str_from(packed[i])))
            return UINT64_MAX;
    if (stat(str_cstr(scratch, path), &about) != 0 || !S_ISREG(about.st_mode))
        return UINT64_MAX;
    return (uint64_t)about.st_size;
}

uint64_t load_bytes(const struct load_options *o)
{
    struct arena scratch = {0};
    uint64_t bytes = 0;
    for (unsigned s = 0; s < o->config->n_sources; s++) {
        struct str *path;
        size_t n = 0;
        if (o->only && !o->only[s])
            continue;
        if (load_files_of(o, s, &scratch, &path, &n, NULL) != IDEM_OK) /* the reading tells why */
            bytes = UINT64_MAX;
        for (size_t i = 0; i < n && bytes != UINT64_MAX; i++) {
            uint64_t more = S_bytes_of(path[i], &scratch);
            bytes = more < UINT64_MAX - bytes ? bytes + more : UINT64_MAX;
        }
    }
    arena_deinit(&scratch);
    return bytes;
}

enum idem_status load_source_error(const struct source *s, enum idem_status status, struct idem_error *err)
{
    if (status != IDEM_OK && err && s->name.len && str_find(str_from(err->message), s->name) == SIZE_MAX)
        error_prefix(err, "source %.*s: ", STR_ARG(s->name));
    return status;
}

/* What is opened once only (a pipe, standard input) is left to the reading. */
static enum idem_status S_look_into(struct ingest_options read, struct str path, struct wanted *want,
                                    struct arena *scratch, struct idem_error *err)
{
    struct reader *reader = NULL;
    struct stat about;
    read.path = str_cstr(scratch, path);
    read.want = want->name;
    read.n_want = want->n;
    read.threads = 1;
    if (str_eq(path, STR("-")) || (stat(read.path, &about) == 0 && !S_ISREG(about.st_mode)))
        return IDEM_OK;
    enum idem_status status = reader_open(&read, &reader, err);
    reader_close(reader);
    return status;
}

static enum idem_status S_check_source(const struct load_options *o, unsigned index, struct arena *scratch,
                                       struct idem_error *err)
{
    const struct source *s = &o->config->source[index];
    struct source_columns columns;
    struct wanted want;
    struct str *path;
    size_t n;
    TRY(load_files_of(o, index, scratch, &path, &n, err));
    load_plan_columns(o->config, s, scratch, &columns);
    for (unsigned i = 0; i < s->n_also; i++) {
        struct str also = load_plan_also(o->config, &s->also[i], scratch, &want);
        TRY(S_look_into(s->also[i].read, also, &want, scratch, err));
    }
    for (size_t i = 0; i < n; i++)
        TRY(S_look_into(s->read, path[i], &columns.want, scratch, err));
    return IDEM_OK;
}

enum idem_status load_check_files(const struct load_options *o, struct idem_error *err)
{
    struct arena scratch = {0};
    enum idem_status status = IDEM_OK;
    for (unsigned i = 0; i < o->config->n_sources && status == IDEM_OK; i++)
        if (!o->only || o->only[i])
            status = load_source_error(&o->config->source[i], S_check_source(o, i, &scratch, err), err);
    arena_deinit(&scratch);
    return status;
}
