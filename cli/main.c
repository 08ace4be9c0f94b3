/* The program: protects its memory, reads the environment, finds the command, turns its status into the exit status. */
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/notice.h"
#include "cli/options.h"

/* No core dump and no debugger of the same user: keys and personal data are in memory. */
static void S_protect(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifndef IDEM_SANITIZED /* whose leak checker traces its own process */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* IDEM_KEY_FILE, else the credential "idem.key" that systemd hands to a service. */
static const char *S_key_file(struct arena *out)
{
    const char *named = getenv("IDEM_KEY_FILE"), *credentials = getenv("CREDENTIALS_DIRECTORY");
    if (named && *named)
        return named;
    if (!credentials || !*credentials)
        return NULL;
    const char *path = str_cstr(out, arena_printf(out, "%s/idem.key", credentials));
    return file_exists(path) ? path : NULL;
}

static struct environment S_environment(struct arena *out)
{
    const char *passphrase = getenv("IDEM_PASSPHRASE_FILE"), *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return (struct environment){
        .key_file = S_key_file(out),
        .passphrase_file = passphrase && *passphrase ? passphrase : NULL,
        .no_color = no_color && *no_color,
        .dumb = !term || strcmp(term, "dumb") == 0,
    };
}

static enum idem_status S_help(const struct cli *c, struct idem_error *err)
{
    struct output o;
    output_stdout(&o);
    if (c->command)
        help_command(&o, c->command);
    else
        help_all(&o);
    return output_close(&o, IDEM_OK, err);
}

static enum idem_status S_run(struct cli *c, int argc, char **argv, struct idem_error *err)
{
    bool version = false;
    TRY(options_parse(c, argc, argv, &version, err));
    if (version)
        return cmd_version.run(c, err);
    if (c->common.help)
        return S_help(c, err);
    if (!c->command)
        return error_set(err, IDEM_INVALID, "no command; see \"idem --help\"");
    return c->command->run(c, err);
}

static int S_exit_status(const struct cli *c, enum idem_status status)
{
    if (c->exit_status >= 0)
        return c->exit_status;
    return status == IDEM_OK ? 0 : status == IDEM_GATE ? 2 : status == IDEM_BUSY ? 4 : 1;
}

int main(int argc, char **argv)
{
    struct cli c = {.exit_status = -1, .common.wait_ms = WAIT_USUAL};
    struct idem_error err = {0};
    S_protect();
    memory_give_back();
    json_checks_memory();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);       /* a write beyond the limit of file sizes then fails with a message */
    setlocale(LC_CTYPE, "C.UTF-8"); /* for the widths of tables; nothing else depends on a locale */
    c.out_terminal = isatty(STDOUT_FILENO);
    c.err_terminal = isatty(STDERR_FILENO);
    arena_init(&c.arena);
    c.env = S_environment(&c.arena);
    enum idem_status status = S_run(&c, argc, argv, &err);
    if (status != IDEM_OK && err.message[0])
        notice_error(&c, &err);
    arena_deinit(&c.arena);
    return S_exit_status(&c, status);
}
