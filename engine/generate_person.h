/*
 * Inside engine/: one synthetic person, computed from (seed, number) alone, so that any record can be made at any time
 * without memory of the others.
 *
 * Persons stand in blocks of twelve that are cut into households of one to five. A household shares country, surname
 * (not always), address, landline and now and then a mailbox; a quarter of them has moved once. Numbers of one
 * household are neighbours; the order of the rows hides it.
 */
#ifndef IDEM_ENGINE_GENERATE_PERSON_H
#define IDEM_ENGINE_GENERATE_PERSON_H

#include <stdint.h>

#include "engine/generate_names.h"
#include "idem.h"

/* A short text under construction; what does not fit is cut at a character. */
enum { GEN_TEXT = 94 };
struct gen_text {
    uint8_t len;
    char ptr[GEN_TEXT];
};

static inline struct str gen_str(const struct gen_text *t)
{
    return (struct str){t->ptr, t->len};
}
void gen_set(struct gen_text *t, struct str s);
void gen_add(struct gen_text *t, struct str s);
void gen_add_byte(struct gen_text *t, char byte);
void gen_add_number(struct gen_text *t, uint64_t number, unsigned digits); /* with leading zeros */

/* True `per_mille` times in a thousand. */
bool gen_chance(uint64_t *random, unsigned per_mille);
/* An index below n, the lower the more often: the law of Zipf and Mandelbrot, density (index + shift)^-1.5. */
unsigned gen_zipf(uint64_t *random, unsigned n, double shift);
const char *gen_pick(uint64_t *random, struct gen_list list);

struct gen_phone {
    const struct gen_country *country;
    struct gen_text area, rest; /* digits of the national number; area empty: there is no such phone */
};

struct gen_place {
    struct gen_text street_name, street_type, street_short, number, flat, zip, town;
    struct gen_phone landline;
};

struct gen_name {
    struct gen_text native, ascii;
};

struct gen_person {
    const struct gen_country *country;
    bool female;
    struct gen_name given, family;
    struct str familiar;       /* "Short~Shorter" for the given name, or empty */
    struct str middle;         /* second given name, or empty */
    struct gen_name former;    /* surname before marriage; empty: none */
    int64_t married;           /* days since 1970 */
    int64_t born;              /* days since 1970 */
    struct gen_place place[2]; /* [1]: before the household moved */
    int64_t moved;             /* days since 1970, INT64_MIN never */
    struct gen_phone mobile;
    struct gen_text email[2]; /* [1]: another mailbox */
};

/* `households`: none: everybody lives alone; low: some pairs; high: nearly everybody lives with others, a quarter of
 * the later children are twins, a fifth of the children are named after a parent. */
void gen_person(uint64_t seed, uint64_t number, enum idem_amount households, struct gen_person *p);

#endif
