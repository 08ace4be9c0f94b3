#include "engine/value_kind.h"

enum { MOST_TOKENS = 12 };

static bool S_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool S_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool S_in(uint32_t lists, enum value_words list)
{
    return lists >> list & 1;
}

/* What a value is made of, looked at once. */
struct makeup {
    struct str text;
    size_t digits, letters, spaces, others;
    struct str token[MOST_TOKENS]; /* of letters and digits */
    uint32_t lists[MOST_TOKENS];   /* that each token stands in */
    uint32_t whole;                /* that the value stands in */
    unsigned n_tokens, n_words;    /* words: tokens without a digit */
};

static void S_token(const struct lexicon *words, struct makeup *m, struct str token)
{
    bool has_digit = false;
    for (size_t i = 0; i < token.len; i++)
        has_digit |= S_digit(token.ptr[i]);
    m->n_words += !has_digit;
    if (m->n_tokens < MOST_TOKENS) {
        m->lists[m->n_tokens] = words ? lexicon_lists(words, token) : 0;
        m->token[m->n_tokens++] = token;
    }
}

static struct makeup S_look(const struct lexicon *words, struct str s)
{
    struct makeup m = {.text = s, .whole = words ? lexicon_lists(words, s) : 0};
    size_t from = SIZE_MAX;
    for (size_t i = 0; i <= s.len; i++) {
        char c = i < s.len ? s.ptr[i] : ' ';
        bool word = S_letter(c) || S_digit(c) || (c == '\'' && from != SIZE_MAX);
        if (word && from == SIZE_MAX)
            from = i;
        if (!word && from != SIZE_MAX) {
            S_token(words, &m, str_sub(s, from, i));
            from = SIZE_MAX;
        }
        if (i == s.len)
            break;
        m.digits += S_digit(c);
        m.letters += S_letter(c);
        m.spaces += c == ' ';
        m.others += !S_digit(c) && !S_letter(c) && c != ' ';
    }
    return m;
}

/* ------------------------------------------------------------------ mail, web, codes */

static bool S_email(struct str s)
{
    size_t at = str_find_byte(s, '@');
    if (at == SIZE_MAX || at == 0)
        return false;
    struct str domain = str_sub(s, at + 1, s.len);
    size_t dot = str_find_byte(domain, '.');
    bool bracket = domain.len && domain.ptr[domain.len - 1] == '>';
    return dot != SIZE_MAX && dot > 0 && dot + 1 < domain.len && str_find_byte(domain, '@') == SIZE_MAX &&
           (bracket || str_find_byte(s, ' ') == SIZE_MAX);
}

static bool S_url(struct str s)
{
    if (str_find_byte(s, ' ') != SIZE_MAX)
        return false;
    return str_starts(s, STR("http://")) || str_starts(s, STR("https://")) || str_starts(s, STR("www.")) ||
           str_starts(s, STR("HTTP://")) || str_starts(s, STR("WWW."));
}

static bool S_uuid(struct str s)
{
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = S_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex)
            return false;
    }
    return true;
}

static bool S_iban(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == ' ')
            continue;
        bool letter = c >= 'A' && c <= 'Z';
        if (n < 2 ? !letter : n < 4 ? !S_digit(c) : !(letter || S_digit(c)))
            return false;
        n++;
    }
    return n >= 15 && n <= 34;
}

/* ------------------------------------------------------------------ numbers */

static bool S_integer(const struct makeup *m)
{
    bool sign = m->others == 1 && m->text.ptr[0] == '-';
    return m->digits > 0 && !m->letters && !m->spaces && (!m->others || sign);
}

static bool S_number(const struct makeup *m)
{
    if (!m->digits || m->letters)
        return false;
    unsigned separators = 0;
    for (size_t i = 0; i < m->text.len; i++) {
        char c = m->text.ptr[i];
        if (!S_digit(c) && !strchr(".,' -+", c))
            return false;
        if ((c == '-' || c == '+') && i)
            return false;
        separators += c == '.' || c == ',';
    }
    return separators <= 4 && (separators > 0 || m->spaces == 0);
}

