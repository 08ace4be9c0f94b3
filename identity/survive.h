/*
 * Survivorship: the golden record of a master as a pure function of its members, the rules and the pins. The order of
 * the members does not matter; merge and then split gives the same goldens again. docs/identity.md says the rules in
 * prose.
 *
 * A value is one of three:
 *   real      understood as its type, and no placeholder
 *   invalid   not understood (NORM_INVALID)
 *   generic   a placeholder or shared value (NORM_GENERIC): never wins over one that is not; kept, with its flag, when
 *             there is nothing else
 * The golden value of a field is chosen by: real before invalid before generic; then the field's rule; then source
 * priority (1 first), newest updated_at, smallest record key, place in the member's set.
 *
 * Name parts (given, middle, family, suffix, full name) and address parts (address, house number, city, region,
 * postcode, country) survive together from one member, never field by field. That member is chosen by: most of the
 * group's core filled with real, whole values (core: given and family name, or the full name where neither is known;
 * address, and city or postcode); fewest invalid or generic parts; core mapped, not derived; then the rule of the
 * group; then as above. The rule of a group is that of its leading field: family_name, full_name, given_name,
 * middle_name, name_suffix; address, postcode, city, house_number, region, country: the first of these that the plan
 * has. A field whose rule is `aggregate` stands outside its group.
 *
 * A derived value (split off a full name or an address) takes part only where no mapped field of its type has a value
 * in any member; within a group only where its member has no mapped value of its type.
 *
 * Results point into the members' values and into `out`; nothing else is allocated. Any thread.
 */
#ifndef IDEM_IDENTITY_SURVIVE_H
#define IDEM_IDENTITY_SURVIVE_H

#include <stdint.h>

#include "base/arena.h"
#include "record/field.h"
#include "record/norm.h"

enum survivor_rule {
    SURVIVE_PRIORITY,  /* the source with the smallest priority number */
    SURVIVE_RECENCY,   /* newest updated_at; unknown is older than any */
    SURVIVE_COMPLETE,  /* whole before partial, then the longest (code points of the normalised value; of a group: most
                          parts, then the longest) */
    SURVIVE_FREQUENCY, /* the value that most members have, equal as normalised */
    SURVIVE_FIRST,     /* oldest updated_at; members without one come after */
    SURVIVE_AGGREGATE, /* every distinct value of the best kind, best first */
    SURVIVOR_RULES,
    SURVIVE_PIN = SURVIVOR_RULES /* never configured: the rule of a value that a person pinned */
};

/* "source_priority", "recency", "most_complete", "frequency", "first", "aggregate"; "pin" */
const char *survivor_rule_name(enum survivor_rule rule);

/* The fields that survive together: "name", "address", or NULL for a field that stands alone. */
const char *survive_group(enum field_type type);

struct survive_value {
    struct str raw;
    struct str canon; /* equal texts are the same value; empty: compared by raw */
    uint32_t flags;   /* NORM_GENERIC, NORM_INVALID, NORM_PARTIAL */
};

/* A member's values of one field, in their order. */
struct survive_cell {
    const struct survive_value *value;
    uint32_t n;
    bool derived; /* these were split off another field */
};

struct survive_member {
    uint32_t priority;               /* of its source, 1 wins */
    uint32_t rank;                   /* place in the order of record keys; distinct */
    int64_t updated_at;              /* ms; INT64_MIN unknown */
    const struct survive_cell *cell; /* [n_fields] */
};

struct survive_field {
    enum field_type type;
    enum survivor_rule rule;
    bool derived; /* all its values are */
};

enum { SURVIVE_ALONE, SURVIVE_NAME, SURVIVE_ADDRESS, SURVIVE_GROUPS };

/* The rules, prepared once. */
struct survive_plan {
    unsigned n_fields;
    struct survive_field field[MOST_FIELDS];
    uint8_t group[MOST_FIELDS]; /* SURVIVE_ALONE, ... */
    uint8_t core[MOST_FIELDS];  /* bit of the core part that the field fills, or 0 */
    enum survivor_rule group_rule[SURVIVE_GROUPS];
};

/* n_fields at most MOST_FIELDS. */
void survive_plan_init(struct survive_plan *plan, const struct survive_field *field, unsigned n_fields);

#define SURVIVE_NO_MEMBER UINT32_MAX

/* What a person fixed; it outlives the call, as the values do. With `member`, that member's values (of the whole group
 * when the field is in one); a member without a value of the field leaves the rules in force. Else `value`, for this
 * field alone. A later pin of the same field counts. */
struct survive_pin {
    unsigned field;
    uint32_t member; /* index, or SURVIVE_NO_MEMBER */
    struct survive_value value;
};

struct golden_field {
    const struct survive_value *value; /* [n]; n 0: no member has one. More than one with `aggregate` only */
    uint32_t n;
    uint32_t member; /* whose (the first) value it is; SURVIVE_NO_MEMBER: none, or pinned by value */
    uint8_t rule;    /* enum survivor_rule that chose it */
};

/* golden[n_fields]. n_members at least 1. */
void survive_golden(const struct survive_plan *plan, const struct survive_member *member, uint32_t n_members,
                    const struct survive_pin *pin, unsigned n_pins, struct arena *out, struct golden_field *golden);

/* Bit f: the raw values of field f differ. For the event `updated`. */
uint64_t golden_changes(const struct golden_field *before, const struct golden_field *after, unsigned n_fields);

#endif
