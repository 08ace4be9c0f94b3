/*
 * Normalisation: raw text -> comparable value (record/norm.h says which forms each type has).
 *
 * A struct normalizer holds ICU handles and scratch memory; one per thread. The result depends on the arguments alone:
 * type, context, raw bytes, and the tables compiled in; normalize_version() names those and changes with them.
 * Never fails: what cannot be understood comes back flagged NORM_INVALID with the folded text as CANON. A value that
 * holds a letter or digit never normalises to an empty CANON.
 */
#ifndef IDEM_NORMALIZE_NORMALIZE_H
#define IDEM_NORMALIZE_NORMALIZE_H

#include "base/arena.h"
#include "base/error.h"
#include "record/field.h"
#include "record/norm.h"

/* How to read values of one field of one source. Zeroed: no hints. */
struct norm_context {
    char country[3];        /* ISO 3166 alpha-2 default for phones, addresses, postcodes, dates; "" unknown */
    struct str date_format; /* ICU pattern ("dd/MM/yyyy"); empty: every common order is tried */
    enum { DATE_ORDER_UNKNOWN, DATE_ORDER_DMY, DATE_ORDER_MDY, DATE_ORDER_YMD } date_order;
    int pivot_year; /* two-digit years read as the century in which they are at most this year; 0: a fixed default */
    struct str identifier_kind; /* field name of an identifier, for rules of its own; may be empty */
    struct str currency;        /* default for amounts */
};

struct normalizer;

enum idem_status normalizer_new(struct normalizer **out, struct idem_error *err);
void normalizer_free(struct normalizer *n);

/* The forms point into memory of `out`. `raw` is UTF-8 (checked at the door). Blank raw text gives an empty value. */
void normalize_value(struct normalizer *n, enum field_type type, const struct norm_context *context, struct str raw,
                     struct arena *out, struct norm *value);

/*
 * Splitting: a value that holds several fields gives pieces of raw text, each to be normalised as its own type.
 *   full_name -> given_name, middle_name, family_name, name_suffix (or organisation when it has a legal form)
 *   address   -> house_number, address (the rest), and city, region, postcode, country when a full address ends in them
 * Pieces keep their original spelling. Returns the number of pieces, 0 when the type does not split.
 */
struct norm_piece {
    enum field_type type;
    struct str raw;
};
enum { MOST_PIECES = 12 };
unsigned normalize_split(struct normalizer *n, enum field_type type, const struct norm_context *context, struct str raw,
                         struct arena *out, struct norm_piece piece[MOST_PIECES]);

/* Both at once, for a type that splits: the text is read once. */
unsigned normalize_both(struct normalizer *n, enum field_type type, const struct norm_context *context, struct str raw,
                        struct arena *out, struct norm *value, struct norm_piece piece[MOST_PIECES]);

/* A name of all tables and of ICU's and Unicode's versions, for meta.normaliser: 16 hex digits. */
const char *normalize_version(void);

/* One row of the table of normalisers. */
typedef void normalize_fn(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                          struct norm *value);

#endif
