#include "base/json.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/notice.h"
#include "cli/output.h"

struct encode_options {
    const char *source, *secret, *output;
    struct text_list without;
    bool keep_ids;
    unsigned format; /* enum idem_format */
};

static void S_report(const struct cli *c, const struct idem_encode_result *result)
{
    if (c->common.quiet)
        return;
    fprintf(stderr, "%llu records encoded", (unsigned long long)result->records);
    if (result->empty)
        fprintf(stderr, ", %llu of them without a value to encode", (unsigned long long)result->empty);
    fprintf(stderr, "; scheme %s\n", result->scheme);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct encode_options *options = c->options;
    struct idem_encode_options wanted = {.source = options->source,
                                         .secret_path = options->secret,
                                         .without = options->without.item,
                                         .n_without = options->without.n,
                                         .format = (enum idem_format)options->format,
                                         .keep_ids = options->keep_ids,
                                         .threads = (unsigned)c->common.threads};
    struct idem_encode_result result = {0};
    struct idem_session *s = NULL;
    struct output o;
    if (!options->source || !options->secret)
        return usage_error(c, err, "--source and --secret are needed: what to encode, and the secret to do it with");
    TRY(connect_open(c, CONFIG_NEEDED, IDEM_WRITE, &s, err));
    enum idem_status status = output_open(&o, options->output, err);
    if (status == IDEM_OK)
        status = output_close(&o, idem_encode(s, &wanted, output_write, &o, &result, err), err);
    if (status == IDEM_OK)
        S_report(c, &result);
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct encode_options, member)
static const struct option_row OPTIONS[] = {
    {"source", 's', "SOURCE", "the source of the configuration to encode (required)", OPTION_TEXT, AT(source)},
    {"secret", 0, "FILE", "the secret that both parties have, readable by you alone (required)", OPTION_TEXT,
     AT(secret)},
    {"without", 0, "FIELD", "leave this field out; may be repeated", OPTION_LIST, AT(without)},
    {"keep-ids", 0, NULL, "the source's own record ids, not tokens of them", OPTION_FLAG, AT(keep_ids)},
    {"format", 'f', "csv|jsonl", "CSV (default) or JSON lines", OPTION_CHOICE, AT(format)},
    {"output", 'o', "FILE", "write there; the file appears when it is complete", OPTION_TEXT, AT(output)},
};

static const struct example EXAMPLES[] = {
    {"idem encode --source crm --secret linkage.secret -o crm_encoded.csv", "what another party can match"},
    {"idem encode --source crm --secret linkage.secret --keep-ids -o at_home.csv",
     "the same with record ids, to find them again"},
};

const struct command cmd_encode = {
    .name = "encode",
    .summary = "turn a source into linkage encodings, to be matched without its values",
    .details =
        "Each record becomes one keyed Bloom filter of its names, birth date, address, phones, e-mail addresses and "
        "identifiers, and a few keyed tokens. Parties with the same secret, fields and version of idem get encodings "
        "that can be compared, and nobody without the secret can make such. They are personal data all the same: read "
        "docs/encodings.md before any leave the house.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct encode_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
