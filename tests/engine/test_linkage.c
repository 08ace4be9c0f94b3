/* Linkage encodings: the same for the same secret, unlike for another, and matched by another party. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/hash.h"
#include "workshop.h"

enum { PERSONS = 300, SHARED = 150 };

#define SECRET "a secret of two parties, and of nobody else\n"

static int S_setup(void **state)
{
    struct workshop *w = malloc(sizeof *w);
    workshop_open(w);
    *state = w;
    return 0;
}

static int S_teardown(void **state)
{
    workshop_close(*state);
    free(*state);
    return 0;
}

static void S_write_secret(struct workshop *w, const char *name, const char *text, mode_t mode)
{
    workshop_write(w, name, text);
    assert_int_equal(chmod(workshop_path(w, name), mode), 0);
}

static const char *S_pick(uint64_t *state, const char *const *of, size_t n)
{
    return of[random_below(state, n)];
}

/* One person by number; `spoilt`: with a typing error in the family name, and moved. */
static void S_person(struct buf *out, unsigned number, bool spoilt)
{
    static const char *const GIVEN[] = {"Anna",  "Bernard", "Carla", "Dimitri", "Elena",  "Frederik",
                                        "Greta", "Hassan",  "Irina", "Joachim", "Katrin", "Leopold"};
    static const char *const STEM[] = {"Hammer", "Winkel", "Lindg", "Kowal", "Petrov", "Brandt",
                                       "Schulz", "Moreno", "Fisch", "Tamar", "Olsson", "Vander"};
    static const char *const END[] = {"berg", "mann", "ski", "feld", "stein", "hof"};
    uint64_t state = hash_u64(number + 1);
    const char *given = S_pick(&state, GIVEN, COUNT_OF(GIVEN)), *stem = S_pick(&state, STEM, COUNT_OF(STEM)),
               *end = S_pick(&state, END, COUNT_OF(END));
    unsigned year = 1930 + (unsigned)random_below(&state, 70), month = 1 + (unsigned)random_below(&state, 12),
             day = 1 + (unsigned)random_below(&state, 28), code = 10000 + (unsigned)random_below(&state, 80000);
    buf_printf(out, "%u,%s,%s%s%s,%u-%02u-%02u,%05u,u%llu@mail.example\n", number, given, stem, spoilt ? "x" : "", end,
               year, month, day, spoilt ? code + 1 : code, (unsigned long long)hash_u64(number) % 1000000);
}

static void S_party(struct workshop *w, const char *file, unsigned from, bool spoilt)
{
    struct buf text = {0};
    buf_str(&text, STR("id,first,last,born,zip,mail\n"));
    for (unsigned i = from; i < from + PERSONS; i++)
        S_person(&text, i, spoilt);
    workshop_write(w, file, buf_cstr(&text));
    buf_deinit(&text);
}

#define FIELDS                                                                                                         \
    "'record_id':'id','fields':{'given_name':'first','family_name':'last','birth_date':'born','postcode':'zip',"       \
    "'email':'mail'}"

static void S_configure(struct workshop *w)
{
    workshop_config(w, "{'sources':[{'name':'a','path':'a.csv'," FIELDS "},{'name':'b','path':'b.csv'," FIELDS
                       "}],'privacy':{'at_rest':'clear'}}");
}

static bool S_take(void *context, const void *bytes, size_t len)
{
    buf_add(context, bytes, len);
    return true;
}

static enum idem_status S_encode(struct workshop *w, const struct idem_encode_options *options, struct buf *out)
{
    struct idem_encode_result result;
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    buf_clear(out);
    enum idem_status status = idem_encode(s, options, S_take, out, &result, &w->err);
    idem_close(s);
    assert_true(status != IDEM_OK || result.records == PERSONS);
    return status;
}

