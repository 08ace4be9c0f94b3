/*
 * Private to normalize/: the short way for plain names, which most are: words of ASCII letters that no list knows as
 * anything but a name. What it gives is what the long way gives (names.c, person.c, organisation.c), to the byte; it
 * takes a tenth of the time, for no word is looked up in ten lists and what a word gives is kept.
 */
#ifndef IDEM_NORMALIZE_SIMPLE_NAME_H
#define IDEM_NORMALIZE_SIMPLE_NAME_H

#include "normalize/normalizer.h"

enum { SIMPLE_WORDS = 3, SIMPLE_LETTERS = 15 }; /* most words of a full name, letters of a word */

struct simple_word {
    struct str raw;                 /* as written */
    char lower[SIMPLE_LETTERS + 1]; /* with zeros behind it */
};

/* A full name: given name, perhaps a middle name, family name, in this order however they were written. */
struct simple_name {
    struct simple_word word[SIMPLE_WORDS];
    unsigned n; /* 0: the name is not plain */
};

/* What is known of words, kept from value to value. */
struct simple_names;
void simple_names_free(struct simple_names *s);

/* Is the text "Given Family", "Given Middle Family" or "Family, Given Middle", with nothing about it that the long way
 * looks at? Otherwise name->n is 0. */
bool simple_name_read(struct normalizer *n, struct str raw, struct simple_name *name);
/* The forms of such a name. */
void simple_name_forms(struct normalizer *n, const struct simple_name *name, struct arena *out, struct norm *value);
/* One word as given, middle (`nick`) or family name. False: not plain, nothing was done. */
bool simple_name_word(struct normalizer *n, struct str raw, bool nick, struct arena *out, struct norm *value);

#endif
