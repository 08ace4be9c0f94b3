#include "matcher/compare_spelling.h"

/* Sounds are capital letters; other bytes stand for themselves. X is sh, C is ch, Q is kh, J is zh and j, Y a glide. */
struct rule {
    const char *spelling; /* ^ at the start of the word only, $ at its end */
    const char *sounds;
};

/* The longest that fits counts; in the order of the first letter. */
static const struct rule rules[] = {
    {"aa", "A"},  {"ae", "E"},   {"ah$", "A"},  {"ai", "AI"},     {"au", "AU"},  {"ay", "AI"},  {"a", "A"},
    {"b", "B"},   {"bh", "B"},   {"bb", "B"},   {"ce", "SE"},     {"ci", "SI"},  {"cy", "SI"},  {"ch", "C"},
    {"cz", "C"},  {"ck", "K"},   {"cc", "K"},   {"c", "K"},       {"chr", "KR"}, {"chl", "KL"}, {"dzh", "J"},
    {"dj", "J"},  {"dh", "D"},   {"dd", "D"},   {"dt$", "T"},     {"d", "D"},    {"ee", "I"},   {"ei", "AI"},
    {"ey", "AI"}, {"eu", "U"},   {"eon", "ON"}, {"eok", "OK"},    {"eop", "OP"}, {"eom", "OM"}, {"eol", "OL"},
    {"e", "E"},   {"ff", "F"},   {"f", "F"},    {"gh", "G"},      {"gg", "G"},   {"g", "G"},    {"hs", "X"},
    {"h", "H"},   {"ie", "I"},   {"iy", "I"},   {"ij", "AI"},     {"ii", "I"},   {"i", "I"},    {"jj", "J"},
    {"j", "J"},   {"kh", "Q"},   {"kk", "K"},   {"k", "K"},       {"ll", "L"},   {"l", "L"},    {"mm", "M"},
    {"m", "M"},   {"nn", "N"},   {"n", "N"},    {"oo", "U"},      {"ou", "U"},   {"oe", "O"},   {"o", "O"},
    {"ph", "F"},  {"pf", "F"},   {"pp", "P"},   {"p", "P"},       {"qu", "K"},   {"qq", "K"},   {"q", "K"},
    {"rh", "R"},  {"rr", "R"},   {"r", "R"},    {"schtsch", "X"}, {"shch", "X"}, {"sch", "X"},  {"sh", "X"},
    {"sz", "S"},  {"ss", "S"},   {"s", "S"},    {"tsch", "C"},    {"tch", "C"},  {"th", "T"},   {"tts", "Z"},
    {"tz", "S"},  {"ts", "S"},   {"tt", "T"},   {"t", "T"},       {"ue", "U"},   {"uu", "U"},   {"u", "U"},
    {"v", "V"},   {"w", "W"},    {"x", "KS"},   {"^x", "X"},      {"ya", "YA"},  {"ye", "YE"},  {"yo", "YO"},
    {"yu", "YU"}, {"yoo", "YU"}, {"you", "YU"}, {"yi", "I"},      {"y", "I"},    {"zh", "J"},   {"zz", "Z"},
    {"z", "Z"},
};

static bool S_is_vowel(unsigned char c)
{
    return c == 'A' || c == 'E' || c == 'I' || c == 'O' || c == 'U';
}

/* Bytes of the word that the rule covers at `at`, 0 when it does not fit. */
static size_t S_fits(const char *spelling, struct str word, size_t at)
{
    size_t used = 0;
    if (*spelling == '^') {
        if (at)
            return 0;
        spelling++;
    }
    for (; *spelling && *spelling != '$'; spelling++, used++)
        if (at + used >= word.len || word.ptr[at + used] != *spelling)
            return 0;
    return *spelling == '$' && at + used != word.len ? 0 : used;
}

static const struct rule *S_rule(struct str word, size_t at, size_t *used)
{
    const struct rule *best = NULL;
    *used = 0;
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        const char *spelling = rules[i].spelling + (rules[i].spelling[0] == '^');
        if (*spelling > word.ptr[at])
            break;
        if (*spelling < word.ptr[at])
            continue;
        size_t fits = S_fits(rules[i].spelling, word, at);
        bool better = fits > *used || (fits && fits == *used && rules[i].spelling[0] == '^');
        if (better) {
            *used = fits;
            best = &rules[i];
        }
    }
    return best;
}

