/*
 * One function for each kind of comparison, private to the matcher: the level (row number of the kind's table in
 * matcher/compare.c) that two values reach. Symmetric in a and b.
 */
#ifndef IDEM_MATCHER_COMPARE_KINDS_H
#define IDEM_MATCHER_COMPARE_KINDS_H

#include "matcher/compare.h"
#include "matcher/similarity.h"

unsigned compare_given(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_family(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_middle(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_full_name(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_organisation(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_date(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_email(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_phone(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_address(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_house_number(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_place(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_postcode(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_identifier(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_text(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_model_number(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_number(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_code(const struct compare_context *context, const struct norm *a, const struct norm *b);
unsigned compare_encoding(const struct compare_context *context, const struct norm *a, const struct norm *b);

/* Names of levels as numbers, in the order of the tables. */
enum {
    GIVEN_EXACT,
    GIVEN_NICKNAME,
    GIVEN_CLOSE,
    GIVEN_CONTAINED,
    GIVEN_INITIAL,
    GIVEN_SWAPPED,
    GIVEN_CROSSED,
    GIVEN_PHONETIC,
    GIVEN_SIMILAR,
    GIVEN_GENERATION,
    GIVEN_ELSE
};
enum { FAMILY_EXACT, FAMILY_CLOSE, FAMILY_CONTAINED, FAMILY_PHONETIC, FAMILY_SIMILAR, FAMILY_GENERATION, FAMILY_ELSE };

/* The text in which two values are compared: Latin when both have it, else the native script. */
void shared_script(const struct norm *a, const struct norm *b, struct str *x, struct str *y);

/* The same for names of persons: the reading of Han where the other side is not in Han. */
void name_texts(const struct norm *a, const struct norm *b, struct str *x, struct str *y);

/* Does the text begin with Han, kana or Hangul? */
bool ideographic(struct str s);

/* Equal in either form, spaces aside. x and y: the texts in the shared script. */
bool same_name(const struct norm *a, const struct norm *b, struct str x, struct str y);

/* One bit a letter; false when a byte is not ASCII, or the text is longer than the part of it that is compared. */
bool letters_of(struct str s, uint64_t *mask);

/* Two ASCII texts, of these letters and lengths, that nearly_equal will refuse. */
bool letters_are_apart(uint64_t p, size_t x_len, uint64_t q, size_t y_len);

/* One typing error apart: by length, one or two edits, or a high Jaro-Winkler. At most three letters longer. */
bool nearly_equal(struct str x, struct str y);

/* Written badly: of four letters or more at most two in five differ. */
bool similar(struct str x, struct str y);

/* Do the two lists of space-separated tokens share one? */
bool tokens_intersect(struct str a, struct str b);

#endif
