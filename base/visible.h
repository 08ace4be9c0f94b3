/*
 * Foreign text as a person may be shown it. What steers a terminal (control characters, escape sequences, C1 controls),
 * turns the direction of the text around it, or cannot be seen at all is written as an escape, "\u001b"; a byte that is
 * not UTF-8 as "\x9b". Inside of JSON strings these escapes mean the same characters, so that JSON stays what it was.
 * Zero-width joiners stay: Persian, Indic scripts and emoji need them. For eyes only: values are stored and exported as
 * they are.
 */
#ifndef IDEM_BASE_VISIBLE_H
#define IDEM_BASE_VISIBLE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* VISIBLE_TEXT: a value within a line: line ends and tabs are escapes too. VISIBLE_LINES: whole lines of output: LF,
 * CRLF and tabs stay. */
enum visible_form { VISIBLE_TEXT, VISIBLE_LINES };

/* Appends the text. */
void visible_add(struct buf *out, struct str text, enum visible_form form);
/* The text itself when there is nothing to write otherwise, else a copy. */
struct str visible_text(struct arena *out, struct str text);
/* How many bytes at the end of `text` may be the beginning of something that the next bytes decide: of a character, or
 * of CRLF. At most 3. */
size_t visible_unfinished(struct str text);

#endif
