/*
 * The body of every csvscan path. A file csvscan_<path>.c defines the two things that differ and includes this:
 *   S_masks(text, syntax, masks)   the bit masks of 64 bytes
 *   S_prefix_xor(bits)             bit i = parity of bits 0..i
 * and gets the static function S_scan, a csvscan_fn.
 */
#include "ingest/csvscan.h"

struct masks {
    uint64_t quote, delimiter, cr, lf;
};

static inline void S_masks(const char *text, struct csv_syntax syntax, struct masks *m);
static inline uint64_t S_prefix_xor(uint64_t bits);

/* What one block hands to the next: the last byte's bits, and whether it is inside quotes (all ones or zero). */
struct carry {
    uint64_t inside, cr, separator, quote, closing;
};

/* Eight at a time without looking whether there are eight: the list has room, and the next block writes over the rest.
 */
static inline uint32_t *S_flatten(uint32_t *to, uint64_t bits, uint32_t base)
{
    uint32_t *end = to + __builtin_popcountll(bits);
    while (bits) {
        for (int i = 0; i < 8; i++) {
            to[i] = base + (uint32_t)__builtin_ctzll(bits | 1ULL << 63);
            bits &= bits - 1;
        }
        to += 8;
    }
    return end;
}

/* The index into `at` of every line end of the block; `first` is the index of the block's first entry. */
static inline uint32_t *S_row_ends(uint32_t *to, uint64_t ends, uint64_t structural, uint32_t first)
{
    for (; ends; ends &= ends - 1)
        *to++ = first + (uint32_t)__builtin_popcountll(structural & ((ends & -ends) - 1));
    return to;
}

/* Bits of quotes that break the rule of the header comment, or whose fault shows at this byte. */
static inline uint64_t S_misplaced(const struct masks *m, uint64_t inside, uint64_t separator, const struct carry *c)
{
    uint64_t opening = m->quote & inside, closing = m->quote & ~inside;
    uint64_t behind_separator = separator << 1 | c->separator, behind_quote = m->quote << 1 | c->quote;
    uint64_t behind_closing = closing << 1 | c->closing;
    return (opening & ~behind_separator & ~behind_quote) | (behind_closing & ~separator & ~m->quote);
}

static size_t S_scan(struct csvscan *s, struct str text, struct csv_syntax syntax)
{
    csvscan_reserve(s, text.len);
    uint32_t *at = s->at, *row = s->row_end, *escape = s->escape, *inner = s->inner;
    struct carry c = {.separator = 1}; /* the text begins behind a line end, so to speak */
    size_t stop = text.len;
    for (size_t base = 0; base < text.len; base += 64) {
        struct masks m;
        S_masks(text.ptr + base, syntax, &m);
        uint64_t valid = text.len - base >= 64 ? ~0ULL : (1ULL << (text.len - base)) - 1;
        m.quote &= valid;
        uint64_t line_end = m.cr | (m.lf & ~(m.cr << 1 | c.cr));
        uint64_t inside = c.inside;
        if (m.quote | c.inside | c.closing) {
            inside = S_prefix_xor(m.quote) ^ c.inside;
            uint64_t separator = m.delimiter | m.cr | m.lf, bad = S_misplaced(&m, inside, separator, &c) & valid;
            if (bad) {
                stop = base + (size_t)__builtin_ctzll(bad);
                valid &= (bad & -bad) - 1;
            }
            uint64_t reopened = m.quote & inside & ((m.quote & ~inside) << 1 | c.closing);
            escape = S_flatten(escape, reopened & valid, (uint32_t)base);
            inner = S_flatten(inner, line_end & inside & valid, (uint32_t)base);
            c.closing = (m.quote & ~inside) >> 63;
            c.quote = m.quote >> 63;
        } else {
            c.closing = c.quote = 0;
        }
        uint64_t ends = line_end & ~inside & valid, structural = ends | (m.delimiter & ~inside & valid);
        row = S_row_ends(row, ends, structural, (uint32_t)(at - s->at));
        at = S_flatten(at, structural, (uint32_t)base);
        if (stop != text.len)
            break;
        c.inside = inside >> 63 ? ~0ULL : 0;
        c.cr = m.cr >> 63;
        c.separator = (m.delimiter | m.cr | m.lf) >> 63;
    }
    s->open = stop == text.len && c.inside; /* behind the end of a last, short block the parity stays as it is */
    s->n_at = (size_t)(at - s->at);
    s->n_rows = (size_t)(row - s->row_end);
    s->n_escapes = (size_t)(escape - s->escape);
    s->n_inner = (size_t)(inner - s->inner);
    return stop;
}
