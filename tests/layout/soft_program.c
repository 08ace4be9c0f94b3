/* Built without any protection: what check_hardening.py must find. */
#include <stdio.h>

int main(int argc, char **argv)
{
    char text[64];
    snprintf(text, sizeof text, "%s", argv[argc - 1]);
    return puts(text) < 0;
}
