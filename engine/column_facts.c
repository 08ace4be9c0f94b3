#include "engine/column_facts.h"

#include <stdlib.h>

#include "base/hash.h"

enum { LONGEST_CATEGORY = 40, FIRST_SLOTS = 256 };

void column_facts_init(struct column_facts *f, struct str name, uint64_t most_distinct)
{
    *f = (struct column_facts){.most_distinct = most_distinct, .distinct_exact = true, .min_len = SIZE_MAX};
    f->least = INT64_MAX;
    f->greatest = INT64_MIN;
    f->name = str_copy(&f->arena, name);
    f->slots = FIRST_SLOTS;
    f->hash = xcalloc(f->slots, sizeof *f->hash);
    f->count = xcalloc(f->slots, sizeof *f->count);
}

void column_facts_deinit(struct column_facts *f)
{
    if (!f)
        return;
    free(f->hash);
    free(f->count);
    free(f->shape);
    map_deinit(&f->shape_index);
    buf_deinit(&f->shape_text);
    arena_deinit(&f->arena);
    *f = (struct column_facts){0};
}

void column_facts_row(struct column_facts *f)
{
    f->rows++;
}

/* ------------------------------------------------------------------ distinct values */

static size_t S_slot(const struct column_facts *f, uint64_t hash)
{
    size_t at = hash & (f->slots - 1);
    while (f->hash[at] && f->hash[at] != hash)
        at = (at + 1) & (f->slots - 1);
    return at;
}

static void S_grow(struct column_facts *f)
{
    uint64_t *hash = f->hash;
    uint32_t *count = f->count;
    size_t slots = f->slots;
    f->slots *= 2;
    f->hash = xcalloc(f->slots, sizeof *f->hash);
    f->count = xcalloc(f->slots, sizeof *f->count);
    for (size_t i = 0; i < slots; i++)
        if (hash[i]) {
            size_t at = S_slot(f, hash[i]);
            f->hash[at] = hash[i];
            f->count[at] = count[i];
        }
    free(hash);
    free(count);
}

static void S_distinct(struct column_facts *f, struct str value)
{
    uint64_t hash = hash_str(value) | 1;
    size_t at = S_slot(f, hash);
    if (f->hash[at]) {
        f->repeated++;
        f->count[at] += f->count[at] < UINT32_MAX;
        return;
    }
    if (f->distinct >= f->most_distinct) {
        f->distinct_exact = false;
        return;
    }
    f->hash[at] = hash;
    f->count[at] = 1;
    f->distinct++;
    if (f->distinct * 2 > f->slots)
        S_grow(f);
}

bool column_has_hash(const struct column_facts *f, uint64_t hash)
{
    return f->hash[S_slot(f, hash | 1)] != 0;
}

static void S_category(struct column_facts *f, struct str value)
{
    if (f->many)
        return;
    for (unsigned i = 0; i < f->n_categories; i++)
        if (str_eq(f->category[i], value)) {
            f->category_n[i]++;
            return;
        }
    if (f->n_categories == MOST_CATEGORIES || value.len > LONGEST_CATEGORY) {
        f->many = true;
        return;
    }
    f->category_n[f->n_categories] = 1;
    f->category[f->n_categories++] = str_copy(&f->arena, value);
}

/* ------------------------------------------------------------------ shapes, lengths, numbers */

static void S_shape(struct column_facts *f, struct str value)
{
    buf_clear(&f->shape_text);
    value_shape(value, &f->shape_text);
    struct str shape = buf_view(&f->shape_text);
    uint32_t *known = map_find(&f->shape_index, shape);
    if (known) {
        f->shape[*known].n++;
        return;
    }
    if (f->n_shapes == MOST_SHAPES) {
        f->other_shapes++;
        return;
    }
    map_add(&f->shape_index, shape, (uint32_t)f->n_shapes);
    if ((f->n_shapes & (f->n_shapes - 1)) == 0)
        f->shape = xrealloc(f->shape, (f->n_shapes ? f->n_shapes * 2 : 1) * sizeof *f->shape);
    f->shape[f->n_shapes++] = (struct shape_count){str_copy(&f->arena, shape), 1};
}

static void S_dates(struct column_facts *f, struct str value)
{
    struct date_numbers d;
    if (!value_date_numbers(value, &d))
        return;
    f->dates++;
    if (d.digits[0] == 4) {
        f->year_first++;
        return;
    }
    f->first_over_12 += d.value[0] > 12 && d.value[0] <= 31;
    f->second_over_12 += d.value[1] > 12 && d.value[1] <= 31;
    f->two_digit_years += d.digits[2] == 2;
}

