/* Masked values: what they show, that equal ones are seen equal, and that no command lets a value through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "engine/mask.h"
#include "sealed_shop.h"

static void each_type_shows_what_helps_and_no_more(void **state)
{
    (void)state;
    static const struct {
        enum field_type type;
        const char *value, *masked;
    } CASES[] = {
        {FIELD_EMAIL, "maria@example.com", "m***@e***.com"},
        {FIELD_EMAIL, "x@y.museums", "***@y***"},
        {FIELD_EMAIL, "ab@cd.de", "***@c***.de"},
        {FIELD_EMAIL, "not an address", "n***"},
        {FIELD_EMAIL,
         "\xc3\xb6"
         "de@example.com",
         "***@***.com"},
        {FIELD_PHONE, "+49 30 123456712", "+49 *** 12"},
        {FIELD_PHONE, "030 123456712", "*** 12"},
        {FIELD_PHONE, "12345", "***"},
        {FIELD_GIVEN_NAME, "Jane", "J***"},
        {FIELD_GIVEN_NAME, "\xc3\x85sa", "\xc3\x85***"},
        {FIELD_GIVEN_NAME, "Jo", "***"},
        {FIELD_GIVEN_NAME, "\xe6\x9e\x97", "***"},
        {FIELD_GIVEN_NAME, "\xff\xfe\xfd\xfc", "***"},
        {FIELD_FAMILY_NAME, "", "***"},
        {FIELD_BIRTH_DATE, "1946-06-28", "19**"},
        {FIELD_BIRTH_DATE, "28.06.1946", "***"},
        {FIELD_POSTCODE, "NE2 1ZG", "NE***"},
        {FIELD_POSTCODE, "123", "***"},
        {FIELD_ADDRESS, "2 Malpe Street", "***"},
        {FIELD_IDENTIFIER, "DE811569869", "***"},
        {FIELD_HOUSE_NUMBER, "12a", "***"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct mask_text text;
        struct str masked = mask_value(NULL, CASES[i].type, str_from(CASES[i].value), &text);
        if (!str_eq(masked, str_from(CASES[i].masked)))
            fail_msg("\"%s\" gives \"%.*s\", not \"%s\"", CASES[i].value, STR_ARG(masked), CASES[i].masked);
    }
}

static bool S_take(void *context, const void *bytes, size_t len)
{
    buf_add(context, bytes, len);
    return true;
}

/* Runs every call that shows values, masked; what they print goes to `out`. */
static void S_everything(struct workshop *w, struct buf *out)
{
    static const enum idem_export_kind KINDS[] = {IDEM_EXPORT_CROSSWALK, IDEM_EXPORT_GOLDEN,  IDEM_EXPORT_RECORDS,
                                                  IDEM_EXPORT_REJECTS,   IDEM_EXPORT_CHANGES, IDEM_EXPORT_REVIEW};
    struct idem_session *s = sealed_shop_session(w, IDEM_READ, true);
    char *text[9] = {NULL};
    const struct idem_report_options report = {.values = true};
    enum idem_status status[] = {
        idem_show(s, "crm:c2", &text[0], &w->err), idem_why(s, "crm:c2", "crm:c3", &text[1], &w->err),
        idem_how(s, "crm:c2", &text[2], &w->err),  idem_history(s, "crm:c2", &text[3], &w->err),
        idem_review(s, 0, &text[4], &w->err),      idem_report(s, &report, &text[5], &w->err),
        idem_diff(s, 1, 2, 0, &text[6], &w->err),  idem_audit(s, NULL, &text[7], &w->err),
        idem_plan(s, NULL, 0, &text[8], &w->err),
    };
    for (size_t i = 0; i < COUNT_OF(status); i++) {
        if (status[i] != IDEM_OK)
            fail_msg("call %zu: %s", i, w->err.message);
        buf_str(out, str_from(text[i]));
        idem_free(text[i]);
    }
    idem_close(s);
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        struct idem_export_options options = {.kind = KINDS[i], .format = IDEM_JSONL, .provenance = true};
        s = sealed_shop_session(w, IDEM_READ, true);
        if (idem_export(s, &options, S_take, out, &w->err) != IDEM_OK)
            fail_msg("export %zu: %s", i, w->err.message);
        idem_close(s);
    }
}

