#include "normalize/person.h"

#include "normalize/forms.h"
#include "normalize/words.h"
#include "words_family_east_asian.h"
#include "words_family_iberian.h"
#include "words_family_vietnamese.h"
#include "words_name_parts.h"
#include "words_nicknames.h"
#include "words_particles.h"
#include "words_suffixes.h"
#include "words_titles.h"
#include "words_titles_attached.h"

struct sequence {
    struct person_token token[PERSON_TOKENS];
    unsigned n;
    bool western_order; /* parted by the middle dot of foreign names */
};

/* ------------------------------------------------------------------ words as written */

static bool S_is_comma(uint32_t c)
{
    return c == ',' || c == ';' || c == 0x60c || c == 0x61b || c == 0x3001 || c == 0xff0c || c == 0xff1b;
}

static bool S_is_name_dot(uint32_t c)
{
    return c == 0xb7 || c == 0x30fb || c == 0xff65 || c == 0x2022;
}

/* Letters and digits in lower case. */
static struct str S_ascii_key(struct normalizer *n, struct str raw)
{
    char *to = arena_alloc(&n->scratch, raw.len + 1, 1);
    size_t len = 0;
    if (raw.len == 1 && (raw.ptr[0] == '&' || raw.ptr[0] == '+'))
        return STR("and");
    for (size_t i = 0; i < raw.len; i++) {
        uint32_t c = (unsigned char)raw.ptr[i];
        if ((c | 0x20) - 'a' < 26U || c - '0' < 10U)
            to[len++] = (char)(c + (c - 'A' < 26U) * 32U);
    }
    return (struct str){to, len};
}

static struct str S_key(struct normalizer *n, struct str raw)
{
    if (unicode_is_ascii(raw))
        return S_ascii_key(n, raw);
    struct str rest = normalizer_fold(n, raw);
    if (str_eq(rest, STR("&")) || str_eq(rest, STR("+")))
        return STR("and");
    char *to = ARENA_NEW(&n->scratch, char, rest.len + 1);
    size_t len = 0;
    while (rest.len) {
        const char *at = rest.ptr;
        uint32_t c = unicode_next(&rest);
        if (unicode_is_letter(c) || unicode_is_digit(c) || unicode_is_mark(c)) {
            memcpy(to + len, at, (size_t)(rest.ptr - at));
            len += (size_t)(rest.ptr - at);
        }
    }
    return (struct str){to, len};
}

static void S_look(struct person_token *t)
{
    unsigned upper = 0, lower = 0, inner_dots = 0;
    struct str rest = t->raw;
    while (rest.len) {
        uint32_t c = unicode_next(&rest);
        upper += unicode_is_upper(c);
        lower += unicode_is_lower(c);
        inner_dots += c == '.' && rest.len > 0;
    }
    t->capitals = upper >= 2 && lower == 0;
    t->lower = lower > 0 && upper == 0;
    t->dotted = inner_dots > 0;
}

static void S_add(struct normalizer *n, struct sequence *s, struct str raw, bool comma_after)
{
    struct str key = raw.len && s->n < PERSON_TOKENS ? S_key(n, raw) : (struct str){NULL, 0};
    if (key.len) {
        struct person_token *t = &s->token[s->n++];
        *t = (struct person_token){.raw = raw, .key = key, .comma_after = comma_after};
        S_look(t);
    } else if (comma_after && s->n) {
        s->token[s->n - 1].comma_after = true;
    }
}

/* "St.John", "J.R.R.Tolkien": a dot before a longer word ends a token. */
static bool S_dot_ends(uint32_t c, struct str rest)
{
    unsigned letters = 0;
    if (c != '.')
        return false;
    while (rest.len && unicode_is_letter(unicode_next(&rest)))
        letters++;
    return letters >= 3;
}

