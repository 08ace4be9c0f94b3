/* Calls of idem.h whose own files are not there yet: weak, so that the real ones take their place. */
#include "base/error.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"
#define PENDING __attribute__((weak)) enum idem_status
#define BODY { return error_set(err, IDEM_INVALID, "this call is not built in"); }

PENDING idem_apply(struct idem_session *s, const struct idem_apply_options *o, char **j, struct idem_error *err) BODY
PENDING idem_check(struct idem_session *s, char **j, struct idem_error *err) BODY
PENDING idem_why(struct idem_session *s, const char *a, const char *b, char **j, struct idem_error *err) BODY
PENDING idem_init(const struct idem_init_options *o, char **j, struct idem_error *err) BODY
PENDING idem_profile(const char *const *f, size_t n, char **j, struct idem_error *err) BODY
PENDING idem_generate(const struct idem_generate_options *o, char **j, struct idem_error *err) BODY
