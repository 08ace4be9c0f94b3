/*
 * Telephone numbers with known answers, made and judged by libphonenumber.
 */
#ifndef IDEM_TESTS_PHONE_ORACLE_H
#define IDEM_TESTS_PHONE_ORACLE_H

#ifdef __cplusplus
extern "C" {
#endif

/* One spelling of a number that is valid in `country`, and its E.164 form. */
typedef void phone_oracle_fn(void *context, const char *country, const char *spelling, const char *e164);

/* `rounds` numbers of each kind for each country, in several spellings; the same ones for the same seed. */
void phone_oracle_run(unsigned rounds, unsigned seed, phone_oracle_fn *receive, void *context);

#ifdef __cplusplus
}
#endif

#endif
