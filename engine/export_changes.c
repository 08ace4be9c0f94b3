/*
 * The feed of changes: events in order of seq, each with what a reader needs to bring a copy of crosswalk and golden
 * records up to date (docs/identity.md says how). Nothing is kept in memory but the masters' names.
 */
#include "base/clock.h"
#include "engine/export.h"

/* Ends the reading of events; not an error. */
static const enum idem_status ENOUGH = IDEM_GATE;

static const struct str CHANGES[] = {
    {"seq", 3},    {"event", 5}, {"data_source", 11}, {"record_id", 9}, {"master_id", 9}, {"other_master_id", 15},
    {"run_id", 6}, {"at", 2},    {"reason", 6},       {"fields", 6}};

/* Without the key a personal record id is shown masked. */
static enum idem_status S_record(struct export *x, int64_t rid, struct arena *scratch, struct idem_error *err)
{
    struct store_record row;
    if (!rid) {
        emit_none(&x->emit);
        emit_none(&x->emit);
        return IDEM_OK;
    }
    TRY(store_get_record(x->store, rid, false, scratch, &row, err));
    const struct store_source *source = golden_source(&x->reader, row.source);
    bool personal = source && source->personal_ids;
    if (personal && store_info(x->store)->has_key)
        TRY(store_get_record(x->store, rid, true, scratch, &row, err));
    emit_text(&x->emit, source ? source->name : (struct str){0});
    emit_text(&x->emit, export_id(x, source, row.record_id, scratch));
    return IDEM_OK;
}

bool export_is_short(const struct export *x)
{
    return x->options->kind == IDEM_EXPORT_CHANGES && x->options->most && !x->options->canonical;
}

/* A few changes do not pay for reading the names of all masters. */
static enum idem_status S_master(struct export *x, int64_t mid, struct arena *scratch, struct idem_error *err)
{
    struct store_master master;
    char text[37];
    if (!mid) {
        emit_none(&x->emit);
    } else if (export_is_short(x)) {
        TRY(store_get_master(x->store, mid, scratch, &master, err));
        store_uuid_format(master.uuid, text);
        emit_text(&x->emit, str_from(text));
    } else {
        emit_text(&x->emit, identities_text(&x->identities, mid, text));
    }
    return IDEM_OK;
}

static void S_fields(struct export *x, struct str fields)
{
    struct str name[MOST_FIELDS], piece;
    size_t n = 0;
    while (fields.len && n < MOST_FIELDS && str_next_piece(&fields, ',', &piece))
        name[n++] = piece;
    emit_texts(&x->emit, name, n);
}

static enum idem_status S_change(void *context, const struct store_event *event, struct idem_error *err)
{
    struct export *x = context;
    struct arena scratch = {0};
    char at[25];
    clock_format(event->at_ms, at);
    emit_number(&x->emit, event->seq);
    emit_text(&x->emit, str_from(store_event_name(event->kind)));
    enum idem_status status = S_record(x, event->rid, &scratch, err);
    if (status == IDEM_OK)
        status = S_master(x, event->mid, &scratch, err);
    if (status == IDEM_OK)
        status = S_master(x, event->other, &scratch, err);
    arena_deinit(&scratch);
    TRY(status);
    emit_number(&x->emit, event->run);
    emit_text(&x->emit, str_from(at));
    if (event->reason)
        emit_text(&x->emit, str_from(store_reason_name(event->reason)));
    else
        emit_none(&x->emit);
    S_fields(x, event->fields);
    TRY(emit_end_row(&x->emit, err));
    return ++x->rows == x->options->most ? ENOUGH : IDEM_OK;
}

/* A reader that is behind what is kept, or ahead of this database, can only begin again from a snapshot. */
static enum idem_status S_check_since(struct export *x, struct idem_error *err)
{
    int64_t kept, now, since = x->options->since;
    TRY(store_history_from(x->store, &kept, err));
    TRY(store_change_seq(x->store, &now, err));
    if (since >= kept && since <= now)
        return IDEM_OK;
    return error_set(err, IDEM_LIMIT,
                     "%s: resync from a snapshot at %lld: export crosswalk and golden, then go on with --since %lld",
                     since < kept ? "changes that far back are no longer kept"
                                  : "this database has not come that far; it is another one, or an older copy",
                     (long long)now, (long long)now);
}

enum idem_status export_changes(struct export *x, struct idem_error *err)
{
    TRY(S_check_since(x, err));
    TRY(emit_begin(&x->emit, x->write, x->context, x->options, CHANGES, COUNT_OF(CHANGES), err));
    enum idem_status status = store_each_event(x->store, x->options->since, 0, 0, S_change, x, err);
    return status == ENOUGH && x->rows == x->options->most ? IDEM_OK : status;
}
