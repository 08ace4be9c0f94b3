/* idem init: looks at files and writes the configuration, the key file and .gitignore. */
#include <limits.h>
#include <stdlib.h>

#include "base/file.h"
#include "engine/config_text.h"
#include "engine/init_source.h"
#include "rules/config.h"
#include "seal/seal.h"

enum { SAMPLE_ROWS = 20000, MOST_CONFIG_BYTES = 16 << 20, MOST_FILES = 64 };

static const char DEFAULT_KEY[] = "idem.key", DEFAULT_CONFIG[] = "idem.json";

/* A file that becomes a source. */
struct candidate {
    struct str file; /* as given: this one is looked at */
    struct str path; /* as written */
    struct str name; /* of the source */
    struct str stem; /* of the file */
    bool dated;
    struct survey survey;
    struct guess guess;
    json_t *source;
};

struct init {
    const struct idem_init_options *options;
    const char *config_path;
    struct str folder; /* of the configuration */
    struct candidate *candidate;
    size_t n;
    json_t *root;
    json_t *written, *check, *notes, *sources;
    struct arena arena;
};

/* ------------------------------------------------------------------ names and paths */

/* "crm_2026-11-20.csv.gz": without folder, endings, and what stands around the date. */
static struct str S_stem(struct arena *out, struct str base)
{
    static const char *const ENDINGS[] = {".gz", ".zst", ".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json"};
    size_t from, to;
    for (size_t i = 0; i < COUNT_OF(ENDINGS); i++)
        if (base.len > strlen(ENDINGS[i]) && str_ends(base, str_from(ENDINGS[i])))
            base = str_sub(base, 0, base.len - strlen(ENDINGS[i]));
    if (!config_dated_name(base, &from, &to))
        return base;
    struct str front = str_sub(base, 0, from), back = str_sub(base, to, base.len);
    while (front.len && strchr("_-. ", front.ptr[front.len - 1]))
        front.len--;
    return arena_printf(out, "%.*s%.*s", STR_ARG(front), STR_ARG(back));
}

