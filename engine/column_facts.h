/*
 * What is known of one column after its values went by: fill, distinct values, lengths, kinds, shapes. Everything a
 * guess and a profile say comes from here. Values themselves are not kept, but for short ones of columns with few
 * distinct values (kinds of party, flags), which decide what such a column means.
 * Memory is bounded: at most `most_distinct` hashes and a few thousand shapes a column.
 */
#ifndef IDEM_ENGINE_COLUMN_FACTS_H
#define IDEM_ENGINE_COLUMN_FACTS_H

#include "base/map.h"
#include "engine/value_kind.h"

enum { MOST_CATEGORIES = 48, FILL_ROWS = 1 << 14, MOST_SHAPES = 2000 };

struct shape_count {
    struct str shape;
    uint64_t n;
};

struct column_facts {
    struct str name;
    uint64_t rows, filled; /* filled: rows with a value that is not white space */
    uint64_t last_filled;  /* number of the last such row */
    uint64_t values;       /* rows with arrays have several */
    uint64_t kind[VALUE_KINDS];
    uint64_t spaced;              /* white space at an end */
    uint64_t not_ascii, replaced; /* replaced: U+FFFD, or UTF-8 read as Latin-1 */
    size_t min_len, max_len;      /* bytes */
    uint64_t total_len;
    int64_t least, greatest; /* of the integers */
    /* dates in numbers: what their first two numbers tell of the order */
    uint64_t dates, first_over_12, second_over_12, year_first, two_digit_years;

    uint32_t calling[1000]; /* phone numbers with + by calling code */

    uint64_t distinct;
    bool distinct_exact; /* false: there were more than most_distinct */
    uint64_t most_distinct;
    uint64_t repeated; /* values that were there before */
    uint64_t *hash;    /* [slots] 0: empty */
    uint32_t *count;
    size_t slots;

    struct str category[MOST_CATEGORIES]; /* the distinct values, while they are few and short */
    uint64_t category_n[MOST_CATEGORIES];
    unsigned n_categories;
    bool many; /* more than MOST_CATEGORIES, or long ones */

    struct map shape_index;
    struct shape_count *shape;
    size_t n_shapes;
    uint64_t other_shapes;
    struct buf shape_text; /* scratch */

    uint64_t filled_bits[FILL_ROWS / 64]; /* which of the first rows have a value */
    struct arena arena;
};

void column_facts_init(struct column_facts *f, struct str name, uint64_t most_distinct);
void column_facts_deinit(struct column_facts *f);

/* A row begins; then its values. */
void column_facts_row(struct column_facts *f);
void column_facts_value(struct column_facts *f, const struct lexicon *words, struct str raw);

/* Share of the values that are of a kind, 0 when there are none. */
double column_share(const struct column_facts *f, enum value_kind kind);
/* Every row has a value and none is there twice. */
bool column_unique(const struct column_facts *f);
/* Rows among the first FILL_ROWS where both, or just `a`, have a value. */
uint64_t column_both_filled(const struct column_facts *a, const struct column_facts *b);
uint64_t column_only_filled(const struct column_facts *a, const struct column_facts *b);
/* Values that come more than `times` times. */
uint64_t column_frequent(const struct column_facts *f, uint32_t times);
/* Does a value of this hash stand in the column? */
bool column_has_hash(const struct column_facts *f, uint64_t hash);

#endif
