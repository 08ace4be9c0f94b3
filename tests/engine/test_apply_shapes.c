/* Apply on synthetic customers of many shapes: pairs and clusters against the truth stay at the quality they have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/map.h"
#include "workshop.h"

enum { RECORDS = 1500 };

#define NAME_CRM "'given_name':'first','family_name':'last'"
#define PLACE_CRM "'phone':'phone','address':'street','city':'town','postcode':'zip'"
#define PLACE_BILLING "'phone':'telefon','address':'strasse','city':'ort','postcode':'plz'"
#define CRM_WITH(fields) "{'name':'crm','path':'crm.csv','record_id':'customer_id','fields':{" fields "}}"
#define BILLING_WITH(fields)                                                                                           \
    "{'name':'billing','path':'billing.csv','delimiter':';','record_id':'kdnr','fields':{'full_name':'name'," fields   \
    "}}"
#define CRM CRM_WITH(NAME_CRM "," PLACE_CRM ",'birth_date':'dob','email':'email','country':'country'")
#define BILLING BILLING_WITH(PLACE_BILLING ",'birth_date':{'column':'geburtsdatum','order':'dmy'},'email':'mail'")
#define SUPPORT                                                                                                        \
    "{'name':'support','path':'support.jsonl','record_id':'user.id','fields':{'full_name':'user.name',"                \
    "'email':'user.email','phone':'user.phones','birth_date':'user.birth'}}"
#define SOURCES(list) "{'entity':'person','sources':[" list "]}"

static const double none = 0, most = 0.6, all = 1, some = 0.4;

/* Floors a point or two below what was reached when the shape was added. */
struct shape {
    const char *says, *config;
    uint64_t seed;
    const double *duplicates, *within;
    enum idem_amount dirt, households;
    double pairs_f1, b_cubed_f1; /* floors; pairs_f1 0: there are no true pairs */
    double mixed;                /* at most so much of the clusters of two and more hold two persons */
    unsigned beyond;             /* the largest cluster is at most so many records larger than the largest true one */
};

static const char three[] = SOURCES(CRM "," BILLING "," SUPPORT), two[] = SOURCES(CRM "," BILLING),
                  one[] = SOURCES(CRM),
                  names_and_places[] = SOURCES(CRM_WITH(NAME_CRM "," PLACE_CRM) "," BILLING_WITH(PLACE_BILLING));

static const struct shape shapes[] = {
    {.says = "as generated",
     .config = three,
     .seed = 1,
     .pairs_f1 = .945,
     .b_cubed_f1 = .98,
     .mixed = .05,
     .beyond = 1},
    {.says = "as generated", .config = three, .seed = 2, .pairs_f1 = .93, .b_cubed_f1 = .98, .mixed = .07, .beyond = 1},
    {.says = "households",
     .config = three,
     .seed = 1,
     .households = IDEM_AMOUNT_HIGH,
     .pairs_f1 = .80,
     .b_cubed_f1 = .945,
     .mixed = .27,
     .beyond = 1},
    {.says = "households",
     .config = three,
     .seed = 2,
     .households = IDEM_AMOUNT_HIGH,
     .pairs_f1 = .83,
     .b_cubed_f1 = .95,
     .mixed = .23,
     .beyond = 2},
    {.says = "dirty",
     .config = three,
     .seed = 1,
     .dirt = IDEM_AMOUNT_HIGH,
     .pairs_f1 = .885,
     .b_cubed_f1 = .965,
     .mixed = .07,
     .beyond = 1},
    {.says = "one source of many duplicates",
     .config = one,
     .seed = 1,
     .duplicates = &most,
     .within = &all,
     .pairs_f1 = .94,
     .b_cubed_f1 = .975,
     .mixed = .04,
     .beyond = 4},
    {.says = "one source of many duplicates",
     .config = one,
     .seed = 2,
     .duplicates = &most,
     .within = &all,
     .pairs_f1 = .975,
     .b_cubed_f1 = .98,
     .mixed = .025,
     .beyond = 1},
    {.says = "two sources without duplicates",
     .config = two,
     .seed = 1,
     .duplicates = &some,
     .within = &none,
     .pairs_f1 = .98,
     .b_cubed_f1 = .985,
     .mixed = .02,
     .beyond = 1},
    {.says = "no duplicates",
     .config = three,
     .seed = 1,
     .duplicates = &none,
     .b_cubed_f1 = .99,
     .mixed = 1,
     .beyond = 1},
    {.says = "names, address and phone alone",
     .config = names_and_places,
     .seed = 1,
     .pairs_f1 = .49,
     .b_cubed_f1 = .865,
     .mixed = .58,
     .beyond = 2},
    {.says = "names, address and phone of households",
     .config = names_and_places,
     .seed = 1,
     .households = IDEM_AMOUNT_HIGH,
     .pairs_f1 = .715,
     .b_cubed_f1 = .94,
     .mixed = .31,
     .beyond = 2},
    {.says = "clean, many duplicates",
     .config = three,
     .seed = 1,
     .duplicates = &most,
     .dirt = IDEM_AMOUNT_NONE,
     .pairs_f1 = .985,
     .b_cubed_f1 = .99,
     .mixed = .01,
     .beyond = 1},
};

/* ---------------------------------------------------------------- the measure */

struct grouping {
    uint32_t group[RECORDS], n, n_groups;
};

struct quality {
    double precision, recall, pairs_f1, b_cubed_f1, mixed;
    uint32_t largest, largest_true;
};

