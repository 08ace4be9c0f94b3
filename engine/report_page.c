/* The report as one HTML page: nothing is loaded, nothing runs, light or dark as the reader likes, good on paper. */
#include <math.h>

#include "engine/page.h"
#include "engine/report.h"

static const char STYLE[] =
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1c2430;--dim:#5d6877;--line:#d8dee6;--soft:#f3f5f8;--pos:#2a7d4f;"
    "--neg:#c2453a;--sum:#2f6fb3;--rev:#c98a12;--non:#9aa5b3;--c2:#b3562f}\n"
    "@media (prefers-color-scheme:dark){:root{--bg:#12161c;--fg:#e3e8ef;--dim:#98a4b3;--line:#2c3541;--soft:#1a2029;"
    "--pos:#4fb57e;--neg:#e2776d;--sum:#6ba7e5;--rev:#e0ac45;--non:#66717f;--c2:#e09468}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}\n"
    "main,header,nav{max-width:60rem;margin:0 auto;padding:0 1.25rem}header{padding-top:2rem}\n"
    "h1{font-size:1.7rem;margin:0}h2{font-size:1.2rem;margin:2.4rem 0 .5rem;border-bottom:1px solid var(--line);"
    "padding-bottom:.25rem}p{max-width:46rem}.dim,figcaption,caption,small{color:var(--dim)}\n"
    "nav ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.9rem}a{color:var(--sum)}\n"
    ".tiles{display:flex;flex-wrap:wrap;gap:.75rem;margin:1rem 0}.tile{background:var(--soft);border-radius:.5rem;"
    "padding:.6rem .9rem;min-width:8.5rem}.tile b{display:block;font-size:1.35rem;font-variant-numeric:tabular-nums}\n"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;margin:.5rem 0 1rem;font-size:.9rem}"
    "caption{text-align:left;font-size:.85rem;padding-bottom:.3rem}th,td{padding:.22rem .7rem .22rem 0;"
    "text-align:left;border-bottom:1px solid var(--line);vertical-align:top}td.n,th.n{text-align:right;"
    "font-variant-numeric:tabular-nums;white-space:nowrap}tbody th{font-weight:600}th small{font-weight:400}\n"
    "td.bar{width:13rem;min-width:9rem;vertical-align:middle}td.bar svg{width:100%;height:12px;display:block}\n"
    "td.heat{text-align:right;padding:.22rem .5rem;font-variant-numeric:tabular-nums}\n"
    "figure{margin:1rem 0}figcaption{font-size:.85rem}svg.chart{width:100%;height:auto;max-width:760px}\n"
    "svg text{font:11px system-ui,sans-serif;fill:var(--fg)}svg .name,svg .dim,svg .power{fill:var(--dim)}"
    "svg .power{font-size:8px}svg .marked{fill:var(--dim);font-size:10px}svg .total{font-weight:700}"
    "svg .over{paint-order:stroke;stroke:var(--bg);stroke-width:3px}\n"
    ".axis{stroke:var(--dim)}.grid{stroke:var(--line)}.mark{stroke:var(--fg);stroke-dasharray:4 3}"
    ".pos,.match{fill:var(--pos)}.neg{fill:var(--neg)}.sum{fill:var(--sum)}.review{fill:var(--rev)}"
    ".nonmatch{fill:var(--non)}.curve{fill:none;stroke-width:2}.c1{stroke:var(--sum)}.c2{stroke:var(--c2);"
    "stroke-dasharray:7 3}.c3{stroke:var(--pos);stroke-width:3}\n"
    ".note{background:var(--soft);border-left:4px solid var(--rev);padding:.5rem .9rem;border-radius:.25rem}\n"
    "@media print{nav{display:none}body{font-size:11px}section{break-inside:avoid-page}h2{break-after:avoid}"
    ".scroll{overflow:visible}}\n";

/* ------------------------------------------------------------------ head */

