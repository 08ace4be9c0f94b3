/*
 * idem generate: synthetic customers in three systems, with the truth beside them.
 *
 * Row p of N holds record j = permuted(p); records 0 .. E-1 are the first of entity j, the others are duplicates of an
 * entity drawn from j. Everything about a record follows from (seed, j): rows are made one at a time, in constant
 * memory, and come in an order that tells nothing.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "engine/generate_record.h"
#include "idem.h"

enum { SHEETS = GEN_SOURCES + 1, SHEET_BYTES = 1 << 18, MOST_RECORDS = 1000000000, FIRST_BAD_AT = 100 };

/* ---------------------------------------------------------------- files */

struct sheet {
    int fd;
    int errnum; /* of the first write that failed */
    const char *path;
    char *bytes;
    size_t len;
    uint64_t rows, bad;
};

static const char *const file_names[SHEETS] = {"crm.csv", "billing.csv", "support.jsonl", "truth.csv"};
static const char *const source_names[GEN_SOURCES] = {"crm", "billing", "support"};

static void S_flush(struct sheet *s)
{
    size_t done = 0;
    while (done < s->len && !s->errnum) {
        ssize_t n = write(s->fd, s->bytes + done, s->len - done);
        if (n < 0 && errno != EINTR)
            s->errnum = errno;
        done += n > 0 ? (size_t)n : 0;
    }
    s->len = 0;
}

static void S_put(struct sheet *s, struct str text)
{
    if (SHEET_BYTES - s->len < text.len)
        S_flush(s);
    assert(s->bytes);
    memcpy(s->bytes + s->len, text.ptr, text.len);
    s->len += text.len;
}

static void S_put_byte(struct sheet *s, char byte)
{
    S_put(s, (struct str){&byte, 1});
}

static void S_put_number(struct sheet *s, uint64_t number, unsigned digits)
{
    struct gen_text text = {0};
    gen_add_number(&text, number, digits);
    S_put(s, gen_str(&text));
}

/* A CSV cell, quoted where it must be, and the separator behind it. */
static void S_cell(struct sheet *s, const struct gen_text *text, char separator, char delimiter)
{
    struct str t = gen_str(text);
    bool quoted = str_find_byte(t, delimiter) != SIZE_MAX || str_find_byte(t, '"') != SIZE_MAX;
    if (quoted)
        S_put_byte(s, '"');
    for (size_t i = 0; i < t.len && quoted; i++) {
        if (t.ptr[i] == '"')
            S_put_byte(s, '"');
        S_put_byte(s, t.ptr[i]);
    }
    if (!quoted)
        S_put(s, t);
    S_put(s, quoted ? STR("\"") : STR(""));
    S_put_byte(s, separator);
}

static void S_json_text(struct sheet *s, const struct gen_text *text)
{
    S_put_byte(s, '"');
    for (unsigned i = 0; i < text->len; i++) {
        if (text->ptr[i] == '"' || text->ptr[i] == '\\')
            S_put_byte(s, '\\');
        S_put_byte(s, text->ptr[i]);
    }
    S_put_byte(s, '"');
}

/* ---------------------------------------------------------------- rows */

struct row {
    struct gen_text id; /* as its source writes it */
    uint64_t number;    /* of the row over all sources */
    const struct gen_record *r;
};

static void S_iso_date(struct gen_text *t, unsigned year, unsigned month, unsigned day)
{
    gen_add_number(t, year, 4);
    gen_add_byte(t, '-');
    gen_add_number(t, month, 2);
    gen_add_byte(t, '-');
    gen_add_number(t, day, 2);
}

static void S_german_date(struct gen_text *t, unsigned year, unsigned month, unsigned day)
{
    gen_add_number(t, day, 2);
    gen_add_byte(t, '.');
    gen_add_number(t, month, 2);
    gen_add_byte(t, '.');
    gen_add_number(t, year, 4);
}

