/* Names of persons and organisations, one table a question: which level do two of them reach? Every row is asked both
 * ways round. Levels are given as in docs/matching.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "matcher/compare.h"
#include "matcher/compare_kinds.h"
#include "matcher/compare_spelling.h"
#include "matcher/word_match.h"
#include "normalize/normalize.h"

static struct normalizer *normalizer;
static struct arena arena;

static int S_setup(void **state)
{
    struct idem_error err = {0};
    (void)state;
    arena_init(&arena);
    return normalizer_new(&normalizer, &err) == IDEM_OK ? 0 : -1;
}

static int S_teardown(void **state)
{
    (void)state;
    normalizer_free(normalizer);
    arena_deinit(&arena);
    return 0;
}

struct row {
    const char *left, *right, *level;
};

static const char *S_level(enum field_type type, const char *left, const char *right)
{
    struct norm a, b;
    enum comparison_kind kind = CMP_CODE;
    assert_true(comparison_kind_of(type, &kind));
    normalize_value(normalizer, type, NULL, str_from(left), &arena, &a);
    normalize_value(normalizer, type, NULL, str_from(right), &arena, &b);
    unsigned level = compare_values(kind, NULL, &a, &b);
    return level == LEVEL_NULL ? "null" : comparison_info(kind)->level[level].name;
}

static void S_check(enum field_type type, const struct row *row, size_t n)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < n; i++) {
        const char *there = S_level(type, row[i].left, row[i].right), *back = S_level(type, row[i].right, row[i].left);
        if (strcmp(there, row[i].level) == 0 && strcmp(back, row[i].level) == 0)
            continue;
        print_error("%s: '%s' '%s': %s, back %s, expected %s\n", field_type_name(type), row[i].left, row[i].right,
                    there, back, row[i].level);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

#define CHECK(type, ...)                                                                                               \
    do {                                                                                                               \
        static const struct row rows[] = {__VA_ARGS__};                                                                \
        S_check(type, rows, COUNT_OF(rows));                                                                           \
    } while (0)

/* ------------------------------------------------------------------ whole names */

static void names_stand_in_any_order(void **state)
{
    (void)state;
    CHECK(FIELD_FULL_NAME, {"Anna Berger", "Berger Anna", "tokens"}, {"Berger, Anna", "Anna Berger", "exact"},
          {"BERGER Anna", "Anna Berger", "exact"}, {"Nagy Imre", "Imre Nagy", "tokens"},
          {"Ana Maria Costa", "Costa Ana Maria", "tokens"}, {"Annamaria Rossi", "Rossi Anna Maria", "tokens"});
}

static void further_names_are_no_contradiction(void **state)
{
    (void)state;
    CHECK(FIELD_FULL_NAME, {"Anna Berger", "Anna Luise Berger", "contained"},
          {"Anna M\xc3\xbcller-Schmidt", "Anna Schmidt", "contained"},
          {"Carmen D\xc3\xad"
           "az P\xc3\xa9rez",
           "Carmen Diaz", "contained"},
          {"Vladimir Ivanovich Petrov", "Vladimir Petrov", "contained"}, {"Berger", "Anna Berger", "partial"},
          {"Anna", "Anna Berger", "partial"});
}

static void names_that_both_have_for_themselves_contradict(void **state)
{
    (void)state;
    CHECK(FIELD_FULL_NAME, {"Anna Berger", "Olga Berger", "partial"}, {"Anna Berger", "Anna Weber", "partial"},
          {"Sergey Viktorovich Popov", "Sergey Ivanovich Popov", "partial"},
          {"John A. Smith", "John B. Smith", "partial"}, {"Anna Maria Rossi", "Anna Luisa Rossi", "partial"},
          {"Mario Conti", "Maria Conti", "partial"}, {"Michael Braun", "Michaela Braun", "partial"},
          {"Jonathan Kim", "Jonathan Lim", "partial"}, {"Anna Berger", "Olga Weber", "else"},
          {"Salman bin Yusuf", "Yusuf bin Salman", "partial"});
}

