#include "engine/erased.h"

#include <stdlib.h>

enum { MOST_KINDS = 64, MOST_VALUES = 8, KEY_BYTES = 1 + ERASED_DIGEST };

/* ------------------------------------------------------------------ what identifies */

/* A strong identifier of a record: its kind and the text that is compared. */
struct strong {
    struct str kind, text;
    unsigned number; /* of the kind within the record */
};

struct strongs {
    struct strong item[MOST_KINDS * MOST_VALUES];
    size_t n;
    struct str given[MOST_VALUES * 2];
    size_t n_given;
};

static bool S_norm(const struct packed_value *value, struct norm *norm)
{
    return norm_unpack(value->norm, norm) && !(norm->flags & (NORM_GENERIC | NORM_INVALID)) &&
           norm->form[NORM_CANON].len;
}

static struct str S_text(enum field_type type, const struct norm *norm)
{
    bool mailbox = type == FIELD_EMAIL && norm->form[NORM_BASE].len;
    return norm->form[mailbox ? NORM_BASE : NORM_CANON];
}

static struct str S_kind(const struct field *field)
{
    return field->type == FIELD_EMAIL ? STR("email") : field->type == FIELD_PHONE ? STR("phone") : field->name;
}

static bool S_is_strong(enum field_type type)
{
    return type == FIELD_EMAIL || type == FIELD_PHONE || type == FIELD_IDENTIFIER;
}

static void S_add(struct strongs *all, struct str kind, struct str text, unsigned number)
{
    if (all->n < COUNT_OF(all->item))
        all->item[all->n++] = (struct strong){kind, text, number};
}

static void S_field(const struct field *field, const struct packed_field *packed, unsigned number, struct strongs *all)
{
    for (unsigned v = 0; v < packed->n && v < MOST_VALUES; v++) {
        struct norm norm;
        if (S_norm(&packed->value[v], &norm))
            S_add(all, S_kind(field), S_text(field->type, &norm), number);
    }
}

/* Canonical forms of the values of all fields of a type. */
static size_t S_values(const struct schema *schema, const struct packed_record *record, enum field_type type,
                       struct str *text, size_t most)
{
    size_t n = 0;
    for (unsigned f = 0; f < schema->n_fields && f < record->n_fields; f++)
        for (unsigned v = 0; field_plain_type(&schema->field[f]) == type && v < record->field[f].n && n < most; v++) {
            struct norm norm;
            if (S_norm(&record->field[f].value[v], &norm) && !(norm.flags & NORM_PARTIAL))
                text[n++] = norm.form[NORM_CANON];
        }
    return n;
}

static void S_names(const struct schema *schema, const struct packed_record *record, unsigned number,
                    struct arena *scratch, struct strongs *all)
{
    struct str family[MOST_VALUES], born[MOST_VALUES];
    size_t n_family = S_values(schema, record, FIELD_FAMILY_NAME, family, 2);
    size_t n_born = S_values(schema, record, FIELD_BIRTH_DATE, born, 2);
    all->n_given = S_values(schema, record, FIELD_GIVEN_NAME, all->given, COUNT_OF(all->given));
    for (size_t g = 0; g < all->n_given && g < 2; g++)
        for (size_t f = 0; f < n_family; f++)
            for (size_t b = 0; b < n_born; b++)
                S_add(all, STR("name and birth date"),
                      arena_printf(scratch, "%.*s\n%.*s\n%.*s", STR_ARG(all->given[g]), STR_ARG(family[f]),
                                   STR_ARG(born[b])),
                      number);
}

/* Values of one number count once: phones and mailboxes of whatever field, unless they are tokens of their field. */
static unsigned S_number(const struct field *field, unsigned f)
{
    bool alone = field->type == FIELD_IDENTIFIER || field->type == FIELD_HASHED;
    return alone ? f : MOST_FIELDS + (unsigned)field->type;
}

static void S_strongs(const struct schema *schema, const struct packed_record *record, struct arena *scratch,
                      struct strongs *all)
{
    all->n = all->n_given = 0;
    for (unsigned f = 0; f < schema->n_fields && f < record->n_fields; f++)
        if (S_is_strong(field_plain_type(&schema->field[f])))
            S_field(&schema->field[f], &record->field[f], S_number(&schema->field[f], f), all);
    S_names(schema, record, MOST_FIELDS, scratch, all);
}