static bool S_amount(const struct makeup *m)
{
    static const char *const SIGNS[] = {"$", "€", "£", "¥", "USD", "EUR", "GBP", "CHF", "PLN", "zł", "руб", "kr"};
    struct str s = m->text;
    if (!m->digits || m->digits > 15)
        return false;
    for (size_t i = 0; i < COUNT_OF(SIGNS); i++) {
        struct str sign = str_from(SIGNS[i]);
        struct str rest = str_starts(s, sign)          ? str_sub(s, sign.len, s.len)
                          : str_ends(s, sign) && s.len ? str_sub(s, 0, s.len - sign.len)
                                                       : (struct str){0};
        struct makeup number = S_look(NULL, str_trim(rest));
        if (rest.len && S_number(&number))
            return true;
    }
    return false;
}

static bool S_phone(const struct makeup *m)
{
    if (m->digits < 6 || m->digits > 15)
        return false;
    size_t signs = 0;
    for (size_t i = 0; i < m->text.len; i++) {
        char c = m->text.ptr[i];
        bool extension = (c == 'x' || c == 'X') && i > 5;
        if (!S_digit(c) && !strchr("+()-./ ", c) && !extension)
            return false;
        signs += !S_digit(c);
    }
    return signs <= m->digits;
}

/* ------------------------------------------------------------------ dates */

static unsigned S_take_digits(struct str *rest, unsigned *digits)
{
    unsigned value = 0;
    *digits = 0;
    while (rest->len && S_digit(rest->ptr[0]) && *digits < 9) {
        value = value * 10 + (unsigned)(rest->ptr[0] - '0');
        *rest = str_sub(*rest, 1, rest->len);
        ++*digits;
    }
    return value;
}

/* "T08:30", " 8:30:00.0", "" */
static bool S_time_follows(struct str rest, bool *has_time)
{
    unsigned digits;
    *has_time = false;
    if (rest.len == 0)
        return true;
    if (rest.ptr[0] == '.')
        return rest.len == 1;
    if (!strchr("T ,", rest.ptr[0]))
        return false;
    rest = str_trim(str_sub(rest, 1, rest.len));
    unsigned hour = S_take_digits(&rest, &digits);
    *has_time = true;
    return digits >= 1 && digits <= 2 && hour < 25 && (rest.len == 0 || strchr(":.hH ", rest.ptr[0]));
}

bool value_date_numbers(struct str value, struct date_numbers *numbers)
{
    struct str rest = value;
    char separator = 0;
    for (unsigned i = 0; i < 3; i++) {
        numbers->value[i] = S_take_digits(&rest, &numbers->digits[i]);
        if (numbers->digits[i] == 0 || numbers->digits[i] > 4)
            return false;
        if (i == 2)
            break;
        if (!rest.len || !strchr("/.- ", rest.ptr[0]) || (i && rest.ptr[0] != separator))
            return false;
        separator = rest.ptr[0];
        rest = str_sub(rest, 1, rest.len);
        if (separator == '.' && rest.len && rest.ptr[0] == ' ')
            rest = str_sub(rest, 1, rest.len);
    }
    return S_time_follows(rest, &numbers->has_time);
}

static bool S_day_month(unsigned a, unsigned b)
{
    return a >= 1 && b >= 1 && a <= 31 && b <= 31 && (a <= 12 || b <= 12);
}

/* Bits of a date written in numbers. */
static uint64_t S_numeric_date(struct str s)
{
    struct date_numbers d;
    const uint64_t DATE = 1ULL << VALUE_DATE;
    if (!value_date_numbers(s, &d))
        return 0;
    uint64_t time = d.has_time ? 1ULL << VALUE_TIMESTAMP : 0;
    if (d.digits[0] == 4)
        return d.value[0] >= 1000 && d.value[0] < 2300 && d.value[1] >= 1 && S_day_month(d.value[1], d.value[2])
                   ? DATE | time
                   : 0;
    bool year = d.digits[2] == 4 ? d.value[2] >= 1000 && d.value[2] < 2300 : d.digits[2] == 2;
    if (year && d.digits[0] <= 2 && d.digits[1] <= 2 && S_day_month(d.value[0], d.value[1]))
        return DATE | 1ULL << VALUE_NUMERIC_DATE | time;
    return 0;
}