static void short_forms_and_initials_fit(void **state)
{
    (void)state;
    CHECK(FIELD_FULL_NAME, {"Bill Harris", "William Harris", "nickname"}, {"J. Harris", "John Harris", "nickname"},
          {"JP Harris", "Jean Paul Harris", "nickname"}, {"JPH", "Jean Paul Harris", "nickname"},
          {"J.R.R. Harris", "John Ronald Ross Harris", "nickname"}, {"VV Petrov", "Vladimir Petrov", "nickname"},
          {"Petrov A.S.", "Aleksandr Sergeevich Petrov", "nickname"}, {"B. Harris", "John Harris", "partial"},
          {"Juan Harris", "John Harris", "nickname"}, {"Sasha Petrov", "Aleksandr Petrov", "nickname"});
}

static void spellings_and_typing_errors_are_close(void **state)
{
    (void)state;
    CHECK(FIELD_FULL_NAME, {"Olaf Schulze", "Olaf Scholz", "close"}, {"Mohamed Salah", "Muhammad Saleh", "close"},
          {"Usama bin Ladin", "Osama bin Laden", "close"}, {"Thomas Meier", "Tomas Mayer", "close"},
          {"Nikita Chruschtschow", "Nikita Khrushchev", "close"}, {"Hsi Chin-p'ing", "Xi Jinping", "close"},
          {"Pak Kun-hye", "Park Geun-hye", "nickname"}, {"Vladimri Petrov", "Vladimir Petrov", "close"},
          {"V1adimir Petr0v", "Vladimir Petrov", "close"}, {"VladimirPetrov", "Vladimir Petrov", "exact"},
          {"rimidalV vorteP", "Vladimir Petrov", "close"}, {"Alexander Lukashenko", "Alexander Lukashevich", "partial"},
          {"Kim Gnoj-un", "Kim Jong-un", "close"}, {"gnipniJ iX", "Xi Jinping", "close"}, {"Snow", "Snoe", "else"},
          {"Mohamad Iqbal Abdurrahim", "Mohamad Iqbal Abdurrahman", "nickname"},
          {"Anthony Albano", "Anthony Albanese", "partial"}, {"Tim Cook", "Tom Cook", "partial"},
          {"Maria de la Cruz", "Maria Delacruz", "exact"}, {"Peter O'Toole", "Peter O Toole", "exact"},
          {"Juan de Castro", "Juan Castro", "tokens"}, {"Bashar el-Assad", "Bashar al-Assad", "close"});
}

static void generations_tell_father_and_son_apart(void **state)
{
    (void)state;
    CHECK(FIELD_FULL_NAME, {"John Smith Sr", "John Smith Jr", "partial"},
          {"John Smith II", "John Smith III", "partial"}, {"John Smith Sr.", "Smith, John Sr", "exact"},
          {"John Smith Jr", "John Smith", "contained"});
    CHECK(FIELD_GIVEN_NAME, {"Morris II", "Morris III", "generation"}, {"Morris I", "Morris II", "generation"},
          {"Morris I", "Morris Ian", "close"}, {"Morris II", "Morris", "exact"},
          {"Morris Jr", "Morris Junior", "exact"});
    CHECK(FIELD_FAMILY_NAME, {"Smith Jr", "Smith Sr", "generation"}, {"Smith Jr", "Smith", "exact"});
}

static void names_are_compared_across_scripts(void **state)
{
    (void)state;
    CHECK(FIELD_FULL_NAME, {"Boris Petrov", "Борис Петров", "exact"}, {"Joe Biden", "Джо Байден", "close"},
          {"Winston Churchill", "Уинстон Черчилль", "close"}, {"Angela Merkel", "أنغيلا ميركل", "close"},
          {"Ariel Sharon", "אריאל שרון", "close"}, {"Alexis Tsipras", "Αλέξης Τσίπρας", "exact"},
          {"Donald Trump", "ドナルド・トランプ", "close"}, {"Donald Trump", "唐纳德·特朗普", "close"},
          {"Li Keqiang", "李克强", "exact"}, {"Wang Wei", "王毅", "partial"}, {"Moon Jae-in", "문재인", "tokens"},
          {"Rahul Gandhi", "राहुल गांधी", "exact"}, {"Rahul Gandhi", "सोनिया गांधी", "partial"},
          {"Boris Petrov", "Борис Ельцин", "partial"}, {"Joe Biden", "鲍里斯·约翰逊", "else"});
    CHECK(FIELD_GIVEN_NAME, {"Jinping", "近平", "exact"}, {"Boris", "Борис", "exact"});
}

