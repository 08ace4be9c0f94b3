/*
 * Private to normalize/: addresses that differ in their one number only. How an address is read depends on how many
 * digits a number has, not on which they are; so what "12 York Street" gave is kept as a template, and "74 York Street"
 * is its copy with other digits. Four of five different addresses of a file are had so, at a tenth of the cost.
 *
 * A template is kept only where the number can be found again in what came out: once in CANON, at most once in each
 * other form and never in the sorted TOKENS; pieces are places in the raw text. Nothing that is flagged is kept, nor
 * what a placeholder ("test 1") may differ from by its digits.
 */
#ifndef IDEM_NORMALIZE_ADDRESS_TEMPLATE_H
#define IDEM_NORMALIZE_ADDRESS_TEMPLATE_H

#include "normalize/normalizer.h"

enum { TEMPLATE_KEY = 35, TEMPLATE_TEXT = 64, TEMPLATE_FORMS = 6, TEMPLATE_PIECES = 3 };

/* The raw text with 0 for each digit of its one number, and that number. */
struct address_key {
    char text[TEMPLATE_KEY];
    uint8_t len, at, digits; /* where the number stands in the raw text */
    char country[2];
    uint32_t hash;
};

/* 128 bytes: two lines of cache. */
struct address_template {
    uint32_t hash; /* 0: free */
    char country[2];
    uint8_t key_len, n_pieces;
    uint8_t len[TEMPLATE_FORMS], number_at[TEMPLATE_FORMS]; /* TEMPLATE_TEXT: the number is not in the form */
    struct {
        uint8_t type, from, len; /* of the raw text */
    } piece[TEMPLATE_PIECES];
    char key[TEMPLATE_KEY], text[TEMPLATE_TEXT]; /* the forms one behind the other */
};

struct address_templates;
void address_templates_free(struct address_templates *t);

/* False: the text is not of this kind. */
bool address_key_of(struct str raw, const char country[3], struct address_key *key);
/* NULL: not known yet. Valid until the next address_template_keep. */
const struct address_template *address_template_find(struct normalizer *n, const struct address_key *key);
/* Keeps what the text of this key gave, if it can be kept. */
void address_template_keep(struct normalizer *n, const struct address_key *key, struct str raw,
                           const struct norm *value, const struct norm_piece *piece, unsigned n_pieces);
void address_template_forms(const struct address_template *t, const struct address_key *key, struct str raw,
                            struct arena *out, struct norm *value);
unsigned address_template_pieces(const struct address_template *t, struct str raw,
                                 struct norm_piece piece[MOST_PIECES]);

#endif
