/*
 * Scoring by itself: sources read and a model trained as a first run does, then all candidate pairs walked and scored,
 * several times. Prints seconds, nanoseconds a pair and pairs a second, and a digest of all edges and clusters, which
 * no change for speed alters. Not part of the default build:
 *
 *   ninja bench_score && ./bench_score idem.json [threads] [rounds]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/fmath.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "engine/matching.h"

enum { FLOOR_BITS = -10 };

struct job {
    struct load load;
    struct model model;
    struct key_set keys;
    struct scorer scorer, trained;
    unsigned threads;
};

struct spent {
    double wall, processor;
};

static double S_processor(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct spent S_now(void)
{
    return (struct spent){clock_seconds(), S_processor()};
}

static void S_tell(const char *what, const struct spent *from, uint64_t pairs)
{
    struct spent now = S_now();
    double wall = now.wall - from->wall, processor = now.processor - from->processor;
    printf("%-28s %7.3f s wall %7.3f s processor", what, wall, processor);
    if (pairs)
        printf("  %6.0f ns a pair, %6.2f million pairs a second", processor / (double)pairs * 1e9,
               (double)pairs / wall / 1e6);
    printf("\n");
}

static void S_pass(void *context, unsigned worker, const struct row_pair *pair, size_t n, uint32_t rule,
                   struct edge_list *out)
{
    (void)context;
    (void)worker;
    (void)pair;
    (void)n;
    (void)rule;
    (void)out;
}

static void S_score(void *context, unsigned worker, const struct row_pair *pair, size_t n, uint32_t rule,
                    struct edge_list *out)
{
    enum { SOME = 512 };
    const struct job *j = context;
    int32_t weight[SOME];
    for (size_t from = 0; from < n; from += SOME) {
        size_t here = n - from < SOME ? n - from : SOME;
        scorer_score_pairs(&j->scorer, worker, pair + from, here, FLOOR_BITS * WEIGHT_ONE, weight);
        for (size_t k = 0; k < here; k++)
            if (weight[k] != SCORE_NEVER)
                edge_list_add(out, (struct edge){pair[from + k].a, pair[from + k].b, weight[k], rule});
    }
}

static uint64_t S_walk(struct job *j, pairs_fn *visit, struct edge_list *edges, uint64_t *met)
{
    struct block_losses losses = {0};
    struct block_walk walk = {.model = &j->model,
                              .batch = &j->load.batch,
                              .keys = &j->keys,
                              .threads = j->threads,
                              .one_in = 1,
                              .met = met,
                              .visit = visit,
                              .context = j};
    return block_walk(&walk, edges, &losses);
}

static void S_tell_digests(struct job *j, const struct edge_list *edges)
{
    uint64_t edge = 0, cluster = 0;
    struct cluster_result clusters;
    struct cluster_input in = {.scorer = &j->scorer, .edge = edges->edge, .n_edges = edges->n, .threads = j->threads};
    struct spent start = S_now();
    cluster_records(&in, &clusters);
    S_tell("clusters", &start, 0);
    for (size_t i = 0; i < edges->n; i++) {
        const struct edge *e = &edges->edge[i];
        edge = hash_combine(edge,
                            hash_combine((uint64_t)e->a << 32 | e->b, (uint64_t)(uint32_t)e->weight << 32 | e->rule));
    }
    for (uint32_t row = 0; row < j->load.batch.n_rows; row++)
        cluster = hash_combine(cluster, clusters.cluster[row]);
    printf("%zu edges %016llx, %u clusters %016llx\n", edges->n, (unsigned long long)edge, clusters.n_clusters,
           (unsigned long long)cluster);
    cluster_result_deinit(&clusters);
}

/* The first round takes the scorer that trained, as a first run does. */
static void S_scorer(struct job *j)
{
    struct spent start = S_now();
    if (j->trained.row) {
        j->scorer = j->trained;
        j->trained = (struct scorer){0};
        scorer_trained(&j->scorer, &j->model);
        S_tell("scorer trained", &start, 0);
        return;
    }
    scorer_init(&j->scorer, &j->model, &j->load.batch, j->threads);
    S_tell("scorer made", &start, 0);
}

static void S_round(struct job *j, bool last)
{
    struct edge_list none = {0}, edges = {0};
    S_scorer(j);
    struct spent start = S_now();
    uint64_t met, pairs = S_walk(j, S_pass, &none, &met);
    S_tell("pairs walked", &start, pairs);
    start = S_now();
    S_walk(j, S_score, &edges, NULL);
    S_tell("pairs walked and scored", &start, pairs);
    if (last) {
        struct edge_list again = {0};
        start = S_now();
        S_walk(j, S_score, &again, NULL);
        S_tell("the same by a warm scorer", &start, pairs);
        edge_list_deinit(&again);
        printf("%llu pairs, met %llu times\n", (unsigned long long)pairs, (unsigned long long)met);
        struct config any = {.match = {.kind = THRESHOLD_AUTO}, .review = {.kind = THRESHOLD_AUTO}};
        matching_thresholds(&any, &j->model, &edges);
        S_tell_digests(j, &edges);
    }
    edge_list_deinit(&none);
    edge_list_deinit(&edges);
    scorer_deinit(&j->scorer);
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    struct config *config;
    struct idem_error err = {0};
    static struct job job;
    if (argc < 2 || config_load(argv[1], &arena, &config, &err) != IDEM_OK) {
        fprintf(stderr, "bench_score: %s\n", argc < 2 ? "CONFIG [THREADS] [ROUNDS]" : err.message);
        return 1;
    }
    job.threads = argc > 2 ? (unsigned)atoi(argv[2]) : parallel_cpus();
    int rounds = argc > 3 ? atoi(argv[3]) : 2;
    struct load_options options = {.config = config, .threads = job.threads};
    if (load_sources(&options, &job.load, &err) != IDEM_OK) {
        fprintf(stderr, "bench_score: %s\n", err.message);
        return 1;
    }
    load_settle(&job.load);
    struct spent start = S_now();
    if (matching_train(config, &job.load.batch, job.threads, NULL, &arena, &job.model, &job.keys, &job.trained, &err) !=
        IDEM_OK) {
        fprintf(stderr, "bench_score: %s\n", err.message);
        return 1;
    }
    S_tell("trained", &start, 0);
    for (int i = 0; i < rounds; i++)
        S_round(&job, i + 1 == rounds);
    key_set_deinit(&job.keys);
    load_deinit(&job.load);
    arena_deinit(&arena);
    return 0;
}
