/* From the common options to an open session or model. */
#ifndef IDEM_CLI_CONNECT_H
#define IDEM_CLI_CONNECT_H

#include "cli/cli.h"

enum config_need { CONFIG_OPTIONAL, CONFIG_NEEDED };

/* What connect_open opens with, but for the mode. */
enum idem_status connect_options(struct cli *c, enum config_need need, struct idem_open_options *options,
                                 struct idem_error *err);

/* With CONFIG_OPTIONAL the default idem.json may be missing; one that was named must be there. */
enum idem_status connect_open(struct cli *c, enum config_need need, enum idem_open_mode mode, struct idem_session **s,
                              struct idem_error *err);

#endif
