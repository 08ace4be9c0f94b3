#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "seal/key_file.h"
#include "seal/seal.h"

static char S_folder[64];

static int S_make_folder(void **state)
{
    (void)state;
    snprintf(S_folder, sizeof S_folder, "/tmp/idem-key-XXXXXX");
    return mkdtemp(S_folder) ? 0 : -1;
}

static int S_remove_folder(void **state)
{
    (void)state;
    char command[256];
    snprintf(command, sizeof command, "rm -rf %s", S_folder);
    return system(command);
}

static const char *S_path(const char *name)
{
    static char path[4][256];
    static unsigned next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", S_folder, name);
    return p;
}

/* Gives the text that is its context; NULL: none. */
static bool S_give(void *context, char *text, size_t room, size_t *len)
{
    *len = context ? strlen(context) : 0;
    if (!context || *len > room)
        return false;
    memcpy(text, context, *len);
    return true;
}

static struct idem_passphrase S_words(const char *text)
{
    return (struct idem_passphrase){S_give, (void *)(uintptr_t)text};
}

static const struct seal_place PLACE = {{1, 2, 3}, "leaf", 7, 2};

static struct buf S_sealed(const struct keyring *k)
{
    struct buf sealed = {0};
    seal_container(k, &PLACE, STR("a value"), &sealed);
    return sealed;
}

static void S_expect_open(const struct keyring *k, const struct buf *sealed, bool opens)
{
    struct buf plain = {0};
    enum idem_status status = open_container(k, &PLACE, buf_view(sealed), &plain, NULL);
    assert_int_equal(status == IDEM_OK, opens);
    if (opens)
        assert_true(str_eq(buf_view(&plain), STR("a value")));
    buf_deinit(&plain);
}

