#include "cli/value_lines.h"

static void S_end_cell(struct value_lines *v)
{
    if (v->n < COUNT_OF(v->end))
        v->end[v->n++] = v->text.len;
}

/* The rest of a quoted cell, behind its opening quote. */
static void S_quoted(struct value_lines *v)
{
    int byte;
    while ((byte = getc_unlocked(v->file)) != EOF) {
        if (byte == '"') {
            byte = getc_unlocked(v->file);
            if (byte != '"') {
                if (byte != EOF)
                    ungetc(byte, v->file);
                return;
            }
        }
        v->next_line += byte == '\n';
        buf_byte(&v->text, (char)byte);
    }
}

bool value_lines_next(struct value_lines *v)
{
    int byte = getc_unlocked(v->file);
    bool at_start = true;
    if (byte == EOF)
        return false;
    buf_clear(&v->text);
    v->n = 0;
    v->line = ++v->next_line;
    for (; byte != EOF && byte != '\n'; byte = getc_unlocked(v->file)) {
        if (byte == '"' && at_start) {
            S_quoted(v);
            at_start = false;
        } else if (byte == ',' && !v->whole) {
            S_end_cell(v);
            at_start = true;
        } else if (byte != '\r') {
            buf_byte(&v->text, (char)byte);
            at_start = false;
        }
    }
    S_end_cell(v);
    return true;
}

struct str value_cell(const struct value_lines *v, unsigned i)
{
    if (i >= v->n)
        return (struct str){0};
    size_t from = i ? v->end[i - 1] : 0;
    return str_sub(buf_view(&v->text), from, v->end[i]);
}

void value_lines_deinit(struct value_lines *v)
{
    buf_deinit(&v->text);
}
