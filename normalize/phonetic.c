#include "normalize/phonetic.h"

/* A walk over one token. A rule looks at `at`, may add a sound, and says how many letters it used. */
struct walk {
    const char *letter; /* the token */
    size_t n, at;
    char *code;
    size_t len;
    bool open; /* a vowel, or nothing, came since the last sound: the next one counts even if it is the same */
};

/* The letter at an offset from `at`, 0 outside the token. */
static char S_peek(const struct walk *w, int offset)
{
    size_t i = w->at + (size_t)offset;
    return i < w->n ? w->letter[i] : 0; /* before the start: wraps past n */
}

static bool S_in(char c, const char *set)
{
    return c && strchr(set, c);
}

static bool S_is_vowel(char c)
{
    return S_in(c, "aeiouy");
}

/* Does the token go on like this from `at`? A trailing $ stands for the end of the token. */
static bool S_follows(const struct walk *w, const char *text)
{
    size_t i = w->at;
    for (; *text && *text != '$'; text++, i++)
        if (i >= w->n || w->letter[i] != *text)
            return false;
    return *text != '$' || i == w->n;
}

static bool S_follows_any(const struct walk *w, const char *const *texts)
{
    for (; *texts; texts++)
        if (S_follows(w, *texts))
            return true;
    return false;
}

static size_t S_sound(struct walk *w, const char *sounds, size_t used)
{
    for (; *sounds; sounds++) {
        bool again = !w->open && w->len && w->code[w->len - 1] == *sounds;
        if (!again && w->len < MOST_PHONETIC)
            w->code[w->len++] = *sounds;
        w->open = false;
    }
    return used;
}

/* ------------------------------------------------------------------ letters */

static size_t S_vowel(struct walk *w)
{
    bool glide = w->at == 0 && S_follows(w, "ou") && S_in(S_peek(w, 2), "aei");
    if (glide) /* Ouassim = Wassim */
        return S_sound(w, "F", 2);
    if (w->at == 0 && w->n >= 4 && w->letter[0] == 'y' && S_is_vowel(S_peek(w, 1)))
        return S_sound(w, "A", 1);
    if (w->at == 0)
        S_sound(w, "A", 1);
    w->open = true;
    return 1;
}

static size_t S_c(struct walk *w)
{
    static const char *const hard_ch[] = {"chr", "chl", "chae", "chail", "chaim", "chm", "chn",
                                          "chb", "chf", "chv",  "chw",   "cht",   NULL};
    static const char *const slavic_ic[] = {"cic$", NULL};
    if (S_follows(w, "ch"))
        return S_sound(w, S_follows_any(w, hard_ch) ? "K" : "X", 2);
    if (S_follows(w, "cz"))
        return S_sound(w, "X", 2);
    if (S_follows(w, "cs$") || S_follows_any(w, slavic_ic))
        return S_sound(w, "X", S_follows(w, "cs") ? 2 : 1);
    if (S_follows(w, "ck") || S_follows(w, "cq") || S_follows(w, "cg"))
        return S_sound(w, "K", 2);
    if (S_follows(w, "cci") || S_follows(w, "cia") || S_follows(w, "cio"))
        return S_sound(w, "X", S_follows(w, "cc") ? 2 : 1);
    if (w->at >= 2 && S_follows(w, "c$") && S_peek(w, -1) == 'i' && S_in(S_peek(w, -2), "vcjz"))
        return S_sound(w, "X", 1); /* Petrovic */
    return S_sound(w, S_in(S_peek(w, 1), "eiy") ? "S" : "K", 1);
}

static size_t S_d(struct walk *w)
{
    if (S_peek(w, 1) == 'g' && S_in(S_peek(w, 2), "eiy"))
        return S_sound(w, "J", 2);
    if (S_follows(w, "dzh"))
        return S_sound(w, "J", 3);
    if (S_follows(w, "dj") || (S_follows(w, "dz") && w->at == 0))
        return S_sound(w, "J", 2);
    return S_sound(w, "T", 1);
}

static size_t S_g(struct walk *w)
{
    static const char *const soft[] = {"geo",  "geoff", "gio",  "gia",  "giu",  "gin",   "gil",   "gene", "geni",
                                       "gera", "gero",  "gerr", "gemm", "gigi", "gisel", "ginge", NULL};
    if (S_follows(w, "gh")) {
        bool spoken = w->at == 0 || !S_is_vowel(S_peek(w, -1)) || S_is_vowel(S_peek(w, 2));
        return spoken ? S_sound(w, "K", 2) : 2;
    }
    if (S_follows(w, "gn$") || S_follows(w, "gne$"))
        return S_sound(w, "N", 2);
    if (w->at == 0 && S_follows_any(w, soft))
        return S_sound(w, "J", 1);
    return S_sound(w, "K", 1);
}

static size_t S_h(struct walk *w)
{
    if (w->at == 0 && S_is_vowel(S_peek(w, 1)))
        return S_sound(w, "H", 1);
    w->open = true;
    return 1;
}

static size_t S_j(struct walk *w)
{
    bool last = w->at + 1 == w->n, before_last_a = S_follows(w, "ja$");
    bool consonant_before = w->at > 0 && !S_is_vowel(S_peek(w, -1));
    if (w->at && (last || (before_last_a && (consonant_before || S_in(S_peek(w, -1), "ai")))))
        return w->open = true, (size_t)1; /* Andrej, Tanja, Marija */
    if (w->at == 1 && consonant_before)
        return w->open = true, (size_t)1; /* Bjorn, Fjodor */
    return S_sound(w, "J", 1);
}