static struct gen_text S_birth(const struct gen_record *r, bool german)
{
    struct gen_text t = {0};
    if (r->year)
        (german ? S_german_date : S_iso_date)(&t, r->year, r->month, r->day);
    return t;
}

static struct gen_text S_updated(const struct gen_record *r, bool german)
{
    struct gen_text t = {0};
    int64_t seconds = r->updated_ms / 1000;
    int year, month, day;
    clock_civil(seconds / 86400, &year, &month, &day);
    (german ? S_german_date : S_iso_date)(&t, (unsigned)year, (unsigned)month, (unsigned)day);
    for (unsigned unit = 3600; unit && !german; unit /= 60) {
        gen_add_byte(&t, unit == 3600 ? 'T' : ':');
        gen_add_number(&t, (uint64_t)(seconds % 86400 / unit % (unit == 3600 ? 24 : 60)), 2);
    }
    if (!german)
        gen_add_byte(&t, 'Z');
    return t;
}

static void S_crm_row(struct sheet *s, const struct row *row)
{
    const struct gen_record *r = row->r;
    const struct gen_text birth = S_birth(r, false), updated = S_updated(r, false);
    const struct gen_text *cell[] = {&row->id,   &r->given, &r->family, &birth,      &r->email, &r->phone[0],
                                     &r->street, &r->town,  &r->zip,    &r->country, &updated};
    for (size_t i = 0; i < COUNT_OF(cell); i++)
        S_cell(s, cell[i], i + 1 < COUNT_OF(cell) ? ',' : '\n', ',');
}

static void S_billing_row(struct sheet *s, const struct row *row)
{
    const struct gen_record *r = row->r;
    const struct gen_text birth = S_birth(r, true), updated = S_updated(r, true);
    const struct gen_text *cell[] = {&row->id,   &r->full, &birth,   &r->email, &r->phone[0],
                                     &r->street, &r->zip,  &r->town, &updated};
    for (size_t i = 0; i < COUNT_OF(cell); i++)
        S_cell(s, cell[i], i + 1 < COUNT_OF(cell) ? ';' : '\n', ';');
}

static void S_json_member(struct sheet *s, struct str key, const struct gen_text *value)
{
    S_put(s, key);
    if (value->len)
        S_json_text(s, value);
    else
        S_put(s, STR("null"));
}

static void S_support_row(struct sheet *s, const struct row *row)
{
    const struct gen_record *r = row->r;
    const struct gen_text birth = S_birth(r, false), updated = S_updated(r, false);
    S_put(s, STR("{\"ticket\":\"T-"));
    S_put_number(s, 200000 + row->number, 1);
    S_json_member(s, STR("\",\"user\":{\"id\":"), &row->id);
    S_json_member(s, STR(",\"name\":"), &r->full);
    S_json_member(s, STR(",\"email\":"), &r->email);
    S_put(s, STR(",\"phones\":["));
    for (unsigned i = 0; i < 2 && r->phone[i].len; i++) {
        S_put(s, i ? STR(",") : STR(""));
        S_json_text(s, &r->phone[i]);
    }
    S_put_byte(s, ']');
    if (birth.len)
        S_json_member(s, STR(",\"birth\":"), &birth);
    S_json_member(s, STR("},\"updated\":"), &updated);
    S_put(s, STR("}\n"));
}

/* Rows that no reader should take: too few cells, too many, without an id; JSON cut short, not an object, without an
 * id. */
static const char *const bad_rows[GEN_SOURCES][3] = {
    {"C-9,Incomplete\n", "C-8,Too,Many,1980-01-01,,,,,,,2024-01-01T00:00:00Z,,,\n", ",No,Number,1980-01-01,,,,,,,\n"},
    {"9;Halb\n", "8;Zu, Viel;01.01.1980;;;;;;01.01.2024;;;\n", ";Ohne, Nummer;01.01.1980;;;;;;01.01.2024\n"},
    {"{\"ticket\":\"T-9\",\"user\":{\"id\":\"u9\",\"na\n", "[\"T-8\",\"u8\"]\n",
     "{\"ticket\":\"T-7\",\"user\":{\"name\":\"No Number\"},\"updated\":\"2024-01-01T00:00:00Z\"}\n"},
};