static void S_tokenise(struct normalizer *n, struct str raw, struct sequence *s)
{
    const char *start = raw.ptr;
    s->n = 0;
    s->western_order = false;
    struct str rest = raw;
    while (rest.len) {
        const char *at = rest.ptr;
        uint32_t c = unicode_next(&rest);
        bool dot = S_is_name_dot(c), comma = S_is_comma(c);
        if (dot || comma || unicode_is_space(c)) {
            S_add(n, s, (struct str){start, (size_t)(at - start)}, comma);
            s->western_order |= dot;
            start = rest.ptr;
        } else if (S_dot_ends(c, rest)) {
            S_add(n, s, (struct str){start, (size_t)(rest.ptr - start)}, false);
            start = rest.ptr;
        }
    }
    S_add(n, s, (struct str){start, (size_t)(rest.ptr - start)}, false);
    if (s->n)
        s->token[s->n - 1].comma_after = false;
}

static void S_remove(struct sequence *s, unsigned from, unsigned count)
{
    bool comma = s->token[from + count - 1].comma_after;
    if (from && comma)
        s->token[from - 1].comma_after = true;
    memmove(&s->token[from], &s->token[from + count], (s->n - from - count) * sizeof s->token[0]);
    s->n -= count;
    if (s->n)
        s->token[s->n - 1].comma_after = false;
}

/* ------------------------------------------------------------------ what is no name */

static unsigned S_find(const struct words *w, const struct sequence *s, unsigned from, struct str *canonical)
{
    struct tokens t;
    t.n = 0;
    unsigned most = from < s->n ? words_most_from(w, s->token[from].key) : 0;
    for (unsigned i = from; i < s->n && t.n < most; i++)
        t.token[t.n++] = s->token[i].key;
    return most ? words_find_from(w, &t, 0, canonical) : 0;
}

static bool S_is_one(const struct words *w, struct str key, const char *canonical)
{
    struct str found;
    return words_find(w, key, &found) && str_eq(found, str_from(canonical));
}

/* "aka Johnny" to the end; "née Schmidt" with its word. */
static void S_drop_other_names(struct sequence *s)
{
    for (unsigned i = 1; i + 1 < s->n; i++) {
        if (S_is_one(&words_particles, s->token[i].key, "alias")) {
            s->n = i;
            s->token[i - 1].comma_after = false;
        } else if (i >= 2 && S_is_one(&words_particles, s->token[i].key, "nee")) {
            S_remove(s, i, 2);
        }
    }
}

/* Titles at the front and behind a comma. One that is also a name ("Don", "King") goes only when two words remain, and
 * not when it stands as a family name before a comma. */
static void S_drop_titles(struct sequence *s)
{
    for (unsigned at = 0; at < s->n;) {
        struct str class = {NULL, 0};
        bool here = at == 0 || s->token[at - 1].comma_after;
        unsigned count = here ? S_find(&words_titles, s, at, &class) : 0;
        bool may_be_name = str_eq(class, STR("name"));
        bool alone = count && s->token[at + count - 1].comma_after && at == 0;
        if (count && !alone && s->n - count >= (may_be_name ? 2u : 1u))
            S_remove(s, at, count);
        else
            at++;
    }
}

static bool S_has_small_letters(const struct sequence *s)
{
    for (unsigned i = 0; i < s->n; i++)
        if (!s->token[i].capitals && s->token[i].key.len > 1)
            return true;
    return false;
}

/* Is the word at `i` a suffix here? "MA", "V", "Esq" may be names: those need a comma before them, dots, or capitals
 * that the other words do not have. "J.R." is two initials. */
static bool S_is_suffix(const struct sequence *s, unsigned i, struct str *class)
{
    const struct person_token *t = &s->token[i];
    if (!words_find(&words_suffixes, t->key, class) || s->n < 2)
        return false;
    bool behind_comma = i > 0 && s->token[i - 1].comma_after;
    bool generation = !str_eq(*class, STR("degree")) && !str_eq(*class, STR("name"));
    if (generation && str_eq(*class, STR("5")) && t->key.len == 1)
        return behind_comma || (i >= 2 && t->capitals);
    if (generation)
        return i > 0 && !t->dotted;
    if (str_eq(*class, STR("degree")))
        return i > 0;
    return behind_comma || t->dotted || (i > 0 && t->capitals && S_has_small_letters(s));
}

static bool S_ends_segment(const struct sequence *s, unsigned i)
{
    return i + 1 == s->n || s->token[i].comma_after;
}

