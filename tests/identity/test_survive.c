#include "identity/survive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"

/* Fields by letter. */
static const struct {
    char letter;
    enum field_type type;
} letters[] = {
    {'g', FIELD_GIVEN_NAME}, {'m', FIELD_MIDDLE_NAME}, {'f', FIELD_FAMILY_NAME}, {'w', FIELD_FULL_NAME},
    {'s', FIELD_ADDRESS},    {'c', FIELD_CITY},        {'p', FIELD_POSTCODE},    {'k', FIELD_COUNTRY},
    {'e', FIELD_EMAIL},      {'t', FIELD_PHONE},       {'b', FIELD_BIRTH_DATE},  {'d', FIELD_EMAIL},
};
enum { FIELDS = COUNT_OF(letters), MEMBERS = 40, VALUES = 4 };

struct person {
    struct survive_cell cell[FIELDS];
    struct survive_value value[FIELDS][VALUES];
};

struct family {
    struct survive_member member[MEMBERS];
    struct person person[MEMBERS];
    uint32_t n;
};

static unsigned S_field_of(char letter)
{
    for (unsigned f = 0; f < FIELDS; f++)
        if (letters[f].letter == letter)
            return f;
    fail_msg("no field %c", letter);
    return 0;
}

/* "e=x@y": a real value; a mark behind it: ! invalid, ? generic, ~ partial, * derived. The same letter again: one more.
 */
static void S_parse_value(const char *word, struct person *p)
{
    unsigned f = S_field_of(word[0]);
    struct survive_cell *cell = &p->cell[f];
    struct survive_value *value = &p->value[f][cell->n++];
    struct str text = str_from(word + 2);
    *value = (struct survive_value){0};
    for (; text.len && strchr("!?~*", text.ptr[text.len - 1]); text.len--) {
        char mark = text.ptr[text.len - 1];
        value->flags |= mark == '!' ? NORM_INVALID : mark == '?' ? NORM_GENERIC : mark == '~' ? NORM_PARTIAL : 0;
        cell->derived |= mark == '*';
    }
    value->raw = text;
    cell->value = p->value[f];
}

/* "priority updated_at values..."; updated_at "-" is unknown. Cuts the text up. */
static void S_parse_member(char *text, struct family *family)
{
    uint32_t m = family->n++;
    char *at = NULL, *word = strtok_r(text, " ", &at);
    family->person[m] = (struct person){0};
    family->member[m] =
        (struct survive_member){.priority = (uint32_t)atoi(word), .rank = m, .cell = family->person[m].cell};
    word = strtok_r(NULL, " ", &at);
    family->member[m].updated_at = strcmp(word, "-") == 0 ? INT64_MIN : atoi(word);
    while ((word = strtok_r(NULL, " ", &at)))
        S_parse_value(word, &family->person[m]);
}

static void S_plan(enum survivor_rule rule, const char *derived, struct survive_plan *plan)
{
    struct survive_field field[FIELDS];
    for (unsigned f = 0; f < FIELDS; f++)
        field[f] = (struct survive_field){letters[f].type, rule, strchr(derived, letters[f].letter) != NULL};
    survive_plan_init(plan, field, FIELDS);
}

static void S_print(const struct golden_field *golden, char *text, size_t room)
{
    text[0] = 0;
    for (unsigned f = 0; f < FIELDS; f++)
        for (uint32_t k = 0; k < golden[f].n; k++) {
            struct str raw = golden[f].value[k].raw;
            size_t len = strlen(text);
            snprintf(text + len, room - len, "%s%c=%.*s", len ? " " : "", letters[f].letter, STR_ARG(raw));
        }
}

/* ---------------------------------------------------------------- cases */

struct survive_case {
    const char *says;
    enum survivor_rule rule;
    const char *derived; /* letters of derived fields; d is a second e-mail field */
    const char *member[5];
    const char *expect;
};

