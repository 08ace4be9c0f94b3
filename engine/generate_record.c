#include "engine/generate_record.h"

#include "base/clock.h"
#include "base/hash.h"
#include "engine/generate_typo.h"

enum { DAY_MS = 86400000, NEWEST_YEAR = 2026 };

enum noise {
    GIVEN_TYPO,
    GIVEN_FAMILIAR,
    GIVEN_INITIAL,
    GIVEN_MISSING,
    MIDDLE_SHOWN,
    FAMILY_TYPO,
    FORMER_KEPT,
    NAMES_SWAPPED,
    ACCENTS_LOST,
    UPPER_CASE,
    LOWER_CASE,
    BIRTH_MISSING,
    BIRTH_DIGIT,
    BIRTH_SWAPPED,
    BIRTH_PLACEHOLDER,
    EMAIL_MISSING,
    EMAIL_TYPO,
    EMAIL_OTHER,
    EMAIL_PLACEHOLDER,
    PHONE_MISSING,
    PHONE_DIGIT,
    PHONE_LANDLINE,
    PHONE_PLACEHOLDER,
    ADDRESS_MISSING,
    ADDRESS_KEPT,
    STREET_TYPO,
    STREET_SHORT,
    TOWN_TYPO,
    ZIP_DIGIT,
    COUNTRY_MISSING,
    COUNTRY_NAMED,
    NOISES
};

/* How many of a thousand records; where it can apply at all (nicknames: of those who have one). crm, billing, support.
 */
static const struct gen_rate rates[NOISES] = {
    [GIVEN_TYPO] = {"typo in the given name", {25, 25, 35}, GEN_ERROR},
    [GIVEN_FAMILIAR] = {"what friends say (Bill)", {60, 20, 140}, GEN_ERROR},
    [GIVEN_INITIAL] = {"initial only", {15, 25, 20}, GEN_ERROR},
    [GIVEN_MISSING] = {"no given name", {12, 5, 30}, GEN_GAP},
    [MIDDLE_SHOWN] = {"second given name shown", {300, 400, 80}, GEN_HABIT},
    [FAMILY_TYPO] = {"typo in the surname", {30, 30, 45}, GEN_ERROR},
    [FORMER_KEPT] = {"surname from before the wedding", {150, 80, 100}, GEN_ERROR},
    [NAMES_SWAPPED] = {"given name and surname swapped", {8, 8, 12}, GEN_ERROR},
    [ACCENTS_LOST] = {"accents lost", {120, 80, 300}, GEN_ERROR},
    [UPPER_CASE] = {"UPPER CASE", {20, 60, 5}, GEN_HABIT},
    [LOWER_CASE] = {"lower case", {8, 2, 60}, GEN_HABIT},
    [BIRTH_MISSING] = {"no birth date", {100, 60, 550}, GEN_GAP},
    [BIRTH_DIGIT] = {"wrong digit in the birth date", {12, 12, 15}, GEN_ERROR},
    [BIRTH_SWAPPED] = {"day and month swapped", {8, 10, 8}, GEN_ERROR},
    [BIRTH_PLACEHOLDER] = {"placeholder birth date", {5, 8, 2}, GEN_ERROR},
    [EMAIL_MISSING] = {"no e-mail", {120, 250, 30}, GEN_GAP},
    [EMAIL_TYPO] = {"typo in the e-mail", {12, 15, 6}, GEN_ERROR},
    [EMAIL_OTHER] = {"another mailbox", {100, 100, 140}, GEN_ERROR},
    [EMAIL_PLACEHOLDER] = {"placeholder e-mail", {6, 10, 2}, GEN_ERROR},
    [PHONE_MISSING] = {"no phone", {150, 200, 400}, GEN_GAP},
    [PHONE_DIGIT] = {"wrong digit in the phone", {12, 15, 12}, GEN_ERROR},
    [PHONE_LANDLINE] = {"landline, not mobile", {300, 450, 150}, GEN_HABIT},
    [PHONE_PLACEHOLDER] = {"placeholder phone", {5, 8, 2}, GEN_ERROR},
    [ADDRESS_MISSING] = {"no street and postcode", {60, 10, 1000}, GEN_GAP},
    [ADDRESS_KEPT] = {"address from before the move", {80, 40, 0}, GEN_ERROR},
    [STREET_TYPO] = {"typo in the street", {25, 30, 0}, GEN_ERROR},
    [STREET_SHORT] = {"short street type (Str.)", {350, 500, 0}, GEN_HABIT},
    [TOWN_TYPO] = {"typo in the town", {12, 15, 0}, GEN_ERROR},
    [ZIP_DIGIT] = {"wrong digit in the postcode", {10, 12, 0}, GEN_ERROR},
    [COUNTRY_MISSING] = {"no country", {100, 1000, 1000}, GEN_GAP},
    [COUNTRY_NAMED] = {"country by name", {120, 0, 0}, GEN_HABIT},
};

