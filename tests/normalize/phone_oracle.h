/*
 * Telephone numbers with known answers, made and judged by libphonenumber.
 */
#ifndef IDEM_TESTS_PHONE_ORACLE_H
#define IDEM_TESTS_PHONE_ORACLE_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One spelling of a number that is valid in `country`, and its E.164 form. */
typedef void phone_oracle_fn(void *context, const char *country, const char *spelling, const char *e164);

/* `rounds` numbers of each kind for each country, in several spellings; the same ones for the same seed. */
void phone_oracle_run(unsigned rounds, unsigned seed, phone_oracle_fn *receive, void *context);

/* "+CODE" and `len` digits: `usual` when telephones in houses or pockets have such, `possible` when anything has. */
typedef void phone_length_fn(void *context, int code, unsigned len, bool usual, bool possible);

/* All calling codes, those of worldwide services too, and lengths of 4 to 13. */
void phone_oracle_lengths(phone_length_fn *receive, void *context);

#ifdef __cplusplus
}
#endif

#endif
