#include "record/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"

static const struct schema schema = {.n_fields = 3,
                                     .field = {{.name = STR("family_name"), .type = FIELD_FAMILY_NAME},
                                               {.name = STR("email"), .type = FIELD_EMAIL},
                                               {.name = STR("city"), .type = FIELD_CITY}}};

static void S_fill(struct batch *b, uint32_t rows, uint64_t *seed)
{
    for (uint32_t r = 0; r < rows; r++) {
        char id[32];
        int len = snprintf(id, sizeof id, "r%u", r);
        int64_t times[] = {INT64_MIN, 0, -1, 1763715480123, INT64_MAX / 4, INT64_MIN / 4};
        batch_append(b, (uint16_t)(r % 3), (struct str){id, (size_t)len}, times[random_below(seed, COUNT_OF(times))],
                     (enum entity_kind)random_below(seed, 4));
        for (unsigned f = 0; f < schema.n_fields; f++) {
            uint32_t raw[3], norm[3], n = (uint32_t)random_below(seed, 4);
            for (uint32_t i = 0; i < n; i++) {
                struct buf packed = {0};
                char text[32];
                struct str value = {text, (size_t)snprintf(text, sizeof text, "value %llu",
                                                           (unsigned long long)random_below(seed, 50))};
                struct norm form = {.form = {value}};
                norm_pack(&form, &packed);
                raw[i] = dict_add(&b->raw[f].dict, value, NULL);
                norm[i] = dict_add(&b->norm[f].dict, buf_view(&packed), NULL);
                buf_deinit(&packed);
            }
            column_append(&b->raw[f], raw, n);
            column_append(&b->norm[f], norm, n);
        }
    }
}

static void S_same_column(const struct column *a, const struct column *b, uint32_t row)
{
    const uint32_t *x, *y;
    uint32_t n = column_ids(a, row, &x);
    assert_int_equal(column_ids(b, row, &y), n);
    for (uint32_t i = 0; i < n; i++)
        assert_true(str_eq(dict_get(&a->dict, x[i]), dict_get(&b->dict, y[i])));
}

static void a_record_comes_back_from_its_packed_bytes(void **state)
{
    (void)state;
    enum { ROWS = 300 };
    struct batch b, back;
    uint64_t seed = 8;
    batch_init(&b, &schema);
    batch_init(&back, &schema);
    S_fill(&b, ROWS, &seed);
    for (uint32_t r = 0; r < ROWS; r++) {
        struct arena arena = {0};
        struct buf packed = {0}, again = {0};
        struct packed_record record;
        record_pack(&b, r, &packed);
        assert_true(record_unpack(buf_view(&packed), &arena, &record));
        record_append(&back, b.source[r], b.record_id[r], &record);
        assert_true(back.updated_at[r] == b.updated_at[r] && back.entity[r] == b.entity[r]);
        for (unsigned f = 0; f < schema.n_fields; f++) {
            S_same_column(&b.raw[f], &back.raw[f], r);
            S_same_column(&b.norm[f], &back.norm[f], r);
        }
        record_pack(&back, r, &again);
        assert_true(str_eq(buf_view(&packed), buf_view(&again)));
        for (size_t cut = 0; cut < packed.len; cut++)
            assert_false(record_unpack((struct str){packed.ptr, cut}, &arena, &record));
        buf_deinit(&packed);
        buf_deinit(&again);
        arena_deinit(&arena);
    }
    batch_deinit(&b);
    batch_deinit(&back);
    batch_deinit(&back);
}

static void damaged_bytes_are_refused_or_stay_within_their_bounds(void **state)
{
    (void)state;
    struct batch b;
    struct buf packed = {0};
    uint64_t seed = 9;
    batch_init(&b, &schema);
    S_fill(&b, 1, &seed);
    record_pack(&b, 0, &packed);
    for (int i = 0; i < 20000; i++) {
        struct arena arena = {0};
        struct packed_record record;
        struct str copy = str_copy(&arena, buf_view(&packed));
        char *bytes = (char *)(uintptr_t)copy.ptr;
        bytes[random_below(&seed, copy.len)] = (char)random_below(&seed, 256);
        if (record_unpack(copy, &arena, &record))
            for (unsigned f = 0; f < record.n_fields; f++)
                for (unsigned k = 0; k < record.field[f].n; k++) {
                    struct str raw = record.field[f].value[k].raw;
                    assert_true(raw.ptr >= copy.ptr && raw.ptr + raw.len <= copy.ptr + copy.len);
                }
        arena_deinit(&arena);
    }
    buf_deinit(&packed);
    batch_deinit(&b);
}

