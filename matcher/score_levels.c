#include "matcher/score_levels.h"

#include "base/hash.h"
#include "matcher/apart.h"
#include "matcher/compare_email_name.h"
#include "matcher/compare_kinds.h"

enum { COMPARISON_CROSS = MOST_COMPARISONS };

static struct norm S_value(const struct column *c, uint32_t id)
{
    struct norm v;
    norm_unpack(dict_get(&c->dict, id), &v);
    return v;
}

static struct cached_level *S_slot(const struct scorer *s, unsigned worker, unsigned comparison, uint32_t a, uint32_t b)
{
    uint64_t hash = (((uint64_t)a << 32 | b) + comparison * 0x9e3779b97f4a7c15ULL) * 0xff51afd7ed558ccdULL;
    const struct level_cache *cache = &s->cache[worker];
    return &cache->slot[(hash >> 40) & (cache->slots - 1)];
}

static bool S_holds(const struct cached_level *slot, unsigned comparison, uint32_t a, uint32_t b)
{
    return slot->a == a && slot->b == b && slot->comparison == comparison;
}

struct cached_level *levels_slot(const struct scorer *s, unsigned worker, unsigned comparison, uint32_t a, uint32_t b)
{
    return S_slot(s, worker, comparison, a, b);
}

unsigned levels_compare(const struct scorer *s, unsigned i, uint32_t a, uint32_t b, struct cached_level *slot)
{
    const struct comparison *c = &s->model->comparison[i];
    const struct column *column = &s->batch->norm[c->field];
    struct norm x = S_value(column, a), y = S_value(column, b);
    struct compare_context context = {.token = c->token.total ? &c->token : NULL,
                                      .words = s->words[i],
                                      .left = a,
                                      .right = b,
                                      .most_records = s->most_records};
    unsigned level = compare_values(c->kind, &context, &x, &y);
    *slot = (struct cached_level){a, b, (uint8_t)i, (uint8_t)level};
    return level;
}

/* What signatures say of two unequal values. */
static int S_apart(const struct scorer *s, unsigned i, uint32_t a, uint32_t b)
{
    const struct signature *signature = s->signature[i];
    if (!signature || a == b || !signature_is_known(&signature[a]) || !signature_is_known(&signature[b]))
        return APART_UNKNOWN;
    return apart_for(s->model->comparison[i].kind)(&signature[a], &signature[b]);
}

static unsigned S_compare_ids(const struct scorer *s, unsigned worker, unsigned i, uint32_t a, uint32_t b)
{
    if (a > b) {
        uint32_t swap = a;
        a = b;
        b = swap;
    }
    if (a == b && s->model->comparison[i].kind != CMP_MODEL_NUMBER && !s->flagged[i][a])
        return 0; /* no flags: equal values agree exactly */
    int apart = S_apart(s, i, a, b);
    if (apart != APART_UNKNOWN)
        return apart == APART_ELSE ? s->model->comparison[i].n_levels - 1 : (unsigned)apart;
    struct cached_level *slot = S_slot(s, worker, i, a, b);
    return S_holds(slot, i, a, b) ? slot->level : levels_compare(s, i, a, b, slot);
}

/* The value ids of a row, from what stands side by side: `own` holds one that is alone. */
static uint32_t S_ids(const struct scorer *s, unsigned i, uint32_t row, uint32_t *own, const uint32_t **id)
{
    const struct column *c = &s->batch->norm[s->model->comparison[i].field];
    uint32_t x = scorer_row(s, row)[i], set = x & ~COLUMN_SET;
    if (!(x & COLUMN_SET)) {
        *own = x & ~(uint32_t)ROW_FLAGGED;
        *id = own;
        return *own != 0;
    }
    *id = c->set_id + c->set_at[set];
    return c->set_at[set + 1] - c->set_at[set];
}

/* The best pair of values; among pairs of one level that of the rarest values, so that the order in a set does not
 * matter. */
void levels_of_field(const struct scorer *s, unsigned worker, unsigned i, uint32_t a, uint32_t b,
                     struct pair_levels *out)
{
    const uint32_t *x, *y;
    uint32_t own_x, own_y, nx = S_ids(s, i, a, &own_x, &x), ny = S_ids(s, i, b, &own_y, &y);
    unsigned best = LEVEL_NULL;
    out->left[i] = out->right[i] = 0;
    for (uint32_t p = 0; p < nx; p++)
        for (uint32_t q = 0; q < ny; q++) {
            if (!x[p] || !y[q])
                continue;
            unsigned level = S_compare_ids(s, worker, i, x[p], y[q]);
            if (level < best || (level == best && level != LEVEL_NULL &&
                                 scorer_tf_of(s, i, x[p], y[q]) > scorer_tf_of(s, i, out->left[i], out->right[i]))) {
                best = level;
                out->left[i] = x[p];
                out->right[i] = y[q];
            }
        }
    out->level[i] = (uint8_t)best;
}

