#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/notice.h"
#include "cli/output.h"
#include "cli/units.h"

struct annotate_options {
    const char *source, *record_id, *column, *delimiter, *output, *as_of;
    unsigned format; /* index into "auto|csv|jsonl" */
};

struct input {
    int descriptor;
    const char *name;
    int errnum;
    char first[4096]; /* read ahead to tell the format */
    size_t first_at, first_len;
    struct output *out; /* to be written before waiting for input; NULL: nothing yet */
};

/* Whoever feeds rows slowly sees them annotated at once. */
static void S_before_waiting(struct input *in)
{
    struct pollfd more = {.fd = in->descriptor, .events = POLLIN};
    if (in->out && poll(&more, 1, 0) == 0)
        output_flush(in->out);
}

static size_t S_read_some(struct input *in, void *bytes, size_t room)
{
    S_before_waiting(in);
    for (;;) {
        ssize_t n = read(in->descriptor, bytes, room);
        if (n >= 0)
            return (size_t)n;
        if (errno != EINTR) {
            in->errnum = errno;
            return 0;
        }
    }
}

static bool S_read(void *context, void *bytes, size_t room, size_t *len)
{
    struct input *in = context;
    size_t ahead = in->first_len - in->first_at;
    if (ahead) {
        *len = ahead < room ? ahead : room;
        memcpy(bytes, in->first + in->first_at, *len);
        in->first_at += *len;
    } else {
        *len = S_read_some(in, bytes, room);
    }
    return in->errnum == 0;
}

static enum idem_status S_open(struct input *in, const char *path, struct idem_error *err)
{
    *in = (struct input){.descriptor = STDIN_FILENO, .name = "standard input"};
    if (strcmp(path, "-") != 0) {
        in->name = path;
        in->descriptor = file_open(path, O_RDONLY, 0);
        if (in->descriptor < 0)
            return error_errno(err, errno, "%s", path);
    }
    in->first_len = S_read_some(in, in->first, sizeof in->first);
    if (in->errnum)
        return error_errno(err, in->errnum, "%s", in->name);
    return IDEM_OK;
}

static bool S_compressed(struct str first)
{
    return str_starts(first, STR("\x1f\x8b")) || str_starts(first, STR("\x28\xb5\x2f\xfd"));
}

/* By its first character: JSON lines begin with an object. */
static enum idem_format S_format(struct str first)
{
    if (str_starts(first, STR("\xEF\xBB\xBF")))
        first = str_sub(first, 3, first.len);
    first = str_trim(first);
    return first.len && first.ptr[0] == '{' ? IDEM_JSONL : IDEM_CSV;
}

static enum idem_status S_delimiter(const struct cli *c, const char *text, char *delimiter, struct idem_error *err)
{
    static const struct {
        const char *name;
        char delimiter;
    } NAMED[] = {{"tab", '\t'}, {"\\t", '\t'}, {"comma", ','}, {"semicolon", ';'}, {"pipe", '|'}};
    *delimiter = 0;
    if (!text)
        return IDEM_OK;
    for (size_t i = 0; i < COUNT_OF(NAMED); i++)
        if (strcmp(text, NAMED[i].name) == 0)
            *delimiter = NAMED[i].delimiter;
    if (!*delimiter && strlen(text) == 1 && !strchr("\"\r\n", *text))
        *delimiter = *text;
    return *delimiter ? IDEM_OK : usage_error(c, err, "--delimiter: \"%s\" is not one character or tab", text);
}

static void S_report(const struct cli *c, const struct idem_annotate_result *result)
{
    struct output o;
    const struct annotate_options *options = c->options;
    if (!c->common.json) {
        notice_summary(c, "%llu rows: %llu known, %llu unknown, %llu bad", (unsigned long long)result->rows,
                       (unsigned long long)result->known, (unsigned long long)result->unknown,
                       (unsigned long long)result->bad);
        return;
    }
    output_stdout(&o);
    if (!options->output || strcmp(options->output, "-") == 0)
        o.descriptor = STDERR_FILENO;
    output_printf(&o, "{\"rows\":%llu,\"known\":%llu,\"unknown\":%llu,\"bad\":%llu}\n",
                  (unsigned long long)result->rows, (unsigned long long)result->known,
                  (unsigned long long)result->unknown, (unsigned long long)result->bad);
    output_flush(&o);
    buf_deinit(&o.buf);
}

