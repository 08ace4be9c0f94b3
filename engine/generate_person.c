#include "engine/generate_person.h"

#include <math.h>

#include "base/clock.h"
#include "base/hash.h"

enum { BLOCK = 12 };

/* ---------------------------------------------------------------- texts and chance */

void gen_set(struct gen_text *t, struct str s)
{
    t->len = 0;
    gen_add(t, s);
}

void gen_add(struct gen_text *t, struct str s)
{
    size_t room = GEN_TEXT - t->len, len = s.len;
    if (len > room)
        for (len = room; len && ((unsigned char)s.ptr[len] & 0xC0) == 0x80;)
            len--;
    if (len)
        memcpy(t->ptr + t->len, s.ptr, len);
    t->len = (uint8_t)(t->len + len);
}

void gen_add_byte(struct gen_text *t, char byte)
{
    if (t->len < GEN_TEXT)
        t->ptr[t->len++] = byte;
}

void gen_add_number(struct gen_text *t, uint64_t number, unsigned digits)
{
    char text[20];
    unsigned at = sizeof text;
    while ((number || digits || at == sizeof text) && at) {
        text[--at] = (char)('0' + number % 10);
        number /= 10;
        digits -= digits > 0;
    }
    gen_add(t, (struct str){text + at, sizeof text - at});
}

bool gen_chance(uint64_t *random, unsigned per_mille)
{
    return random_below(random, 1000) < per_mille;
}

unsigned gen_zipf(uint64_t *random, unsigned n, double shift)
{
    double uniform = (double)(random_next(random) >> 11) * 0x1p-53;
    double left = 1 - uniform * (1 - sqrt(shift / (n + shift)));
    double rank = shift / (left * left) - shift;
    return rank < n ? (unsigned)rank : n - 1;
}

const char *gen_pick(uint64_t *random, struct gen_list list)
{
    return list.at[random_below(random, list.n)];
}

static uint64_t S_stream(uint64_t seed, uint64_t purpose, uint64_t number)
{
    return hash_combine(hash_combine(seed, purpose), number);
}

static int64_t S_day(uint64_t *random, int from_year, int to_year)
{
    int64_t first = clock_days(from_year, 1, 1), end = clock_days(to_year + 1, 1, 1);
    return first + (int64_t)random_below(random, (uint64_t)(end - first));
}

/* ---------------------------------------------------------------- names */

static void S_name(const char *entry, struct gen_name *name, struct str *familiar)
{
    struct str native, ascii;
    gen_name_parts(entry, &native, &ascii, familiar);
    gen_set(&name->native, native);
    gen_set(&name->ascii, ascii);
}

/* Index 0, 1, 2, ... are the combinations without a link, which Zipf makes the commonest. */
static void S_compose(const struct gen_culture *c, unsigned index, struct gen_text *name)
{
    unsigned ending = index % c->ending.n, stem = index / c->ending.n % c->stem.n;
    unsigned link = index / c->ending.n / c->stem.n;
    gen_set(name, str_from(c->stem.at[stem]));
    gen_add(name, str_from(c->link.at[link]));
    gen_add(name, str_from(c->ending.at[ending]));
}

static void S_one_surname(uint64_t *random, const struct gen_culture *c, struct gen_name *name)
{
    struct str none;
    unsigned kind = (unsigned)random_below(random, 1000);
    if (kind < 32) {
        S_name(gen_pick(random, c->family_other), name, &none);
    } else if (kind < 640) {
        S_name(c->family.at[gen_zipf(random, c->family.n, 15)], name, &none);
    } else {
        unsigned all = c->ending.n * c->stem.n * c->link.n;
        S_compose(c, gen_zipf(random, all, all / 10.0), &name->native);
        name->ascii = name->native;
    }
}

static void S_surname(uint64_t *random, const struct gen_culture *c, struct gen_name *name)
{
    S_one_surname(random, c, name);
    if (gen_chance(random, 18)) {
        struct gen_name second;
        S_one_surname(random, c, &second);
        gen_add_byte(&name->native, '-');
        gen_add(&name->native, gen_str(&second.native));
        gen_add_byte(&name->ascii, '-');
        gen_add(&name->ascii, gen_str(&second.ascii));
    }
}

