/* Blocking keys: what two values must have in common to share one, and rules of several keys against brute force. */
#include "matcher/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "small_batch.h"

/* ---------------------------------------------------------------- keys of a value */

struct forms {
    enum norm_form form;
    const char *text;
};

struct share_case {
    const char *says;
    enum derivation derivation;
    struct forms left[3], right[3];
    unsigned left_keys, shared;
};

#define CANON(text)                                                                                                    \
    {                                                                                                                  \
        {                                                                                                              \
            NORM_CANON, text                                                                                           \
        }                                                                                                              \
    }
#define TWO(f, x, g, y)                                                                                                \
    {                                                                                                                  \
        {f, x},                                                                                                        \
        {                                                                                                              \
            g, y                                                                                                       \
        }                                                                                                              \
    }

static const struct share_case share_cases[] = {
    {"equal values", KEY_EXACT, CANON("meyer"), CANON("meyer"), 1, 1},
    {"unequal values", KEY_EXACT, CANON("meyer"), CANON("maier"), 1, 0},
    {"an empty value has no key", KEY_EXACT, CANON(""), CANON(""), 0, 0},
    {"codes in any order", KEY_PHONETIC, {{NORM_PHON, "MR SMT"}}, {{NORM_PHON, "SMT MR"}}, 1, 1},
    {"all codes must be there", KEY_PHONETIC, {{NORM_PHON, "MR SMT"}}, {{NORM_PHON, "MR"}}, 1, 0},
    {"without codes the value itself", KEY_PHONETIC, CANON("\xE7\x8E\x8B"), CANON("\xE7\x8E\x8B"), 1, 1},
    {"three letters", KEY_FIRST3, {{NORM_LATIN, "meyer"}}, {{NORM_LATIN, "meyerbeer"}}, 1, 1},
    {"another third letter", KEY_FIRST3, {{NORM_LATIN, "meyer"}}, {{NORM_LATIN, "mella"}}, 1, 0},
    {"three letters of any script", KEY_FIRST3, CANON("\xD1\x8F\xD0\xB1\xD0\xBB\xD0\xBE"),
     CANON("\xD1\x8F\xD0\xB1\xD0\xBB\xD1\x8F"), 1, 1},
    {"two letters of three are too few", KEY_FIRST3, CANON("\xD1\x8F\xD0\xB1"), CANON("\xD1\x8F\xD0\xB1\xD0\xBB"), 1,
     0},
    {"one letter", KEY_INITIAL, {{NORM_LATIN, "meyer"}}, {{NORM_LATIN, "muller"}}, 1, 1},
    {"one letter of two bytes", KEY_INITIAL, CANON("\xD1\x8F\xD0\xB1"), CANON("\xD1\x80\xD0\xB1"), 1, 0},
    {"the year", KEY_YEAR, CANON("1984-03-02"), CANON("1984"), 1, 1},
    {"no year", KEY_YEAR, CANON("--03-02"), CANON("1984"), 0, 0},
    {"month and day", KEY_MONTH_DAY, CANON("1984-03-02"), CANON("--03-02"), 1, 1},
    {"another day", KEY_MONTH_DAY, CANON("1984-03-02"), CANON("1984-03-03"), 1, 0},
    {"no day", KEY_MONTH_DAY, CANON("1912-03"), CANON("1984-12-03"), 0, 0},
    {"a year has neither", KEY_MONTH_DAY, CANON("1984"), CANON("1984"), 0, 0},
    {"words in common", KEY_TOKENS, {{NORM_TOKENS, "blue car old"}}, {{NORM_TOKENS, "blue new old"}}, 3, 2},
    {"a letter alone is no word", KEY_TOKENS, {{NORM_TOKENS, "a car"}}, {{NORM_TOKENS, "a bus"}}, 1, 0},
    {"a word twice is one key", KEY_TOKENS, {{NORM_TOKENS, "car car"}}, {{NORM_TOKENS, "car"}}, 1, 1},
    {"a rare word twice is one key", KEY_RARE_TOKENS, {{NORM_TOKENS, "car car"}}, {{NORM_TOKENS, "car"}}, 1, 1},
    {"the base", KEY_BASE, TWO(NORM_CANON, "a+x@b.org", NORM_BASE, "a@b.org"),
     TWO(NORM_CANON, "a@b.org", NORM_BASE, "a@b.org"), 1, 1},
    {"without base the value", KEY_BASE, CANON("x1"), CANON("x1"), 1, 1},
    {"the local part", KEY_LOCAL, TWO(NORM_CANON, "ann@b.org", NORM_LOCAL, "ann"),
     TWO(NORM_CANON, "ann@c.org", NORM_LOCAL, "ann"), 1, 1},
    {"six digits from the right", KEY_DIGITS, CANON("+49 30 123456"), CANON("0123456"), 1, 1},
    {"five digits are too few", KEY_DIGITS, CANON("12345"), CANON("12345"), 0, 0},
    {"names it may stand for", KEY_NICKNAME, {{NORM_NICK, "bill william"}}, {{NORM_NICK, "will william"}}, 2, 1},
    {"a name without others", KEY_NICKNAME, {{NORM_LATIN, "olga"}}, {{NORM_NICK, "olga"}}, 1, 1},
    {"each name's code", KEY_ANY_NAME, {{NORM_PHON, "MR SMT"}}, {{NORM_PHON, "SMT"}}, 2, 1},
    {"all pairs", KEY_ALL, CANON("x"), CANON("y"), 1, 1},
};

