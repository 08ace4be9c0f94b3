/*
 * Golden values: tests/normalize/golden/TYPE.txt and split_TYPE.txt hold lines
 *
 *   raw text [country=DE order=dmy format=dd.MM.yyyy pivot=2030 kind=iban currency=EUR] => canon | name=form | ... |
 * !flag raw text [country=US] => type=piece | type=piece
 *
 * The context in brackets may be missing; \xNN writes any byte of the raw text. # starts a comment. docs/types.md holds
 * such lines too, in blocks "```golden TYPE". IDEM_GOLDEN=rewrite puts what comes out today in the place of what is
 * expected: look at the difference, then commit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "normalize/normalize.h"

enum { MOST_BYTES = 4 << 20 };

struct golden {
    struct normalizer *normalizer;
    struct arena arena;
    struct buf text; /* the file as it would be rewritten */
    unsigned cases, wrong;
};

/* ------------------------------------------------------------------ the left side */

static struct str S_unescape(struct arena *a, struct str s)
{
    char *to = arena_alloc(a, s.len + 1, 1);
    size_t len = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned byte;
        char hex[3] = {0};
        if (i + 3 < s.len && s.ptr[i] == '\\' && s.ptr[i + 1] == 'x') {
            memcpy(hex, s.ptr + i + 2, 2);
            if (sscanf(hex, "%x", &byte) == 1) {
                to[len++] = (char)byte;
                i += 3;
                continue;
            }
        }
        to[len++] = s.ptr[i];
    }
    return (struct str){to, len};
}

static void S_setting(struct str key, struct str value, struct norm_context *c)
{
    uint64_t number = 0;
    if (str_eq(key, STR("country")) && value.len == 2)
        memcpy(c->country, value.ptr, 2);
    else if (str_eq(key, STR("order")))
        c->date_order = str_eq(value, STR("dmy"))   ? DATE_ORDER_DMY
                        : str_eq(value, STR("mdy")) ? DATE_ORDER_MDY
                                                    : DATE_ORDER_YMD;
    else if (str_eq(key, STR("format")))
        c->date_format = value;
    else if (str_eq(key, STR("pivot")) && str_to_u64(value, &number))
        c->pivot_year = (int)number;
    else if (str_eq(key, STR("kind")))
        c->identifier_kind = value;
    else if (str_eq(key, STR("currency")))
        c->currency = value;
    else
        fail_msg("unknown setting %.*s", STR_ARG(key));
}

/* Takes "[key=value key=value]" off the end; a space in a value is written "_". */
static struct str S_context(struct arena *a, struct str left, struct norm_context *c)
{
    if (!str_ends(left, STR("]")))
        return left;
    size_t open = left.len;
    while (open && left.ptr[open - 1] != '[')
        open--;
    struct str inside = str_sub(left, open, left.len - 1), item;
    if (!open || str_find_byte(inside, '=') == SIZE_MAX)
        return left;
    while (str_next_token(&inside, " ", &item)) {
        size_t equals = str_find_byte(item, '=');
        assert_true(equals != SIZE_MAX);
        struct str value = str_copy(a, str_sub(item, equals + 1, item.len));
        for (size_t i = 0; i < value.len; i++)
            if (value.ptr[i] == '_')
                ((char *)(uintptr_t)value.ptr)[i] = ' ';
        S_setting(str_sub(item, 0, equals), value, c);
    }
    return str_trim(str_sub(left, 0, open - 1));
}

/* ------------------------------------------------------------------ the right side */

static const char *const name_forms[NORM_FORMS] = {"canon",  "latin", "phon",    "nick",
                                                   "tokens", "base",  "acronym", "legal"};
static const char *const person_forms[NORM_FORMS] = {"canon",  "latin", "phon",       "nick",
                                                     "tokens", "base",  "generation", "reading"};
static const char *const phone_forms[NORM_FORMS] = {"canon", "ext", "2", "3", "tokens", "base", "6", "7"};
static const char *const mail_forms[NORM_FORMS] = {"canon", "local", "domain", "3", "tokens", "base", "6", "7"};
static const char *const address_forms[NORM_FORMS] = {"canon", "number", "unit", "box", "tokens", "base", "6", "7"};

static const char *const *S_form_names(enum field_type type, bool organisation)
{
    if (type == FIELD_GIVEN_NAME || type == FIELD_MIDDLE_NAME || type == FIELD_FAMILY_NAME)
        return person_forms;
    if (type == FIELD_FULL_NAME && !organisation)
        return person_forms;
    if (type == FIELD_PHONE)
        return phone_forms;
    if (type == FIELD_EMAIL || type == FIELD_URL)
        return mail_forms;
    return type == FIELD_ADDRESS || type == FIELD_HOUSE_NUMBER ? address_forms : name_forms;
}

static struct str S_show_value(struct golden *g, enum field_type type, const struct norm_context *c, struct str raw)
{
    static const char *const flags[] = {"generic", "invalid", "partial", "unsure"};
    struct norm value;
    struct buf b = {0};
    normalize_value(g->normalizer, type, c, raw, &g->arena, &value);
    buf_str(&b, value.form[NORM_CANON]);
    for (unsigned i = 1; i < NORM_FORMS; i++)
        if (value.form[i].len)
            buf_printf(&b, " | %s=%.*s", S_form_names(type, value.form[NORM_BASE].len > 0)[i], STR_ARG(value.form[i]));
    for (unsigned i = 0; i < COUNT_OF(flags); i++)
        if (value.flags >> i & 1)
            buf_printf(&b, " | !%s", flags[i]);
    struct str shown = str_copy(&g->arena, buf_view(&b));
    buf_deinit(&b);
    return shown;
}

