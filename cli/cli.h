/*
 * The command line: one table of commands, each a row with its operands, options, examples and function. From these
 * tables come parsing (getopt_long), --help, shell completion and the manual page; nothing is written twice.
 *
 * A command's run function gets a struct cli: its parsed options (a zeroed struct of its own, filled by the offsets in
 * its option table), the common options, its operands, an arena that lives as long as the command, and the terminal. It
 * returns a status; main.c prints the error and turns the status into the exit status (docs/cli.md).
 */
#ifndef IDEM_CLI_CLI_H
#define IDEM_CLI_CLI_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "idem.h"

enum option_kind {
    OPTION_FLAG,     /* bool */
    OPTION_TEXT,     /* const char * */
    OPTION_LIST,     /* struct text_list, one entry each time the option is given */
    OPTION_NUMBER,   /* uint64_t */
    OPTION_COUNT,    /* uint64_t, 1 or more: 0 is "not given" */
    OPTION_DURATION, /* uint64_t, milliseconds: 500ms, 60s, 5m, 2h */
    OPTION_BYTES,    /* uint64_t: 500M, 2G */
    OPTION_TIME,     /* int64_t, ms since 1970: ISO 8601 */
    OPTION_CHOICE    /* unsigned, index into the words of `argument` ("csv|jsonl") */
};

struct text_list {
    const char **item;
    size_t n;
};

struct option_row {
    const char *name; /* long option without dashes */
    char letter;      /* 0: none */
    const char *argument;
    const char *help;
    enum option_kind kind;
    size_t at; /* offset in the command's options struct */
};

struct example {
    const char *line, *says;
};

enum completes { COMPLETE_NOTHING, COMPLETE_FILES, COMPLETE_WORDS };

struct cli;
typedef enum idem_status command_fn(struct cli *c, struct idem_error *err);

enum { ANY_NUMBER = 0xFFFF };

struct command {
    const char *name;
    const char *summary;  /* one line, no full stop */
    const char *operands; /* "FILE..." for the usage line */
    unsigned least, most; /* number of operands */
    enum completes completes;
    const char *words;   /* COMPLETE_WORDS: of the first operand, separated by spaces */
    const char *details; /* sentences, wrapped by help.c */
    const struct option_row *option;
    unsigned n_options;
    size_t options_size;
    const struct example *example;
    unsigned n_examples;
    bool discloses; /* shows personal values: says so when they are masked */
    command_fn *run;
};

enum progress_style { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_PLAIN, PROGRESS_JSON, PROGRESS_NONE };

#define WAIT_USUAL UINT64_MAX /* --wait was not given: as long as the command usually does */

struct common_options {
    bool help, json, quiet, verbose, masked;
    const char *config, *db, *key, *purpose, *passphrase_file;
    uint64_t wait_ms, threads;
    unsigned progress; /* enum progress_style */
};

/* What main.c read from the environment: the only place that does. */
struct environment {
    const char *key_file;        /* IDEM_KEY_FILE, else idem.key among systemd's credentials, or NULL */
    const char *passphrase_file; /* IDEM_PASSPHRASE_FILE, or NULL */
    bool no_color;               /* NO_COLOR is set and not empty */
    bool dumb;                   /* TERM is missing or "dumb" */
};

struct cli {
    const struct command *command;
    struct common_options common;
    void *options; /* the command's own struct */
    char **operand;
    unsigned n_operands;
    const char *as_of;             /* set by commands that have --as-of, before connect_open */
    struct passphrase *passphrase; /* cli/passphrase.h; NULL: not asked for yet */
    struct arena arena;
    struct environment env;
    bool out_terminal, err_terminal;
    int exit_status; /* -1: from the status */
};

/* The command line's commands, in the order of --help. */
extern const struct command *const COMMANDS[];
extern const unsigned N_COMMANDS;
extern const struct option_row COMMON_OPTIONS[];
extern const unsigned N_COMMON_OPTIONS;

/* NULL when there is none. */
const struct command *command_find(const char *name);
/* The command whose name is nearest, or NULL. */
const char *command_nearest(const char *name);

/* IDEM_INVALID for a mistake in how the command was called; the message ends in where to read more. */
enum idem_status usage_error(const struct cli *c, struct idem_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Not found is the answer to the question asked (exit 3), not a missing file (exit 1). Returns `status`. */
enum idem_status cli_answer(struct cli *c, enum idem_status status);

#endif
