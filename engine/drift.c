#include "engine/drift.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/value_kind.h"

enum { MOST_DISTINCT = 2000, MOST_TOLD = 12, LEAST_VALUES = 100, LEAST_ROWS = 100 };

static const double FEWER_ROWS = 0.2, MORE_ROWS = 0.4, FILL_SHARE = 0.2, SHAPE_SHARE = 0.3;

/* ------------------------------------------------------------------ shapes */

void shape_tally_add_shape(struct shape_tally *t, struct str shape, uint64_t n)
{
    t->values += n;
    uint32_t *known = map_find(&t->index, shape);
    if (known) {
        t->count[*known] += n;
        return;
    }
    if (t->n == MOST_DISTINCT)
        return;
    if (!t->shape) {
        t->shape = xmalloc(MOST_DISTINCT * sizeof *t->shape);
        t->count = xmalloc(MOST_DISTINCT * sizeof *t->count);
    }
    map_add(&t->index, shape, t->n);
    t->shape[t->n] = str_copy(&t->arena, shape);
    t->count[t->n++] = n;
}

void shape_tally_add(struct shape_tally *t, struct str value)
{
    buf_clear(&t->text);
    value_shape(value, &t->text);
    shape_tally_add_shape(t, buf_view(&t->text), 1);
}

static bool S_before(const struct shape_tally *t, uint32_t a, uint32_t b)
{
    return t->count[a] != t->count[b] ? t->count[a] > t->count[b] : str_cmp(t->shape[a], t->shape[b]) < 0;
}

json_t *shape_tally_json(const struct shape_tally *t)
{
    json_t *o = json_object();
    uint32_t best[MOST_TOLD + 1];
    unsigned n = 0;
    if (t->values < LEAST_VALUES)
        return o;
    for (uint32_t i = 0; i < t->n; i++) {
        unsigned at = n;
        for (; at && S_before(t, i, best[at - 1]); at--)
            best[at] = best[at - 1];
        best[at] = i;
        n += n < MOST_TOLD;
    }
    for (unsigned i = 0; i < n; i++) {
        char key[64];
        snprintf(key, sizeof key, "%.*s", STR_ARG(t->shape[best[i]]));
        json_put(o, key, json_real((double)t->count[best[i]] / (double)t->values));
    }
    return o;
}

void shape_tally_deinit(struct shape_tally *t)
{
    map_deinit(&t->index);
    free(t->shape);
    free(t->count);
    buf_deinit(&t->text);
    arena_deinit(&t->arena);
    *t = (struct shape_tally){0};
}

/* What both name is compared; the rest of either counts as one shape more. */
double drift_distance(const json_t *shapes, const json_t *others)
{
    const char *shape;
    json_t *share;
    double common = 0, left = 1, right = 1;
    json_object_foreach((json_t *)(uintptr_t)shapes, shape, share)
    {
        double a = json_number_value(share), b = json_number_value(json_object_get(others, shape));
        common += a < b ? a : b;
        left -= a;
    }
    json_object_foreach((json_t *)(uintptr_t)others, shape, share) right -= json_number_value(share);
    common += left < right ? left : right;
    return common >= 1 ? 0 : 1 - common;
}

bool drift_file_breaks_off(const char *path)
{
    struct str name = str_from(path);
    char last[2] = "\n";
    if (str_eq(name, STR("-")) || str_ends(name, STR(".gz")) || str_ends(name, STR(".zst")))
        return false;
    int file = file_open(path, O_RDONLY, 0);
    if (file < 0)
        return false;
    off_t size = lseek(file, 0, SEEK_END);
    bool read = size >= 2 && file_read_full(file, last, 2, size - 2) == 2;
    close(file);
    return read && last[1] != '\n' && last[0] != '\n'; /* UTF-16 has a byte more */
}

/* ------------------------------------------------------------------ comparing */

struct comparison {
    const json_t *now, *before;
    json_t *found;
    struct arena arena;
};