static struct str S_show_pieces(struct golden *g, enum field_type type, const struct norm_context *c, struct str raw)
{
    struct norm_piece piece[MOST_PIECES];
    struct buf b = {0};
    unsigned n = normalize_split(g->normalizer, type, c, raw, &g->arena, piece);
    for (unsigned i = 0; i < n; i++)
        buf_printf(&b, "%s%s=%.*s", i ? " | " : "", field_type_name(piece[i].type), STR_ARG(piece[i].raw));
    struct str shown = str_copy(&g->arena, n ? buf_view(&b) : STR("-"));
    buf_deinit(&b);
    return shown;
}

/* ------------------------------------------------------------------ files */

static void S_line(struct golden *g, const char *path, enum field_type type, bool split, struct str line)
{
    size_t arrow = SIZE_MAX;
    for (size_t i = 0; i + 3 < line.len; i++)
        if (memcmp(line.ptr + i, " =>", 3) == 0)
            arrow = i;
    if (line.len == 0 || line.ptr[0] == '#' || arrow == SIZE_MAX) {
        if (line.len && line.ptr[0] != '#')
            fail_msg("%s: a line without =>: %.*s", path, STR_ARG(line));
        buf_printf(&g->text, "%.*s\n", STR_ARG(line));
        return;
    }
    struct norm_context c = {0};
    struct str raw = S_unescape(&g->arena, S_context(&g->arena, str_trim(str_sub(line, 0, arrow)), &c));
    struct str expected = str_trim(str_sub(line, arrow + 3, line.len));
    struct str got = split ? S_show_pieces(g, type, &c, raw) : S_show_value(g, type, &c, raw);
    buf_printf(&g->text, "%.*s => %.*s\n", STR_ARG(str_sub(line, 0, arrow)), STR_ARG(got));
    g->cases++;
    if (str_eq(expected, got))
        return;
    g->wrong++;
    print_error("%s: %.*s\n  expected %.*s\n  got      %.*s\n", path, STR_ARG(str_sub(line, 0, arrow)),
                STR_ARG(expected), STR_ARG(got));
}

static void S_open(struct golden *g, const char *path, struct str *content)
{
    assert_int_equal(file_read(path, MOST_BYTES, &g->arena, content, NULL), IDEM_OK);
    buf_clear(&g->text);
}

static void S_close(struct golden *g, const char *path, unsigned wrong_before)
{
    const char *mode = getenv("IDEM_GOLDEN");
    if (g->wrong > wrong_before && mode && strcmp(mode, "rewrite") == 0)
        assert_int_equal(file_write_atomic(path, buf_view(&g->text), 0644, NULL), IDEM_OK);
}

static void S_file(struct golden *g, enum field_type type, bool split)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s%s.txt", GOLDEN_FOLDER, split ? "split_" : "", field_type_name(type));
    if (!file_exists(path))
        return;
    struct str content, line;
    unsigned wrong = g->wrong;
    S_open(g, path, &content);
    while (str_next_piece(&content, '\n', &line))
        if (content.len || line.len)
            S_line(g, path, type, split, line);
    S_close(g, path, wrong);
}

/* "```golden split_address" */
static bool S_block(struct str line, enum field_type *type, bool *split)
{
    if (!str_starts(line, STR("```golden ")))
        return false;
    struct str name = str_trim(str_sub(line, 10, line.len));
    *split = str_starts(name, STR("split_"));
    assert_true(field_type_parse(*split ? str_sub(name, 6, name.len) : name, type));
    return true;
}

static void S_document(struct golden *g)
{
    const char *path = GOLDEN_FOLDER "/../../../docs/types.md";
    struct str content, line;
    enum field_type type = FIELD_TEXT;
    bool split = false, inside = false;
    unsigned wrong = g->wrong, cases = g->cases;
    S_open(g, path, &content);
    while (str_next_piece(&content, '\n', &line)) {
        if (inside && !str_starts(line, STR("```"))) {
            S_line(g, path, type, split, line);
            continue;
        }
        inside = !inside && S_block(line, &type, &split);
        if (content.len || line.len)
            buf_printf(&g->text, "%.*s\n", STR_ARG(line));
    }
    assert_true(g->cases > cases);
    S_close(g, path, wrong);
}

static void values_and_pieces_come_out_as_the_golden_files_say(void **state)
{
    (void)state;
    struct golden g = {0};
    assert_int_equal(normalizer_new(&g.normalizer, NULL), IDEM_OK);
    for (unsigned type = 0; type < FIELD_NAMED_TYPES; type++) {
        S_file(&g, (enum field_type)type, false);
        S_file(&g, (enum field_type)type, true);
    }
    S_document(&g);
    normalizer_free(g.normalizer);
    buf_deinit(&g.text);
    arena_deinit(&g.arena);
    assert_true(g.cases > 0);
    if (g.wrong)
        fail_msg("%u of %u cases differ", g.wrong, g.cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_and_pieces_come_out_as_the_golden_files_say)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
