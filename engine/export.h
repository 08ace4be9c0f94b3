/* Inside engine/: what the exports share, and the exports themselves, one row of the table in export.c each. */
#ifndef IDEM_ENGINE_EXPORT_H
#define IDEM_ENGINE_EXPORT_H

#include "engine/emit.h"
#include "engine/golden.h"
#include "engine/identities.h"

struct export
{
    struct idem_session *session;
    struct store *store;
    const struct idem_export_options *options;
    idem_write_fn *write;
    void *context;
    struct emit emit;
    struct identities identities;
    struct golden_reader reader; /* fields and sources are there; the rest for golden */
    bool masked;
    uint64_t rows; /* changes: given so far */
};

typedef enum idem_status export_fn(struct export *x, struct idem_error *err);

export_fn export_crosswalk, export_records, export_rejects, export_golden, export_changes, export_review,
    export_aliases;

/* A value of a field, and a record id, as they are shown: masked where the export masks (engine/mask.h). */
struct str export_value(const struct export *x, unsigned field, struct str value, struct arena *scratch);
struct str export_id(const struct export *x, const struct store_source *source, struct str record_id,
                     struct arena *scratch);
/* Stands for each value that cannot be opened. */
#define EXPORT_PLACEHOLDER STR("***")
/* Values can be opened: not sealed, or the key is there. */
bool export_opens(const struct export *x);
/* IDEM_INVALID when values are needed and sealed without the key. */
enum idem_status export_needs_key(const struct export *x, struct idem_error *err);
/* A few changes: the names of masters are read one by one. */
bool export_is_short(const struct export *x);
/* True when values of the field are masked. */
bool export_hides(const struct export *x, unsigned field);

#endif
