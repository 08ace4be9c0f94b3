#include "erase_shop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/file.h"

static const char CRM[] =
    "id,given,family,born,email,phone,nid,town\n"
    "1,Wilhelmina,Zauberflote,1971-03-04,zauberflote@mozart.example,+43 512 998877,Q771,Innsbruck\n"
    "2,Karl,Klammer,1980-05-06,karl@clip.example,+43 512 112233,Q222,Linz\n"
    "3,Berta,Birnbaum,1990-07-08,berta@baum.example,+43 512 445566,Q333,Graz\n"
    "4,Otto,Ohnesorg,1955-01-02,otto@sorg.example,+43 512 778899,Q444,Wels\n";
static const char BILLING[] =
    "id,given,family,born,email,phone,nid,town\n"
    "minnie@zauber.example,Minnie,Zauberflote,1971-03-04,minnie@zauber.example,+43 512 998877,Q771,Innsbruck\n"
    "b2,Karl,Klammer,1980-05-06,karl@clip.example,+43 512 112233,Q222,Linz\n";

void erase_shop_open(struct workshop *w, const char *config)
{
    workshop_open(w);
    workshop_write(w, "crm.csv", CRM);
    workshop_write(w, "billing.csv", BILLING);
    workshop_config(w, config);
    workshop_run(w);
}

enum idem_status erase_shop_try(struct workshop *w, const char *key, const struct idem_erase_options *options,
                                json_t **result)
{
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    char *text = NULL;
    w->err = (struct idem_error){.status = IDEM_OK};
    enum idem_status status = idem_erase(s, &key, 1, options, &text, &w->err);
    *result = NULL;
    if (text)
        assert_int_equal(json_parse(str_from(text), "result", result, NULL), IDEM_OK);
    idem_free(text);
    idem_close(s);
    return status;
}

json_t *erase_shop_erase(struct workshop *w, const char *key)
{
    json_t *result;
    if (erase_shop_try(w, key, NULL, &result) != IDEM_OK)
        fail_msg("%s", w->err.message);
    return result;
}

void erase_shop_expect(const json_t *result, const char *key, const char *expected)
{
    struct str got = json_str(json_object_get(result, key));
    if (!str_eq(got, str_from(expected)))
        fail_msg("%s is %.*s, not %s", key, STR_ARG(got), expected);
}

int64_t erase_shop_number(struct workshop *w, const char *query)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open_v2(workshop_path(w, "idem.db"), &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, query, -1, &st, NULL), SQLITE_OK);
    int64_t n = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : -1;
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

unsigned erase_shop_count_in(struct workshop *w, const char *name, struct str needle)
{
    struct str content;
    unsigned n = 0;
    if (!file_exists(workshop_path(w, name)))
        return 0;
    assert_int_equal(file_read(workshop_path(w, name), SIZE_MAX, &w->arena, &content, NULL), IDEM_OK);
    for (size_t at; (at = str_find(content, needle)) != SIZE_MAX; n++)
        content = str_sub(content, at + 1, content.len);
    return n;
}