static const struct {
    const char *id, *title;
} SECTIONS[] = {{"run", "Last run"},
                {"weights", "Match weights"},
                {"priors", "Priors"},
                {"corrections", "Corrections"},
                {"blocking", "Blocking"},
                {"scores", "Scores and threshold"},
                {"pair", "One pair"},
                {"masters", "Masters"},
                {"completeness", "Completeness"},
                {"shared", "Shared values"},
                {"unlinkable", "Unlinkable records"},
                {"nothing", "Fields that add nothing"}};

static void S_tile(struct buf *out, const json_t *object, const char *key, const char *name)
{
    buf_str(out, STR("<div class=\"tile\"><b>"));
    page_member(out, object, key);
    buf_printf(out, "</b>%s</div>\n", name);
}

static void S_head(struct buf *out, const json_t *report)
{
    const json_t *run = json_object_get(report, "run");
    buf_str(out, STR("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                     "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                     "<meta name=\"referrer\" content=\"no-referrer\">"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "style-src 'unsafe-inline'\"><title>idem report</title>\n<style>\n"));
    buf_str(out, str_from(STYLE));
    buf_str(out, STR("</style></head><body>\n<header><h1>idem report</h1><p class=\"dim\">Run "));
    page_member(out, run, "run_id");
    buf_str(out, STR(", "));
    page_member(out, run, "at");
    buf_str(out, STR(", idem "));
    page_member(out, report, "version");
    buf_str(out, json_is_true(json_object_get(report, "values"))
                     ? STR(". This page shows personal values: keep it as you keep the data.")
                     : STR(". This page shows no personal values."));
    buf_str(out, STR("</p></header>\n<nav aria-label=\"Sections\"><ul>\n"));
    for (size_t i = 0; i < COUNT_OF(SECTIONS); i++)
        buf_printf(out, "<li><a href=\"#%s\">%s</a></li>\n", SECTIONS[i].id, SECTIONS[i].title);
    buf_str(out, STR("</ul></nav>\n<main>\n"));
}

/* ------------------------------------------------------------------ the run */

static void S_losses(struct buf *out, const json_t *losses)
{
    static const struct {
        const char *key, *says;
    } ROWS[] = {{"rejected_rows", "rows that were set aside"},
                {"capped_blocks", "blocks too large to be compared"},
                {"dropped_pairs", "pairs that were not compared for it"},
                {"unrefined_records", "records of large blocks without the value that splits them"},
                {"unkeyed_records", "records that no blocking rule has a key for, compared with nothing"},
                {"cut_components", "groups of more than 600 records, cut at their weakest pairs"}};
    page_table(out, "Losses: what was not read or not compared", "What|#Number");
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        buf_printf(out, "<tr><th scope=\"row\">%s</th>", ROWS[i].says);
        page_cell(out, losses, ROWS[i].key);
        buf_str(out, STR("</tr>\n"));
    }
    page_table_end(out);
}

static void S_rows(struct buf *out, const json_t *list, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        buf_str(out, STR("<tr>"));
        for (size_t k = 0; k < n; k++)
            page_cell(out, json_array_get(list, i), keys[k]);
        buf_str(out, STR("</tr>\n"));
    }
}

static void S_run(struct buf *out, const json_t *report)
{
    static const char *const SOURCE[] = {"name", "read", "new", "changed", "unchanged", "gone", "rejected"};
    const json_t *run = json_object_get(report, "run"), *masters = json_object_get(run, "masters"),
                 *pairs = json_object_get(run, "pairs"), *warnings = json_object_get(run, "warnings");
    page_section(out, "run", "Last run");
    buf_str(out, STR("<div class=\"tiles\">\n"));
    S_tile(out, json_object_get(run, "records"), "read", "records read");
    S_tile(out, masters, "active", "masters");
    S_tile(out, pairs, "candidates", "candidate pairs");
    S_tile(out, pairs, "match", "pairs match");
    S_tile(out, pairs, "review", "pairs to review");
    S_tile(out, pairs, "cut", "pairs cut by clustering");
    S_tile(out, run, "seconds", "seconds");
    buf_str(out, STR("</div>\n"));
    for (size_t i = 0; i < json_array_size(warnings); i++) {
        buf_str(out, STR("<p class=\"note\">"));
        page_text(out, json_str(json_array_get(warnings, i)));
        buf_str(out, STR("</p>\n"));
    }
    page_table(out, "Sources", "Source|#Read|#New|#Changed|#Unchanged|#Gone|#Rejected");
    S_rows(out, json_object_get(run, "sources"), SOURCE, COUNT_OF(SOURCE));
    page_table_end(out);
    S_losses(out, json_object_get(run, "losses"));
    page_section_end(out);
}

