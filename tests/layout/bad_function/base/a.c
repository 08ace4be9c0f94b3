/* strcpy(a, b) in a comment is no call, nor "gets(c)" in a text. */
#include <string.h>

void a(char *to, const char *from);
void a(char *to, const char *from)
{
    const char *text = "gets(text) '";
    char quote = '"';
    to[0] = quote == text[0];
    strcpy(to, from);
}
