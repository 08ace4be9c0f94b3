/*
 * What waits for a person, to be filled in: one row an item with an empty verdict, which decide --file reads back. And
 * the ids that other systems gave. The values of the two records stand beside each other.
 */
#include "engine/export.h"
#include "engine/review.h"

static const char *const HEAD[] = {"left_source", "left_id", "right_source", "right_id", "verdict",
                                   "reason",      "kind",    "priority",     "effect",   "match_weight"};

static unsigned S_columns(struct export *x, struct str *column)
{
    const struct schema *schema = &x->reader.schema;
    unsigned n = 0;
    for (; n < COUNT_OF(HEAD); n++)
        column[n] = str_from(HEAD[n]);
    for (unsigned f = 0; f < schema->n_fields; f++) {
        if (schema->field[f].derived)
            continue;
        column[n++] = arena_printf(&x->reader.arena, "left_%.*s", STR_ARG(schema->field[f].name));
        column[n++] = arena_printf(&x->reader.arena, "right_%.*s", STR_ARG(schema->field[f].name));
    }
    return n;
}

static void S_key(struct export *x, const struct store_record *row, struct arena *scratch)
{
    const struct store_source *source = golden_source(&x->reader, row->source);
    emit_text(&x->emit, source ? source->name : (struct str){0});
    emit_text(&x->emit, export_id(x, source, row->record_id, scratch));
}

static void S_values(struct export *x, const struct packed_record *record, unsigned f, struct arena *scratch)
{
    static const struct packed_field none = {0};
    const struct packed_field *field = f < record->n_fields ? &record->field[f] : &none;
    struct str *value = ARENA_NEW(scratch, struct str, field->n + 1);
    for (unsigned v = 0; v < field->n; v++)
        value[v] = export_value(x, f, field->value[v].raw, scratch);
    emit_texts(&x->emit, value, field->n);
}

static enum idem_status S_record(struct export *x, int64_t rid, struct arena *scratch, struct store_record *row,
                                 struct packed_record *record, struct idem_error *err)
{
    TRY(store_get_record(x->store, rid, export_opens(x), scratch, row, err));
    *record = (struct packed_record){.n_fields = 0};
    if (export_opens(x) && !record_unpack(row->packed, scratch, record))
        return error_set(err, IDEM_CORRUPT, "record %lld cannot be read; run \"idem verify\"", (long long)rid);
    return IDEM_OK;
}

static void S_figure(struct export *x, struct arena *scratch, bool known, double figure)
{
    if (known)
        emit_text(&x->emit, arena_printf(scratch, "%.2f", figure));
    else
        emit_none(&x->emit);
}

static enum idem_status S_item(struct export *x, const struct review_item *item, struct arena *scratch,
                               struct idem_error *err)
{
    const struct schema *schema = &x->reader.schema;
    struct store_record left_row, right_row;
    struct packed_record left, right;
    TRY(S_record(x, item->rid_a, scratch, &left_row, &left, err));
    TRY(S_record(x, item->rid_b, scratch, &right_row, &right, err));
    S_key(x, &left_row, scratch);
    S_key(x, &right_row, scratch);
    emit_text(&x->emit, STR(""));
    emit_text(&x->emit, STR(""));
    emit_text(&x->emit, str_from(review_kind_name(item->kind)));
    S_figure(x, scratch, true, item->priority);
    emit_number(&x->emit, item->effect);
    S_figure(x, scratch, item->has_weight, item->weight / 4096.0);
    for (unsigned f = 0; f < schema->n_fields; f++)
        if (!schema->field[f].derived && !export_opens(x)) {
            emit_text(&x->emit, EXPORT_PLACEHOLDER); /* whether it has a value is not known */
            emit_text(&x->emit, EXPORT_PLACEHOLDER);
        } else if (!schema->field[f].derived) {
            S_values(x, &left, f, scratch);
            S_values(x, &right, f, scratch);
        }
    return emit_end_row(&x->emit, err);
}

enum idem_status export_review(struct export *x, struct idem_error *err)
{
    struct str column[COUNT_OF(HEAD) + 2 * MOST_FIELDS];
    struct review review = {.n = 0};
    struct arena scratch = {0};
    unsigned n = S_columns(x, column);
    enum idem_status status = review_collect(x->session, x->store, &review, err);
    if (status == IDEM_OK)
        status = emit_begin(&x->emit, x->write, x->context, x->options, column, n, err);
    for (size_t i = 0; i < review.n && status == IDEM_OK; i++) {
        status = S_item(x, &review.item[i], &scratch, err);
        arena_reset(&scratch);
    }
    arena_deinit(&scratch);
    review_deinit(&review);
    return status;
}

/* ------------------------------------------------------------------ aliases */

static enum idem_status S_alias(void *context, const struct store_alias *alias, struct idem_error *err)
{
    struct export *x = context;
    char text[37];
    emit_text(&x->emit, alias->scheme);
    emit_text(&x->emit, alias->alias);
    emit_text(&x->emit, identities_text(&x->identities, identities_survivor(&x->identities, alias->mid), text));
    return emit_end_row(&x->emit, err);
}

enum idem_status export_aliases(struct export *x, struct idem_error *err)
{
    static const struct str COLUMNS[] = {{"scheme", 6}, {"alias", 5}, {"master_id", 9}};
    TRY(emit_begin(&x->emit, x->write, x->context, x->options, COLUMNS, COUNT_OF(COLUMNS), err));
    return steward_each_alias(x->store, S_alias, x, err);
}
