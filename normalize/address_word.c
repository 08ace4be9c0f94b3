#include "normalize/address.h"

#include "base/hash.h"
#include "normalize/plain.h"
#include "normalize/words.h"
#include "words_address_class.h"
#include "words_address_unit.h"
#include "words_address_word.h"
#include "words_number_word.h"
#include "words_post_box.h"
#include "words_street_direction.h"
#include "words_street_type.h"
#include "words_street_type_first.h"

static const struct {
    const char *class;
    unsigned kind;
} classes[] = {{"filler", WORD_FILLER},
               {"strong", WORD_STRONG},
               {"mark", WORD_MARK},
               {"aside", WORD_ASIDE},
               {"building", WORD_BUILDING},
               {"numbered", WORD_NUMBERED},
               {"numbered first", WORD_NUMBERED_FIRST}};

static unsigned S_classes(struct str word)
{
    struct str list, class;
    unsigned kinds = 0;
    if (!words_find(&words_address_class, word, &list))
        return 0;
    while (str_next_piece(&list, '|', &class))
        for (size_t i = 0; i < COUNT_OF(classes); i++)
            kinds |= str_eq(class, str_from(classes[i].class)) ? classes[i].kind : 0;
    return kinds;
}

size_t address_stem(struct str word)
{
    static const struct str ends[] = {{"strasse", 7}, {"strase", 6}, {"straat", 6}, {"str", 3}};
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (word.len >= ends[i].len + 2 && str_ends(word, ends[i]))
            return word.len - ends[i].len;
    return 0;
}

static unsigned S_kinds(struct str word)
{
    unsigned kinds = S_classes(word);
    kinds |= words_find(&words_street_type, word, NULL) ? WORD_TYPE : 0;
    kinds |= words_find(&words_street_type_first, word, NULL) ? WORD_TYPE_FIRST : 0;
    kinds |= words_find(&words_street_direction, word, NULL) ? WORD_DIRECTION : 0;
    kinds |= word.len > 1 && words_find(&words_address_unit, word, NULL) ? WORD_UNIT : 0;
    kinds |= words_find(&words_number_word, word, NULL) ? WORD_NUMBER : 0;
    return kinds | (address_stem(word) ? WORD_STEM | WORD_STRONG : 0);
}

unsigned address_word_kinds(struct address_words *known, struct str word)
{
    char text[KNOWN_WORD_BYTES] = {0};
    if (!word.len || plain_is_digit(word.ptr[0]))
        return 0;
    if (word.len > sizeof text)
        return S_kinds(word);
    memcpy(text, word.ptr, word.len);
    unsigned at = (unsigned)(hash_str((struct str){text, sizeof text}) % KNOWN_WORDS);
    if (memcmp(known->word[at].text, text, sizeof text) != 0) {
        memcpy(known->word[at].text, text, sizeof text);
        known->word[at].kinds = (uint16_t)S_kinds(word);
    }
    return known->word[at].kinds;
}

unsigned address_word_number(struct str word)
{
    struct str canonical;
    uint64_t value = 0;
    if (words_find(&words_number_word, word, &canonical))
        str_to_u64(canonical, &value);
    return (unsigned)value;
}

/* Of several meanings the first. */
static bool S_write(const struct words *w, struct str word, struct str *canonical)
{
    if (!words_find(w, word, canonical))
        return false;
    size_t bar = str_find_byte(*canonical, '|');
    *canonical = str_sub(*canonical, 0, bar == SIZE_MAX ? canonical->len : bar);
    return true;
}

bool address_write_type(struct str word, struct str *canonical)
{
    return S_write(&words_street_type, word, canonical);
}

bool address_write_type_first(struct str word, struct str *canonical)
{
    return S_write(&words_street_type_first, word, canonical);
}

bool address_write_direction(struct str word, struct str *canonical)
{
    return S_write(&words_street_direction, word, canonical);
}

bool address_write_name(struct str word, struct str *canonical)
{
    return S_write(&words_address_word, word, canonical);
}

unsigned address_find_unit(const struct address *a, unsigned from, unsigned to, struct str *kind)
{
    unsigned n = address_find_from(&words_address_unit, a, from, to, kind);
    if (n) {
        size_t bar = str_find_byte(*kind, '|');
        *kind = str_sub(*kind, 0, bar == SIZE_MAX ? kind->len : bar);
    }
    return n;
}

unsigned address_find_box(const struct address *a, unsigned from, unsigned to)
{
    return address_find_from(&words_post_box, a, from, to, NULL);
}
