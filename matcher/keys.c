#include "matcher/keys.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/parallel.h"

static const char *const names[KEY_DERIVATIONS] = {
    [KEY_EXACT] = "exact",       [KEY_PHONETIC] = "phonetic",
    [KEY_FIRST3] = "first3",     [KEY_INITIAL] = "initial",
    [KEY_YEAR] = "year",         [KEY_MONTH_DAY] = "month_day",
    [KEY_TOKENS] = "tokens",     [KEY_RARE_TOKENS] = "rare_tokens",
    [KEY_BASE] = "base",         [KEY_LOCAL] = "local",
    [KEY_DIGITS] = "digits",     [KEY_NICKNAME] = "nickname",
    [KEY_ANY_NAME] = "any_name", [KEY_ALL] = "all",
};

const char *derivation_name(enum derivation d)
{
    return (unsigned)d < KEY_DERIVATIONS ? names[d] : "unknown";
}

bool derivation_parse(struct str name, enum derivation *d)
{
    if (name.len == 0) {
        *d = KEY_EXACT;
        return true;
    }
    for (unsigned i = 0; i < KEY_DERIVATIONS; i++)
        if (str_eq(name, str_from(names[i]))) {
            *d = (enum derivation)i;
            return true;
        }
    return false;
}

/* ------------------------------------------------------------------ keys of a value */

static unsigned S_one(struct str text, enum derivation d, uint64_t *key)
{
    if (text.len == 0)
        return 0;
    *key = hash_str_seed(text, 1 + (uint64_t)d);
    return 1;
}

static struct str S_latin(const struct norm *v)
{
    return v->form[NORM_LATIN].len ? v->form[NORM_LATIN] : v->form[NORM_CANON];
}

/* The number of keys with this one at the end, unless it is there already. */
static unsigned S_add_new(uint64_t *key, unsigned n, uint64_t fresh)
{
    for (unsigned i = 0; i < n; i++)
        if (key[i] == fresh)
            return n;
    key[n] = fresh;
    return n + 1;
}

static unsigned S_each_token(struct str text, enum derivation d, size_t shortest, uint64_t key[MOST_KEYS_OF_VALUE])
{
    unsigned n = 0;
    struct str token;
    while (n < MOST_KEYS_OF_VALUE && str_next_token(&text, " ", &token))
        if (token.len >= shortest)
            n = S_add_new(key, n, hash_str_seed(token, 1 + (uint64_t)d));
    return n;
}

/* The rarest tokens of the value: those in at most 1 of 500 values, or in at most 30. */
static unsigned S_rare_tokens(struct str text, const struct frequency_table *t, uint64_t key[MOST_KEYS_OF_VALUE])
{
    unsigned n = 0;
    struct str token;
    uint64_t most = t && t->total / 500 > 30 ? t->total / 500 : 30;
    while (n < MOST_KEYS_OF_VALUE && str_next_token(&text, " ", &token))
        if (token.len >= 2 && (!t || frequency_of(t, hash_str(token)) <= most))
            n = S_add_new(key, n, hash_str_seed(token, 1 + KEY_RARE_TOKENS));
    return n;
}

static unsigned S_sorted_codes(struct str text, uint64_t *key)
{
    struct str token;
    uint64_t sum = 0; /* order does not matter */
    unsigned n = 0;
    while (str_next_token(&text, " ", &token)) {
        sum += hash_str_seed(token, 1 + KEY_PHONETIC);
        n++;
    }
    *key = hash_u64(sum);
    return n > 0;
}

static unsigned S_last_digits(struct str text, uint64_t *key)
{
    char digit[6];
    unsigned n = 0;
    for (size_t i = text.len; i && n < 6; i--)
        if (text.ptr[i - 1] >= '0' && text.ptr[i - 1] <= '9')
            digit[n++] = text.ptr[i - 1];
    return n < 6 ? 0 : S_one((struct str){digit, 6}, KEY_DIGITS, key);
}

static unsigned S_date_part(struct str canon, bool year, uint64_t *key)
{
    if (canon.len < 4)
        return 0;
    if (year)
        return canon.ptr[0] == '-' ? 0 : S_one(str_sub(canon, 0, 4), KEY_YEAR, key);
    bool has_day = canon.len == 10 || (canon.len == 7 && canon.ptr[0] == '-');
    return has_day ? S_one(str_sub(canon, canon.len - 5, canon.len), KEY_MONTH_DAY, key) : 0;
}