void sounds_from(struct str word, struct sounds *out)
{
    out->n = 0;
    for (size_t at = 0, used; at < word.len && out->n + 2 <= SPELLING_MOST; at += used) {
        const struct rule *rule = S_rule(word, at, &used);
        if (!rule) {
            out->at[out->n++] = (unsigned char)word.ptr[at];
            used = 1;
            continue;
        }
        for (const char *c = rule->sounds; *c; c++) {
            bool again = out->n && out->at[out->n - 1] == (unsigned char)*c;
            if (!again)
                out->at[out->n++] = (unsigned char)*c;
        }
    }
}

/* ------------------------------------------------------------------ what an edit costs */

static const struct {
    char pair[3];
    unsigned char cost, between_syllables;
} near[] = {
    {"AE", 4, 3}, {"AO", 5, 3}, {"EI", 3, 3}, {"OU", 3, 3},  {"AI", 6, 4},  {"AU", 6, 4},  {"EO", 5, 4},
    {"IU", 6, 4}, {"IY", 2, 2}, {"EY", 4, 4}, {"JY", 3, 3},  {"UW", 2, 2},  {"OW", 4, 3},  {"BP", 4, 3},
    {"BV", 5, 2}, {"BW", 7, 4}, {"FV", 2, 2}, {"VW", 1, 1},  {"FW", 3, 3},  {"FP", 4, 3},  {"DT", 4, 3},
    {"GK", 4, 3}, {"KQ", 3, 3}, {"GQ", 4, 4}, {"HQ", 2, 2},  {"GH", 4, 4},  {"FH", 7, 4},  {"SZ", 3, 3},
    {"SX", 4, 3}, {"CX", 4, 4}, {"CJ", 4, 4}, {"JZ", 4, 3},  {"JX", 5, 5},  {"CS", 5, 4},  {"CZ", 5, 5},
    {"GJ", 4, 4}, {"CK", 5, 5}, {"HJ", 5, 5}, {"JQ", 5, 5},  {"LR", 7, 1},  {"MN", 7, 4},  {"ST", 10, 4},
    {"DL", 9, 7}, {"DZ", 7, 4}, {"HX", 6, 4}, {"JT", 10, 4}, {"JK", 10, 4}, {"SY", 10, 6}, {"KX", 10, 6},
};

static unsigned S_swap_cost(unsigned char a, unsigned char b, enum spelling_gap gap)
{
    if (a == b)
        return 0;
    bool vowels = S_is_vowel(a) && S_is_vowel(b);
    if (vowels && gap == SPELLING_VOWELS)
        return 1;
    char low = (char)(a < b ? a : b), high = (char)(a < b ? b : a);
    for (size_t i = 0; i < COUNT_OF(near); i++)
        if (near[i].pair[0] == low && near[i].pair[1] == high) {
            bool weak = gap == SPELLING_VOWELS && (high == 'Y' || high == 'W' || low == 'V');
            return weak ? 1 : gap == SPELLING_SYLLABLES ? near[i].between_syllables : near[i].cost;
        }
    bool half_vowel = gap == SPELLING_VOWELS &&
                      ((S_is_vowel(a) && (b == 'Y' || b == 'W')) || (S_is_vowel(b) && (a == 'Y' || a == 'W')));
    return vowels ? 6 : half_vowel ? 2 : SPELLING_EDIT;
}