/* ------------------------------------------------------------------ the model */

static double S_most(const json_t *list, const char *inner, const char *key)
{
    double most = 1;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i), *in = inner ? json_object_get(one, inner) : NULL;
        most = fmax(most, inner ? S_most(in, NULL, key) : fabs(page_value(one, key)));
    }
    return most;
}

/* One level: its weight, where m and u come from and on how many observations they stand. */
static void S_level(struct buf *out, const json_t *l, double most)
{
    static const char *const KEYS[] = {"m", "m_from", "m_n", "u", "u_from", "u_n"};
    buf_str(out, STR("<td>"));
    page_member(out, l, "name");
    buf_str(out, STR("</td>"));
    page_cell_bits(out, page_value(l, "weight"));
    page_cell_bar(out, page_value(l, "weight"), most, true);
    for (size_t k = 0; k < COUNT_OF(KEYS); k++)
        page_cell(out, l, KEYS[k]);
}

static void S_comparison(struct buf *out, const json_t *c, double most)
{
    const json_t *levels = json_object_get(c, "levels"), *tf = json_object_get(c, "frequency");
    for (size_t l = 0; l < json_array_size(levels); l++) {
        buf_str(out, STR("<tr>"));
        if (!l) {
            buf_printf(out, "<th scope=\"rowgroup\" rowspan=\"%zu\">", json_array_size(levels));
            page_member(out, c, "name");
            buf_str(out, STR("<br><small>filled "));
            page_share(out, page_value(c, "fill"));
            if (json_is_object(tf)) {
                buf_str(out, STR("<br>frequency "));
                page_bits(out, page_value(tf, "least"));
                buf_str(out, STR(" to "));
                page_bits(out, page_value(tf, "most"));
            }
            buf_str(out, STR("</small></th>"));
        }
        S_level(out, json_array_get(levels, l), most);
        buf_str(out, STR("</tr>\n"));
    }
}

static void S_weights(struct buf *out, const json_t *report)
{
    const json_t *list = json_object_get(report, "comparisons"), *model = json_object_get(report, "model");
    double most = S_most(list, "levels", "weight");
    page_section(out, "weights", "Match weights");
    buf_str(out, STR("<p>Model "));
    page_member(out, model, "id");
    buf_str(out, STR(", made in run "));
    page_member(out, model, "run_id");
    buf_str(out, STR(" from "));
    page_member(out, model, "records");
    buf_str(out, STR(" records. m is how often matches reach a level, u how often others do; the weight is log2(m/u). "
                     "n is the number of observations behind each.</p>\n"));
    page_table(out, "Weights by comparison and level, in bits", "Comparison|Level|#Weight||#m|from|#n|#u|from|#n");
    for (size_t i = 0; i < json_array_size(list); i++)
        S_comparison(out, json_array_get(list, i), most);
    page_table_end(out);
    page_section_end(out);
}

static void S_priors(struct buf *out, const json_t *report)
{
    static const char *const KEYS[] = {"pairs", "matches"};
    const json_t *list = json_object_get(report, "priors");
    double most = S_most(list, NULL, "weight");
    page_section(out, "priors", "Priors");
    buf_str(out, STR("<p>How likely two records are the same before one looks, by their sources; bits.</p>\n"));
    page_table(out, "Prior weight by pair of sources", "Source|Source|#Weight||#Pairs|#Expected matches");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        buf_str(out, STR("<tr>"));
        page_cell(out, o, "a");
        page_cell(out, o, "b");
        page_cell_bits(out, page_value(o, "weight"));
        page_cell_bar(out, page_value(o, "weight"), most, true);
        for (size_t k = 0; k < COUNT_OF(KEYS); k++)
            page_cell(out, o, KEYS[k]);
        buf_str(out, STR("</tr>\n"));
    }
    page_table_end(out);
    page_section_end(out);
}

