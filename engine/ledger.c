#include "engine/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/map.h"
#include "engine/erase.h"

static const char HEAD[] = "idem-erasure-ledger-1 ";
enum { MOST_LEDGER_BYTES = 1 << 30 };

/* ------------------------------------------------------------------ the file */

static const char *S_path(struct idem_session *s, const char *named)
{
    if (named)
        return named;
    if (s->config && s->config->ledger.len)
        return str_cstr(&s->arena, file_join(&s->arena, s->config->folder, s->config->ledger));
    char *beside = str_cstr(&s->arena, arena_printf(&s->arena, "%s.ledger", s->db_path));
    return file_exists(beside) ? beside : NULL;
}

static void S_hex(struct buf *out, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_printf(out, "%02x", bytes[i]);
}

static bool S_unhex(struct str text, uint8_t *bytes, size_t len)
{
    static const char DIGITS[] = "0123456789abcdef";
    if (text.len != 2 * len)
        return false;
    for (size_t i = 0; i < 2 * len; i++) {
        const char *at = memchr(DIGITS, text.ptr[i], 16);
        if (!at)
            return false;
        bytes[i / 2] = (uint8_t)(i % 2 ? bytes[i / 2] | (at - DIGITS) : (at - DIGITS) << 4);
    }
    return true;
}

static void S_head(const struct store *store, struct buf *out)
{
    buf_str(out, str_from(HEAD));
    S_hex(out, store_info(store)->id, sizeof store_info(store)->id);
    buf_byte(out, '\n');
}

static enum idem_status S_write(int fd, const char *path, struct str text, struct idem_error *err)
{
    while (text.len) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(err, errno, "%s", path);
        text = str_sub(text, (size_t)n, text.len);
    }
    return file_sync(fd) == 0 ? IDEM_OK : error_errno(err, errno, "%s", path);
}

static enum idem_status S_append(const char *path, struct str text, struct idem_error *err)
{
    int fd = file_open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0)
        return error_errno(err, errno, "%s", path);
    enum idem_status status = S_write(fd, path, text, err);
    close(fd);
    return status == IDEM_OK ? file_sync_folder(path, err) : status;
}

/* What tells whether the file is as it was when the database last knew all of it. */
static struct str S_state(struct arena *out, struct str content)
{
    uint8_t digest[32];
    struct buf text = {0};
    seal_digest(content, digest);
    buf_printf(&text, "%zu ", content.len);
    S_hex(&text, digest, 16);
    struct str state = str_copy(out, buf_view(&text));
    buf_deinit(&text);
    return state;
}

static enum idem_status S_note_state(struct store *store, const char *path, struct idem_error *err)
{
    struct arena scratch = {0};
    struct str content;
    enum idem_status status = file_read(path, MOST_LEDGER_BYTES, &scratch, &content, err);
    if (status == IDEM_OK)
        status = erased_set_ledger(store, S_state(&scratch, content), err);
    arena_deinit(&scratch);
    return status;
}

/* Without the piece of a line at the end that a process left when it was killed, before what it erased was committed.
 */
static struct str S_whole_lines(struct str content)
{
    while (content.len && content.ptr[content.len - 1] != '\n')
        content.len--;
    return content;
}

/* Cuts such a piece off. `begun`: the first line is there. */
static enum idem_status S_mend(const char *path, bool *begun, struct idem_error *err)
{
    struct arena scratch = {0};
    struct str content = {0};
    enum idem_status status = IDEM_OK;
    if (file_exists(path))
        status = file_read(path, MOST_LEDGER_BYTES, &scratch, &content, err);
    struct str whole = S_whole_lines(content);
    if (status == IDEM_OK && whole.len < content.len && truncate(path, (off_t)whole.len) != 0)
        status = error_errno(err, errno, "%s", path);
    *begun = whole.len > 0;
    arena_deinit(&scratch);
    return status;
}

static enum idem_status S_add(struct store *store, const char *path, struct buf *lines, struct idem_error *err)
{
    struct buf text = {0};
    bool begun;
    TRY(S_mend(path, &begun, err));
    if (!begun)
        S_head(store, &text);
    buf_str(&text, buf_view(lines));
    enum idem_status status = S_append(path, buf_view(&text), err);
    buf_deinit(&text);
    return status == IDEM_OK ? S_note_state(store, path, err) : status;
}

