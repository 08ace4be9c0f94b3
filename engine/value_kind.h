/*
 * What one value looks like, without knowing its column: the evidence from which column types are guessed. Cheap tests
 * on bytes; a value is of several kinds at once ("1984" is an integer, a year and a code).
 */
#ifndef IDEM_ENGINE_VALUE_KIND_H
#define IDEM_ENGINE_VALUE_KIND_H

#include "base/buf.h"
#include "base/str.h"
#include "engine/value_words.h"

enum value_kind {
    VALUE_EMAIL,
    VALUE_URL,
    VALUE_UUID,
    VALUE_INTEGER,      /* digits, perhaps a sign */
    VALUE_NUMBER,       /* a decimal number of any notation, integers too */
    VALUE_AMOUNT,       /* a number with a currency */
    VALUE_DATE,         /* a day in any common notation, with or without a time */
    VALUE_TIMESTAMP,    /* a day and a time */
    VALUE_NUMERIC_DATE, /* 3/4/2001: day and month in an order that the value may not tell */
    VALUE_COMPACT_DATE, /* 20010304 */
    VALUE_COMPACT_DMY,  /* 04032001, and not the other way round */
    VALUE_YEAR,         /* 1850 .. 2100 */
    VALUE_PHONE,        /* 6 to 15 digits with signs between them that numbers are written with */
    VALUE_PHONE_PLUS,   /* the same with + in front */
    VALUE_GENDER,
    VALUE_BOOLEAN,
    VALUE_COUNTRY,       /* a code of two or three letters, or the name of a larger country */
    VALUE_WORDS,         /* letters, and signs that stand in names; no digit */
    VALUE_SEVERAL_WORDS, /* two words or more */
    VALUE_KNOWN_GIVEN,   /* the first or the last word is a frequent given name */
    VALUE_COMMA_NAME,    /* Family, Given */
    VALUE_LEGAL_FORM,    /* Ltd, GmbH, S.A. */
    VALUE_STREET,        /* words and a house number, or a word that stands in street names */
    VALUE_STARTS_DIGIT,
    VALUE_HAS_DIGIT,
    VALUE_CODE,        /* one token of letters and digits */
    VALUE_PLACEHOLDER, /* n/a, unknown, -, 0000, 1900-01-01 */
    VALUE_REGION_US,
    VALUE_REGION_AU,
    VALUE_PERSON_WORD, /* a word for "person" as a kind of party */
    VALUE_ORGANISATION_WORD,
    VALUE_IBAN,
    VALUE_KINDS
};

/* Bits of all kinds of a value without white space around it; 0 for an empty one. */
uint64_t value_kinds(const struct lexicon *words, struct str value);
static inline bool value_is(uint64_t kinds, enum value_kind kind)
{
    return kinds >> kind & 1;
}

/* The three numbers of a date such as 3/4/2001, 2001-03-04, 03.04.01, and how many digits each has; a time may follow.
 */
struct date_numbers {
    unsigned value[3], digits[3];
    bool has_time;
};
bool value_date_numbers(struct str value, struct date_numbers *numbers);

/* Appends the shape: a run of letters is "a", a digit 9, anything else itself; a run of ten or more digits is "9..";
 * at most 40 bytes, then "...". No letter or digit of the value is in it. */
void value_shape(struct str value, struct buf *out);

#endif