/* The ids of a name's field; `comparison`: what compares it, or -1. */
static uint32_t S_name_ids(const struct scorer *s, int comparison, int field, uint32_t row, uint32_t *own,
                           const uint32_t **id)
{
    if (comparison >= 0 && (int)s->model->comparison[comparison].field == field)
        return S_ids(s, (unsigned)comparison, row, own, id);
    return column_ids(&s->batch->norm[field], row, id);
}

static unsigned S_names(const struct scorer *s, int comparison, int field, uint32_t row, struct norm out[MOST_NAMES])
{
    const uint32_t *id;
    uint32_t own;
    unsigned n = 0;
    if (field < 0)
        return 0;
    uint32_t n_ids = S_name_ids(s, comparison, field, row, &own, &id);
    for (uint32_t i = 0; i < n_ids && n < MOST_NAMES; i++)
        if (id[i])
            out[n++] = S_value(&s->batch->norm[field], id[i]);
    return n;
}

static void S_name_parts(const struct scorer *s, uint32_t row, struct name_parts *p)
{
    p->n_given = S_names(s, s->cmp_given, s->given, row, p->given);
    p->n_middle = S_names(s, s->cmp_middle, s->middle, row, p->middle);
    p->n_family = S_names(s, s->cmp_family, s->family, row, p->family);
}

static bool S_names_apart(const struct scorer *s, uint32_t given, uint32_t family)
{
    const struct signature *x = s->signature[s->cmp_given], *y = s->signature[s->cmp_family];
    return x && y && signature_is_known(x + given) && signature_is_known(y + family) &&
           apart_names(x + given, y + family);
}

/* Is a given name of one record the family name of the other, nearly? Ids of two dictionaries, cached as they are. */
static bool S_crosses(const struct scorer *s, unsigned worker, uint32_t a, uint32_t b)
{
    const struct column *given = &s->batch->norm[s->given], *family = &s->batch->norm[s->family];
    const uint32_t *x, *y;
    uint32_t plain_x = scorer_row(s, a)[s->cmp_given], plain_y = scorer_row(s, b)[s->cmp_family];
    if (!plain_x || !plain_y)
        return false;
    if (!((plain_x | plain_y) & (COLUMN_SET | ROW_FLAGGED)) && S_names_apart(s, plain_x, plain_y))
        return false;
    uint32_t own_x, own_y, nx = S_name_ids(s, s->cmp_given, s->given, a, &own_x, &x),
                           ny = S_name_ids(s, s->cmp_family, s->family, b, &own_y, &y);
    for (uint32_t i = 0; i < nx; i++)
        for (uint32_t j = 0; j < ny; j++) {
            if (S_names_apart(s, x[i], y[j]))
                continue;
            struct cached_level *slot = S_slot(s, worker, COMPARISON_CROSS, x[i], y[j]);
            if (!S_holds(slot, COMPARISON_CROSS, x[i], y[j])) {
                struct norm v = S_value(given, x[i]), w = S_value(family, y[j]);
                bool close = x[i] && y[j] && compare_values(CMP_FAMILY, NULL, &v, &w) <= 1;
                *slot = (struct cached_level){x[i], y[j], COMPARISON_CROSS, close};
            }
            if (slot->level)
                return true;
        }
    return false;
}

static bool S_middle_names(const struct scorer *s, uint32_t a, uint32_t b)
{
    const uint32_t *id;
    if (s->cmp_middle >= 0)
        return scorer_row(s, a)[s->cmp_middle] || scorer_row(s, b)[s->cmp_middle];
    return s->middle >= 0 &&
           (column_ids(&s->batch->norm[s->middle], a, &id) || column_ids(&s->batch->norm[s->middle], b, &id));
}

/* More names than are looked at together (struct name_parts). */
static bool S_many_names(const struct scorer *s, uint32_t row)
{
    const uint32_t *id;
    uint32_t own;
    return S_name_ids(s, s->cmp_given, s->given, row, &own, &id) > MOST_NAMES ||
           S_name_ids(s, s->cmp_family, s->family, row, &own, &id) > MOST_NAMES;
}

static void S_all_names(const struct scorer *s, uint32_t a, uint32_t b, struct pair_levels *out)
{
    struct name_parts x, y;
    unsigned given, family;
    S_name_parts(s, a, &x);
    S_name_parts(s, b, &y);
    compare_names(&x, &y, &given, &family);
    out->level[s->cmp_given] = (uint8_t)given;
    out->level[s->cmp_family] = (uint8_t)family;
}