static const char *const headers[SHEETS] = {
    "customer_id,first,last,dob,email,phone,street,town,zip,country,modified\n",
    "kdnr;name;geburtsdatum;mail;telefon;strasse;plz;ort;aktualisiert\n",
    "",
    "source,record_id,entity_id\n",
};

/* ---------------------------------------------------------------- which record is where */

struct plan {
    uint64_t seed, records, entities, bad;
    unsigned half_bits; /* of the permutation */
    unsigned within;    /* of a thousand duplicates, those in the system of the first record */
    enum idem_amount dirt, households;
};

static uint64_t S_mix(uint64_t seed, uint64_t purpose, uint64_t number)
{
    return hash_combine(hash_combine(seed, purpose), number);
}

static struct plan S_plan(const struct idem_generate_options *options)
{
    struct plan plan = {.seed = options->seed, .records = options->records, .within = 250};
    plan.dirt = options->dirt;
    plan.households = options->households;
    if (options->within)
        plan.within = (unsigned)(*options->within * 1000 + 0.5);
    plan.entities = plan.records - plan.records / 4;
    if (options->duplicates)
        plan.entities = plan.records - (uint64_t)(*options->duplicates * (double)plan.records);
    plan.bad = plan.records < FIRST_BAD_AT ? 0 : 3 + plan.records / 50000;
    for (plan.half_bits = 1; UINT64_C(1) << 2 * plan.half_bits < plan.records;)
        plan.half_bits++;
    return plan;
}

/* A permutation of 0 .. records-1: a Feistel network on the next power of four, walked until it is back in range. */
static uint64_t S_permuted(const struct plan *plan, uint64_t at)
{
    uint64_t mask = (UINT64_C(1) << plan->half_bits) - 1;
    do {
        uint64_t left = at >> plan->half_bits, right = at & mask;
        for (uint64_t round = 0; round < 4; round++) {
            uint64_t next = left ^ (S_mix(plan->seed, 'f' + round, right) & mask);
            left = right;
            right = next;
        }
        at = left << plan->half_bits | right;
    } while (at >= plan->records);
    return at;
}

/* A fifth of the duplicates belongs to a tenth of the entities. Where no system holds anybody twice they go round. */
static uint64_t S_entity_of(const struct plan *plan, uint64_t record)
{
    uint64_t random = S_mix(plan->seed, 'd', record), few = plan->entities / 10 + 1;
    if (record < plan->entities)
        return record;
    if (!plan->within)
        return (record - plan->entities) % plan->entities;
    return random_below(&random, gen_chance(&random, 200) ? few : plan->entities);
}

/* The source of an entity's first record. */
static unsigned S_first_source(const struct plan *plan, uint64_t entity)
{
    uint64_t random = S_mix(plan->seed, 's', entity), at = random_below(&random, 100);
    return at < 48 ? GEN_CRM : at < 78 ? GEN_BILLING : GEN_SUPPORT;
}

/* A share of the duplicates is in the same system as the first record, the others are in one of the other two. */
static unsigned S_source_of(const struct plan *plan, uint64_t record, uint64_t entity)
{
    uint64_t random = S_mix(plan->seed, 'e', record);
    unsigned first = S_first_source(plan, entity);
    if (!plan->within && record >= plan->entities)
        return (first + 1 +
                (unsigned)((S_mix(plan->seed, 'w', entity) + (record - plan->entities) / plan->entities) & 1)) %
               GEN_SOURCES;
    if (record < plan->entities || gen_chance(&random, plan->within))
        return first;
    return (first + 1 + (unsigned)random_below(&random, 2)) % GEN_SOURCES;
}