static const char *S_given_entry(uint64_t *random, const struct gen_culture *c, bool female)
{
    if (gen_chance(random, 27))
        return gen_pick(random, c->given_other[!female]);
    return c->given[!female].at[gen_zipf(random, c->given[!female].n, 12)];
}

/* ---------------------------------------------------------------- places and telephones */

static void S_digits(uint64_t *random, unsigned n, struct gen_text *t)
{
    if (n)
        gen_add_byte(t, (char)('2' + random_below(random, 8)));
    for (unsigned i = 1; i < n; i++)
        gen_add_byte(t, (char)('0' + random_below(random, 10)));
}

static char S_letter(uint64_t *random)
{
    static const char letters[] = "ABDEFGHJLNPQRSTUWXYZ";
    return letters[random_below(random, sizeof letters - 1)];
}

static void S_zip(uint64_t *random, const struct gen_country *country, struct str begin, struct gen_text *zip)
{
    gen_set(zip, begin);
    if (country->zip_style == ZIP_GB) {
        gen_add_number(zip, 1 + random_below(random, 29), 1);
        gen_add_byte(zip, ' ');
        gen_add_number(zip, 1 + random_below(random, 9), 1);
        gen_add_byte(zip, S_letter(random));
        gen_add_byte(zip, S_letter(random));
        return;
    }
    if (country->zip_style == ZIP_PL)
        gen_add_byte(zip, '-');
    while (zip->len < country->zip_digits + (country->zip_style == ZIP_PL))
        gen_add_byte(zip, (char)('0' + random_below(random, 10)));
    if (country->zip_style == ZIP_NL) {
        gen_add_byte(zip, ' ');
        gen_add_byte(zip, S_letter(random));
        gen_add_byte(zip, S_letter(random));
    }
}

static void S_street(uint64_t *random, const struct gen_country *country, struct gen_place *place)
{
    struct str rest = str_from(country->street_type.at[gen_zipf(random, country->street_type.n, 4)]), full = {0};
    str_next_piece(&rest, '|', &full);
    gen_set(&place->street_name, str_from(country->street.at[gen_zipf(random, country->street.n, 30)]));
    gen_set(&place->street_type, full);
    gen_set(&place->street_short, rest);
    place->number.len = place->flat.len = 0;
    gen_add_number(&place->number, 1 + gen_zipf(random, 240, 60), 1);
    if (gen_chance(random, 90))
        gen_add_byte(&place->number, (char)('a' + random_below(random, 4)));
    if (country->street_style == STREET_NUMBER_NAME && gen_chance(random, 120)) {
        gen_add(&place->flat, country->trunk[0] ? STR("Flat ") : STR("Apt "));
        gen_add_number(&place->flat, 1 + random_below(random, 40), 1);
    }
}

static void S_place(uint64_t *random, const struct gen_country *country, struct gen_place *place)
{
    struct str rest = str_from(country->town.at[gen_zipf(random, country->town.n, 12)]), town = {0}, zip = {0};
    str_next_piece(&rest, '|', &town);
    str_next_piece(&rest, '|', &zip);
    gen_set(&place->town, town);
    S_zip(random, country, zip, &place->zip);
    S_street(random, country, place);
    place->landline.country = country;
    gen_set(&place->landline.area, rest);
    place->landline.rest.len = 0;
    S_digits(random, country->landline_digits - (unsigned)rest.len, &place->landline.rest);
}

static void S_mobile(uint64_t *random, const struct gen_person *p, struct gen_phone *phone)
{
    phone->country = p->country;
    phone->rest.len = 0;
    if (p->country->mobile.n) {
        gen_set(&phone->area, str_from(gen_pick(random, p->country->mobile)));
        S_digits(random, p->country->mobile_rest, &phone->rest);
    } else {
        phone->area = p->place[0].landline.area;
        S_digits(random, p->country->landline_digits - phone->area.len, &phone->rest);
    }
}

/* ---------------------------------------------------------------- households */

struct household {
    unsigned first, size; /* place in the block */
    uint64_t random;      /* its stream */
};

