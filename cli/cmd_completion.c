#include "cli/commands.h"
#include "cli/completion.h"

static const char *const SHELLS[] = {"bash", "zsh", "fish"};

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    for (unsigned i = 0; i < COUNT_OF(SHELLS); i++)
        if (strcmp(c->operand[0], SHELLS[i]) == 0) {
            struct output o;
            output_stdout(&o);
            completion_write(&o, (enum shell)i);
            return output_close(&o, IDEM_OK, err);
        }
    return usage_error(c, err, "\"%s\" is not one of bash, zsh, fish", c->operand[0]);
}

static const struct example EXAMPLES[] = {
    {"idem completion bash > ~/.local/share/bash-completion/completions/idem", "for every new bash"},
    {"idem completion zsh > ~/.zfunc/_idem", "with ~/.zfunc in fpath"},
    {"idem completion fish > ~/.config/fish/completions/idem.fish", "for every new fish"},
};

const struct command cmd_completion = {
    .name = "completion",
    .summary = "print a completion script for a shell",
    .operands = "bash|zsh|fish",
    .least = 1,
    .most = 1,
    .completes = COMPLETE_WORDS,
    .words = "bash zsh fish",
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
