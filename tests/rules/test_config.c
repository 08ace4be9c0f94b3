/* What the structs hold after a configuration was read: every construct, and the defaults. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rules/config.h"
#include "rules/types.h"

static struct arena arena;

static struct config *S_parse(const char *text)
{
    struct config *config;
    struct idem_error err = {0};
    if (config_parse(str_from(text), STR("/data/idem.json"), &arena, &config, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    return config;
}

static struct config *S_everything(void)
{
    struct config *config;
    struct idem_error err = {0};
    if (config_load(TESTS "/rules/golden/valid/everything.json", &arena, &config, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    return config;
}

static int S_teardown(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

#define assert_str(value, text) assert_true(str_eq((value), STR(text)))

static unsigned S_field(const struct config *c, const char *name)
{
    int field = schema_find(&c->schema, str_from(name));
    if (field < 0)
        fail_msg("no field %s", name);
    return (unsigned)field;
}

static const struct mapping *S_mapping(const struct config *c, unsigned source, const char *name)
{
    unsigned field = S_field(c, name);
    for (unsigned i = 0; i < c->source[source].n_mappings; i++)
        if (c->source[source].mapping[i].field == field)
            return &c->source[source].mapping[i];
    fail_msg("%s is not mapped", name);
    return NULL;
}

#define SMALL(fields) "{\"sources\":[{\"name\":\"a\",\"path\":\"a.csv\",\"record_id\":\"id\",\"fields\":{" fields "}}]}"

static void the_smallest_configuration_has_defaults(void **state)
{
    (void)state;
    struct config *c = S_parse(SMALL("\"email\":\"mail\""));
    const struct source *s = &c->source[0];
    assert_int_equal(c->n_sources, 1);
    assert_str(c->folder, "/data");
    assert_int_equal(c->entity, ENTITY_UNKNOWN);
    assert_int_equal(s->files, FILES_AUTO);
    assert_int_equal(s->rows, ROWS_LATEST);
    assert_int_equal(s->mode, MODE_WHOLE);
    assert_int_equal(s->role, ROLE_NORMAL);
    assert_int_equal(s->priority, 1);
    assert_false(s->optional);
    assert_false(s->unique);
    assert_int_equal(s->read.header, HEADER_AUTO);
    assert_int_equal(c->match.kind, THRESHOLD_AUTO);
    assert_int_equal(c->review.kind, THRESHOLD_AUTO);
    assert_int_equal(c->at_rest, AT_REST_SEALED);
    assert_true(fabs(c->gates.max_churn - 0.02) < 1e-12);
    assert_true(fabs(c->gates.max_merged_masters - 0.01) < 1e-12);
    assert_true(fabs(c->gates.max_gone - 0.1) < 1e-12);
    assert_int_equal(c->n_blocking, 0);
    assert_int_equal(c->schema.n_fields, 1);
    assert_true(c->schema.field[0].personal);
    assert_int_equal(c->survivor[0], SURVIVE_PRIORITY);
}

static void a_full_name_and_an_address_bring_the_fields_they_are_split_into(void **state)
{
    static const struct {
        const char *name;
        bool derived;
    } WANTED[] = {{"full_name", false},   {"address", false},    {"city", false},       {"given_name", true},
                  {"middle_name", true},  {"family_name", true}, {"name_suffix", true}, {"organisation", true},
                  {"house_number", true}, {"region", true},      {"postcode", true},    {"country", true}};
    (void)state;
    struct config *c = S_parse(SMALL("\"full_name\":\"n\",\"address\":\"a\",\"city\":\"c\""));
    assert_int_equal(c->schema.n_fields, COUNT_OF(WANTED));
    for (size_t i = 0; i < COUNT_OF(WANTED); i++) {
        assert_string_equal(c->schema.field[i].name.ptr, WANTED[i].name);
        assert_int_equal(c->schema.field[i].derived, WANTED[i].derived);
    }
}

static void fields_stand_in_the_order_of_their_first_mention(void **state)
{
    (void)state;
    struct config *c = S_everything();
    static const char *const WANTED[] = {"given_name",  "family_name", "birth_date", "email", "address",
                                         "national_id", "tax_id",      "shoe",       "phone", "full_name"};
    for (size_t i = 0; i < COUNT_OF(WANTED); i++)
        assert_string_equal(c->schema.field[i].name.ptr, WANTED[i]);
    assert_int_equal(c->schema.field[S_field(c, "shoe")].type, FIELD_NUMBER);
    assert_false(c->schema.field[S_field(c, "national_id")].personal);
    assert_false(c->schema.field[S_field(c, "tax_id")].personal);
    assert_true(c->schema.field[S_field(c, "email")].personal);
    assert_false(c->schema.field[S_field(c, "city")].personal);
}

static void how_a_source_is_read_is_kept(void **state)
{
    (void)state;
    struct config *c = S_everything();
    const struct source *s = &c->source[0];
    assert_str(s->read.encoding, "windows-1252");
    assert_int_equal(s->read.delimiter, '\t');
    assert_int_equal(s->read.quote, '\1');
    assert_int_equal(s->read.header, HEADER_NO);
    assert_int_equal(s->mode, MODE_DELTA);
    assert_str(s->delete_flag, "gone");
    assert_str(s->delete_value, "Y");
    assert_str(s->updated_at, "mod");
    assert_str(s->updated_at_format, "dd/MM/yyyy HH:mm");
    assert_int_equal(s->priority, 7);
    assert_int_equal(c->source[1].priority, 2);
    assert_string_equal(s->country, "AU");
    assert_int_equal(s->role, ROLE_NORMAL);
    assert_int_equal(s->rows, ROWS_UNION);
    assert_true(s->unique && s->optional);
    assert_str(s->entity_column, "t");
    assert_int_equal(s->n_person_values, 2);
    assert_int_equal(s->n_organisation_values, 1);
    assert_int_equal(c->source[1].entity, ENTITY_PERSON);
    assert_int_equal(c->source[1].files, FILES_ALL);
    assert_int_equal(c->source[1].record_id_join.n_columns, 2);
    assert_int_equal(s->n_also, 1);
    assert_str(s->also[0].key, "id");
    assert_int_equal(s->also[0].read.delimiter, '|');
    assert_int_equal(s->also[0].mapping[0].field, S_field(c, "phone"));
}

static void a_mapping_keeps_its_columns_and_context(void **state)
{
    (void)state;
    struct config *c = S_everything();
    const struct mapping *date = S_mapping(c, 0, "birth_date"), *email = S_mapping(c, 0, "email");
    assert_int_equal(date->n_values, 1);
    assert_int_equal(date->value[0].n_columns, 3);
    assert_str(date->context.date_format, "yyyy M d");
    assert_string_equal(date->context.country, "AU");
    assert_int_equal(email->n_values, 2);
    assert_int_equal(email->value[1].n_columns, 2);
    assert_str(email->split, ";");
    assert_str(S_mapping(c, 0, "tax_id")->context.identifier_kind, "tax_id");
    c = S_parse(SMALL("\"country\":{\"constant\":\"DE\"},\"birth_date\":{\"column\":[\"a\",\"b\"],\"order\":\"mdy\","
                      "\"pivot_year\":1990},\"price\":{\"column\":\"p\",\"currency\":\"EUR\"}"));
    assert_int_equal(S_mapping(c, 0, "country")->value[0].n_columns, 0);
    assert_str(S_mapping(c, 0, "country")->value[0].constant, "DE");
    assert_int_equal(S_mapping(c, 0, "birth_date")->n_values, 2);
    assert_int_equal(S_mapping(c, 0, "birth_date")->context.date_order, DATE_ORDER_MDY);
    assert_int_equal(S_mapping(c, 0, "birth_date")->context.pivot_year, 1990);
    assert_str(S_mapping(c, 0, "price")->context.currency, "EUR");
}

static void matching_is_kept_as_written(void **state)
{
    (void)state;
    struct config *c = S_everything();
    assert_int_equal(c->n_rules, 2);
    assert_int_equal(c->rule[0].n_when, 2);
    assert_int_equal(c->rule[1].n_differ, 1);
    assert_int_equal(c->rule[1].verdict, RULE_DIFFERENT);
    assert_int_equal(c->n_comparisons, 3);
    const struct comparison_override *email = &c->comparison[0];
    assert_int_equal(email->n_levels, 2);
    assert_int_equal(email->term_frequency, 0);
    assert_true(isnan(email->m[0]) && fabs(email->m[1] - 0.1) < 1e-12 && fabs(email->m[2] - 0.05) < 1e-12);
    assert_true(fabs(email->u[1] - 0.001) < 1e-12 && isnan(email->u[2]));
    assert_true(c->comparison[1].off);
    assert_int_equal(c->comparison[2].term_frequency, 1);
    assert_int_equal(c->n_blocking, 2);
    assert_int_equal(c->blocking[0].key[0].derivation.len, 0);
    assert_str(c->blocking[1].key[0].derivation, "phonetic");
    assert_int_equal(c->blocking[1].key[1].field, S_field(c, "birth_date"));
    assert_int_equal(c->match.kind, THRESHOLD_PRECISION);
    assert_int_equal(c->review.kind, THRESHOLD_BITS);
    assert_true(fabs(c->review.value + 2) < 1e-12);
    assert_true(c->link[0].strong);
    assert_int_equal(c->link[0].source, 1);
    assert_int_equal(c->link[0].to, 0);
}

static void survivorship_holds_for_whole_groups(void **state)
{
    (void)state;
    struct config *c = S_everything();
    assert_int_equal(c->survivor[S_field(c, "given_name")], SURVIVE_COMPLETE);
    assert_int_equal(c->survivor[S_field(c, "family_name")], SURVIVE_COMPLETE);
    assert_int_equal(c->survivor[S_field(c, "full_name")], SURVIVE_COMPLETE);
    assert_int_equal(c->survivor[S_field(c, "email")], SURVIVE_RECENCY);
    assert_int_equal(c->survivor[S_field(c, "phone")], SURVIVE_FREQUENCY);
}

static void quality_gates_and_privacy_are_kept(void **state)
{
    (void)state;
    struct config *c = S_everything();
    assert_int_equal(c->n_quality, 3);
    assert_int_equal(c->quality[0].least, 10);
    assert_int_equal(c->quality[0].most, 100);
    assert_int_equal(c->quality[0].on_fail, QUALITY_STOP);
    assert_int_equal(c->quality[1].source, UINT32_MAX);
    assert_int_equal(c->quality[1].on_fail, QUALITY_WARN);
    assert_int_equal(c->quality[2].n_values, 2);
    assert_true(isnan(c->gates.max_churn));
    assert_true(fabs(c->gates.max_gone - 0.5) < 1e-12);
    assert_int_equal(c->gates.n_per_source, 2);
    assert_int_equal(c->gates.per_source[0].min_rows, 10);
    assert_int_equal(c->gates.per_source[1].min_rows, 0);
    assert_int_equal(c->gates.per_source[1].max_age_ms, 36 * 3600 * 1000);
    assert_int_equal(c->policy[S_field(c, "email")], POLICY_SEALED);
    assert_true(c->schema.field[S_field(c, "email")].personal);
    assert_false(c->schema.field[S_field(c, "tax_id")].personal);
    assert_int_equal(c->policy[S_field(c, "phone")], POLICY_DEFAULT);
    assert_int_equal(c->record_ids[0], ID_TOKEN);
    assert_int_equal(c->record_ids[1], ID_CLEAR);
    assert_str(c->key_file, "keys/idem.key");
}

static void a_dropped_field_is_read_from_no_source(void **state)
{
    (void)state;
    struct config *c =
        S_parse("{\"sources\":[{\"name\":\"s\",\"path\":\"s.csv\",\"record_id\":\"id\",\"fields\":{\"phone\":"
                "\"p\",\"email\":\"e\"},\"also\":[{\"path\":\"t.csv\",\"key\":\"id\",\"fields\":{\"phone\":\"q\"}}]}],"
                "\"privacy\":{\"fields\":{\"phone\":\"drop\"}}}");
    assert_int_equal(c->source[0].n_mappings, 1);
    assert_int_equal(c->source[0].mapping[0].field, S_field(c, "email"));
    assert_int_equal(c->source[0].also[0].n_mappings, 0);
    assert_int_equal(c->policy[S_field(c, "phone")], POLICY_DROP);
}

static void the_hash_follows_what_decides_matching_and_nothing_else(void **state)
{
    static const struct {
        const char *text;
        bool same;
    } CASES[] = {
        {"{\"sources\":[{\"path\":\"b.csv\",\"name\":\"a\",\"delimiter\":\";\",\"record_id\":\"id\",\"fields\":{"
         "\"email\":\"m\"}}]}",
         true},
        {"{ \"sources\":[{\"name\":\"a\",\"path\":\"a.csv\",\"record_id\":\"id\",\"fields\":{\"email\":\"m\"}}],"
         "\"gates\":{\"max_gone\":1},\"privacy\":{\"at_rest\":\"clear\"}}",
         true},
        {SMALL("\"email\":\"n\""), false},
        {"{\"sources\":[{\"name\":\"a\",\"path\":\"a.csv\",\"record_id\":\"id\",\"fields\":{\"email\":\"m\"}}],"
         "\"survivorship\":{\"email\":\"recency\"}}",
         false},
    };
    char wanted[17], hex[17];
    (void)state;
    config_hash(S_parse(SMALL("\"email\":\"m\"")), wanted);
    assert_int_equal(strlen(wanted), 16);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        config_hash(S_parse(CASES[i].text), hex);
        assert_int_equal(strcmp(hex, wanted) == 0, CASES[i].same);
    }
}

static void more_fields_than_a_schema_holds_are_refused(void **state)
{
    struct buf text = {0};
    struct config *config;
    struct idem_error err = {0};
    (void)state;
    buf_printf(&text, "{\"fields\":{\"f0\":{\"type\":\"text\"}");
    for (int i = 1; i <= MOST_FIELDS; i++)
        buf_printf(&text, ",\"f%d\":{\"type\":\"text\"}", i);
    buf_printf(&text, "},\"sources\":[{\"name\":\"a\",\"path\":\"a\",\"record_id\":\"id\",\"fields\":{\"f0\":\"c\"");
    for (int i = 1; i <= MOST_FIELDS; i++)
        buf_printf(&text, ",\"f%d\":\"c\"", i);
    buf_printf(&text, "}}]}");
    assert_int_equal(config_parse(buf_view(&text), STR(""), &arena, &config, &err), IDEM_INVALID);
    assert_non_null(strstr(err.message, "more than 64 fields"));
    buf_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_smallest_configuration_has_defaults, S_teardown),
        cmocka_unit_test_teardown(a_full_name_and_an_address_bring_the_fields_they_are_split_into, S_teardown),
        cmocka_unit_test_teardown(fields_stand_in_the_order_of_their_first_mention, S_teardown),
        cmocka_unit_test_teardown(how_a_source_is_read_is_kept, S_teardown),
        cmocka_unit_test_teardown(a_mapping_keeps_its_columns_and_context, S_teardown),
        cmocka_unit_test_teardown(matching_is_kept_as_written, S_teardown),
        cmocka_unit_test_teardown(survivorship_holds_for_whole_groups, S_teardown),
        cmocka_unit_test_teardown(quality_gates_and_privacy_are_kept, S_teardown),
        cmocka_unit_test_teardown(the_hash_follows_what_decides_matching_and_nothing_else, S_teardown),
        cmocka_unit_test_teardown(a_dropped_field_is_read_from_no_source, S_teardown),
        cmocka_unit_test_teardown(more_fields_than_a_schema_holds_are_refused, S_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