/* Sizes of the households of a block, place after place; normally about half of the persons live alone. */
enum { PATTERNS = 10 };
static const char *const patterns[][PATTERNS] = {
    [IDEM_AMOUNT_NORMAL] = {"111111222", "111111222", "111111222", "1111224", "1111224", "11111223", "11111223",
                            "111111111111", "11235", "1111233"},
    [IDEM_AMOUNT_NONE] = {"111111111111", "111111111111", "111111111111", "111111111111", "111111111111",
                          "111111111111", "111111111111", "111111111111", "111111111111", "111111111111"},
    [IDEM_AMOUNT_LOW] = {"111111222", "111111222", "111111111111", "111111111111", "111111111111", "111111111111",
                         "111111111111", "111111111111", "11111223", "1111224"},
    [IDEM_AMOUNT_HIGH] = {"12225", "12225", "1245", "1245", "2334", "2334", "345", "345", "12333", "444"},
};

static struct household S_household_of(uint64_t seed, uint64_t number, enum idem_amount amount)
{
    uint64_t block = number / BLOCK;
    unsigned place = (unsigned)(number % BLOCK), first = 0;
    const char *pattern = patterns[amount][hash_u64(S_stream(seed, 'b', block)) % PATTERNS];
    while (first + (unsigned)(*pattern - '0') <= place)
        first += (unsigned)(*pattern++ - '0');
    return (struct household){first, (unsigned)(*pattern - '0'), S_stream(seed, 'h', block * BLOCK + first)};
}

static const struct gen_country *S_country(uint64_t *random)
{
    uint64_t at = random_below(random, 100);
    const struct gen_country *country = gen_countries;
    while (at >= country->weight)
        at -= (country++)->weight;
    return country;
}

/* What all members share. Returns the household's culture and the day on which its oldest was born. */
struct shared {
    unsigned culture;
    int64_t eldest;
    struct gen_name family;
    struct gen_text email; /* of the family; empty: none */
};

static void S_add_lower(struct gen_text *t, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c >= 'A' && c <= 'Z')
            gen_add_byte(t, (char)(c + 32));
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')
            gen_add_byte(t, c);
    }
}

static void S_add_domain(uint64_t *random, struct gen_text *email)
{
    gen_add_byte(email, '@');
    gen_add(email, str_from(gen_mail_domains.at[gen_zipf(random, gen_mail_domains.n, 8)]));
}

static void S_share(struct household *h, struct gen_person *p, struct shared *shared)
{
    uint64_t *random = &h->random;
    p->country = S_country(random);
    shared->culture = gen_chance(random, 880) ? p->country->culture : (unsigned)random_below(random, GEN_CULTURES);
    S_surname(random, &gen_cultures[shared->culture], &shared->family);
    S_place(random, p->country, &p->place[0]);
    p->moved = INT64_MIN;
    if (gen_chance(random, 250)) {
        S_place(random, p->country, &p->place[1]);
        p->moved = S_day(random, 2019, 2025);
    }
    shared->eldest =
        h->size > 2 ? S_day(random, 1945, 1970) : (S_day(random, 1935, 2004) + S_day(random, 1945, 2004)) / 2;
    shared->email.len = 0;
    if (h->size > 1 && gen_chance(random, 80)) {
        S_add_lower(&shared->email, gen_str(&shared->family.ascii));
        gen_add(&shared->email, gen_chance(random, 500) ? STR("-family") : STR(".home"));
        S_add_domain(random, &shared->email);
    }
}

/* ---------------------------------------------------------------- persons */

static bool S_is_female(uint64_t seed, uint64_t first, uint64_t number)
{
    bool eldest = hash_u64(S_stream(seed, 'g', first)) & 1;
    uint64_t own = hash_u64(S_stream(seed, 'g', number));
    if (number == first)
        return eldest;
    return number == first + 1 ? (own % 100 < 93) != eldest : own & 1;
}

/* Partners are about as old as the eldest, children 19 to 38 years younger; one in so many is the twin of the one
 * before.
 */
static int64_t S_born(uint64_t seed, const struct shared *shared, uint64_t first, uint64_t number, unsigned one_in,
                      uint64_t *random)
{
    if (number == first)
        return shared->eldest;
    if (number == first + 1)
        return shared->eldest - 2000 + (int64_t)random_below(random, 5000);
    bool twin = number > first + 2 && S_stream(seed, 't', number) % one_in == 0;
    uint64_t birth = S_stream(seed, 'c', twin ? number - 1 : number);
    return shared->eldest + 7000 + (int64_t)random_below(&birth, 7000);
}

