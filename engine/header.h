/*
 * What a column's name says: the field it names in one of nine languages, as people and programs write it ("First
 * Name", "fname", "MailingPostalCode", "has_address.street", "Geburtsdatum", "дата_рождения").
 *
 * A name is cut into tokens (at signs, at camelCase, between letters and digits), folded, and every run of tokens is
 * looked up in a table of phrases; the longest that is found decides, words that only tell whose or which ("customer",
 * "billing", "primary") do not count.
 */
#ifndef IDEM_ENGINE_HEADER_H
#define IDEM_ENGINE_HEADER_H

#include "base/error.h"
#include "base/map.h"
#include "base/str.h"

/* What names beside fields may say. */
enum header_says {
    SAYS_NOTHING,
    SAYS_FIELD,     /* `field` names it */
    SAYS_NAME,      /* a name: of a person, an organisation, a thing */
    SAYS_ID,        /* the number of the record itself */
    SAYS_REFERENCE, /* the number of something: a customer, an account */
    SAYS_UPDATED,   /* when the record changed */
    SAYS_CREATED,
    SAYS_KIND,      /* what the record is: person, organisation, ... */
    SAYS_IS_PERSON, /* a yes or no */
    SAYS_IS_ORGANISATION,
    SAYS_BIRTH_YEAR,
    SAYS_BIRTH_MONTH,
    SAYS_BIRTH_DAY,
    SAYS_ADDRESS_LINE2, /* what stands below the street */
    SAYS_IGNORE         /* known, and no evidence of identity */
};

enum header_whose {
    WHOSE_OWN,
    WHOSE_SECOND, /* a further one: shipping, other, alternate, work ... */
    WHOSE_NATIVE, /* the same in another script, or a former one */
    WHOSE_OTHERS  /* somebody else's: emergency contact, spouse, manager */
};

struct header_meaning {
    enum header_says says;
    const char *field; /* a known field name, or a name of rules/types.c; NULL unless SAYS_FIELD */
    double share;      /* of the name that the phrase explains, 0..1 */
    unsigned number;   /* "email2": 2; 0 none */
    enum header_whose whose;
};

struct header_words;
enum idem_status header_words_open(struct header_words **out, struct idem_error *err);
void header_words_close(struct header_words *w);
struct header_meaning header_meaning(struct header_words *w, struct str name);

#endif