static unsigned S_first(struct str text, size_t points, enum derivation d, uint64_t *key)
{
    size_t end = 0;
    for (size_t seen = 0; end < text.len; end++)
        if (((unsigned char)text.ptr[end] & 0xC0) != 0x80 && seen++ == points)
            break;
    return S_one(str_sub(text, 0, end), d, key);
}

/*
 * Names in any order: a code for each name. Codes of one letter meet too much (Lee, Leo, Low, Li), so such a name
 * counts as it is written, unless it is an initial; initials have none.
 */
static unsigned S_any_name(const struct norm *v, uint64_t key[MOST_KEYS_OF_VALUE])
{
    struct str codes = v->form[NORM_PHON],
               latin = v->form[NORM_LATIN].len ? v->form[NORM_LATIN] : v->form[NORM_READING];
    struct str code, name;
    unsigned n = 0;
    if (!codes.len)
        return S_each_token(v->form[NORM_CANON], KEY_ANY_NAME, 2, key);
    while (n < MOST_KEYS_OF_VALUE && str_next_token(&codes, " ", &code)) {
        bool named = str_next_token(&latin, " ", &name);
        struct str text = code.len > 1 || !named ? code : name;
        if (text.len > 1)
            n = S_add_new(key, n, hash_str_seed(text, 1 + KEY_ANY_NAME));
    }
    return n;
}

unsigned value_keys(enum derivation d, const struct norm *v, const struct frequency_table *token,
                    uint64_t key[MOST_KEYS_OF_VALUE])
{
    if (v->flags & NORM_GENERIC)
        return 0;
    switch (d) {
    case KEY_EXACT:
        return S_one(v->form[NORM_CANON], d, key);
    case KEY_PHONETIC:
        return v->form[NORM_PHON].len ? S_sorted_codes(v->form[NORM_PHON], key) : S_one(v->form[NORM_CANON], d, key);
    case KEY_FIRST3:
        return S_first(S_latin(v), 3, d, key);
    case KEY_INITIAL:
        return S_first(S_latin(v), 1, d, key);
    case KEY_YEAR:
        return S_date_part(v->form[NORM_CANON], true, key);
    case KEY_MONTH_DAY:
        return S_date_part(v->form[NORM_CANON], false, key);
    case KEY_TOKENS:
        return S_each_token(v->form[NORM_TOKENS], d, 2, key);
    case KEY_RARE_TOKENS:
        return S_rare_tokens(v->form[NORM_TOKENS], token, key);
    case KEY_BASE:
        return S_one(v->form[NORM_BASE].len ? v->form[NORM_BASE] : v->form[NORM_CANON], d, key);
    case KEY_LOCAL:
        return S_one(v->form[NORM_LOCAL], d, key);
    case KEY_DIGITS:
        return S_last_digits(v->form[NORM_BASE].len ? v->form[NORM_BASE] : v->form[NORM_CANON], key);
    case KEY_NICKNAME:
        return v->form[NORM_NICK].len ? S_each_token(v->form[NORM_NICK], d, 1, key) : S_one(S_latin(v), d, key);
    case KEY_ANY_NAME:
        return S_any_name(v, key);
    case KEY_ALL:
        key[0] = 1;
        return 1;
    case KEY_DERIVATIONS:
        break;
    }
    return 0;
}

/* ------------------------------------------------------------------ keys of every distinct value of a column */

struct value_key_table {
    uint32_t *at; /* [dict.n + 2] */
    uint64_t *key;
};

static void S_table_init(struct value_key_table *t, const struct column *c, enum derivation d,
                         const struct frequency_table *token)
{
    uint32_t n = c->dict.n, room = n + 16, used = 0;
    uint64_t key[MOST_KEYS_OF_VALUE];
    t->at = xmalloc(((size_t)n + 2) * sizeof *t->at);
    t->key = xmalloc(room * sizeof *t->key);
    t->at[0] = t->at[1] = 0;
    for (uint32_t id = 1; id <= n; id++) {
        struct norm v;
        unsigned k = norm_unpack(dict_get(&c->dict, id), &v) ? value_keys(d, &v, token, key) : 0;
        if (used + k > room) {
            room = room * 2 + k;
            t->key = xrealloc(t->key, room * sizeof *t->key);
        }
        for (unsigned i = 0; i < k; i++)
            t->key[used++] = key[i];
        t->at[id + 1] = used;
    }
}

static void S_table_deinit(struct value_key_table *t)
{
    free(t->at);
    free(t->key);
}

