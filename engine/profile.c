/* idem profile: what the columns of files hold. Shapes only: no letter or digit of a value is shown. */
#include <stdlib.h>

#include "base/json.h"
#include "engine/guess.h"

enum { MOST_SHAPES_SHOWN = 5, FREQUENT = 20 };

/* ------------------------------------------------------------------ shapes */

static int S_by_count(const void *a, const void *b)
{
    const struct shape_count *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n ? 1 : -1) : str_cmp(x->shape, y->shape);
}

static json_t *S_shapes(struct column_facts *f)
{
    json_t *shapes = json_array();
    if (f->n_shapes)
        qsort(f->shape, f->n_shapes, sizeof *f->shape, S_by_count);
    for (size_t i = 0; i < f->n_shapes && i < MOST_SHAPES_SHOWN; i++) {
        json_t *shape = json_object();
        json_put_str(shape, "shape", f->shape[i].shape);
        json_put(shape, "share", json_real((double)f->shape[i].n / (double)f->values));
        json_array_append_new(shapes, shape);
    }
    return shapes;
}

/* ------------------------------------------------------------------ oddities */

struct oddities {
    json_t *list;
    struct arena *scratch;
    const struct column_facts *facts;
    const struct guess_column *guess;
};

static void S_odd(struct oddities *o, uint64_t n, const char *what)
{
    if (n)
        json_array_append_new(o->list, json_from_str(arena_printf(o->scratch, "%llu %s %s", (unsigned long long)n,
                                                                  n == 1 ? "value" : "values", what)));
}

static bool S_type_is(const struct oddities *o, const char *type)
{
    return o->guess->type && strcmp(o->guess->type, type) == 0;
}

static void S_odd_dates(struct oddities *o)
{
    const struct column_facts *f = o->facts;
    uint64_t open = f->dates - f->year_first;
    if (!S_type_is(o, "birth_date") && !S_type_is(o, "date") && !S_type_is(o, "timestamp"))
        return;
    if (f->first_over_12 && f->second_over_12)
        S_odd(o, f->first_over_12 < f->second_over_12 ? f->first_over_12 : f->second_over_12,
              f->first_over_12 < f->second_over_12 ? "with the day first, the rest with the month first"
                                                   : "with the month first, the rest with the day first");
    if (open && !f->first_over_12 && !f->second_over_12)
        S_odd(o, open, "in which day and month cannot be told apart");
    S_odd(o, f->two_digit_years, "with a year of two digits");
    if (f->year_first && open)
        S_odd(o, open < f->year_first ? open : f->year_first, "written in another order than the rest");
    S_odd(o, f->values - f->kind[VALUE_DATE], "that are no dates");
}

static void S_odd_types(struct oddities *o)
{
    static const struct {
        const char *type;
        enum value_kind kind;
        const char *what;
    } TYPES[] = {{"email", VALUE_EMAIL, "that are no e-mail addresses"},
                 {"phone", VALUE_PHONE, "that are no telephone numbers"},
                 {"given_name", VALUE_WORDS, "with digits or signs in a name"},
                 {"family_name", VALUE_WORDS, "with digits or signs in a name"}};
    for (size_t i = 0; i < COUNT_OF(TYPES); i++)
        if (S_type_is(o, TYPES[i].type))
            S_odd(o, o->facts->values - o->facts->kind[TYPES[i].kind], TYPES[i].what);
}

static json_t *S_oddities(const struct column_facts *f, const struct guess_column *guess, struct arena *scratch)
{
    struct oddities o = {json_array(), scratch, f, guess};
    S_odd(&o, f->spaced, "with white space at an end");
    S_odd(&o, f->kind[VALUE_PLACEHOLDER], "that look like placeholders");
    S_odd(&o, f->replaced, "with damaged characters: the file was written in another encoding than it is read in");
    S_odd_dates(&o);
    S_odd_types(&o);
    uint64_t frequent = column_frequent(f, FREQUENT);
    bool identifying =
        guess->use == USE_FIELD && (S_type_is(&o, "email") || S_type_is(&o, "phone") || S_type_is(&o, "identifier"));
    if (identifying && frequent)
        json_array_append_new(o.list, json_from_str(arena_printf(scratch, "values that appear more than %d times: %llu",
                                                                 FREQUENT, (unsigned long long)frequent)));
    if (f->n_categories == 1 && !f->many && f->values > 1)
        json_array_append_new(o.list, json_string("always the same value"));
    return o.list;
}

/* ------------------------------------------------------------------ columns and files */

static json_t *S_column(struct column_facts *f, const struct guess_column *guess, bool whole, struct arena *scratch)
{
    json_t *column = json_object();
    bool unknown = !f->distinct_exact;
    json_put_str(column, "name", f->name);
    json_put(column, "type", guess->type ? json_string(guess->type) : json_null());
    json_put(column, "field", guess->use == USE_FIELD ? json_string(guess->field) : json_null());
    json_put(column, "confidence",
             guess->type ? json_real((double)(int)(guess->confidence * 100 + 0.5) / 100) : json_null());
    json_put(column, "fill", f->rows ? json_real((double)f->filled / (double)f->rows) : json_null());
    json_put(column, "distinct", unknown ? json_null() : json_integer((json_int_t)f->distinct));
    json_put(column, "unique", unknown && !f->repeated ? json_null() : json_boolean(whole && column_unique(f)));
    json_put(column, "min_length", f->values ? json_integer((json_int_t)f->min_len) : json_null());
    json_put(column, "max_length", f->values ? json_integer((json_int_t)f->max_len) : json_null());
    json_put(column, "shapes", S_shapes(f));
    json_put(column, "oddities", S_oddities(f, guess, scratch));
    return column;
}

static enum idem_status S_file(const char *path, struct header_words *words, json_t *files, struct idem_error *err)
{
    struct survey s;
    struct guess g;
    struct arena scratch = {0};
    TRY(survey_file(path, UINT64_MAX, &s, err));
    guess_file(&s, words, (struct str){0}, &scratch, &g);
    json_t *file = json_object(), *columns = json_array();
    char delimiter[2] = {s.facts.delimiter, 0};
    json_put_str(file, "path", s.path);
    json_put_str(file, "format", s.facts.format == INGEST_JSONL ? STR("jsonl") : STR("csv"));
    json_put_str(file, "encoding", s.facts.encoding);
    json_put(file, "delimiter", s.facts.format == INGEST_JSONL ? json_null() : json_string(delimiter));
    json_put(file, "header", json_boolean(s.facts.has_header || s.facts.format == INGEST_JSONL));
    json_put(file, "rows", json_integer((json_int_t)s.rows));
    json_put(file, "rejected", json_integer((json_int_t)s.rejected));
    for (size_t i = 0; i < s.n_columns; i++)
        json_array_append_new(columns, S_column(&s.column[i], &g.column[i], s.whole, &scratch));
    json_put(file, "columns", columns);
    json_array_append_new(files, file);
    survey_deinit(&s);
    arena_deinit(&scratch);
    return IDEM_OK;
}

enum idem_status idem_profile(const char *const *file, size_t n_files, char **json, struct idem_error *err)
{
    struct header_words *words;
    *json = NULL;
    TRY(header_words_open(&words, err));
    json_t *result = json_object(), *files = json_array();
    json_put(result, "files", files);
    enum idem_status status = IDEM_OK;
    for (size_t i = 0; i < n_files && status == IDEM_OK; i++)
        status = S_file(file[i], words, files, err);
    if (status == IDEM_OK)
        *json = json_text(result);
    json_decref(result);
    header_words_close(words);
    return status;
}
