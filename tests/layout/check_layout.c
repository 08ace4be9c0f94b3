/*
 * check_layout ROOT: holds the tree to its layout. Each finding is a line; the exit status is 1 when there is one.
 *   - a module includes headers of the modules its CMakeLists.txt names under USES, and of no other
 *   - USES names only modules that stand below it in the order of docs/architecture.md
 *   - cli, serve and loadable know the library by idem.h alone
 *   - each foreign header family is included from one module only
 *   - file names are unique, and every source file of a module is in its CMakeLists.txt
 */
#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_MODULES = 32, MOST_NAMES = 4096, MOST_FAMILIES = 64, TEXT = 256 };

/* What each module may use, by the order of modules. */
static const struct {
    const char *module, *below;
} ORDER[] = {
    {"base", ""},
    {"record", "base"},
    {"seal", "base"},
    {"ingest", "base record"},
    {"normalize", "base record"},
    {"matcher", "base record normalize"},
    {"identity", "base record normalize matcher"},
    {"rules", "base record ingest normalize matcher identity"},
    {"store", "base record seal"},
    {"engine", "base record seal ingest normalize matcher identity rules store"},
    {"loadable", "base engine"},
    {"serve", "base engine"},
    {"cli", "base engine serve"},
};

/* Headers of C, POSIX, Linux and the compilers: no foreign library. */
static const char *const SYSTEM[] = {
    "assert.h",
    "ctype.h",
    "errno.h",
    "fenv.h",
    "float.h",
    "inttypes.h",
    "limits.h",
    "locale.h",
    "malloc.h",
    "math.h",
    "setjmp.h",
    "signal.h",
    "stdalign.h",
    "stdarg.h",
    "stdatomic.h",
    "stdbool.h",
    "stddef.h",
    "stdint.h",
    "stdio.h",
    "stdlib.h",
    "string.h",
    "strings.h",
    "threads.h",
    "time.h",
    "uchar.h",
    "wchar.h",
    "dirent.h",
    "fcntl.h",
    "fnmatch.h",
    "getopt.h",
    "glob.h",
    "netdb.h",
    "poll.h",
    "pthread.h",
    "pwd.h",
    "regex.h",
    "sched.h",
    "unistd.h",
    "ftw.h",
    "immintrin.h",
    "emmintrin.h",
    "smmintrin.h",
    "arm_neon.h",
    "cpuid.h",
    "dlfcn.h",
    "wordexp.h",
    "endian.h",
    "byteswap.h",
    "termios.h",
    "libgen.h",
    "spawn.h",
    /* C++ of the shims */
    "algorithm",
    "cstddef",
    "cstdint",
    "cstdio",
    "cstdlib",
    "cstring",
    "memory",
    "new",
    "string",
    "string_view",
    "vector",
    "exception",
    "utility",
    "array",
    "optional",
};

struct names {
    char text[MOST_NAMES][TEXT];
    unsigned n;
};

struct family {
    char name[TEXT], module[TEXT];
};

static struct names files; /* base names met, with their place behind a blank */
static struct family families[MOST_FAMILIES];
static unsigned n_families, n_findings;
static const char *root;

static void finding(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void finding(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    n_findings++;
}

/* Is `word` one of the words of `list`? */
static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *p = list; (p = strstr(p, word)); p += len)
        if ((p == list || strchr(" \n\t(", p[-1])) && (p[len] == 0 || strchr(" \n\t)", p[len])))
            return true;
    return false;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static bool is_source(const char *name)
{
    return ends_with(name, ".c") || ends_with(name, ".h") || ends_with(name, ".cc") || ends_with(name, ".cpp");
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    size_t room = 1 << 22, n;
    char *text = malloc(room);
    if (!text)
        abort();
    n = fread(text, 1, room - 1, f);
    text[n] = 0;
    fclose(f);
    return text;
}

/* ------------------------------------------------------------------ modules */

/* The words behind USES in a module's CMakeLists.txt, up to the next keyword or the closing bracket. */
static void uses_of(const char *cmake, char *uses, size_t room)
{
    const char *from = strstr(cmake, "USES");
    uses[0] = 0;
    if (!from)
        return;
    from += 4;
    size_t len = strcspn(from, ")");
    const char *links = strstr(from, "LINKS");
    if (links && (size_t)(links - from) < len)
        len = (size_t)(links - from);
    snprintf(uses, room, "%.*s", (int)len, from);
}

static const char *below(const char *module)
{
    for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++)
        if (strcmp(ORDER[i].module, module) == 0)
            return ORDER[i].below;
    return NULL;
}

static void check_order(const char *module, const char *uses)
{
    char copy[4 * TEXT], *rest = NULL;
    const char *allowed = below(module);
    snprintf(copy, sizeof copy, "%s", uses);
    for (char *word = strtok_r(copy, " \n\t", &rest); word; word = strtok_r(NULL, " \n\t", &rest)) {
        if (!below(word))
            finding("%s/CMakeLists.txt: USES %s: there is no such module", module, word);
        else if (!has_word(allowed, word))
            finding("%s/CMakeLists.txt: USES %s: it does not stand below %s", module, word, module);
    }
}