static unsigned S_row_keys(const struct value_key_table *t, const struct column *c, uint32_t row,
                           uint64_t key[MOST_KEYS_OF_RECORD])
{
    const uint32_t *id;
    unsigned n = 0;
    uint32_t n_ids = column_ids(c, row, &id);
    for (uint32_t i = 0; i < n_ids; i++)
        for (uint32_t k = t->at[id[i]]; k < t->at[id[i] + 1] && n < MOST_KEYS_OF_RECORD; k++)
            n = S_add_new(key, n, t->key[k]);
    return n;
}

/* ------------------------------------------------------------------ keys of a rule */

/* One column of keys that a rule joins. KEY_ANY_NAME reads given and family names. */
struct part {
    enum derivation derivation;
    const struct column *column[3];
    struct value_key_table table[3];
    bool borrowed[3];
    unsigned n_columns;
};

struct key_tables {
    struct value_key_table table[MOST_FIELDS][KEY_DERIVATIONS]; /* at NULL: not made */
};

static const struct frequency_table *S_tokens_of(const struct model *m, unsigned field)
{
    for (unsigned i = 0; i < m->n_comparisons; i++)
        if (m->comparison[i].field == field && m->comparison[i].token.n)
            return &m->comparison[i].token;
    return NULL;
}

/* The columns that a key reads: one, or for names in any order the three kinds of name. */
static unsigned S_fields_of(struct rule_key key, const struct batch *b, unsigned field[3])
{
    static const enum field_type names_of[] = {FIELD_GIVEN_NAME, FIELD_FAMILY_NAME, FIELD_MIDDLE_NAME};
    unsigned n = 0;
    if (key.derivation == KEY_ALL)
        return 0;
    if (key.derivation != KEY_ANY_NAME) {
        field[n++] = key.field;
        return n;
    }
    for (unsigned i = 0; i < COUNT_OF(names_of); i++) {
        int at = schema_find_type(b->schema, names_of[i]);
        if (at >= 0)
            field[n++] = (unsigned)at;
    }
    return n;
}

static void S_part_init(struct part *p, const struct model *m, struct rule_key key, const struct batch *b,
                        const struct key_tables *tables)
{
    unsigned field[3];
    *p = (struct part){.derivation = (enum derivation)key.derivation, .n_columns = 0};
    unsigned n = S_fields_of(key, b, field);
    for (unsigned i = 0; i < n; i++) {
        p->column[i] = &b->norm[field[i]];
        p->borrowed[i] = tables && tables->table[field[i]][key.derivation].at;
        if (p->borrowed[i])
            p->table[i] = tables->table[field[i]][key.derivation];
        else
            S_table_init(&p->table[i], &b->norm[field[i]], p->derivation, S_tokens_of(m, field[i]));
    }
    p->n_columns = n;
}

static void S_part_deinit(struct part *p)
{
    for (unsigned i = 0; i < p->n_columns; i++)
        if (!p->borrowed[i])
            S_table_deinit(&p->table[i]);
}

struct table_work {
    struct key_tables *tables;
    const struct model *model;
    const struct batch *batch;
    struct rule_key *key; /* each field and derivation once */
};

static void S_make_table(void *context, size_t item, unsigned worker)
{
    struct table_work *w = context;
    struct rule_key key = w->key[item];
    (void)worker;
    S_table_init(&w->tables->table[key.field][key.derivation], &w->batch->norm[key.field],
                 (enum derivation)key.derivation, S_tokens_of(w->model, key.field));
}

struct key_tables *key_tables_new(const struct model *m, const struct batch *b, const struct rule_key *key, unsigned n,
                                  unsigned threads)
{
    struct key_tables *t = xcalloc(1, sizeof *t);
    struct rule_key *once = xcalloc(3 * (size_t)n + 1, sizeof *once);
    bool wanted[MOST_FIELDS][KEY_DERIVATIONS] = {{false}};
    size_t n_once = 0;
    for (unsigned k = 0; k < n; k++) {
        unsigned field[3], n_fields = S_fields_of(key[k], b, field);
        for (unsigned i = 0; i < n_fields; i++)
            if (!wanted[field[i]][key[k].derivation]) {
                wanted[field[i]][key[k].derivation] = true;
                once[n_once++] = (struct rule_key){(uint8_t)field[i], key[k].derivation};
            }
    }
    struct table_work w = {t, m, b, once};
    parallel_for(threads, n_once, S_make_table, &w);
    free(once);
    return t;
}

