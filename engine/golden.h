/*
 * Golden records as they are kept: not as values but as provenance, which member and rule each value came from; the
 * values are read from the members. And the way from stored records to what identity/survive.h works on.
 *
 * Provenance, packed (store_master.prov):
 *   byte 1 | varint n | n rids ascending: the first, then differences | for each field of store_get_fields, up to the
 * last that has a value: varint (values << 3 | enum survivor_rule), and for each value varint (index of its rid << 3 |
 * place in the member's values, 7: a varint with the place follows) A value that a person pinned has no member: rule
 * SURVIVE_PIN with no values; it is among the pins (engine/pins.h).
 */
#ifndef IDEM_ENGINE_GOLDEN_H
#define IDEM_ENGINE_GOLDEN_H

#include "base/buf.h"
#include "engine/session.h"
#include "identity/survive.h"
#include "record/pack.h"

struct golden_choice {
    uint32_t member; /* index into rid */
    uint32_t place;  /* in the member's values of the field */
};

struct golden_origin {
    uint8_t rule; /* enum survivor_rule */
    uint32_t n;
    struct golden_choice *choice; /* [n] */
};

struct golden_prov {
    int64_t *rid; /* [n_rids] the members that values come from, ascending */
    uint32_t n_rids;
    struct golden_origin *field; /* [n_fields] */
    unsigned n_fields;
};

/* The value is a text that a person gave: it is among the pins (pins_text), no member has it. */
static inline bool golden_is_pinned(const struct golden_origin *origin)
{
    return origin->rule == SURVIVE_PIN && origin->n == 0;
}

/* Appends the provenance of survive_golden's result. rid[i] is the rid of member[i]. */
void golden_pack(const struct golden_field *golden, unsigned n_fields, const struct survive_member *member,
                 const int64_t *rid, uint32_t n_members, struct buf *out);
/* The provenance of a master of one record, from what golden_sole_fields gave for another of the same source and the
 * same filled fields, none with several values. */
void golden_pack_sole(int64_t rid, struct str fields, struct buf *out);
bool golden_sole_fields(struct str prov, struct str *fields);
/* Arrays in `out`; fields behind the last stored one are without values. False when the bytes are damaged. */
bool golden_unpack(struct str prov, unsigned n_fields, struct arena *out, struct golden_prov *golden);

/* The rules for the fields of `schema` (stored order): the configuration's by field name, else the type's. */
void golden_plan(const struct config *config, const struct schema *schema, struct survive_plan *plan);

/* The fields (stored order) that a source fills itself; the others it has by splitting one of these. */
void golden_mapped(const struct config *config, unsigned source, const struct schema *schema, bool mapped[MOST_FIELDS]);

/* A member of survive_golden from a stored record; views into `record`, arrays in `out`. `mapped` is that of the
 * record's source; NULL: no field is split off another. */
void golden_member(const struct packed_record *record, const struct schema *schema, const bool *mapped,
                   uint32_t priority, uint32_t rank, struct arena *out, struct survive_member *member);

/* ------------------------------------------------------------------ reading */

struct golden_text {
    struct str *value; /* [n] raw */
    uint32_t n;
    int64_t rid; /* of the first; 0: none */
    uint8_t rule;
};

/* What reading golden records takes, once for many masters. */
struct golden_reader {
    struct store *store;
    struct schema schema;
    struct survive_plan plan;
    struct store_source *source; /* by id - 1 where ids are dense; use golden_source */
    size_t n_sources;
    const struct config *config;
    bool *mapped; /* [config->n_sources * MOST_FIELDS] golden_mapped of each */
    struct arena arena;
};

enum idem_status golden_open(struct idem_session *s, struct golden_reader *r, struct idem_error *err);
void golden_close(struct golden_reader *r);
const struct store_source *golden_source(const struct golden_reader *r, int64_t id);
/* The golden values of a master, [schema.n_fields] in `out`, as its provenance says; without one, by the rules. */
enum idem_status golden_read(struct golden_reader *r, const struct store_master *master, struct arena *out,
                             struct golden_text **golden, struct idem_error *err);

#endif
