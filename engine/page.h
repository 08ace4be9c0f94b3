/*
 * Pieces of an HTML page: escaped text, numbers as people read them, bars and axes as inline SVG. Everything that comes
 * from data goes through page_text or page_json.
 */
#ifndef IDEM_ENGINE_PAGE_H
#define IDEM_ENGINE_PAGE_H

#include "base/buf.h"
#include "base/json.h"

/* Text with &, <, >, " and ' escaped; control characters become U+FFFD. */
void page_text(struct buf *out, struct str text);
/* A member of an object as text: strings escaped, numbers by page_number; nothing when it is null. */
void page_member(struct buf *out, const json_t *object, const char *key);
/* 12 345 for counts; four significant digits for others; 1.2e-05 below 0.001, 1e+15 from there on. */
void page_number(struct buf *out, double value);
/* "+3.21" */
void page_bits(struct buf *out, double bits);
/* "93.1 %" */
void page_share(struct buf *out, double share);

/* <section id="ID"><h2>TITLE</h2> and its end. */
void page_section(struct buf *out, const char *id, const char *title);
void page_section_end(struct buf *out);
/* <table> with a caption for those who cannot see where it stands, and a head; columns separated by '|', those that
 * begin with '#' are numbers. */
void page_table(struct buf *out, const char *caption, const char *columns);
void page_table_end(struct buf *out);
/* A cell: text of a member, or a number in its form. */
void page_cell(struct buf *out, const json_t *object, const char *key);
void page_cell_bits(struct buf *out, double bits);
void page_cell_share(struct buf *out, double share);
/* A bar from 0 to `value` on a scale from -`most` (when `both`) to `most`. */
void page_cell_bar(struct buf *out, double value, double most, bool both);

/* The member as a number, 0 when there is none. */
double page_value(const json_t *object, const char *key);

/* Charts (report_charts.c): each a figure with a title for those who cannot see it. */
void chart_weights(struct buf *out, const json_t *scores, const json_t *threshold);
void chart_expected(struct buf *out, const json_t *scores, const json_t *threshold);
void chart_waterfall(struct buf *out, const json_t *pair);
void chart_clusters(struct buf *out, const json_t *clusters);

#endif