static void S_name_row(const struct plan *plan, unsigned source, struct row *row)
{
    static const struct {
        const char *prefix;
        unsigned first, step;
    } ids[GEN_SOURCES] = {{"C-", 10001, 3}, {"", 400001, 2}, {"u", 1000, 5}};
    uint64_t gap = S_mix(plan->seed, 'i', row->number) % ids[source].step;
    gen_set(&row->id, str_from(ids[source].prefix));
    gen_add_number(&row->id, ids[source].first + row->number * ids[source].step + gap, 1);
}

static void S_write_row(const struct plan *plan, struct sheet *sheet, uint64_t number)
{
    static void (*const write_row[GEN_SOURCES])(struct sheet *, const struct row *) = {S_crm_row, S_billing_row,
                                                                                       S_support_row};
    struct gen_person person;
    struct gen_record record;
    struct row row = {.number = number, .r = &record};
    struct sheet *truth = &sheet[GEN_SOURCES];
    uint64_t j = S_permuted(plan, number), entity = S_entity_of(plan, j);
    unsigned source = S_source_of(plan, j, entity);
    gen_person(plan->seed, entity, plan->households, &person);
    gen_record(S_mix(plan->seed, 'r', j), (enum gen_source)source, plan->dirt, &person, &record);
    S_name_row(plan, source, &row);
    write_row[source](&sheet[source], &row);
    sheet[source].rows++;
    S_put(truth, str_from(source_names[source]));
    S_put_byte(truth, ',');
    S_put(truth, gen_str(&row.id));
    S_put(truth, STR(",E"));
    S_put_number(truth, entity + 1, 7);
    S_put_byte(truth, '\n');
    truth->rows++;
}

static enum idem_status S_write_all(const struct plan *plan, struct sheet *sheet, struct idem_error *err)
{
    uint64_t bad = 0;
    for (unsigned i = 0; i < SHEETS; i++)
        S_put(&sheet[i], str_from(headers[i]));
    for (uint64_t number = 0; number < plan->records; number++) {
        S_write_row(plan, sheet, number);
        if (bad < plan->bad && number == (bad + 1) * (plan->records / (plan->bad + 1))) {
            struct sheet *s = &sheet[bad % GEN_SOURCES];
            S_put(s, str_from(bad_rows[bad % GEN_SOURCES][bad / GEN_SOURCES % 3]));
            s->bad++;
            bad++;
        }
        for (unsigned i = 0; i < SHEETS; i++)
            if (sheet[i].errnum)
                return error_errno(err, sheet[i].errnum, "%s", sheet[i].path);
    }
    return IDEM_OK;
}

/* ---------------------------------------------------------------- the call */

static enum idem_status S_make_folder(struct arena *a, struct str folder, struct idem_error *err)
{
    for (size_t i = 1; i <= folder.len; i++) {
        if (i < folder.len && folder.ptr[i] != '/')
            continue;
        const char *path = str_cstr(a, str_sub(folder, 0, i));
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return error_errno(err, errno, "%s: the folder cannot be made", path);
    }
    return IDEM_OK;
}

static enum idem_status S_open_sheets(struct arena *a, struct str folder, bool overwrite, struct sheet *sheet,
                                      struct idem_error *err)
{
    for (unsigned i = 0; i < SHEETS; i++) {
        sheet[i].path = str_cstr(a, file_join(a, folder, str_from(file_names[i])));
        if (!overwrite && file_exists(sheet[i].path))
            return error_set(err, IDEM_CONFLICT, "%s exists; choose another folder, or overwrite it with --force",
                             sheet[i].path);
    }
    for (unsigned i = 0; i < SHEETS; i++) {
        sheet[i].fd = file_open(sheet[i].path, O_WRONLY | O_CREAT | (overwrite ? O_TRUNC : O_EXCL), 0666);
        if (sheet[i].fd < 0)
            return error_errno(err, errno, "%s", sheet[i].path);
        sheet[i].bytes = xmalloc(SHEET_BYTES);
    }
    return IDEM_OK;
}

