/*
 * Private to normalize/: a full name or an address is read once for its forms and its pieces. What was read is kept in
 * the normaliser from normalising a value to splitting it (normalize_both), and not a step longer.
 */
#ifndef IDEM_NORMALIZE_READING_H
#define IDEM_NORMALIZE_READING_H

#include "normalize/address.h"
#include "normalize/person.h"
#include "normalize/simple_name.h"

struct reading {
    bool kept;       /* the text below is read */
    struct str text; /* by place: it is the caller's */
    bool organisation;
    struct simple_name simple; /* of a plain full name */
    struct person person;
    struct address address;
    struct address_words words;
};

/* Is it this text that was read last? */
static inline bool reading_is_of(const struct reading *r, struct str text)
{
    return r->kept && r->text.ptr == text.ptr && r->text.len == text.len;
}

static inline void reading_keep(struct reading *r, struct str text)
{
    r->kept = true;
    r->text = text;
}

#endif