/* A record in the making. */
struct view {
    uint64_t random;
    enum gen_source source;
    enum idem_amount dirt;
    const struct gen_person *p;
    struct gen_record *r;
    int64_t day; /* of its last change */
};

unsigned gen_rate(const struct gen_rate *rate, enum gen_source source, enum idem_amount dirt)
{
    enum { MOST_GAPS = 800 };
    static const unsigned percent[][2] = {[IDEM_AMOUNT_NORMAL] = {100, 100},
                                          [IDEM_AMOUNT_NONE] = {0, 0},
                                          [IDEM_AMOUNT_LOW] = {30, 60},
                                          [IDEM_AMOUNT_HIGH] = {300, 160}};
    unsigned normal = rate->per_mille[source];
    if (rate->wrong == GEN_HABIT || dirt == IDEM_AMOUNT_NORMAL || normal >= 1000)
        return normal;
    unsigned changed = normal * percent[dirt][rate->wrong] / 100;
    return changed < MOST_GAPS ? changed : MOST_GAPS;
}

static bool S_happens(struct view *v, enum noise noise)
{
    return gen_chance(&v->random, gen_rate(&rates[noise], v->source, v->dirt));
}

unsigned gen_rates(const struct gen_rate **table)
{
    *table = rates;
    return NOISES;
}

int64_t gen_newest_day(void)
{
    return clock_days(NEWEST_YEAR, 6, 30);
}

/* ---------------------------------------------------------------- names */

static void S_given(struct view *v, bool accents)
{
    const struct gen_person *p = v->p;
    struct gen_text *given = &v->r->given;
    struct str friends = p->familiar, nick = {0};
    unsigned n = 1;
    for (struct str rest = friends; str_find_byte(rest, '~') != SIZE_MAX; n++)
        rest = str_sub(rest, str_find_byte(rest, '~') + 1, rest.len);
    *given = accents ? p->given.native : p->given.ascii;
    if (friends.len && S_happens(v, GIVEN_FAMILIAR)) {
        for (unsigned k = (unsigned)random_below(&v->random, n) + 1; k; k--)
            str_next_piece(&friends, '~', &nick);
        gen_set(given, nick);
    } else if (S_happens(v, GIVEN_INITIAL)) {
        gen_set(given, str_sub(gen_str(&p->given.ascii), 0, 1));
        gen_add_byte(given, '.');
    }
    if (S_happens(v, GIVEN_TYPO))
        typo_letter(&v->random, given);
    if (p->middle.len && S_happens(v, MIDDLE_SHOWN)) {
        bool initial = gen_chance(&v->random, 500) && (unsigned char)p->middle.ptr[0] < 0x80;
        gen_add_byte(given, ' ');
        gen_add(given, initial ? str_sub(p->middle, 0, 1) : p->middle);
        if (initial)
            gen_add_byte(given, '.');
    }
    if (S_happens(v, GIVEN_MISSING))
        given->len = 0;
}

static void S_family(struct view *v, bool accents)
{
    const struct gen_person *p = v->p;
    bool kept = S_happens(v, FORMER_KEPT);
    bool former = p->former.native.len && (v->day < p->married || kept);
    const struct gen_name *name = former ? &p->former : &p->family;
    v->r->family = accents ? name->native : name->ascii;
    if (S_happens(v, FAMILY_TYPO))
        typo_letter(&v->random, &v->r->family);
}

static void S_case(struct view *v)
{
    void (*change)(struct gen_text *) = NULL;
    if (S_happens(v, UPPER_CASE))
        change = text_upper;
    else if (S_happens(v, LOWER_CASE))
        change = text_lower;
    if (change) {
        change(&v->r->given);
        change(&v->r->family);
    }
}

