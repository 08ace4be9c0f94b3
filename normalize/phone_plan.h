/*
 * Numbering plans: what it takes to read a telephone number of a country as E.164.
 * Sources: ITU-T E.164 and the national plans published by the ITU; written by hand from those facts.
 */
#ifndef IDEM_NORMALIZE_PHONE_PLAN_H
#define IDEM_NORMALIZE_PHONE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Countries whose numbers need more than taking a prefix off. */
enum phone_rule { PHONE_PLAIN, PHONE_NANP, PHONE_ARGENTINA, PHONE_BRAZIL, PHONE_SAN_MARINO, PHONE_RULES };

struct phone_plan {
    uint16_t code;     /* calling code; several countries may share one */
    const char *trunk; /* prefixes of national dialling, "|" between them, the longest first; "" none */
    const char *idd;   /* prefixes of international dialling, likewise */
    uint32_t lengths;  /* bit n: national significant numbers of n digits exist */
    enum phone_rule rule;
};

/* The plan of an ISO 3166 alpha-2 country; *area is what its seven-digit local numbers lack ("876"), else "".
 * NULL: no such country. */
const struct phone_plan *phone_plan_of_country(const char country[3], const char **area);

/* The plan whose calling code these digits begin with; NULL: none. */
const struct phone_plan *phone_plan_of_code(const char *digits, size_t n_digits, size_t *code_len);

#endif