static const struct survive_case cases[] = {
    {"one member gives what it has", SURVIVE_PRIORITY, "", {"1 5 g=Ann f=Lee e=a@x t=1 t=2"}, "g=Ann f=Lee e=a@x t=1"},
    {"priority: the first source wins", SURVIVE_PRIORITY, "", {"2 9 e=b@x", "1 5 e=a@x"}, "e=a@x"},
    {"priority: a gap is filled from the next", SURVIVE_PRIORITY, "", {"1 5 t=1", "2 9 e=b@x"}, "e=b@x t=1"},
    {"priority: newest within a source", SURVIVE_PRIORITY, "", {"1 5 e=a@x", "1 9 e=b@x", "2 99 e=c@x"}, "e=b@x"},
    {"priority: smallest key last of all", SURVIVE_PRIORITY, "", {"1 5 e=a@x", "1 5 e=b@x"}, "e=a@x"},
    {"recency: newest wins, unknown is oldest", SURVIVE_RECENCY, "", {"1 - e=a@x", "2 5 e=b@x", "3 4 e=c@x"}, "e=b@x"},
    {"recency: nothing is taken from a newer member that has no value",
     SURVIVE_RECENCY,
     "",
     {"1 1 e=a@x", "1 2 t=1"},
     "e=a@x t=1"},
    {"first: oldest wins, unknown comes after", SURVIVE_FIRST, "", {"1 - e=a@x", "2 5 e=b@x", "3 4 e=c@x"}, "e=c@x"},
    {"first: without times the first source", SURVIVE_FIRST, "", {"2 - e=a@x", "1 - e=b@x"}, "e=b@x"},
    {"complete: whole before partial, then longest",
     SURVIVE_COMPLETE,
     "",
     {"1 1 b=1984-03~ t=1", "2 1 b=1984-03-02 t=123", "3 1 t=12"},
     "t=123 b=1984-03-02"},
    {"complete: length is in code points", SURVIVE_COMPLETE, "", {"2 1 t=\xc3\xa9\xc3\xa9", "1 1 t=abc"}, "t=abc"},
    {"frequency: most members", SURVIVE_FREQUENCY, "", {"1 1 e=a@x", "2 1 e=b@x", "3 1 e=b@x"}, "e=b@x"},
    {"frequency: a set counts once a member", SURVIVE_FREQUENCY, "", {"2 1 t=1 t=1 t=1", "1 1 t=2", "3 1 t=2"}, "t=2"},
    {"frequency: a tie goes on to priority", SURVIVE_FREQUENCY, "", {"2 1 e=a@x", "1 1 e=b@x"}, "e=b@x"},
    {"aggregate: all distinct values, best first",
     SURVIVE_AGGREGATE,
     "",
     {"2 1 t=3 t=1", "1 1 t=2 t=1"},
     "t=2 t=1 t=3"},
    {"aggregate: names stand alone then", SURVIVE_AGGREGATE, "", {"1 1 f=Lee", "2 1 f=Ray"}, "f=Lee f=Ray"},
    {"valid beats invalid, whatever the rule", SURVIVE_PRIORITY, "", {"1 1 e=ax!", "2 1 e=b@x"}, "e=b@x"},
    {"generic never wins over a real value", SURVIVE_RECENCY, "", {"1 9 t=000?", "2 1 t=123"}, "t=123"},
    {"nor over an invalid one", SURVIVE_RECENCY, "", {"1 9 t=000?", "2 1 t=12x!"}, "t=12x"},
    {"generic is kept when there is nothing else", SURVIVE_RECENCY, "", {"1 9 t=000?", "2 1 t=111?"}, "t=000"},
    {"within a set the real value wins", SURVIVE_PRIORITY, "", {"1 1 t=000? t=123"}, "t=123"},
    {"aggregate leaves placeholders out", SURVIVE_AGGREGATE, "", {"1 1 t=000? t=123 t=12x!"}, "t=123"},
    {"a name comes from one member",
     SURVIVE_PRIORITY,
     "",
     {"1 1 g=Ann f=Lee", "2 9 g=Anne m=Mae f=Leigh"},
     "g=Ann f=Lee"},
    {"by the rule of the group",
     SURVIVE_RECENCY,
     "",
     {"1 1 g=Ann f=Lee", "2 9 g=Anne m=Mae f=Leigh"},
     "g=Anne m=Mae f=Leigh"},
    {"a name without a given name yields to a whole one",
     SURVIVE_PRIORITY,
     "",
     {"1 1 f=Lee", "2 1 g=Anne f=Leigh"},
     "g=Anne f=Leigh"},
    {"an initial is no whole given name",
     SURVIVE_PRIORITY,
     "",
     {"1 1 g=A~ f=Lee", "2 1 g=Anne f=Leigh"},
     "g=Anne f=Leigh"},
    {"a name with a placeholder yields",
     SURVIVE_PRIORITY,
     "",
     {"1 1 g=Ann f=unknown?", "2 1 g=Anne f=Leigh"},
     "g=Anne f=Leigh"},
    {"a name of placeholders is kept when there is no other",
     SURVIVE_PRIORITY,
     "",
     {"1 1 f=unknown?", "2 1 e=a@x"},
     "f=unknown e=a@x"},
    {"a strange name goes before a placeholder", SURVIVE_PRIORITY, "", {"1 1 f=unknown?", "2 1 f=L33!"}, "f=L33"},
    {"an address comes from one member, country and all",
     SURVIVE_RECENCY,
     "",
     {"1 1 s=Elm.1 c=Ulm p=1 k=DE", "2 9 s=Oak.2 c=Bonn p=2"},
     "s=Oak.2 c=Bonn p=2"},
    {"a town alone yields to a whole address", SURVIVE_RECENCY, "", {"1 1 s=Elm.1 p=1", "2 9 c=Bonn"}, "s=Elm.1 p=1"},
    {"of two whole addresses the one without an invalid part",
     SURVIVE_RECENCY,
     "",
     {"1 1 s=Elm.1 c=Ulm p=1", "2 9 s=Oak.2 c=Bonn p=x!"},
     "s=Elm.1 c=Ulm p=1"},
    {"complete, of a group: most parts",
     SURVIVE_COMPLETE,
     "",
     {"1 1 s=Elmstreet.1 c=Ulm", "2 1 s=Oak.2 c=Bonn p=2"},
     "s=Oak.2 c=Bonn p=2"},
    {"frequency, of a group: the core that most have",
     SURVIVE_FREQUENCY,
     "",
     {"1 1 g=Ann f=Lee", "2 1 g=Anne f=Lee", "2 2 g=Anne m=M f=Lee"},
     "g=Anne m=M f=Lee"},
    {"name and address are chosen apart",
     SURVIVE_RECENCY,
     "",
     {"1 9 g=Ann f=Lee c=Ulm", "2 1 g=A f=B s=Elm.1 c=Bonn"},
     "g=Ann f=Lee s=Elm.1 c=Bonn"},
    {"a mapped name goes before one split off, however new",
     SURVIVE_RECENCY,
     "",
     {"1 1 g=Ann f=Lee", "2 9 w=Anne.Leigh g=Anne* f=Leigh*"},
     "g=Ann f=Lee"},
    {"a name split off a full name is whole",
     SURVIVE_PRIORITY,
     "",
     {"1 1 f=Lee", "2 9 w=Anne.Leigh g=Anne* f=Leigh*"},
     "g=Anne f=Leigh w=Anne.Leigh"},
    {"derived fields are there when nothing is mapped",
     SURVIVE_PRIORITY,
     "gf",
     {"2 1 w=Anne.Leigh g=Anne f=Leigh", "1 1 w=Ann.Lee g=Ann f=Lee"},
     "g=Ann f=Lee w=Ann.Lee"},
    {"full names alone", SURVIVE_RECENCY, "", {"1 1 w=Ann.Lee", "2 2 w=Anne.Leigh"}, "w=Anne.Leigh"},
    {"a derived field is silent where a mapped one of its type has a value",
     SURVIVE_PRIORITY,
     "d",
     {"1 1 d=d@x", "2 1 e=e@x"},
     "e=e@x"},
    {"and speaks where none has", SURVIVE_PRIORITY, "d", {"1 1 d=d@x", "2 1 t=1"}, "t=1 d=d@x"},
};

