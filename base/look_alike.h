/*
 * Words that are not what they seem: letters of alphabets that look alike (Latin, Greek, Cyrillic) mixed in one word, as
 * nobody's keyboard does by chance. A word is a run of letters, accents and other marks among them.
 */
#ifndef IDEM_BASE_LOOK_ALIKE_H
#define IDEM_BASE_LOOK_ALIKE_H

#include "base/str.h"

bool look_alike_mixed(struct str text);

#endif