static struct norm S_norm(const struct forms f[3])
{
    struct norm v = {0};
    for (int i = 0; i < 3; i++)
        if (f[i].text)
            v.form[f[i].form] = str_from(f[i].text);
    return v;
}

static unsigned S_shared(const uint64_t *x, unsigned n, const uint64_t *y, unsigned m)
{
    unsigned shared = 0;
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j < m; j++)
            shared += x[i] == y[j];
    return shared;
}

static void values_share_what_their_derivation_says(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < COUNT_OF(share_cases); i++) {
        const struct share_case *c = &share_cases[i];
        uint64_t x[MOST_KEYS_OF_VALUE], y[MOST_KEYS_OF_VALUE];
        struct norm a = S_norm(c->left), b = S_norm(c->right);
        unsigned n = value_keys(c->derivation, &a, NULL, x), m = value_keys(c->derivation, &b, NULL, y);
        if (n != c->left_keys || S_shared(x, n, y, m) != c->shared)
            fail_msg("%s: %u keys, %u shared", c->says, n, S_shared(x, n, y, m));
    }
}

static void a_generic_value_has_no_keys(void **unused)
{
    uint64_t key[MOST_KEYS_OF_VALUE];
    (void)unused;
    for (unsigned d = 0; d < KEY_ALL; d++) {
        struct norm v = {.flags = NORM_GENERIC};
        for (unsigned f = 0; f < NORM_FORMS; f++)
            v.form[f] = STR("1984-03-02 unknown");
        assert_int_equal(value_keys((enum derivation)d, &v, NULL, key), 0);
    }
}

static void a_value_of_many_words_has_a_limited_number_of_keys(void **unused)
{
    uint64_t key[MOST_KEYS_OF_VALUE];
    struct norm v = {.form[NORM_TOKENS] = STR("aa bb cc dd ee ff gg hh ii jj kk ll mm nn oo pp")};
    (void)unused;
    assert_int_equal(value_keys(KEY_TOKENS, &v, NULL, key), MOST_KEYS_OF_VALUE);
    assert_int_equal(value_keys(KEY_RARE_TOKENS, &v, NULL, key), MOST_KEYS_OF_VALUE);
}

static void frequent_words_are_no_rare_keys(void **unused)
{
    uint64_t key[MOST_KEYS_OF_VALUE], hash[2] = {hash_str(STR("street")), hash_str(STR("river"))};
    uint32_t count[2] = {900, 12};
    if (hash[0] > hash[1]) {
        uint64_t h = hash[0];
        hash[0] = hash[1];
        hash[1] = h;
        count[0] = 12;
        count[1] = 900;
    }
    struct frequency_table t = {.hash = hash, .count = count, .n = 2, .total = 1000, .floor = 1};
    struct norm v = {.form[NORM_TOKENS] = STR("quay river street")};
    (void)unused;
    assert_int_equal(value_keys(KEY_RARE_TOKENS, &v, &t, key), 2);
    v.form[NORM_TOKENS] = STR("street");
    assert_int_equal(value_keys(KEY_RARE_TOKENS, &v, &t, key), 0);
}