enum idem_status ledger_add(struct idem_session *s, struct store *store, const char *named,
                            const struct store_erased *erased, size_t n, struct idem_error *err)
{
    struct buf lines = {0};
    const char *path = S_path(s, named);
    if (!path)
        return IDEM_OK;
    for (size_t i = 0; i < n; i++) {
        buf_printf(&lines, "+ %d ", (int)erased[i].kind);
        S_hex(&lines, erased[i].digest, ERASED_DIGEST);
        buf_printf(&lines, " %lld %lld\n", (long long)erased[i].person, (long long)erased[i].at_ms);
    }
    enum idem_status status = S_add(store, path, &lines, err);
    buf_deinit(&lines);
    return status;
}

enum idem_status ledger_allow(struct idem_session *s, struct store *store, const uint8_t *digests, size_t n,
                              struct idem_error *err)
{
    struct buf lines = {0};
    const char *path = S_path(s, NULL);
    if (!path || !n)
        return IDEM_OK;
    for (size_t i = 0; i < n; i++) {
        buf_str(&lines, STR("- "));
        S_hex(&lines, digests + i * ERASED_DIGEST, ERASED_DIGEST);
        buf_byte(&lines, '\n');
    }
    enum idem_status status = S_add(store, path, &lines, err);
    buf_deinit(&lines);
    return status;
}

/* ------------------------------------------------------------------ reading it */

struct reading {
    const char *path;
    struct arena arena;
    struct store_erased *item;
    size_t n, room;
    struct map allowed; /* digests of records that may come back after all */
    struct map records; /* digests of records that are erased */
    struct map back;    /* persons of whom a record may come back */
};

static struct str S_bytes(const uint8_t *digest)
{
    return (struct str){(const char *)digest, ERASED_DIGEST};
}

static struct str S_person(const struct store_erased *e)
{
    return (struct str){(const char *)&e->person, sizeof e->person};
}

static bool S_number(struct str *rest, int64_t *number)
{
    struct str piece;
    uint64_t value;
    if (!str_next_token(rest, " ", &piece) || !str_to_u64(piece, &value) || value > INT64_MAX)
        return false;
    *number = (int64_t)value;
    return true;
}

static bool S_take_line(struct reading *r, struct str line)
{
    struct store_erased e = {0};
    struct str sign, digest;
    int64_t kind = 0;
    if (!str_next_token(&line, " ", &sign))
        return true;
    bool allow = str_eq(sign, STR("-"));
    if (!allow && (!str_eq(sign, STR("+")) || !S_number(&line, &kind) || kind >= ERASED_KINDS))
        return false;
    if (!str_next_token(&line, " ", &digest) || !S_unhex(digest, e.digest, ERASED_DIGEST))
        return false;
    if (allow) {
        map_add(&r->allowed, S_bytes(e.digest), (uint32_t)r->n);
        return true;
    }
    if (!S_number(&line, &e.person) || !S_number(&line, &e.at_ms))
        return false;
    if (r->n == r->room) {
        r->room = r->room * 2 + 64;
        r->item = xrealloc(r->item, r->room * sizeof *r->item);
    }
    e.kind = (enum erased_kind)kind;
    r->item[r->n++] = e;
    return true;
}