static bool S_plausible_year(unsigned year)
{
    return year >= 1850 && year <= 2100;
}

static uint64_t S_compact_date(const struct makeup *m)
{
    unsigned digits;
    if (m->digits != 8 || m->text.len != 8)
        return 0;
    struct str rest = m->text;
    unsigned number = S_take_digits(&rest, &digits);
    unsigned month = number / 100 % 100, day = number % 100;
    if (S_plausible_year(number / 10000) && month >= 1 && month <= 12 && day >= 1 && day <= 31)
        return 1ULL << VALUE_DATE | 1ULL << VALUE_COMPACT_DATE;
    day = number / 1000000;
    month = number / 10000 % 100;
    if (S_plausible_year(number % 10000) && month >= 1 && month <= 12 && day >= 1 && day <= 31)
        return 1ULL << VALUE_DATE | 1ULL << VALUE_COMPACT_DMY;
    return 0;
}

/* 3 Mar 2001, March 3, 2001, 03-MAR-01 */
static bool S_month_date(const struct makeup *m)
{
    bool month = false;
    if (m->n_tokens < 3 || m->n_tokens > 6 || m->n_words > 3 || m->digits < 3 || m->digits > 14)
        return false;
    for (unsigned i = 0; i < m->n_tokens && i < 3; i++)
        month |= S_in(m->lists[i], WORDS_MONTH);
    return month;
}

/* ------------------------------------------------------------------ words */

static bool S_words(const struct makeup *m)
{
    if (!m->letters || m->digits)
        return false;
    for (size_t i = 0; i < m->text.len; i++) {
        char c = m->text.ptr[i];
        if (!S_letter(c) && !strchr(" '-.,`&()/\"", c))
            return false;
    }
    return true;
}

static bool S_comma_name(const struct makeup *m)
{
    size_t comma = str_find_byte(m->text, ',');
    return comma != SIZE_MAX && comma > 0 && comma + 1 < m->text.len && m->n_tokens >= 2 && m->n_tokens <= 5 &&
           str_find_byte(str_sub(m->text, comma + 1, m->text.len), ',') == SIZE_MAX;
}

static bool S_legal_form(const struct makeup *m)
{
    if (m->n_tokens < 2)
        return false;
    for (unsigned i = 1; i < m->n_tokens; i++)
        if (S_in(m->lists[i], WORDS_LEGAL_FORM))
            return true;
    return str_find(m->text, STR("S.A.")) != SIZE_MAX || str_find(m->text, STR("S.p.A")) != SIZE_MAX ||
           str_find(m->text, STR("B.V.")) != SIZE_MAX || str_find(m->text, STR("z o.o")) != SIZE_MAX ||
           str_find(m->text, STR("S.L.")) != SIZE_MAX || str_find(m->text, STR("S.r.l")) != SIZE_MAX;
}

static bool S_street(const struct makeup *m)
{
    bool word = false;
    for (unsigned i = 0; i < m->n_tokens; i++)
        word |= S_in(m->lists[i], WORDS_STREET) || value_street_ending(m->token[i]);
    return (word && m->n_tokens >= 2) || (m->n_words >= 1 && m->digits && m->n_tokens >= 2 && m->letters >= 4);
}

static bool S_known_given(const struct makeup *m)
{
    return m->n_tokens && (S_in(m->lists[0], WORDS_GIVEN_NAME) ||
                           (m->n_tokens <= 3 && S_in(m->lists[m->n_tokens - 1], WORDS_GIVEN_NAME)));
}

static bool S_placeholder(const struct makeup *m)
{
    if (S_in(m->whole, WORDS_PLACEHOLDER))
        return true;
    if (!m->letters && !m->digits)
        return true;
    bool same = m->text.len > 3;
    for (size_t i = 1; i < m->text.len && same; i++)
        same = m->text.ptr[i] == m->text.ptr[0];
    return same || str_starts(m->text, STR("1900-01-01")) || str_starts(m->text, STR("9999-12-31")) ||
           str_starts(m->text, STR("0000-00-00")) || str_eq(m->text, STR("01/01/1900"));
}