static void derivations_have_names_that_are_read_back(void **unused)
{
    enum derivation d;
    (void)unused;
    for (unsigned i = 0; i < KEY_DERIVATIONS; i++) {
        assert_true(derivation_parse(str_from(derivation_name((enum derivation)i)), &d));
        assert_int_equal(d, i);
    }
    assert_true(derivation_parse(STR(""), &d));
    assert_int_equal(d, KEY_EXACT);
    assert_false(derivation_parse(STR("phonetics"), &d));
}

/* ---------------------------------------------------------------- rules, against brute force */

enum { FIELDS = 4, ROWS = 150 };

/* Records of few distinct values, some missing, some with several. */
static void S_random_batch(struct small_batch *s, uint64_t *state)
{
    static const char *const name[FIELDS] = {"w", "x", "y", "z"};
    small_init(s);
    for (unsigned f = 0; f < FIELDS; f++)
        small_field(s, name[f], FIELD_TEXT);
    small_sources(s, 2);
    for (unsigned row = 0; row < ROWS; row++) {
        for (unsigned f = 0; f < FIELDS; f++)
            for (uint64_t k = random_below(state, 3); k; k--)
                small_text(
                    s, f,
                    small_printf(s, "w%u v%u", (unsigned)random_below(state, 12), (unsigned)random_below(state, 12)));
        small_record(s, row % 2, small_printf(s, "%u", row), ENTITY_UNKNOWN);
    }
}

static void S_random_rule(struct rule *r, uint64_t *state)
{
    static const uint8_t some[] = {KEY_EXACT, KEY_TOKENS, KEY_FIRST3, KEY_RARE_TOKENS};
    *r = (struct rule){.n_keys = (uint8_t)(1 + random_below(state, 3))};
    for (unsigned k = 0; k < r->n_keys; k++)
        r->key[k] = (struct rule_key){(uint8_t)random_below(state, FIELDS), some[random_below(state, COUNT_OF(some))]};
}

/* All keys of a record's field. */
static unsigned S_field_keys(const struct small_batch *s, struct rule_key k, uint32_t row, uint64_t key[96])
{
    const uint32_t *id;
    const struct column *c = &s->batch.norm[k.field];
    unsigned n = 0;
    uint32_t n_ids = column_ids(c, row, &id);
    for (uint32_t i = 0; i < n_ids; i++) {
        struct norm v;
        assert_true(norm_unpack(dict_get(&c->dict, id[i]), &v));
        n += value_keys((enum derivation)k.derivation, &v, NULL, key + n);
    }
    return n;
}

/* Two records share a key of a rule when they share one of each of its parts. */
static bool S_share_twin(const struct small_batch *s, const struct rule *r, uint32_t a, uint32_t b)
{
    uint64_t x[96], y[96];
    for (unsigned k = 0; k < r->n_keys; k++) {
        unsigned n = S_field_keys(s, r->key[k], a, x), m = S_field_keys(s, r->key[k], b, y);
        if (!S_shared(x, n, y, m))
            return false;
    }
    return true;
}

/* Records whose combinations of keys are more than are kept. */
static bool S_overflows(const struct small_batch *s, const struct rule *r, uint32_t row)
{
    uint64_t key[96];
    unsigned product = 1;
    for (unsigned k = 0; k < r->n_keys; k++)
        product *= S_field_keys(s, r->key[k], row, key);
    return product > MOST_KEYS_OF_RECORD;
}

