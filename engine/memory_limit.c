#include "engine/memory_limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "matcher/block.h"

/* Measured on 100,000 to 1,000,000 generated customers: keys of ten to twenty rules, rows of ids, marks, pairs, and
 * what a few records take as well. */
enum {
    BYTES_A_RECORD = 400,
    LEAN_BYTES = 320,
    ROW_BYTES = 64,
    PAGED_BYTES = 130,
    BYTES_OF_FEW = 24 << 20,
    BYTES_TO_BEGIN = 32 << 20
};

static uint64_t S_page(void)
{
    long page = sysconf(_SC_PAGESIZE);
    return page > 0 ? (uint64_t)page : 4096;
}

uint64_t memory_default(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    return pages > 0 ? (uint64_t)pages * S_page() / 2 : UINT64_MAX;
}

uint64_t memory_held(void)
{
    char line[256], *rest = line;
    uint64_t pages[3]; /* all, resident, shared */
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file || !fgets(line, sizeof line, file))
        line[0] = 0;
    if (file)
        fclose(file);
    for (size_t i = 0; i < 3; i++)
        pages[i] = strtoull(rest, &rest, 10);
    return pages[1] > pages[2] ? (pages[1] - pages[2]) * S_page() : 0;
}

uint64_t memory_for_training(uint64_t n_records)
{
    return BYTES_OF_FEW + n_records * BYTES_A_RECORD;
}

uint64_t memory_for_lean(uint64_t n_records)
{
    return n_records * LEAN_BYTES;
}

uint64_t memory_for_paged(uint64_t n_records)
{
    return BYTES_OF_FEW / 2 + n_records * PAGED_BYTES;
}

/* Of all rules together, or of a slim set the largest there is room for. */
static uint64_t S_most_keys(const struct key_set *keys)
{
    uint64_t most = 0;
    for (unsigned r = 0; r < keys->n_rules && !keys->slim; r++)
        most = keys->rule[r].at[keys->n_rows] > most ? keys->rule[r].at[keys->n_rows] : most;
    return keys->slim ? keys->n_rows : most;
}

uint64_t memory_for_matching(const struct key_set *keys, double edges)
{
    uint64_t most = S_most_keys(keys);
    /* rows, their marks; entries of one rule and as many to sort them; each edge in the list, twice in its index */
    double bytes = (double)keys->n_rows * (ROW_BYTES + 16 + 4.0 * keys->n_rules) + 2.0 * (double)most * 16 +
                   edges * (2 * sizeof(struct edge) + 2 * sizeof(void *));
    return (uint64_t)bytes;
}

static uint64_t S_allowed(uint64_t limit)
{
    return limit ? limit : memory_default();
}

bool memory_fits(uint64_t limit, uint64_t more)
{
    return memory_held() + more <= S_allowed(limit);
}

enum idem_status memory_check_start(uint64_t limit, struct idem_error *err)
{
    const uint64_t mb = 1000 * 1000, least = memory_held() + BYTES_TO_BEGIN;
    if (least <= limit)
        return IDEM_OK;
    return error_set(err, IDEM_LIMIT,
                     "a run takes at least --memory %lluM and --memory allows %llu MB; nothing was written",
                     (unsigned long long)((least + mb - 1) / mb), (unsigned long long)(limit / mb));
}

enum idem_status memory_check(uint64_t limit, uint64_t peak, uint64_t more, uint64_t n_records, struct idem_error *err)
{
    const uint64_t mb = 1000 * 1000;
    uint64_t allowed = S_allowed(limit), needed = memory_held() + more;
    needed = needed > peak ? needed : peak;
    if (needed <= allowed)
        return IDEM_OK;
    return error_set(err, IDEM_LIMIT,
                     "matching %llu records takes at least --memory %lluM, with all put on disk that can be, and "
                     "--memory allows %llu MB; nothing was written: allow more, or read fewer sources at a time with "
                     "--only",
                     (unsigned long long)n_records, (unsigned long long)((needed + mb - 1) / mb),
                     (unsigned long long)(allowed / mb));
}
