#include "engine/truth.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "ingest/ingest.h"

enum { MOST_CELLS = 5, MOST_NAMED_LINES = 8 };

/* ------------------------------------------------------------------ columns */

enum wanted { SOURCE, RECORD_ID, ENTITY_ID, LEFT_SOURCE = 0, LEFT_ID, RIGHT_SOURCE, RIGHT_ID, LABEL };

struct wanted_column {
    const char *name[4]; /* the first is the one to suggest */
};

static const struct wanted_column CLUSTERS[] = {
    [SOURCE] = {{"data_source", "source"}},
    [RECORD_ID] = {{"record_id", "id"}},
    [ENTITY_ID] = {{"entity_id", "master_id", "cluster_id", "entity"}},
};
static const struct wanted_column PAIRS[] = {
    [LEFT_SOURCE] = {{"left_source", "left_data_source"}},
    [LEFT_ID] = {{"left_id", "left_record_id"}},
    [RIGHT_SOURCE] = {{"right_source", "right_data_source"}},
    [RIGHT_ID] = {{"right_id", "right_record_id"}},
    [LABEL] = {{"label", "verdict"}},
};

struct truth_reader {
    struct truth *truth;
    struct reader *reader;
    bool only_clusters;
    const struct wanted_column *want;
    unsigned n_want;
    int column[MOST_CELLS]; /* of the file */
    struct str cell[MOST_CELLS];
    uint64_t line;
    struct buf key;
};

static int S_find_column(const struct reader_facts *facts, const struct wanted_column *want)
{
    for (unsigned n = 0; n < COUNT_OF(want->name) && want->name[n]; n++)
        for (size_t c = 0; c < facts->n_columns; c++)
            if (str_eq_nocase(str_trim(facts->column[c]), str_from(want->name[n])))
                return (int)c;
    return -1;
}

static enum idem_status S_missing(const struct truth_reader *r, const char *name, struct idem_error *err)
{
    const struct reader_facts *facts = reader_facts(r->reader);
    struct arena *arena = &r->truth->arena;
    const char **known = ARENA_NEW(arena, const char *, facts->n_columns + 1);
    for (size_t c = 0; c < facts->n_columns; c++)
        known[c] = str_cstr(arena, facts->column[c]);
    const char *nearest = json_nearest_key(str_from(name), known, facts->n_columns);
    return error_set(err, IDEM_INVALID, "%s: there is no column \"%s\"%s%s%s needed are %s", r->truth->path.ptr, name,
                     nearest ? ", did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : ";",
                     r->only_clusters ? "data_source, record_id and entity_id"
                                      : "data_source, record_id, entity_id, or left_source, left_id, right_source, "
                                        "right_id and perhaps label");
}

static enum idem_status S_columns(struct truth_reader *r, struct idem_error *err)
{
    const struct reader_facts *facts = reader_facts(r->reader);
    bool pairs = !r->only_clusters &&
                 (S_find_column(facts, &PAIRS[LEFT_ID]) >= 0 || S_find_column(facts, &PAIRS[RIGHT_ID]) >= 0 ||
                  S_find_column(facts, &PAIRS[LEFT_SOURCE]) >= 0);
    r->want = pairs ? PAIRS : CLUSTERS;
    r->n_want = pairs ? COUNT_OF(PAIRS) : COUNT_OF(CLUSTERS);
    for (unsigned i = 0; i < r->n_want; i++) {
        r->column[i] = S_find_column(facts, &r->want[i]);
        if (r->column[i] < 0 && !(pairs && i == LABEL))
            return S_missing(r, r->want[i].name[0], err);
    }
    r->truth->shape = !pairs ? TRUTH_CLUSTERS : r->column[LABEL] < 0 ? TRUTH_PAIRS : TRUTH_LABELS;
    if (r->truth->shape == TRUTH_PAIRS)
        r->n_want--;
    return IDEM_OK;
}

/* ------------------------------------------------------------------ rows */

static enum idem_status S_row_error(const struct truth_reader *r, struct idem_error *err, const char *what)
{
    return error_set(err, IDEM_INVALID, "%s:%" PRIu64 ": %s", r->truth->path.ptr, r->line, what);
}

