#include "cli/completion.h"

/* What completes an option's argument: the words of a choice, files, or nothing. */
static bool S_wants_file(const struct option_row *row)
{
    static const char *const FILES[] = {"FILE", "CONFIG", "DIR", "NAME=PATH"};
    for (size_t i = 0; row->argument && i < COUNT_OF(FILES); i++)
        if (strcmp(row->argument, FILES[i]) == 0)
            return true;
    return false;
}

static void S_words(struct output *o, const char *words, char separator)
{
    struct str rest = str_from(words), word;
    for (bool first = true; str_next_piece(&rest, separator, &word); first = false)
        output_printf(o, "%s%.*s", first ? "" : " ", STR_ARG(word));
}

static void S_names(struct output *o, const struct option_row *rows, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (rows[i].letter)
            output_printf(o, " -%c", rows[i].letter);
        output_printf(o, " --%s", rows[i].name);
    }
}

/* ---- bash */

static void S_bash_arguments(struct output *o, const struct option_row *rows, unsigned n, const char *command)
{
    for (unsigned i = 0; i < n; i++) {
        if (!rows[i].argument)
            continue;
        output_printf(o, "        %s:--%s", command, rows[i].name);
        if (rows[i].letter)
            output_printf(o, "|%s:-%c", command, rows[i].letter);
        if (rows[i].kind == OPTION_CHOICE) {
            output_printf(o, ") COMPREPLY=($(compgen -W \"");
            S_words(o, rows[i].argument, '|');
            output_printf(o, "\" -- \"$word\")); return ;;\n");
        } else if (S_wants_file(&rows[i]))
            output_printf(o, ") COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n");
        else
            output_printf(o, ") return ;;\n");
    }
}

static void S_bash_command(struct output *o, const struct command *command)
{
    output_printf(o, "        %s) options=\"", command->name);
    S_names(o, command->option, command->n_options);
    output_printf(o, "\"; operands=\"");
    if (command->completes == COMPLETE_WORDS)
        S_words(o, command->words, ' ');
    output_printf(o, "\"; files=%d ;;\n", command->completes == COMPLETE_FILES);
}

static void S_bash(struct output *o)
{
    output_printf(o, "# bash completion of idem: eval \"$(idem completion bash)\"\n_idem() {\n"
                     "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
                     "    local command= options= operands= files=0 i\n    COMPREPLY=()\n"
                     "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                     "        case ${COMP_WORDS[i]} in -*) ;; *) command=${COMP_WORDS[i]}; break ;; esac\n    done\n"
                     "    if [[ -z $command ]]; then\n        COMPREPLY=($(compgen -W \"");
    for (unsigned i = 0; i < N_COMMANDS; i++)
        output_printf(o, "%s ", COMMANDS[i]->name);
    output_printf(o, "--help --version\" -- \"$word\"))\n        return\n    fi\n    case $command:$before in\n");
    S_bash_arguments(o, COMMON_OPTIONS, N_COMMON_OPTIONS, "*");
    for (unsigned i = 0; i < N_COMMANDS; i++)
        S_bash_arguments(o, COMMANDS[i]->option, COMMANDS[i]->n_options, COMMANDS[i]->name);
    output_printf(o, "    esac\n    case $command in\n");
    for (unsigned i = 0; i < N_COMMANDS; i++)
        S_bash_command(o, COMMANDS[i]);
    output_printf(o, "    esac\n    if [[ $word == -* ]]; then\n        COMPREPLY=($(compgen -W \"$options");
    S_names(o, COMMON_OPTIONS, N_COMMON_OPTIONS);
    output_printf(
        o, "\" -- \"$word\"))\n    elif ((files)); then\n        COMPREPLY=($(compgen -f -- \"$word\"))\n    else\n"
           "        COMPREPLY=($(compgen -W \"$operands\" -- \"$word\"))\n    fi\n}\n"
           "complete -o filenames -F _idem idem\n");
}

/* ---- zsh */

/* Help text inside single quotes and brackets. */
static void S_zsh_text(struct output *o, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            output_printf(o, "'\\''");
        else if (strchr("[]:\\", *text))
            output_printf(o, "\\%c", *text);
        else
            output_bytes(o, text, 1);
    }
}

static void S_zsh_option(struct output *o, const struct option_row *row, const char *spelling)
{
    output_printf(o, "            '%s%s[", spelling, row->argument && spelling[1] == '-' ? "=" : "");
    S_zsh_text(o, row->help);
    output_printf(o, "]");
    if (row->argument) {
        output_printf(o, ":%s:", row->kind == OPTION_CHOICE ? row->name : "value");
        if (row->kind == OPTION_CHOICE) {
            output_printf(o, "(");
            S_words(o, row->argument, '|');
            output_printf(o, ")");
        } else if (S_wants_file(row))
            output_printf(o, "_files");
    }
    output_printf(o, "' \\\n");
}

