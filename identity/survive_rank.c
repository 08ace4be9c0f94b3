#include "identity/survive_rank.h"

#include <stdlib.h>

#include "base/hash.h"

struct str value_canon(const struct survive_value *value)
{
    return value->canon.len ? value->canon : value->raw;
}

uint64_t value_hash(const struct survive_value *value)
{
    return hash_str(value_canon(value));
}

int32_t value_quality(const struct survive_value *value)
{
    if (value->flags & NORM_GENERIC)
        return 0;
    return value->flags & NORM_INVALID ? 1 : 2;
}

uint32_t cell_best(const struct survive_cell *cell)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k < cell->n; k++)
        if (value_quality(&cell->value[k]) > value_quality(&cell->value[best]))
            best = k;
    return best;
}

size_t value_points(const struct survive_value *value)
{
    struct str text = value_canon(value);
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return n;
}

bool candidate_beats(const struct candidate *x, const struct candidate *y)
{
    if (x->quality != y->quality)
        return x->quality > y->quality;
    if (x->measure != y->measure)
        return x->measure > y->measure;
    if (x->of->priority != y->of->priority)
        return x->of->priority < y->of->priority;
    if (x->of->updated_at != y->of->updated_at)
        return x->of->updated_at > y->of->updated_at;
    if (x->of->rank != y->of->rank)
        return x->of->rank < y->of->rank;
    return x->position < y->position;
}

static int S_by_order(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return candidate_beats(y, x) - candidate_beats(x, y);
}

static int S_by_hash(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->of->rank != y->of->rank)
        return x->of->rank < y->of->rank ? -1 : 1;
    return (x->position > y->position) - (x->position < y->position);
}

void candidates_sort(struct candidate *candidate, size_t n)
{
    if (n > 1)
        qsort(candidate, n, sizeof *candidate, S_by_order);
}

int64_t candidate_time_measure(enum survivor_rule rule, const struct survive_member *of)
{
    if (rule == SURVIVE_RECENCY)
        return of->updated_at;
    if (rule != SURVIVE_FIRST)
        return 0;
    return of->updated_at == INT64_MIN ? INT64_MIN : -of->updated_at;
}

void candidates_count(struct candidate *candidate, size_t n)
{
    size_t end;
    if (n > 1)
        qsort(candidate, n, sizeof *candidate, S_by_hash);
    for (size_t i = 0; i < n; i = end) {
        int64_t members = 0;
        for (end = i; end < n && candidate[end].hash == candidate[i].hash; end++)
            members += end == i || candidate[end].member != candidate[end - 1].member;
        for (size_t k = i; k < end; k++)
            candidate[k].measure = members;
    }
}

size_t candidates_distinct(struct candidate *candidate, size_t n)
{
    size_t kept = 0;
    if (n > 1)
        qsort(candidate, n, sizeof *candidate, S_by_hash);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || candidate[i].hash != candidate[kept - 1].hash)
            candidate[kept++] = candidate[i];
        else if (candidate_beats(&candidate[i], &candidate[kept - 1]))
            candidate[kept - 1] = candidate[i];
    }
    candidates_sort(candidate, kept);
    return kept;
}
