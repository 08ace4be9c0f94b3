/* What the report says of the records themselves. */
#include <stdlib.h>

#include "base/fmath.h"
#include "base/radix.h"
#include "engine/mask.h"
#include "engine/report.h"

enum { SHARED_BY_MANY = 10, SHOWN_VALUES = 3 };

static json_t *S_count(uint64_t n)
{
    return json_integer((json_int_t)n);
}

/* ------------------------------------------------------------------ clusters */

json_t *report_clusters(const struct report *r)
{
    uint32_t n = r->stored.batch.n_rows, largest = 0;
    uint32_t *size = xcalloc((size_t)r->n_masters + 1, sizeof *size);
    for (uint32_t row = 0; row < n; row++)
        size[r->master[row]]++;
    for (uint32_t m = 0; m < r->n_masters; m++)
        largest = size[m] > largest ? size[m] : largest;
    uint32_t *masters = xcalloc((size_t)largest + 1, sizeof *masters);
    for (uint32_t m = 0; m < r->n_masters; m++)
        masters[size[m]]++;
    json_t *list = json_array();
    for (uint32_t s = 1; s <= largest; s++)
        if (masters[s]) {
            json_t *o = json_object();
            json_put(o, "size", S_count(s));
            json_put(o, "masters", S_count(masters[s]));
            json_array_append_new(list, o);
        }
    free(size);
    free(masters);
    return list;
}

/* ------------------------------------------------------------------ completeness */

json_t *report_completeness(const struct report *r)
{
    const struct schema *schema = &r->stored.schema;
    json_t *o = json_object(), *fields = json_array(), *sources = json_array();
    for (unsigned f = 0; f < schema->n_fields; f++)
        json_array_append_new(fields, json_from_str(schema->field[f].name));
    for (size_t s = 0; s < r->stored.n_sources; s++) {
        json_t *one = json_object(), *fill = json_array();
        for (unsigned f = 0; f < schema->n_fields; f++) {
            double n = (double)r->of_source[s], has = (double)r->has[s * schema->n_fields + f];
            json_array_append_new(fill, json_real(n > 0 ? has / n : 0));
        }
        json_put_str(one, "name", r->stored.source[s].name);
        json_put(one, "records", S_count(r->of_source[s]));
        json_put(one, "fill", fill);
        json_array_append_new(sources, one);
    }
    json_put(o, "fields", fields);
    json_put(o, "sources", sources);
    return o;
}

/* ------------------------------------------------------------------ values that many share */

struct shared {
    uint32_t id, masters;
};

struct shared_values {
    uint64_t distinct, shared, records;
    struct shared top[SHOWN_VALUES]; /* most masters first */
};

static void S_take_top(struct shared_values *v, uint32_t id, uint32_t masters)
{
    unsigned at = SHOWN_VALUES;
    while (at > 0 && masters > v->top[at - 1].masters)
        at--;
    if (at == SHOWN_VALUES)
        return;
    memmove(&v->top[at + 1], &v->top[at], (SHOWN_VALUES - 1 - at) * sizeof v->top[0]);
    v->top[at] = (struct shared){id, masters};
}

/* Entries (value, master), sorted: how many different masters each value stands in. */
static void S_count_masters(const uint64_t *entry, size_t n, struct shared_values *v)
{
    for (size_t i = 0; i < n;) {
        uint32_t id = (uint32_t)(entry[i] >> 32), masters = 0;
        size_t to = i;
        for (; to < n && entry[to] >> 32 == id; to++)
            masters += to == i || entry[to] != entry[to - 1];
        v->distinct++;
        if (masters >= SHARED_BY_MANY) {
            v->shared++;
            v->records += to - i;
        }
        S_take_top(v, id, masters);
        i = to;
    }
}

static struct shared_values S_shared(const struct report *r, unsigned field)
{
    const struct column *column = &r->stored.batch.norm[field];
    struct shared_values v = {.distinct = 0};
    size_t n = 0, room = r->stored.batch.n_rows;
    uint64_t *entry = xmalloc((room + 1) * sizeof *entry);
    for (uint32_t row = 0; row < r->stored.batch.n_rows; row++) {
        const uint32_t *id;
        uint32_t n_ids = column_ids(column, row, &id);
        if (n + n_ids > room) {
            room = 2 * room + n_ids;
            entry = xrealloc(entry, (room + 1) * sizeof *entry);
        }
        for (uint32_t i = 0; i < n_ids; i++)
            if (id[i])
                entry[n++] = (uint64_t)id[i] << 32 | r->master[row];
    }
    uint64_t *scratch = xmalloc((n + 1) * sizeof *scratch);
    radix_sort_u64(entry, scratch, n);
    S_count_masters(entry, n, &v);
    free(scratch);
    free(entry);
    return v;
}

/* What the frequency of the most shared value takes off its agreement, 0 when frequencies do not count. */
static double S_damping(const struct report *r, unsigned field, uint32_t id)
{
    int32_t least = 0;
    for (unsigned i = 0; i < r->stored.model.n_comparisons && id; i++)
        if (r->stored.model.comparison[i].field == field && scorer_tf(&r->explain.scorer, i, id) < least)
            least = scorer_tf(&r->explain.scorer, i, id);
    return weight_to_bits(least);
}

