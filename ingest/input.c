#include "ingest/input.h"

#include <stdlib.h>

#include "base/charset.h"
#include "ingest/inflate.h"

enum { RAW_ROOM = 64 << 10, LONGEST_MARK = 4 };

struct input {
    struct inflate *file;
    struct charset_converter *converter; /* NULL: the bytes are UTF-8 */
    char encoding[64];
    char raw[RAW_ROOM]; /* bytes read and not handed on yet: [at, end) */
    size_t at, end;
    bool last;       /* the file is read to its end */
    struct buf text; /* converted and not handed out yet, from text_at on */
    size_t text_at;
};

static enum idem_status S_read_raw(struct input *in, struct idem_error *err)
{
    size_t len;
    TRY(inflate_read(in->file, in->raw + in->end, RAW_ROOM - in->end, &len, err));
    in->end += len;
    in->last = len == 0;
    return IDEM_OK;
}

/* Passes the byte order mark and lets it decide. */
static enum idem_status S_choose_encoding(struct input *in, struct str configured, struct idem_error *err)
{
    const char *marked = "UTF-8";
    in->at = charset_byte_order_mark((struct str){in->raw, in->end}, &marked);
    if (in->at || !configured.len)
        configured = str_from(marked);
    if (configured.len >= sizeof in->encoding)
        return error_set(err, IDEM_INVALID, "the name of an encoding is shorter than %zu characters",
                         sizeof in->encoding);
    memcpy(in->encoding, configured.ptr, configured.len);
    struct str name = str_from(in->encoding);
    if (str_eq_nocase(name, STR("UTF-8")) || str_eq_nocase(name, STR("UTF8"))) {
        memcpy(in->encoding, "UTF-8", sizeof "UTF-8");
        return IDEM_OK;
    }
    return charset_open(name, &in->converter, err);
}

enum idem_status input_open(const char *path, struct str encoding, struct input **out, struct idem_error *err)
{
    enum idem_status status;
    struct input *in = xcalloc(1, sizeof *in);
    *out = NULL;
    TRY_DONE(inflate_open(path, &in->file, err));
    while (in->end < LONGEST_MARK && !in->last)
        TRY_DONE(S_read_raw(in, err));
    TRY_DONE(S_choose_encoding(in, encoding, err));
    *out = in;
    in = NULL;
done:
    input_close(in);
    return status;
}

/* Converts what is in `raw`. */
static enum idem_status S_convert(struct input *in, struct idem_error *err)
{
    buf_clear(&in->text);
    in->text_at = 0;
    if (in->at == in->end) {
        in->at = in->end = 0;
        TRY(S_read_raw(in, err));
    }
    charset_convert(in->converter, (struct str){in->raw + in->at, in->end - in->at}, in->last, &in->text);
    in->at = in->end;
    return IDEM_OK;
}

static void S_hand_out(struct str from, size_t *at, char *to, size_t room, size_t *len)
{
    *len = from.len - *at < room ? from.len - *at : room;
    if (*len)
        memcpy(to, from.ptr + *at, *len);
    *at += *len;
}

enum idem_status input_read(struct input *in, char *to, size_t room, size_t *len, struct idem_error *err)
{
    if (!in->converter) {
        S_hand_out((struct str){in->raw, in->end}, &in->at, to, room, len);
        return *len || in->last ? IDEM_OK : inflate_read(in->file, to, room, len, err);
    }
    while (in->text_at == in->text.len && !(in->last && in->at == in->end))
        TRY(S_convert(in, err));
    S_hand_out(buf_view(&in->text), &in->text_at, to, room, len);
    return IDEM_OK;
}

void input_set_expansion(struct input *in, uint32_t most)
{
    inflate_set_expansion(in->file, most);
}

void input_close(struct input *in)
{
    if (!in)
        return;
    inflate_close(in->file);
    charset_close(in->converter);
    buf_deinit(&in->text);
    free(in);
}

struct str input_encoding(const struct input *in)
{
    return str_from(in->encoding);
}

int64_t input_total(const struct input *in)
{
    return inflate_total(in->file);
}

int64_t input_consumed(const struct input *in)
{
    return inflate_consumed(in->file);
}

enum idem_status input_sample(const char *path, char *to, size_t room, size_t *len, struct idem_error *err)
{
    struct inflate *file = NULL;
    *len = 0;
    TRY(inflate_open(path, &file, err));
    enum idem_status status = IDEM_OK;
    for (size_t more = 1; status == IDEM_OK && more && *len < room; *len += more)
        status = inflate_read(file, to + *len, room - *len, &more, err);
    inflate_close(file);
    return status;
}
