#include "normalize/simple_name.h"

#include <stdlib.h>

#include "normalize/names.h"
#include "normalize/person.h"
#include "normalize/phonetic.h"
#include "normalize/words.h"
#include "words_family_iberian.h"
#include "words_family_vietnamese.h"
#include "words_legal_first.h"
#include "words_legal_forms.h"
#include "words_legal_strong.h"
#include "words_name_parts.h"
#include "words_organisation_telling.h"
#include "words_particles.h"
#include "words_suffixes.h"
#include "words_titles.h"

/* ------------------------------------------------------------------ what is known of words */

enum { KNOWN_BITS = 12, NICK_BYTES = 39, SPECIAL_BITS = 16, SPECIAL_WORDS = 1 << (SPECIAL_BITS - 6) };

/* A word's place is found by its hash; another word with the same takes it. 64 bytes. */
struct known_word {
    char lower[SIMPLE_LETTERS + 1];
    char phon[MOST_PHONETIC];
    uint8_t phon_len; /* 0: the place is free */
    uint8_t nick_len; /* 0: not asked for yet, or longer than there is room for */
    char nick[NICK_BYTES];
};

struct simple_names {
    /* a bit for the hash of each word that begins or ends an entry of a list: of any name, of those of three words */
    uint64_t special[SPECIAL_WORDS], special_of_three[SPECIAL_WORDS];
    struct known_word word[1 << KNOWN_BITS];
};

static uint64_t S_hash(const char lower[SIMPLE_LETTERS + 1])
{
    uint64_t a, b;
    memcpy(&a, lower, sizeof a);
    memcpy(&b, lower + sizeof a, sizeof b);
    return (a ^ (b * 0xc2b2ae3d27d4eb4fULL)) * 0x9e3779b97f4a7c15ULL;
}

static void S_mark(uint64_t *special, struct str token)
{
    char lower[SIMPLE_LETTERS + 1] = {0};
    if (!token.len || token.len > SIMPLE_LETTERS) /* no word here is longer */
        return;
    memcpy(lower, token.ptr, token.len);
    uint64_t hash = S_hash(lower) >> (64 - SPECIAL_BITS);
    special[hash / 64] |= UINT64_C(1) << hash % 64;
}

static void S_mark_list(uint64_t *special, const struct words *w)
{
    for (uint32_t i = 0; i < w->n; i++) {
        struct str entry = {w->text + w->word[i].at, w->word[i].len}, rest = entry, token, last = {NULL, 0};
        for (bool first = true; str_next_token(&rest, " ", &token); first = false) {
            if (first)
                S_mark(special, token);
            last = token;
        }
        S_mark(special, last);
    }
}

void simple_names_free(struct simple_names *s)
{
    free(s);
}

/* The lists that the long way asks for a word, or for words from or up to it. */
static struct simple_names *S_names(struct normalizer *n)
{
    static const struct words *const lists[] = {
        &words_titles,       &words_suffixes,    &words_particles,   &words_name_parts,
        &words_legal_strong, &words_legal_first, &words_legal_forms, &words_organisation_telling,
    };
    if (n->names)
        return n->names;
    n->names = xcalloc(1, sizeof *n->names);
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        S_mark_list(n->names->special, lists[i]);
    S_mark(n->names->special, STR("and"));
    S_mark_list(n->names->special_of_three, &words_family_iberian);
    S_mark_list(n->names->special_of_three, &words_family_vietnamese);
    return n->names;
}

static bool S_is_special(const struct simple_names *s, const struct simple_word *w, unsigned words)
{
    uint64_t hash = S_hash(w->lower) >> (64 - SPECIAL_BITS), bits = s->special[hash / 64];
    if (words > 2)
        bits |= s->special_of_three[hash / 64];
    return bits >> hash % 64 & 1;
}

static struct known_word *S_known(struct simple_names *s, const struct simple_word *w)
{
    struct known_word *known = &s->word[S_hash(w->lower) >> (64 - KNOWN_BITS)];
    if (known->phon_len && memcmp(known->lower, w->lower, sizeof known->lower) == 0)
        return known;
    memcpy(known->lower, w->lower, sizeof known->lower);
    known->phon_len = (uint8_t)phonetic_code((struct str){w->lower, w->raw.len}, known->phon);
    known->nick_len = 0;
    return known;
}

static struct str S_nick(struct normalizer *n, const struct simple_word *w, struct arena *out)
{
    struct known_word *known = S_known(S_names(n), w);
    if (known->nick_len)
        return str_copy(out, (struct str){known->nick, known->nick_len});
    struct tokens one;
    one.n = 1;
    one.token[0] = (struct str){w->lower, w->raw.len};
    struct str nick = names_nick(n, &one, out);
    if (nick.len <= NICK_BYTES) {
        memcpy(known->nick, nick.ptr, nick.len);
        known->nick_len = (uint8_t)nick.len;
    }
    return nick;
}

/* ------------------------------------------------------------------ reading */