void key_tables_free(struct key_tables *t)
{
    if (!t)
        return;
    for (unsigned f = 0; f < MOST_FIELDS; f++)
        for (unsigned d = 0; d < KEY_DERIVATIONS; d++)
            S_table_deinit(&t->table[f][d]);
    free(t);
}

/* Names in any order: one key for each unordered pair of name codes. */
static unsigned S_name_pairs(const uint64_t *code, unsigned n, uint64_t key[MOST_KEYS_OF_RECORD])
{
    unsigned k = 0;
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = i + 1; j < n && k < MOST_KEYS_OF_RECORD; j++)
            key[k++] = hash_u64(code[i] + code[j]);
    return k;
}

static unsigned S_part_keys(const struct part *p, uint32_t row, uint64_t key[MOST_KEYS_OF_RECORD])
{
    if (p->derivation == KEY_ALL) {
        key[0] = 1;
        return 1;
    }
    if (p->derivation != KEY_ANY_NAME)
        return S_row_keys(&p->table[0], p->column[0], row, key);
    uint64_t code[MOST_KEYS_OF_RECORD], more[MOST_KEYS_OF_RECORD];
    unsigned n = 0;
    for (unsigned c = 0; c < p->n_columns; c++) {
        unsigned k = S_row_keys(&p->table[c], p->column[c], row, more);
        for (unsigned i = 0; i < k && n < 6; i++)
            code[n++] = more[i];
    }
    return S_name_pairs(code, n, key);
}

/* Every combination of the parts' keys, joined in order. */
static unsigned S_join(const uint64_t *left, unsigned n_left, const uint64_t *right, unsigned n_right,
                       uint64_t key[MOST_KEYS_OF_RECORD])
{
    unsigned n = 0;
    for (unsigned i = 0; i < n_left; i++)
        for (unsigned j = 0; j < n_right && n < MOST_KEYS_OF_RECORD; j++)
            key[n++] = hash_combine(left[i], right[j]);
    return n;
}

static unsigned S_depth(const struct rule *r, uint64_t key)
{
    uint32_t from = 0, to = r->n_oversized;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (r->oversized[middle] == key)
            return r->depth[middle];
        if (r->oversized[middle] < key)
            from = middle + 1;
        else
            to = middle;
    }
    return 0;
}

/* Splits the keys of oversized blocks by the refining parts, one more for each pass over the table. */
static unsigned S_refine(const struct rule *r, const struct part *refine, uint32_t row, uint64_t *key, unsigned n,
                         uint64_t *lost)
{
    uint64_t result[MOST_KEYS_OF_RECORD];
    unsigned n_result = 0;
    for (unsigned i = 0; i < n; i++) {
        uint64_t branch[MOST_KEYS_OF_RECORD] = {key[i]}, part[MOST_KEYS_OF_RECORD], joined[MOST_KEYS_OF_RECORD];
        unsigned n_branch = 1, depth = r->n_oversized ? S_depth(r, key[i]) : 0;
        for (unsigned d = 0; d < depth && n_branch; d++) {
            unsigned n_part = S_part_keys(&refine[d], row, part);
            *lost += n_part == 0;
            n_branch = S_join(branch, n_branch, part, n_part, joined);
            memcpy(branch, joined, n_branch * sizeof *branch);
        }
        for (unsigned k = 0; k < n_branch && n_result < MOST_KEYS_OF_RECORD; k++)
            result[n_result++] = branch[k];
    }
    memcpy(key, result, n_result * sizeof *key);
    return n_result;
}

static unsigned S_sort_unique(uint64_t *key, unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        uint64_t k = key[i];
        unsigned j = i;
        for (; j && key[j - 1] > k; j--)
            key[j] = key[j - 1];
        key[j] = k;
    }
    unsigned kept = 0;
    for (unsigned i = 0; i < n; i++)
        if (key[i] && (kept == 0 || key[kept - 1] != key[i]))
            key[kept++] = key[i];
    return kept;
}

void rule_keys_init(struct rule_keys *out, const struct model *m, const struct rule *r, const struct batch *b,
                    bool refine)
{
    rule_keys_from_tables(out, m, r, b, NULL, refine);
}

