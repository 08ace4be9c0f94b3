/*
 * Comparisons: what each kind's levels are, and which level two values reach.
 *
 * Values are normalised (record/norm.h). Value comparisons look at one value a side; a set of values is compared by its
 * best pair, levels in order. CMP_GIVEN and CMP_FAMILY look at all name fields of both records, so that swapped names
 * are seen. Levels of a kind are ordered: a lower number is the better agreement, the last is "else".
 */
#ifndef IDEM_MATCHER_COMPARE_H
#define IDEM_MATCHER_COMPARE_H

#include "matcher/model.h"
#include "record/norm.h"

struct level_info {
    const char *name;
    double m, u; /* shipped defaults: used where data says nothing */
    double tf;   /* share of the term-frequency adjustment that this level takes, 0..1 */
    const char *says;
    int most_bits; /* not 0: the weight is this or less, whatever the data say; both are too rare to be counted */
};

struct comparison_info {
    enum comparison_kind kind;
    const char *name;
    struct level_info level[MOST_LEVELS];
};

const struct comparison_info *comparison_info(enum comparison_kind kind);
unsigned comparison_levels(enum comparison_kind kind);
/* The kind that compares values of a type by default. False for types that are not compared. */
bool comparison_kind_of(enum field_type type, enum comparison_kind *kind);

/* A comparison with the kind's default figures. */
void comparison_init(struct comparison *c, enum comparison_kind kind, unsigned field);

struct known_words;

/* What a value comparison may consult besides the two values: token frequencies (NULL: every token weighs the same). */
struct compare_context {
    const struct frequency_table *token;
    const struct known_words *words; /* of the column, worked out with `token`, or NULL; then of the two values: */
    uint32_t left, right;            /* their ids */
    uint32_t most_records;           /* a model number that more records have numbers nothing; 0: any may */
};

/* Level that two values reach. Neither may be missing; a generic value on either side gives LEVEL_NULL. */
unsigned compare_values(enum comparison_kind kind, const struct compare_context *context, const struct norm *a,
                        const struct norm *b);

/* The names of one record, as far as it has them; further ones are not looked at. */
enum { MOST_NAMES = 4 };
struct name_parts {
    struct norm given[MOST_NAMES], middle[MOST_NAMES], family[MOST_NAMES];
    unsigned n_given, n_middle, n_family;
};
/* Levels of CMP_GIVEN and CMP_FAMILY at once (LEVEL_NULL where a side has no value, and for the family name when the
 * two have changed places: CMP_GIVEN then speaks for both). */
void compare_names(const struct name_parts *a, const struct name_parts *b, unsigned *given, unsigned *family);

/* The level of CMP_GIVEN, of two records whose given names reach `given` and stand in no other place: a given name may
 * be the other's middle name. Needs given and middle names. */
unsigned compare_middle_names(const struct name_parts *a, const struct name_parts *b, unsigned given);

/* Shared-token weight of two lists of sorted tokens, in [0, SIM_ONE]: weighted Jaccard-like overlap
 * 2 * shared / (all of a + all of b), tokens weighted by rarity, near-equal tokens counting in part. */
int token_overlap(const struct compare_context *context, struct str a, struct str b);

#endif