static void S_load(const struct survive_case *c, char copy[5][200], struct family *family)
{
    family->n = 0;
    for (unsigned m = 0; m < 5 && c->member[m]; m++) {
        snprintf(copy[m], 200, "%s", c->member[m]);
        S_parse_member(copy[m], family);
    }
}

static void each_case_gives_the_golden_it_should(void **state)
{
    (void)state;
    static struct family family;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char copy[5][200], text[500];
        struct survive_plan plan;
        struct golden_field golden[FIELDS];
        struct arena a;
        arena_init(&a);
        S_load(&cases[i], copy, &family);
        S_plan(cases[i].rule, cases[i].derived, &plan);
        survive_golden(&plan, family.member, family.n, NULL, 0, &a, golden);
        S_print(golden, text, sizeof text);
        if (strcmp(text, cases[i].expect) != 0)
            fail_msg("%s:\n  got      %s\n  expected %s", cases[i].says, text, cases[i].expect);
        arena_deinit(&a);
    }
}

static void each_value_tells_its_member_and_rule(void **state)
{
    (void)state;
    char one[] = "2 1 g=Ann f=Lee e=a@x", two[] = "1 1 t=1 t=2";
    struct family *family = calloc(1, sizeof *family);
    struct golden_field golden[FIELDS];
    struct survive_plan plan;
    struct arena a;
    arena_init(&a);
    S_parse_member(one, family);
    S_parse_member(two, family);
    S_plan(SURVIVE_RECENCY, "", &plan);
    survive_golden(&plan, family->member, 2, NULL, 0, &a, golden);
    assert_int_equal(golden[S_field_of('g')].member, 0);
    assert_int_equal(golden[S_field_of('t')].member, 1);
    assert_int_equal(golden[S_field_of('t')].rule, SURVIVE_RECENCY);
    assert_int_equal(golden[S_field_of('c')].n, 0);
    assert_int_equal(golden[S_field_of('c')].member, SURVIVE_NO_MEMBER);
    arena_deinit(&a);
    free(family);
}