/* What compare_names says where nothing crosses. */
static void S_given_and_middle(const struct scorer *s, uint32_t a, uint32_t b, struct pair_levels *out)
{
    struct name_parts x, y;
    x.n_given = S_names(s, s->cmp_given, s->given, a, x.given);
    x.n_middle = S_names(s, s->cmp_middle, s->middle, a, x.middle);
    y.n_given = S_names(s, s->cmp_given, s->given, b, y.given);
    y.n_middle = S_names(s, s->cmp_middle, s->middle, b, y.middle);
    out->level[s->cmp_given] = (uint8_t)compare_middle_names(&x, &y, out->level[s->cmp_given]);
}

/* Given and family names together, when neither agrees in its own place. Where none stands in the place of another,
 * only middle names can tell more, of given names that differ. */
void levels_across_names(const struct scorer *s, unsigned worker, uint32_t a, uint32_t b, struct pair_levels *out)
{
    if (s->cmp_given < 0 || s->cmp_family < 0)
        return;
    unsigned g = out->level[s->cmp_given], f = out->level[s->cmp_family];
    if (g < GIVEN_INITIAL || f < FAMILY_PHONETIC) /* agrees in its place: see matcher/compare_kinds.h */
        return;
    bool crosses = S_crosses(s, worker, a, b) || S_crosses(s, worker, b, a);
    if (!crosses && !S_middle_names(s, a, b))
        return;
    if (crosses || S_many_names(s, a) || S_many_names(s, b))
        S_all_names(s, a, b, out);
    else if (g == GIVEN_ELSE)
        S_given_and_middle(s, a, b, out);
}

static unsigned S_latin_names(const struct scorer *s, int comparison, int field, uint32_t row,
                              struct str out[MOST_NAMES])
{
    struct norm name[MOST_NAMES];
    unsigned n = S_names(s, comparison, field, row, name);
    for (unsigned i = 0; i < n; i++)
        out[i] = name[i].form[NORM_LATIN].len ? name[i].form[NORM_LATIN] : name[i].form[NORM_READING];
    return n;
}

static bool S_has_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
            return true;
    return false;
}

static bool S_names_mailbox(const struct scorer *s, struct str local, uint32_t row)
{
    struct str given[MOST_NAMES], family[MOST_NAMES];
    unsigned n_given = S_latin_names(s, s->cmp_given, s->given, row, given);
    unsigned n_family = S_latin_names(s, s->cmp_family, s->family, row, family);
    return email_name_agreement(local, given, n_given, family, n_family) == EMAIL_NAME_STRONG;
}

/* The same name before the @ of two providers, and it is the person's own: that says what the names have said. */
void levels_of_mailbox(const struct scorer *s, uint32_t a, uint32_t b, struct pair_levels *out)
{
    enum { EMAIL_LOCAL = 1 };
    if (s->cmp_email < 0 || out->level[s->cmp_email] != EMAIL_LOCAL || s->given < 0 || s->family < 0)
        return;
    struct norm mailbox = S_value(&s->batch->norm[s->model->comparison[s->cmp_email].field], out->left[s->cmp_email]);
    struct str local = mailbox.form[NORM_LOCAL];
    if (S_has_digits(local))
        return; /* annberger84: the number tells her from others of her name */
    if (S_names_mailbox(s, local, a) || S_names_mailbox(s, local, b))
        out->level[s->cmp_email] = LEVEL_NULL;
}

void scorer_levels(const struct scorer *s, unsigned worker, uint32_t a, uint32_t b, struct pair_levels *out)
{
    for (unsigned i = 0; i < s->model->n_comparisons; i++)
        levels_of_field(s, worker, i, a, b, out);
    levels_across_names(s, worker, a, b, out);
    levels_of_mailbox(s, a, b, out);
}

unsigned scorer_level(const struct scorer *s, unsigned worker, unsigned i, uint32_t a, uint32_t b)
{
    struct pair_levels levels;
    if ((int)i == s->cmp_given || (int)i == s->cmp_family) {
        if (s->cmp_given >= 0)
            levels_of_field(s, worker, (unsigned)s->cmp_given, a, b, &levels);
        if (s->cmp_family >= 0)
            levels_of_field(s, worker, (unsigned)s->cmp_family, a, b, &levels);
        levels_across_names(s, worker, a, b, &levels);
    } else {
        levels_of_field(s, worker, i, a, b, &levels);
    }
    return levels.level[i];
}
