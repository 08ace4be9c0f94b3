#include "cli/run_options.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

static enum idem_status S_paths(struct cli *c, const struct text_list *list, struct idem_source_path **paths,
                                struct idem_error *err)
{
    *paths = ARENA_NEW(&c->arena, struct idem_source_path, list->n + 1);
    for (size_t i = 0; i < list->n; i++) {
        struct str word = str_from(list->item[i]);
        size_t equals = str_find_byte(word, '=');
        if (equals == SIZE_MAX || equals == 0 || equals + 1 == word.len)
            return usage_error(c, err, "--source: \"%s\" is not NAME=PATH", list->item[i]);
        (*paths)[i].source = str_cstr(&c->arena, str_sub(word, 0, equals));
        (*paths)[i].path = list->item[i] + equals + 1;
    }
    return IDEM_OK;
}

enum idem_status run_options_take(struct cli *c, const struct run_options *options, struct idem_apply_options *wanted,
                                  struct idem_error *err)
{
    const struct passwd *user = getpwuid(geteuid());
    struct idem_source_path *paths;
    TRY(S_paths(c, &options->path, &paths, err));
    if (options->allow.n && !options->reason)
        return usage_error(c, err, "--allow needs a --reason, for the record");
    *wanted = (struct idem_apply_options){
        .only = options->only.item,
        .n_only = options->only.n,
        .path = paths,
        .n_paths = options->path.n,
        .retrain = options->retrain,
        .full = options->full,
        .rebuild = options->rebuild,
        .allow_return = options->allow_return,
        .now_ms = options->now_ms,
        .threads = (unsigned)(c->common.threads > 1024 ? 1024 : c->common.threads),
        .by = user ? user->pw_name : NULL,
        .allow = options->allow.item,
        .n_allow = options->allow.n,
        .reason = options->reason,
    };
    return IDEM_OK;
}
