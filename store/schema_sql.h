/* Inside store/: tables, indexes, views, and the steps from one schema version to the next. */
#ifndef IDEM_STORE_SCHEMA_SQL_H
#define IDEM_STORE_SCHEMA_SQL_H

#include "store/sql.h"

enum { SCHEMA_VERSION = 4, APPLICATION_ID = 0x6964656d /* "idem" */ };

/* Tables and views of an empty database; indexes come after the first rows. */
enum idem_status schema_create(struct store *s, struct idem_error *err);
enum idem_status schema_create_indexes(struct store *s, struct idem_error *err);
/* Brings version `from` to SCHEMA_VERSION inside one transaction. */
enum idem_status schema_migrate(struct store *s, unsigned from, struct idem_error *err);
/* (Re)creates the view `golden` for these fields. */
enum idem_status schema_golden_view(struct store *s, const struct schema *fields, struct idem_error *err);

#endif