static void the_same_secret_gives_the_same_bytes_on_any_number_of_threads(void **state)
{
    struct workshop *w = *state;
    struct buf one = {0}, two = {0};
    S_configure(w);
    S_party(w, "a.csv", 0, false);
    S_write_secret(w, "secret", SECRET, 0600);
    S_write_secret(w, "same", "a secret of two parties, and of nobody else", 0600);
    struct idem_encode_options options = {.source = "a", .secret_path = workshop_path(w, "secret"), .threads = 1};
    assert_int_equal(S_encode(w, &options, &one), IDEM_OK);
    options.threads = 4;
    options.secret_path = workshop_path(w, "same");
    assert_int_equal(S_encode(w, &options, &two), IDEM_OK);
    assert_true(one.len > PERSONS * 180u);
    assert_int_equal(one.len, two.len);
    assert_memory_equal(one.ptr, two.ptr, one.len);
    assert_true(str_find(buf_view(&one), STR("Hammer")) == SIZE_MAX);
    buf_deinit(&one);
    buf_deinit(&two);
}

/* The encoding of the record with this id, in an export with the source's own ids. */
static struct str S_encoding_of(const struct buf *out, const char *id)
{
    char line[16];
    struct str row = {0}, cell = {0};
    snprintf(line, sizeof line, "\n%s,", id);
    size_t at = str_find(buf_view(out), str_from(line));
    assert_true(at != SIZE_MAX);
    row = str_sub(buf_view(out), at + strlen(line), out->len);
    assert_true(str_next_piece(&row, ',', &cell));
    return cell;
}

static void S_level_of(struct str a, struct str b, const char *level)
{
    struct idem_model *m;
    struct idem_error err;
    char *json = NULL;
    char wanted[40];
    assert_int_equal(idem_model_open(NULL, &m, &err), IDEM_OK);
    assert_int_equal(
        idem_compare(m, "encoding", (struct idem_str){a.ptr, a.len}, (struct idem_str){b.ptr, b.len}, &json, &err),
        IDEM_OK);
    snprintf(wanted, sizeof wanted, "\"level\":\"%s\"", level);
    if (!strstr(json, wanted))
        fail_msg("not %s", wanted);
    idem_free(json);
    idem_model_close(m);
}

static void another_secret_gives_encodings_that_tell_nothing_of_the_first(void **state)
{
    struct workshop *w = *state;
    struct buf one = {0}, two = {0};
    S_configure(w);
    S_party(w, "a.csv", 0, false);
    S_write_secret(w, "secret", SECRET, 0600);
    S_write_secret(w, "other", "a secret of two parties, and of somebody else\n", 0600);
    struct idem_encode_options options = {.source = "a", .secret_path = workshop_path(w, "secret"), .keep_ids = true};
    assert_int_equal(S_encode(w, &options, &one), IDEM_OK);
    options.secret_path = workshop_path(w, "other");
    assert_int_equal(S_encode(w, &options, &two), IDEM_OK);
    S_level_of(S_encoding_of(&one, "17"), S_encoding_of(&one, "17"), "exact");
    S_level_of(S_encoding_of(&one, "17"), S_encoding_of(&one, "18"), "else");
    S_level_of(S_encoding_of(&one, "17"), S_encoding_of(&two, "17"), "else");
    struct str tokens = S_encoding_of(&one, "17"), other = S_encoding_of(&two, "17"), token;
    size_t at = str_find_byte(tokens, ';');
    assert_true(at != SIZE_MAX);
    for (tokens = str_sub(tokens, at + 1, tokens.len); str_next_token(&tokens, " ", &token);)
        assert_true(str_find(other, token) == SIZE_MAX);
    buf_deinit(&one);
    buf_deinit(&two);
}

