#include "record/norm.h"

/* How a form is packed: the two low bits of its length. The others say which form they take from, then the length. */
enum { OWN_BYTES, WHOLE_OF, FRONT_OF, BACK_OF, KIND_BITS = 2, FLAG_BITS = 4 };

static inline bool S_begins(struct str s, struct str with)
{
    return s.ptr[0] == with.ptr[0] && memcmp(s.ptr, with.ptr, with.len) == 0;
}

static inline bool S_ends(struct str s, struct str with)
{
    return s.ptr[s.len - 1] == with.ptr[with.len - 1] && memcmp(s.ptr + s.len - with.len, with.ptr, with.len) == 0;
}

/* Another form before it that the form is, begins or ends: the cheapest way to say it. */
static unsigned S_kin(const struct norm *n, unsigned f, unsigned *of)
{
    struct str form = n->form[f];
    unsigned kind = OWN_BYTES;
    for (unsigned k = 0; k < f && form.len > 2; k++) {
        struct str other = n->form[k];
        if (other.len < form.len)
            continue;
        bool begins = other.ptr == form.ptr || S_begins(other, form);
        if (begins && other.len == form.len) {
            *of = k;
            return WHOLE_OF;
        }
        if (kind == OWN_BYTES && (begins || S_ends(other, form))) {
            *of = k;
            kind = begins ? FRONT_OF : BACK_OF;
        }
    }
    return kind;
}

static inline char *S_put(char *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (char)(value | 0x80);
    *to++ = (char)value;
    return to;
}

void norm_pack(const struct norm *n, struct buf *out)
{
    enum { MOST_NUMBER = 10 };
    unsigned last = NORM_FORMS, kind[NORM_FORMS], of = 0;
    size_t most = MOST_NUMBER * (1 + 2 * NORM_FORMS);
    while (last && !n->form[last - 1].len)
        last--;
    for (unsigned f = 0; f < last; f++)
        most += n->form[f].len;
    buf_reserve(out, most);
    char *to = S_put(out->ptr + out->len, (uint64_t)n->flags << FLAG_BITS | last);
    for (unsigned f = 0; f < last; f++) {
        kind[f] = S_kin(n, f, &of);
        to = S_put(to, (uint64_t)(kind[f] == OWN_BYTES ? n->form[f].len : of) << KIND_BITS | kind[f]);
        if (kind[f] == FRONT_OF || kind[f] == BACK_OF)
            to = S_put(to, n->form[f].len);
    }
    for (unsigned f = 0; f < last; f++)
        if (kind[f] == OWN_BYTES && n->form[f].len) {
            memcpy(to, n->form[f].ptr, n->form[f].len);
            to += n->form[f].len;
        }
    out->len = (size_t)(to - out->ptr);
}

/* One byte nearly always. */
static inline bool S_take(struct str *rest, uint64_t *value)
{
    if (rest->len && !(*rest->ptr & 0x80)) {
        *value = (unsigned char)*rest->ptr++;
        rest->len--;
        return true;
    }
    return varint_take(rest, value);
}

/* A form that is taken from another: its length stands in for the text, which is not known yet. */
struct kin {
    uint8_t kind, of;
    uint64_t len;
};

static bool S_take_lengths(struct str *packed, unsigned last, struct kin *kin)
{
    for (unsigned f = 0; f < last; f++) {
        uint64_t word;
        if (!S_take(packed, &word))
            return false;
        kin[f] = (struct kin){word & ((1 << KIND_BITS) - 1), 0, word >> KIND_BITS};
        if (kin[f].kind == OWN_BYTES)
            continue;
        if (kin[f].len >= f)
            return false;
        kin[f].of = (uint8_t)kin[f].len;
        kin[f].len = kin[kin[f].of].len;
        if (kin[f].kind != WHOLE_OF && (!S_take(packed, &word) || word > kin[f].len))
            return false;
        if (kin[f].kind != WHOLE_OF)
            kin[f].len = word;
    }
    return true;
}

/* Own bytes follow the lengths in order of the forms; the others point into forms before them. */
static bool S_take_texts(struct str packed, unsigned last, const struct kin *kin, struct norm *n)
{
    for (unsigned f = 0; f < last; f++) {
        size_t len = kin[f].len;
        if (kin[f].kind == OWN_BYTES) {
            if (len > packed.len)
                return false;
            n->form[f] = (struct str){packed.ptr, len};
            packed.ptr += len;
            packed.len -= len;
        } else {
            struct str of = n->form[kin[f].of];
            n->form[f] = (struct str){kin[f].kind == BACK_OF ? of.ptr + (of.len - len) : of.ptr, len};
        }
    }
    for (unsigned f = last; f < NORM_FORMS; f++)
        n->form[f] = (struct str){0};
    return packed.len == 0;
}

/* Every number of one byte: nearly every value. */
static bool S_unpack_short(struct str packed, struct norm *n)
{
    const unsigned char *at = (const unsigned char *)packed.ptr, *end = at + packed.len;
    unsigned char word[NORM_FORMS], part[NORM_FORMS];
    unsigned last = packed.len ? *at & ((1 << FLAG_BITS) - 1) : NORM_FORMS + 1;
    if (last > NORM_FORMS || *at & 0x80)
        return false;
    n->flags = *at++ >> FLAG_BITS;
    for (unsigned f = 0; f < last; f++) {
        if (end - at < 2) /* a form of part of another has two */
            return false;
        word[f] = *at++;
        part[f] = (word[f] & 3) > WHOLE_OF ? *at++ : 0;
        if ((word[f] | part[f]) & 0x80)
            return false;
    }
    for (unsigned f = 0; f < last; f++) {
        unsigned kind = word[f] & 3, number = word[f] >> KIND_BITS;
        if (kind == OWN_BYTES) {
            if ((size_t)(end - at) < number)
                return false;
            n->form[f] = (struct str){(const char *)at, number};
            at += number;
            continue;
        }
        if (number >= f || part[f] > n->form[number].len)
            return false;
        n->form[f] = n->form[number];
        if (kind == BACK_OF)
            n->form[f].ptr += n->form[f].len - part[f];
        if (kind != WHOLE_OF)
            n->form[f].len = part[f];
    }
    for (unsigned f = last; f < NORM_FORMS; f++)
        n->form[f] = (struct str){0};
    return at == end;
}

bool norm_unpack(struct str packed, struct norm *n)
{
    struct kin kin[NORM_FORMS];
    uint64_t head;
    unsigned last = 0;
    if (S_unpack_short(packed, n))
        return true;
    bool good = S_take(&packed, &head);
    if (good) {
        last = head & ((1 << FLAG_BITS) - 1);
        n->flags = (uint32_t)(head >> FLAG_BITS);
        good = last <= NORM_FORMS && head >> FLAG_BITS <= UINT32_MAX && S_take_lengths(&packed, last, kin) &&
               S_take_texts(packed, last, kin, n);
    }
    if (!good)
        *n = (struct norm){0};
    return good;
}

bool norm_is_flagged(struct str packed)
{
    return !packed.len || (unsigned char)*packed.ptr >> FLAG_BITS != 0;
}