/* ---------------------------------------------------------------- pins */

struct pin_case {
    const char *says;
    struct {
        char letter;
        uint32_t member; /* MEMBERS: by value */
        const char *value;
    } pin[3];
    const char *expect;
};

static const struct pin_case pin_cases[] = {
    {"a pinned value wins", {{'e', MEMBERS, "z@x"}}, "g=Ann f=Lee e=z@x"},
    {"a pinned record wins", {{'e', 1, NULL}}, "g=Ann f=Lee e=b@x"},
    {"a pinned record takes the group along", {{'f', 1, NULL}}, "g=Anne m=Mae f=Leigh e=a@x"},
    {"a value pinned in a group stands for itself", {{'m', MEMBERS, "Mo"}}, "g=Ann m=Mo f=Lee e=a@x"},
    {"a pin on a record without the value is idle", {{'t', 1, NULL}}, "g=Ann f=Lee e=a@x"},
    {"the last pin of a field counts", {{'g', MEMBERS, "Al"}, {'g', 1, NULL}}, "g=Anne m=Mae f=Leigh e=a@x"},
    {"in either order", {{'g', 1, NULL}, {'g', MEMBERS, "Al"}}, "g=Al f=Lee e=a@x"},
};

static void a_pin_is_stronger_than_any_rule(void **state)
{
    (void)state;
    static struct family family;
    for (size_t i = 0; i < COUNT_OF(pin_cases); i++) {
        char one[] = "1 1 g=Ann f=Lee e=a@x", two[] = "2 2 g=Anne m=Mae f=Leigh e=b@x", text[500];
        struct survive_pin pin[3];
        struct golden_field golden[FIELDS];
        struct survive_plan plan;
        struct arena a;
        unsigned n = 0;
        arena_init(&a);
        family.n = 0;
        S_parse_member(one, &family);
        S_parse_member(two, &family);
        for (; n < 3 && pin_cases[i].pin[n].letter; n++) {
            bool by_value = pin_cases[i].pin[n].member == MEMBERS;
            pin[n] = (struct survive_pin){.field = S_field_of(pin_cases[i].pin[n].letter)};
            pin[n].member = by_value ? SURVIVE_NO_MEMBER : pin_cases[i].pin[n].member;
            pin[n].value.raw = str_from(pin_cases[i].pin[n].value);
        }
        S_plan(SURVIVE_PRIORITY, "", &plan);
        survive_golden(&plan, family.member, family.n, pin, n, &a, golden);
        S_print(golden, text, sizeof text);
        if (strcmp(text, pin_cases[i].expect) != 0)
            fail_msg("%s:\n  got      %s\n  expected %s", pin_cases[i].says, text, pin_cases[i].expect);
        assert_int_equal(golden[pin[0].field].rule, pin_cases[i].pin[0].letter == 't' ? SURVIVE_PRIORITY : SURVIVE_PIN);
        arena_deinit(&a);
    }
}