static void records_are_ordered_by_source_name_and_record_id(void **state)
{
    (void)state;
    struct batch b;
    static const struct {
        uint16_t source;
        const char *id;
    } order[] = {{1, ""}, {1, "A"}, {1, "AB"}, {1, "B"}, {0, "A"}, {2, "A"}};
    static const struct str names[] = {{"billing", 7}, {"accounts", 8}, {"crm", 3}};
    batch_init(&b, &schema);
    batch_set_sources(&b, names, COUNT_OF(names));
    for (size_t i = 0; i < COUNT_OF(order); i++)
        batch_append(&b, order[i].source, str_from(order[i].id), 0, ENTITY_PERSON);
    for (uint32_t i = 0; i < COUNT_OF(order); i++)
        for (uint32_t k = 0; k < COUNT_OF(order); k++) {
            int c = batch_compare_keys(&b, i, k);
            assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
        }
    for (unsigned f = 0; f < schema.n_fields; f++)
        assert_int_equal(b.raw[f].n_rows, 0);
    batch_deinit(&b);
}

/* Every field says another thing of what is to be kept; in the second one some values normalise to nothing. */
static void of_raw_values_that_are_forgotten_number_and_difference_stay(void **state)
{
    (void)state;
    enum { ROWS = 200, TEXTS = 1 << 0, IDS = 1 << 2 };
    struct batch b, whole;
    uint64_t seed = 11, again = 11;
    batch_init(&b, &schema);
    batch_init(&whole, &schema);
    S_fill(&b, ROWS, &seed);
    S_fill(&whole, ROWS, &again);
    for (uint32_t row = 0; row < ROWS; row += 3) {
        b.norm[1].id[row] &= b.norm[1].id[row] & COLUMN_SET ? UINT32_MAX : 0;
        whole.norm[1].id[row] = b.norm[1].id[row];
    }
    batch_forget_raw(&b, TEXTS, IDS);
    assert_null(b.raw[2].dict.at);
    assert_non_null(b.raw[2].id);
    for (uint32_t row = 0; row < ROWS; row++)
        for (unsigned f = 0; f < schema.n_fields; f++) {
            const uint32_t *x, *y, *norm;
            uint32_t n = batch_raw(&whole, f, row, &x), n_norm = column_ids(&whole.norm[f], row, &norm);
            assert_int_equal(batch_raw(&b, f, row, &y), n);
            for (uint32_t i = 0; i < n; i++) {
                struct str text = batch_raw_text(&b, f, y[i]);
                assert_true(str_eq(text, f == 0 || (f == 1 && i >= n_norm) ? batch_raw_text(&whole, f, x[i]) : text));
                assert_int_equal(text.len == 0, f == 2 || (f == 1 && text.len == 0));
                for (uint32_t k = 0; k < i; k++)
                    assert_int_equal(x[k] == x[i], text.ptr == batch_raw_text(&b, f, y[k]).ptr);
            }
            record_prefetch_places(&b, row);
            record_prefetch_values(&b, row);
        }
    batch_deinit(&b);
    batch_deinit(&whole);
}

static void no_raw_id_is_kept_of_a_field_whose_values_all_normalise(void **state)
{
    (void)state;
    struct batch b;
    uint64_t seed = 5;
    batch_init(&b, &schema);
    S_fill(&b, 50, &seed);
    batch_forget_raw(&b, 0, 0);
    for (unsigned f = 0; f < schema.n_fields; f++) {
        assert_null(b.raw[f].id);
        for (uint32_t row = 0; row < 50; row++) {
            const uint32_t *x, *y;
            assert_int_equal(batch_raw(&b, f, row, &x), column_ids(&b.norm[f], row, &y));
        }
    }
    batch_deinit(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_comes_back_from_its_packed_bytes),
        cmocka_unit_test(of_raw_values_that_are_forgotten_number_and_difference_stay),
        cmocka_unit_test(no_raw_id_is_kept_of_a_field_whose_values_all_normalise),
        cmocka_unit_test(damaged_bytes_are_refused_or_stay_within_their_bounds),
        cmocka_unit_test(records_are_ordered_by_source_name_and_record_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