static uint32_t S_number(struct map *map, struct str key)
{
    map_add(map, key, (uint32_t)map->n);
    return *map_find(map, key);
}

static double S_pairs_of(double n)
{
    return n * (n - 1) / 2;
}

static double S_f1(double precision, double recall)
{
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

static void S_sizes(const struct grouping *g, uint32_t *size)
{
    memset(size, 0, RECORDS * sizeof *size);
    for (uint32_t i = 0; i < g->n; i++)
        size[g->group[i]]++;
}

/* Records that share cluster and entity with record i, itself among them. */
static double S_overlap(const struct grouping *x, const struct grouping *y, uint32_t i)
{
    double n = 0;
    for (uint32_t k = 0; k < x->n; k++)
        n += x->group[k] == x->group[i] && y->group[k] == y->group[i];
    return n;
}

static struct quality S_quality(const struct grouping *found, const struct grouping *truth)
{
    static uint32_t in_cluster[RECORDS], in_entity[RECORDS], first[RECORDS];
    static bool is_mixed[RECORDS];
    struct quality q = {0};
    double right = 0, n_found = 0, n_true = 0, precision = 0, recall = 0, several = 0;
    S_sizes(found, in_cluster);
    S_sizes(truth, in_entity);
    memset(is_mixed, 0, sizeof is_mixed);
    for (uint32_t i = found->n; i-- > 0;)
        first[found->group[i]] = i;
    for (uint32_t i = 0; i < found->n; i++) {
        double both = S_overlap(found, truth, i);
        precision += both / in_cluster[found->group[i]];
        recall += both / in_entity[truth->group[i]];
        right += (both - 1) / 2;
        is_mixed[found->group[i]] |= truth->group[i] != truth->group[first[found->group[i]]];
    }
    for (uint32_t g = 0; g < RECORDS; g++) {
        n_found += S_pairs_of(in_cluster[g]);
        n_true += S_pairs_of(in_entity[g]);
        several += in_cluster[g] > 1;
        q.mixed += is_mixed[g];
        q.largest = in_cluster[g] > q.largest ? in_cluster[g] : q.largest;
        q.largest_true = in_entity[g] > q.largest_true ? in_entity[g] : q.largest_true;
    }
    q.precision = n_found > 0 ? right / n_found : 1;
    q.recall = n_true > 0 ? right / n_true : 1;
    q.pairs_f1 = S_f1(q.precision, q.recall);
    q.b_cubed_f1 = S_f1(precision / found->n, recall / found->n);
    q.mixed = several > 0 ? q.mixed / several : 0;
    return q;
}

/* ---------------------------------------------------------------- one shape */

static void S_read_truth(struct workshop *w, struct map *entity)
{
    struct str text, line;
    struct map number = {0};
    if (file_read(workshop_path(w, "truth.csv"), 1 << 26, &w->arena, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    str_next_piece(&text, '\n', &line);
    while (str_next_token(&text, "\r\n", &line)) {
        size_t comma = line.len;
        while (line.ptr[comma - 1] != ',')
            comma--;
        map_add(entity, str_sub(line, 0, comma - 1), S_number(&number, str_sub(line, comma, line.len)));
    }
    map_deinit(&number);
}

static struct quality S_measure(struct workshop *w)
{
    struct map entity = {0}, masters = {0};
    static struct grouping found, truth;
    struct str rest = str_from(workshop_crosswalk(w)), line;
    found.n = truth.n = 0;
    S_read_truth(w, &entity);
    str_next_piece(&rest, '\n', &line);
    while (str_next_token(&rest, "\n", &line)) {
        uint32_t *is = map_find(&entity, str_sub(line, 0, line.len - 37));
        assert_non_null(is);
        truth.group[truth.n++] = *is;
        found.group[found.n++] = S_number(&masters, str_sub(line, line.len - 36, line.len));
    }
    map_deinit(&entity);
    map_deinit(&masters);
    return S_quality(&found, &truth);
}

static bool S_holds(const struct shape *s)
{
    struct workshop w;
    char *json;
    struct idem_generate_options options = {.records = RECORDS,
                                            .seed = s->seed,
                                            .duplicates = s->duplicates,
                                            .within = s->within,
                                            .dirt = s->dirt,
                                            .households = s->households};
    workshop_open(&w);
    options.folder = w.folder;
    if (idem_generate(&options, &json, &w.err) != IDEM_OK)
        fail_msg("%s", w.err.message);
    idem_free(json);
    workshop_config(&w, s->config);
    workshop_run(&w);
    struct quality q = S_measure(&w);
    workshop_close(&w);
    bool holds = (!(s->pairs_f1 > 0) || q.pairs_f1 >= s->pairs_f1) && q.b_cubed_f1 >= s->b_cubed_f1 &&
                 q.mixed <= s->mixed && q.largest <= q.largest_true + s->beyond;
    if (!holds)
        print_error(
            "%s, seed %u: precision %.4f, recall %.4f, F1 %.4f, B-cubed F1 %.4f, mixed %.3f, largest %u of %u\n",
            s->says, (unsigned)s->seed, q.precision, q.recall, q.pairs_f1, q.b_cubed_f1, q.mixed, q.largest,
            q.largest_true);
    return holds;
}

static void every_shape_of_data_is_matched_as_well_as_before(void **state)
{
    unsigned worse = 0;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        worse += !S_holds(&shapes[i]);
    assert_int_equal(worse, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_shape_of_data_is_matched_as_well_as_before)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