/* Index of the record; *fresh tells whether it is new. */
static uint32_t S_record(struct truth_reader *r, struct str source, struct str record_id, bool *fresh)
{
    struct truth *t = r->truth;
    buf_clear(&r->key);
    buf_str(&r->key, source);
    buf_byte(&r->key, '\0');
    buf_str(&r->key, record_id);
    uint32_t at = dict_add(&t->keys, buf_view(&r->key), fresh) - 1;
    if (!*fresh)
        return at;
    if (t->n_records == t->records_room) {
        t->records_room = t->records_room ? t->records_room * 2 : 1024;
        t->record = xrealloc(t->record, (size_t)t->records_room * sizeof *t->record);
    }
    struct str key = dict_get(&t->keys, at + 1);
    t->record[t->n_records++] = (struct truth_record){
        .source = str_sub(key, 0, source.len), .record_id = str_sub(key, source.len + 1, key.len), .line = r->line};
    return at;
}

static enum idem_status S_cluster_row(struct truth_reader *r, struct idem_error *err)
{
    bool fresh;
    uint32_t at = S_record(r, r->cell[SOURCE], r->cell[RECORD_ID], &fresh);
    if (!fresh)
        return error_set(err, IDEM_INVALID, "%s:%" PRIu64 ": this record stands in line %" PRIu64 " already",
                         r->truth->path.ptr, r->line, r->truth->record[at].line);
    r->truth->record[at].entity = dict_add(&r->truth->entities, r->cell[ENTITY_ID], NULL) - 1;
    r->truth->n_entities = r->truth->entities.n;
    return IDEM_OK;
}

enum verdict { LABEL_SAME, LABEL_DIFFERENT, LABEL_UNSURE, LABEL_UNKNOWN };

static enum verdict S_verdict(struct str label)
{
    static const struct {
        const char *word;
        enum verdict verdict;
    } WORDS[] = {{"same", LABEL_SAME},
                 {"match", LABEL_SAME},
                 {"1", LABEL_SAME},
                 {"true", LABEL_SAME},
                 {"yes", LABEL_SAME},
                 {"y", LABEL_SAME},
                 {"t", LABEL_SAME},
                 {"duplicate", LABEL_SAME},
                 {"different", LABEL_DIFFERENT},
                 {"nonmatch", LABEL_DIFFERENT},
                 {"non-match", LABEL_DIFFERENT},
                 {"0", LABEL_DIFFERENT},
                 {"false", LABEL_DIFFERENT},
                 {"no", LABEL_DIFFERENT},
                 {"n", LABEL_DIFFERENT},
                 {"f", LABEL_DIFFERENT},
                 {"distinct", LABEL_DIFFERENT},
                 {"", LABEL_UNSURE},
                 {"unsure", LABEL_UNSURE},
                 {"unknown", LABEL_UNSURE}};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++)
        if (str_eq_nocase(label, str_from(WORDS[i].word)))
            return WORDS[i].verdict;
    return LABEL_UNKNOWN;
}

static enum idem_status S_add_pair(struct truth_reader *r, bool same, struct idem_error *err)
{
    struct truth *t = r->truth;
    bool fresh;
    uint32_t a = S_record(r, r->cell[LEFT_SOURCE], r->cell[LEFT_ID], &fresh),
             b = S_record(r, r->cell[RIGHT_SOURCE], r->cell[RIGHT_ID], &fresh);
    if (a == b)
        return S_row_error(r, err, "the record is paired with itself");
    if (t->n_pairs >= PAIR_NONE)
        return error_set(err, IDEM_LIMIT, "%s: more than %u pairs", t->path.ptr, PAIR_NONE);
    uint32_t before = pair_set_add(&t->pairs, a, b, (uint32_t)t->n_pairs);
    if (before != PAIR_NONE && t->pair[before].same != same)
        return error_set(err, IDEM_INVALID, "%s:%" PRIu64 ": line %" PRIu64 " says the opposite of this pair",
                         t->path.ptr, r->line, t->pair[before].line);
    if (before != PAIR_NONE) {
        t->repeated++;
        return IDEM_OK;
    }
    if (t->n_pairs == t->pairs_room) {
        t->pairs_room = t->pairs_room ? t->pairs_room * 2 : 1024;
        t->pair = xrealloc(t->pair, t->pairs_room * sizeof *t->pair);
    }
    t->pair[t->n_pairs++] = (struct truth_pair){a, b, same, r->line};
    return IDEM_OK;
}

