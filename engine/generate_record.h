/*
 * Inside engine/: what one system wrote down about a person: with its gaps, habits and errors. Pure: the same (seed,
 * record number, source, person) gives the same record. docs/generate.md shows the rates.
 */
#ifndef IDEM_ENGINE_GENERATE_RECORD_H
#define IDEM_ENGINE_GENERATE_RECORD_H

#include "engine/generate_person.h"

enum gen_source { GEN_CRM, GEN_BILLING, GEN_SUPPORT, GEN_SOURCES };

/* An empty text is a missing value. */
struct gen_record {
    struct gen_text given, family;
    struct gen_text full;      /* both in one, as billing and support write it */
    unsigned year, month, day; /* birth; year 0: missing */
    struct gen_text email, phone[2];
    struct gen_text street, zip, town, country;
    int64_t updated_ms;
};

/* `random` is the record's own stream. */
void gen_record(uint64_t random, enum gen_source source, enum idem_amount dirt, const struct gen_person *p,
                struct gen_record *r);

/* How often what goes wrong, in each source: of a thousand records to which it can happen. */
enum gen_wrong { GEN_ERROR, GEN_GAP, GEN_HABIT };
struct gen_rate {
    const char *says;
    uint16_t per_mille[GEN_SOURCES]; /* a thousand: what the system never has, whatever the dirt */
    enum gen_wrong wrong;
};
unsigned gen_rates(const struct gen_rate **table);
/* The same with so much dirt: errors and gaps are more or fewer, habits stay. */
unsigned gen_rate(const struct gen_rate *rate, enum gen_source source, enum idem_amount dirt);

/* The day on which the newest record may have been changed: 2026-06-30. */
int64_t gen_newest_day(void);

#endif
