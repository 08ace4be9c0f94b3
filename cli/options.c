#include "cli/options.h"

#include <getopt.h>
#include <limits.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/units.h"

enum { MOST_OPTIONS = 48, FIRST_VALUE = 256 };

/* The options that hold for one pass: the common ones and, behind the command's name, the command's. */
struct option_set {
    const struct option_row *row[MOST_OPTIONS];
    char *base[MOST_OPTIONS]; /* the struct that the row's offset is into */
    struct option foreign[MOST_OPTIONS + 1];
    char letters[2 * MOST_OPTIONS + 4];
    unsigned n;
};

static void S_add(struct option_set *set, const struct option_row *rows, unsigned n, void *base)
{
    size_t at = strlen(set->letters);
    for (unsigned i = 0; i < n && set->n < MOST_OPTIONS; i++) {
        const struct option_row *row = &rows[i];
        set->foreign[set->n] = (struct option){row->name, row->argument ? required_argument : no_argument, NULL,
                                               FIRST_VALUE + (int)set->n};
        set->row[set->n] = row;
        set->base[set->n++] = base;
        if (row->letter) {
            set->letters[at++] = row->letter;
            if (row->argument)
                set->letters[at++] = ':';
        }
    }
}

static unsigned S_find(const struct option_set *set, int value)
{
    if (value >= FIRST_VALUE)
        return (unsigned)(value - FIRST_VALUE);
    for (unsigned i = 0; i < set->n; i++)
        if (set->row[i]->letter == value)
            return i;
    return MOST_OPTIONS;
}

static bool S_choice(const char *words, const char *text, unsigned *choice)
{
    struct str rest = str_from(words), word;
    for (unsigned i = 0; str_next_piece(&rest, '|', &word); i++)
        if (str_eq(word, str_from(text))) {
            *choice = i;
            return true;
        }
    return false;
}

static void S_append(struct arena *arena, struct text_list *list, const char *text)
{
    const char **grown = ARENA_NEW(arena, const char *, list->n + 1);
    if (list->n)
        memcpy(grown, list->item, list->n * sizeof *grown);
    grown[list->n++] = text;
    list->item = grown;
}

/* How a value of each kind is written, for the error. */
static const char *const KIND_FORM[] = {
    [OPTION_NUMBER] = "a whole number",
    [OPTION_COUNT] = "a whole number, 1 or more",
    [OPTION_DURATION] = "a duration such as 60s or 5m",
    [OPTION_BYTES] = "a size such as 500M",
    [OPTION_TIME] = "a time such as 2026-11-21T08:58:00Z",
};

static enum idem_status S_store(struct cli *c, const struct option_row *row, char *base, const char *text,
                                struct idem_error *err)
{
    void *at = base + row->at;
    struct str s = str_from(text);
    bool ok = true;
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)at = true;
        break;
    case OPTION_TEXT:
        *(const char **)at = text;
        break;
    case OPTION_LIST:
        S_append(&c->arena, at, text);
        break;
    case OPTION_NUMBER:
        ok = str_to_u64(s, at);
        break;
    case OPTION_COUNT:
        ok = str_to_u64(s, at) && *(uint64_t *)at > 0;
        break;
    case OPTION_DURATION:
        ok = units_duration(s, at);
        break;
    case OPTION_BYTES:
        ok = units_bytes(s, at);
        break;
    case OPTION_TIME:
        ok = clock_parse(s, at);
        break;
    case OPTION_CHOICE:
        if (!S_choice(row->argument, text, at))
            return usage_error(c, err, "--%s: \"%s\" is not one of %s", row->name, text, row->argument);
        break;
    }
    return ok ? IDEM_OK : usage_error(c, err, "--%s: \"%s\" is not %s", row->name, text, KIND_FORM[row->kind]);
}

