/*
 * Telephone numbers. A number is read as E.164 by the plan of its country: the calling code it carries ("+49", "0049"),
 * or the context's country. Without either its digits stay, and BASE, which carries no zeros in front, is what the
 * national and the international spelling of a number share.
 */
#include "normalize/generic.h"
#include "normalize/phone_plan.h"
#include "normalize/plain.h"

enum { MOST_DIGITS = 20, FEWEST_DIGITS = 6, MOST_EXTENSION = 8 };

struct digits {
    char d[MOST_DIGITS + 4];
    size_t n;
};

/* One way to understand a number. */
struct reading {
    const struct phone_plan *plan;
    struct digits number; /* national significant number */
};

/* What the text says before any plan is asked. */
struct phone_text {
    struct digits number;
    struct str extension;
    bool plus;
    bool too_long;
};

static struct str S_view(const struct digits *d)
{
    return (struct str){d->d, d->n};
}

static void S_drop(struct digits *d, size_t n)
{
    memmove(d->d, d->d + n, d->n - n);
    d->n -= n;
}

static void S_insert(struct digits *d, size_t at, struct str text)
{
    if (d->n + text.len > sizeof d->d)
        return;
    memmove(d->d + at + text.len, d->d + at, d->n - at);
    memcpy(d->d + at, text.ptr, text.len);
    d->n += text.len;
}

/* ------------------------------------------------------------------ text to digits */

/* What stands before an extension, in folded text; a sign needs no word boundary. */
static const char *const extension_words[] = {
    "ext",   "extn",  "extension",  "x",          "durchwahl", "dw",        "apparat",     "app",
    "anexo", "ramal", "interno",    "int",        "poste",     "toestel",   "tst",         "wewn",
    "wew",   "доб",   "добавочныи", "добавочный", "anschluss", "extensión", "extension no"};

static bool S_is_extension_word(struct str word)
{
    if (!word.len)
        return false;
    for (size_t i = 0; i < COUNT_OF(extension_words); i++)
        if (str_eq(word, str_from(extension_words[i])))
            return true;
    return false;
}

/* The last run of digits when an extension word or '#' stands before it. Cuts it off `*text`. */
static struct str S_take_extension(struct str *text)
{
    size_t end = text->len;
    while (end && !plain_is_digit(text->ptr[end - 1]))
        end--;
    size_t from = end;
    while (from && plain_is_digit(text->ptr[from - 1]))
        from--;
    size_t gap = from;
    while (gap && strchr(" .:-=()", text->ptr[gap - 1]))
        gap--;
    size_t word = gap;
    while (word && plain_is_word(text->ptr[word - 1]) && !plain_is_digit(text->ptr[word - 1]))
        word--;
    bool marked = gap && (text->ptr[gap - 1] == '#' || text->ptr[gap - 1] == '~');
    if (!marked && !S_is_extension_word(str_sub(*text, word, gap)))
        return (struct str){0};
    size_t cut = marked ? gap - 1 : word;
    if (end - from > MOST_EXTENSION || end == from || plain_count_digits(str_sub(*text, 0, cut)) < 5)
        return (struct str){0};
    struct str extension = str_sub(*text, from, end);
    *text = str_sub(*text, 0, cut);
    return extension;
}

/* Of several numbers in one value the first, when both sides of the separator could be whole numbers. */
static struct str S_first_number(struct str text)
{
    for (size_t i = 1; i + 1 < text.len; i++) {
        char c = text.ptr[i];
        if (c != ' ' && c != ',' && c != ';' && c != '|')
            continue;
        bool word =
            str_starts(str_sub(text, i, text.len), STR(" or ")) || str_starts(str_sub(text, i, text.len), STR(" / "));
        if (!word && c == ' ')
            continue;
        if (plain_count_digits(str_sub(text, 0, i)) >= 7 && plain_count_digits(str_sub(text, i, text.len)) >= 7)
            return str_sub(text, 0, i);
    }
    return text;
}

/* Digit of a telephone's letter key. */
static char S_key(char letter)
{
    return "22233344455566677778889999"[letter - 'a'];
}

/* "1-800-flowers": letters that complete a number which has too few digits by itself; a label before it is none. */
static bool S_is_vanity(struct str text)
{
    size_t digits = plain_count_digits(text), letters = 0, first = 0;
    while (first < text.len && !plain_is_digit(text.ptr[first]))
        first++;
    for (size_t i = first; i < text.len; i++)
        letters += plain_is_lower(text.ptr[i]);
    return digits >= 3 && digits < 8 && letters >= 3 && digits + letters >= 9 && digits + letters <= 15;
}

static void S_collect(struct str text, struct phone_text *p)
{
    bool vanity = S_is_vanity(text);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '+' && p->number.n == 0)
            p->plus = true;
        if (vanity && p->number.n && plain_is_lower(c))
            c = S_key(c);
        if (!plain_is_digit(c))
            continue;
        if (p->number.n == MOST_DIGITS)
            p->too_long = true;
        else
            p->number.d[p->number.n++] = c;
    }
}

