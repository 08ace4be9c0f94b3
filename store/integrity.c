#include "store/integrity.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "store/leaf.h"
#include "store/sealed_tables.h"

enum { MOST_PAGES = 100, AHEAD = 128 };

struct checking {
    struct store *s;
    unsigned threads;
    store_finding_fn *found;
    void *context;
};

static void S_found(const struct checking *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void S_found(const struct checking *c, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->found(c->context, str_from(text));
}

/* ------------------------------------------------------------------ pages */

static enum idem_status S_pages(const struct checking *c, struct idem_error *err)
{
    char query[60];
    sqlite3_stmt *st;
    bool row;
    snprintf(query, sizeof query, "PRAGMA integrity_check(%d)", MOST_PAGES);
    TRY(sql_prepare(c->s, query, &st, err));
    enum idem_status status = sql_step(c->s, st, &row, err);
    while (status == IDEM_OK && row) {
        if (!str_eq(sql_bytes(st, 0), STR("ok")))
            S_found(c, "%.*s", STR_ARG(sql_bytes(st, 0)));
        status = sql_step(c->s, st, &row, err);
    }
    sqlite3_finalize(st);
    return status;
}

/* ------------------------------------------------------------------ references */

/* Each gives a number for each row that must not be as it is. */
static const struct rule {
    const char *query, *says;
} RULES[] = {
    {"SELECT r.rid FROM t_record r LEFT JOIN t_master m ON m.mid = r.master WHERE r.status = 0 AND m.mid IS NULL",
     "record %lld has no master"},
    {"SELECT r.rid FROM t_record r LEFT JOIN t_source s ON s.id = r.source WHERE s.id IS NULL",
     "record %lld has no source"},
    {"SELECT r.rid FROM t_record r LEFT JOIN t_leaf l ON l.lid = r.rid >> 4 WHERE l.lid IS NULL",
     "record %lld has no values"},
    {"SELECT max(r.rid) FROM t_record r GROUP BY r.source, r.record_id HAVING count(*) > 1",
     "record %lld has the same source and id as another"},
    {"SELECT m.mid FROM t_master m LEFT JOIN t_master t ON t.mid = m.target WHERE m.status = 1 AND t.mid IS NULL",
     "master %lld is redirected to none"},
    {"SELECT m.mid FROM t_master m WHERE (m.status = 1) <> (m.target IS NOT NULL)",
     "master %lld has a status that does not go with its redirect"},
    /* A merged master's records may keep its number: they count for the survivor. */
    {"SELECT m.mid FROM t_master m WHERE m.status <> 3 AND m.n <> CASE m.status WHEN 1 THEN 0 ELSE"
     " (SELECT count(*) FROM t_record r WHERE r.master = m.mid AND r.status = 0) +"
     " (SELECT count(*) FROM t_master o JOIN t_record r ON r.master = o.mid AND r.status = 0 WHERE o.target = m.mid)"
     " END",
     "master %lld has another number of records than it says"},
    {"SELECT m.mid FROM t_master m WHERE m.status > 1 AND EXISTS"
     " (SELECT 1 FROM t_record r WHERE r.master = m.mid AND r.status = 0)",
     "master %lld is not active but has records"},
    {"SELECT m.mid FROM t_master m WHERE m.status = 0 AND m.n = 0", "master %lld is active but has no records"},
    {"SELECT m.mid FROM t_master m JOIN t_master t ON t.mid = m.target WHERE t.target IS NOT NULL",
     "master %lld is redirected to one that is redirected itself"},
    {"SELECT d.id FROM t_decision d WHERE NOT EXISTS (SELECT 1 FROM t_record r WHERE r.rid = d.rid_a)"
     " OR NOT EXISTS (SELECT 1 FROM t_record r WHERE r.rid = d.rid_b)",
     "decision %lld is about a record that is not there"},
    {"SELECT d.id FROM t_decision d JOIN t_record a ON a.rid = d.rid_a AND a.status = 0"
     " JOIN t_record b ON b.rid = d.rid_b AND b.status = 0 JOIN t_master x ON x.mid = a.master"
     " JOIN t_master y ON y.mid = b.master WHERE d.withdrawn_seq IS NULL AND"
     " ((d.verdict = 0 AND coalesce(x.target, x.mid) <> coalesce(y.target, y.mid))"
     " OR (d.verdict = 1 AND coalesce(x.target, x.mid) = coalesce(y.target, y.mid)))",
     "decision %lld stands, and its records are not where it says"},
    {"SELECT p.id FROM t_pin p LEFT JOIN t_master m ON m.mid = p.mid WHERE m.mid IS NULL",
     "pin %lld is of a master that is not there"},
    {"SELECT a.mid FROM t_alias a LEFT JOIN t_master m ON m.mid = a.mid WHERE m.mid IS NULL",
     "an imported id leads to master %lld, which is not there"},
    {"SELECT h.rid FROM t_membership h WHERE h.seq_from >= h.seq_to",
     "record %lld was in a master for less than no time"},
    {"SELECT h.rid FROM t_membership h JOIN t_membership g ON g.rid = h.rid AND g.seq_to > h.seq_to"
     " AND g.seq_from < h.seq_to",
     "record %lld was in two masters at once"},
    {"SELECT r.rid FROM t_record r JOIN t_membership h ON h.rid = r.rid WHERE r.status = 0"
     " AND h.seq_to > coalesce(r.seq, r.rid)",
     "record %lld is in two masters at once"},
    {"SELECT e.seq FROM t_event e WHERE (e.rid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM t_record r WHERE r.rid = "
     "e.rid))"
     " OR (e.mid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM t_master m WHERE m.mid = e.mid))",
     "event %lld is about a record or master that is not there"},
    {"SELECT e.seq FROM t_event e WHERE e.seq > (SELECT value FROM t_meta WHERE key = 'change_seq')",
     "event %lld is later than the last change"},
    {"SELECT r.rid FROM t_record r WHERE r.rid >= (SELECT value FROM t_meta WHERE key = 'next_rid')",
     "record %lld has a number that is still to be given out"},
    {"SELECT m.mid FROM t_master m WHERE m.mid >= (SELECT value FROM t_meta WHERE key = 'next_mid')",
     "master %lld has a number that is still to be given out"},
};

static enum idem_status S_rule(const struct checking *c, const struct rule *rule, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_prepare(c->s, rule->query, &st, err));
    enum idem_status status = sql_step(c->s, st, &row, err);
    while (status == IDEM_OK && row) {
        char text[200];
        struct str says = str_from(rule->says);
        size_t at = str_find(says, STR("%lld"));
        snprintf(text, sizeof text, "%.*s%lld%s", (int)at, says.ptr, (long long)sqlite3_column_int64(st, 0),
                 says.ptr + at + 4);
        S_found(c, "%s", text);
        status = sql_step(c->s, st, &row, err);
    }
    sqlite3_finalize(st);
    return status;
}