static enum idem_status S_unknown(struct cli *c, const struct option_set *set, const char *word, struct idem_error *err)
{
    if (strncmp(word, "--", 2) != 0 || optopt) {
        unsigned i = optopt ? S_find(set, optopt) : MOST_OPTIONS;
        if (i < MOST_OPTIONS)
            return usage_error(c, err, "option --%s takes no argument", set->row[i]->name);
        return usage_error(c, err, "unknown option \"-%c\"", optopt);
    }
    const char *known[MOST_OPTIONS];
    for (unsigned i = 0; i < set->n; i++)
        known[i] = set->row[i]->name;
    struct str name = str_from(word + 2);
    size_t equals = str_find_byte(name, '=');
    if (equals != SIZE_MAX)
        name.len = equals;
    const char *nearest = json_nearest_key(name, known, set->n);
    if (nearest)
        return usage_error(c, err, "unknown option \"--%.*s\", did you mean \"--%s\"?", STR_ARG(name), nearest);
    return usage_error(c, err, "unknown option \"--%.*s\"", STR_ARG(name));
}

/* One pass of getopt_long; the operands are then argv[optind..]. */
static enum idem_status S_pass(struct cli *c, struct option_set *set, int argc, char **argv, struct idem_error *err)
{
    opterr = 0;
    optind = 0;
    for (;;) {
        optopt = 0;
        int value = getopt_long(argc, argv, set->letters, set->foreign, NULL);
        if (value == -1)
            return IDEM_OK;
        if (value == '?')
            return S_unknown(c, set, argv[optind - 1], err);
        unsigned i = S_find(set, value == ':' ? optopt : value);
        if (i >= set->n)
            return usage_error(c, err, "unknown option \"%s\"", argv[optind - 1]);
        if (value == ':')
            return usage_error(c, err, "option --%s needs %s", set->row[i]->name, set->row[i]->argument);
        TRY(S_store(c, set->row[i], set->base[i], optarg, err));
    }
}

static enum idem_status S_operands(struct cli *c, struct idem_error *err)
{
    const struct command *command = c->command;
    if (c->common.help)
        return IDEM_OK;
    if (c->n_operands < command->least)
        return usage_error(c, err, "%s: expected %s", command->name, command->operands);
    if (c->n_operands > command->most)
        return command->most ? usage_error(c, err, "%s: \"%s\" is one argument too many", command->name,
                                           c->operand[command->most])
                             : usage_error(c, err, "%s: takes no arguments, not \"%s\"", command->name, c->operand[0]);
    return IDEM_OK;
}

/* A program that asked for JSON gets its usage errors as JSON too, wherever --json stands. */
static bool S_wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

enum idem_status options_parse(struct cli *c, int argc, char **argv, bool *version, struct idem_error *err)
{
    static const struct option_row VERSION[] = {{"version", 'V', NULL, "", OPTION_FLAG, 0}};
    struct option_set before = {.letters = "+:"}, after = {.letters = ":"};
    c->common.json = S_wants_json(argc, argv);
    S_add(&before, COMMON_OPTIONS, N_COMMON_OPTIONS, &c->common);
    S_add(&before, VERSION, 1, version);
    TRY(S_pass(c, &before, argc, argv, err));
    if (optind >= argc)
        return IDEM_OK;

    int first = optind;
    const char *name = argv[first];
    c->command = command_find(name);
    if (!c->command) {
        const char *nearest = command_nearest(name);
        return nearest ? usage_error(c, err, "unknown command \"%s\", did you mean \"%s\"?", name, nearest)
                       : usage_error(c, err, "unknown command \"%s\"", name);
    }
    c->options = arena_alloc(&c->arena, c->command->options_size + 1, 16);
    S_add(&after, COMMON_OPTIONS, N_COMMON_OPTIONS, &c->common);
    S_add(&after, c->command->option, c->command->n_options, c->options);
    TRY(S_pass(c, &after, argc - first, argv + first, err));
    c->operand = argv + first + optind;
    c->n_operands = (unsigned)(argc - first - optind);
    return S_operands(c, err);
}