static struct phone_text S_read_text(struct str text)
{
    struct phone_text p = {0};
    bool semicolon = str_find_byte(text, ';') != SIZE_MAX;
    size_t context = semicolon ? str_find(text, STR(";phone-context=")) : SIZE_MAX;
    if (context != SIZE_MAX)
        text = str_sub(text, 0, context);
    text = S_first_number(text);
    p.extension = S_take_extension(&text);
    S_collect(text, &p);
    return p;
}

/* ------------------------------------------------------------------ rules of countries */

static bool S_argentina_three(const char *d)
{
    /* area codes of three digits; 11 has two, all others four */
    static const char three[][4] = {"220", "221", "223", "230", "236", "237", "249", "260", "261", "263",
                                    "264", "266", "280", "291", "294", "297", "298", "299", "336", "341",
                                    "342", "343", "345", "348", "351", "353", "358", "362", "364", "370",
                                    "376", "379", "380", "381", "383", "385", "387", "388"};
    for (size_t i = 0; i < COUNT_OF(three); i++)
        if (memcmp(d, three[i], 3) == 0)
            return true;
    return false;
}

/* Mobile numbers are dialled area-15-number at home and 9-area-number from abroad. */
static void S_argentina(struct digits *d)
{
    if (d->n != 12)
        return;
    size_t area = memcmp(d->d, "11", 2) == 0 ? 2 : S_argentina_three(d->d) ? 3 : 4;
    if (memcmp(d->d + area, "15", 2) != 0)
        return;
    memmove(d->d + area, d->d + area + 2, d->n - area - 2);
    d->n -= 2;
    S_insert(d, 0, STR("9"));
}

/* A two-digit carrier may stand between the trunk prefix and the area code. */
static void S_brazil(struct digits *d)
{
    if (d->n == 12 || d->n == 13)
        S_drop(d, 2);
}

/* Local numbers belong to Italy's area 0549. */
static void S_san_marino(struct digits *d)
{
    if (d->n == 6 && (d->d[0] == '8' || d->d[0] == '9'))
        S_insert(d, 0, STR("0549"));
}

typedef void reshape_fn(struct digits *d);
static reshape_fn *const reshape[PHONE_RULES] = {
    [PHONE_ARGENTINA] = S_argentina, [PHONE_BRAZIL] = S_brazil, [PHONE_SAN_MARINO] = S_san_marino};

/* Freephone numbers have lengths of their own. */
static bool S_is_freephone(const struct digits *d)
{
    static const char *const start[] = {"800", "801", "805", "1800", "1801", "0800", "9800"};
    for (size_t i = 0; i < COUNT_OF(start); i++)
        if (start[i][0] == d->d[0] && str_starts(S_view(d), str_from(start[i])))
            return d->n >= 7 && d->n <= 13;
    return false;
}

static bool S_is_valid(const struct phone_plan *plan, const struct digits *d)
{
    if (d->n == 0 || (plan->trunk[0] == '0' && d->d[0] == '0'))
        return false;
    if (!(plan->lengths >> d->n & 1))
        return plan->rule == PHONE_PLAIN && S_is_freephone(d);
    if (plan->rule == PHONE_NANP)
        return d->d[0] >= '2' && d->d[3] >= '2';
    return plan->rule != PHONE_ARGENTINA || d->n == 10 || d->d[0] == '9';
}

/* ------------------------------------------------------------------ readings */

/* Takes the first of the "|"-separated prefixes that fits off the digits; how long it was. */
static size_t S_prefix(const char *prefixes, struct str digits, size_t skip)
{
    struct str rest = str_from(prefixes), prefix;
    while (str_next_piece(&rest, '|', &prefix))
        if (prefix.len && str_starts(digits, prefix) && skip-- == 0)
            return prefix.len;
    return 0;
}

static bool S_as_it_is(const struct phone_plan *plan, const struct digits *d, struct reading *r)
{
    r->plan = plan;
    r->number = *d;
    if (reshape[plan->rule] && plan->rule != PHONE_BRAZIL)
        reshape[plan->rule](&r->number);
    return S_is_valid(plan, &r->number);
}

/* The national significant number in `d`, after its trunk prefix when it has one. */
static bool S_significant(const struct phone_plan *plan, const struct digits *d, struct reading *r)
{
    r->plan = plan;
    for (size_t skip = 0, len; (len = S_prefix(plan->trunk, S_view(d), skip)) != 0; skip++) {
        r->number = *d;
        S_drop(&r->number, len);
        if (reshape[plan->rule])
            reshape[plan->rule](&r->number);
        if (S_is_valid(plan, &r->number))
            return true;
    }
    return S_as_it_is(plan, d, r);
}

/* Digits after the international prefix; some write the trunk prefix too: +44 (0)20. */
static bool S_international(const struct digits *d, size_t skip, struct reading *r)
{
    struct digits rest = *d;
    size_t code_len;
    if (skip >= rest.n)
        return false;
    S_drop(&rest, skip);
    const struct phone_plan *plan = phone_plan_of_code(rest.d, rest.n, &code_len);
    if (!plan)
        return false;
    S_drop(&rest, code_len);
    return S_as_it_is(plan, &rest, r) || S_significant(plan, &rest, r);
}

