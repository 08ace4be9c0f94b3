/*
 * check_functions ROOT: no source of the program calls a function that has a safer twin. Each call is a line; the exit
 * status is 1 when there is one. Comments and texts do not count, nor do the tests and the benchmarks.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const MODULES[] = {"base",  "record", "seal",   "ingest",   "normalize", "matcher", "identity",
                                      "rules", "store",  "engine", "loadable", "serve",     "cli"};

/* `except`: the one file that may call it. */
static const struct {
    const char *name, *why, *except;
} BANNED[] = {
    {"gets", "knows no limit", NULL},
    {"strcpy", "knows no limit: memcpy or snprintf", NULL},
    {"stpcpy", "knows no limit: memcpy or snprintf", NULL},
    {"strcat", "knows no limit: struct buf", NULL},
    {"strncpy", "leaves out the NUL: snprintf", NULL},
    {"strncat", "its limit is easily taken wrongly: struct buf", NULL},
    {"sprintf", "knows no limit: snprintf", NULL},
    {"vsprintf", "knows no limit: vsnprintf", NULL},
    {"strtok", "keeps its place in a global: strcspn", NULL},
    {"sscanf", "a number out of range is undefined: strtoull", NULL},
    {"scanf", "a number out of range is undefined: strtoull", NULL},
    {"fscanf", "a number out of range is undefined: strtoull", NULL},
    {"atoi", "a number out of range is undefined: strtol", NULL},
    {"atol", "a number out of range is undefined: strtol", NULL},
    {"atoll", "a number out of range is undefined: strtoll", NULL},
    {"atof", "depends on the locale and tells no error", NULL},
    {"system", "runs a shell", NULL},
    {"popen", "runs a shell", NULL},
    {"wordexp", "runs a shell", NULL},
    {"tmpnam", "another process can take the name first: mkstemp", NULL},
    {"tempnam", "another process can take the name first: mkstemp", NULL},
    {"mktemp", "another process can take the name first: mkstemp", NULL},
    {"rand", "is neither random nor the same everywhere", NULL},
    {"srand", "is neither random nor the same everywhere", NULL},
    {"random", "is neither random nor the same everywhere", NULL},
    {"drand48", "is neither random nor the same everywhere", NULL},
    {"alloca", "the stack has no check: an arena", NULL},
    {"setlocale", "changes what every thread reads and prints", "cli/main.c"},
    {"localtime", "answers from a global, in the zone of the machine: base/clock.h", NULL},
    {"gmtime", "answers from a global: gmtime_r", NULL},
    {"ctime", "answers from a global: base/clock.h", NULL},
    {"asctime", "answers from a global: base/clock.h", NULL},
    {"putenv", "is not safe with threads", NULL},
    {"setenv", "is not safe with threads", NULL},
    {"vfork", "shares the memory of its parent", NULL},
};

static unsigned n_calls, n_files;

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Blanks out comments, texts and characters; lines stay where they are. */
static void blank(char *p)
{
    while (*p) {
        char quote = *p;
        if (p[0] == '/' && (p[1] == '*' || p[1] == '/')) {
            char *end = p[1] == '*' ? strstr(p + 2, "*/") : strchr(p, '\n');
            end = end ? end + (p[1] == '*' ? 2 : 0) : p + strlen(p);
            for (; p < end; p++)
                *p = *p == '\n' ? '\n' : ' ';
        } else if (quote == '"' || quote == '\'') {
            for (p++; *p && *p != quote && *p != '\n'; p++) {
                bool escaped = *p == '\\' && p[1];
                *p = ' ';
                if (escaped)
                    *++p = ' ';
            }
            p += *p != 0;
        } else
            p++;
    }
}

static void check_call(const char *place, unsigned line, const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof BANNED / sizeof *BANNED; i++) {
        if (strlen(BANNED[i].name) != len || strncmp(BANNED[i].name, name, len) != 0)
            continue;
        if (BANNED[i].except && strcmp(BANNED[i].except, place) == 0)
            continue;
        printf("%s:%u: %s: %s\n", place, line, BANNED[i].name, BANNED[i].why);
        n_calls++;
    }
}

static void check_text(const char *place, const char *text)
{
    unsigned line = 1;
    for (const char *p = text; *p; p++) {
        line += *p == '\n';
        if (!isalpha((unsigned char)*p) && *p != '_')
            continue;
        bool member = p > text && (p[-1] == '.' || (p > text + 1 && p[-2] == '-' && p[-1] == '>'));
        size_t len = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
        if (p[len + strspn(p + len, " ")] == '(' && !member)
            check_call(place, line, p, len);
        p += len - 1;
    }
}

static void check_file(const char *root, const char *module, const char *name)
{
    char path[4096], place[1024];
    snprintf(place, sizeof place, "%s/%s", module, name);
    snprintf(path, sizeof path, "%s/%s", root, place);
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 1 << 22);
    if (!f || !text)
        abort();
    text[fread(text, 1, (1 << 22) - 1, f)] = 0;
    fclose(f);
    blank(text);
    check_text(place, text);
    free(text);
    n_files++;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return fprintf(stderr, "usage: check_functions ROOT\n"), 2;
    for (size_t i = 0; i < sizeof MODULES / sizeof *MODULES; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", argv[1], MODULES[i]);
        DIR *folder = opendir(path);
        for (struct dirent *entry; folder && (entry = readdir(folder));)
            if (ends_with(entry->d_name, ".c") || ends_with(entry->d_name, ".h") || ends_with(entry->d_name, ".cc") ||
                ends_with(entry->d_name, ".cpp"))
                check_file(argv[1], MODULES[i], entry->d_name);
        if (folder)
            closedir(folder);
    }
    if (!n_files)
        printf("%s: there is no source here\n", argv[1]);
    return n_calls || !n_files;
}
