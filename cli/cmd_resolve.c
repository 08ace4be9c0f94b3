/* JSON lines in, JSON lines out: what is there is written as one group, then answered. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/notice.h"
#include "cli/output.h"
#include "cli/steward_view.h"

enum {
    CHUNK_BYTES = 1 << 16,
    MOST_LINE_BYTES = 16 << 20,
    DEFAULT_GROUP = 256,
    MOST_GROUP = 100000,
    USUAL_WAIT_MS = 10000
};

struct resolve_options {
    bool dry_run, allow_return;
    uint64_t group, seed;
    const char *by;
    int64_t now_ms;
};

struct resolving {
    struct cli *cli;
    const struct resolve_options *options;
    struct idem_session *session;
    struct idem_resolver *resolver;
    struct idem_str *line; /* [group] of the group that is gathered */
    size_t n, group;
    uint64_t lines, refused; /* answered so far */
    struct buf pending;
    struct output out;
};

static enum idem_status S_answer(struct resolving *r, struct idem_error *err)
{
    struct idem_resolve_options options = {.dry_run = r->options->dry_run,
                                           .allow_return = r->options->allow_return,
                                           .by = steward_by(r->options->by),
                                           .now_ms = r->options->now_ms,
                                           .seed = r->options->seed ? r->options->seed + r->lines : 0,
                                           .line = r->lines + 1};
    char *lines = NULL;
    size_t refused = 0;
    if (!r->n)
        return IDEM_OK;
    enum idem_status status = idem_resolve(r->resolver, r->line, r->n, &options, &lines, &refused, err);
    if (status != IDEM_OK) {
        error_prefix(err, "standard input, from line %llu on: ", (unsigned long long)r->lines + 1);
        return status;
    }
    output_bytes(&r->out, lines, strlen(lines));
    idem_free(lines);
    r->lines += r->n;
    r->refused += refused;
    r->n = 0;
    return IDEM_OK;
}

/* Whole lines, in groups; what is left of the last one waits for more. */
static enum idem_status S_lines(struct resolving *r, bool last, struct idem_error *err)
{
    struct str rest = buf_view(&r->pending);
    while (rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        if (!end && !last)
            break;
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
        r->line[r->n++] = (struct idem_str){rest.ptr, len};
        rest = str_sub(rest, end ? len + 1 : len, rest.len);
        if (r->n == r->group)
            TRY(S_answer(r, err));
    }
    TRY(S_answer(r, err));
    if (rest.len > MOST_LINE_BYTES)
        return error_set(err, IDEM_LIMIT, "standard input: line %llu is longer than %d bytes; a record is one line",
                         (unsigned long long)r->lines + 1, MOST_LINE_BYTES);
    memmove(r->pending.ptr, rest.ptr, rest.len);
    r->pending.len = rest.len;
    return IDEM_OK;
}

static bool S_more_is_there(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&in, 1, 0) > 0;
}

/* Nobody who waits for an answer is kept waiting for a group to fill. */
static enum idem_status S_stdin(struct resolving *r, struct idem_error *err)
{
    enum idem_status status = IDEM_OK;
    while (status == IDEM_OK && !output_gone(&r->out)) {
        buf_reserve(&r->pending, CHUNK_BYTES);
        ssize_t n = read(STDIN_FILENO, r->pending.ptr + r->pending.len, CHUNK_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            status = error_errno(err, errno, "standard input");
        if (n <= 0)
            break;
        r->pending.len += (size_t)n;
        if ((size_t)n < CHUNK_BYTES && r->pending.len < CHUNK_BYTES && S_more_is_there())
            continue;
        status = S_lines(r, false, err);
        if (!S_more_is_there())
            output_flush(&r->out);
    }
    return status == IDEM_OK && r->pending.len ? S_lines(r, true, err) : status;
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    struct resolving r = {.cli = c, .options = c->options};
    enum idem_status status;
    r.group = r.options->group ? (size_t)r.options->group : DEFAULT_GROUP;
    if (r.group > MOST_GROUP)
        return usage_error(c, err, "--group is at most %d", MOST_GROUP);
    r.line = ARENA_NEW(&c->arena, struct idem_str, r.group);
    if (c->common.wait_ms == WAIT_USUAL)
        c->common.wait_ms = USUAL_WAIT_MS;
    output_foreign(&r.out);
    TRY_DONE(connect_open(c, CONFIG_NEEDED, r.options->dry_run ? IDEM_READ : IDEM_WRITE, &r.session, err));
    TRY_DONE(idem_resolver_open(r.session, &r.resolver, err));
    TRY_DONE(S_stdin(&r, err));
    if (r.refused) {
        c->exit_status = 1;
        struct str text = arena_printf(&c->arena, "%llu of %llu lines were refused; their answers say why",
                                       (unsigned long long)r.refused, (unsigned long long)r.lines);
        notice_warn(c, str_cstr(&c->arena, text));
    }
done:
    status = output_close(&r.out, status, err);
    idem_resolver_close(r.resolver);
    idem_close(r.session);
    buf_deinit(&r.pending);
    return status;
}

#define AT(member) offsetof(struct resolve_options, member)
static const struct option_row OPTIONS[] = {
    {"dry-run", 'n', NULL, "tell what would be, and write nothing", OPTION_FLAG, AT(dry_run)},
    {"allow-return", 0, NULL, "take in again records of persons who were erased", OPTION_FLAG, AT(allow_return)},
    {"group", 0, "N", "write so many records at most as one transaction (default: 256)", OPTION_COUNT, AT(group)},
    {"by", 0, "WHO", "who does it, for the record (default: who runs it)", OPTION_TEXT, AT(by)},
    {"now", 0, "TIME", "the time to note (default: now)", OPTION_TIME, AT(now_ms)},
    {"seed", 0, "N", "make new master_ids repeatable, with --now", OPTION_NUMBER, AT(seed)},
};

static const struct example EXAMPLES[] = {
    {"idem resolve < changes.jsonl > masters.jsonl", "add, replace or delete records, one answer a line"},
    {"echo '{\"data_source\":\"crm\",\"record_id\":\"C-9\",\"fields\":{\"email\":\"anna@example.org\"}}' | idem "
     "resolve "
     "--dry-run",
     "whom a record would belong to"},
};

const struct command cmd_resolve = {
    .name = "resolve",
    .summary = "add, replace or delete records one by one and tell their masters",
    .operands = "",
    .details =
        "Reads JSON lines from standard input: data_source, record_id, and either \"fields\" by name, or the "
        "columns of the source as its files have them, or \"deleted\": true. Answers one line for each, in order, "
        "once it is stored. A line that cannot be taken is answered with an error; the rest goes on, and the exit "
        "status is 1. Waits ten seconds for others that write, unless --wait says otherwise.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct resolve_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
