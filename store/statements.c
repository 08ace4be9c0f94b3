#include "store/statements.h"

/* Where idem_rows feeds many rows its columns c0 .. are named in the order of the feeding function. */
static const char *const TEXT[STATEMENTS] = {
    [SQL_BEGIN] = "BEGIN",
    [SQL_BEGIN_WRITING] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",

    [SQL_META_GET] = "SELECT value FROM t_meta WHERE key = ?1",
    [SQL_META_PUT] =
        "INSERT INTO t_meta(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value",

    [SQL_SOURCES] = "SELECT id, name, personal_ids, facts FROM t_source ORDER BY id",
    [SQL_SOURCE_ADD] = "INSERT INTO t_source(id, name, personal_ids, facts) VALUES(?1, ?2, ?3, ?4)",
    [SQL_SOURCE_FACTS] = "UPDATE t_source SET facts = ?2 WHERE id = ?1",
    [SQL_SOURCE_COUNTS] = "SELECT source, status, count(*) FROM t_record GROUP BY source, status",
    [SQL_FIELDS] = "SELECT name, type, personal, derived FROM t_field ORDER BY id",
    [SQL_FIELD_PUT] = "INSERT INTO t_field(id, name, type, personal, derived) VALUES(?1, ?2, ?3, ?4, ?5)"
                      " ON CONFLICT(id) DO UPDATE SET personal = excluded.personal, derived = excluded.derived",

    [SQL_LEAF_ADD] = "INSERT INTO t_leaf(lid, version, body) SELECT c0, c1, c2 FROM idem_rows",
    [SQL_LEAF_REPLACE] = "INSERT INTO t_leaf(lid, version, body) VALUES(?1, ?2, ?3)"
                         " ON CONFLICT(lid) DO UPDATE SET version = excluded.version, body = excluded.body",
    [SQL_LEAF_GET] = "SELECT version, body FROM t_leaf WHERE lid = ?1",
    [SQL_VALUES_HISTORY] = "INSERT OR REPLACE INTO t_record_history(rid, seq_to, body) VALUES(?1, ?2, ?3)",

    [SQL_RECORD_OTHER] = "SELECT 1 FROM idem_rows v CROSS JOIN t_record r ON r.source = v.c1 AND r.record_id = v.c2"
                         " WHERE r.rid <> v.c0 LIMIT 1",
    [SQL_RECORD_TOUCH] = "UPDATE t_record SET fingerprint = ?1 WHERE rid = ?2 AND source = ?3 AND record_id = ?4"
                         " AND master IS ?5 AND status = ?6",
    [SQL_RECORD_UPSERT] =
        "INSERT INTO t_record(rid, source, record_id, master, fingerprint, seq, status, run)"
        " SELECT c0, c1, c2, c3, c4, c5, c6, c7 FROM idem_rows WHERE true ON CONFLICT(rid) DO UPDATE SET"
        " seq = CASE WHEN master IS excluded.master AND status = excluded.status THEN seq ELSE excluded.seq END,"
        " source = excluded.source, record_id = excluded.record_id, master = excluded.master,"
        " fingerprint = excluded.fingerprint, status = excluded.status",
    [SQL_MEMBERSHIP_END] =
        "INSERT INTO t_membership(rid, seq_to, mid, seq_from)"
        " SELECT r.rid, v.c5, r.master, coalesce(r.seq, r.rid) FROM idem_rows v CROSS JOIN t_record r ON r.rid = v.c0"
        " WHERE r.status = 0 AND (r.master IS NOT v.c3 OR v.c6 <> 0)",
    [SQL_RECORD_GET] =
        "SELECT rid, source, record_id, master, fingerprint, coalesce(seq, rid), status, run FROM t_record"
        " WHERE rid = ?1",
    [SQL_RECORD_FIND] = "SELECT rid FROM t_record WHERE source = ?1 AND record_id = ?2",
    [SQL_MEMBERS] = "SELECT rid FROM t_record WHERE master = ?1 AND status = 0 ORDER BY rid",
    [SQL_MEMBERS_THEN] = "SELECT rid FROM t_record WHERE master = ?1 AND status = 0 AND coalesce(seq, rid) <= ?2"
                         " UNION SELECT rid FROM t_membership WHERE mid = ?1 AND seq_from <= ?2 AND seq_to > ?2"
                         " ORDER BY 1",
    [SQL_MEMBERSHIP_AFTER] =
        "SELECT mid, seq_from FROM t_membership WHERE rid = ?1 AND seq_to > ?2 ORDER BY seq_to LIMIT 1",
    [SQL_MEMBERSHIP_BEFORE] =
        "SELECT mid, seq_to FROM t_membership WHERE rid = ?1 AND seq_to <= ?2 ORDER BY seq_to DESC LIMIT 1",
    [SQL_VALUES_AFTER] =
        "SELECT seq_to, body FROM t_record_history WHERE rid = ?1 AND seq_to > ?2 ORDER BY seq_to LIMIT 1",
    [SQL_LOOKUP] = "SELECT m.uuid, m.target, m.mid FROM t_record r CROSS JOIN t_master m ON m.mid = r.master"
                   " WHERE r.source = ?1 AND r.record_id = ?2 AND r.status = 0",
    [SQL_LOOKUP_MASTER] = "SELECT r.master FROM t_record r WHERE r.source = ?1 AND r.record_id = ?2 AND r.status = 0",

    [SQL_MASTER_UPSERT] =
        "INSERT INTO t_master(mid, uuid, status, target, n, seq, run, component, prov)"
        " SELECT c0, c1, c2, c3, c4, c5, c6, c7, c8 FROM idem_rows WHERE true ON CONFLICT(mid) DO UPDATE SET"
        " status = excluded.status, target = excluded.target, n = excluded.n, seq = excluded.seq,"
        " component = excluded.component, prov = excluded.prov",
    [SQL_MASTER_HISTORY] =
        "INSERT OR REPLACE INTO t_master_history(mid, seq_to, status, target, n, prov)"
        " SELECT m.mid, v.c5, m.status, m.target, m.n, m.prov FROM idem_rows v CROSS JOIN t_master m ON m.mid = v.c0"
        " WHERE v.c5 IS NOT NULL AND (m.prov IS NOT v.c8 OR m.status <> v.c2 OR m.target IS NOT v.c3 OR m.n <> v.c4)",
    [SQL_MASTER_GET] = "SELECT mid, uuid, status, target, n, coalesce(seq, mid), run, component, prov FROM t_master"
                       " WHERE mid = ?1",
    [SQL_MASTER_FIND] = "SELECT mid, uuid, status, target, n, coalesce(seq, mid), run, component, prov FROM t_master"
                        " WHERE uuid = ?1",
    [SQL_REDIRECTED_FROM] = "SELECT mid FROM t_master WHERE target = ?1 ORDER BY mid",

    [SQL_MASTER_AFTER] = "SELECT status, target, n, prov FROM t_master_history WHERE mid = ?1 AND seq_to > ?2"
                         " ORDER BY seq_to LIMIT 1",
    [SQL_MASTER_SINCE] =
        "SELECT coalesce((SELECT max(h.seq_to) FROM t_master_history h WHERE h.mid = m.mid AND h.seq_to <= ?2),"
        " CASE m.run WHEN 1 THEN m.mid ELSE (SELECT u.first_seq FROM t_run u WHERE u.id = m.run) END)"
        " FROM t_master m WHERE m.mid = ?1",
    [SQL_REDIRECTED_THEN] =
        "SELECT mid FROM t_master WHERE target = ?1 AND coalesce(seq, mid) <= ?2 UNION"
        " SELECT h.mid FROM t_master_history h JOIN t_master m ON m.mid = h.mid WHERE h.target = ?1 AND h.seq_to > ?2"
        " AND m.run <= ?3 AND NOT EXISTS (SELECT 1 FROM t_master_history g WHERE g.mid = h.mid AND g.seq_to > ?2"
        " AND g.seq_to < h.seq_to) ORDER BY 1",

    [SQL_GOLDEN_ENDS] = "DELETE FROM t_golden WHERE mid IN (SELECT c0 FROM idem_rows WHERE c2 <> 0)",
    [SQL_EVENT_PUT] = "INSERT INTO t_event(seq, run, kind, rid, mid, other, at, fields, reason)"
                      " SELECT c0, c1, c2, c3, c4, c5, c6, c7, c8 FROM idem_rows",
    [SQL_RUN_PUT] =
        "INSERT INTO t_run(id, committed, started, finished, now, first_seq, last_seq, config_hash, model, seed,"
        " started_by, version, normaliser, report) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    [SQL_MODEL_FIND] = "SELECT id FROM t_model WHERE hash = ?1",
    [SQL_MODEL_PUT] = "INSERT INTO t_model(id, hash, run, created, body)"
                      " VALUES(?1, ?2, ?3, max(?4, coalesce((SELECT max(created) FROM t_model), ?4)), ?5)",
    [SQL_MODEL_GET] = "SELECT id, hash, run, created, body FROM t_model WHERE id = ?1",
    [SQL_MODEL_RENEW] = "UPDATE t_model SET created = max(?2, (SELECT max(created) + 1 FROM t_model)) WHERE id = ?1",
    [SQL_MODEL_NEWEST] = "SELECT id FROM t_model ORDER BY created DESC, id DESC LIMIT 1",

    [SQL_TF_PUT] = "INSERT INTO t_tf(id, version, body) VALUES(?1, ?2, ?3)"
                   " ON CONFLICT(id) DO UPDATE SET version = excluded.version, body = excluded.body",
    [SQL_TF_GET] = "SELECT version, body FROM t_tf WHERE id = ?1",
    [SQL_TF_DELETE] = "DELETE FROM t_tf WHERE id = ?1",
    [SQL_COMPONENT_PUT] = "INSERT INTO t_component(id, version, body) VALUES(?1, ?2, ?3)"
                          " ON CONFLICT(id) DO UPDATE SET version = excluded.version, body = excluded.body",
    [SQL_COMPONENT_GET] = "SELECT version, body FROM t_component WHERE id = ?1",
    [SQL_COMPONENT_DELETE] = "DELETE FROM t_component WHERE id = ?1",

    [SQL_REJECT_PUT] =
        "INSERT INTO t_reject(run, source, file, line, reason, raw, id) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SQL_REJECTS_CLEAR] = "DELETE FROM t_reject WHERE source = ?1",

    [SQL_SEGMENT_ADD] = "INSERT INTO t_segment(id, n, version, body) SELECT c0, c1, c2, c3 FROM idem_rows",
    [SQL_SEGMENT_AT] = "SELECT id, version, body FROM t_segment WHERE id <= ?1 AND id >= ?2 ORDER BY id DESC LIMIT 1",
    [SQL_SEGMENTS_CLEAR] = "DELETE FROM t_segment WHERE id >= ?1 AND id <= ?2",
    [SQL_DELTA_PUT] = "INSERT INTO t_key_delta(rule, key, rid, gone) SELECT c0, c1, c2, c3 FROM idem_rows WHERE true"
                      " ON CONFLICT(rule, key, rid) DO UPDATE SET gone = excluded.gone",
    [SQL_DELTA_AT] = "SELECT rid, gone FROM t_key_delta WHERE rule = ?1 AND key = ?2 ORDER BY rid",
    [SQL_DELTAS_CLEAR] = "DELETE FROM t_key_delta WHERE rule = ?1",

    [SQL_DECISION_PUT] = "INSERT INTO t_decision(id, verdict, rid_a, rid_b, seq, at, by, via, batch, note)"
                         " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [SQL_DECISION_WITHDRAW] =
        "UPDATE t_decision SET withdrawn_seq = ?2, withdrawn_at = ?3 WHERE id = ?1 AND withdrawn_seq IS NULL",
    [SQL_REVIEW_PUT] =
        "INSERT OR REPLACE INTO t_review(rid_a, rid_b, weight, effect, run) SELECT c0, c1, c2, c3, c4 FROM idem_rows",
    [SQL_REVIEW_OF] = "SELECT rid_a, rid_b, weight, effect, run FROM t_review WHERE rid_a = ?1 UNION ALL "
                      "SELECT rid_a, rid_b, weight, effect, run FROM t_review WHERE rid_b = ?1",
    [SQL_REVIEW_DROP_LEFT] = "DELETE FROM t_review WHERE rid_a = ?1",
    [SQL_REVIEW_DROP_RIGHT] = "DELETE FROM t_review WHERE rid_b = ?1",
    [SQL_PIN_PUT] = "INSERT INTO t_pin(id, mid, rid, field, body, seq, at, by) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [SQL_PIN_END] = "UPDATE t_pin SET withdrawn_seq = ?3 WHERE mid = ?1 AND field = ?2 AND withdrawn_seq IS NULL",
    [SQL_ALIAS_PUT] = "INSERT INTO t_alias(scheme, alias, mid, rid, seq) VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_ALIAS_FIND] = "SELECT mid FROM t_alias WHERE scheme = ?1 AND alias = ?2",

    [SQL_AUDIT_LAST] = "SELECT n, mac FROM t_audit ORDER BY n DESC LIMIT 1",
    [SQL_AUDIT_PUT] = "INSERT INTO t_audit(n, at, actor, verb, subject, payload_digest, mac)"
                      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SQL_AUDIT_PAYLOAD_PUT] = "INSERT INTO t_audit_payload(n, body) VALUES(?1, ?2)",
    [SQL_AUDIT_PAYLOAD_DELETE] = "DELETE FROM t_audit_payload WHERE n = ?1",
    [SQL_TOKEN_FIND] = "SELECT id, digest, name, scope, created, expires, revoked FROM t_api_token WHERE digest = ?1",
    [SQL_REQUEST_PUT] = "INSERT OR REPLACE INTO t_request(digest, at, status, body) VALUES(?1, ?2, ?3, ?4)",
    [SQL_REQUEST_FIND] = "SELECT at, status, body FROM t_request WHERE digest = ?1",
    [SQL_DATA_VERSION] = "PRAGMA data_version",
    [SQL_ERASED_FIND] = "SELECT 1 FROM t_erased WHERE kind = 0 AND digest = ?1 LIMIT 1",
};

const char *statement_text(enum statement which)
{
    return TEXT[which];
}