static void S_take_suffixes(struct sequence *s, struct person *p)
{
    for (unsigned i = s->n; i-- > 1;) {
        struct str class;
        if (i >= s->n || !S_ends_segment(s, i) || !S_is_suffix(s, i, &class))
            continue;
        if (!str_eq(class, STR("degree")) && !str_eq(class, STR("name"))) {
            p->suffix = class;
            p->suffix_raw = s->token[i].raw;
        }
        bool own_segment = s->token[i - 1].comma_after;
        bool more = s->token[i].comma_after;
        S_remove(s, i, 1);
        if (i <= s->n && i > 0 && own_segment)
            s->token[i - 1].comma_after = more && i < s->n;
    }
}

/* "Tanaka-san", "Kim-ssi", Thai "Nai...": written together with the name. */
static void S_drop_attached_title(struct str *raw, bool first, bool last)
{
    const struct words *list = &words_titles_attached;
    for (uint32_t w = 0; w < list->n; w++) {
        struct str title = {list->text + list->word[w].at, list->word[w].len};
        bool behind = list->text[list->word[w].at + title.len] == 'e'; /* "end", else "start" */
        if (unicode_points(*raw) < unicode_points(title) + 2)
            continue;
        if (behind && last && str_ends(*raw, title))
            raw->len -= title.len;
        else if (!behind && first && str_starts(*raw, title))
            *raw = str_sub(*raw, title.len, raw->len);
    }
}

static void S_drop_attached_titles(struct sequence *s)
{
    for (unsigned i = 0; i < s->n; i++) {
        struct str rest = s->token[i].raw;
        bool foreign = rest.ptr[0] & 0x80 && forms_is_unspaced(unicode_next(&rest));
        if (foreign || unicode_script_of(unicode_next(&rest)) == SCRIPT_HANGUL)
            S_drop_attached_title(&s->token[i].raw, i == 0, i + 1 == s->n);
    }
}

/* ------------------------------------------------------------------ order */

static void S_put(struct person_part *part, const struct sequence *s, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to && part->n < PERSON_TOKENS; i++)
        part->raw[part->n++] = s->token[i].raw;
}

/* "Abd al-Rahman", "Abdul Karim", "Abu Bakr": one given name. */
static unsigned S_given_end(const struct sequence *s, unsigned from, unsigned to)
{
    unsigned end = from < to ? from + 1 : from;
    struct str class;
    if (end >= to || !words_find(&words_name_parts, s->token[from].key, &class) ||
        (!str_eq(class, STR("abd")) && !str_eq(class, STR("abu"))))
        return end;
    struct str next = s->token[end].key;
    bool article = str_eq(next, STR("al")) || str_eq(next, STR("el")) || str_eq(next, STR("ul"));
    return article && end + 1 < to ? end + 2 : end + 1;
}

/* The words [from, to) that are not the family name: the first is the given name. */
static void S_put_given(struct person *p, const struct sequence *s, unsigned from, unsigned to)
{
    unsigned end = S_given_end(s, from, to);
    for (unsigned i = from + 1; i + 1 < to; i++) /* "John and Mary": John */
        if (str_eq(s->token[i].key, STR("and")))
            to = i;
    S_put(&p->given, s, from, end);
    S_put(&p->middle, s, end, to);
}

static bool S_small_particle(const struct person_token *t)
{
    return t->lower && words_find(&words_particles, t->key, NULL);
}

/* "Beethoven, Ludwig van": small particles at the end belong to the family name. */
static unsigned S_before_particles(const struct sequence *s, unsigned comma)
{
    unsigned end = s->n;
    while (end > comma + 1 && S_small_particle(&s->token[end - 1]))
        end--;
    return end;
}

static unsigned S_comma(const struct sequence *s)
{
    for (unsigned i = 0; i < s->n; i++)
        if (s->token[i].comma_after)
            return i + 1;
    return 0;
}

/* "JRR" is not a family name in capitals. */
static bool S_is_initials(const struct person_token *t)
{
    if (unicode_points(t->key) > 3)
        return false;
    for (size_t i = 0; i < t->key.len; i++)
        if (strchr("aeiouy", t->key.ptr[i]) || (t->key.ptr[i] & 0x80))
            return t->dotted;
    return true;
}