/* ---------------------------------------------------------------- properties */

static void S_random_member(uint64_t *seed, struct family *family, uint32_t rank)
{
    static const char *const word[] = {"a", "b", "c", "dd", "\xc3\xa9\xc3\xa9\xc3\xa9", "ff g"};
    static const uint32_t flags[] = {0, 0, 0, 0, NORM_INVALID, NORM_GENERIC, NORM_PARTIAL};
    uint32_t m = family->n++;
    struct person *p = &family->person[m];
    *p = (struct person){0};
    for (unsigned f = 0; f < FIELDS; f++) {
        p->cell[f].value = p->value[f];
        p->cell[f].n = (uint32_t)(random_below(seed, 3) ? random_below(seed, VALUES) : 1);
        p->cell[f].derived = random_below(seed, 6) == 0;
        for (uint32_t k = 0; k < p->cell[f].n; k++) {
            p->value[f][k].raw = str_from(word[random_below(seed, COUNT_OF(word))]);
            p->value[f][k].flags = flags[random_below(seed, COUNT_OF(flags))];
        }
    }
    family->member[m] = (struct survive_member){.priority = 1 + (uint32_t)random_below(seed, 3),
                                                .rank = rank,
                                                .updated_at = (int64_t)random_below(seed, 4),
                                                .cell = p->cell};
    if (random_below(seed, 5) == 0)
        family->member[m].updated_at = INT64_MIN;
}

static void S_random_family(uint64_t *seed, struct family *family, struct survive_plan *plan)
{
    uint32_t n = 1 + (uint32_t)random_below(seed, random_below(seed, 8) ? 5 : MEMBERS);
    family->n = 0;
    for (uint32_t m = 0; m < n; m++)
        S_random_member(seed, family, m * 3 + 1);
    S_plan((enum survivor_rule)random_below(seed, SURVIVOR_RULES), random_below(seed, 2) ? "dg" : "", plan);
}

static void S_shuffled(uint64_t *seed, const struct family *family, struct survive_member *member, uint32_t *from)
{
    for (uint32_t i = 0; i < family->n; i++)
        from[i] = i;
    for (uint32_t i = family->n; i > 1; i--) {
        uint32_t k = (uint32_t)random_below(seed, i), swap = from[k];
        from[k] = from[i - 1];
        from[i - 1] = swap;
    }
    for (uint32_t i = 0; i < family->n; i++)
        member[i] = family->member[from[i]];
}

static void the_order_of_members_does_not_matter(void **state)
{
    (void)state;
    static struct family family;
    uint64_t seed = 11;
    for (int round = 0; round < 5000; round++) {
        struct survive_plan plan;
        struct survive_member member[MEMBERS];
        struct golden_field golden[FIELDS], again[FIELDS];
        uint32_t from[MEMBERS];
        struct arena a;
        arena_init(&a);
        S_random_family(&seed, &family, &plan);
        S_shuffled(&seed, &family, member, from);
        survive_golden(&plan, family.member, family.n, NULL, 0, &a, golden);
        survive_golden(&plan, member, family.n, NULL, 0, &a, again);
        assert_int_equal(golden_changes(golden, again, FIELDS), 0);
        for (unsigned f = 0; f < FIELDS; f++)
            if (golden[f].n)
                assert_int_equal(golden[f].member, from[again[f].member]);
        arena_deinit(&a);
    }
}

