/*
 * Plain names go a short way. A space in front makes any text none of them and changes nothing else: both ways must
 * give the same, for names made of words of all lists, of other words, in every order and case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hash.h"
#include "normalize/normalizer.h"
#include "normalize/simple_name.h"

enum { MOST_WORDS = 60000, NAMES = 60000 };

static const char *const lists[] = {
    "titles",
    "suffixes",
    "particles",
    "name_parts",
    "nicknames",
    "legal_forms",
    "legal_first",
    "legal_strong",
    "organisation",
    "organisation_telling",
    "generic",
    "mailbox",
    "organisation_filler",
    "family_spellings",
    "family_iberian",
    "family_vietnamese",
    "family_east_asian",
};
/* Words of no list; many, for most names are made of them. */
static const char *const others[] = {"schmittke", "rogers",   "ivanovich", "petrovna", "xx",       "xxx", "lindenrode",
                                     "and",       "kowalska", "obrien",    "ng",       "oyelaran", "bo",  "qwz"};

struct world {
    struct arena arena;
    struct normalizer *n;
    struct str word[MOST_WORDS];
    unsigned n_words;
};

static void S_add(struct world *w, struct str word)
{
    assert_true(w->n_words < MOST_WORDS);
    w->word[w->n_words++] = word;
}

/* Every word of every variant. */
static void S_add_list(struct world *w, const char *name)
{
    struct str content, line, variant, word;
    char path[512];
    snprintf(path, sizeof path, "%s/%s.txt", WORD_FOLDER, name);
    assert_int_equal(file_read(path, 1 << 22, &w->arena, &content, NULL), IDEM_OK);
    while (str_next_piece(&content, '\n', &line))
        while (line.len && line.ptr[0] != '#' && str_next_piece(&line, '|', &variant))
            while (str_next_token(&variant, " ", &word))
                S_add(w, word);
}

static void S_open(struct world *w)
{
    struct idem_error err;
    *w = (struct world){0};
    assert_int_equal(normalizer_new(&w->n, &err), IDEM_OK);
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        S_add_list(w, lists[i]);
}

static void S_close(struct world *w)
{
    normalizer_free(w->n);
    arena_deinit(&w->arena);
}

/* As in a sentence, in capitals, small; sometimes each word in its own way. */
static void S_write(struct buf *to, struct str word, unsigned how)
{
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        bool capital = how == 1 || (how == 0 && i == 0) || (how == 3 && (i == 0 || i == 2));
        buf_byte(to, (char)(capital && c >= 'a' && c <= 'z' ? c - 32 : c));
    }
}

static void S_make(const struct world *w, uint64_t *random, struct buf *name)
{
    static const char *const gaps[] = {" ", " ", " ", ", ", ",", "  ", "-", ". "};
    unsigned n = 1 + (unsigned)random_below(random, 4), how = (unsigned)random_below(random, 5);
    buf_clear(name);
    buf_byte(name, ' ');
    for (unsigned i = 0; i < n; i++) {
        bool listed = random_below(random, 3) == 0;
        struct str word = listed ? w->word[random_below(random, w->n_words)]
                                 : str_from(others[random_below(random, COUNT_OF(others))]);
        if (i)
            buf_str(name, str_from(gaps[random_below(random, COUNT_OF(gaps))]));
        S_write(name, word, how == 4 ? (unsigned)random_below(random, 4) : how);
    }
}