static enum idem_status S_indexes(const struct checking *c, struct idem_error *err)
{
    int64_t missing;
    TRY(sql_number(c->s, "SELECT 16 - count(*) FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL", &missing,
                   err));
    if (missing > 0)
        S_found(c, "%lld indexes are missing", (long long)missing);
    return IDEM_OK;
}

static enum idem_status S_references(const struct checking *c, struct idem_error *err)
{
    TRY(S_indexes(c, err));
    for (size_t i = 0; i < COUNT_OF(RULES); i++)
        TRY(S_rule(c, &RULES[i], err));
    return IDEM_OK;
}

/* ------------------------------------------------------------------ containers */

static enum idem_status S_table(const struct checking *c, const struct sealed_table *t, struct idem_error *err)
{
    char query[200];
    struct buf plain = {0};
    struct idem_error why;
    sqlite3_stmt *st;
    bool row;
    snprintf(query, sizeof query, "SELECT %s, %s, %s FROM %s WHERE %s IS NOT NULL", t->row, t->version, t->body,
             t->table, t->body);
    TRY(sql_prepare(c->s, query, &st, err));
    enum idem_status status = sql_step(c->s, st, &row, err);
    while (status == IDEM_OK && row) {
        buf_clear(&plain);
        if (store_unseal(c->s, t->name, sqlite3_column_int64(st, 0), (uint32_t)sqlite3_column_int64(st, 1),
                         sql_bytes(st, 2), &plain, &why) != IDEM_OK)
            S_found(c, "%s",
                    why.message + (str_starts(str_from(why.message), str_from(c->s->info.path))
                                       ? strlen(c->s->info.path) + 2
                                       : 0));
        status = sql_step(c->s, st, &row, err);
    }
    sqlite3_finalize(st);
    buf_deinit(&plain);
    return status;
}