static void S_check_order(const struct rule_keys *k, uint32_t row)
{
    for (uint32_t i = k->at[row]; i < k->at[row + 1]; i++) {
        assert_true(k->key[i] != 0);
        assert_true(i == k->at[row] || k->key[i - 1] < k->key[i]);
    }
    assert_true(k->at[row + 1] - k->at[row] <= MOST_KEYS_OF_RECORD);
}

static uint64_t S_smallest_shared(const struct rule_keys *k, uint32_t a, uint32_t b)
{
    uint64_t least = 0;
    for (uint32_t i = k->at[a]; i < k->at[a + 1]; i++)
        for (uint32_t j = k->at[b]; j < k->at[b + 1]; j++)
            if (k->key[i] == k->key[j] && (!least || k->key[i] < least))
                least = k->key[i];
    return least;
}

static void records_share_a_key_when_they_share_one_of_every_part(void **unused)
{
    uint64_t state = 21;
    unsigned shared = 0;
    (void)unused;
    for (int round = 0; round < 12; round++) {
        struct small_batch s;
        struct model m = {.n_rules = 0};
        struct rule r;
        struct rule_keys keys;
        S_random_batch(&s, &state);
        S_random_rule(&r, &state);
        rule_keys_init(&keys, &m, &r, &s.batch, true);
        for (uint32_t a = 0; a < ROWS; a++) {
            S_check_order(&keys, a);
            for (uint32_t b = 0; b < ROWS; b++) {
                assert_true(keys_shared(&keys, a, b) == S_smallest_shared(&keys, a, b));
                if (a == b || S_overflows(&s, &r, a) || S_overflows(&s, &r, b))
                    continue;
                bool expect = S_share_twin(&s, &r, a, b);
                shared += expect;
                assert_int_equal(keys_shared(&keys, a, b) != 0, expect);
            }
        }
        rule_keys_deinit(&keys);
        small_deinit(&s);
    }
    assert_in_range(shared, 10000, 200000);
}

static void keys_depend_on_the_record_alone(void **unused)
{
    uint64_t state = 22;
    (void)unused;
    for (int round = 0; round < 6; round++) {
        struct small_batch s, t;
        struct model m = {.n_rules = 4};
        struct key_set one, many;
        uint32_t order[ROWS];
        S_random_batch(&s, &state);
        for (unsigned r = 0; r < m.n_rules; r++)
            S_random_rule(&m.rule[r], &state);
        small_shuffle(order, ROWS, &state);
        small_permute(&s, order, &t);
        key_set_init(&one, &m, &s.batch, 1);
        key_set_init(&many, &m, &t.batch, 8);
        for (unsigned r = 0; r < m.n_rules; r++)
            for (uint32_t row = 0; row < ROWS; row++) {
                const struct rule_keys *x = &one.rule[r], *y = &many.rule[r];
                uint32_t from = order[row], n = x->at[from + 1] - x->at[from];
                assert_int_equal(n, y->at[row + 1] - y->at[row]);
                assert_true(!n || !memcmp(x->key + x->at[from], y->key + y->at[row], n * sizeof *x->key));
            }
        key_set_deinit(&one);
        key_set_deinit(&many);
        small_deinit(&s);
        small_deinit(&t);
    }
}

/* Released when the second gives it back: the sanitizer tells of what is left, or read too late. */
static void shared_keys_stay_until_both_have_given_them_back(void **unused)
{
    uint64_t state = 23;
    struct small_batch s;
    struct model m = {.n_rules = 3};
    struct key_set k, other, never;
    (void)unused;
    S_random_batch(&s, &state);
    for (unsigned r = 0; r < m.n_rules; r++)
        S_random_rule(&m.rule[r], &state);
    key_set_init(&k, &m, &s.batch, 1);
    key_set_share(&k, &never);
    key_set_unshare(&k, &never);
    assert_null(k.holders);
    key_set_share(&k, &other);
    key_set_give_back(&k, 0);
    assert_null(k.rule[0].at);
    uint32_t n = other.rule[0].at[ROWS];
    assert_true(n == 0 || other.rule[0].key[n - 1] != 0);
    key_set_give_back(&k, 0); /* twice is once */
    key_set_give_back(&other, 1);
    key_set_give_back(&other, 0);
    key_set_deinit(&k);
    assert_non_null(other.rule[2].at);
    key_set_deinit(&other);
    small_deinit(&s);
}