static void one_letter_of_han_or_hangul_is_another_name(void **state)
{
    (void)state;
    CHECK(FIELD_FULL_NAME, {"김민수", "김민호", "partial"}, {"田中太郎", "田中次郎", "else"}, {"王伟", "王偉", "exact"},
          {"김민수", "김 민수", "exact"});
    CHECK(FIELD_GIVEN_NAME, {"민수", "민호", "else"}, {"民秀", "民浩", "else"});
    CHECK(FIELD_FAMILY_NAME, {"佐々木", "佐々本", "else"});
}

static void organisations_stand_under_whole_names_too(void **state)
{
    (void)state;
    CHECK(FIELD_FULL_NAME, {"Northwind Logistics Ltd", "Northwind Logistics Limited", "exact"},
          {"Northwind Logistics AG", "Northwind Logistics", "tokens"}, {"Northwind AG", "NorthwindAG", "exact"},
          {"Northwind Logistics Ltd", "Northwnd Logistics Ltd", "close"},
          {"Northwind Systems Inc", "Northwind Industries Inc", "partial"},
          {"Northwind Global Logistics Ltd", "Northwind Logistics Ltd", "contained"},
          {"Northwind Ltd", "Northwind Europe GmbH", "contained"}, {"Northwind Ltd", "Northwind Bakery Ltd", "partial"},
          {"Northwind Fund VIII L.P.", "Northwind Fund IX L.P.", "partial"},
          {"Northwind Fund 2 L.P.", "Northwind Fund L.P.", "partial"}, {"PLA", "People's Liberation Army", "nickname"},
          {"Brigade 44", "44th Brigade", "nickname"}, {"21st Bank", "Twenty-First Bank", "nickname"},
          {"Third Street Foundation Ltd", "3 Street Foundation Ltd", "close"},
          {"Vladimir Petrov LLC", "Vladimir Petrov", "tokens"}, {"ООО Ромашка", "Romashka OOO", "exact"});
}

static void words_of_organisations_have_short_forms(void **state)
{
    (void)state;
    CHECK(FIELD_FULL_NAME, {"OAO Lubmash", "Lubmasch JSC", "close"},
          {"First Natl Bank", "First National Bank", "close"}, {"Procter & Gamble Co.", "Procter Gamble", "tokens"},
          {"University of Vienna", "Univ of Vienna", "tokens"}, {"Northwynd", "Northwind Europe GmbH", "contained"},
          {"OOO Romashka", "OOO Raduga", "else"},
          {"\u83ef\u70ba\u6280\u8853\u6709\u9650\u516c\u53f8", "\u534e\u4e3a\u6280\u672f\u6709\u9650\u516c\u53f8",
           "exact"});
}

static void forms_of_address_and_articles_are_left_out_as_often(void **state)
{
    (void)state;
    CHECK(FIELD_FULL_NAME, {"Mohammad Asif Haji Omar", "Haji Mohammad Asef Omar", "close"},
          {"Noureddine Bensaid", "Nur al-Din Ben Said", "close"}, {"Chaim Weizmann", "Haim Weizman", "nickname"},
          {"Nur al-Din Ben Said", "Noureddine Ben Salem", "partial"});
}

/* ------------------------------------------------------------------ parts of names */

static void given_names_have_short_forms_and_company(void **state)
{
    (void)state;
    CHECK(FIELD_GIVEN_NAME, {"Anna Maria", "Annamaria", "exact"}, {"Anna Maria", "Anna", "contained"},
          {"Anna Maria", "Anna Sophie", "contained"}, {"Anna Maria", "Maria Anna", "contained"},
          {"Peggy", "Margaret", "nickname"}, {"Bob", "Rob", "nickname"}, {"A.", "Anna", "initial"},
          {"Anna", "Olga", "else"});
    CHECK(FIELD_FAMILY_NAME, {"M\xc3\xbcller-Schmidt", "Schmidt", "contained"}, {"de la Cruz", "Delacruz", "exact"},
          {"Schmidt", "Weber", "else"}, {"Mac Donald", "McDonald", "close"});
}

