#include "normalize/name_words.h"

#include "normalize/place.h"
#include "normalize/words.h"
#include "words_family_spellings.h"
#include "words_nicknames.h"
#include "words_number_word.h"
#include "words_particles.h"
#include "words_titles.h"

/* What is said to people and left out as often; of those that are names too, only the ones that are hardly ever the
 * only name. */
static bool S_is_address(struct str word)
{
    static const char *const respect[] = {"haji",   "hajj",   "haci",  "sheikh", "shaikh", "shaykh", "sheik", "cheikh",
                                          "sayyid", "sayyed", "syed",  "sayed",  "seyed",  "pandit", "ustad", "sahib",
                                          "qari",   "mullah", "mulla", "hafiz",  "hajji",  "alhaji", "sri"};
    struct str class;
    for (size_t i = 0; i < COUNT_OF(respect); i++)
        if (str_eq(word, str_from(respect[i])))
            return true;
    return word.len > 2 && words_find(&words_titles, word, &class) && str_eq(class, STR("title"));
}

enum name_word name_word_kind(struct str word)
{
    static const struct {
        struct str word;
        enum name_word kind;
    } known[] = {
        {STR("bin"), NAME_SON_OF},    {STR("ibn"), NAME_SON_OF},    {STR("ben"), NAME_SON_OF},
        {STR("bint"), NAME_SON_OF},   {STR("binti"), NAME_SON_OF},  {STR("binte"), NAME_SON_OF},
        {STR("ould"), NAME_SON_OF},   {STR("oglu"), NAME_SON_OF},   {STR("ogly"), NAME_SON_OF},
        {STR("el"), NAME_PARTICLE},   {STR("ul"), NAME_PARTICLE},   {STR("ur"), NAME_PARTICLE},
        {STR("the"), NAME_PARTICLE},  {STR("of"), NAME_PARTICLE},   {STR("den"), NAME_PARTICLE},
        {STR("der"), NAME_PARTICLE},  {STR("y"), NAME_PARTICLE},    {STR("e"), NAME_PARTICLE},
        {STR("jr"), NAME_GENERATION}, {STR("sr"), NAME_GENERATION}, {STR("1"), NAME_GENERATION},
        {STR("2"), NAME_GENERATION},  {STR("3"), NAME_GENERATION},  {STR("4"), NAME_GENERATION},
        {STR("5"), NAME_GENERATION},  {STR("6"), NAME_GENERATION},  {STR("7"), NAME_GENERATION},
        {STR("8"), NAME_GENERATION},
    };
    struct str class;
    for (size_t i = 0; word.len <= 5 && i < COUNT_OF(known); i++)
        if (str_eq(known[i].word, word))
            return known[i].kind;
    if (words_find(&words_particles, word, &class) && str_eq(class, STR("particle")))
        return NAME_PARTICLE;
    return S_is_address(word) ? NAME_ADDRESS : NAME_WORD;
}

/* Short forms end as their bearers like: Peggie is looked up as Peggy, Kati as Katie and Katy. */
bool given_name_find(struct str name, struct str *canonical)
{
    static const char *const endings[] = {"ey", "ie", "ee", "y", "i"};
    char other[32];
    if (words_find(&words_nicknames, name, canonical))
        return true;
    for (size_t from = 0; from < COUNT_OF(endings); from++) {
        struct str ending = str_from(endings[from]);
        if (name.len < 4 || name.len > sizeof other - 2 || !str_ends(name, ending))
            continue;
        size_t stem = name.len - ending.len;
        memcpy(other, name.ptr, stem);
        for (size_t to = 0; to < COUNT_OF(endings); to++) {
            struct str into = str_from(endings[to]);
            memcpy(other + stem, into.ptr, into.len);
            if (words_find(&words_nicknames, (struct str){other, stem + into.len}, canonical))
                return true;
        }
    }
    return false;
}

static bool S_has(struct str list, struct str name)
{
    struct str one;
    while (str_next_piece(&list, '|', &one))
        if (str_eq(one, name))
            return true;
    return false;
}

/* Do the two lists share a word? */
static bool S_share(struct str a, struct str b)
{
    struct str one;
    while (str_next_piece(&a, '|', &one))
        if (S_has(b, one))
            return true;
    return false;
}

bool given_names_meet(struct str a, struct str b)
{
    struct str of_a, of_b;
    bool known_a = given_name_find(a, &of_a), known_b = given_name_find(b, &of_b);
    if (str_eq(a, b) || (known_a && S_has(of_a, b)) || (known_b && S_has(of_b, a)))
        return true;
    return known_a && known_b && S_share(of_a, of_b);
}

bool family_names_meet(struct str a, struct str b)
{
    struct str of_a, of_b;
    return words_find(&words_family_spellings, a, &of_a) && words_find(&words_family_spellings, b, &of_b) &&
           S_share(of_a, of_b);
}

bool given_names_differ(struct str a, struct str b)
{
    return words_find(&words_nicknames, a, NULL) && words_find(&words_nicknames, b, NULL) && !given_names_meet(a, b);
}

bool known_names_differ(struct str a, struct str b)
{
    return given_names_differ(a, b) || (words_find(&words_family_spellings, a, NULL) &&
                                        words_find(&words_family_spellings, b, NULL) && !family_names_meet(a, b));
}

unsigned number_word_value(struct str word)
{
    static const char *const ordinals[] = {"st", "nd", "rd", "th"};
    struct str number = word;
    uint64_t value;
    if (word.len && (word.ptr[0] < '0' || word.ptr[0] > '9') && !words_find(&words_number_word, word, &number))
        return 0;
    for (size_t i = 0; i < COUNT_OF(ordinals); i++)
        if (number.len > 2 && str_ends(number, str_from(ordinals[i]))) {
            number.len -= 2;
            break;
        }
    return str_to_u64(number, &value) && value < 1000000 ? (unsigned)value : 0;
}

bool organisation_word_is_place(struct str word)
{
    static const char *const wide[] = {"europe",   "europa",  "asia",    "africa",        "america",   "americas",
                                       "pacific",  "emea",    "apac",    "international", "worldwide", "global",
                                       "overseas", "north",   "south",   "east",          "west",      "northern",
                                       "southern", "eastern", "western", "national",      "world",     "nederland",
                                       "espana",   "norge",   "sverige", "danmark"};
    for (size_t i = 0; i < COUNT_OF(wide); i++)
        if (str_eq(word, str_from(wide[i])))
            return true;
    return word.len > 3 && words_find(place_countries(), word, NULL);
}
