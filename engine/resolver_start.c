/* The first record in an empty database: a run without sources makes the file, with a model of shipped figures. */
#include "engine/apply_run.h"
#include "engine/resolver.h"

enum idem_status resolver_start(struct idem_session *s, struct idem_error *err)
{
    static const struct idem_apply_options options = {0};
    const struct config *config;
    struct apply_run run;
    TRY(session_config(s, &config, err));
    apply_begin(&run, s, &options);
    run.stored_only = true;
    run.command = "resolve";
    enum idem_status status = apply_prepare(&run, err);
    if (status == IDEM_OK && run.first)
        status = apply_write(&run, err);
    apply_end(&run);
    return status;
}
