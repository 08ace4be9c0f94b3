#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void progress_stage(const struct progress *p, const char *stage, uint64_t done, uint64_t total, const char *unit)
{
    if (p && p->stage)
        p->stage(p->context, stage, done, total, unit);
}

void progress_warn(const struct progress *p, const char *format, ...)
{
    char message[1024];
    va_list args;
    if (!p || !p->warn)
        return;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    p->warn(p->context, message);
}
