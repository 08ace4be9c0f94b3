/*
 * A normalised value: what the matcher sees of one raw value. A few flags and up to eight named forms of the text;
 * which forms a type has, and what they mean, is listed here. A form that a value does not have is empty. Forms are
 * UTF-8. "Tokens" are separated by one space.
 *
 *   person names (given, middle, family name, suffix, full_name)
 *     CANON   folded (NFKC case fold, accents off in Latin, Greek, Cyrillic; Han as simplified ones), no titles,
 *             punctuation resolved; native script
 *     LATIN   the same transliterated to ASCII; equal to CANON for Latin; empty where it would mislead (Han)
 *     PHON    a phonetic code for each token of LATIN (of READING where LATIN is empty)
 *     NICK    canonical names that the given name may stand for, sorted, itself among them ("bill": "bill william")
 *     TOKENS  tokens of LATIN (of CANON where LATIN is empty), sorted, particles and initials kept
 *     GENERATION  "jr", "sr", "2", ... of a given, middle or family name that ends in one (of full_name it is the last
 *             word of CANON)
 *     READING of Han: a Latin word for each token as Mandarin reads it, for comparisons with Latin names
 *   organisation, employer, and full_name of an organisation (it has a BASE then)
 *     CANON, LATIN, PHON as above; BASE the name without legal form and filler words; ACRONYM initials of BASE's tokens
 *     (three or more); LEGAL the class of the legal form ("ltd"); TOKENS sorted tokens of BASE in Latin
 *   email     CANON lower case as given; BASE the canonical mailbox (plus tag, provider dots off, IDN as Unicode);
 *             LOCAL local part of BASE; DOMAIN of BASE; TOKENS letter runs of LOCAL
 *   phone     CANON E.164 when valid, else the digits; BASE national significant number; EXT extension
 *   date      CANON "1984-03-02", or "1984-03", "1984", "--03-02" when partial
 *   timestamp CANON "2026-11-21T08:58:00Z" or a date
 *   address   CANON all tokens, abbreviations resolved; NUMBER house number; UNIT flat, floor; BOX post box;
 *             BASE street name without type and directional; TOKENS sorted tokens of street and building names
 *   house_number  CANON "12a"; BASE "12"
 *   city, region  CANON, LATIN, PHON; BASE without filler ("saint" for "st", "city of" off)
 *   postcode  CANON upper case without spaces; BASE its leading part (outward code, first three)
 *   country, currency, gender  CANON code ("DE", "EUR", "f")
 *   identifier CANON letters and digits, upper case; BASE digits only
 *   url       CANON without scheme, www and trailing slash; DOMAIN registrable host
 *   title, text, category  CANON, LATIN folded; TOKENS sorted distinct tokens; BASE model numbers (tokens with digits)
 *   number, amount, latitude, longitude  CANON a plain decimal, no exponent, no trailing zeros
 *   encoding  CANON the bits of a linkage filter, six a character: '0' + value (no ending of odd bits but zeros);
 * TOKENS the sorted tokens that came with it
 *   hashed    CANON the 26 characters of a keyed token, all that is kept of the value; its flags are the value's
 */
#ifndef IDEM_RECORD_NORM_H
#define IDEM_RECORD_NORM_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum { NORM_FORMS = 8 };

enum norm_form {
    NORM_CANON = 0,
    /* names, organisations, places, texts */
    NORM_LATIN = 1,
    NORM_PHON = 2,
    NORM_NICK = 3,
    NORM_TOKENS = 4,
    NORM_BASE = 5, /* also: email, phone, address, postcode, identifier */
    NORM_ACRONYM = 6,
    NORM_LEGAL = 7,
    /* names of persons */
    NORM_GENERATION = 6,
    NORM_READING = 7,
    /* email, url */
    NORM_LOCAL = 1,
    NORM_DOMAIN = 2,
    /* phone */
    NORM_EXT = 1,
    /* address */
    NORM_NUMBER = 1,
    NORM_UNIT = 2,
    NORM_BOX = 3
};

enum {
    NORM_GENERIC = 1, /* a placeholder or shared value ("n/a", info@, 000-0000, 1900-01-01): kept, but no evidence */
    NORM_INVALID = 2, /* could not be understood as its type (impossible date, e-mail without @): compared as text */
    NORM_PARTIAL = 4, /* a date without day or year, a name of initials only */
    NORM_UNSURE = 8   /* one of several readings was taken (03/04/2001 without a configured order) */
};

struct norm {
    uint32_t flags;
    struct str form[NORM_FORMS];
};

/*
 * Appends the packed value: flags and the number of forms, for each form up to the last one present its length or the
 * form before it that it is the same as, the front or the back of; then the bytes of those that are none of that. Equal
 * values have equal bytes. An e-mail address takes half the bytes so, a one-word name a third.
 */
void norm_pack(const struct norm *n, struct buf *out);
/* A view into `packed`, which must outlive it. False when the bytes are not a packed value. */
bool norm_unpack(struct str packed, struct norm *n);
/* Has the packed value flags? True also for what is not a packed value. */
bool norm_is_flagged(struct str packed);

#endif