/* What is written so far is kept only when all of it is. */
static enum idem_status S_close_sheets(struct sheet *sheet, enum idem_status status, struct idem_error *err)
{
    for (unsigned i = 0; i < SHEETS; i++) {
        if (sheet[i].fd < 0)
            continue;
        S_flush(&sheet[i]);
        if (close(sheet[i].fd) != 0 && !sheet[i].errnum)
            sheet[i].errnum = errno;
        if (status == IDEM_OK && sheet[i].errnum)
            status = error_errno(err, sheet[i].errnum, "%s", sheet[i].path);
        free(sheet[i].bytes);
    }
    for (unsigned i = 0; i < SHEETS && status != IDEM_OK; i++)
        if (sheet[i].fd >= 0)
            unlink(sheet[i].path);
    return status;
}

static char *S_report(const struct plan *plan, struct str folder, const struct sheet *sheet)
{
    json_t *report = json_object(), *files = json_array();
    json_put_str(report, "folder", folder);
    json_put(report, "seed", json_integer((json_int_t)plan->seed));
    json_put(report, "records", json_integer((json_int_t)plan->records));
    json_put(report, "entities", json_integer((json_int_t)plan->entities));
    for (unsigned i = 0; i < SHEETS; i++) {
        json_t *file = json_object();
        json_put_str(file, "path", str_from(sheet[i].path));
        json_put(file, "rows", json_integer((json_int_t)sheet[i].rows));
        json_put(file, "bad", json_integer((json_int_t)sheet[i].bad));
        json_array_append_new(files, file);
    }
    json_put(report, "files", files);
    char *text = json_text(report);
    json_decref(report);
    return text;
}

/* Three systems hold a person three times. */
#define MOST_ACROSS 0.66
#define MOST_DUPLICATES 0.99

static enum idem_status S_check_share(const char *what, const double *share, double most, struct idem_error *err)
{
    if (!share || (*share >= 0 && *share <= most))
        return IDEM_OK;
    return error_set(err, IDEM_INVALID, "%s: %g; a share lies between 0 and %g", what, *share, most);
}

static enum idem_status S_check(const struct idem_generate_options *options, struct idem_error *err)
{
    if (options->records == 0)
        return error_set(err, IDEM_INVALID, "records: 0; ask for at least 1");
    if (options->records > MOST_RECORDS)
        return error_set(err, IDEM_LIMIT, "records: more than %d; ask for fewer", MOST_RECORDS);
    TRY(S_check_share("duplicates", options->duplicates, MOST_DUPLICATES, err));
    TRY(S_check_share("within", options->within, 1, err));
    if (options->within && *options->within < 0.0005 && options->duplicates && *options->duplicates > MOST_ACROSS)
        return error_set(
            err, IDEM_INVALID,
            "duplicates: %g; when no system holds a person twice at most %g of the records can be duplicates",
            *options->duplicates, MOST_ACROSS);
    return IDEM_OK;
}

enum idem_status idem_generate(const struct idem_generate_options *options, char **json, struct idem_error *err)
{
    struct sheet sheet[SHEETS] = {{.fd = -1}, {.fd = -1}, {.fd = -1}, {.fd = -1}};
    struct str folder = options->folder && *options->folder ? str_from(options->folder) : STR(".");
    enum idem_status status;
    struct plan plan;
    struct arena a;
    *json = NULL;
    arena_init(&a);
    TRY_DONE(S_check(options, err));
    TRY_DONE(S_make_folder(&a, folder, err));
    status = S_open_sheets(&a, folder, options->overwrite, sheet, err);
    plan = S_plan(options);
    if (status == IDEM_OK)
        status = S_write_all(&plan, sheet, err);
    status = S_close_sheets(sheet, status, err);
    if (status == IDEM_OK)
        *json = S_report(&plan, folder, sheet);
done:
    arena_deinit(&a);
    return status;
}
