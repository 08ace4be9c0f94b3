/*
 * Inside store/: the view crosswalk_history. Rows say which master a record was put into; when that master was merged
 * into another the rows stay, and the view cuts the time in two: before the merge under the old id, after it under the
 * survivor's, and under the old id again when the merge was undone.
 *
 * A state of a master lasts until the seq_to of its row in t_master_history, the present one until further notice. What
 * cuts is the end of a state whose target is not that of the next. Each part of the view joins the master that it shows
 * by its row number, so that a question by master_id finds the index.
 */
#ifndef IDEM_STORE_HISTORY_VIEW_H
#define IDEM_STORE_HISTORY_VIEW_H

/* clang-format off */
#define HISTORY_ISO(ms) "strftime('%Y-%m-%dT%H:%M:%fZ', (" ms ") / 1000.0, 'unixepoch')"
#define HISTORY_TIME(seq) \
    HISTORY_ISO("coalesce((SELECT e.at FROM t_event e WHERE e.seq = " seq \
        "), (SELECT u.now FROM t_run u WHERE u.first_seq <= " seq " ORDER BY u.first_seq DESC, u.id DESC LIMIT 1))")
#define HISTORY_RUN(seq) \
    "(SELECT u.id FROM t_run u WHERE u.first_seq <= " seq " ORDER BY u.first_seq DESC, u.id DESC LIMIT 1)"

/* The last end, before `before`, of a state of master `mid` that led elsewhere than `target`; 0: none. */
#define HISTORY_LAST_END(mid_, before, target_) \
    "coalesce((SELECT max(f.seq_to) FROM t_master_history f WHERE f.mid = " mid_ " AND f.seq_to < " before \
    " AND coalesce(f.target, 0) <> coalesce(" target_ ", 0)), 0)"
#define HISTORY_NOW "9223372036854775807"
/* Where the state after g leads. */
#define HISTORY_NEXT \
    "coalesce((SELECT coalesce(f.target, 0) FROM t_master_history f WHERE f.mid = g.mid AND f.seq_to > g.seq_to" \
    " ORDER BY f.seq_to LIMIT 1), (SELECT coalesce(x.target, 0) FROM t_master x WHERE x.mid = g.mid))"
#define HISTORY_ENDS "coalesce(g.target, 0) <> " HISTORY_NEXT

#define HISTORY_PIECE(from, to) \
    " SELECT s.name, r.record_id, m.uuid, " HISTORY_TIME(from) ", " HISTORY_TIME(to) ", " from ", " to ", " HISTORY_RUN(from)
#define HISTORY_OPEN_PIECE(from) \
    " SELECT s.name, r.record_id, m.uuid, " HISTORY_TIME(from) ", NULL, " from ", NULL, " HISTORY_RUN(from)

#define HISTORY_BEGAN "coalesce(r.seq, r.rid)"
#define HISTORY_SINCE_OWN "max(" HISTORY_BEGAN ", " HISTORY_LAST_END("m.mid", HISTORY_NOW, "m.target") ")"
#define HISTORY_SINCE_MERGED "max(" HISTORY_BEGAN ", " HISTORY_LAST_END("o.mid", HISTORY_NOW, "o.target") ")"
#define HISTORY_SINCE_STATE "max(" HISTORY_BEGAN ", " HISTORY_LAST_END("g.mid", "g.seq_to", "g.target") ")"
#define HISTORY_FROM_OWN "max(h.seq_from, " HISTORY_LAST_END("m.mid", "h.seq_to", "m.target") ")"
#define HISTORY_FROM_MERGED "max(h.seq_from, " HISTORY_LAST_END("o.mid", "h.seq_to", "o.target") ")"
#define HISTORY_FROM_STATE "max(h.seq_from, " HISTORY_LAST_END("g.mid", "g.seq_to", "g.target") ")"
#define HISTORY_TO_STATE "min(h.seq_to, g.seq_to)"