static enum idem_status S_pair_row(struct truth_reader *r, struct idem_error *err)
{
    enum verdict verdict = r->truth->shape == TRUTH_LABELS ? S_verdict(r->cell[LABEL]) : LABEL_SAME;
    if (verdict == LABEL_UNKNOWN)
        return S_row_error(r, err,
                           "the label is none of same, different, match, nonmatch, true, false, yes, no, 1, 0, unsure");
    if (verdict == LABEL_UNSURE) {
        r->truth->unsure++;
        return IDEM_OK;
    }
    return S_add_pair(r, verdict == LABEL_SAME, err);
}

static enum idem_status S_take_row(struct truth_reader *r, const struct row_batch *rows, size_t row,
                                   struct idem_error *err)
{
    r->line = rows->line[row];
    for (unsigned i = 0; i < r->n_want; i++) {
        const struct cell *c = &rows->cell[row * rows->n_cols + (unsigned)r->column[i]];
        r->cell[i] = str_trim((struct str){c->ptr, c->len});
        if (c->more)
            return error_set(err, IDEM_INVALID, "%s:%" PRIu64 ": several values of %s", r->truth->path.ptr, r->line,
                             r->want[i].name[0]);
        if (!r->cell[i].len && !(r->want == PAIRS && i == LABEL))
            return error_set(err, IDEM_INVALID, "%s:%" PRIu64 ": no %s", r->truth->path.ptr, r->line,
                             r->want[i].name[0]);
    }
    return r->want == PAIRS ? S_pair_row(r, err) : S_cluster_row(r, err);
}

static enum idem_status S_rows(struct truth_reader *r, struct idem_error *err)
{
    for (;;) {
        struct row_batch rows;
        TRY(reader_next(r->reader, &rows, err));
        if (!rows.n_rows && !rows.n_rejects)
            return IDEM_OK;
        if (rows.n_rejects) {
            r->line = rows.reject[0].line;
            return S_row_error(r, err, reject_reason_name(rows.reject[0].reason));
        }
        for (size_t row = 0; row < rows.n_rows; row++)
            TRY(S_take_row(r, &rows, row, err));
        if (r->truth->keys.n >= UINT32_MAX / 2)
            return error_set(err, IDEM_LIMIT, "%s: more than %u records", r->truth->path.ptr, UINT32_MAX / 2);
    }
}

const char *truth_shape_name(enum truth_shape shape)
{
    static const char *const NAMES[] = {"clusters", "pairs", "labels"};
    return NAMES[shape];
}

static enum idem_status S_read(const char *path, bool only_clusters, struct truth *t, struct idem_error *err)
{
    struct truth_reader r = {.truth = t, .only_clusters = only_clusters};
    struct ingest_options options = {.path = path, .header = HEADER_YES, .threads = 1};
    enum idem_status status;
    *t = (struct truth){0};
    t->path = str_from(str_cstr(&t->arena, str_from(strcmp(path, "-") == 0 ? "standard input" : path)));
    status = reader_open(&options, &r.reader, err);
    if (status == IDEM_NOT_FOUND) /* a file, no record */
        return error_set(err, IDEM_IO, "%s: there is no such file", t->path.ptr);
    TRY(status);
    status = S_columns(&r, err);
    if (status == IDEM_OK)
        status = S_rows(&r, err);
    reader_close(r.reader);
    buf_deinit(&r.key);
    return status;
}

enum idem_status truth_read(const char *path, struct truth *t, struct idem_error *err)
{
    return S_read(path, false, t, err);
}

enum idem_status truth_read_clusters(const char *path, struct truth *t, struct idem_error *err)
{
    return S_read(path, true, t, err);
}

void truth_deinit(struct truth *t)
{
    free(t->record);
    free(t->pair);
    dict_deinit(&t->keys);
    dict_deinit(&t->entities);
    pair_set_deinit(&t->pairs);
    arena_deinit(&t->arena);
    *t = (struct truth){0};
}

