/*
 * Types without rules of their own yet: compared as folded text. Weak, so that a type's own file takes over by existing.
 */
#include "normalize/normalizer.h"

#define AS_TEXT(name)                                                                                                  \
    __attribute__((weak)) void name(struct normalizer *n, const struct norm_context *context, struct str raw,          \
                                    struct arena *out, struct norm *value)                                             \
    {                                                                                                                  \
        (void)context;                                                                                                 \
        (void)n;                                                                                                       \
        value->form[NORM_CANON] = str_copy(out, str_trim(raw));                                                        \
    }

AS_TEXT(normalize_birth_date)
AS_TEXT(normalize_date)
AS_TEXT(normalize_timestamp)
AS_TEXT(normalize_gender)
AS_TEXT(normalize_email)
AS_TEXT(normalize_phone)
AS_TEXT(normalize_address)
AS_TEXT(normalize_house_number)
AS_TEXT(normalize_postcode)
AS_TEXT(normalize_country)
AS_TEXT(normalize_identifier)
AS_TEXT(normalize_url)
AS_TEXT(normalize_number)
AS_TEXT(normalize_amount)
AS_TEXT(normalize_currency)
AS_TEXT(normalize_latitude)
AS_TEXT(normalize_longitude)

__attribute__((weak)) unsigned split_address(struct normalizer *n, const struct norm_context *context, struct str raw,
                                             struct arena *out, struct norm_piece piece[MOST_PIECES])
{
    (void)n, (void)context, (void)raw, (void)out, (void)piece;
    return 0;
}
