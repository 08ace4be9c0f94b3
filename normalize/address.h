/*
 * Addresses, private to normalize/. An address is a row of tokens; each gets a part to play. Three files:
 *   address_word.c   what single words mean
 *   address_token.c  text to tokens
 *   address_tail.c   from the end: country, postcode, region, city
 *   address_street.c the rest: post box, units, house number, street, building
 *   address.c        the forms and the pieces that come of it
 * No gazetteer and no statistics: words, shapes and order alone, so what cannot be told stays with the street.
 */
#ifndef IDEM_NORMALIZE_ADDRESS_H
#define IDEM_NORMALIZE_ADDRESS_H

#include "normalize/normalizer.h"

enum { MOST_ADDRESS_TOKENS = 64 };

enum address_part {
    PART_NAME, /* of a street or building: what nothing else is known of */
    PART_TYPE, /* street, avenue */
    PART_DIRECTION,
    PART_NUMBER,
    PART_UNIT_WORD, /* apartment, floor */
    PART_UNIT,
    PART_BOX_WORD,
    PART_BOX,
    PART_MARK,  /* "no." before a number: says nothing more */
    PART_PLACE, /* of a building or quarter beside the street */
    PART_ASIDE, /* near, between: how to find it */
    PART_CITY,
    PART_REGION,
    PART_POSTCODE,
    PART_COUNTRY
};

/* What a word can be: bits of address_token.kinds. */
enum {
    WORD_TYPE = 1,             /* a kind of street, in any position */
    WORD_TYPE_FIRST = 2,       /* one that names of streets begin with: rue, calle, via */
    WORD_STEM = 4,             /* ends in -strasse, -str, -straat */
    WORD_STRONG = 8,           /* a kind of street that seldom ends the name of a city */
    WORD_DIRECTION = 16,       /* north, nw */
    WORD_FILLER = 32,          /* the, de la */
    WORD_UNIT = 64,            /* apartment, floor */
    WORD_NUMBER = 128,         /* ninety, sixth */
    WORD_MARK = 256,           /* no., nr */
    WORD_ASIDE = 512,          /* near, between */
    WORD_BUILDING = 1024,      /* house, tower */
    WORD_NUMBERED = 2048,      /* highway: its name is the number behind it */
    WORD_NUMBERED_FIRST = 4096 /* carrera: the same where no name stands before it */
};

enum { KNOWN_WORDS = 1024, KNOWN_WORD_BYTES = 14 };

/* What words were found to be, by hash. */
struct address_words {
    struct {
        char text[KNOWN_WORD_BYTES]; /* zeros behind its end */
        uint16_t kinds;
    } word[KNOWN_WORDS];
};

struct address_token {
    struct str raw;   /* where it stands in the raw text */
    struct str text;  /* folded, digits of ASCII, in scratch memory */
    struct str canon; /* resolved word; empty: the text */
    enum address_part part;
    char before; /* strongest sign before it: 0 at the start, ',' also for line ends and brackets, '#', '/', '-', '.', '
                    ' */
    bool number; /* begins with a digit */
    uint16_t kinds; /* WORD_ */
};

struct address {
    struct address_token token[MOST_ADDRESS_TOKENS];
    unsigned n;
    unsigned end; /* tokens before the tail: city, region, postcode, country */
    char country[3];
};

/* Splits and folds; tokens past the limit are left out and *whole is false. */
void address_tokens(struct normalizer *n, struct str raw, struct address *a, bool *whole);
/* Marks the tail, and sets a->end. */
void address_tail(struct normalizer *n, struct address *a);
/* Marks the rest. */
void address_street(struct normalizer *n, struct address *a);

/* Does the run of tokens [from, to) stand in the table? Joined by single spaces. */
struct words;
bool address_find(const struct words *w, const struct address *a, unsigned from, unsigned to, struct str *canonical);
/* The longest run of the table that begins at `from` and ends before `to`; how many tokens, 0 for none. */
unsigned address_find_from(const struct words *w, const struct address *a, unsigned from, unsigned to,
                           struct str *canonical);

/* Bits of WORD_ of a folded word. Those of short words are kept: the same few make most addresses. */
unsigned address_word_kinds(struct address_words *known, struct str word);
/* Length of the part of "hauptstr" before its "str", "strasse", "straat"; 0: no such word. */
size_t address_stem(struct str word);
/* The number that a word stands for; 0: none. */
unsigned address_word_number(struct str word);
/* What an abbreviation is written out as: a kind of street, one that stands first, a direction, a word of a name.
 * False: nothing. */
bool address_write_type(struct str word, struct str *canonical);
bool address_write_type_first(struct str word, struct str *canonical);
bool address_write_direction(struct str word, struct str *canonical);
bool address_write_name(struct str word, struct str *canonical);
/* Runs of tokens: "unit", "floor", ... of the words for parts of buildings; post boxes. How many tokens, 0 for none. */
unsigned address_find_unit(const struct address *a, unsigned from, unsigned to, struct str *kind);
unsigned address_find_box(const struct address *a, unsigned from, unsigned to);

#endif