static void a_slim_set_makes_the_keys_that_others_hold(void **unused)
{
    uint64_t state = 27;
    (void)unused;
    for (int round = 0; round < 6; round++) {
        struct small_batch s;
        struct model m = {.n_rules = 4};
        struct key_set held, slim;
        S_random_batch(&s, &state);
        for (unsigned r = 0; r < m.n_rules; r++)
            S_random_rule(&m.rule[r], &state);
        key_set_init(&held, &m, &s.batch, 1);
        if (round % 2) {
            key_set_init(&slim, &m, &s.batch, 1);
            key_set_slim(&slim, &m, &s.batch);
        } else {
            key_set_init_slim(&slim, &m, &s.batch);
        }
        for (unsigned r = 0; r < m.n_rules; r++) {
            struct rule_keys room;
            const struct rule_keys *of_rule = key_set_rule(&slim, r, &room);
            uint32_t n_all = held.rule[r].at[ROWS];
            assert_memory_equal(of_rule->at, held.rule[r].at, (ROWS + 1) * sizeof *of_rule->at);
            assert_true(!n_all || !memcmp(of_rule->key, held.rule[r].key, n_all * sizeof *of_rule->key));
            rule_keys_deinit(&room);
            for (uint32_t row = 0; row + 1 < ROWS; row++) {
                uint64_t of_one[MOST_KEYS_OF_RECORD], of_other[MOST_KEYS_OF_RECORD];
                const uint64_t *x, *y;
                unsigned n = key_set_row(&slim, r, row, of_one, &x);
                assert_int_equal(n, key_set_row(&held, r, row, of_other, &y));
                assert_true(!n || !memcmp(x, y, n * sizeof *x));
                assert_int_equal(key_set_shared(&slim, r, row, row + 1), keys_shared(&held.rule[r], row, row + 1));
            }
        }
        key_set_deinit(&held);
        key_set_deinit(&slim);
        small_deinit(&s);
    }
}

static void prints_refuse_no_two_rows_that_share_a_key(void **unused)
{
    uint64_t state = 29;
    unsigned shared = 0, refused = 0;
    (void)unused;
    for (int round = 0; round < 6; round++) {
        struct small_batch s;
        struct model m = {.n_rules = 4};
        struct key_set k;
        S_random_batch(&s, &state);
        for (unsigned r = 0; r < m.n_rules; r++)
            S_random_rule(&m.rule[r], &state);
        key_set_init(&k, &m, &s.batch, 1);
        assert_int_equal(key_set_may_share(&k, 0, 1), 15);
        key_set_print(&k, 2);
        for (uint32_t a = 0; a < ROWS; a++)
            for (uint32_t b = 0; b < ROWS; b++)
                for (unsigned r = 0; r < m.n_rules; r++) {
                    bool may = key_set_may_share(&k, a, b) >> r & 1;
                    assert_true(may || !keys_shared(&k.rule[r], a, b));
                    shared += may;
                    refused += !may;
                }
        key_set_deinit(&k);
        small_deinit(&s);
    }
    assert_true(shared && refused);
}

/* ---------------------------------------------------------------- names in any order, oversized blocks */

static void S_person(struct small_batch *s, const char *given, const char *family)
{
    struct norm g = {.form = {[NORM_CANON] = str_from(given), [NORM_PHON] = str_from(given)}};
    struct norm f = {.form = {[NORM_CANON] = str_from(family), [NORM_PHON] = str_from(family)}};
    small_norm(s, 0, &g);
    small_norm(s, 1, &f);
    small_record(s, 0, small_printf(s, "%u", s->batch.n_rows), ENTITY_PERSON);
}

