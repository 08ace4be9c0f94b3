#include "base/visible.h"

/* Code points shown as escapes, first to last. */
static const struct {
    uint32_t first, last;
} HIDDEN[] = {
    {0x00, 0x1F},      {0x7F, 0x9F},
    {0xAD, 0xAD}, /* C0, DEL and C1 controls; soft hyphen */
    {0x061C, 0x061C},  {0x180E, 0x180E},
    {0x200B, 0x200B}, /* Arabic letter mark, Mongolian separator, zero-width space */
    {0x200E, 0x200F},  {0x2028, 0x202E},
    {0x2060, 0x206F}, /* direction marks, separators, embeddings, isolates */
    {0xFEFF, 0xFEFF},  {0xFFF9, 0xFFFB},
    {0xE0000, 0xE007F} /* byte order mark, annotations, tags */
};

/* Takes a code point off the front; 0 and its length in *len, which is 0 when the bytes are not UTF-8. */
static uint32_t S_code_point(struct str s, size_t *len)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    *len = 0;
    if (n == 0 || n > s.len)
        return 0;
    uint32_t c = n == 1 ? p[0] : p[0] & (0xFFU >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3F);
    }
    if (c < LEAST[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 0;
    *len = n;
    return c;
}

static bool S_is_hidden(uint32_t c)
{
    for (size_t i = 0; i < COUNT_OF(HIDDEN); i++)
        if (c >= HIDDEN[i].first && c <= HIDDEN[i].last)
            return true;
    return false;
}

static bool S_stays(struct str rest, uint32_t c, enum visible_form form)
{
    bool layout = c == '\n' || c == '\t' || (c == '\r' && rest.len > 1 && rest.ptr[1] == '\n');
    return layout ? form == VISIBLE_LINES : !S_is_hidden(c);
}

static void S_escape(struct buf *out, uint32_t c)
{
    if (c > 0xFFFF) {
        buf_printf(out, "\\u%04x", 0xD800 + ((c - 0x10000) >> 10));
        c = 0xDC00 + ((c - 0x10000) & 0x3FF);
    }
    buf_printf(out, "\\u%04x", c);
}

/* Length of the start of `text` that can be shown as it is. */
static size_t S_plain(struct str text, enum visible_form form)
{
    size_t at = 0, len;
    while (at < text.len) {
        struct str rest = str_sub(text, at, text.len);
        uint32_t c = S_code_point(rest, &len);
        if (!len || !S_stays(rest, c, form))
            break;
        at += len;
    }
    return at;
}

void visible_add(struct buf *out, struct str text, enum visible_form form)
{
    while (text.len) {
        size_t plain = S_plain(text, form), len;
        buf_str(out, str_sub(text, 0, plain));
        text = str_sub(text, plain, text.len);
        if (!text.len)
            break;
        uint32_t c = S_code_point(text, &len);
        if (len)
            S_escape(out, c);
        else
            buf_printf(out, "\\x%02x", (unsigned char)text.ptr[0]);
        text = str_sub(text, len ? len : 1, text.len);
    }
}

struct str visible_text(struct arena *out, struct str text)
{
    struct buf shown = {0};
    if (!text.len || S_plain(text, VISIBLE_TEXT) == text.len)
        return text;
    visible_add(&shown, text, VISIBLE_TEXT);
    struct str copy = str_copy(out, buf_view(&shown));
    buf_deinit(&shown);
    return copy;
}

size_t visible_unfinished(struct str text)
{
    if (text.len && text.ptr[text.len - 1] == '\r')
        return 1;
    for (size_t back = 1; back <= 3 && back <= text.len; back++) {
        unsigned char byte = (unsigned char)text.ptr[text.len - back];
        if ((byte & 0xC0) == 0x80)
            continue;
        size_t whole = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 1;
        return whole > back ? back : 0;
    }
    return 0;
}