/* "unicode/uchar.h" -> "unicode"; "jansson.h" -> itself */
static void check_foreign(const char *module, const char *place, const char *header)
{
    char family[TEXT];
    snprintf(family, sizeof family, "%.*s", (int)strcspn(header, "/"), header);
    if (strncmp(header, "sys/", 4) == 0 || strncmp(header, "linux/", 6) == 0 || strncmp(header, "arpa/", 5) == 0 ||
        strncmp(header, "netinet/", 8) == 0)
        return;
    for (size_t i = 0; i < sizeof SYSTEM / sizeof *SYSTEM; i++)
        if (strcmp(SYSTEM[i], header) == 0)
            return;
    for (unsigned i = 0; i < n_families; i++)
        if (strcmp(families[i].name, family) == 0) {
            if (strcmp(families[i].module, module) != 0)
                finding("%s: <%s> is included by %s/ already: one module holds each foreign library", place, header,
                        families[i].module);
            return;
        }
    if (n_families == MOST_FAMILIES)
        abort();
    snprintf(families[n_families].name, TEXT, "%s", family);
    snprintf(families[n_families++].module, TEXT, "%s", module);
}

static void check_own(const char *module, const char *uses, const char *place, const char *header)
{
    char from[TEXT], path[4 * TEXT];
    const char *slash = strchr(header, '/');
    if (!slash) { /* idem.h, or made by the build */
        snprintf(path, sizeof path, "%s/%s/%s", root, module, header);
        if (access(path, F_OK) == 0)
            finding("%s: \"%s\": write the path from the root of the tree", place, header);
        return;
    }
    snprintf(from, sizeof from, "%.*s", (int)(slash - header), header);
    if (strcmp(from, module) == 0 || strcmp(from, "generated") == 0)
        return;
    bool app = strcmp(module, "cli") == 0 || strcmp(module, "serve") == 0 || strcmp(module, "loadable") == 0;
    if (app && strcmp(from, "engine") == 0)
        finding("%s: \"%s\": %s knows the library by idem.h alone", place, header, module);
    else if (!has_word(uses, from))
        finding("%s: \"%s\": %s does not use %s", place, header, module, from);
}

static void check_includes(const char *module, const char *uses, const char *name)
{
    char path[4 * TEXT], place[2 * TEXT], header[TEXT];
    snprintf(path, sizeof path, "%s/%s/%s", root, module, name);
    snprintf(place, sizeof place, "%s/%s", module, name);
    char *text = read_file(path);
    for (char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (sscanf(line, "# include <%255[^>\n]>", header) == 1)
            check_foreign(module, place, header);
        else if (sscanf(line, "# include \"%255[^\"\n]\"", header) == 1)
            check_own(module, uses, place, header);
    }
    free(text);
}

static bool check_module(const char *module)
{
    char path[2 * TEXT], uses[4 * TEXT];
    snprintf(path, sizeof path, "%s/%s/CMakeLists.txt", root, module);
    char *cmake = read_file(path);
    if (!cmake)
        return false;
    uses_of(cmake, uses, sizeof uses);
    check_order(module, uses);
    snprintf(path, sizeof path, "%s/%s", root, module);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (!is_source(entry->d_name))
            continue;
        check_includes(module, uses, entry->d_name);
        if (!ends_with(entry->d_name, ".h") && !has_word(cmake, entry->d_name))
            finding("%s/%s: not in %s/CMakeLists.txt", module, entry->d_name, module);
    }
    if (folder)
        closedir(folder);
    free(cmake);
    return true;
}

/* ------------------------------------------------------------------ names */

static void add_name(const char *folder, const char *name)
{
    for (unsigned i = 0; i < files.n; i++) {
        size_t len = strcspn(files.text[i], " ");
        if (strlen(name) == len && strncmp(files.text[i], name, len) == 0) {
            finding("%s/%s: the name is taken by %s/%s", folder, name, files.text[i] + len + 1, name);
            return;
        }
    }
    if (files.n == MOST_NAMES)
        abort();
    if (snprintf(files.text[files.n++], TEXT, "%s %s", name, folder) >= TEXT)
        finding("%s/%s: the name is too long", folder, name);
}

/* C files below `folder`, but not those of the layout's own bad examples. */
static void check_names(const char *folder)
{
    char path[4 * TEXT];
    snprintf(path, sizeof path, "%s/%s", root, folder);
    DIR *d = opendir(path);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        if (entry->d_name[0] == '.' || strncmp(entry->d_name, "build", 5) == 0 ||
            strncmp(entry->d_name, "bad_", 4) == 0)
            continue;
        snprintf(path, sizeof path, "%s%s%s", folder, *folder ? "/" : "", entry->d_name);
        if (entry->d_type == DT_DIR)
            check_names(path);
        else if (is_source(entry->d_name))
            add_name(folder, entry->d_name);
    }
    if (d)
        closedir(d);
}

int main(int argc, char **argv)
{
    unsigned n = 0;
    if (argc != 2) {
        fprintf(stderr, "usage: check_layout ROOT\n");
        return 2;
    }
    root = argv[1];
    for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++)
        n += check_module(ORDER[i].module);
    if (!n)
        finding("%s: there is no module here", root);
    check_names("");
    return n_findings ? 1 : 0;
}