static void swapped_names_meet_and_a_single_shared_name_does_not(void **unused)
{
    struct small_batch s;
    struct model m = {.n_rules = 0};
    struct rule r = {.key = {{0, KEY_ANY_NAME}}, .n_keys = 1};
    struct rule_keys keys;
    (void)unused;
    small_init(&s);
    small_field(&s, "given_name", FIELD_GIVEN_NAME);
    small_field(&s, "family_name", FIELD_FAMILY_NAME);
    small_sources(&s, 1);
    S_person(&s, "AN", "SMT");
    S_person(&s, "SMT", "AN");
    S_person(&s, "AN", "PTR");
    S_person(&s, "AN MR", "SMT");
    rule_keys_init(&keys, &m, &r, &s.batch, true);
    assert_true(keys_shared(&keys, 0, 1) != 0);
    assert_true(keys_shared(&keys, 0, 2) == 0);
    assert_true(keys_shared(&keys, 0, 3) != 0);
    assert_true(keys_shared(&keys, 2, 3) == 0);
    rule_keys_deinit(&keys);
    small_deinit(&s);
}

static void an_oversized_block_is_split_by_the_refining_key(void **unused)
{
    struct small_batch s;
    struct model m = {.n_rules = 0};
    struct rule r = {.key = {{0, KEY_EXACT}}, .n_keys = 1, .refine = {{1, KEY_EXACT}}, .n_refine = 1};
    static const char *const rows[][2] = {{"big", "u"}, {"big", "u"}, {"big", "v"},
                                          {"big", ""},  {"few", "u"}, {"few", "v"}};
    struct rule_keys keys;
    uint64_t oversized;
    uint8_t depth = 1;
    (void)unused;
    small_init(&s);
    small_field(&s, "x", FIELD_TEXT);
    small_field(&s, "y", FIELD_TEXT);
    small_sources(&s, 1);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        small_text(&s, 0, rows[i][0]);
        small_text(&s, 1, rows[i][1]);
        small_record(&s, 0, small_printf(&s, "%u", i), ENTITY_UNKNOWN);
    }
    rule_keys_init(&keys, &m, &r, &s.batch, false);
    assert_true(keys_shared(&keys, 0, 2) != 0);
    assert_true(keys_shared(&keys, 0, 3) != 0);
    oversized = keys.key[0];
    rule_keys_deinit(&keys);
    r.oversized = &oversized;
    r.depth = &depth;
    r.n_oversized = 1;
    rule_keys_init(&keys, &m, &r, &s.batch, true);
    assert_true(keys_shared(&keys, 0, 1) != 0);
    assert_true(keys_shared(&keys, 0, 2) == 0);
    assert_true(keys_shared(&keys, 0, 3) == 0);
    assert_true(keys_shared(&keys, 4, 5) != 0);
    assert_int_equal(keys.lost, 1);
    rule_keys_deinit(&keys);
    small_deinit(&s);
}

static void a_rule_reads_as_text(void **unused)
{
    struct schema s = {.n_fields = 2};
    struct rule r = {.key = {{0, KEY_PHONETIC}, {1, KEY_EXACT}}, .n_keys = 2};
    struct buf text = {0};
    (void)unused;
    s.field[0].name = STR("family_name");
    s.field[1].name = STR("birth_date");
    rule_text(&r, &s, &text);
    assert_string_equal(buf_cstr(&text), "family_name.phonetic + birth_date");
    buf_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_keys_stay_until_both_have_given_them_back),
        cmocka_unit_test(a_slim_set_makes_the_keys_that_others_hold),
        cmocka_unit_test(prints_refuse_no_two_rows_that_share_a_key),
        cmocka_unit_test(values_share_what_their_derivation_says),
        cmocka_unit_test(a_generic_value_has_no_keys),
        cmocka_unit_test(a_value_of_many_words_has_a_limited_number_of_keys),
        cmocka_unit_test(frequent_words_are_no_rare_keys),
        cmocka_unit_test(derivations_have_names_that_are_read_back),
        cmocka_unit_test(records_share_a_key_when_they_share_one_of_every_part),
        cmocka_unit_test(keys_depend_on_the_record_alone),
        cmocka_unit_test(swapped_names_meet_and_a_single_shared_name_does_not),
        cmocka_unit_test(an_oversized_block_is_split_by_the_refining_key),
        cmocka_unit_test(a_rule_reads_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