static struct str S_source_name(struct arena *out, struct str stem)
{
    enum { MOST_NAME = 56 };
    struct buf name = {0};
    for (size_t i = 0; i < stem.len && name.len < MOST_NAME; i++) {
        char c = stem.ptr[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("_.-", c);
        if (fine)
            buf_byte(&name, c);
        else if (name.len && name.ptr[name.len - 1] != '_')
            buf_byte(&name, '_');
    }
    struct str text = str_copy(out, name.len ? buf_view(&name) : STR("source"));
    buf_deinit(&name);
    return text;
}

/* The path as the configuration writes it: relative to its folder, a date as "*". */
static struct str S_written_path(const struct init *in, struct arena *out, struct str file, bool *dated)
{
    struct str path = file, base;
    size_t from, to;
    struct str prefix = arena_printf(out, "%.*s/", STR_ARG(in->folder));
    if (str_eq(in->folder, STR("."))) {
        path = file;
    } else if (str_starts(file, prefix)) {
        path = str_sub(file, prefix.len, file.len);
    } else if (file.ptr[0] != '/') {
        char *full = realpath(str_cstr(out, file), NULL);
        path = full ? str_copy(out, str_from(full)) : file;
        free(full);
    }
    base = file_base(path);
    *dated = config_dated_name(base, &from, &to);
    if (!*dated)
        return path;
    return arena_printf(out, "%.*s%.*s*%.*s", (int)(path.len - base.len), path.ptr, (int)from, base.ptr,
                        (int)(base.len - to), base.ptr + to);
}

static bool S_name_taken(const struct init *in, struct str name)
{
    size_t i;
    json_t *source;
    json_array_foreach(json_object_get(in->root, "sources"), i,
                       source) if (str_eq(json_str(json_object_get(source, "name")), name)) return true;
    for (size_t k = 0; k < in->n; k++)
        if (str_eq(in->candidate[k].name, name))
            return true;
    return false;
}

static bool S_path_taken(const struct init *in, struct str path)
{
    size_t i;
    json_t *source;
    json_array_foreach(json_object_get(in->root, "sources"), i,
                       source) if (str_eq(json_str(json_object_get(source, "path")), path)) return true;
    return false;
}

static void S_note(json_t *list, struct str text)
{
    json_array_append_new(list, json_from_str(text));
}

/* Files of one pattern are one source; the last by name, which is the newest, is looked at. */
static void S_add_candidate(struct init *in, struct str file)
{
    bool dated;
    struct arena *a = &in->arena;
    struct str path = S_written_path(in, a, file, &dated);
    for (size_t i = 0; i < in->n; i++)
        if (str_eq(in->candidate[i].path, path)) {
            if (str_cmp(in->candidate[i].file, file) < 0)
                in->candidate[i].file = file;
            return;
        }
    if (S_path_taken(in, path)) {
        S_note(in->notes,
               arena_printf(a, "%.*s: is in the configuration already; it was left as it is", STR_ARG(path)));
        return;
    }
    struct candidate c = {.file = file, .path = path, .dated = dated, .stem = S_stem(a, file_base(file))};
    struct str name = S_source_name(a, c.stem);
    c.name = name;
    for (unsigned k = 2; S_name_taken(in, c.name); k++)
        c.name = arena_printf(a, "%.*s_%u", STR_ARG(name), k);
    in->candidate[in->n++] = c;
}

/* ------------------------------------------------------------------ looking */

static enum idem_status S_look(struct init *in, struct header_words *words, struct candidate *c, struct idem_error *err)
{
    TRY(survey_file(str_cstr(&in->arena, c->file), SAMPLE_ROWS, &c->survey, err));
    guess_file(&c->survey, words, c->stem, &in->arena, &c->guess);
    c->source = init_source_config(&c->survey, &c->guess, c->name, c->path, c->dated, &in->arena);
    return IDEM_OK;
}

static enum idem_status S_look_at_all(struct init *in, struct idem_error *err)
{
    struct header_words *words;
    enum idem_status status = IDEM_OK;
    size_t used = 0;
    TRY(header_words_open(&words, err));
    for (size_t i = 0; i < in->n && status == IDEM_OK; i++) {
        struct candidate *c = &in->candidate[i];
        status = S_look(in, words, c, err);
        used += c->source != NULL;
        if (status == IDEM_OK && !c->source)
            S_note(in->check, arena_printf(&in->arena,
                                           "%.*s: left out: no column was recognised as a name, address, number, ...; "
                                           "write this source by hand",
                                           STR_ARG(c->file)));
    }
    header_words_close(words);
    if (status == IDEM_OK && in->n && !used)
        status = error_set(err, IDEM_INVALID,
                           "%.*s: no column was recognised as a name, address, number, ...; name the columns in a "
                           "header line, or write "
                           "the configuration by hand",
                           STR_ARG(in->candidate[0].file));
    return status;
}

/* Does a column of one source hold record ids of another? */
static void S_suggest_links(struct init *in, const struct candidate *from, const struct candidate *to)
{
    const struct column_facts *id = to->guess.record_id >= 0 ? &to->survey.column[to->guess.record_id] : NULL;
    for (size_t i = 0; i < from->guess.n_columns && id; i++) {
        const struct guess_column *c = &from->guess.column[i];
        const struct column_facts *f = c->facts;
        uint64_t hits = 0;
        bool number = c->header.says == SAYS_REFERENCE || c->header.says == SAYS_ID || c->header.says == SAYS_NOTHING;
        if (c->use != USE_NONE || !number || f->distinct < 20)
            continue;
        for (size_t k = 0; k < f->slots; k++)
            hits += f->hash[k] && column_has_hash(id, f->hash[k]);
        if (hits * 2 >= f->distinct && column_share(f, VALUE_YEAR) < 0.5 &&
            (f->greatest > 100000 || column_share(f, VALUE_INTEGER) < 0.5))
            S_note(in->check,
                   arena_printf(
                       &in->arena,
                       "%.*s: column \"%.*s\" holds record ids of %.*s: if they name the same entity, add to \"links\" "
                       "{\"source\": \"%.*s\", \"column\": \"%.*s\", \"to\": \"%.*s\"}",
                       STR_ARG(from->path), STR_ARG(f->name), STR_ARG(to->name), STR_ARG(from->name), STR_ARG(f->name),
                       STR_ARG(to->name)));
    }
}

/* ------------------------------------------------------------------ the document */

static bool S_known_entity(const char *name)
{
    for (int kind = ENTITY_PERSON; kind <= ENTITY_OTHER; kind++)
        if (strcmp(init_entity_name((enum entity_kind)kind), name) == 0)
            return true;
    return false;
}

/* One word for all sources when they agree, else a word for each. */
static const char *S_entity(struct init *in)
{
    const char *all = in->options->entity;
    bool agree = true;
    for (size_t i = 0; i < in->n && !in->options->entity; i++) {
        const struct candidate *c = &in->candidate[i];
        const char *name = c->guess.entity_column < 0 ? init_entity_name(c->guess.entity) : NULL;
        if (!c->source)
            continue;
        agree &= name && (!all || strcmp(all, name) == 0);
        all = name ? name : all;
    }
    if (agree && all)
        return all;
    for (size_t i = 0; i < in->n; i++) {
        const struct candidate *c = &in->candidate[i];
        const char *name = init_entity_name(c->guess.entity);
        if (c->source && name && c->guess.entity_column < 0)
            json_put_str(c->source, "entity", str_from(name));
    }
    return NULL;
}

static void S_privacy(struct init *in)
{
    json_t *privacy = json_object_get(in->root, "privacy"), *ids;
    if (!privacy) {
        privacy = json_object();
        json_put(in->root, "privacy", privacy);
        json_put_str(privacy, "at_rest", in->options->no_key ? STR("clear") : STR("sealed"));
        if (!in->options->no_key)
            json_put_str(privacy, "key_file", str_from(DEFAULT_KEY));
    }
    for (size_t i = 0; i < in->n; i++) {
        const struct candidate *c = &in->candidate[i];
        if (!c->source || !c->guess.record_id_personal)
            continue;
        ids = json_object_get(privacy, "record_ids");
        if (!ids) {
            ids = json_object();
            json_put(privacy, "record_ids", ids);
        }
        if (json_is_object(ids))
            json_put_str(ids, str_cstr(&in->arena, c->name), STR("token"));
    }
}

static void S_build(struct init *in)
{
    bool fresh = json_object_size(in->root) == 0;
    const char *entity = S_entity(in);
    if (fresh && entity)
        json_put_str(in->root, "entity", str_from(entity));
    else if (!fresh && entity)
        for (size_t i = 0; i < in->n; i++)
            if (in->candidate[i].source && in->candidate[i].guess.entity_column < 0 &&
                !str_eq(json_str(json_object_get(in->root, "entity")), str_from(entity)))
                json_put_str(in->candidate[i].source, "entity", str_from(entity));
    if (!json_object_get(in->root, "sources"))
        json_put(in->root, "sources", json_array());
    for (size_t i = 0; i < in->n; i++)
        if (in->candidate[i].source)
            json_array_append(json_object_get(in->root, "sources"), in->candidate[i].source);
    S_privacy(in);
}

static void S_report(struct init *in)
{
    for (size_t i = 0; i < in->n; i++) {
        const struct candidate *c = &in->candidate[i];
        if (c->source)
            json_array_append_new(in->sources, init_source_report(&c->survey, &c->guess, c->name, c->path));
        for (size_t k = 0; k < c->guess.n_checks && c->source; k++)
            S_note(in->check, c->guess.check[k]);
        for (size_t k = 0; k < in->n; k++)
            if (k != i && c->source && in->candidate[k].source)
                S_suggest_links(in, c, &in->candidate[k]);
    }
}

/* ------------------------------------------------------------------ writing */

/* NULL: nothing is sealed. */
static char *S_key_path(struct init *in, struct str *key_file)
{
    const json_t *privacy = json_object_get(in->root, "privacy");
    *key_file = json_str(json_object_get(privacy, "key_file"));
    if (str_eq(json_str(json_object_get(privacy, "at_rest")), STR("clear")))
        return NULL;
    if (!key_file->len)
        *key_file = str_from(DEFAULT_KEY);
    return str_cstr(&in->arena, file_join(&in->arena, in->folder, *key_file));
}

/* A key file that is there has to be one: told before anything is written. Its passphrase is not asked for. */
static enum idem_status S_check_key(struct init *in, struct idem_error *err)
{
    struct str key_file;
    struct keyring *keys = NULL;
    const char *path = S_key_path(in, &key_file);
    if (!path || !file_exists(path))
        return IDEM_OK;
    enum idem_status status = keyring_open(path, &keys, err);
    keyring_close(keys);
    return status == IDEM_NOT_FOUND ? IDEM_OK : status;
}

static enum idem_status S_write_key(struct init *in, struct str *key_file, struct idem_error *err)
{
    char *path = S_key_path(in, key_file);
    if (!path)
        return IDEM_OK;
    if (file_exists(path)) {
        S_note(in->notes, arena_printf(&in->arena, "%s: was there already and is used", path));
    } else {
        TRY(seal_key_file_create(path, err));
        S_note(in->written, str_from(path));
    }
    S_note(in->notes,
           arena_printf(&in->arena, "keep a copy of %s in a safe place: a lost key loses the stored personal values",
                        path));
    return IDEM_OK;
}

static bool S_has_line(struct str text, struct str wanted)
{
    struct str line;
    while (str_next_piece(&text, '\n', &line))
        if (str_eq(str_trim(line), wanted))
            return true;
    return false;
}

/* Keys, former ones that a rotation keeps too, and database do not belong into a repository. */
static enum idem_status S_write_ignore(struct init *in, struct str key_file, struct idem_error *err)
{
    struct arena *a = &in->arena;
    char *path = str_cstr(a, file_join(a, in->folder, STR(".gitignore")));
    struct str old = {0};
    struct buf text = {0};
    struct str former = key_file.len ? arena_printf(a, "%.*s.old-*", STR_ARG(key_file)) : key_file;
    const struct str lines[] = {key_file, former, STR("idem.db*")};
    if (file_exists(path))
        TRY(file_read(path, 1 << 20, a, &old, err));
    buf_str(&text, old);
    if (old.len && old.ptr[old.len - 1] != '\n')
        buf_byte(&text, '\n');
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (lines[i].len && lines[i].ptr[0] != '/' && !S_has_line(old, lines[i]))
            buf_printf(&text, "%.*s\n", STR_ARG(lines[i]));
    enum idem_status status = IDEM_OK;
    if (text.len != old.len) {
        status = file_write_atomic(path, buf_view(&text), 0644, err);
        S_note(in->written, str_from(path));
    }
    buf_deinit(&text);
    return status;
}

static enum idem_status S_write_config(struct init *in, struct idem_error *err)
{
    struct buf text = {0};
    struct config *config;
    config_text(in->root, &text);
    enum idem_status status = config_parse(buf_view(&text), str_from(in->config_path), &in->arena, &config, err);
    if (status != IDEM_OK)
        error_prefix(err, "the guessed configuration is not right, nothing was written: ");
    else if (in->options->add)
        status = file_write_atomic(in->config_path, buf_view(&text), 0644, err);
    else
        status = file_write_new(in->config_path, buf_view(&text), 0644, err);
    buf_deinit(&text);
    if (status == IDEM_OK)
        S_note(in->written, str_from(in->config_path));
    return status;
}

/* ------------------------------------------------------------------ the call */

static enum idem_status S_check_options(const struct idem_init_options *o, const char *config_path,
                                        struct idem_error *err)
{
    if (o->n_files == 0)
        return error_set(err, IDEM_INVALID, "name at least one file to look at");
    if (o->n_files > MOST_FILES)
        return error_set(err, IDEM_LIMIT, "more than %d files", MOST_FILES);
    for (size_t i = 0; i < o->n_files; i++)
        if (strcmp(o->file[i], "-") == 0)
            return error_set(err, IDEM_INVALID, "standard input cannot be looked at and read again; name a file");
    if (o->entity && !S_known_entity(o->entity))
        return error_set(err, IDEM_INVALID, "\"%s\" is no kind of entity: person, organisation, other", o->entity);
    if (!o->add && file_exists(config_path))
        return error_set(err, IDEM_CONFLICT, "%s: exists already; \"idem init --add FILE...\" extends it", config_path);
    return IDEM_OK;
}

static enum idem_status S_load(struct init *in, struct idem_error *err)
{
    struct str text;
    struct config *config;
    if (!in->options->add) {
        in->root = json_object();
        return IDEM_OK;
    }
    TRY(config_load(in->config_path, &in->arena, &config, err));
    text = config->text;
    return json_parse(text, in->config_path, &in->root, err);
}

static json_t *S_result(struct init *in, struct str key_file)
{
    json_t *result = json_object();
    json_put_str(result, "config", str_from(in->config_path));
    json_put(result, "written", json_incref(in->written));
    json_put(result, "key_file", key_file.len ? json_from_str(key_file) : json_null());
    json_t *entity = json_object_get(in->root, "entity");
    json_put(result, "entity", json_is_string(entity) ? json_incref(entity) : json_null());
    json_put(result, "sources", json_incref(in->sources));
    json_put(result, "check", json_incref(in->check));
    json_put(result, "notes", json_incref(in->notes));
    return result;
}

static enum idem_status S_init(struct init *in, char **json, struct idem_error *err)
{
    struct str key_file;
    TRY(S_check_options(in->options, in->config_path, err));
    TRY(S_load(in, err));
    for (size_t i = 0; i < in->options->n_files; i++)
        S_add_candidate(in, str_from(in->options->file[i]));
    TRY(S_look_at_all(in, err));
    S_build(in);
    S_report(in);
    TRY(S_check_key(in, err));
    TRY(S_write_config(in, err));
    TRY(S_write_key(in, &key_file, err));
    TRY(S_write_ignore(in, key_file, err));
    json_t *result = S_result(in, key_file);
    *json = json_text(result);
    json_decref(result);
    return IDEM_OK;
}

enum idem_status idem_init(const struct idem_init_options *options, char **json, struct idem_error *err)
{
    struct init in = {.options = options, .config_path = options->config_path ? options->config_path : DEFAULT_CONFIG};
    *json = NULL;
    in.folder = file_folder(&in.arena, str_from(in.config_path));
    in.candidate = ARENA_NEW(&in.arena, struct candidate, options->n_files);
    in.written = json_array();
    in.check = json_array();
    in.notes = json_array();
    in.sources = json_array();
    enum idem_status status = S_init(&in, json, err);
    for (size_t i = 0; i < in.n; i++) {
        survey_deinit(&in.candidate[i].survey);
        json_decref(in.candidate[i].source);
    }
    json_decref(in.root);
    json_decref(in.written);
    json_decref(in.check);
    json_decref(in.notes);
    json_decref(in.sources);
    arena_deinit(&in.arena);
    return status;
}
