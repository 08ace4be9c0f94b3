/*
 * Addresses that differ in their number only are read once. One normaliser reads all of them, in an order in which most
 * come as templates; for each a new one reads it alone: both must give the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hash.h"
#include "normalize/address_template.h"

enum { MOST_WORDS = 20000, ADDRESSES = 12000, SHAPES = 20, ROUND = 300 };

static const char *const lists[] = {"address_class", "address_unit", "address_word",    "number_word",
                                    "post_box",      "street_type",  "state",           "street_type_first",
                                    "generic",       "cities",       "street_direction"};
static const char *const others[] = {"Windsor", "Linden",      "O'Connell", "King's",  "M\xc3\xbchlen",
                                     "Nevsky",  "Rosenthaler", "Hauptstr",  "Quentin", "No",
                                     "ap",      "B",           "a",         "E"};
static const char *const gaps[] = {" ", " ", " ", " ", ", ", ",", ". ", "/", " - ", "-", " #", "\n", " (", ""};

struct world {
    struct arena arena;
    struct normalizer *n;
    struct str word[MOST_WORDS];
    unsigned n_words;
};

static void S_add_list(struct world *w, const char *name)
{
    struct str content, line, variant;
    char path[512];
    snprintf(path, sizeof path, "%s/%s.txt", WORD_FOLDER, name);
    assert_int_equal(file_read(path, 1 << 22, &w->arena, &content, NULL), IDEM_OK);
    while (str_next_piece(&content, '\n', &line))
        while (line.len && line.ptr[0] != '#' && str_next_piece(&line, '|', &variant))
            if (variant.len && w->n_words < MOST_WORDS)
                w->word[w->n_words++] = variant;
}

static struct normalizer *S_normalizer(void)
{
    struct normalizer *n;
    struct idem_error err;
    assert_int_equal(normalizer_new(&n, &err), IDEM_OK);
    return n;
}

static struct str S_word(const struct world *w, uint64_t *random)
{
    if (random_below(random, 2))
        return str_from(others[random_below(random, COUNT_OF(others))]);
    return w->word[random_below(random, w->n_words)];
}

/* A shape: words, signs, and % where the number goes, once or twice or never. */
static struct str S_shape(struct world *w, uint64_t *random)
{
    struct buf b = {0};
    unsigned n = 1 + (unsigned)random_below(random, 4), at = (unsigned)random_below(random, n + 1);
    for (unsigned i = 0; i <= n; i++) {
        if (i == at || random_below(random, 12) == 0)
            buf_byte(&b, '%');
        if (i == n)
            break;
        buf_str(&b, str_from(gaps[b.len ? random_below(random, COUNT_OF(gaps)) : COUNT_OF(gaps) - 1]));
        buf_str(&b, S_word(w, random));
        buf_str(&b, str_from(gaps[random_below(random, COUNT_OF(gaps))]));
    }
    struct str shape = str_copy(&w->arena, buf_view(&b));
    buf_deinit(&b);
    return shape;
}

/* The shape with numbers for the signs: of one to six digits, with a zero in front at times. */
static void S_fill(struct str shape, uint64_t *random, struct buf *to)
{
    static const unsigned most[] = {10, 100, 1000, 10000, 100000, 1000000};
    buf_clear(to);
    for (size_t i = 0; i < shape.len; i++) {
        if (shape.ptr[i] == '%')
            buf_printf(to, "%s%u", random_below(random, 20) ? "" : "0",
                       (unsigned)random_below(random, most[random_below(random, COUNT_OF(most))]));
        else
            buf_byte(to, shape.ptr[i]);
    }
}

static unsigned S_read(struct normalizer *n, const char *country, struct str raw, struct arena *a, struct buf *packed,
                       struct norm_piece piece[MOST_PIECES])
{
    struct norm value;
    struct norm_context context = {.country = ""};
    snprintf(context.country, sizeof context.country, "%s", country);
    unsigned n_pieces = normalize_both(n, FIELD_ADDRESS, &context, raw, a, &value, piece);
    norm_pack(&value, packed);
    for (unsigned i = 0; i < n_pieces; i++)
        piece[i].raw = str_copy(a, piece[i].raw);
    return n_pieces;
}

static void S_compare(struct normalizer *warm, const char *country, struct str raw)
{
    struct arena a = {0};
    struct buf packed[2] = {{0}, {0}};
    struct norm_piece piece[2][MOST_PIECES];
    struct normalizer *cold = S_normalizer();
    unsigned n = S_read(warm, country, raw, &a, &packed[0], piece[0]);
    bool same =
        n == S_read(cold, country, raw, &a, &packed[1], piece[1]) && str_eq(buf_view(&packed[0]), buf_view(&packed[1]));
    for (unsigned i = 0; same && i < n; i++)
        same = piece[0][i].type == piece[1][i].type && str_eq(piece[0][i].raw, piece[1][i].raw);
    if (!same)
        fail_msg("\"%.*s\" (%s): read alone it is something else", STR_ARG(raw), country);
    normalizer_free(cold);
    buf_deinit(&packed[0]);
    buf_deinit(&packed[1]);
    arena_deinit(&a);
}

static void an_address_is_what_it_is_alone(void **state)
{
    static const char countries[][3] = {"", "GB", "DE"};
    static struct str shape[SHAPES];
    struct world *w = xcalloc(1, sizeof *w);
    struct buf raw = {0};
    uint64_t random = 11;
    unsigned copies = 0;
    (void)state;
    w->n = S_normalizer();
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        S_add_list(w, lists[i]);
    for (unsigned i = 0; i < ADDRESSES; i++) {
        struct address_key key;
        for (unsigned k = 0; k < SHAPES && i % ROUND == 0; k++)
            shape[k] = S_shape(w, &random);
        const char *country = countries[random_below(&random, COUNT_OF(countries))];
        S_fill(shape[random_below(&random, SHAPES)], &random, &raw);
        struct str text = str_trim(buf_view(&raw));
        copies += address_key_of(text, country, &key) && address_template_find(w->n, &key);
        S_compare(w->n, country, text);
    }
    assert_true(copies > ADDRESSES / 10); /* or nothing was tested */
    buf_deinit(&raw);
    normalizer_free(w->n);
    arena_deinit(&w->arena);
    free(w);
}

static void placeholders_are_told_from_what_looks_like_them(void **state)
{
    static const struct {
        const char *raw;
        bool generic;
    } rows[] = {{"test 7", false},         {"test 1", true},         {"test 9", false},      {"12 York Street", false},
                {"77 York Street", false}, {"t\xc3\xa9st 8", false}, {"t\xc3\xa9st 2", true}};
    struct normalizer *n = S_normalizer();
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena a = {0};
        struct norm value;
        normalize_value(n, FIELD_ADDRESS, NULL, str_from(rows[i].raw), &a, &value);
        assert_int_equal(value.flags & NORM_GENERIC, rows[i].generic ? NORM_GENERIC : 0);
        arena_deinit(&a);
    }
    normalizer_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_what_it_is_alone),
        cmocka_unit_test(placeholders_are_told_from_what_looks_like_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
