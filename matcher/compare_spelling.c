#include "matcher/compare_spelling.h"

/* Sounds are capital letters; other bytes stand for themselves. X is sh, C is ch, Q is kh, J is zh and j, Y a glide. */
struct rule {
    const char *spelling; /* ^ at the start of the word only, $ at its end */
    const char *sounds;
};

enum { MOST_RULES = 15 }; /* of one first letter, and an empty one */

/* By the first letter, the longest first. */
static const struct rule rules[26][MOST_RULES] = {
    ['a' - 'a'] = {{"ah$", "A"}, {"aa", "A"}, {"ae", "E"}, {"ai", "AI"}, {"au", "AU"}, {"ay", "AI"}, {"a", "A"}},
    ['b' - 'a'] = {{"bb", "B"}, {"bh", "B"}, {"b", "B"}},
    ['c' - 'a'] = {{"chl", "KL"},
                   {"chr", "KR"},
                   {"cc", "K"},
                   {"ce", "SE"},
                   {"ch", "C"},
                   {"ci", "SI"},
                   {"ck", "K"},
                   {"cy", "SI"},
                   {"cz", "C"},
                   {"c", "K"}},
    ['d' - 'a'] = {{"dzh", "J"}, {"dt$", "T"}, {"dd", "D"}, {"dh", "D"}, {"dj", "J"}, {"d", "D"}},
    ['e' - 'a'] = {{"eok", "OK"},
                   {"eol", "OL"},
                   {"eom", "OM"},
                   {"eon", "ON"},
                   {"eop", "OP"},
                   {"ee", "I"},
                   {"ei", "AI"},
                   {"eu", "U"},
                   {"ey", "AI"},
                   {"e", "E"}},
    ['f' - 'a'] = {{"ff", "F"}, {"f", "F"}},
    ['g' - 'a'] = {{"gg", "G"}, {"gh", "G"}, {"g", "G"}},
    ['h' - 'a'] = {{"hs", "X"}, {"h", "H"}},
    ['i' - 'a'] = {{"ie", "I"}, {"ii", "I"}, {"ij", "AI"}, {"iy", "I"}, {"i", "I"}},
    ['j' - 'a'] = {{"jj", "J"}, {"j", "J"}},
    ['k' - 'a'] = {{"kh", "Q"}, {"kk", "K"}, {"k", "K"}},
    ['l' - 'a'] = {{"ll", "L"}, {"l", "L"}},
    ['m' - 'a'] = {{"mm", "M"}, {"m", "M"}},
    ['n' - 'a'] = {{"nn", "N"}, {"n", "N"}},
    ['o' - 'a'] = {{"oe", "O"}, {"oo", "U"}, {"ou", "U"}, {"o", "O"}},
    ['p' - 'a'] = {{"pf", "F"}, {"ph", "F"}, {"pp", "P"}, {"p", "P"}},
    ['q' - 'a'] = {{"qq", "K"}, {"qu", "K"}, {"q", "K"}},
    ['r' - 'a'] = {{"rh", "R"}, {"rr", "R"}, {"r", "R"}},
    ['s' - 'a'] = {{"schtsch", "X"}, {"shch", "X"}, {"sch", "X"}, {"sh", "X"}, {"ss", "S"}, {"sz", "S"}, {"s", "S"}},
    ['t' - 'a'] =
        {{"tsch", "C"}, {"tch", "C"}, {"tts", "Z"}, {"th", "T"}, {"ts", "S"}, {"tt", "T"}, {"tz", "S"}, {"t", "T"}},
    ['u' - 'a'] = {{"ue", "U"}, {"uu", "U"}, {"u", "U"}},
    ['v' - 'a'] = {{"v", "V"}},
    ['w' - 'a'] = {{"w", "W"}},
    ['x' - 'a'] = {{"^x", "X"}, {"x", "KS"}},
    ['y' - 'a'] =
        {{"yoo", "YU"}, {"you", "YU"}, {"ya", "YA"}, {"ye", "YE"}, {"yi", "I"}, {"yo", "YO"}, {"yu", "YU"}, {"y", "I"}},
    ['z' - 'a'] = {{"zh", "J"}, {"zz", "Z"}, {"z", "Z"}},
};

static bool S_is_vowel(unsigned char c)
{
    static const bool vowel[26] = {
        ['A' - 'A'] = true, ['E' - 'A'] = true, ['I' - 'A'] = true, ['O' - 'A'] = true, ['U' - 'A'] = true};
    return c >= 'A' && c <= 'Z' && vowel[c - 'A'];
}

/* Bytes of the word that the spelling covers at `at`, 0 when it does not fit. */
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
    unsigned letter = (unsigned char)word.ptr[at] - (unsigned)'a';
    if (letter >= 26)
        return NULL;
    for (const struct rule *r = rules[letter]; r->spelling; r++)
        if ((*used = S_fits(r->spelling, word, at)) > 0)
            return r;
    return NULL;
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

struct near {
    char other;
    unsigned char cost, between_syllables;
};

