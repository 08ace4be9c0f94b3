/*
 * The schema. Tables are called t_... and are idem's own; the views are the documented interface (docs/sql.md) and keep
 * their columns over releases.
 *
 * NULL saves a byte or more in each of millions of rows, so the common case is NULL: seq of a row that has not changed
 * since the first build (it is the row's own number then), component of a record that is alone, target of a master that
 * is not merged. status 0 and run 1 take no byte in a row.
 */
#include "store/schema_sql.h"

#include <stdio.h>

#include "store/history_view.h"

/* store/removal.h */
#define ERASED_COLUMNS                                                                                                 \
    "kind INTEGER, digest BLOB, person INTEGER, seq INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(kind, digest, " \
    "person)"

/* record_id has the affinity TEXT, so that `record_id = 1001` finds '1001'; a token stays a BLOB. That is why t_record
 * alone is not STRICT. */
static const char TABLES[] =
    "CREATE TABLE t_meta(key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;"
    "CREATE TABLE t_source(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, personal_ids INTEGER NOT NULL, facts "
    "TEXT) STRICT;"
    "CREATE TABLE t_field(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, type TEXT NOT NULL, personal INTEGER NOT "
    "NULL,"
    " derived INTEGER NOT NULL) STRICT;"
    "CREATE TABLE t_record(rid INTEGER PRIMARY KEY, source INTEGER NOT NULL, record_id TEXT NOT NULL, master INTEGER,"
    " fingerprint INTEGER, seq INTEGER, status INTEGER NOT NULL, run INTEGER NOT NULL);"
    "CREATE TABLE t_leaf(lid INTEGER PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE t_master(mid INTEGER PRIMARY KEY, uuid TEXT NOT NULL, status INTEGER NOT NULL, target INTEGER,"
    " n INTEGER NOT NULL, seq INTEGER, run INTEGER NOT NULL, component INTEGER, prov BLOB) STRICT;"
    "CREATE TABLE t_golden(mid INTEGER PRIMARY KEY) STRICT;"
    "CREATE TABLE t_event(seq INTEGER PRIMARY KEY, run INTEGER NOT NULL, kind INTEGER NOT NULL, rid INTEGER, mid "
    "INTEGER,"
    " other INTEGER, at INTEGER, fields TEXT, reason INTEGER) STRICT;"
    /* An interval of membership that has ended, and values that were replaced, by the change that did it. */
    "CREATE TABLE t_membership(rid INTEGER, seq_to INTEGER, mid INTEGER, seq_from INTEGER NOT NULL,"
    " PRIMARY KEY(rid, seq_to)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE t_record_history(rid INTEGER, seq_to INTEGER, body BLOB NOT NULL, PRIMARY KEY(rid, seq_to)) STRICT,"
    " WITHOUT ROWID;"
    "CREATE TABLE t_master_history(mid INTEGER, seq_to INTEGER, status INTEGER NOT NULL, target INTEGER, n INTEGER NOT "
    "NULL,"
    " prov BLOB, PRIMARY KEY(mid, seq_to)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE t_component(id INTEGER PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE t_tf(id INTEGER PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE t_segment(id INTEGER PRIMARY KEY, n INTEGER NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL) "
    "STRICT;"
    "CREATE TABLE t_key_delta(rule INTEGER, key INTEGER, rid INTEGER, gone INTEGER NOT NULL, PRIMARY KEY(rule, key, "
    "rid)) STRICT,"
    " WITHOUT ROWID;"
    "CREATE TABLE t_model(id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, run INTEGER, created INTEGER NOT NULL,"
    " body BLOB NOT NULL) STRICT;"
    "CREATE TABLE t_run(id INTEGER PRIMARY KEY, committed INTEGER NOT NULL, started INTEGER NOT NULL, finished INTEGER "
    "NOT NULL,"
    " now INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, config_hash BLOB NOT NULL, model "
    "INTEGER,"
    " seed BLOB NOT NULL, started_by TEXT, version TEXT, normaliser TEXT, report TEXT) STRICT;"
    "CREATE TABLE t_reject(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, source INTEGER NOT NULL, file TEXT NOT NULL,"
    " line INTEGER, reason TEXT NOT NULL, raw BLOB) STRICT;"
    "CREATE TABLE t_loss(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, kind TEXT NOT NULL, rule INTEGER, n INTEGER NOT "
    "NULL,"
    " detail TEXT) STRICT;"
    "CREATE TABLE t_offset(source INTEGER, part TEXT, position TEXT NOT NULL, PRIMARY KEY(source, part)) STRICT, "
    "WITHOUT ROWID;"
    /* What people decide. `via` is the command, `batch` ties the decisions of one command. Notes are sealed. */
    "CREATE TABLE t_decision(id INTEGER PRIMARY KEY, verdict INTEGER NOT NULL, rid_a INTEGER NOT NULL, rid_b INTEGER "
    "NOT NULL,"
    " seq INTEGER NOT NULL, at INTEGER NOT NULL, by TEXT, via TEXT NOT NULL, batch INTEGER, note BLOB,"
    " withdrawn_seq INTEGER, withdrawn_at INTEGER) STRICT;"
    "CREATE TABLE t_review(rid_a INTEGER, rid_b INTEGER, weight INTEGER NOT NULL, effect INTEGER NOT NULL, run INTEGER "
    "NOT NULL,"
    " PRIMARY KEY(rid_a, rid_b)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE t_pin(id INTEGER PRIMARY KEY, mid INTEGER NOT NULL, rid INTEGER, field INTEGER NOT NULL, body BLOB "
    "NOT NULL,"
    " seq INTEGER NOT NULL, at INTEGER NOT NULL, by TEXT, withdrawn_seq INTEGER) STRICT;"
    "CREATE TABLE t_alias(scheme TEXT, alias ANY, mid INTEGER NOT NULL, rid INTEGER, seq INTEGER NOT NULL,"
    " PRIMARY KEY(scheme, alias)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE t_audit(n INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, verb TEXT NOT NULL, subject "
    "BLOB,"
    " payload_digest BLOB, mac BLOB NOT NULL) STRICT;"
    "CREATE TABLE t_audit_payload(n INTEGER PRIMARY KEY, body BLOB) STRICT;"
    "CREATE TABLE t_erased(" ERASED_COLUMNS ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE t_api_token(id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, name TEXT NOT NULL, scope TEXT NOT "
    "NULL,"
    " created INTEGER NOT NULL, expires INTEGER, revoked INTEGER) STRICT;"
    "CREATE TABLE t_request(digest BLOB PRIMARY KEY, at INTEGER NOT NULL, status INTEGER NOT NULL, body BLOB) STRICT, "
    "WITHOUT ROWID;";

static const char INDEXES[] = "CREATE INDEX record_key ON t_record(source, record_id, status, master);"
                              "CREATE INDEX record_master ON t_record(master);"
                              "CREATE UNIQUE INDEX master_uuid ON t_master(uuid);"
                              "CREATE INDEX master_target ON t_master(target) WHERE target IS NOT NULL;"
                              "CREATE INDEX event_rid ON t_event(rid) WHERE rid IS NOT NULL;"
                              "CREATE INDEX event_mid ON t_event(mid) WHERE mid IS NOT NULL;"
                              "CREATE INDEX event_other ON t_event(other) WHERE other IS NOT NULL;"
                              "CREATE INDEX membership_mid ON t_membership(mid);"
                              "CREATE INDEX master_history_target ON t_master_history(target) WHERE target IS NOT NULL;"
                              "CREATE INDEX run_seq ON t_run(first_seq);"
                              "CREATE INDEX reject_source ON t_reject(source);"
                              "CREATE INDEX decision_a ON t_decision(rid_a);"
                              "CREATE INDEX decision_b ON t_decision(rid_b);"
                              "CREATE INDEX review_b ON t_review(rid_b);"
                              "CREATE INDEX pin_mid ON t_pin(mid);"
                              "CREATE INDEX alias_mid ON t_alias(mid);";

#define ISO(ms) "strftime('%Y-%m-%dT%H:%M:%fZ', (" ms ") / 1000.0, 'unixepoch')"
/* The time of a change: its event's own, else that of the run it belongs to. */
#define TIME_OF(seq)                                                                                                   \
    ISO("coalesce((SELECT e.at FROM t_event e WHERE e.seq = " seq                                                      \
        "), (SELECT u.now FROM t_run u WHERE u.first_seq <= " seq " ORDER BY u.first_seq DESC, u.id DESC LIMIT 1))")
#define RUN_OF(seq)                                                                                                    \
    "(SELECT u.id FROM t_run u WHERE u.first_seq <= " seq " ORDER BY u.first_seq DESC, u.id DESC LIMIT 1)"
#define META(key) "(SELECT value FROM t_meta WHERE key = '" key "')"
#define SOURCE_OF(rid) "(SELECT s.name FROM t_record r JOIN t_source s ON s.id = r.source WHERE r.rid = " rid ")"
#define RECORD_ID_OF(rid) "(SELECT r.record_id FROM t_record r WHERE r.rid = " rid ")"
#define UUID_OF(mid) "(SELECT x.uuid FROM t_master x WHERE x.mid = " mid ")"

static const char
    VIEWS[] = "CREATE VIEW crosswalk(data_source, record_id, master_id) AS"
              " SELECT s.name, r.record_id, m.uuid FROM t_record r JOIN t_source s ON s.id = r.source"
              " JOIN t_master m ON m.mid = r.master WHERE r.status = 0 AND m.target IS NULL UNION ALL"
              " SELECT s.name, r.record_id, m.uuid FROM t_record r JOIN t_source s ON s.id = r.source"
              " JOIN t_master o ON o.mid = r.master JOIN t_master m ON m.mid = o.target WHERE r.status = "
              "0;"

    HISTORY_VIEW

              "CREATE VIEW master(master_id, status, redirect_to, records, run_id, seq) AS"
              " SELECT m.uuid, CASE m.status WHEN 0 THEN 'active' WHEN 1 THEN 'redirected' WHEN 2 THEN 'retired' ELSE "
              "'erased' END,"
              " CASE WHEN m.target IS NULL THEN NULL ELSE (WITH RECURSIVE chain(mid, uuid, target) AS ("
              "SELECT t.mid, t.uuid, t.target FROM t_master t WHERE t.mid = m.target UNION"
              " SELECT t.mid, t.uuid, t.target FROM chain JOIN t_master t ON t.mid = chain.target)"
              " SELECT uuid FROM chain WHERE target IS NULL) END,"
              " m.n, m.run, coalesce(m.seq, m.mid) FROM t_master m;"

              /* The first build's events follow from its rows: a record's number is the seq of its 'attached', a
               * master's of its 'created'. */
              "CREATE VIEW event(seq, event, data_source, record_id, master_id, other_master_id, run_id, at, fields, "
              "reason) AS"
              " SELECT r.rid, 'attached', s.name, r.record_id, m.uuid, NULL, 1, " ISO(
                  "(SELECT now FROM t_run WHERE id = 1)") ", NULL, 'new_record'"
                                                          " FROM t_record r JOIN t_source s ON s.id = r.source JOIN "
                                                          "t_master m ON m.mid ="
                                                          " coalesce((SELECT h.mid FROM t_membership h WHERE h.rid = "
                                                          "r.rid ORDER BY h.seq_to LIMIT 1), r.master)"
                                                          " WHERE r.rid <= " META(
                                                              "first_rids") " UNION ALL"
                                                                            " SELECT m.mid, 'created', NULL, NULL, "
                                                                            "m.uuid, NULL, 1, " ISO("(SELECT now FROM "
                                                                                                    "t_run WHERE id = "
                                                                                                    "1)") ", NULL, "
                                                                                                          "'new_record'"
                                                                                                          " FROM "
                                                                                                          "t_master m "
                                                                                                          "WHERE m.mid "
                                                                                                          "<= " META("f"
                                                                                                                     "i"
                                                                                                                     "r"
                                                                                                                     "s"
                                                                                                                     "t"
                                                                                                                     "_"
                                                                                                                     "m"
                                                                                                                     "i"
                                                                                                                     "d"
                                                                                                                     "s") " UNION ALL"
                                                                                                                          " SELECT e.seq, CASE e.kind WHEN 0 THEN 'created' WHEN 1 THEN 'attached' WHEN 2 THEN 'detached' WHEN 3 THEN 'moved'"
                                                                                                                          " WHEN 4 THEN 'updated' WHEN 5 THEN 'merged' WHEN 6 THEN 'split' WHEN 7 THEN 'revived' WHEN 8 THEN 'redirected'"
                                                                                                                          " WHEN 9 THEN 'retired' WHEN 10 THEN 'erased' WHEN 11 THEN 'decided' ELSE 'withdrawn' END,"
                                                                                                                          " " SOURCE_OF("e.rid") ", " RECORD_ID_OF("e.rid") ", " UUID_OF("e.mid") ", " UUID_OF("e.other") ", e.run,"
                                                                                                                                                                                                                          " " ISO("coalesce(e.at, (SELECT now FROM t_run u WHERE u.id = e.run))") ", e.fields,"
                                                                                                                                                                                                                                                                                                  " CASE e.reason WHEN 1 THEN 'new_record' WHEN 2 THEN 'changed_record' WHEN 3 THEN 'gone_record'"
                                                                                                                                                                                                                                                                                                  " WHEN 4 THEN 'returned_record' WHEN 5 THEN 'model' WHEN 6 THEN 'decision' WHEN 7 THEN 'rollback' END"
                                                                                                                                                                                                                                                                                                  " FROM t_event e;"

                                                                                                                                                                                                                                                                                                  "CREATE VIEW run(run_id, status, started_at, finished_at, now, first_seq, last_seq, model_id, config_hash, started_by,"
                                                                                                                                                                                                                                                                                                  " version, normaliser, report) AS"
                                                                                                                                                                                                                                                                                                  " SELECT id, CASE committed WHEN 1 THEN 'committed' ELSE 'stopped' END, " ISO(
                                                                                                                                                                                                                                                                                                      "started") ", " ISO("finished") ", " ISO("now") ", first_seq, last_seq, model, lower(hex(config_hash)), started_by, version, normaliser, report FROM t_run;"

                                                                                                                                                                                                                                                                                                                                                      "CREATE VIEW decision(decision_id, verdict, left_source, left_record_id, right_source, right_record_id, decided_at,"
                                                                                                                                                                                                                                                                                                                                                      " decided_by, via, withdrawn_at) AS"
                                                                                                                                                                                                                                                                                                                                                      " SELECT d.id, CASE d.verdict WHEN 0 THEN 'same' WHEN 1 THEN 'different' ELSE 'unsure' END, " SOURCE_OF("d.rid_a") ", " RECORD_ID_OF("d.rid_a") ", " SOURCE_OF("d.rid_b") ", " RECORD_ID_OF("d.rid_b") ", " ISO("d.at") ", d.by, d.via, " ISO("d.withdrawn_at") " FROM t_decision d;"

                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      "CREATE VIEW review(left_source, left_record_id, right_source, right_record_id, match_weight, effect, left_master_id,"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      " right_master_id, run_id) AS"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      " SELECT sa.name, a.record_id, sb.name, b.record_id, v.weight / 4096.0, v.effect, ma.uuid, mb.uuid, v.run"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      " FROM t_review v JOIN t_record a ON a.rid = v.rid_a JOIN t_source sa ON sa.id = a.source JOIN t_master ma ON ma.mid = a.master"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      " JOIN t_record b ON b.rid = v.rid_b JOIN t_source sb ON sb.id = b.source JOIN t_master mb ON mb.mid = b.master;"

                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      "CREATE VIEW reject(run_id, data_source, file, line, reason) AS"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      " SELECT j.run, s.name, j.file, j.line, j.reason FROM t_reject j JOIN t_source s ON s.id = j.source;"

                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      "CREATE VIEW meta(key, value) AS SELECT key, value FROM t_meta WHERE key NOT IN ('keys');";

enum idem_status schema_create(struct store *s, struct idem_error *err)
{
    char versions[100];
    snprintf(versions, sizeof versions, "PRAGMA application_id = %d; PRAGMA user_version = %d;", APPLICATION_ID,
             SCHEMA_VERSION);
    TRY(sql_run(s, versions, err));
    TRY(sql_run(s, TABLES, err));
    TRY(sql_run(s, VIEWS, err));
    return schema_golden_view(s, &(struct schema){.n_fields = 0}, err);
}

enum idem_status schema_create_indexes(struct store *s, struct idem_error *err)
{
    return sql_run(s, INDEXES, err);
}

/* The step that leads to each version; version 1 is the first. A released step never changes. */
static const struct step {
    unsigned to;
    const char *text;
} STEPS[] = {{1, ""},
             {2, "DROP TABLE t_erased; CREATE TABLE t_erased(" ERASED_COLUMNS ") STRICT, WITHOUT ROWID;"},
             {3, "DROP VIEW crosswalk_history;" HISTORY_VIEW},
             {4, ""}}; /* personal_ids of a source may be 2: hashed */

enum idem_status schema_migrate(struct store *s, unsigned from, struct idem_error *err)
{
    enum idem_status status = sql_run(s, "BEGIN IMMEDIATE", err);
    if (status != IDEM_OK)
        return status;
    for (size_t i = 0; status == IDEM_OK && i < COUNT_OF(STEPS); i++)
        if (STEPS[i].to > from)
            status = sql_run(s, STEPS[i].text, err);
    char version[50];
    snprintf(version, sizeof version, "PRAGMA user_version = %d", SCHEMA_VERSION);
    if (status == IDEM_OK)
        status = sql_run(s, version, err);
    if (status == IDEM_OK)
        status = sql_run(s, "COMMIT", err);
    if (status != IDEM_OK)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

static void S_quoted(struct buf *out, struct str name)
{
    buf_byte(out, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"')
            buf_byte(out, '"');
        buf_byte(out, name.ptr[i]);
    }
    buf_byte(out, '"');
}

enum idem_status schema_golden_view(struct store *s, const struct schema *fields, struct idem_error *err)
{
    struct buf sql = {0};
    buf_str(&sql, STR("DROP VIEW IF EXISTS golden; CREATE VIEW golden(master_id, records"));
    for (unsigned i = 0; i < fields->n_fields; i++) {
        buf_str(&sql, STR(", "));
        S_quoted(&sql, fields->field[i].name);
    }
    buf_str(&sql, STR(", sealed) AS SELECT m.uuid, m.n"));
    for (unsigned i = 0; i < fields->n_fields; i++)
        buf_printf(&sql, ", g.c%u", i);
    buf_printf(&sql, ", %d FROM t_master m LEFT JOIN t_golden g ON g.mid = m.mid WHERE m.status = 0", s->info.sealed);
    enum idem_status status = sql_run(s, buf_cstr(&sql), err);
    buf_deinit(&sql);
    return status;
}
