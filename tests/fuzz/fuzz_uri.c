/*
 * Any text as the target of a request: refused, or taken apart as a slow twin says, and a route found or not. The first
 * byte chooses the method.
 */
#include "base/buf.h"
#include "serve/route.h"
#include "tests/fuzz/fuzz.h"

static int S_digit(char c)
{
    static const char DIGITS[] = "0123456789abcdefABCDEF";
    const char *at = c ? strchr(DIGITS, c) : NULL;
    return !at ? -1 : at - DIGITS < 16 ? (int)(at - DIGITS) : (int)(at - DIGITS) - 6;
}

/* The text decoded; false where it is no proper encoding. */
static bool S_decode_twin(struct str text, bool plus, struct buf *out)
{
    buf_clear(out);
    while (text.len) {
        char c = text.ptr[0];
        size_t used = 1;
        if (c == '%') {
            if (text.len < 3 || S_digit(text.ptr[1]) < 0 || S_digit(text.ptr[2]) < 0)
                return false;
            c = (char)(16 * S_digit(text.ptr[1]) + S_digit(text.ptr[2]));
            used = 3;
            if (!c)
                return false;
        }
        buf_byte(out, plus && used == 1 && c == '+' ? ' ' : c);
        text = str_sub(text, used, text.len);
    }
    return true;
}

static void S_check_segments(const struct target *t, struct str path)
{
    struct buf decoded = {0};
    path = str_sub(path, 1, path.len);
    for (unsigned i = 0; i < t->n_segments; i++) {
        size_t slash = str_find_byte(path, '/');
        struct str piece = slash == SIZE_MAX ? path : str_sub(path, 0, slash);
        fuzz_require(S_decode_twin(piece, false, &decoded), "a segment that is none");
        fuzz_require(str_eq(buf_view(&decoded), t->segment[i]), "another segment than the twin's");
        fuzz_require(!str_eq(t->segment[i], STR(".")) && !str_eq(t->segment[i], STR("..")), "a way up");
        path = str_sub(path, slash == SIZE_MAX ? path.len : slash + 1, path.len);
    }
    fuzz_require(!path.len, "segments are lost");
    buf_deinit(&decoded);
}

static void S_check_query(const struct target *t, struct str query)
{
    struct buf decoded = {0};
    unsigned n = 0;
    while (query.len) {
        size_t and = str_find_byte(query, '&');
        struct str piece = and == SIZE_MAX ? query : str_sub(query, 0, and);
        query = str_sub(query, and == SIZE_MAX ? query.len : and+1, query.len);
        if (!piece.len)
            continue;
        size_t equals = str_find_byte(piece, '=');
        struct str value = equals == SIZE_MAX ? STR("") : str_sub(piece, equals + 1, piece.len);
        fuzz_require(n < t->n_parameters && S_decode_twin(value, true, &decoded), "a parameter that is none");
        fuzz_require(str_eq(buf_view(&decoded), t->parameter[n++].value), "another value than the twin's");
    }
    fuzz_require(n == t->n_parameters, "parameters are lost");
    buf_deinit(&decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const METHODS[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"};
    struct target t;
    struct buf uri = {0};
    char allow[64] = "";
    unsigned status = 0;
    if (!len || memchr(data + 1, 0, len - 1))
        return 0;
    buf_add(&uri, data + 1, len - 1);
    target_parse(&t, buf_cstr(&uri));
    if (t.good && uri.ptr[0] == '/') {
        struct str all = buf_view(&uri);
        size_t mark = str_find_byte(all, '?');
        S_check_segments(&t, str_sub(all, 0, mark == SIZE_MAX ? all.len : mark));
        S_check_query(&t, mark == SIZE_MAX ? STR("") : str_sub(all, mark + 1, all.len));
    }
    if (t.good) {
        const struct route *route = route_find(METHODS[data[0] & 7], &t, &status, allow);
        fuzz_require(route || status == 404 || status == 405, "no route, and no status");
        fuzz_require(status != 405 || allow[0], "other methods, and none named");
    }
    target_deinit(&t);
    buf_deinit(&uri);
    return 0;
}
