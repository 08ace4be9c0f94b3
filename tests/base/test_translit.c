/* Transliteration tables: letters, languages, positions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/translit.h"
#include "base/unicode.h"

typedef void translit_fn(struct str run, struct buf *out);

static void S_cyrillic(struct str run, struct buf *out)
{
    translit_cyrillic(run, translit_cyrillic_language(run), out);
}

struct spelling {
    translit_fn *translit;
    const char *native, *latin;
};

static const struct spelling spellings[] = {
    {S_cyrillic, "чайковский", "chaykovsky"},
    {S_cyrillic, "щербаков", "shcherbakov"},
    {S_cyrillic, "подъездный", "podezdny"},
    {S_cyrillic, "първанов", "parvanov"},
    {S_cyrillic, "юлия", "yuliya"},
    {S_cyrillic, "евгений", "evgeny"},
    {S_cyrillic, "гулієв", "huliiev"},
    {S_cyrillic, "єва", "yeva"},
    {S_cyrillic, "їжак", "yizhak"},
    {S_cyrillic, "васіль быкаў", "vasilbykau"},
    {S_cyrillic, "вучић", "vucic"},
    {S_cyrillic, "ђоковић", "dokovic"},
    {S_cyrillic, "жељко", "zeljko"},
    {S_cyrillic, "әлихан", "alikhan"},
    {S_cyrillic, "", ""},
    {translit_arabic, "محمد", "mahmad"},
    {translit_arabic, "كريم", "karim"},
    {translit_arabic, "يوسف", "yusf"},
    {translit_arabic, "وليد", "walid"},
    {translit_arabic, "السيسي", "al sisi"},
    {translit_arabic, "الله", "alla"},
    {translit_arabic, "پرویز", "parwiz"},
    {translit_hebrew, "משה", "masha"},
    {translit_hebrew, "ורד", "vard"},
    {translit_hebrew, "יוסף", "yusf"},
    {translit_armenian, "խաչատրյան", "khachatryan"},
    {translit_armenian, "երևան", "yerevan"},
    {translit_armenian, "սուրեն", "suren"},
    {translit_armenian, "ոսկան", "voskan"},
    {translit_hangul, "김", "gim"},
    {translit_hangul, "정은", "jeongeun"},
    {translit_hangul, "힣", "hit"},
    {translit_hangul, "가", "ga"},
};

static void every_script_has_its_spelling(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(spellings); i++) {
        struct buf b = {0};
        spellings[i].translit(str_from(spellings[i].native), &b);
        assert_string_equal(buf_cstr(&b), spellings[i].latin);
        buf_deinit(&b);
    }
}

static void a_language_is_told_by_its_own_letters(void **state)
{
    (void)state;
    assert_int_equal(translit_cyrillic_language(STR("иван петров")), CYRILLIC_RUSSIAN);
    assert_int_equal(translit_cyrillic_language(STR("Ivan")), CYRILLIC_RUSSIAN);
    assert_int_equal(translit_cyrillic_language(STR("олексій")), CYRILLIC_UKRAINIAN);
    assert_int_equal(translit_cyrillic_language(STR("купалаў")), CYRILLIC_UKRAINIAN);
    assert_int_equal(translit_cyrillic_language(STR("милош обреновић")), CYRILLIC_SERBIAN);
    assert_int_equal(translit_cyrillic_language(STR("ғазиз")), CYRILLIC_TURKIC);
}

static void foreign_letters_are_left_out(void **state)
{
    (void)state;
    static translit_fn *const all[] = {S_cyrillic, translit_arabic, translit_hebrew, translit_armenian,
                                       translit_hangul};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct buf b = {0};
        all[i](STR("漢字"), &b);
        assert_int_equal(b.len, 0);
        buf_deinit(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_script_has_its_spelling),
        cmocka_unit_test(a_language_is_told_by_its_own_letters),
        cmocka_unit_test(foreign_letters_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
