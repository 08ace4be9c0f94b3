#include "engine/notes.h"

#include <stdlib.h>

#include "store/audit_log.h"

struct gathered {
    struct audit_note note;
    struct gathered *next;
};

struct idem_notes {
    struct arena arena;
    struct gathered *first, *last;
};

static const char *S_text(struct arena *out, const char *text)
{
    return str_cstr(out, str_from(text ? text : ""));
}

/* Keeps the objects that carry details: they are released with the notes. */
void notes_gather(struct idem_session *s, const struct audit_note *note)
{
    if (!s->notes)
        s->notes = xcalloc(1, sizeof *s->notes);
    struct arena *out = &s->notes->arena;
    size_t n = note->n_subjects < AUDIT_MOST_SUBJECTS ? note->n_subjects : AUDIT_MOST_SUBJECTS;
    struct gathered *g = ARENA_NEW(out, struct gathered, 1);
    struct str *subject = ARENA_NEW(out, struct str, n + 1);
    for (size_t i = 0; i < n; i++)
        if (note->subject[i].ptr)
            subject[i] = str_copy(out, note->subject[i]);
    g->note = (struct audit_note){.verb = S_text(out, note->verb),
                                  .by = S_text(out, note->by && *note->by ? note->by : s->by),
                                  .reason = S_text(out, note->reason && *note->reason ? note->reason : s->purpose),
                                  .subject = subject,
                                  .n_subjects = n,
                                  .detail = note->detail ? json_deep_copy(note->detail) : NULL};
    if (s->notes->last)
        s->notes->last->next = g;
    else
        s->notes->first = g;
    s->notes->last = g;
}

void idem_notes_gather(struct idem_session *s)
{
    s->gathers = true;
}

struct idem_notes *idem_notes_take(struct idem_session *s)
{
    struct idem_notes *notes = s->notes;
    s->notes = NULL;
    return notes;
}

void idem_notes_free(struct idem_notes *notes)
{
    if (!notes)
        return;
    for (const struct gathered *g = notes->first; g; g = g->next)
        json_decref((json_t *)(uintptr_t)g->note.detail);
    arena_deinit(&notes->arena);
    free(notes);
}

static enum idem_status S_write(struct idem_session *s, struct store *store, struct idem_notes *const *notes, size_t n,
                                struct idem_error *err)
{
    for (size_t i = 0; i < n; i++)
        for (const struct gathered *g = notes[i] ? notes[i]->first : NULL; g; g = g->next)
            TRY(audit_change(s, store, &g->note, err));
    return IDEM_OK;
}

enum idem_status idem_notes_write(struct idem_session *s, struct idem_notes *const *notes, size_t n,
                                  struct idem_error *err)
{
    struct store *store;
    TRY(session_store(s, STORE_WRITE, &store, err));
    TRY(store_begin(store, err));
    enum idem_status status = S_write(s, store, notes, n, err);
    if (status == IDEM_OK)
        return store_commit(store, err);
    store_rollback(store);
    return status;
}