static void nothing_that_is_masked_gets_through(void **state)
{
    (void)state;
    static const char *const VALUES[] = {"Moreau",   "Petersen", "Carla",  "mail.example",
                                         "Town2",    "City1",    "Pinned", "Rejected,Row",
                                         "Rejected", "1941-",    "-03-12", "they told us"};
    struct workshop w;
    struct buf out = {0};
    sealed_shop_open(&w);
    S_everything(&w, &out);
    for (size_t i = 0; i < COUNT_OF(VALUES); i++)
        if (strstr(buf_cstr(&out), VALUES[i]))
            fail_msg("\"%s\" is shown: ...%.100s", VALUES[i], strstr(buf_cstr(&out), VALUES[i]) - 60);
    assert_non_null(strstr(buf_cstr(&out), "\"C*** ~")); /* Carla */
    buf_deinit(&out);
    workshop_close(&w);
}

static const char *S_masked_email(struct workshop *w, const char *key)
{
    struct idem_session *s = sealed_shop_session(w, IDEM_READ, true);
    char *text = NULL;
    assert_int_equal(idem_show(s, key, &text, &w->err), IDEM_OK);
    const char *at = strstr(text, "\"email\",\"values\":[\"");
    assert_non_null(at);
    at += strlen("\"email\",\"values\":[\"");
    const char *copy = str_cstr(&w->arena, (struct str){at, (size_t)(strchr(at, '"') - at)});
    idem_free(text);
    idem_close(s);
    return copy;
}

static void equal_values_are_seen_equal_and_others_are_not(void **state)
{
    (void)state;
    struct workshop w, other;
    sealed_shop_open(&w);
    const char *email = S_masked_email(&w, "crm:c2");
    assert_string_equal(S_masked_email(&w, "web:Carla.Quandt2@mail.example"), email);
    assert_string_not_equal(S_masked_email(&w, "crm:c12"), email); /* another Carla */
    sealed_shop_open(&other);
    assert_string_not_equal(S_masked_email(&other, "crm:c2"), email); /* in another database */
    workshop_close(&other);
    workshop_close(&w);
}

static void without_the_key_it_is_seen_which_fields_have_values(void **state)
{
    (void)state;
    struct workshop w;
    char *text = NULL;
    sealed_shop_open(&w);
    assert_int_equal(rename(workshop_path(&w, "idem.key"), workshop_path(&w, "away.key")), 0);
    struct idem_session *s = sealed_shop_session(&w, IDEM_READ, false);
    assert_int_equal(idem_masking(s), IDEM_MASK_NO_KEY);
    assert_int_equal(idem_show(s, "crm:c2", &text, &w.err), IDEM_OK);
    assert_non_null(strstr(text, "{\"field\":\"email\",\"values\":[\"***\"]"));
    assert_null(strstr(text, "Carla"));
    idem_free(text);
    idem_close(s);
    workshop_close(&w);
}

/* What people decided and who belongs together stands in the clear; what compares values does not. */
static void without_the_key_decisions_and_pairs_are_told(void **state)
{
    (void)state;
    static const char *const SEALED[] = {"comparisons", "match_key", "reached_by", "prior_weight", "rules", "path"},
                             *const PARTS[] = {"steps", "cuts", "bridges", "component", "as_stored"};
    struct workshop w;
    char *text = NULL;
    json_t *why, *how;
    sealed_shop_open(&w);
    const char *master = workshop_master(&w, "crm:c2");
    for (int has_key = 1; has_key >= 0; has_key--) {
        struct idem_session *s = sealed_shop_session(&w, IDEM_READ, true);
        assert_int_equal(idem_why(s, "crm:c1", "crm:c7", &text, &w.err), IDEM_OK);
        assert_int_equal(json_parse(str_from(text), "why", &why, &w.err), IDEM_OK);
        idem_free(text);
        assert_true(json_is_true(json_object_get(why, "masked")));
        const json_t *decision = json_array_get(json_object_get(why, "decisions"), 0);
        assert_string_equal(json_string_value(json_object_get(decision, "by")), "ada");
        assert_true(json_is_number(json_object_get(json_object_get(why, "threshold"), "match")));
        for (size_t i = 0; i < COUNT_OF(SEALED); i++)
            assert_int_equal(json_is_null(json_object_get(why, SEALED[i])), !has_key);
        json_decref(why);
        if (idem_how(s, master, &text, &w.err) != IDEM_OK)
            fail_msg("%s", w.err.message);
        assert_int_equal(json_parse(str_from(text), "how", &how, &w.err), IDEM_OK);
        assert_null(strstr(text, "mail.example")); /* the record ids of web are personal */
        assert_non_null(strstr(text, "*** ~"));
        idem_free(text);
        assert_int_equal(json_array_size(json_object_get(how, "records")), 2);
        for (size_t i = 0; i < COUNT_OF(PARTS); i++)
            assert_int_equal(json_is_null(json_object_get(how, PARTS[i])), !has_key);
        json_decref(how);
        idem_close(s);
        if (has_key)
            assert_int_equal(rename(workshop_path(&w, "idem.key"), workshop_path(&w, "away.key")), 0);
    }
    workshop_close(&w);
}

