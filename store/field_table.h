/* Inside store/: the list of fields as stored, in s->fields. */
#ifndef IDEM_STORE_FIELD_TABLE_H
#define IDEM_STORE_FIELD_TABLE_H

#include "store/sql.h"

enum idem_status fields_load(struct store *s, struct idem_error *err);

#endif
