/*
 * A small database for fuzz targets: 48 records of two sources, two runs, a decision, a pin, a rejected row, masters
 * that were merged and records that went. The same each time but for the random ids of the database and its keys. Made
 * in a folder in memory where the system has one; the process removes it when it ends.
 */
#ifndef IDEM_TESTS_FUZZ_SHOP_H
#define IDEM_TESTS_FUZZ_SHOP_H

#include "idem.h"
#include "tests/fuzz/fuzz.h"

struct fuzz_shop {
    char folder[64], config[96], db[96], key[96];
};

/* Ends the process when it cannot be made. */
void fuzz_shop_open(struct fuzz_shop *shop, bool sealed);
void fuzz_shop_remove(const struct fuzz_shop *shop);
/* Another file of the folder, in static memory of the caller. */
void fuzz_shop_path(const struct fuzz_shop *shop, const char *name, char path[128]);
/* Writes a file of the folder, in place of the one there. */
void fuzz_shop_write(const struct fuzz_shop *shop, const char *name, struct str content);
/* NULL with the error when it does not open. */
struct idem_session *fuzz_shop_session(const struct fuzz_shop *shop, enum idem_open_mode mode, struct idem_error *err);
/* As of a run or time; NULL: now. */
struct idem_session *fuzz_shop_session_then(const struct fuzz_shop *shop, enum idem_open_mode mode, const char *as_of,
                                            struct idem_error *err);

/* A call that failed has a message. Clears it for the next call, and releases *json (`json` may be
 * NULL). */
void fuzz_answered(enum idem_status status, struct idem_error *err, char **json);

#endif