static void S_given(uint64_t seed, const struct gen_culture *c, uint64_t first, uint64_t number, unsigned namesakes,
                    struct gen_person *p)
{
    uint64_t random = S_stream(seed, 'n', number);
    const char *entry = S_given_entry(&random, c, p->female);
    if (number > first + 1 && p->female == S_is_female(seed, first, first) && gen_chance(&random, namesakes)) {
        uint64_t parent = S_stream(seed, 'n', first);
        entry = S_given_entry(&parent, c, p->female);
    }
    S_name(entry, &p->given, &p->familiar);
    p->middle = (struct str){0};
    if (gen_chance(&random, 220)) {
        struct str ascii, none;
        gen_name_parts(S_given_entry(&random, c, p->female), &p->middle, &ascii, &none);
        if (str_eq(p->middle, gen_str(&p->given.native)))
            p->middle.len = 0;
    }
}

/* The partner may have taken the surname at a wedding, or kept her or his own. */
static void S_family(uint64_t *random, const struct shared *shared, uint64_t place, struct gen_person *p)
{
    const struct gen_culture *c = &gen_cultures[shared->culture];
    p->family = shared->family;
    p->former.native.len = p->former.ascii.len = 0;
    p->married = INT64_MIN;
    if (place != 1)
        return;
    if (gen_chance(random, 150)) {
        S_surname(random, c, &p->family);
    } else if (gen_chance(random, 180)) {
        S_surname(random, c, &p->former);
        p->married = S_day(random, 2018, 2025);
    }
}

static void S_add_year(struct gen_text *t, int64_t born, unsigned digits)
{
    int year, month, day;
    clock_civil(born, &year, &month, &day);
    gen_add_number(t, (uint64_t)(digits == 2 ? year % 100 : year), digits);
}

/*
 * A pattern of a local part: g given, G its initial, n what friends say, f family, F its initial, y year of birth of
 * two digits, Y of four, 9 one to three digits; anything else stands for itself.
 */
static const char *const mailbox_patterns[] = {
    "g.f", "g.f", "g.f9", "g.f",  "gf", "gf9", "gf", "g.fy", "g.fy", "gfy", "G.f", "Gf", "Gf9",   "G.fy", "f.g",
    "f.g", "fg9", "g_f",  "g_f9", "gY", "n.f", "n9", "nfy",  "nY",   "g-f", "f9",  "fY", "g.f.y", "gF9",  "n_f",
};

static void S_email(uint64_t *random, const struct gen_person *p, struct gen_text *email)
{
    struct str given = gen_str(&p->given.ascii), family = gen_str(&p->family.ascii), friends = p->familiar, name = {0};
    str_next_piece(&friends, '~', &name);
    email->len = 0;
    for (const char *at = mailbox_patterns[random_below(random, COUNT_OF(mailbox_patterns))]; *at; at++) {
        if (*at == 'g' || (*at == 'n' && !name.len))
            S_add_lower(email, given);
        else if (*at == 'n')
            S_add_lower(email, name);
        else if (*at == 'G')
            S_add_lower(email, str_sub(given, 0, given.len > 0));
        else if (*at == 'f')
            S_add_lower(email, family);
        else if (*at == 'F')
            S_add_lower(email, str_sub(family, 0, family.len > 0));
        else if (*at == 'y' || *at == 'Y')
            S_add_year(email, p->born, *at == 'y' ? 2 : 4);
        else if (*at == '9')
            gen_add_number(email, 1 + random_below(random, gen_chance(random, 500) ? 99 : 999), 1);
        else
            gen_add_byte(email, *at);
    }
    S_add_domain(random, email);
}

void gen_person(uint64_t seed, uint64_t number, enum idem_amount households, struct gen_person *p)
{
    bool many = households == IDEM_AMOUNT_HIGH;
    struct household h = S_household_of(seed, number, households);
    uint64_t random = S_stream(seed, 'p', number), first = number / BLOCK * BLOCK + h.first;
    struct shared shared;
    S_share(&h, p, &shared);
    p->female = S_is_female(seed, first, number);
    p->born = S_born(seed, &shared, first, number, many ? 4 : 16, &random);
    S_given(seed, &gen_cultures[shared.culture], first, number, many ? 200 : 40, p);
    S_family(&random, &shared, number - first, p);
    S_mobile(&random, p, &p->mobile);
    if (shared.email.len && gen_chance(&random, 600))
        p->email[0] = shared.email;
    else
        S_email(&random, p, &p->email[0]);
    S_email(&random, p, &p->email[1]);
}