enum idem_status erased_digests(const struct store *s, const struct schema *schema, const struct packed_record *record,
                                struct arena *scratch, erased_digest_fn *each, void *context, struct idem_error *err)
{
    struct strongs *all = ARENA_NEW(scratch, struct strongs, 1);
    uint8_t digest[ERASED_DIGEST];
    S_strongs(schema, record, scratch, all);
    for (size_t i = 0; i < all->n; i++) {
        erased_digest(s, ERASED_IDENTIFIER, all->item[i].kind, all->item[i].text, digest);
        TRY(each(context, ERASED_IDENTIFIER, digest, err));
    }
    for (size_t i = 0; i < all->n_given; i++) {
        erased_digest(s, ERASED_GIVEN_NAME, (struct str){0}, all->given[i], digest);
        TRY(each(context, ERASED_GIVEN_NAME, digest, err));
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ the list */

static struct str S_key(char key[KEY_BYTES], enum erased_kind kind, const uint8_t digest[ERASED_DIGEST])
{
    key[0] = (char)kind;
    memcpy(key + 1, digest, ERASED_DIGEST);
    return (struct str){key, KEY_BYTES};
}

static enum idem_status S_take(void *context, const struct store_erased *e, struct idem_error *err)
{
    struct erased_list *list = context;
    char key[KEY_BYTES];
    (void)err;
    if (list->n_links + 1 >= list->room) {
        list->room = list->room * 2 + 64;
        list->link = xrealloc(list->link, list->room * sizeof *list->link);
    }
    uint32_t at = ++list->n_links;
    list->link[at] = (struct erased_link){e->person, 0};
    uint32_t *first = map_find(&list->digest, S_key(key, e->kind, e->digest));
    if (!first) {
        map_add(&list->digest, S_key(key, e->kind, e->digest), at);
        return IDEM_OK;
    }
    list->link[at].next = list->link[*first].next;
    list->link[*first].next = at;
    return IDEM_OK;
}

enum idem_status erased_load(struct store *s, struct erased_list *list, struct idem_error *err)
{
    uint64_t n;
    *list = (struct erased_list){.store = s};
    TRY(erased_count(s, &n, err));
    return n ? erased_each(s, S_take, list, err) : IDEM_OK;
}

void erased_unload(struct erased_list *list)
{
    free(list->link);
    map_deinit(&list->digest);
    arena_deinit(&list->arena);
    *list = (struct erased_list){0};
}

static uint32_t S_find(const struct erased_list *list, enum erased_kind kind, struct str name, struct str value)
{
    uint8_t digest[ERASED_DIGEST];
    char key[KEY_BYTES];
    erased_digest(list->store, kind, name, value, digest);
    const uint32_t *at = map_find(&list->digest, S_key(key, kind, digest));
    return at ? *at : 0;
}

bool erased_is_record(const struct erased_list *list, struct str source, struct str record_id)
{
    return list->n_links && S_find(list, ERASED_RECORD, source, record_id) != 0;
}

/* ------------------------------------------------------------------ agreeing */

enum { MOST_SUSPECTS = 32 };
struct suspect {
    int64_t person;
    unsigned first; /* kind that agrees, plus 1 */
    bool two;
};

static void S_suspect(struct suspect *list, size_t *n, int64_t person, unsigned kind)
{
    size_t i = 0;
    while (i < *n && list[i].person != person)
        i++;
    if (i == MOST_SUSPECTS)
        return;
    if (i == *n)
        list[(*n)++] = (struct suspect){person, kind + 1, false};
    else if (list[i].first != kind + 1)
        list[i].two = true;
}

static bool S_has_given(const struct erased_list *list, int64_t person, uint32_t at)
{
    for (; at; at = list->link[at].next)
        if (list->link[at].person == person)
            return true;
    return false;
}

/* Nothing speaks against it: no given name on either side, or one that the person had. */
static bool S_given_agrees(const struct erased_list *list, int64_t person, const struct strongs *all)
{
    bool agrees = all->n_given == 0 ||
                  S_has_given(list, person, S_find(list, ERASED_GIVEN_NAME, (struct str){0}, (struct str){0}));
    for (size_t i = 0; i < all->n_given && !agrees; i++)
        agrees = S_has_given(list, person, S_find(list, ERASED_GIVEN_NAME, (struct str){0}, all->given[i]));
    return agrees;
}

int64_t erased_is_person(const struct erased_list *list, const struct schema *schema,
                         const struct packed_record *record, struct arena *scratch)
{
    struct suspect suspect[MOST_SUSPECTS] = {{0}};
    struct strongs *all = ARENA_NEW(scratch, struct strongs, 1);
    size_t n = 0;
    if (!list->n_links)
        return 0;
    S_strongs(schema, record, scratch, all);
    for (size_t i = 0; i < all->n; i++)
        for (uint32_t at = S_find(list, ERASED_IDENTIFIER, all->item[i].kind, all->item[i].text); at;
             at = list->link[at].next)
            S_suspect(suspect, &n, list->link[at].person, all->item[i].number);
    for (size_t i = 0; i < n; i++)
        if (suspect[i].two && S_given_agrees(list, suspect[i].person, all))
            return suspect[i].person;
    return 0;
}
