/*
 * run_cases [--rewrite] NAME=PROGRAM... CASE.txt...: runs the cases of a file against what they expect.
 *
 * A case file is a list of steps, done in order in one fresh, empty folder:
 *   # text          a comment
 *   @ FILE          writes a file: the lines up to one that is only "@"
 *   $ words...      runs a program, with '...' and "..." as in a shell; a first word that is a NAME of the command line
 * is that PROGRAM, any other is looked up in PATH; NAME is an environment variable too, for sh -c < text          a
 * line of its standard input > text          a line of its standard output, as expected ! text          a line of its
 * standard error, as expected ? number        its exit status, as expected; 0 when it is not said In files and input \r
 * \t \xHH \\ stand for bytes, and \c at the end of the last line for "no line break here". Output is shown in the same
 * way. {*} in an expected line stands for any text.
 *
 * --rewrite puts what really came out into the files; expected lines that fit are kept with their {*}.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_PROGRAMS = 8, MOST_WORDS = 64, MOST_LINES = 100000, PATH_BYTES = 4096 };

struct text {
    char *ptr;
    size_t len, room;
};

struct step {
    char *command;            /* behind "$ " */
    struct text in, out, err; /* in: bytes; out and err: expected lines as written */
    int status;
};

static const char *programs[MOST_PROGRAMS]; /* NAME=PROGRAM */
static unsigned n_programs;
static bool rewrite;

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

static void add_text(struct text *t, const char *text)
{
    add(t, text, strlen(text));
}

static void forget(struct text *t)
{
    free(t->ptr);
    *t = (struct text){0};
}

static struct text read_all(const char *path)
{
    struct text t = {0};
    char piece[1 << 16];
    size_t n;
    FILE *f = fopen(path, "rb");
    add(&t, "", 0);
    while (f && (n = fread(piece, 1, sizeof piece, f)) > 0)
        add(&t, piece, n);
    if (f)
        fclose(f);
    return t;
}

/* ------------------------------------------------------------------ escapes */

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Appends the bytes that an escaped line stands for, its line break included. */
static void unescape(struct text *out, const char *line)
{
    bool ended = true;
    for (; *line; line++) {
        char byte = *line;
        if (byte == '\\' && line[1]) {
            line++;
            if (*line == 'c' && !line[1]) {
                ended = false;
                continue;
            }
            byte = *line == 'r' ? '\r' : *line == 't' ? '\t' : *line;
            if (*line == 'x' && hex(line[1]) >= 0 && hex(line[2]) >= 0) {
                byte = (char)(hex(line[1]) * 16 + hex(line[2]));
                line += 2;
            }
        }
        add(out, &byte, 1);
    }
    if (ended)
        add(out, "\n", 1);
}

