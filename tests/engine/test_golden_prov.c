/* Provenance of golden records: what is packed comes back, and damage is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "engine/golden.h"

enum { N_FIELDS = 4, N_MEMBERS = 5, N_VALUES = 12 };

struct members {
    struct arena arena;
    struct survive_member member[N_MEMBERS];
    int64_t rid[N_MEMBERS];
};

/* Every member has N_VALUES distinct values of every field. */
static void S_members(struct members *m)
{
    static const int64_t RIDS[N_MEMBERS] = {900, 3, 1000000000000, 17, 16};
    arena_init(&m->arena);
    for (unsigned i = 0; i < N_MEMBERS; i++) {
        struct survive_cell *cell = ARENA_NEW(&m->arena, struct survive_cell, N_FIELDS);
        for (unsigned f = 0; f < N_FIELDS; f++) {
            struct survive_value *value = ARENA_NEW(&m->arena, struct survive_value, N_VALUES);
            for (unsigned v = 0; v < N_VALUES; v++)
                value[v].raw = arena_printf(&m->arena, "%u.%u.%u", i, f, v);
            cell[f] = (struct survive_cell){value, N_VALUES, false};
        }
        m->member[i].cell = cell;
        m->rid[i] = RIDS[i];
    }
}

/* Some values of some members for each field. */
static void S_choose(struct members *m, uint64_t *random, struct golden_field golden[N_FIELDS])
{
    for (unsigned f = 0; f < N_FIELDS; f++) {
        uint32_t n = (uint32_t)random_below(random, 4);
        struct survive_value *value = ARENA_NEW(&m->arena, struct survive_value, n + 1);
        for (uint32_t v = 0; v < n; v++)
            value[v] = m->member[random_below(random, N_MEMBERS)].cell[f].value[random_below(random, N_VALUES)];
        golden[f] = (struct golden_field){value, n, 0, (uint8_t)random_below(random, SURVIVOR_RULES)};
    }
}

static struct str S_value(const struct members *m, int64_t rid, unsigned field, uint32_t place)
{
    for (unsigned i = 0; i < N_MEMBERS; i++)
        if (m->rid[i] == rid)
            return m->member[i].cell[field].value[place].raw;
    fail();
    return (struct str){0};
}

static void what_is_packed_comes_back(void **state)
{
    struct members m;
    uint64_t random = 5;
    (void)state;
    S_members(&m);
    for (unsigned round = 0; round < 500; round++) {
        struct golden_field golden[N_FIELDS];
        struct golden_prov prov;
        struct buf packed = {0};
        S_choose(&m, &random, golden);
        golden_pack(golden, N_FIELDS, m.member, m.rid, N_MEMBERS, &packed);
        assert_true(golden_unpack(buf_view(&packed), N_FIELDS, &m.arena, &prov));
        for (uint32_t i = 1; i < prov.n_rids; i++)
            assert_true(prov.rid[i - 1] < prov.rid[i]);
        for (unsigned f = 0; f < N_FIELDS; f++) {
            assert_int_equal(prov.field[f].n, golden[f].n);
            if (golden[f].n)
                assert_int_equal(prov.field[f].rule, golden[f].rule);
            for (uint32_t v = 0; v < golden[f].n; v++) {
                struct golden_choice choice = prov.field[f].choice[v];
                assert_true(str_eq(S_value(&m, prov.rid[choice.member], f, choice.place), golden[f].value[v].raw));
            }
        }
        buf_deinit(&packed);
    }
    arena_deinit(&m.arena);
}

static void of_members_with_the_same_text_the_chosen_one_is_named(void **state)
{
    struct members m;
    struct golden_prov prov;
    struct buf packed = {0};
    (void)state;
    S_members(&m);
    struct survive_value *other = (struct survive_value *)(uintptr_t)m.member[2].cell[1].value;
    other[0].raw = m.member[0].cell[1].value[0].raw; /* a dictionary gives both the same bytes */
    struct golden_field golden[N_FIELDS] = {[1] = {other, 1, 2, SURVIVE_PRIORITY}};
    golden_pack(golden, N_FIELDS, m.member, m.rid, N_MEMBERS, &packed);
    assert_true(golden_unpack(buf_view(&packed), N_FIELDS, &m.arena, &prov));
    assert_int_equal(prov.rid[prov.field[1].choice[0].member], m.rid[2]);
    buf_deinit(&packed);
    arena_deinit(&m.arena);
}

static void a_lone_member_takes_few_bytes(void **state)
{
    struct members m;
    struct golden_field golden[N_FIELDS];
    struct buf packed = {0};
    (void)state;
    S_members(&m);
    for (unsigned f = 0; f < N_FIELDS; f++)
        golden[f] = (struct golden_field){m.member[1].cell[f].value, 1, 0, SURVIVE_RECENCY};
    golden_pack(golden, N_FIELDS, &m.member[1], &m.rid[1], 1, &packed);
    assert_int_equal(packed.len, 3 + 2 * N_FIELDS);
    buf_deinit(&packed);
    arena_deinit(&m.arena);
}

/* Cut at any place it is refused or gives fewer fields; no byte changed makes it read outside. */
static void damage_is_noticed_or_harmless(void **state)
{
    struct members m;
    struct golden_field golden[N_FIELDS];
    struct golden_prov prov;
    struct buf packed = {0};
    uint64_t random = 9;
    (void)state;
    S_members(&m);
    S_choose(&m, &random, golden);
    golden_pack(golden, N_FIELDS, m.member, m.rid, N_MEMBERS, &packed);
    assert_false(golden_unpack((struct str){0}, N_FIELDS, &m.arena, &prov));
    for (size_t len = 0; len < packed.len; len++)
        golden_unpack(str_sub(buf_view(&packed), 0, len), N_FIELDS, &m.arena, &prov);
    for (size_t i = 0; i < packed.len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            packed.ptr[i] = (char)(packed.ptr[i] ^ (1 << bit));
            if (golden_unpack(buf_view(&packed), N_FIELDS, &m.arena, &prov))
                for (unsigned f = 0; f < N_FIELDS; f++)
                    for (uint32_t v = 0; v < prov.field[f].n; v++)
                        assert_true(prov.field[f].choice[v].member < prov.n_rids);
            packed.ptr[i] = (char)(packed.ptr[i] ^ (1 << bit));
        }
    assert_false(golden_unpack(buf_view(&packed), 1, &m.arena, &prov));
    buf_deinit(&packed);
    arena_deinit(&m.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(of_members_with_the_same_text_the_chosen_one_is_named),
        cmocka_unit_test(a_lone_member_takes_few_bytes),
        cmocka_unit_test(damage_is_noticed_or_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