static void S_corrections(struct buf *out, const json_t *report)
{
    const json_t *both = json_object_get(report, "interactions"), *relatives = json_object_get(report, "relatives"),
                 *levels = json_object_get(relatives, "levels");
    page_section(out, "corrections", "Corrections");
    page_table(out, "Comparisons that repeat each other", "Comparison|Comparison|#When both agree|#When both differ");
    for (size_t i = 0; i < json_array_size(both); i++) {
        const json_t *o = json_array_get(both, i);
        buf_str(out, STR("<tr>"));
        page_cell(out, o, "a");
        page_cell(out, o, "b");
        page_cell_bits(out, page_value(o, "agree"));
        page_cell_bits(out, page_value(o, "differ"));
        buf_str(out, STR("</tr>\n"));
    }
    page_table_end(out);
    buf_str(out, STR("<p>Odds that two records that are not the same are relatives: "));
    page_bits(out, page_value(relatives, "prior_weight"));
    buf_str(out, STR(" bits. What relatives share speaks for relatives, too:</p>\n"));
    page_table(out, "Levels of relatives", "Comparison|Level|#How often|#Against strangers");
    for (size_t i = 0; i < json_array_size(levels); i++) {
        const json_t *o = json_array_get(levels, i);
        buf_str(out, STR("<tr>"));
        page_cell(out, o, "comparison");
        page_cell(out, o, "level");
        page_cell_share(out, page_value(o, "related"));
        page_cell_bits(out, page_value(o, "weight"));
        buf_str(out, STR("</tr>\n"));
    }
    page_table_end(out);
    page_section_end(out);
}

static void S_blocking(struct buf *out, const json_t *report)
{
    const json_t *list = json_object_get(report, "blocking");
    double most = S_most(list, NULL, "pairs");
    page_section(out, "blocking", "Blocking");
    buf_str(out, STR("<p>Two records are compared when they share a key of some rule. Recall: simulated matches that "
                     "the rule reaches by itself.</p>\n"));
    page_table(out, "Blocking rules", "Rule|#Pairs||#Price when chosen|#Largest block|#Recall");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        buf_str(out, STR("<tr>"));
        page_cell(out, o, "rule");
        page_cell(out, o, "pairs");
        page_cell_bar(out, page_value(o, "pairs"), most, false);
        page_cell(out, o, "price");
        page_cell(out, o, "largest_block");
        page_cell_share(out, page_value(o, "recall"));
        buf_str(out, STR("</tr>\n"));
    }
    page_table_end(out);
    page_section_end(out);
}

/* ------------------------------------------------------------------ scores, a pair, masters */

static void S_scores(struct buf *out, const json_t *report)
{
    const json_t *scores = json_object_get(report, "scores"), *model = json_object_get(report, "model"),
                 *threshold = json_object_get(model, "threshold"), *expected = json_object_get(model, "expected");
    page_section(out, "scores", "Scores and threshold");
    buf_str(out, STR("<p>Match from "));
    page_bits(out, page_value(threshold, "match"));
    buf_str(out, STR(" bits, review from "));
    page_bits(out, page_value(threshold, "review"));
    buf_str(out, STR(" bits. When the model was made it expected a precision of "));
    page_share(out, page_value(expected, "precision"));
    buf_str(out, STR(" and a recall of "));
    page_share(out, page_value(expected, "recall"));
    buf_str(out, STR(": an internal criterion, no measurement.</p>\n"));
    if (json_is_object(scores) && json_array_size(json_object_get(scores, "pairs"))) {
        chart_weights(out, scores, threshold);
        chart_expected(out, scores, threshold);
    } else {
        buf_str(out, STR("<p class=\"note\">The last run kept no scores. Run idem apply.</p>\n"));
    }
    page_section_end(out);
}

static void S_key(struct buf *out, const json_t *record)
{
    buf_str(out, STR("<code>"));
    page_text(out, json_str(json_object_get(record, "data_source")));
    buf_byte(out, ':');
    page_text(out, json_str(json_object_get(record, "record_id")));
    buf_str(out, STR("</code>"));
}

