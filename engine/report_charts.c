/* The charts of the report as inline SVG; colours are classes of the page's style. */
#include <math.h>

#include "engine/page.h"

enum { WIDTH = 760, LEFT = 56, RIGHT = 16, TOP = 14, BOTTOM = 40 };

/* ------------------------------------------------------------------ axes */

struct axes {
    double from, to; /* of x */
    int height;
};

static double S_x(const struct axes *a, double x)
{
    double share = a->to > a->from ? (x - a->from) / (a->to - a->from) : 0;
    return LEFT + share * (WIDTH - LEFT - RIGHT);
}

/* `y` from 0, the bottom, to 1. */
static double S_y(const struct axes *a, double y)
{
    return TOP + (1 - y) * (a->height - TOP - BOTTOM);
}

static void S_open(struct buf *out, const struct axes *a, const char *title)
{
    buf_printf(out,
               "<figure><svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\"><title>%s</title>\n",
               WIDTH, a->height, title, title);
}

static void S_close(struct buf *out, const char *caption)
{
    buf_printf(out, "</svg><figcaption>%s</figcaption></figure>\n", caption);
}

static double S_step(double range)
{
    double step = 1;
    while (range / step > 12)
        step *= step == 2 || step == 20 ? 2.5 : 2;
    return step;
}

static void S_x_axis(struct buf *out, const struct axes *a, const char *name)
{
    double bottom = S_y(a, 0), step = S_step(a->to - a->from);
    buf_printf(out, "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - RIGHT, bottom,
               bottom);
    double x = ceil(a->from / step) * step;
    while (x <= a->to + 1e-9) {
        buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.0f</text>", S_x(a, x), bottom + 15,
                   fabs(x) < 1e-9 ? 0 : x);
        x += step;
    }
    buf_printf(out, "<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", WIDTH - RIGHT,
               a->height - 6, name);
}

static void S_y_line(struct buf *out, const struct axes *a, double y, const char *label)
{
    buf_printf(out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - RIGHT,
               S_y(a, y), S_y(a, y));
    buf_printf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", LEFT - 6, S_y(a, y) + 4, label);
}

static void S_threshold(struct buf *out, const struct axes *a, double at, const char *name)
{
    if (at < a->from || at > a->to)
        return;
    buf_printf(out, "<line class=\"mark\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%.1f\"/>", S_x(a, at), S_x(a, at), TOP,
               S_y(a, 0));
    buf_printf(out, "<text class=\"marked\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", S_x(a, at),
               TOP - 3, name);
}

/* ------------------------------------------------------------------ weights of all pairs */

static const char *S_band(double weight, const json_t *threshold)
{
    if (weight >= page_value(threshold, "match"))
        return "match";
    return weight >= page_value(threshold, "review") ? "review" : "nonmatch";
}

/* Powers of ten up to `most`, whose logarithms are the heights. */
static void S_log_axis(struct buf *out, const struct axes *a, double most)
{
    for (int power = 0; pow(10, power) <= most; power++) {
        char label[64];
        if (power < 4)
            snprintf(label, sizeof label, "%.0f", pow(10, power));
        else
            snprintf(label, sizeof label, "10<tspan dy=\"-4\" class=\"power\">%d</tspan>", power);
        S_y_line(out, a, log10(1 + pow(10, power)) / log10(1 + most), label);
    }
}

void chart_weights(struct buf *out, const json_t *scores, const json_t *threshold)
{
    const json_t *pairs = json_object_get(scores, "pairs");
    double from = page_value(scores, "from"), width = page_value(scores, "width"), most = 1;
    size_t n = json_array_size(pairs);
    struct axes a = {from, from + (double)n * width, 240};
    for (size_t i = 0; i < n; i++)
        most = fmax(most, json_number_value(json_array_get(pairs, i)));
    S_open(out, &a, "How many candidate pairs have which match weight");
    S_log_axis(out, &a, most);
    for (size_t i = 0; i < n; i++) {
        double count = json_number_value(json_array_get(pairs, i)), x = from + (double)i * width;
        double y = S_y(&a, log10(1 + count) / log10(1 + most)), wide = S_x(&a, x + width) - S_x(&a, x);
        if (count > 0)
            buf_printf(out,
                       "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
                       "<title>%+.1f to %+.1f bits: %.0f pairs</title></rect>\n",
                       S_band(x, threshold), S_x(&a, x) + 0.4, y, fmax(wide - 0.8, 0.6), S_y(&a, 0) - y, x, x + width,
                       count);
    }
    S_threshold(out, &a, page_value(threshold, "match"), "match");
    S_threshold(out, &a, page_value(threshold, "review"), "review");
    S_x_axis(out, &a, "match weight, bits");
    S_close(out, "Candidate pairs by match weight (logarithmic). Pairs lighter than the leftmost column are in it or "
                 "were not counted.");
}