/* By the sound that comes first in the alphabet. */
static const struct near near[26][8] = {
    ['A' - 'A'] = {{'E', 4, 3}, {'I', 6, 4}, {'O', 5, 3}, {'U', 6, 4}},
    ['B' - 'A'] = {{'P', 4, 3}, {'V', 5, 2}, {'W', 7, 4}},
    ['C' - 'A'] = {{'J', 4, 4}, {'K', 5, 5}, {'S', 5, 4}, {'X', 4, 4}, {'Z', 5, 5}},
    ['D' - 'A'] = {{'L', 9, 7}, {'T', 4, 3}, {'Z', 7, 4}},
    ['E' - 'A'] = {{'I', 3, 3}, {'O', 5, 4}, {'Y', 4, 4}},
    ['F' - 'A'] = {{'H', 7, 4}, {'P', 4, 3}, {'V', 2, 2}, {'W', 3, 3}},
    ['G' - 'A'] = {{'H', 4, 4}, {'J', 4, 4}, {'K', 4, 3}, {'Q', 4, 4}},
    ['H' - 'A'] = {{'J', 5, 5}, {'Q', 2, 2}, {'X', 6, 4}},
    ['I' - 'A'] = {{'U', 6, 4}, {'Y', 2, 2}},
    ['J' - 'A'] = {{'K', 10, 4}, {'Q', 5, 5}, {'T', 10, 4}, {'X', 5, 5}, {'Y', 3, 3}, {'Z', 4, 3}},
    ['K' - 'A'] = {{'Q', 3, 3}, {'X', 10, 6}},
    ['L' - 'A'] = {{'R', 7, 1}},
    ['M' - 'A'] = {{'N', 7, 4}},
    ['O' - 'A'] = {{'U', 3, 3}, {'W', 4, 3}},
    ['S' - 'A'] = {{'T', 10, 4}, {'X', 4, 3}, {'Y', 10, 6}, {'Z', 3, 3}},
    ['U' - 'A'] = {{'W', 2, 2}},
    ['V' - 'A'] = {{'W', 1, 1}},
};

static bool S_is_sound(unsigned char c)
{
    return c >= 'A' && c <= 'Z';
}

/* A vowel for a glide, or one of the weak consonants: abjads write them alike. */
static bool S_is_weak(unsigned char c)
{
    return S_is_vowel(c) || c == 'Y' || c == 'W' || c == 'V';
}

static unsigned S_swap_cost(unsigned char a, unsigned char b, enum spelling_gap gap)
{
    if (a == b)
        return 0;
    if (!S_is_sound(a) || !S_is_sound(b))
        return SPELLING_EDIT;
    bool vowels = S_is_vowel(a) && S_is_vowel(b);
    if (gap == SPELLING_VOWELS && S_is_weak(a) && S_is_weak(b))
        return vowels || (!S_is_vowel(a) && !S_is_vowel(b)) ? 1 : 2;
    unsigned char low = a < b ? a : b, high = a < b ? b : a;
    for (const struct near *n = near[low - 'A']; n->other; n++)
        if ((unsigned char)n->other == high)
            return gap == SPELLING_SYLLABLES ? n->between_syllables : n->cost;
    return vowels ? 6 : SPELLING_EDIT;
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

static void S_drop_costs(const struct sounds *s, enum spelling_gap gap, unsigned cost[SPELLING_MOST])
{
    for (unsigned i = 0; i < s->n; i++)
        cost[i] = S_drop_cost(s, i, gap);
}

unsigned sounds_distance(const struct sounds *a, const struct sounds *b, enum spelling_gap gap, unsigned most)
{
    unsigned row[3][SPELLING_MOST + 1], drop_a[SPELLING_MOST], drop_b[SPELLING_MOST];
    unsigned *before = row[0], *above = row[1], *here = row[2];
    S_drop_costs(a, gap, drop_a);
    S_drop_costs(b, gap, drop_b);
    above[0] = 0;
    for (unsigned j = 0; j < b->n; j++)
        above[j + 1] = above[j] + drop_b[j];
    for (unsigned i = 0; i < a->n; i++) {
        unsigned least = here[0] = above[0] + drop_a[i];
        for (unsigned j = 0; j < b->n; j++) {
            unsigned best = above[j] + S_swap_cost(a->at[i], b->at[j], gap);
            unsigned without_a = above[j + 1] + drop_a[i], without_b = here[j] + drop_b[j];
            best = without_a < best ? without_a : best;
            best = without_b < best ? without_b : best;
            bool turned = i && j && a->at[i] == b->at[j - 1] && a->at[i - 1] == b->at[j];
            if (turned && before[j - 1] + 8 < best)
                best = before[j - 1] + 8;
            here[j + 1] = best;
            least = best < least ? best : least;
        }
        if (least > most + 8) /* two neighbours that changed places may still win */
            return most + 1;
        unsigned *last = before;
        before = above;
        above = here;
        here = last;
    }
    return above[b->n] <= most ? above[b->n] : most + 1;
}

/* Cost that is forgiven, in tenths of SPELLING_EDIT for each sound. */
static unsigned S_allowed(unsigned n, enum spelling_gap gap)
{
    static const unsigned share[] = {
        [SPELLING_SAME] = 18, [SPELLING_SCRIPT] = 22, [SPELLING_VOWELS] = 20, [SPELLING_SYLLABLES] = 26};
    unsigned allowed = n * share[gap] / 10;
    return allowed < 4 ? 4 : allowed;
}

/* Consonants that only one side has each cost something: few pairs reach the table. */
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

bool sounds_alike(const struct sounds *x, const struct sounds *y, enum spelling_gap gap)
{
    if (x->n == 0 || y->n == 0)
        return false;
    unsigned longest = x->n > y->n ? x->n : y->n, shortest = x->n > y->n ? y->n : x->n;
    unsigned allowed = S_allowed(longest, gap);
    if (longest > 2 * shortest + 1 || S_hopeless(x, y, allowed))
        return false;
    return sounds_distance(x, y, gap, allowed) <= allowed;
}

bool spelt_alike(struct str a, struct str b, enum spelling_gap gap)
{
    struct sounds x, y;
    sounds_from(a, &x);
    sounds_from(b, &y);
    return sounds_alike(&x, &y, gap);
}
