#include "base/file.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/render.h"
#include "cli/table.h"

struct verify_options {
    const char *head, *receipt;
};

static struct str S_text(const json_t *object, const char *key)
{
    return json_str(json_object_get(object, key));
}

static enum style S_style(struct str status)
{
    return str_eq(status, STR("sound")) ? STYLE_GREEN : str_eq(status, STR("broken")) ? STYLE_RED : STYLE_YELLOW;
}

static void S_human(const struct cli *c, struct output *o, const json_t *result)
{
    const json_t *list = json_object_get(result, "checks");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *check = json_array_get(list, i), *places = json_object_get(check, "places");
        struct str status = S_text(check, "status");
        enum style style = S_style(status);
        output_printf(o, "%s%-8.*s%s%-12.*s %.*s%s\n", style_on(c, style), STR_ARG(status), style_off(c, style),
                      STR_ARG(S_text(check, "check")), STR_ARG(S_text(check, "says")),
                      str_eq(status, STR("skipped")) ? " (needs the key)" : "");
        for (size_t k = 0; k < json_array_size(places); k++)
            output_printf(o, "        %.*s\n", STR_ARG(json_str(json_array_get(places, k))));
        json_int_t more = json_integer_value(json_object_get(check, "found")) - (json_int_t)json_array_size(places);
        if (more > 0)
            output_printf(o, "        and %lld more\n", (long long)more);
    }
    if (json_is_string(json_object_get(result, "audit_head")))
        output_printf(o, "\naudit log ends at %.*s\n", STR_ARG(S_text(result, "audit_head")));
}

static void S_human_receipt(const struct cli *c, struct output *o, const json_t *result)
{
    const json_t *problems = json_object_get(result, "problems");
    (void)c;
    output_printf(o, "receipt %.*s: %lld records, committed %.*s, overwritten %.*s\n",
                  STR_ARG(S_text(result, "receipt")), (long long)json_integer_value(json_object_get(result, "records")),
                  STR_ARG(S_text(result, "committed_at")), STR_ARG(S_text(result, "scrubbed_at")));
    for (size_t i = 0; i < json_array_size(problems); i++)
        output_printf(o, "        %.*s\n", STR_ARG(json_str(json_array_get(problems, i))));
}

static enum idem_status S_receipt(struct cli *c, struct idem_session *s, const char *path, struct idem_error *err)
{
    enum { MOST_RECEIPT_BYTES = 256 << 20 };
    struct str content;
    struct idem_error quiet;
    char *text = NULL;
    TRY(file_read(path, MOST_RECEIPT_BYTES, &c->arena, &content, err));
    if (!str_trim(content).len)
        return error_set(err, IDEM_INVALID,
                         "%s: it is empty: no receipt; \"idem erase --finish\" writes the last one "
                         "again",
                         path);
    enum idem_status status = idem_verify_receipt(s, (struct idem_str){content.ptr, content.len}, &text, err);
    if (!text && status == IDEM_INVALID)
        error_prefix(err, "%s: ", path);
    if (text) {
        enum idem_status shown = render_result(c, text, S_human_receipt, status == IDEM_OK ? err : &quiet);
        status = status == IDEM_OK ? shown : status;
    }
    return status;
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct verify_options *options = c->options;
    struct idem_verify_options wanted = {.head = options->head, .threads = (unsigned)c->common.threads};
    struct idem_session *s = NULL;
    struct idem_error quiet;
    char *text = NULL;
    enum idem_status status;
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &s, err));
    if (options->receipt) {
        status = S_receipt(c, s, options->receipt, err);
        goto done;
    }
    status = idem_verify(s, &wanted, &text, err);
    if (text) {
        enum idem_status shown = render_result(c, text, S_human, status == IDEM_OK ? err : &quiet);
        status = status == IDEM_OK ? shown : status;
    }
done:
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct verify_options, member)
static const struct option_row OPTIONS[] = {
    {"head", 0, "HEAD", "as idem audit --head printed it: finds a log that was cut, and an older file put in place",
     OPTION_TEXT, AT(head)},
    {"receipt", 0, "FILE", "check the receipt of an erasure in place of the database", OPTION_TEXT, AT(receipt)},
};

static const struct example EXAMPLES[] = {
    {"idem verify", "is everything in the database as it must be?"},
    {"idem verify --head \"$(cat head.txt)\"", "and does the audit log still hold what it held then?"},
};

const struct command cmd_verify = {
    .name = "verify",
    .summary = "check everything that must hold in the database",
    .details =
        "Reads the whole database and changes nothing. The exit status is 1, with the places, when something is not "
        "as it must be. Without the key only what needs none is checked.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct verify_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