/* ------------------------------------------------------------------ expected precision, recall, F1 */

static void S_curve(struct buf *out, const struct axes *a, const json_t *list, const char *key, const char *name,
                    const char *class)
{
    buf_printf(out, "<polyline class=\"curve %s\" points=\"", class);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        buf_printf(out, "%.1f,%.1f ", S_x(a, page_value(o, "threshold")), S_y(a, page_value(o, key)));
    }
    buf_printf(out, "\"><title>%s</title></polyline>\n", name);
}

static void S_legend(struct buf *out, int at, const char *class, const char *name)
{
    buf_printf(out,
               "<line class=\"curve %s\" x1=\"%d\" x2=\"%d\" y1=\"232\" y2=\"232\"/>"
               "<text x=\"%d\" y=\"236\">%s</text>\n",
               class, at, at + 26, at + 32, name);
}

void chart_expected(struct buf *out, const json_t *scores, const json_t *threshold)
{
    static const char *const LABELS[] = {"0", "25 %", "50 %", "75 %", "100 %"};
    const json_t *list = json_object_get(scores, "expected");
    double from = page_value(scores, "from"), width = page_value(scores, "width");
    struct axes a = {from, from + (double)json_array_size(list) * width, 240};
    S_open(out, &a, "Expected precision, recall and F1 for each threshold");
    for (size_t i = 0; i < COUNT_OF(LABELS); i++)
        S_y_line(out, &a, (double)i / 4, LABELS[i]);
    S_curve(out, &a, list, "precision", "expected precision", "c1");
    S_curve(out, &a, list, "recall", "expected recall", "c2");
    S_curve(out, &a, list, "f1", "expected F1", "c3");
    S_threshold(out, &a, page_value(threshold, "match"), "match");
    S_x_axis(out, &a, "threshold, bits");
    S_legend(out, LEFT, "c1", "precision");
    S_legend(out, LEFT + 130, "c2", "recall");
    S_legend(out, LEFT + 250, "c3", "F1");
    S_close(out,
            "What the model expects at each threshold, from its own probabilities. An internal criterion, no "
            "measurement: it is as good as the model. Use <code>idem evaluate</code> with known answers to measure.");
}

/* ------------------------------------------------------------------ a pair, part by part */

enum { ROW = 22, NAMES = 190, MOST_PARTS = 80 };

struct part {
    struct str name, level;
    double bits;
};

/* What the total is the sum of, in the order of the model; what is missing weighs nothing and is left out. */
static unsigned S_parts(const json_t *pair, struct arena *scratch, struct part part[MOST_PARTS])
{
    const json_t *comparisons = json_object_get(pair, "comparisons"), *both = json_object_get(pair, "interactions");
    unsigned n = 0;
    part[n++] = (struct part){STR("prior"), {0}, page_value(pair, "prior_weight")};
    for (size_t i = 0; i < json_array_size(comparisons) && n < MOST_PARTS - 1; i++) {
        const json_t *c = json_array_get(comparisons, i);
        if (json_is_null(json_object_get(c, "m")))
            continue;
        part[n++] = (struct part){json_str(json_object_get(c, "name")), json_str(json_object_get(c, "level")),
                                  page_value(c, "mw") + page_value(c, "tf_mw")};
    }
    for (size_t i = 0; i < json_array_size(both) && n < MOST_PARTS - 1; i++) {
        const json_t *x = json_array_get(both, i);
        struct str name = arena_printf(scratch, "%.*s, %.*s", STR_ARG(json_str(json_object_get(x, "a"))),
                                       STR_ARG(json_str(json_object_get(x, "b"))));
        part[n++] = (struct part){name, STR("together"), page_value(x, "mw")};
    }
    part[n++] = (struct part){STR("relatives"), {0}, page_value(pair, "related_weight")};
    return n;
}

static double S_fall_x(const struct axes *a, double x)
{
    return NAMES + (x - a->from) / (a->to - a->from) * (WIDTH - NAMES - 70);
}