/* ------------------------------------------------------------------ contradictions */

static uint32_t S_root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* Same pairs by record: at[r] .. at[r + 1] into `pair`. */
struct neighbours {
    uint32_t *at, *pair;
};

static struct neighbours S_neighbours(const struct truth *t)
{
    struct neighbours n = {xcalloc((size_t)t->n_records + 2, sizeof *n.at),
                           xmalloc(t->n_pairs * 2 * sizeof *n.pair + 1)};
    for (size_t i = 0; i < t->n_pairs; i++)
        if (t->pair[i].same) {
            n.at[t->pair[i].a + 2]++;
            n.at[t->pair[i].b + 2]++;
        }
    for (uint32_t r = 0; r < t->n_records; r++)
        n.at[r + 2] += n.at[r + 1];
    for (size_t i = 0; i < t->n_pairs; i++)
        if (t->pair[i].same) {
            n.pair[n.at[t->pair[i].a + 1]++] = (uint32_t)i;
            n.pair[n.at[t->pair[i].b + 1]++] = (uint32_t)i;
        }
    return n;
}

/* Breadth first from b until a: by[r] is the pair over which r was reached. */
static void S_chain(const struct truth *t, const struct neighbours *n, uint32_t a, uint32_t b, uint32_t *by,
                    uint32_t *queue)
{
    uint32_t head = 0, tail = 0;
    memset(by, 0xFF, (size_t)t->n_records * sizeof *by);
    queue[tail++] = b;
    by[b] = PAIR_NONE - 1;
    while (head < tail && by[a] == PAIR_NONE) {
        uint32_t x = queue[head++];
        for (uint32_t i = n->at[x]; i < n->at[x + 1]; i++) {
            const struct truth_pair *p = &t->pair[n->pair[i]];
            uint32_t y = p->a == x ? p->b : p->a;
            if (by[y] == PAIR_NONE) {
                by[y] = n->pair[i];
                queue[tail++] = y;
            }
        }
    }
}

static enum idem_status S_contradiction(const struct truth *t, const struct truth_pair *different,
                                        struct idem_error *err)
{
    struct neighbours n = S_neighbours(t);
    uint32_t *by = xmalloc((size_t)t->n_records * sizeof *by), *queue = xmalloc((size_t)t->n_records * sizeof *queue);
    struct buf lines = {0};
    unsigned links = 0;
    S_chain(t, &n, different->a, different->b, by, queue);
    for (uint32_t x = different->a; x != different->b; links++) {
        const struct truth_pair *p = &t->pair[by[x]];
        if (links < MOST_NAMED_LINES)
            buf_printf(&lines, "%s%" PRIu64, links ? ", " : "", p->line);
        x = p->a == x ? p->b : p->a;
    }
    if (links > MOST_NAMED_LINES)
        buf_printf(&lines, " and %u more", links - MOST_NAMED_LINES);
    enum idem_status status = error_set(
        err, IDEM_CONFLICT,
        "%s:%" PRIu64 ": says different, but the same pairs of lines %s join the two records; correct one of them",
        t->path.ptr, different->line, buf_cstr(&lines));
    buf_deinit(&lines);
    free(n.at);
    free(n.pair);
    free(by);
    free(queue);
    return status;
}

enum idem_status truth_check_labels(const struct truth *t, struct idem_error *err)
{
    enum idem_status status = IDEM_OK;
    uint32_t *parent = xmalloc(((size_t)t->n_records + 1) * sizeof *parent);
    for (uint32_t r = 0; r < t->n_records; r++)
        parent[r] = r;
    for (size_t i = 0; i < t->n_pairs; i++)
        if (t->pair[i].same)
            parent[S_root(parent, t->pair[i].a)] = S_root(parent, t->pair[i].b);
    for (size_t i = 0; i < t->n_pairs && status == IDEM_OK; i++)
        if (!t->pair[i].same && S_root(parent, t->pair[i].a) == S_root(parent, t->pair[i].b))
            status = S_contradiction(t, &t->pair[i], err);
    free(parent);
    return status;
}
