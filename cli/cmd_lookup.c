#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/notice.h"
#include "cli/output.h"

enum { CHUNK_BYTES = 1 << 20, MOST_KEY_BYTES = 4096 };

struct lookup_options {
    const char *as_of;
};

struct lookup {
    struct cli *cli;
    struct idem_session *session;
    struct idem_stream *stream; /* NULL between bursts of input */
    struct output out;
    struct idem_lookup *key; /* [room] of one piece of input */
    size_t n, room;
    uint64_t keys, unknown;
};

/* A key without ':' is a master_id. */
static void S_add(struct lookup *l, struct str key)
{
    size_t colon = str_find_byte(key, ':');
    if (l->n == l->room) {
        l->room = l->room * 2 + 64;
        l->key = xrealloc(l->key, l->room * sizeof *l->key);
    }
    struct idem_lookup *k = &l->key[l->n++];
    k->source = (struct idem_str){key.ptr, colon == SIZE_MAX ? 0 : colon};
    if (colon != SIZE_MAX)
        key = str_sub(key, colon + 1, key.len);
    k->record_id = (struct idem_str){key.ptr, key.len};
}

static void S_print_json(struct lookup *l, const struct idem_lookup *k)
{
    struct str source = {k->source.ptr, k->source.len}, id = {k->record_id.ptr, k->record_id.len};
    bool known = k->status == IDEM_OK;
    json_t *line = json_object();
    json_put(line, "data_source", source.len ? json_from_str(source) : json_null());
    json_put_str(line, "record_id", id);
    json_put(line, "master_id", known ? json_string(k->master_id) : json_null());
    if (!known && k->master_id[0])
        json_put(line, "erased", json_true());
    char *text = json_text(line);
    output_printf(&l->out, "%s\n", text);
    free(text);
    json_decref(line);
}

static void S_print(struct lookup *l, struct idem_lookup *k)
{
    if (l->cli->common.json) {
        S_print_json(l, k);
        return;
    }
    size_t len = strlen(k->master_id);
    k->master_id[len] = '\n';
    output_bytes(&l->out, k->master_id, len + 1);
}

static enum idem_status S_answer(struct lookup *l, struct idem_error *err)
{
    if (l->n && !l->stream)
        TRY(idem_stream_open(l->session, &l->stream, err));
    if (l->n)
        TRY(idem_stream_lookup_many(l->stream, l->key, l->n, err));
    for (size_t i = 0; i < l->n; i++) {
        l->unknown += l->key[i].status != IDEM_OK;
        S_print(l, &l->key[i]);
    }
    l->keys += l->n;
    l->n = 0;
    return IDEM_OK;
}

static enum idem_status S_lines(struct lookup *l, struct buf *pending, bool last, struct idem_error *err)
{
    struct str rest = buf_view(pending), line;
    while (rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        if (!end && !last)
            break;
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
        line = str_sub(rest, 0, len);
        rest = str_sub(rest, end ? len + 1 : len, rest.len);
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        S_add(l, line);
    }
    TRY(S_answer(l, err));
    if (rest.len > MOST_KEY_BYTES)
        return error_set(err, IDEM_LIMIT,
                         "standard input: line %llu is longer than %d bytes; keys are SOURCE:ID, one a line",
                         (unsigned long long)l->keys + 1, MOST_KEY_BYTES);
    memmove(pending->ptr, rest.ptr, rest.len);
    pending->len = rest.len;
    return IDEM_OK;
}

static bool S_more_is_there(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&in, 1, 0) > 0;
}

/* Before waiting for more input: what is known so far is written, and the read transaction ends. A program may ask
 * through a pair of pipes for days; it is answered from the state of the day, and holds up nobody meanwhile. */
static void S_before_waiting(struct lookup *l)
{
    if (S_more_is_there())
        return;
    output_flush(&l->out);
    idem_stream_close(l->stream);
    l->stream = NULL;
}

static enum idem_status S_stdin(struct lookup *l, struct idem_error *err)
{
    struct buf pending = {0};
    enum idem_status status = IDEM_OK;
    while (status == IDEM_OK && !output_gone(&l->out)) {
        buf_reserve(&pending, CHUNK_BYTES);
        ssize_t n = read(STDIN_FILENO, pending.ptr + pending.len, CHUNK_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            status = error_errno(err, errno, "standard input");
        if (n <= 0)
            break;
        pending.len += (size_t)n;
        if (pending.len < CHUNK_BYTES && S_more_is_there())
            continue;
        status = S_lines(l, &pending, false, err);
        S_before_waiting(l);
    }
    if (status == IDEM_OK && pending.len)
        status = S_lines(l, &pending, true, err);
    buf_deinit(&pending);
    return status;
}

static enum idem_status S_all(struct lookup *l, struct idem_error *err)
{
    for (unsigned i = 0; i < l->cli->n_operands; i++) {
        if (strcmp(l->cli->operand[i], "-") != 0) {
            S_add(l, str_from(l->cli->operand[i]));
            continue;
        }
        TRY(S_answer(l, err));
        TRY(S_stdin(l, err));
    }
    return S_answer(l, err);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct lookup_options *options = c->options;
    struct lookup l = {.cli = c};
    enum idem_status status;
    output_foreign(&l.out);
    c->as_of = options->as_of;
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &l.session, err));
    TRY_DONE(S_all(&l, err));
    if (l.unknown) {
        status = cli_answer(c, IDEM_NOT_FOUND);
        if (err)
            err->message[0] = 0;
        if (c->err_terminal)
            notice_summary(c, "%llu of %llu keys are unknown", (unsigned long long)l.unknown,
                           (unsigned long long)l.keys);
    }
done:
    status = output_close(&l.out, status, err);
    idem_stream_close(l.stream);
    idem_close(l.session);
    free(l.key);
    return status;
}

#define AT(member) offsetof(struct lookup_options, member)
static const struct option_row OPTIONS[] = {
    {"as-of", 0, "TIME|RUN", "answer as it was known then: a time (ISO 8601) or the number of a run", OPTION_TEXT,
     AT(as_of)},
};

static const struct example EXAMPLES[] = {
    {"idem lookup crm:C-1001", "the master_id of one record"},
    {"cut -d, -f1 orders.csv | sed 's/^/crm:/' | idem lookup -", "one line for each line of input"},
    {"idem lookup crm:C-1001 --as-of 2026-03-01", "the master_id that was known on that day"},
};

const struct command cmd_lookup = {
    .name = "lookup",
    .summary = "print the master_id of records",
    .operands = "SOURCE:ID...",
    .least = 1,
    .most = ANY_NUMBER,
    .details =
        "Prints one line for each key: the master_id, or an empty line when the record is unknown, or \"erased\" "
        "(exit status 3 both). "
        "Merged masters lead to their survivor. A key is split at its first \":\"; one without \":\" is taken as a "
        "master_id. \"-\" reads keys from standard input, one a line.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct lookup_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