static void S_compare(struct world *w, enum field_type type, struct str padded)
{
    struct arena a = {0};
    struct norm value[2];
    struct norm_piece piece[2][MOST_PIECES];
    unsigned n_pieces[2];
    struct buf packed[2] = {{0}, {0}};
    for (unsigned way = 0; way < 2; way++) {
        struct str raw = str_sub(padded, way, padded.len);
        n_pieces[way] = normalize_both(w->n, type, NULL, raw, &a, &value[way], piece[way]);
        norm_pack(&value[way], &packed[way]);
        for (unsigned i = 0; i < n_pieces[way]; i++)
            piece[way][i].raw = str_copy(&a, piece[way][i].raw);
    }
    bool same = str_eq(buf_view(&packed[0]), buf_view(&packed[1])) && n_pieces[0] == n_pieces[1];
    for (unsigned i = 0; same && i < n_pieces[0]; i++)
        same = piece[0][i].type == piece[1][i].type && str_eq(str_trim(piece[0][i].raw), str_trim(piece[1][i].raw));
    if (!same)
        fail_msg("%s of \"%.*s\": two ways, two results: %.*s and %.*s", field_type_name(type), STR_ARG(padded),
                 STR_ARG(value[0].form[NORM_CANON]), STR_ARG(value[1].form[NORM_CANON]));
    buf_deinit(&packed[0]);
    buf_deinit(&packed[1]);
    arena_deinit(&a);
}

static void both_ways_give_the_same(void **state)
{
    static const enum field_type types[] = {FIELD_FULL_NAME, FIELD_FULL_NAME, FIELD_GIVEN_NAME, FIELD_FAMILY_NAME,
                                            FIELD_MIDDLE_NAME};
    struct world *w = xcalloc(1, sizeof *w);
    struct buf name = {0};
    uint64_t random = 7;
    unsigned simple = 0;
    (void)state;
    S_open(w);
    for (unsigned i = 0; i < NAMES; i++) {
        struct simple_name read;
        S_make(w, &random, &name);
        simple += simple_name_read(w->n, str_sub(buf_view(&name), 1, name.len), &read);
        assert_false(simple_name_read(w->n, buf_view(&name), &read));
        S_compare(w, types[random_below(&random, COUNT_OF(types))], buf_view(&name));
    }
    assert_true(simple > NAMES / 10); /* or the short way is never gone */
    buf_deinit(&name);
    S_close(w);
    free(w);
}

static void which_names_are_plain(void **state)
{
    static const struct {
        const char *raw, *given, *middle, *family;
    } cases[] = {
        {"Ann Rogers", "Ann", "", "Rogers"},
        {"ANN ROGERS", "ANN", "", "ROGERS"},
        {"Rogers, Ann", "Ann", "", "Rogers"},
        {"Rogers,Ann Mary", "Ann", "Mary", "Rogers"},
        {"ann mary rogers", "ann", "mary", "rogers"},
        {"ROGERS Ann", NULL, NULL, NULL},
        {"Ann", NULL, NULL, NULL},
        {"A Rogers", NULL, NULL, NULL},
        {"Dr Rogers", NULL, NULL, NULL},
        {"Ann Rogers Jr", NULL, NULL, NULL},
        {"Ann van Rogers", NULL, NULL, NULL},
        {"Ann O'Rogers", NULL, NULL, NULL},
        {"Rogers Ltd", NULL, NULL, NULL},
        {"Ann Mary, Rogers", NULL, NULL, NULL},
        {"Rogers, Ann,", NULL, NULL, NULL},
        {"Ann Rogers ", NULL, NULL, NULL},
        {"", NULL, NULL, NULL},
        {"Ann Rogersrogersrogers", NULL, NULL, NULL},
        {"Ivan Petrov Ivanovich", NULL, NULL, NULL},
    };
    struct normalizer *n;
    struct idem_error err;
    (void)state;
    assert_int_equal(normalizer_new(&n, &err), IDEM_OK);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct simple_name name;
        assert_int_equal(simple_name_read(n, str_from(cases[i].raw), &name), cases[i].given != NULL);
        if (!cases[i].given)
            continue;
        assert_true(str_eq(name.word[0].raw, str_from(cases[i].given)));
        assert_true(str_eq(name.word[name.n - 1].raw, str_from(cases[i].family)));
        assert_int_equal(name.n, 2 + (*cases[i].middle != 0));
        if (name.n == 3)
            assert_true(str_eq(name.word[1].raw, str_from(cases[i].middle)));
    }
    normalizer_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_names_are_plain),
        cmocka_unit_test(both_ways_give_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
