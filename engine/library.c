/* The calls of idem.h that belong to no handle. */
#include <stdlib.h>

#include "base/error.h"

void idem_free(void *text)
{
    free(text);
}

const char *idem_version(void)
{
    return IDEM_VERSION;
}

const char *idem_status_name(enum idem_status status)
{
    return error_status_name(status);
}
