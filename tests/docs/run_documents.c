/*
 * run_documents [--rewrite] PATH DOCUMENT.md...: does what a document tells its reader to do, and holds it to what it
 * shows.
 *
 * Each document gets one fresh, empty folder. From its first to its last fenced block:
 *   ```LANGUAGE NAME   where NAME has a dot: writes the block to the file NAME (```json idem.json)
 *   ```console         runs its lines "$ command" with bash, in order; a command that ends in \ goes on in the next
 * line. PATH stands before the search path. A command must exit 0, or as a comment behind it says: "$ idem lookup crm:0
 * # exit 3" "cd FOLDER" alone holds for the following commands, too. other blocks       are not looked at
 *
 * The lines between two commands are what the first one shows, on standard output and standard error. A command without
 * such lines may show anything. A line that is only "..." stands for any number of lines, "..." within a line for any
 * text. What changes from run to run is not compared: ids that are UUIDs, times, durations, sizes, temporary folders;
 * nor what every better model changes: weights in bits, probabilities, counts from 1,000 on; nor the width of white
 * space.
 *
 * Links of a document to files of the checkout must lead to something.
 *
 * --rewrite puts what comes out today into the document, where it is something else: as many lines as are shown before
 * the first "..." and behind the last.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, MOST_LINES = 4000 };

struct text {
    char *ptr;
    size_t len, room;
};

struct lines {
    char *line[MOST_LINES];
    size_t n;
};

static void add(struct text *t, const char *bytes, size_t len)
{
    if (t->len + len + 1 > t->room) {
        t->room = (t->len + len + 1) * 2;
        t->ptr = realloc(t->ptr, t->room);
        if (!t->ptr)
            abort();
    }
    memcpy(t->ptr + t->len, bytes, len);
    t->len += len;
    t->ptr[t->len] = 0;
}

static void forget(struct text *t)
{
    free(t->ptr);
    *t = (struct text){0};
}

static struct text read_all(FILE *f)
{
    struct text t = {0};
    char piece[1 << 16];
    size_t n;
    add(&t, "", 0);
    while (f && (n = fread(piece, 1, sizeof piece, f)) > 0)
        add(&t, piece, n);
    return t;
}

static void split_lines(char *text, struct lines *out)
{
    out->n = 0;
    while (*text && out->n < MOST_LINES) {
        size_t len = strcspn(text, "\n");
        bool last = text[len] == 0;
        text[len] = 0;
        out->line[out->n++] = text;
        text += len + !last;
    }
}

/* ------------------------------------------------------------------ what changes from run to run */

static const struct volatile_text {
    const char *expression, *instead;
} VOLATILE[] = {
    {"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "(id)"},
    {"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?Z", "(time)"},
    {"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?", "(time)"},
    {"([0-9]+ (h|min) )?[0-9]+([.][0-9]+)? ?(ms|s|min)([^A-Za-z0-9]|$)", "(duration)"},
    {"[0-9]+([.][0-9]+)? ?(B|kB|KB|MB|GB|KiB|MiB|GiB)([^A-Za-z0-9]|$)", "(size)"},
    {"/tmp/[A-Za-z0-9_./-]+", "(folder)"},
    {"[+-][0-9]+[.][0-9][0-9]([^0-9]|$)", "(bits) "},
    {"probability [0-9.e-]+", "(probability)"},
    {"[0-9]{1,3}(,[0-9]{3})+", "(count)"},
};

static void replace_all(struct text *line, const struct volatile_text *v)
{
    regex_t compiled;
    regmatch_t at;
    struct text out = {0};
    const char *rest = line->ptr;
    if (regcomp(&compiled, v->expression, REG_EXTENDED) != 0)
        abort();
    add(&out, "", 0);
    while (regexec(&compiled, rest, 1, &at, 0) == 0 && at.rm_eo > at.rm_so) {
        add(&out, rest, (size_t)at.rm_so);
        add(&out, v->instead, strlen(v->instead));
        rest += at.rm_eo;
    }
    add(&out, rest, strlen(rest));
    regfree(&compiled);
    forget(line);
    *line = out;
}

/* The line without what changes, one space for every run of white space, none at its ends. */
static char *scrubbed(const char *raw)
{
    struct text line = {0};
    bool space = false;
    add(&line, raw, strlen(raw));
    for (size_t i = 0; i < sizeof VOLATILE / sizeof *VOLATILE; i++)
        replace_all(&line, &VOLATILE[i]);
    char *to = line.ptr;
    for (const char *p = line.ptr; *p; p++) {
        if (*p == ' ' || *p == '\t') {
            space = to != line.ptr;
            continue;
        }
        if (space)
            *to++ = ' ';
        space = false;
        *to++ = *p;
    }
    *to = 0;
    return line.ptr;
}

/* Does a line fit a pattern in which "..." stands for any text? */
static bool fits(const char *pattern, const char *line)
{
    if (strncmp(pattern, "...", 3) == 0) {
        for (const char *rest = line;; rest++) {
            if (fits(pattern + 3, rest))
                return true;
            if (!*rest)
                return false;
        }
    }
    return *pattern == *line && (!*pattern || fits(pattern + 1, line + 1));
}

/* Do the actual lines from a on fit the shown lines from e on? */
static bool all_fit(const struct lines *shown, size_t e, const struct lines *actual, size_t a)
{
    for (; e < shown->n; e++, a++) {
        if (strcmp(shown->line[e], "...") == 0) {
            for (; a <= actual->n; a++)
                if (all_fit(shown, e + 1, actual, a))
                    return true;
            return false;
        }
        if (a == actual->n || !fits(shown->line[e], actual->line[a]))
            return false;
    }
    return a == actual->n;
}

static void scrub_lines(struct lines *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->n; i++) {
        char *line = scrubbed(l->line[i]);
        if (*line)
            l->line[kept++] = line;
        else
            free(line);
    }
    l->n = kept;
}

