/* Parsing of command lines, and the examples of --help, which are held to the tables that they explain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/options.h"

enum { MOST_WORDS = 32 };

/* The words of a shell line from `idem` to the end of its part of the pipe, quotes resolved, redirections left out. */
static int S_words(struct arena *arena, const char *line, char **words)
{
    struct str rest = str_from(line);
    size_t from = str_find(rest, STR("idem "));
    int n = 0;
    char *text = str_cstr(arena, str_sub(rest, from == SIZE_MAX ? rest.len : from, rest.len)), *to = text;
    while (*text && n < MOST_WORDS - 1) {
        char quote = 0;
        bool redirection = *text == '<' || *text == '>';
        if (*text == '|')
            break;
        words[n++] = to;
        for (; *text && (quote || *text != ' '); text++) {
            if (quote ? *text == quote : *text == '\'' || *text == '"')
                quote = quote ? 0 : *text;
            else
                *to++ = *text;
        }
        text += *text == ' ';
        *to++ = 0;
        if (redirection) { /* and the file behind it */
            n--;
            while (*text && *text != ' ')
                text++;
            text += *text == ' ';
        }
    }
    words[n] = NULL;
    return n;
}

static enum idem_status S_parse(struct cli *c, const char *line, struct idem_error *err)
{
    bool version = false;
    *c = (struct cli){.exit_status = -1};
    arena_init(&c->arena);
    char **words = ARENA_NEW(&c->arena, char *, MOST_WORDS);
    int n = S_words(&c->arena, line, words);
    return options_parse(c, n, words, &version, err);
}

static void every_example_is_a_valid_call(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_COMMANDS; i++)
        for (unsigned e = 0; e < COMMANDS[i]->n_examples; e++) {
            struct cli c;
            struct idem_error err = {0};
            if (S_parse(&c, COMMANDS[i]->example[e].line, &err) != IDEM_OK)
                fail_msg("%s: %s", COMMANDS[i]->example[e].line, err.message);
            assert_ptr_equal(c.command, COMMANDS[i]);
            assert_false(c.common.help);
            arena_deinit(&c.arena);
        }
}

static void options_may_stand_anywhere(void **state)
{
    static const char *const LINES[] = {
        "idem --json -c x.json lookup a:1 b:2",
        "idem lookup --json a:1 -c x.json b:2",
        "idem lookup a:1 b:2 --config=x.json --json",
        "idem -cx.json lookup --json -- a:1 b:2",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(LINES); i++) {
        struct cli c;
        struct idem_error err = {0};
        assert_int_equal(S_parse(&c, LINES[i], &err), IDEM_OK);
        assert_true(c.common.json);
        assert_string_equal(c.common.config, "x.json");
        assert_int_equal(c.n_operands, 2);
        assert_string_equal(c.operand[0], "a:1");
        assert_string_equal(c.operand[1], "b:2");
        arena_deinit(&c.arena);
    }
}

static void two_dashes_end_the_options_and_one_is_an_operand(void **state)
{
    struct cli c;
    struct idem_error err;
    (void)state;
    assert_int_equal(S_parse(&c, "idem compare number -- -1 -2", &err), IDEM_OK);
    assert_int_equal(c.n_operands, 3);
    assert_string_equal(c.operand[2], "-2");
    arena_deinit(&c.arena);
    assert_int_equal(S_parse(&c, "idem lookup -", &err), IDEM_OK);
    assert_string_equal(c.operand[0], "-");
    arena_deinit(&c.arena);
}

/* Every option of every command, with a value that fits its kind and one that does not. */
static void every_option_takes_its_kind_of_value(void **state)
{
    static const struct {
        const char *good, *bad;
    } VALUES[] = {
        [OPTION_FLAG] = {NULL, "=1"},   [OPTION_TEXT] = {"=x", NULL},          [OPTION_LIST] = {"=x", NULL},
        [OPTION_NUMBER] = {"=7", "=x"}, [OPTION_DURATION] = {"=7s", "=x"},     [OPTION_BYTES] = {"=7M", "=x"},
        [OPTION_COUNT] = {"=1", "=0"},  [OPTION_TIME] = {"=2026-11-21", "=x"}, [OPTION_CHOICE] = {NULL, "=nonsense"},
    };
    struct arena a;
    (void)state;
    arena_init(&a);
    for (unsigned i = 0; i < N_COMMANDS; i++)
        for (unsigned k = 0; k < COMMANDS[i]->n_options + N_COMMON_OPTIONS; k++) {
            const struct command *command = COMMANDS[i];
            const struct option_row *row =
                k < command->n_options ? &command->option[k] : &COMMON_OPTIONS[k - command->n_options];
            const char *good = VALUES[row->kind].good, *bad = VALUES[row->kind].bad;
            struct str first = str_from(row->argument ? row->argument : "");
            struct cli c;
            struct idem_error err;
            first.len = first.len && str_find_byte(first, '|') != SIZE_MAX ? str_find_byte(first, '|') : 0;
            struct str line = arena_printf(&a, "idem %s --help --%s%s%.*s", command->name, row->name,
                                           row->kind == OPTION_CHOICE ? "="
                                           : good                     ? good
                                                                      : "",
                                           row->kind == OPTION_CHOICE ? (int)first.len : 0, first.ptr);
            assert_int_equal(S_parse(&c, str_cstr(&a, line), &err), IDEM_OK);
            arena_deinit(&c.arena);
            if (!bad)
                continue;
            line = arena_printf(&a, "idem %s --help --%s%s", command->name, row->name, bad);
            assert_int_equal(S_parse(&c, str_cstr(&a, line), &err), IDEM_INVALID);
            assert_non_null(strstr(err.message, row->name));
            arena_deinit(&c.arena);
        }
    arena_deinit(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_is_a_valid_call),
        cmocka_unit_test(options_may_stand_anywhere),
        cmocka_unit_test(two_dashes_end_the_options_and_one_is_an_operand),
        cmocka_unit_test(every_option_takes_its_kind_of_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
