/*
 * Compares random pairs of the lines of standard input, as values of one type, and prints nanoseconds a comparison:
 * those of values that are normalised and at hand, as the matcher makes them when two ids differ. Not part of the
 * default build:
 *
 *   ninja bench_compare && cut -d, -f4 crm.csv | sort -u | ./bench_compare email [country] [pairs]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "matcher/compare.h"
#include "normalize/normalize.h"

struct values {
    struct arena arena;
    struct norm *norm;
    size_t n, room;
};

static void S_read(struct normalizer *n, enum field_type type, const struct norm_context *context, struct values *v)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t len;
    while ((len = getline(&text, &room, stdin)) > 0) {
        struct norm norm;
        struct str raw = str_copy(&v->arena, str_trim((struct str){text, (size_t)len}));
        normalize_value(n, type, context, raw, &v->arena, &norm);
        if (!norm.form[NORM_CANON].len)
            continue;
        if (v->n == v->room) {
            v->room = v->room ? v->room * 2 : 1024;
            v->norm = xrealloc(v->norm, v->room * sizeof *v->norm);
        }
        v->norm[v->n++] = norm;
    }
    free(text);
}

/* Names are compared by all of a record's names at once. */
static unsigned S_level(enum comparison_kind kind, const struct norm *a, const struct norm *b)
{
    const struct compare_context context = {0};
    unsigned given, family;
    if (kind != CMP_GIVEN && kind != CMP_FAMILY)
        return compare_values(kind, &context, a, b);
    struct name_parts x, y;
    x.n_given = x.n_middle = x.n_family = y.n_given = y.n_middle = y.n_family = 0;
    if (kind == CMP_GIVEN) {
        x.given[x.n_given++] = *a;
        y.given[y.n_given++] = *b;
    } else {
        x.family[x.n_family++] = *a;
        y.family[y.n_family++] = *b;
    }
    compare_names(&x, &y, &given, &family);
    return kind == CMP_GIVEN ? given : family;
}

int main(int argc, char **argv)
{
    enum field_type type;
    enum comparison_kind kind;
    struct norm_context context = {.country = ""};
    struct normalizer *n = NULL;
    struct idem_error err = {0};
    struct values v = {0};
    size_t pairs = argc > 3 ? strtoull(argv[3], NULL, 10) : 1000000;
    if (argc < 2 || !field_type_parse(str_from(argv[1]), &type) || !comparison_kind_of(type, &kind) ||
        normalizer_new(&n, &err) != IDEM_OK) {
        fprintf(stderr, "usage: bench_compare TYPE [COUNTRY] [PAIRS] < values\n");
        return 1;
    }
    if (argc > 2 && strlen(argv[2]) == 2)
        memcpy(context.country, argv[2], 3);
    S_read(n, type, &context, &v);
    uint64_t state = 1, sum = 0;
    double start = clock_seconds();
    for (size_t i = 0; i < pairs && v.n; i++)
        sum += S_level(kind, &v.norm[random_below(&state, v.n)], &v.norm[random_below(&state, v.n)]);
    double seconds = clock_seconds() - start;
    printf("%s: %zu pairs of %zu values, %.0f ns a comparison, mean level %.3f\n", argv[1], pairs, v.n,
           seconds / (double)(pairs ? pairs : 1) * 1e9, (double)sum / (double)(pairs ? pairs : 1));
    normalizer_free(n);
    free(v.norm);
    arena_deinit(&v.arena);
    return 0;
}
