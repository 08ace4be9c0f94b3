/*
 * Any text as any type: the first byte picks the type, the second what is known of the source (three bits its country,
 * two the order of dates, two a format of dates, one the kind of its identifiers), the rest is the value. What must
 * hold of every value is held; broken UTF-8 is cut off, as the readers do at the door.
 */
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

/* Forms are no longer than names of one letter in full, and then some, for each byte. */
enum { MOST_GROWTH = 64, MOST_CONSTANT = 1024 };

/* A mark may come to stand behind another letter, which takes it off. */
static bool S_has_mark(struct str text)
{
    while (text.len)
        if (unicode_is_mark(unicode_next(&text)))
            return true;
    return false;
}

/* Of these the canonical form of what is understood is a text that is understood in the same way. */
static bool S_is_stable(enum field_type type)
{
    static const bool STABLE[FIELD_TYPES] = {
        [FIELD_GENDER] = true,     [FIELD_COUNTRY] = true,   [FIELD_CURRENCY] = true,   [FIELD_NUMBER] = true,
        [FIELD_AMOUNT] = true,     [FIELD_LATITUDE] = true,  [FIELD_LONGITUDE] = true,  [FIELD_BIRTH_DATE] = true,
        [FIELD_DATE] = true,       [FIELD_TIMESTAMP] = true, [FIELD_IDENTIFIER] = true, [FIELD_POSTCODE] = true,
        [FIELD_PHONE] = true,      [FIELD_EMAIL] = true,     [FIELD_URL] = true,        [FIELD_CATEGORY] = true,
        [FIELD_NAME_SUFFIX] = true};
    return STABLE[type];
}

static void S_check_stable(struct normalizer *n, enum field_type type, const struct norm_context *context,
                           const struct norm *value, struct arena *a)
{
    static const struct norm_context NOWHERE; /* a point is a point, whatever it is in the source's country */
    bool number = type == FIELD_NUMBER || type == FIELD_AMOUNT || type == FIELD_LATITUDE || type == FIELD_LONGITUDE;
    struct norm again;
    if (!S_is_stable(type) || value->flags || !value->form[NORM_CANON].len || S_has_mark(value->form[NORM_CANON]))
        return;
    normalize_value(n, type, number ? &NOWHERE : context, value->form[NORM_CANON], a, &again);
    if (again.flags & NORM_GENERIC) /* a control character in front hid a placeholder */
        return;
    if (!str_eq(value->form[NORM_CANON], again.form[NORM_CANON]))
        fprintf(stderr, "%s: [%.*s] becomes [%.*s]\n", field_type_name(type), STR_ARG(value->form[NORM_CANON]),
                STR_ARG(again.form[NORM_CANON]));
    fuzz_require(str_eq(value->form[NORM_CANON], again.form[NORM_CANON]), "a canonical value is not canonical");
}

static void S_check_value(struct normalizer *n, enum field_type type, const struct norm_context *context,
                          struct str raw, struct arena *a)
{
    struct norm value, again, unpacked;
    struct buf packed = {0};
    size_t len = 0;
    normalize_value(n, type, context, raw, a, &value);
    fuzz_require(value.form[NORM_CANON].len || !S_has_letter_or_digit(raw), "a value with a letter is lost");
    normalize_value(n, type, context, raw, a, &again);
    norm_pack(&value, &packed);
    fuzz_require(norm_unpack(buf_view(&packed), &unpacked), "a value does not unpack");
    for (int form = 0; form < NORM_FORMS; form++) {
        fuzz_require(str_eq(value.form[form], again.form[form]), "a value differs the second time");
        fuzz_require(str_eq(value.form[form], unpacked.form[form]), "a value changes when packed");
        fuzz_require(S_valid_part(value.form[form]).len == value.form[form].len, "a form is not UTF-8");
        len += value.form[form].len;
    }
    fuzz_require(len <= raw.len * MOST_GROWTH + MOST_CONSTANT, "a value grows beyond measure");
    S_check_stable(n, type, context, &value, a);
    buf_deinit(&packed);
}

/* Read together with the value or alone, the pieces are the same. */
static void S_check_pieces(struct normalizer *n, enum field_type type, const struct norm_context *context,
                           struct str raw, struct arena *a)
{
    struct norm_piece piece[MOST_PIECES], both[MOST_PIECES];
    struct norm value;
    unsigned n_pieces = normalize_split(n, type, context, raw, a, piece);
    fuzz_require(n_pieces <= MOST_PIECES, "too many pieces");
    fuzz_require(normalize_both(n, type, context, raw, a, &value, both) == n_pieces, "other pieces, read together");
    for (unsigned i = 0; i < n_pieces; i++) {
        fuzz_require(piece[i].raw.len > 0 && piece[i].type < FIELD_TYPES, "an empty piece");
        fuzz_require(piece[i].type == both[i].type && str_eq(piece[i].raw, both[i].raw),
                     "another piece, read together");
        S_check_value(n, piece[i].type, context, S_valid_part(piece[i].raw), a);
    }
}

static struct norm_context S_context(uint8_t known)
{
    static const char COUNTRIES[][3] = {"", "US", "DE", "GB", "FR", "RU", "JP", "IT"};
    static const struct str FORMATS[] = {{0}, {"dd/MM/yyyy", 10}, {"yyyy M d", 8}, {"d MMM yy", 8}};
    struct norm_context context = {.date_order = (known >> 3) & 3, .date_format = FORMATS[(known >> 5) & 3]};
    memcpy(context.country, COUNTRIES[known & 7], sizeof context.country);
    context.identifier_kind = known & 128 ? STR("iban") : STR("");
    context.pivot_year = known & 128 ? 2010 : 0;
    return context;
}

static struct normalizer *normalizer; /* one for all inputs: making it takes longer than using it */

static void S_free(void)
{
    normalizer_free(normalizer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena a = {0};
    if (len < 2 || len > 1 << 16)
        return 0;
    if (!normalizer) {
        fuzz_require(normalizer_new(&normalizer, NULL) == IDEM_OK, "no normaliser");
        atexit(S_free);
    }
    struct norm_context context = S_context(data[1]);
    const uint8_t *end = memchr(data + 2, 0, len - 2);
    struct str raw = S_valid_part(fuzz_text(data + 2, end ? (size_t)(end - data - 2) : len - 2));
    enum field_type type = (enum field_type)(data[0] % FIELD_TYPES);
    S_check_value(normalizer, type, &context, raw, &a);
    S_check_pieces(normalizer, type, &context, raw, &a);
    arena_deinit(&a);
    return 0;
}