static void S_zsh_options(struct output *o, const struct option_row *rows, unsigned n)
{
    char spelling[64];
    for (unsigned i = 0; i < n; i++) {
        if (rows[i].letter) {
            memcpy(spelling, (char[]){'-', rows[i].letter, 0}, 3);
            S_zsh_option(o, &rows[i], spelling);
        }
        size_t len = strlen(rows[i].name);
        memcpy(spelling, "--", 2);
        memcpy(spelling + 2, rows[i].name, len + 1);
        S_zsh_option(o, &rows[i], spelling);
    }
}

static void S_zsh_command(struct output *o, const struct command *command)
{
    output_printf(o, "    %s)\n        _arguments \\\n", command->name);
    S_zsh_options(o, command->option, command->n_options);
    S_zsh_options(o, COMMON_OPTIONS, N_COMMON_OPTIONS);
    if (command->completes == COMPLETE_FILES)
        output_printf(o, "            '*:file:_files' ;;\n");
    else if (command->completes == COMPLETE_WORDS)
        output_printf(o, "            '1:what:(%s)' ;;\n", command->words);
    else
        output_printf(o, "            '*::' ;;\n");
}

static void S_zsh(struct output *o)
{
    output_printf(o, "#compdef idem\n# zsh completion of idem: save as _idem in a folder of $fpath\n_idem() {\n"
                     "    local -a commands\n    commands=(\n");
    for (unsigned i = 0; i < N_COMMANDS; i++) {
        output_printf(o, "        '%s:", COMMANDS[i]->name);
        S_zsh_text(o, COMMANDS[i]->summary);
        output_printf(o, "'\n");
    }
    output_printf(o,
                  "    )\n    if ((CURRENT == 2)); then\n        _describe command commands\n        return\n    fi\n"
                  "    local command=$words[2]\n    shift words\n    ((CURRENT--))\n    case $command in\n");
    for (unsigned i = 0; i < N_COMMANDS; i++)
        S_zsh_command(o, COMMANDS[i]);
    output_printf(o, "    esac\n}\n_idem \"$@\"\n");
}

/* ---- fish */

static void S_fish_text(struct output *o, const char *text)
{
    output_bytes(o, "'", 1);
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            output_bytes(o, "\\", 1);
        output_bytes(o, text, 1);
    }
    output_bytes(o, "'", 1);
}

static void S_fish_options(struct output *o, const struct option_row *rows, unsigned n, const char *command)
{
    for (unsigned i = 0; i < n; i++) {
        output_printf(o, "complete -c idem");
        if (command)
            output_printf(o, " -n '__fish_seen_subcommand_from %s'", command);
        if (rows[i].letter)
            output_printf(o, " -s %c", rows[i].letter);
        output_printf(o, " -l %s", rows[i].name);
        if (rows[i].kind == OPTION_CHOICE) {
            output_printf(o, " -x -a '");
            S_words(o, rows[i].argument, '|');
            output_printf(o, "'");
        } else if (rows[i].argument)
            output_printf(o, S_wants_file(&rows[i]) ? " -r -F" : " -x");
        output_printf(o, " -d ");
        S_fish_text(o, rows[i].help);
        output_bytes(o, "\n", 1);
    }
}

static void S_fish(struct output *o)
{
    output_printf(o, "# fish completion of idem: idem completion fish > ~/.config/fish/completions/idem.fish\n"
                     "complete -c idem -f\n");
    for (unsigned i = 0; i < N_COMMANDS; i++) {
        const struct command *command = COMMANDS[i];
        output_printf(o, "complete -c idem -n __fish_use_subcommand -a %s -d ", command->name);
        S_fish_text(o, command->summary);
        output_bytes(o, "\n", 1);
        if (command->completes == COMPLETE_FILES)
            output_printf(o, "complete -c idem -n '__fish_seen_subcommand_from %s' -F\n", command->name);
        if (command->completes == COMPLETE_WORDS)
            output_printf(o, "complete -c idem -n '__fish_seen_subcommand_from %s' -a '%s'\n", command->name,
                          command->words);
        S_fish_options(o, command->option, command->n_options, command->name);
    }
    S_fish_options(o, COMMON_OPTIONS, N_COMMON_OPTIONS, NULL);
}

void completion_write(struct output *o, enum shell shell)
{
    static void (*const WRITERS[])(struct output *) = {S_bash, S_zsh, S_fish};
    WRITERS[shell](o);
}
