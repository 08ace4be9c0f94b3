/* docs/idem.schema.json and docs/configuration.md say what the parser does: same keys, same required ones, same words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "rules/document.h"
#include "rules/types.h"

static struct arena arena;
static json_t *schema;

static struct str S_read(const char *name)
{
    struct str text;
    struct idem_error err = {0};
    struct str path = arena_printf(&arena, TESTS "/../docs/%s", name);
    if (file_read(path.ptr, 1 << 20, &arena, &text, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    return text;
}

static int S_setup(void **state)
{
    struct idem_error err = {0};
    (void)state;
    if (json_parse(S_read("idem.schema.json"), "idem.schema.json", &schema, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    return 0;
}

static int S_teardown(void **state)
{
    (void)state;
    json_decref(schema);
    arena_deinit(&arena);
    return 0;
}

static const json_t *S_def(const char *name)
{
    const json_t *def = name[0] ? json_object_get(json_object_get(schema, "$defs"), name) : schema;
    if (!def)
        fail_msg("idem.schema.json has no $defs.%s", name);
    return def;
}

static bool S_in_array(const json_t *array, const char *text)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        if (str_eq(json_str(json_array_get(array, i)), str_from(text)))
            return true;
    return false;
}

static const struct key_row *S_row(const struct key_table *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++)
        if (strcmp(table->row[i].name, name) == 0)
            return &table->row[i];
    return NULL;
}

static void the_schema_has_every_key_of_the_parser_and_no_other(void **state)
{
    const struct key_table *table;
    const char *key;
    json_t *value;
    (void)state;
    for (size_t t = 0; (table = config_key_table(t)); t++) {
        const json_t *def = S_def(table->object), *properties = json_object_get(def, "properties");
        assert_true(json_is_false(json_object_get(def, "additionalProperties")));
        json_object_foreach((json_t *)(uintptr_t)properties, key, value) if (!S_row(table, key))
            fail_msg("%s.%s is in the schema, but the parser does not know it", table->object, key);
        for (size_t i = 0; i < table->n; i++) {
            if (!json_object_get(properties, table->row[i].name))
                fail_msg("%s.%s is not in the schema", table->object, table->row[i].name);
            if (S_in_array(json_object_get(def, "required"), table->row[i].name) != table->row[i].required)
                fail_msg("%s.%s: required in one, optional in the other", table->object, table->row[i].name);
        }
    }
}

static void the_schema_has_every_word_of_the_parser_and_no_other(void **state)
{
    const struct word_table *table;
    (void)state;
    for (size_t t = 0; (table = config_word_table(t)); t++) {
        const json_t *words = json_object_get(S_def(table->name), "enum");
        assert_int_equal(json_array_size(words), table->n);
        for (size_t i = 0; i < table->n; i++)
            if (!S_in_array(words, table->row[i].name))
                fail_msg("%s: \"%s\" is not in the schema", table->name, table->row[i].name);
    }
    const json_t *types = json_object_get(S_def("type"), "enum");
    assert_int_equal(json_array_size(types), FIELD_NAMED_TYPES);
    for (unsigned i = 0; i < FIELD_NAMED_TYPES; i++)
        assert_true(S_in_array(types, field_type_name((enum field_type)i)));
}

static void the_documentation_names_every_key_and_word(void **state)
{
    const struct key_table *keys;
    const struct word_table *words;
    (void)state;
    struct str text = S_read("configuration.md");
    for (size_t t = 0; (keys = config_key_table(t)); t++)
        for (size_t i = 0; i < keys->n; i++)
            if (str_find(text, arena_printf(&arena, "`%s`", keys->row[i].name)) == SIZE_MAX)
                fail_msg("docs/configuration.md does not tell of `%s` (%s)", keys->row[i].name, keys->object);
    for (size_t t = 0; (words = config_word_table(t)); t++)
        for (size_t i = 0; i < words->n; i++)
            if (str_find(text, arena_printf(&arena, "`%s`", words->row[i].name)) == SIZE_MAX)
                fail_msg("docs/configuration.md does not tell of `%s` (%s)", words->row[i].name, words->name);
}

static void the_documentation_names_every_known_field(void **state)
{
    (void)state;
    struct str text = S_read("configuration.md");
    for (size_t i = 0; known_field_name(i); i++)
        if (str_find(text, arena_printf(&arena, "`%s`", known_field_name(i))) == SIZE_MAX)
            fail_msg("docs/configuration.md does not tell of the field `%s`", known_field_name(i));
}

/*
 * Examples of docs/configuration.md: "```json" is a whole document; "```json document" holds keys that are put into the
 * first of them, "```json source" keys that are put into its first source.
 */
static void S_parse_example(const json_t *document, struct str block)
{
    struct config *config;
    struct idem_error err = {0};
    char *text = json_text(document);
    if (config_parse(str_from(text), STR("idem.json"), &arena, &config, &err) != IDEM_OK)
        fail_msg("%s\nin the example\n%.*s", err.message, STR_ARG(block));
    free(text);
}

static json_t *S_example(struct str block, struct str kind, const json_t *first)
{
    struct idem_error err = {0};
    json_t *example, *document;
    if (json_parse(block, "example", &example, &err) != IDEM_OK)
        fail_msg("%s\nin\n%.*s", err.message, STR_ARG(block));
    if (kind.len == 0)
        return example;
    document = json_deep_copy(first);
    json_t *target = str_eq(kind, STR("source")) ? json_array_get(json_object_get(document, "sources"), 0) : document;
    assert_int_equal(json_object_update(target, example), 0);
    json_decref(example);
    return document;
}

static void every_example_of_the_documentation_is_right(void **state)
{
    unsigned n = 0;
    json_t *first = NULL;
    (void)state;
    struct str rest = S_read("configuration.md");
    for (size_t at; (at = str_find(rest, STR("```json"))) != SIZE_MAX; n++) {
        rest = str_sub(rest, at + 7, rest.len);
        size_t line = str_find_byte(rest, '\n'), end = str_find(rest, STR("\n```"));
        struct str kind = str_trim(str_sub(rest, 0, line)), block = str_sub(rest, line + 1, end);
        json_t *document = S_example(block, kind, first);
        S_parse_example(document, block);
        if (!first)
            first = json_incref(document);
        json_decref(document);
        rest = str_sub(rest, end + 4, rest.len);
    }
    json_decref(first);
    assert_true(n > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_has_every_key_of_the_parser_and_no_other),
        cmocka_unit_test(the_schema_has_every_word_of_the_parser_and_no_other),
        cmocka_unit_test(the_documentation_names_every_key_and_word),
        cmocka_unit_test(the_documentation_names_every_known_field),
        cmocka_unit_test(every_example_of_the_documentation_is_right),
    };
    return cmocka_run_group_tests(tests, S_setup, S_teardown);
}
