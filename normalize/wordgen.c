/*
 * Build step: compiles word lists into C tables and names the version of the normaliser.
 *
 *   idem_wordgen table NAME words/NAME.txt words_NAME.h
 *   idem_wordgen version TEXT normalize_version.h FILE...
 *
 * A list holds lines "canonical|variant|variant..."; # starts a comment, blank lines are skipped. Words are written as
 * normalisation leaves them: lower case, no accents, single spaces. A variant may stand in several lines: it then has
 * several canonical words. The canonical word is a variant of itself, unless the line starts with "="
 * ("=class|variant..."): then it is a label only. See words.h for the table.
 *
 * The version is a hash (FNV-1a, 64 bits) of TEXT and of the files; C files are read without comments and white space,
 * so that only what can change a result changes the version.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    const char *variant, *canonical;
};

struct list {
    struct entry *entry;
    size_t n, room;
};

static _Noreturn void S_die(const char *what, const char *path, size_t line)
{
    fprintf(stderr, "%s:%zu: %s\n", path, line, what);
    exit(1);
}

static void *S_grow(void *old, size_t size)
{
    /* GCC 12's analyser takes a NULL that realloc made larger for freed */
    void *new = old ? realloc(old, size) : malloc(size);
    if (!new)
        S_die("out of memory", "wordgen", 0);
    return new;
}

/* The whole file, NUL-terminated. */
static char *S_read(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        S_die(strerror(errno), path, 0);
    char *text = NULL;
    size_t room = 0, got;
    *len = 0;
    do {
        if (*len + 1 >= room)
            text = S_grow(text, room = room * 2 + 65536);
        got = fread(text + *len, 1, room - *len - 1, f);
        *len += got;
    } while (got);
    fclose(f);
    text[*len] = 0;
    return text;
}

/* ------------------------------------------------------------------ tables */

static void S_check_word(const char *word, const char *path, size_t line)
{
    size_t len = strlen(word);
    if (len == 0)
        S_die("an empty word", path, line);
    if (len > 127)
        S_die("a word is longer than 127 bytes", path, line);
    if (word[0] == ' ' || word[len - 1] == ' ' || strstr(word, "  "))
        S_die("a space too many", path, line);
    for (const char *c = word; *c; c++)
        if (isupper((unsigned char)*c) || (unsigned char)*c < ' ' || *c == '"' || *c == '\\')
            S_die("words are lower case, without quotes", path, line);
}

static void S_add(struct list *list, const char *variant, const char *canonical)
{
    if (list->n == list->room)
        list->entry = S_grow(list->entry, (list->room = list->room * 2 + 1024) * sizeof *list->entry);
    list->entry[list->n++] = (struct entry){variant, canonical};
}

static void S_parse(char *text, const char *path, struct list *list)
{
    size_t number = 0;
    for (char *line = text, *next; line; line = next) {
        number++;
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        if (*line == '#' || !*line)
            continue;
        bool label = *line == '=';
        const char *canonical = line + label;
        if (label && !strchr(line, '|'))
            S_die("a label without words", path, number);
        for (char *word = line + label, *after; word; word = after) {
            after = strchr(word, '|');
            if (after)
                *after++ = 0;
            S_check_word(word, path, number);
            if (!label || word != canonical)
                S_add(list, word, canonical);
        }
    }
}

static int S_compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int c = strcmp(x->variant, y->variant);
    return c ? c : strcmp(x->canonical, y->canonical);
}

static unsigned S_tokens(const char *word)
{
    unsigned n = 1;
    for (; *word; word++)
        n += *word == ' ';
    return n;
}

/* One row of the table: see words.h. */
struct row {
    uint64_t prefix;
    unsigned at, len, canonical_len;
};

static uint64_t S_prefix(const char *variant)
{
    uint64_t prefix = 0;
    for (int i = 0; i < 8 && variant[i]; i++)
        prefix |= (uint64_t)(unsigned char)variant[i] << (56 - 8 * i);
    return prefix;
}

/* The text of all words: each variant, then its canonical words with | between. Returns how many variants. */
static size_t S_write_words(FILE *out, const struct list *list, struct row *row)
{
    size_t n = 0;
    unsigned at = 0;
    for (size_t i = 0; i < list->n;) {
        const char *variant = list->entry[i].variant;
        struct row *r = &row[n++];
        *r = (struct row){S_prefix(variant), at, (unsigned)strlen(variant), 0};
        fprintf(out, "    \"%s\" \"", variant);
        const char *last = "";
        for (; i < list->n && !strcmp(list->entry[i].variant, variant); i++) {
            const char *canonical = list->entry[i].canonical;
            if (!strcmp(canonical, last))
                continue;
            r->canonical_len += (unsigned)fprintf(out, "%s%s", *last ? "|" : "", canonical);
            last = canonical;
        }
        fprintf(out, "\"\n");
        at += r->len + r->canonical_len;
    }
    return n;
}

/* As words.h has it. */
static unsigned S_slot(const char *word, size_t len, unsigned bits)
{
    uint64_t prefix = 0;
    for (size_t i = 0; i < 8 && i < len; i++)
        prefix |= (uint64_t)(unsigned char)word[i] << (56 - 8 * i);
    return (unsigned)((prefix + len) * 0x9e3779b97f4a7c15ULL >> (64 - bits));
}

static void S_write_numbers(FILE *out, const char *name, const char *kind, const char *what, const unsigned *number,
                            unsigned n)
{
    fprintf(out, "static const %s %s_of_%s[] = {", kind, what, name);
    for (unsigned i = 0; i < n; i++)
        fprintf(out, "%s%u,", i % 24 ? "" : "\n    ", number[i]);
    fprintf(out, "\n};\n\n");
}

