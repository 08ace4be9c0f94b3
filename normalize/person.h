/*
 * Reading a person's whole name: which words are given names, middle names, family name, suffix; titles go.
 *
 * In order of evidence: a comma ("Family, Given"); a family name in capitals ("DUPONT Jean"); a patronymic at the end
 * ("Ivanov Ivan Ivanovich") and Vietnamese family names, which stand first; names in Han, kana or Hangul, family first,
 * cut by a list of family names when there is no space; particles ("Anna von der Heide"); two Iberian family names
 * ("Gabriel García Márquez"); else the last word is the family name. The words keep their spelling.
 */
#ifndef IDEM_NORMALIZE_PERSON_H
#define IDEM_NORMALIZE_PERSON_H

#include "normalize/normalizer.h"

enum { PERSON_TOKENS = 32 }; /* what follows is left out of the parts */

struct person_token {
    struct str raw; /* as written, without commas */
    struct str key; /* folded letters and digits only: for look-ups */
    bool comma_after, capitals, lower, dotted;
};

struct person_part {
    struct str raw[PERSON_TOKENS];
    unsigned n;
};

struct person {
    struct person_part given, middle, family;
    bool western_order;    /* a foreign name in an East Asian script, parted by middle dots: given name first */
    struct str suffix;     /* canonical: "jr", "sr", "2", ...; empty: none */
    struct str suffix_raw; /* as written */
};

/* Parts are views into `raw` or into scratch. */
void person_parse(struct normalizer *n, struct str raw, struct person *p);
/* By its ending: Ivanovich. `key` is folded. */
bool person_is_patronymic(struct str key);
/* The words of a part with a space between (nothing between Han, kana or Hangul), in `out`. */
struct str person_part_text(const struct person_part *part, struct arena *out);
/* With a space between all of them. */
struct str person_part_words(const struct person_part *part, struct arena *out);

#endif
