/*
 * Writes a database as a first apply would (records, leaves, masters with provenance, candidate index), and measures
 * each part, then look-ups. Not part of the default build:
 *
 *   ninja bench_store && ./bench_store [records] [folder] [clear]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "store/segment.h"

enum { CHUNK = 16384, RULES = 6, VALUE_BYTES = 200 };

static struct idem_error S_err;

static void S_check(enum idem_status status)
{
    if (status == IDEM_OK)
        return;
    fprintf(stderr, "bench_store: %s\n", S_err.message);
    exit(1);
}

static double S_last;
static void S_lap(const char *what)
{
    double now = clock_seconds();
    if (what)
        printf("%-28s %7.3f s\n", what, now - S_last);
    S_last = now;
}

/* 200 bytes that compress no better than names and addresses would, different for each record. */
static void S_pack(void *context, size_t i, struct buf *out)
{
    const struct store_record *record = context;
    uint64_t state = (uint64_t)record[i].rid, value[VALUE_BYTES / 8];
    for (unsigned n = 0; n < COUNT_OF(value); n++)
        value[n] = random_next(&state);
    buf_add(out, value, sizeof value);
}

/* Masters are numbered by their first record: three of four records start one, the others join one of an earlier
 * source. */
static int64_t S_master_of(uint64_t k, int64_t first_mid)
{
    uint64_t earlier = k * 3 / 4;
    return first_mid + (int64_t)(k % 4 < 3 || !earlier ? earlier : hash_u64(k) % earlier);
}

static void S_fill(struct store_record *record, char (*id)[16], uint64_t from, size_t n, uint64_t records,
                   int64_t first_mid)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t k = from + i;
        int len = snprintf(id[i], sizeof id[i], "C-%07llu", (unsigned long long)(k % (records / 3 + 1)));
        record[i] = (struct store_record){.rid = (int64_t)k + 1,
                                          .source = (int64_t)(k / (records / 3 + 1)) + 1,
                                          .mid = S_master_of(k, first_mid),
                                          .record_id = {id[i], (size_t)len},
                                          .fingerprint = hash_u64(k + 1)};
    }
}

static void S_write_records(struct store *s, uint64_t records, unsigned threads)
{
    struct store_record *record = xcalloc(CHUNK, sizeof *record);
    char(*id)[16] = xcalloc(CHUNK, sizeof *id);
    store_take_rids(s, records);
    /* rids begin at 1: the first chunk is one shorter, so that chunks end where leaves do */
    size_t n;
    double leaves = 0, rows = 0;
    int64_t first_mid = store_take_mids(s, 0);
    for (uint64_t from = 0; from < records; from += n) {
        size_t whole = from ? CHUNK : CHUNK - 1;
        n = records - from < whole ? (size_t)(records - from) : whole;
        S_fill(record, id, from, n, records, first_mid);
        double start = clock_seconds();
        S_check(store_put_leaves(s, record, n, S_pack, record, 0, threads, &S_err));
        double middle = clock_seconds();
        S_check(store_put_records(s, record, n, &S_err));
        leaves += middle - start;
        rows += clock_seconds() - middle;
    }
    printf("%-28s %7.3f s\n%-28s %7.3f s\n", "leaves", leaves, "record rows", rows);
    free(record);
    free(id);
}

static void S_write_masters(struct store *s, uint64_t masters)
{
    struct store_master *master = xcalloc(CHUNK, sizeof *master);
    char prov[12] = "provenance";
    int64_t mid = store_take_mids(s, masters);
    for (uint64_t from = 0; from < masters; from += CHUNK) {
        size_t n = masters - from < CHUNK ? (size_t)(masters - from) : CHUNK;
        for (size_t i = 0; i < n; i++) {
            master[i] = (struct store_master){.mid = mid + (int64_t)(from + i), .n = 1, .prov = {prov, sizeof prov}};
            uint64_t high = (0x0193000000000000ULL | (from + i)), low = hash_u64(from + i + 77);
            for (unsigned b = 0; b < 8; b++) {
                master[i].uuid[b] = (uint8_t)(high >> (56 - 8 * b));
                master[i].uuid[8 + b] = (uint8_t)(low >> (56 - 8 * b));
            }
        }
        S_check(store_put_masters(s, master, n, &S_err));
    }
    free(master);
}

