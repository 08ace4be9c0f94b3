/* Everything held about a person, for an access request (article 15 of the GDPR): as JSON, or as a page or a text made
 * of that. */
#ifndef IDEM_ENGINE_DOSSIER_H
#define IDEM_ENGINE_DOSSIER_H

#include "base/buf.h"
#include "base/json.h"

/* The dossier as a page of its own, and as plain text. */
void dossier_html(const json_t *dossier, struct buf *out);
void dossier_text(const json_t *dossier, struct buf *out);

#endif