/* A state of the master that still lasted when the membership ended. */
#define HISTORY_LASTED(mid_) "EXISTS (SELECT 1 FROM t_master_history f WHERE f.mid = " mid_ " AND f.seq_to >= h.seq_to)"
#define HISTORY_OF_STATE \
    " g.seq_to > h.seq_from AND ((g.seq_to < h.seq_to AND " HISTORY_ENDS ") OR (g.seq_to >= h.seq_to AND NOT EXISTS" \
    " (SELECT 1 FROM t_master_history f WHERE f.mid = g.mid AND f.seq_to >= h.seq_to AND f.seq_to < g.seq_to)))"
#define HISTORY_SOURCE " JOIN t_source s ON s.id = r.source"
#define HISTORY_ENDED " JOIN t_record r ON r.rid = h.rid" HISTORY_SOURCE

#define HISTORY_VIEW \
    "CREATE VIEW crosswalk_history(data_source, record_id, master_id, valid_from, valid_to, from_seq, to_seq, run_id) AS" \
    /* current memberships: the last piece, own id or survivor's; then earlier pieces */ \
    HISTORY_OPEN_PIECE(HISTORY_SINCE_OWN) " FROM t_record r" HISTORY_SOURCE \
    " JOIN t_master m ON m.mid = r.master WHERE r.status = 0 AND m.target IS NULL" \
    " UNION ALL" HISTORY_OPEN_PIECE(HISTORY_SINCE_MERGED) " FROM t_record r" HISTORY_SOURCE \
    " JOIN t_master o ON o.mid = r.master JOIN t_master m ON m.mid = o.target WHERE r.status = 0" \
    " UNION ALL" HISTORY_PIECE(HISTORY_SINCE_STATE, "g.seq_to") " FROM t_record r" HISTORY_SOURCE \
    " JOIN t_master m ON m.mid = r.master JOIN t_master_history g ON g.mid = m.mid" \
    " WHERE r.status = 0 AND g.target IS NULL AND g.seq_to > " HISTORY_BEGAN " AND " HISTORY_ENDS \
    " UNION ALL" HISTORY_PIECE(HISTORY_SINCE_STATE, "g.seq_to") " FROM t_record r" HISTORY_SOURCE \
    " JOIN t_master_history g ON g.mid = r.master JOIN t_master m ON m.mid = g.target" \
    " WHERE r.status = 0 AND g.target IS NOT NULL AND g.seq_to > " HISTORY_BEGAN " AND " HISTORY_ENDS \
    /* memberships that have ended: under the present state of the master, then under earlier ones */ \
    " UNION ALL" HISTORY_PIECE(HISTORY_FROM_OWN, "h.seq_to") " FROM t_membership h" HISTORY_ENDED \
    " JOIN t_master m ON m.mid = h.mid WHERE m.target IS NULL AND NOT " HISTORY_LASTED("m.mid") \
    " UNION ALL" HISTORY_PIECE(HISTORY_FROM_MERGED, "h.seq_to") " FROM t_membership h" HISTORY_ENDED \
    " JOIN t_master o ON o.mid = h.mid JOIN t_master m ON m.mid = o.target WHERE NOT " HISTORY_LASTED("o.mid") \
    " UNION ALL" HISTORY_PIECE(HISTORY_FROM_STATE, HISTORY_TO_STATE) " FROM t_membership h" HISTORY_ENDED \
    " JOIN t_master m ON m.mid = h.mid JOIN t_master_history g ON g.mid = m.mid" \
    " WHERE g.target IS NULL AND" HISTORY_OF_STATE \
    " UNION ALL" HISTORY_PIECE(HISTORY_FROM_STATE, HISTORY_TO_STATE) " FROM t_membership h" HISTORY_ENDED \
    " JOIN t_master_history g ON g.mid = h.mid JOIN t_master m ON m.mid = g.target" \
    " WHERE g.target IS NOT NULL AND" HISTORY_OF_STATE ";"
/* clang-format on */

#endif
