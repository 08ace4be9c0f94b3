/* "retention": how long what is no longer needed is kept. */
#include "rules/document.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static const struct {
    char unit;
    int64_t ms;
} UNITS[] = {{'h', DAY_MS / 24}, {'d', DAY_MS}, {'w', 7 * DAY_MS}, {'y', 365 * DAY_MS}};

enum { MOST_COUNT = 10000 };

static enum idem_status S_period(struct document *r, const json_t *value, int64_t *ms)
{
    struct str text = json_str(value);
    uint64_t count;
    if (text.len >= 2 && str_to_u64(str_sub(text, 0, text.len - 1), &count) && count && count <= MOST_COUNT)
        for (size_t i = 0; i < COUNT_OF(UNITS); i++)
            if (text.ptr[text.len - 1] == UNITS[i].unit) {
                *ms = (int64_t)count * UNITS[i].ms;
                return IDEM_OK;
            }
    return document_fail(r, "must be a time like \"90d\": a number and h, d, w or y (365 days)");
}

static enum idem_status S_read_gone(struct document *r, const json_t *value, void *target)
{
    return S_period(r, value, &((struct config *)target)->retention.gone_records_ms);
}

static enum idem_status S_read_history(struct document *r, const json_t *value, void *target)
{
    return S_period(r, value, &((struct config *)target)->retention.history_ms);
}

static enum idem_status S_read_rejects(struct document *r, const json_t *value, void *target)
{
    return S_period(r, value, &((struct config *)target)->retention.rejects_ms);
}

static const struct key_row ROWS[] = {
    {"gone_records", S_read_gone, false}, {"history", S_read_history, false}, {"rejects", S_read_rejects, false}};
const struct key_table RETENTION_KEYS = {"retention", ROWS, COUNT_OF(ROWS)};

enum idem_status read_retention(struct document *r, const json_t *value, void *target)
{
    return document_object(r, value, &RETENTION_KEYS, target);
}