static void a_field_that_is_left_out_changes_every_encoding(void **state)
{
    static const char *const WITHOUT[] = {"email"}, *const UNKNOWN[] = {"mail"};
    struct workshop *w = *state;
    struct buf one = {0}, two = {0};
    S_configure(w);
    S_party(w, "a.csv", 0, false);
    S_write_secret(w, "secret", SECRET, 0600);
    struct idem_encode_options options = {.source = "a", .secret_path = workshop_path(w, "secret"), .keep_ids = true};
    assert_int_equal(S_encode(w, &options, &one), IDEM_OK);
    options.without = WITHOUT;
    options.n_without = 1;
    assert_int_equal(S_encode(w, &options, &two), IDEM_OK);
    assert_false(str_eq(S_encoding_of(&one, "3"), S_encoding_of(&two, "3")));
    options.without = UNKNOWN;
    assert_int_equal(S_encode(w, &options, &two), IDEM_INVALID);
    assert_non_null(strstr(w->err.message, "\"mail\" is not a field"));
    buf_deinit(&one);
    buf_deinit(&two);
}

static void a_secret_that_others_can_read_or_guess_is_refused(void **state)
{
    struct workshop *w = *state;
    struct buf out = {0};
    S_configure(w);
    S_party(w, "a.csv", 0, false);
    S_write_secret(w, "open", SECRET, 0644);
    S_write_secret(w, "short", "  hunter2 \n", 0600);
    struct idem_encode_options options = {.source = "a", .secret_path = workshop_path(w, "open")};
    assert_int_equal(S_encode(w, &options, &out), IDEM_INVALID);
    assert_non_null(strstr(w->err.message, "others can read"));
    options.secret_path = workshop_path(w, "short");
    assert_int_equal(S_encode(w, &options, &out), IDEM_INVALID);
    assert_null(strstr(w->err.message, "hunter2"));
    options.secret_path = workshop_path(w, "none");
    assert_int_equal(S_encode(w, &options, &out), IDEM_NOT_FOUND);
    buf_deinit(&out);
}

static void S_encode_to(struct workshop *w, const char *source, const char *file)
{
    struct buf out = {0};
    struct idem_encode_options options = {
        .source = source, .secret_path = workshop_path(w, "secret"), .keep_ids = true};
    assert_int_equal(S_encode(w, &options, &out), IDEM_OK);
    workshop_write(w, file, buf_cstr(&out));
    buf_deinit(&out);
}

static void two_parties_are_linked_by_their_encodings_alone(void **state)
{
    struct workshop *w = *state;
    unsigned linked = 0;
    S_configure(w);
    S_party(w, "a.csv", 0, false);
    S_party(w, "b.csv", PERSONS - SHARED, true);
    S_write_secret(w, "secret", SECRET, 0600);
    S_encode_to(w, "a", "a_encoded.csv");
    S_encode_to(w, "b", "b_encoded.csv");
    workshop_config(w, "{'sources':[{'name':'a','path':'a_encoded.csv','record_id':'record_id','fields':{'encoding':"
                       "'encoding'}},{'name':'b','path':'b_encoded.csv','record_id':'record_id','fields':{'encoding':"
                       "'encoding'}}],'privacy':{'at_rest':'clear'}}");
    json_t *report = workshop_apply(w);
    for (unsigned i = PERSONS - SHARED; i < PERSONS; i++) {
        char a[16], b[16];
        snprintf(a, sizeof a, "a:%u", i);
        snprintf(b, sizeof b, "b:%u", i);
        linked += workshop_together(w, a, b);
    }
    assert_true(linked >= SHARED * 97 / 100);
    int64_t others = 2 * PERSONS - linked - workshop_count(report, "masters.active"); /* who were joined wrongly */
    assert_in_range(others, 0, SHARED * 3 / 100);
    json_decref(report);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, S_setup, S_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_same_secret_gives_the_same_bytes_on_any_number_of_threads),
        TEST(another_secret_gives_encodings_that_tell_nothing_of_the_first),
        TEST(a_field_that_is_left_out_changes_every_encoding),
        TEST(a_secret_that_others_can_read_or_guess_is_refused),
        TEST(two_parties_are_linked_by_their_encodings_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