static enum idem_status S_containers(const struct checking *c, struct idem_error *err)
{
    for (size_t i = 1; i < N_SEALED_TABLES; i++) /* leaves: with their records */
        TRY(S_table(c, &SEALED_TABLES[i], err));
    return IDEM_OK;
}

/* ------------------------------------------------------------------ records and their leaves */

struct open_leaf {
    int64_t lid;
    uint32_t version;
    struct buf sealed, plain;
    struct leaf_slot slot[LEAF_SLOTS];
    bool opens, parses;
};

struct leaves {
    const struct checking *c;
    struct open_leaf *leaf; /* [AHEAD] */
    size_t n;
    sqlite3_stmt *all, *records;
};

static void S_open_leaf(void *context, size_t item, unsigned worker)
{
    (void)worker;
    struct leaves *l = context;
    struct open_leaf *leaf = &l->leaf[item];
    buf_clear(&leaf->plain);
    leaf->opens =
        store_unseal(l->c->s, "leaf", leaf->lid, leaf->version, buf_view(&leaf->sealed), &leaf->plain, NULL) == IDEM_OK;
    leaf->parses = leaf->opens && leaf_parse(buf_view(&leaf->plain), leaf->slot);
}

static bool S_same_id(struct store *s, const struct leaf_slot *slot, int64_t source, struct str stored, bool is_text)
{
    const struct source_entry *entry;
    uint8_t token[16];
    struct str wanted;
    bool text;
    if (source_by_id(s, source, &entry, NULL) != IDEM_OK || !entry ||
        source_stored_id(s, entry, slot->record_id, token, &wanted, &text, NULL) != IDEM_OK)
        return false;
    if (text == is_text && str_eq(wanted, stored))
        return true;
    return !is_text && source_old_id(s, entry, slot->record_id, token) &&
           str_eq((struct str){(const char *)token, sizeof token}, stored);
}

static enum idem_status S_records_of(struct leaves *l, const struct open_leaf *leaf, struct idem_error *err)
{
    struct store *s = l->c->s;
    bool row, known[LEAF_SLOTS] = {false};
    sqlite3_bind_int64(l->records, 1, leaf->lid << LEAF_SHIFT);
    sqlite3_bind_int64(l->records, 2, (leaf->lid << LEAF_SHIFT) + LEAF_SLOTS - 1);
    enum idem_status status = sql_step(s, l->records, &row, err);
    while (status == IDEM_OK && row) {
        int64_t rid = sqlite3_column_int64(l->records, 0);
        const struct leaf_slot *slot = &leaf->slot[leaf_slot_of(rid)];
        known[leaf_slot_of(rid)] = true;
        if (!slot->used)
            S_found(l->c, "record %lld has no values in leaf %lld", (long long)rid, (long long)leaf->lid);
        else if (!S_same_id(s, slot, sqlite3_column_int64(l->records, 1), sql_bytes(l->records, 2),
                            sqlite3_column_type(l->records, 2) == SQLITE_TEXT))
            S_found(l->c, "record %lld has the values of another record id in leaf %lld", (long long)rid,
                    (long long)leaf->lid);
        status = sql_step(s, l->records, &row, err);
    }
    sqlite3_reset(l->records);
    for (unsigned i = 0; status == IDEM_OK && i < LEAF_SLOTS; i++)
        if (leaf->slot[i].used && !known[i])
            S_found(l->c, "leaf %lld has values of record %lld, which is not there", (long long)leaf->lid,
                    (long long)((leaf->lid << LEAF_SHIFT) + i));
    return status;
}

static enum idem_status S_some_leaves(struct leaves *l, struct idem_error *err)
{
    parallel_for(l->c->threads ? l->c->threads : 1, l->n, S_open_leaf, l);
    for (size_t i = 0; i < l->n; i++)
        if (l->leaf[i].parses)
            TRY(S_records_of(l, &l->leaf[i], err));
        else
            S_found(l->c,
                    l->leaf[i].opens ? "table leaf, row %lld: is no leaf"
                                     : "table leaf, row %lld: the sealed container was altered or moved here",
                    (long long)l->leaf[i].lid);
    l->n = 0;
    return IDEM_OK;
}

