#include "engine/generate_typo.h"

#include "base/hash.h"

/* The keys around a, b, c ... z on a keyboard of the English kind. */
static const char *const neighbours[26] = {"qsz",   "vghn",  "xdfv", "serfc", "wsdr", "drtgv", "ftyhb", "gyujn", "uojk",
                                           "hukim", "jilom", "kop",  "njk",   "bhjm", "ipkl",  "ol",    "wa",    "etdf",
                                           "awdxz", "ryfg",  "yihj", "cfgb",  "qesa", "zsdc",  "tugh",  "asx"};

static const char *const misread[][2] = {
    {"m", "rn"}, {"rn", "m"}, {"l", "1"}, {"o", "0"}, {"O", "0"},  {"I", "l"},  {"cl", "d"}, {"d", "cl"},
    {"B", "8"},  {"S", "5"},  {"h", "b"}, {"e", "c"}, {"u", "ii"}, {"vv", "w"}, {"g", "q"},  {"G", "6"},
};

static const char *const heard[][2] = {
    {"ph", "f"}, {"f", "ph"}, {"ck", "k"},   {"k", "ck"}, {"ei", "ai"}, {"ai", "ei"}, {"ie", "y"}, {"y", "ie"},
    {"th", "t"}, {"z", "s"},  {"s", "z"},    {"c", "k"},  {"tt", "t"},  {"ll", "l"},  {"nn", "n"}, {"mm", "m"},
    {"v", "w"},  {"dt", "t"}, {"sh", "sch"}, {"oo", "u"}, {"ou", "u"},  {"w", "v"},   {"i", "y"},  {"j", "y"},
};

static bool S_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool S_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A place whose byte passes, looked for from a random one on; t->len when there is none. */
static unsigned S_find(uint64_t *random, const struct gen_text *t, bool (*passes)(char))
{
    unsigned from = t->len ? (unsigned)random_below(random, t->len) : 0;
    for (unsigned i = 0; i < t->len; i++) {
        unsigned at = (from + i) % t->len;
        if (passes(t->ptr[at]))
            return at;
    }
    return t->len;
}

static void S_replace(struct gen_text *t, unsigned at, unsigned len, struct str with)
{
    struct gen_text tail = {0};
    gen_add(&tail, str_sub(gen_str(t), at + len, t->len));
    t->len = (uint8_t)at;
    gen_add(t, with);
    gen_add(t, gen_str(&tail));
}

/* Rewrites one of the pieces of a table, if the text has one. */
static bool S_rewrite(uint64_t *random, struct gen_text *t, const char *const table[][2], size_t n)
{
    size_t from = random_below(random, n);
    for (size_t i = 0; i < n; i++) {
        const char *const *row = table[(from + i) % n];
        size_t at = str_find(gen_str(t), str_from(row[0]));
        if (at != SIZE_MAX) {
            S_replace(t, (unsigned)at, (unsigned)strlen(row[0]), str_from(row[1]));
            return true;
        }
    }
    return false;
}

static void S_swap(struct gen_text *t, unsigned at, bool (*passes)(char))
{
    unsigned other = at + 1 < t->len && passes(t->ptr[at + 1]) ? at + 1 : at - 1;
    if (other < t->len && passes(t->ptr[other])) {
        char c = t->ptr[at];
        t->ptr[at] = t->ptr[other];
        t->ptr[other] = c;
    }
}

static char S_neighbour(uint64_t *random, char c)
{
    bool upper = c >= 'A' && c <= 'Z';
    const char *keys = neighbours[upper ? c - 'A' : c - 'a'];
    char key = keys[random_below(random, strlen(keys))];
    return upper ? (char)(key - 32) : key;
}

void typo_letter(uint64_t *random, struct gen_text *t)
{
    unsigned at = S_find(random, t, S_is_letter);
    unsigned kind = (unsigned)random_below(random, 10);
    if (at == t->len)
        return;
    if (kind < 3) /* NOLINTNEXTLINE(bugprone-branch-clone): the last choice where no other was possible, too */
        t->ptr[at] = S_neighbour(random, t->ptr[at]);
    else if (kind < 5)
        S_swap(t, at, S_is_letter);
    else if (kind == 5 && t->len > 2)
        S_replace(t, at, 1, STR(""));
    else if (kind == 6)
        S_replace(t, at, 0, str_sub(gen_str(t), at, at + 1));
    else if (kind < 8 && S_rewrite(random, t, misread, COUNT_OF(misread)))
        return;
    else if (!S_rewrite(random, t, heard, COUNT_OF(heard)))
        t->ptr[at] = S_neighbour(random, t->ptr[at]);
}

void typo_digit(uint64_t *random, struct gen_text *t)
{
    unsigned at = S_find(random, t, S_is_digit);
    if (at == t->len)
        return;
    if (gen_chance(random, 350))
        S_swap(t, at, S_is_digit);
    else
        t->ptr[at] = (char)('0' + (unsigned)(t->ptr[at] - '0' + 1 + (int)random_below(random, 9)) % 10);
}

void text_upper(struct gen_text *t)
{
    for (unsigned i = 0; i < t->len; i++)
        if (t->ptr[i] >= 'a' && t->ptr[i] <= 'z')
            t->ptr[i] = (char)(t->ptr[i] - 32);
}

void text_lower(struct gen_text *t)
{
    for (unsigned i = 0; i < t->len; i++)
        if (t->ptr[i] >= 'A' && t->ptr[i] <= 'Z')
            t->ptr[i] = (char)(t->ptr[i] + 32);
}

static const char *const folds[][2] = {
    {"ä", "ae"}, {"ö", "oe"}, {"ü", "ue"}, {"ß", "ss"}, {"Ä", "Ae"}, {"Ö", "Oe"}, {"Ü", "Ue"}, {"á", "a"},
    {"é", "e"},  {"í", "i"},  {"ó", "o"},  {"ú", "u"},  {"ñ", "n"},  {"É", "E"},  {"â", "a"},  {"ê", "e"},
    {"è", "e"},  {"à", "a"},  {"ô", "o"},  {"ç", "c"},  {"Ł", "L"},  {"ł", "l"},  {"ó", "o"},  {"ź", "z"},
    {"ń", "n"},  {"ś", "s"},  {"ć", "c"},  {"ą", "a"},  {"ę", "e"},
};

void text_fold(struct gen_text *t)
{
    struct gen_text folded = {0};
    for (unsigned i = 0; i < t->len;) {
        unsigned len = 1;
        while (i + len < t->len && ((unsigned char)t->ptr[i + len] & 0xC0) == 0x80)
            len++;
        struct str letter = str_sub(gen_str(t), i, i + len);
        for (size_t k = 0; len > 1 && k < COUNT_OF(folds); k++)
            if (str_eq(letter, str_from(folds[k][0]))) {
                letter = str_from(folds[k][1]);
                break;
            }
        gen_add(&folded, letter);
        i += len;
    }
    *t = folded;
}
