/*
 * Private to normalize/: the normaliser's state, the functions of every type, and text helpers that they share.
 *
 * Scratch memory (`scratch` and what the helpers return unless they say otherwise) lives until the next
 * normalize_value or normalize_split; what goes into a struct norm is copied into the caller's arena.
 */
#ifndef IDEM_NORMALIZE_NORMALIZER_H
#define IDEM_NORMALIZE_NORMALIZER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/unicode.h"
#include "normalize/normalize.h"

struct reading;
struct simple_names;
struct address_templates;

struct normalizer {
    struct unicode *unicode;
    struct reading *reading; /* the name or address that was read last: see normalize/reading.h */
    struct simple_names *names; /* NULL until a name comes: see normalize/simple_name.h */
    struct address_templates *templates; /* NULL until an address comes: see normalize/address_template.h */
    struct arena scratch;
    struct {
        struct str raw, text;
    } folded; /* the text that was folded last, by place, and what came of it, in scratch; raw.ptr NULL: none */
    struct buf fold, strip; /* used by the helpers below only */
    struct buf text, more;  /* free for any type's function: cleared by whoever uses them */
};

/* A new value: nothing in scratch holds any more. */
static inline void normalizer_begin(struct normalizer *n)
{
    arena_reset(&n->scratch);
    n->folded.raw.ptr = NULL;
}

/* NFKC case fold, accents off in Latin, Greek and Cyrillic, white space trimmed and made single spaces. In scratch. */
struct str normalizer_fold(struct normalizer *n, struct str raw);
/* ASCII transliteration of folded text: the text itself when it is ASCII; Han gives nothing. In scratch. */
struct str normalizer_latin(struct normalizer *n, struct str folded);
/* The value when nothing else is known: CANON = folded text (or the raw text when nothing is left), NORM_INVALID. */
void normalizer_invalid(struct normalizer *n, struct str raw, struct arena *out, struct norm *value);

/* Tokens: views into a text. */
enum { MOST_TOKENS = 256 }; /* of one value; what follows stays in the last token */
struct tokens {
    struct str token[MOST_TOKENS];
    unsigned n;
};
/* Splits folded text at everything that is neither letter, mark nor digit. */
void tokens_split(struct str folded, struct tokens *t);
/* By bytes; equal ones stay unless `distinct`. */
void tokens_sort(struct tokens *t, bool distinct);
/* Joined by `separator` (a NUL byte: by nothing) into `out`. */
struct str tokens_join(const struct tokens *t, char separator, struct arena *out);

/* names and texts */
normalize_fn normalize_given_name, normalize_middle_name, normalize_family_name, normalize_name_suffix,
    normalize_full_name;
normalize_fn normalize_organisation; /* and employer */
normalize_fn normalize_city, normalize_region;
normalize_fn normalize_title, normalize_text, normalize_category;

/* values */
normalize_fn normalize_birth_date, normalize_date, normalize_timestamp;
normalize_fn normalize_gender, normalize_email, normalize_phone;
normalize_fn normalize_address, normalize_house_number, normalize_postcode, normalize_country;
normalize_fn normalize_identifier, normalize_url;
normalize_fn normalize_number, normalize_amount, normalize_currency, normalize_latitude, normalize_longitude;
normalize_fn normalize_encoding;
normalize_fn normalize_hashed;

/* Splitting functions: see normalize_split. */
typedef unsigned split_fn(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                          struct norm_piece piece[MOST_PIECES]);
split_fn split_full_name, split_address;

#endif
