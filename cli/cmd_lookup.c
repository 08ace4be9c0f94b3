#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/notice.h"
#include "cli/output.h"

enum { CHUNK_BYTES = 1 << 16, MOST_KEY_BYTES = 4096 };

struct lookup {
    struct cli *cli;
    struct idem_session *session;
    struct idem_stream *stream; /* NULL between bursts of input */
    struct output out;
    uint64_t keys, unknown;
};

static void S_print_json(struct lookup *l, struct str source, struct str id, bool known, const char *master)
{
    json_t *line = json_object();
    json_put(line, "data_source", source.len ? json_from_str(source) : json_null());
    json_put_str(line, "record_id", id);
    json_put(line, "master_id", known ? json_string(master) : json_null());
    char *text = json_text(line);
    output_printf(&l->out, "%s\n", text);
    free(text);
    json_decref(line);
}

/* One key, one line. A key without ':' is a master_id. */
static enum idem_status S_key(struct lookup *l, struct str key, struct idem_error *err)
{
    char master[37] = "";
    size_t colon = str_find_byte(key, ':');
    struct str source = {0}, id = key;
    if (colon != SIZE_MAX) {
        source = str_sub(key, 0, colon);
        id = str_sub(key, colon + 1, key.len);
    }
    struct idem_str foreign_source = {source.ptr, source.len}, foreign_id = {id.ptr, id.len};
    if (!l->stream)
        TRY(idem_stream_open(l->session, &l->stream, err));
    enum idem_status status = idem_stream_lookup(l->stream, foreign_source, foreign_id, master, err);
    bool known = status == IDEM_OK;
    if (status != IDEM_OK && status != IDEM_NOT_FOUND)
        return status;
    l->keys++;
    l->unknown += !known;
    if (l->cli->common.json) {
        S_print_json(l, source, id, known, master);
        return IDEM_OK;
    }
    master[known ? 36 : 0] = '\n';
    output_bytes(&l->out, master, known ? 37 : 1);
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
        TRY(S_key(l, line, err));
    }
    if (rest.len > MOST_KEY_BYTES)
        return error_set(err, IDEM_LIMIT, "standard input: line %llu is longer than %d bytes; keys are SOURCE:ID, one a line",
                         (unsigned long long)l->keys + 1, MOST_KEY_BYTES);
    memmove(pending->ptr, rest.ptr, rest.len);
    pending->len = rest.len;
    return IDEM_OK;
}

/* Before waiting for more input: what is known so far is written, and the read transaction ends. A program may ask
 * through a pair of pipes for days; it is answered from the state of the day, and holds up nobody meanwhile. */
static void S_before_waiting(struct lookup *l)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    output_flush(&l->out);
    if (poll(&in, 1, 0) != 0)
        return;
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
        if (strcmp(l->cli->operand[i], "-") == 0)
            TRY(S_stdin(l, err));
        else
            TRY(S_key(l, str_from(l->cli->operand[i]), err));
    }
    return IDEM_OK;
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    struct lookup l = {.cli = c};
    enum idem_status status;
    output_stdout(&l.out);
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &l.session, err));
    TRY_DONE(S_all(&l, err));
    if (l.unknown) {
        status = cli_answer(c, IDEM_NOT_FOUND);
        if (err)
            err->message[0] = 0;
        if (c->err_terminal)
            notice_summary(c, "%llu of %llu keys are unknown", (unsigned long long)l.unknown, (unsigned long long)l.keys);
    }
done:
    status = output_close(&l.out, status, err);
    idem_stream_close(l.stream);
    idem_close(l.session);
    return status;
}

static const struct example EXAMPLES[] = {
    {"idem lookup crm:C-1001", "the master_id of one record"},
    {"cut -d, -f1 orders.csv | sed 's/^/crm:/' | idem lookup -", "one line for each line of input"},
};

const struct command cmd_lookup = {
    .name = "lookup",
    .summary = "print the master_id of records",
    .operands = "SOURCE:ID...",
    .least = 1,
    .most = ANY_NUMBER,
    .details = "Prints one line for each key: the master_id, or an empty line when the record is unknown (exit status 3). "
               "Merged masters lead to their survivor. A key is split at its first \":\"; one without \":\" is taken as a "
               "master_id. \"-\" reads keys from standard input, one a line.",
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