/* The hash table of the variants, and by the same hash of their first and last tokens the tokens of the longest. */
static void S_write_slots(FILE *out, const char *name, const struct list *list, unsigned bits)
{
    unsigned size = 1u << bits, n = 0;
    unsigned *slot = S_grow(NULL, 3 * size * sizeof *slot), *first = slot + size, *last = first + size;
    memset(slot, 0, 3 * size * sizeof *slot);
    for (size_t i = 0; i < list->n; i++) {
        const char *variant = list->entry[i].variant;
        if (i && !strcmp(variant, list->entry[i - 1].variant))
            continue;
        size_t len = strlen(variant);
        unsigned at = S_slot(variant, len, bits), tokens = S_tokens(variant);
        while (slot[at])
            at = (at + 1) & (size - 1);
        slot[at] = ++n;
        const char *space = strchr(variant, ' '), *back = strrchr(variant, ' ');
        unsigned f = S_slot(variant, space ? (size_t)(space - variant) : len, bits);
        unsigned l = back ? S_slot(back + 1, strlen(back + 1), bits) : f;
        first[f] = first[f] < tokens ? tokens : first[f];
        last[l] = last[l] < tokens ? tokens : last[l];
    }
    if (n > 65535)
        S_die("more than 65,535 words", name, 0);
    S_write_numbers(out, name, "uint16_t", "slot", slot, size);
    S_write_numbers(out, name, "uint8_t", "first", first, size);
    S_write_numbers(out, name, "uint8_t", "last", last, size);
    free(slot);
}

static void S_write_table(FILE *out, const char *name, const struct list *list)
{
    struct row *row = S_grow(NULL, (list->n + 1) * sizeof *row);
    unsigned bits = 6, most_tokens = 1;
    for (size_t i = 0; i < list->n; i++)
        if (S_tokens(list->entry[i].variant) > most_tokens)
            most_tokens = S_tokens(list->entry[i].variant);
    while (list->n * 3 > 1u << bits)
        bits++;
    fprintf(out, "/* Generated from normalize/words/%s.txt. */\n", name);
    fprintf(out, "static const char words_%s_text[] =\n", name);
    size_t n = S_write_words(out, list, row);
    fprintf(out, "    \"\";\n\nstatic const struct word words_%s_word[] = {\n", name);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "    {0x%016llx, %u, %u, %u},\n", (unsigned long long)row[i].prefix, row[i].at,
                row[i].canonical_len, row[i].len);
    fprintf(out, "    {0, 0, 0, 0}};\n\n");
    S_write_slots(out, name, list, bits);
    fprintf(out,
            "static const struct words words_%s = {words_%s_text, words_%s_word, slot_of_%s, first_of_%s, "
            "last_of_%s, %zu, %u, %u};\n",
            name, name, name, name, name, name, n, bits, most_tokens);
    free(row);
}

static void S_table(const char *name, const char *from, FILE *out)
{
    size_t len;
    char *text = S_read(from, &len);
    if (strlen(text) != len)
        S_die("a NUL byte", from, 0);
    struct list list = {0};
    S_parse(text, from, &list);
    if (list.n)
        qsort(list.entry, list.n, sizeof *list.entry, S_compare);
    S_write_table(out, name, &list);
    free(list.entry);
    free(text);
}

/* ------------------------------------------------------------------ version */

static uint64_t S_hash(uint64_t hash, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3ULL;
    return hash;
}

/* Cuts comments and white space out of C source, in place; what stands in quotes stays. */
static size_t S_bare_source(char *text, size_t len)
{
    size_t n = 0;
    char quote = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (quote) {
            if (c == '\\' && i + 1 < len)
                text[n++] = text[i++], c = text[i];
            else if (c == quote)
                quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '/' && text[i + 1] == '*') {
            const char *end = strstr(text + i + 2, "*/");
            i = end ? (size_t)(end - text) + 1 : len;
            continue;
        } else if (isspace((unsigned char)c)) {
            continue;
        }
        text[n++] = c;
    }
    return n;
}

static bool S_is_source(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && (!strcmp(dot, ".c") || !strcmp(dot, ".h"));
}

static void S_version(const char *first, char **path, int n_paths, FILE *out)
{
    uint64_t hash = S_hash(0xcbf29ce484222325ULL, first, strlen(first) + 1);
    for (int i = 0; i < n_paths; i++) {
        size_t len;
        char *text = S_read(path[i], &len);
        if (S_is_source(path[i]))
            len = S_bare_source(text, len);
        hash = S_hash(hash, text, len);
        hash = S_hash(hash, "", 1);
        free(text);
    }
    fprintf(out, "/* Generated: see normalize/wordgen.c. */\n#define NORMALIZE_VERSION \"%016llx\"\n",
            (unsigned long long)hash);
}

int main(int argc, char **argv)
{
    bool table = argc == 5 && !strcmp(argv[1], "table");
    bool version = argc >= 5 && !strcmp(argv[1], "version");
    if (!table && !version) {
        fprintf(stderr, "usage: %s table NAME FROM TO | version TEXT TO FILE...\n", argv[0]);
        return 1;
    }
    const char *to = argv[table ? 4 : 3];
    FILE *out = fopen(to, "wb");
    if (!out)
        S_die(strerror(errno), to, 0);
    if (table)
        S_table(argv[2], argv[3], out);
    else
        S_version(argv[2], argv + 4, argc - 4, out);
    if (fclose(out))
        S_die(strerror(errno), to, 0);
    return 0;
}