/* The country's own calling code without any prefix, as spreadsheets leave it. */
static bool S_bare_code(const struct phone_plan *plan, const struct digits *d, struct reading *r)
{
    size_t code_len;
    return phone_plan_of_code(d->d, d->n, &code_len) == plan && S_international(d, 0, r);
}

static bool S_national(const struct phone_plan *plan, const char *area, const struct digits *d, struct reading *r)
{
    enum { LONG = 11 }; /* digits from which a number without its trunk prefix is taken to carry the calling code */
    if (area[0] && d->n == 7) {
        struct digits local = *d;
        S_insert(&local, 0, str_from(area));
        if (S_significant(plan, &local, r))
            return true;
    }
    bool trunk = S_prefix(plan->trunk, S_view(d), 0) != 0;
    if (!trunk && d->n >= LONG && S_bare_code(plan, d, r))
        return true;
    return S_significant(plan, d, r) || S_bare_code(plan, d, r);
}

/* With the context's plan: own international prefix, national number, then prefixes of other countries' habits. */
static bool S_read_known(const struct phone_plan *plan, const char *area, const struct digits *d, struct reading *r)
{
    for (size_t skip = 0, len; (len = S_prefix(plan->idd, S_view(d), skip)) != 0; skip++)
        if (S_international(d, len, r))
            return true;
    if (S_national(plan, area, d, r))
        return true;
    return str_starts(S_view(d), STR("00")) && S_international(d, 2, r);
}

/* Without: "00" and "011" are believed when a whole number follows. */
static bool S_read_unknown(const struct digits *d, struct reading *r)
{
    enum { WHOLE = 10 };
    if (str_starts(S_view(d), STR("00")))
        return d->n >= WHOLE && S_international(d, 2, r);
    return str_starts(S_view(d), STR("011")) && d->n >= WHOLE + 3 && S_international(d, 3, r);
}

static bool S_read(const struct norm_context *context, const struct phone_text *p, struct reading *r)
{
    const char *area;
    if (p->too_long || !p->number.n)
        return false;
    if (p->plus && (S_international(&p->number, 0, r) || S_read_unknown(&p->number, r)))
        return true;
    if (p->plus && p->number.d[0] != '0')
        return false;
    const struct phone_plan *plan = phone_plan_of_country(context->country, &area);
    return plan ? S_read_known(plan, area, &p->number, r) : S_read_unknown(&p->number, r);
}

/* ------------------------------------------------------------------ the value */

/* All one digit, counting, seven zeros at the end, or North America's fictional 555-01xx. */
static bool S_is_generic(struct str number)
{
    if (generic_digits(number))
        return true;
    if (number.len < 7)
        return false;
    struct str last = str_sub(number, number.len - 7, number.len);
    return str_eq(last, STR("0000000")) || str_starts(last, STR("55501"));
}

static void S_unread(const struct norm_context *context, const struct phone_text *p, struct str text, struct arena *out,
                     struct norm *value)
{
    const char *area;
    struct str digits = p->too_long ? plain_digits(text, out) : str_copy(out, S_view(&p->number));
    bool wrong = p->plus || p->too_long || digits.len < FEWEST_DIGITS || digits.len > 17;
    value->form[NORM_CANON] = digits;
    value->form[NORM_BASE] = plain_strip_zeros(digits);
    if (wrong || phone_plan_of_country(context->country, &area))
        value->flags |= NORM_INVALID;
}

/* "+", calling code, number; the number begins at *before. */
static struct str S_e164(const struct reading *r, size_t *before, struct arena *out)
{
    char *to = arena_alloc(out, r->number.n + 4, 1);
    size_t len = 0;
    to[len++] = '+';
    for (unsigned unit = r->plan->code >= 100 ? 100 : r->plan->code >= 10 ? 10 : 1; unit; unit /= 10)
        to[len++] = (char)('0' + r->plan->code / unit % 10);
    *before = len;
    memcpy(to + len, r->number.d, r->number.n);
    return (struct str){to, len + r->number.n};
}

void normalize_phone(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                     struct norm *value)
{
    struct str text = plain_text(n, raw);
    struct phone_text p = S_read_text(text);
    struct reading r;
    if (!p.number.n) {
        normalizer_invalid(n, raw, out, value);
        value->flags |= generic_text(text) ? NORM_GENERIC : 0;
        return;
    }
    if (S_read(context, &p, &r)) {
        size_t before;
        value->form[NORM_CANON] = S_e164(&r, &before, out);
        value->form[NORM_BASE] =
            plain_strip_zeros(str_sub(value->form[NORM_CANON], before, value->form[NORM_CANON].len));
        value->flags |= S_is_generic(S_view(&r.number)) ? NORM_GENERIC : 0;
    } else {
        S_unread(context, &p, text, out, value);
        value->flags |=
            S_is_generic(value->form[NORM_CANON]) || S_is_generic(value->form[NORM_BASE]) ? NORM_GENERIC : 0;
    }
    value->form[NORM_EXT] = str_copy(out, p.extension);
}
