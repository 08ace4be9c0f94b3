/* The phrases of engine/header.c, private to it: what each means, in nine languages. */
#ifndef IDEM_ENGINE_HEADER_TABLE_H
#define IDEM_ENGINE_HEADER_TABLE_H

#include "engine/header.h"

struct header_row {
    enum header_says says;
    const char *field;
    const char *phrases; /* folded, words separated by one space, phrases by "|" */
};

const struct header_row *header_table(size_t *n);

/* Words that tell whose or which, and nothing of the field. */
extern const char HEADER_FILLERS[], HEADER_SECOND[], HEADER_OTHERS[], HEADER_NATIVE[];
/* A name that ends in one of these tells of something else: "phone type", "email verified". */
extern const char HEADER_ASIDE[];
/* A document's own attributes: "passport country", "licence expiry". */
extern const char HEADER_OF_DOCUMENT[];

#endif