static void S_full_name(struct view *v)
{
    struct gen_record *r = v->r;
    bool comma = v->source == GEN_BILLING && gen_chance(&v->random, 700);
    r->full.len = 0;
    if (v->source == GEN_BILLING && !comma && gen_chance(&v->random, 100))
        gen_add(&r->full, v->p->female ? STR("Frau ") : STR("Herr "));
    else if (!comma && gen_chance(&v->random, 12))
        gen_add(&r->full, STR("Dr. "));
    gen_add(&r->full, gen_str(comma ? &r->family : &r->given));
    if (r->given.len && r->family.len)
        gen_add(&r->full, comma ? STR(", ") : STR(" "));
    gen_add(&r->full, gen_str(comma ? &r->given : &r->family));
}

static void S_names(struct view *v)
{
    bool accents = !S_happens(v, ACCENTS_LOST);
    S_given(v, accents);
    S_family(v, accents);
    S_case(v);
    if (v->r->given.len && S_happens(v, NAMES_SWAPPED)) {
        struct gen_text swap = v->r->given;
        v->r->given = v->r->family;
        v->r->family = swap;
    }
    S_full_name(v);
}

/* ---------------------------------------------------------------- birth, mail, telephone */

static void S_birth(struct view *v)
{
    struct gen_record *r = v->r;
    int year, month, day;
    clock_civil(v->p->born, &year, &month, &day);
    if (S_happens(v, BIRTH_DIGIT)) {
        unsigned which = (unsigned)random_below(&v->random, 3);
        if (which == 0)
            year += (int)random_below(&v->random, 2) * 2 - 1;
        else if (which == 1)
            year += ((int)random_below(&v->random, 2) * 2 - 1) * 10;
        else
            day = day % 10 + (day < 10 ? 10 : 0);
    } else if (day <= 12 && S_happens(v, BIRTH_SWAPPED)) {
        int swap = day;
        day = month;
        month = swap;
    }
    if (S_happens(v, BIRTH_PLACEHOLDER))
        year = gen_chance(&v->random, 600) ? 1900 : 1970, month = day = 1;
    if (S_happens(v, BIRTH_MISSING))
        year = 0;
    r->year = (unsigned)year;
    r->month = (unsigned)month;
    r->day = (unsigned)(day ? day : 1);
}

static void S_email(struct view *v)
{
    static const char *const placeholders[] = {"none@none.example",    "noemail@mailbox.example", "n/a",
                                               "info@mailhub.example", "unknown@unknown.example", "-"};
    struct gen_text *email = &v->r->email;
    bool other = S_happens(v, EMAIL_OTHER);
    *email = v->p->email[other];
    if (S_happens(v, EMAIL_TYPO))
        typo_letter(&v->random, email);
    if (gen_chance(&v->random, 30))
        text_upper(email);
    if (S_happens(v, EMAIL_PLACEHOLDER))
        gen_set(email, str_from(placeholders[random_below(&v->random, COUNT_OF(placeholders))]));
    if (S_happens(v, EMAIL_MISSING))
        email->len = 0;
}

/* How a number is written: %a area, %r rest, %c country, %t trunk prefix, %2 %3 the rest in groups of two or three. */
static const char *const phone_styles[] = {"+%c %a %r", "%t%a %r", "%t%a/%r",   "+%c%a%r", "00%c %a %r",     "%t%a-%r",
                                           "(%t%a) %r", "%t%a %2", "+%c %a %3", "%t%a%r",  "+%c (%t) %a %3", "%t%a %3"};
/* Where there is no trunk prefix. */
static const char *const bare_styles[] = {"(%a) %3", "%a-%3", "+%c %a %3", "%a%r", "+%c%a%r", "%a %3", "%a.%3"};

static void S_grouped(struct gen_text *out, struct str digits, size_t group)
{
    for (size_t i = 0; i < digits.len; i++) {
        if (i && i % group == 0 && digits.len - i > 1)
            gen_add_byte(out, ' ');
        gen_add_byte(out, digits.ptr[i]);
    }
}

static void S_write_phone(struct view *v, const struct gen_phone *phone, struct gen_text *out)
{
    bool trunk = phone->country->trunk[0];
    const char *at = trunk ? phone_styles[random_below(&v->random, COUNT_OF(phone_styles))]
                           : bare_styles[random_below(&v->random, COUNT_OF(bare_styles))];
    for (out->len = 0; *at; at++) {
        if (*at != '%') {
            gen_add_byte(out, *at);
            continue;
        }
        at++;
        if (*at == 'a')
            gen_add(out, gen_str(&phone->area));
        else if (*at == 'r')
            gen_add(out, gen_str(&phone->rest));
        else if (*at == 'c' || *at == 't')
            gen_add(out, str_from(*at == 'c' ? phone->country->dial : phone->country->trunk));
        else
            S_grouped(out, gen_str(&phone->rest), (size_t)(*at - '0'));
    }
}

