#include <sys/resource.h>

#include "base/clock.h"
#include "base/fmath.h"
#include "base/parallel.h"
#include "engine/delta_apply.h"
#include "matcher/shared_values.h"

static json_t *S_count(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *S_seconds(double seconds)
{
    return json_real((double)(int64_t)(seconds * 1000 + 0.5) / 1000);
}

static json_t *S_records(const struct apply_run *r)
{
    json_t *o = json_object();
    uint64_t read = 0, rejected = 0, duplicates = 0, deleted = 0;
    for (unsigned s = 0; s < r->config->n_sources; s++) {
        read += r->load.source[s].rows;
        rejected += r->load.source[s].rejected;
        duplicates += r->load.source[s].duplicates;
        deleted += r->load.source[s].deleted;
    }
    json_put(o, "read", S_count(read));
    json_put(o, "new", S_count(r->first ? r->load.batch.n_rows : r->fresh));
    json_put(o, "changed", S_count(r->changed));
    json_put(o, "unchanged", S_count(r->same));
    json_put(o, "gone", S_count(r->gone));
    json_put(o, "rejected", S_count(rejected));
    json_put(o, "duplicates", S_count(duplicates));
    json_put(o, "deleted", S_count(deleted));
    json_put(o, "unattached", S_count(r->unattached));
    json_put(o, "set_aside", S_count(r->set_aside));
    return o;
}

static json_t *S_masters(const struct apply_run *r)
{
    const struct assign_counts *c = &r->assigned.counts;
    json_t *o = json_object();
    json_put(o, "created", S_count(c->created));
    json_put(o, "attached", S_count(c->attached));
    json_put(o, "merged", S_count(c->merged));
    json_put(o, "split", S_count(c->split));
    json_put(o, "moved", S_count(c->moved));
    json_put(o, "revived", S_count(c->revived));
    json_put(o, "retired", S_count(c->retired));
    json_put(o, "active", S_count(c->active_after));
    return o;
}

static json_t *S_sources(const struct apply_run *r)
{
    json_t *list = json_array();
    for (unsigned s = 0; s < r->config->n_sources; s++) {
        const struct load_source *l = &r->load.source[s];
        json_t *o = json_object(), *files = json_array();
        for (size_t f = 0; f < l->n_files; f++)
            json_array_append_new(files, json_from_str(l->file[f].path));
        json_put_str(o, "name", r->config->source[s].name);
        json_put(o, "files", files);
        json_put(o, "read", S_count(l->rows));
        json_put(o, "new", S_count(r->first ? l->rows - l->duplicates - l->unattached : r->counts[s].fresh));
        json_put(o, "changed", S_count(r->first ? 0 : r->counts[s].changed));
        json_put(o, "unchanged", S_count(r->first ? 0 : r->counts[s].same));
        json_put(o, "gone", S_count(r->first ? 0 : r->counts[s].gone));
        json_put(o, "rejected", S_count(l->rejected));
        json_put(o, "duplicates", S_count(l->duplicates));
        json_put(o, "unlinked", S_count(l->unlinked));
        json_put(o, "unattached", S_count(l->unattached));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *S_losses(const struct apply_run *r)
{
    const struct block_losses *l = &r->matching.stats.losses;
    json_t *o = json_object();
    uint64_t rejected = 0;
    for (unsigned s = 0; s < r->config->n_sources; s++)
        rejected += r->load.source[s].rejected;
    json_put(o, "rejected_rows", S_count(rejected));
    json_put(o, "capped_blocks", S_count(l->blocks));
    json_put(o, "dropped_pairs", S_count(l->pairs));
    json_put(o, "unrefined_records", S_count(l->unrefined));
    json_put(o, "unkeyed_records", S_count(l->unkeyed));
    json_put(o, "cut_components", S_count(r->matching.clusters.cut_components));
    return o;
}

struct shared_work {
    const struct batch *batch;
    struct shared_summary summary[MOST_FIELDS];
};

static void S_summarise(void *context, size_t field, unsigned worker)
{
    struct shared_work *w = context;
    const struct field *f = &w->batch->schema->field[field];
    (void)worker;
    if (shared_values_of(field_plain_type(f)) && !f->derived)
        w->summary[field] = shared_values_summary(w->batch, (unsigned)field);
}

/* Values that many persons have, by field; fields without any are left out. */
json_t *apply_shared(struct apply_run *r)
{
    const struct schema *schema = r->load.batch.schema;
    struct shared_work w = {.batch = &r->load.batch};
    if (r->partial) /* a run over everything counted them */
        return r->delta->applied.shared ? json_incref(r->delta->applied.shared) : json_array();
    if (r->shared)
        return json_incref(r->shared);
    r->shared = json_array();
    parallel_for(r->threads, schema ? schema->n_fields : 0, S_summarise, &w);
    for (unsigned f = 0; schema && f < schema->n_fields; f++) {
        const struct shared_summary *s = &w.summary[f];
        if (!s->values)
            continue;
        json_t *o = json_object();
        json_put_str(o, "field", schema->field[f].name);
        json_put(o, "values", S_count(s->values));
        json_put(o, "records", S_count(s->records));
        json_put(o, "most_persons", S_count(s->most));
        json_array_append_new(r->shared, o);
    }
    return json_incref(r->shared);
}

static json_t *S_pairs(const struct apply_run *r)
{
    const struct matching_stats *m = &r->matching.stats;
    json_t *o = json_object();
    json_put(o, "candidates", S_count(m->candidates));
    json_put(o, "scored", S_count(m->candidates + r->matching.clusters.pairs_scored));
    json_put(o, "match", S_count(m->match));
    json_put(o, "review", S_count(m->review));
    json_put(o, "cut", S_count(r->matching.clusters.edges_cut));
    return o;
}

static json_t *S_stages(const struct apply_run *r)
{
    const struct matching_stats *m = &r->matching.stats;
    json_t *o = json_object();
    json_put(o, "stored", S_seconds(r->stored_seconds));
    json_put(o, "read", S_seconds(r->load.read_seconds));
    json_put(o, "normalise", S_seconds(r->load.normalise_seconds));
    json_put(o, "train", S_seconds(m->train));
    json_put(o, "block", S_seconds(m->block));
    json_put(o, "score", S_seconds(m->score));
    json_put(o, "cluster", S_seconds(m->cluster));
    json_put(o, "survive", S_seconds(r->survive_seconds));
    json_put(o, "write", S_seconds(r->write_seconds));
    if (r->locked_seconds > 0)
        json_put(o, "locked", S_seconds(r->locked_seconds));
    return o;
}

json_t *apply_report(struct apply_run *r, const char *status)
{
    char at[25];
    struct rusage usage;
    json_t *o = json_object(), *threshold = json_object(), *model = json_object();
    clock_format(r->now_ms, at);
    getrusage(RUSAGE_SELF, &usage);
    json_put(o, "run_id", r->run.id ? S_count((uint64_t)r->run.id) : json_null());
    json_put_str(o, "status", str_from(status));
    json_put(o, "seq", S_count((uint64_t)r->seq));
    json_put_str(o, "at", str_from(at));
    json_put(o, "seconds", S_seconds(clock_seconds() - r->started));
    json_put(o, "seed", r->options->seed ? S_count(r->options->seed) : json_null());
    json_put(o, "records", S_records(r));
    json_put(o, "masters", S_masters(r));
    json_put(o, "pairs", S_pairs(r));
    json_put(o, "losses", S_losses(r));
    json_put(o, "shared", apply_shared(r));
    json_put(threshold, "match", json_real(weight_to_bits(r->model.match_threshold)));
    json_put(threshold, "review", json_real(weight_to_bits(r->model.review_threshold)));
    json_put(o, "threshold", threshold);
    json_put(o, "sources", S_sources(r));
    json_put(o, "gates", json_incref(r->gates));
    json_put(o, "allowed", json_incref(r->allowed));
    json_put(o, "drift", json_incref(r->drift));
    json_put(o, "stages", S_stages(r));
    json_put(o, "memory", S_count((uint64_t)usage.ru_maxrss * 1024));
    if (r->paging)
        json_put(o, "spilled", S_count(paging_most()));
    json_put(model, "id", r->stored_model.id ? S_count((uint64_t)r->stored_model.id) : json_null());
    json_put(model, "trained", json_boolean(r->trained));
    json_put(o, "model", model);
    json_put(o, "warnings", json_incref(r->warnings));
    if (r->retention)
        json_put(o, "retention", json_incref(r->retention));
    return o;
}

enum { HISTOGRAM_FROM = -10, HISTOGRAM_TO = 60, BINS_A_BIT = 2, BINS = (HISTOGRAM_TO - HISTOGRAM_FROM) * BINS_A_BIT };

json_t *apply_histogram(const struct apply_run *r)
{
    uint64_t pairs[BINS] = {0};
    int last = -1;
    for (size_t i = 0; i < r->matching.edges.n; i++) {
        int64_t above = (int64_t)r->matching.edges.edge[i].weight - HISTOGRAM_FROM * WEIGHT_ONE;
        int64_t bin = above < 0 ? 0 : above * BINS_A_BIT / WEIGHT_ONE;
        pairs[bin < BINS ? bin : BINS - 1]++;
    }
    json_t *o = json_object(), *list = json_array();
    for (int b = 0; b < BINS; b++)
        last = pairs[b] ? b : last;
    for (int b = 0; b <= last; b++)
        json_array_append_new(list, S_count(pairs[b]));
    json_put(o, "from", json_integer(HISTOGRAM_FROM));
    json_put(o, "width", json_real(1.0 / BINS_A_BIT));
    json_put(o, "pairs", list);
    return o;
}
