/*
 * The first stages of a run by themselves: sources read, normalised, put in order; no database. Prints seconds and
 * processor time of each step, memory, what holds it, and a digest of all records, which no change for speed alters.
 * Not part of the default build:
 *
 *   ninja bench_load && ./bench_load idem.json [threads]
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "engine/load.h"
#include "record/pack.h"

struct times {
    double wall, user, system;
};

static double S_seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static struct times S_now(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (struct times){clock_seconds(), S_seconds(u.ru_utime), S_seconds(u.ru_stime)};
}

static void S_tell(const char *what, const struct times *from)
{
    struct times now = S_now();
    printf("%-10s %7.3f s wall %7.3f s user %7.3f s system\n", what, now.wall - from->wall, now.user - from->user,
           now.system - from->system);
}

static double S_mb(size_t bytes)
{
    return (double)bytes / 1e6;
}

/* Memory that the process holds now, in MB. */
static double S_resident(void)
{
    unsigned long all, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%lu %lu", &all, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return (double)resident * 4096 / 1e6;
}

static void S_tell_column(const char *kind, const struct column *c)
{
    printf("   %-4s %8u values %6.1f MB texts %6.1f MB places %6.1f MB ids %6.1f MB sets\n", kind, c->dict.n,
           S_mb((size_t)c->dict.next * DICT_UNIT), S_mb(c->dict.room * sizeof *c->dict.at), S_mb(c->room * sizeof *c->id),
           S_mb(c->sets_room * sizeof *c->set_at + c->set_ids_room * sizeof *c->set_id));
}

static void S_tell_memory(const struct load *l)
{
    struct rusage u;
    for (unsigned f = 0; f < l->batch.schema->n_fields; f++) {
        printf("%.*s\n", STR_ARG(l->batch.schema->field[f].name));
        S_tell_column("raw", &l->batch.raw[f]);
        S_tell_column("norm", &l->batch.norm[f]);
    }
    getrusage(RUSAGE_SELF, &u);
    printf("record ids %.1f MB, load %.1f MB, resident %.1f MB, peak %.1f MB\n", S_mb(arena_held(&l->batch.id_arena)),
           S_mb(arena_held(&l->arena)), S_resident(), (double)u.ru_maxrss / 1e3);
}

/* Of every row: what it is packed as, and the numbers of its values. */
static void S_tell_digests(const struct load *l)
{
    const struct batch *b = &l->batch;
    uint64_t packed = 0, ids = 0;
    struct buf bytes = {0};
    for (uint32_t row = 0; row < b->n_rows; row++) {
        buf_clear(&bytes);
        record_pack(b, row, &bytes);
        packed = hash_combine(packed, hash_str_seed(buf_view(&bytes), hash_str(b->record_id[row])));
        for (unsigned f = 0; f < b->schema->n_fields; f++)
            for (unsigned kind = 0; kind < 2; kind++) {
                const uint32_t *id;
                uint32_t n = column_ids(kind ? &b->norm[f] : &b->raw[f], row, &id);
                for (uint32_t i = 0; i < n; i++)
                    ids = hash_combine(ids, id[i]);
            }
    }
    printf("%u rows, records %016llx, ids %016llx\n", b->n_rows, (unsigned long long)packed, (unsigned long long)ids);
    buf_deinit(&bytes);
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    struct config *config;
    struct idem_error err = {0};
    struct load load;
    if (argc < 2 || config_load(argv[1], &arena, &config, &err) != IDEM_OK) {
        fprintf(stderr, "bench_load: %s\n", argc < 2 ? "CONFIG [THREADS]" : err.message);
        return 1;
    }
    struct load_options options = {.config = config,
                                   .threads = argc > 2 ? (unsigned)atoi(argv[2]) : parallel_cpus()};
    struct times start = S_now();
    if (load_sources(&options, &load, &err) != IDEM_OK) {
        fprintf(stderr, "bench_load: %s\n", err.message);
        return 1;
    }
    S_tell("load", &start);
    printf("   read %.3f s, encode %.3f s (wall)\n", load.read_seconds, load.normalise_seconds);
    start = S_now();
    load_settle(&load);
    S_tell("settle", &start);
    S_tell_memory(&load);
    S_tell_digests(&load);
    load_deinit(&load);
    arena_deinit(&arena);
    return 0;
}