static void S_fall_row(struct buf *out, const struct axes *a, unsigned row, const struct part *p, double from,
                       const char *class)
{
    double y = 30 + (double)row * ROW, x = S_fall_x(a, fmin(from, from + p->bits)),
           wide = fmax(fabs(S_fall_x(a, from + p->bits) - S_fall_x(a, from)), 1);
    const char *total = strcmp(class, "sum") == 0 ? " class=\"total\"" : "";
    buf_printf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\"%s>", NAMES - 8, y + 13, total);
    page_text(out, p->name);
    if (p->level.len) {
        buf_str(out, STR(" <tspan class=\"dim\">"));
        page_text(out, p->level);
        buf_str(out, STR("</tspan>"));
    }
    buf_printf(out, "</text><rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"14\" rx=\"2\"/>", class, x,
               y + 2, wide);
    buf_printf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", strcmp(class, "sum") == 0 ? "over total" : "over",
               x + wide + 5, y + 13);
    page_bits(out, p->bits);
    buf_str(out, STR("</text>\n"));
}

static void S_fall_marks(struct buf *out, const struct axes *a, double match)
{
    double zero = S_fall_x(a, 0), mark = S_fall_x(a, match);
    buf_printf(out, "<line class=\"axis\" x1=\"%.1f\" x2=\"%.1f\" y1=\"26\" y2=\"%d\"/>", zero, zero, a->height - 4);
    buf_printf(out, "<line class=\"mark\" x1=\"%.1f\" x2=\"%.1f\" y1=\"20\" y2=\"%d\"/>", mark, mark, a->height - 4);
    buf_printf(out, "<text class=\"marked\" x=\"%.1f\" y=\"14\" text-anchor=\"middle\">match from ", mark);
    page_bits(out, match);
    buf_str(out, STR("</text>\n"));
}

void chart_waterfall(struct buf *out, const json_t *pair)
{
    struct arena scratch = {0};
    struct part part[MOST_PARTS], total = {STR("total"), {0}, page_value(pair, "match_weight")};
    double match = page_value(json_object_get(pair, "threshold"), "match"), at = 0, least = fmin(0, match),
           most = fmax(0, match);
    unsigned n = S_parts(pair, &scratch, part);
    for (unsigned i = 0; i < n; i++) {
        at += part[i].bits;
        least = fmin(least, at);
        most = fmax(most, at);
    }
    struct axes a = {least - 1, most + 1, 30 + (int)(n + 1) * ROW + 8};
    S_open(out, &a, "The match weight of a pair, part by part");
    S_fall_marks(out, &a, match);
    at = 0;
    for (unsigned i = 0; i < n; i++) {
        S_fall_row(out, &a, i, &part[i], at, part[i].bits < 0 ? "neg" : "pos");
        at += part[i].bits;
    }
    S_fall_row(out, &a, n, &total, 0, "sum");
    S_close(
        out,
        "Each bar begins where the one above it ends; bits. The parts sum to the total; missing values weigh nothing.");
    arena_deinit(&scratch);
}

/* ------------------------------------------------------------------ sizes of masters */

void chart_clusters(struct buf *out, const json_t *clusters)
{
    double most = 1;
    size_t n = json_array_size(clusters), shown = n < 24 ? n : 24;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, page_value(json_array_get(clusters, i), "masters"));
    struct axes a = {0, (double)shown, 220};
    S_open(out, &a, "How many masters have how many records");
    S_log_axis(out, &a, most);
    for (size_t i = 0; i < shown; i++) {
        const json_t *o = json_array_get(clusters, i);
        double masters = page_value(o, "masters"), y = S_y(&a, log10(1 + masters) / log10(1 + most));
        double x = S_x(&a, (double)i), wide = fmin(S_x(&a, (double)i + 1) - x, 60);
        buf_printf(out, "<rect class=\"sum\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\"/>", x + 3, y,
                   wide - 6, S_y(&a, 0) - y);
        buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", x + wide / 2, y - 3);
        page_number(out, masters);
        buf_printf(out, "</text><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.0f</text>\n", x + wide / 2,
                   S_y(&a, 0) + 15, page_value(o, "size"));
    }
    buf_printf(out, "<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"end\">records of a master</text>\n",
               WIDTH - RIGHT, a.height - 6);
    S_close(out, "Masters by their number of records (logarithmic).");
}