static enum idem_status S_take(struct reading *r, const struct store *store, struct str content, struct idem_error *err)
{
    struct buf head = {0};
    struct str line;
    size_t number = 0;
    content = S_whole_lines(content);
    if (!content.len)
        return IDEM_OK;
    S_head(store, &head);
    bool ours = str_starts(content, buf_view(&head));
    size_t head_len = head.len;
    buf_deinit(&head);
    if (!ours)
        return error_set(err, IDEM_INVALID, "%s: not the ledger of this database", r->path);
    content = str_sub(content, head_len, content.len);
    while (content.len && str_next_piece(&content, '\n', &line)) {
        number++;
        if (!S_take_line(r, line))
            return error_set(err, IDEM_CORRUPT, "%s:%zu: cannot be read", r->path, number + 1);
    }
    for (size_t i = 0; i < r->n; i++)
        if (r->item[i].kind == ERASED_RECORD) {
            bool allowed = map_find(&r->allowed, S_bytes(r->item[i].digest)) != NULL;
            map_add(allowed ? &r->back : &r->records, allowed ? S_person(&r->item[i]) : S_bytes(r->item[i].digest), 0);
        }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ erasing again */

struct again {
    struct idem_session *session;
    struct reading *reading;
    int64_t *rid;
    size_t n, room;
};

static enum idem_status S_look(struct again *a, struct store *store, struct store_cursor *cursor,
                               struct store_source *source, size_t n_sources, struct idem_error *err)
{
    for (bool more = true;;) {
        struct store_record record;
        uint8_t digest[ERASED_DIGEST];
        struct str name = {0};
        TRY(store_records_next(cursor, &record, &more, err));
        if (!more)
            return IDEM_OK;
        for (size_t i = 0; i < n_sources; i++)
            name = source[i].id == record.source ? source[i].name : name;
        erased_digest(store, ERASED_RECORD, name, record.record_id, digest);
        if (!map_find(&a->reading->records, S_bytes(digest)))
            continue;
        if (a->n == a->room) {
            a->room = a->room * 2 + 64;
            a->rid = xrealloc(a->rid, a->room * sizeof *a->rid);
        }
        a->rid[a->n++] = record.rid;
    }
}

static enum idem_status S_find(struct again *a, struct store *store, struct idem_error *err)
{
    struct store_read_options options = {.order = STORE_BY_RID, .values = true, .gone = true, .threads = 1};
    struct store_cursor *cursor = NULL;
    struct store_source *source;
    size_t n;
    TRY(store_get_sources(store, false, &a->reading->arena, &source, &n, err));
    TRY(store_snapshot_begin(store, err));
    enum idem_status status = store_records_open(store, &options, &cursor, err);
    if (status == IDEM_OK)
        status = S_look(a, store, cursor, source, n, err);
    store_records_close(cursor);
    store_snapshot_end(store);
    return status;
}

/* The list is as the ledger's, and knows that it is. */
static enum idem_status S_take_over(struct again *a, const char *path, struct idem_error *err)
{
    struct store *store;
    TRY(session_store(a->session, STORE_WRITE, &store, err));
    TRY(store_begin(store, err));
    enum idem_status status = IDEM_OK;
    for (size_t i = 0; i < a->reading->n && status == IDEM_OK; i++)
        if (a->reading->item[i].kind == ERASED_RECORD
                ? map_find(&a->reading->records, S_bytes(a->reading->item[i].digest)) != NULL
                : !map_find(&a->reading->back, S_person(&a->reading->item[i])))
            status = erased_put(store, &a->reading->item[i], err);
    if (status == IDEM_OK)
        status = S_note_state(store, path, err);
    if (status == IDEM_OK)
        return store_commit(store, err);
    store_rollback(store);
    return status;
}

static enum idem_status S_again(struct again *a, const char *path, struct idem_error *err)
{
    const struct idem_erase_options options = {.by = "ledger"};
    struct str line = STR("this copy of the database is older than its ledger of erasures, and erasing again failed: ");
    char *json = NULL;
    enum idem_status status = IDEM_OK;
    if (a->n)
        status = erase_run(a->session, NULL, 0, a->rid, a->n, &options, &json, err);
    free(json);
    if (status == IDEM_BUSY && a->session->store) /* committed; the scrub waits for --finish */
        status = IDEM_OK;
    if (status == IDEM_OK)
        status = S_take_over(a, path, err);
    if (status != IDEM_OK)
        error_prefix(err, "%.*s", STR_ARG(line));
    return status;
}

static enum idem_status S_settle(struct idem_session *s, struct reading *r, struct idem_error *err)
{
    struct str content, state;
    struct again again = {.session = s, .reading = r};
    TRY(file_read(r->path, MOST_LEDGER_BYTES, &r->arena, &content, err));
    TRY(erased_get_ledger(s->store, &r->arena, &state, err));
    if (str_eq(state, S_state(&r->arena, content)))
        return IDEM_OK;
    TRY(S_take(r, s->store, content, err));
    enum idem_status status = S_find(&again, s->store, err);
    if (status == IDEM_OK)
        status = S_again(&again, r->path, err);
    free(again.rid);
    return status;
}

enum idem_status ledger_settle(struct idem_session *s, struct idem_error *err)
{
    struct reading r = {.path = S_path(s, NULL)};
    if (s->ledger_settled || !r.path || !file_exists(r.path) || !s->store || !store_info(s->store)->has_key)
        return IDEM_OK;
    s->ledger_settled = true; /* erasing opens the database itself */
    enum idem_status status = S_settle(s, &r, err);
    map_deinit(&r.allowed);
    map_deinit(&r.records);
    map_deinit(&r.back);
    free(r.item);
    arena_deinit(&r.arena);
    return status;
}