static void S_values(struct buf *out, const json_t *list)
{
    buf_str(out, STR("<td>"));
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (i)
            buf_str(out, STR(", "));
        page_text(out, json_str(json_array_get(list, i)));
    }
    buf_str(out, STR("</td>"));
}

static void S_pair_values(struct buf *out, const json_t *pair)
{
    const json_t *list = json_object_get(pair, "comparisons");
    if (!json_object_get(json_array_get(list, 0), "a"))
        return;
    page_table(out, "The values compared", "Comparison|Level|First|Second");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *c = json_array_get(list, i);
        buf_str(out, STR("<tr>"));
        page_cell(out, c, "name");
        page_cell(out, c, "level");
        S_values(out, json_object_get(c, "a"));
        S_values(out, json_object_get(c, "b"));
        buf_str(out, STR("</tr>\n"));
    }
    page_table_end(out);
}

static void S_pair(struct buf *out, const json_t *report)
{
    const json_t *pair = json_object_get(report, "pair");
    page_section(out, "pair", "One pair");
    if (json_is_object(pair)) {
        buf_str(out, json_is_true(json_object_get(pair, "chosen")) ? STR("<p>") : STR("<p>The most doubtful match: "));
        S_key(out, json_object_get(pair, "a"));
        buf_str(out, STR(" and "));
        S_key(out, json_object_get(pair, "b"));
        buf_str(out, STR(", "));
        page_member(out, pair, "verdict");
        buf_str(out, json_is_true(json_object_get(pair, "together")) ? STR(", in one master.</p>\n")
                                                                     : STR(", in different masters.</p>\n"));
        chart_waterfall(out, pair);
        S_pair_values(out, pair);
    } else {
        buf_str(out, STR("<p>There is no pair that matches.</p>\n"));
    }
    page_section_end(out);
}

static void S_masters(struct buf *out, const json_t *report)
{
    const json_t *list = json_object_get(report, "clusters");
    size_t n = json_array_size(list);
    page_section(out, "masters", "Masters");
    if (n) {
        chart_clusters(out, list);
        buf_str(out, STR("<p>The largest master has "));
        page_member(out, json_array_get(list, n - 1), "size");
        buf_str(out, STR(" records.</p>\n"));
    }
    page_section_end(out);
}

/* ------------------------------------------------------------------ records */

static void S_completeness(struct buf *out, const json_t *report)
{
    const json_t *all = json_object_get(report, "completeness"), *fields = json_object_get(all, "fields"),
                 *sources = json_object_get(all, "sources");
    page_section(out, "completeness", "Completeness");
    buf_str(out, STR("<div class=\"scroll\"><table><caption>Share of the records that have a value, by field and "
                     "source</caption><thead><tr><th scope=\"col\">Field</th>"));
    for (size_t s = 0; s < json_array_size(sources); s++) {
        buf_str(out, STR("<th scope=\"col\" class=\"n\">"));
        page_member(out, json_array_get(sources, s), "name");
        buf_str(out, STR("<br><small>"));
        page_member(out, json_array_get(sources, s), "records");
        buf_str(out, STR("</small></th>"));
    }
    buf_str(out, STR("</tr></thead><tbody>\n"));
    for (size_t f = 0; f < json_array_size(fields); f++) {
        buf_str(out, STR("<tr><th scope=\"row\">"));
        page_text(out, json_str(json_array_get(fields, f)));
        buf_str(out, STR("</th>"));
        for (size_t s = 0; s < json_array_size(sources); s++) {
            double fill = json_number_value(json_array_get(json_object_get(json_array_get(sources, s), "fill"), f));
            buf_printf(out, "<td class=\"heat\" style=\"background:color-mix(in srgb,var(--sum) %.0f%%,transparent)\">",
                       45 * fill);
            page_share(out, fill);
            buf_str(out, STR("</td>"));
        }
        buf_str(out, STR("</tr>\n"));
    }
    page_table_end(out);
    page_section_end(out);
}

