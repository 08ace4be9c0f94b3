#include "engine/linkage_filter.h"

#include "record/norm.h"

enum { WIDE_BITS = 2 * LINKAGE_BITS, MOST_PIECE = 64, MOST_WORD = 60, MOST_HASHES = 32, TOKEN_DOMAIN = 128 };

/* ------------------------------------------------------------------ pieces of values */

typedef void pieces_fn(struct str text, void (*piece)(void *context, struct str), void *context);

static size_t S_next_point(struct str s, size_t at)
{
    do
        at++;
    while (at < s.len && ((unsigned char)s.ptr[at] & 0xC0) == 0x80);
    return at;
}

/* "ann": " a", "an", "nn", "n ". */
static void S_word_pairs(struct str word, void (*piece)(void *context, struct str), void *context)
{
    char padded[MOST_WORD + 2];
    size_t len = word.len < MOST_WORD ? word.len : MOST_WORD;
    padded[0] = ' ';
    memcpy(padded + 1, word.ptr, len);
    padded[len + 1] = ' ';
    struct str text = {padded, len + 2};
    for (size_t at = 0, next = 1, end; next < text.len; at = next, next = end) {
        end = S_next_point(text, next);
        piece(context, str_sub(text, at, end));
    }
}

static void S_pairs(struct str text, void (*piece)(void *context, struct str), void *context)
{
    struct str word;
    while (str_next_token(&text, " ", &word))
        S_word_pairs(word, piece, context);
}

/* Every character with its place: a wrong one costs itself alone. */
static void S_places(struct str text, void (*piece)(void *context, struct str), void *context)
{
    for (size_t at = 0; at < text.len && at < MOST_PIECE; at++)
        piece(context, (struct str){(char[]){(char)('A' + at), text.ptr[at]}, 2});
}

/*
 * What goes in, and how much it weighs. Parts of one domain share their pieces: names that have changed places, a
 * suburb that stands in the address. `form` is the one that is cut up, CANON where it is empty.
 */
static const struct part {
    enum field_type type;
    enum norm_form form;
    char domain;
    uint8_t hashes; /* bits a piece sets */
    pieces_fn *pieces;
} PARTS[] = {
    {FIELD_GIVEN_NAME, NORM_LATIN, 'n', 12, S_pairs},   {FIELD_MIDDLE_NAME, NORM_LATIN, 'n', 6, S_pairs},
    {FIELD_FAMILY_NAME, NORM_LATIN, 'n', 12, S_pairs},  {FIELD_FULL_NAME, NORM_LATIN, 'n', 12, S_pairs},
    {FIELD_ORGANISATION, NORM_BASE, 'o', 10, S_pairs},  {FIELD_BIRTH_DATE, NORM_CANON, 'd', 14, S_places},
    {FIELD_ADDRESS, NORM_TOKENS, 'a', 4, S_pairs},      {FIELD_CITY, NORM_LATIN, 'a', 5, S_pairs},
    {FIELD_HOUSE_NUMBER, NORM_CANON, 'h', 8, S_places}, {FIELD_POSTCODE, NORM_CANON, 'p', 8, S_places},
    {FIELD_PHONE, NORM_BASE, 't', 8, S_pairs},          {FIELD_EMAIL, NORM_LOCAL, 'e', 6, S_pairs},
    {FIELD_IDENTIFIER, NORM_CANON, 'i', 14, S_pairs},
};

/* ------------------------------------------------------------------ the filter */

struct filter {
    const struct linkage_key *key;
    const struct part *part;
    uint8_t wide[WIDE_BITS / 8];
    bool any;
};

/* Two bytes of hash a position. */
static void S_set(void *context, struct str piece)
{
    struct filter *f = context;
    uint8_t hash[2 * MOST_HASHES];
    linkage_hash(f->key, (uint8_t)f->part->domain, piece, hash, sizeof hash);
    for (unsigned i = 0; i < f->part->hashes; i++) {
        unsigned bit = (hash[2 * i] | (unsigned)hash[2 * i + 1] << 8) % WIDE_BITS;
        f->wide[bit / 8] |= (uint8_t)(1u << bit % 8);
    }
    f->any = true;
}

