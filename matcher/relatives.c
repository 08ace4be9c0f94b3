#include "matcher/relatives.h"

#include "matcher/compare.h"

/* Levels of whole values that relatives do not share but come near to; what comparison_info calls them. */
enum { TEXT_FROM = 1, ORGANISATION_FROM = 3, FULL_NAME_FROM = 5, IDENTIFIER_FROM = 1 };

unsigned relatives_from(const struct comparison *c, enum field_type type, bool persons, bool first)
{
    switch (c->kind) {
    case CMP_FAMILY:
    case CMP_ADDRESS:
    case CMP_HOUSE_NUMBER:
    case CMP_PLACE:
    case CMP_POSTCODE:
    case CMP_PHONE:
    case CMP_EMAIL:
        return 0;
    case CMP_FULL_NAME:
        return FULL_NAME_FROM;
    case CMP_ORGANISATION:
        return persons || !first ? 0 : ORGANISATION_FROM;
    case CMP_TEXT: /* authors and descriptions wholly, titles in part */
        return persons ? LEVEL_NULL : type == FIELD_TITLE && first ? TEXT_FROM : 0;
    case CMP_CODE:
        return persons || type == FIELD_URL ? LEVEL_NULL : 0;
    case CMP_IDENTIFIER: /* products of a series have neighbouring numbers */
        return persons ? LEVEL_NULL : IDENTIFIER_FROM;
    case CMP_NUMBER:
    case CMP_DATE:
        return persons ? LEVEL_NULL : 0;
    default:
        return LEVEL_NULL;
    }
}

/* A number that is not the same: that of the next size or colour, now and then. */
static const double identifier_levels[] = {0, .15, .10, .75};
/* A title that is not the same: relatives share some of the words, seldom most of them. */
static const double text_levels[] = {0, .02, .05, .10, .20, .25, .38};
static const double organisation_levels[] = {0, 0, 0, .05, .01, .15, .79};
static const double full_name_levels[] = {0, 0, 0, 0, 0, .5, .5};

/* As matches do, but for mailboxes: one family in ten shares one. */
double relatives_level(const struct comparison *c, unsigned level)
{
    const struct level_info *info = comparison_info(c->kind)->level;
    unsigned last = c->n_levels - 1;
    if (c->related_from > 0) {
        const double *partial = c->kind == CMP_TEXT           ? text_levels
                                : c->kind == CMP_ORGANISATION ? organisation_levels
                                : c->kind == CMP_IDENTIFIER   ? identifier_levels
                                                              : full_name_levels;
        return partial[level];
    }
    if (c->kind != CMP_EMAIL)
        return info[level].m;
    return level == last ? 1 - (1 - info[last].m) / 8 : info[level].m / 8;
}