static json_t *S_top_values(const struct report *r, unsigned field, const struct shared_values *v)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < SHOWN_VALUES && v->top[i].masters > 1; i++) {
        struct norm norm;
        json_t *o = json_object();
        if (!norm_unpack(dict_get(&r->stored.batch.norm[field].dict, v->top[i].id), &norm))
            continue;
        struct str value = norm.form[NORM_CANON];
        struct mask_text token;
        if (r->stored.schema.field[field].type == FIELD_HASHED)
            value = mask_value(r->session->store, FIELD_HASHED, value, &token);
        json_put_str(o, "value", value);
        json_put(o, "masters", S_count(v->top[i].masters));
        json_array_append_new(list, o);
    }
    return list;
}

json_t *report_shared_values(const struct report *r)
{
    json_t *list = json_array();
    for (unsigned f = 0; f < r->stored.schema.n_fields; f++) {
        struct shared_values v = S_shared(r, f);
        if (!v.distinct)
            continue;
        json_t *o = json_object();
        json_put_str(o, "field", r->stored.schema.field[f].name);
        json_put(o, "distinct", S_count(v.distinct));
        json_put(o, "most_masters", S_count(v.top[0].masters));
        json_put(o, "damping", json_real(S_damping(r, f, v.top[0].id)));
        json_put(o, "shared_by_many", S_count(v.shared));
        json_put(o, "records", S_count(v.records));
        if (r->options->values && (r->shows || !r->stored.schema.field[f].personal))
            json_put(o, "values", S_top_values(r, f, &v));
        json_array_append_new(list, o);
    }
    return list;
}

/* ------------------------------------------------------------------ records that tell too little */

/* The prior of the partner that is likeliest for a source. */
static int32_t S_best_prior(const struct report *r, unsigned source)
{
    const struct scorer *s = &r->explain.scorer;
    int32_t best = INT32_MIN;
    for (size_t k = 0; k < r->stored.n_sources; k++) {
        bool same = k == source, never = same && s->unique && s->unique[k];
        int32_t prior = r->stored.model.prior[s->source_class[source]][s->source_class[k]];
        if (!never && prior > best)
            best = prior;
    }
    return best;
}

/* Compared with itself, and the likeliest source for a partner: more no other record can reach. */
static bool S_is_unlinkable(const struct report *r, uint32_t row, const int32_t *prior)
{
    struct explained x;
    unsigned source = r->stored.batch.source[row];
    if (prior[source] == INT32_MIN)
        return true;
    explain_pair(&r->explain, row, row, &x);
    return x.parts.total - x.parts.prior + prior[source] < r->stored.model.match_threshold;
}

json_t *report_unlinkable(const struct report *r)
{
    json_t *o = json_object(), *list = json_array();
    uint64_t *n = xcalloc(r->stored.n_sources + 1, sizeof *n), all = 0;
    int32_t *prior = xcalloc(r->stored.n_sources + 1, sizeof *prior);
    uint32_t rows = r->stored.batch.n_rows;
    for (size_t s = 0; s < r->stored.n_sources; s++)
        prior[s] = S_best_prior(r, (unsigned)s);
    for (uint32_t row = 0; row < rows; row++)
        n[r->stored.batch.source[row]] += S_is_unlinkable(r, row, prior);
    for (size_t s = 0; s < r->stored.n_sources; s++) {
        json_t *one = json_object();
        all += n[s];
        json_put_str(one, "source", r->stored.source[s].name);
        json_put(one, "records", S_count(n[s]));
        json_put(one, "share", json_real(r->of_source[s] ? (double)n[s] / (double)r->of_source[s] : 0));
        json_array_append_new(list, one);
    }
    json_put(o, "records", S_count(all));
    json_put(o, "share", json_real(rows ? (double)all / rows : 0));
    json_put(o, "sources", list);
    free(n);
    free(prior);
    return o;
}

/* ------------------------------------------------------------------ fields that add nothing */

static void S_add_nothing(json_t *list, struct str name, const char *why, double value)
{
    json_t *o = json_object();
    json_put_str(o, "comparison", name);
    json_put_str(o, "why", str_from(why));
    json_put(o, "value", json_real(value));
    json_array_append_new(list, o);
}

json_t *report_adds_nothing(const struct report *r)
{
    const struct model *m = &r->stored.model;
    json_t *list = json_array();
    for (unsigned i = 0; i < m->n_comparisons; i++) {
        const struct comparison *c = &m->comparison[i];
        struct str name = explain_comparison_name(&r->explain, i);
        int32_t most = 0;
        for (unsigned l = 0; l < c->n_levels; l++) {
            int32_t weight = c->level[l].weight;
            most = abs(weight) > most ? abs(weight) : most;
        }
        if (most < WEIGHT_ONE)
            S_add_nothing(list, name, "weight", weight_to_bits(most));
        else if (r->fill[c->field] < 0.01)
            S_add_nothing(list, name, "fill", r->fill[c->field]);
    }
    return list;
}