/* ------------------------------------------------------------------ values of a row */

struct row {
    const struct batch *batch;
    uint32_t row;
    const bool *used;
};

/* The value, unless it is missing or a placeholder. */
static bool S_value(const struct row *r, unsigned field, uint32_t id, struct norm *v)
{
    return id && norm_unpack(dict_get(&r->batch->norm[field].dict, id), v) && !(v->flags & NORM_GENERIC);
}

/* The first so many values of a type; returns their number. */
static unsigned S_values(const struct row *r, enum field_type type, unsigned most, struct norm *v)
{
    unsigned n = 0;
    for (unsigned f = 0; f < r->batch->schema->n_fields; f++) {
        const uint32_t *id;
        if (r->batch->schema->field[f].type != type || (r->used && !r->used[f]))
            continue;
        uint32_t n_ids = column_ids(&r->batch->norm[f], r->row, &id);
        for (uint32_t i = 0; i < n_ids && n < most; i++)
            n += S_value(r, f, id[i], &v[n]);
    }
    return n;
}

static struct str S_form(const struct norm *v, enum norm_form form)
{
    return v->form[form].len ? v->form[form] : v->form[NORM_CANON];
}

static bool S_has(const struct row *r, enum field_type type)
{
    struct norm v;
    return S_values(r, type, 1, &v) > 0;
}

/* A whole name says nothing that its parts have not said. */
static bool S_is_said(const struct row *r, enum field_type type)
{
    return type == FIELD_FULL_NAME && (S_has(r, FIELD_GIVEN_NAME) || S_has(r, FIELD_FAMILY_NAME));
}

static void S_fill(struct filter *f, const struct row *r)
{
    enum { MOST_VALUES = 8 };
    struct norm v[MOST_VALUES];
    for (unsigned p = 0; p < COUNT_OF(PARTS); p++) {
        f->part = &PARTS[p];
        unsigned n = S_is_said(r, PARTS[p].type) ? 0 : S_values(r, PARTS[p].type, MOST_VALUES, v);
        for (unsigned i = 0; i < n; i++)
            PARTS[p].pieces(S_form(&v[i], PARTS[p].form), S_set, f);
    }
}

/* ------------------------------------------------------------------ tokens */

/* What derived keys are made of. */
struct facts {
    struct str given, family, date, year, month_day, postcode, house, street;
};

static struct str S_first_word(struct str text)
{
    struct str word = {0};
    str_next_token(&text, " ", &word);
    return word;
}

static struct str S_fact(const struct row *r, enum field_type type, enum norm_form form, struct norm *v)
{
    return S_values(r, type, 1, v) ? S_form(v, form) : (struct str){0};
}

static void S_facts(const struct row *r, struct facts *f)
{
    struct norm v;
    *f = (struct facts){
        .given = S_first_word(S_fact(r, FIELD_GIVEN_NAME, NORM_PHON, &v)),
        .family = S_first_word(S_fact(r, FIELD_FAMILY_NAME, NORM_PHON, &v)),
        .date = S_fact(r, FIELD_BIRTH_DATE, NORM_CANON, &v),
        .postcode = S_fact(r, FIELD_POSTCODE, NORM_CANON, &v),
        .house = S_fact(r, FIELD_HOUSE_NUMBER, NORM_CANON, &v),
        .street = S_fact(r, FIELD_ADDRESS, NORM_BASE, &v),
    };
    if (f->date.len == 10) { /* partial dates make no key */
        f->year = str_sub(f->date, 0, 4);
        f->month_day = str_sub(f->date, 5, 10);
    } else {
        f->date = (struct str){0};
    }
}

static void S_token(const struct linkage_key *k, struct linkage_record *out, char name, struct str a, struct str b)
{
    uint8_t hash[16];
    char text[256];
    if (!a.len || out->n_tokens == LINKAGE_MOST_TOKENS || a.len + b.len + 1 > sizeof text)
        return;
    memcpy(text, a.ptr, a.len);
    text[a.len] = '\0';
    if (b.len)
        memcpy(text + a.len + 1, b.ptr, b.len);
    linkage_hash(k, (uint8_t)(TOKEN_DOMAIN + name), (struct str){text, a.len + 1 + b.len}, hash, sizeof hash);
    memcpy(out->token[out->n_tokens++], hash, LINKAGE_TOKEN_BYTES);
}

