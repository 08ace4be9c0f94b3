/*
 * Any text as any type: the first byte picks the type, the second the country of the source, the rest is the value.
 * What must hold of every value is held; broken UTF-8 is cut off, as the readers do at the door.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/unicode.h"
#include "normalize/normalize.h"
#include "record/norm.h"
#include "tests/fuzz/fuzz.h"

/* The text up to its first malformed byte. */
static struct str S_valid_part(struct str text)
{
    struct str rest = text;
    while (rest.len) {
        struct str before = rest;
        if (unicode_next(&rest) == 0xfffd && !(before.len >= 3 && memcmp(before.ptr, "\xef\xbf\xbd", 3) == 0))
            return str_sub(text, 0, text.len - before.len);
    }
    return text;
}

static bool S_has_letter_or_digit(struct str text)
{
    while (text.len) {
        uint32_t c = unicode_next(&text);
        if (unicode_is_letter(c) || unicode_is_digit(c))
            return true;
    }
    return false;
}

static void S_check_value(struct normalizer *n, enum field_type type, const struct norm_context *context,
                          struct str raw, struct arena *a)
{
    struct norm value, again, unpacked;
    struct buf packed = {0};
    normalize_value(n, type, context, raw, a, &value);
    fuzz_require(value.form[NORM_CANON].len || !S_has_letter_or_digit(raw), "a value with a letter is lost");
    normalize_value(n, type, context, raw, a, &again);
    norm_pack(&value, &packed);
    fuzz_require(norm_unpack(buf_view(&packed), &unpacked), "a value does not unpack");
    for (int form = 0; form < NORM_FORMS; form++) {
        fuzz_require(str_eq(value.form[form], again.form[form]), "a value differs the second time");
        fuzz_require(str_eq(value.form[form], unpacked.form[form]), "a value changes when packed");
        fuzz_require(S_valid_part(value.form[form]).len == value.form[form].len, "a form is not UTF-8");
    }
    buf_deinit(&packed);
}

static void S_check_pieces(struct normalizer *n, enum field_type type, const struct norm_context *context,
                           struct str raw, struct arena *a)
{
    struct norm_piece piece[MOST_PIECES];
    unsigned n_pieces = normalize_split(n, type, context, raw, a, piece);
    fuzz_require(n_pieces <= MOST_PIECES, "too many pieces");
    for (unsigned i = 0; i < n_pieces; i++)
        fuzz_require(piece[i].raw.len > 0 && piece[i].type < FIELD_TYPES, "an empty piece");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char countries[][3] = {"", "US", "DE", "GB", "FR", "RU", "JP", "IT"};
    struct normalizer *n;
    struct arena a;
    if (len < 2 || len > 1 << 16 || normalizer_new(&n, NULL) != IDEM_OK)
        return 0;
    arena_init(&a);
    struct norm_context context = {.date_order = (data[1] >> 3) & 3};
    memcpy(context.country, countries[data[1] & 7], sizeof context.country);
    struct str raw = S_valid_part((struct str){(const char *)data + 2, len - 2});
    enum field_type type = (enum field_type)(data[0] % FIELD_TYPES);
    S_check_value(n, type, &context, raw, &a);
    S_check_pieces(n, type, &context, raw, &a);
    arena_deinit(&a);
    normalizer_free(n);
    return 0;
}
