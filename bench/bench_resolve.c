/*
 * One record at a time against a database that is there: search and resolve (dry-run, then written one by one) of
 * records given as JSON lines {data_source, record_id, fields}. Not part of the default build:
 *
 *   ninja bench_resolve && ./bench_resolve CONFIG DATABASE KEY LINES [WHAT]
 *
 * WHAT: letters of s (search), b (brief search of three), d (resolve, dry run), w (resolve, each record written
 * durably), g (in groups of 16); default: sbd; with c: over a cache of records as the sessions of a service share,
 * filled before. The first tenth of the lines warms up and is not counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "idem.h"

enum { MOST_FIELDS_OF_LINE = 64 };

static struct idem_error S_err;

static void S_check(enum idem_status status)
{
    if (status == IDEM_OK)
        return;
    fprintf(stderr, "bench_resolve: %s\n", S_err.message);
    exit(1);
}

struct lines {
    struct arena arena;
    struct idem_str *line;
    size_t n;
};

static void S_read(const char *path, struct lines *l)
{
    struct str text, line;
    size_t room = 1;
    S_check(file_read(path, SIZE_MAX / 2, &l->arena, &text, &S_err));
    for (size_t i = 0; i < text.len; i++)
        room += text.ptr[i] == '\n';
    l->line = ARENA_NEW(&l->arena, struct idem_str, room);
    while (str_next_piece(&text, '\n', &line))
        if (line.len)
            l->line[l->n++] = (struct idem_str){line.ptr, line.len};
}

static int S_ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void S_tell(const char *what, double *seconds, size_t n)
{
    size_t from = n / 10;
    double *counted = seconds + from, sum = 0;
    n -= from;
    if (!n)
        return;
    qsort(counted, n, sizeof *counted, S_ascending);
    for (size_t i = 0; i < n; i++)
        sum += counted[i];
    printf("%-24s %7zu calls  p50 %8.1f us  p90 %8.1f us  p99 %8.1f us  mean %8.1f us\n", what, n, counted[n / 2] * 1e6,
           counted[n * 9 / 10] * 1e6, counted[n * 99 / 100] * 1e6, sum / (double)n * 1e6);
}

static void S_search(struct idem_resolver *r, struct idem_str line, bool brief)
{
    struct idem_field field[MOST_FIELDS_OF_LINE];
    struct idem_search_options options = {.brief = brief, .limit = brief ? 3 : 0};
    const char *name;
    json_t *object, *value;
    char *json;
    size_t n = 0;
    S_check(json_parse((struct str){line.ptr, line.len}, "line", &object, &S_err));
    json_object_foreach(json_object_get(object, "fields"), name, value)
    {
        if (n < MOST_FIELDS_OF_LINE && json_is_string(value))
            field[n++] =
                (struct idem_field){{name, strlen(name)}, {json_string_value(value), json_string_length(value)}};
    }
    S_check(idem_search(r, field, n, &options, &json, &S_err));
    idem_free(json);
    json_decref(object);
}

enum { RECORDS_OF_GROUP = 16, CACHE_BYTES = 192 << 20 };

static void S_resolve(struct idem_resolver *r, const struct idem_str *line, size_t n, bool dry_run)
{
    struct idem_resolve_options options = {.dry_run = dry_run, .by = "bench"};
    char *answers;
    size_t failed;
    S_check(idem_resolve(r, line, n, &options, &answers, &failed, &S_err));
    if (failed)
        fprintf(stderr, "%s", answers);
    idem_free(answers);
}

static const struct {
    char letter;
    const char *name;
} WAYS[] = {{'s', "search"},
            {'b', "search, brief"},
            {'d', "resolve, dry run"},
            {'w', "resolve, written"},
            {'g', "resolve, 16 written"}};

static bool S_go_on(void *context)
{
    (void)context;
    return false;
}

static void S_run(char **argv, const struct lines *l, char letter, const char *name, struct idem_cache *cache)
{
    bool writes = letter == 'w' || letter == 'g';
    struct idem_open_options open = {.config_path = argv[1],
                                     .db_path = argv[2],
                                     .key_path = argv[3],
                                     .mode = writes ? IDEM_WRITE : IDEM_READ,
                                     .cache = cache,
                                     .masked = true};
    struct idem_session *s;
    struct idem_resolver *r;
    double *seconds = xcalloc(l->n + 1, sizeof *seconds), start = clock_seconds();
    S_check(idem_open(&open, &s, &S_err));
    if (cache)
        S_check(idem_cache_fill(s, S_go_on, NULL, &S_err));
    S_check(idem_resolver_open(s, &r, &S_err));
    size_t step = letter == 'g' ? RECORDS_OF_GROUP : 1, calls = l->n / step;
    for (size_t i = 0; i < calls; i++) {
        double before = clock_seconds();
        if (letter == 's' || letter == 'b')
            S_search(r, l->line[i], letter == 'b');
        else
            S_resolve(r, l->line + i * step, step, letter == 'd');
        seconds[i] = clock_seconds() - before;
        if (i == 0)
            printf("%-24s first call %.1f ms after opening\n", name, (clock_seconds() - start) * 1e3);
    }
    S_tell(name, seconds, calls);
    idem_resolver_close(r);
    idem_close(s);
    free(seconds);
}

int main(int argc, char **argv)
{
    struct lines l = {.n = 0};
    struct idem_cache *cache = argc > 5 && strchr(argv[5], 'c') ? idem_cache_new(CACHE_BYTES) : NULL;
    if (argc < 5) {
        fprintf(stderr, "usage: bench_resolve CONFIG DATABASE KEY LINES [WHAT]\n");
        return 1;
    }
    S_read(argv[4], &l);
    for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++)
        if (strchr(argc > 5 ? argv[5] : "sbd", WAYS[i].letter))
            S_run(argv, &l, WAYS[i].letter, WAYS[i].name, cache);
    idem_cache_free(cache);
    arena_deinit(&l.arena);
    return 0;
}
