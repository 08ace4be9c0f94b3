#include "engine/page.h"

#include <math.h>

static const double MOST_WRITTEN_OUT = 1e15;

void page_text(struct buf *out, struct str text)
{
    static const struct {
        char byte;
        const char *as;
    } ESCAPES[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    for (size_t i = 0; i < text.len; i++) {
        const char *as = (unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7F ? "\xEF\xBF\xBD" : NULL;
        for (size_t k = 0; k < COUNT_OF(ESCAPES); k++)
            as = ESCAPES[k].byte == text.ptr[i] ? ESCAPES[k].as : as;
        if (as)
            buf_str(out, str_from(as));
        else
            buf_byte(out, text.ptr[i]);
    }
}

double page_value(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* |value| < MOST_WRITTEN_OUT */
static void S_count(struct buf *out, double value)
{
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%.0f", fabs(value));
    if (value <= -0.5)
        buf_str(out, STR("\xE2\x88\x92"));
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            buf_str(out, STR("\xE2\x80\xAF"));
        buf_byte(out, digits[i]);
    }
}

void page_number(struct buf *out, double value)
{
    double whole = floor(value + 0.5);
    if (!(fabs(value) < MOST_WRITTEN_OUT))
        buf_printf(out, "%.3g", value);
    else if (fabs(value - whole) < 1e-9 || fabs(value) >= 1000)
        S_count(out, whole);
    else if (fabs(value) < 0.001)
        buf_printf(out, "%.1e", value);
    else
        buf_printf(out, "%.4g", value);
}

void page_bits(struct buf *out, double bits)
{
    if (bits < 0)
        buf_printf(out, "\xE2\x88\x92%.2f", -bits);
    else
        buf_printf(out, "+%.2f", bits);
}

void page_share(struct buf *out, double share)
{
    double percent = 100 * share;
    if (percent > 99.95 && share < 1)
        buf_str(out, STR("&gt; 99.9 %"));
    else
        buf_printf(out, percent < 1 && percent > 0 ? "%.2g %%" : "%.1f %%", percent);
}

void page_member(struct buf *out, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_string(value))
        page_text(out, json_str(value));
    else if (json_is_number(value))
        page_number(out, json_number_value(value));
    else if (json_is_boolean(value))
        buf_str(out, json_is_true(value) ? STR("yes") : STR("no"));
}

/* ------------------------------------------------------------------ sections and tables */

void page_section(struct buf *out, const char *id, const char *title)
{
    buf_printf(out, "<section id=\"%s\"><h2>%s</h2>\n", id, title);
}

void page_section_end(struct buf *out)
{
    buf_str(out, STR("</section>\n"));
}

void page_table(struct buf *out, const char *caption, const char *columns)
{
    struct str rest = str_from(columns), name;
    buf_printf(out, "<div class=\"scroll\"><table><caption>%s</caption><thead><tr>", caption);
    while (str_next_piece(&rest, '|', &name)) {
        bool number = name.len && name.ptr[0] == '#';
        buf_printf(out, "<th scope=\"col\"%s>", number ? " class=\"n\"" : "");
        buf_str(out, number ? str_sub(name, 1, name.len) : name);
        buf_str(out, STR("</th>"));
    }
    buf_str(out, STR("</tr></thead><tbody>\n"));
}

void page_table_end(struct buf *out)
{
    buf_str(out, STR("</tbody></table></div>\n"));
}

void page_cell(struct buf *out, const json_t *object, const char *key)
{
    buf_str(out, json_is_number(json_object_get(object, key)) ? STR("<td class=\"n\">") : STR("<td>"));
    page_member(out, object, key);
    buf_str(out, STR("</td>"));
}

void page_cell_bits(struct buf *out, double bits)
{
    buf_str(out, STR("<td class=\"n\">"));
    page_bits(out, bits);
    buf_str(out, STR("</td>"));
}

void page_cell_share(struct buf *out, double share)
{
    buf_str(out, STR("<td class=\"n\">"));
    page_share(out, share);
    buf_str(out, STR("</td>"));
}

void page_cell_bar(struct buf *out, double value, double most, bool both)
{
    enum { WIDTH = 200 };
    double zero = both ? WIDTH / 2.0 : 0, scale = most > 0 ? (WIDTH - zero) / most : 0, length = fabs(value) * scale;
    buf_printf(out, "<td class=\"bar\"><svg viewBox=\"0 0 %d 12\" aria-hidden=\"true\">", WIDTH);
    buf_printf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"1\" width=\"%.1f\" height=\"10\" rx=\"2\"/>",
               value < 0 ? "neg" : "pos", value < 0 ? zero - length : zero, length);
    if (both)
        buf_printf(out, "<line class=\"axis\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"12\"/>", zero, zero);
    buf_str(out, STR("</svg></td>"));
}