static void S_joint_token(const struct linkage_key *k, struct linkage_record *out, char name, struct str a,
                          struct str b)
{
    if (b.len)
        S_token(k, out, name, a, b);
}

static void S_single_tokens(const struct linkage_key *k, const struct row *r, struct linkage_record *out)
{
    static const struct {
        enum field_type type;
        enum norm_form form;
        char name;
        unsigned most;
    } SINGLE[] = {
        {FIELD_IDENTIFIER, NORM_CANON, 'i', 2}, {FIELD_PHONE, NORM_BASE, 't', 1}, {FIELD_EMAIL, NORM_BASE, 'e', 1}};
    struct norm v[2];
    for (unsigned s = 0; s < COUNT_OF(SINGLE); s++) {
        unsigned n = S_values(r, SINGLE[s].type, SINGLE[s].most, v);
        for (unsigned i = 0; i < n; i++)
            S_token(k, out, SINGLE[s].name, S_form(&v[i], SINGLE[s].form), (struct str){0});
    }
}

static void S_tokens(const struct linkage_key *k, const struct row *r, struct linkage_record *out)
{
    struct facts f;
    S_facts(r, &f);
    bool in_order = str_cmp(f.given, f.family) <= 0; /* names that have changed places make the same token */
    S_single_tokens(k, r, out);
    S_token(k, out, 'd', f.date, (struct str){0});
    S_joint_token(k, out, 'n', in_order ? f.given : f.family, in_order ? f.family : f.given);
    S_joint_token(k, out, 'y', f.family, f.year);
    S_joint_token(k, out, 'p', f.family, f.postcode);
    S_joint_token(k, out, 'm', f.given, f.month_day);
    S_joint_token(k, out, 'g', f.given, f.postcode);
    S_joint_token(k, out, 'a', f.street, f.house);
    S_joint_token(k, out, 'x', f.given, f.year);
}

/* ------------------------------------------------------------------ the whole */

bool linkage_takes(enum field_type type)
{
    for (unsigned p = 0; p < COUNT_OF(PARTS); p++)
        if (PARTS[p].type == type)
            return true;
    return false;
}

void linkage_encode(const struct linkage_key *k, const struct batch *b, uint32_t row, const bool *used,
                    struct linkage_record *out)
{
    struct filter f = {.key = k};
    struct row r = {b, row, used};
    memset(out, 0, sizeof *out);
    S_fill(&f, &r);
    for (unsigned i = 0; i < sizeof out->bits; i++)
        out->bits[i] = f.wide[i] ^ f.wide[i + sizeof out->bits];
    out->empty = !f.any;
    S_tokens(k, &r, out);
}

/* ------------------------------------------------------------------ text */

static void S_base64(const uint8_t *bytes, size_t n, bool for_urls, struct buf *out)
{
    static const char STANDARD[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned left = n - i < 3 ? (unsigned)(n - i) : 3;
        unsigned three = bytes[i] * 65536u + (left > 1 ? bytes[i + 1] * 256u : 0) + (left > 2 ? bytes[i + 2] : 0);
        for (unsigned c = 0; c < 4; c++) {
            char sign = STANDARD[three >> (18 - 6 * c) & 63];
            if (c <= left)
                buf_byte(out, for_urls && sign == '+' ? '-' : for_urls && sign == '/' ? '_' : sign);
            else if (!for_urls)
                buf_byte(out, '=');
        }
    }
}

void linkage_text(const struct linkage_record *r, struct buf *out)
{
    if (r->empty)
        return;
    S_base64(r->bits, sizeof r->bits, false, out);
    for (unsigned i = 0; i < r->n_tokens; i++) {
        buf_byte(out, i ? ' ' : ';');
        S_base64(r->token[i], LINKAGE_TOKEN_BYTES, true, out);
    }
}