static void a_protected_key_file_opens_with_its_passphrase_only(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k = NULL;
    struct stat st;
    const struct idem_passphrase right = S_words("correct horse"), wrong = S_words("correct house"),
                                 empty = S_words(""), none = S_words(NULL);
    const struct {
        const struct idem_passphrase *given;
        enum idem_status status;
    } cases[] = {{&right, IDEM_OK},
                 {&wrong, IDEM_INVALID},
                 {&empty, IDEM_INVALID},
                 {&none, IDEM_NOT_FOUND},
                 {NULL, IDEM_NOT_FOUND}};
    assert_int_equal(seal_key_file_create_protected(S_path("p.key"), &right, &err), IDEM_OK);
    assert_int_equal(stat(S_path("p.key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(keyring_open_protected(S_path("p.key"), cases[i].given, &k, &err), cases[i].status);
        assert_int_equal(k != NULL, cases[i].status == IDEM_OK);
        if (k)
            assert_true(keyring_has_passphrase(k));
        keyring_close(k);
    }
    assert_int_equal(seal_key_file_create_protected(S_path("p.key"), &right, &err), IDEM_CONFLICT);
}

static void every_altered_byte_of_a_protected_key_file_is_noticed(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct arena a = {0};
    struct str text;
    struct keyring *k;
    const struct idem_passphrase words = S_words("w");
    assert_int_equal(seal_key_file_create_protected(S_path("q.key"), &words, &err), IDEM_OK);
    assert_int_equal(file_read(S_path("q.key"), 1000, &a, &text, &err), IDEM_OK);
    for (size_t at = 0; at + 1 < text.len; at += 17) { /* each costs an argon2id */
        char *changed = str_cstr(&a, text);
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        assert_int_equal(file_write_atomic(S_path("q.key"), (struct str){changed, text.len}, 0600, &err), IDEM_OK);
        assert_int_not_equal(keyring_open_protected(S_path("q.key"), &words, &k, &err), IDEM_OK);
    }
    arena_deinit(&a);
}

static void a_passphrase_is_put_on_and_taken_off(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k, *again;
    char before[9], after[9];
    const struct idem_passphrase words = S_words("first");
    assert_int_equal(seal_key_file_create(S_path("c.key"), &err), IDEM_OK);
    assert_int_equal(keyring_open(S_path("c.key"), &k, &err), IDEM_OK);
    assert_int_equal(key_file_write(S_path("c.key"), k, 0, 1, &words, &err), IDEM_OK);
    assert_int_equal(keyring_open(S_path("c.key"), &again, &err), IDEM_NOT_FOUND);
    assert_int_equal(keyring_open_protected(S_path("c.key"), &words, &again, &err), IDEM_OK);
    keyring_id(k, before);
    keyring_id(again, after);
    assert_string_equal(before, after);
    assert_int_equal(key_file_write(S_path("c.key"), again, 0, 1, NULL, &err), IDEM_OK);
    keyring_close(again);
    assert_int_equal(keyring_open(S_path("c.key"), &again, &err), IDEM_OK);
    assert_false(keyring_has_passphrase(again));
    keyring_close(again);
    keyring_close(k);
}

static void a_database_opens_under_any_key_of_the_file(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k, *again;
    struct buf wrapped = {0};
    char id[KEY_FILE_MOST][9];
    assert_int_equal(seal_key_file_create(S_path("m.key"), &err), IDEM_OK);
    assert_int_equal(keyring_open(S_path("m.key"), &k, &err), IDEM_OK);
    keyring_make_keys(k, &err);
    keyring_wrap(k, &wrapped);
    struct buf sealed = S_sealed(k);
    assert_int_equal(keyring_add_file_key(k, &err), IDEM_OK);
    assert_int_equal(keyring_file_at(k), 1);
    assert_int_equal(key_file_write(S_path("m.key"), k, 0, keyring_file_ids(k, id), NULL, &err), IDEM_OK);
    assert_int_equal(keyring_open(S_path("m.key"), &again, &err), IDEM_OK);
    assert_int_equal(keyring_file_ids(again, id), 2);
    assert_string_not_equal(id[0], id[1]);
    assert_int_equal(keyring_unwrap(again, buf_view(&wrapped), &err), IDEM_OK);
    assert_int_equal(keyring_file_at(again), 1);
    S_expect_open(again, &sealed, true);
    keyring_use_first_file_key(again);
    buf_clear(&wrapped);
    keyring_wrap(again, &wrapped);
    keyring_keep_first_file_key(again);
    assert_int_equal(keyring_unwrap(again, buf_view(&wrapped), &err), IDEM_OK);
    S_expect_open(again, &sealed, true);
    keyring_close(again);
    keyring_close(k);
    buf_deinit(&wrapped);
    buf_deinit(&sealed);
}

static void a_ring_that_no_file_holds_can_be_saved_once(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k, *again;
    struct buf wrapped = {0};
    assert_int_equal(keyring_new(&k, &err), IDEM_OK);
    keyring_make_keys(k, &err);
    struct buf sealed = S_sealed(k);
    keyring_wrap(k, &wrapped);
    assert_int_equal(keyring_open(S_path("n.key"), &again, &err), IDEM_NOT_FOUND);
    assert_int_equal(keyring_save_new(k, S_path("n.key"), NULL, &err), IDEM_OK);
    assert_int_equal(keyring_save_new(k, S_path("n.key"), NULL, &err), IDEM_CONFLICT);
    keyring_close(k);
    assert_int_equal(keyring_open(S_path("n.key"), &again, &err), IDEM_OK);
    assert_int_equal(keyring_unwrap(again, buf_view(&wrapped), &err), IDEM_OK);
    S_expect_open(again, &sealed, true);
    keyring_close(again);
    buf_deinit(&wrapped);
    buf_deinit(&sealed);
}

static void both_data_keys_open_until_the_old_one_is_forgotten(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k, *again;
    struct buf wrapped = {0};
    assert_int_equal(seal_key_file_create(S_path("d.key"), &err), IDEM_OK);
    assert_int_equal(keyring_open(S_path("d.key"), &k, &err), IDEM_OK);
    keyring_make_keys(k, &err);
    struct buf before = S_sealed(k);
    assert_false(keyring_is_old(k, buf_view(&before)));
    assert_true(keyring_replace_containers(k));
    assert_false(keyring_replace_containers(k));
    struct buf after = S_sealed(k);
    keyring_wrap(k, &wrapped);
    assert_int_equal(keyring_open(S_path("d.key"), &again, &err), IDEM_OK);
    assert_int_equal(keyring_unwrap(again, buf_view(&wrapped), &err), IDEM_OK);
    assert_true(keyring_is_old(again, buf_view(&before)));
    assert_false(keyring_is_old(again, buf_view(&after)));
    S_expect_open(again, &before, true);
    S_expect_open(again, &after, true);
    keyring_forget_old(again);
    S_expect_open(again, &before, false);
    S_expect_open(again, &after, true);
    assert_true(keyring_is_strange(again, buf_view(&before)));
    keyring_close(again);
    keyring_close(k);
    buf_deinit(&before);
    buf_deinit(&after);
    buf_deinit(&wrapped);
}

static void another_key_of_tokens_leaves_keyed_hashes_as_they_are(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k, *again;
    struct buf wrapped = {0};
    uint8_t before[16], after[16];
    assert_int_equal(seal_key_file_create(S_path("t.key"), &err), IDEM_OK);
    assert_int_equal(keyring_open(S_path("t.key"), &k, &err), IDEM_OK);
    keyring_make_keys(k, &err);
    seal_token(k, STR("crm"), STR("a@example.org"), before);
    uint64_t hash = seal_keyed(k, 4711);
    for (int i = 0; i < 2; i++) {
        keyring_replace_tokens(k);
        seal_token(k, STR("crm"), STR("a@example.org"), after);
        assert_memory_not_equal(before, after, sizeof before);
        assert_true(seal_keyed(k, 4711) == hash);
    }
    keyring_wrap(k, &wrapped);
    assert_int_equal(keyring_open(S_path("t.key"), &again, &err), IDEM_OK);
    assert_int_equal(keyring_unwrap(again, buf_view(&wrapped), &err), IDEM_OK);
    assert_true(keyring_has_lasting(again));
    assert_true(seal_keyed(again, 4711) == hash);
    seal_token(again, STR("crm"), STR("a@example.org"), before);
    assert_memory_equal(before, after, sizeof before);
    keyring_close(again);
    keyring_close(k);
    buf_deinit(&wrapped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_protected_key_file_opens_with_its_passphrase_only),
        cmocka_unit_test(every_altered_byte_of_a_protected_key_file_is_noticed),
        cmocka_unit_test(a_passphrase_is_put_on_and_taken_off),
        cmocka_unit_test(a_database_opens_under_any_key_of_the_file),
        cmocka_unit_test(a_ring_that_no_file_holds_can_be_saved_once),
        cmocka_unit_test(both_data_keys_open_until_the_old_one_is_forgotten),
        cmocka_unit_test(another_key_of_tokens_leaves_keyed_hashes_as_they_are),
    };
    return cmocka_run_group_tests(tests, S_make_folder, S_remove_folder);
}
