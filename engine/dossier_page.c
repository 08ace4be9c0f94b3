/* A dossier for the person it is about: headings in words, tables, nothing that needs explaining by a programmer. */
#include "base/visible.h"
#include "engine/dossier.h"
#include "engine/page.h"

/* The parts, in the order of the page. */
static const struct part {
    const char *key, *title, *says;
} PARTS[] = {
    {"golden", "Your data as it is used",
     "Of several values the one that is taken for right, and where it comes from."},
    {"records", "Your data as it was received", "Every record, with what it said before it was changed."},
    {"sources", "Where it comes from", "The systems that the records were taken from."},
    {"other_ids", "Ids that other systems gave", ""},
    {"decisions", "Decisions that people made", "Which records are the same person, or are not."},
    {"pins", "Values that people fixed", ""},
    {"history", "What happened", "When records came, changed, were put together or taken apart."},
    {"looked_at", "Who looked at it, and why", "From the audit log."},
};

static void S_plain(struct buf *out, const json_t *value)
{
    const char *key;
    json_t *member;
    size_t i;
    if (json_is_string(value))
        buf_str(out, json_str(value));
    else if (json_is_integer(value))
        buf_printf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        buf_printf(out, "%s", json_is_true(value) ? "yes" : "no");
    json_array_foreach(value, i, member)
    {
        if (i)
            buf_str(out, STR(", "));
        S_plain(out, member);
    }
    if (!json_is_object(value))
        return;
    size_t n = 0;
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (json_is_null(member))
            continue;
        if (n++)
            buf_str(out, STR(" "));
        S_plain(out, member);
    }
}

static bool S_is_table(const json_t *value)
{
    return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

static void S_words(struct buf *out, const char *key)
{
    for (; *key; key++)
        buf_byte(out, *key == '_' ? ' ' : *key);
}

/* ------------------------------------------------------------------ text */

/* A value must not look like further lines of the dossier, nor steer a terminal. */
static void S_shown(struct buf *out, const json_t *value)
{
    struct buf plain = {0};
    S_plain(&plain, value);
    visible_add(out, buf_view(&plain), VISIBLE_TEXT);
    buf_deinit(&plain);
}

static void S_text_of(struct buf *out, const json_t *object, unsigned indent)
{
    const char *key;
    json_t *member, *item;
    size_t i;
    json_object_foreach((json_t *)(uintptr_t)object, key, member)
    {
        if (json_is_null(member) || (json_is_array(member) && !json_array_size(member)))
            continue;
        buf_printf(out, "%*s", (int)indent, "");
        S_words(out, key);
        buf_str(out, STR(": "));
        if (!S_is_table(member))
            S_shown(out, member);
        buf_byte(out, '\n');
        if (S_is_table(member))
            json_array_foreach(member, i, item)
            {
                S_text_of(out, item, indent + 4);
                buf_byte(out, '\n');
            }
    }
}

static const char MASKED[] = "Values are masked: this is not an answer to a person. It takes the key, a database that "
                             "can be written, and no --masked.";

void dossier_text(const json_t *dossier, struct buf *out)
{
    json_t *item;
    size_t k;
    buf_str(out, STR("What is held about you\n"));
    buf_printf(out, "Made %s. Your id here: %s\n", json_string_value(json_object_get(dossier, "made_at")),
               json_string_value(json_object_get(dossier, "master_id")));
    if (json_is_true(json_object_get(dossier, "masked")))
        buf_printf(out, "%s\n", MASKED);
    for (size_t i = 0; i < COUNT_OF(PARTS); i++) {
        const json_t *list = json_object_get(dossier, PARTS[i].key);
        if (!json_array_size(list))
            continue;
        buf_printf(out, "\n%s\n", PARTS[i].title);
        for (size_t c = 0; PARTS[i].title[c]; c++)
            buf_byte(out, '-');
        buf_byte(out, '\n');
        json_array_foreach(list, k, item)
        {
            S_text_of(out, item, 0);
            buf_byte(out, '\n');
        }
    }
}

/* ------------------------------------------------------------------ a page */

static void S_cell(struct buf *out, const json_t *value);

static void S_table(struct buf *out, const json_t *list)
{
    const json_t *first = json_array_get(list, 0);
    const char *key;
    json_t *member, *item;
    size_t i;
    buf_str(out, STR("<table><thead><tr>"));
    json_object_foreach((json_t *)(uintptr_t)first, key, member)
    {
        buf_str(out, STR("<th>"));
        S_words(out, key);
        buf_str(out, STR("</th>"));
    }
    buf_str(out, STR("</tr></thead><tbody>\n"));
    json_array_foreach(list, i, item)
    {
        buf_str(out, STR("<tr>"));
        json_object_foreach((json_t *)(uintptr_t)first, key, member)
        {
            buf_str(out, STR("<td>"));
            S_cell(out, json_object_get(item, key));
            buf_str(out, STR("</td>"));
        }
        buf_str(out, STR("</tr>\n"));
    }
    buf_str(out, STR("</tbody></table>\n"));
}

static void S_cell(struct buf *out, const json_t *value)
{
    struct buf plain = {0};
    if (S_is_table(value)) {
        S_table(out, value);
        return;
    }
    if (value)
        S_plain(&plain, value);
    page_text(out, buf_view(&plain));
    buf_deinit(&plain);
}

void dossier_html(const json_t *dossier, struct buf *out)
{
    buf_str(out,
            STR("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>What is held about you</title>"
                "<style>body{font:15px/1.4 sans-serif;max-width:70em;margin:2em auto;padding:0 1em}"
                "table{border-collapse:collapse;margin:.3em 0}th,td{border:1px solid #bbb;padding:.2em .5em;"
                "text-align:left;vertical-align:top}th{background:#eee}</style></head><body>"
                "<h1>What is held about you</h1>\n<p>Made "));
    page_text(out, json_str(json_object_get(dossier, "made_at")));
    buf_str(out, STR(". Your id here: "));
    page_text(out, json_str(json_object_get(dossier, "master_id")));
    buf_str(out, STR("</p>\n"));
    if (json_is_true(json_object_get(dossier, "masked")))
        buf_printf(out, "<p><strong>%s</strong></p>\n", MASKED);
    for (size_t i = 0; i < COUNT_OF(PARTS); i++) {
        const json_t *list = json_object_get(dossier, PARTS[i].key);
        if (!json_array_size(list))
            continue;
        page_section(out, PARTS[i].key, PARTS[i].title);
        buf_printf(out, "<p>%s</p>\n", PARTS[i].says);
        S_table(out, list);
        page_section_end(out);
    }
    buf_str(out, STR("</body></html>\n"));
}
