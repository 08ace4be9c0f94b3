#include "base/json.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/notice.h"
#include "cli/output.h"

struct export_options {
    unsigned format; /* enum idem_format */
    bool provenance, canonical, spreadsheet_safe;
    const char *output;
    uint64_t since;
};

static const char *const KINDS[] = {"crosswalk", "golden", "records", "rejects",
                                    "changes",   "review", "aliases"}; /* enum idem_export_kind */

static enum idem_status S_kind(const struct cli *c, const char *word, enum idem_export_kind *kind,
                               struct idem_error *err)
{
    for (unsigned i = 0; i < COUNT_OF(KINDS); i++)
        if (strcmp(KINDS[i], word) == 0) {
            *kind = (enum idem_export_kind)i;
            return IDEM_OK;
        }
    const char *nearest = json_nearest_key(str_from(word), KINDS, COUNT_OF(KINDS));
    if (nearest)
        return usage_error(c, err, "cannot export \"%s\", did you mean \"%s\"?", word, nearest);
    return usage_error(
        c, err, "cannot export \"%s\": it is one of crosswalk, golden, records, rejects, changes, review, aliases",
        word);
}

/* What reads the export should not take placeholders for values. */
static void S_warn_of_placeholders(const struct cli *c, const struct idem_session *s, enum idem_export_kind kind)
{
    bool values = kind == IDEM_EXPORT_GOLDEN || kind == IDEM_EXPORT_RECORDS;
    if (values && idem_masking(s) == IDEM_MASK_NO_KEY)
        notice_warn(c, "the values are sealed and the key, or its passphrase, is not there: *** stands for each value; "
                       "give it with --key, --passphrase-file");
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct export_options *options = c->options;
    struct idem_export_options wanted = {
        .format = (enum idem_format)options->format,
        .provenance = options->provenance,
        .canonical = options->canonical,
        .spreadsheet_safe = options->spreadsheet_safe,
        .since = (int64_t)options->since,
    };
    struct idem_session *s = NULL;
    struct output o;
    TRY(S_kind(c, c->operand[0], &wanted.kind, err));
    TRY(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &s, err));
    S_warn_of_placeholders(c, s, wanted.kind);
    enum idem_status status = output_open(&o, options->output, err);
    if (status == IDEM_OK)
        status = output_close(&o, idem_export(s, &wanted, output_write, &o, err), err);
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct export_options, member)
static const struct option_row OPTIONS[] = {
    {"format", 'f', "csv|jsonl", "CSV (default) or JSON lines", OPTION_CHOICE, AT(format)},
    {"output", 'o', "FILE", "write there; the file appears when it is complete", OPTION_TEXT, AT(output)},
    {"provenance", 0, NULL, "golden: the record and the rule each value came from", OPTION_FLAG, AT(provenance)},
    {"canonical", 0, NULL,
     "the smallest record key of the cluster in place of the master_id: comparable over databases", OPTION_FLAG,
     AT(canonical)},
    {"spreadsheet-safe", 0, NULL, "CSV: a ' before cells that a spreadsheet would run as a formula", OPTION_FLAG,
     AT(spreadsheet_safe)},
    {"since", 0, "SEQ", "changes: those after this one, the last that you have seen", OPTION_NUMBER, AT(since)},
};

static const struct example EXAMPLES[] = {
    {"idem export crosswalk -o crosswalk.csv", "data_source,record_id,master_id of every record"},
    {"idem export golden --format jsonl --provenance", "golden records with the origin of every value"},
    {"idem export changes --since 1203941 --format jsonl", "what happened after that change, to keep a copy in step"},
    {"idem export rejects", "file, line and reason of the rows that were set aside"},
};

const struct command cmd_export = {
    .name = "export",
    .summary = "write the crosswalk, golden records, records, rejects, changes, review list or aliases",
    .operands = "crosswalk|golden|records|rejects|changes|review|aliases",
    .least = 1,
    .most = 1,
    .completes = COMPLETE_WORDS,
    .words = "crosswalk golden records rejects changes review aliases",
    .details =
        "Sorted by source and record id, or by master_id: the same database gives the same bytes. Several values of a "
        "field are joined by \"|\" in CSV and are lists in JSON lines.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct export_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .discloses = true,
    .run = S_run,
};
