/* A stored model is used only where it fits the database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/stored_model.h"
#include "matcher/compare.h"
#include "sample_database.h"

/* The sample has five fields. */
static enum idem_status S_unpack(const struct model *model)
{
    char folder[] = "/tmp/idem_model_XXXXXX", path[64];
    struct idem_error err = {0};
    struct arena a = {0};
    struct model *m = ARENA_NEW(&a, struct model, 1);
    struct buf body = {0};
    struct store *store = NULL;
    assert_non_null(mkdtemp(folder));
    const struct sample_options sample = {.folder = folder, .clear = true};
    snprintf(path, sizeof path, "%s/sample.db", folder);
    const struct store_options options = {.path = path, .mode = STORE_READ};
    assert_int_equal(sample_database(&sample, &err), IDEM_OK);
    assert_int_equal(store_open(&options, &store, &err), IDEM_OK);
    model_pack(model, &body);
    const struct store_model stored = {.body = buf_view(&body)};
    enum idem_status status = stored_model_unpack(store, &stored, &a, m, &err);
    store_close(store);
    buf_deinit(&body);
    arena_deinit(&a);
    unlink(path);
    strcat(path, "-wal");
    unlink(path);
    memcpy(strrchr(path, '-'), "-shm", 5);
    unlink(path);
    rmdir(folder);
    return status;
}

static struct model *S_model(unsigned comparison_field, uint8_t key_field, uint8_t refine_field)
{
    struct model *m = calloc(1, sizeof *m);
    m->n_comparisons = 1;
    comparison_init(&m->comparison[0], CMP_EMAIL, comparison_field);
    m->n_rules = 1;
    m->rule[0] = (struct rule){
        .key = {{key_field, KEY_EXACT}}, .n_keys = 1, .refine = {{refine_field, KEY_EXACT}}, .n_refine = 1};
    return m;
}

static void a_model_that_names_a_field_that_there_is_not_is_damaged(void **state)
{
    static const struct {
        unsigned comparison;
        uint8_t key, refine;
        enum idem_status status;
    } CASES[] = {
        {2, 2, 4, IDEM_OK},      {5, 2, 2, IDEM_CORRUPT},  {2, 5, 2, IDEM_CORRUPT},
        {2, 2, 5, IDEM_CORRUPT}, {63, 0, 0, IDEM_CORRUPT},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct model *m = S_model(CASES[i].comparison, CASES[i].key, CASES[i].refine);
        assert_int_equal(S_unpack(m), CASES[i].status);
        free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_that_names_a_field_that_there_is_not_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