/* Words in capitals at one end, others not: that is the family name, with its particles. Its place is [*from, *to). */
static bool S_capitals(const struct sequence *s, unsigned *from, unsigned *to)
{
    unsigned n = s->n, front = 0, back = n;
    while (front + 1 < n && S_small_particle(&s->token[front]) && s->token[front + 1].capitals)
        front++;
    while (front < n && s->token[front].capitals)
        front++;
    while (back > 0 && s->token[back - 1].capitals)
        back--;
    bool at_front = front > 0 && front < n && s->token[front - 1].capitals;
    bool at_back = back < n && back > 0;
    if (at_front == at_back)
        return false;
    for (unsigned i = at_front ? front : 0; i < (at_back ? back : n); i++)
        if (s->token[i].capitals)
            return false;
    while (at_back && back > 1 && S_small_particle(&s->token[back - 1]))
        back--;
    *from = at_front ? 0 : back;
    *to = at_front ? front : n;
    return !S_is_initials(&s->token[*from]);
}

bool person_is_patronymic(struct str key)
{
    static const char *const endings[] = {"ovich", "evich", "ovych", "evych", "ovna", "evna", "ivna", "yivna", "ichna",
                                          "ович",  "евич",  "овна",  "евна",  "ична", "івна", "ївна", "ьич",   "авіч",
                                          "евіч",  "аўна",  "еўна",  "кызы",  "оглы", "ўлы",  "улы"};
    for (size_t i = 0; i < COUNT_OF(endings); i++)
        if (key.len > strlen(endings[i]) + 1 && str_ends(key, str_from(endings[i])))
            return true;
    return false;
}

static bool S_is_initial(struct str key)
{
    return unicode_points(key) == 1;
}

/* "Kim Jong-un": a Korean family name before a given name of two syllables, as Koreans hyphenate it. */
static bool S_is_korean(const struct sequence *s)
{
    size_t hyphen = s->n == 2 ? str_find_byte(s->token[1].raw, '-') : SIZE_MAX;
    if (hyphen == SIZE_MAX || hyphen + 1 >= s->token[1].raw.len)
        return false;
    char after = s->token[1].raw.ptr[hyphen + 1];
    return after >= 'a' && after <= 'z' && words_find(&words_family_east_asian, s->token[0].key, NULL);
}

static bool S_is_accented(struct str raw)
{
    for (size_t i = 0; i < raw.len; i++)
        if ((unsigned char)raw.ptr[i] & 0x80)
            return true;
    return false;
}

/* Family name first, in scripts with spaces? */
static bool S_family_first(const struct sequence *s)
{
    const struct person_token *t = s->token;
    if (s->n == 3 && person_is_patronymic(t[2].key) && !person_is_patronymic(t[1].key))
        return true;
    bool initials_behind =
        s->n == 2 && t[1].dotted && !t[0].dotted && unicode_points(t[0].key) > 2 && unicode_points(t[1].key) <= 3;
    bool initials_apart = s->n == 3 && S_is_initial(t[1].key) && S_is_initial(t[2].key) && !S_is_initial(t[0].key);
    if (initials_behind || initials_apart || S_is_korean(s)) /* "Ivanov I.I." */
        return true;
    bool accented = S_is_accented(t[0].raw); /* of two words only a name in Vietnamese spelling is surely one */
    bool vietnamese = (s->n >= 3 || accented) && words_find(&words_family_vietnamese, t[0].key, NULL);
    return vietnamese && !words_find(&words_family_vietnamese, t[s->n - 1].key, NULL);
}

static bool S_starts_family(const struct sequence *s, unsigned i)
{
    struct str class;
    const struct person_token *t = &s->token[i];
    if (!words_find(&words_particles, t->key, &class))
        return false;
    return str_eq(class, STR("particle")) || (str_eq(class, STR("small")) && t->lower);
}

/* Where the family name starts in "Given Middle Family". */
static unsigned S_family_start(const struct sequence *s)
{
    unsigned n = s->n;
    for (unsigned i = S_given_end(s, 0, n - 1); i + 1 < n; i++)
        if (S_starts_family(s, i))
            return i;
    for (unsigned i = 2; i + 1 < n; i++)
        if (S_is_one(&words_particles, s->token[i].key, "joins") && s->token[i].lower)
            return i - 1;
    bool iberian = n >= 3 && words_find(&words_family_iberian, s->token[n - 2].key, NULL) &&
                   !words_find(&words_nicknames, s->token[n - 2].key, NULL);
    return iberian ? n - 2 : n - 1;
}

