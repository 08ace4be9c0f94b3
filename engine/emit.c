#include "engine/emit.h"

#include "base/charset.h"

enum { PIECE_BYTES = 1 << 18 };

static enum idem_status S_flush(struct emit *e, struct idem_error *err)
{
    if (e->out.len && !e->write(e->context, e->out.ptr, e->out.len))
        return error_set(err, IDEM_IO, "the output could not be written");
    buf_clear(&e->out);
    return IDEM_OK;
}

/* ---- CSV */

static bool S_needs_quotes(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == ',' || s.ptr[i] == '"' || s.ptr[i] == '\n' || s.ptr[i] == '\r')
            return true;
    return s.len && (s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ');
}

/* A spreadsheet takes these first characters for a formula; a negative number is none. A telephone number of digits is
 * no formula either, but a spreadsheet would drop its +. */
static bool S_is_formula(struct str s)
{
    double number;
    if (!s.len || !strchr("=+-@\t\r", s.ptr[0]))
        return false;
    return !(s.ptr[0] == '-' && str_to_double(s, &number));
}

static void S_csv(struct emit *e, struct str s)
{
    bool formula = e->spreadsheet_safe && S_is_formula(s);
    if (!S_needs_quotes(s)) {
        if (formula)
            buf_byte(&e->out, '\'');
        buf_str(&e->out, s);
        return;
    }
    buf_byte(&e->out, '"');
    if (formula)
        buf_byte(&e->out, '\'');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"')
            buf_byte(&e->out, '"');
        buf_byte(&e->out, s.ptr[i]);
    }
    buf_byte(&e->out, '"');
}

/* ---- JSON */

static void S_json_bytes(struct buf *out, struct str s)
{
    static const char SHORT[] = "btn\0fr", HEX[] = "0123456789abcdef";
    for (size_t i = 0; i < s.len; i++) {
        unsigned char byte = (unsigned char)s.ptr[i];
        if (byte == '"' || byte == '\\') {
            buf_byte(out, '\\');
            buf_byte(out, (char)byte);
        } else if (byte >= 0x20) {
            buf_byte(out, (char)byte);
        } else if (byte >= 8 && byte <= 13 && SHORT[byte - 8]) {
            buf_byte(out, '\\');
            buf_byte(out, SHORT[byte - 8]);
        } else {
            buf_add(out, "\\u00", 4);
            buf_byte(out, HEX[byte >> 4]);
            buf_byte(out, HEX[byte & 15]);
        }
    }
}

static void S_json(struct buf *out, struct str s)
{
    buf_byte(out, '"');
    for (;;) {
        size_t good = charset_utf8_invalid(s);
        S_json_bytes(out, str_sub(s, 0, good));
        if (good == s.len)
            break;
        buf_utf8(out, 0xFFFD);
        s = str_sub(s, good + 1, s.len);
    }
    buf_byte(out, '"');
}

/* ---- cells */

/* What stands before a cell's value. */
static void S_start(struct emit *e)
{
    if (e->format == IDEM_CSV) {
        if (e->at)
            buf_byte(&e->out, ',');
    } else {
        buf_byte(&e->out, e->at ? ',' : '{');
        S_json(&e->out, e->column[e->at]);
        buf_byte(&e->out, ':');
    }
    e->at++;
}

enum idem_status emit_begin(struct emit *e, idem_write_fn *write, void *context,
                            const struct idem_export_options *options, const struct str *column, unsigned n_columns,
                            struct idem_error *err)
{
    *e = (struct emit){.write = write,
                       .context = context,
                       .format = options->format,
                       .column = column,
                       .n_columns = n_columns,
                       .spreadsheet_safe = options->spreadsheet_safe};
    if (e->format != IDEM_CSV)
        return IDEM_OK;
    for (unsigned i = 0; i < n_columns; i++)
        emit_text(e, column[i]);
    return emit_end_row(e, err);
}

void emit_text(struct emit *e, struct str value)
{
    S_start(e);
    if (e->format == IDEM_CSV)
        S_csv(e, value);
    else
        S_json(&e->out, value);
}

void emit_texts(struct emit *e, const struct str *value, size_t n)
{
    if (n == 0) {
        emit_none(e);
        return;
    }
    if (n == 1) {
        emit_text(e, value[0]);
        return;
    }
    if (e->format == IDEM_CSV) {
        buf_clear(&e->cell);
        for (size_t i = 0; i < n; i++) {
            if (i)
                buf_byte(&e->cell, '|');
            buf_str(&e->cell, value[i]);
        }
        emit_text(e, buf_view(&e->cell));
        return;
    }
    S_start(e);
    for (size_t i = 0; i < n; i++) {
        buf_byte(&e->out, i ? ',' : '[');
        S_json(&e->out, value[i]);
    }
    buf_byte(&e->out, ']');
}

void emit_number(struct emit *e, int64_t value)
{
    S_start(e);
    buf_printf(&e->out, "%lld", (long long)value);
}

void emit_none(struct emit *e)
{
    S_start(e);
    if (e->format != IDEM_CSV)
        buf_add(&e->out, "null", 4);
}

enum idem_status emit_end_row(struct emit *e, struct idem_error *err)
{
    if (e->format != IDEM_CSV)
        buf_byte(&e->out, '}');
    buf_byte(&e->out, '\n');
    e->at = 0;
    return e->out.len >= PIECE_BYTES ? S_flush(e, err) : IDEM_OK;
}

enum idem_status emit_end(struct emit *e, struct idem_error *err)
{
    return S_flush(e, err);
}

void emit_deinit(struct emit *e)
{
    buf_deinit(&e->out);
    buf_deinit(&e->cell);
}
