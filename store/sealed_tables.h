/*
 * Inside store/: the tables whose rows hold a sealed container, once for everybody who walks all of them. A table that
 * is not here cannot be resealed: store_reseal_finish finds it and refuses.
 */
#ifndef IDEM_STORE_SEALED_TABLES_H
#define IDEM_STORE_SEALED_TABLES_H

#include "store/sql.h"

struct sealed_table {
    const char *name;    /* in the associated data */
    const char *table;   /* in the schema */
    const char *row;     /* column with the row's number in the associated data, and its key */
    const char *second;  /* further column of the key; NULL: none */
    const char *version; /* expression */
    const char *body;    /* column with the container; may be NULL in a row */
};

extern const struct sealed_table SEALED_TABLES[];
extern const size_t N_SEALED_TABLES;

#endif