static const struct gen_place *S_home(const struct view *v, bool kept)
{
    bool before = v->p->moved != INT64_MIN && (v->day < v->p->moved || kept);
    return &v->p->place[before];
}

static void S_phone(struct view *v)
{
    static const char *const placeholders[] = {"0000000000", "123456789", "000-000-0000", "n/a", "-", "9999999999"};
    struct gen_record *r = v->r;
    bool landline = S_happens(v, PHONE_LANDLINE);
    const struct gen_phone *home = &S_home(v, false)->landline;
    S_write_phone(v, landline ? home : &v->p->mobile, &r->phone[0]);
    r->phone[1].len = 0;
    if (v->source == GEN_SUPPORT && gen_chance(&v->random, 200))
        S_write_phone(v, landline ? &v->p->mobile : home, &r->phone[1]);
    if (S_happens(v, PHONE_DIGIT))
        typo_digit(&v->random, &r->phone[0]);
    if (S_happens(v, PHONE_PLACEHOLDER))
        gen_set(&r->phone[0], str_from(placeholders[random_below(&v->random, COUNT_OF(placeholders))]));
    if (S_happens(v, PHONE_MISSING))
        r->phone[0].len = r->phone[1].len = 0;
}

/* ---------------------------------------------------------------- address */

static void S_street(struct view *v, const struct gen_place *place)
{
    struct gen_text *out = &v->r->street, name = place->street_name;
    struct str type = gen_str(S_happens(v, STREET_SHORT) ? &place->street_short : &place->street_type);
    enum gen_street_style style = v->p->country->street_style;
    bool number_first = style == STREET_NUMBER_NAME || style == STREET_NUMBER_TYPE;
    bool name_first = style == STREET_JOINED || style == STREET_NUMBER_NAME;
    out->len = 0;
    if (S_happens(v, STREET_TYPO))
        typo_letter(&v->random, &name);
    if (place->flat.len && gen_chance(&v->random, 700)) {
        gen_add(out, gen_str(&place->flat));
        gen_add(out, STR(", "));
    }
    if (number_first) {
        gen_add(out, gen_str(&place->number));
        gen_add_byte(out, ' ');
    }
    gen_add(out, name_first ? gen_str(&name) : type);
    if (style != STREET_JOINED)
        gen_add_byte(out, ' ');
    gen_add(out, name_first ? type : gen_str(&name));
    if (!number_first) {
        gen_add(out, style == STREET_TYPE_COMMA ? STR(", ") : STR(" "));
        gen_add(out, gen_str(&place->number));
    }
}

static void S_address(struct view *v)
{
    struct gen_record *r = v->r;
    const struct gen_country *country = v->p->country;
    const struct gen_place *home = S_home(v, S_happens(v, ADDRESS_KEPT));
    S_street(v, home);
    r->zip = home->zip;
    r->town = home->town;
    gen_set(&r->country, str_from(S_happens(v, COUNTRY_NAMED) ? country->name : country->code));
    if (S_happens(v, TOWN_TYPO))
        typo_letter(&v->random, &r->town);
    if (S_happens(v, ZIP_DIGIT))
        typo_digit(&v->random, &r->zip);
    if (S_happens(v, ACCENTS_LOST)) {
        text_fold(&r->street);
        text_fold(&r->town);
    }
    if (S_happens(v, COUNTRY_MISSING))
        r->country.len = 0;
    if (S_happens(v, ADDRESS_MISSING))
        r->street.len = r->zip.len = 0;
}

void gen_record(uint64_t random, enum gen_source source, enum idem_amount dirt, const struct gen_person *p,
                struct gen_record *r)
{
    struct view v = {.random = random, .source = source, .dirt = dirt, .p = p, .r = r};
    int64_t first = clock_days(2019, 1, 1), days = gen_newest_day() - first + 1;
    r->updated_ms = first * DAY_MS + (int64_t)random_below(&v.random, (uint64_t)days * (DAY_MS / 1000)) * 1000;
    v.day = r->updated_ms / DAY_MS;
    S_names(&v);
    S_birth(&v);
    S_email(&v);
    S_phone(&v);
    if (source == GEN_SUPPORT)
        r->street.len = r->zip.len = r->town.len = r->country.len = 0;
    else
        S_address(&v);
}