/* Length of the UTF-8 sequence that begins here, 0 when it is none or a byte order mark, which nobody would see. */
static size_t utf8(const char *p, size_t room)
{
    const unsigned char *u = (const unsigned char *)p;
    size_t n = u[0] < 0x80 ? 1 : u[0] >= 0xF0 ? 4 : u[0] >= 0xE0 ? 3 : u[0] >= 0xC2 ? 2 : 0;
    if (n > room || (n == 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0))
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((u[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

/* Output as lines of a case file behind `mark`. */
static struct text escape(const struct text *bytes, char mark)
{
    struct text out = {0};
    char code[8], head[] = {mark, ' '};
    add(&out, "", 0);
    for (size_t i = 0; i < bytes->len; i++) {
        unsigned char byte = (unsigned char)bytes->ptr[i];
        if (i == 0 || bytes->ptr[i - 1] == '\n')
            add(&out, head, byte == '\n' ? 1 : 2);
        if (byte == '\\')
            add_text(&out, "\\\\");
        else if (byte == '\r')
            add_text(&out, "\\r");
        else if (byte == '\t')
            add_text(&out, "\\t");
        else if ((byte < 0x20 && byte != '\n') || byte == 0x7F || !utf8(bytes->ptr + i, bytes->len - i)) {
            snprintf(code, sizeof code, "\\x%02x", byte);
            add_text(&out, code);
        } else {
            size_t n = utf8(bytes->ptr + i, bytes->len - i);
            add(&out, bytes->ptr + i, n);
            i += n - 1;
        }
    }
    if (bytes->len && bytes->ptr[bytes->len - 1] != '\n')
        add_text(&out, "\\c\n");
    return out;
}

/* Does a line fit a pattern in which {*} stands for anything? */
static bool fits(const char *pattern, size_t n, const char *line, size_t m)
{
    if (n >= 3 && memcmp(pattern, "{*}", 3) == 0) {
        for (size_t skip = 0; skip <= m; skip++)
            if (fits(pattern + 3, n - 3, line + skip, m - skip))
                return true;
        return false;
    }
    if (n == 0 || m == 0)
        return n == m;
    return *pattern == *line && fits(pattern + 1, n - 1, line + 1, m - 1);
}

/* Compares line by line; `merged` gets the lines that hold from now on. */
static bool same(const struct text *expected, const struct text *actual, struct text *merged)
{
    const char *e = expected->ptr ? expected->ptr : "", *a = actual->ptr;
    bool equal = true;
    while (*a || *e) {
        size_t n = strcspn(e, "\n"), m = strcspn(a, "\n");
        bool fit = *a && *e && fits(e, n, a, m);
        equal &= fit;
        if (fit)
            add(merged, e, n + 1);
        else if (*a)
            add(merged, a, m + 1);
        e += *e ? n + 1 : 0;
        a += *a ? m + 1 : 0;
    }
    return equal;
}

/* ------------------------------------------------------------------ running */

static const char *program(const char *word)
{
    size_t len = strlen(word);
    for (unsigned i = 0; i < n_programs; i++)
        if (strncmp(programs[i], word, len) == 0 && programs[i][len] == '=')
            return programs[i] + len + 1;
    return word;
}

/* Splits in place. */
static unsigned split(char *command, char **words)
{
    unsigned n = 0;
    char *to = command;
    while (*command) {
        command += strspn(command, " ");
        if (!*command || n == MOST_WORDS - 1)
            break;
        words[n++] = to;
        while (*command && *command != ' ') {
            char quote = *command == '\'' || *command == '"' ? *command : 0;
            if (!quote) {
                *to++ = *command++;
                continue;
            }
            command++;
            while (*command && *command != quote)
                *to++ = *command++;
            command += *command != 0;
        }
        command += *command == ' ';
        *to++ = 0;
    }
    words[n] = NULL;
    return n;
}

static void child(char **words, int in, int out, int err)
{
    dup2(in, 0);
    dup2(out, 1);
    dup2(err, 2);
    for (unsigned i = 0; i < n_programs; i++)
        putenv(strdup(programs[i]));
    setenv("TERM", "dumb", 1);
    unsetenv("IDEM_KEY_FILE");
    unsetenv("NO_COLOR");
    execvp(program(words[0]), words);
    fprintf(stderr, "%s: %s\n", words[0], strerror(errno));
    _exit(127);
}

static int open_temporary(const struct text *content)
{
    FILE *f = tmpfile();
    if (!f)
        abort();
    if (content && content->len)
        fwrite(content->ptr, 1, content->len, f);
    fflush(f);
    rewind(f);
    return fileno(f);
}

static struct text contents(int descriptor)
{
    struct text t = {0};
    char piece[1 << 16];
    ssize_t n;
    add(&t, "", 0);
    lseek(descriptor, 0, SEEK_SET);
    while ((n = read(descriptor, piece, sizeof piece)) > 0)
        add(&t, piece, (size_t)n);
    return t;
}

static int run(const struct step *step, struct text *out, struct text *err)
{
    char *command = strdup(step->command), *words[MOST_WORDS];
    int in = open_temporary(&step->in), out_file = open_temporary(NULL), err_file = open_temporary(NULL), status = 0;
    if (!split(command, words))
        abort();
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        child(words, in, out_file, err_file);
    waitpid(pid, &status, 0);
    *out = contents(out_file);
    *err = contents(err_file);
    free(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Runs the step, adds what holds from now on to `rewritten`. True when all was as expected. */
static bool do_step(const char *name, struct step *step, struct text *rewritten)
{
    struct text out, err, merged_out = {0}, merged_err = {0};
    char line[64];
    int status = run(step, &out, &err);
    struct text shown_out = escape(&out, '>'), shown_err = escape(&err, '!');
    bool ok = same(&step->out, &shown_out, &merged_out);
    ok &= same(&step->err, &shown_err, &merged_err);
    ok &= status == step->status;
    if (!ok && !rewrite)
        printf("%s: $ %s\n--- expected, exit %d\n%s%s--- came out, exit %d\n%s%s\n", name, step->command, step->status,
               step->out.ptr ? step->out.ptr : "", step->err.ptr ? step->err.ptr : "", status, shown_out.ptr,
               shown_err.ptr);
    add(rewritten, merged_out.ptr ? merged_out.ptr : "", merged_out.len);
    add(rewritten, merged_err.ptr ? merged_err.ptr : "", merged_err.len);
    if (status) {
        snprintf(line, sizeof line, "? %d\n", status);
        add_text(rewritten, line);
    }
    struct text *all[] = {&out, &err, &shown_out, &shown_err, &merged_out, &merged_err};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        forget(all[i]);
    return ok;
}

/* ------------------------------------------------------------------ case files */

struct reading {
    const char *name;
    struct step step;
    struct text rewritten, file;
    char file_name[PATH_BYTES];
    bool in_file, ok;
    unsigned steps;
};

static void finish_step(struct reading *r)
{
    if (!r->step.command)
        return;
    r->ok &= do_step(r->name, &r->step, &r->rewritten);
    r->steps++;
    free(r->step.command);
    forget(&r->step.in);
    forget(&r->step.out);
    forget(&r->step.err);
    r->step = (struct step){0};
}

static void write_file(struct reading *r)
{
    FILE *f = fopen(r->file_name, "wb");
    if (!f) {
        printf("%s: cannot write %s\n", r->name, r->file_name);
        exit(1);
    }
    fwrite(r->file.ptr ? r->file.ptr : "", 1, r->file.len, f);
    fclose(f);
    forget(&r->file);
    r->in_file = false;
}

static void keep(struct reading *r, const char *line)
{
    add_text(&r->rewritten, line);
    add_text(&r->rewritten, "\n");
}

static void expected(struct text *t, const char *line)
{
    add_text(t, line);
    add_text(t, "\n");
}

static void do_line(struct reading *r, const char *line)
{
    const char *rest = line[0] && line[1] == ' ' ? line + 2 : "";
    if (r->in_file) {
        keep(r, line);
        if (strcmp(line, "@") == 0)
            write_file(r);
        else
            unescape(&r->file, line);
        return;
    }
    switch (line[0]) {
    case '<':
        unescape(&r->step.in, rest);
        keep(r, line);
        return;
    case '>':
        expected(&r->step.out, line);
        return;
    case '!':
        expected(&r->step.err, line);
        return;
    case '?':
        r->step.status = atoi(rest);
        return;
    default:
        finish_step(r);
        keep(r, line);
    }
    if (line[0] == '$')
        r->step.command = strdup(rest);
    if (line[0] == '@') {
        r->in_file = true;
        snprintf(r->file_name, sizeof r->file_name, "%s", rest);
    }
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static bool do_case(const char *path)
{
    char folder[] = "/tmp/idem_case_XXXXXX", home[PATH_BYTES], *rest = NULL;
    struct text text = read_all(path);
    struct reading r = {.name = path, .ok = true};
    if (!text.len || !getcwd(home, sizeof home) || !mkdtemp(folder) || chdir(folder) != 0) {
        printf("%s: cannot be run: %s\n", path, strerror(errno));
        return false;
    }
    for (char *line = text.ptr; line; line = rest) {
        rest = strchr(line, '\n');
        if (rest)
            *rest++ = 0;
        if (rest || *line)
            do_line(&r, line);
    }
    finish_step(&r);
    if (chdir(home) != 0)
        abort();
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    if (rewrite) {
        FILE *f = fopen(path, "wb");
        if (!f)
            abort();
        fwrite(r.rewritten.ptr, 1, r.rewritten.len, f);
        fclose(f);
    }
    if (!r.steps) {
        printf("%s: has no step\n", path);
        r.ok = false;
    }
    forget(&r.rewritten);
    forget(&text);
    return r.ok || rewrite;
}

int main(int argc, char **argv)
{
    bool ok = true;
    unsigned cases = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--rewrite") == 0)
            rewrite = true;
        else if (strchr(argv[i], '='))
            programs[n_programs++ % MOST_PROGRAMS] = argv[i];
        else {
            ok &= do_case(argv[i]);
            cases++;
        }
    }
    if (!cases) {
        fprintf(stderr, "usage: run_cases [--rewrite] NAME=PROGRAM... CASE.txt...\n");
        return 2;
    }
    return ok ? 0 : 1;
}