uint64_t value_kinds(const struct lexicon *words, struct str value)
{
    uint64_t kinds = 0;
    if (value.len == 0)
        return 0;
    const struct makeup m = S_look(words, value);
    const struct {
        enum value_kind kind;
        bool is;
    } FOUND[] = {
        {VALUE_EMAIL, S_email(value)},
        {VALUE_URL, S_url(value)},
        {VALUE_UUID, S_uuid(value)},
        {VALUE_IBAN, S_iban(value)},
        {VALUE_INTEGER, S_integer(&m)},
        {VALUE_NUMBER, S_number(&m)},
        {VALUE_AMOUNT, S_amount(&m)},
        {VALUE_DATE, S_month_date(&m)},
        {VALUE_PHONE, S_phone(&m)},
        {VALUE_PHONE_PLUS, (value.ptr[0] == '+' || str_starts(value, STR("00"))) && S_phone(&m) && m.digits >= 9},
        {VALUE_GENDER, S_in(m.whole, WORDS_GENDER)},
        {VALUE_BOOLEAN, S_in(m.whole, WORDS_BOOLEAN)},
        {VALUE_COUNTRY, S_in(m.whole, WORDS_COUNTRY)},
        {VALUE_WORDS, S_words(&m)},
        {VALUE_SEVERAL_WORDS, S_words(&m) && m.n_words >= 2},
        {VALUE_KNOWN_GIVEN, S_known_given(&m)},
        {VALUE_COMMA_NAME, S_comma_name(&m)},
        {VALUE_LEGAL_FORM, S_legal_form(&m)},
        {VALUE_STREET, S_street(&m)},
        {VALUE_STARTS_DIGIT, S_digit(value.ptr[0])},
        {VALUE_HAS_DIGIT, m.digits > 0},
        {VALUE_CODE, m.n_tokens >= 1 && m.spaces == 0 && m.digits > 0},
        {VALUE_PLACEHOLDER, S_placeholder(&m)},
        {VALUE_REGION_US, S_in(m.whole, WORDS_REGION_US)},
        {VALUE_REGION_AU, S_in(m.whole, WORDS_REGION_AU)},
        {VALUE_PERSON_WORD, S_in(m.whole, WORDS_PERSON)},
        {VALUE_ORGANISATION_WORD, S_in(m.whole, WORDS_ORGANISATION)},
    };
    for (size_t i = 0; i < COUNT_OF(FOUND); i++)
        kinds |= FOUND[i].is ? 1ULL << FOUND[i].kind : 0;
    kinds |= S_numeric_date(value) | S_compact_date(&m);
    unsigned digits;
    struct str rest = value;
    if (value.len == 4 && m.digits == 4 && S_plausible_year(S_take_digits(&rest, &digits)))
        kinds |= 1ULL << VALUE_YEAR;
    return kinds;
}

void value_shape(struct str value, struct buf *out)
{
    enum { MOST_SHAPE = 40, LONG_RUN = 10 };
    size_t from = out->len;
    for (size_t i = 0; i < value.len;) {
        size_t run = i;
        if (out->len - from >= MOST_SHAPE) {
            buf_printf(out, "...");
            return;
        }
        if (S_letter(value.ptr[i])) {
            while (run < value.len && S_letter(value.ptr[run]))
                run++;
            buf_byte(out, 'a');
        } else if (S_digit(value.ptr[i])) {
            while (run < value.len && S_digit(value.ptr[run]))
                run++;
            for (size_t k = i; k < run && k < i + LONG_RUN; k++)
                buf_byte(out, '9');
            if (run - i > LONG_RUN)
                buf_printf(out, "..");
        } else {
            bool control = (unsigned char)value.ptr[i] < ' ';
            buf_byte(out, control ? ' ' : value.ptr[run]);
            run++;
        }
        i = run;
    }
}