static enum idem_status S_annotate(struct cli *c, struct idem_session *s, struct input *in, struct idem_error *err)
{
    const struct annotate_options *options = c->options;
    struct str first = {in->first, in->first_len};
    struct idem_annotate_options wanted = {
        .source = options->source, .record_id = options->record_id, .column = options->column};
    struct idem_annotate_result result = {0};
    struct output o;
    TRY(S_delimiter(c, options->delimiter, &wanted.delimiter, err));
    if (S_compressed(first))
        return error_set(err, IDEM_INVALID,
                         "%s: is compressed; decompress it first, as in: zcat FILE | idem annotate -", in->name);
    wanted.format = options->format == 0 ? S_format(first) : options->format == 1 ? IDEM_CSV : IDEM_JSONL;
    TRY(output_open(&o, options->output, err));
    in->out = &o; /* cppcheck-suppress autoVariables ; nobody looks at it after this call */
    enum idem_status status = idem_annotate(s, &wanted, S_read, in, output_write, &o, &result, err);
    if (in->errnum)
        status = error_errno(err, in->errnum, "%s", in->name);
    bool cut_short = output_gone(&o);
    status = output_close(&o, status, err);
    if (status == IDEM_OK && !cut_short)
        S_report(c, &result);
    return status;
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct annotate_options *options = c->options;
    struct idem_session *s = NULL;
    struct input in = {.descriptor = -1};
    enum idem_status status;
    c->as_of = options->as_of;
    TRY_DONE(S_open(&in, c->operand[0], err));
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &s, err));
    status = S_annotate(c, s, &in, err);
done:
    if (in.descriptor > STDIN_FILENO)
        close(in.descriptor);
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct annotate_options, member)
static const struct option_row OPTIONS[] = {
    {"source", 's', "SOURCE", "whose record ids the rows carry (default: the only source there is)", OPTION_TEXT, AT(source)},
    {"record-id", 0, "COLUMN", "column or JSON path of the record id (default: as configured for the source)",
     OPTION_TEXT, AT(record_id)},
    {"column", 0, "NAME", "name of the new column (default: master_id)", OPTION_TEXT, AT(column)},
    {"format", 'f', "auto|csv|jsonl", "format of the rows (default: by their first character)", OPTION_CHOICE,
     AT(format)},
    {"delimiter", 0, "CHAR", "CSV: one character or tab (default: as configured, else found in the header)",
     OPTION_TEXT, AT(delimiter)},
    {"as-of", 0, "TIME|RUN", "answer as it was known then: a time (ISO 8601) or the number of a run", OPTION_TEXT,
     AT(as_of)},
    {"output", 'o', "FILE", "write there; the file appears when it is complete and may be FILE itself", OPTION_TEXT,
     AT(output)},
};

static const struct example EXAMPLES[] = {
    {"idem annotate crm.csv --source crm -o crm_with_ids.csv", "the same file with a master_id column"},
    {"idem annotate orders.csv --source crm --record-id customer_id", "any file that carries ids of a source"},
    {"zcat tickets.jsonl.gz | idem annotate - --source support", "JSON lines from a pipe"},
};

const struct command cmd_annotate = {
    .name = "annotate",
    .summary = "add a master_id column to a file",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .completes = COMPLETE_FILES,
    .details = "Writes the same rows with one more column (CSV) or key (JSON lines), empty or null where the record is "
               "unknown. "
               "Every other byte stays as it is: quotes, line endings, byte order mark. The file may have any length.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct annotate_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