/* ------------------------------------------------------------------ East Asian names */

/* Cuts a name without a space behind its family name; 0 when the list does not know it. In bytes of `raw`. */
static size_t S_family_bytes(struct str raw)
{
    struct str rest = raw;
    size_t best = 0;
    if (words_find(&words_family_east_asian, raw, NULL))
        return 0;
    for (unsigned points = 1; points <= 3 && rest.len; points++) {
        unicode_next(&rest);
        size_t len = raw.len - rest.len;
        if (rest.len && words_find(&words_family_east_asian, str_sub(raw, 0, len), NULL))
            best = len;
    }
    return best;
}

static void S_east_asian(const struct sequence *s, struct person *p)
{
    struct str first = s->token[0].raw;
    size_t family = s->n == 1 ? S_family_bytes(first) : 0;
    if (family) {
        p->family.raw[p->family.n++] = str_sub(first, 0, family);
        p->given.raw[p->given.n++] = str_sub(first, family, first.len);
    } else {
        S_put(&p->family, s, 0, 1);
        S_put(&p->given, s, 1, s->n);
    }
}

static bool S_is_east_asian(const struct sequence *s)
{
    for (unsigned i = 0; i < s->n; i++)
        if (!forms_is_east_asian(s->token[i].raw))
            return false;
    return !s->western_order;
}

/* ------------------------------------------------------------------ the whole */

static void S_assign(const struct sequence *s, struct person *p)
{
    unsigned n = s->n, comma = S_comma(s), from, to;
    p->western_order = s->western_order;
    if (comma && comma < n) {
        unsigned given_end = S_before_particles(s, comma);
        S_put(&p->family, s, given_end, n);
        S_put(&p->family, s, 0, comma);
        S_put_given(p, s, comma, given_end);
    } else if (S_is_east_asian(s)) {
        S_east_asian(s, p);
    } else if (n == 1) {
        S_put(words_find(&words_nicknames, s->token[0].key, NULL) ? &p->given : &p->family, s, 0, 1);
    } else if (S_capitals(s, &from, &to)) {
        S_put(&p->family, s, from, to);
        S_put_given(p, s, from == 0 ? to : 0, from == 0 ? n : from);
    } else if (S_family_first(s)) {
        bool vietnamese = !person_is_patronymic(s->token[n - 1].key) && !S_is_initial(s->token[n - 1].key) && n >= 3;
        S_put(&p->family, s, 0, 1);
        S_put(&p->given, s, vietnamese ? n - 1 : 1, vietnamese ? n : 2);
        S_put(&p->middle, s, vietnamese ? 1 : 2, vietnamese ? n - 1 : n);
    } else {
        unsigned family = S_family_start(s);
        S_put(&p->family, s, family, n);
        S_put_given(p, s, 0, family);
    }
}

void person_parse(struct normalizer *n, struct str raw, struct person *p)
{
    struct sequence s;
    p->given.n = p->middle.n = p->family.n = 0;
    p->western_order = false;
    p->suffix = p->suffix_raw = (struct str){NULL, 0};
    S_tokenise(n, forms_without_asides(n, raw), &s);
    if (s.n == 0)
        return;
    S_drop_other_names(&s);
    S_drop_titles(&s);
    S_take_suffixes(&s, p);
    S_drop_attached_titles(&s);
    S_assign(&s, p);
}

struct str person_part_text(const struct person_part *part, struct arena *out)
{
    struct tokens t;
    t.n = 0;
    bool east_asian = part->n > 0;
    for (unsigned i = 0; i < part->n; i++) {
        t.token[t.n++] = part->raw[i];
        east_asian &= forms_is_east_asian(part->raw[i]);
    }
    return tokens_join(&t, east_asian ? 0 : ' ', out);
}

struct str person_part_words(const struct person_part *part, struct arena *out)
{
    struct tokens t;
    t.n = part->n;
    memcpy(t.token, part->raw, part->n * sizeof part->raw[0]);
    return tokens_join(&t, ' ', out);
}