static void S_top_values(struct buf *out, const json_t *values)
{
    buf_str(out, STR("<td>"));
    for (size_t i = 0; i < json_array_size(values); i++) {
        const json_t *v = json_array_get(values, i);
        if (i)
            buf_str(out, STR("<br>"));
        page_member(out, v, "value");
        buf_str(out, STR(" <small>"));
        page_member(out, v, "masters");
        buf_str(out, STR("</small>"));
    }
    buf_str(out, STR("</td>"));
}

static void S_shared(struct buf *out, const json_t *report)
{
    static const char *const KEYS[] = {"field", "distinct", "most_masters"};
    const json_t *list = json_object_get(report, "shared_values");
    bool values = json_is_true(json_object_get(report, "values"));
    page_section(out, "shared", "Shared values");
    buf_str(out,
            STR("<p>A value that many different masters share says little. Where frequencies count, agreement on the "
                "most frequent value loses the bits in the column damping. Many are ten masters or more.</p>\n"));
    page_table(out, "Values that different masters share",
               values ? "Field|#Distinct values|#Most masters|#Damping|#Shared by many|#Records with those|Most shared"
                      : "Field|#Distinct values|#Most masters|#Damping|#Shared by many|#Records with those");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        buf_str(out, STR("<tr>"));
        for (size_t k = 0; k < COUNT_OF(KEYS); k++)
            page_cell(out, o, KEYS[k]);
        page_cell_bits(out, page_value(o, "damping"));
        page_cell(out, o, "shared_by_many");
        page_cell(out, o, "records");
        if (values)
            S_top_values(out, json_object_get(o, "values"));
        buf_str(out, STR("</tr>\n"));
    }
    page_table_end(out);
    page_section_end(out);
}

static void S_unlinkable(struct buf *out, const json_t *report)
{
    const json_t *o = json_object_get(report, "unlinkable"), *list = json_object_get(o, "sources");
    page_section(out, "unlinkable", "Unlinkable records");
    buf_str(out, STR("<p>"));
    page_member(out, o, "records");
    buf_str(out, STR(" records ("));
    page_share(out, page_value(o, "share"));
    buf_str(out, STR(") tell so little that even a copy of themselves in the likeliest source would stay below the "
                     "threshold.</p>\n"));
    page_table(out, "By source", "Source|#Records|#Share|");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *s = json_array_get(list, i);
        buf_str(out, STR("<tr>"));
        page_cell(out, s, "source");
        page_cell(out, s, "records");
        page_cell_share(out, page_value(s, "share"));
        page_cell_bar(out, page_value(s, "share"), 1, false);
        buf_str(out, STR("</tr>\n"));
    }
    page_table_end(out);
    page_section_end(out);
}

static void S_nothing(struct buf *out, const json_t *report)
{
    const json_t *list = json_object_get(report, "adds_nothing");
    page_section(out, "nothing", "Fields that add nothing");
    if (!json_array_size(list))
        buf_str(out, STR("<p>Every comparison adds something.</p>\n"));
    else
        buf_str(out, STR("<ul>\n"));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        bool fill = str_eq(json_str(json_object_get(o, "why")), STR("fill"));
        buf_str(out, STR("<li>"));
        page_member(out, o, "comparison");
        if (fill) {
            buf_str(out, STR(": only "));
            page_share(out, page_value(o, "value"));
            buf_str(out, STR(" of the records have it</li>\n"));
        } else {
            buf_str(out, STR(": no level weighs more than "));
            page_number(out, page_value(o, "value"));
            buf_str(out, STR(" bits either way</li>\n"));
        }
    }
    if (json_array_size(list))
        buf_str(out, STR("</ul>\n"));
    page_section_end(out);
}

void report_page(const json_t *report, struct buf *out)
{
    static void (*const PARTS[])(struct buf *, const json_t *) = {
        S_head, S_run,     S_weights,      S_priors, S_corrections, S_blocking, S_scores,
        S_pair, S_masters, S_completeness, S_shared, S_unlinkable,  S_nothing};
    for (size_t i = 0; i < COUNT_OF(PARTS); i++)
        PARTS[i](out, report);
    buf_str(out, STR("</main></body></html>\n"));
}