static json_t *S_tell(struct comparison *c, const char *kind, const char *what, struct str name, struct str message)
{
    json_t *o = json_object();
    json_put_str(o, "kind", str_from(kind));
    if (what)
        json_put_str(o, what, name);
    json_put(o, "from", json_null());
    json_put(o, "to", json_null());
    json_put_str(o, "message", message);
    json_array_append_new(c->found, o);
    return o;
}

static void S_numbers(json_t *o, double from, double to)
{
    json_put(o, "from", json_real(from));
    json_put(o, "to", json_real(to));
}

static double S_number(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static void S_rows(struct comparison *c)
{
    double now = S_number(c->now, "rows"), last = S_number(c->before, "rows");
    if (last < LEAST_ROWS)
        return;
    double change = (now - last) / last;
    if (change >= -FEWER_ROWS && change <= MORE_ROWS)
        return;
    S_numbers(S_tell(c, "rows", NULL, (struct str){0},
                     arena_printf(&c->arena, "rows: %.0f, %.1f %% %s than in the last run (%.0f)", now,
                                  100 * (change < 0 ? -change : change), change < 0 ? "fewer" : "more", last)),
              last, now);
}

/* ------------------------------------------------------------------ columns */

static size_t S_place(const json_t *list, struct str name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_eq(json_str(json_array_get(list, i)), name))
            return i;
    return SIZE_MAX;
}

/* The field that the column was read into, or NULL. */
static const json_t *S_field_of(const json_t *facts, struct str column)
{
    const char *name;
    json_t *field;
    json_object_foreach(json_object_get(facts, "fields"), name, field)
    {
        if (S_place(json_object_get(field, "columns"), column) != SIZE_MAX)
            return field;
    }
    return NULL;
}

/* The shapes of a column now: those of the field it is read into, or those that the caller looked up. */
static const json_t *S_shapes(const struct comparison *c, struct str column)
{
    char *name = str_cstr((struct arena *)(uintptr_t)&c->arena, column);
    const json_t *field = S_field_of(c->now, column), *looked_up = json_object_get(c->now, "new_shapes");
    return field ? json_object_get(field, "shapes") : json_object_get(looked_up, name);
}

/* The new column that a missing one probably is: of the same shapes, or else of nearly the same name, or the only one
 * and at its place. */
static struct str S_successor(struct comparison *c, struct str missing, const json_t *fresh, size_t n_missing)
{
    const json_t *field = S_field_of(c->before, missing), *was = json_object_get(field, "shapes");
    const char **name = ARENA_NEW(&c->arena, const char *, json_array_size(fresh) + 1);
    size_t n = 0;
    double nearest = SHAPE_SHARE;
    struct str best = {0};
    for (size_t i = 0; i < json_array_size(fresh); i++) {
        struct str column = json_str(json_array_get(fresh, i));
        const json_t *is = S_shapes(c, column);
        bool known = json_object_size(was) && json_object_size(is);
        double apart = known ? drift_distance(was, is) : 1;
        if (apart < nearest) {
            nearest = apart;
            best = column;
        }
        if (!known || apart < SHAPE_SHARE)
            name[n++] = str_cstr(&c->arena, column);
    }
    const char *alike = json_nearest_key(missing, name, n);
    if (alike)
        return str_from(alike);
    if (best.len || n != 1 || n_missing != 1)
        return best;
    size_t place = S_place(json_object_get(c->now, "columns"), str_from(name[0]));
    return place == S_place(json_object_get(c->before, "columns"), missing) ? str_from(name[0]) : best;
}

/* Columns of `all` that `known` has not. */
static json_t *S_without(const json_t *all, const json_t *known)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(all); i++)
        if (S_place(known, json_str(json_array_get(all, i))) == SIZE_MAX)
            json_array_append(list, json_array_get(all, i));
    return list;
}