static size_t S_p(struct walk *w)
{
    if (S_follows(w, "ph"))
        return S_sound(w, "F", 2);
    if (S_follows(w, "pf"))
        return S_sound(w, "F", 2);
    return S_sound(w, "P", 1);
}

static size_t S_s(struct walk *w)
{
    if (S_follows(w, "sch"))
        return S_sound(w, "X", 3);
    if (S_follows(w, "sh"))
        return S_sound(w, "X", 2);
    if (S_follows(w, "sz"))
        return S_sound(w, "S", 2);
    if (S_follows(w, "sc") && S_in(S_peek(w, 2), "eiy"))
        return S_sound(w, "S", 2);
    return S_sound(w, "S", 1);
}

static size_t S_t(struct walk *w)
{
    if (S_follows(w, "tzsch") || S_follows(w, "tzch"))
        return S_sound(w, "X", S_follows(w, "tzs") ? 5 : 4);
    if (S_follows(w, "tsch"))
        return S_sound(w, "X", 4);
    if (S_follows(w, "tch"))
        return S_sound(w, "X", 3);
    if (S_follows(w, "tion"))
        return S_sound(w, "X", 3);
    if (S_follows(w, "th"))
        return S_sound(w, "T", 2);
    return S_sound(w, "T", 1);
}

static size_t S_w(struct walk *w)
{
    char before = w->at ? S_peek(w, -1) : 0, after = S_peek(w, 1);
    if (S_follows(w, "wr") && w->at == 0)
        return 1;
    if (S_follows(w, "wh"))
        return S_sound(w, "F", 2);
    if (S_follows(w, "wicz$") || S_follows(w, "wic$"))
        return S_sound(w, "FX", S_follows(w, "wicz") ? 4 : 3);
    bool stewart = w->at == 3 && memcmp(w->letter, "stewa", w->n < 5 ? w->n : 5) == 0;
    if ((S_is_vowel(after) && !stewart) || S_follows(w, "wsk"))
        return S_sound(w, "F", 1);
    if (before && !S_is_vowel(before)) /* Schwarz, Kwasniewski */
        return S_sound(w, "F", 1);
    if (w->at == 0)
        return S_sound(w, "F", 1);
    w->open = true;
    return 1;
}

static size_t S_x(struct walk *w)
{
    if (w->at == 0)
        return S_sound(w, "S", 1);
    bool french = w->at + 1 == w->n && w->at >= 2 && S_peek(w, -1) == 'u' && S_in(S_peek(w, -2), "aeo");
    return french ? 1 : S_sound(w, "KS", 1); /* Devereaux */
}

static size_t S_z(struct walk *w)
{
    return S_follows(w, "zh") ? S_sound(w, "J", 2) : S_sound(w, "S", 1);
}

/* ------------------------------------------------------------------ the walk */

static size_t S_letter(struct walk *w)
{
    char c = w->letter[w->at];
    switch (c) {
    case 'a':
    case 'e':
    case 'i':
    case 'o':
    case 'u':
    case 'y':
        return S_vowel(w);
    case 'b':
        return S_follows(w, "b$") && w->at && S_peek(w, -1) == 'm' ? 1 : S_sound(w, "P", 1);
    case 'c':
        return S_c(w);
    case 'd':
        return S_d(w);
    case 'f':
    case 'v':
        return S_sound(w, "F", 1);
    case 'g':
        return S_g(w);
    case 'h':
        return S_h(w);
    case 'j':
        return S_j(w);
    case 'k':
        return S_sound(w, "K", S_follows(w, "kh") ? 2 : 1);
    case 'l':
        return S_sound(w, "L", 1);
    case 'm':
        return S_sound(w, "M", 1);
    case 'n':
        return S_sound(w, "N", 1);
    case 'p':
        return S_p(w);
    case 'q':
        return S_sound(w, "K", S_follows(w, "qu") ? 2 : 1);
    case 'r':
        return S_sound(w, "R", S_follows(w, "rh") ? 2 : 1);
    case 's':
        return S_s(w);
    case 't':
        return S_t(w);
    case 'w':
        return S_w(w);
    case 'x':
        return S_x(w);
    case 'z':
        return S_z(w);
    default:
        break;
    }
    if (c >= '0' && c <= '9') {
        char digit[2] = {c, 0};
        w->open = true;
        return S_sound(w, digit, 1);
    }
    return 1;
}

/* Letters at the start that are written but not spoken. */
static size_t S_silent_start(struct str token)
{
    static const char *const start[] = {"kn", "gn", "pn", "ps", "pt", "wr", "hr", "ts"};
    if (token.len < 3)
        return 0;
    for (size_t i = 0; i < COUNT_OF(start); i++)
        if (memcmp(token.ptr, start[i], 2) == 0)
            return 1;
    return 0;
}

size_t phonetic_code(struct str token, char code[MOST_PHONETIC])
{
    size_t skip = S_silent_start(token);
    struct walk w = {token.ptr + skip, token.len - skip, 0, code, 0, true};
    while (w.at < w.n && w.len < MOST_PHONETIC)
        w.at += S_letter(&w);
    if (w.len == 0) /* "h", "hm": the letter itself */
        for (size_t i = 0; i < token.len && !w.len; i++)
            if (token.ptr[i] >= 'a' && token.ptr[i] <= 'z')
                code[w.len++] = (char)(token.ptr[i] - 32);
    return w.len;
}