/* Slow and obvious: of all values of all members the one that no other beats, compared as the header says. */
static uint32_t T_members_with(const struct family *family, unsigned f, const struct survive_value *value)
{
    uint32_t n = 0;
    for (uint32_t m = 0; m < family->n; m++) {
        bool has = false;
        for (uint32_t k = 0; k < family->person[m].cell[f].n; k++) {
            const struct survive_value *v = &family->person[m].value[f][k];
            bool same_kind = ((v->flags ^ value->flags) & (NORM_GENERIC | NORM_INVALID)) == 0;
            has |= same_kind && str_eq(v->raw, value->raw);
        }
        n += has;
    }
    return n;
}

static int64_t T_score(const struct family *family, unsigned f, enum survivor_rule rule, uint32_t m,
                       const struct survive_value *value)
{
    static const int64_t points[128] = {['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 2, ['f'] = 4};
    int64_t at = family->member[m].updated_at;
    switch (rule) {
    case SURVIVE_RECENCY:
        return at;
    case SURVIVE_FIRST:
        return at == INT64_MIN ? at : -at;
    case SURVIVE_FREQUENCY:
        return T_members_with(family, f, value);
    case SURVIVE_COMPLETE:
        return (value->flags & NORM_PARTIAL ? 0 : 100) +
               (value->raw.ptr[0] < 0 ? 3 : points[(unsigned char)value->raw.ptr[0]]);
    default:
        return 0;
    }
}

static bool T_beats(const struct family *family, unsigned f, enum survivor_rule rule, uint32_t m, uint32_t k,
                    uint32_t n, uint32_t l)
{
    const struct survive_value *x = &family->person[m].value[f][k], *y = &family->person[n].value[f][l];
    const struct survive_member *p = &family->member[m], *q = &family->member[n];
    int kind_x = x->flags & NORM_GENERIC ? 0 : x->flags & NORM_INVALID ? 1 : 2;
    int kind_y = y->flags & NORM_GENERIC ? 0 : y->flags & NORM_INVALID ? 1 : 2;
    int64_t score_x = T_score(family, f, rule, m, x), score_y = T_score(family, f, rule, n, y);
    if (kind_x != kind_y)
        return kind_x > kind_y;
    if (score_x != score_y)
        return score_x > score_y;
    if (p->priority != q->priority)
        return p->priority < q->priority;
    if (p->updated_at != q->updated_at)
        return p->updated_at > q->updated_at;
    return m != n ? p->rank < q->rank : k < l;
}

static void a_field_equals_its_slow_twin(void **state)
{
    (void)state;
    static struct family family;
    uint64_t seed = 12;
    unsigned f = S_field_of('t');
    for (int round = 0; round < 20000; round++) {
        struct survive_plan plan;
        struct golden_field golden[FIELDS];
        struct arena a;
        arena_init(&a);
        S_random_family(&seed, &family, &plan);
        enum survivor_rule rule = plan.field[f].rule;
        const struct survive_value *best = NULL;
        uint32_t bm = 0, bk = 0;
        for (uint32_t m = 0; m < family.n; m++)
            family.person[m].cell[f].derived = false;
        for (uint32_t m = 0; m < family.n; m++)
            for (uint32_t k = 0; k < family.person[m].cell[f].n; k++)
                if (!best || T_beats(&family, f, rule, m, k, bm, bk))
                    best = &family.person[m].value[f][k], bm = m, bk = k;
        survive_golden(&plan, family.member, family.n, NULL, 0, &a, golden);
        assert_int_equal(golden[f].n != 0, best != NULL);
        if (best) {
            assert_true(str_eq(golden[f].value[0].raw, best->raw));
            assert_int_equal(golden[f].value[0].flags, best->flags);
            assert_int_equal(golden[f].member, bm);
        }
        arena_deinit(&a);
    }
}

static void names_and_addresses_never_mix_members(void **state)
{
    (void)state;
    static struct family family;
    uint64_t seed = 13;
    for (int round = 0; round < 5000; round++) {
        struct survive_plan plan;
        struct golden_field golden[FIELDS];
        struct arena a;
        arena_init(&a);
        S_random_family(&seed, &family, &plan);
        survive_golden(&plan, family.member, family.n, NULL, 0, &a, golden);
        uint32_t whose[SURVIVE_GROUPS] = {SURVIVE_NO_MEMBER, SURVIVE_NO_MEMBER, SURVIVE_NO_MEMBER};
        for (unsigned f = 0; f < FIELDS; f++) {
            unsigned group = plan.group[f];
            if (group == SURVIVE_ALONE || !golden[f].n)
                continue;
            if (whose[group] == SURVIVE_NO_MEMBER)
                whose[group] = golden[f].member;
            assert_int_equal(golden[f].member, whose[group]);
        }
        arena_deinit(&a);
    }
}

static void merge_then_split_gives_the_same_goldens(void **state)
{
    (void)state;
    static struct family family;
    uint64_t seed = 14;
    for (int round = 0; round < 2000; round++) {
        struct survive_plan plan;
        struct golden_field left[FIELDS], right[FIELDS], whole[FIELDS], again[FIELDS];
        struct arena a;
        arena_init(&a);
        S_random_family(&seed, &family, &plan);
        uint32_t half = family.n / 2;
        if (half) {
            survive_golden(&plan, family.member, half, NULL, 0, &a, left);
            survive_golden(&plan, family.member + half, family.n - half, NULL, 0, &a, right);
            survive_golden(&plan, family.member, family.n, NULL, 0, &a, whole);
            survive_golden(&plan, family.member, half, NULL, 0, &a, again);
            assert_int_equal(golden_changes(left, again, FIELDS), 0);
            survive_golden(&plan, family.member + half, family.n - half, NULL, 0, &a, again);
            assert_int_equal(golden_changes(right, again, FIELDS), 0);
        }
        arena_deinit(&a);
    }
}

static void changes_name_the_fields_that_differ(void **state)
{
    (void)state;
    struct survive_value a[2] = {{.raw = STR("x")}, {.raw = STR("y")}}, b[2] = {{.raw = STR("x")}, {.raw = STR("z")}};
    const struct golden_field before[4] = {{a, 1, 0, 0}, {a, 2, 0, 0}, {NULL, 0, 0, 0}, {a, 1, 0, 0}};
    const struct golden_field after[4] = {{b, 1, 3, 1}, {b, 2, 0, 0}, {b, 1, 0, 0}, {NULL, 0, 0, 0}};
    assert_int_equal(golden_changes(before, after, 4), 2 + 4 + 8);
    assert_int_equal(golden_changes(before, before, 4), 0);
}

static void rules_are_known_by_name(void **state)
{
    (void)state;
    assert_string_equal(survivor_rule_name(SURVIVE_RECENCY), "recency");
    assert_string_equal(survivor_rule_name(SURVIVE_PIN), "pin");
    assert_string_equal(survive_group(FIELD_NAME_SUFFIX), "name");
    assert_string_equal(survive_group(FIELD_POSTCODE), "address");
    assert_null(survive_group(FIELD_EMAIL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_gives_the_golden_it_should),
        cmocka_unit_test(each_value_tells_its_member_and_rule),
        cmocka_unit_test(a_pin_is_stronger_than_any_rule),
        cmocka_unit_test(the_order_of_members_does_not_matter),
        cmocka_unit_test(a_field_equals_its_slow_twin),
        cmocka_unit_test(names_and_addresses_never_mix_members),
        cmocka_unit_test(merge_then_split_gives_the_same_goldens),
        cmocka_unit_test(changes_name_the_fields_that_differ),
        cmocka_unit_test(rules_are_known_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
