/* Names of columns in nine languages and many manners of writing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/header.h"

static struct header_words *words;

static int S_setup(void **state)
{
    struct idem_error err;
    (void)state;
    return header_words_open(&words, &err) == IDEM_OK ? 0 : -1;
}

static int S_teardown(void **state)
{
    (void)state;
    header_words_close(words);
    return 0;
}

static void a_name_says_which_field_it_is(void **state)
{
    static const struct {
        const char *name, *field;
    } CASES[] = {
        {"first_name", "given_name"},
        {"FirstName", "given_name"},
        {"FNAME", "given_name"},
        {"Vorname", "given_name"},
        {"prénom", "given_name"},
        {"imię", "given_name"},
        {"имя", "given_name"},
        {"voornaam", "given_name"},
        {"PRIMARY_NAME_FIRST", "given_name"},
        {"lastName", "family_name"},
        {"Nom de famille", "family_name"},
        {"apellidos", "family_name"},
        {"cognome", "family_name"},
        {"фамилия", "family_name"},
        {"achternaam", "family_name"},
        {"отчество", "middle_name"},
        {"middle initial", "middle_name"},
        {"Nome Completo", "full_name"},
        {"fullname", "full_name"},
        {"Firma", "organisation"},
        {"Razón social", "organisation"},
        {"company.name", "organisation"},
        {"Arbeitgeber", "employer"},
        {"DOB", "birth_date"},
        {"dateOfBirth", "birth_date"},
        {"Geb.-Datum", "birth_date"},
        {"data_di_nascita", "birth_date"},
        {"fecha nacimiento", "birth_date"},
        {"дата рождения", "birth_date"},
        {"Geschlecht", "gender"},
        {"E-Mail", "email"},
        {"customeremail", "email"},
        {"customer_email", "email"},
        {"EMail-Adresse", "email"},
        {"correo electrónico", "email"},
        {"user.email", "email"},
        {"Tel.", "phone"},
        {"MobilePhone", "phone"},
        {"Handy", "phone"},
        {"numéro de téléphone", "phone"},
        {"Straße", "address"},
        {"MailingStreet", "address"},
        {"Billing Address 1", "address"},
        {"ul", NULL},
        {"has_address.street", "address"},
        {"Hausnr.", "house_number"},
        {"numero civico", "house_number"},
        {"PLZ", "postcode"},
        {"Zip/Postal Code", "postcode"},
        {"kod pocztowy", "postcode"},
        {"Card Address Zip", "postcode"},
        {"CAP", "postcode"},
        {"Ort", "city"},
        {"has_address.is_in_suburb.name", "city"},
        {"State/Region", "region"},
        {"ADDR_STATE", "region"},
        {"Land", "country"},
        {"страна", "country"},
        {"soc_sec_id", "ssn"},
        {"Codice Fiscale", "national_id"},
        {"VAT Reg. No.", "vat_id"},
        {"PASSPORT_NUMBER", "passport_no"},
        {"drivers license number", "driving_licence"},
        {"title", "title"},
        {"authors", "authors"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct header_meaning m = header_meaning(words, str_from(CASES[i].name));
        const char *is = m.says == SAYS_FIELD ? m.field : NULL;
        if ((is && CASES[i].field) ? strcmp(is, CASES[i].field) != 0 : is != CASES[i].field)
            fail_msg("%s is taken for %s", CASES[i].name, is ? is : "nothing");
    }
}

static void a_name_says_what_else_it_is(void **state)
{
    static const struct {
        const char *name;
        enum header_says says;
    } CASES[] = {
        {"Record ID", SAYS_ID},
        {"id", SAYS_ID},
        {"user.id", SAYS_ID},
        {"kundennummer", SAYS_REFERENCE},
        {"AccountId", SAYS_REFERENCE},
        {"N° client", SAYS_REFERENCE},
        {"updated_at", SAYS_UPDATED},
        {"SystemModstamp", SAYS_UPDATED},
        {"Geändert am", SAYS_UPDATED},
        {"Created (UTC)", SAYS_CREATED},
        {"RECORD_TYPE", SAYS_KIND},
        {"Kundentyp", SAYS_KIND},
        {"Is Individual", SAYS_IS_PERSON},
        {"birth_year", SAYS_BIRTH_YEAR},
        {"bm", SAYS_BIRTH_MONTH},
        {"Address 2", SAYS_ADDRESS_LINE2},
        {"Adresszusatz", SAYS_ADDRESS_LINE2},
        {"name", SAYS_NAME},
        {"kundenname", SAYS_NAME},
        {"email_verified", SAYS_IGNORE},
        {"phone type", SAYS_IGNORE},
        {"PASSPORT_COUNTRY", SAYS_IGNORE},
        {"licence expiry date", SAYS_IGNORE},
        {"ip_address", SAYS_IGNORE},
        {"Job Title", SAYS_IGNORE},
        {"last_login_at", SAYS_IGNORE},
        {"qqzz", SAYS_NOTHING},
        {"", SAYS_NOTHING},
        {"...", SAYS_NOTHING},
        {"123", SAYS_NOTHING},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct header_meaning m = header_meaning(words, str_from(CASES[i].name));
        if (m.says != CASES[i].says)
            fail_msg("%s says %d", CASES[i].name, (int)m.says);
    }
}

static void a_name_says_whose_and_which(void **state)
{
    static const struct {
        const char *name;
        enum header_whose whose;
        unsigned number;
    } CASES[] = {{"email", WHOSE_OWN, 0},
                 {"Email Address 2", WHOSE_OWN, 2},
                 {"fname_c1", WHOSE_OWN, 1},
                 {"ShippingCity", WHOSE_SECOND, 0},
                 {"secondary_email", WHOSE_SECOND, 0},
                 {"NATIVE_NAME_FULL", WHOSE_NATIVE, 0},
                 {"emergency_contact_phone", WHOSE_OTHERS, 0},
                 {"mother's maiden name", WHOSE_OTHERS, 0},
                 {"spouse name", WHOSE_OTHERS, 0}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct header_meaning m = header_meaning(words, str_from(CASES[i].name));
        if (m.whose != CASES[i].whose || m.number != CASES[i].number)
            fail_msg("%s: %d %u", CASES[i].name, (int)m.whose, m.number);
    }
}

static void long_and_broken_names_do_no_harm(void **state)
{
    char name[5000];
    (void)state;
    memset(name, 'a', sizeof name);
    for (size_t i = 0; i < sizeof name; i += 3)
        name[i] = '.';
    header_meaning(words, (struct str){name, sizeof name});
    memset(name, 0xC2, sizeof name);
    for (size_t len = 0; len < 20; len++)
        header_meaning(words, (struct str){name, len});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_says_which_field_it_is),
        cmocka_unit_test(a_name_says_what_else_it_is),
        cmocka_unit_test(a_name_says_whose_and_which),
        cmocka_unit_test(long_and_broken_names_do_no_harm),
    };
    return cmocka_run_group_tests(tests, S_setup, S_teardown);
}
