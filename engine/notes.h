/*
 * Notes of the audit log that are gathered instead of written, by a session that was told so: a service writes those of
 * many answers in one transaction, and holds each answer back until its notes are durable.
 */
#ifndef IDEM_ENGINE_NOTES_H
#define IDEM_ENGINE_NOTES_H

#include "engine/audit.h"

/* Keeps a copy of the note for idem_notes_take. */
void notes_gather(struct idem_session *s, const struct audit_note *note);

#endif
