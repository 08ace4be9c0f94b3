#include "cli/table.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/visible.h"

struct table {
    const struct cli *cli;
    struct libscols_table *scols;
    struct libscols_line *line;
    size_t column; /* of the next cell */
    struct arena arena;
};

struct table *table_new(const struct cli *c)
{
    struct table *t = xcalloc(1, sizeof *t);
    t->cli = c;
    arena_init(&t->arena);
    t->scols = scols_new_table();
    if (!t->scols)
        abort();
    scols_table_enable_colors(t->scols, style_name(c, STYLE_BOLD) != NULL);
    scols_table_set_termforce(t->scols, c->out_terminal ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
    if (c->out_terminal)
        scols_table_set_termwidth(t->scols, terminal_width(STDOUT_FILENO));
    return t;
}

void table_free(struct table *t)
{
    if (!t)
        return;
    scols_unref_table(t->scols);
    arena_deinit(&t->arena);
    free(t);
}

void table_headless(struct table *t)
{
    scols_table_enable_noheadings(t->scols, 1);
}

void table_column(struct table *t, const char *name, enum table_flag flags)
{
    int foreign = 0;
    if (flags & TABLE_RIGHT)
        foreign |= SCOLS_FL_RIGHT;
    if (flags & TABLE_WRAP)
        foreign |= t->cli->out_terminal ? SCOLS_FL_WRAP : 0;
    scols_table_new_column(t->scols, name, 0, foreign);
}

void table_row(struct table *t)
{
    t->line = scols_table_new_line(t->scols, NULL);
    t->column = 0;
}

void table_cell(struct table *t, struct str text, enum style style)
{
    scols_line_set_data(t->line, t->column, str_cstr(&t->arena, visible_text(&t->arena, text)));
    if (style_name(t->cli, style))
        scols_cell_set_color(scols_line_get_cell(t->line, t->column), style_name(t->cli, style));
    t->column++;
}

/* The table's text without the blanks that padding leaves at the ends of lines. */
static void S_trimmed(const char *text, struct output *o)
{
    struct str rest = str_from(text), line;
    while (str_next_piece(&rest, '\n', &line)) {
        while (line.len && line.ptr[line.len - 1] == ' ')
            line.len--;
        if (line.len || rest.len) {
            output_str(o, line);
            output_bytes(o, "\n", 1);
        }
    }
}

void table_print(struct table *t, struct output *o)
{
    char *text = NULL;
    if (scols_table_get_nlines(t->scols) && scols_print_table_to_string(t->scols, &text) == 0 && text)
        S_trimmed(text, o);
    free(text);
}
