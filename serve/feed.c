#include "serve/feed.h"

#include <stdlib.h>

#include "base/clock.h"
#include "serve/route.h"
#include "serve/service.h"

enum { MOST_PAGE = 10000, DEFAULT_PAGE = 1000, LONGEST_WAIT_S = 60, STREAM_PAGE = 500, STILL_HERE_S = 10 };

struct page {
    struct buf lines;
    uint64_t n;
    int64_t last; /* seq */
};

static bool S_collect(void *context, const void *bytes, size_t len)
{
    buf_add(context, bytes, len);
    return true;
}

/* Each line begins with its number: {"seq":12, */
static bool S_seq(struct str line, int64_t *seq)
{
    struct str head = STR("{\"seq\":");
    uint64_t n;
    size_t comma = str_find_byte(line, ',');
    if (!str_starts(line, head) || comma == SIZE_MAX || !str_to_u64(str_sub(line, head.len, comma), &n))
        return false;
    *seq = (int64_t)n;
    return true;
}

static enum idem_status S_page(struct idem_session *s, int64_t since, uint64_t most, struct page *page,
                               struct idem_error *err)
{
    const struct idem_export_options options = {
        .kind = IDEM_EXPORT_CHANGES, .format = IDEM_JSONL, .since = since, .most = most};
    struct str rest, line;
    page->last = since;
    TRY(idem_export(s, &options, S_collect, &page->lines, err));
    rest = buf_view(&page->lines);
    while (rest.len && str_next_piece(&rest, '\n', &line))
        page->n += line.len && S_seq(line, &page->last);
    return IDEM_OK;
}

static void S_problem(struct request *rq, enum idem_status status, const struct idem_error *err)
{
    if (status == IDEM_LIMIT)
        answer_problem(
            &rq->answer, 410, "resync",
            "changes after this number are not kept, or there are none yet in this database: take a snapshot "
            "(export crosswalk and golden), then go on from seq %lld",
            (long long)atomic_load(&rq->service->seq));
    else
        answer_error(&rq->answer, status, err);
}

/* ------------------------------------------------------------------ pages */

static void S_answer(struct request *rq, const struct page *page, int64_t limit)
{
    struct buf out = {0};
    struct str rest = buf_view(&page->lines), line;
    uint64_t n = 0;
    buf_str(&out, STR("{\"changes\":["));
    while (rest.len && str_next_piece(&rest, '\n', &line)) {
        if (!line.len)
            continue;
        if (n++)
            buf_byte(&out, ',');
        buf_str(&out, line);
    }
    buf_printf(&out, "],\"next\":%lld,\"more\":%s}", (long long)page->last, n == (uint64_t)limit ? "true" : "false");
    answer_text(&rq->answer, 200, TYPE_JSON, out.ptr, out.len);
}

static void S_poll(struct request *rq, struct idem_session *s, int64_t since, int64_t limit, int64_t wait_s)
{
    struct idem_error err = {0};
    struct page page = {.n = 0};
    int64_t now = atomic_load(&rq->service->seq); /* before reading: a change after it wakes */
    rq->deadline = rq->started + (double)wait_s;
    rq->since = INT64_MAX;
    enum idem_status status = S_page(s, since, (uint64_t)limit, &page, &err);
    if (status != IDEM_OK) {
        S_problem(rq, status, &err);
    } else if (page.n || clock_seconds() >= rq->deadline || atomic_load(&rq->service->draining)) {
        S_answer(rq, &page, limit);
    } else {
        rq->since = now > since ? now : since;
    }
    buf_deinit(&page.lines);
}

/* ------------------------------------------------------------------ streams */

static void S_fill(struct request *rq, struct idem_session *s)
{
    struct feed *feed = rq->feed;
    struct idem_error err = {0};
    struct page page = {.n = 0};
    int64_t now = atomic_load(&rq->service->seq), seq;
    struct str rest, line;
    enum idem_status status = S_page(s, feed->since, STREAM_PAGE, &page, &err);
    buf_clear(&feed->out);
    feed->sent = 0;
    if (status != IDEM_OK && !rq->answer.status)
        S_problem(rq, status, &err);
    feed->ended = status != IDEM_OK || atomic_load(&rq->service->draining);
    rest = buf_view(&page.lines);
    while (rest.len && str_next_piece(&rest, '\n', &line))
        if (S_seq(line, &seq))
            buf_printf(&feed->out, "id: %lld\nevent: change\ndata: %.*s\n\n", (long long)seq, STR_ARG(line));
    if (!page.n)
        buf_str(&feed->out, STR(": still here\n\n"));
    feed->since = page.last;
    rq->since = page.n == STREAM_PAGE ? feed->since : now > feed->since ? now : feed->since;
    buf_deinit(&page.lines);
}

static void S_stream(struct request *rq, struct idem_session *s, int64_t since)
{
    rq->feed = xcalloc(1, sizeof *rq->feed);
    rq->feed->since = since;
    S_fill(rq, s);
    if (rq->answer.status)
        return;
    rq->answer = (struct answer){.status = 200, .type = TYPE_EVENTS, .stream = true};
}

ssize_t feed_read(struct request *rq, char *bytes, size_t room)
{
    struct feed *feed = rq->feed;
    size_t left = feed->out.len - feed->sent, n = left < room ? left : room;
    if (!left)
        return feed->ended ? FEED_END : FEED_NOTHING;
    memcpy(bytes, feed->out.ptr + feed->sent, n);
    feed->sent += n;
    rq->deadline = clock_seconds() + STILL_HERE_S;
    return (ssize_t)n;
}

void feed_free(struct feed *feed)
{
    if (!feed)
        return;
    buf_deinit(&feed->out);
    free(feed);
}

/* ------------------------------------------------------------------ the route */

void run_changes(struct request *rq, struct idem_session *s)
{
    bool stream = rq->accept && strstr(rq->accept, TYPE_EVENTS);
    int64_t since, limit, wait_s, now = atomic_load(&rq->service->seq);
    uint64_t last;
    if (rq->feed) {
        S_fill(rq, s);
        return;
    }
    if (!request_number(rq, "since", 0, INT64_MAX, stream ? now : 0, &since) ||
        !request_number(rq, "limit", 1, MOST_PAGE, DEFAULT_PAGE, &limit) ||
        !request_number(rq, "wait", 0, LONGEST_WAIT_S, 0, &wait_s))
        return;
    if (!stream) {
        S_poll(rq, s, since, limit, wait_s);
        return;
    }
    if (rq->last_event_id && str_to_u64(str_from(rq->last_event_id), &last) && last <= INT64_MAX)
        since = (int64_t)last;
    S_stream(rq, s, since);
}
