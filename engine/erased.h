/*
 * Who was erased, for those who bring records in: a record whose key was erased, and a new record that agrees with an
 * erased person on two strong identifiers, are set aside.
 *
 * Strong identifiers are e-mail addresses, phone numbers, every field of the type identifier, and given name, family
 * name and birth date together. Two of different kinds must agree; where both sides have given names, one of those
 * must agree too, so that who shares mailbox and telephone with an erased person is not taken for that person.
 *
 * A list is read from the database at once and holds keyed digests alone. Looking is for any thread.
 */
#ifndef IDEM_ENGINE_ERASED_H
#define IDEM_ENGINE_ERASED_H

#include "base/map.h"
#include "record/pack.h"
#include "store/removal.h"

struct erased_list {
    struct store *store;
    struct arena arena;
    struct map digest; /* kind and digest -> index into link */
    struct erased_link {
        int64_t person;
        uint32_t next; /* 0: none; indexes begin at 1 */
    } * link;
    uint32_t n_links, room;
};

/* An empty list (n_links 0) when nobody was erased. */
enum idem_status erased_load(struct store *s, struct erased_list *list, struct idem_error *err);
void erased_unload(struct erased_list *list);

bool erased_is_record(const struct erased_list *list, struct str source, struct str record_id);
/* The erased person that the record agrees with; 0: none. `schema` is that of the record. */
int64_t erased_is_person(const struct erased_list *list, const struct schema *schema,
                         const struct packed_record *record, struct arena *scratch);

/* The digests of a record of somebody who is erased; not of its key. That the person had no given name at all is told
 * by the digest of an empty one, which is the caller's to put. */
typedef enum idem_status erased_digest_fn(void *context, enum erased_kind kind, const uint8_t digest[ERASED_DIGEST],
                                          struct idem_error *err);
enum idem_status erased_digests(const struct store *s, const struct schema *schema, const struct packed_record *record,
                                struct arena *scratch, erased_digest_fn *each, void *context, struct idem_error *err);

#endif
