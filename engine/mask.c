#include "engine/mask.h"

#include <stdio.h>

#include "base/charset.h"
#include "base/hash.h"
#include "normalize/hashed_text.h"

enum { PSEUDONYM = 5, SHORTEST_SHOWN = 3, MOST_SHOWN = 16 };

/* ------------------------------------------------------------------ pseudonyms */

static void S_pseudonym(const struct store *store, unsigned domain, struct str value, char text[PSEUDONYM + 1])
{
    static const char DIGITS[] = "0123456789abcdefghjkmnpqrstvwxyz";
    uint64_t database;
    memcpy(&database, store_info(store)->id, sizeof database);
    uint64_t hash = store_keyed(store, hash_str(value) ^ (database + domain) * 0x9E3779B97F4A7C15u);
    hash *= 0xD6E8FEB86659FD93u; /* also where nothing is keyed: the high bits depend on all */
    for (unsigned i = 0; i < PSEUDONYM; i++)
        text[i] = DIGITS[hash >> (59 - 5 * i) & 31];
    text[PSEUDONYM] = 0;
}

/* ------------------------------------------------------------------ what is shown of a value */

/* The first code point; empty when the text is short or does not begin with one. */
static struct str S_first(struct str text)
{
    if (text.len < SHORTEST_SHOWN)
        return STR("");
    size_t len = 1;
    while (len < text.len && len < 4 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len++;
    return len < text.len && charset_utf8_invalid(text) >= len ? str_sub(text, 0, len) : STR("");
}

static int S_letter(struct str value, char *out)
{
    struct str first = S_first(value);
    return snprintf(out, MOST_SHOWN, "%.*s***", STR_ARG(first));
}

static int S_email(struct str value, char *out)
{
    size_t at = str_find_byte(value, '@'), dot = SIZE_MAX;
    if (at == SIZE_MAX)
        return S_letter(value, out);
    struct str host = str_sub(value, at + 1, value.len);
    for (size_t i = 0; i < host.len; i++)
        dot = host.ptr[i] == '.' ? i : dot;
    struct str end = dot == SIZE_MAX || host.len - dot > 6 ? STR("") : str_sub(host, dot, host.len);
    struct str user = S_first(str_sub(value, 0, at)), domain = S_first(host);
    if (user.len > 1 || domain.len > 1)
        return snprintf(out, MOST_SHOWN, "***@***%.*s", STR_ARG(end));
    return snprintf(out, MOST_SHOWN, "%.*s***@%.*s***%.*s", STR_ARG(user), STR_ARG(domain), STR_ARG(end));
}

/* The country when it is said, and the last two digits of a number that has more than enough. */
static int S_phone(struct str value, char *out)
{
    unsigned digits = 0;
    char last[2] = {'*', '*'};
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] >= '0' && value.ptr[i] <= '9') {
            last[0] = last[1];
            last[1] = value.ptr[i];
            digits++;
        }
    if (digits < 7)
        return snprintf(out, MOST_SHOWN, "***");
    bool country = value.len > 3 && value.ptr[0] == '+' && value.ptr[2] >= '0' && value.ptr[2] <= '9';
    return snprintf(out, MOST_SHOWN, "%.*s%s*** %.2s", country ? 3 : 0, value.ptr, country ? " " : "", last);
}

static int S_two(struct str value, char *out)
{
    bool plain = value.len >= 4 && (unsigned char)value.ptr[0] < 0x80 && (unsigned char)value.ptr[1] < 0x80;
    return snprintf(out, MOST_SHOWN, "%.*s***", plain ? 2 : 0, value.ptr ? value.ptr : "");
}

/* The century of a date that begins with its year. */
static int S_date(struct str value, char *out)
{
    bool year = value.len >= 8 && (value.ptr[0] == '1' || value.ptr[0] == '2') && value.ptr[1] >= '0' &&
                value.ptr[1] <= '9' && value.ptr[2] >= '0' && value.ptr[2] <= '9' && value.ptr[3] >= '0' &&
                value.ptr[3] <= '9';
    return snprintf(out, MOST_SHOWN, "%.*s%s", year ? 2 : 0, value.ptr ? value.ptr : "", year ? "**" : "***");
}

static int S_hashed(struct str value, char *out)
{
    (void)value;
    return snprintf(out, MOST_SHOWN, "(hashed)");
}

typedef int shape_fn(struct str value, char *out);

static shape_fn *const SHAPES[FIELD_TYPES] = {
    [FIELD_GIVEN_NAME] = S_letter, [FIELD_MIDDLE_NAME] = S_letter,  [FIELD_FAMILY_NAME] = S_letter,
    [FIELD_FULL_NAME] = S_letter,  [FIELD_ORGANISATION] = S_letter, [FIELD_EMPLOYER] = S_letter,
    [FIELD_CITY] = S_letter,       [FIELD_REGION] = S_letter,       [FIELD_COUNTRY] = S_letter,
    [FIELD_EMAIL] = S_email,       [FIELD_PHONE] = S_phone,         [FIELD_POSTCODE] = S_two,
    [FIELD_BIRTH_DATE] = S_date,   [FIELD_HASHED] = S_hashed,
};

static struct str S_masked(const struct store *store, unsigned domain, shape_fn *shape, struct str value,
                           struct mask_text *out)
{
    char shown[MOST_SHOWN + 1] = "***", pseudonym[PSEUDONYM + 1] = "";
    if (shape)
        shape(value, shown);
    if (store)
        S_pseudonym(store, domain, value, pseudonym);
    int len = snprintf(out->bytes, sizeof out->bytes, "%s%s%s", shown, *pseudonym ? " ~" : "", pseudonym);
    return (struct str){out->bytes, (size_t)len};
}

struct str mask_value(const struct store *store, enum field_type type, struct str value, struct mask_text *out)
{
    struct str token;
    uint32_t flags;
    if (type == FIELD_HASHED && hashed_text_parse(value, &token, &flags))
        value = token;
    return S_masked(store, (unsigned)type, SHAPES[type], value, out);
}

struct str mask_id(const struct store *store, struct str record_id, struct mask_text *out)
{
    return S_masked(store, FIELD_TYPES, NULL, record_id, out);
}

struct str mask_if(bool hidden, const struct store *store, enum field_type type, struct str value, struct arena *arena)
{
    struct mask_text text;
    return hidden || type == FIELD_HASHED ? str_copy(arena, mask_value(store, type, value, &text)) : value;
}

struct str mask_id_if(bool hidden, const struct store *store, struct str record_id, struct arena *arena)
{
    struct mask_text text;
    return hidden ? str_copy(arena, mask_id(store, record_id, &text)) : record_id;
}