/* Takes a word of two letters or more. */
static bool S_take_word(struct str *rest, struct simple_word *w, unsigned *capitals)
{
    unsigned len = 0, small = 0;
    memset(w->lower, 0, sizeof w->lower);
    for (; len < rest->len && len <= SIMPLE_LETTERS; len++) {
        unsigned c = (unsigned char)rest->ptr[len], lower = c | 0x20;
        if (lower - 'a' >= 26U)
            break;
        if (len < SIMPLE_LETTERS)
            w->lower[len] = (char)lower;
        small += c == lower;
    }
    if (len < 2 || len > SIMPLE_LETTERS)
        return false;
    *capitals += !small;
    w->raw = str_sub(*rest, 0, len);
    *rest = str_sub(*rest, len, rest->len);
    return true;
}

static void S_skip_spaces(struct str *rest)
{
    while (rest->len && rest->ptr[0] == ' ')
        *rest = str_sub(*rest, 1, rest->len);
}

/* The words as written; *comma is true when one stands behind the first. All in capitals, or none. */
static unsigned S_take_words(struct str rest, struct simple_word word[SIMPLE_WORDS], bool *comma)
{
    unsigned n = 0, capitals = 0;
    *comma = false;
    for (; n < SIMPLE_WORDS && rest.len; n++) {
        if (!S_take_word(&rest, &word[n], &capitals))
            return 0;
        if (!rest.len)
            continue;
        if (n == 0 && rest.ptr[0] == ',')
            *comma = true;
        else if (rest.ptr[0] != ' ')
            return 0;
        rest = str_sub(rest, 1, rest.len);
        S_skip_spaces(&rest);
        if (!rest.len)
            return 0;
    }
    return rest.len || n < 2 || (capitals && capitals < n) ? 0 : n;
}

bool simple_name_read(struct normalizer *n, struct str raw, struct simple_name *name)
{
    const struct simple_names *names = S_names(n);
    bool comma;
    unsigned words = S_take_words(raw, name->word, &comma);
    name->n = 0;
    if (!words)
        return false;
    for (unsigned i = 0; i < words; i++)
        if (S_is_special(names, &name->word[i], words))
            return false;
    struct simple_word *last = &name->word[words - 1];
    if (words == 3 && !comma && person_is_patronymic((struct str){last->lower, last->raw.len}))
        return false;
    if (comma) {
        struct simple_word family = name->word[0];
        memmove(&name->word[0], &name->word[1], (words - 1) * sizeof family);
        *last = family;
    }
    name->n = words;
    return true;
}

/* ------------------------------------------------------------------ forms */

static struct str S_joined(const struct simple_name *name, const unsigned *order, struct arena *out)
{
    size_t len = 0;
    char *to = arena_alloc(out, SIMPLE_WORDS * (SIMPLE_LETTERS + 1), 1);
    for (unsigned i = 0; i < name->n; i++) {
        const struct simple_word *w = &name->word[order[i]];
        if (i)
            to[len++] = ' ';
        memcpy(to + len, w->lower, w->raw.len);
        len += w->raw.len;
    }
    return (struct str){to, len};
}

static int S_compare(const struct simple_word *a, const struct simple_word *b)
{
    return memcmp(a->lower, b->lower, sizeof a->lower);
}

static struct str S_phonetic(struct simple_names *names, const struct simple_name *name, struct arena *out)
{
    size_t len = 0;
    char *to = arena_alloc(out, SIMPLE_WORDS * (MOST_PHONETIC + 1), 1);
    for (unsigned i = 0; i < name->n; i++) {
        const struct known_word *known = S_known(names, &name->word[i]);
        if (i)
            to[len++] = ' ';
        memcpy(to + len, known->phon, known->phon_len);
        len += known->phon_len;
    }
    return (struct str){to, len};
}

void simple_name_forms(struct normalizer *n, const struct simple_name *name, struct arena *out, struct norm *value)
{
    unsigned order[SIMPLE_WORDS] = {0, 1, 2}, sorted[SIMPLE_WORDS];
    for (unsigned i = 0; i < name->n; i++) {
        unsigned j = i;
        for (; j && S_compare(&name->word[sorted[j - 1]], &name->word[i]) > 0; j--)
            sorted[j] = sorted[j - 1];
        sorted[j] = i;
    }
    value->form[NORM_CANON] = value->form[NORM_LATIN] = S_joined(name, order, out);
    value->form[NORM_TOKENS] = S_joined(name, sorted, out);
    value->form[NORM_PHON] = S_phonetic(S_names(n), name, out);
    value->form[NORM_NICK] = S_nick(n, &name->word[0], out);
}

bool simple_name_word(struct normalizer *n, struct str raw, bool nick, struct arena *out, struct norm *value)
{
    struct simple_word w;
    unsigned capitals = 0;
    struct str rest = raw;
    if (!S_take_word(&rest, &w, &capitals) || rest.len)
        return false;
    struct str canon = str_copy(out, (struct str){w.lower, raw.len});
    const struct known_word *known = S_known(S_names(n), &w);
    value->form[NORM_CANON] = value->form[NORM_LATIN] = value->form[NORM_TOKENS] = canon;
    value->form[NORM_PHON] = str_copy(out, (struct str){known->phon, known->phon_len});
    if (nick)
        value->form[NORM_NICK] = S_nick(n, &w, out);
    return true;
}
