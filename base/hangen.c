/*
 * Build step: what ICU's Han-Latin/Names makes of each ideograph, as a table.
 *
 *   idem_hangen han_readings.h
 *
 * ICU builds that transliterator anew in every process, which takes it 840 million instructions; it is a list of
 * characters but for a few. A character is read in one way at the front of a word and in one, perhaps another, behind
 * others. Those that are read by what follows them, as its rules say ({X}' '?Y), have no reading here: their words go
 * through ICU.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

enum { FIRST = 0x4e00, LAST = 0x9fff, CHARS = LAST - FIRST + 1, MOST_READINGS = 1000, LONGEST = 7, ROOM = 64 };

struct table {
    char reading[MOST_READINGS][LONGEST + 1]; /* [1 .. n) */
    unsigned n;
    uint16_t front[CHARS], behind[CHARS]; /* 0: none */
};

static _Noreturn void S_die(const char *what)
{
    fprintf(stderr, "hangen: %s\n", what);
    exit(1);
}

static UTransliterator *S_open(const char *name)
{
    UErrorCode code = U_ZERO_ERROR;
    UChar id[128];
    u_uastrcpy(id, name);
    UTransliterator *t = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &code);
    if (!t)
        S_die(u_errorName(code));
    return t;
}

/* The text as ASCII letters and spaces; false when there is anything else. */
static bool S_read(const UTransliterator *t, const UChar *text, int32_t n, char out[ROOM])
{
    UErrorCode code = U_ZERO_ERROR;
    UChar units[ROOM];
    int32_t limit = n;
    u_memcpy(units, text, n);
    utrans_transUChars(t, units, &n, ROOM - 1, 0, &limit, &code);
    if (U_FAILURE(code))
        S_die(u_errorName(code));
    for (int32_t i = 0; i < n; i++) {
        if (units[i] != ' ' && (units[i] < 'a' || units[i] > 'z'))
            return false;
        out[i] = (char)units[i];
    }
    out[n] = 0;
    return true;
}

static uint16_t S_number(struct table *t, const char *reading)
{
    unsigned i = 1;
    size_t len = strlen(reading);
    if (!len || len > LONGEST || strchr(reading, ' '))
        return 0;
    while (i < t->n && strcmp(t->reading[i], reading) != 0)
        i++;
    if (i == MOST_READINGS)
        S_die("too many readings");
    if (i == t->n)
        memcpy(t->reading[t->n++], reading, len + 1);
    return (uint16_t)i;
}

/* The characters that rules read by what follows them are taken out of the table. */
static void S_drop_followed(struct table *t, const char *name)
{
    enum { RULES = 1 << 20 };
    UErrorCode code = U_ZERO_ERROR;
    UChar *rules = malloc(RULES * sizeof *rules);
    UTransliterator *source = S_open(name);
    int32_t n = rules ? utrans_toRules(source, false, rules, RULES, &code) : 0;
    if (!n || U_FAILURE(code))
        S_die("the rules cannot be read");
    for (int32_t i = 1; i + 1 < n; i++)
        if (rules[i] == '}' && rules[i + 1] != ' ' && rules[i - 1] >= FIRST && rules[i - 1] <= LAST)
            t->front[rules[i - 1] - FIRST] = t->behind[rules[i - 1] - FIRST] = 0;
    free(rules);
    utrans_close(source);
}

static void S_fill(struct table *t)
{
    UTransliterator *latin = S_open("Han-Latin/Names; NFD; [:Nonspacing Mark:] Remove; Latin-ASCII; Lower");
    char text[ROOM];
    for (unsigned i = 0; i < CHARS; i++) {
        const UChar pair[2] = {0x4e00 /* yi */, (UChar)(FIRST + i)};
        UErrorCode code = U_ZERO_ERROR;
        if (uscript_getScript((UChar32)(FIRST + i), &code) != USCRIPT_HAN || U_FAILURE(code))
            continue;
        if (S_read(latin, pair + 1, 1, text))
            t->front[i] = S_number(t, text);
        if (S_read(latin, pair, 2, text) && strncmp(text, "yi ", 3) == 0)
            t->behind[i] = S_number(t, text + 3);
        if (!t->behind[i])
            t->front[i] = 0;
    }
    utrans_close(latin);
}

static void S_write_numbers(FILE *out, const char *name, const uint16_t *number)
{
    fprintf(out, "static const uint16_t %s[%d] = {", name, CHARS);
    for (unsigned i = 0; i < CHARS; i++)
        fprintf(out, "%s%u,", i % 20 ? "" : "\n", number[i]);
    fprintf(out, "\n};\n");
}

int main(int argc, char **argv)
{
    static struct table t = {.n = 1};
    FILE *out = argc == 2 ? fopen(argv[1], "w") : NULL;
    if (!out)
        S_die("usage: idem_hangen han_readings.h");
    S_fill(&t);
    S_drop_followed(&t, "Han-Latin");
    S_drop_followed(&t, "Han-Latin/Names");
    fprintf(out, "enum { HAN_FIRST = %d, HAN_LAST = %d };\n", FIRST, LAST);
    fprintf(out, "static const char han_reading[%u][%d] = {", t.n, LONGEST + 1);
    for (unsigned i = 0; i < t.n; i++)
        fprintf(out, "%s\"%s\",", i % 10 ? "" : "\n", t.reading[i]);
    fprintf(out, "\n};\n");
    S_write_numbers(out, "han_front", t.front);
    S_write_numbers(out, "han_behind", t.behind);
    return fclose(out) == 0 ? 0 : 1;
}