static void S_write_segments(struct store *s, uint64_t records, unsigned threads)
{
    struct key_row *entry = xmalloc(records * sizeof *entry), *scratch = xmalloc(records * sizeof *scratch);
    double total = 0;
    for (unsigned rule = 0; rule < RULES; rule++) {
        for (uint64_t i = 0; i < records; i++)
            entry[i] = (struct key_row){hash_u64(i * 3 / 4 * RULES + rule), (uint32_t)(i + 1)};
        double start = clock_seconds();
        S_check(segment_put(s, rule, entry, scratch, records, threads, &S_err));
        total += clock_seconds() - start;
    }
    printf("%-28s %7.3f s\n", "segments", total);
    free(entry);
    free(scratch);
}

static void S_read_back(struct store *s, uint64_t records, unsigned threads)
{
    enum { LOOKUPS = 200000 };
    char text[16], uuid[37];
    uint64_t state = 1;
    static const char *const names[] = {"crm", "billing", "support"};
    S_check(store_snapshot_begin(s, &S_err));
    S_lap(NULL);
    for (unsigned i = 0; i < LOOKUPS; i++) {
        uint64_t k = random_below(&state, records);
        int len = snprintf(text, sizeof text, "C-%07llu", (unsigned long long)(k % (records / 3 + 1)));
        S_check(store_lookup(s, str_from(names[k / (records / 3 + 1)]), (struct str){text, (size_t)len}, uuid, &S_err));
    }
    double seconds = clock_seconds() - S_last;
    printf("%-28s %7.0f /s\n", "look-ups in a snapshot", LOOKUPS / seconds);
    int64_t rid[64];
    S_lap(NULL);
    for (unsigned i = 0; i < 20000; i++) {
        size_t n = 0;
        uint64_t k = random_below(&state, records);
        S_check(segment_probe(s, i % RULES, hash_u64(k * 3 / 4 * RULES + i % RULES), rid, COUNT_OF(rid), &n, &S_err));
        if (!n)
            abort();
    }
    printf("%-28s %7.1f us\n", "segment probe", (clock_seconds() - S_last) * 1e6 / 20000);
    struct store_read_options options = {.values = true, .threads = threads};
    struct store_cursor *c;
    bool more = true;
    S_lap(NULL);
    S_check(store_records_open(s, &options, &c, &S_err));
    while (more) {
        struct store_record record;
        S_check(store_records_next(c, &record, &more, &S_err));
    }
    store_records_close(c);
    S_lap("all records with values");
    options.values = false;
    more = true;
    S_check(store_records_open(s, &options, &c, &S_err));
    while (more) {
        struct store_record record;
        S_check(store_records_next(c, &record, &more, &S_err));
    }
    store_records_close(c);
    S_lap("all records, rows only");
    store_snapshot_end(s);
}

int main(int argc, char **argv)
{
    uint64_t records = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    const char *folder = argc > 2 ? argv[2] : "/tmp";
    bool clear = argc > 3;
    unsigned threads = parallel_cpus();
    char path[500], key[500];
    snprintf(path, sizeof path, "%s/bench_store-%d.db", folder, (int)getpid());
    snprintf(key, sizeof key, "%s/bench_store-%d.key", folder, (int)getpid());
    struct keyring *keys = NULL;
    if (!clear) {
        S_check(seal_key_file_create(key, &S_err));
        S_check(keyring_open(key, &keys, &S_err));
    }
    double start = clock_seconds();
    S_last = start;
    struct store *s;
    struct store_create_options options = {.path = path, .keys = keys, .normaliser = STR("bench"), .now_ms = 1};
    S_check(store_create(&options, &s, &S_err));
    static const char *const names[] = {"crm", "billing", "support"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        S_check(store_put_source(s, &(struct store_source){.name = str_from(names[i])}, &S_err));
    S_write_records(s, records, threads);
    S_lap(NULL);
    S_write_masters(s, records * 3 / 4);
    S_lap("masters");
    S_write_segments(s, records, threads);
    S_lap("segments with making keys");
    struct store_run run = {.committed = true};
    S_check(store_put_run(s, &run, &S_err));
    S_check(store_commit(s, &S_err));
    S_lap("indexes, commit, sync");
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%-28s %7.3f s, CPU %.2f s, %lld MB file, %ld MB memory\n", "all", clock_seconds() - start,
           (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 + (double)usage.ru_stime.tv_sec +
               (double)usage.ru_stime.tv_usec / 1e6,
           (long long)file_size(path) >> 20, usage.ru_maxrss >> 10);
    store_close(s);
    S_check(store_open(&(struct store_options){.path = path, .keys = keys}, &s, &S_err));
    S_read_back(s, records, threads);
    store_close(s);
    keyring_close(keys);
    if (!getenv("KEEP"))
        unlink(path);
    unlink(key);
    return 0;
}
