#include "cli/connect.h"

#include "base/file.h"
#include "cli/notice.h"
#include "cli/passphrase.h"
#include "cli/steward_view.h"

static const char DEFAULT_CONFIG[] = "idem.json";

/* Whoever has the key expects to see values. */
static void S_warn_of_masks(const struct cli *c, const struct idem_session *s)
{
    if (c->command->discloses && idem_masking(s) == IDEM_MASK_READ_ONLY)
        notice_warn(c, "personal values are masked: the database cannot be written, and what is shown must be noted in "
                       "its audit log");
}

enum idem_status connect_options(struct cli *c, enum config_need need, struct idem_open_options *options,
                                 struct idem_error *err)
{
    const char *config = c->common.config;
    if (!config && (need == CONFIG_NEEDED || file_exists(DEFAULT_CONFIG)))
        config = DEFAULT_CONFIG;
    if (!c->common.config && config && !file_exists(config))
        return error_set(err, IDEM_NOT_FOUND,
                         "%s: there is no configuration here; write one with \"idem init FILE...\", "
                         "or name one with -c",
                         config);
    uint64_t wait_ms = c->common.wait_ms == WAIT_USUAL ? 0 : c->common.wait_ms;
    *options = (struct idem_open_options){
        .passphrase = &passphrase_present(c)->source,
        .config_path = config,
        .db_path = c->common.db,
        .key_path = c->common.key ? c->common.key : c->env.key_file,
        .wait_ms = wait_ms > 0xFFFFFFFFu ? 0xFFFFFFFFu : (unsigned)wait_ms,
        .masked = c->common.masked,
        .by = steward_by(NULL),
        .purpose = c->common.purpose,
        .as_of = c->as_of,
    };
    return IDEM_OK;
}

enum idem_status connect_open(struct cli *c, enum config_need need, enum idem_open_mode mode, struct idem_session **s,
                              struct idem_error *err)
{
    struct idem_open_options options;
    TRY(connect_options(c, need, &options, err));
    options.mode = mode;
    TRY(idem_open(&options, s, err));
    S_warn_of_masks(c, *s);
    return IDEM_OK;
}

enum idem_status connect_tell(struct cli *c, connect_ask_fn *ask, render_fn *human, struct idem_error *err)
{
    struct idem_session *s = NULL;
    char *text = NULL;
    enum idem_status status;
    TRY_DONE(connect_open(c, CONFIG_OPTIONAL, IDEM_READ, &s, err));
    TRY_DONE(cli_answer(c, ask(s, c->operand[0], &text, err)));
    status = render_result(c, text, human, err);
done:
    idem_close(s);
    return status;
}
