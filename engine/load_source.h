/*
 * Reading one source: the state that the steps of load.c share, and the steps. Private to the engine/load_*.c files.
 */
#ifndef IDEM_ENGINE_LOAD_SOURCE_H
#define IDEM_ENGINE_LOAD_SOURCE_H

#include "engine/load.h"
#include "engine/load_scan.h"

enum { MOST_WANTED = 512, MOST_RECORD_ID = 1024 };
enum { ROW_REPLACED = 1, ROW_DELETED = 2, TIME_SLOTS = 4096, TIME_BYTES = 40 };

/* What to ask the reader for. */
struct wanted {
    struct str name[MOST_WANTED];
    unsigned n;
};

/* Columns of one source, as numbers of the reader's cells. */
struct source_columns {
    struct wanted want;
    unsigned id[8], n_id;
    int updated_at, delete_flag, entity;
    unsigned *cell_of;
    unsigned *link; /* [n_links] of the configuration; UINT_MAX: not of this source */
};

/* A time that was read: exports write few different ones, and a format of its own takes long. */
struct known_time {
    uint8_t len;
    char text[TIME_BYTES];
    int64_t ms;
};

/* Zeroed, then filled in load.c, which releases it. */
struct source_load {
    const struct load_options *options;
    struct load *load;
    unsigned index;
    const struct source *source;
    struct source_columns columns;
    struct encoder *encoder;
    struct dict ids;  /* record ids of this source */
    uint32_t *newest; /* [ids.n + 1] 1 + row that stands for the id */
    uint32_t newest_room;
    uint32_t *chain; /* rows of one id, for rows union: [row - first_row] 1 + earlier row */
    uint32_t first_row, chain_room;
    uint8_t *superseded;   /* [row - first_row] ROW_REPLACED, ROW_DELETED: the row is left out in the end */
    struct dict extra_ids; /* record ids of `also` files */
    uint32_t *extra_first, extra_room;
    struct encode_extra *extra;
    uint32_t n_extras, extras_room;
    const struct mapping **extra_mapping;
    unsigned n_extra_mappings;
    struct normalizer *normalizer;
    uint64_t bytes_before, bytes_total;
    struct quality *quality;
    struct arena row_scratch;
    struct load_scan scan;
    uint64_t *extra_fields;
    struct row_sight *sight; /* of the rows at hand */
    size_t sights_room;
    struct known_time *times;
};

/* load_columns.c. The number of a column's cell; the last one when too many are wanted. */
unsigned load_want(struct wanted *w, struct str name);
void load_plan_columns(const struct config *c, const struct source *s, struct arena *out, struct source_columns *p);
/* Without the spaces around it; empty for column -1. */
struct str load_cell(const struct row_batch *rows, size_t row, int column);
/* Empty: none; longer than MOST_RECORD_ID: too long, and not readable. `room` holds one that is joined. */
struct str load_record_id(const struct source_load *l, const struct row_batch *rows, size_t row,
                          char room[MOST_RECORD_ID + 1]);

/* What is kept of a record's id: the id, or the text of its token where record ids are hashed, in `out`. */
struct str load_kept_id(const struct load_options *o, unsigned source, struct str record_id, struct arena *out);

/* load_rows.c: one batch of the reader; what it holds is encoded, noted, or set aside with line and reason. */
void load_set_aside(struct load *l, unsigned source, struct str file, uint64_t line, enum reject_reason reason);
void load_take_rejects(struct source_load *l, const struct row_batch *rows, struct str file);
void load_take_rows(struct source_load *l, const struct row_batch *rows, struct str file);

/* load_open.c */
enum idem_status load_files_of(const struct load_options *o, unsigned source, struct arena *out, struct str **path,
                               size_t *n, struct idem_error *err);
/* Bytes of the files of all sources; UINT64_MAX where they do not tell what is to come: packed ones, pipes, none yet.
 */
uint64_t load_bytes(const struct load_options *o);
/* Can all files be opened, with all columns? Pipes are not looked at. */
enum idem_status load_check_files(const struct load_options *o, struct idem_error *err);
/* Names the source in the message unless it is named there; gives `status` back. */
enum idem_status load_source_error(const struct source *s, enum idem_status status, struct idem_error *err);

/* load_also.c */
/* The file, and what to ask its reader for: the key comes first. */
struct str load_plan_also(const struct config *c, const struct also_file *also, struct arena *out, struct wanted *want);
enum idem_status load_read_also(struct source_load *l, const struct also_file *also, struct idem_error *err);
/* 1 + the first value that `also` files have for a record, or 0. */
uint32_t load_first_extra(const struct source_load *l, struct str record_id);

/* load_links.c: links of a new row; of a record that is as it was; a row's links become those of such a record. */
void load_links(struct source_load *l, const struct row_batch *rows, size_t from, uint32_t row);
void load_known_links(struct source_load *l, const struct row_batch *rows, size_t from, uint32_t known);
void load_keep_links(struct source_load *l, uint32_t row, uint32_t known);

/* load_repeats.c. The row that stands for an id: latest updated_at, else last; earlier ones are kept in a chain. */
void load_settle_row(struct source_load *l, const struct row_sight *sight, uint32_t row);
/* A row that says what is stored: nothing is kept of it but that it came. */
void load_settle_same(struct source_load *l, const struct row_sight *sight, int64_t updated);
/* With `rows: union` a record is what all its rows say together. */
void load_join_rows(struct source_load *l);
/* What all rows have said: records that are as they were after all, and those that were deleted. */
void load_tick_off(struct source_load *l);
bool load_has_come(const struct source_load *l, struct str id);

#endif