static enum idem_status S_all_leaves(struct leaves *l, struct idem_error *err)
{
    struct store *s = l->c->s;
    bool row = true;
    TRY(sql_prepare(s, "SELECT lid, version, body FROM t_leaf ORDER BY lid", &l->all, err));
    TRY(sql_prepare(s, "SELECT rid, source, record_id FROM t_record WHERE rid BETWEEN ?1 AND ?2", &l->records, err));
    while (row) {
        TRY(sql_step(s, l->all, &row, err));
        if (row) {
            struct open_leaf *leaf = &l->leaf[l->n++];
            leaf->lid = sqlite3_column_int64(l->all, 0);
            leaf->version = (uint32_t)sqlite3_column_int64(l->all, 1);
            buf_clear(&leaf->sealed);
            buf_str(&leaf->sealed, sql_bytes(l->all, 2));
        }
        if (l->n == AHEAD || !row)
            TRY(S_some_leaves(l, err));
    }
    return IDEM_OK;
}

static enum idem_status S_records(const struct checking *c, struct idem_error *err)
{
    struct leaves l = {.c = c, .leaf = xcalloc(AHEAD, sizeof *l.leaf)};
    enum idem_status status = S_all_leaves(&l, err);
    sqlite3_finalize(l.all);
    sqlite3_finalize(l.records);
    for (size_t i = 0; i < AHEAD; i++) {
        buf_deinit(&l.leaf[i].sealed);
        buf_deinit(&l.leaf[i].plain);
    }
    free(l.leaf);
    return status;
}

/* ------------------------------------------------------------------ models */

static enum idem_status S_models(const struct checking *c, struct idem_error *err)
{
    struct arena scratch = {0};
    sqlite3_stmt *st;
    int64_t *id;
    size_t n = 0;
    TRY(sql_prepare(c->s, "SELECT id FROM t_model ORDER BY id", &st, err));
    enum idem_status status = sql_id_list(c->s, st, &scratch, &id, &n, err);
    sqlite3_finalize(st);
    for (size_t i = 0; status == IDEM_OK && i < n; i++) {
        struct store_model model;
        uint8_t hash[32];
        status = store_get_model(c->s, id[i], true, &scratch, &model, err);
        if (status == IDEM_CORRUPT) {
            S_found(c, "model %lld cannot be opened", (long long)id[i]);
            status = IDEM_OK;
            continue;
        }
        if (status != IDEM_OK)
            break;
        model_hash(c->s, model.body, hash);
        if (memcmp(hash, model.hash, sizeof hash) != 0)
            S_found(c, "model %lld is not the one of its hash", (long long)id[i]);
    }
    arena_deinit(&scratch);
    return status;
}

/* ------------------------------------------------------------------ all */

enum idem_status store_check(struct store *s, enum store_check check, unsigned threads, store_finding_fn *found,
                             void *context, struct idem_error *err)
{
    static enum idem_status (*const CHECK[STORE_CHECKS])(const struct checking *, struct idem_error *) = {
        [STORE_CHECK_PAGES] = S_pages,           [STORE_CHECK_REFERENCES] = S_references,
        [STORE_CHECK_CONTAINERS] = S_containers, [STORE_CHECK_RECORDS] = S_records,
        [STORE_CHECK_MODELS] = S_models,
    };
    struct checking c = {s, threads, found, context};
    if (check >= STORE_CHECK_CONTAINERS)
        TRY(store_check_key(s, err));
    return CHECK[check](&c, err);
}

/* The first finding of any check. */
static void S_first(void *context, struct str place)
{
    struct idem_error *first = context;
    if (first->status == IDEM_OK)
        error_set(first, IDEM_CORRUPT, "%.*s", STR_ARG(place));
}

enum idem_status store_verify(struct store *s, unsigned threads, struct idem_error *err)
{
    struct idem_error first = {0};
    for (int check = 0; check < STORE_CHECKS && first.status == IDEM_OK; check++)
        if (s->info.has_key || check < STORE_CHECK_CONTAINERS)
            TRY(store_check(s, (enum store_check)check, threads, S_first, &first, err));
    if (first.status != IDEM_OK)
        return error_set(err, IDEM_CORRUPT, "%s: %s; restore a backup", s->info.path, first.message);
    return IDEM_OK;
}