/* What it costs to leave out the sound at `i`. */
static unsigned S_drop_cost(const struct sounds *s, unsigned i, enum spelling_gap gap)
{
    unsigned char c = s->at[i];
    if (S_is_vowel(c)) {
        if (gap == SPELLING_VOWELS)
            return i ? 1 : 3;
        if (gap == SPELLING_SYLLABLES)
            return i ? 2 : 5;
        bool tells_gender = i + 1 == s->n && c == 'A';
        return i == 0 ? 8 : tells_gender ? SPELLING_EDIT : 5;
    }
    unsigned char next = i + 1 < s->n ? s->at[i + 1] : 0; /* Greek writes b as mp, d as nt, g as nk */
    bool nasal =
        (c == 'M' && (next == 'P' || next == 'B')) || (c == 'N' && (next == 'T' || next == 'D' || next == 'K'));
    if (gap == SPELLING_SCRIPT && nasal)
        return 4;
    if (c == 'H')
        return 3;
    if (c == 'Y' || c == 'W')
        return 4;
    if (gap == SPELLING_SYLLABLES && c == 'G' && i && s->at[i - 1] == 'N')
        return 1;
    if (gap == SPELLING_SYLLABLES && (c == 'R' || c == 'L' || c == 'N'))
        return 5;
    return c == 'S' && i + 1 == s->n ? 6 : SPELLING_EDIT;
}

unsigned sounds_distance(const struct sounds *a, const struct sounds *b, enum spelling_gap gap)
{
    unsigned row[3][SPELLING_MOST + 1];
    unsigned *before = row[0], *above = row[1], *here = row[2];
    above[0] = 0;
    for (unsigned j = 0; j < b->n; j++)
        above[j + 1] = above[j] + S_drop_cost(b, j, gap);
    for (unsigned i = 0; i < a->n; i++) {
        unsigned drop_a = S_drop_cost(a, i, gap);
        here[0] = above[0] + drop_a;
        for (unsigned j = 0; j < b->n; j++) {
            unsigned best = above[j] + S_swap_cost(a->at[i], b->at[j], gap);
            unsigned without_a = above[j + 1] + drop_a, without_b = here[j] + S_drop_cost(b, j, gap);
            best = without_a < best ? without_a : best;
            best = without_b < best ? without_b : best;
            bool turned = i && j && a->at[i] == b->at[j - 1] && a->at[i - 1] == b->at[j];
            if (turned && before[j - 1] + 8 < best)
                best = before[j - 1] + 8;
            here[j + 1] = best;
        }
        unsigned *last = before;
        before = above;
        above = here;
        here = last;
    }
    return above[b->n];
}

/* Cost that is forgiven, in tenths of SPELLING_EDIT for each sound. */
static unsigned S_allowed(unsigned n, enum spelling_gap gap)
{
    static const unsigned share[] = {
        [SPELLING_SAME] = 18, [SPELLING_SCRIPT] = 22, [SPELLING_VOWELS] = 20, [SPELLING_SYLLABLES] = 26};
    unsigned allowed = n * share[gap] / 10;
    return allowed < 4 ? 4 : allowed;
}

/* Letters that only one side has, as a bound: no sound is worth more than one edit, so few calls reach the table. */
static bool S_hopeless(const struct sounds *a, const struct sounds *b, unsigned allowed)
{
    uint64_t x = 0, y = 0;
    for (unsigned i = 0; i < a->n; i++)
        x |= S_is_vowel(a->at[i]) ? 0 : 1ULL << (a->at[i] & 63);
    for (unsigned i = 0; i < b->n; i++)
        y |= S_is_vowel(b->at[i]) ? 0 : 1ULL << (b->at[i] & 63);
    unsigned lacks_x = (unsigned)__builtin_popcountll(x & ~y), lacks_y = (unsigned)__builtin_popcountll(y & ~x);
    return (lacks_x > lacks_y ? lacks_x : lacks_y) > allowed; /* each costs at least one */
}

bool spelt_alike(struct str a, struct str b, enum spelling_gap gap, unsigned *cost)
{
    struct sounds x, y;
    sounds_from(a, &x);
    sounds_from(b, &y);
    if (x.n == 0 || y.n == 0)
        return false;
    unsigned longest = x.n > y.n ? x.n : y.n, shortest = x.n > y.n ? y.n : x.n;
    unsigned allowed = S_allowed(longest, gap);
    if (longest > 2 * shortest + 1 || S_hopeless(&x, &y, allowed))
        return false;
    unsigned distance = sounds_distance(&x, &y, gap);
    if (cost)
        *cost = distance;
    return distance <= allowed;
}