static void free_lines(struct lines *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->line[i]);
    l->n = 0;
}

/* ------------------------------------------------------------------ running */

struct document {
    const char *path, *search_path;
    char folder[PATH_BYTES]; /* where the next command runs */
    unsigned commands, failed, at_line;
    struct text rewritten; /* the document with what comes out today */
};

static bool rewrite;

static void keep_line(struct document *d, const char *line)
{
    add(&d->rewritten, line, strlen(line));
    add(&d->rewritten, "\n", 1);
}

static void child(const struct document *d, const char *command, int out)
{
    char path[2 * PATH_BYTES];
    const char *old = getenv("PATH");
    int null = open("/dev/null", O_RDONLY);
    if (chdir(d->folder) != 0)
        _exit(126);
    snprintf(path, sizeof path, "%s:%s", d->search_path, old ? old : "/usr/bin:/bin");
    setenv("PATH", path, 1);
    setenv("TERM", "dumb", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("IDEM_KEY_FILE");
    dup2(null, 0);
    dup2(out, 1);
    dup2(out, 2);
    execl("/bin/bash", "bash", "-o", "pipefail", "-c", command, (char *)NULL);
    _exit(127);
}

static int run(const struct document *d, const char *command, struct text *output)
{
    FILE *f = tmpfile();
    int status = 0;
    if (!f)
        abort();
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        child(d, command, fileno(f));
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        abort();
    rewind(f);
    *output = read_all(f);
    fclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* "# exit 3" behind a command is cut off and gives 3. */
static int wanted_status(char *command)
{
    char *comment = strstr(command, "# exit ");
    if (!comment)
        return 0;
    *comment = 0;
    return atoi(comment + 7);
}

static bool change_folder(struct document *d, const char *command)
{
    char name[PATH_BYTES / 2], rest[2], joined[2 * PATH_BYTES], real[PATH_BYTES];
    if (sscanf(command, "cd %2000s %1s", name, rest) != 1)
        return false;
    snprintf(joined, sizeof joined, "%s/%s", d->folder, name);
    if (!realpath(joined, real)) {
        printf("%s:%u: there is no folder %s\n", d->path, d->at_line, name);
        d->failed++;
        return true;
    }
    snprintf(d->folder, sizeof d->folder, "%s", real);
    return true;
}

static void keep_lines(struct document *d, const struct lines *l, size_t from, size_t to)
{
    for (; from < to; from++)
        keep_line(d, l->line[from]);
}

/* What is shown from now on. */
static void rewrite_shown(struct document *d, const struct lines *shown, const struct lines *actual)
{
    size_t head = 0, tail = 0;
    while (head < shown->n && strcmp(shown->line[head], "...") != 0)
        head++;
    while (tail < shown->n && strcmp(shown->line[shown->n - tail - 1], "...") != 0)
        tail++;
    if (head == shown->n || head + tail >= actual->n) {
        keep_lines(d, actual, 0, actual->n);
        return;
    }
    keep_lines(d, actual, 0, head);
    keep_line(d, "...");
    keep_lines(d, actual, actual->n - tail, actual->n);
}

static void do_command(struct document *d, char *command, struct lines *shown)
{
    struct text output;
    struct lines raw, actual, as_shown = *shown;
    int wanted = wanted_status(command);
    d->commands++;
    if (change_folder(d, command)) {
        keep_lines(d, shown, 0, shown->n);
        return;
    }
    int status = run(d, command, &output);
    char *copy = strdup(output.ptr);
    split_lines(copy, &raw);
    actual = raw;
    scrub_lines(&actual);
    scrub_lines(shown);
    if (shown->n && !all_fit(shown, 0, &actual, 0))
        rewrite_shown(d, &as_shown, &raw);
    else
        keep_lines(d, &as_shown, 0, as_shown.n);
    if (status != wanted) {
        printf("%s:%u: $ %s\n  exit status %d, not %d; it said:\n%s\n", d->path, d->at_line, command, status, wanted,
               output.ptr);
        d->failed++;
    } else if (shown->n && !all_fit(shown, 0, &actual, 0)) {
        printf("%s:%u: $ %s\n  shows something else:\n%s\n", d->path, d->at_line, command, output.ptr);
        d->failed++;
    }
    free_lines(&actual);
    free_lines(shown);
    free(copy);
    forget(&output);
}

/* ------------------------------------------------------------------ documents */

static void do_console(struct document *d, const struct lines *l, size_t from, size_t to)
{
    while (from < to) {
        struct text command = {0};
        struct lines shown = {.n = 0};
        if (strncmp(l->line[from], "$ ", 2) != 0) {
            printf("%s:%zu: a console block begins with \"$ \"\n", d->path, from + 1);
            keep_lines(d, l, from, to);
            d->failed++;
            return;
        }
        d->at_line = (unsigned)from + 1;
        keep_line(d, l->line[from]);
        add(&command, l->line[from] + 2, strlen(l->line[from] + 2));
        for (from++; command.len && command.ptr[command.len - 1] == '\\' && from < to; from++) {
            keep_line(d, l->line[from]);
            add(&command, "\n", 1);
            add(&command, l->line[from], strlen(l->line[from]));
        }
        for (; from < to && strncmp(l->line[from], "$ ", 2) != 0; from++)
            shown.line[shown.n++] = l->line[from];
        do_command(d, command.ptr, &shown);
        forget(&command);
    }
}

static void write_file(struct document *d, const char *name, const struct lines *l, size_t from, size_t to)
{
    char path[2 * PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", d->folder, name);
    FILE *f = fopen(path, "wb");
    if (!f) {
        printf("%s:%zu: cannot write %s: %s\n", d->path, from, name, strerror(errno));
        d->failed++;
        return;
    }
    for (; from < to; from++)
        fprintf(f, "%s\n", l->line[from]);
    fclose(f);
}

static void do_block(struct document *d, const struct lines *l, size_t open, size_t close)
{
    char language[64] = "", name[PATH_BYTES / 2] = "";
    sscanf(l->line[open], "```%63s %2000s", language, name);
    if (strcmp(language, "console") == 0) {
        do_console(d, l, open + 1, close);
        return;
    }
    keep_lines(d, l, open + 1, close);
    if (strchr(name, '.') && !strchr(name, '/'))
        write_file(d, name, l, open + 1, close);
}

/* [text](path) where path is no address and no part of the page itself. */
static void check_links(struct document *d, const struct lines *l, const char *beside)
{
    for (size_t i = 0; i < l->n; i++)
        for (const char *p = l->line[i]; (p = strstr(p, "](")); p++) {
            char target[PATH_BYTES / 2], path[PATH_BYTES];
            struct stat st;
            if (sscanf(p + 2, "%2000[^)#]", target) != 1 || strstr(target, "://"))
                continue;
            snprintf(path, sizeof path, "%.2000s/%s", beside, target);
            if (stat(path, &st) != 0) {
                printf("%s:%zu: the link to %s leads nowhere\n", d->path, i + 1, target);
                d->failed++;
            }
        }
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static bool do_document(const char *path, const char *search_path)
{
    char folder[] = "/tmp/idem_docs_XXXXXX", beside[PATH_BYTES];
    static struct lines l;
    struct document d = {.path = path, .search_path = search_path};
    FILE *f = fopen(path, "rb");
    if (!f || !mkdtemp(folder)) {
        printf("%s: cannot be read: %s\n", path, strerror(errno));
        return false;
    }
    struct text text = read_all(f);
    fclose(f);
    snprintf(d.folder, sizeof d.folder, "%s", folder);
    snprintf(beside, sizeof beside, "%s", path);
    char *slash = strrchr(beside, '/');
    snprintf(slash ? slash : beside, 3, "%s", slash ? "" : ".");
    split_lines(text.ptr, &l);
    check_links(&d, &l, beside);
    for (size_t i = 0; i < l.n; i++) {
        size_t close = i + 1;
        keep_line(&d, l.line[i]);
        if (strncmp(l.line[i], "```", 3) != 0)
            continue;
        while (close < l.n && strcmp(l.line[close], "```") != 0)
            close++;
        do_block(&d, &l, i, close);
        if (close < l.n)
            keep_line(&d, l.line[close]);
        i = close;
    }
    if (rewrite && d.rewritten.len && (f = fopen(path, "wb"))) {
        fwrite(d.rewritten.ptr, 1, d.rewritten.len, f);
        fclose(f);
    }
    forget(&d.rewritten);
    if (d.failed)
        printf("%s: %u of %u commands and links are not as shown\n", path, d.failed, d.commands);
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    forget(&text);
    return d.failed == 0;
}

int main(int argc, char **argv)
{
    bool ok = true;
    rewrite = argc > 1 && strcmp(argv[1], "--rewrite") == 0;
    if (argc < 3 + rewrite) {
        fprintf(stderr, "usage: run_documents [--rewrite] PATH DOCUMENT.md...\n");
        return 2;
    }
    for (int i = 2 + rewrite; i < argc; i++)
        ok &= do_document(argv[i], argv[1 + rewrite]);
    return ok ? 0 : 1;
}