static const char *S_export(struct workshop *w, enum idem_export_kind kind, bool provenance)
{
    struct idem_export_options options = {.kind = kind, .format = IDEM_CSV, .provenance = provenance};
    struct buf out = {0};
    struct idem_session *s = sealed_shop_session(w, IDEM_READ, true);
    if (idem_export(s, &options, S_take, &out, &w->err) != IDEM_OK)
        fail_msg("export %d: %s", (int)kind, w->err.message);
    idem_close(s);
    const char *text = str_cstr(&w->arena, buf_view(&out));
    buf_deinit(&out);
    return text;
}

/* The text with every value that is not an id, a source, a rule or empty as ***: what is left is where values are. */
static const char *S_outline(struct workshop *w, const char *text)
{
    struct buf out = {0};
    for (const char *p = text; *p; p++) {
        size_t masked = strcspn(p, ",|\n:");
        const char *stars = memmem(p, masked, "**", 2);
        buf_str(&out, stars ? STR("***") : (struct str){p, masked});
        p += masked;
        if (!*p)
            break;
        buf_byte(&out, *p);
    }
    const char *outline = str_cstr(&w->arena, buf_view(&out));
    buf_deinit(&out);
    return outline;
}

static void without_the_key_exports_have_placeholders(void **state)
{
    (void)state;
    struct workshop w;
    sealed_shop_open(&w);
    const char *golden = S_outline(&w, S_export(&w, IDEM_EXPORT_GOLDEN, true));
    const char *records = S_export(&w, IDEM_EXPORT_RECORDS, false);
    const char *crosswalk = S_export(&w, IDEM_EXPORT_CROSSWALK, false);
    assert_int_equal(rename(workshop_path(&w, "idem.key"), workshop_path(&w, "away.key")), 0);
    /* the same masters, fields with values, their records and rules */
    assert_string_equal(S_outline(&w, S_export(&w, IDEM_EXPORT_GOLDEN, true)), golden);
    const char *shown = S_export(&w, IDEM_EXPORT_RECORDS, false);
    size_t n = 0;
    for (const char *p = records, *q = shown; *p && *q; n++) {
        assert_int_equal(strcspn(p, ","), strcspn(q, ",")); /* the same sources in the same order */
        p += strcspn(p, "\n") + 1;
        q += strcspn(q, "\n") + 1;
        assert_int_equal(!*p, !*q);
    }
    assert_int_equal(n, 121);
    assert_non_null(strstr(shown, ",***,***,***,***,***\n"));
    assert_null(strstr(shown, "Carla"));
    assert_null(strstr(shown, "mail.example"));
    shown = S_export(&w, IDEM_EXPORT_CROSSWALK, false);
    assert_non_null(strstr(shown, "crm,c4,"));
    assert_non_null(strstr(shown, "web,*** ~"));
    assert_null(strstr(shown, "mail.example"));
    for (n = 0; *shown && *crosswalk; n++) {
        shown += strcspn(shown, "\n") + 1;
        crosswalk += strcspn(crosswalk, "\n") + 1;
    }
    assert_int_equal(n, 121);
    assert_int_equal(!*shown, !*crosswalk);
    workshop_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_shows_what_helps_and_no_more),
        cmocka_unit_test(nothing_that_is_masked_gets_through),
        cmocka_unit_test(equal_values_are_seen_equal_and_others_are_not),
        cmocka_unit_test(without_the_key_it_is_seen_which_fields_have_values),
        cmocka_unit_test(without_the_key_decisions_and_pairs_are_told),
        cmocka_unit_test(without_the_key_exports_have_placeholders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