/* Calling codes have one digit (1, 7), two, or three: no code is the beginning of another. */
static void S_calling_code(struct column_facts *f, struct str value)
{
    static const char TWO[] =
        "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 "
        "81 82 84 86 90 91 92 93 94 95 98 ";
    char digit[4] = {0};
    size_t n = 0, at = value.ptr[0] == '+' ? 1 : 2;
    for (; at < value.len && n < 3; at++)
        if (value.ptr[at] >= '0' && value.ptr[at] <= '9')
            digit[n++] = value.ptr[at];
    if (n < 3)
        return;
    bool two = str_find(str_from(TWO), (struct str){(const char[]){digit[0], digit[1], ' '}, 3}) != SIZE_MAX;
    size_t len = digit[0] == '1' || digit[0] == '7' ? 1 : two ? 2 : 3;
    unsigned code = 0;
    for (size_t i = 0; i < len; i++)
        code = code * 10 + (unsigned)(digit[i] - '0');
    f->calling[code]++;
}

static void S_integer(struct column_facts *f, struct str value)
{
    bool minus = value.ptr[0] == '-';
    uint64_t number;
    if (!str_to_u64(str_sub(value, minus, value.len), &number) || number > INT64_MAX)
        return;
    int64_t n = minus ? -(int64_t)number : (int64_t)number;
    if (n < f->least)
        f->least = n;
    if (n > f->greatest)
        f->greatest = n;
}

static void S_bytes(struct column_facts *f, struct str raw, struct str value)
{
    bool high = false;
    for (size_t i = 0; i < value.len && !high; i++)
        high = (unsigned char)value.ptr[i] >= 0x80;
    f->not_ascii += high;
    f->replaced +=
        high && (str_find(value, STR("\xEF\xBF\xBD")) != SIZE_MAX || str_find(value, STR("Ã¼")) != SIZE_MAX ||
                 str_find(value, STR("Ã¶")) != SIZE_MAX || str_find(value, STR("Ã¤")) != SIZE_MAX ||
                 str_find(value, STR("Ã©")) != SIZE_MAX || str_find(value, STR("â€")) != SIZE_MAX);
    f->spaced += raw.len != value.len;
    f->total_len += value.len;
    if (value.len < f->min_len)
        f->min_len = value.len;
    if (value.len > f->max_len)
        f->max_len = value.len;
}

void column_facts_value(struct column_facts *f, const struct lexicon *words, struct str raw)
{
    struct str value = str_trim(raw);
    if (value.len == 0)
        return;
    uint64_t row = f->rows - 1;
    if (row < FILL_ROWS)
        f->filled_bits[row / 64] |= 1ULL << (row % 64);
    f->filled += f->last_filled != f->rows;
    f->last_filled = f->rows;
    f->values++;
    uint64_t kinds = value_kinds(words, value);
    for (unsigned k = 0; k < VALUE_KINDS; k++)
        f->kind[k] += kinds >> k & 1;
    S_bytes(f, raw, value);
    S_distinct(f, value);
    S_category(f, value);
    S_shape(f, value);
    if (value_is(kinds, VALUE_DATE))
        S_dates(f, value);
    if (value_is(kinds, VALUE_INTEGER))
        S_integer(f, value);
    if (value_is(kinds, VALUE_PHONE_PLUS))
        S_calling_code(f, value);
}

/* ------------------------------------------------------------------ questions */

double column_share(const struct column_facts *f, enum value_kind kind)
{
    return f->values ? (double)f->kind[kind] / (double)f->values : 0;
}

bool column_unique(const struct column_facts *f)
{
    return f->rows > 0 && f->filled == f->rows && f->repeated == 0;
}

static unsigned S_bits(uint64_t word)
{
    return (unsigned)__builtin_popcountll(word);
}

uint64_t column_both_filled(const struct column_facts *a, const struct column_facts *b)
{
    uint64_t n = 0;
    for (size_t i = 0; i < COUNT_OF(a->filled_bits); i++)
        n += S_bits(a->filled_bits[i] & b->filled_bits[i]);
    return n;
}

uint64_t column_only_filled(const struct column_facts *a, const struct column_facts *b)
{
    uint64_t n = 0;
    for (size_t i = 0; i < COUNT_OF(a->filled_bits); i++)
        n += S_bits(a->filled_bits[i] & ~b->filled_bits[i]);
    return n;
}

uint64_t column_frequent(const struct column_facts *f, uint32_t times)
{
    uint64_t n = 0;
    for (size_t i = 0; i < f->slots; i++)
        n += f->count[i] > times;
    return n;
}