static void S_missing(struct comparison *c, struct str name, json_t *fresh, size_t n_missing)
{
    struct str successor = S_successor(c, name, fresh, n_missing);
    if (!successor.len) {
        S_tell(c, "column_missing", "column", name,
               arena_printf(&c->arena, "column \"%.*s\" was there in the last run and is gone", STR_ARG(name)));
        return;
    }
    json_t *o = S_tell(c, "column_renamed", "column", name,
                       arena_printf(&c->arena,
                                    "column \"%.*s\" was there in the last run and is gone: probably it is "
                                    "\"%.*s\" now",
                                    STR_ARG(name), STR_ARG(successor)));
    json_put_str(o, "from", name);
    json_put_str(o, "to", successor);
    json_array_remove(fresh, S_place(fresh, successor));
}

static void S_columns(struct comparison *c)
{
    const json_t *is = json_object_get(c->now, "columns"), *was = json_object_get(c->before, "columns");
    if (!json_array_size(is) || !json_array_size(was))
        return;
    json_t *fresh = S_without(is, was), *missing = S_without(was, is);
    for (size_t i = 0; i < json_array_size(missing); i++)
        S_missing(c, json_str(json_array_get(missing, i)), fresh, json_array_size(missing));
    for (size_t i = 0; i < json_array_size(fresh); i++) {
        struct str name = json_str(json_array_get(fresh, i));
        S_tell(c, "column_new", "column", name,
               arena_printf(&c->arena, "column \"%.*s\" is new since the last run", STR_ARG(name)));
    }
    json_decref(fresh);
    json_decref(missing);
}

/* ------------------------------------------------------------------ fields */

/* The shape whose share is the most above that in `others`. */
static const char *S_grown(const json_t *shapes, const json_t *others)
{
    const char *shape, *most = "";
    json_t *share;
    double greatest = -1;
    json_object_foreach((json_t *)(uintptr_t)shapes, shape, share)
    {
        double more = json_number_value(share) - json_number_value(json_object_get(others, shape));
        if (more > greatest) {
            greatest = more;
            most = shape;
        }
    }
    return most;
}

static void S_field(struct comparison *c, const char *name, const json_t *now, const json_t *before)
{
    const json_t *is = json_object_get(now, "fill"), *was = json_object_get(before, "fill");
    double from = json_number_value(was), to = json_number_value(is);
    if (json_is_number(is) && json_is_number(was) && (to < from - FILL_SHARE || to > from + FILL_SHARE))
        S_numbers(S_tell(c, "fill", "field", str_from(name),
                         arena_printf(&c->arena, "filled in %.1f %% of the rows, in the last run in %.1f %%", 100 * to,
                                      100 * from)),
                  from, to);
    const json_t *shapes = json_object_get(now, "shapes"), *old = json_object_get(before, "shapes");
    double apart = json_object_size(shapes) && json_object_size(old) ? drift_distance(shapes, old) : 0;
    if (apart <= SHAPE_SHARE)
        return;
    const char *more = S_grown(shapes, old), *fewer = S_grown(old, shapes);
    json_t *o = S_tell(c, "shape", "field", str_from(name),
                       arena_printf(&c->arena,
                                    "%.1f %% of the values have another shape than in the last run: more are like "
                                    "\"%s\", fewer like \"%s\"",
                                    100 * apart, more, fewer));
    json_put_str(o, "from", str_from(fewer));
    json_put_str(o, "to", str_from(more));
}

json_t *drift_compare(const json_t *now, const json_t *before, bool whole)
{
    struct comparison c = {.now = now, .before = before, .found = json_array()};
    const char *name;
    json_t *field;
    if (whole)
        S_rows(&c);
    S_columns(&c);
    json_object_foreach(json_object_get(now, "fields"), name, field)
        S_field(&c, name, field, json_object_get(json_object_get(before, "fields"), name));
    arena_deinit(&c.arena);
    return c.found;
}
