#include "cli/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"

/* One line, without its end; false when it is longer than `room`. */
static bool S_line(int fd, char *text, size_t room, size_t *len)
{
    char byte;
    ssize_t got;
    *len = 0;
    while ((got = read(fd, &byte, 1)) == 1 || (got < 0 && errno == EINTR)) {
        if (got < 0)
            continue;
        if (byte == '\n')
            break;
        if (*len == room)
            return false;
        text[(*len)++] = byte;
    }
    if (*len && text[*len - 1] == '\r')
        (*len)--;
    return got >= 0;
}

static void S_say(int fd, const char *text)
{
    size_t len = strlen(text);
    while (len) {
        ssize_t wrote = write(fd, text, len);
        if (wrote <= 0)
            return;
        text += wrote;
        len -= (size_t)wrote;
    }
}

static bool S_typed(int terminal, const char *prompt, char *text, size_t room, size_t *len)
{
    S_say(terminal, prompt);
    S_say(terminal, ": ");
    bool ok = S_line(terminal, text, room, len);
    S_say(terminal, "\n");
    return ok;
}

static bool S_asked(const struct passphrase *p, int terminal, char *text, size_t room, size_t *len)
{
    char again[MOST_PASSPHRASE];
    size_t again_len;
    if (!S_typed(terminal, p->prompt, text, room, len) || !*len)
        return false;
    if (!p->twice)
        return true;
    bool same = S_typed(terminal, "Once more", again, sizeof again, &again_len) && again_len == *len &&
                memcmp(again, text, again_len) == 0;
    explicit_bzero(again, sizeof again);
    if (!same)
        S_say(terminal, "The two differ.\n");
    return same;
}

static bool S_terminal(const struct passphrase *p, char *text, size_t room, size_t *len)
{
    struct termios before, silent;
    int terminal = file_open("/dev/tty", O_RDWR | O_NOCTTY, 0);
    if (terminal < 0 || tcgetattr(terminal, &before) != 0) {
        if (terminal >= 0)
            close(terminal);
        return false;
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(terminal, TCSAFLUSH, &silent);
    bool ok = S_asked(p, terminal, text, room, len);
    tcsetattr(terminal, TCSAFLUSH, &before);
    close(terminal);
    return ok;
}

static bool S_read(struct passphrase *p)
{
    if (!p->path)
        return S_terminal(p, p->text, sizeof p->text, &p->len);
    int fd = file_open(p->path, O_RDONLY, 0);
    if (fd < 0)
        return false;
    bool ok = S_line(fd, p->text, sizeof p->text, &p->len);
    close(fd);
    return ok;
}

static bool S_ask(void *context, char *text, size_t room, size_t *len)
{
    struct passphrase *p = context;
    *len = 0;
    p->asked = true;
    if (!p->len && !S_read(p))
        p->len = 0;
    if (!p->len || p->len > room)
        return false;
    memcpy(text, p->text, p->len);
    *len = p->len;
    return true;
}

void passphrase_connect(struct passphrase *p)
{
    p->source = (struct idem_passphrase){S_ask, p};
}

struct passphrase *passphrase_present(struct cli *c)
{
    if (c->passphrase)
        return c->passphrase;
    c->passphrase = ARENA_NEW(&c->arena, struct passphrase, 1);
    *c->passphrase =
        (struct passphrase){.path = c->common.passphrase_file ? c->common.passphrase_file : c->env.passphrase_file,
                            .prompt = "Passphrase of the key file"};
    passphrase_connect(c->passphrase);
    return c->passphrase;
}