static void sounds_are_weighed(void **state)
{
    static const struct {
        const char *a, *b;
        enum spelling_gap gap;
        bool alike;
    } rows[] = {
        {"qaddafi", "gaddafi", SPELLING_SAME, true},
        {"scholz", "schulze", SPELLING_SAME, true},
        {"hsi", "xi", SPELLING_SAME, true},
        {"lukashenko", "lukashevich", SPELLING_SAME, false},
        {"tim", "tom", SPELLING_SAME, false},
        {"olga", "oleg", SPELLING_SAME, false},
        {"obama", "ompama", SPELLING_SCRIPT, true},
        {"ibrahim", "abrahym", SPELLING_VOWELS, true},
        {"trump", "toranpu", SPELLING_SYLLABLES, true},
        {"merkel", "mokeer", SPELLING_SYLLABLES, true},
        {"johnson", "clinton", SPELLING_SYLLABLES, false},
        {"", "tom", SPELLING_SAME, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool there = spelt_alike(str_from(rows[i].a), str_from(rows[i].b), rows[i].gap);
        bool back = spelt_alike(str_from(rows[i].b), str_from(rows[i].a), rows[i].gap);
        if (there != rows[i].alike || back != rows[i].alike)
            fail_msg("%s %s: %d, back %d", rows[i].a, rows[i].b, there, back);
    }
}

/* Particles count in the middle, generations at the end, forms of address with two names beside them. */
static void kinds_of_words_depend_on_their_place(void **state)
{
    static const struct {
        const char *name;
        enum name_word kind[4];
    } CASES[] = {
        {"ben", {NAME_WORD}},
        {"ben nevis", {NAME_WORD, NAME_WORD}},
        {"ben van nevis", {NAME_WORD, NAME_PARTICLE, NAME_WORD}},
        {"ludwig van", {NAME_WORD, NAME_WORD}},
        {"ludwig van jr", {NAME_WORD, NAME_PARTICLE, NAME_GENERATION}},
        {"jr ewing bobby", {NAME_WORD, NAME_WORD, NAME_WORD}},
        {"ali ben de", {NAME_WORD, NAME_SON_OF, NAME_WORD}},
        {"haji ali", {NAME_WORD, NAME_WORD}},
        {"haji ali reza", {NAME_ADDRESS, NAME_WORD, NAME_WORD}},
        {"jr", {NAME_WORD}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct words_of w;
        word_match_words(str_from(CASES[i].name), &w);
        word_match_kinds(&w);
        for (unsigned k = 0; k < w.n; k++)
            if (w.word[k].kind != CASES[i].kind[k])
                fail_msg("%s: word %u is %d, expected %d", CASES[i].name, k + 1, (int)w.word[k].kind,
                         (int)CASES[i].kind[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_of_words_depend_on_their_place),
        cmocka_unit_test(names_stand_in_any_order),
        cmocka_unit_test(further_names_are_no_contradiction),
        cmocka_unit_test(names_that_both_have_for_themselves_contradict),
        cmocka_unit_test(short_forms_and_initials_fit),
        cmocka_unit_test(spellings_and_typing_errors_are_close),
        cmocka_unit_test(generations_tell_father_and_son_apart),
        cmocka_unit_test(names_are_compared_across_scripts),
        cmocka_unit_test(one_letter_of_han_or_hangul_is_another_name),
        cmocka_unit_test(organisations_stand_under_whole_names_too),
        cmocka_unit_test(words_of_organisations_have_short_forms),
        cmocka_unit_test(forms_of_address_and_articles_are_left_out_as_often),
        cmocka_unit_test(given_names_have_short_forms_and_company),
        cmocka_unit_test(sounds_are_weighed),
    };
    return cmocka_run_group_tests(tests, S_setup, S_teardown);
}
