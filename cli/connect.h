/* From the common options to an open session or model. */
#ifndef IDEM_CLI_CONNECT_H
#define IDEM_CLI_CONNECT_H

#include "cli/cli.h"
#include "cli/render.h"

enum config_need { CONFIG_OPTIONAL, CONFIG_NEEDED };

/* What connect_open opens with, but for the mode. */
enum idem_status connect_options(struct cli *c, enum config_need need, struct idem_open_options *options,
                                 struct idem_error *err);

/* With CONFIG_OPTIONAL the default idem.json may be missing; one that was named must be there. */
enum idem_status connect_open(struct cli *c, enum config_need need, enum idem_open_mode mode, struct idem_session **s,
                              struct idem_error *err);

/* Opens for reading, asks the library about the first operand and shows the answer: the whole of some commands. */
typedef enum idem_status connect_ask_fn(struct idem_session *s, const char *key, char **json, struct idem_error *err);
enum idem_status connect_tell(struct cli *c, connect_ask_fn *ask, render_fn *human, struct idem_error *err);

#endif