void rule_keys_from_tables(struct rule_keys *out, const struct model *m, const struct rule *r, const struct batch *b,
                           const struct key_tables *tables, bool refine)
{
    struct part part[MOST_RULE_KEYS], refining[3];
    uint32_t room = b->n_rows + 64, used = 0;
    for (unsigned i = 0; i < r->n_keys; i++)
        S_part_init(&part[i], m, r->key[i], b, tables);
    unsigned n_refine = refine && r->n_oversized ? r->n_refine : 0;
    for (unsigned i = 0; i < n_refine; i++)
        S_part_init(&refining[i], m, r->refine[i], b, tables);
    *out = (struct rule_keys){.at = xmalloc(((size_t)b->n_rows + 1) * sizeof *out->at),
                              .key = xmalloc(room * sizeof *out->key)};
    for (uint32_t row = 0; row < b->n_rows; row++) {
        uint64_t key[MOST_KEYS_OF_RECORD], more[MOST_KEYS_OF_RECORD], joined[MOST_KEYS_OF_RECORD];
        unsigned n = S_part_keys(&part[0], row, key);
        for (unsigned i = 1; i < r->n_keys && n; i++) {
            unsigned n_more = S_part_keys(&part[i], row, more);
            n = S_join(key, n, more, n_more, joined);
            memcpy(key, joined, n * sizeof *key);
        }
        if (n_refine)
            n = S_refine(r, refining, row, key, n, &out->lost);
        n = S_sort_unique(key, n);
        if (used + n > room) {
            room = room * 2 + n;
            out->key = xrealloc(out->key, room * sizeof *out->key);
        }
        out->at[row] = used;
        memcpy(out->key + used, key, n * sizeof *key);
        used += n;
    }
    out->at[b->n_rows] = used;
    for (unsigned i = 0; i < r->n_keys; i++)
        S_part_deinit(&part[i]);
    for (unsigned i = 0; i < n_refine; i++)
        S_part_deinit(&refining[i]);
}

void rule_keys_deinit(struct rule_keys *k)
{
    free(k->at);
    free(k->key);
    *k = (struct rule_keys){0};
}

struct make_keys {
    struct key_set *set;
    const struct model *model;
    const struct batch *batch;
    const struct key_tables *tables;
};

static void S_make(void *context, size_t item, unsigned worker)
{
    struct make_keys *w = context;
    (void)worker;
    rule_keys_from_tables(&w->set->rule[item], w->model, &w->model->rule[item], w->batch, w->tables, true);
}

void key_set_init(struct key_set *k, const struct model *m, const struct batch *b, unsigned threads)
{
    *k = (struct key_set){.rule = xcalloc(m->n_rules, sizeof *k->rule), .n_rules = m->n_rules, .n_rows = b->n_rows};
    struct rule_key key[MOST_RULES * (MOST_RULE_KEYS + 3)];
    unsigned n = 0;
    for (unsigned r = 0; r < m->n_rules; r++) {
        for (unsigned i = 0; i < m->rule[r].n_keys; i++)
            key[n++] = m->rule[r].key[i];
        for (unsigned i = 0; i < m->rule[r].n_refine && m->rule[r].n_oversized; i++)
            key[n++] = m->rule[r].refine[i];
    }
    struct key_tables *tables = key_tables_new(m, b, key, n, threads);
    struct make_keys w = {k, m, b, tables};
    parallel_for(threads, m->n_rules, S_make, &w);
    key_tables_free(tables);
}

void key_set_deinit(struct key_set *k)
{
    for (unsigned i = 0; i < k->n_rules; i++)
        rule_keys_deinit(&k->rule[i]);
    free(k->rule);
    *k = (struct key_set){0};
}

uint64_t keys_shared(const struct rule_keys *k, uint32_t a, uint32_t b)
{
    uint32_t i = k->at[a], j = k->at[b], end_i = k->at[a + 1], end_j = k->at[b + 1];
    while (i < end_i && j < end_j) {
        if (k->key[i] == k->key[j])
            return k->key[i];
        if (k->key[i] < k->key[j])
            i++;
        else
            j++;
    }
    return 0;
}

void rule_text(const struct rule *r, const struct schema *schema, struct buf *out)
{
    for (unsigned i = 0; i < r->n_keys; i++) {
        if (i)
            buf_str(out, STR(" + "));
        if (r->key[i].derivation == KEY_ALL) {
            buf_str(out, STR("all pairs"));
            continue;
        }
        if (r->key[i].derivation == KEY_ANY_NAME) {
            buf_str(out, STR("names in any order"));
            continue;
        }
        buf_str(out, schema->field[r->key[i].field].name);
        if (r->key[i].derivation != KEY_EXACT)
            buf_printf(out, ".%s", names[r->key[i].derivation]);
    }
}
