/*
 * Normalises the lines of standard input as values of one type, again and again, and prints nanoseconds a value. Not
 * part of the default build:
 *
 *   ninja bench_normalize && cut -d, -f7 crm.csv | sort -u | ./bench_normalize address [country] [rounds]
 *
 * For a type that splits (full_name, address) forms and pieces are measured together too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "normalize/normalize.h"

struct lines {
    struct arena arena;
    struct str *line;
    size_t n, room;
};

static void S_read(struct lines *l)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t len;
    while ((len = getline(&text, &room, stdin)) > 0) {
        if (l->n == l->room) {
            l->room = l->room ? l->room * 2 : 1024;
            l->line = xrealloc(l->line, l->room * sizeof *l->line);
        }
        l->line[l->n++] = str_copy(&l->arena, str_trim((struct str){text, (size_t)len}));
    }
    free(text);
}

static double S_normalize(struct normalizer *n, enum field_type type, const struct norm_context *context,
                          const struct lines *l, size_t *bytes)
{
    struct arena scratch = {0};
    struct buf packed = {0};
    double start = clock_seconds();
    for (size_t i = 0; i < l->n; i++) {
        struct norm value;
        arena_reset(&scratch);
        normalize_value(n, type, context, l->line[i], &scratch, &value);
        buf_clear(&packed);
        norm_pack(&value, &packed);
        *bytes += packed.len;
    }
    double seconds = clock_seconds() - start;
    arena_deinit(&scratch);
    buf_deinit(&packed);
    return seconds;
}

/* Forms and pieces at once, as a full name or an address is read. */
static double S_both(struct normalizer *n, enum field_type type, const struct norm_context *context,
                     const struct lines *l, size_t *pieces)
{
    struct arena scratch = {0};
    struct buf packed = {0};
    double start = clock_seconds();
    for (size_t i = 0; i < l->n; i++) {
        struct norm value;
        struct norm_piece piece[MOST_PIECES];
        arena_reset(&scratch);
        *pieces += normalize_both(n, type, context, l->line[i], &scratch, &value, piece);
        buf_clear(&packed);
        norm_pack(&value, &packed);
    }
    double seconds = clock_seconds() - start;
    arena_deinit(&scratch);
    buf_deinit(&packed);
    return seconds;
}

int main(int argc, char **argv)
{
    enum field_type type;
    struct norm_context context = {.country = ""};
    struct normalizer *n = NULL;
    struct idem_error err = {0};
    struct lines lines = {0};
    int rounds = argc > 3 ? atoi(argv[3]) : 3;
    if (argc < 2 || !field_type_parse(str_from(argv[1]), &type) || normalizer_new(&n, &err) != IDEM_OK) {
        fprintf(stderr, "usage: bench_normalize TYPE [COUNTRY] [ROUNDS] < values\n");
        return 1;
    }
    if (argc > 2 && strlen(argv[2]) == 2)
        memcpy(context.country, argv[2], 3);
    S_read(&lines);
    double best = 1e9, best_both = 1e9;
    size_t bytes = 0, pieces = 0;
    for (int i = 0; i < rounds && lines.n; i++) {
        double seconds = S_normalize(n, type, &context, &lines, &bytes);
        best = seconds < best ? seconds : best;
        if (type != FIELD_FULL_NAME && type != FIELD_ADDRESS)
            continue;
        seconds = S_both(n, type, &context, &lines, &pieces);
        best_both = seconds < best_both ? seconds : best_both;
    }
    double count = lines.n ? (double)lines.n : 1;
    printf("%s: %zu values, %.0f ns a value, %.0f values a second, %.1f bytes a value", argv[1], lines.n,
           best / count * 1e9, count / best, (double)bytes / rounds / count);
    if (pieces)
        printf("; with %.1f pieces a value %.0f ns", (double)pieces / rounds / count, best_both / count * 1e9);
    printf("\n");
    normalizer_free(n);
    free(lines.line);
    arena_deinit(&lines.arena);
    return 0;
}
