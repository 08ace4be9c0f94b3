#include "cli/terminal.h"

#include <sys/ioctl.h>

static const struct {
    const char *on, *name;
} STYLES[] = {
    [STYLE_NONE] = {"", NULL},         [STYLE_BOLD] = {"\033[1m", "bold"},    [STYLE_DIM] = {"\033[2m", "halfbright"},
    [STYLE_RED] = {"\033[31m", "red"}, [STYLE_GREEN] = {"\033[32m", "green"}, [STYLE_YELLOW] = {"\033[33m", "yellow"},
};

static bool S_colors(const struct cli *c)
{
    return c->out_terminal && !c->env.no_color && !c->env.dumb;
}

const char *style_on(const struct cli *c, enum style style)
{
    return S_colors(c) ? STYLES[style].on : "";
}

const char *style_off(const struct cli *c, enum style style)
{
    return S_colors(c) && style != STYLE_NONE ? "\033[0m" : "";
}

const char *style_name(const struct cli *c, enum style style)
{
    return S_colors(c) ? STYLES[style].name : NULL;
}

unsigned terminal_width(int descriptor)
{
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
        return 80;
    return size.ws_col;
}
