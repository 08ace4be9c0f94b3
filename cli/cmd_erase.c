#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/notice.h"
#include "cli/render.h"
#include "cli/steward_view.h"

enum { MOST_LIST_BYTES = 256 << 20 };

struct erase_options {
    bool yes, dry_run, finish;
    const char *from, *receipt, *ledger, *by;
    int64_t now_ms;
    uint64_t seed;
    const char *reason;
};

/* ------------------------------------------------------------------ what was or would be done */

static long long S_number(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static bool S_is(const json_t *result, const char *status)
{
    return str_eq(json_str(json_object_get(result, "status")), str_from(status));
}

static void S_removed(struct output *o, const json_t *removed)
{
    static const struct {
        const char *key, *says;
    } LINES[] = {
        {"versions", "earlier values of records"},
        {"decisions", "decisions of people"},
        {"pins", "pinned values"},
        {"aliases", "ids of other systems"},
        {"entries", "entries of the candidate index"},
        {"events", "events"},
        {"states", "earlier states of masters"},
        {"audits", "payloads of the audit log"},
    };
    for (size_t i = 0; i < COUNT_OF(LINES); i++)
        if (S_number(removed, LINES[i].key))
            output_printf(o, "%10lld %s\n", S_number(removed, LINES[i].key), LINES[i].says);
}

static void S_human(const struct cli *c, struct output *o, const json_t *result)
{
    const json_t *records = json_object_get(result, "records"), *masters = json_object_get(result, "masters");
    const json_t *receipt = json_object_get(result, "receipt");
    if (S_number(result, "already_erased"))
        output_printf(o, "%lld keys were erased before\n", S_number(result, "already_erased"));
    if (json_array_size(records)) {
        render_heading(c, o, S_is(result, "preview") ? "Records that would go" : "Records that went");
        render_table(c, o, records, "data_source record_id status master_id");
    }
    if (json_array_size(masters)) {
        render_heading(c, o, "Masters");
        render_table(c, o, masters, "master_id becomes records_left");
    }
    if (json_object_get(result, "removed")) {
        output_printf(o, "\n%10lld records\n", S_number(json_object_get(result, "removed"), "records"));
        S_removed(o, json_object_get(result, "removed"));
    }
    if (S_is(result, "preview"))
        output_printf(o, "\nNothing was erased: this is what would go.\n");
    if (receipt)
        output_printf(o, "\nErased. Committed %.*s, overwritten and searched for %.*s: %lld of %lld pieces found\n",
                      STR_ARG(json_str(json_object_get(receipt, "committed_at"))),
                      STR_ARG(json_str(json_object_get(receipt, "scrubbed_at"))),
                      S_number(json_object_get(receipt, "search"), "found"),
                      S_number(json_object_get(receipt, "search"), "sequences"));
}

static enum idem_status S_save_receipt(const char *path, const char *text, struct idem_error *err)
{
    struct output o;
    json_t *result;
    if (!path || !text)
        return IDEM_OK;
    TRY(json_parse(str_from(text), "result", &result, err));
    const json_t *receipt = json_object_get(result, "receipt");
    enum idem_status status = IDEM_OK;
    if (receipt) {
        char *line = json_text(receipt);
        status = output_open(&o, path, err);
        if (status == IDEM_OK) {
            output_printf(&o, "%s\n", line);
            status = output_close(&o, status, err);
        }
        free(line);
    }
    json_decref(result);
    return status;
}

/* ------------------------------------------------------------------ asking */

static bool S_is_preview_of_nothing(const char *text)
{
    json_t *result;
    if (json_parse(str_from(text), "result", &result, NULL) != IDEM_OK)
        return false;
    bool nothing = S_is(result, "nothing");
    json_decref(result);
    return nothing;
}

static enum idem_status S_ask(const struct cli *c, struct idem_error *err)
{
    char answer[32] = "";
    if (!isatty(STDIN_FILENO) || !c->err_terminal)
        return error_set(err, IDEM_INVALID, "nothing was erased: look at what would go, then say --yes");
    fprintf(stderr, "This cannot be undone. Type erase to go on: ");
    if (!fgets(answer, sizeof answer, stdin) || !str_eq(str_trim(str_from(answer)), STR("erase")))
        return error_set(err, IDEM_INVALID, "nothing was erased");
    return IDEM_OK;
}

static enum idem_status S_confirm(struct cli *c, struct idem_session *s, const struct text_list *key,
                                  struct idem_erase_options wanted, bool *nothing, struct idem_error *err)
{
    char *text = NULL;
    wanted.dry_run = true;
    TRY(cli_answer(c, idem_erase(s, key->item, key->n, &wanted, &text, err)));
    *nothing = S_is_preview_of_nothing(text);
    TRY(render_result(c, text, S_human, err));
    return *nothing ? IDEM_OK : S_ask(c, err);
}

/* ------------------------------------------------------------------ keys */

static void S_add(struct cli *c, struct text_list *list, struct str key)
{
    const char **grown = ARENA_NEW(&c->arena, const char *, list->n + 1);
    if (list->n)
        memcpy(grown, list->item, list->n * sizeof *grown);
    grown[list->n++] = str_cstr(&c->arena, key);
    list->item = grown;
}

static enum idem_status S_keys(struct cli *c, const char *from, struct text_list *list, struct idem_error *err)
{
    struct str content, line;
    for (unsigned i = 0; i < c->n_operands; i++)
        S_add(c, list, str_from(c->operand[i]));
    if (from) {
        if (strcmp(from, "-") == 0)
            TRY(file_read_stream(STDIN_FILENO, "standard input", MOST_LIST_BYTES, &c->arena, &content, err));
        else
            TRY(file_read(from, MOST_LIST_BYTES, &c->arena, &content, err));
        size_t room = list->n + 1;
        for (size_t i = 0; i < content.len; i++)
            room += content.ptr[i] == '\n';
        const char **all = ARENA_NEW(&c->arena, const char *, room + 1);
        if (list->n)
            memcpy(all, list->item, list->n * sizeof *all);
        while (content.len && str_next_piece(&content, '\n', &line))
            if (str_trim(line).len)
                all[list->n++] = str_cstr(&c->arena, str_trim(line));
        list->item = all;
    }
    return list->n ? IDEM_OK : usage_error(c, err, "name records, SOURCE:ID, or persons by their master_id");
}

/* ------------------------------------------------------------------ the command */

static enum idem_status S_erase(struct cli *c, struct idem_session *s, const struct idem_erase_options *wanted,
                                char **text, struct idem_error *err)
{
    const struct erase_options *options = c->options;
    struct text_list key = {0};
    bool nothing = false;
    if (options->finish)
        return cli_answer(c, idem_erase_finish(s, wanted, text, err));
    TRY(S_keys(c, options->from, &key, err));
    if (!options->yes && !options->dry_run)
        TRY(S_confirm(c, s, &key, *wanted, &nothing, err));
    return nothing ? IDEM_OK : cli_answer(c, idem_erase(s, key.item, key.n, wanted, text, err));
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct erase_options *options = c->options;
    struct idem_erase_options wanted = {.by = steward_by(options->by),
                                        .dry_run = options->dry_run,
                                        .ledger = options->ledger,
                                        .now_ms = options->now_ms,
                                        .seed = options->seed};
    struct idem_session *s = NULL;
    struct idem_error shown = {0};
    char *text = NULL;
    enum idem_status status;
    if (options->receipt && strcmp(options->receipt, "-") != 0 && file_exists(options->receipt))
        return error_set(err, IDEM_CONFLICT, "%s: is there already; give the receipt another name", options->receipt);
    if (options->reason)
        c->common.purpose = options->reason;
    TRY_DONE(connect_open(c, CONFIG_NEEDED, IDEM_WRITE, &s, err));
    status = S_erase(c, s, &wanted, &text, err);
    if (text && (status == IDEM_OK || status == IDEM_BUSY)) {
        enum idem_status saved = S_save_receipt(options->receipt, text, &shown);
        enum idem_status told = render_summary(c, text, S_human, &shown);
        text = NULL;
        if (status == IDEM_OK && (saved != IDEM_OK || told != IDEM_OK)) {
            status = shown.status;
            if (err)
                *err = shown;
        }
    }
done:
    free(text);
    idem_close(s);
    return status;
}

#define AT(member) offsetof(struct erase_options, member)
static const struct option_row OPTIONS[] = {
    {"yes", 'y', NULL, "erase without asking", OPTION_FLAG, AT(yes)},
    {"dry-run", 'n', NULL, "show what would go, and erase nothing", OPTION_FLAG, AT(dry_run)},
    {"from", 0, "FILE", "keys, one a line; - reads them from standard input", OPTION_TEXT, AT(from)},
    {"receipt", 0, "FILE", "write the signed receipt there", OPTION_TEXT, AT(receipt)},
    {"ledger", 0, "FILE", "add keyed digests to this file: an older copy of the database erases again by it",
     OPTION_TEXT, AT(ledger)},
    {"finish", 0, NULL, "overwrite what a reader held up, and give the receipt", OPTION_FLAG, AT(finish)},
    {"by", 0, "WHO", "who erases, for the record (default: who runs it)", OPTION_TEXT, AT(by)},
    {"reason", 0, "TEXT", "why, for the audit log (sealed there)", OPTION_TEXT, AT(reason)},
    {"now", 0, "TIME", "the time to note (default: now)", OPTION_TIME, AT(now_ms)},
    {"seed", 0, "N", "make new master_ids repeatable, with --now", OPTION_NUMBER, AT(seed)},
};

static const struct example EXAMPLES[] = {
    {"idem erase 019a3b1c-6c00-7000-8000-5f2a8c1e9d44 --receipt receipt.json", "a person, after a look and a question"},
    {"idem erase crm:C-1001 --dry-run", "what would go with one record"},
    {"idem erase --from leavers.txt --yes --ledger idem.db.ledger", "many, and so that no backup brings them back"},
};

const struct command cmd_erase = {
    .name = "erase",
    .summary = "forget persons or records, with a receipt",
    .operands = "SOURCE:ID|MASTER...",
    .least = 0,
    .most = ANY_NUMBER,
    .details =
        "A master_id stands for the person: all records, gone ones too. SOURCE:ID is that record alone. Values, "
        "earlier values, index entries, decisions and pins on them are removed; what remains is matched again; the "
        "master_id answers \"erased\" for ever, and the record is set aside when a source brings it again. The receipt "
        "is given when the bytes were overwritten and searched for. It cannot be undone, nor can the runs before it.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct erase_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
