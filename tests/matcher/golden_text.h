/*
 * Texts that tests are held to, in tests/matcher/golden. IDEM_GOLDEN=rewrite in the environment writes them anew.
 */
#ifndef IDEM_TESTS_GOLDEN_TEXT_H
#define IDEM_TESTS_GOLDEN_TEXT_H

#include "base/buf.h"

/* Fails at the first line of `got` that is not that of folder/name. */
void golden_expect(const char *folder, const char *name, const struct buf *got);

#endif
